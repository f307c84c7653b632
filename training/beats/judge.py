# SPDX-License-Identifier: Apache-2.0
"""Judges a network in training on the tune half of annotated recordings, through the engine's own decoder.

    python3 training/beats/judge.py --checkpoint models/beats-live.onnx --data ../shared/data \\
        --frames build/release/training/auralis_beat_frames --decode build/release/training/auralis_beat_decode

Says F-measures within 70 ms, the first five seconds left out, of beats and downbeats: by the peaks of what it says alone,
and decoded. Only the tune half is ever read here: clips whose name without ending has an even CRC-32.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import torch
from networks import NETWORKS, held
from render import frames_of, signal_of

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from quantise import fields, read_tensor  # noqa: E402

SETS = ("real/gtzan", "real/gtzan_classical", "real/mdbdrums", "real/stepmania", "charts")
WITHOUT_BARS = ("real/stepmania",)  # nobody has verified where theirs begin
SKIP, WITHIN = 5.0, 0.07


def f_measure(truth: np.ndarray, said: np.ndarray) -> float:
    """As mir_eval.beat.f_measure after trim_beats; for events in order the greedy matching is the best one."""
    truth, said = truth[truth >= SKIP], said[said >= SKIP]
    if not len(truth) or not len(said):
        return 0.0
    i = j = hits = 0
    while i < len(truth) and j < len(said):
        if abs(truth[i] - said[j]) <= WITHIN:
            hits, i, j = hits + 1, i + 1, j + 1
        elif truth[i] < said[j]:
            i += 1
        else:
            j += 1
    return 2.0 * hits / (len(truth) + len(said))


def clips(data: Path, cache: Path, program: Path):  # noqa: ANN201
    """(set, name, levels, what signal processing says, beats, positions) of the tune half."""
    cache.mkdir(parents=True, exist_ok=True)
    for folder in SETS:
        for path in sorted((data / folder / "audio").iterdir()):
            if zlib.crc32(path.stem.encode()) % 2:
                continue
            kept = cache / f"{folder.removeprefix('real/')}_{path.stem}.npz"
            if not kept.exists():
                command = ["ffmpeg", "-v", "error", "-i", path, "-f", "f32le", "-ac", "1", "-ar", "44100", "-"]
                sound = np.frombuffer(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout, np.float32)
                signal = signal_of(program, sound)
                np.savez(kept, levels=frames_of(program, sound).astype(np.float16), signal=signal)
            rows = [line.split() for line in (data / folder / "beats" / f"{path.stem}.beats").read_text().splitlines()]
            times = np.array([float(row[0]) for row in rows if row])
            places = np.array([int(row[1]) if len(row) > 1 else 0 for row in rows if row])
            with np.load(kept) as said:
                yield folder, path.stem, said["levels"].astype(np.float32), said["signal"], times, places


def load_network(path: Path) -> torch.nn.Module:
    """Of a checkpoint of train.py, or of a model as export.py writes it."""
    if path.suffix == ".onnx":
        return from_onnx(path)
    saved = torch.load(path, map_location="cpu")
    network = NETWORKS[saved["kind"]]()
    network.load_state_dict(saved["mean"])
    return network.eval()


def from_onnx(path: Path) -> torch.nn.Module:
    tables = {}
    for tag, graph, _ in fields(path.read_bytes()):
        for part, content, _ in fields(graph) if tag == 7 else ():
            if part == 5 and (found := read_tensor(content)):
                name, shape, numbers = found
                tables[name.removeprefix("network.")] = torch.tensor(numbers).reshape(shape)
    network = NETWORKS["live" if "narrow.bias" in tables else "file"]()
    for name in network.state_dict():
        if name not in tables:  # the weights of a dense layer, which is written as a product with a table of no name
            other = next(key for key in tables if key.startswith("onnx::MatMul"))
            tables[name] = tables.pop(other).T
    network.load_state_dict({name: tables[name] for name in network.state_dict()})
    return network.eval()


def activations_of(network: torch.nn.Module, levels: list[np.ndarray]) -> list[np.ndarray]:
    """[frames][2], what the decoder is told of each, heard side by side with silence after the shorter ones."""
    longest = max(len(one) for one in levels)
    together = np.stack([np.pad(one, ((0, longest - len(one)), (0, 0))) for one in levels])
    with torch.no_grad():
        said = held(network(torch.from_numpy(together))).numpy()
    return [one[: len(heard)] for one, heard in zip(said, levels)]


def heard_by(network: torch.nn.Module, tune: list[tuple]) -> list[np.ndarray]:
    """activations_of() what clips() gave, a set at a time."""
    return [
        said
        for folder in SETS
        for said in activations_of(network, [levels for name, _, levels, *_ in tune if name == folder])
    ]


def has_bars(folder: str, places: np.ndarray) -> bool:
    return folder not in WITHOUT_BARS and bool((places == 1).any())


def decoded(
    program: Path, mode: str, activation: np.ndarray, signal: np.ndarray, settings: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Seconds and places in the bar. Of the last frames, which it has not heard on after, `signal` has nothing."""
    rows = np.concatenate([activation[: len(signal)], signal], axis=1).astype(np.float32)
    said = subprocess.run([program, mode, *settings], input=rows.tobytes(), stdout=subprocess.PIPE, check=True)
    rows = [line.split() for line in said.stdout.decode().splitlines()]
    return np.array([float(row[0]) for row in rows]), np.array([int(row[1]) for row in rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds real/ and charts/")
    parser.add_argument("--frames", type=Path, required=True, help="the program auralis_beat_frames")
    parser.add_argument("--decode", type=Path, required=True, help="the program auralis_beat_decode")
    parser.add_argument("--cache", type=Path, default=Path("/tmp/auralis-judged"), help="for what was heard of each clip")
    parser.add_argument("--set", nargs="*", default=[], help="settings of the decoder, name=value")
    parser.add_argument("--json", type=Path, help="write the scores here, as metrics of the manifest")
    options = parser.parse_args()
    network = load_network(options.checkpoint)
    scores: dict[str, list[tuple[float, ...]]] = {}
    tune = list(clips(options.data, options.cache, options.frames))
    said_of = heard_by(network, tune)
    for (folder, _, _, signal, times, places), activation in zip(tune, said_of):
        # Peaks are of the network alone, as in the engine.
        by_mode = [
            decoded(options.decode, "peaks", activation, signal, [*options.set, "signal_share=0"]),
            decoded(options.decode, network.kind, activation, signal, options.set),
        ]
        down = times[places == 1] if has_bars(folder, places) else None
        row = [f_measure(times, said) for said, _ in by_mode]
        row += [np.nan if down is None else f_measure(down, said[at == 1]) for said, at in by_mode]
        scores.setdefault(folder, []).append(tuple(row))
    metrics = {}
    print("beats: peaks, decoded; downbeats: peaks, decoded")
    for folder, rows in scores.items():
        means = np.nanmean(np.array(rows)[:, : 2 if folder in WITHOUT_BARS else 4], axis=0)
        print(f"{folder} ({len(rows)} clips)", *(f"{mean:.3f}" for mean in means))
        for name, mean in zip(("beat_f_peaks", "beat_f", "downbeat_f_peaks", "downbeat_f"), means):
            metrics[f"tune/{folder.removeprefix('real/')}/{name}"] = round(float(mean), 4)
    if options.json:
        options.json.write_text(json.dumps({"metrics": metrics}, indent=1) + "\n")


if __name__ == "__main__":
    main()
