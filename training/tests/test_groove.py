# SPDX-License-Identifier: Apache-2.0
import importlib.util
import sys
import unittest
from pathlib import Path

GROOVE = Path(__file__).resolve().parents[1] / "groove"
sys.path.insert(0, str(GROOVE.parent))

from midi import Note, read_length, read_notes  # noqa: E402

# harmony has an estimate.py too, so that this one is loaded under a name of its own.
spec = importlib.util.spec_from_file_location("groove_estimate", GROOVE / "estimate.py")
estimate = importlib.util.module_from_spec(spec)
sys.modules["groove_estimate"] = estimate
spec.loader.exec_module(estimate)


def midi_file(*tracks: bytes, division: int = 480) -> bytes:
    head = b"MThd" + (6).to_bytes(4, "big") + b"\0\1" + len(tracks).to_bytes(2, "big") + division.to_bytes(2, "big")
    return head + b"".join(b"MTrk" + len(track).to_bytes(4, "big") + track for track in tracks)


class Midi(unittest.TestCase):
    def test_variable_lengths_follow_the_specification(self) -> None:
        for encoded, value in (
            (b"\x00", 0),
            (b"\x7f", 127),
            (b"\x81\x00", 128),
            (b"\xff\x7f", 16383),
            (b"\xff\xff\xff\x7f", 268435455),
        ):
            self.assertEqual(read_length(encoded, 0), (value, len(encoded)))

    def test_an_endless_length_is_refused(self) -> None:
        with self.assertRaises(ValueError):
            read_length(b"\xff\xff\xff\xff\x7f", 0)

    def test_running_status_meta_events_and_note_on_with_velocity_0(self) -> None:
        track = (
            b"\x00\xff\x51\x03\x07\xa1\x20"  # tempo
            b"\x00\x99\x24\x64"  # kick
            b"\x81\x70\x26\x50"  # 240 ticks later by running status: snare
            b"\x10\x24\x00"  # kick off, as a note-on of velocity 0
            b"\x00\xc9\x05"  # a program change has one data byte
            b"\x81\x60\x99\x2a\x40"  # hat
            b"\x00\xff\x2f\x00"
        )
        self.assertEqual(
            read_notes(midi_file(track)), [Note(0.0, 36, 100, 256 / 480), Note(0.5, 38, 80), Note(1.0, 42, 64)]
        )

    def test_tracks_are_merged_in_time(self) -> None:
        early, late = b"\x00\x99\x24\x64", b"\x83\x60\x99\x26\x64"
        self.assertEqual([n.pitch for n in read_notes(midi_file(late, early))], [36, 38])

    def test_other_files_are_refused(self) -> None:
        with self.assertRaises(ValueError):
            read_notes(b"RIFF....")


class Grid(unittest.TestCase):
    def ride(self, place: float, bars: int = 8) -> list[Note]:
        return [Note(b + phase, 51, 60) for b in range(4 * bars) for phase in (0.0, place)]

    def test_swing_is_read_off_the_offbeats(self) -> None:
        self.assertAlmostEqual(estimate.offbeat(self.ride(2 / 3)), 2 / 3)
        self.assertEqual(estimate.offbeat(self.ride(0.5)), 0.5)
        self.assertEqual(estimate.offbeat(self.ride(0.52)), 0.5)  # late, not swung

    def test_swung_eighths_fall_on_the_third_sixteenth(self) -> None:
        hits, _ = estimate.quantise(self.ride(2 / 3, bars=1), 2 / 3)
        self.assertEqual({step for _, voice, step in hits if voice == "ride"}, {0, 2, 4, 6, 8, 10, 12, 14})
        self.assertTrue(all(abs(offset) < 1e-9 for _, offset in hits.values()))

    def test_a_flam_is_one_stroke_and_a_crash_is_counted_out(self) -> None:
        hits, crashes = estimate.quantise([Note(1.0, 38, 40), Note(1.02, 38, 90), Note(0.0, 49, 100)], 0.5)
        self.assertEqual([velocity for velocity, _ in hits.values()], [90])
        self.assertEqual(crashes, 1)

    def test_a_steady_lateness_is_no_groove(self) -> None:
        hits, _ = estimate.quantise([Note(b + 0.03, 36, 60) for b in range(8)], 0.5)
        self.assertTrue(all(abs(offset) < 1e-9 for _, offset in hits.values()))

    def test_hats_and_ride_shake(self) -> None:
        hits, _ = estimate.quantise([Note(0.0, 42, 50), Note(0.0, 51, 60), Note(1.0, 36, 60)], 0.5)
        self.assertEqual({key for key in hits if key[1] == "shaker"}, {(0, "shaker", 0)})
        self.assertEqual(hits[0, "shaker", 0][0], 60)

    def test_probabilities_are_per_bar(self) -> None:
        gathered = estimate.Gathered()
        estimate.gather(gathered, [*self.ride(0.5, bars=4), Note(0.0, 36, 80), Note(8.0, 36, 60)], 100)
        table = estimate.step_table(gathered)
        self.assertEqual(gathered.bars, 4)
        self.assertEqual(table["kick"][0][0], 0.5)
        self.assertEqual(table["kick"][0][1], 70.0)
        self.assertEqual(table["ride"][2][0], 1.0)
        self.assertEqual(table["ride"][1][0], 0.0)


if __name__ == "__main__":
    unittest.main()
