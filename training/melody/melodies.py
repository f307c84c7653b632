# SPDX-License-Identifier: Apache-2.0
"""Melodies of POP909 and OpenEWLD on a grid of sixteenths, with the chord under each note."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from chords import Chord, infer_mode, parse_label, parse_pitch
from corpora import members, openewld_scores, read_musicxml, read_pop909
from midi import TempoMap, in_order, read_tracks

BAR = 16  # sixteenths


@dataclass(frozen=True)
class Tone:
    start: int  # sixteenths from the first downbeat
    length: int  # sixteenths, at least 1
    pitch: int  # MIDI
    chord: Chord | None


@dataclass
class Melody:
    corpus: str
    group: str
    tonic: int
    mode: str
    tones: list[Tone]


def on_grid(beats: list[float], seconds: float) -> float | None:
    """Beats from the first annotated beat, between two of them in proportion; None outside them."""
    index = bisect.bisect_right(beats, seconds + 1e-6) - 1
    if not 0 <= index < len(beats) - 1:
        return None
    return index + (seconds - beats[index]) / (beats[index + 1] - beats[index])


def read_pop909_melody(name: str, midi: bytes, chords: str, beats: str, keys: str) -> Melody | None:
    """The MELODY track, monophonic by its nature, in the bars of four beats; None for songs that change key.

    A bar of another length takes the place of one in the grid and holds no tone.
    """
    pieces = read_pop909(name, chords, beats, keys)
    rows = [line.split() for line in beats.splitlines() if line.strip()]
    downbeats = [i for i, row in enumerate(rows) if float(row[2]) > 0]
    if len(pieces) != 1:
        return None
    onsets = [float(row[0]) for row in rows]
    tracks = read_tracks(midi, frozenset({"", "MELODY"}))  # the nameless one holds the tempi
    tempo = TempoMap(tracks)
    spans = [line.split() for line in chords.splitlines() if line.strip()]
    starts = [float(span[0]) for span in spans]
    tones = []
    for note in in_order([n for track in tracks if track.name == "MELODY" for n in track.notes]):
        seconds = tempo.seconds(note.beat)
        start, end = on_grid(onsets, seconds), on_grid(onsets, tempo.seconds(note.beat + note.length))
        if start is None or end is None:
            continue
        sixteenth = round(4 * start)
        bar = bisect.bisect_right(downbeats, sixteenth / 4) - 1
        if not 0 <= bar < len(downbeats) - 1 or downbeats[bar + 1] - downbeats[bar] != 4:
            continue
        step = BAR * bar + sixteenth - 4 * downbeats[bar]
        index = max(bisect.bisect_right(starts, seconds + 0.05) - 1, 0)
        tones.append(Tone(step, max(round(4 * (end - start)), 1), note.pitch, parse_label(spans[index][2])))
    timed = [(c, b) for c, b in pieces[0].phrases[0].chords if c]
    if not tones or not timed:
        return None
    return Melody("pop909", name, pieces[0].tonic, infer_mode(timed, pieces[0].tonic, pieces[0].modes), tones)


def read_lead_sheet(name: str, root: ElementTree.Element) -> Melody | None:
    """The top line of a lead sheet in 4/4 or 2/2 throughout, ties joined; None otherwise."""
    part = root.find("part")
    pieces = read_musicxml(name, root)
    if part is None or not pieces:
        return None
    metres = {(t.findtext("beats"), t.findtext("beat-type")) for t in part.iter("time")}
    if not metres or metres - {("4", "4"), ("2", "2")}:
        return None
    timed = [(c, b) for c, b in pieces[0].phrases[0].chords if c and b > 0]
    if not timed:
        return None
    ends, chords, total = [], [], 0.0
    for chord, beats in pieces[0].phrases[0].chords:
        total += beats
        ends.append(total)
        chords.append(chord)
    divisions, time, bar_start = 1.0, 0.0, 0.0
    first_chord: float | None = None
    tones: list[Tone] = []
    tied = False
    for number, measure in enumerate(part.iter("measure")):
        bar_start = time
        for item in measure:
            if item.tag == "attributes":
                divisions = float(item.findtext("divisions", str(divisions)))
            elif item.tag == "harmony" and first_chord is None:
                first_chord = time
            elif item.tag in ("note", "forward", "backup"):
                if item.find("chord") is not None or item.find("grace") is not None:
                    continue
                length = float(item.findtext("duration", "0")) / divisions
                if item.tag == "backup":
                    time -= length
                    continue
                pitch = item.find("pitch")
                if pitch is not None and item.findtext("voice", "1") == "1":
                    key = 12 * (int(pitch.findtext("octave")) + 1) + parse_pitch(pitch.findtext("step"))
                    key += int(float(pitch.findtext("alter", "0")))
                    if tied and tones and tones[-1].pitch == key:
                        last = tones.pop()
                        tones.append(Tone(last.start, last.length + max(round(4 * length), 1), key, last.chord))
                    else:
                        index = bisect.bisect_right(ends, time - (first_chord or 0.0) + 1e-6)
                        sounding = chords[index] if first_chord is not None and index < len(chords) else None
                        tones.append(Tone(round(4 * time), max(round(4 * length), 1), key, sounding))
                    tied = any(tie.get("type") == "start" for tie in item.findall("tie"))
                time += length
        if number == 0 and time < 3.99:  # an upbeat: the grid begins after it
            tones = [Tone(t.start - round(4 * time), t.length, t.pitch, t.chord) for t in tones]
            first_chord = None if first_chord is None else first_chord - time
            time = 0.0
        elif abs((time - bar_start) - 4.0) > 0.01:
            break  # a broken or shortened bar: what follows lies on another grid
    return (
        Melody("openewld", name, pieces[0].tonic, infer_mode(timed, pieces[0].tonic, pieces[0].modes), tones)
        if tones
        else None
    )


def pop909(data: Path) -> Iterator[Melody]:
    songs: dict[str, dict[str, bytes]] = {}
    archive = data / "symbolic" / "pop909.tar.xz"
    for path, raw in members(archive, (".txt", ".mid")):
        _, song, file = path.rsplit("/", 2)
        songs.setdefault(song, {})[".mid" if file == song + ".mid" else file] = raw
    for song, files in sorted(songs.items()):
        text = [files[kind].decode() for kind in ("chord_midi.txt", "beat_midi.txt", "key_audio.txt")]
        melody = read_pop909_melody("pop909/" + song, files[".mid"], *text)
        if melody:
            yield melody


def openewld(data: Path) -> Iterator[Melody]:
    for name, root in openewld_scores(data):
        melody = read_lead_sheet(name, root)
        if melody:
            yield melody
