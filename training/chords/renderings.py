# SPDX-License-Identifier: Apache-2.0
"""Plays songs of the POP909 corpus through a SoundFont, so that there is sound whose chords are known exactly.

The corpus holds three piano tracks a song. An arrangement gives each of them an instrument, adds a bass that plays the
annotated bass note on the beats and, in most songs, drums: chords are heard below a band, not from a piano alone.
Instruments, levels, transposition and the excerpt are drawn from a generator seeded by the song's number.
"""

from __future__ import annotations

import random
import struct
import subprocess
import sys
import tempfile
from array import array
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harmony"))

from chords import parse_pitch  # noqa: E402
from midi import TempoMap, read_tracks  # noqa: E402

TICKS_A_SECOND = 1000

LEADS = (0, 4, 11, 24, 25, 26, 40, 42, 56, 65, 66, 68, 71, 73, 75, 80, 81, 52, 53)
CHORDALS = (0, 0, 1, 4, 5, 6, 7, 16, 18, 19, 21, 24, 25, 26, 27, 28, 29, 30, 46, 48, 49, 50, 61, 62, 88, 89, 90)
BASSES = (32, 33, 34, 35, 36, 38, 39, 43)

# What the recogniser tells apart: semitones above the root.
EXERCISED = {
    "maj": (0, 4, 7), "min": (0, 3, 7), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10), "sus2": (0, 2, 7), "sus4": (0, 5, 7), "dim": (0, 3, 6),
}  # fmt: skip

# Harte's degrees as semitones above the root.
DEGREES = {"1": 0, "b2": 1, "2": 2, "b3": 3, "3": 4, "4": 5, "b5": 6, "5": 7, "#5": 8, "b6": 8, "6": 9, "bb7": 9, "b7": 10, "7": 11, "9": 2, "11": 5, "b9": 1, "#4": 6, "#9": 3, "b13": 8, "13": 9}  # fmt: skip


@dataclass(frozen=True)
class Label:
    """A chord from a time to a time; root -1 where there is none."""

    start: float
    end: float
    root: int
    quality: str
    bass: int  # pitch class


def parse_label(start: float, end: float, text: str, transpose: int) -> Label:
    if text in ("N", "X"):
        return Label(start, end, -1, text, -1)
    name, _, degree = text.partition("/")
    root_name, _, quality = name.partition(":")
    root = (parse_pitch(root_name) + transpose) % 12
    quality = (quality or "maj").partition("(")[0]
    return Label(start, end, root, quality, (root + DEGREES.get(degree or "1", 0)) % 12)


@dataclass
class Rendering:
    song: str
    samples: bytes  # float32, mono, 44,100 Hz
    labels: list[Label]


def variable_length(value: int) -> bytes:
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))


def midi_file(events: list[tuple[int, bytes]]) -> bytes:
    """Format 0, TICKS_A_SECOND at 120 BPM. Notes that end come before notes that begin at the same tick."""
    body, now = b"", 0
    for tick, data in sorted(events, key=lambda event: (event[0], event[1][0] & 0xF0 == 0x90)):
        body += variable_length(tick - now) + data
        now = tick
    body += variable_length(0) + b"\xff\x2f\x00"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS_A_SECOND // 2) + b"MTrk" + struct.pack(">I", len(body)) + body


def numbers(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text().splitlines() if line.strip()]


def sound_of(events: list[tuple[int, bytes]], seconds: float, soundfont: Path) -> bytes:
    with tempfile.TemporaryDirectory() as scratch:
        score, sound = Path(scratch) / "song.mid", Path(scratch) / "song.raw"
        score.write_bytes(midi_file(events))
        command = ["fluidsynth", "-niq", "-O", "float", "-T", "raw", "-r", "44100", "-g", "0.4", "-F"]
        subprocess.run([*command, str(sound), str(soundfont), str(score)], check=True, stdout=subprocess.DEVNULL)
        stereo = memoryview(sound.read_bytes()).cast("f")[: int(2 * 44100 * seconds)]
    return array("f", (0.5 * (left + right) for left, right in zip(stereo[::2], stereo[1::2]))).tobytes()


def exercise(seed: int, seconds: float, soundfont: Path) -> Rendering:
    """Chords of every quality alike, in random keys, voicings, inversions, rhythms and instruments, with a melody.

    The corpus has few diminished, suspended and seventh chords; here each of the eight has the same share.
    """
    dice = random.Random(10_000 + seed)
    events: list[tuple[int, bytes]] = []
    labels = []
    for channel, programs in enumerate((LEADS, CHORDALS, CHORDALS, BASSES)):
        events.append((0, bytes([0xC0 | channel, dice.choice(programs)])))
        events.append((0, bytes([0xB0 | channel, 7, dice.randint(60, 115)])))
    events.append((0, bytes([0xB9, 7, dice.randint(50, 110)])))
    with_bass, with_drums, with_lead = dice.random() < 0.8, dice.random() < 0.6, dice.random() < 0.7
    beat = dice.uniform(0.4, 0.9)

    def note(channel: int, start: float, length: float, pitch: int, velocity: int) -> None:
        events.append((round(start * TICKS_A_SECOND), bytes([0x90 | channel, pitch, velocity])))
        events.append((round((start + max(length, 0.05)) * TICKS_A_SECOND), bytes([0x80 | channel, pitch, 0])))

    time = 0.0
    while time < seconds:
        quality = dice.choice(list(EXERCISED))
        root, tones = dice.randrange(12), EXERCISED[quality]
        inverted = dice.random() < 0.25
        bass = (root + dice.choice(tones)) % 12 if inverted else root
        beats = dice.choice((2, 4, 4))
        end = time + beats * beat
        labels.append(Label(time, min(seconds, end), root, quality, bass))
        low = dice.randint(48, 60)
        pitches = [low + (root + tone - low) % 12 for tone in tones]
        pitches += [pitch + 12 for pitch in pitches if dice.random() < 0.3]
        broken = dice.random() < 0.4
        for index in range(2 * beats):
            start = time + index * beat / 2
            if broken:
                note(1, start, beat, dice.choice(pitches), dice.randint(60, 110))
            elif index == 0 or (index % 2 == 0 and dice.random() < 0.5):
                for pitch in pitches:
                    note(1, start, beat * 0.95, pitch, dice.randint(60, 110))
            if with_lead and dice.random() < 0.5:
                scale = [t for t in range(12) if t in tones or dice.random() < 0.15]
                note(0, start, beat / 2, 72 + (root + dice.choice(scale)) % 12, dice.randint(60, 110))
            if with_drums:
                note(9, start, 0.1, 42, dice.randint(30, 90))
                if index % 2 == 0:
                    note(9, start, 0.1, 38 if index % 4 == 2 else 36, dice.randint(70, 120))
        if not broken or dice.random() < 0.5:
            for pitch in pitches[: len(tones)]:
                note(2, time, beats * beat * 0.98, pitch, dice.randint(50, 100))
        for index in range(beats) if with_bass else ():
            note(3, time + index * beat, beat, 28 + (bass - 4) % 12, dice.randint(70, 110))
        time = end
    return Rendering(f"exercise {seed}", sound_of(events, seconds, soundfont), labels)


def drums(seed: int, seconds: float, soundfont: Path) -> Rendering:
    """Drums alone, which are no chord."""
    dice = random.Random(20_000 + seed)
    events: list[tuple[int, bytes]] = []
    beat = dice.uniform(0.4, 0.7)
    for index in range(int(2 * seconds / beat)):
        struck = {0: (36, 42), 1: (42,), 2: (38, 42), 3: (42, 46)}[index % 4]
        for drum in (*struck, *dice.choices((41, 45, 48, 49, 51, 54), k=dice.randint(0, 1))):
            tick = round(index * beat / 2 * TICKS_A_SECOND)
            events.append((tick, bytes([0x99, drum, dice.randint(60, 120)])))
            events.append((tick + 100, bytes([0x89, drum, 0])))
    return Rendering(f"drums {seed}", sound_of(events, seconds, soundfont), [])


def render(folder: Path, seconds: float, soundfont: Path) -> Rendering:
    """An excerpt of a song; the same bytes for the same song, SoundFont and version of FluidSynth."""
    song = folder.name
    dice = random.Random(int(song))
    tracks = read_tracks((folder / f"{song}.mid").read_bytes())
    clock = TempoMap(tracks)
    transpose = dice.randint(-5, 6)
    chords = [
        parse_label(float(row[0]), float(row[1]), row[2], transpose) for row in numbers(folder / "chord_midi.txt")
    ]
    last = max(chord.end for chord in chords)
    begin = dice.uniform(0.0, max(0.0, last - seconds))
    until = begin + seconds
    beats = [float(row[0]) for row in numbers(folder / "beat_midi.txt")]
    events: list[tuple[int, bytes]] = []

    def tick(time: float) -> int:
        return max(0, round((time - begin) * TICKS_A_SECOND))

    def note(channel: int, start: float, end: float, pitch: int, velocity: int) -> None:
        if start < begin or start >= until or not 0 <= pitch < 128:
            return
        events.append((tick(start), bytes([0x90 | channel, pitch, max(1, min(127, velocity))])))
        events.append((tick(max(end, start + 0.03)), bytes([0x80 | channel, pitch, 0])))

    def voice(channel: int, program: int, volume: int) -> None:
        events.append((0, bytes([0xC0 | channel, program])))
        events.append((0, bytes([0xB0 | channel, 7, volume])))

    lead = dice.choice(LEADS)
    chordal = dice.choice(CHORDALS)
    voice(0, lead, dice.randint(70, 115))
    voice(1, dice.choice(CHORDALS), dice.randint(50, 90))
    voice(2, chordal, dice.randint(80, 115))
    voice(3, dice.choice(BASSES), dice.randint(80, 120))
    events.append((0, bytes([0xB9, 7, dice.randint(60, 115)])))
    channels = {"MELODY": 0, "BRIDGE": 1, "PIANO": 2}
    sustained = chordal in (16, 18, 19, 21, 48, 49, 50, 61, 62, 88, 89, 90)
    if sustained and dice.random() < 0.7:  # a piano keeps playing below a pad more often than not
        voice(4, dice.choice((0, 4, 25)), dice.randint(60, 90))
    for track in tracks:
        channel = channels.get(track.name)
        for one in track.notes if channel is not None else ():
            start = clock.seconds(one.beat)
            end = clock.seconds(one.beat + one.length)
            note(channel, start, end, one.pitch + transpose, one.velocity)
    style = dice.random()  # below 0.15: no bass; below 0.3: no drums
    step = dice.choice((1, 1, 2))
    for index, beat in enumerate(beats):
        following = beats[index + 1] if index + 1 < len(beats) else beat + 0.5
        half = (beat + following) / 2
        if style >= 0.15:
            for part, (start, end) in enumerate(((beat, half), (half, following))):
                if step == 1 and part == 1:
                    continue
                chord = next((c for c in chords if c.start - 0.05 <= start < c.end - 0.05), None)
                if chord and chord.root >= 0:
                    pitch = 28 + (chord.bass - 4) % 12
                    note(3, start, following if step == 1 else end, pitch, dice.randint(80, 110))
        if style >= 0.3:
            note(9, beat, beat + 0.1, 36 if index % 2 == 0 else 38, dice.randint(70, 120))
            note(9, beat, beat + 0.1, 42, dice.randint(40, 90))
            note(9, half, half + 0.1, 42, dice.randint(30, 80))
    labels = [
        Label(max(0.0, c.start - begin), min(seconds, c.end - begin), c.root, c.quality, c.bass)
        for c in chords
        if c.end > begin and c.start < until
    ]
    return Rendering(song, sound_of(events, seconds, soundfont), labels)
