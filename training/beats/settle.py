# SPDX-License-Identifier: Apache-2.0
"""Chooses the bar pointer's settings for a network, one after the other, on the tune half alone.

    python3 training/beats/settle.py --checkpoint models/beats-live.onnx --data ../shared/data \\
        --frames build/release/training/auralis_beat_frames --decode build/release/training/auralis_beat_decode

Prints what judge.py and export.py take with --set. A setting changes where it gains three thousandths of the mean over
the sets; beside each change stands how likely other clips of the same kind would not have gained by it (bootstrap over
the clips, B. Efron, 1979): above a tenth or so it is no more than chance.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from judge import clips, decoded, f_measure, has_bars, heard_by, load_network

CHOICES = {
    "signal_share": (0.0, 0.3, 0.5, 0.7, 0.85),
    "bar_share": (0.0, 0.3, 0.5, 0.7),
    "downbeat_weight": (0.4, 1.0, 1.5),
    "beat_prior": (0.04, 0.15),
    "beat_frames": (3, 5),
    "tempo_stiffness": (50, 200),
    "tempo_preference": (1, 3),
    "tempo_spread": (0.9,),
    "metre_change": (1e-4,),
    "least_confidence": (0.1, 0.4),
}
LEAST_GAIN = 0.003
WEIGHTS = {"real/gtzan": 0.3, "real/gtzan_classical": 0.2, "real/mdbdrums": 0.1, "real/stepmania": 0.1, "charts": 0.3}


def mean_of(worth: dict[str, np.ndarray]) -> float:
    return sum(WEIGHTS[folder] * float(rows.mean()) for folder, rows in worth.items())


def doubt(before: dict[str, np.ndarray], after: dict[str, np.ndarray], draws: int = 10_000) -> float:
    """The share of draws of as many clips, with repetition, in which `after` is no better."""
    dice, gains = np.random.default_rng(1), np.zeros(draws)
    for folder, rows in after.items():
        gain = rows - before[folder]
        gains += WEIGHTS[folder] * gain[dice.integers(0, len(gain), (draws, len(gain)))].mean(axis=1)
    return float((gains <= 0.0).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--frames", type=Path, required=True)
    parser.add_argument("--decode", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("/tmp/auralis-judged"))
    parser.add_argument("--set", nargs="*", default=[], help="where to begin")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=list(CHOICES), choices=list(CHOICES), help="just these settings")
    options = parser.parse_args()
    network = load_network(options.checkpoint)
    tune = list(clips(options.data, options.cache, options.frames))
    said = heard_by(network, tune)

    def score(settings: dict[str, float]) -> dict[str, np.ndarray]:
        words = [f"{name}={value}" for name, value in settings.items()]
        sums: dict[str, list[float]] = {}
        for (folder, _, _, signal, times, places), activation in zip(tune, said):
            beats, beat_places = decoded(options.decode, network.kind, activation, signal, words)
            worth = f_measure(times, beats)
            if has_bars(folder, places):
                worth = 0.67 * worth + 0.33 * f_measure(times[places == 1], beats[beat_places == 1])
            sums.setdefault(folder, []).append(worth)
        return {folder: np.array(rows) for folder, rows in sums.items()}

    settings = {name: float(value) for name, value in (word.split("=") for word in options.set)}
    best = score(settings)
    print(f"{mean_of(best):.4f} at first", flush=True)
    for _ in range(options.rounds):
        for name, values in CHOICES.items():
            if name not in options.only:
                continue
            if name == "least_confidence" and network.kind == "file":
                continue
            for value in values:
                if settings.get(name) == value:
                    continue
                found = score({**settings, name: value})
                if mean_of(found) > mean_of(best) + LEAST_GAIN:
                    print(f"{mean_of(found):.4f} {name}={value}, no gain in {doubt(best, found):.2f} of draws", flush=True)
                    best, settings = found, {**settings, name: value}
    print(*(f"{name}={value:g}" for name, value in settings.items()))


if __name__ == "__main__":
    main()
