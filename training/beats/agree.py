# SPDX-License-Identifier: Apache-2.0
"""Makes training material of recordings nobody has annotated: stretches where two hearers say the same beats.

    python3 training/beats/agree.py --music ../train/recordings/unpacked --into ../train/agreed \\
        --network models/beats-file.onnx --frames build/release/training/auralis_beat_frames \\
        --decode build/release/training/auralis_beat_decode

The hearers are signal processing and a network for files, each alone through the bar pointer: they err elsewhere. A
stretch is of sixteen of signal processing's beats or more, each of which the network says, too, within 50 ms and adds
none to. The places in the bar are kept where both begin eight beats'
bars alike, and are 0, not known, elsewhere. Of each recording a minute is heard, of long ones two. Writes what render.py
writes. `--data` says what such labels are worth instead: of the tune half of the annotated recordings.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

import numpy as np
from judge import activations_of, clips, decoded, f_measure, has_bars, load_network
from render import frames_of, signal_of

WITHIN, LEAST, LEAST_IN_BARS = 0.05, 16, 8
SECONDS, LONG = 60, 200
ALONE = {"signal": ["signal_share=0.99", "bar_share=1"], "network": []}


def partners(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Of each of our beats the index of theirs within reach, -1 where there is none or more than one before our next."""
    found = np.full(len(ours), -1)
    for n, at in enumerate(ours):
        until = ours[n + 1] if n + 1 < len(ours) else at + 2 * WITHIN
        near = np.nonzero((theirs >= at - WITHIN) & (theirs < until - WITHIN))[0]
        if len(near) == 1 and theirs[near[0]] <= at + WITHIN:
            found[n] = near[0]
    return found


def stretches(counts: np.ndarray, least: int = LEAST) -> list[slice]:
    """Runs of `least` or more that count."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(counts).astype(int), [0]])))
    return [slice(a, b) for a, b in zip(edges[::2], edges[1::2]) if b - a >= least]


def agreed_places(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Our places in the bar where both say the same downbeats for LEAST_IN_BARS beats or more, two among them; else 0."""
    places = np.zeros(len(ours), np.uint8)
    for run in stretches((ours == 1) == (theirs == 1), LEAST_IN_BARS):
        if (ours[run] == 1).sum() > 1:
            places[run] = ours[run]
    return places


def labels(decode: Path, activation: np.ndarray, signal: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """(seconds, places in the bar or 0) of each stretch."""
    ours, our_places = decoded(decode, "file", activation, signal, ALONE["signal"])
    theirs, their_places = decoded(decode, "file", activation, signal, ALONE["network"])
    partner = partners(ours, theirs)
    made = []
    for run in stretches(partner >= 0):
        # Between the two, as exact as the surer one.
        times = 0.5 * (ours[run] + theirs[partner[run]])
        made.append((times, agreed_places(our_places[run], their_places[partner[run]])))
    return made


def worth(options: argparse.Namespace) -> None:
    """Of what is kept of annotated clips: the share of clips, F of the beats, the share with bars, F of their downbeats."""
    network = load_network(options.network)
    rows: dict[str, list[tuple[float, ...]]] = {}
    for folder, _, levels, signal, times, places in clips(options.data, options.cache, options.frames):
        activation = activations_of(network, [levels])[0]
        row = [0.0, np.nan, 0.0, np.nan]
        made = labels(options.decode, activation, signal)
        if made:
            said, at = (np.concatenate(parts) for parts in zip(*made))
            inside = (times >= said[0] - WITHIN) & (times <= said[-1] + WITHIN)
            row[0], row[1] = 1.0, f_measure(times[inside], said)
            if has_bars(folder, places) and (at == 1).any():
                known = said[at > 0]
                of_those = inside & (times >= known[0] - WITHIN) & (times <= known[-1] + WITHIN) & (places == 1)
                row[2], row[3] = 1.0, f_measure(times[of_those], said[at == 1])
        rows.setdefault(folder, []).append(tuple(row))
    print("clips kept, F of their beats; with bars, F of their downbeats; right by more than 0.9: beats, bars")
    for folder, found in rows.items():
        table = np.array(found)
        right = [int((table[:, column] > 0.9).sum()) for column in (1, 3)]
        print(f"{folder} ({len(table)})", int(table[:, 0].sum()), f"{np.nanmean(table[:, 1]):.3f};", int(table[:, 2].sum()),
              f"{np.nanmean(table[:, 3]):.3f};", *right)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--music", type=Path, help="recordings")
    parser.add_argument("--into", type=Path)
    parser.add_argument("--network", type=Path, required=True, help="for files: models/beats-file.onnx, or a checkpoint")
    parser.add_argument("--frames", type=Path, required=True)
    parser.add_argument("--decode", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="folder that holds real/ and charts/")
    parser.add_argument("--cache", type=Path, default=Path("/tmp/auralis-judged"), help="with --data")
    options = parser.parse_args()
    if options.data:
        worth(options)
        return
    options.into.mkdir(parents=True, exist_ok=True)
    network = load_network(options.network)
    kept = barred = heard = 0.0
    for path in sorted(p for p in options.music.rglob("*") if p.suffix in (".ogg", ".opus", ".mp3", ".flac")):
        name = "-".join(path.relative_to(options.music).with_suffix("").parts[-3:])
        done = options.into / f"{name}.done"
        if done.exists():
            continue
        ask = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path]
        length = float(subprocess.run(ask, stdout=subprocess.PIPE, check=False).stdout or 0.0)
        starts = [] if length < 20 else [length / 4] if length < LONG else [length / 6, 0.6 * length]
        for cut, start in enumerate(starts):
            command = ["ffmpeg", "-v", "error", "-ss", f"{start:.0f}", "-t", str(SECONDS), "-i", path]
            command += ["-f", "f32le", "-ac", "1", "-ar", "44100", "-"]
            sound = np.frombuffer(subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout, np.float32)
            if len(sound) < 15 * 44_100:
                continue
            levels, signal = frames_of(options.frames, sound), signal_of(options.frames, sound)
            heard += len(levels) / 6_000
            for number, (times, places) in enumerate(labels(options.decode, activations_of(network, [levels])[0], signal)):
                first, last = max(0, int(100 * times[0]) - 20), int(100 * times[-1]) + 20
                np.savez(
                    options.into / f"{name}-{cut}-{number}.npz",
                    levels=levels[None, first:last].astype(np.float16),
                    beats=(times - first / 100).astype(np.float32),
                    positions=places,
                    about=f"agreed: {name}",
                )
                kept += (last - first) / 6_000
                barred += (last - first) / 6_000 * float((places > 0).mean())
        done.touch()
        print(f"{name}: kept {kept:.1f} of {heard:.1f} min, {barred:.1f} with bars", flush=True)


if __name__ == "__main__":
    main()
