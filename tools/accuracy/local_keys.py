#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how long the local keys that the analyser says are the one key that a clip is annotated with.

Usage: local_keys.py --auralis BINARY --dataset DIR [--half tune|report|all] [further options of `auralis analyze`]

Prints, for every dataset under DIR with annotated keys, by signal processing alone and then with networks: the mean share
of time that is right, how many parts were said, and of how many clips the key of the whole is right. A clip that does
change its key costs everybody alike. Standard library only.
"""

import argparse
import json
import pathlib
import subprocess
import sys

from confidence import half_of, lines_of, pitch_class


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--auralis", type=pathlib.Path, required=True)
    parser.add_argument("--dataset", type=pathlib.Path, required=True)
    parser.add_argument("--half", choices=("tune", "report", "all"), default="tune")
    arguments, further = parser.parse_known_args()
    for way in (["--no-neural"], further):
        for folder in sorted(arguments.dataset.glob("*/key")):
            shares, parts, whole = [], 0, 0
            for audio in sorted((folder.parent / "audio").iterdir()):
                truth = lines_of(folder / f"{audio.stem}.key")
                if not truth or len(truth[0]) != 2 or arguments.half not in ("all", half_of(audio.stem)):
                    continue
                command = [arguments.auralis, "analyze", audio, "--only", "key", "--no-cache", "--format", "json", *way]
                key = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["key"]

                def right(one: dict | None, tonic: str = truth[0][0], mode: str = truth[0][1]) -> bool:
                    return one is not None and pitch_class(one["tonic"]) == pitch_class(tonic) and one["mode"] == mode

                length = sum(part["to"] - part["from"] for part in key["parts"])
                hits = sum(part["to"] - part["from"] for part in key["parts"] if right(part["best"]))
                shares.append(hits / length if length else 0.0)
                parts, whole = parts + len(key["parts"]), whole + right(key["best"])
            if shares:
                print(f"{folder.parent.name}, {' '.join(way) or 'with networks'}: {sum(shares) / len(shares):.3f} of the time of "
                      f"{len(shares)} clips, {parts} parts; the whole right of {whole}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
