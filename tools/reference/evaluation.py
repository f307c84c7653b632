#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/golden/evaluation/scores.json: inputs of the field's scores and what mir_eval makes of them.

Usage: evaluation.py [--data DIR] OUTPUT

Needs mir_eval 0.8.2, librosa 0.11.0, numpy and scipy (PyPI), say in a throw-away environment; the versions that were
used stand in the output. Seeded, so that the same versions write the same file. Three kinds of input:
random ones that seek the corners (empty, one beat, duplicates, half and double tempo, all of the chord notation);
what real trackers (librosa) say of sound that this script synthesises; and, with --data, music with human annotations:
of these only the scores are kept, never the annotations, and the test reads them where they lie.
"""

import argparse
import json
import pathlib
import platform
import warnings

import librosa
import mir_eval
import numpy as np
import scipy

SEED = 20261121
TOLERANCE = 1e-6
ROOTS = ["C", "C#", "Db", "D", "Eb", "E", "F", "F#", "Gb", "G", "Ab", "A", "A#", "Bb", "B", "Cb", "E#", "Fb", "B#"]
QUALITIES = [name for name in mir_eval.chord.QUALITIES if name]
DEGREES = ["1", "b2", "2", "#2", "b3", "3", "4", "#4", "b5", "5", "#5", "6", "b7", "7", "b9", "9", "11", "#11", "13", "bb7"]


def beat_scores(reference: np.ndarray, estimate: np.ndarray) -> dict:
    continuity = mir_eval.beat.continuity(reference, estimate)
    return {"f_measure": float(mir_eval.beat.f_measure(reference, estimate)), "continuity": [float(x) for x in continuity]}


def beat_case(reference, estimate) -> dict:
    reference, estimate = np.asarray(reference, float), np.asarray(estimate, float)
    trimmed = [mir_eval.beat.trim_beats(x) for x in (reference, estimate)]
    return {"reference": reference.tolist(), "estimate": estimate.tolist(), "whole": beat_scores(reference, estimate),
            "trimmed": beat_scores(*trimmed)}


def random_beats(random: np.random.Generator) -> list[dict]:
    corners = [([], []), ([1.0], []), ([], [1.0]), ([1.0], [1.0]), ([6.0], [6.03]), ([6.0, 6.5], [6.0]),
               ([6.0, 6.5], [6.0, 6.5]), ([6.0, 6.5, 7.0], [6.0, 6.0, 6.5, 6.5, 7.0, 7.0]),
               ([6.0, 6.0, 6.5, 7.0, 7.0], [6.0, 6.5, 7.0]), ([6.0, 6.0, 6.0], [6.0, 6.0]),
               ([0.0, 0.14, 0.28], [0.07, 0.21]), ([4.99, 5.0, 5.01, 5.5], [4.98, 5.0, 5.02, 5.6])]
    cases = [beat_case(*corner) for corner in corners]
    for _ in range(48):
        period = random.uniform(0.25, 1.2)
        count = int(random.integers(2, 40))
        reference = np.cumsum(period * random.uniform(0.9, 1.1, count)) + random.uniform(0, 6)
        kind = random.integers(0, 6)
        estimate = reference
        if kind == 1:
            estimate = reference[random.integers(0, 2)::2]
        elif kind == 2:
            estimate = np.sort(np.concatenate([reference, reference[:-1] + 0.5 * np.diff(reference)]))
        elif kind == 3:
            estimate = reference + 0.5 * period
        elif kind == 4:
            estimate = np.cumsum(period * random.uniform(0.5, 2.1, count))
        elif kind == 5:
            estimate = np.repeat(reference, random.integers(1, 3, count))
        estimate = estimate[random.uniform(size=estimate.size) > random.choice([0.0, 0.1, 0.3])]
        estimate = np.sort(np.maximum(0.0, estimate + random.normal(0, random.choice([0.0, 0.02, 0.06]), estimate.size)))
        cases.append(beat_case(np.round(reference, 4), np.round(estimate, 4)))
    return cases


def onset_case(reference, estimate) -> dict:
    reference, estimate = np.asarray(reference, float), np.asarray(estimate, float)
    wide = mir_eval.onset.f_measure(reference, estimate, window=0.05)
    narrow = mir_eval.onset.f_measure(reference, estimate, window=0.025)
    return {"reference": reference.tolist(), "estimate": estimate.tolist(), "wide": [float(x) for x in wide],
            "narrow": [float(x) for x in narrow]}


def random_onsets(random: np.random.Generator) -> list[dict]:
    cases = [onset_case(*corner) for corner in (([], []), ([1.0], []), ([], [1.0]), ([1.0, 1.0], [1.0]), ([1.0], [1.05]))]
    for _ in range(20):
        reference = np.sort(np.round(random.uniform(0, 5, random.integers(1, 60)), 3))
        estimate = reference[random.uniform(size=reference.size) > 0.2]
        estimate = np.sort(np.round(np.concatenate([estimate + random.normal(0, 0.03, estimate.size),
                                                    random.uniform(0, 5, random.integers(0, 20))]), 3))
        cases.append(onset_case(reference, estimate))
    return cases


def tempo_cases(random: np.random.Generator) -> list[dict]:
    cases = []
    pairs = [(120.0, 0.0), (120.0, 124.8), (120.0, 124.81), (100.0, 50.0), (60.0, 180.0), (90.0, 30.0), (150.0, 300.0)]
    pairs += [(round(random.uniform(40, 240), 2), round(random.uniform(30, 300), 2)) for _ in range(40)]
    for reference, estimate in pairs:
        right = [mir_eval.tempo.detection(np.array([reference * level, 0.0]), 1.0, np.array([estimate, 0.0]), tol=0.04)[1]
                 for level in (1.0, 2.0, 3.0, 1 / 2, 1 / 3)]
        cases.append({"reference": reference, "estimate": estimate, "accuracy1": right[0], "accuracy2": any(right)})
    return cases


def key_cases() -> list[dict]:
    names = [f"{tonic} {mode}" for tonic in ("C", "C#", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
             for mode in ("major", "minor", "other")] + ["X"]
    return [{"reference": reference, "scores": {estimate: mir_eval.key.weighted_score(reference, estimate) for estimate in names}}
            for reference in ("C major", "A minor", "F# minor", "Bb major", "D other", "X")]


def random_label(random: np.random.Generator) -> str:
    draw = random.uniform()
    if draw < 0.08:
        return "N"
    if draw < 0.12:
        return "X"
    label = str(random.choice(ROOTS))
    if draw < 0.25:
        return label
    if draw < 0.32:
        label += ":(" + ",".join(random.choice(DEGREES, random.integers(1, 4), replace=False)) + ")"
    elif draw < 0.6:
        label += ":" + str(random.choice(["maj", "min", "7", "min7", "maj7"]))
    else:
        label += ":" + str(random.choice(QUALITIES))
        if random.uniform() < 0.25:
            chosen = random.choice(DEGREES, random.integers(1, 3), replace=False)
            label += "(" + ",".join(("*" if random.uniform() < 0.4 else "") + degree for degree in chosen) + ")"
    return label + ("/" + str(random.choice(DEGREES)) if random.uniform() < 0.25 else "")


def chord_case(reference: list, estimate: list) -> dict:
    def split(spans):
        return np.array([span[:2] for span in spans], float).reshape(-1, 2), [span[2] for span in spans]
    chord, util = mir_eval.chord, mir_eval.util
    # The steps of mir_eval.chord.evaluate without its segmentation scores, which refuse some of these corners.
    (true_at, true_labels), (said_at, said_labels) = split(reference), split(estimate)
    said_at, said_labels = util.adjust_intervals(said_at, said_labels, true_at.min(), true_at.max(), chord.NO_CHORD,
                                                 chord.NO_CHORD)
    merged, true_labels, said_labels = util.merge_labeled_intervals(true_at, true_labels, said_at, said_labels)
    lengths = util.intervals_to_durations(merged)
    return {"reference": reference, "estimate": estimate,
            "majmin": float(chord.weighted_accuracy(chord.majmin(true_labels, said_labels), lengths)),
            "sevenths": float(chord.weighted_accuracy(chord.sevenths(true_labels, said_labels), lengths))}


def random_chords(random: np.random.Generator) -> list[dict]:
    cases = [chord_case([[0.0, 2.0, "C"]], [[0.0, 2.0, "C:maj"]]), chord_case([[0.0, 2.0, "N"]], [[0.0, 2.0, "N"]]),
             chord_case([[0.0, 2.0, "C:sus4"]], [[0.0, 2.0, "C:sus4"]]),
             chord_case([[1.0, 3.0, "A:min"]], [[0.0, 0.5, "A:min"]]), chord_case([[1.0, 3.0, "A:min"]], [[4.0, 5.0, "A:min"]]),
             chord_case([[1.0, 3.0, "A:min"]], [[1.5, 2.0, "A:min"], [2.5, 2.75, "A:min7"]])]
    for _ in range(50):
        edges = np.round(np.cumsum(random.uniform(0.2, 2.0, random.integers(2, 25))), 3)
        reference = [[float(a), float(b), random_label(random)] for a, b in zip(edges, edges[1:])]
        estimate = []
        for a, b, label in reference:
            cut = round((a + b) / 2, 3)
            other = label if random.uniform() < 0.5 else random_label(random)
            estimate += [[a, cut, label if random.uniform() < 0.7 else random_label(random)], [cut, b, other]]
        shift = float(random.choice([0.0, 0.1, -0.15]))
        estimate = [[round(max(0.0, a + shift), 3), round(b + shift, 3), label] for a, b, label in estimate]
        cases.append(chord_case(reference, estimate))
    return cases


def label_cases(random: np.random.Generator) -> list[dict]:
    cases = []
    for label in ["N", "X", "C", "C/5", "A:min7/b3", "G#:min(*b3,*5)/5", "A:(3)/6", "F:maj(9)", "D:hdim7", "E:1", "B:5/b7"] + [
            random_label(random) for _ in range(80)]:
        root, bitmap, _ = mir_eval.chord.encode(label)
        cases.append({"label": label, "root": int(root), "known": bool(bitmap[0] >= 0),
                      "semitones": int(sum(1 << i for i, on in enumerate(bitmap) if on > 0))})
    return cases


def pitch_case(reference, estimate) -> dict:
    scores = mir_eval.melody.evaluate(*(np.asarray(x, float) for x in (*reference, *estimate)))
    return {"reference": [np.asarray(x, float).tolist() for x in reference],
            "estimate": [np.asarray(x, float).tolist() for x in estimate],
            "raw_pitch": float(scores["Raw Pitch Accuracy"]), "raw_chroma": float(scores["Raw Chroma Accuracy"]),
            "voicing_recall": float(scores["Voicing Recall"]), "voicing_false_alarm": float(scores["Voicing False Alarm"])}


def random_pitch(random: np.random.Generator) -> list[dict]:
    cases = []
    for _ in range(20):
        hop, other_hop = 0.01, float(random.choice([0.01, 0.0116, 0.005, 0.02]))
        start = float(random.choice([0.0, 0.005, 0.02]))
        times = np.round(start + hop * np.arange(random.integers(20, 80)), 5)
        other = np.round(float(random.choice([0.0, 0.003])) + other_hop * np.arange(random.integers(15, 120)), 5)
        melody = 220.0 * 2 ** (np.sin(3 * times + random.uniform(0, 6)) / 6)
        guess = 220.0 * 2 ** (np.sin(3 * other) / 6 + random.normal(0, 0.03, other.size))
        guess *= random.choice([0.5, 1.0, 1.0, 1.0, 2.0], other.size)
        melody[random.uniform(size=times.size) < 0.2] *= 0.0
        quiet = random.uniform(size=other.size)
        guess[quiet < 0.2] *= -1.0
        guess[quiet > 0.9] = 0.0
        cases.append(pitch_case((times, np.round(melody, 3)), (other, np.round(guess, 3))))
    still = np.zeros(30)
    steps = np.round(0.01 * np.arange(30), 5)
    cases.append(pitch_case((steps, still), (steps, still + 100)))
    cases.append(pitch_case((steps, still + 100), (steps, still)))
    cases.append(pitch_case((steps, still + 100), (steps, still - 100)))
    return cases


def trackers_on_synthesised_sound(random: np.random.Generator) -> tuple[dict, dict, dict]:
    """librosa's beats, onsets and pitch of clicks over a gliding voice: estimates as they come, not as drawn."""
    rate, length = 22050, 12.0
    time = np.arange(int(rate * length)) / rate
    pitch = 180.0 * 2 ** (np.sin(2 * np.pi * 0.4 * time) / 3)
    voiced = np.sin(2 * np.pi * 0.3 * time) > -0.5
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    voice = sum(np.sin(k * phase) / k for k in range(1, 8)) * voiced * 0.2
    beats = np.round(0.31 + 0.5 * np.arange(23) + random.normal(0, 0.008, 23), 4)
    clicks = librosa.clicks(times=beats, sr=rate, length=time.size, click_duration=0.04)
    both = (0.3 * voice + clicks + 1e-3 * random.normal(size=time.size)).astype(np.float32)
    _, tracked = librosa.beat.beat_track(y=both, sr=rate, units="time")
    onsets = librosa.onset.onset_detect(y=both, sr=rate, units="time")
    f0, is_voiced, _ = librosa.pyin((voice + 1e-4 * random.normal(size=time.size)), sr=rate, fmin=80, fmax=500)
    frames = librosa.times_like(f0, sr=rate)
    signed = np.where(is_voiced, np.nan_to_num(f0), -np.nan_to_num(f0))
    grid = np.round(0.01 * np.arange(1190), 5)
    truth = np.where(np.interp(grid, time, voiced) > 0.5, np.interp(grid, time, pitch), 0.0)
    return (beat_case(beats, np.round(tracked, 5)), onset_case(beats, np.round(onsets, 5)),
            pitch_case((grid, np.round(truth, 3)), (np.round(frames, 6), np.round(signed, 3))))


def annotated_music(data: pathlib.Path) -> list[dict]:
    """Scores alone. Estimates: the annotation bent by up to 60 ms, and that of the next clip in the order of names."""
    files = sorted(data.glob("*/beats/*.beats"))
    beats = [np.atleast_1d(np.loadtxt(file, usecols=0)) for file in files]
    cases = []
    for index, (file, reference) in enumerate(zip(files, beats)):
        bent = np.sort(reference + 0.06 * np.sin(np.arange(reference.size)))
        neighbour = beats[(index + 1) % len(beats)]
        case = {"clip": f"{file.parts[-3]}/{file.stem}", "bent": beat_scores(reference, bent),
                "neighbour": beat_scores(reference, neighbour)}
        keys = [f.parent.parent / "key" / f"{f.stem}.key" for f in (file, files[(index + 1) % len(files)])]
        if all(key.exists() for key in keys):
            case["key"] = mir_eval.key.weighted_score(*(key.read_text().strip() for key in keys))
        cases.append(case)
    return cases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, help="folder of datasets with beats/ and key/")
    parser.add_argument("output", type=pathlib.Path)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # mir_eval warns of each empty input; they are meant
    random = np.random.default_rng(SEED)
    beat, onset, pitch = trackers_on_synthesised_sound(random)
    versions = {"python": platform.python_version(), "mir_eval": mir_eval.__version__, "librosa": librosa.__version__,
                "numpy": np.__version__, "scipy": scipy.__version__}
    golden = {"made_by": "tools/reference/evaluation.py", "versions": versions, "seed": SEED, "tolerance": TOLERANCE,
              "beats": random_beats(random) + [beat], "onsets": random_onsets(random) + [onset],
              "tempi": tempo_cases(random), "keys": key_cases(), "labels": label_cases(random),
              "chords": random_chords(random), "pitch": random_pitch(random) + [pitch],
              "annotated": annotated_music(arguments.data) if arguments.data else []}
    parts = (f"{json.dumps(name)}: " + ("[\n" + ",\n".join(json.dumps(case) for case in value) + "\n]"
             if isinstance(value, list) else json.dumps(value)) for name, value in golden.items())
    arguments.output.write_text("{\n" + ",\n".join(parts) + "\n}\n")


if __name__ == "__main__":
    main()
