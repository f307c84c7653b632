# SPDX-License-Identifier: Apache-2.0
"""Batches for training: excerpts of what was rendered, stretched, transposed, filtered and masked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

BANDS = 80
FRAMES_PER_SECOND = 100
REACH = 3  # frames either side of a beat in which the network may place it
NEAR = 6  # frames around a beat in which nothing is held against it


@dataclass
class Recording:
    levels: np.ndarray  # float16 [frames][80]
    beats: np.ndarray  # frames, fractional
    positions: np.ndarray  # of each in its bar: 1 is a downbeat, 0 not known


def load(path: Path) -> list[Recording]:
    with np.load(path) as file:
        levels, beats = file["levels"], file["beats"].astype(np.float64) * FRAMES_PER_SECOND
        return [Recording(one, beats, file["positions"]) for one in levels]


class Music:
    """All that lies in some folders; looks for more when asked to."""

    def __init__(self, folders: list[Path], held_back: int = 20) -> None:
        self._folders = folders
        self._held_back = held_back
        self._seen: set[Path] = set()
        self.training: dict[Path, list[Recording]] = {}  # by folder
        self.validation: list[Recording] = []
        self.hours = 0.0

    def refresh(self) -> int:
        new = 0
        for folder in self._folders:
            for path in sorted(folder.glob("*.npz")):
                if path in self._seen or path.name.endswith(".tmp.npz"):
                    continue
                self._seen.add(path)
                recordings = load(path)
                # Every `held_back`th piece, by its number, so that the choice stays as more come.
                held = path.stem.isdigit() and int(path.stem) % self._held_back == 0
                (self.validation if held else self.training.setdefault(folder, [])).extend(recordings)
                self.hours += sum(len(one.levels) for one in recordings) / FRAMES_PER_SECOND / 3600
                new += 1
        return new


def targets(beats: np.ndarray, positions: np.ndarray, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """1 at a beat (column 0) or downbeat (column 1), and the weight of every frame where there is none: none as far as the
    bars are not known, from halfway after the last beat whose place is known to halfway before the next."""
    marks, weights = np.zeros((frames, 2), np.float32), np.ones((frames, 2), np.float32)
    at = np.round(beats).astype(int)
    for column, chosen in ((0, at), (1, at[positions == 1])):
        for frame in chosen:
            if 0 <= frame < frames:
                marks[frame, column] = 1.0
            weights[max(0, frame - NEAR) : max(0, frame + NEAR + 1), column] = 0.0
    middles = np.round((beats[1:] + beats[:-1]) / 2.0).astype(int)
    edges = np.concatenate([[0], np.clip(middles, 0, frames), [frames]])
    for index in np.flatnonzero(positions == 0):
        weights[edges[index] : edges[index + 1], 1] = 0.0
    return marks, weights


def excerpt(one: Recording, frames: int, dice: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    stretch = 2.0 ** dice.uniform(-0.3, 0.3) if dice.random() < 0.7 else 1.0
    wanted = int(frames * stretch) + 2
    first = int(dice.integers(0, max(1, len(one.levels) - wanted)))
    piece = one.levels[first : first + wanted].astype(np.float32)
    if stretch != 1.0:
        at = np.arange(frames) * stretch
        low = np.minimum(at.astype(int), len(piece) - 2)
        share = np.clip(at - low, 0.0, 1.0).astype(np.float32)[:, None]
        levels = (1.0 - share) * piece[low] + share * piece[low + 1]
    else:
        levels = piece[:frames]
    if len(levels) < frames:
        levels = np.concatenate([levels, np.zeros((frames - len(levels), BANDS), np.float32)])
    beats = (one.beats - first) / stretch
    marks, weights = targets(beats, one.positions, frames)
    last = (one.beats[-1] - first) / stretch if len(one.beats) else 0.0
    weights[max(0, int(last) + 10) :] = 0.0  # what comes after the last beat that is known
    return levels, marks, weights


def disguised(levels: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """The same music on other gear, in another key, partly unheard."""
    shift = int(dice.integers(-5, 6))
    if shift:
        levels = np.roll(levels, shift, axis=1)
        if shift > 0:
            levels[:, :shift] = levels[:, shift : shift + 1]
        else:
            levels[:, shift:] = levels[:, shift - 1 : shift]
    if dice.random() < 0.7:
        points = np.cumsum(dice.normal(0.0, 0.35, 6))
        gain = np.interp(np.linspace(0, 5, BANDS), np.arange(6), points - points.mean()) + dice.normal(0.0, 0.4)
        levels = np.log1p(np.expm1(levels) * np.exp(gain).astype(np.float32))
    if dice.random() < 0.3:
        levels = levels * dice.uniform(0.7, 1.2)
    if dice.random() < 0.3:
        levels[:, int(dice.integers(62, BANDS)) :] = 0.0
    for _ in range(int(dice.integers(0, 3))):
        low = int(dice.integers(0, BANDS))
        levels[:, low : low + int(dice.integers(1, 14))] = 0.0
    for _ in range(int(dice.integers(0, 3))):
        start = int(dice.integers(0, len(levels)))
        levels[start : start + int(dice.integers(3, 60))] = 0.0
    return levels


def batch(music: Music, size: int, frames: int, dice: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    folders = list(music.training.values())
    of_each = [folders[int(n)] for n in dice.integers(0, len(folders), size)]  # as much of each, however much is in it
    chosen = [folder[int(dice.integers(0, len(folder)))] for folder in of_each]
    made = [excerpt(one, frames, dice) for one in chosen]
    levels = np.stack([disguised(one[0].copy(), dice) for one in made]).astype(np.float32)
    return levels, np.stack([one[1] for one in made]), np.stack([one[2] for one in made])
