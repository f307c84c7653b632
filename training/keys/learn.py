# SPDX-License-Identifier: Apache-2.0
"""Trains the network that hears keys.

    python3 training/keys/learn.py --music ../train/keys ../train/keys-sketched --into ../train/key

Wants PyTorch and numpy. Goes on from the last checkpoint in --into, and takes in pieces that were rendered since, so
that it may run beside play.py. What is kept is the running mean of the weights. Progress goes to curve.csv.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from pathlib import Path

import numpy as np
import torch
from lessons import FRAMES, KEYS, Music, batch, targets
from network import KeyNetwork, parameters
from torch import Tensor, nn

MEAN_DECAY = 0.99
EARLY = 4  # steps in which little has been heard yet, and that weigh less


def loss_of(logits: Tensor, wanted: Tensor, weights: Tensor) -> Tensor:
    known = torch.clamp((torch.arange(logits.shape[1]) + 1.0) / EARLY, max=1.0) * weights
    return -(known * (wanted * torch.log_softmax(logits, dim=-1)).sum(dim=-1)).sum() / known.sum().clamp(min=1.0)


def examine(network: nn.Module, music: Music) -> tuple[float, float]:
    """On what was held back, nothing disguised: the loss, and the share of steps whose key is right."""
    network.eval()
    total, right, count = 0.0, 0.0, 0
    with torch.no_grad():
        for one in music.validation:
            harmony = one.harmony[0].astype(np.float32)
            steps = len(harmony) // FRAMES
            labels = one.labels(steps * FRAMES)
            wanted, weights = targets(labels)
            logits = network(torch.from_numpy(harmony[None, : steps * FRAMES]))
            total += float(loss_of(logits, torch.from_numpy(wanted[None]), torch.from_numpy(weights[None])))
            tonal = weights * (labels[0] != KEYS)
            hits = (logits[0].argmax(dim=-1).numpy() == wanted.argmax(axis=-1)) * tonal
            right, count = right + hits.sum() / max(1.0, tonal.sum()) * (tonal.sum() > 0), count + int(tonal.sum() > 0)
    network.train()
    return total / max(1, len(music.validation)), right / max(1, count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--music", type=Path, nargs="+", required=True, help="folders that play.py and sketch.py filled")
    parser.add_argument("--into", type=Path, required=True, help="checkpoints and the learning curve")
    parser.add_argument("--steps", type=int, default=3_000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=45.0, help="length of an excerpt")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--every", type=int, default=100, help="steps between checkpoints")
    options = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    length = round(options.seconds / (FRAMES * 512.0 / 11_025.0))
    network, mean = KeyNetwork(), KeyNetwork()
    mean.load_state_dict(network.state_dict())
    optimiser = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=0.05)
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
    print(f"{parameters(network)} parameters, {music.hours:.1f} h, from step {step}", flush=True)
    running, began = [], time.process_time()
    while step < options.steps:
        dice = np.random.default_rng([11, step])
        heard, wanted, weights = (torch.from_numpy(x) for x in batch(music, options.batch, length, dice))
        left = (options.steps - step) / (0.4 * options.steps)  # the last part of the way in ever smaller steps
        for group in optimiser.param_groups:
            group["lr"] = options.rate * min(1.0, (step + 1) / 50, max(0.02, left))
        loss = loss_of(network(heard), wanted, weights)
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
        if step % options.every == 0 or step == options.steps:
            seconds = spent + time.process_time() - began
            held, right = examine(mean, music)
            state = {"network": network.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict()}
            torch.save({**state, "step": step, "spent": seconds}, checkpoint.with_suffix(".tmp"))
            checkpoint.with_suffix(".tmp").rename(checkpoint)
            row = [step, round(seconds), round(music.hours, 2), round(float(np.mean(running)), 4), round(held, 4), round(right, 4)]
            fresh = not (options.into / "curve.csv").exists()
            with (options.into / "curve.csv").open("a") as table:
                writer = csv.writer(table, lineterminator="\n")
                if fresh:
                    writer.writerow(["step", "cpu seconds", "hours of music", "loss", "loss held back", "right held back"])
                writer.writerow(row)
            print(*row, flush=True)
            running = []
            music.refresh()


if __name__ == "__main__":
    main()
