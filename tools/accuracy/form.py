#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how well the form is found, on pieces spliced from annotated recordings, and keeps the scores.

Usage: form.py --auralis BINARY --dataset DIR [--pieces 60] [--seed 1] [--folder FOLDER]

There is no annotated form among the data, but where recordings were spliced is known. Each piece has a form such as
ABACA; each of its letters is a clip of gtzan or gtzan_classical under DIR, a part 70 to 100 % of it, at equal level but
for 20 % either way. Pieces of the tune half are made of its clips alone, those of the report half of the others. The
same seed makes the same pieces. Parts of one letter side by side count as one, as nothing tells where they meet.

Scores are those of mir_eval.segment: borders within 0.5 and 3 s, without the first and the last; and pairs of frames
of 0.1 s under one letter. Of a piece of a single part the borders count 1 if none is said, else 0. Written to
docs/accuracy/own/form.json; docs/accuracy.md is then made by tools/accuracy/page.py. Needs ffmpeg, to read the clips;
otherwise the standard library only.
"""

import argparse
import array
import collections
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile
import wave
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RESULT = ROOT / "docs" / "accuracy" / "own" / "form.json"
SETS = ("gtzan", "gtzan_classical")
FORMS = ("A", "AB", "ABA", "AABA", "ABAC", "ABACA", "ABCAB", "ABCA")
RATE = 22050
LEVEL = 2000.0  # RMS of a part, of 32768
FRAME = 0.1  # s
WINDOWS = (0.5, 3.0)  # s

Part = tuple[float, float, str]  # from, to, letter


def half_of(stem: str) -> str:
    return "tune" if zlib.crc32(stem.encode()) % 2 == 0 else "report"


def sound_of(clip: pathlib.Path) -> array.array:
    done = subprocess.run(["ffmpeg", "-v", "error", "-i", clip, "-f", "s16le", "-ac", "1", "-ar", str(RATE), "-"], check=True,
                          stdout=subprocess.PIPE)
    return array.array("h", done.stdout)


def piece_of(form: str, clips: list[pathlib.Path], chance: random.Random) -> tuple[array.array, list[Part]]:
    sounds = {letter: sound_of(clip) for letter, clip in zip(sorted(set(form)), chance.sample(clips, len(set(form))))}
    piece = array.array("h")
    parts: list[Part] = []
    for letter in form:
        whole = sounds[letter]
        length = int(len(whole) * chance.uniform(0.7, 1.0))
        start = chance.randrange(len(whole) - length + 1)
        part = whole[start:start + length]
        rms = math.sqrt(sum(sample * sample for sample in part) / len(part))
        gain = LEVEL * chance.uniform(0.8, 1.2) / max(rms, 1.0)
        begin = len(piece) / RATE
        piece.extend(max(-32768, min(32767, round(gain * sample))) for sample in part)
        if parts and parts[-1][2] == letter:
            parts[-1] = (parts[-1][0], len(piece) / RATE, letter)
        else:
            parts.append((begin, len(piece) / RATE, letter))
    return piece, parts


def f_measure(precision: float, recall: float) -> float:
    return 2.0 * precision * recall / (precision + recall) if precision + recall > 0.0 else 0.0


def border_f(truth: list[Part], said: list[Part], window: float) -> float:
    """The most borders that can be paired within the window: in order, as both lists are sorted."""
    true, found = [part[0] for part in truth[1:]], [part[0] for part in said[1:]]
    if not true:
        return 0.0 if found else 1.0
    hits = i = j = 0
    while i < len(true) and j < len(found):
        if abs(true[i] - found[j]) <= window:
            hits, i, j = hits + 1, i + 1, j + 1
        elif true[i] < found[j]:
            i += 1
        else:
            j += 1
    return f_measure(hits / len(found) if found else 0.0, hits / len(true))


def pairs(truth: list[Part], said: list[Part]) -> tuple[float, float, float]:
    """Precision, recall and F of the pairs of frames that share a letter."""
    def letters(parts: list[Part]) -> list[str]:
        frames = []
        for _, to, letter in parts:
            frames += [letter] * max(0, math.ceil(to / FRAME - 1e-9) - len(frames))
        return frames

    def count(labels) -> int:
        return sum(n * (n - 1) // 2 for n in collections.Counter(labels).values())
    a, b = letters(truth), letters(said)
    both = count(zip(a, b))
    precision, recall = both / max(1, count(b[:len(a)])), both / max(1, count(a[:len(b)]))
    return precision, recall, f_measure(precision, recall)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--auralis", type=pathlib.Path, required=True)
    parser.add_argument("--dataset", type=pathlib.Path, required=True)
    parser.add_argument("--pieces", type=int, default=60, help="of each half")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=pathlib.Path, help="keep the pieces here")
    arguments = parser.parse_args()
    clips = [clip for name in SETS for clip in sorted((arguments.dataset / name / "audio").iterdir())]
    halves = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder or pathlib.Path(scratch)
        for half in ("report", "tune"):
            own = [clip for clip in clips if half_of(clip.stem) == half]
            chance = random.Random(f"{arguments.seed} {half}")
            (folder / half).mkdir(parents=True, exist_ok=True)
            truth = {}
            for n in range(arguments.pieces):
                piece, truth[f"piece{n:03}"] = piece_of(FORMS[n % len(FORMS)], own, chance)
                with wave.open(str(folder / half / f"piece{n:03}.wav"), "wb") as file:
                    file.setparams((1, 2, RATE, 0, "NONE", ""))
                    file.writeframes(piece.tobytes())
            said = folder / f"{half}_said"
            subprocess.run([arguments.auralis, "analyze", folder / half, "--only", "sections", "--no-cache", "--format",
                            "json", "--out", said], check=True, stdout=subprocess.DEVNULL)
            rows = []
            for name, parts in truth.items():
                document = json.loads((said / f"{name}.json").read_text())
                found = [(s["from"], s["to"], s["label"]) for s in document["sections"]]
                rows.append([*(border_f(parts, found, window) for window in WINDOWS), *pairs(parts, found)])
            names = ("border_f_05", "border_f_3", "pair_precision", "pair_recall", "pair_f")
            halves[half] = {name: round(sum(row[i] for row in rows) / len(rows), 4) for i, name in enumerate(names)}
    version = subprocess.run([arguments.auralis, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps({"auralis": version, "pieces": arguments.pieces, "seed": arguments.seed, "halves": halves},
                                 indent=1) + "\n")
    print(json.dumps(halves))
    return 0


if __name__ == "__main__":
    sys.exit(main())
