# SPDX-License-Identifier: Apache-2.0
"""Chooses the bar pointer's settings for a network, one after the other, on the tune half alone.

    python3 training/beats/settle.py --checkpoint ../train/live/checkpoint.pt --data ../shared/data \\
        --frames build/release/training/auralis_beat_frames --decode build/release/training/auralis_beat_decode

Prints what judge.py and export.py take with --set. A setting changes where it gains three thousandths of the mean over
the sets: with 152 clips less is chance.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from judge import clips, decoded, f_measure, has_bars, heard_by, load_network

CHOICES = {
    "signal_share": (0.0, 0.3, 0.5, 0.7, 0.85),
    "beat_prior": (0.04, 0.15),
    "beat_frames": (3, 5),
    "tempo_stiffness": (50, 200),
    "tempo_preference": (1, 3),
    "tempo_spread": (0.9,),
    "downbeat_weight": (0.4, 1.0),
    "metre_change": (1e-4,),
    "least_confidence": (0.1, 0.4),
}
LEAST_GAIN = 0.003
WEIGHTS = {"real/gtzan": 0.3, "real/gtzan_classical": 0.2, "real/mdbdrums": 0.1, "real/stepmania": 0.1, "charts": 0.3}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--frames", type=Path, required=True)
    parser.add_argument("--decode", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("/tmp/auralis-judged"))
    parser.add_argument("--set", nargs="*", default=[], help="where to begin")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    network = load_network(options.checkpoint)
    tune = list(clips(options.data, options.cache, options.frames))
    said = heard_by(network, tune)

    def score(settings: dict[str, float]) -> float:
        words = [f"{name}={value}" for name, value in settings.items()]
        sums: dict[str, list[float]] = {}
        for (folder, _, _, signal, times, places), activation in zip(tune, said):
            beats, beat_places = decoded(options.decode, network.kind, activation, signal, words)
            worth = f_measure(times, beats)
            if has_bars(folder, places):
                worth = 0.67 * worth + 0.33 * f_measure(times[places == 1], beats[beat_places == 1])
            sums.setdefault(folder, []).append(worth)
        return sum(WEIGHTS[folder] * float(np.mean(rows)) for folder, rows in sums.items())

    settings = {name: float(value) for name, value in (word.split("=") for word in options.set)}
    best = score(settings)
    print(f"{best:.4f} at first", flush=True)
    for _ in range(options.rounds):
        for name, values in CHOICES.items():
            if name == "least_confidence" and network.kind == "file":
                continue
            for value in values:
                if settings.get(name) == value:
                    continue
                found = score({**settings, name: value})
                if found > best + LEAST_GAIN:
                    best, settings = found, {**settings, name: value}
                    print(f"{best:.4f} {name}={value}", flush=True)
    print(*(f"{name}={value:g}" for name, value in settings.items()))


if __name__ == "__main__":
    main()
