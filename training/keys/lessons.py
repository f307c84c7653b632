# SPDX-License-Identifier: Apache-2.0
"""What play.py made, as batches: harmony frames, and the key of each step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

KEYS = 24
FRAMES = 22  # of harmony that make a step of the network: 1.02 s
LAG = 3  # steps that it hears on before it speaks of one
HELD_BACK = 10
HOP = 512.0 / 11_025.0
PITCHLESS = 0.05  # of what is trained on
NOBODY = -1  # knows the key


@dataclass
class Rendered:
    harmony: np.ndarray  # float16 [recordings][frames][24]
    keys: np.ndarray  # [keys][3]
    about: str

    def labels(self, frames: int) -> np.ndarray:
        """[steps], of the middle of each; KEYS where there is none because only drums play."""
        at = (np.arange(frames // FRAMES) + 0.5) * FRAMES * HOP
        if not len(self.keys):
            return np.full(len(at), NOBODY)
        which = np.maximum(np.searchsorted(self.keys[:, 0], at, side="right") - 1, 0)
        tonic, minor = self.keys[which, 1], self.keys[which, 2]
        return np.where(tonic < 0, KEYS, tonic + 12 * minor).astype(int)


class Music:
    """Pieces as they come to be: refresh() takes in what is new. Each folder has the same share of what is trained on."""

    def __init__(self, folders: list[Path]) -> None:
        self.training: dict[Path, list[Rendered]] = {folder: [] for folder in folders}
        self.validation: list[Rendered] = []
        self._known: set[Path] = set()

    def refresh(self) -> None:
        for folder, training in self.training.items():
            for path in sorted(folder.glob("[0-9]*.npz")):
                if path in self._known or path.name.endswith(".tmp.npz"):
                    continue
                self._known.add(path)
                with np.load(path) as made:
                    one = Rendered(made["harmony"], made["keys"].reshape(-1, 3), str(made["about"]))
                (self.validation if int(path.stem) % HELD_BACK == 0 else training).append(one)

    def draw(self, dice: np.random.Generator) -> Rendered:
        filled = [training for training in self.training.values() if training]
        training = filled[int(dice.integers(0, len(filled)))]
        return training[int(dice.integers(0, len(training)))]

    @property
    def hours(self) -> float:
        return sum(one.harmony.shape[1] for some in self.training.values() for one in some) * HOP / 3600.0


def targets(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[steps][KEYS] and weights [steps], of what is said at each step, which speaks of LAG steps ago: one key, or all
    alike where only drums play."""
    spoken_of = labels[np.maximum(np.arange(len(labels)) - LAG, 0)]
    wanted = np.where((spoken_of == KEYS)[:, None], 1.0 / KEYS, np.arange(KEYS) == spoken_of[:, None])
    return wanted.astype(np.float32), (spoken_of != NOBODY).astype(np.float32)


def disguised(harmony: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """As if other instruments had played, louder drums, somewhat out of tune, or without a bass. [frames][2][12]."""
    if dice.random() < 0.6:
        harmony = harmony * np.exp(dice.normal(0.0, dice.uniform(0.0, 0.25), (1, 2, 12)))
    loud = harmony.sum(axis=-1, keepdims=True) > 0.0
    if dice.random() < 0.7:  # what has no pitch is spread over all of them, bursts and all
        hiss = dice.exponential(1.0, harmony.shape) ** dice.uniform(1.0, 2.0)
        share = dice.uniform(0.0, 0.6)
        harmony = (1.0 - share) * harmony + share * loud * hiss / hiss.sum(axis=-1, keepdims=True)
    if dice.random() < 0.25:  # a kick drum with a pitch of its own, hum, a drone
        harmony = harmony.copy()
        band, share = int(dice.random() < 0.3), dice.uniform(0.0, 0.4)
        harmony[:, band] *= 1.0 - share
        harmony[:, band, int(dice.integers(0, 12))] += share * loud[:, band, 0]
    if dice.random() < 0.25:
        share = dice.uniform(0.0, 0.35)
        harmony = (1.0 - share) * harmony + share * np.roll(harmony, int(dice.choice((-1, 1))), axis=-1)
    if dice.random() < 0.15:
        harmony = harmony.copy()
        harmony[:, int(dice.random() < 0.3)] = 0.0
    total = harmony.sum(axis=-1, keepdims=True)
    return harmony / np.where(total > 0.0, total, 1.0)


def pitchless(frames: int, dice: np.random.Generator) -> np.ndarray:
    """[frames][2][12]: what is struck has a colour, which is no key."""
    colour = np.exp(dice.normal(0.0, dice.uniform(0.1, 0.9), (1, 2, 12)))
    struck = colour * dice.exponential(1.0, (frames, 2, 12)) ** dice.uniform(1.0, 2.0)
    return struck / struck.sum(axis=-1, keepdims=True)


def batch(music: Music, size: int, steps: int, dice: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    heard, wanted, weights = [], [], []
    for _ in range(size):
        one = music.draw(dice)
        harmony = one.harmony[int(dice.integers(0, len(one.harmony)))]
        start = int(dice.integers(0, max(1, len(harmony) - steps * FRAMES + 1)))
        excerpt = harmony[start : start + steps * FRAMES].astype(np.float32)
        label = Rendered(one.harmony, one.keys - np.array([start * HOP, 0, 0], np.float32), "").labels(steps * FRAMES)
        short = steps * FRAMES - len(excerpt)
        if short:
            excerpt = np.pad(excerpt, ((0, short), (0, 0)))
            label[len(label) - -(-short // FRAMES) :] = NOBODY
        if dice.random() < PITCHLESS:
            made, label = pitchless(len(excerpt), dice), np.full_like(label, KEYS)
        else:
            made = disguised(excerpt.reshape(-1, 2, 12), dice)
        heard.append(made.reshape(-1, 24).astype(np.float32))
        target, weight = targets(label)
        wanted.append(target)
        weights.append(weight)
    return np.stack(heard), np.stack(wanted), np.stack(weights)
