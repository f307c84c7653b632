# SPDX-License-Identifier: Apache-2.0
"""Reads notes and tempi of a standard MIDI file (MIDI 1.0 Detailed Specification, "Standard MIDI Files 1.0")."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field

SET_TEMPO, TRACK_NAME = 0x51, 0x03


@dataclass(frozen=True)
class Note:
    beat: float  # quarter notes from the start
    pitch: int
    velocity: int
    length: float = 0.0  # quarter notes; 0 where no note-off follows


@dataclass
class Track:
    name: str = ""
    notes: list[Note] = field(default_factory=list)
    tempi: list[tuple[float, float]] = field(default_factory=list)  # beat, seconds a quarter note


def read_length(data: bytes, at: int) -> tuple[int, int]:
    """A variable-length quantity and the position after it: seven bits a byte, high bit while more follow."""
    value = 0
    for _ in range(4):
        byte = data[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at
    raise ValueError("variable-length quantity longer than four bytes")


def read_track(data: bytes, division: int, only: frozenset[str] | None = None) -> Track:
    """The notes, tempi and name of a track; no notes past its name where that is not among `only`."""
    at, ticks, status = 0, 0, 0
    track = Track()
    sounding: dict[tuple[int, int], tuple[int, int]] = {}  # (channel, pitch): (tick, velocity)

    def end(key: tuple[int, int]) -> None:
        if key in sounding:
            start, velocity = sounding.pop(key)
            track.notes.append(Note(start / division, key[1], velocity, (ticks - start) / division))

    while at < len(data):
        delta, at = read_length(data, at)
        ticks += delta
        if data[at] & 0x80:
            status = data[at]
            at += 1
        elif not status:
            raise ValueError("data byte before any status byte")
        if status in (0xFF, 0xF0, 0xF7):
            kind = None
            if status == 0xFF:
                kind, at = data[at], at + 1
            length, at = read_length(data, at)
            body, at = data[at : at + length], at + length
            if kind == SET_TEMPO:
                track.tempi.append((ticks / division, int.from_bytes(body, "big") / 1e6))
            elif kind == TRACK_NAME:
                track.name = body.decode("latin-1").strip()
                if only is not None and track.name not in only:
                    return track
            status = 0  # running status ends here
            continue
        command, key = status >> 4, (status & 0x0F, data[at])
        if command in (0x8, 0x9):
            end(key)
            if command == 0x9 and data[at + 1] > 0:
                sounding[key] = (ticks, data[at + 1])
        at += 1 if command in (0xC, 0xD) else 2
    for key, (start, velocity) in sounding.items():
        track.notes.append(Note(start / division, key[1], velocity))
    return track


def read_tracks(data: bytes, only: frozenset[str] | None = None) -> list[Track]:
    if data[:4] != b"MThd":
        raise ValueError("not a standard MIDI file")
    division = int.from_bytes(data[12:14], "big")
    if division & 0x8000:
        raise ValueError("time code division")
    at = 8 + int.from_bytes(data[4:8], "big")
    tracks = []
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "big")
        if data[at : at + 4] == b"MTrk":
            tracks.append(read_track(data[at + 8 : at + 8 + size], division, only))
        at += 8 + size
    return tracks


def in_order(notes: list[Note]) -> list[Note]:
    return sorted(notes, key=lambda note: (note.beat, note.pitch))


def read_notes(data: bytes) -> list[Note]:
    """Every note of every track, in order of time."""
    return in_order([note for track in read_tracks(data) for note in track.notes])


class TempoMap:
    """Seconds at a beat, from the tempo events of all tracks; 120 BPM until the first."""

    def __init__(self, tracks: list[Track]) -> None:
        tempi = dict(sorted(tempo for track in tracks for tempo in track.tempi))
        tempi.setdefault(0.0, 0.5)
        self._beats = sorted(tempi)
        self._periods = [tempi[beat] for beat in self._beats]
        self._seconds = [0.0]
        for index in range(1, len(self._beats)):
            span = self._beats[index] - self._beats[index - 1]
            self._seconds.append(self._seconds[-1] + span * self._periods[index - 1])

    def seconds(self, beat: float) -> float:
        index = bisect.bisect_right(self._beats, beat) - 1
        return self._seconds[index] + (beat - self._beats[index]) * self._periods[index]
