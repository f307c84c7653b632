# SPDX-License-Identifier: Apache-2.0
"""Renders voices and instruments whose pitch is known, alone and with what drowns them, and keeps what the engine hears.

    cmake --build --preset release --target auralis_pitch_frames
    python3 training/pitch/render.py --frames build/release/training/auralis_pitch_frames --into ../train/pitch/rendered

Wants numpy, libfluidsynth and the SoundFonts that Debian packages. Every clip is drawn from its number alone; one that is
there is left alone, so that the command goes on where it stopped. A clip is NUMBER.npz: `features` float16
[frames][433], `hertz` float32 [frames], 0 where there is no pitch, `sure` float16 [frames], what the label is worth in
training, and `about`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np
from clips import SIZE, accompaniments, degraded, heard, instrument
from voices import voice

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "beats"))

from render import SOUNDFONTS  # noqa: E402
from synthesiser import Synthesiser  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    data = os.environ.get("AURALIS_DATA", str(Path(__file__).resolve().parents[3] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(data), help="folder that holds symbolic/")
    parser.add_argument("--frames", type=Path, required=True, help="the program auralis_pitch_frames")
    parser.add_argument("--into", type=Path, required=True, help="folder for what is made")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=480)
    parser.add_argument("--seconds", type=float, default=12.0)
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    fonts = [Path(name) for name in SOUNDFONTS if Path(name).exists()]
    if not fonts:
        raise SystemExit("no SoundFont is installed: apt-get install fluid-soundfont-gm timgm6mb-soundfont")
    synthesisers = {n: Synthesiser(font) for n, font in enumerate(fonts)}
    bands = accompaniments(options.data, options.into.parent / "bands", synthesisers)
    began, done = time.monotonic(), 0
    for number in range(options.first, options.first + options.count):
        target = options.into / f"{number:05d}.npz"
        if target.exists():
            continue
        dice = np.random.default_rng([31, number])
        if dice.random() < 0.3:
            font = int(dice.integers(len(fonts)))
            one, about = instrument(dice, options.seconds, synthesisers[font], options.frames)
            about = f"{fonts[font].stem} {about}"
        else:
            one, about = voice(dice, options.seconds), "voice"
        sound, sure, what = degraded(one, f"pitch {number}", bands)
        features = heard(options.frames, sound, SIZE)
        frames = min(len(features), len(one.hertz))
        scratch = target.with_suffix(".tmp.npz")
        np.savez(
            scratch,
            features=features[:frames].astype(np.float16),
            hertz=one.hertz[:frames].astype(np.float32),
            sure=sure[:frames].astype(np.float16),
            about=f"{about}; {what}",
        )
        scratch.rename(target)
        done += 1
        spent = time.monotonic() - began
        print(f"{number}: {about}; {what}; {done * options.seconds / 3600.0:.2f} h in {spent:.0f} s", flush=True)


if __name__ == "__main__":
    main()
