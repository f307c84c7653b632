# SPDX-License-Identifier: Apache-2.0
"""Renders pieces whose beats are known and keeps what the engine hears of them.

    cmake --build --preset release --target auralis_beat_frames
    python3 training/beats/render.py --frames build/release/training/auralis_beat_frames --into ../train/rendered --count 1500

Wants numpy, libfluidsynth and the SoundFonts that Debian packages. Every piece is drawn from its number alone; one that
is there is left alone, so that the command goes on where it stopped. A piece is NUMBER.npz: `levels` float16
[recordings][frames][80], `beats` float32 [beats] seconds, `positions` uint8 [beats] with 1 for a downbeat, and `about`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tarfile
import time
from pathlib import Path

import numpy as np
from effects import mixed
from pieces import Arranger
from synthesiser import Synthesiser

SOUNDFONTS = (
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf3/MuseScore_General_Full.sf3",
    "/usr/share/sounds/sf2/TimGM6mb.sf2",
)
BANDS = 80
RECORDINGS = 3
SAFELY = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Debian 12's Python has none yet


def frames_of(program: Path, sound: np.ndarray) -> np.ndarray:
    """[frames][BANDS], by the program that runs the engine's own code."""
    return heard(program, sound, BANDS)


def signal_of(program: Path, sound: np.ndarray) -> np.ndarray:
    """[frames][3], what signal processing says of each: P(beat), P(downbeat), P(on a beat)."""
    return heard(program, sound, 3, "signal")


def heard(program: Path, sound: np.ndarray, width: int, *what: str) -> np.ndarray:
    said = subprocess.run([program, *what], input=sound.astype(np.float32).tobytes(), stdout=subprocess.PIPE, check=True)
    return np.frombuffer(said.stdout, np.float32).reshape(-1, width)


def unpacked(data: Path, into: Path) -> Path:
    """The corpora, extracted once."""
    for name, folder in (("pop909", "POP909"), ("groove", "groove"), ("openewld", "dataset")):
        if not (into / folder).is_dir():
            with tarfile.open(data / "symbolic" / f"{name}.tar.xz", "r:xz") as archive:
                archive.extractall(into, **SAFELY)
    return into


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    data = os.environ.get("AURALIS_DATA", str(Path(__file__).resolve().parents[3] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(data), help="folder that holds symbolic/")
    parser.add_argument("--frames", type=Path, required=True, help="the program auralis_beat_frames")
    parser.add_argument("--into", type=Path, required=True, help="folder for what is made")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1_500)
    parser.add_argument("--seconds", type=float, default=40.0)
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    arranger = Arranger.of(unpacked(options.data, options.into.parent))
    fonts = [Path(name) for name in SOUNDFONTS if Path(name).exists()]
    if not fonts:
        raise SystemExit("no SoundFont is installed: apt-get install fluid-soundfont-gm timgm6mb-soundfont")
    synthesisers: dict[Path, Synthesiser] = {}
    began, done = time.monotonic(), 0
    for number in range(options.first, options.first + options.count):
        target = options.into / f"{number:05d}.npz"
        if target.exists():
            continue
        piece = arranger.piece(number, options.seconds)
        font = fonts[number % len(fonts)]
        if font not in synthesisers:
            synthesisers[font] = Synthesiser(font)
        buses = synthesisers[font].play(piece.events, options.seconds)
        classical = piece.kind == "classical"
        levels = [frames_of(options.frames, mixed(buses, f"{number}/{n}", classical)) for n in range(RECORDINGS)]
        scratch = target.with_suffix(".tmp.npz")
        np.savez(
            scratch,
            levels=np.stack(levels).astype(np.float16),
            beats=np.array(piece.times, np.float32),
            positions=np.array(piece.positions, np.uint8),
            about=f"{piece.name}; {font.stem}",
        )
        scratch.rename(target)
        done += 1
        hours = done * options.seconds / 3600.0
        spent = time.monotonic() - began
        print(f"{number}: {piece.name}, {len(piece.times)} beats; {hours:.2f} h in {spent:.0f} s", flush=True)


if __name__ == "__main__":
    main()
