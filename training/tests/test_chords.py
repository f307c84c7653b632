# SPDX-License-Identifier: Apache-2.0
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harmony"))

from chords import Chord, infer_mode, parse_label, parse_pitch, scale_degree, tonic_share  # noqa: E402


def timed(*labels: str, beats: float = 4.0) -> list[tuple[Chord, float]]:
    return [(parse_label(label), beats) for label in labels]


class Labels(unittest.TestCase):
    def test_pitches_wrap_round_the_octave(self) -> None:
        self.assertEqual([parse_pitch(p) for p in ("C", "F#", "Bb", "Cb", "B#", "Ebb")], [0, 6, 10, 11, 0, 2])

    def test_quality_inversion_and_added_notes_are_read(self) -> None:
        self.assertEqual(parse_label("C"), Chord(0, (0, 4, 7), "triad"))
        self.assertEqual(parse_label("Bb:min7/b7"), Chord(10, (0, 3, 7, 10), "seventh"))
        self.assertEqual(parse_label("G:sus4(b7)").colour, "sus4")
        self.assertEqual(parse_label("G:maj(9)").colour, "add9")
        self.assertEqual(parse_label("F:maj6(9)").colour, "add9")

    def test_a_power_chord_says_nothing_of_its_colour(self) -> None:
        self.assertIsNone(parse_label("E:5").colour)

    def test_what_names_no_chord_is_none(self) -> None:
        for label in ("N", "X", "&pause", "C:whatever", "", "H:maj"):
            self.assertIsNone(parse_label(label), label)


class Modes(unittest.TestCase):
    def test_each_mode_is_told_by_its_characteristic_chord(self) -> None:
        for labels, mode in (
            (("C", "F", "G", "A:min"), "ionian"),
            (("C", "D", "G", "C"), "lydian"),
            (("C", "Bb", "F", "C"), "mixolydian"),
            (("C:min", "Ab", "Bb", "F:min"), "aeolian"),
            (("C:min", "F", "Bb", "C:min"), "dorian"),
            (("C:min", "Db", "Bb:min", "C:min"), "phrygian"),
            (("C:min", "F:min", "G", "Ab"), "harmonic_minor"),
            (("C:dim", "Db", "Eb:min", "Gb"), "locrian"),
        ):
            self.assertEqual(infer_mode(timed(*labels), 0), mode, labels)

    def test_transposing_chords_and_tonic_changes_nothing(self) -> None:
        chords = timed("C:min", "F", "Bb", "C:min")
        for shift in range(12):
            moved = [(Chord((c.root + shift) % 12, c.tones, c.colour), b) for c, b in chords]
            self.assertEqual(infer_mode(moved, shift), "dorian")

    def test_where_nothing_tells_modes_apart_the_plainest_wins(self) -> None:
        self.assertEqual(infer_mode(timed("C", "C"), 0), "ionian")
        self.assertEqual(infer_mode(timed("C:min"), 0), "aeolian")

    def test_an_annotated_third_limits_the_choice(self) -> None:
        self.assertEqual(infer_mode(timed("C:5"), 0, ("aeolian", "dorian")), "aeolian")

    def test_the_tonic_is_at_home_only_with_the_modes_own_triad(self) -> None:
        self.assertEqual(tonic_share(timed("C", "F", "G", "C:7"), 0, "mixolydian"), 0.5)
        self.assertEqual(tonic_share(timed("C", "F"), 0, "aeolian"), 0.0)
        self.assertEqual(tonic_share(timed("C:5", "F:min"), 0, "aeolian"), 0.5)


class Degrees(unittest.TestCase):
    def test_a_root_in_the_scale_is_its_degree_whatever_the_quality(self) -> None:
        self.assertEqual(scale_degree(parse_label("G:7"), 0, "ionian"), (4, True))
        self.assertEqual(scale_degree(parse_label("D:7"), 0, "ionian"), (1, True))
        self.assertEqual(scale_degree(parse_label("Bb"), 0, "aeolian"), (6, True))

    def test_a_chromatic_root_stands_for_the_triad_it_shares_most_with(self) -> None:
        self.assertEqual(scale_degree(parse_label("G#:dim7"), 0, "ionian"), (6, False))  # B D F
        self.assertEqual(scale_degree(parse_label("F#:hdim7"), 0, "ionian"), (5, False))  # A C E

    def test_a_chord_that_shares_too_little_has_no_degree(self) -> None:
        self.assertEqual(scale_degree(parse_label("Eb"), 0, "ionian"), (None, False))


if __name__ == "__main__":
    unittest.main()
