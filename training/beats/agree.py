# SPDX-License-Identifier: Apache-2.0
"""Makes training material of recordings nobody has annotated: stretches where two trackers say the same beats.

    python3 training/beats/agree.py --music ../train/music --into ../train/agreed --auralis build/release/apps/auralis/auralis \\
        --checkpoint ../train/live/checkpoint.pt --frames build/release/training/auralis_beat_frames \\
        --decode build/release/training/auralis_beat_decode

The one teacher is the engine's signal processing over the whole file, the other a network in training through the bar
pointer. A stretch counts from sixteen beats on that both say within 50 ms of each other, none added by either. Bars
count where both begin them alike throughout, else the stretch says nothing of bars. Writes what render.py writes.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from judge import activations_of, decoded, load_network
from render import frames_of

WITHIN, LEAST = 0.05, 16
LONGEST = 60.0  # seconds of a stretch, that no piece outweighs the others


def said_by_engine(program: Path, path: Path) -> tuple[np.ndarray, np.ndarray]:
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "analyze", "--no-neural", "--only", "beats", "--format", "beats", "--no-cache", "--jobs", "1"]
        subprocess.run([*command, "--out", folder, path], check=True, capture_output=True)
        rows = [line.split() for file in Path(folder).rglob("*.beats") for line in file.read_text().splitlines()]
    return np.array([float(row[0]) for row in rows]), np.array([int(row[1]) if len(row) > 1 else 0 for row in rows])


def stretches(ours: np.ndarray, theirs: np.ndarray) -> list[list[tuple[int, int]]]:
    """Runs of pairs (index of ours, index of theirs) without a beat of either in between."""
    runs: list[list[tuple[int, int]]] = [[]]
    i = j = 0
    while i < len(ours) and j < len(theirs):
        if abs(ours[i] - theirs[j]) <= WITHIN:
            runs[-1].append((i, j))
            i, j = i + 1, j + 1
            continue
        if runs[-1]:
            runs.append([])
        i, j = (i + 1, j) if ours[i] < theirs[j] else (i, j + 1)
    return [run for run in runs if len(run) >= LEAST]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--music", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--auralis", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--frames", type=Path, required=True)
    parser.add_argument("--decode", type=Path, required=True)
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    network = load_network(options.checkpoint)
    kept = heard = 0.0
    for path in sorted(p for p in options.music.rglob("*") if p.suffix in (".ogg", ".opus", ".mp3", ".flac")):
        name = "-".join(path.relative_to(options.music).with_suffix("").parts[-3:])
        done = options.into / f"{name}.done"
        if done.exists():
            continue
        command = ["ffmpeg", "-v", "error", "-i", path, "-f", "f32le", "-ac", "1", "-ar", "44100", "-"]
        sound = np.frombuffer(subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout, np.float32)
        if 20 * 44_100 < len(sound) < 900 * 44_100:
            levels = frames_of(options.frames, sound)
            ours, our_places = said_by_engine(options.auralis, path)
            theirs, their_places = decoded(options.decode, network.kind, activations_of(network, [levels])[0], [])
            heard += len(levels) / 6_000
            for number, run in enumerate(stretches(ours, theirs)):
                times = (ours[[i for i, _ in run]] + theirs[[j for _, j in run]]) / 2
                times = times[times < times[0] + LONGEST]
                places = our_places[[i for i, _ in run]][: len(times)]
                if not np.array_equal(places, their_places[[j for _, j in run]][: len(times)]):
                    places = np.zeros(len(times), int)
                first, last = max(0, int(100 * times[0]) - 20), int(100 * times[-1]) + 20
                np.savez(
                    options.into / f"{name}-{number}.npz",
                    levels=levels[None, first:last].astype(np.float16),
                    beats=(times - first / 100).astype(np.float32),
                    positions=places.astype(np.uint8),
                    about=f"agreed: {name}",
                )
                kept += (last - first) / 6_000
        done.touch()
        print(f"{name}: kept {kept:.1f} of {heard:.1f} min", flush=True)


if __name__ == "__main__":
    main()
