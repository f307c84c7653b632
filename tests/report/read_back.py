# SPDX-License-Identifier: Apache-2.0
"""Reads what a report wrote with readers that share no line with it: Python's JSON, XML, CSV and SQLite.

Usage: read_back.py jams|csv|rekordbox|svl|mixxx FILE. Prints plain lines.
"""

import csv
import json
import sqlite3
import sys
import xml.etree.ElementTree as ElementTree


def jams(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    print("title", document["file_metadata"]["title"], document["file_metadata"]["duration"])
    for annotation in document["annotations"]:
        for one in annotation["data"]:
            assert set(one) == {"time", "duration", "value", "confidence"}, one
            print(annotation["namespace"], one["time"], one["duration"], json.dumps(one["value"], sort_keys=True))


def table(path: str) -> None:
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, strict=True):
            assert None not in row and None not in row.values(), row
            print("|".join(f"{name}={value}" for name, value in row.items() if value))


def rekordbox(path: str) -> None:
    root = ElementTree.parse(path).getroot()
    print("entries", root.find("COLLECTION").get("Entries"))
    for track in root.iter("TRACK"):
        print("track", track.get("Name"), track.get("Tonality"), track.get("AverageBpm"), track.get("Location"))
        for tempo in track.iter("TEMPO"):
            print("tempo", tempo.get("Inizio"), tempo.get("Bpm"), tempo.get("Metro"), tempo.get("Battito"))


def svl(path: str) -> None:
    root = ElementTree.parse(path).getroot()
    model = root.find("data/model")
    print("model", model.get("sampleRate"), model.get("end"))
    for point in root.iter("point"):
        print("point", point.get("frame"), point.get("label"))


def varints(data: bytes) -> list[int]:
    values, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            values.append(value)
            value, shift = 0, 0
    return values


def mixxx(path: str) -> None:
    """Runs the script on a library with two tracks, laid out as in Mixxx 2.4."""
    library = sqlite3.connect(":memory:")
    library.executescript("""
        CREATE TABLE track_locations (id INTEGER PRIMARY KEY, location TEXT UNIQUE);
        CREATE TABLE library (id INTEGER PRIMARY KEY, location INTEGER, bpm FLOAT, beats BLOB, beats_version TEXT,
                              beats_sub_version TEXT, key TEXT, key_id INTEGER);
        INSERT INTO track_locations VALUES (7, '/music/it''s; here.wav'), (8, '/music/other.wav');
        INSERT INTO library (id, location) VALUES (1, 7), (2, 8);""")
    with open(path, encoding="utf-8") as file:
        library.executescript(file.read())
    for bpm, beats, version, key, key_id in library.execute(
            "SELECT bpm, beats, beats_version, key, key_id FROM library ORDER BY id"):
        print(bpm, version, key, key_id, frames_of(beats or b""))


def frames_of(beat_map: bytes) -> list[int]:
    frames = []
    while beat_map:
        assert beat_map[0] == 0x0A, "a beat of the map"
        length, beat_map = beat_map[1], beat_map[2:]
        assert beat_map[0] == 0x08, "its frame"
        frames += varints(beat_map[1:length])
        beat_map = beat_map[length:]
    return frames


{"jams": jams, "csv": table, "rekordbox": rekordbox, "svl": svl, "mixxx": mixxx}[sys.argv[1]](sys.argv[2])
