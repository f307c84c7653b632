# SPDX-License-Identifier: Apache-2.0
"""Trains one of the networks that hear beats.

    python3 training/beats/train.py live --music ../train/rendered --into ../train/live
    python3 training/beats/train.py file --music ../train/rendered --into ../train/file

Wants PyTorch and numpy. Goes on from the last checkpoint in --into, and takes in pieces that were rendered since, so
that it may run beside render.py. What is kept is the running mean of the weights. Progress goes to curve.csv.

The loss tolerates a beat that is placed a few frames off: after F. Foscarin, J. Schlüter, G. Widmer, "Beat This!
Accurate Beat Tracking Without DBN Postprocessing", ISMIR 2024.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from pathlib import Path

import numpy as np
import torch
from judge import load_network
from music import REACH, Music, batch, excerpt
from networks import NETWORKS, ODDS, parameters
from torch import Tensor, nn

POSITIVE = (ODDS, ODDS)  # weight of a beat and a downbeat against a frame without one
MEAN_DECAY = 0.99


def loss_of(logits: Tensor, marks: Tensor, weights: Tensor, reach: int) -> Tensor:
    """Of each beat the best frame within reach counts; of all others that there be none."""
    best = nn.functional.max_pool1d(logits.transpose(1, 2), 2 * reach + 1, 1, reach).transpose(1, 2)
    positive = torch.tensor(POSITIVE) * marks * nn.functional.softplus(-best)
    negative = weights * nn.functional.softplus(logits)
    return (positive + negative).sum() / weights.sum().clamp(min=1.0)


def examine(network: nn.Module, music: Music, frames: int, reach: int) -> float:
    """The loss on what was held back, nothing disguised."""
    network.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for index, one in enumerate(music.validation[::3][:24]):
            levels, marks, weights = excerpt(one, frames, np.random.default_rng(index))
            given = [torch.from_numpy(x[None]) for x in (levels, marks, weights)]
            total += float(loss_of(network(given[0]), given[1], given[2], reach))
            count += 1
    network.train()
    return total / max(1, count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=sorted(NETWORKS))
    parser.add_argument("--music", type=Path, nargs="+", required=True, help="folders that render.py filled")
    parser.add_argument("--into", type=Path, required=True, help="checkpoints and the learning curve")
    parser.add_argument("--from", dest="begin", type=Path, help="weights to begin with: a checkpoint, or models/NAME.onnx")
    parser.add_argument("--steps", type=int, default=2_000)
    parser.add_argument("--until", type=int, help="stop here for now, on the way to --steps")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=10.0, help="length of an excerpt")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--every", type=int, default=25, help="steps between checkpoints")
    options = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    frames = int(options.seconds * 100) // 2 * 2
    reach = REACH if options.kind == "file" else REACH - 1  # a live beat placed late is a late beat
    network, mean = NETWORKS[options.kind](), NETWORKS[options.kind]()
    if options.begin:
        network.load_state_dict(load_network(options.begin).state_dict())
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
    music = Music(options.music)
    music.refresh()
    print(f"{options.kind}: {parameters(network)} parameters, {music.hours:.1f} h, from step {step}", flush=True)
    running, began = [], time.process_time()
    while step < min(options.steps, options.until or options.steps):
        dice = np.random.default_rng([7, step])
        levels, marks, weights = (torch.from_numpy(x) for x in batch(music, options.batch, frames, dice))
        left = (options.steps - step) / (0.3 * options.steps)  # the last part of the way in ever smaller steps
        rate = options.rate * min(1.0, (step + 1) / 50, max(0.02, left))
        for group in optimiser.param_groups:
            group["lr"] = rate
        loss = loss_of(network(levels), marks, weights, reach)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        step += 1
        running.append(float(loss))
        decay = min(MEAN_DECAY, step / (step + 10))
        with torch.no_grad():
            for kept, now in zip(mean.parameters(), network.parameters()):
                kept.lerp_(now, 1.0 - decay)
            for kept, now in zip(mean.buffers(), network.buffers()):
                kept.copy_(now)
        if step % options.every == 0 or step == options.steps:
            seconds = spent + time.process_time() - began
            held = examine(mean, music, frames, reach)
            state = {"network": network.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict()}
            torch.save({**state, "step": step, "spent": seconds, "kind": options.kind}, checkpoint.with_suffix(".tmp"))
            checkpoint.with_suffix(".tmp").rename(checkpoint)
            row = [step, round(seconds), round(music.hours, 2), round(float(np.mean(running)), 4), round(held, 4)]
            fresh = not (options.into / "curve.csv").exists()
            with (options.into / "curve.csv").open("a") as table:
                writer = csv.writer(table, lineterminator="\n")
                if fresh:
                    writer.writerow(["step", "cpu seconds", "hours of music", "loss", "loss held back"])
                writer.writerow(row)
            print(*row, flush=True)
            running = []
            music.refresh()


if __name__ == "__main__":
    main()
