#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes fuzz/corpus/waveform_peaks by the layout in media/waveform_peaks.hpp. Usage: make_peaks_corpus.py [FOLDER]."""

import pathlib
import struct
import sys


def document(bits: int, channels: int, frames: int, stretches: list[int]) -> bytes:
    size = 3 * channels * bits // 8
    counts = [-(-frames // stretch) for stretch in stretches]
    head = b"APKS" + struct.pack("<HBBdQII", 1, bits, channels, 44100.0, frames, len(stretches), 0)
    offset, entries, points = len(head) + 16 * len(stretches), b"", b""
    for stretch, count in zip(stretches, counts):
        entries += struct.pack("<IIQ", stretch, count, offset + len(points))
        level = bytes(i % 127 for i in range(count * size))
        points += level + bytes(-len(level) % 4)
    return head + entries + points


def main() -> int:
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus/waveform_peaks")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mono8.bin").write_bytes(document(8, 1, 1000, [16, 64, 256, 1024]))
    (folder / "stereo16.bin").write_bytes(document(16, 2, 500, [16, 64, 256, 1024]))
    (folder / "nothing.bin").write_bytes(document(8, 1, 0, [256]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
