#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Synthesises singing voices whose pitch is known exactly, as a dataset: audio/ and f0/.

Usage: voices.py OUTPUT_FOLDER

A glottal pulse train through four formants (vowels that change), with vibrato, glides, leaps of an octave, rests,
breath and, in half of the clips, a noisy room at 20 dB below the voice. Seeded: the same Python makes the same files.
f0/ has a line each 10 ms: time, and Hz, 0 where the voice rests. Standard library only.
"""

import array
import math
import pathlib
import random
import sys
import wave

RATE = 44100
SECONDS = 8.0
HOP = 441
SEED = 1977
TABLE = 1024
# Formants in Hz (Peterson and Barney 1952, rounded) of a, e, i, o, u; scaled by the singer.
VOWELS = [(730, 1090, 2440, 3400), (530, 1840, 2480, 3500), (270, 2290, 3010, 3600), (570, 840, 2410, 3300),
          (300, 870, 2240, 3300)]
BANDWIDTHS = (80.0, 100.0, 140.0, 200.0)
# name, lowest and highest note (MIDI), formant scale, vibrato in cents
SINGERS = [("bass", 38, 52, 0.92, 30), ("tenor", 48, 64, 0.97, 60), ("alto", 55, 70, 1.08, 50),
           ("soprano", 62, 79, 1.16, 80)]


def pulse_table(harmonics: int) -> list[float]:
    """One period, harmonics falling by 12 dB an octave, as a relaxed glottis has it."""
    table = []
    for i in range(TABLE):
        angle = 2 * math.pi * i / TABLE
        table.append(sum(math.sin(k * angle + 0.3 * k) / (k * k) for k in range(1, harmonics + 1)))
    return table + table[:1]


def melody(source: random.Random, low: int, high: int, vibrato: float) -> list[float]:
    """Hz of every sample; 0 in rests."""
    hertz: list[float] = []
    note = (low + high) // 2
    while len(hertz) < int(RATE * SECONDS):
        if source.random() < 0.2:
            hertz += [0.0] * int(RATE * source.uniform(0.15, 0.5))
        step = source.choice([-12, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 7, 12])
        target = note + step if low <= note + step <= high else note - step
        target = min(max(target, low), high)
        length = int(RATE * source.uniform(0.25, 0.9))
        glide = int(RATE * source.uniform(0.02, 0.12))
        rate, depth = source.uniform(4.5, 6.5), vibrato * source.uniform(0.3, 1.0)
        for i in range(length):
            place = note + (target - note) * min(1.0, i / glide)
            sway = depth / 100.0 * math.sin(2 * math.pi * rate * i / RATE) * min(1.0, 2.0 * i / length)
            hertz.append(440.0 * 2 ** ((place + sway - 69) / 12))
        note = target
    return hertz[: int(RATE * SECONDS)]


def sing(source: random.Random, low: int, high: int, scale: float, vibrato: float, noise: float) -> tuple[list, list]:
    hertz = melody(source, low, high, vibrato)
    tables = {n: pulse_table(n) for n in (12, 24, 48)}
    sound = []
    phase, level = 0.0, 0.0
    coefficients: list = []
    memory = [[0.0, 0.0] for _ in BANDWIDTHS]
    for i, f0 in enumerate(hertz):
        if i % (RATE // 2) == 0:
            vowel = source.choice(VOWELS)
            coefficients = []
            for formant, width in zip(vowel, BANDWIDTHS):
                radius = math.exp(-math.pi * width / RATE)
                a1, a2 = -2 * radius * math.cos(2 * math.pi * formant * scale / RATE), radius * radius
                coefficients.append((1 + a1 + a2, a1, a2))
        level += ((1.0 if f0 > 0 else 0.0) - level) * 0.002  # attacks and ends within some 10 ms
        sample = 0.0
        if f0 > 0:
            phase = (phase + f0 / RATE) % 1.0
            table = tables[48 if f0 < 300 else 24 if f0 < 600 else 12]
            place = phase * TABLE
            index = int(place)
            sample = table[index] + (place - index) * (table[index + 1] - table[index])
        sample = level * (sample + source.gauss(0.0, 0.01))
        for (gain, a1, a2), old in zip(coefficients, memory):
            sample = gain * sample - a1 * old[0] - a2 * old[1]
            old[1], old[0] = old[0], sample
        sound.append(sample)
    loudest = max(abs(s) for s in sound)
    mean = math.sqrt(sum(s * s for s in sound) / len(sound)) / loudest
    return [0.7 * s / loudest + source.gauss(0.0, 0.7 * mean * noise) for s in sound], hertz


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    for name in ("audio", "f0"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(12):
        name, low, high, scale, vibrato = SINGERS[number % len(SINGERS)]
        source = random.Random(SEED + number)
        sound, hertz = sing(source, low, high, scale, vibrato, 0.1 if number % 2 else 0.0005)
        stem = f"{name}{number // len(SINGERS) + 1}"
        with wave.open(str(folder / "audio" / f"{stem}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(array.array("h", (max(-32768, min(32767, round(32767 * s))) for s in sound)).tobytes())
        lines = (f"{i / RATE:.4f} {hertz[i]:.4f}\n" for i in range(0, len(hertz), HOP))
        (folder / "f0" / f"{stem}.f0").write_text("".join(lines))


if __name__ == "__main__":
    main()
