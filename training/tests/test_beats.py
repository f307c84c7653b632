# SPDX-License-Identifier: Apache-2.0
import random
import sys
import unittest
from pathlib import Path

TRAINING = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TRAINING / "beats"), str(TRAINING)]

from pieces import Arranger, made_up, struck  # noqa: E402
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


if __name__ == "__main__":
    unittest.main()
