# SPDX-License-Identifier: Apache-2.0
"""Estimates soft percussion grooves from the Groove MIDI Dataset.

    python3 training/groove/estimate.py [--data ../shared/data]

Writes statistics.json beside this file and src/auralis/compose/groove_tables.{hpp,cpp}. The same archive gives the
same bytes. Method and figures: docs/theory/groove.md.
"""

from __future__ import annotations

import csv
import io
import math
import statistics
import sys
import tarfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import command_line  # noqa: E402
import generated_source as source  # noqa: E402
from midi import Note, read_notes  # noqa: E402

STEPS = 16
VOICES = ("kick", "side_stick", "closed_hat", "open_hat", "ride", "low_tom", "high_tom", "shaker")
# What the pads of the Roland TD-11 send, as the data set's page lists it. Snare and side stick are one voice, the
# pedal counts as a closed hat, the bell and edge of the ride as ride. Crashes have no soft counterpart: left out.
PADS = {
    36: "kick",
    37: "side_stick", 38: "side_stick", 40: "side_stick",
    22: "closed_hat", 42: "closed_hat", 44: "closed_hat",
    26: "open_hat", 46: "open_hat",
    51: "ride", 53: "ride", 59: "ride",
    43: "low_tom", 58: "low_tom",
    45: "high_tom", 47: "high_tom", 48: "high_tom", 50: "high_tom",
}  # fmt: skip
CRASHES = (49, 52, 55, 57)
# Nobody plays a shaker in the data. It takes what keeps time there: any stroke on closed hat or ride.
SHAKEN = ("closed_hat", "ride")

SOFT_VELOCITY = 70.0  # mean velocity of a performance up to which it counts as soft; the data set's mean is 73
MOST_BARS = 64  # of one performance, so that no single one makes a style
SHRINK = 5.0  # strokes of its own at which a step's timing and loudness outweigh its voice's
STRAIGHT_BELOW = 0.54  # place of the off-beat eighth in the beat below which a performance counts as straight


@dataclass(frozen=True)
class Style:
    name: str
    slowest: int
    fastest: int
    folders: tuple[str, ...]  # styles of info.csv, whole or up to a "/"

    def takes(self, style: str, bpm: int) -> bool:
        return self.slowest <= bpm <= self.fastest and any(
            style == folder or style.startswith(folder + "/") for folder in self.folders
        )


STYLES = (
    Style("slow_rock", 40, 92, ("rock/halftime", "rock/indie", "rock/folk", "rock/groove8", "rock", "pop/soft")),
    Style("soft_soul", 40, 120, ("soul", "gospel")),
    Style("soft_funk", 40, 110, ("funk/groove5", "funk", "neworleans")),
    Style("slow_hiphop", 40, 105, ("hiphop",)),
    Style("bossa", 40, 140, ("latin/brazilian-bossa",)),
    Style("brazilian", 40, 125, ("latin/brazilian-baiao", "latin/brazilian-ijexa", "latin/brazilian-samba",
                                 "latin/brazilian-maracatu", "latin/brazilian-songo", "latin/samba")),
    Style("soft_jazz", 80, 185, ("jazz/swing", "jazz/mediumfast", "jazz")),
    Style("shuffle", 40, 140, ("blues/shuffle", "rock/shuffle", "funk/purdieshuffle")),
)  # fmt: skip
EXCLUDED = ("rock/shuffle", "rock/prog", "rock/rockabilly", "jazz/funk", "jazz/fusion", "jazz/march", "jazz/klezmer",
            "jazz/linear", "jazz/fast", "funk/purdieshuffle", "funk/latin", "funk/rock", "funk/fast")  # fmt: skip


def style_of(style: str, bpm: int) -> Style | None:
    """The first style that takes a performance; "rock" stands for its substyles but those EXCLUDED there."""
    for candidate in STYLES:
        if style in EXCLUDED and style not in candidate.folders:
            continue
        if candidate.takes(style, bpm):
            return candidate
    return None


def offbeat(notes: list[Note]) -> float:
    """Where in the beat the off-beat eighth of hats and ride falls: 0.5 straight, 2/3 in triplet swing.

    The median of the strokes between 0.42 and 0.71; strokes on the fourth sixteenth lie outside.
    """
    phases = [n.beat % 1.0 for n in notes if PADS.get(n.pitch) in ("closed_hat", "open_hat", "ride")]
    inside = [phase for phase in phases if 0.42 < phase < 0.71]
    if len(inside) < 8:
        return 0.5
    place = statistics.median(inside)
    return place if place >= STRAIGHT_BELOW else 0.5


def unswing(beat: float, place: float) -> float:
    """Moves the off-beat eighth from `place` to the middle of the beat, all else in proportion."""
    whole = math.floor(beat)
    phase = beat - whole
    return whole + (0.5 * phase / place if phase < place else 0.5 + 0.5 * (phase - place) / (1.0 - place))


@dataclass
class Strokes:
    """All strokes of one voice on one step."""

    velocities: list[int] = field(default_factory=list)
    offsets: list[float] = field(default_factory=list)  # fractions of a sixteenth, late is positive


@dataclass
class Gathered:
    bars: int = 0
    performances: int = 0
    swing: float = 0.0  # summed over bars
    tempi: list[int] = field(default_factory=list)
    crashes: int = 0
    strokes: dict[str, list[Strokes]] = field(
        default_factory=lambda: {v: [Strokes() for _ in range(STEPS)] for v in VOICES}
    )


def quantise(notes: list[Note], place: float) -> tuple[dict[tuple[int, str, int], tuple[int, float]], int]:
    """{(bar, voice, step): (velocity, offset)} and the number of crashes left out.

    A voice sounds once a step: of a flam or drag the loudest stroke stays. Offsets are from the grid in the time of
    unswung sixteenths, less the performance's median, which is latency and taste rather than groove.
    """
    hits: dict[tuple[int, str, int], tuple[int, float]] = {}
    crashes = 0
    for note in notes:
        voice = PADS.get(note.pitch)
        if voice is None:
            crashes += note.pitch in CRASHES
            continue
        sixteenths = 4.0 * unswing(note.beat, place)
        nearest = math.floor(sixteenths + 0.5)
        bar, step = divmod(nearest, STEPS)
        for name in (voice, "shaker") if voice in SHAKEN else (voice,):
            key = (bar, name, step)
            if key not in hits or note.velocity > hits[key][0]:
                hits[key] = (note.velocity, sixteenths - nearest)
    middle = statistics.median(offset for _, offset in hits.values()) if hits else 0.0
    return {key: (velocity, offset - middle) for key, (velocity, offset) in hits.items()}, crashes


def gather(into: Gathered, notes: list[Note], bpm: int) -> None:
    place = offbeat(notes)
    hits, crashes = quantise(notes, place)
    played = Counter(bar for bar, voice, _ in hits if voice != "shaker")
    # Bars with hardly a stroke are the performer waiting or stopping.
    bars = sorted(bar for bar, strokes in played.items() if strokes >= 4)[:MOST_BARS]
    kept = set(bars)
    for (bar, voice, step), (velocity, offset) in sorted(hits.items()):
        if bar in kept:
            into.strokes[voice][step].velocities.append(velocity)
            into.strokes[voice][step].offsets.append(offset)
    into.bars += len(bars)
    into.performances += 1
    into.tempi += [bpm] * len(bars)
    into.crashes += crashes
    into.swing += min((place - 0.5) * 6.0, 1.0) * len(bars)


def read(data: Path) -> dict[str, Gathered]:
    archive = data / "symbolic" / "groove.tar.xz"
    with tarfile.open(archive, "r:xz") as tar:
        files = {
            entry.name: tar.extractfile(entry).read()
            for entry in tar
            if entry.isfile() and entry.name.endswith((".mid", "info.csv"))
        }
    gathered = {style.name: Gathered() for style in STYLES}
    looked_at = 0
    for row in csv.DictReader(io.StringIO(files["groove/info.csv"].decode())):
        if row["beat_type"] != "beat" or row["time_signature"] != "4-4":
            continue
        style = style_of(row["style"], int(row["bpm"]))
        if style is None:
            continue
        looked_at += 1
        notes = read_notes(files["groove/" + row["midi_filename"]])
        if notes and statistics.fmean(note.velocity for note in notes) <= SOFT_VELOCITY:
            gather(gathered[style.name], notes, int(row["bpm"]))
    print(f"{looked_at} performances of the styles, {sum(g.performances for g in gathered.values())} of them soft")
    return gathered


def mean_and_deviation(values: list[float], voice_mean: float, voice_deviation: float) -> tuple[float, float]:
    """Shrunk towards the voice's own over all steps by SHRINK imagined strokes."""
    n = len(values)
    mean = (sum(values) + SHRINK * voice_mean) / (n + SHRINK)
    spread = sum((value - mean) ** 2 for value in values) + SHRINK * voice_deviation**2
    return mean, math.sqrt(spread / (n + SHRINK))


def step_table(gathered: Gathered) -> dict[str, list[list[float]]]:
    """[voice][step] of probability, velocity, its deviation, offset, its deviation."""
    table = {}
    spread: Callable[[list], float] = lambda values: statistics.pstdev(values) if len(values) > 1 else 0.0
    for voice in VOICES:
        strokes = gathered.strokes[voice]
        velocities = [v for s in strokes for v in s.velocities]
        offsets = [o for s in strokes for o in s.offsets]
        if not velocities:
            table[voice] = [[0.0] * 5 for _ in range(STEPS)]
            continue
        voice_velocity = (statistics.fmean(velocities), spread(velocities))
        voice_offset = (statistics.fmean(offsets), spread(offsets))
        table[voice] = [
            [
                round(len(s.velocities) / gathered.bars, 4),
                *(round(value, 2) for value in mean_and_deviation(s.velocities, *voice_velocity)),
                *(round(value, 4) for value in mean_and_deviation(s.offsets, *voice_offset)),
            ]
            for s in strokes
        ]
    return table


PROVENANCE = [
    "Generated by training/groove/estimate.py; change that, not this.",
    "Estimated from the Groove MIDI Dataset by Google Magenta, CC BY 4.0:",
    '  J. Gillick, A. Roberts, J. Engel, D. Eck, D. Bamman, "Learning to Groove with Inverse Sequence',
    '  Transformations", ICML 2019. https://magenta.tensorflow.org/datasets/groove',
    "Changed: performances selected, quantised and averaged into the statistics here.",
]

HEADER = """\
// SPDX-License-Identifier: Apache-2.0
{provenance}#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "auralis/core/units.hpp"

namespace auralis::compose {{

/// The drums of a groove. side_stick holds every stroke on the snare, ghost notes too; shaker every stroke that keeps
/// time on closed hat or ride, so that it is played instead of these two, not with them.
enum class DrumVoice : std::uint8_t {{ kick, side_stick, closed_hat, open_hat, ride, low_tom, high_tom, shaker }};
inline constexpr std::size_t kDrumVoiceCount = 8;
inline constexpr std::size_t kGrooveSteps = 16; ///< sixteenths of a bar in 4/4

/// How one voice is played on one step. Means and deviations are over the strokes that were played.
struct GrooveStep {{
  float probability;        ///< [0, 1] that the voice sounds on this step of a bar
  float velocity;           ///< mean, MIDI [0, 127]
  float velocity_deviation; ///< standard deviation
  float offset;             ///< mean, fraction of a sixteenth after (> 0) or before the step
  float offset_deviation;   ///< standard deviation
}};

struct Groove {{
  std::string_view name;
  float swing;     ///< [0, 1] of triplet swing: the off-beat eighth sounds at 1/2 + swing/6 of the beat, and each half
                   ///< of the beat is stretched or squeezed evenly; offsets come on top of that
  core::Bpm tempo; ///< median of the performances
  std::array<std::array<GrooveStep, kGrooveSteps>, kDrumVoiceCount> steps; ///< [voice][step]
}};

inline constexpr std::size_t kGrooveCount = {count};
extern const std::array<Groove, kGrooveCount> kGrooves;

}} // namespace auralis::compose
"""

SOURCE = """\
// SPDX-License-Identifier: Apache-2.0
{provenance}#include "auralis/compose/groove_tables.hpp"

// clang-format off

namespace auralis::compose {{

const std::array<Groove, kGrooveCount> kGrooves{{{{
{grooves}}}}};

}} // namespace auralis::compose
"""


def groove_text(name: str, gathered: Gathered, table: dict[str, list[list[float]]]) -> str:
    swing = gathered.swing / gathered.bars
    lines = [f"  // {gathered.performances} performances, {gathered.bars} bars"]
    lines.append(f'  {{"{name}", {swing:.3f}F, core::Bpm{{{statistics.median(gathered.tempi):.1f}}}, {{{{')
    for voice in VOICES:
        lines.append(f"    {{{{ // {voice}")
        for probability, *loudness_and_timing in table[voice]:
            velocity, velocity_spread, offset, offset_spread = loudness_and_timing
            loudness = f"{velocity:.2f}F, {velocity_spread:.2f}F"
            lines.append(f"      {{{probability:.4f}F, {loudness}, {offset:.4f}F, {offset_spread:.4f}F}},")
        lines.append("    }},")
    lines.append("  }}},")
    return "\n".join(lines) + "\n"


def main() -> None:
    arguments = command_line.arguments("Estimates the composer's percussion grooves.")
    gathered = read(arguments.data)
    empty = [name for name, g in gathered.items() if not g.bars]
    if empty:
        raise SystemExit(f"no soft performance of {', '.join(empty)} in the data")

    tables = {name: step_table(g) for name, g in gathered.items()}
    for name, g in gathered.items():
        place = 0.5 + g.swing / g.bars / 6.0
        print(
            f"{name:12} {g.performances:3d} performances {g.bars:5d} bars  "
            f"swing {place / (1 - place):.2f}:1  {statistics.median(g.tempi):.0f} BPM"
        )
    report = {
        "generator": PROVENANCE,
        "selection": {"mean_velocity_at_most": SOFT_VELOCITY, "bars_of_one_performance_at_most": MOST_BARS},
        "columns": ["probability", "velocity", "velocity_deviation", "offset", "offset_deviation"],
        "grooves": {
            style.name: {
                "styles": list(style.folders),
                "tempo_range": [style.slowest, style.fastest],
                "performances": (g := gathered[style.name]).performances,
                "bars": g.bars,
                "median_tempo": statistics.median(g.tempi),
                "swing": round(g.swing / g.bars, 4),
                "crashes_left_out": g.crashes,
                "strokes": {voice: [len(s.velocities) for s in g.strokes[voice]] for voice in VOICES},
                "steps": tables[style.name],
            }
            for style in STYLES
        },
    }
    head = source.comment([*PROVENANCE, "Counts: training/groove/statistics.json."])
    compose = arguments.into / "src" / "auralis" / "compose"
    source.write(arguments.into / "training" / "groove" / "statistics.json", source.json_text(report) + "\n")
    source.write(compose / "groove_tables.hpp", HEADER.format(provenance=head, count=len(STYLES)))
    grooves = "".join(groove_text(name, g, tables[name]) for name, g in gathered.items())
    source.write(compose / "groove_tables.cpp", SOURCE.format(provenance=head, grooves=grooves))


if __name__ == "__main__":
    main()
