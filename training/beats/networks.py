# SPDX-License-Identifier: Apache-2.0
"""The two networks that hear beats and downbeats in the levels of the engine's 80 bands, 100 frames a second.

Both look at a few frames first, then compare them with what was there ever longer ago, layer by layer: `LiveNetwork`
with the past alone, LAG frames late; `FileNetwork` both ways, at half the rate inside. Dilated convolutions after
M. E. P. Davies, S. Böck, "Temporal Convolutional Networks for Musical Audio Beat Tracking", EUSIPCO 2019. Outputs are logits of
(beat, downbeat).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

BANDS = 80
LAG = 2  # frames that the networks hear on before they speak of one
RISE = 2  # frames over which a band's rise is taken
CONTEXT = 2 * LAG + RISE  # frames before the newest that a live step keeps
TAPS = 5
APART = (1, 2, 4, 8, 16, 32, 64, 128)  # of the taps, layer by layer: ten seconds in all live, as long either side of files


ODDS = 6.0  # how much more a beat weighs in training than a frame without one; taken back from the probabilities
HOLD = 3  # frames that a beat is said for: the decoder wants it to sound in several
FLOOR = 0.01  # a beat is never ruled out: the decoder multiplies what it is told


def chances(logits: Tensor) -> Tensor:
    return FLOOR + (1.0 - FLOOR) * torch.sigmoid(logits - math.log(ODDS))


def held(logits: Tensor) -> Tensor:
    """[batch][time][2] logits to what the decoder is told: probabilities, each said for HOLD frames."""
    said = nn.functional.pad(chances(logits).transpose(1, 2), (HOLD - 1, 0))
    return nn.functional.max_pool1d(said, HOLD, 1).transpose(1, 2)


class Front(nn.Module):
    """[batch][CONTEXT + time][80] to [batch][time][width]: levels and how much each rose, then two layers over three
    frames each. Dense over the bands: convolutions over them cost ten times as much to train on a processor and, with
    music transposed at random, were not needed."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(2 * BANDS, width, 3)
        self.second = nn.Conv1d(width, width, 3)

    def forward(self, frames: Tensor) -> Tensor:
        level = frames.transpose(1, 2)
        rise = torch.relu(level[:, :, RISE:] - level[:, :, :-RISE])
        seen = torch.cat([0.7 * level[:, :, RISE:] - 0.7, 2.0 * rise], dim=1)
        return torch.relu(self.second(torch.relu(self.first(seen)))).transpose(1, 2)


def padded(frames: Tensor, before: int = 0, after: int = 0) -> Tensor:
    """With silence before and after, so that the front makes as many frames as went in, and those asked for."""
    return nn.functional.pad(frames, (0, 0, LAG + RISE + before, LAG + after))


class Echo(nn.Module):
    """What was there 1, 2, 3 and 4 times `apart` frames ago, or as long before and after, added to what is there now."""

    def __init__(self, width: int, apart: int, causal: bool) -> None:
        super().__init__()
        self.history = (TAPS - 1) * apart
        self.before = self.history if causal else self.history // 2
        self.look = nn.Conv1d(width, width, TAPS, dilation=apart)
        self.mix = nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[batch][width][time], with silence before and after."""
        seen = nn.functional.pad(x, (self.before, self.history - self.before))
        return x + self.mix(nn.functional.elu(self.look(seen)))

    def step(self, seen: Tensor) -> Tensor:
        """[1][width][history + 1] to what the last frame becomes, [1][width][1]; of a causal layer."""
        taps = seen[:, :, :: self.look.dilation[0]]
        heard = nn.functional.conv1d(taps, self.look.weight, self.look.bias)
        return seen[:, :, -1:] + self.mix(nn.functional.elu(heard))


class LiveNetwork(nn.Module):
    kind = "live"

    def __init__(self, width: int = 32, front: int = 64) -> None:
        super().__init__()
        self.front = Front(front)
        self.narrow = nn.Linear(front, width)
        self.echoes = nn.ModuleList(Echo(width, apart, causal=True) for apart in APART)
        self.head = nn.Conv1d(width, 2, 1)

    def forward(self, frames: Tensor) -> Tensor:
        """[batch][time][80] to logits [batch][time][2]; those of frame t use frames up to t + LAG."""
        # The first LAG steps of a stream speak of frames before it; what they leave in memory is there here, too.
        x = self.narrow(self.front(padded(frames, before=LAG))).transpose(1, 2)
        for echo in self.echoes:
            x = echo(x)
        return self.head(nn.functional.elu(x)).transpose(1, 2)[:, LAG:]


class LiveStep(nn.Module):
    """One frame in, one activation out, all that is remembered passed along: what the engine runs."""

    def __init__(self, network: LiveNetwork) -> None:
        super().__init__()
        self.network = network

    def states(self) -> list[Tensor]:
        """Of a stream that begins: the CONTEXT frames before, what was last said, then what every layer was given."""
        width = self.network.head.in_channels
        first = [torch.zeros(1, CONTEXT, BANDS), torch.zeros(1, 2, HOLD - 1)]
        return first + [torch.zeros(1, width, echo.history) for echo in self.network.echoes]

    def forward(self, frame: Tensor, *states: Tensor) -> tuple[Tensor, ...]:
        seen = torch.cat([states[0], frame.unsqueeze(1)], dim=1)
        x = self.network.narrow(self.network.front(seen)).transpose(1, 2)
        after = []
        for echo, past in zip(self.network.echoes, states[2:]):
            given = torch.cat([past, x], dim=2)
            after.append(given[:, :, 1:])
            x = echo.step(given)
        logits = self.network.head(nn.functional.elu(x))
        said = torch.cat([states[1], chances(logits.transpose(1, 2)).transpose(1, 2)], dim=2)
        return said.amax(dim=2), seen[:, 1:], said[:, :, 1:], *after


class FileNetwork(nn.Module):
    kind = "file"

    def __init__(self, width: int = 40, front: int = 64) -> None:
        super().__init__()
        self.front = Front(front)
        self.halve = nn.Conv1d(front, width, 4, stride=2, padding=1)
        self.echoes = nn.ModuleList(Echo(width, apart, causal=False) for apart in APART)
        self.head = nn.Conv1d(width, 4, 1)

    def forward(self, frames: Tensor) -> Tensor:
        """[batch][time][80] to logits [batch][time][2]."""
        x = self.front(padded(frames, after=1))  # one more, so that an odd count is halved upwards
        x = self.halve(x.transpose(1, 2))
        for echo in self.echoes:
            x = echo(x)
        out = self.head(nn.functional.elu(x)).transpose(1, 2)
        return out.reshape(out.shape[0], -1, 2)[:, : frames.shape[1]]


NETWORKS = {"live": LiveNetwork, "file": FileNetwork}


def parameters(network: nn.Module) -> int:
    return sum(weights.numel() for weights in network.parameters())
