# SPDX-License-Identifier: Apache-2.0
"""Songs whose keys are known: chords of McGill Billboard, POP909 and OpenEWLD, and progressions made up in every mode.

A song's keys are those that its corpus says, where its chords bear that out: the tonic from the annotation, major or
minor by the third of the chords that stand on it. What has no melody is given one.
"""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from pathlib import Path

TRAINING = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TRAINING / folder) for folder in ("harmony", "beats")] + [str(TRAINING)]

import corpora  # noqa: E402
from chords import MINOR_MODES, MODES, infer_mode  # noqa: E402
from pieces import Note, Song, read_lead_sheet, read_pop909  # noqa: E402

MAJ, MIN, DIM, FIFTH = (0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 7)
DOM, MAJ7, MIN7, HALF = (0, 4, 7, 10), (0, 4, 7, 11), (0, 3, 7, 10), (0, 3, 6, 10)
# Part of the time that a chord has to stand on the tonic for an annotation to be believed.
LEAST_AT_HOME = 0.12
# Part of the chords' tones that has to lie in the key's scale.
LEAST_IN_SCALE = 0.8

# Roots above the tonic and tones above the root; a chord a bar.
BLUES = [(0, DOM)] * 4 + [(5, DOM)] * 2 + [(0, DOM)] * 2 + [(7, DOM), (5, DOM), (0, DOM), (7, DOM)]
MINOR_BLUES = [(0, MIN7)] * 4 + [(5, MIN7)] * 2 + [(0, MIN7)] * 2 + [(8, DOM), (7, DOM), (0, MIN7), (7, DOM)]
IN_MAJOR = (
    [(0, MAJ), (7, MAJ), (9, MIN), (5, MAJ)],
    [(0, MAJ), (5, MAJ), (7, MAJ), (0, MAJ)],
    [(0, MAJ), (9, MIN), (5, MAJ), (7, MAJ)],
    [(0, MAJ), (9, MIN), (2, MIN), (7, DOM)],
    [(0, MAJ), (4, MIN), (5, MAJ), (7, MAJ)],
    [(0, MAJ), (5, MAJ), (0, MAJ), (7, MAJ)],
    [(0, MAJ), (0, MAJ), (7, MAJ), (0, MAJ)],
    [(0, MAJ), (10, MAJ), (5, MAJ), (0, MAJ)],
    [(0, MAJ), (10, MAJ)],
    [(0, MAJ), (5, MAJ)],
    [(0, MAJ), (7, MAJ)],
    [(0, MAJ)],
    [(0, DOM)],
    [(0, DOM), (5, DOM)],
    [(0, MAJ7), (5, MAJ7)],
    [(2, MIN7), (7, DOM), (0, MAJ7), (9, DOM)],
    [(2, MIN7), (7, DOM), (0, MAJ7), (0, MAJ7)],
    [(0, MAJ), (2, DOM), (7, MAJ), (0, MAJ)],
    [(0, MAJ), (4, DOM), (9, MIN), (5, MAJ)],
    [(0, MAJ), (5, MAJ), (11, DIM), (4, MIN), (9, MIN), (2, MIN), (7, DOM), (0, MAJ)],
    [(0, MAJ), (5, MAJ), (5, MIN), (0, MAJ)],
    [(0, FIFTH), (5, FIFTH), (7, FIFTH), (5, FIFTH)],
    [(0, FIFTH), (7, FIFTH), (9, FIFTH), (5, FIFTH)],
    BLUES,
    BLUES,
)
IN_MINOR = (
    [(0, MIN), (8, MAJ), (3, MAJ), (10, MAJ)],
    [(0, MIN), (10, MAJ), (8, MAJ), (7, MAJ)],
    [(0, MIN), (10, MAJ), (8, MAJ), (10, MAJ)],
    [(0, MIN), (5, MIN), (7, DOM), (0, MIN)],
    [(0, MIN), (5, MIN), (0, MIN), (7, MAJ)],
    [(0, MIN), (8, MAJ), (5, MIN), (7, DOM)],
    [(0, MIN), (3, MAJ), (10, MAJ), (5, MAJ)],
    [(0, MIN), (5, MIN), (10, MAJ), (3, MAJ), (8, MAJ), (2, DIM), (7, DOM), (0, MIN)],
    [(0, MIN), (7, MIN), (5, MIN), (0, MIN)],
    [(0, MIN), (10, MAJ)],
    [(0, MIN), (8, MAJ)],
    [(0, MIN), (5, MIN)],
    [(0, MIN), (5, MAJ)],
    [(0, MIN), (1, MAJ)],
    [(0, MIN)],
    [(0, MIN)],
    [(0, MIN7)],
    [(0, MIN7), (5, DOM)],
    [(2, HALF), (7, DOM), (0, MIN), (0, MIN)],
    [(0, FIFTH)],
    [(0, FIFTH), (3, FIFTH), (5, FIFTH), (0, FIFTH)],
    [(0, FIFTH), (10, FIFTH), (8, FIFTH), (10, FIFTH)],
    [(0, FIFTH), (0, FIFTH), (1, FIFTH), (0, FIFTH)],
    [(0, FIFTH), (3, FIFTH), (10, FIFTH), (5, FIFTH)],
    MINOR_BLUES,
)
MAJOR_SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 4, 5, 7, 9, 11), (0, 2, 4, 7, 9), (0, 2, 4, 5, 7, 9, 10))
MINOR_SCALES = ((0, 2, 3, 5, 7, 8, 10), (0, 3, 5, 7, 10), (0, 3, 5, 7, 10), (0, 2, 3, 5, 7, 9, 10), (0, 2, 3, 5, 7, 8, 11))
BLUE = (0, 3, 5, 6, 7, 10)


def mode_of(chords: list, tonic: int) -> bool | None:
    """Minor? By the third of the tonic's chords, else by the scale; None where the tonic is not borne out."""
    named = [(chord, beats) for chord, beats in chords if chord]
    total = sum(beats for _, beats in named)
    home = [(chord, beats) for chord, beats in named if chord.root == tonic]
    if total <= 0.0 or sum(beats for _, beats in home) < LEAST_AT_HOME * total:
        return None
    minor = sum(beats for chord, beats in home if 3 in chord.tones and 4 not in chord.tones)
    major = sum(beats for chord, beats in home if 4 in chord.tones)
    if max(minor, major) > 0.0 and min(minor, major) > 0.35 * max(minor, major):
        return None
    is_minor = minor > major if minor != major else infer_mode(named, tonic) in MINOR_MODES
    scales = [MODES[mode] for mode in (MINOR_MODES if is_minor else ("ionian", "mixolydian", "lydian"))]
    inside = max(
        sum(beats * sum((c.root + t - tonic) % 12 in scale for t in c.tones) / len(c.tones) for c, beats in named)
        for scale in scales
    )
    return is_minor if inside >= LEAST_IN_SCALE * total else None


def of_billboard(data: Path) -> list[Song]:
    songs = []
    for name, raw in corpora.members(data / "symbolic" / "billboard.tar.xz", ".txt"):
        text = raw.decode()
        metre = next((line.split(":")[1].strip() for line in text.splitlines() if line.startswith("# metre")), "4/4")
        song = Song(f"billboard {name.split('/')[-2]}", [], metre=3 if metre == "3/4" else 4)
        now, known = 0.0, True
        for piece in corpora.read_billboard(text):
            chords = [pair for phrase in piece.phrases for pair in phrase.chords]
            minor = mode_of(chords, piece.tonic)
            known = known and minor is not None
            song.keys.append((now, piece.tonic, bool(minor)))
            for chord, beats in chords:
                if chord:
                    song.chords.append((now, chord.root, tuple(chord.tones), chord.root))
                now += beats
        song.positions = [n % song.metre + 1 for n in range(int(now))]
        if known and len(song.positions) >= 32 and song.chords:
            songs.append(song)
    return songs


def of_pop909(data: Path, folder: Path) -> list[tuple[Path, list[tuple[float, int, bool]]]]:
    """Folders of songs that stay in one key throughout, with that key: theirs were found by a program, and where one
    changes is not to be relied on."""
    found = []
    for piece_of in _by_name(corpora.pop909(data)).values():
        if len(piece_of) == 1:
            piece = piece_of[0]
            minor = mode_of([pair for phrase in piece.phrases for pair in phrase.chords], piece.tonic)
            if minor is not None and minor == (piece.modes == corpora.MINOR_MODES):
                found.append((folder / piece.group.removeprefix("pop909/"), [(0.0, piece.tonic, minor)]))
    return found


def of_openewld(data: Path, sheets: list[Path]) -> list[tuple[Path, list[tuple[float, int, bool]]]]:
    paths = {path.name: path for path in sheets}
    found = []
    for piece in corpora.openewld(data):
        path = paths.get(piece.group.removeprefix("openewld/"))
        minor = mode_of([pair for phrase in piece.phrases for pair in phrase.chords], piece.tonic)
        if path is not None and minor is not None and minor == (piece.modes == corpora.MINOR_MODES):
            found.append((path, [(0.0, piece.tonic, minor)]))
    return found


def _by_name(pieces) -> dict[str, list]:  # noqa: ANN001
    named: dict[str, list] = {}
    for piece in pieces:
        named.setdefault(piece.group, []).append(piece)
    return named


def read(path: Path, keys: list[tuple[float, int, bool]]) -> Song | None:
    song = read_pop909(path) if path.is_dir() else read_lead_sheet(path)
    return None if song is None else replace(song, keys=keys)


def excerpt(song: Song, first: int, count: int) -> Song:
    """`count` beats from `first`, without notes."""
    chords = [(max(0.0, at - first), *rest) for at, *rest in song.chords if at < first + count]
    begun = [n for n, chord in enumerate(chords) if chord[0] <= 0.0]
    keys = [(max(0.0, at - first), *rest) for at, *rest in song.keys if at < first + count]
    opening = [n for n, key in enumerate(keys) if key[0] <= 0.0]
    return replace(
        song,
        positions=song.positions[first : first + count],
        chords=chords[begun[-1] if begun else 0 :],
        keys=keys[opening[-1] if opening else 0 :],
        notes=[],
    )


def made_up(dice: random.Random, metre: int, beats: int) -> Song:
    """Sections of one progression each; where the key changes it goes where keys go."""
    song = Song("made up", [n % metre + 1 for n in range(beats)], metre=metre)
    tonic, minor = dice.randrange(12), dice.random() < 0.55
    length = metre * dice.choice((8, 12, 16, 32)) if dice.random() < 0.35 else beats
    bars_a_chord = dice.choice((1, 1, 1, 2, 0.5))
    for start in range(0, beats, length):
        if start:
            tonic, minor = dice.choice(
                (
                    ((tonic + (3 if minor else 9)) % 12, not minor),  # the relative
                    ((tonic + 7) % 12, minor),
                    ((tonic + 5) % 12, minor),
                    ((tonic + dice.choice((1, 2))) % 12, minor),
                    (tonic, not minor),
                    ((tonic + dice.randrange(12)) % 12, dice.random() < 0.5),
                )
            )
        song.keys.append((float(start), tonic, minor))
        progression = dice.choice(IN_MINOR if minor else IN_MAJOR)
        step = max(1, round(metre * (1 if len(progression) > 8 else bars_a_chord)))
        for index, at in enumerate(range(start, min(start + length, beats), step)):
            root, tones = progression[index % len(progression)]
            pitch = (tonic + root) % 12
            song.chords.append((float(at), pitch, tones, (pitch + dice.choice((0, 0, 0, 0, 0, tones[1]))) % 12))
    return song


def moved(dice: random.Random, song: Song) -> Song:
    """The same, from some bar on in another key."""
    count = len(song.positions)
    bar = dice.randrange(count // 4, 3 * count // 4) // song.metre * song.metre
    by = dice.choice((1, 1, 2, 2, 3, 5, 7, 9))

    def here(at: float) -> int:
        return by if at >= bar - 0.05 else 0

    before = [key for key in song.keys if key[0] <= bar]
    keys = [*song.keys, (float(bar), *before[-1][1:])] if before and before[-1][0] < bar else song.keys
    return replace(
        song,
        chords=[(at, (r + here(at)) % 12, tones, (b + here(at)) % 12) for at, r, tones, b in song.chords],
        notes=[replace(note, pitch=note.pitch + (here(note.start) if here(note.start) < 6 else here(note.start) - 12)) for note in song.notes],
        keys=sorted((at, (tonic + here(at)) % 12, minor) for at, tonic, minor in keys),
    )


def scale_for(dice: random.Random, tonic: int, minor: bool, chords: list) -> list[int]:
    """What a singer sings over these chords."""
    if minor:
        scales = MINOR_SCALES
        if any((root - tonic) % 12 == 5 and 4 in tones for _, root, tones, _ in chords):
            scales = ((0, 2, 3, 5, 7, 9, 10), (0, 3, 5, 7, 10))
        elif any((root - tonic) % 12 == 1 for _, root, _, _ in chords):
            scales = ((0, 1, 3, 5, 7, 8, 10),)
    else:
        scales = MAJOR_SCALES[:3]
        if any((root - tonic) % 12 == 10 or (root == tonic and 10 in tones) for _, root, tones, _ in chords):
            scales = (MAJOR_SCALES[3], MAJOR_SCALES[2], BLUE)
    return [(tonic + step) % 12 for step in dice.choice(scales)]


def riff(dice: random.Random, song: Song) -> list[Note]:
    """A low line of two bars over and over, as guitars and sequencers play where no chord tells the third."""
    length, grid = 2 * song.metre, dice.choice((2, 2, 4))
    low, in_fifths = dice.randint(36, 47), dice.random() < 0.5
    notes: list[Note] = []
    turns = {}
    for start, tonic, minor in song.keys:
        scale = dice.choice(((0, 3, 5, 7, 10), (0, 3, 5, 6, 7, 10), (0, 2, 3, 5, 7, 8, 10), (0, 1, 3, 5, 7, 8, 10)) if minor else ((0, 2, 4, 7, 9), (0, 2, 4, 5, 7, 9, 10), (0, 2, 4, 5, 7, 9, 11)))  # fmt: skip
        line = [0 if dice.random() < 0.45 else dice.choice(scale) for _ in range(length * grid)]
        line[0] = 0
        turns[start] = [tonic + step if dice.random() < 0.75 else None for step in line]
    for step in range(len(song.positions) * grid):
        at = step / grid
        start = next((k[0] for k in reversed(song.keys) if k[0] <= at + 0.05), song.keys[0][0])
        tone = turns[start][step % (length * grid)]
        if tone is not None:
            pitch = low + (tone - low) % 12
            for one in (pitch, pitch + 7) if in_fifths else (pitch,):
                notes.append(Note(0, at, at + 0.9 / grid, one, dice.randint(80, 115)))
    return notes


def sung(dice: random.Random, song: Song) -> list[Note]:
    """A melody: a rhythm that comes back, steps more often than leaps, the chord's tones where it counts, and home at
    the end of a phrase."""
    beats, metre = len(song.positions), song.metre
    grid = dice.choice((1, 2, 2, 2, 4))
    density = dice.uniform(0.25, 0.8)
    motif = [dice.random() < density for _ in range(2 * metre * grid)]
    low = dice.randint(52, 66)
    notes: list[Note] = []
    scale, key = [0], None
    pitch = low + 6
    for step in range(beats * grid):
        at = step / grid
        current = next((k for k in reversed(song.keys) if k[0] <= at + 0.05), song.keys[0])
        if current != key:
            key = current
            ends = [k[0] for k in song.keys if k[0] > key[0]]
            over = [c for c in song.chords if key[0] <= c[0] < (ends[0] if ends else beats)]
            scale = scale_for(dice, key[1], key[2], over)
        place = step % (4 * metre * grid)
        resting = place >= (4 * metre - dice.choice((1, 2))) * grid
        if resting or not (motif[step % len(motif)] or dice.random() < 0.06):
            continue
        pitch += dice.choice((-2, -1, -1, 0, 1, 1, 2, 3, -4, 5))
        pitch = min(max(pitch, low), low + 16)
        wanted = scale
        if step % grid == 0 and dice.random() < 0.55:
            chord = next((c for c in reversed(song.chords) if c[0] <= at + 0.05), None)
            tones = [(chord[1] + tone) % 12 for tone in chord[2]] if chord else scale
            # Where a third is blue it stays so over the chord.
            wanted = [tone for tone in tones if tone in scale] or scale
        if place >= 3 * metre * grid and dice.random() < 0.4:
            wanted = [key[1], key[1], (key[1] + 7) % 12]
        pitch = min((p for p in range(low - 4, low + 22) if p % 12 in wanted), key=lambda p: abs(p - pitch))
        length = dice.choice((0.9, 0.9, 1.8, 0.5)) / grid
        notes.append(Note(2, at, at + length, pitch, dice.randint(70, 118)))
    return notes
