# SPDX-License-Identifier: Apache-2.0
"""Writes the trained network of keys as ONNX, and its entry in the manifest of models.

    python3 training/keys/export.py --checkpoint ../train/key/checkpoint.pt --models models \\
        --features "$(build/release/apps/auralis/auralis models features harmony)" --version 1.0.0 \\
        [--set signal_share=0.5]... [--metrics assessed.json]

models/README.md describes the tensors and the manifest. The card, models/key.md, is written by hand.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from assess import load_network  # noqa: E402
from lessons import FRAMES, LAG  # noqa: E402
from model_manifest import OPSET, add_options, enter  # noqa: E402
from network import KeyNetwork, KeyStep, parameters  # noqa: E402

DATA = [
    "McGill Billboard (CC0), chords, rendered",
    "POP909 (MIT), rendered",
    "OpenEWLD (MIT, public-domain songs), rendered",
    "Groove MIDI Dataset (CC BY 4.0), rendered",
    "progressions of training/keys, rendered",
]
TONICS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def write(network: KeyNetwork, path: Path) -> None:
    step, states = KeyStep(network).eval(), network.states()
    torch.onnx.export(
        step,
        (torch.rand(1, FRAMES, 24), *states),
        str(path),
        opset_version=OPSET,
        input_names=["frame", *(f"state_{n}" for n in range(len(states)))],
        output_names=["activation", *(f"next_state_{n}" for n in range(len(states)))],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    add_options(parser)
    options = parser.parse_args()
    network = load_network(options.checkpoint)
    write(network, options.models / "key.onnx")
    outputs = [f"{tonic} {mode}" for mode in ("major", "minor") for tonic in TONICS]
    lag = (LAG + 1) * FRAMES - 1
    enter(options, "key", parameters(network), DATA, outputs=outputs, frames_per_step=FRAMES, lag=lag)


if __name__ == "__main__":
    main()
