# SPDX-License-Identifier: Apache-2.0
"""Pieces of music whose beats are known: songs of POP909, lead sheets and progressions made up, played in any style.

All is drawn from a generator seeded by the piece's number, so that a number always gives the same piece.
"""

from __future__ import annotations

import csv
import random
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from midi import TempoMap, read_notes, read_tracks  # noqa: E402
from styles import BAR_PATTERNS, BASS_PATTERNS, CHORD_PATTERNS, CLOSED, CRASH, RIDE, SNARE, STYLES, Style  # noqa: E402

MAJOR, MINOR = (0, 4, 7), (0, 3, 7)
PROGRESSIONS = (
    ((0, MAJOR), (7, MAJOR), (9, MINOR), (5, MAJOR)),
    ((9, MINOR), (5, MAJOR), (0, MAJOR), (7, MAJOR)),
    ((0, MAJOR), (5, MAJOR), (7, MAJOR), (0, MAJOR)),
    ((0, MAJOR), (9, MINOR), (5, MAJOR), (7, MAJOR)),
    ((2, MINOR), (7, (0, 4, 7, 10)), (0, (0, 4, 7, 11)), (9, (0, 4, 7, 10))),
    ((0, (0, 4, 7, 10)), (0, (0, 4, 7, 10)), (5, (0, 4, 7, 10)), (0, (0, 4, 7, 10)), (7, (0, 4, 7, 10)), (5, (0, 4, 7, 10)), (0, (0, 4, 7, 10)), (7, (0, 4, 7, 10))),
    ((0, MINOR), (8, MAJOR), (3, MAJOR), (10, MAJOR)),
    ((0, MINOR), (10, MAJOR), (8, MAJOR), (7, MAJOR)),
    ((0, MINOR), (0, MINOR), (5, MINOR), (7, MAJOR)),
    ((0, (0, 7)), (3, (0, 7)), (5, (0, 7)), (0, (0, 7))),
    ((0, MINOR), (0, MINOR), (0, MINOR), (0, MINOR)),
)  # fmt: skip
ROOTS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
LEADS = (0, 4, 11, 22, 24, 26, 27, 29, 30, 40, 41, 42, 48, 52, 53, 54, 56, 57, 60, 64, 65, 66, 68, 71, 73, 75, 80, 81, 85)
COMPS = (0, 0, 1, 2, 4, 5, 6, 7, 11, 15, 16, 17, 18, 21, 24, 25, 25, 26, 27, 28, 29, 46, 48, 50, 61, 62, 63, 90, 105)
PADS = (16, 18, 19, 44, 48, 49, 50, 51, 52, 54, 88, 89, 90, 91, 92, 94, 95)
BASSES = (32, 33, 33, 34, 35, 36, 38, 39, 43, 58)
CLASSICAL = (0, 0, 0, 6, 19, 40, 41, 42, 44, 45, 46, 48, 48, 48, 49, 49, 56, 60, 61, 68, 69, 70, 71, 72, 73)
POWERFUL = (29, 30, 30)
KITS = (0, 0, 0, 8, 8, 16, 16, 24, 25, 32, 40)


@dataclass
class Note:
    channel: int
    start: float  # beats
    end: float
    pitch: int
    velocity: int


@dataclass
class Song:
    """Beats 0 … count-1 with their places in the bar (1 is the downbeat), and what is written, in beats."""

    name: str
    positions: list[int]
    notes: list[Note] = field(default_factory=list)  # channel: 0 accompaniment, 2 melody, 4 second voice
    chords: list[tuple[float, int, tuple[int, ...], int]] = field(default_factory=list)  # start, root, tones, bass
    tempo: float = 100.0
    metre: int = 4
    keys: list[tuple[float, int, bool]] = field(default_factory=list)  # start, tonic, minor; none where nobody knows


QUALITIES = {"maj": MAJOR, "min": MINOR, "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "min7": (0, 3, 7, 10), "sus4": (0, 5, 7), "sus2": (0, 2, 7), "dim": (0, 3, 6), "aug": (0, 4, 8), "hdim7": (0, 3, 6, 10), "dim7": (0, 3, 6, 9)}  # fmt: skip


def pitch_of(name: str) -> int:
    return (ROOTS[name[0]] + name.count("#") - name[1:].count("b")) % 12


def read_pop909(folder: Path) -> Song:
    rows = [[float(word) for word in line.split()] for line in (folder / "beat_midi.txt").read_text().splitlines() if line]
    times = [row[0] for row in rows]
    column = 2
    downs = [i for i, row in enumerate(rows) if row[2] > 0]
    spans = sorted(b - a for a, b in zip(downs, downs[1:]))
    metre = spans[len(spans) // 2] if spans else 4
    if metre == 6:  # of the two readings the annotation gives, the one whose bar has three beats
        column, metre = 1, 3
    downs = [i for i, row in enumerate(rows) if row[column] > 0]
    positions, place = [], 0
    for index in range(len(rows)):
        if rows[index][column] > 0:
            place = 1
        elif place:
            place += 1
        positions.append(place)
    if downs and downs[0] > 0:
        for index in range(downs[0]):
            positions[index] = (index - downs[0]) % metre + 1

    def beat(time: float) -> float:
        low, high = 0, len(times) - 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if times[middle] <= time else (low, middle)
        return low + (time - times[low]) / max(1e-3, times[low + 1] - times[low])

    song = Song(folder.name, positions, metre=metre)
    song.tempo = 60.0 * (len(times) - 1) / (times[-1] - times[0])
    tracks = read_tracks((folder / f"{folder.name}.mid").read_bytes())
    clock = TempoMap(tracks)
    channels = {"MELODY": 2, "BRIDGE": 4, "PIANO": 0}
    for track in tracks:
        for note in track.notes if track.name in channels else ():
            start, end = beat(clock.seconds(note.beat)), beat(clock.seconds(note.beat + note.length))
            if -0.25 <= start < len(times):
                song.notes.append(Note(channels[track.name], start, end, note.pitch, note.velocity))
    for line in (folder / "chord_midi.txt").read_text().splitlines():
        words = line.split()
        if len(words) == 3 and words[2] not in ("N", "X"):
            name, _, degree = words[2].partition("/")
            root, _, quality = name.partition(":")
            tones = QUALITIES.get(quality.partition("(")[0], MAJOR if not quality.startswith("min") else MINOR)
            bass = {"3": 4, "b3": 3, "5": 7, "b7": 10, "7": 11}.get(degree, 0)
            song.chords.append((beat(float(words[0])), pitch_of(root), tones, (pitch_of(root) + bass) % 12))
    return song


def read_lead_sheet(path: Path) -> Song | None:
    """The first lines of a lead sheet up to its first change of metre; None where nothing of use is in it."""
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if n.endswith(".xml") and not n.startswith("META-INF")]
        root = ElementTree.fromstring(archive.read(names[0]))
    part = root.find("part")
    if part is None:
        return None
    divisions, metre, time, unit = 1.0, 0, 0.0, 1.0
    song = Song(path.stem, [])
    for number, measure in enumerate(part.iter("measure")):
        start = time
        for item in measure:
            if item.tag == "attributes":
                divisions = float(item.findtext("divisions", str(divisions)))
                beats, kind = item.findtext("time/beats"), item.findtext("time/beat-type")
                if beats and kind:
                    if metre and int(beats) != metre:
                        metre = -1
                        break
                    metre, unit = int(beats), 4.0 / float(kind)
            elif item.tag == "harmony":
                step = item.findtext("root/root-step")
                kind = (item.findtext("kind") or "major").strip()
                if step:
                    tonic = (ROOTS[step] + int(float(item.findtext("root/root-alter", "0")))) % 12
                    tones = MINOR if kind.startswith("minor") else (0, 4, 7, 10) if kind.startswith("dominant") else (0, 3, 6) if kind.startswith("dim") else MAJOR  # fmt: skip
                    song.chords.append((time / unit, tonic, tones, tonic))
            elif item.tag in ("note", "forward", "backup"):
                if item.find("chord") is not None or item.find("grace") is not None:
                    continue
                length = float(item.findtext("duration", "0")) / divisions
                if item.tag == "backup":
                    time -= length
                    continue
                pitch = item.find("pitch")
                if item.tag == "note" and pitch is not None:
                    key = 12 * (int(pitch.findtext("octave")) + 1) + ROOTS[pitch.findtext("step")]
                    key += int(float(pitch.findtext("alter", "0")))
                    song.notes.append(Note(2, time / unit, (time + length) / unit, key, 90))
                time += length
        if metre < 0:
            break
        if metre not in (2, 3, 4):
            return None
        length = (time - start) / unit
        if number == 0 and length < metre - 0.01:  # an upbeat: the first beats are those that lack
            shift = metre - length
            for note in song.notes:
                note.start += shift
                note.end += shift
            song.chords = [(at + shift, *rest) for at, *rest in song.chords]
            time += shift * unit
        elif abs(length - metre) > 0.01:
            break
    count = int(time / unit + 0.01)
    if metre not in (2, -1, 3, 4) or count < 16 or len(song.chords) < 4:
        return None
    # Two-four is heard in bars of four as often as not: only sheets in three and four say where bars begin.
    if metre != 3 and metre != 4:
        return None
    song.metre = metre
    song.positions = [n % metre + 1 for n in range(count)]
    song.notes = [note for note in song.notes if note.start < count]
    return song


def made_up(dice: random.Random, style: Style, beats: int) -> Song:
    """A progression with a melody that keeps to its chords, or none."""
    metre = style.metre
    song = Song("made up", [n % metre + 1 for n in range(beats)], metre=metre)
    key, progression = dice.randrange(12), dice.choice(PROGRESSIONS)
    bars_a_chord = dice.choice((1, 1, 1, 2, 0.5))
    length = max(1, round(metre * bars_a_chord))
    for index, start in enumerate(range(0, beats, length)):
        root, tones = progression[index % len(progression)]
        song.chords.append((float(start), (key + root) % 12, tones, (key + root) % 12))
    if dice.random() < 0.75:
        density = dice.uniform(0.15, 0.7)
        grid = 3 if style.steps == 3 else dice.choice((1, 2, 2, 4))
        motif = [dice.random() < density for _ in range(grid * metre * 2)]
        pitch = dice.randint(62, 76)
        rows = [pitch + d for d in (0, 2, 4, 5, 7, 9, 11, 12)]
        phrase = metre * dice.choice((2, 4, 4))  # beats; a singer breathes at its end
        breath = dice.choice((0, 1, 2, metre))
        for step in range(beats * grid):
            if step // grid % phrase >= phrase - breath:
                continue
            if motif[step % len(motif)] or dice.random() < 0.08:
                root, tones = next((c[1], c[2]) for c in reversed(song.chords) if c[0] <= step / grid + 1e-6)
                wanted = rows[dice.randrange(len(rows))]
                if dice.random() < 0.7:
                    tone = (root + dice.choice(tones)) % 12
                    wanted = min((tone + 12 * octave for octave in range(4, 8)), key=lambda p: abs(p - wanted))
                start = step / grid
                song.notes.append(Note(2, start, start + dice.choice((0.4, 0.8, 1.5)) / min(grid, 2), wanted, dice.randint(70, 115)))
    return song


def bars_of(positions: list[int]) -> list[int]:
    """Of each beat how many bars have begun since the first beat; 0 until one does."""
    bars, begun = [], 0
    for index, position in enumerate(positions):
        begun += position == 1 and index > 0
        bars.append(begun)
    return bars


def settled(pattern: str, dice: random.Random) -> str:
    """A loop of two bars: what may be struck now and then is struck in the same places each time."""
    return "".join(("o" if dice.random() < 0.4 else ".") if sign == "?" else sign for sign in 2 * pattern)


def grooves_of(folder: Path) -> list[Path]:
    """Performances in 4/4 that last; held by index, so that the order is fixed."""
    with (folder / "info.csv").open() as table:
        rows = [r for r in csv.DictReader(table) if r["beat_type"] == "beat" and r["time_signature"] == "4-4"]
    return sorted(folder / r["midi_filename"] for r in rows if float(r["duration"]) > 15)


def struck(sign: str, dice: random.Random) -> int:
    """Velocity of a sign of a pattern, 0 for none."""
    if sign == "x":
        return dice.randint(88, 120)
    if sign == "o":
        return dice.randint(45, 85)
    return dice.randint(50, 110) if sign == "?" and dice.random() < 0.4 else 0


@dataclass
class Piece:
    name: str
    times: list[float]  # of the beats, seconds
    positions: list[int]
    metre: int
    events: list[tuple[float, bytes]]
    seconds: float
    with_drums: bool
    kind: str
    keys: list[tuple[float, int, bool]] = field(default_factory=list)  # from that second on: tonic, minor


@dataclass
class Arranger:
    songs: list[Path]  # folders of POP909
    sheets: list[Path]
    grooves: list[Path]

    @classmethod
    def of(cls, data: Path) -> Arranger:
        """From the folder in which the corpora lie unpacked."""
        songs = sorted(p for p in (data / "POP909").iterdir() if p.is_dir())
        return cls(songs, sorted((data / "dataset").rglob("*.mxl")), grooves_of(data / "groove"))

    def piece(self, number: int, seconds: float) -> Piece:
        dice = random.Random(f"beats {number}")
        style = dice.choice(STYLES)
        kind = dice.choices(("pop909", "sheet", "made up", "classical"), (0.36, 0.14, 0.3, 0.2))[0]
        song = self._song(dice, kind, style, seconds)
        if song.metre != style.metre or kind == "pop909":
            style = dice.choice([s for s in STYLES if s.metre == song.metre])
        tempo = dice.uniform(*style.tempo)
        if kind == "pop909" and dice.random() < 0.4:
            tempo = song.tempo * dice.uniform(0.85, 1.15)
        elif kind == "classical":
            tempo = 2.0 ** dice.uniform(5.75, 7.4)  # 54 to 169
        return self.arranged(dice, song, style, kind, tempo, seconds)

    def _song(self, dice: random.Random, kind: str, style: Style, seconds: float) -> Song:
        if kind == "pop909" or (kind == "classical" and dice.random() < 0.6):
            return read_pop909(dice.choice(self.songs))
        if kind in ("sheet", "classical"):
            for _ in range(30):
                sheet = read_lead_sheet(dice.choice(self.sheets))
                if sheet is not None and (sheet.metre == 3 or dice.random() < 0.5):
                    return sheet
        return made_up(dice, style, int(seconds * style.tempo[1] / 60.0) + 8)

    def arranged(self, dice: random.Random, song: Song, style: Style, kind: str, tempo: float, seconds: float) -> Piece:
        count = len(song.positions)
        wanted = int(seconds * tempo / 60.0) + 4
        first = 0
        if count > wanted:
            first = dice.randrange(count - wanted)
        rounds = 1 if count >= wanted else -(-wanted // count)
        order = [first + n for n in range(min(count, wanted))] if rounds == 1 else [n % count for n in range(rounds * count)]
        period, times = 60.0 / tempo, [dice.uniform(0.0, 0.6)]
        curve = dice.choices(("steady", "drift", "rubato"), (0.62, 0.26, 0.12) if kind != "classical" else (0.1, 0.4, 0.5))[0]
        depth = {"steady": 0.0, "drift": dice.uniform(0.004, 0.02), "rubato": dice.uniform(0.02, 0.07)}[curve]
        rate, phrase = 0.0, dice.choice((8, 16, 16, 32)) * song.metre // 4 or 8
        for index in range(len(order)):
            rate = 0.85 * rate + dice.gauss(0.0, depth)
            slow = 1.0 + rate
            if curve == "rubato" and index % phrase >= phrase - 2:
                slow += dice.uniform(0.0, 0.25)
            times.append(times[-1] + period * max(0.6, slow))

        def at(beat: float) -> float:
            index = min(max(int(beat), 0), len(times) - 2)
            return times[index] + (beat - index) * (times[index + 1] - times[index])

        events: list[tuple[float, bytes]] = []
        jitter = abs(dice.gauss(0.0, 0.006)) if kind != "classical" else abs(dice.gauss(0.0, 0.012))
        lags = {channel: dice.gauss(0.0, 0.006) for channel in range(16)}

        def note(channel: int, start: float, end: float, pitch: int, velocity: float) -> None:
            begin = at(start) + lags[channel] + dice.gauss(0.0, jitter)
            if begin < 0.0 or begin >= seconds or not 0 < pitch < 127:
                return
            events.append((begin, bytes([0x90 | channel, pitch, max(1, min(127, int(velocity)))])))
            events.append((max(begin + 0.04, at(end)), bytes([0x80 | channel, pitch, 0])))

        def voice(channel: int, program: int, volume: int) -> None:
            events.append((0.0, bytes([0xC0 | channel, program])))
            events.append((0.0, bytes([0xB0 | channel, 7, volume])))
            if dice.random() < 0.3:
                events.append((0.0, bytes([0xB0 | channel, 1, dice.randint(20, 90)])))  # vibrato

        classical = kind == "classical"
        drums = dice.random() < 0.8 and not classical
        with_bass = dice.random() < (0.4 if classical else 0.85)
        comp = dice.random() < (0.35 if classical else 0.85) or not song.notes
        written = dice.random() < (0.95 if classical else 0.6)  # the accompaniment of the source itself
        melody = dice.random() < 0.8
        instruments = CLASSICAL if classical else LEADS
        voice(2, dice.choice(instruments), dice.randint(70, 120))
        voice(6, dice.choice(instruments), dice.randint(60, 110))
        voice(0, dice.choice(CLASSICAL if classical else COMPS), dice.randint(70, 120))
        comp_kind = dice.choice(style.chords)
        chordal = dice.choice(POWERFUL) if comp_kind in ("power", "gallop") else dice.choice(CLASSICAL if classical else COMPS)
        voice(4, chordal, dice.randint(60, 115))
        pad = dice.random() < 0.3
        voice(8, dice.choice(PADS), dice.randint(40, 90))
        voice(3, dice.choice(BASSES) if not classical else dice.choice((42, 43, 48, 70)), dice.randint(80, 124))
        events.append((0.0, bytes([0xC9, dice.choice(KITS)])))
        events.append((0.0, bytes([0xB9, 7, dice.randint(70, 124)])))
        transpose = dice.randint(-6, 6)
        swing = dice.uniform(0.04, 0.1) if style.swing or (style.steps == 4 and dice.random() < 0.06) else 0.0

        def swung(beat: float) -> float:
            """How much later what falls between two quarters of a beat comes."""
            return swing if round(beat * 4) % 2 else 0.0

        def triplet(beat: float) -> float:
            """Where a swinging band plays what is written in even halves: the second one at two thirds."""
            whole = int(beat // 1)
            part = beat - whole
            return whole + (part * 4.0 / 3.0 if part < 0.5 else 2.0 / 3.0 + (part - 0.5) * 2.0 / 3.0)

        # What the source has written.
        place: dict[int, list[int]] = {}
        for index, source in enumerate(order):
            place.setdefault(source, []).append(index)
        for one in song.notes:
            if (one.channel == 0 and not written) or (one.channel != 0 and not melody):
                continue
            source = int(one.start + 1e-6)
            for index in place.get(source, ()):
                start = index + one.start - source
                if style.steps == 3 and kind in ("pop909", "sheet"):
                    start = triplet(start)
                channel = {0: 0, 2: 2, 4: 6}[one.channel]
                note(channel, start, start + one.end - one.start, one.pitch + transpose, one.velocity)

        chords = sorted(song.chords)
        starts = [c[0] for c in chords]

        def chord_at(index: int, offset: float = 0.0) -> tuple[int, tuple[int, ...], int] | None:
            beat = order[min(index, len(order) - 1)] + offset + 0.05
            found = None
            for number, start in enumerate(starts):
                if start > beat:
                    break
                found = number
            if found is None:
                return None
            _, root, tones, bass = chords[found]
            return (root + transpose) % 12, tones, (bass + transpose) % 12

        steps = style.steps
        bass_kind = dice.choice(style.bass)
        low, high = dice.choice((28, 31, 33)), dice.choice((48, 52, 55, 60))
        groove = self._groove(dice) if drums and song.metre == 4 and dice.random() < 0.4 else None
        walk, arpeggio = 0, 0
        fills = dice.random() < 0.7
        # Music is told in phrases of so many bars: they begin with a crash, end with a fill, and the parts come and go
        # with them.
        phrase_bars = dice.choice((4, 4, 8, 8, 16))
        begun = dice.randrange(phrase_bars) if first else 0
        bars = [begun + bar for bar in bars_of([song.positions[source] for source in order])]
        phrases = [bar // phrase_bars for bar in bars]
        gone = {phrase for phrase in set(phrases) if dice.random() < 0.08}
        drop = {phrase for phrase in set(phrases) if dice.random() < dice.choice((0.0, 0.0, 0.12))}
        ridden = {phrase for phrase in set(phrases) if dice.random() < 0.25}  # the ride takes over from the hi-hat
        fill_beats, crashes = dice.choice((1, 1, 2, song.metre)), dice.random() < 0.75
        accent = dice.choice((0, 0, 6, 12, 18))  # by how much louder a bar begins
        pushes = 0.0 if dice.random() < 0.8 or style.steps == 3 else dice.uniform(0.2, 0.7)  # chords that come before it
        looped = dice.random() < 0.5
        drum_patterns = {drum: settled(p, dice) if looped else p for drum, p in style.drums.items()}
        kick = next((p for d, p in drum_patterns.items() if d == 36), "x...............")
        pushed = False
        previous_root = -1
        for index, source in enumerate(order):
            position = song.positions[source]
            bar_beat = (position - 1) % style.metre if position else index % style.metre
            chord = chord_at(index)
            block = phrases[index]
            if chord is None:
                continue
            root, tones, bass = chord
            new = root != previous_root or bar_beat == 0
            previous_root = root
            pitches = [high + (root + tone - high) % 12 for tone in tones]
            following = chord_at(index + 1) if index + 1 < len(order) else None
            early, pushed = pushed, False
            for step in range(steps):
                when = index + step / steps
                when_swung = when + swung(when)
                sign_at = bar_beat * steps + step
                louder = accent if sign_at == 0 else 0
                in_loop = sign_at + (bars[index] % 2) * song.metre * steps
                if pushes and following and bar_beat == song.metre - 1 and step * 2 == steps and dice.random() < pushes:
                    pushed = True
                    if comp and block not in gone:
                        for tone in following[1]:
                            note(4, when_swung, when + 1.2, high + (following[0] + tone - high) % 12, dice.randint(75, 110))
                    if with_bass and block not in gone and dice.random() < 0.6:
                        note(3, when_swung, when + 1.0, low + (following[2] - low) % 12, dice.randint(80, 115))
                if with_bass and block not in gone:
                    pattern = kick if bass_kind == "kick" else BASS_PATTERNS[bass_kind][steps]
                    sign = pattern[(in_loop if bass_kind == "kick" else sign_at) % len(pattern)]
                    if bass_kind in ("kick", "long") and sign_at % len(pattern) == 0:
                        sign = "x"
                    if new and step == 0 and bass_kind in ("long", "kick"):
                        sign = "x"
                    velocity = struck(sign, dice)
                    if velocity:
                        pitch = low + (bass - low) % 12
                        if bass_kind == "octaves" and step * 2 >= steps:
                            pitch += 12
                        elif bass_kind == "walking" and bar_beat == song.metre - 1 and following and dice.random() < 0.5:
                            pitch = low + (following[2] + dice.choice((-1, 1, 7)) - low) % 12
                        elif bass_kind == "walking" and bar_beat:
                            walk = dice.choice((tones[1] if len(tones) > 1 else 7, 7, 5, 2, 9, 12, -1, -2))
                            pitch += walk
                        elif bass_kind == "fifths" and bar_beat >= 2:
                            pitch += dice.choice((7, -5, 0))
                        elif bass_kind in ("funk", "reggae", "tumbao") and dice.random() < 0.3:
                            pitch += dice.choice((7, 10, 12, 5, 3))
                        length = 4.0 if bass_kind == "long" else 1.0 if bass_kind in ("walking", "fifths") else dice.choice((0.3, 0.5, 0.9))
                        note(3, when_swung, when_swung + length * 0.95, pitch, velocity + louder)
                if comp and block not in gone and not (early and step == 0):
                    self._comp(dice, comp_kind, steps, step, sign_at, index, bar_beat, new, pitches, when_swung, note, arpeggio)
                    arpeggio += 1
                if drums and block not in drop and groove is None:
                    ending = bars[index] % phrase_bars == phrase_bars - 1 or (fills and bars[index] % 4 == 3 and phrase_bars > 8)
                    last = fills and ending and bar_beat >= song.metre - fill_beats
                    for drum, pattern in drum_patterns.items():
                        velocity = struck(pattern[in_loop % len(pattern)], dice)
                        if velocity and not (last and drum not in (36, 42, 46)):
                            played = RIDE if drum == CLOSED and block in ridden else drum
                            note(9, when_swung, when_swung + 0.1, played, velocity + louder)
                    if last and dice.random() < 0.7:
                        rising = 15 * (bar_beat - song.metre + fill_beats) / fill_beats
                        note(9, when_swung, when_swung + 0.1, dice.choice((SNARE, 45, 47, 48, 50, 41)), dice.randint(65, 105) + rising)
                    if crashes and step == 0 and bar_beat == 0 and bars[index] % phrase_bars == 0 and dice.random() < 0.85:
                        note(9, when, when + 1, CRASH, dice.randint(80, 115))
                        note(9, when, when + 0.1, 36, dice.randint(90, 120))
            if pad and new and block not in gone:
                for pitch in pitches:
                    note(8, index, index + song.metre, pitch, dice.randint(50, 90))
        if groove is not None:
            down = next((n for n, source in enumerate(order) if song.positions[source] == 1), 0)
            length = max((g.beat for g in groove), default=0.0)
            length = max(4.0, 4.0 * int(length / 4.0))
            turn = down - length
            while turn < len(order):
                for one in groove:
                    if one.beat < length and phrases[min(int(max(0.0, turn + one.beat)), len(order) - 1)] not in drop:
                        note(9, turn + one.beat, turn + one.beat + 0.1, one.pitch, one.velocity)
                turn += length
        if not drums and not classical and dice.random() < 0.3:  # a foot or a hand that keeps time
            what = dice.choice((39, 42, 54, 70, 37))
            for index, source in enumerate(order):
                if song.positions[source] % 2 == 0:
                    note(9, index, index + 0.1, what, dice.randint(50, 100))
        kept = [n for n in range(len(order)) if times[n] < seconds]
        positions = [song.positions[order[n]] for n in kept]
        keys: list[tuple[float, int, bool]] = []
        for n in kept:
            found = [key for key in song.keys if key[0] <= order[n] + 0.05]
            if found:
                key = ((found[-1][1] + transpose) % 12, found[-1][2])
                if not keys or keys[-1][1:] != key:
                    keys.append((times[n], *key))
        return Piece(f"{kind}: {song.name}, {style.name if not classical else curve}", [times[n] for n in kept], positions, song.metre, events, seconds, drums, kind, keys)

    def _groove(self, dice: random.Random) -> list:
        return read_notes(dice.choice(self.grooves).read_bytes())

    @staticmethod
    def _comp(dice, kind, steps, step, sign_at, index, bar_beat, new, pitches, when, note, arpeggio) -> None:  # noqa: ANN001
        if kind in ("long",):
            if new and step == 0:
                for pitch in pitches:
                    note(4, when, when + dice.choice((2.0, 4.0)), pitch, dice.randint(60, 105))
            return
        if kind in ("arp8", "arp16", "arp"):
            every = {"arp8": max(1, steps // 2), "arp16": 1, "arp": 1}[kind]
            if steps == 3:
                every = 1
            if step % every == 0:
                note(4, when, when + 0.9, pitches[(sign_at // every) % len(pitches)] + (12 if sign_at // every % 4 == 3 else 0), dice.randint(60, 105))
            return
        if kind == "power":
            kind = "eighths"
            pitches = [pitches[0] - 12, pitches[0] - 5]
        elif kind == "gallop":
            pitches = [pitches[0] - 12, pitches[0] - 5]
        if kind in CHORD_PATTERNS:
            pattern = CHORD_PATTERNS[kind][0 if steps == 4 else 1]
            sign = pattern[step % len(pattern)]
        else:
            pattern = BAR_PATTERNS[kind][steps]
            sign = pattern[sign_at % len(pattern)]
        velocity = struck(sign, dice)
        if velocity:
            length = dice.choice((0.2, 0.3, 0.5, 0.9)) if kind != "beats" else 0.95
            roll = 0.02 if kind == "strum" else 0.0
            for number, pitch in enumerate(pitches):
                note(4, when + number * roll, when + length, pitch, velocity * dice.uniform(0.85, 1.0))
