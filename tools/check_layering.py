#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the includes of every module to the table of allowed dependencies.

Usage: check_layering.py [REPOSITORY]. Prints one line per breach and exits 1 if there is any.
"""

import pathlib
import re
import sys

# What each module may include besides itself. Stages never include one another; `session` alone wires them.
ALLOWED = {
    "core": set(),
    "rt": {"core"},
    "dsp": {"core", "rt"},
    "media": {"core", "dsp"},
    "nn": {"core"},
    "analysis": {"core", "rt", "dsp", "nn"},
    "compose": {"core"},
    "synth": {"core", "rt", "dsp"},
    "stream": {"core", "rt", "dsp", "media"},
    "evaluation": {"core"},
    "report": {"core", "protocol"},
    "store": {"core"},
    "session": {"core", "rt", "dsp", "media", "nn", "analysis", "compose", "synth", "stream", "evaluation", "report", "protocol"},
    "server": {"core", "rt", "dsp", "media", "nn", "analysis", "compose", "synth", "stream", "evaluation", "report", "session", "store", "protocol"},
}

# Outside libraries and the one module that may name each.
OWNERS = {
    "fluidsynth": {"synth"},
    "soxr": {"dsp"},
    "ebur128": {"dsp"},
    "hwy/": {"dsp"},
    "fftw3": {"dsp"},
    "kiss_fft": {"dsp"},
    "libav": {"media"},
    "opus": {"media"},
    "sndfile": {"media"},
    "openssl/": {"core"},
    "SQLiteCpp/": {"store"},
    "sqlite3": {"store"},
    "curl/": {"store"},
    "boost/": {"server"},
    "prometheus/": {"server"},
    "nlohmann/": {"evaluation", "nn", "report", "server"},
    "onnxruntime": {"nn"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def breaches(root: pathlib.Path) -> list[str]:
    found = []
    modules = sorted(path for path in (root / "src" / "auralis").iterdir() if path.is_dir())
    if not modules:
        return ["no module found: nothing was checked"]
    for folder in modules:
        name = folder.name
        if name not in ALLOWED:
            found.append(f"{name}: not in the table of modules (tools/check_layering.py)")
            continue
        # A header that CMake does not list is the module's own affair.
        public = set(re.findall(r"[\w/]+\.hpp", (root / "CMakeLists.txt").read_text(encoding="utf-8")))
        for source in sorted(folder.rglob("*.[ch]pp")):
            for included in INCLUDE.findall(source.read_text(encoding="utf-8")):
                where = source.relative_to(root)
                parts = included.split("/")
                if parts[0] == "auralis" and parts[1] != name and parts[1] not in ALLOWED[name]:
                    found.append(f"{where}: {name} may not include {parts[1]} ({included})")
                for library, owners in OWNERS.items():
                    if included.startswith(library):
                        if name not in owners:
                            found.append(f"{where}: only {', '.join(sorted(owners))} may name {library} ({included})")
                        elif source.suffix == ".hpp" and source.name in public and library != "nlohmann/":
                            found.append(f"{where}: {library} belongs in sources, not in public headers ({included})")
    return found


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = breaches(root)
    for line in found:
        print(line)
    if not found:
        print(f"layering holds in {len(list((root / 'src' / 'auralis').iterdir()))} modules")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
