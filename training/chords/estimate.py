# SPDX-License-Identifier: Apache-2.0
"""Estimates the Gaussians by which chords are recognised, from our own renderings of POP909 and of random chords.

    cmake --build --preset release --target auralis_harmony_frames
    python3 training/chords/estimate.py --frames build/release/training/auralis_harmony_frames [--data ../shared/data]

Needs numpy, fluidsynth and two SoundFonts (python3-numpy, fluidsynth, fluid-soundfont-gm, timgm6mb-soundfont of
Debian). Renders about 90 minutes of sound, which takes some minutes a core. Writes statistics.json beside this file
and src/auralis/analysis/chord_model.cpp. Method and figures: docs/theory/chords.md.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent)]

import generated_source as source  # noqa: E402
import renderings  # noqa: E402

QUALITIES = ("maj", "min", "7", "maj7", "min7", "sus2", "sus4", "dim")
# What else is annotated is counted with the quality whose tones it contains.
COUNTED_AS = {"9": "7", "13": "7", "maj9": "maj7", "min9": "min7", "maj6": "maj", "6": "maj", "min6": "min", "11": "sus4", "sus4(b7)": "sus4", "hdim7": "dim", "dim7": "dim"}  # fmt: skip
SONGS = range(5, 910, 9)  # every ninth; of these the even ones are trained on, the odd ones are for measuring
SONG_SECONDS, EXERCISES, EXERCISE_SECONDS = 45.0, 16, 60.0
EXPONENT = 0.4  # of the chroma, largest 1
RIDGE = 0.4  # of the mean variance, added to every variance: what songs unlike the training ones need
POOLING = 0.3  # part of the mean of all qualities' covariances in each
# How common each quality is, per frame; from the corpus, evened out towards the rarer ones that other music has.
PRIOR = (0.4, 0.25, 0.08, 0.07, 0.1, 0.03, 0.05, 0.02)
# The prior counts half: a song's frames are not independent draws of it.
PRIOR_WEIGHT = 0.5
# How common it is that root, second and third tone of a chord are in the bass.
BASS_PRIOR = (0.85, 0.075, 0.075)
BASS_WEIGHT = 1.5  # of its logarithm: less, and root positions pass for inversions of other chords
LEAST_FRAMES = 200  # of a bass that has a mean of its own
EDGE = 0.1  # seconds at either end of a chord that hold two chords


def harmony(frames_program: Path, samples: bytes) -> np.ndarray:
    run = subprocess.run([str(frames_program)], input=samples, capture_output=True, check=True)
    return np.frombuffer(run.stdout, "<f4").reshape(-1, 26)


def features(frames: np.ndarray) -> np.ndarray:
    """[frames][24] bass and treble, each scaled to a largest of 1, raised to EXPONENT."""
    parts = [frames[:, 2:14], frames[:, 14:26]]
    return np.hstack([(p / np.maximum(p.max(1, keepdims=True), 1e-9)) ** EXPONENT for p in parts]).astype(float)


def from_root(x: np.ndarray, root: int) -> np.ndarray:
    return np.hstack([np.roll(x[:, :12], -root, 1), np.roll(x[:, 12:], -root, 1)])


def collect(frames: np.ndarray, labels: list[renderings.Label], into: dict) -> None:
    x, time, sounding = features(frames), frames[:, 0], frames[:, 1] > 0
    for label in labels:
        quality = COUNTED_AS.get(label.quality, label.quality)
        if label.root < 0 or quality not in into:
            continue
        tones, bass = renderings.EXERCISED[quality], (label.bass - label.root) % 12
        if bass in tones[:3]:
            inside = (time >= label.start + EDGE) & (time < label.end - EDGE) & sounding
            into[quality][tones.index(bass)].append(from_root(x[inside], label.root))


def gaussians(means: list[np.ndarray], covariance: np.ndarray, log_priors: list[float]) -> dict:
    """W, c and k with log p = k - |W x - c|^2 / 2 for each mean; W is lower triangular, listed by columns."""
    w = np.linalg.inv(np.linalg.cholesky(covariance))
    spread = float(np.log(np.diag(w)).sum())
    return {"columns": w.T, "offsets": [w @ mean for mean in means], "constants": [spread + p for p in log_priors]}


def noise(seconds: float, seed: int, pink: bool) -> bytes:
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(0.0, 0.1, int(44100 * seconds)))
    if pink:
        spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1.0) / 100.0)
    return np.fft.irfft(spectrum).astype("<f4").tobytes()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--frames", type=Path, required=True, help="the program auralis_harmony_frames")
    parser.add_argument("--into", type=Path, default=ROOT)
    parser.add_argument("--soundfonts", type=Path, default=Path("/usr/share/sounds/sf2"))
    arguments = parser.parse_args()
    rich, small = (arguments.soundfonts / name for name in ("FluidR3_GM.sf2", "TimGM6mb.sf2"))
    seen: dict[str, list[list[np.ndarray]]] = {quality: [[], [], []] for quality in QUALITIES}  # by the bass
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(arguments.data / "symbolic" / "pop909.tar.xz", "r:xz") as archive:
            archive.extractall(scratch)
        for song in SONGS[::2]:
            folder = next(Path(scratch).rglob(f"{song:03d}"))
            rendering = renderings.render(folder, SONG_SECONDS, rich if song % 3 == 0 else small)
            collect(harmony(arguments.frames, rendering.samples), rendering.labels, seen)
    for seed in range(EXERCISES):
        rendering = renderings.exercise(seed, EXERCISE_SECONDS, rich if seed % 3 == 0 else small)
        collect(harmony(arguments.frames, rendering.samples), rendering.labels, seen)
    unpitched = [harmony(arguments.frames, noise(20.0, seed, seed % 2 == 1)) for seed in range(4)]
    for seed in range(4):
        drums = renderings.drums(seed, 20.0, rich if seed % 2 == 0 else small)
        unpitched.append(harmony(arguments.frames, drums.samples))

    data = {quality: [np.vstack(part) for part in parts] for quality, parts in seen.items()}
    # A bass that was hardly heard shares the mean of the root position.
    means = {q: [(x if len(x) >= LEAST_FRAMES else parts[0]).mean(0) for x in parts] for q, parts in data.items()}
    raw = {q: np.cov(np.vstack([x - m for x, m in zip(parts, means[q])]).T) for q, parts in data.items()}
    usual = np.mean([raw[quality] for quality in QUALITIES[:5]], axis=0)
    ridge = RIDGE * np.trace(usual) / 24 * np.eye(24)
    covariances = {quality: covariance + ridge for quality, covariance in raw.items()}
    pooled = np.mean(list(covariances.values()), axis=0)
    models = [
        gaussians(
            means[quality],
            (1 - POOLING) * covariances[quality] + POOLING * pooled,
            [PRIOR_WEIGHT * float(np.log(prior * len(QUALITIES))) + BASS_WEIGHT * float(np.log(bass)) for bass in BASS_PRIOR],
        )
        for quality, prior in zip(QUALITIES, PRIOR)
    ]
    flat = np.vstack([features(frames)[frames[:, 1] > 0] for frames in unpitched])
    flat = np.vstack([from_root(flat, root) for root in range(12)])
    models.append(gaussians([flat.mean(0)] * 3, np.cov(flat.T) + ridge, [0.0] * 3))

    counts = {quality: [len(x) for x in parts] for quality, parts in data.items()} | {"none": len(flat) // 12}
    body = ",\n".join(
        "    {" + source.initialiser(m["columns"].tolist(), 2) + ",\n     "
        + source.initialiser([list(map(float, c)) for c in m["offsets"]], 2) + ",\n     "
        + source.initialiser(m["constants"], 1) + "}"
        for m in models
    )  # fmt: skip
    text = (
        "// SPDX-License-Identifier: Apache-2.0\n"
        + source.comment(
            [
                "Generated by training/chords/estimate.py; change that, not this.",
                "Estimated from our own renderings of POP909 (Wang et al., ISMIR 2020, MIT) and of random chords.",
                "statistics.json beside it says from how many frames.",
            ]
        )
        + '#include "auralis/analysis/chord_model.hpp"\n\nnamespace auralis::analysis {\n\n'
        + "// clang-format off\n"
        + f"const std::array<ChordGaussian, kChordQualityModels + 1> kChordModel{{{{\n{body}}}}};\n"
        + "// clang-format on\n\n} // namespace auralis::analysis\n"
    )
    source.write(arguments.into / "src" / "auralis" / "analysis" / "chord_model.cpp", text)
    source.write(
        arguments.into / "training" / "chords" / "statistics.json",
        source.json_text({"frames": counts, "exponent": EXPONENT, "ridge": RIDGE, "pooling": POOLING, "prior": dict(zip(QUALITIES, PRIOR)), "prior_weight": PRIOR_WEIGHT}) + "\n",
    )  # fmt: skip


if __name__ == "__main__":
    main()
