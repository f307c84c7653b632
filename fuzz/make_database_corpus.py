#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes fuzz/corpus/analysis_store with the schema in store/analysis_store.cpp. Usage: make_database_corpus.py [FOLDER].

Pages of 512 bytes keep the files below the longest input that libFuzzer is given.
"""

import pathlib
import re
import sqlite3
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def schema() -> str:
    source = (ROOT / "src/auralis/store/analysis_store.cpp").read_text(encoding="utf-8")
    found = re.search(r'R"sql\((.*?)\)sql"', source, re.DOTALL)
    assert found, "the schema is not where it was"
    return found.group(1)


def write(path: pathlib.Path, states: list[str]) -> None:
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    database.executescript("PRAGMA page_size = 512; PRAGMA application_id = 0x41757261; PRAGMA user_version = 1;" + schema())
    for number, state in enumerate(states, start=1):
        name = "Étude.flac" if number % 2 else "rain.wav"
        length, error = (3.5, "") if state == "done" else (None, "no sound" if state == "failed" else "")
        database.execute(
            "INSERT INTO analyses (id, name, state, created_ms, length, error) VALUES (?, ?, ?, ?, ?, ?)",
            (f"{number:016}", name, state, 1_700_000_000_000 + number, length, error),
        )
        if state == "done":
            database.execute("INSERT INTO results VALUES (?, ?, ?)", (number, '{"schema_version":1}', b"APKS\x01\x00"))
    database.commit()
    database.close()


def main() -> int:
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "fuzz/corpus/analysis_store")
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "empty.db", [])
    write(folder / "four.db", ["done", "failed", "running", "queued"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
