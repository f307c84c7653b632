# SPDX-License-Identifier: Apache-2.0
"""Estimates the composer's melody tables from POP909 and OpenEWLD.

    python3 training/melody/estimate.py [--data ../shared/data]

Writes statistics.json beside this file and src/auralis/compose/melody_tables.{hpp,cpp}; prints held-out perplexities.
The same archives give the same bytes. Method and figures: docs/theory/melody.md.
"""

from __future__ import annotations

import functools
import math
import sys
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "harmony"), str(HERE.parent)]

import command_line  # noqa: E402
import generated_source as source  # noqa: E402
import melodies  # noqa: E402
from chords import MODES  # noqa: E402
from melodies import BAR, Melody  # noqa: E402

FOLDS = 10
POSITIONS = ("downbeat", "half_bar", "weak_beat", "offbeat", "sixteenth")
MOTIONS = ("leap_down", "step_down", "repeat", "step_up", "leap_up")
FARTHEST = 7  # scale steps, an octave
STEPS = range(-FARTHEST, FARTHEST + 1)
LENGTHS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)  # beats
NEW_PHRASE = 8  # sixteenths of rest after which the next note begins anew
PRIOR_WEIGHT = 20.0


def position(step: int) -> int:
    """Index into POSITIONS of a sixteenth of the bar."""
    return {0: 0, 8: 1, 4: 2, 12: 2}.get(step % BAR, 3 if step % 2 == 0 else 4)


def motion(interval: int) -> int:
    """Index into MOTIONS: up to a third counts as a step."""
    return 2 if interval == 0 else (1 if interval >= -2 else 0) if interval < 0 else (3 if interval <= 2 else 4)


@functools.cache
def nearest_length(sixteenths: int) -> float:
    """The value of LENGTHS nearest in ratio."""
    return min(LENGTHS, key=lambda value: abs(math.log(sixteenths / 4.0 / value)))


def scale_step(pitch: int, tonic: int, mode: str) -> int | None:
    """Steps of the scale above MIDI 0's tonic; None for a chromatic note."""
    octave, above = divmod(pitch - tonic, 12)
    return 7 * octave + MODES[mode].index(above) if above in MODES[mode] else None


@dataclass
class Counts:
    intervals: Counter = field(default_factory=Counter)  # (position of the second note, motion before, interval)
    lengths: Counter = field(default_factory=Counter)  # (step in the bar, length)
    onsets: Counter = field(default_factory=Counter)  # step in the bar, once a bar
    bars: Counter = field(default_factory=Counter)  # corpus: bars with a note
    melodies: Counter = field(default_factory=Counter)  # corpus
    under_chord: Counter = field(default_factory=Counter)  # (position, "chord" | "scale" | "chromatic")
    left_out: Counter = field(default_factory=Counter)  # why an interval was not counted

    def add(self, other: Counts) -> None:
        for name, counter in vars(self).items():
            counter.update(getattr(other, name))


def count_melody(melody: Melody) -> Counts:
    counts = Counts()
    counts.melodies[melody.corpus] += 1
    counts.bars[melody.corpus] += len({tone.start // BAR for tone in melody.tones})
    counts.onsets.update(tone.start % BAR for tone in {tone.start: tone for tone in melody.tones}.values())
    previous_step: int | None = None
    previous_motion: int | None = None
    previous_end = -NEW_PHRASE
    for tone in melody.tones:
        step = scale_step(tone.pitch, melody.tonic, melody.mode)
        place = position(tone.start)
        counts.lengths[tone.start % BAR, nearest_length(tone.length)] += 1
        if tone.chord:
            in_chord = (tone.pitch - tone.chord.root) % 12 in tone.chord.tones
            counts.under_chord[place, "chord" if in_chord else "chromatic" if step is None else "scale"] += 1
        if tone.start - previous_end >= NEW_PHRASE:
            previous_step = previous_motion = None
        previous_end = tone.start + tone.length
        if step is None:
            counts.left_out["chromatic"] += 1
            previous_step = previous_motion = None
            continue
        if previous_step is not None:
            interval = step - previous_step
            if abs(interval) > FARTHEST:
                counts.left_out["wider than an octave"] += 1
                previous_motion = None
            else:
                if previous_motion is not None:
                    counts.intervals[place, previous_motion, interval] += 1
                previous_motion = motion(interval)
        previous_step = step
    return counts


def smoothed(seen: list[float], prior: list[float]) -> list[float]:
    """PRIOR_WEIGHT imagined observations spread like the prior."""
    scale = PRIOR_WEIGHT / sum(prior)
    total = sum(seen) + PRIOR_WEIGHT
    return [(n + scale * p) / total for n, p in zip(seen, prior)]


def interval_tables(counts: Counts) -> dict[str, list]:
    """P(interval) from less and less context, each the fallback of the next."""
    seen = [[[counts.intervals[p, m, i] for i in STEPS] for m in range(5)] for p in range(5)]
    alone = [1.0 + sum(seen[p][m][i] for p in range(5) for m in range(5)) for i in range(len(STEPS))]
    by_position = [smoothed([sum(seen[p][m][i] for m in range(5)) for i in range(len(STEPS))], alone) for p in range(5)]
    by_motion = [smoothed([sum(seen[p][m][i] for p in range(5)) for i in range(len(STEPS))], alone) for m in range(5)]
    both = [[smoothed(seen[p][m], by_motion[m]) for m in range(5)] for p in range(5)]
    return {
        "interval alone": [[[a / sum(alone) for a in alone]] * 5] * 5,
        "given position": [[by_position[p]] * 5 for p in range(5)],
        "given motion before": [by_motion] * 5,
        "given both": both,
    }


def cross_validate(folds: list[Counts]) -> dict[str, float]:
    bits: Counter = Counter()
    tested = 0
    for held_out in folds:
        training = Counts()
        for fold in folds:
            if fold is not held_out:
                training.add(fold)
        tested += sum(held_out.intervals.values())
        for name, table in interval_tables(training).items():
            bits[name] -= math.fsum(
                n * math.log2(table[p][m][i + FARTHEST]) for (p, m, i), n in held_out.intervals.items()
            )
    return {name: round(2 ** (spent / tested), 3) for name, spent in bits.items()}


def length_table(counts: Counts) -> list[list[float]]:
    rows = []
    for step in range(BAR):
        alike = [s for s in range(BAR) if position(s) == position(step)]
        prior = [1.0 + sum(counts.lengths[s, length] for s in alike) for length in LENGTHS]
        rows.append(source.distribution(smoothed([counts.lengths[step, length] for length in LENGTHS], prior)))
    return rows


PROVENANCE = [
    "Generated by training/melody/estimate.py; change that, not this.",
    "Estimated from the melodies of two corpora:",
    "  POP909 (Wang et al., ISMIR 2020), MIT",
    "  OpenEWLD (Simonetta et al., 2018), MIT",
]

HEADER = """\
// SPDX-License-Identifier: Apache-2.0
{provenance}#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace auralis::compose {{

/// Where in a 4/4 bar a note starts: on the first beat, the third, the second or fourth, between beats on an eighth, or
/// on one of the other sixteenths.
enum class MelodyPosition : std::uint8_t {{ downbeat, half_bar, weak_beat, offbeat, sixteenth }};
inline constexpr std::size_t kMelodyPositionCount = 5;

/// How the melody came to its last note, in steps of the scale: a leap is three or more, a step one or two.
enum class MelodyMotion : std::uint8_t {{ leap_down, step_down, repeat, step_up, leap_up }};
inline constexpr std::size_t kMelodyMotionCount = 5;

/// P(interval to the next note | where it starts, the motion before), indexed [position][motion][interval + 7];
/// intervals are in steps of a scale of seven, -7 (an octave down) to 7. Each row sums to 1.
inline constexpr int kMelodyWidestInterval = 7;
extern const std::array<std::array<std::array<float, 15>, kMelodyMotionCount>, kMelodyPositionCount> kMelodyIntervals;

/// P(length | step of the bar on which the note starts), indexed [sixteenth][value], lengths in beats.
inline constexpr std::array<float, 8> kMelodyLengthValues{{0.25F, 0.5F, 0.75F, 1.0F, 1.5F, 2.0F, 3.0F, 4.0F}};
extern const std::array<std::array<float, kMelodyLengthValues.size()>, 16> kMelodyLengths;

/// P(a note starts on this sixteenth), over bars that hold a note.
extern const std::array<float, 16> kMelodyOnsets;

/// P(the note belongs to the chord under it | where it starts), indexed [position].
extern const std::array<float, kMelodyPositionCount> kMelodyChordTones;

}} // namespace auralis::compose
"""

SOURCE = """\
// SPDX-License-Identifier: Apache-2.0
{provenance}#include "auralis/compose/melody_tables.hpp"

// clang-format off

namespace auralis::compose {{

const std::array<std::array<std::array<float, 15>, kMelodyMotionCount>, kMelodyPositionCount> kMelodyIntervals{intervals};

const std::array<std::array<float, kMelodyLengthValues.size()>, 16> kMelodyLengths{lengths};

const std::array<float, 16> kMelodyOnsets{onsets};

const std::array<float, kMelodyPositionCount> kMelodyChordTones{chord_tones};

}} // namespace auralis::compose
"""


def main() -> None:
    arguments = command_line.arguments("Estimates the composer's melody tables.")

    folds = [Counts() for _ in range(FOLDS)]
    for reader in (melodies.pop909, melodies.openewld):
        for melody in reader(arguments.data):
            folds[zlib.crc32(melody.group.encode()) % FOLDS].add(count_melody(melody))
        print(f"{reader.__name__}: read", flush=True)
    counts = Counts()
    for fold in folds:
        counts.add(fold)
    perplexity = cross_validate(folds)
    print(f"{dict(counts.melodies)} melodies, {sum(counts.intervals.values())} intervals; held-out perplexity:")
    for name, value in perplexity.items():
        print(f"  {name:20} {value:.3f}")

    bars = sum(counts.bars.values())
    under = [[counts.under_chord[p, kind] for kind in ("chord", "scale", "chromatic")] for p in range(5)]
    for name, row in zip(POSITIONS, under):
        print(
            f"  {name:10} "
            + " ".join(f"{kind} {100 * n / sum(row):.1f} %" for kind, n in zip(("chord", "scale", "chromatic"), row))
        )
    report = {
        "generator": PROVENANCE,
        "melodies": dict(sorted(counts.melodies.items())),
        "bars": dict(sorted(counts.bars.items())),
        "held_out_perplexity_of_intervals": perplexity,
        "left_out": dict(sorted(counts.left_out.items())),
        "prior_weight": PRIOR_WEIGHT,
        "intervals_position_motion": {
            place: {move: [counts.intervals[p, m, i] for i in STEPS] for m, move in enumerate(MOTIONS)}
            for p, place in enumerate(POSITIONS)
        },
        "lengths_by_sixteenth": [[counts.lengths[s, length] for length in LENGTHS] for s in range(BAR)],
        "onsets_by_sixteenth": [counts.onsets[s] for s in range(BAR)],
        "chord_scale_chromatic_by_position": dict(zip(POSITIONS, under)),
    }
    head = source.comment(
        [
            *PROVENANCE,
            f"{sum(counts.melodies.values())} melodies, {bars} bars, {sum(counts.intervals.values())} intervals.",
            "Counts and held-out perplexities: training/melody/statistics.json.",
        ]
    )
    intervals = [[source.distribution(row) for row in plane] for plane in interval_tables(counts)["given both"]]
    compose = arguments.into / "src" / "auralis" / "compose"
    source.write(arguments.into / "training" / "melody" / "statistics.json", source.json_text(report) + "\n")
    source.write(compose / "melody_tables.hpp", HEADER.format(provenance=head))
    source.write(
        compose / "melody_tables.cpp",
        SOURCE.format(
            provenance=head,
            intervals=source.initialiser(intervals, 3),
            lengths=source.initialiser(length_table(counts), 2),
            onsets=source.initialiser([counts.onsets[s] / bars for s in range(BAR)], 1),
            chord_tones=source.initialiser([row[0] / sum(row) for row in under], 1),
        ),
    )


if __name__ == "__main__":
    main()
