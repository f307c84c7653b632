#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks at the text of every tracked file: paths of one machine, unfinished work, licence lines, line endings.

Usage: check_text.py [REPOSITORY]. Prints one line per breach and exits 1 if there is any.
"""

import pathlib
import re
import subprocess
import sys

SOURCES = {".cpp", ".hpp", ".c", ".h", ".py", ".sh", ".ts", ".js", ".mjs", ".svelte", ".css", ".cmake"}
BINARY = {".png", ".jpg", ".ico", ".woff2", ".flac", ".wav", ".mid", ".opus", ".bin", ".webp", ".onnx"}
GENERATED = {"package-lock.json"}  # written by a tool, in its own words

# A home folder, or a folder under the root that no Debian system has.
MACHINE_PATH = re.compile(r"(?<![\w.~$}/-])/(?:home/\w+|work|root|Users/\w+)/[\w.]")
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")


def tracked(root: pathlib.Path) -> list[pathlib.Path]:
    names = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], check=True, capture_output=True).stdout
    return [root / name for name in names.decode().split("\0") if name]


def breaches(root: pathlib.Path, files: list[pathlib.Path]) -> list[str]:
    found = []
    for path in files:
        if path.suffix in BINARY or path.name in GENERATED or not path.is_file() or path.is_symlink():
            continue
        where = path.relative_to(root)
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            if "fixtures" not in where.parts and "corpus" not in where.parts:  # hostile bytes are their point
                found.append(f"{where}: not UTF-8; a binary file's ending belongs in tools/check_text.py")
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE_PATH.search(line):
                found.append(f"{where}:{number}: a path of one machine: {line.strip()}")
            if UNFINISHED.search(line):
                found.append(f"{where}:{number}: unfinished work: {line.strip()}")
        if path.suffix in SOURCES and "SPDX-License-Identifier: Apache-2.0" not in text[:400]:
            found.append(f"{where}: no SPDX licence line at its top")
        if "\r\n" in text and "fixtures" not in where.parts and "corpus" not in where.parts:
            found.append(f"{where}: Windows line endings")
        if path.suffix in SOURCES and text and not text.endswith("\n"):
            found.append(f"{where}: no newline at its end")
    return found


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    files = tracked(root)
    if not files:
        print("no tracked file found: nothing was checked")
        return 1
    found = breaches(root, files)
    for line in found:
        print(line)
    if not found:
        print(f"text is in order in {len(files)} files")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
