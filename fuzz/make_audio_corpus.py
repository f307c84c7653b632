#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes fuzz/corpus/audio_reader: a twentieth of a second of a synthetic tone in every container that matters.

Usage: make_audio_corpus.py [FOLDER]. Needs ffmpeg; the files depend on its version, and any version's will do.
"""

import pathlib
import subprocess
import sys

TONE = "sine=frequency=440:sample_rate={rate}:duration={length}"

# File, channels, rate, seconds, how it is encoded.
FILES = [
    ("mono.wav", 1, 8000, 0.05, ["-c:a", "pcm_s16le"]),
    ("surround.wav", 6, 8000, 0.02, ["-c:a", "pcm_f32le"]),
    ("tone.w64", 2, 8000, 0.02, ["-c:a", "pcm_s24le"]),
    ("tone.aiff", 1, 8000, 0.05, []),
    ("tone.flac", 2, 22050, 0.05, ["-metadata_header_padding", "0"]),
    ("tagged.mp3", 1, 22050, 0.05, ["-b:a", "32k", "-metadata", "title=Tone", "-metadata", "artist=Sine"]),
    ("vorbis.ogg", 1, 22050, 0.05, ["-c:a", "libvorbis"]),
    ("tone.opus", 1, 48000, 0.05, ["-b:a", "24k"]),
    ("faststart.m4a", 1, 22050, 0.05, ["-c:a", "aac", "-movflags", "+faststart"]),
    ("fragmented.mp4", 1, 22050, 0.05, ["-c:a", "aac", "-movflags", "+frag_keyframe+empty_moov"]),
    ("tone.mkv", 2, 22050, 0.05, ["-c:a", "aac"]),
    ("tone.webm", 1, 48000, 0.05, ["-c:a", "libopus", "-b:a", "24k"]),
    ("tone.aac", 1, 22050, 0.05, []),
    ("tone.ts", 1, 22050, 0.05, ["-c:a", "aac"]),
]


def main() -> int:
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus/audio_reader")
    folder.mkdir(parents=True, exist_ok=True)
    for name, channels, rate, length, options in FILES:
        subprocess.run(
            ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", TONE.format(rate=rate, length=length), "-ac", str(channels),
             *options, "-fflags", "+bitexact", "-flags:a", "+bitexact", str(folder / name)],
            check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
