# SPDX-License-Identifier: Apache-2.0
"""What happens to music between the players and the listener: mixing, rooms, compression, tape, codecs, crowds, talk."""

from __future__ import annotations

import random

import numpy as np
from synthesiser import BASS, CHORDS, DRUMS, LEAD, RATE


def decibels(value: float) -> float:
    return 10.0 ** (value / 20.0)


def fast_length(count: int) -> int:
    """The next product of small primes that is even."""
    best = 1 << (count - 1).bit_length()
    for odd in (3, 5, 9, 15, 27, 45):
        power = odd
        while power < count:
            power *= 2
        best = min(best, power)
    return best


def balance(dice: random.Random, classical: bool) -> np.ndarray:
    """Gains of the buses. Now and then one is taken away, the drums most of all: beats are heard without them, too."""
    gains = np.array([decibels(dice.gauss(0.0, 4.0)) for _ in range(4)], np.float32)
    fate = dice.random()
    if classical:
        return gains
    if fate < 0.18:
        gains[DRUMS] = 0.0
    elif fate < 0.28:
        gains[DRUMS] *= decibels(-14.0)
    elif fate < 0.34:
        gains[BASS] = 0.0
    elif fate < 0.38:
        gains[LEAD] = 0.0
    elif fate < 0.41:
        gains[CHORDS] = gains[LEAD] = 0.0
    elif fate < 0.50:
        gains[LEAD] *= decibels(8.0)
    elif fate < 0.55:
        gains[DRUMS] *= decibels(8.0)
    return gains


def response(dice: random.Random, grid: np.ndarray) -> np.ndarray:
    """Gain of each frequency: a tilt, two bells, and what cheap gear, old records and codecs leave out."""
    octaves = np.log2(np.maximum(grid, 20.0) / 1_000.0)
    gain = octaves * dice.gauss(0.0, 1.2)
    for _ in range(2):
        gain += dice.gauss(0.0, 4.0) * np.exp(-(((octaves - dice.uniform(-4.0, 3.5)) / dice.uniform(0.4, 1.5)) ** 2))
    shape = 10.0 ** (gain / 20.0)
    fate = dice.random()
    if fate < 0.45:
        shape *= grid < 11_025.0  # kept at half the usual rate
    elif fate < 0.60:
        shape *= grid < dice.choice((15_500.0, 16_000.0, 12_000.0))
    elif fate < 0.70:
        shape /= np.sqrt(1.0 + (grid / dice.uniform(3_000.0, 8_000.0)) ** 6)
    if dice.random() < 0.15:
        shape *= 1.0 / np.sqrt(1.0 + (dice.uniform(60.0, 250.0) / np.maximum(grid, 1.0)) ** 6)
    return shape


def room(dice: random.Random, noise: np.random.Generator, classical: bool) -> np.ndarray | None:
    """The sound of a clap in it: the clap itself, then noise that dies away, the treble sooner."""
    if dice.random() > (0.8 if classical else 0.45):
        return None
    decay = dice.uniform(0.5, 2.2) if classical else dice.uniform(0.15, 1.2)
    count = int(RATE * min(decay, 1.5))
    time = np.arange(count) / RATE
    tail = noise.standard_normal(count) * 10.0 ** (-3.0 * time / decay)
    tail = 0.6 * tail + 0.4 * np.roll(tail, 1) if dice.random() < 0.7 else tail
    tail[: int(RATE * dice.uniform(0.002, 0.03))] = 0.0
    tail *= dice.uniform(0.05, 0.7 if classical else 0.45) / np.sqrt((tail**2).sum())
    tail[0] += 1.0
    return tail


def compressed(dice: random.Random, sound: np.ndarray) -> np.ndarray:
    block = 441
    count = len(sound) // block
    power = (sound[: count * block].reshape(count, block) ** 2).mean(axis=1) + 1e-10
    level = 10.0 * np.log10(power)
    threshold = np.percentile(level, dice.uniform(30.0, 80.0))
    ratio = dice.uniform(1.5, 8.0)
    wanted = -np.maximum(0.0, level - threshold) * (1.0 - 1.0 / ratio)
    release = dice.uniform(3.0, 40.0)
    gain, now = np.zeros(count + 2), 0.0
    for index in range(count):
        now = min(wanted[index], now + (0.0 - now) / release) if wanted[index] > now else 0.4 * now + 0.6 * wanted[index]
        gain[index + 1] = now
    gain[0], gain[-1] = gain[1], gain[-2]
    smooth = np.interp(np.arange(len(sound)), (np.arange(count + 2) - 0.5) * block, gain)
    return sound * 10.0 ** (smooth / 20.0)


def coloured(noise: np.random.Generator, count: int, exponent: float) -> np.ndarray:
    """Noise whose power falls with frequency to this exponent."""
    length = fast_length(count)
    spectrum = np.fft.rfft(noise.standard_normal(length))
    spectrum *= np.maximum(np.fft.rfftfreq(length, 1 / RATE), 20.0) ** (-exponent / 2.0)
    sound = np.fft.irfft(spectrum)[:count]
    return sound / np.sqrt((sound**2).mean())


def slow_curve(noise: np.random.Generator, count: int, rate: float) -> np.ndarray:
    """A random walk between 0 and 1 that turns `rate` times a second."""
    points = noise.random(int(count / RATE * rate) + 4)
    return np.interp(np.arange(count) * rate / RATE, np.arange(len(points)), points)


def crowd(noise: np.random.Generator, count: int) -> np.ndarray:
    body = coloured(noise, count, noise.uniform(0.6, 1.6))
    return body * (0.3 + slow_curve(noise, count, 0.4)) * (0.7 + 0.6 * slow_curve(noise, count, 6.0))


def talk(noise: np.random.Generator, count: int) -> np.ndarray:
    """Syllables that say nothing: a buzz whose pitch wanders through formants that jump, with pauses."""
    pitch = noise.uniform(90.0, 220.0) * 2.0 ** (0.5 * (slow_curve(noise, count, 3.0) - 0.5))
    phase = np.cumsum(pitch) / RATE
    buzz = 2.0 * (phase % 1.0) - 1.0 + 0.2 * noise.standard_normal(count)
    rate = noise.uniform(3.5, 6.5)
    syllables = np.clip(3.0 * slow_curve(noise, count, rate) - 1.0, 0.0, 1.0)
    length = fast_length(count)
    spectrum, grid = np.fft.rfft(buzz, length), np.fft.rfftfreq(length, 1 / RATE)
    out = np.zeros(count)
    for _ in range(3):
        centre = noise.uniform(300.0, 3_000.0)
        band = np.fft.irfft(spectrum * np.exp(-(((grid - centre) / (0.2 * centre)) ** 2)))[:count]
        out += band * slow_curve(noise, count, rate)
    out *= syllables * (slow_curve(noise, count, 0.5) > 0.35)
    return out / (np.sqrt((out**2).mean()) + 1e-9)


def mixed(buses: np.ndarray, seed: str, classical: bool) -> np.ndarray:
    """One recording of what was played; another seed is another recording."""
    dice = random.Random(seed)
    noise = np.random.default_rng(dice.randrange(2**32))
    sound = np.tensordot(balance(dice, classical), buses, 1)
    if not np.any(sound):
        sound = buses.sum(axis=0)
    count = len(sound)
    tail = room(dice, noise, classical)
    length = fast_length(count + (0 if tail is None else len(tail)))
    grid = np.fft.rfftfreq(length, 1 / RATE)
    spectrum = np.fft.rfft(sound, length) * response(dice, grid)
    if tail is not None:
        spectrum *= np.fft.rfft(tail, length)
    sound = np.fft.irfft(spectrum)[:count]
    if dice.random() < (0.15 if classical else 0.55):
        sound = compressed(dice, sound)
    loudness = np.sqrt((sound**2).mean()) + 1e-9
    sound /= loudness
    if dice.random() < 0.3 and not classical:
        drive = dice.uniform(0.3, 1.2)
        sound = np.tanh(drive * sound) / drive
    if dice.random() < 0.45:
        sound = sound + coloured(noise, count, dice.uniform(0.0, 1.5)) * decibels(-dice.uniform(18.0, 50.0))
    if dice.random() < 0.07:
        sound = sound + crowd(noise, count) * decibels(-dice.uniform(4.0, 20.0))
    if dice.random() < 0.10:
        sound = sound + talk(noise, count) * decibels(-dice.uniform(0.0, 15.0))
    return (0.1 * sound).astype(np.float32)
