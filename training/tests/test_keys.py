# SPDX-License-Identifier: Apache-2.0
import importlib.util
import random
import sys
import unittest
from pathlib import Path

TRAINING = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TRAINING / folder) for folder in ("keys", "beats", "harmony")] + [str(TRAINING)]

import songs  # noqa: E402
from chords import parse_label  # noqa: E402
from pieces import Arranger  # noqa: E402
from relations import relation, weigh  # noqa: E402
from styles import STYLES  # noqa: E402


def chords(*labels: str) -> list:
    return [(parse_label(label), 4.0) for label in labels]


class Modes(unittest.TestCase):
    def test_the_third_over_the_tonic_says_major_or_minor(self) -> None:
        self.assertFalse(songs.mode_of(chords("C", "F", "G", "C"), 0))
        self.assertTrue(songs.mode_of(chords("A:min", "D:min", "E:7", "A:min"), 9))
        self.assertFalse(songs.mode_of(chords("E:7", "A:7", "E:7", "B:7"), 4))

    def test_without_a_third_the_scale_says_it(self) -> None:
        self.assertTrue(songs.mode_of(chords("E:5", "G", "D", "E:5"), 4))

    def test_a_tonic_that_nothing_bears_out_is_not_believed(self) -> None:
        self.assertIsNone(songs.mode_of(chords("D:min", "G", "A:min", "F"), 0))
        self.assertIsNone(songs.mode_of(chords("C", "C:min", "C", "C:min"), 0))
        self.assertIsNone(songs.mode_of(chords("C", "F#", "B", "E", "G#"), 0))


class Songs(unittest.TestCase):
    def test_what_is_made_up_begins_on_its_tonic_or_leads_there(self) -> None:
        for seed in range(40):
            song = songs.made_up(random.Random(seed), 4, 96)
            self.assertEqual(song.keys[0][0], 0.0)
            for start, tonic, minor in song.keys:
                root = next(root for at, root, _, _ in song.chords if at >= start)
                self.assertIn((root - tonic) % 12, (0, 2), f"{seed}: minor {minor}")

    def test_moving_moves_chords_notes_and_key_alike(self) -> None:
        for seed in range(20):
            dice = random.Random(seed)
            song = songs.made_up(dice, 4, 96)
            song.keys = song.keys[:1]
            song.notes = songs.sung(dice, song)
            other = songs.moved(random.Random(seed), song)
            at, tonic, minor = other.keys[-1]
            by = (tonic - song.keys[0][1]) % 12
            self.assertGreater(by, 0)
            self.assertEqual(minor, song.keys[0][2])
            for before, after in zip(song.chords, other.chords):
                self.assertEqual((after[1] - before[1]) % 12, by if before[0] >= at - 0.05 else 0)
            for before, after in zip(song.notes, other.notes):
                self.assertEqual((after.pitch - before.pitch) % 12, by if before.start >= at - 0.05 else 0)

    def test_an_excerpt_begins_with_the_chord_and_key_that_sound_there(self) -> None:
        song = songs.made_up(random.Random(3), 4, 128)
        song.keys = [(0.0, 2, False), (64.0, 9, True)]
        part = songs.excerpt(song, 66, 32)
        self.assertEqual(part.keys, [(0.0, 9, True)])
        sounding = [chord for chord in song.chords if chord[0] <= 66][-1]
        self.assertEqual(part.chords[0][1:], sounding[1:])
        self.assertEqual(part.chords[0][0], 0.0)
        self.assertEqual(len(part.positions), 32)

    def test_a_melody_stays_near_its_key(self) -> None:
        inside = total = 0
        for seed in range(20):
            dice = random.Random(seed)
            song = songs.made_up(dice, 4, 96)
            song.keys = song.keys[:1]
            tonic = song.keys[0][1]
            notes = songs.sung(dice, song)
            total += len(notes)
            inside += sum((note.pitch - tonic) % 12 in (0, 2, 3, 4, 5, 7, 8, 9, 10, 11) for note in notes)
        self.assertGreater(total, 500)
        self.assertGreater(inside, 0.95 * total)

    def test_a_band_plays_in_the_keys_that_are_labelled(self) -> None:
        for seed in range(20):
            dice = random.Random(seed)
            song = songs.made_up(dice, 4, 160)
            arranger = Arranger([], [], [])
            arranger._groove = lambda dice: []
            played = arranger.arranged(dice, song, STYLES[0], "made up", 120.0, 60.0)
            self.assertEqual([minor for *_, minor in played.keys], [key[2] for key in song.keys][: len(played.keys)])
            moved = {(there[1] - here[1]) % 12 for there, here in zip(played.keys, song.keys)}
            self.assertEqual(len(moved), 1)
            self.assertEqual([at for at, *_ in played.keys], sorted(at for at, *_ in played.keys))


class Relations(unittest.TestCase):
    def test_are_those_of_mirex(self) -> None:
        self.assertEqual(relation(0, 0), "right")
        self.assertEqual([relation(0, 7), relation(0, 5), relation(12, 19)], ["fifth"] * 3)
        self.assertEqual([relation(0, 21), relation(21, 0)], ["relative"] * 2)
        self.assertEqual([relation(3, 15), relation(15, 3)], ["parallel"] * 2)
        self.assertEqual(relation(0, 6), "wrong")
        self.assertEqual([weigh(0, key) for key in (0, 7, 5, 21, 12, 1)], [1.0, 0.5, 0.0, 0.3, 0.2, 0.0])


@unittest.skipUnless(importlib.util.find_spec("numpy"), "numpy is not installed")
class Lessons(unittest.TestCase):
    def test_a_step_is_of_the_key_in_its_middle_and_is_asked_for_three_later(self) -> None:
        import numpy as np
        from lessons import FRAMES, HOP, KEYS, LAG, Rendered, targets

        second = FRAMES * HOP
        keys = np.array([[0.2, 2, 0], [10.4 * second, 9, 1]], np.float32)
        labels = Rendered(np.zeros((1, 20 * FRAMES, 24), np.float16), keys, "").labels(20 * FRAMES)
        self.assertEqual(list(labels), [2] * 10 + [21] * 10)
        wanted, weights = targets(labels)
        self.assertEqual(int(wanted[9 + LAG].argmax()), 2)
        self.assertEqual(int(wanted[10 + LAG].argmax()), 21)
        self.assertTrue(weights.all())
        drums = targets(np.full(4, KEYS))[0]
        np.testing.assert_allclose(drums, 1.0 / KEYS)

    @unittest.skipUnless(importlib.util.find_spec("torch"), "torch is not installed")
    def test_a_semitone_in_is_a_semitone_out_and_a_stream_is_as_a_whole(self) -> None:
        import torch
        from lessons import FRAMES
        from network import KeyNetwork, KeyStep

        torch.manual_seed(1)
        network = KeyNetwork().eval()
        frames = torch.rand(1, 8 * FRAMES, 24)

        def turned(x, by: int):  # noqa: ANN001, ANN202
            return x.reshape(1, -1, 2, 12).roll(by, -1).reshape(1, -1, 24)

        with torch.no_grad():
            whole = network(frames)
            self.assertLess(float((network(turned(frames, 3)) - turned(whole, 3)).abs().max()), 1e-5)
            step, states = KeyStep(network), network.states()
            for n in range(8):
                said, *states = step(frames[:, n * FRAMES : (n + 1) * FRAMES], *states)
                self.assertLess(float((said - torch.log_softmax(whole[:, n], -1)).abs().max()), 1e-5)


if __name__ == "__main__":
    unittest.main()
