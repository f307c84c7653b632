# SPDX-License-Identifier: Apache-2.0
"""What every script that estimates tables takes on its command line."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def arguments(description: str) -> argparse.Namespace:
    """`data`, the folder that holds symbolic/, and `into`, the repository to write to."""
    parser = argparse.ArgumentParser(description=description)
    data = os.environ.get("AURALIS_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(data), help="folder that holds symbolic/")
    parser.add_argument("--into", type=Path, default=ROOT, help="repository to write to")
    return parser.parse_args()
