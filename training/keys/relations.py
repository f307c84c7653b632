# SPDX-License-Identifier: Apache-2.0
"""How far one key is from another, as MIREX counts it. Keys are 0 … 11 for major from C, 12 … 23 for minor."""

from __future__ import annotations


def relation(truth: int, said: int) -> str:
    """What MIREX calls a key beside the true one."""
    if truth == said:
        return "right"
    (t, tm), (s, sm) = (truth % 12, truth // 12), (said % 12, said // 12)
    if tm == sm and (s - t) % 12 in (5, 7):
        return "fifth"
    if tm != sm and t == s:
        return "parallel"
    if tm != sm and (s - t) % 12 == (3 if tm else 9):
        return "relative"
    return "wrong"


WEIGHTS = {"right": 1.0, "fifth": 0.5, "relative": 0.3, "parallel": 0.2, "wrong": 0.0}


def weigh(truth: int, said: int) -> float:
    """As mir_eval.key.weighted_score, which forgives a fifth above alone."""
    kind = relation(truth, said)
    if kind == "fifth" and (said - truth) % 12 != 7:
        return 0.0
    return WEIGHTS[kind]
