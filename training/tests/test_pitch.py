# SPDX-License-Identifier: Apache-2.0
import sys
import unittest
from pathlib import Path

TRAINING = Path(__file__).resolve().parents[1]
# Last: render.py, train.py and settle.py are those of beats/ for the other tests.
sys.path += [str(TRAINING / "pitch"), str(TRAINING)]

try:
    import numpy as np
except ImportError as missing:  # training wants it, building does not
    raise unittest.SkipTest("numpy is not here") from missing

from voices import CONTROL, HOP, RATE, harmonics, voice  # noqa: E402


class Voices(unittest.TestCase):
    def test_the_recurrence_is_a_sum_of_sines(self) -> None:
        phase = 2 * np.pi * np.cumsum(np.full(20 * CONTROL, 200.0)) / RATE
        amplitudes = np.array([[1.0], [0.5], [0.0], [0.25]]) * np.ones((1, 21))
        wanted = sum(a * np.sin((n + 1) * phase) for n, a in enumerate((1.0, 0.5, 0.0, 0.25)))
        np.testing.assert_allclose(harmonics(phase, amplitudes), wanted, atol=1e-9)

    def test_the_same_seed_gives_the_same_voice(self) -> None:
        one, again, other = (voice(np.random.default_rng(seed), 1.3) for seed in (4, 4, 5))
        np.testing.assert_array_equal(one.sound, again.sound)
        np.testing.assert_array_equal(one.hertz, again.hertz)
        self.assertFalse(np.array_equal(one.sound, other.sound))

    def test_the_sound_repeats_after_the_period_that_the_label_says(self) -> None:
        checked = 0
        for seed in range(6):
            one = voice(np.random.default_rng(seed), 2.0)
            self.assertEqual(len(one.sound), len(one.hertz) * HOP)
            for frame in range(10, len(one.hertz) - 10, 7):
                steady = one.hertz[frame - 3 : frame + 4]
                if one.sure[frame] < 1.0 or steady.min() <= 0 or steady.max() > 1.01 * steady.min() or steady[3] > 400:
                    continue
                period = round(RATE / steady[3])
                part = one.sound[frame * HOP - period : frame * HOP + 2 * period]
                likeness = np.corrcoef(part[:-period], part[period:])[0, 1]
                half = np.corrcoef(part[: -(period // 2)], part[period // 2 :])[0, 1]
                checked += 1
                self.assertGreater(likeness, half - 0.05, (seed, frame))
        self.assertGreater(checked, 20)

    def test_what_has_no_label_is_quiet(self) -> None:
        for seed in range(6):
            one = voice(np.random.default_rng(seed), 2.0)
            self.assertLess((one.hertz > 0).mean(), 1.0)
            self.assertTrue(np.isin(one.sure, (0.2, 1.0)).all())
            self.assertTrue(((one.hertz == 0) | ((one.hertz > 55) & (one.hertz < 1760))).all())


class Labels(unittest.TestCase):
    def setUp(self) -> None:
        try:
            from clips import labelled
        except (ImportError, OSError) as missing:
            self.skipTest(f"{missing}")
        self.labelled = labelled

    def test_an_instrument_is_labelled_by_what_sounds_near_the_note(self) -> None:
        said = np.zeros((100, 2))
        said[:, 0], said[:, 1] = 440.0 * 2.0 ** (0.2 / 12), 1.0  # twenty cents sharp
        said[30, 0] = 220.0  # heard an octave low for a moment
        said[70:, :] = 0.0
        hertz, sure = self.labelled(said, [(0.1, 0.6, 69)])
        np.testing.assert_allclose(hertz[15:58], 440.0 * 2.0 ** (0.2 / 12))
        self.assertTrue((sure[15:58] == 1.0).all())
        self.assertTrue((hertz[75:] == 0).all() and (sure[75:] == 1.0).all())
        self.assertTrue((sure[60:69] == 0.0).all(), "it rings on: nobody knows")

    def test_a_sample_of_another_pitch_than_its_note_is_left_out(self) -> None:
        said = np.full((100, 2), 1.0)
        said[:, 0] = 880.0
        _, sure = self.labelled(said, [(0.1, 0.6, 69)])
        self.assertEqual(sure[15:58].max(), 0.0)


if __name__ == "__main__":
    unittest.main()
