# SPDX-License-Identifier: Apache-2.0
"""Counts of degree sequences and the smoothed chain of order 2 made from them.

Smoothing: the interpolation of I. Witten and T. Bell, "The zero-frequency problem", IEEE Trans. Information Theory
37(4), 1991, in which a context that has been followed by many different things trusts its own counts less, with one
departure: the number of types is scaled by a factor tuned on held-out songs.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from dataclasses import dataclass, field

from chords import COLOURS, ESTIMATED, Chord, diatonic_triad, infer_mode, scale_degree, tonic_share, triad_quality
from corpora import Piece

DEGREES = range(7)
# Below this the tonic is hardly heard as home, and the fit is no evidence of a mode.
LEAST_TONIC_SHARE = 0.1
BEAT_VALUES = (1, 2, 3, 4, 6, 8, 16)


@dataclass
class Counts:
    """Keys: (mode, degree…). Adds up by `add`."""

    triples: Counter = field(default_factory=Counter)  # (mode, before_last, last, next)
    pairs: Counter = field(default_factory=Counter)  # (mode, last, next)
    visits: Counter = field(default_factory=Counter)  # (mode, degree), repeats collapsed
    firsts: Counter = field(default_factory=Counter)  # (mode, degree) opening a section
    endings: Counter = field(default_factory=Counter)  # (mode, before, last) closing a section
    line_endings: Counter = field(default_factory=Counter)  # (mode, before, last) closing any phrase
    beats: Counter = field(default_factory=Counter)  # (mode, beats)
    colours: Counter = field(default_factory=Counter)  # (mode, degree, colour)
    events: Counter = field(default_factory=Counter)  # (corpus, what): how chords were read
    pieces: Counter = field(default_factory=Counter)  # (corpus, mode)
    set_aside: Counter = field(default_factory=Counter)  # (corpus, mode): pieces whose tonic is in doubt

    def add(self, other: Counts) -> None:
        for name, counter in vars(self).items():
            counter.update(getattr(other, name))


@functools.cache
def nearest_beats(beats: float) -> int:
    """The value of BEAT_VALUES nearest in ratio."""
    return min(BEAT_VALUES, key=lambda value: abs(math.log(beats / value)))


def count_piece(piece: Piece) -> Counts:
    """Counts one piece in the mode that fits it best.

    Equal degrees in a row are one visit. A chord without a degree, and silence, break the sequence: what follows is
    not counted as having followed what went before.
    """
    counts = Counts()
    flat: list[tuple[Chord, float]] = [(c, b) for phrase in piece.phrases for c, b in phrase.chords if c and b > 0]
    if not flat:
        return counts
    mode = infer_mode(flat, piece.tonic, piece.modes)
    if tonic_share(flat, piece.tonic, mode) < LEAST_TONIC_SHARE:
        counts.set_aside[piece.corpus, mode] += 1
        return counts
    counts.pieces[piece.corpus, mode] += 1
    before: int | None = None
    last: int | None = None
    held = 0.0

    def leave() -> None:
        if last is not None and held > 0:
            counts.beats[mode, nearest_beats(held)] += 1

    for phrase in piece.phrases:
        opening = phrase.opens_section
        for chord, beats in phrase.chords:
            if chord is None or beats <= 0:
                counts.events[piece.corpus, "silence or unread"] += 1
                leave()
                before, last, held = None, None, 0.0
                continue
            degree, in_scale = scale_degree(chord, piece.tonic, mode)
            if degree is None:
                counts.events[piece.corpus, "chromatic, dropped"] += 1
                leave()
                before, last, held = None, None, 0.0
                continue
            counts.events[piece.corpus, "diatonic root" if in_scale else "chromatic, stood in for"] += 1
            if in_scale and chord.colour:
                counts.colours[mode, degree, chord.colour] += 1
            if opening:
                counts.firsts[mode, degree] += 1
                opening = False
            if degree == last:
                held += beats
                continue
            leave()
            counts.visits[mode, degree] += 1
            if last is not None:
                counts.pairs[mode, last, degree] += 1
                if before is not None:
                    counts.triples[mode, before, last, degree] += 1
            before, last, held = last, degree, beats
        if before is not None and last is not None:
            counts.line_endings[mode, before, last] += 1
            if phrase.closes_section:
                counts.endings[mode, before, last] += 1
    leave()
    return counts


def function_prior(mode: str) -> list[list[float]]:
    """P(next | last) from diatonic function alone, for the modes the corpora hardly hold. The weights are ours.

    The tonic draws most, then chords with the tone that tells the mode from its major or minor neighbour; diminished
    and augmented triads are passed through rather than sought. Roots prefer to fall a fifth, then to rise one, then
    to move by step, then by third, after the table of usual root progressions in W. Piston, Harmony, 1941.
    """
    characteristic = {"dorian": 9, "phrygian": 1, "lydian": 6, "mixolydian": 10, "locrian": 6, "harmonic_minor": 11}
    pull = []
    for degree in DEGREES:
        triad = diatonic_triad(mode, degree)
        weight = 1.0 if triad_quality(mode, degree) in ("major", "minor") else 0.25
        if characteristic.get(mode) in triad:
            weight *= 1.6
        if degree == 0:
            weight = 3.0 if mode != "locrian" else 2.0
        pull.append(weight)
    motion = {3: 1.5, 4: 1.2, 1: 1.1, 6: 1.1, 5: 0.8, 2: 0.6}
    table = []
    for last in DEGREES:
        row = [0.0 if nxt == last else pull[nxt] * motion[(nxt - last) % 7] for nxt in DEGREES]
        table.append([value / sum(row) for value in row])
    return table


def without(row: list[float], last: int) -> list[float]:
    kept = [0.0 if degree == last else value for degree, value in enumerate(row)]
    total = sum(kept)
    return [value / total for value in kept]


PRIOR_WEIGHT = 50.0  # visits of its own at which a mode's unigram outweighs what is pooled over the modes


def fallback(counts: Counts, mode: str) -> list[list[float]]:
    """P(next | last) for what a mode's own pairs leave open: its unigram, and below that in equal parts the pairs of
    all modes together and function_prior."""
    visits = [counts.visits[mode, d] for d in DEGREES]
    rows = []
    for last, function in enumerate(function_prior(mode)):
        pooled = [0.0 if n == last else 1.0 + sum(counts.pairs[m, last, n] for m in ESTIMATED) for n in DEGREES]
        prior = [(p / sum(pooled) + f) / 2 for p, f in zip(pooled, function)]
        rows.append(without([v + PRIOR_WEIGHT * p for v, p in zip(visits, prior)], last))
    return rows


def interpolate(seen: list[int], base: list[float], scale: float) -> list[float]:
    """Witten and Bell's estimate with the number of types seen, here times `scale`, as the weight of the fallback."""
    trust = scale * sum(1 for n in seen if n)
    total = sum(seen) + trust
    return [(n + trust * p) / total for n, p in zip(seen, base)] if total else list(base)


def order_0(counts: Counts, mode: str) -> list[list[float]]:
    """[last][next], the mode's unigram over what may follow: the yardstick, no part of the chain."""
    pooled = [1.0 + sum(counts.visits[m, d] for m in ESTIMATED) for d in DEGREES]
    mixed = smoothed([counts.visits[mode, d] for d in DEGREES], pooled, PRIOR_WEIGHT)
    return [without(mixed, last) for last in DEGREES]


def order_1(counts: Counts, mode: str, scale: float, base: list[list[float]]) -> list[list[float]]:
    """[last][next]"""
    return [interpolate([counts.pairs[mode, last, n] for n in DEGREES], base[last], scale) for last in DEGREES]


def order_2(counts: Counts, mode: str, scale: float, lower: list[list[float]]) -> list[list[list[float]]]:
    """[before_last][last][next]; the order below where both predecessors are equal, which does not occur."""
    return [
        [
            (
                list(lower[last])
                if before == last
                else interpolate([counts.triples[mode, before, last, n] for n in DEGREES], lower[last], scale)
            )
            for last in DEGREES
        ]
        for before in DEGREES
    ]


Scales = dict[str, tuple[float, float]]  # by mode: of order 1, of order 2
SCALES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)


def chain(counts: Counts, mode: str, scales: Scales) -> list[list[list[float]]]:
    """P(next | before_last, last) of one mode; a degree never follows itself."""
    scale_1, scale_2 = scales[mode]
    return order_2(counts, mode, scale_2, order_1(counts, mode, scale_1, fallback(counts, mode)))


Transitions = list[tuple[int, int, int, int]]  # before_last, last, next, times


def transitions(counts: Counts, mode: str) -> Transitions:
    return [(a, b, c, n) for (m, a, b, c), n in counts.triples.items() if m == mode]


def bits(held_out: Transitions, table: list[list[list[float]]]) -> float:
    """What the held-out transitions cost. Only those with two known predecessors count, so that chains of order 0, 1
    and 2 (the lower ones spread over all before_last) answer the same questions."""
    return -math.fsum(n * math.log2(table[a][b][c]) for a, b, c, n in held_out)


def tune(folds: list[Counts]) -> Scales:
    """For each mode the scales that make the left-out fold cheapest over all folds, order 1 first."""
    splits = [(merged([f for f in folds if f is not held_out]), held_out) for held_out in folds]
    chosen: Scales = {}
    for mode in ESTIMATED:
        bases = [fallback(training, mode) for training, _ in splits]
        tests = [transitions(held_out, mode) for _, held_out in splits]

        def cost_1(scale: float) -> float:
            return sum(bits(h, [order_1(t, mode, scale, b)] * 7) for (t, _), h, b in zip(splits, tests, bases))

        scale_1 = min(SCALES, key=cost_1)
        lowers = [order_1(training, mode, scale_1, base) for (training, _), base in zip(splits, bases)]

        def cost_2(scale: float) -> float:
            return sum(bits(h, order_2(t, mode, scale, low)) for (t, _), h, low in zip(splits, tests, lowers))

        chosen[mode] = (scale_1, min(SCALES, key=cost_2))
    return chosen


def merged(parts: list[Counts]) -> Counts:
    total = Counts()
    for part in parts:
        total.add(part)
    return total


def cross_validate(folds: list[Counts]) -> dict[str, dict]:
    """Perplexity of orders 0, 1 and 2 per mode, each fold predicted by a chain made and tuned on the others alone."""
    tested: Counter = Counter()
    spent = {mode: [0.0, 0.0, 0.0] for mode in (*ESTIMATED, "all")}
    for held_out in folds:
        rest = [fold for fold in folds if fold is not held_out]
        training, scales = merged(rest), tune(rest)
        for mode in ESTIMATED:
            lower = order_1(training, mode, scales[mode][0], fallback(training, mode))
            tables = ([order_0(training, mode)] * 7, [lower] * 7, chain(training, mode, scales))
            tests = transitions(held_out, mode)
            cost = [bits(tests, table) for table in tables]
            count = sum(n for *_, n in tests)
            for key in (mode, "all"):
                tested[key] += count
                spent[key] = [a + b for a, b in zip(spent[key], cost)]
    return {
        key: {
            "transitions": tested[key],
            "perplexity": [round(2 ** (b / tested[key]), 3) for b in cost] if tested[key] else None,
        }
        for key, cost in spent.items()
    }


def smoothed(seen: list[float], prior: list[float], weight: float) -> list[float]:
    """Dirichlet smoothing: `weight` imagined observations spread like the prior."""
    total = sum(seen) + weight
    scale = sum(prior)
    return [(n + weight * p / scale) / total for n, p in zip(seen, prior)]


def first_degrees(counts: Counts, mode: str) -> list[float]:
    pooled = [1.0 + sum(counts.firsts[m, d] for m in ESTIMATED) for d in DEGREES]
    return smoothed([counts.firsts[mode, d] for d in DEGREES], pooled, 20.0)


def closing_degrees(counts: Counts, mode: str) -> list[float]:
    """P(last) at the end of a section or piece."""
    pooled = [1.0 + sum(counts.endings[m, b, d] for m in ESTIMATED for b in DEGREES) for d in DEGREES]
    return smoothed([sum(counts.endings[mode, b, d] for b in DEGREES) for d in DEGREES], pooled, 20.0)


def phrase_endings(counts: Counts, mode: str) -> list[list[float]]:
    """P(last | before) at the end of a section or piece."""
    own = closing_degrees(counts, mode)
    return [smoothed([counts.endings[mode, b, d] for d in DEGREES], without(own, b), 5.0) for b in DEGREES]


def chord_beats(counts: Counts, mode: str) -> list[float]:
    pooled = [1.0 + sum(counts.beats[m, b] for m in ESTIMATED) for b in BEAT_VALUES]
    return smoothed([counts.beats[mode, b] for b in BEAT_VALUES], pooled, 50.0)


def colours(counts: Counts, mode: str) -> list[list[float]]:
    """P(colour | degree), leaning on all degrees of any mode whose triad has the same quality."""
    table = []
    for degree in DEGREES:
        quality = triad_quality(mode, degree)
        alike = [(m, d) for m in ESTIMATED for d in DEGREES if triad_quality(m, d) == quality]
        pooled = [1.0 + sum(counts.colours[m, d, colour] for m, d in alike) for colour in COLOURS]
        table.append(smoothed([counts.colours[mode, degree, colour] for colour in COLOURS], pooled, 50.0))
    return table
