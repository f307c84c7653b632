# SPDX-License-Identifier: Apache-2.0
"""Clips of one voice or instrument, their labels, and what is done to them before the engine hears them."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
from voices import HOP, RATE, Voice

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "beats"))

from effects import coloured, compressed, crowd, decibels, fast_length, response, room, talk  # noqa: E402
from pieces import Arranger  # noqa: E402
from render import unpacked  # noqa: E402
from synthesiser import LEAD, Synthesiser  # noqa: E402

SIZE = 433  # numbers a frame
BANDS = 24  # bands rendered for use as accompaniment
# Of General MIDI, what plays one note at a time and keeps its pitch.
PROGRAMS = (0, 4, 11, 16, 19, 22, 24, 25, 26, 27, 29, 32, 33, 35, 38, 40, 41, 42, 43, 52, 53, 54, 56, 57, 58, 60, 64, 65, 66, 67, 68,
            70, 71, 72, 73, 74, 75, 79, 80, 81, 85)  # fmt: skip
LOWS = {32: 33, 33: 33, 35: 33, 38: 33, 43: 33, 42: 36, 57: 38, 58: 33, 67: 36, 70: 36, 72: 74, 73: 60, 11: 60}


def heard(program: Path, sound: np.ndarray, width: int, *what: str) -> np.ndarray:
    said = subprocess.run([program, *what], input=sound.astype(np.float32).tobytes(), stdout=subprocess.PIPE, check=True)
    return np.frombuffer(said.stdout, np.float32).reshape(-1, width)


def melody(dice: np.random.Generator, program: int, seconds: float) -> tuple[list, list]:
    """MIDI events, and the notes: (from, to, pitch)."""
    low = LOWS.get(program, int(dice.choice((43, 48, 55, 60))))
    high = min(low + int(dice.integers(12, 27)), 91)
    events = [(0.0, bytes((0xC0 | LEAD, program))), (0.0, bytes((0xB0 | LEAD, 7, 110)))]
    notes, now, note = [], float(dice.uniform(0.0, 0.3)), int(dice.integers(low, high + 1))
    speed = 2.0 ** dice.uniform(-1.0, 0.8)
    while now < seconds - 0.2:
        length = float(dice.uniform(0.12, 0.9)) / speed
        step = int(dice.choice((-12, -7, -5, -4, -3, -2, -2, -1, 1, 2, 2, 3, 4, 5, 7, 12)))
        note = min(max(note + step if low <= note + step <= high else note - step, low), high)
        end = min(now + length * float(dice.choice((0.6, 0.9, 0.98))), seconds)
        events += [(now, bytes((0x90 | LEAD, note, int(dice.integers(50, 120))))), (end, bytes((0x80 | LEAD, note, 0)))]
        notes.append((now, end, note))
        now += length + (float(dice.uniform(0.1, 0.6)) if dice.random() < 0.15 else 0.0)
    return events, notes


def labelled(said: np.ndarray, notes: list) -> tuple[np.ndarray, np.ndarray]:
    """Hz and worth of each frame of an instrument, from the notes and from what the tracker says of the clean sound: the
    samples of SoundFonts are out of tune, waver and ring on."""
    hertz, sure = np.zeros(len(said)), np.zeros(len(said))
    at = np.arange(len(said)) * HOP / RATE
    since = np.full(len(said), np.inf)
    for begin, end, note in notes:
        since = np.where(at >= end, at - end, np.where(at >= begin - 0.03, 0.0, since))
        inside = np.nonzero((at >= begin + 0.03) & (at <= end - 0.01))[0]
        if not len(inside):
            continue
        wanted = 440.0 * 2.0 ** ((note - 69) / 12.0)
        off = 12.0 * np.log2(np.maximum(np.abs(said[inside, 0]), 1.0) / wanted)
        near = np.abs(off) < 0.5
        if near.sum() < 0.6 * len(inside):  # not what was written: the sample is another octave, or noise
            continue
        middle = np.median(off[near])
        hertz[inside] = wanted * 2.0 ** (np.where(near, off, middle) / 12.0)
        sure[inside] = 1.0
    quiet = (said[:, 0] <= 0.0) & (said[:, 1] < 0.1) & (since > 0.1)
    sure[quiet] = 1.0
    return hertz, sure


def instrument(dice: np.random.Generator, seconds: float, synthesiser: Synthesiser, program: Path) -> tuple[Voice, str]:
    number = int(dice.choice(PROGRAMS))
    events, notes = melody(dice, number, seconds)
    sound = synthesiser.play(events, seconds)[LEAD].astype(np.float64)
    sound = sound[: len(sound) // HOP * HOP]
    loud = np.sqrt((sound**2).mean()) + 1e-9
    sound /= loud
    hertz, sure = labelled(heard(program, 0.1 * sound, 2, "signal"), notes)
    return Voice(sound, hertz, sure), f"program {number}"


def accompaniments(data: Path, folder: Path, synthesisers: dict) -> list[np.ndarray]:
    """Bands without their lead, rendered once."""
    folder.mkdir(parents=True, exist_ok=True)
    arranger, out = None, []
    for number in range(BANDS):
        kept = folder / f"{number:03d}.npy"
        if not kept.exists():
            arranger = arranger or Arranger.of(unpacked(data, folder.parent))
            piece = arranger.piece(500_000 + number, 30.0)
            buses = synthesisers[number % len(synthesisers)].play(piece.events, 30.0)
            buses[LEAD] = 0.0
            sound = buses.sum(axis=0)
            sound /= np.sqrt((sound**2).mean()) + 1e-9
            np.save(kept.with_suffix(".tmp.npy"), (0.1 * sound).astype(np.float16))
            kept.with_suffix(".tmp.npy").rename(kept)
        out.append(np.load(kept))
    return out


def degraded(one: Voice, seed: str, bands: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, str]:
    """A recording of it, the worth of its labels, and what was done to it."""
    dice = random.Random(seed)
    noise = np.random.default_rng(dice.randrange(2**32))
    sound, sure, done = one.sound, one.sure.copy(), []
    count = len(sound)
    active = np.repeat(one.hertz > 0, HOP)
    loud = np.sqrt((sound[: len(active)][active] ** 2).mean()) + 1e-9 if active.any() else 1.0
    sound = sound / loud
    clean = dice.random() < 0.2
    tail = None if clean else room(dice, noise, dice.random() < 0.3)
    length = fast_length(count + (0 if tail is None else len(tail)))
    spectrum = np.fft.rfft(sound, length)
    if tail is not None and dice.random() < 0.7:
        spectrum *= np.fft.rfft(tail, length)
        done.append("room")
        since = np.full(len(sure), 99)
        for n in range(1, len(sure)):  # what rings on in the room is no voice, but sounds like one
            since[n] = 0 if one.hertz[n] > 0 else since[n - 1] + 1
        sure[(one.hertz == 0) & (since < 30)] *= 0.5
    if not clean and dice.random() < 0.5:
        spectrum *= response(dice, np.fft.rfftfreq(length, 1 / RATE))
        done.append("response")
    sound = np.fft.irfft(spectrum)[:count]
    fate = 1.0 if clean else dice.random()
    if fate < 0.42:
        band = bands[dice.randrange(len(bands))].astype(np.float64) * 10.0
        begin = dice.randrange(len(band))
        other = np.resize(np.roll(band, -begin), count)
        ratio = dice.uniform(-2.0, 22.0)
        sound = sound + other * decibels(-ratio)
        done.append(f"band {ratio:.0f} dB")
        sure[one.hertz == 0] *= 0.5  # something else may well have a pitch there
    elif fate < 0.75:
        ratio = dice.uniform(-3.0, 30.0)
        kind = dice.random()
        other = coloured(noise, count, dice.uniform(0.0, 2.0)) if kind < 0.7 else crowd(noise, count) if kind < 0.9 else talk(noise, count)
        sound = sound + other * decibels(-ratio)
        done.append(f"noise {ratio:.0f} dB")
    if not clean and dice.random() < 0.15:
        sound = compressed(dice, sound)
        done.append("compressed")
    if not clean and dice.random() < 0.1:
        drive = dice.uniform(0.3, 1.5)
        sound = np.tanh(drive * sound) / drive
    sound = sound + noise.standard_normal(count) * decibels(-dice.uniform(45.0, 90.0))
    if dice.random() < 0.4:  # what a quiet room and its mains are like between the words
        mains = 2.0 * np.pi * dice.choice((50.0, 60.0)) * np.arange(count) / RATE
        hum = sum(dice.uniform(0.1, 1.0) * np.sin((n + 1) * mains + dice.uniform(0.0, 6.0)) for n in range(dice.randint(1, 8)))
        sound = sound + hum * decibels(-dice.uniform(35.0, 75.0))
        sound = sound + coloured(noise, count, dice.uniform(0.5, 2.0)) * decibels(-dice.uniform(35.0, 70.0))
    return (sound * decibels(-dice.uniform(15.0, 40.0))).astype(np.float32), sure, ", ".join(done) or "clean"
