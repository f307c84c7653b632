# SPDX-License-Identifier: Apache-2.0
"""The 8-bit variants of networks."""

import pathlib
import random
import struct
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from quantise import fields, quantised, quantise, read_tensor, tensor  # noqa: E402


class Quantise(unittest.TestCase):
    def test_rounds_each_slice_to_its_own_scale(self):
        random.seed(1)
        for shape, axis_size, inner in (([4, 6], 4, 6), ([2, 3, 5], 3, 5), ([1, 6, 2], 6, 2)):
            count = shape[0] * shape[1] * (shape[2] if len(shape) > 2 else 1)
            numbers = tuple(struct.unpack("<f", struct.pack("<f", random.gauss(0, 1)))[0] for _ in range(count))
            small, scale, _ = quantised("w", shape, numbers)
            _, sizes, scales = read_tensor(scale)
            self.assertEqual(sizes, [axis_size])
            raw = next(value for tag, value, _ in fields(small) if tag == 9)
            for i, x in enumerate(struct.unpack(f"<{count}b", raw)):
                step = scales[i // inner % axis_size]
                self.assertLessEqual(abs(x * step - numbers[i]), 0.501 * step)

    def test_leaves_small_tables_and_other_types_alone(self):
        self.assertIsNone(read_tensor(tensor("n", [1], 7, bytes(8))))
        toy = (pathlib.Path(__file__).resolve().parents[2] / "tests/nn/models/toy-live.onnx").read_bytes()
        self.assertEqual(quantise(toy), toy)


if __name__ == "__main__":
    unittest.main()
