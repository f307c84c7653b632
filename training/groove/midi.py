# SPDX-License-Identifier: Apache-2.0
"""Reads the notes of a standard MIDI file (MIDI 1.0 Detailed Specification, "Standard MIDI Files 1.0", 1996)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    beat: float  # quarter notes from the start
    pitch: int
    velocity: int


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


def read_track(data: bytes, division: int) -> list[Note]:
    at, ticks, status = 0, 0, 0
    notes = []
    while at < len(data):
        delta, at = read_length(data, at)
        ticks += delta
        if data[at] & 0x80:
            status = data[at]
            at += 1
        elif not status:
            raise ValueError("data byte before any status byte")
        if status in (0xFF, 0xF0, 0xF7):
            if status == 0xFF:
                at += 1  # kind of meta event; tempo is taken from the file list, the rest says nothing about notes
            length, at = read_length(data, at)
            at += length
            status = 0  # running status ends here
            continue
        size = 1 if status >> 4 in (0xC, 0xD) else 2
        if status >> 4 == 0x9 and data[at + 1] > 0:
            notes.append(Note(ticks / division, data[at], data[at + 1]))
        at += size
    return notes


def read_notes(data: bytes) -> list[Note]:
    """Every note-on of every track, in order of time."""
    if data[:4] != b"MThd":
        raise ValueError("not a standard MIDI file")
    division = int.from_bytes(data[12:14], "big")
    if division & 0x8000:
        raise ValueError("time code division")
    at = 8 + int.from_bytes(data[4:8], "big")
    notes = []
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "big")
        if data[at : at + 4] == b"MTrk":
            notes += read_track(data[at + 8 : at + 8 + size], division)
        at += 8 + size
    return sorted(notes, key=lambda note: (note.beat, note.pitch))
