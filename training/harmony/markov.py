# SPDX-License-Identifier: Apache-2.0
"""Counts of degree sequences and the smoothed chain of order 2 made from them.

Smoothing: the interpolation of I. Witten and T. Bell, "The zero-frequency problem", IEEE Trans. Information Theory
37(4), 1991, in which a context that has been followed by many different things trusts its own counts less, with one
departure: the number of types is scaled by a factor tuned on held-out songs.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from chords import COLOURS, ESTIMATED, MODES, Chord, diatonic_triad, infer_mode, scale_degree, tonic_share, triad_quality
from corpora import Piece

DEGREES = range(7)
# Below this the tonic is hardly heard as home: mostly relative keys confused, or passages in another key.
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
    to move by step, then by third (W. Piston, Harmony, 1941, ch. 3, "Table of usual root progressions").
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


class Chain:
    """P(next | before_last, last) for each estimated mode; a degree never follows itself."""

    def __init__(self, counts: Counts, scale1: float, scale2: float) -> None:
        pooled_visits = [1.0 + sum(counts.visits[mode, d] for mode in ESTIMATED) for d in DEGREES]
        pooled_pairs = [
            [0.0 if a == b else 1.0 + sum(counts.pairs[mode, a, b] for mode in ESTIMATED) for b in DEGREES] for a in DEGREES
        ]
        self.order0: dict[str, list[list[float]]] = {}
        self.order1: dict[str, list[list[float]]] = {}
        self.order2: dict[str, list[list[list[float]]]] = {}
        for mode in ESTIMATED:
            function = function_prior(mode)
            visits = [counts.visits[mode, d] for d in DEGREES]
            self.order0[mode] = [without([v + PRIOR_WEIGHT * p / sum(pooled_visits) for v, p in zip(visits, pooled_visits)], last) for last in DEGREES]
            self.order1[mode] = []
            for last in DEGREES:
                prior = [(p / sum(pooled_pairs[last]) + f) / 2 for p, f in zip(pooled_pairs[last], function[last])]
                base = without([v + PRIOR_WEIGHT * p for v, p in zip(visits, prior)], last)
                self.order1[mode].append(self._blend([counts.pairs[mode, last, n] for n in DEGREES], base, scale1))
            self.order2[mode] = [
                [
                    self.order1[mode][last]
                    if before == last
                    else self._blend([counts.triples[mode, before, last, n] for n in DEGREES], self.order1[mode][last], scale2)
                    for last in DEGREES
                ]
                for before in DEGREES
            ]

    @staticmethod
    def _blend(seen: list[int], base: list[float], scale: float) -> list[float]:
        trust = scale * sum(1 for n in seen if n)
        total = sum(seen) + trust
        return [(n + trust * p) / total for n, p in zip(seen, base)] if total else list(base)


def log_loss(chain: Chain, held_out: Counts, mode: str) -> tuple[int, list[float]]:
    """Transitions tested and bits spent on them by the chains of order 0, 1 and 2.

    Only transitions with two known predecessors count, so that the three orders answer the same questions.
    """
    tested, bits = 0, [0.0, 0.0, 0.0]
    for (m, before, last, nxt), n in held_out.triples.items():
        if m != mode:
            continue
        tested += n
        bits[0] -= n * math.log2(chain.order0[mode][last][nxt])
        bits[1] -= n * math.log2(chain.order1[mode][last][nxt])
        bits[2] -= n * math.log2(chain.order2[mode][before][last][nxt])
    return tested, bits


SCALES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)


def tune(training: Counts, held_out: Counts) -> tuple[float, float]:
    """The two type scales under which the held-out songs cost fewest bits, found one after the other."""

    def cost(scale1: float, scale2: float, order: int) -> float:
        chain = Chain(training, scale1, scale2)
        return sum(log_loss(chain, held_out, mode)[1][order] for mode in ESTIMATED)

    scale1 = min(SCALES, key=lambda s: cost(s, 1.0, 1))
    return scale1, min(SCALES, key=lambda s: cost(scale1, s, 2))


def merged(parts: list[Counts]) -> Counts:
    total = Counts()
    for part in parts:
        total.add(part)
    return total


def cross_validate(folds: list[Counts]) -> dict[str, dict]:
    """Held-out perplexity per mode over all folds; the scales are tuned on the fold after the one tested."""
    tested: Counter = Counter()
    bits = {mode: [0.0, 0.0, 0.0] for mode in (*ESTIMATED, "all")}
    for index, fold in enumerate(folds):
        tuning = (index + 1) % len(folds)
        scales = tune(merged([f for i, f in enumerate(folds) if i not in (index, tuning)]), folds[tuning])
        chain = Chain(merged([f for i, f in enumerate(folds) if i != index]), *scales)
        for mode in ESTIMATED:
            count, spent = log_loss(chain, fold, mode)
            for key in (mode, "all"):
                tested[key] += count
                bits[key] = [a + b for a, b in zip(bits[key], spent)]
    return {
        key: {"transitions": tested[key], "perplexity": [round(2 ** (b / tested[key]), 3) for b in spent]}
        if tested[key]
        else {"transitions": 0, "perplexity": None}
        for key, spent in bits.items()
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


__all__ = ["MODES", "Chain", "Counts", "chord_beats", "closing_degrees", "colours", "count_piece", "cross_validate", "first_degrees",
           "function_prior", "merged", "nearest_beats", "phrase_endings", "tune"]  # fmt: skip
