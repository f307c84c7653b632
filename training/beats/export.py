# SPDX-License-Identifier: Apache-2.0
"""Writes a trained network as ONNX, and its entry in the manifest of models.

    python3 training/beats/export.py --checkpoint ../train/live/checkpoint.pt --models models \\
        --features "$(build/release/apps/auralis/auralis models features)" --version 1.0.0 \\
        [--set beat_prior=0.1]... [--metrics judged.json]

models/README.md describes the tensors and the manifest. The card, models/NAME.md, is written by hand.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from judge import load_network  # noqa: E402
from model_manifest import OPSET, add_options, enter  # noqa: E402
from networks import BANDS, LAG, LiveStep, held, parameters  # noqa: E402

DATA = [
    "POP909 (MIT), rendered",
    "Groove MIDI Dataset (CC BY 4.0), rendered",
    "OpenEWLD (MIT, public-domain songs), rendered",
    "patterns and progressions of training/beats, rendered",
]


def write(network: torch.nn.Module, path: Path) -> None:
    if network.kind == "live":
        step = LiveStep(network).eval()
        states = step.states()
        torch.onnx.export(
            step,
            (torch.rand(1, BANDS), *states),
            str(path),
            opset_version=OPSET,
            input_names=["frame", *(f"state_{n}" for n in range(len(states)))],
            output_names=["activation", *(f"next_state_{n}" for n in range(len(states)))],
        )
        return

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, frames: torch.Tensor) -> torch.Tensor:
            return held(self.network(frames))

    torch.onnx.export(
        Whole().eval(),
        torch.rand(2, 400, BANDS),
        str(path),
        opset_version=OPSET,
        input_names=["frames"],
        output_names=["activation"],
        dynamic_axes={"frames": {0: "batch", 1: "time"}, "activation": {0: "batch", 1: "time"}},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    add_options(parser)
    options = parser.parse_args()
    network = load_network(options.checkpoint)
    kind = f"beats-{network.kind}"
    write(network, options.models / f"{kind}.onnx")
    lag = LAG if network.kind == "live" else 0
    enter(options, kind, parameters(network), DATA, outputs=["beat", "downbeat"], frames_per_step=1, lag=lag)


if __name__ == "__main__":
    main()
