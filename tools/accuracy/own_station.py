#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Has Auralis listen to its own music, whose beats, key and chords are known to the sample, and keeps the scores.

Usage: own_station.py --auralis BINARY --folder FOLDER [--seeds 3] [--seconds 120] [--jobs 2]

Renders every preset with the seeds 1 … N into FOLDER/own_PRESET as annotated datasets (what is there is not made again),
scores what the analyser says of them by `auralis eval`, live and of the whole file, and writes
docs/accuracy/own/station.json. docs/accuracy.md is then made by tools/accuracy/page.py.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RESULT = ROOT / "docs" / "accuracy" / "own" / "station.json"
PRESETS = ("bright", "focus", "meditation", "sleep")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--auralis", type=pathlib.Path, required=True)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    for preset in PRESETS:
        folder = arguments.folder / f"own_{preset}"
        (folder / "audio").mkdir(parents=True, exist_ok=True)
        for seed in range(1, arguments.seeds + 1):
            audio = folder / "audio" / f"{preset}{seed}.flac"
            if not audio.exists():
                subprocess.run([arguments.auralis, "render", audio, "--labels", folder, "--preset", preset, "--seed",
                                str(seed), "--seconds", str(arguments.seconds)], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "run.json"
        subprocess.run([arguments.auralis, "eval", "--dataset", arguments.folder.resolve(), "--jobs", str(arguments.jobs),
                        "--json", output], check=True, stdout=subprocess.DEVNULL)
        runs = json.loads(output.read_text())["runs"]
    version = subprocess.run([arguments.auralis, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
    result = {"auralis": version, "seeds": arguments.seeds, "seconds": arguments.seconds,
              "runs": [{"mode": run["mode"], "groups": run["groups"]} for run in runs]}
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
