# SPDX-License-Identifier: Apache-2.0
"""The two networks that hear beats and downbeats in the levels of the engine's 80 bands, 100 frames a second.

Both look at a few frames first, then remember with gated recurrent units: `LiveNetwork` forwards only, LAG frames late;
`FileNetwork` both ways, at half the rate inside. Outputs are logits of
(beat, downbeat).
"""

from __future__ import annotations

import torch
from gated import remembered
from torch import Tensor, nn

BANDS = 80
LAG = 2  # frames that the networks hear on before they speak of one
RISE = 2  # frames over which a band's rise is taken
CONTEXT = 2 * LAG + RISE  # frames before the newest that a live step keeps


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


class LiveNetwork(nn.Module):
    kind = "live"

    def __init__(self, width: int = 96, memory: int = 80) -> None:
        super().__init__()
        self.memory = memory
        self.front = Front(width)
        self.recall = nn.GRU(width, memory, num_layers=2, batch_first=True)
        self.head = nn.Linear(memory, 2)

    def forward(self, frames: Tensor) -> Tensor:
        """[batch][time][80] to logits [batch][time][2]; those of frame t use frames up to t + LAG."""
        # The first LAG steps of a stream speak of frames before it; what they leave in memory is there here, too.
        x = self.front(padded(frames, before=LAG))
        return self.head(remembered(self.recall, x)[:, LAG:])


class LiveStep(nn.Module):
    """One frame in, one activation out, all that is remembered passed along: what the engine runs."""

    def __init__(self, network: LiveNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, frame: Tensor, state_0: Tensor, state_1: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """frame [1][80], state_0 the CONTEXT frames before [1][6][80], state_1 the memory [2][1][memory]."""
        seen = torch.cat([state_0, frame.unsqueeze(1)], dim=1)
        x = self.network.front(seen)
        out, memory = self.network.recall(x, state_1)
        return torch.sigmoid(self.network.head(out[:, 0])), seen[:, 1:], memory


class FileNetwork(nn.Module):
    kind = "file"

    def __init__(self, width: int = 96, memory: int = 80) -> None:
        super().__init__()
        self.front = Front(width)
        self.halve = nn.Conv1d(width, width, 4, stride=2, padding=1)
        self.recall = nn.GRU(width, memory, num_layers=2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * memory, 4)

    def forward(self, frames: Tensor) -> Tensor:
        """[batch][time][80] to logits [batch][time][2]."""
        x = self.front(padded(frames, after=1))  # one more, so that an odd count is halved upwards
        x = torch.relu(self.halve(x.transpose(1, 2))).transpose(1, 2)
        out = self.head(remembered(self.recall, x))
        return out.reshape(out.shape[0], -1, 2)[:, : frames.shape[1]]


NETWORKS = {"live": LiveNetwork, "file": FileNetwork}


def parameters(network: nn.Module) -> int:
    return sum(weights.numel() for weights in network.parameters())
