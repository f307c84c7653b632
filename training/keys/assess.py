# SPDX-License-Identifier: Apache-2.0
"""Judges a network of keys, alone and joined with signal processing, and fits its confidence.

    python3 training/keys/assess.py --checkpoint ../train/key/checkpoint.pt --music ../train/keys --data ../shared/data \\
        --frames build/release/training/auralis_harmony_frames

Of recordings only the tune half is ever read: clips whose name without ending has an even CRC-32. The other music is
what play.py made and learn.py never saw. Scores are MIREX's weighted ones; what the engine does with a step is done here
in the same way (src/auralis/analysis/key_estimator.cpp).
"""

from __future__ import annotations

import argparse
import collections
import json
import math
import subprocess
import zlib
from pathlib import Path

import numpy as np
import torch
from lessons import FRAMES, KEYS, LAG, NOBODY, Music
from network import KeyNetwork
from relations import relation, weigh

HERE = Path(__file__).resolve().parent
NAMES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
LEAVE, FURTHER, STEP_SHARPNESS, WINDOW = -6.0, -0.7, 3.0, 8
BASS_IN_BOTH, ROOT_WEIGHT, MINOR, FRAMES_FOR_CONFIDENCE, TONELESS = 0.5, 0.4, 0.05, 64.0, -2.7  # key_estimator.cpp
LENGTHS = (15, 30, 58)  # steps of the rendered excerpts that confidence is fitted on


def load_network(path: Path) -> KeyNetwork:
    network = KeyNetwork()
    network.load_state_dict(torch.load(path, map_location="cpu")["mean"])
    return network.eval()


def clips(data: Path, cache: Path, program: Path):  # noqa: ANN201
    """(name, harmony [frames][24], key) of the tune half."""
    cache.mkdir(parents=True, exist_ok=True)
    folder = data / "real" / "gtzan"
    for path in sorted((folder / "audio").iterdir()):
        label = folder / "key" / f"{path.stem}.key"
        if zlib.crc32(path.stem.encode()) % 2 or not label.exists():
            continue
        kept = cache / f"{path.stem}.npy"
        if not kept.exists():
            command = ["ffmpeg", "-v", "error", "-i", path, "-f", "f32le", "-ac", "1", "-ar", "44100", "-"]
            sound = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
            said = subprocess.run([program], input=sound, check=True, stdout=subprocess.PIPE).stdout
            np.save(kept, np.frombuffer(said, np.float32).reshape(-1, 26)[:, 2:])
        tonic, mode = label.read_text().split()
        key = (NAMES[tonic[0]] + tonic.count("#") - tonic[1:].count("b")) % 12 + 12 * (mode == "minor")
        yield path.stem, np.load(kept), key


def said_by(network: KeyNetwork, harmony: np.ndarray) -> np.ndarray:
    """[steps][24] log probabilities."""
    whole = harmony[: len(harmony) // FRAMES * FRAMES].astype(np.float32)
    with torch.no_grad():
        return torch.log_softmax(network(torch.from_numpy(whole[None]))[0], dim=-1).numpy()


def profiles() -> np.ndarray:
    """[tones, roots][24][12], without mean and of unit length."""
    table = json.loads((HERE / "statistics.json").read_text())
    turned = np.array([[np.roll(table[kind][key // 12], key % 12) for key in range(KEYS)] for kind in ("notes", "roots")])
    turned -= turned.mean(axis=-1, keepdims=True)
    return turned / np.linalg.norm(turned, axis=-1, keepdims=True)


PROFILES = profiles()


def correlations(harmony: np.ndarray) -> np.ndarray:
    """[24], of signal processing."""
    bass, treble = harmony[:, :12].mean(axis=0), harmony[:, 12:].mean(axis=0)
    score = np.zeros(KEYS)
    for weight, chroma, profile in ((1.0, treble + BASS_IN_BOTH * bass, PROFILES[0]), (ROOT_WEIGHT, bass, PROFILES[1])):
        centred = chroma - chroma.mean()
        norm = np.linalg.norm(centred)
        score += weight * (profile @ centred) / norm if norm > 1e-9 else 0.0
    return score + MINOR * (np.arange(KEYS) >= 12)


def whole(said: np.ndarray, harmony: np.ndarray, share: float, sharpness: tuple[float, float]) -> np.ndarray:
    """[24] log likelihoods of the key of everything, as KeyEstimator::estimate() has them."""
    mean = said.mean(axis=0)
    heard = len(harmony) / (len(harmony) + FRAMES_FOR_CONFIDENCE) * np.clip(mean.max() - TONELESS, 1e-3, 1.0)
    return heard * ((1.0 - share) * sharpness[0] * mean + share * sharpness[1] * correlations(harmony))


def sharps(key: int) -> int:
    return 7 * (key % 12 + (3 if key >= 12 else 0)) % 12


def transitions() -> np.ndarray:
    """[from][to] log probability, a step; key_estimator.cpp."""
    table = np.zeros((KEYS, KEYS))
    for a in range(KEYS):
        for b in range(KEYS):
            apart = abs(sharps(a) - sharps(b))
            table[a, b] = 0.0 if a == b else LEAVE + FURTHER * max(0, min(apart, 12 - apart) - 1)
    return table


def local_keys(said: np.ndarray, harmony: np.ndarray, share: float, sharpness: float) -> np.ndarray:
    """[steps], the key of each as the Markov model has it in the end; each speaks of LAG steps before."""
    table = transitions()
    path, back = np.zeros(KEYS), []
    for t, one in enumerate(said):
        window = harmony[max(0, t + 1 - WINDOW) * FRAMES : (t + 1) * FRAMES]
        reached = path[:, None] + table
        back.append(reached.argmax(axis=0))
        path = reached.max(axis=0) + (1.0 - share) * sharpness * one + share * STEP_SHARPNESS * correlations(window)
    best = [int(path.argmax())]
    for before in reversed(back[1:]):
        best.append(int(before[best[-1]]))
    return np.array(best[::-1])


def share_of_time(labels: np.ndarray, best: np.ndarray) -> float | None:
    """Of the seconds whose key is known, those at which it was said."""
    spoken_of, best = labels[: len(best) - LAG], best[LAG:]
    tonal = (spoken_of != KEYS) & (spoken_of != NOBODY)
    return float((best == spoken_of)[tonal].mean()) if tonal.any() else None


def confidence(likelihoods: np.ndarray) -> float:
    return float(1.0 / np.exp(likelihoods - likelihoods.max()).sum())


def excerpts(network: KeyNetwork, music: Music):  # noqa: ANN201
    """(what was said, harmony, key) of the beginnings of what was held back that stay in one key; all of a few lengths."""
    for number, one in enumerate(music.validation):
        labels = one.labels(one.harmony.shape[1])
        for length in LENGTHS:
            start = number * 7 % max(1, len(labels) - length + 1)
            key = labels[start : start + length]
            if len(set(key)) == 1 and key[0] not in (KEYS, NOBODY):
                harmony = one.harmony[number % len(one.harmony)][start * FRAMES : (start + length) * FRAMES].astype(np.float32)
                yield said_by(network, harmony), harmony, int(key[0])


def fitted(cases: list[tuple[float, bool, float]]) -> tuple[float, float]:
    """Offset and slope over the log odds of (confidence, right, weight): J. Platt's fit, by Newton's steps, none of them long."""
    odds = np.array([math.log(min(max(c, 1e-3), 0.999) / (1.0 - min(max(c, 1e-3), 0.999))) for c, _, _ in cases])
    weight = np.array([w for _, _, w in cases])
    hits = np.array([r for _, r, _ in cases], float)
    right, wrong = (weight * hits).sum(), (weight * (1.0 - hits)).sum()
    target = np.where(hits > 0.0, (right + 1.0) / (right + 2.0), 1.0 / (wrong + 2.0))
    a, b = 0.0, 1.0
    for _ in range(200):
        p = 1.0 / (1.0 + np.exp(-(a + b * odds)))
        error, curve = weight * (p - target), weight * p * (1.0 - p) + 1e-9
        gradient = np.array([error.sum(), (error * odds).sum()])
        hessian = np.array([[curve.sum(), (curve * odds).sum()], [(curve * odds).sum(), (curve * odds**2).sum()]])
        step = np.linalg.solve(hessian + 1e-6 * np.eye(2), gradient)
        step *= min(1.0, 0.5 / max(1e-9, float(np.abs(step).max())))
        a, b = a - step[0], b - step[1]
    return a, b


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--music", type=Path, required=True, help="what play.py made")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds real/")
    parser.add_argument("--frames", type=Path, required=True, help="the program auralis_harmony_frames")
    parser.add_argument("--cache", type=Path, default=Path("/tmp/auralis-keys-assessed"), help="for what was heard of each clip")
    parser.add_argument("--sharpness", type=float, nargs=2, default=(1.0, 3.5), help="of the network, of signal processing")
    parser.add_argument("--step-sharpness", type=float, default=0.5)
    parser.add_argument("--step-share", type=float, default=0.0, help="of signal processing, on the way to local keys")
    parser.add_argument("--share", type=float, help="of signal processing, for clip by clip and the confidence")
    parser.add_argument("--json", type=Path, help="write the scores here, as metrics of the manifest")
    options = parser.parse_args()
    network = load_network(options.checkpoint)
    music = Music([options.music])
    music.refresh()
    tune = [(name, said_by(network, harmony), harmony, key) for name, harmony, key in clips(options.data, options.cache, options.frames)]
    own = list(excerpts(network, music))
    print("share of signal processing: tune half (score, right), held back (score, right)")
    metrics: dict[str, float] = {}
    for share in SHARES:
        row = []
        for cases in ([(s, h, k) for _, s, h, k in tune], own):
            best = [(k, int(whole(s, h, share, options.sharpness).argmax())) for s, h, k in cases]
            row += [float(np.mean([weigh(k, b) for k, b in best])), float(np.mean([k == b for k, b in best]))]
        print(f"{share:.1f}:", *(f"{x:.3f}" for x in row))
        if share == options.share:
            names = ("tune/gtzan/score", "tune/gtzan/right", "held_back/score", "held_back/right")
            metrics = {name: round(x, 4) for name, x in zip(names, row)}
    heard = [(one.labels(one.harmony.shape[1]), said_by(network, one.harmony[0]), one.harmony[0].astype(np.float32)) for one in music.validation]
    ways = {(1.0, 0.0), (0.0, 0.3), (0.0, options.step_sharpness)}
    ways |= {(options.step_share, x) for x in (0.15, 0.3, 0.5, 0.8, 1.2, 2.0, options.step_sharpness)}
    for share, sharpness in sorted(ways):
        rows = [(share_of_time(l, local_keys(s, h, share, sharpness)), len({k for k in l if 0 <= k < KEYS}) > 1) for l, s, h in heard]
        right = float(np.mean([x for x, _ in rows if x is not None]))
        changing = float(np.mean([x for x, changes in rows if x is not None and changes]))
        print(f"held back, seconds in the right local key: {right:.3f}, of pieces that change it {changing:.3f} (share {share}, sharpness {sharpness})")
        if (share, sharpness) == (options.step_share, options.step_sharpness):
            metrics |= {"held_back/local_right": round(right, 4), "held_back/local_right_changing": round(changing, 4)}
    if options.share is not None:
        cases, kinds = [], collections.Counter()
        for name, said, harmony, key in tune:
            likely = whole(said, harmony, options.share, options.sharpness)
            best = int(likely.argmax())
            kinds[relation(key, best)] += 1
            cases.append((confidence(likely), key == best, 1.0 / len(tune)))
            print(f"  {name}: {key % 12}{'m' if key >= 12 else ''}, said {best % 12}{'m' if best >= 12 else ''} {relation(key, best)} {cases[-1][0]:.2f}")
        print(dict(kinds))
        kinds = collections.Counter(relation(k, int(whole(s, h, options.share, options.sharpness).argmax())) for s, h, k in own)
        print("held back:", dict(kinds))
        # A dozen recordings are too few and rendered music is too easy: each has half the say.
        scale = len(tune) / 2.0
        cases = [(c, r, w * scale) for c, r, w in cases]
        for said, harmony, key in own:
            likely = whole(said, harmony, options.share, options.sharpness)
            cases.append((confidence(likely), int(likely.argmax()) == key, scale / len(own)))
        offset, slope = fitted(cases)
        print(f"confidence_offset={offset:.4f} confidence_slope={slope:.4f}")
    if options.json:
        options.json.write_text(json.dumps({"metrics": metrics}, indent=1) + "\n")


if __name__ == "__main__":
    main()
