#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one peer over the clips that peers.py decoded, in the peer's own environment.

Usage: peer_runner.py PEER CLIPS.json OUTPUT. Writes OUTPUT/DATASET/beats/STEM.beats (time, and the position in the bar
where the peer gives one), tempo/STEM.bpm, key/STEM.key, onsets/STEM.onsets and f0/STEM.f0; the last line printed is a
JSON object of the versions.
"""

import collections
import collections.abc
import importlib.metadata
import json
import pathlib
import statistics
import subprocess
import sys

RATE = 44100


def tempo_of(beats: list) -> float:
    """For peers that give beats alone: from the median of the intervals."""
    gaps = [b - a for a, b in zip(beats, beats[1:])]
    return 60.0 / statistics.median(gaps) if gaps else 0.0


def numbers(text: str) -> list:
    return [float(line.split()[0]) for line in text.splitlines() if line.strip()]


def aubio():
    def says(command, wave):
        return subprocess.run(["aubio", command, wave], check=True, capture_output=True, text=True).stdout

    def peer(wave):
        beats = numbers(says("beat", wave))
        return {"beats": beats, "tempo": tempo_of(beats), "onsets": numbers(says("onset", wave))}
    version = subprocess.run(["aubio", "--version"], capture_output=True, text=True).stdout.strip()
    return peer, {"aubio": version or "unknown"}


def librosa():
    import librosa
    import numpy

    def peer(wave):
        sound, rate = librosa.load(wave, sr=22050)
        tempo, beats = librosa.beat.beat_track(y=sound, sr=rate, units="time")
        said = {"beats": list(beats), "tempo": float(numpy.atleast_1d(tempo)[0]),
                "onsets": list(librosa.onset.onset_detect(y=sound, sr=rate, units="time"))}
        if "voice" in pathlib.Path(wave).parts[-2]:  # pitch is judged where one voice sounds alone
            f0, voiced, _ = librosa.pyin(sound, sr=rate, fmin=65.0, fmax=1000.0, fill_na=None)
            said["f0"] = [(t, f if v else -f) for t, f, v in zip(librosa.times_like(f0, sr=rate), f0, voiced)]
        return said
    return peer, {"librosa": librosa.__version__, "numpy": numpy.__version__}


def essentia_beats(method):
    import essentia
    import essentia.standard as standard

    def peer(wave):
        sound = standard.MonoLoader(filename=wave, sampleRate=RATE)()
        tempo, beats, *_ = standard.RhythmExtractor2013(method=method)(sound)
        return {"beats": [float(b) for b in beats], "tempo": float(tempo)}
    return peer, {"essentia": essentia.__version__}


def essentia_key(profile):
    import essentia
    import essentia.standard as standard

    def peer(wave):
        sound = standard.MonoLoader(filename=wave, sampleRate=RATE)()
        tonic, scale, _ = standard.KeyExtractor(profileType=profile)(sound)
        return {"key": f"{tonic} {scale}"}
    return peer, {"essentia": essentia.__version__}


def import_madmom():
    for name in ("MutableSequence", "MutableMapping", "Mapping", "Sequence", "Iterable"):  # madmom knows Python 3.9
        setattr(collections, name, getattr(collections.abc, name))
    import madmom
    import numpy
    return madmom, {"madmom": madmom.__version__, "numpy": numpy.__version__}


def madmom_rnn():
    madmom, versions = import_madmom()
    from madmom.features import downbeats
    hear = downbeats.RNNDownBeatProcessor()
    decide = downbeats.DBNDownBeatTrackingProcessor(beats_per_bar=[3, 4], fps=100)

    def peer(wave):
        beats = decide(hear(wave))
        times = [float(beat[0]) for beat in beats]
        return {"beats": times, "positions": [int(beat[1]) for beat in beats], "tempo": tempo_of(times)}
    return peer, versions


def madmom_spectral():
    """madmom's bar pointer over its spectral flux: what it has that uses no network (the patterns need a trained set)."""
    madmom, versions = import_madmom()
    import numpy
    from madmom.audio.filters import LogarithmicFilterbank
    from madmom.audio.signal import SignalProcessor, FramedSignalProcessor
    from madmom.audio.spectrogram import FilteredSpectrogramProcessor, LogarithmicSpectrogramProcessor
    from madmom.audio.stft import ShortTimeFourierTransformProcessor
    from madmom.features.beats import DBNBeatTrackingProcessor
    from madmom.features.onsets import superflux
    from madmom.processors import SequentialProcessor
    spectrum = SequentialProcessor([
        SignalProcessor(num_channels=1, sample_rate=RATE), FramedSignalProcessor(frame_size=2048, fps=100),
        ShortTimeFourierTransformProcessor(),
        FilteredSpectrogramProcessor(filterbank=LogarithmicFilterbank, num_bands=24, fmin=30, fmax=17000),
        LogarithmicSpectrogramProcessor(mul=1, add=1)])
    decide = DBNBeatTrackingProcessor(fps=100)

    def peer(wave):
        flux = numpy.asarray(superflux(spectrum(wave)))
        times = [float(t) for t in decide(flux / max(float(flux.max()), 1e-9) * 0.99)]
        return {"beats": times, "tempo": tempo_of(times)}
    return peer, versions


def beatnet(mode, decoder):
    """Its first model, which was not trained on GTZAN. The particle filter draws: from one seed here."""
    madmom, versions = import_madmom()
    import numpy
    import torch
    from BeatNet import BeatNet, particle_filtering_cascade
    particle_filtering_cascade.rng = numpy.random.default_rng(1)
    numpy.random.seed(1)
    torch.set_num_threads(1)

    def peer(wave):
        beats = BeatNet.BeatNet(1, mode=mode, inference_model=decoder, plot=[], thread=False).process(wave)
        times = [float(beat[0]) for beat in beats]
        # The filter says of a beat whether it is a downbeat (1) or not (2), the decoder for files counts.
        positions = [int(beat[1]) for beat in beats]
        return {"beats": times, "positions": positions, "tempo": tempo_of(times)}
    return peer, versions | {"BeatNet": importlib.metadata.version("BeatNet"), "torch": torch.__version__}


MAKERS = {
    "aubio": aubio,
    "librosa": librosa,
    "essentia-multifeature": lambda: essentia_beats("multifeature"),
    "essentia-degara": lambda: essentia_beats("degara"),
    "essentia-key": lambda: essentia_key("bgate"),
    "essentia-key-edma": lambda: essentia_key("edma"),
    "essentia-key-temperley": lambda: essentia_key("temperley"),
    "madmom-spectral": madmom_spectral,
    "madmom-rnn": madmom_rnn,
    "BeatNet-offline": lambda: beatnet("offline", "DBN"),
    "BeatNet-online": lambda: beatnet("online", "PF"),
}


def write(folder: pathlib.Path, stem: str, said: dict) -> None:
    positions = said.get("positions")
    lines = {
        "beats": lambda: [f"{at:.6f}\t{positions[i]}" if positions else f"{at:.6f}" for i, at in enumerate(said["beats"])],
        "tempo": lambda: [f"{said['tempo']:.4f}"],
        "key": lambda: [said["key"]],
        "onsets": lambda: [f"{at:.6f}" for at in said["onsets"]],
        "f0": lambda: [f"{at:.6f} {hertz:.4f}" for at, hertz in said["f0"]],
    }
    for part, ending in (("beats", "beats"), ("tempo", "bpm"), ("key", "key"), ("onsets", "onsets"), ("f0", "f0")):
        if part in said:
            (folder / part).mkdir(parents=True, exist_ok=True)
            (folder / part / f"{stem}.{ending}").write_text("".join(line + "\n" for line in lines[part]()))
    (folder / "done").mkdir(parents=True, exist_ok=True)
    (folder / "done" / stem).touch()


def main() -> None:
    name, listing, output = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    peer, versions = MAKERS[name]()
    clips = json.loads(pathlib.Path(listing).read_text())
    for number, clip in enumerate(clips, 1):
        folder = output / clip["dataset"]
        if not (folder / "done" / clip["stem"]).exists():
            try:
                said = peer(clip["wave"])
            except (ArithmeticError, LookupError, RuntimeError, ValueError) as error:
                # It says nothing of this clip; scoring lists that.
                print(f"{name}: {clip['stem']}: {type(error).__name__}: {error}", file=sys.stderr)
                continue
            write(folder, clip["stem"], said)
        print(f"{name}: {number} of {len(clips)}", file=sys.stderr)
    print(json.dumps({"versions": versions, "clips": len(clips)}))


if __name__ == "__main__":
    main()
