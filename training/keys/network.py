# SPDX-License-Identifier: Apache-2.0
"""The network that hears keys in the engine's harmony frames: which of 24 keys, once a second.

Every layer treats the twelve pitch classes alike: its weights are those of intervals, around the circle, so that music
that is moved by a semitone moves the answer by a semitone, exactly, and no music has to be transposed to train it. Over
time dilated convolutions look back half a minute. Outputs are logits of the major keys from C, then of the minor ones.
"""

from __future__ import annotations

import torch
from lessons import FRAMES, KEYS
from torch import Tensor, nn

HALVES = 2  # of a step, each heard as one
TAPS = 3
APART = (1, 2, 4, 8)  # of the taps, in steps, layer by layer
WIDTH = 24


class Around(nn.Module):
    """Every linear map of pitch classes that does not care which of them is called C. [batch][channels][time][12]."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.intervals = nn.Conv2d(before, after, (1, 12))

    def forward(self, x: Tensor) -> Tensor:
        return self.intervals(torch.cat([x, x[..., :11]], dim=-1))


class Past(nn.Module):
    """What was there one and two times `apart` steps ago, added to what is there now."""

    def __init__(self, width: int, apart: int) -> None:
        super().__init__()
        self.history = (TAPS - 1) * apart
        self.look = nn.Conv2d(width, width, (TAPS, 1), dilation=(apart, 1))
        self.mix = Around(width, width)
        self.drop = nn.Dropout(0.2)

    def forward(self, x: Tensor, before: Tensor) -> Tensor:
        """`before` are the `history` steps before x."""
        seen = torch.cat([before, x], dim=2)
        return x + self.drop(self.mix(nn.functional.elu(self.look(seen))))


class KeyNetwork(nn.Module):
    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.first = Around(2 * HALVES, width)
        self.second = Around(width, width)
        self.past = nn.ModuleList(Past(width, apart) for apart in APART)
        self.head = Around(width, 2)

    def states(self, batch: int = 1) -> list[Tensor]:
        """What a stream begins with."""
        return [torch.zeros(batch, self.head.intervals.in_channels, layer.history, 12) for layer in self.past]

    def heard(self, frames: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """[batch][steps * FRAMES][24] and what went before to logits [batch][steps][24] and what is remembered."""
        batch, length = frames.shape[0], frames.shape[1] // FRAMES
        halves = frames.reshape(batch, length, HALVES, FRAMES // HALVES, 2, 12).mean(dim=3)
        # Roots: a tone that sounds for a quarter of the time is half as much of a tone as one that always does.
        x = torch.sqrt(halves + 1e-6).reshape(batch, length, 2 * HALVES, 12).transpose(1, 2)
        x = nn.functional.elu(self.second(nn.functional.elu(self.first(x))))
        remembered = []
        for layer, before in zip(self.past, states):
            remembered.append(torch.cat([before, x], dim=2)[:, :, -layer.history :])
            x = layer(x, before)
        return self.head(nn.functional.elu(x)).transpose(1, 2).reshape(batch, length, KEYS), remembered

    def forward(self, frames: Tensor) -> Tensor:
        """[batch][steps * FRAMES][24] to logits [batch][steps][24]; those of step t speak of step t - LAG."""
        return self.heard(frames, self.states(frames.shape[0]))[0]


class KeyStep(nn.Module):
    """One step, all that is remembered passed along: what the engine runs. Says log probabilities."""

    def __init__(self, network: KeyNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, frame: Tensor, *states: Tensor) -> tuple[Tensor, ...]:
        logits, remembered = self.network.heard(frame, list(states))
        return (torch.log_softmax(logits[:, 0], dim=-1), *remembered)


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())
