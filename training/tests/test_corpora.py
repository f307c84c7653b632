# SPDX-License-Identifier: Apache-2.0
import sys
import unittest
from pathlib import Path
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harmony"))

from corpora import read_billboard, read_musicxml, read_pop909  # noqa: E402
from markov import count_piece, nearest_beats  # noqa: E402

BILLBOARD = """\
# title: A Song
# artist: Somebody
# metre: 4/4
# tonic: G

0.0\tsilence
0.3\tA, intro, | G:maj | C:maj D:maj |, (voice
9.1\t| G:maj . . D:7 | (3/4) E:min |
12.0\tB, verse, | C:maj |, x3
# tonic: A
30.0\tC, chorus, | A:maj | N |
40.0\tend
"""


class Billboard(unittest.TestCase):
    def setUp(self) -> None:
        self.pieces = read_billboard(BILLBOARD)

    def test_each_tonic_starts_a_piece_and_versions_share_a_group(self) -> None:
        self.assertEqual([piece.tonic for piece in self.pieces], [7, 9])
        self.assertEqual({piece.group for piece in self.pieces}, {"somebody/a song"})

    def test_bars_are_shared_out_in_beats(self) -> None:
        phrases = self.pieces[0].phrases
        self.assertEqual([(c.root, b) for c, b in phrases[0].chords], [(7, 4.0), (0, 2.0), (2, 2.0)])
        self.assertEqual([(c.root, b) for c, b in phrases[1].chords], [(7, 1.0)] * 3 + [(2, 1.0), (4, 3.0)])

    def test_repeated_lines_are_phrases_of_their_own(self) -> None:
        self.assertEqual(len(self.pieces[0].phrases), 5)

    def test_sections_open_and_close(self) -> None:
        phrases = self.pieces[0].phrases
        self.assertEqual([p.opens_section for p in phrases], [True, False, True, False, False])
        self.assertEqual([p.closes_section for p in phrases], [False, True, False, False, False])
        self.assertTrue(self.pieces[1].phrases[-1].closes_section)

    def test_no_chord_is_none(self) -> None:
        self.assertIsNone(self.pieces[1].phrases[0].chords[1][0])


class Pop909(unittest.TestCase):
    def test_lengths_are_counted_in_annotated_beats_and_keys_split_the_song(self) -> None:
        beats = "\n".join(f"{0.5 * i} 0 0" for i in range(16))
        chords = "0.0\t2.0\tC:maj\n2.0\t4.01\tG:7/b7\n4.01\t8.0\tD:min\n"
        first, second = read_pop909("x", chords, beats, "0.0\t4.0\tC:maj\n4.0\t8.0\tD:min\n")
        self.assertEqual([(c.root, b) for c, b in first.phrases[0].chords], [(0, 4.0), (7, 4.0)])
        self.assertEqual([(c.root, b) for c, b in second.phrases[0].chords], [(2, 8.0)])
        self.assertIn("ionian", first.modes)
        self.assertIn("dorian", second.modes)


def lead_sheet(fifths: int, *harmonies: tuple[str, str]) -> ElementTree.Element:
    measures = "".join(
        f"<measure><attributes><divisions>2</divisions><key><fifths>{fifths}</fifths></key></attributes>"
        f"<harmony><root><root-step>{step}</root-step></root><kind>{kind}</kind></harmony>"
        "<note><rest/><duration>6</duration></note><note><chord/><duration>6</duration></note>"
        "<note><duration>2</duration></note></measure>"
        for step, kind in harmonies
    )
    return ElementTree.fromstring(f"<score-partwise><part>{measures}</part></score-partwise>")


class MusicXml(unittest.TestCase):
    def test_harmonies_last_until_the_next(self) -> None:
        (piece,) = read_musicxml("x", lead_sheet(0, ("C", "major"), ("G", "dominant")))
        self.assertEqual(piece.tonic, 0)
        self.assertEqual(
            [(c.root, c.colour, b) for c, b in piece.phrases[0].chords], [(0, "triad", 4.0), (7, "seventh", 4.0)]
        )

    def test_an_end_on_the_relative_minor_makes_it_the_tonic(self) -> None:
        (piece,) = read_musicxml("x", lead_sheet(0, ("E", "dominant"), ("A", "minor")))
        self.assertEqual(piece.tonic, 9)


class Counting(unittest.TestCase):
    def test_repeats_are_one_visit_and_silence_breaks_the_sequence(self) -> None:
        (piece,) = read_billboard("# tonic: C\n0\tA, | C:maj | C:maj | F:maj | G:maj | N | C:maj |\n9\tend\n")
        counts = count_piece(piece)
        self.assertEqual(counts.visits["ionian", 0], 2)
        self.assertEqual(dict(counts.pairs), {("ionian", 0, 3): 1, ("ionian", 3, 4): 1})
        self.assertEqual(dict(counts.triples), {("ionian", 0, 3, 4): 1})
        self.assertEqual(counts.firsts["ionian", 0], 1)
        self.assertEqual(counts.beats["ionian", 8], 1)
        self.assertFalse(counts.endings)  # what came before the silence did not lead to the last chord

    def test_a_piece_that_never_comes_home_is_set_aside(self) -> None:
        (piece,) = read_billboard("# tonic: C\n0\tA, | F:maj | G:maj | A:min | F:maj |\n")
        counts = count_piece(piece)
        self.assertEqual(sum(counts.set_aside.values()), 1)
        self.assertFalse(counts.visits)

    def test_lengths_go_to_the_nearest_value_in_ratio(self) -> None:
        self.assertEqual([nearest_beats(b) for b in (0.5, 1, 2.4, 5, 7, 12, 40)], [1, 1, 2, 6, 8, 16, 16])


if __name__ == "__main__":
    unittest.main()
