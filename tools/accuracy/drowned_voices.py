#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes datasets of voices whose pitch is known, each as it was and drowned by noise, a room, a crowd or music.

Usage: drowned_voices.py synthesised VOICES INTO --music FOLDER
       drowned_voices.py recorded SOUNDS INTO --music FOLDER
       drowned_voices.py pyin INTO ESTIMATES [--half report]

VOICES is what tools/accuracy/voices.py made. SOUNDS are recordings of people alone, a folder a speaker; what they are
labelled by is the agreement, on the clean recording, of two programs that are not ours: librosa's pYIN and Praat
(autocorrelation) within 30 cents; where they differ there is no label. FOLDER holds recordings of music that sound under
the voices. INTO/voice_KIND_CONDITION/audio and f0 are datasets for `auralis eval`; a clip has the same name in all, and so
lies in the same half. `pyin` keeps what librosa's pYIN says of all of them, for `auralis eval --estimates`, with the
settings of tools/accuracy/peer_runner.py.

The figures of docs/theory/pitch.md are of ten long prompts of Debian's asterisk-core-sounds-en-wav (demo-instruct,
priv-callee-options, demo-congrats, basic-pbx-ivr-main, conf-adminmenu-18, demo-echotest, screen-callee-options,
demo-abouttotry, vm-options, demo-moreinfo) and of the .ogg files of ca, da, de, el, en, lt, ru, sl, uk and wa in
ktuberling-data, over the music of asc-music and hyperrogue-music.

Wants PyPI's numpy, soundfile, librosa and praat-parselmouth, and ffmpeg. Seeded: the same sounds make the same files.
"""

import argparse
import pathlib
import subprocess
import sys
import zlib

import numpy as np
import soundfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "training" / "beats"))
from effects import coloured, crowd, decibels, fast_length  # noqa: E402

RATE, HOP = 44100, 441
# name: (what is added, dB by which the voice is above it)
CONDITIONS = {"clean": None, "noise20": ("noise", 20), "noise10": ("noise", 10), "noise0": ("noise", 0),
              "crowd5": ("crowd", 5), "music20": ("music", 20), "music10": ("music", 10), "music5": ("music", 5),
              "music0": ("music", 0), "room": ("room", 0)}  # fmt: skip
AGREEMENT = 30.0  # cents
RECORDED = 36  # clips at most
SHORTEST, LONGEST = 4.0, 9.0  # seconds of one


def decoded(path: pathlib.Path) -> np.ndarray:
    command = ["ffmpeg", "-v", "error", "-i", path, "-f", "f32le", "-ac", "1", "-ar", str(RATE), "-"]
    return np.frombuffer(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout, np.float32).astype(float)


def music_of(folder: pathlib.Path, most: int = 12) -> list[np.ndarray]:
    """Half a minute from the middle of some recordings."""
    paths = sorted(p for p in folder.rglob("*") if p.suffix in (".ogg", ".opus", ".flac", ".wav", ".mp3"))
    out = []
    for path in paths[:: max(1, len(paths) // most)][:most]:
        sound = decoded(path)
        begin = max(0, len(sound) // 2 - 15 * RATE)
        part = sound[begin : begin + 30 * RATE]
        out.append(part / (np.sqrt((part**2).mean()) + 1e-9))
    return out


def drowned(sound: np.ndarray, hertz: np.ndarray, condition, stem: str, music: list[np.ndarray]) -> np.ndarray:
    """At the level that makes the voice, where it has a pitch, that much louder."""
    if condition is None:
        return sound
    kind, above = condition
    noise = np.random.default_rng(zlib.crc32(f"{stem} {kind}".encode()))
    count = len(sound)
    active = np.repeat(hertz > 0, HOP)[:count]
    loud = np.sqrt((sound[: len(active)][active] ** 2).mean())
    if kind == "room":
        time = np.arange(int(0.9 * RATE)) / RATE
        tail = noise.standard_normal(len(time)) * 10.0 ** (-3.0 * time / 0.9)
        tail[: int(0.008 * RATE)] = 0.0
        tail *= 0.6 / np.sqrt((tail**2).sum())
        tail[0] += 1.0
        length = fast_length(count + len(tail))
        return np.fft.irfft(np.fft.rfft(sound, length) * np.fft.rfft(tail, length))[:count]
    if kind == "music":
        one = music[int(noise.integers(len(music)))]
        other = np.resize(np.roll(one, -int(noise.integers(len(one)))), count)
    else:
        other = coloured(noise, count, 1.0) if kind == "noise" else crowd(noise, count)
    return sound + other * loud * decibels(-above)


def pyin(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times, and Hz with a minus sign where unvoiced."""
    import librosa

    half = librosa.resample(sound.astype(np.float32), orig_sr=RATE, target_sr=22050)
    f0, voiced, _ = librosa.pyin(half, sr=22050, fmin=65.0, fmax=1000.0, fill_na=None)
    return librosa.times_like(f0, sr=22050), np.where(voiced, f0, -f0)


def agreed(sound: np.ndarray) -> np.ndarray:
    """Hz a frame, 0 where there is no pitch, NaN where the two programs differ."""
    import parselmouth

    praat = parselmouth.Sound(sound, RATE).to_pitch_ac(time_step=0.01, pitch_floor=65.0, pitch_ceiling=1000.0)
    at = np.arange(len(sound) // HOP) * HOP / RATE
    one = np.nan_to_num(np.array([praat.get_value_at_time(float(t)) or 0.0 for t in at]))
    times, said = pyin(sound)
    other = said[np.clip(np.searchsorted(times, at), 0, len(said) - 1)]
    near = np.abs(1200.0 * np.log2(np.maximum(one, 1.0) / np.maximum(np.abs(other), 1.0))) < AGREEMENT
    return np.where((one > 0) & (other > 0) & near, one, np.where((one <= 0) & (other <= 0), 0.0, np.nan))


def recorded(folder: pathlib.Path) -> list[tuple[str, np.ndarray]]:
    """Clips of some seconds: long recordings cut, short ones of one folder, that is one speaker, in a row."""
    speakers: dict[str, list[pathlib.Path]] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".wav", ".ogg", ".flac", ".opus"):
            speakers.setdefault(str(path.parent.relative_to(folder)), []).append(path)
    each = max(1, -(-RECORDED // max(1, len(speakers))))
    clips = []
    for name, paths in speakers.items():
        begun, made = np.zeros(0), 0
        for path in paths[:: max(1, len(paths) // 60)]:
            sound = decoded(path)
            begun = np.concatenate([begun, sound[: int(LONGEST * RATE)]])
            if len(begun) >= SHORTEST * RATE and made < each:
                part = begun[: int(LONGEST * RATE)]
                clips.append((f"{name.replace('/', '_').strip('._') or 'voice'}_{made}", 0.3 * part / (np.abs(part).max() + 1e-9)))
                begun, made = np.zeros(0), made + 1
    return clips


def keep(into: pathlib.Path, kind: str, stem: str, sound: np.ndarray, hertz: np.ndarray, music: list) -> None:
    known = np.nan_to_num(hertz)
    for name, condition in CONDITIONS.items():
        folder = into / f"voice_{kind}_{name}"
        for part in ("audio", "f0"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        made = drowned(sound, known, condition, stem, music)
        soundfile.write(folder / "audio" / f"{stem}.wav", 0.7 * made / (np.abs(made).max() + 1e-9), RATE, subtype="PCM_16")
        lines = (f"{n * HOP / RATE:.4f} {f0:.4f}\n" for n, f0 in enumerate(hertz) if not np.isnan(f0))
        (folder / "f0" / f"{stem}.f0").write_text("".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("synthesised", "recorded", "pyin"))
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("into", type=pathlib.Path)
    parser.add_argument("--music", type=pathlib.Path)
    parser.add_argument("--half", choices=("tune", "report"), help="pyin: this half alone")
    options = parser.parse_args()
    if options.what == "pyin":
        for path in sorted(options.source.glob("voice_*/audio/*.wav")):
            target = options.into / path.parents[1].name / "f0" / f"{path.stem}.f0"
            half = "report" if zlib.crc32(path.stem.encode()) % 2 else "tune"
            if target.exists() or (options.half or half) != half:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            times, said = pyin(soundfile.read(path)[0])
            target.write_text("".join(f"{t:.6f} {f0:.4f}\n" for t, f0 in zip(times, said)))
            print(target, flush=True)
        return
    if options.music is None:
        parser.error("--music is wanted")
    music = music_of(options.music)
    if options.what == "synthesised":
        for path in sorted((options.source / "audio").glob("*.wav")):
            rows = [line.split() for line in (options.source / "f0" / f"{path.stem}.f0").read_text().splitlines()]
            keep(options.into, "synthesised", path.stem, soundfile.read(path)[0], np.array([float(row[1]) for row in rows]), music)
        return
    for stem, sound in recorded(options.source):
        hertz = agreed(sound)
        share = float((hertz > 0).mean())
        if share > 0.15:  # else nobody speaks
            keep(options.into, "recorded", stem, sound, hertz, music)
        print(f"{stem}: {len(sound) / RATE:.1f} s, {share:.2f} voiced, {float(np.isnan(hertz).mean()):.2f} unsure", flush=True)


if __name__ == "__main__":
    main()
