# SPDX-License-Identifier: Apache-2.0
"""Chord labels, modes and the mapping from chords to mode-relative scale degrees."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

MODES = {  # semitones above the tonic; order and names are core::Mode's
    "ionian": (0, 2, 4, 5, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "aeolian": (0, 2, 3, 5, 7, 8, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "major_pentatonic": (0, 2, 4, 5, 7, 9, 11),
    "minor_pentatonic": (0, 2, 3, 5, 7, 8, 10),
    "harmonic_minor": (0, 2, 3, 5, 7, 8, 11),
}
# A pentatonic melody is harmonised from its parent mode: five notes alone make only two triads.
PARENT = {"major_pentatonic": "ionian", "minor_pentatonic": "aeolian"}
ESTIMATED = tuple(mode for mode in MODES if mode not in PARENT)
# Where chords fit several modes equally well, the first of these wins: the plainest reading of what is there.
PRECEDENCE = ("ionian", "aeolian", "mixolydian", "dorian", "harmonic_minor", "lydian", "phrygian", "locrian")
MAJOR_MODES = ("ionian", "lydian", "mixolydian")
MINOR_MODES = ("aeolian", "dorian", "harmonic_minor", "phrygian", "locrian")

COLOURS = ("triad", "seventh", "sus2", "sus4", "add9")

_PITCH = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_LABEL = re.compile(r"^([A-G][#b]*)(?::([^/]*))?(?:/(.+))?$")
_SHORTHAND = {  # semitones above the root, colour
    "maj": ((0, 4, 7), "triad"),
    "min": ((0, 3, 7), "triad"),
    "dim": ((0, 3, 6), "triad"),
    "aug": ((0, 4, 8), "triad"),
    "1": ((0,), None),
    "5": ((0, 7), None),
    "sus2": ((0, 2, 7), "sus2"),
    "sus4": ((0, 5, 7), "sus4"),
    "maj6": ((0, 4, 7, 9), "triad"),
    "min6": ((0, 3, 7, 9), "triad"),
    "6": ((0, 4, 7, 9), "triad"),
    "7": ((0, 4, 7, 10), "seventh"),
    "maj7": ((0, 4, 7, 11), "seventh"),
    "min7": ((0, 3, 7, 10), "seventh"),
    "minmaj7": ((0, 3, 7, 11), "seventh"),
    "dim7": ((0, 3, 6, 9), "seventh"),
    "hdim7": ((0, 3, 6, 10), "seventh"),
    "9": ((0, 2, 4, 7, 10), "seventh"),
    "maj9": ((0, 2, 4, 7, 11), "seventh"),
    "min9": ((0, 2, 3, 7, 10), "seventh"),
    "11": ((0, 2, 5, 7, 10), "sus4"),  # a dominant eleventh is played without its third
    "min11": ((0, 3, 5, 7, 10), "seventh"),
    "maj11": ((0, 4, 7, 11), "seventh"),
    "13": ((0, 4, 7, 9, 10), "seventh"),
    "maj13": ((0, 4, 7, 9, 11), "seventh"),
    "min13": ((0, 3, 7, 9, 10), "seventh"),
}


@dataclass(frozen=True)
class Chord:
    root: int  # pitch class, 0 = C
    tones: tuple[int, ...]  # semitones above the root; only those that tell scales apart
    colour: str | None  # None where the label leaves the third open ("5", "1")


def parse_pitch(text: str) -> int:
    """Pitch class of "C", "F#", "Ebb"."""
    return (_PITCH[text[0]] + text.count("#") - text[1:].count("b")) % 12


@functools.cache
def parse_label(text: str) -> Chord | None:
    """Reads Harte's chord syntax ("Bb:min7/b7", "F:maj6(9)", "C"); None for no chord and for what is not a chord.

    Syntax: C. Harte et al., "Symbolic representation of musical chords", ISMIR 2005. Added notes in brackets change
    the colour (a ninth on a triad is add9) and not the tones; an inversion changes neither.
    """
    match = _LABEL.match(text)
    if not match:
        return None
    quality = match[2] or "maj"
    base, _, added = quality.partition("(")
    degrees = added.rstrip(")").split(",") if added else []
    shorthand = _SHORTHAND.get(base or "maj")
    if shorthand is None:
        return None
    tones, colour = shorthand
    if colour == "triad" and any(d in ("7", "b7") for d in degrees):
        colour = "seventh"
    elif colour == "triad" and "9" in degrees:
        colour = "add9"
    return Chord(parse_pitch(match[1]), tones, colour)


def diatonic_triad(mode: str, degree: int) -> tuple[int, int, int]:
    """The three pitch classes, above the tonic, of the triad in thirds on a degree."""
    scale = MODES[mode]
    return tuple(scale[(degree + step) % 7] for step in (0, 2, 4))


def triad_quality(mode: str, degree: int) -> str:
    root, third, fifth = diatonic_triad(mode, degree)
    shape = ((third - root) % 12, (fifth - root) % 12)
    return {(4, 7): "major", (3, 7): "minor", (3, 6): "diminished", (4, 8): "augmented"}[shape]


def infer_mode(chords: list[tuple[Chord, float]], tonic: int, candidates: tuple[str, ...] = PRECEDENCE) -> str:
    """The candidate whose scale holds most of the chords' tones.

    Each chord votes with its length in beats, its tones share the vote and the root counts twice, since it decides
    the degree. A later candidate replaces an earlier one in PRECEDENCE only where it explains at least 1 % more.
    """
    weight = [0.0] * 12
    for chord, beats in chords:
        share = beats / (len(chord.tones) + 1)
        for tone in (*chord.tones, 0):
            weight[(chord.root + tone - tonic) % 12] += share
    total = sum(weight)
    best, best_fit = None, 0.0
    for mode in PRECEDENCE:
        if mode not in candidates:
            continue
        fit = sum(weight[pitch] for pitch in MODES[mode]) / total if total else 0.0
        if best is None or fit >= best_fit + 0.01:
            best, best_fit = mode, fit
    assert best is not None
    return best


def tonic_share(chords: list[tuple[Chord, float]], tonic: int, mode: str) -> float:
    """Part of the time that a chord stands on the tonic with no tone outside the mode's tonic triad's third and fifth.

    Where it is small the annotated tonic is in doubt, or the fit found a mode that nothing confirms.
    """
    _, third, fifth = diatonic_triad(mode, 0)
    foreign = ({3, 4} - {third}) | ({6, 7, 8} - {fifth})
    home = sum(b for chord, b in chords if chord.root == tonic and not foreign & set(chord.tones))
    return home / sum(b for _, b in chords)


# Ties among equally good stand-ins go to the degree with the clearer function.
_STAND_IN_ORDER = (0, 4, 3, 1, 5, 2, 6)


def scale_degree(chord: Chord, tonic: int, mode: str) -> tuple[int | None, bool]:
    """(degree 0..6 or None, whether the root is in the scale).

    A root in the scale is its degree, whatever the quality: a secondary dominant V7/V counts as II. A root outside
    it stands for the diatonic triad that shares most of its tones, if that is two at least (an applied viio7/V
    sounds as what it shares); otherwise there is no degree.
    """
    above = (chord.root - tonic) % 12
    scale = MODES[mode]
    if above in scale:
        return scale.index(above), True
    sounding = {(above + tone) % 12 for tone in chord.tones}
    shared = {degree: len(sounding & set(diatonic_triad(mode, degree))) for degree in range(7)}
    best = max(_STAND_IN_ORDER, key=lambda degree: shared[degree])  # max keeps the first of equals
    return (best if shared[best] >= 2 else None), False
