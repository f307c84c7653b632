# SPDX-License-Identifier: Apache-2.0
"""Writes a trained network as ONNX, and its entry in the manifest of models.

    python3 training/beats/export.py --checkpoint ../train/live/checkpoint.pt --models models \\
        --features "$(build/release/apps/auralis/auralis models features)" --version 1.0.0 \\
        [--set beat_prior=0.1]... [--metrics judged.json]

models/README.md describes the tensors and the manifest. The card, models/NAME.md, is written by hand.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import torch
from judge import load_network
from networks import BANDS, LAG, LiveStep, held, parameters

OPSET = 17
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
    parser.add_argument("--models", type=Path, required=True, help="folder of the manifest")
    parser.add_argument("--features", required=True, help="what `auralis models features` prints, JSON")
    parser.add_argument("--version", required=True)
    parser.add_argument("--set", nargs="*", default=[], help="settings of the decoder, name=value")
    parser.add_argument("--metrics", type=Path, help="what judge.py --json wrote")
    parser.add_argument("--data", nargs="*", default=[], help="what it was trained on besides what render.py makes")
    options = parser.parse_args()
    network = load_network(options.checkpoint)
    kind = f"beats-{network.kind}"
    file = options.models / f"{kind}.onnx"
    write(network, file)
    entry = {
        "name": kind,
        "version": options.version,
        "kind": kind,
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "opset": OPSET,
        "parameters": parameters(network),
        "features": json.loads(options.features),
        "outputs": ["beat", "downbeat"],
        "frames_per_step": 1,
        "lag": LAG if network.kind == "live" else 0,
        "licence": "Apache-2.0",
        "data": DATA + options.data,
        "metrics": json.loads(options.metrics.read_text())["metrics"] if options.metrics else {},
        "settings": {name: float(value) for name, value in (word.split("=") for word in options.set)},
    }
    manifest = options.models / "manifest.json"
    said = json.loads(manifest.read_text()) if manifest.exists() else {"format": 1, "models": []}
    said["models"] = [one for one in said["models"] if one["name"] != kind] + [entry]
    said["models"].sort(key=lambda one: one["name"])
    manifest.write_text(json.dumps(said, indent=2) + "\n")
    print(f"{file}: {entry['parameters']} parameters, {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
