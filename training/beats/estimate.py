# SPDX-License-Identifier: Apache-2.0
"""Estimates the two small logistic regressions that hear beats, 44 numbers, from annotated music.

    python3 training/beats/estimate.py --data ../shared/data/real

Wants numpy, scipy, soundfile and scikit-learn. Learns from the tune half alone: clips whose name without extension has
an even CRC-32. Writes src/auralis/analysis/beat_weights.hpp. Features and figures: docs/theory/beats.md; they are those
of src/auralis/analysis/log_bands.cpp and beat_activation.cpp, and a change there wants the same change here.
"""

from __future__ import annotations

import argparse
import zlib
from pathlib import Path

import numpy as np
import soundfile
from scipy.ndimage import maximum_filter1d
from scipy.signal import lfilter, resample_poly
from sklearn.linear_model import LogisticRegression

HERE = Path(__file__).resolve().parent
TARGET = HERE.parents[1] / "src/auralis/analysis/beat_weights.hpp"
RATE, SIZE, HOP = 44_100, 2_048, 441
EDGES = (0, 3, 8, 16, 26, 38, 50, 62, 80)
LEVELS = (0, 3, 8, 26, 50, 62, 80)
COLOURS = (0, 8, 50, 80)
METRE_LAG = 25
# The bar phase of stepmania's charts is not verified, and two of its songs may sit at a doubled tempo.
BEATS_FROM = ("gtzan", "gtzan_classical", "mdbdrums", "stepmania")
BARS_FROM = ("gtzan", "gtzan_classical", "mdbdrums")
DOUBLED = ("Still_Dancing", "Newbie_Melody")
FASTEST_BEAT = 0.3  # seconds; where beats are closer, what lies between two of them is no off-beat


def filter_bank() -> np.ndarray:
    """[bins][bands] triangles, 12 to the octave."""
    tones = 440.0 * 2.0 ** (np.arange(-200, 200) / 12.0)
    tones = tones[(tones >= 27.5 * 0.999) & (tones <= 16_000.0)]
    bins = np.unique(np.round(tones * SIZE / RATE).astype(int))
    bank = []
    for start, centre, end in zip(bins, bins[1:], bins[2:]):
        if end - start < 2:
            centre, end = start, start + 1
        shape = np.zeros(SIZE // 2 + 1, np.float32)
        shape[start:centre] = np.linspace(0, 1, centre - start, endpoint=False)
        shape[centre:end] = np.linspace(1, 0, end - centre, endpoint=False)
        bank.append(shape / shape.sum())
    return np.array(bank).T


def bands_of(path: Path, bank: np.ndarray) -> np.ndarray:
    """[frames][bands] magnitudes."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    if rate != RATE:
        divisor = np.gcd(RATE, rate)
        mono = resample_poly(mono, RATE // divisor, rate // divisor).astype(np.float32)
    frames = (len(mono) + HOP - 1) // HOP
    padded = np.concatenate([np.zeros(SIZE // 2, np.float32), mono, np.zeros(SIZE + HOP, np.float32)])
    window = np.hanning(SIZE + 1)[:-1].astype(np.float32)
    out = np.zeros((frames, bank.shape[1]))
    for first in range(0, frames, 2_000):
        at = np.arange(first, min(frames, first + 2_000))[:, None] * HOP + np.arange(SIZE)
        out[first : first + len(at)] = np.abs(np.fft.rfft(padded[at] * window, axis=1)) / (window.sum() / 2) @ bank
    return out


def running_mean(x: np.ndarray, frames: float) -> np.ndarray:
    """Exponential, over what there is at the start."""
    kept = np.exp(-1.0 / frames)
    seen = 1.0 - kept ** np.arange(1, len(x) + 1)
    return lfilter([1.0 - kept], [1.0, -kept], x, axis=0) / (seen if x.ndim == 1 else seen[:, None])


def shifted(x: np.ndarray, by: int) -> np.ndarray:
    """x[n + by], zero where there is none."""
    out = np.zeros_like(x)
    if by >= 0:
        out[: len(x) - by] = x[by:]
    else:
        out[-by:] = x[:by]
    return out


def grouped(x: np.ndarray, edges: tuple[int, ...] = EDGES) -> np.ndarray:
    return np.stack([x[:, a:b].mean(axis=1) for a, b in zip(edges, edges[1:])], axis=1)


def mean_between(x: np.ndarray, start: int, end: int) -> np.ndarray:
    """Of x[n + start … n + end - 1], over what there is."""
    sums = np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(x, axis=0)])
    first = np.clip(np.arange(len(x)) + start, 0, len(x))
    last = np.clip(np.arange(len(x)) + end, 0, len(x))
    return (sums[last] - sums[first]) / np.maximum(1, last - first)[:, None]


def features(magnitudes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[frames][23] for the beat and [frames][9] for the metre."""
    loudness = running_mean(np.sqrt((magnitudes**2).sum(axis=1)), 400) + 1e-6
    level = np.log1p(100.0 * magnitudes / loudness[:, None])
    rise = np.zeros_like(level)
    rise[2:] = np.maximum(0, level[2:] - maximum_filter1d(level, 3, axis=1)[:-2])
    groups = grouped(rise)
    whole = groups.mean(axis=1)
    usual = running_mean(whole, 400) + 0.01
    relative = np.log1p(2 * groups / usual[:, None])
    columns = list(np.maximum.reduce([shifted(relative, -1), relative, shifted(relative, 1)]).T)
    columns += [shifted(np.log1p(2 * whole / usual), k) for k in range(-3, 4)]
    levels = grouped(level)
    after = sum(shifted(levels, k) for k in range(0, 4)) / 4
    before = sum(shifted(levels, -k) for k in range(3, 11)) / 8
    columns += list((after - before).T)

    near, past = mean_between(level, 0, METRE_LAG), mean_between(level, -50, 0)
    colours = []
    for a, b in zip(COLOURS, COLOURS[1:]):
        x = near[:, a:b] - near[:, a:b].mean(axis=1, keepdims=True)
        y = past[:, a:b] - past[:, a:b].mean(axis=1, keepdims=True)
        colours.append(1 - (x * y).sum(axis=1) / (np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1)) + 1e-3))
    bands = grouped(level, LEVELS)
    raw = np.concatenate([np.stack(colours, axis=1), mean_between(bands, 0, 10) - mean_between(bands, -100, METRE_LAG)],
                         axis=1)
    weight = np.minimum(whole / usual, 4)
    norm = running_mean(weight, 500)[:, None] + 1e-6
    away = raw - running_mean(raw * weight[:, None], 500) / norm
    spread = running_mean(weight[:, None] * away**2, 500) / norm
    return np.stack(columns, axis=1), np.clip(away / np.sqrt(spread + 1e-4), -3, 3)


class Samples:
    """Feature rows with labels; every clip weighs as the root of its length."""

    def __init__(self) -> None:
        self.rows, self.labels, self.weights = [], [], []

    def add(self, rows: np.ndarray, labels: np.ndarray) -> None:
        self.rows.append(rows)
        self.labels.append(labels)
        self.weights.append(np.full(len(rows), len(rows) ** -0.5))

    def fit(self, strength: float) -> tuple[np.ndarray, float]:
        weights = np.concatenate(self.weights)
        model = LogisticRegression(C=strength, max_iter=1_000)
        model.fit(np.concatenate(self.rows), np.concatenate(self.labels), sample_weight=weights / weights.mean())
        return model.coef_[0], float(model.intercept_[0])


def learn(data: Path) -> dict[str, tuple[np.ndarray, float]]:
    bank = filter_bank()
    beat, downbeat, on_beat = Samples(), Samples(), Samples()
    for folder in BEATS_FROM:
        for path in sorted((data / folder / "audio").iterdir()):
            if zlib.crc32(path.stem.encode()) % 2 or path.stem in DOUBLED:
                continue
            lines = (data / folder / "beats" / f"{path.stem}.beats").read_text().split("\n")
            table = np.array([[float(x) for x in line.split()[:2]] for line in lines if line.strip()])
            times, positions = table[:, 0], table[:, 1].astype(int)
            rows, metre = features(bands_of(path, bank))
            at = np.clip(np.round(times * 100).astype(int), 0, len(rows) - 1)
            labels = np.zeros(len(rows), bool)
            for k in (-1, 0, 1):
                labels[np.clip(at + k, 0, len(rows) - 1)] = True
            heard = slice(max(0, at[0] - 5), at[-1] + 5)
            beat.add(rows[heard], labels[heard])
            if folder in BARS_FROM:
                downbeat.add(metre[at], positions == 1)
            if np.median(np.diff(times)) >= FASTEST_BEAT:
                between = np.clip(np.round((times[:-1] + times[1:]) * 50).astype(int), 0, len(rows) - 1)
                on_beat.add(metre[np.concatenate([at, between])],
                            np.concatenate([np.ones(len(at), bool), np.zeros(len(between), bool)]))
    weights, bias = on_beat.fit(0.05)
    return {"Beat": beat.fit(1.0), "Downbeat": downbeat.fit(0.05), "OnBeat": (weights, bias)}


def write(models: dict[str, tuple[np.ndarray, float]]) -> None:
    lines = [
        "// SPDX-License-Identifier: Apache-2.0",
        "// Generated by training/beats/estimate.py; change that, not this. Provenance: docs/theory/beats.md.",
        "#pragma once",
        "",
        "#include <array>",
        "",
        "// clang-format off",
        "",
        "namespace auralis::analysis {",
        "",
    ]
    for name, (weights, bias) in models.items():
        numbers = ", ".join(f"{w:.4f}F" for w in weights)
        lines.append(f"inline constexpr std::array<float, {len(weights)}> k{name}Weights{{{numbers}}};")
        lines.append(f"inline constexpr float k{name}Bias = {bias:.4f}F;")
    lines += ["", "} // namespace auralis::analysis", ""]
    TARGET.write_text("\n".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds gtzan, gtzan_classical, …")
    write(learn(parser.parse_args().data))


if __name__ == "__main__":
    main()
