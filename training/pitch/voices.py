# SPDX-License-Identifier: Apache-2.0
"""Voices and plain instruments whose pitch is known exactly: harmonics of a source through moving formants.

A stranger to tools/accuracy/voices.py, which measures: other vowels (drawn, not a table), another source (harmonics one
by one instead of a pulse through filters), other melodies, and speech. All is drawn from the generator that is given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RATE = 44_100
HOP = 441
CONTROL = 64  # samples between points of the curves of amplitude
HIGHEST = 14_000.0  # Hz, of harmonics


@dataclass
class Voice:
    sound: np.ndarray  # float64 [samples]
    hertz: np.ndarray  # [frames], 0 where there is no pitch
    sure: np.ndarray  # [frames] 0 to 1: how much the label is worth


def walk(dice: np.random.Generator, count: int, every: int) -> np.ndarray:
    """Smooth noise of unit deviation whose points are `every` samples apart."""
    points = dice.standard_normal(count // every + 3)
    return np.interp(np.arange(count) / every, np.arange(len(points)), points)


def sung(dice: np.random.Generator, count: int, low: float, high: float) -> tuple[np.ndarray, np.ndarray, list]:
    """MIDI pitch of every sample, the loudness of the voice (0 to 1), and (sample, samples) of consonants."""
    pitch, level, consonants = np.zeros(count), np.zeros(count), []
    note, now = dice.uniform(low, high), int(dice.uniform(0.0, 0.4) * RATE)
    pitch[:] = note
    speed = 2.0 ** dice.uniform(-1.0, 0.6)
    depth, often = dice.uniform(0.0, 1.0) * dice.choice((0.0, 0.4, 0.8)), dice.uniform(4.0, 7.0)
    legato = dice.random()
    drift = 0.08 * walk(dice, count, 20_000) + dice.uniform(0.0, 0.06) * walk(dice, count, 1_500)
    while now < count:
        step = dice.choice((-12, -7, -5, -4, -3, -2, -2, -1, 0, 1, 2, 2, 3, 4, 5, 7, 12)) + dice.normal(0.0, 0.1)
        target = note + step if low <= note + step <= high else note - step
        target = min(max(target, low), high)
        length = min(int(dice.uniform(0.12, 0.9) / speed * RATE), count - now)
        time = np.arange(length) / RATE
        glide = dice.uniform(0.01, 0.15)
        course = note + (target - note) * np.clip(time / glide, 0.0, 1.0) ** dice.uniform(0.6, 1.8)
        course += depth * np.sin(2 * np.pi * often * time + dice.uniform(0.0, 6.0)) * np.clip(time / 0.3, 0.0, 1.0)
        pitch[now:] = target
        pitch[now : now + length] = course
        attack, release = dice.uniform(0.008, 0.08), dice.uniform(0.008, 0.1)
        shape = np.clip(time / attack, 0.0, 1.0) * np.clip((length / RATE - time) / release, 0.0, 1.0)
        level[now : now + length] = shape * 10.0 ** (dice.uniform(-9.0, 0.0) / 20.0)
        if dice.random() < legato and now > 0:  # no gap before it
            begin = max(0, now - int(0.1 * RATE))
            level[begin : now + int(attack * RATE)] = np.maximum(level[begin : now + int(attack * RATE)], 0.5)
        now += length
        fate = dice.random()
        if fate < 0.25:
            consonants.append((now, int(dice.uniform(0.03, 0.16) * RATE)))
            now += consonants[-1][1]
        elif fate < 0.45:
            now += int(dice.uniform(0.05, 0.7) * RATE)
        note = target
    return pitch + drift, level, consonants


def spoken(dice: np.random.Generator, count: int, low: float, high: float) -> tuple[np.ndarray, np.ndarray, list]:
    """The same of somebody talking: phrases that fall, syllables of a quarter of a second, consonants between."""
    pitch, level, consonants = np.zeros(count), np.zeros(count), []
    middle, now = dice.uniform(low, high), int(dice.uniform(0.0, 0.3) * RATE)
    pitch[:] = middle
    lively = dice.uniform(0.7, 3.0)
    while now < count:
        length = min(int(dice.uniform(0.8, 3.0) * RATE), count - now)
        time = np.arange(length) / length
        course = middle + lively * (1.2 - 2.2 * time) + lively * walk(dice, length, int(dice.uniform(5_000, 12_000)))
        pitch[now : now + length] = course
        at = 0
        while at < length:
            syllable = int(dice.uniform(0.06, 0.3) * RATE)
            part = np.arange(min(syllable, length - at)) / syllable
            level[now + at : now + at + len(part)] = np.clip(part / 0.12, 0, 1) * np.clip((1 - part) / 0.2, 0, 1)
            level[now + at : now + at + len(part)] *= 10.0 ** (dice.uniform(-14.0, 0.0) / 20.0) * (1.1 - 0.7 * (at / length))
            at += syllable
            if dice.random() < 0.55:
                silent = int(dice.uniform(0.02, 0.13) * RATE)
                consonants.append((now + at, silent))
                at += silent
            elif dice.random() < 0.5:  # voiced all through
                level[now + max(0, at - 2_500) : min(now + at + 2_500, now + length)] += 0.15
        now += length + int(dice.uniform(0.1, 0.7) * RATE)
    return pitch, np.minimum(level, 1.0), consonants


def formants(dice: np.random.Generator, points: int, frequencies: np.ndarray) -> np.ndarray:
    """Gain of [harmonics][points] frequencies: four or five resonances that wander from vowel to vowel."""
    size = dice.uniform(0.82, 1.25)
    gain = np.ones_like(frequencies)
    syllable = int(dice.uniform(0.1, 0.8) * RATE / CONTROL)
    centres = ((260.0, 950.0), (650.0, 2_600.0), (2_100.0, 3_300.0), (3_100.0, 4_100.0), (4_200.0, 5_500.0))
    for number, (least, most) in enumerate(centres[: dice.integers(3, 6)]):
        places = dice.uniform(least, most, points // syllable + 3) * size
        centre = np.interp(np.arange(points) / syllable, np.arange(len(places)), places)
        width = dice.uniform(50.0, 130.0) * (1.0 + 0.4 * number)
        x = frequencies / centre
        gain *= 1.0 / np.sqrt((1.0 - x**2) ** 2 + (x * width / centre) ** 2)
    return gain


def shaped(noise: np.ndarray, gain: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Noise through a fixed response, at unit level."""
    spectrum = np.fft.rfft(noise)
    out = np.fft.irfft(spectrum * np.interp(np.fft.rfftfreq(len(noise), 1 / RATE), grid, gain), len(noise))
    return out / (np.sqrt((out**2).mean()) + 1e-12)


def harmonics(phase: np.ndarray, amplitudes: np.ndarray) -> np.ndarray:
    """The sum of sines h * phase with amplitudes [harmonics][points], a point every CONTROL samples, by the recurrence
    sin((h + 1) x) = 2 cos(x) sin(h x) - sin((h - 1) x)."""
    points = amplitudes.shape[1] - 1
    phase = phase[: points * CONTROL].reshape(points, CONTROL)
    ramp = np.arange(CONTROL) / CONTROL
    twice, before, now = 2.0 * np.cos(phase), np.zeros_like(phase), np.sin(phase)
    out = np.zeros_like(phase)
    for one in amplitudes:
        out += (one[:-1, None] + (one[1:] - one[:-1])[:, None] * ramp) * now
        before, now = now, twice * now - before
    return out.ravel()


def voice(dice: np.random.Generator, seconds: float) -> Voice:
    """A singer, a speaker, or a plain instrument that plays like one."""
    count = int(seconds * RATE) // (CONTROL * HOP) * CONTROL * HOP  # whole points and frames
    kind = dice.choice(("sung", "spoken", "plain"), p=(0.5, 0.3, 0.2))
    if kind == "spoken":
        place = dice.choice((42.0, 45.0, 55.0, 58.0, 64.0))
        pitch, level, consonants = spoken(dice, count, place - 3.0, place + 3.0)
    else:
        low = dice.choice((36.0, 40.0, 48.0, 55.0, 60.0)) if kind == "sung" else dice.uniform(33.0, 76.0)
        pitch, level, consonants = sung(dice, count, low, low + dice.uniform(10.0, 20.0))
    pitch = np.clip(pitch, 33.5, 91.0)  # what the network has names for
    hertz = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
    rough = dice.random() ** 3 * 0.02  # cycle to cycle
    moved = hertz * (1.0 + rough * walk(dice, count, 150)) if kind != "plain" else hertz
    phase = 2.0 * np.pi * np.cumsum(moved) / RATE
    points = count // CONTROL
    at = np.minimum(np.arange(points + 1) * CONTROL, count - 1)
    f = hertz[at]
    number = np.arange(1, max(2, min(90, int(HIGHEST / f.min()))) + 1)[:, None]
    frequencies = number * f
    tilt = dice.uniform(0.7, 3.0) if kind != "plain" else dice.uniform(0.4, 4.0)
    amplitudes = number**-tilt * np.ones_like(frequencies)
    if kind == "plain":
        amplitudes *= 10.0 ** (dice.normal(0.0, 8.0, (len(number), 1)) / 20.0)
        fate = dice.random()
        if fate < 0.2:
            amplitudes[1::2] *= 0.05  # a clarinet's
        elif fate < 0.35:
            amplitudes[0] *= dice.uniform(0.0, 0.2)
        elif fate < 0.5:
            amplitudes[1:] *= 10.0 ** (-dice.uniform(6.0, 60.0) / 20.0)  # next to a sine
    else:
        amplitudes *= formants(dice, points + 1, frequencies)
        amplitudes[0] *= 10.0 ** (dice.uniform(-8.0, 8.0) / 20.0)
    amplitudes *= (frequencies < HIGHEST) * level[at]
    if kind != "plain":  # shimmer
        amplitudes *= 1.0 + dice.uniform(0.0, 0.15) * walk(dice, points + 1, 5)
    sound = harmonics(phase, amplitudes)
    loud = np.sqrt((sound**2).sum() / (CONTROL * np.count_nonzero(level[at] > 0.03) + 1.0)) + 1e-12
    sound /= loud
    grid = np.linspace(0.0, RATE / 2.0, 300)
    breath = np.zeros(count)
    if kind != "plain" or dice.random() < 0.3:  # through about the same mouth, stronger while the glottis is open
        mouth = formants(dice, 1, grid[:, None])[:, 0] * (0.2 + grid / 4_000.0)
        breath = shaped(dice.standard_normal(count), mouth, grid) * 10.0 ** (-dice.uniform(6.0, 45.0) / 20.0)
        breath *= level * (1.0 + dice.uniform(0.0, 0.9) * np.sin(phase))
    for begin, length in consonants:
        end = min(begin + length, count)
        if end - begin < 500 or kind == "plain":
            continue
        centre = 2.0 ** dice.uniform(10.5, 13.0)
        hiss = shaped(dice.standard_normal(end - begin), np.exp(-(((grid - centre) / (0.6 * centre)) ** 2)), grid)
        breath[begin:end] += hiss * np.hanning(end - begin) * 10.0 ** (-dice.uniform(0.0, 26.0) / 20.0)
    centre = np.arange(count // HOP) * HOP
    heard = np.array([level[max(0, c - 300) : c + 300].mean() for c in centre])
    voiced = heard > 0.04
    # Around the first and last periods either answer is as good.
    sure = np.where((heard > 0.015) & (heard < 0.12), 0.2, 1.0)
    return Voice(sound + breath, np.where(voiced, hertz[centre], 0.0), sure)
