# SPDX-License-Identifier: Apache-2.0
import importlib.util
import random
import sys
import unittest
from pathlib import Path

TRAINING = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TRAINING / "beats"), str(TRAINING)]

from pieces import Arranger, bars_of, made_up, settled, struck  # noqa: E402
from styles import BAR_PATTERNS, BASS_PATTERNS, CHORD_PATTERNS, STYLES  # noqa: E402


def piece(style, seed: int = 1):  # noqa: ANN001, ANN201
    dice = random.Random(seed)
    arranger = Arranger([], [], [])
    arranger._groove = lambda dice: []
    return arranger.arranged(dice, made_up(dice, style, 80), style, "made up", 120.0, 30.0)


class Styles(unittest.TestCase):
    def test_a_drum_pattern_fills_its_bar(self) -> None:
        for style in STYLES:
            for pattern in style.drums.values():
                self.assertEqual(len(pattern), style.metre * style.steps, f"{style.name}: {pattern}")
                self.assertLessEqual(set(pattern), set("xo?."), style.name)

    def test_what_a_style_names_is_there(self) -> None:
        for style in STYLES:
            for name in style.bass:
                self.assertTrue(name == "kick" or style.steps in BASS_PATTERNS[name], f"{style.name}: {name}")
            for name in style.chords:
                known = name in CHORD_PATTERNS or name in BAR_PATTERNS or name in ("long", "power", "arp", "arp8", "arp16")
                self.assertTrue(known, f"{style.name}: {name}")

    def test_an_accent_is_louder_than_a_ghost_note(self) -> None:
        dice = random.Random(3)
        self.assertGreater(min(struck("x", dice) for _ in range(50)), max(struck("o", dice) for _ in range(50)))
        self.assertEqual(struck(".", dice), 0)


class Pieces(unittest.TestCase):
    def test_every_style_keeps_its_bars(self) -> None:
        for style in STYLES:
            made = piece(style)
            for before, after in zip(made.positions, made.positions[1:]):
                self.assertEqual(after, before % style.metre + 1, style.name)
            self.assertGreater(len(made.events), 20, style.name)

    def test_beats_lie_in_order_within_the_piece(self) -> None:
        for seed in range(20):
            made = piece(STYLES[seed % len(STYLES)], seed)
            self.assertEqual(made.times, sorted(made.times))
            self.assertLess(made.times[-1], made.seconds)
            self.assertEqual(len(made.times), len(made.positions))

    def test_the_same_seed_gives_the_same_piece(self) -> None:
        self.assertEqual(piece(STYLES[0], 5).events, piece(STYLES[0], 5).events)
        self.assertNotEqual(piece(STYLES[0], 5).events, piece(STYLES[0], 6).events)

    def test_the_drums_of_a_steady_piece_fall_on_its_beats(self) -> None:
        house = next(style for style in STYLES if style.name == "house")
        for seed in range(40):
            made = piece(house, seed)
            kicks = [time for time, message in made.events if message[0] == 0x99 and message[1] == 36]
            if len(kicks) < 20:  # without drums
                continue
            near = sum(min(abs(time - beat) for beat in made.times) < 0.05 for time in kicks)
            self.assertGreater(near, 0.9 * len(kicks))

    def test_bars_are_counted_from_the_first_downbeat_on(self) -> None:
        self.assertEqual(bars_of([3, 4, 1, 2, 3, 4, 1]), [0, 0, 1, 1, 1, 1, 2])
        self.assertEqual(bars_of([1, 2, 3, 1]), [0, 0, 0, 1])

    def test_a_loop_of_two_bars_leaves_nothing_open(self) -> None:
        loop = settled("x.o?..??", random.Random(2))
        self.assertEqual(len(loop), 16)
        self.assertNotIn("?", loop)
        self.assertEqual((loop[:3], loop[8:11]), ("x.o", "x.o"))

    def test_a_crash_is_heard_where_a_phrase_begins_and_nowhere_else(self) -> None:
        rock = next(style for style in STYLES if style.name == "rock")
        crashes = 0
        for seed in range(40):
            made = piece(rock, seed)
            downbeats = [time for time, place in zip(made.times, made.positions) if place == 1]
            for time, message in made.events:
                if message[0] == 0x99 and message[1] == 49:
                    crashes += 1
                    self.assertLess(min(abs(time - beat) for beat in downbeats), 0.05)
        self.assertGreater(crashes, 15)

    def test_a_jazz_bass_walks(self) -> None:
        swing = next(style for style in STYLES if style.name == "swing ride")
        notes = [sum(message[0] == 0x93 for _, message in piece(swing, seed).events) for seed in range(8)]
        self.assertGreater(max(notes), 50, "a note a beat for 30 s")


@unittest.skipUnless(importlib.util.find_spec("numpy"), "needs numpy")
class Targets(unittest.TestCase):
    def test_where_bars_are_not_known_nothing_is_held_against_a_network(self) -> None:
        import numpy as np
        from music import targets

        beats = np.arange(50.0, 650.0, 50.0)
        marks, weights = targets(beats, np.array([1, 2, 3, 4, 0, 0, 0, 0, 1, 2, 3, 4]), 700)
        self.assertEqual(marks[:, 0].sum(), 12)
        self.assertEqual(np.flatnonzero(marks[:, 1]).tolist(), [50, 450])
        self.assertTrue((weights[225:425, 1] == 0.0).all())
        self.assertTrue((weights[60:220, 1] == 1.0).all())
        self.assertEqual(weights[525, 1], 1.0)
        self.assertEqual(weights[325, 0], 1.0, "beats are known there")
        _, none = targets(beats, np.zeros(12, int), 700)
        self.assertEqual(none[:, 1].sum(), 0.0)


@unittest.skipUnless(importlib.util.find_spec("torch"), "needs PyTorch")
class Agreement(unittest.TestCase):
    def test_beats_are_partners_where_both_say_one_within_reach(self) -> None:
        import numpy as np
        from agree import partners

        ours = np.array([1.0, 1.5, 2.0, 2.5])
        self.assertEqual(partners(ours, np.array([1.02, 1.5, 1.75, 2.2, 2.51])).tolist(), [0, -1, -1, 4])

    def test_places_count_where_both_begin_their_bars_alike_for_a_while(self) -> None:
        import numpy as np
        from agree import agreed_places

        ours = np.array([1, 2, 3, 4] * 6)
        theirs = np.array([1, 2, 3, 4] * 3 + [3, 4, 1, 2] * 3)
        self.assertEqual(agreed_places(ours, theirs).tolist(), [1, 2, 3, 4] * 3 + [0] * 12)
        self.assertEqual(agreed_places(ours, np.roll(ours, 1)).max(), 0)

    def test_a_gain_of_one_clip_is_doubted_and_one_of_all_is_not(self) -> None:
        import numpy as np
        from settle import WEIGHTS, doubt

        before = {folder: np.full(20, 0.5) for folder in WEIGHTS}
        self.assertEqual(doubt(before, {folder: rows + 0.01 for folder, rows in before.items()}), 0.0)
        one = {folder: rows.copy() for folder, rows in before.items()}
        one["charts"][:2] += (0.5, -0.3)
        self.assertGreater(doubt(before, one), 0.2)

    def test_a_shipped_model_reads_back(self) -> None:
        import torch
        from judge import load_network
        from networks import parameters

        models = TRAINING.parent / "models"
        for kind, count in (("live", 94_946), ("file", 131_020)):
            network = load_network(models / f"beats-{kind}.onnx")
            self.assertEqual((network.kind, parameters(network)), (kind, count))
            with torch.no_grad():
                self.assertTrue(torch.isfinite(network(torch.rand(1, 300, 80))).all())


if __name__ == "__main__":
    unittest.main()
