#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scores Auralis and its peers by `auralis eval` and keeps the results in docs/accuracy/, one JSON file a program.

Usage: score.py --auralis BINARY --dataset DIR… --cache DIR [--only NAME,…]

CACHE is what tools/accuracy/peers.py filled. Every program is scored on the same clips, in the same way, once on the
tune half and once on the report half. A clip of which a program says nothing counts as failed and is listed, never
dropped in silence. docs/accuracy.md is then made by tools/accuracy/page.py.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RESULTS = ROOT / "docs" / "accuracy"
UNVERIFIED_BARS = ["stepmania"]  # its beats are from a game chart; nobody has checked where the bars begin
HALVES = ("tune", "report")
# With the networks of models/, and by signal processing alone.
OURS = {"auralis-offline": ["--mode", "offline"], "auralis-online": ["--mode", "online"],
        "auralis-signal-offline": ["--mode", "offline", "--no-neural"],
        "auralis-signal-online": ["--mode", "online", "--no-neural"]}


def evaluate(binary: pathlib.Path, dataset: pathlib.Path, half: str, more: list) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "run.json"
        done = subprocess.run([binary, "eval", "--dataset", dataset, "--half", half, "--no-downbeats", *UNVERIFIED_BARS,
                               "--json", output, *more], stdout=subprocess.DEVNULL)
        if not output.exists():
            raise RuntimeError(f"auralis eval ended with {done.returncode} and wrote nothing")
        run = json.loads(output.read_text())["runs"][0]
    return {"skip_seconds": run["skip_seconds"], "groups": run["groups"],
            "failed": [pathlib.Path(failure["where"]).name for failure in run["failed"]]}


def merged(runs: list[dict]) -> dict:
    """Several datasets' runs side by side; the row "all" of each is kept only where there is one dataset."""
    if len(runs) == 1:
        return runs[0]
    return {"skip_seconds": runs[0]["skip_seconds"],
            "groups": [group for run in runs for group in run["groups"] if group["name"] != "all"]
            + [dict(runs[0]["groups"][-1])],
            "failed": [name for run in runs for name in run["failed"]]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--auralis", type=pathlib.Path, required=True)
    parser.add_argument("--dataset", type=pathlib.Path, required=True, nargs="+",
                        help="the first one's row \"all\" is the one that is kept")
    parser.add_argument("--cache", type=pathlib.Path, required=True)
    parser.add_argument("--only", help="programs, with commas")
    arguments = parser.parse_args()
    status = json.loads((arguments.cache / "peers.json").read_text())
    version = subprocess.run([arguments.auralis, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
    programs = {name: {"parts": [], "neural": "signal" not in name, "versions": {"auralis": version}} for name in OURS} | status
    wanted = arguments.only.split(",") if arguments.only else list(programs)
    RESULTS.mkdir(parents=True, exist_ok=True)
    for name in wanted:
        program = programs[name]
        result = {"program": name, **{key: program[key] for key in ("neural", "versions", "absent", "failed") if key in program}}
        if "absent" not in program and "failed" not in program:
            estimates = arguments.cache / "estimates" / name
            more = OURS[name] if name in OURS else ["--estimates", estimates]
            # A dataset that the program was not asked about is not held against it.
            asked = [d for d in arguments.dataset if name in OURS or any(
                (estimates / folder.name).is_dir() for folder in [d, *d.iterdir()])]
            result["halves"] = {half: merged([evaluate(arguments.auralis, d.resolve(), half, more) for d in asked])
                                for half in HALVES}
        (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
        print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
