# SPDX-License-Identifier: Apache-2.0
"""Writes down what the engine would hear of pieces' harmony without playing them: a twentieth of the work of play.py.

    python3 training/keys/sketch.py --into ../train/keys-sketched --count 4000

Notes are as loud as they were struck and die away; each is also heard, a little, where its partials lie; drums are heard
everywhere. Then bass and treble are folded as the engine does it (src/auralis/analysis/chroma.cpp). Rough, but of every
song there may be dozens. Files are those of play.py, and none is of a song that play.py holds back.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from pathlib import Path

import numpy as np
from play import HELD_BACK, Library, unpacked

HOP = 512.0 / 11_025.0
LOWEST, COUNT = 28, 72  # kLowestNote, kNoteCount
SMEAR = np.hanning(11)[1:-1] / np.hanning(11).sum()  # a window of 0.37 s
PARTIALS = ((12, 0.25), (19, 0.2), (24, 0.1), (28, 0.1), (31, 0.05), (-12, 0.12), (7, 0.03), (1, 0.03), (-1, 0.03))


def ramp(notes: np.ndarray, rise: float, full: float, still: float, end: float) -> np.ndarray:
    return np.clip(np.minimum((notes - rise) / (full - rise), (end - notes) / (end - still)), 0.0, 1.0)


NOTES = np.arange(LOWEST, LOWEST + COUNT)
BANDS = (ramp(NOTES, 27.0, 28.0, 48.0, 60.0), ramp(NOTES, 44.0, 56.0, 84.0, 100.0))
FOLD = np.eye(12)[NOTES % 12]  # [note][pitch class]


def sketched(events: list[tuple[float, bytes]], seconds: float, noise: np.random.Generator) -> np.ndarray:
    """[frames][24], bass and treble from C, of MIDI events in seconds."""
    frames = int(seconds / HOP)
    loud = np.zeros((frames, 128), np.float32)
    struck = np.zeros(frames, np.float32)
    gain = np.exp(noise.normal(0.0, 0.6, 16))
    for channel, chance in ((3, 0.08), (2, 0.1), (4, 0.05)):
        if noise.random() < chance:
            gain[channel] = 0.0
    decay = np.where(noise.random(16) < 0.4, 30.0, np.exp(noise.uniform(-1.5, 1.2, 16)))  # seconds
    shapes = [np.exp(-np.arange(frames) * HOP / one) for one in decay]
    sounding: dict[tuple[int, int], tuple[int, int]] = {}
    for at, message in sorted(events, key=lambda event: (event[0], event[1][0] & 0xF0 == 0x90)):
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        frame = int(at / HOP)
        if kind not in (0x80, 0x90) or frame >= frames:
            continue
        if channel == 9:
            if kind == 0x90:
                struck[frame : frame + 4] += (message[2] / 127.0) ** 2 * np.array([1.0, 0.7, 0.4, 0.2])[: frames - frame]
            continue
        begun = sounding.pop((channel, message[1]), None)
        if begun is not None:
            start, velocity = begun
            length = max(2, frame - start + 1)
            course = shapes[channel][:length] * (velocity / 127.0) ** 2 * gain[channel]
            loud[start : start + length, message[1]] += course[: frames - start]
        if kind == 0x90:
            sounding[(channel, message[1])] = (frame, message[2])
    for (channel, pitch), (start, velocity) in sounding.items():
        loud[start:, pitch] += shapes[channel][: frames - start] * (velocity / 127.0) ** 2 * gain[channel]
    heard = loud.copy()
    for interval, share in PARTIALS:
        heard += share * noise.uniform(0.0, 2.0) * np.roll(loud, interval, axis=1)
    heard = np.apply_along_axis(np.convolve, 0, heard[:, LOWEST : LOWEST + COUNT], SMEAR, "same")
    silent = heard.max(axis=1) < 1e-4 * max(1e-6, float(heard.max()))
    heard = heard ** noise.uniform(0.4, 0.9)
    # Resonances, other instruments and what the tuning leaves: some notes are heard better than others.
    heard *= np.exp(noise.normal(0.0, 0.25, COUNT))
    level = (float(heard.mean()) or 1.0) * noise.uniform(0.0, 0.6)  # of drums alone there is nothing to hold it against
    hiss = noise.exponential(1.0, heard.shape) ** 2 * (noise.random(heard.shape) < 0.3)
    heard += level * hiss * (0.3 + np.minimum(struck, 2.0)[:, None] * noise.uniform(0.0, 3.0))
    out = []
    for weights in BANDS:
        chroma = (heard * weights) @ FOLD
        total = chroma.sum(axis=1, keepdims=True)
        out.append(np.where((total > 0.0) & ~(silent & (struck == 0.0))[:, None], chroma / np.maximum(total, 1e-9), 0.0))
    return np.concatenate(out, axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    data = os.environ.get("AURALIS_DATA", str(Path(__file__).resolve().parents[3] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(data), help="folder that holds symbolic/")
    parser.add_argument("--into", type=Path, required=True, help="folder for what is made")
    parser.add_argument("--count", type=int, default=4_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    library = Library.of(options.data, unpacked(options.data, options.into.parent))
    began, done = time.process_time(), 0
    for number in range(100_001, 100_001 + options.count):
        target = options.into / f"{number}.npz"
        if target.exists() or number % HELD_BACK == 0:
            continue
        piece = library.piece(number, options.seconds)
        events, keys = piece.events, piece.keys
        if piece.kind == "drums":
            events, keys = [event for event in events if event[1][0] & 0x0F == 9], [(0.0, -1, False)]
        harmony = sketched(events, options.seconds, np.random.default_rng([3, number]))
        scratch = target.with_suffix(".tmp.npz")
        np.savez(scratch, harmony=harmony[None].astype(np.float16), keys=np.array(keys, np.float32), about=piece.name)
        scratch.rename(target)
        done += 1
        if done % 100 == 0:
            print(f"{number}: {done * options.seconds / 3600.0:.1f} h in {time.process_time() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
