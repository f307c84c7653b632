# SPDX-License-Identifier: Apache-2.0
"""Makes training material of recordings nobody has annotated: stretches where two trackers say the same beats.

    python3 training/beats/agree.py --music ../train/music --into ../train/agreed --auralis build/release/apps/auralis/auralis \\
        --checkpoint ../train/live/checkpoint.pt --frames build/release/training/auralis_beat_frames \\
        --decode build/release/training/auralis_beat_decode

The one teacher is the engine's signal processing over the whole file, the other a network in training through the bar
pointer. A stretch is of sixteen of the engine's beats or more, each of which either the network says, too, within 50 ms
and adds none to, or of which the engine itself is sure. Bars count where the network begins them alike throughout or the
engine is sure of them, else the stretch says nothing of bars. Writes what render.py writes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from judge import activations_of, decoded, load_network
from render import frames_of, signal_of

WITHIN, LEAST = 0.05, 16
# The engine's confidence over LEAST beats from which on it is taken as sure, and that in the bars. Of 20 clips of the tune
# half (GTZAN without classical, stepmania) 17 have a mean of SURE: 13 with beats F above 0.9, three at two thirds, as half the
# annotated tempo scores, one on the off-beat. Of 15 with SURE_OF_BARS eight have the bars right: weak labels.
SURE = 0.78
SURE_OF_BARS = 0.66
LONGEST = 120.0  # seconds of a stretch, that no piece outweighs the others


def said_by_engine(program: Path, path: Path) -> np.ndarray:
    """[beats][4]: seconds, place in the bar, confidence, and that of the place."""
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "analyze", "--no-neural", "--only", "beats", "--format", "json", "--no-cache", "--jobs", "1"]
        subprocess.run([*command, "--out", folder, path], check=True, capture_output=True)
        said = [json.loads(file.read_text()) for file in Path(folder).rglob("*.json")]
    names = ("at", "position", "confidence", "downbeat_confidence")
    rows = [[beat[name] for name in names] for one in said for beat in one["beats"]["grid"]]
    return np.array(rows, np.float64).reshape(-1, len(names))


def partners(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Of each of our beats the index of theirs within reach, -1 where there is none or more than one before our next."""
    found = np.full(len(ours), -1)
    for n, at in enumerate(ours):
        until = ours[n + 1] if n + 1 < len(ours) else at + 2 * WITHIN
        near = np.nonzero((theirs >= at - WITHIN) & (theirs < until - WITHIN))[0]
        if len(near) == 1 and theirs[near[0]] <= at + WITHIN:
            found[n] = near[0]
    return found


def around(values: np.ndarray) -> np.ndarray:
    """The mean over LEAST of them about each."""
    if not len(values):
        return values
    window = np.ones(min(LEAST, len(values)))
    return np.convolve(values, window, "same") / np.convolve(np.ones(len(values)), window, "same")


def stretches(counts: np.ndarray) -> list[slice]:
    """Runs of LEAST or more that count."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], counts.astype(int), [0]])))
    return [slice(a, b) for a, b in zip(edges[::2], edges[1::2]) if b - a >= LEAST]


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
            ours = said_by_engine(options.auralis, path)
            signal = signal_of(options.frames, sound)
            activation = activations_of(network, [levels])[0]
            theirs, their_places = decoded(options.decode, network.kind, activation, signal, [])
            heard += len(levels) / 6_000
            partner = partners(ours[:, 0], theirs)
            for number, run in enumerate(stretches((partner >= 0) | (around(ours[:, 2]) >= SURE))):
                times = ours[run, 0]
                times = times[times < times[0] + LONGEST]
                of_run = slice(run.start, run.start + len(times))
                places, other = ours[of_run, 1], partner[of_run]
                alike = (other >= 0).all() and np.array_equal(places, their_places[other])
                if not alike and ours[of_run, 3].mean() < SURE_OF_BARS:
                    places = np.zeros(len(times))
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
