#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how far the analyser's confidences are what they say: probabilities of being right.

Usage: confidence.py --auralis BINARY --dataset DIR

Analyses every clip of a folder of datasets, by signal processing alone and then with the networks of models/, compares tempo (within
4 %), key (exactly) and each beat (within 70 ms, after the fifth second; each clip has the same weight), those of the
whole file and those said live, with the annotations, and writes docs/accuracy/own/confidence.json: for each half the
share that is right, the mean confidence, and the expected calibration error over bins of equal weight, of the raw score
and of what is said. The live tempo is judged as it stands at each live beat after the fifth second, the live key as it
stands at the end. What is said is a logistic curve of two constants over the raw score's log odds
(src/auralis/analysis/confidence.hpp); the script takes it off again, fits it anew to the tune half (J. Platt, "Probabilistic outputs for support vector machines", 1999, with his
targets) where that has enough clips, and prints the constants for the header. Standard library only.
"""

import argparse
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MANIFEST = ROOT / "models" / "manifest.json"
HEADER = ROOT / "src" / "auralis" / "analysis" / "confidence.hpp"
RESULT = ROOT / "docs" / "accuracy" / "own" / "confidence.json"
TEMPO_TOLERANCE = 0.04
BEAT_WINDOW = 0.07
UNJUDGED = 5.0
BINS = 5
FEWEST_CLIPS = 30  # of the tune half, for two constants
NETWORK = ", network"  # what a network had a part in
LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

Case = tuple[float, bool, float]  # confidence, right, weight


def half_of(stem: str) -> str:
    return "tune" if zlib.crc32(stem.encode()) % 2 == 0 else "report"


def pitch_class(name: str) -> int:
    return (LETTERS[name[0]] + name.count("#") - name[1:].count("b")) % 12


def lines_of(path: pathlib.Path) -> list[list[str]]:
    if not path.exists():
        return []
    return [line.split() for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]


def beats_of(folder: pathlib.Path, stem: str, document: dict) -> list[Case]:
    truth = [float(fields[0]) for fields in lines_of(folder / "beats" / f"{stem}.beats")]
    said = [beat for beat in (document.get("beats") or {}).get("grid", []) if beat["at"] >= UNJUDGED]
    if not truth:
        return []
    return [(beat["confidence"], any(abs(t - beat["at"]) <= BEAT_WINDOW for t in truth), 1.0 / len(said)) for beat in said]


def tempo_of(folder: pathlib.Path, stem: str, document: dict) -> list[Case]:
    truth = lines_of(folder / "tempo" / f"{stem}.bpm")
    said = (document.get("tempo") or {}).get("candidates", [])
    if not truth or not said or float(truth[0][0]) <= 0.0:
        return []
    return [(said[0]["confidence"], abs(said[0]["bpm"] / float(truth[0][0]) - 1.0) <= TEMPO_TOLERANCE, 1.0)]


def key_of(folder: pathlib.Path, stem: str, document: dict) -> list[Case]:
    truth = lines_of(folder / "key" / f"{stem}.key")
    if not truth or len(truth[0]) != 2 or not document.get("key"):
        return []
    best = document["key"]["best"]
    right = pitch_class(best["tonic"]) == pitch_class(truth[0][0]) and best["mode"] == truth[0][1]
    return [(best["confidence"], right, 1.0)]


def live_tempo_of(folder: pathlib.Path, stem: str, live: dict) -> list[Case]:
    truth = lines_of(folder / "tempo" / f"{stem}.bpm")
    if not truth or float(truth[0][0]) <= 0.0:
        return []
    said = [candidate for at, candidate in live.get("tempi", []) if at >= UNJUDGED]
    return [(best["confidence"], abs(best["bpm"] / float(truth[0][0]) - 1.0) <= TEMPO_TOLERANCE, 1.0 / len(said)) for best in said]


def live_document(binary: pathlib.Path, audio: pathlib.Path, way: list[str]) -> dict:
    """What is said while the clip is heard, in the form of an analysis document; the tempo as it stands at each beat."""
    with audio.open("rb") as sound:
        said = subprocess.run([binary, "listen", *way, "-"], stdin=sound, check=True, capture_output=True, text=True).stdout
    events = [json.loads(line) for line in said.splitlines()]
    document: dict = {"beats": {"grid": [event for event in events if event["type"] == "beat"]}, "tempi": []}
    tempo = None
    for event in events:
        if event["type"] == "key":
            document["key"] = {"best": event["whole"]}
        elif event["type"] == "tempo":
            tempo = event["candidates"][0]
        elif event["type"] == "beat" and tempo:
            document["tempi"].append((event["at"], tempo))
    return document


def odds(confidence: float) -> float:
    p = min(max(confidence, 1e-3), 1.0 - 1e-3)
    return math.log(p / (1.0 - p))


def mapped(confidence: float, constants: tuple[float, float]) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, constants[0] + constants[1] * odds(confidence)))))


def in_force() -> dict[str, tuple[float, float]]:
    """The constants of the header and of the networks' manifest; what has none is said as it was scored."""
    found = re.findall(r"k(\w+)Confidence\{\.offset = ([-\d.]+)F, \.slope = ([-\d.]+)F\}", HEADER.read_text())
    names = {"Tempo": "tempo", "Beat": "beats", "LiveBeat": "live beats", "LiveTempo": "live tempo", "Key": "key"}
    constants = {names[name]: (float(offset), float(slope)) for name, offset, slope in found}
    for model in json.loads(MANIFEST.read_text())["models"]:
        live = {"beats-file": "", "beats-live": "live "}.get(model["kind"])
        settings = model.get("settings", {})
        by_model = (settings.get("confidence_offset", 0.0), settings.get("confidence_slope", 1.0))
        if model["kind"] == "key":
            constants |= {f"key{NETWORK}": by_model, f"live key{NETWORK}": by_model}
        if live is not None:
            constants[f"{live}beats{NETWORK}"] = by_model
            constants[f"{live}tempo{NETWORK}"] = constants[f"{live}tempo"]
    return constants


def raw(said: float, constants: tuple[float, float]) -> float:
    return 1.0 / (1.0 + math.exp(-(odds(said) - constants[0]) / constants[1]))


def fitted(cases: list[Case]) -> tuple[float, float]:
    """Newton's method, halving steps that climb; the loss is convex."""
    right = sum(w for _, r, w in cases if r)
    wrong = sum(w for _, r, w in cases if not r)
    targets = {True: (right + 1.0) / (right + 2.0), False: 1.0 / (wrong + 2.0)}

    def loss(a: float, b: float) -> float:
        total = 0.0
        for c, r, w in cases:
            z = a + b * odds(c)
            total += w * (max(z, 0.0) + math.log1p(math.exp(-abs(z))) - targets[r] * z)
        return total

    a, b = 0.0, 0.0
    for _ in range(100):
        ga = gb = haa = hab = hbb = 0.0
        for c, r, w in cases:
            x = odds(c)
            p = mapped(c, (a, b))
            e, v = w * (p - targets[r]), w * p * (1.0 - p) + 1e-12
            ga, gb, haa, hab, hbb = ga + e, gb + e * x, haa + v, hab + v * x, hbb + v * x * x
        det = haa * hbb - hab * hab
        step, da, db = 1.0, (hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det
        while step > 1e-6 and loss(a - step * da, b - step * db) > loss(a, b):
            step /= 2.0
        a, b = a - step * da, b - step * db
        if abs(step * da) + abs(step * db) < 1e-9:
            break
    return a, b


def bins_of(cases: list[Case]) -> list[tuple[float, float, float]]:
    """Of each bin of equal weight the confidence and what is right, both weighed and added up, and the weight."""
    ranked = sorted(cases)
    total = sum(w for _, _, w in ranked)
    bins = [[0.0, 0.0, 0.0] for _ in range(BINS)]
    passed = 0.0
    for c, r, w in ranked:
        one = bins[min(BINS - 1, int(BINS * passed / total))]
        for n, value in enumerate((w * c, w * r, w)):
            one[n] += value
        passed += w
    return [(said, right, weight) for said, right, weight in bins if weight > 0.0]


def calibration_error(cases: list[Case]) -> float:
    """Mean distance of confidence and share that is right."""
    bins = bins_of(cases)
    return sum(abs(said - right) for said, right, _ in bins) / sum(weight for *_, weight in bins)


def reliability(cases: list[Case]) -> list[list[float]]:
    """Of each bin the mean confidence and the share that is right."""
    return [[round(said / weight, 4), round(right / weight, 4)] for said, right, weight in bins_of(cases)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--auralis", type=pathlib.Path, required=True)
    parser.add_argument("--dataset", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    by_signal = {"tempo": tempo_of, "key": key_of, "beats": beats_of,
                 "live tempo": live_tempo_of, "live key": key_of, "live beats": beats_of}
    constants = in_force()
    kinds = by_signal | {kind + NETWORK: judge for kind, judge in by_signal.items() if kind + NETWORK in constants}
    cases: dict = {kind: {"tune": [], "report": []} for kind in kinds}
    clips: dict = {kind: {"tune": 0, "report": 0} for kind in kinds}
    with tempfile.TemporaryDirectory() as scratch:
        for suffix, way in {"": ["--no-neural"], NETWORK: []}.items():
            documents = pathlib.Path(scratch) / (suffix or "signal")
            subprocess.run([arguments.auralis, "analyze", arguments.dataset, "--only", "tempo,beats,key", "--no-cache", *way,
                            "--format", "json", "--out", documents], check=True, stdout=subprocess.DEVNULL)
            for audio in sorted(arguments.dataset.glob("*/audio/*")):
                document = json.loads((documents / f"{audio.stem}.json").read_text())
                annotated = any((audio.parent.parent / kind).is_dir() for kind in ("tempo", "key", "beats"))
                live = live_document(arguments.auralis, audio, way) if annotated else {}
                for kind, judge in kinds.items():
                    if kind.endswith(NETWORK) == bool(suffix):
                        found = judge(audio.parent.parent, audio.stem, live if kind.startswith("live") else document)
                        cases[kind][half_of(audio.stem)] += found
                        clips[kind][half_of(audio.stem)] += 1 if found else 0
    version = subprocess.run([arguments.auralis, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
    result: dict = {"auralis": version, "bins": BINS, "kinds": {}}
    for kind, halves in cases.items():
        here = constants.get(kind)
        unmapped = {half: [(raw(c, here) if here else c, r, w) for c, r, w in some] for half, some in halves.items()}
        if clips[kind]["tune"] >= FEWEST_CLIPS:
            offset, slope = fitted(unmapped["tune"])
            print(f"{kind}: {{.offset = {offset:.4f}F, .slope = {slope:.4f}F}}")
        result["kinds"][kind] = {"mapped": here is not None} | {
            half: {"clips": clips[kind][half],
                   "right": round(sum(w for _, r, w in some if r) / sum(w for _, _, w in some), 4),
                   "mean_confidence": round(sum(w * c for c, _, w in some) / sum(w for _, _, w in some), 4),
                   "reliability": reliability(some),
                   "error_raw": round(calibration_error(unmapped[half]), 4),
                   "error": round(calibration_error(some), 4)} for half, some in halves.items()}
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
