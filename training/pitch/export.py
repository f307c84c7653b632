# SPDX-License-Identifier: Apache-2.0
"""Writes the trained network of pitch as ONNX, and its entry in the manifest of models.

    python3 training/pitch/export.py --checkpoint ../train/pitch/run/checkpoint.pt --models models \\
        --features "$(build/release/apps/auralis/auralis models features pitch)" --version 1.0.0 \\
        [--set signal_share=0.3]... [--metrics judged.json]

models/README.md describes the tensors and the manifest. The card, models/pitch.md, is written by hand.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model_manifest import OPSET, add_options, enter  # noqa: E402
from pitch_network import BINS, SIZE, PitchNetwork, PitchStep, parameters  # noqa: E402

DATA = [
    "voices and plain instruments synthesised by training/pitch, exact pitch",
    "SoundFonts (FluidR3 GM and TimGM6mb, MuseScore General; MIT and GPL), rendered, pitch from the notes and the clean sound",
    "accompaniments: POP909 (MIT), Groove MIDI Dataset (CC BY 4.0), OpenEWLD (MIT, public-domain songs), rendered",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    add_options(parser)
    options = parser.parse_args()
    network = PitchNetwork()
    network.load_state_dict(torch.load(options.checkpoint, map_location="cpu")["mean"])
    torch.onnx.export(
        PitchStep(network).eval(),
        (torch.rand(1, SIZE),),
        str(options.models / "pitch.onnx"),
        opset_version=OPSET,
        input_names=["frame"],
        output_names=["activation"],
    )
    outputs = ["voiced", f"pitch[{BINS}]"]
    enter(options, "pitch", parameters(network), DATA, outputs=outputs, frames_per_step=1, lag=0)


if __name__ == "__main__":
    main()
