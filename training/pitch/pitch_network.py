# SPDX-License-Identifier: Apache-2.0
"""The network that hears pitch in the engine's PitchFeatures, each frame by itself.

All of it but the end is convolutions over logarithmic frequency, so that what was learnt of one pitch holds for all:
after A. Riou et al., "PESTO: Pitch Estimation with Self-supervised Transposition-equivariant Objective", ISMIR 2023. A
pitch is judged by what the spectrum holds at its harmonics (R. Bittner et al., "Deep Salience Representations for F0
Estimation in Polyphonic Music", ISMIR 2017) and by how well the sound repeats after its period, and after others.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

PER_OCTAVE, BANDS, BINS = 36, 252, 180
SIZE = BANDS + BINS + 1
LOWEST = 55.0
# Where a pitch's evidence lies, as ratios of its frequency: 1/2 and 3/2 speak for the octave below.
HARMONICS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0)
PERIODS = (1 / 3, 0.5, 1.0, 2.0, 3.0)
BASIS = 4  # polynomials of the bin: what a window of 46 ms shows of low pitches is another thing


def shifts(ratios: tuple[float, ...]) -> list[int]:
    return [round(PER_OCTAVE * math.log2(ratio)) for ratio in ratios]


class Beside(nn.Module):
    """[frames][channels][size] to as many [frames][channels][BINS] as ratios: for each bin what lies at each ratio of it, 0 where
    nothing does. Slices of a padded row: an index for all of them took half of a step's time."""

    def __init__(self, ratios: tuple[float, ...], size: int) -> None:
        super().__init__()
        moves = shifts(ratios)
        self.before, self.after = max(0, -min(moves)), max(0, BINS + max(moves) - size)
        self.starts = [move + self.before for move in moves]

    def forward(self, rows: Tensor) -> list[Tensor]:
        rows = nn.functional.pad(rows, (self.before, self.after))
        return [rows[:, :, start : start + BINS] for start in self.starts]


class PitchNetwork(nn.Module):
    def __init__(self, lines: int = 8, periods: int = 4, width: int = 20) -> None:
        super().__init__()
        self.lines = nn.Conv1d(1, lines, 5, padding=2)
        self.periods = nn.Conv1d(1, periods, 5, padding=2)
        self.at_lines, self.at_periods = Beside(HARMONICS, BANDS), Beside(PERIODS, BINS)
        self.compare = nn.Conv1d(lines * len(HARMONICS) + periods * len(PERIODS), width, 1)
        place = torch.linspace(-1.0, 1.0, BINS)
        self.register_buffer("basis", torch.stack([place**n for n in range(1, BASIS + 1)]), persistent=False)
        self.place = nn.Parameter(torch.zeros(width, BASIS))
        self.look = nn.Conv1d(width, width, 5, padding=2)
        self.pitch = nn.Conv1d(width, 1, 3, padding=1)
        self.first = nn.Linear(3 * width + 1, 24)
        self.second = nn.Linear(24, 1)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """[frames][SIZE] to logits of voicing [frames] and of pitches [frames][BINS]."""
        spectrum, periodicity = frames[:, None, :BANDS], frames[:, None, BANDS : BANDS + BINS]
        loudness = frames[:, SIZE - 1 :]
        lines, periods = torch.relu(self.lines(spectrum)), torch.relu(self.periods(periodicity))
        seen = torch.cat(self.at_lines(lines) + self.at_periods(periods), dim=1)
        x = torch.relu(self.compare(seen) + self.place @ self.basis)
        x = x + torch.relu(self.look(x))
        logits = self.pitch(x)[:, 0]
        # Voicing looks at the pitch that is thought likeliest, at the best of all, and at the whole.
        chosen = (x @ torch.softmax(logits, dim=1)[:, :, None])[:, :, 0]
        pooled = torch.cat([chosen, x.amax(dim=2), x.mean(dim=2), loudness], dim=1)
        voiced = self.second(torch.relu(self.first(pooled)))[:, 0]
        return voiced, logits


class PitchStep(nn.Module):
    """What the engine runs: a frame [1][SIZE] in, P(voiced) and P(pitch | voiced) out, [1][1 + BINS]."""

    def __init__(self, network: PitchNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, frame: Tensor) -> Tensor:
        voiced, logits = self.network(frame)
        return torch.cat([torch.sigmoid(voiced)[:, None], torch.softmax(logits, dim=1)], dim=1)


def parameters(network: nn.Module) -> int:
    return sum(weights.numel() for weights in network.parameters())
