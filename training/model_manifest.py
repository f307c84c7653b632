# SPDX-License-Identifier: Apache-2.0
"""Writes a network's entry into the manifest of models (models/README.md)."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

OPSET = 17


def add_options(parser: argparse.ArgumentParser) -> None:
    """What every export is told."""
    parser.add_argument("--models", type=Path, required=True, help="folder of the manifest")
    parser.add_argument("--features", required=True, help="what `auralis models features` prints, JSON")
    parser.add_argument("--version", required=True)
    parser.add_argument("--set", nargs="*", default=[], help="settings of the decoder, name=value")
    parser.add_argument("--metrics", type=Path, help="what the judging script's --json wrote")
    parser.add_argument("--data", nargs="*", default=[], help="what it was trained on besides what is rendered")


def enter(options: argparse.Namespace, kind: str, parameters: int, data: list[str], **more) -> None:  # noqa: ANN003
    """Names KIND.onnx, which lies there, in the manifest; `more` are further fields. What had its name before is gone."""
    file = options.models / f"{kind}.onnx"
    entry = {
        "name": kind,
        "version": options.version,
        "kind": kind,
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "opset": OPSET,
        "parameters": parameters,
        "features": json.loads(options.features),
        **more,
        "licence": "Apache-2.0",
        "data": data + options.data,
        "metrics": json.loads(options.metrics.read_text())["metrics"] if options.metrics else {},
        "settings": {name: float(value) for name, value in (word.split("=") for word in options.set)},
    }
    manifest = options.models / "manifest.json"
    said = json.loads(manifest.read_text()) if manifest.exists() else {"format": 1, "models": []}
    said["models"] = [one for one in said["models"] if one["name"] != kind] + [entry]
    said["models"].sort(key=lambda one: one["name"])
    manifest.write_text(json.dumps(said, indent=2) + "\n")
    print(f"{file}: {parameters} parameters, {file.stat().st_size} bytes")
