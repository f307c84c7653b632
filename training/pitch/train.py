# SPDX-License-Identifier: Apache-2.0
"""Trains the network that hears pitch.

    python3 training/pitch/train.py --clips ../train/pitch/rendered --into ../train/pitch/run

Wants PyTorch and numpy. Goes on from the last checkpoint in --into, and takes in clips that were rendered since. What is
kept is the running mean of the weights. Progress goes to curve.csv.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from pathlib import Path

import numpy as np
import torch
from pitch_network import BINS, LOWEST, PER_OCTAVE, SIZE, PitchNetwork, parameters
from torch import Tensor, nn

HELD_BACK = 20  # every so manieth clip, by its number
BLUR = 0.8  # bins: the deviation of what is aimed at
MEAN_DECAY = 0.998


class Clips:
    """All frames that lie in a folder; looks for more when asked to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: set[Path] = set()
        self._parts: dict[bool, list[tuple]] = {False: [], True: []}
        self.hours = 0.0

    def refresh(self) -> None:
        for path in sorted(self._folder.glob("*.npz")):
            if path in self._seen or path.name.endswith(".tmp.npz"):
                continue
            self._seen.add(path)
            with np.load(path) as file:
                one = file["features"], file["hertz"], file["sure"].astype(np.float32)
            self._parts[int(path.stem) % HELD_BACK == 0].append(one)
            self.hours += len(one[1]) / 360_000

    def drawn(self, count: int, dice: np.random.Generator) -> list[Tensor]:
        """`count` frames of what is trained on, from as many clips as there are."""
        parts = self._parts[False]
        each = 16
        rows = []
        for n in dice.integers(0, len(parts), count // each):
            features, hertz, sure = parts[int(n)]
            at = dice.integers(0, len(hertz), each)
            rows.append((features[at], hertz[at], sure[at]))
        return [torch.from_numpy(np.concatenate(part).astype(np.float32)) for part in zip(*rows)]

    def held_back(self) -> list[Tensor]:
        """Every seventh frame of what is not."""
        rows = [[part[::7] for part in one] for one in self._parts[True]]
        return [torch.from_numpy(np.concatenate(part).astype(np.float32)) for part in zip(*rows)]


def targets(hertz: Tensor) -> tuple[Tensor, Tensor]:
    """[frames][BINS] that add up to 1, and which frames have a pitch that there is a bin for."""
    bins = PER_OCTAVE * torch.log2(hertz.clamp(min=1.0) / LOWEST)
    named = (hertz > 0) & (bins > -0.5) & (bins < BINS - 0.5)
    away = torch.arange(BINS)[None] - bins[:, None]
    return torch.softmax(-0.5 * (away / BLUR) ** 2, dim=1), named


def loss_of(voiced: Tensor, logits: Tensor, hertz: Tensor, sure: Tensor) -> tuple[Tensor, Tensor]:
    wanted, named = targets(hertz)
    silent = hertz <= 0
    voicing = nn.functional.binary_cross_entropy_with_logits(voiced, named.float(), reduction="none")
    counted = sure * (named | silent)
    pitch = -(wanted * torch.log_softmax(logits, dim=1)).sum(dim=1)
    weight = sure * named
    return (voicing * counted).sum() / counted.sum().clamp(min=1.0), (pitch * weight).sum() / weight.sum().clamp(min=1.0)


def examine(network: nn.Module, held: list[Tensor]) -> list[float]:
    """Of what was held back: losses, the share of voiced frames whose likeliest bin is within half a semitone, the same
    but for octaves, and how often voicing is right."""
    network.eval()
    features, hertz, sure = held
    with torch.no_grad():
        said = [network(part) for part in features.split(2048)]
        voiced, logits = (torch.cat(part) for part in zip(*said))
        losses = loss_of(voiced, logits, hertz, sure)
        _, named = targets(hertz)
        counted = named & (sure > 0.5)
        off = logits.argmax(dim=1) - PER_OCTAVE * torch.log2(hertz.clamp(min=1.0) / LOWEST)
        near = off.abs() < PER_OCTAVE / 24
        folded = (off - PER_OCTAVE * torch.round(off / PER_OCTAVE)).abs() < PER_OCTAVE / 24
        certain = (sure > 0.5) & (named | (hertz <= 0))
        right = (voiced > 0) == named
    network.train()
    values = [*map(float, losses), *(float(x[counted].float().mean()) for x in (near, folded))]
    return [round(x, 4) for x in [*values, float(right[certain].float().mean())]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, required=True, help="what render.py filled")
    parser.add_argument("--into", type=Path, required=True, help="checkpoints and the learning curve")
    parser.add_argument("--steps", type=int, default=4_000)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--every", type=int, default=250, help="steps between checkpoints")
    options = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    network, mean = PitchNetwork(), PitchNetwork()
    mean.load_state_dict(network.state_dict())
    optimiser = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=0.01)
    options.into.mkdir(parents=True, exist_ok=True)
    checkpoint, step, spent = options.into / "checkpoint.pt", 0, 0.0
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        network.load_state_dict(saved["network"])
        mean.load_state_dict(saved["mean"])
        optimiser.load_state_dict(saved["optimiser"])
        step, spent = saved["step"], saved["spent"]
    clips = Clips(options.clips)
    clips.refresh()
    print(f"{parameters(network)} parameters, {SIZE} numbers a frame, {clips.hours:.1f} h, from step {step}", flush=True)
    running, began = [], time.process_time()
    while step < options.steps:
        features, hertz, sure = clips.drawn(options.batch, np.random.default_rng([7, step]))
        left = (options.steps - step) / (0.4 * options.steps)  # the last part of the way in ever smaller steps
        for group in optimiser.param_groups:
            group["lr"] = options.rate * min(1.0, (step + 1) / 100, max(0.02, left))
        voicing, pitch = loss_of(*network(features), hertz, sure)
        optimiser.zero_grad()
        (voicing + pitch).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        step += 1
        running.append(float(voicing + pitch))
        decay = min(MEAN_DECAY, step / (step + 10))
        with torch.no_grad():
            for kept, now in zip(mean.parameters(), network.parameters()):
                kept.lerp_(now, 1.0 - decay)
        if step % options.every == 0 or step == options.steps:
            seconds = spent + time.process_time() - began
            state = {"network": network.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict()}
            torch.save({**state, "step": step, "spent": seconds}, checkpoint.with_suffix(".tmp"))
            checkpoint.with_suffix(".tmp").rename(checkpoint)
            row = [step, round(seconds), round(clips.hours, 2), round(float(np.mean(running)), 4), *examine(mean, clips.held_back())]
            fresh = not (options.into / "curve.csv").exists()
            with (options.into / "curve.csv").open("a") as table:
                writer = csv.writer(table, lineterminator="\n")
                if fresh:
                    writer.writerow(["step", "cpu seconds", "hours", "loss", "voicing held back", "pitch held back",
                                     "raw pitch", "raw chroma", "voicing right"])  # fmt: skip
                writer.writerow(row)
            print(*row, flush=True)
            running = []
            clips.refresh()


if __name__ == "__main__":
    main()
