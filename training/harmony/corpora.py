# SPDX-License-Identifier: Apache-2.0
"""Readers that turn each corpus into pieces: phrases of timed chords over one tonic."""

from __future__ import annotations

import bisect
import io
import re
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from chords import MAJOR_MODES, MINOR_MODES, PRECEDENCE, Chord, parse_label, parse_pitch


@dataclass
class Phrase:
    """Chords with their lengths in beats; None is silence or a label that names no chord."""

    chords: list[tuple[Chord | None, float]] = field(default_factory=list)
    opens_section: bool = False
    closes_section: bool = False


@dataclass
class Piece:
    corpus: str
    group: str  # versions of one song share it, so that a fold never tests on what it trained on
    tonic: int
    modes: tuple[str, ...]  # what the annotation leaves possible
    phrases: list[Phrase]


def members(archive: Path, suffix: str | tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Files of a tar.xz whose names end in a suffix, in order of name."""
    with tarfile.open(archive, "r:xz") as tar:
        files = (entry for entry in tar if entry.isfile() and entry.name.endswith(suffix))
        found = {entry.name: tar.extractfile(entry).read() for entry in files}
    for name in sorted(found):
        yield name, found[name]


# McGill Billboard ---------------------------------------------------------------------------------------------------

_METRE = re.compile(r"\((\d+)/(\d+)\)")
_REPEAT = re.compile(r"^x(\d+)$")


def beats_in_bar(numerator: int, denominator: int) -> int:
    """6/8 and 12/8 are felt in dotted quarters."""
    return numerator // 3 if denominator == 8 and numerator % 3 == 0 else numerator


def billboard_bar(text: str, beats: int, previous: Chord | None) -> list[tuple[Chord | None, float]]:
    """The chords of one bar: alone it fills the bar, two halve it, else each word is a beat and "." repeats."""
    metre = _METRE.search(text)
    if metre:
        beats = beats_in_bar(int(metre[1]), int(metre[2]))
    words = [word for word in _METRE.sub(" ", text).split() if word != "*"]
    result: list[tuple[Chord | None, float]] = []
    for word in words:
        if word != ".":
            previous = parse_label(word)
        result.append((previous, beats / len(words)))
    return result


def read_billboard(text: str) -> list[Piece]:
    title = artist = ""
    beats, tonic = 4, 0
    pieces: list[Piece] = []
    last: Chord | None = None
    section = False
    for line in text.splitlines():
        if line.startswith("#"):
            name, _, value = line[1:].partition(":")
            name, value = name.strip(), value.strip()
            if name == "title":
                title = value
            elif name == "artist":
                artist = value
            elif name == "metre":
                beats = beats_in_bar(*(int(part) for part in value.split("/")))
            elif name == "tonic":
                tonic = parse_pitch(value)
                pieces.append(Piece("billboard", f"{artist}/{title}".lower(), tonic, PRECEDENCE, []))
            continue
        if "\t" not in line or not pieces:
            continue
        before, bar, rest = line.split("\t", 1)[1].partition("|")
        label = before.strip()
        phrases = pieces[-1].phrases
        if label and phrases:
            phrases[-1].closes_section = True
        section = section or bool(label)
        if not bar:
            continue
        body, _, tail = rest.rpartition("|")
        phrase = Phrase(opens_section=section)
        section = False
        for measure in body.split("|"):
            phrase.chords += billboard_bar(measure, beats, last)
            last = phrase.chords[-1][0] if phrase.chords else None
        # A repeated line is one more phrase each time, as it is heard; long loops say no more than four rounds do.
        rounds = next((int(m[1]) for word in re.split(r"[\s,]+", tail) if (m := _REPEAT.match(word))), 1)
        for number in range(min(rounds, 4)):
            phrases.append(Phrase(list(phrase.chords), phrase.opens_section and number == 0))
    return [piece for piece in pieces if piece.phrases]


def billboard(data: Path) -> Iterator[Piece]:
    for _, raw in members(data / "symbolic" / "billboard.tar.xz", ".txt"):
        yield from read_billboard(raw.decode())


# POP909 -------------------------------------------------------------------------------------------------------------


def read_pop909(name: str, chords: str, beats: str, keys: str) -> list[Piece]:
    """One piece for each key the annotation gives; beats are counted from the beat file."""
    onsets = [float(line.split()[0]) for line in beats.splitlines() if line.strip()]
    spans = [line.split() for line in keys.splitlines() if line.strip()]
    pieces = []
    for _, _, label in spans:
        tonic, _, third = label.partition(":")
        pieces.append(
            Piece("pop909", name, parse_pitch(tonic), MAJOR_MODES if third == "maj" else MINOR_MODES, [Phrase()])
        )
    ends = [float(span[1]) for span in spans]
    for line in chords.splitlines():
        if not line.strip():
            continue
        start, end, label = line.split()
        # The annotations round times differently; a beat counts where it starts within 50 ms of the chord's span.
        length = bisect.bisect_left(onsets, float(end) - 0.05) - bisect.bisect_left(onsets, float(start) - 0.05)
        middle = (float(start) + float(end)) / 2
        index = min(bisect.bisect_left(ends, middle), len(pieces) - 1)
        if length > 0:
            pieces[index].phrases[0].chords.append((parse_label(label), float(length)))
    if pieces:
        pieces[0].phrases[0].opens_section = True
        pieces[-1].phrases[0].closes_section = True
    return [piece for piece in pieces if piece.phrases[0].chords]


def pop909(data: Path) -> Iterator[Piece]:
    songs: dict[str, dict[str, str]] = {}
    for path, raw in members(data / "symbolic" / "pop909.tar.xz", ".txt"):
        _, song, kind = path.rsplit("/", 2)
        songs.setdefault(song, {})[kind] = raw.decode()
    for song, files in sorted(songs.items()):
        yield from read_pop909(
            "pop909/" + song, files["chord_midi.txt"], files["beat_midi.txt"], files["key_audio.txt"]
        )


# OpenEWLD -----------------------------------------------------------------------------------------------------------

_KINDS = {
    "major": "maj", "minor": "min", "diminished": "dim", "augmented": "aug", "power": "5",
    "dominant": "7", "major-seventh": "maj7", "minor-seventh": "min7", "half-diminished": "hdim7",
    "diminished-seventh": "dim7", "augmented-seventh": "aug(b7)", "major-minor": "minmaj7", "minor-major": "minmaj7",
    "major-sixth": "maj6", "minor-sixth": "min6", "dominant-ninth": "9", "major-ninth": "maj9", "minor-ninth": "min9",
    "dominant-11th": "11", "minor-11th": "min11", "dominant-13th": "13", "major-13th": "maj13", "minor-13th": "min13",
    "suspended-fourth": "sus4", "suspended-second": "sus2", "augmented-ninth": "aug(b7,9)", "maj69": "maj6(9)",
}  # fmt: skip
_ACCIDENTAL = {-2: "bb", -1: "b", 0: "", 1: "#", 2: "##"}


def read_musicxml(name: str, root: ElementTree.Element) -> list[Piece]:
    """The lead sheet as written, repeats not played out. Lengths are quarter notes.

    The corpus marks nearly every sheet "major" whatever it is; where the last chord is a minor chord on the relative
    minor's tonic, that is the tonic.
    """
    part = root.find("part")
    if part is None:
        return []
    divisions, time, fifths = 1.0, 0.0, None
    starts: list[tuple[float, Chord | None]] = []
    for measure in part.iter("measure"):
        for item in measure:
            if item.tag == "attributes":
                divisions = float(item.findtext("divisions", str(divisions)))
                if fifths is None and item.find("key/fifths") is not None:
                    fifths = int(item.findtext("key/fifths"))
            elif item.tag == "harmony":
                step = item.findtext("root/root-step")
                alter = int(float(item.findtext("root/root-alter", "0")))
                kind = _KINDS.get((item.findtext("kind") or "").strip())
                chord = parse_label(f"{step}{_ACCIDENTAL.get(alter, '')}:{kind}") if step and kind else None
                offset = float(item.findtext("offset", "0")) / divisions
                starts.append((time + offset, chord))
            elif item.tag in ("note", "forward", "backup"):
                if item.find("chord") is not None or item.find("grace") is not None:
                    continue
                length = float(item.findtext("duration", "0")) / divisions
                time += -length if item.tag == "backup" else length
    if fifths is None or not starts:
        return []
    phrase = Phrase(opens_section=True, closes_section=True)
    for (start, chord), (end, _) in zip(starts, [*starts[1:], (time, None)]):
        phrase.chords.append((chord, max(end - start, 0.0)))
    tonic = 7 * fifths % 12
    named = [chord for chord, _ in phrase.chords if chord]
    modes = MAJOR_MODES
    if named and named[-1].root == (tonic + 9) % 12 and 3 in named[-1].tones:
        tonic, modes = (tonic + 9) % 12, MINOR_MODES
    return [Piece("openewld", name, tonic, modes, [phrase])]


def openewld_scores(data: Path) -> Iterator[tuple[str, ElementTree.Element]]:
    for path, raw in members(data / "symbolic" / "openewld.tar.xz", ".mxl"):
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            # Some containers are not well-formed, and each holds but one score: the file outside META-INF.
            score = next(n for n in archive.namelist() if n.endswith(".xml") and not n.startswith("META-INF/"))
            yield "openewld/" + path.rsplit("/", 1)[1], ElementTree.fromstring(archive.read(score))


def openewld(data: Path) -> Iterator[Piece]:
    for name, root in openewld_scores(data):
        yield from read_musicxml(name, root)
