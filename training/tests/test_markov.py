# SPDX-License-Identifier: Apache-2.0
import sys
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "harmony"), str(Path(__file__).resolve().parents[1])]

import markov  # noqa: E402
from chords import ESTIMATED  # noqa: E402
from generated_source import distribution, initialiser, json_text  # noqa: E402

SCALES = {mode: (1.0, 1.0) for mode in ESTIMATED}


def counts_of(mode: str, degrees: list[int]) -> markov.Counts:
    counts = markov.Counts()
    counts.visits.update((mode, d) for d in degrees)
    counts.pairs.update((mode, a, b) for a, b in zip(degrees, degrees[1:]))
    counts.triples.update((mode, a, b, c) for a, b, c in zip(degrees, degrees[1:], degrees[2:]))
    return counts


class Smoothing(unittest.TestCase):
    def test_without_data_every_mode_still_has_a_chain(self) -> None:
        for mode in ESTIMATED:
            for plane in markov.chain(markov.Counts(), mode, SCALES):
                for last, row in enumerate(plane):
                    self.assertAlmostEqual(sum(row), 1.0)
                    self.assertEqual([p == 0.0 for p in row], [d == last for d in range(7)])

    def test_much_data_wins_over_the_prior(self) -> None:
        table = markov.chain(counts_of("ionian", [0, 3, 4] * 500), "ionian", SCALES)
        self.assertGreater(table[3][4][0], 0.99)

    def test_a_context_with_many_successors_trusts_itself_less(self) -> None:
        base = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
        narrow = markov.interpolate([12, 0, 0, 0, 0, 0, 0], base, 1.0)
        wide = markov.interpolate([3, 3, 3, 3, 0, 0, 0], base, 1.0)
        self.assertAlmostEqual(narrow[6], 1 / 13)
        self.assertAlmostEqual(wide[6], 4 / 16)

    def test_order_two_pays_where_the_data_need_it(self) -> None:
        # After 4 comes what did not come before it: only two degrees back tell.
        folds = [counts_of("ionian", [0, 4, 3, 1, 4, 5] * 30) for _ in range(4)]
        orders = markov.cross_validate(folds)["ionian"]["perplexity"]
        self.assertLess(orders[2], orders[1] - 0.1)


class Output(unittest.TestCase):
    def test_printed_rows_sum_to_one(self) -> None:
        row = distribution([1, 1, 1, 0, 4, 0, 0])
        self.assertEqual(round(sum(row), 9), 1.0)
        self.assertEqual(row[3], 0.0)

    def test_nested_arrays_become_nested_braces(self) -> None:
        self.assertEqual(initialiser([[0.5, 0.5], [1.0, 0.0]], 2),
                         "{{\n  {{0.500000F, 0.500000F}},\n  {{1.000000F, 0.000000F}},\n}}")  # fmt: skip

    def test_json_keeps_short_things_on_a_line(self) -> None:
        self.assertEqual(json_text({"a": [1, 2]}), '{"a": [1, 2]}')
        self.assertIn("\n", json_text({"a": list(range(40)), "b": list(range(40))}))


if __name__ == "__main__":
    unittest.main()
