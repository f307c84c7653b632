# SPDX-License-Identifier: Apache-2.0
"""Renders music whose keys are known and keeps what the engine hears of its harmony.

    cmake --build --preset release --target auralis_harmony_frames
    python3 training/keys/play.py --frames build/release/training/auralis_harmony_frames --into ../train/keys --count 900

Wants numpy, libfluidsynth and the SoundFonts that Debian packages. Bands, rooms and what recordings do to music are
those of training/beats. Every piece is drawn from its number alone; one that is there is left alone, so that the command
goes on where it stopped. A piece is NUMBER.npz: `harmony` float16 [recordings][frames][24] (bass, then treble, from C),
`keys` float32 [keys][3]: from which second, tonic (-1: drums alone), 1 for minor; and `about`.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TRAINING = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TRAINING / "beats"), str(TRAINING)]

import songs  # noqa: E402
from effects import mixed  # noqa: E402
from pieces import Arranger, Piece, Song  # noqa: E402
from render import SOUNDFONTS, unpacked  # noqa: E402
from styles import STYLES  # noqa: E402
from synthesiser import DRUMS, Synthesiser  # noqa: E402

RECORDINGS = 1
HELD_BACK = 10  # every tenth piece, and every tenth song for them alone
MINOR = 0.45  # of the songs of Billboard that are drawn; one in six of the corpus
KINDS = {"billboard": 0.4, "made up": 0.3, "pop909": 0.14, "sheet": 0.06, "classical": 0.07, "drums": 0.03}


def harmony_of(program: Path, sound: np.ndarray) -> np.ndarray:
    """[frames][24], by the program that runs the engine's own code."""
    said = subprocess.run([program], input=sound.astype(np.float32).tobytes(), stdout=subprocess.PIPE, check=True)
    return np.frombuffer(said.stdout, np.float32).reshape(-1, 26)[:, 2:]


def tuned(sound: np.ndarray, cents: float) -> np.ndarray:
    """Played faster or slower, as a tape is."""
    speed = 2.0 ** (cents / 1200.0)
    at = np.arange(int((len(sound) - 1) / speed)) * speed
    return np.interp(at, np.arange(len(sound)), sound).astype(np.float32)


def share(of: list, held_back: bool) -> list:
    return [one for n, one in enumerate(of) if (n % HELD_BACK == 0) == held_back]


@dataclass
class Library:
    arranger: Arranger
    billboard: list[Song]
    pop909: list
    sheets: list

    @classmethod
    def of(cls, data: Path, corpora: Path) -> Library:
        arranger = Arranger.of(corpora)
        return cls(
            arranger,
            songs.of_billboard(data),
            songs.of_pop909(data, corpora / "POP909"),
            songs.of_openewld(data, arranger.sheets),
        )

    def song(self, dice: random.Random, kind: str, beats: int, held_back: bool) -> Song:
        if kind in ("pop909", "sheet") or (kind == "classical" and dice.random() < 0.6):
            choice = self.sheets if kind == "sheet" or (kind == "classical" and dice.random() < 0.4) else self.pop909
            choice = share(choice, held_back)
            for _ in range(30):
                song = songs.read(*dice.choice(choice))
                if song is not None:
                    return songs.moved(dice, song) if dice.random() < 0.15 else song
        if kind == "billboard":
            minor = dice.random() < MINOR
            whole = dice.choice([song for song in share(self.billboard, held_back) if song.keys[0][2] == minor])
            first = dice.randrange(max(1, len(whole.positions) - beats)) // whole.metre * whole.metre
            song = songs.excerpt(whole, first, beats)
            if len(song.keys) == 1 and dice.random() < 0.15:
                song = songs.moved(dice, song)
        else:
            song = songs.made_up(dice, dice.choice((3, 4, 4, 4, 4, 4)), beats)
        song.notes = songs.sung(dice, song)
        bare = all(len(tones) == 2 for _, _, tones, _ in song.chords) or len({root for _, root, *_ in song.chords}) < 3
        if kind == "made up" and dice.random() < (0.6 if bare else 0.1):
            song.notes += songs.riff(dice, song)
        return song

    def piece(self, number: int, seconds: float) -> Piece:
        dice = random.Random(f"keys {number}")
        kind = dice.choices(list(KINDS), list(KINDS.values()))[0]
        style = dice.choice([style for style in STYLES if style.metre == 4])
        tempo = 2.0 ** dice.uniform(5.75, 7.2) if kind == "classical" else dice.uniform(*style.tempo)
        song = self.song(dice, kind, int(seconds * tempo / 60.0) + 8, number % HELD_BACK == 0)
        if style.metre != song.metre:
            style = dice.choice([style for style in STYLES if style.metre == song.metre])
        return self.arranger.arranged(dice, song, style, kind, tempo, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    data = os.environ.get("AURALIS_DATA", str(Path(__file__).resolve().parents[3] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(data), help="folder that holds symbolic/")
    parser.add_argument("--frames", type=Path, required=True, help="the program auralis_harmony_frames")
    parser.add_argument("--into", type=Path, required=True, help="folder for what is made")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=900)
    parser.add_argument("--every", type=int, default=1, help="with 10, only what is held back")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    library = Library.of(options.data, unpacked(options.data, options.into.parent))
    print(f"{len(library.billboard)} songs of Billboard, {len(library.pop909)} of POP909, {len(library.sheets)} sheets", flush=True)
    fonts = [Path(name) for name in SOUNDFONTS if Path(name).exists()]
    if not fonts:
        raise SystemExit("no SoundFont is installed: apt-get install fluid-soundfont-gm timgm6mb-soundfont")
    synthesisers: dict[Path, Synthesiser] = {}
    began, done = time.monotonic(), 0
    for number in range(options.first, options.first + options.count, options.every):
        target = options.into / f"{number:05d}.npz"
        if target.exists():
            continue
        piece = library.piece(number, options.seconds)
        font = fonts[number % len(fonts)]
        if font not in synthesisers:
            synthesisers[font] = Synthesiser(font)
        buses = synthesisers[font].play(piece.events, options.seconds)
        drums_alone = piece.kind == "drums"
        if drums_alone:
            buses = np.where(np.arange(len(buses))[:, None] == DRUMS, buses, 0.0)
        dice = random.Random(f"tuning {number}")
        heard = []
        for n in range(RECORDINGS):
            cents = dice.uniform(-40.0, 40.0) if dice.random() < 0.4 else 0.0
            sound = mixed(buses, f"keys {number}/{n}", piece.kind == "classical")
            heard.append(harmony_of(options.frames, tuned(sound, cents) if cents else sound))
        length = min(len(one) for one in heard)
        keys = [(0.0, -1, False)] if drums_alone else piece.keys
        scratch = target.with_suffix(".tmp.npz")
        np.savez(
            scratch,
            harmony=np.stack([one[:length] for one in heard]).astype(np.float16),
            keys=np.array(keys, np.float32),
            about=f"{piece.name}; {font.stem}",
        )
        scratch.rename(target)
        done += 1
        if done % 10 == 0:
            hours = done * options.seconds / 3600.0
            print(f"{number}: {piece.name}; {hours:.2f} h in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
