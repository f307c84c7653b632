# SPDX-License-Identifier: Apache-2.0
import importlib.util
import sys
import unittest
from pathlib import Path
from xml.etree import ElementTree

TRAINING = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TRAINING / "melody"), str(TRAINING / "harmony"), str(TRAINING)]

from chords import parse_label  # noqa: E402
from melodies import Melody, Tone, on_grid, read_lead_sheet, read_pop909_melody  # noqa: E402
from midi import TempoMap, Track  # noqa: E402

spec = importlib.util.spec_from_file_location("melody_estimate", TRAINING / "melody" / "estimate.py")
estimate = importlib.util.module_from_spec(spec)
sys.modules["melody_estimate"] = estimate
spec.loader.exec_module(estimate)


def track(events: bytes) -> bytes:
    return b"MTrk" + len(events).to_bytes(4, "big") + events


# Two tracks at 60 BPM, 4 ticks a quarter: C for a beat, E for half a beat on the second beat.
SONG = (
    b"MThd\0\0\0\6\0\1\0\2\0\4"
    + track(b"\0\xff\x51\3\x0f\x42\x40")
    + track(b"\0\xff\3\6MELODY\0\x90\x3c\x40\4\x80\x3c\0\0\x90\x40\x40\2\x80\x40\0")
)
BEATS = "".join(f"{i}.0 {float(i % 2 == 0)} {float(i % 4 == 0)}\n" for i in range(9))


class Time(unittest.TestCase):
    def test_tempo_changes_add_up(self) -> None:
        tempo = TempoMap([Track(tempi=[(0.0, 0.5), (4.0, 1.0)])])
        self.assertEqual([tempo.seconds(b) for b in (0.0, 2.0, 4.0, 6.0)], [0.0, 1.0, 2.0, 4.0])

    def test_time_between_beats_is_shared_out(self) -> None:
        self.assertEqual(on_grid([1.0, 2.0, 4.0], 3.0), 1.5)
        self.assertIsNone(on_grid([1.0, 2.0], 0.5))
        self.assertIsNone(on_grid([1.0, 2.0], 2.0))


class Readers(unittest.TestCase):
    def test_a_pop909_melody_lands_on_sixteenths_with_its_chords(self) -> None:
        melody = read_pop909_melody("x", SONG, "0.0 1.0 C:maj\n1.0 8.0 F:maj\n", BEATS, "0.0 8.0 C:maj")
        self.assertEqual(
            [(t.start, t.length, t.pitch, t.chord.root) for t in melody.tones], [(0, 4, 60, 0), (4, 2, 64, 5)]
        )
        self.assertEqual((melody.tonic, melody.mode), (0, "ionian"))

    def test_bars_of_another_length_hold_no_tone(self) -> None:
        beats = "".join(f"{i}.0 0.0 {float(i in (0, 3, 7))}\n" for i in range(9))
        self.assertIsNone(read_pop909_melody("x", SONG, "0.0 8.0 C:maj\n", beats, "0.0 8.0 C:maj"))

    def test_ties_are_joined_and_an_upbeat_comes_before_the_grid(self) -> None:
        def note(step: str, quarters: int, tie: str = "") -> str:
            return (
                f"<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>{quarters}</duration>{tie}</note>"
            )

        sheet = (
            "<score-partwise><part><measure><attributes><divisions>1</divisions><key><fifths>0</fifths></key>"
            "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>" + note("G", 1) + "</measure><measure>"
            "<harmony><root><root-step>C</root-step></root><kind>major</kind></harmony>"
            + note("E", 2) + note("C", 2, '<tie type="start"/>') + "</measure><measure>"
            + note("C", 4, '<tie type="stop"/>') + "</measure></part></score-partwise>"
        )  # fmt: skip
        melody = read_lead_sheet("x", ElementTree.fromstring(sheet))
        self.assertEqual([(t.start, t.length, t.pitch) for t in melody.tones], [(-4, 4, 67), (0, 8, 64), (8, 24, 60)])
        self.assertIsNone(melody.tones[0].chord)
        self.assertEqual(melody.tones[2].chord.root, 0)


class Counting(unittest.TestCase):
    def test_positions_of_the_bar(self) -> None:
        names = [estimate.POSITIONS[estimate.position(step)] for step in (0, 16, 8, 4, 12, 2, 3, -4)]
        self.assertEqual(
            names, ["downbeat", "downbeat", "half_bar", "weak_beat", "weak_beat", "offbeat", "sixteenth", "weak_beat"]
        )

    def test_motions(self) -> None:
        self.assertEqual([estimate.motion(i) for i in (-7, -3, -2, -1, 0, 1, 2, 3, 7)], [0, 0, 1, 1, 2, 3, 3, 4, 4])

    def test_scale_steps_run_through_octaves_and_leave_chromatic_notes_out(self) -> None:
        steps = [estimate.scale_step(p, 2, "dorian") for p in (62, 64, 74, 65, 66)]  # D E D' F F#
        self.assertEqual([s - steps[0] if s is not None else None for s in steps], [0, 1, 7, 2, None])

    def test_a_rest_of_half_a_bar_begins_a_new_phrase(self) -> None:
        chord = parse_label("C:maj")
        tones = [Tone(4 * i, 4, pitch, chord) for i, pitch in enumerate((60, 62, 64, 65))]
        joined = estimate.count_melody(Melody("x", "x", 0, "ionian", tones))
        self.assertEqual(sum(joined.intervals.values()), 2)
        apart = [Tone(t.start + (8 if i > 1 else 0), 4, t.pitch, chord) for i, t in enumerate(tones)]
        self.assertEqual(sum(estimate.count_melody(Melody("x", "x", 0, "ionian", apart)).intervals.values()), 0)
        self.assertEqual(joined.under_chord[0, "chord"], 1)
        self.assertEqual(joined.under_chord[2, "scale"], 2)

    def test_context_pays_where_the_data_need_it(self) -> None:
        tones = [Tone(2 * i, 2, (60, 62, 64, 62)[i % 4], None) for i in range(200)]
        folds = [estimate.count_melody(Melody("x", "x", 0, "ionian", tones)) for _ in range(2)]
        result = estimate.cross_validate(folds)
        self.assertLess(result["given both"], result["interval alone"])


if __name__ == "__main__":
    unittest.main()
