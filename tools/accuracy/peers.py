#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs other people's trackers over a dataset and keeps what they say, for `auralis eval --estimates` to score.

Usage: peers.py --dataset DIR --cache DIR [--only PEER,…]

Every peer hears the same thing: the file decoded once by ffmpeg to 44,100 Hz mono (times count from the first decoded
sample), with the settings its authors ship. Results go to CACHE/estimates/PEER/DATASET/beats/STEM.beats and so on, the
layout of an annotated dataset; what is there already is not made again. A peer that cannot be installed or fails is
named at the end, with its reason, in CACHE/peers.json: nothing is left out silently.

Python peers live in environments under CACHE/venv, one a set of versions that get along, made on the first run from
PyPI; aubio is Debian's (aubio-tools), and BeatNet's PyTorch and PyAudio are (python3-torch, python3-pyaudio), because
PyPI's PyTorch brings 2 GB of CUDA. Needs ffmpeg and a Python below 3.12 for madmom.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile

HERE = pathlib.Path(__file__).resolve().parent

# What each environment holds: pip's arguments, in order.
ENVIRONMENTS = {
    "signal": [["essentia==2.1b6.dev1389", "librosa==0.11.0", "soundfile"]],
    # madmom 0.16.1 names neither NumPy nor Cython as needed to build, and knows no NumPy past 1.23.
    "madmom": [["numpy==1.23.5", "scipy==1.11.4", "cython==0.29.37", "setuptools==59.8.0", "wheel", "mido"]],
    "beatnet": [["numpy==1.23.5", "scipy==1.11.4", "cython==0.29.37", "setuptools==59.8.0", "wheel", "mido",
                 "librosa==0.10.2", "numba==0.58.1", "matplotlib==3.7.5"], ["--no-deps", "BeatNet==1.1.3"]],
}

# peer: (environment, what it estimates, whether a neural network hears)
PEERS = {
    "aubio": ("", "beats tempo onsets", False),
    "librosa": ("signal", "beats tempo onsets f0", False),
    "essentia-multifeature": ("signal", "beats tempo", False),
    "essentia-degara": ("signal", "beats tempo", False),
    "essentia-key": ("signal", "key", False),
    "essentia-key-edma": ("signal", "key", False),
    "essentia-key-temperley": ("signal", "key", False),
    "madmom-spectral": ("madmom", "beats tempo", False),
    "madmom-rnn": ("madmom", "beats tempo downbeats", True),
    "BeatNet-offline": ("beatnet", "beats tempo downbeats", True),
    "BeatNet-online": ("beatnet", "beats tempo downbeats", True),
}
# Not run here, with the reason; the accuracy page repeats it.
ABSENT = {
    "beat_this": "its package holds no weights: it fetches them when run, from where no package registry is",
}


def run(*command: object, **more) -> subprocess.CompletedProcess:
    return subprocess.run([str(part) for part in command], check=True, **more)


def make_environment(name: str, folder: pathlib.Path) -> pathlib.Path:
    """The environment's Python; made when it is not there yet."""
    python = folder / name / "bin" / "python"
    ready = folder / name / "ready"
    if ready.exists():
        return python
    shutil.rmtree(folder / name, ignore_errors=True)
    # Debian's packages are seen by Debian's Python alone.
    debian = name == "beatnet"
    run(*(["/usr/bin/python3", "-m", "venv", "--system-site-packages"] if debian else [sys.executable, "-m", "venv"]),
        folder / name)
    for packages in ENVIRONMENTS[name]:
        run(python, "-m", "pip", "install", "--quiet", *packages)
    if name in ("madmom", "beatnet"):
        # The archive holds C made by a Cython that does not know today's Python: make it anew.
        source = folder / name / "source"
        run(python, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--no-build-isolation",
            "-d", source, "madmom==0.16.1")
        with tarfile.open(next(source.glob("*.tar.gz"))) as archive:
            archive.extractall(source, filter="data")
        unpacked = next(path for path in source.iterdir() if path.is_dir())
        for stale in (unpacked / "madmom").rglob("*.c"):
            stale.unlink()
        run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", unpacked)
    ready.touch()
    return python


def clips_of(dataset: pathlib.Path) -> list[tuple[str, pathlib.Path]]:
    sets = [dataset] if (dataset / "audio").is_dir() else sorted(p for p in dataset.iterdir() if (p / "audio").is_dir())
    return [(folder.resolve().name, file) for folder in sets for file in sorted((folder / "audio").iterdir())]


def decode(file: pathlib.Path, wave: pathlib.Path) -> None:
    if not wave.exists():
        wave.parent.mkdir(parents=True, exist_ok=True)
        run("ffmpeg", "-nostdin", "-loglevel", "error", "-i", file, "-ac", 1, "-ar", 44100, "-c:a", "pcm_s16le",
            "-f", "wav", f"{wave}.part")
        pathlib.Path(f"{wave}.part").rename(wave)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", type=pathlib.Path, required=True)
    parser.add_argument("--cache", type=pathlib.Path, required=True)
    parser.add_argument("--only", help="peers, with commas")
    arguments = parser.parse_args()
    wanted = arguments.only.split(",") if arguments.only else list(PEERS)
    cache = arguments.cache.resolve()
    status_file = cache / "peers.json"
    cache.mkdir(parents=True, exist_ok=True)
    status = json.loads(status_file.read_text()) if status_file.exists() else {}

    clips = []
    for dataset, file in clips_of(arguments.dataset):
        wave = cache / "wave" / dataset / f"{file.stem}.wav"
        decode(file, wave)
        clips.append({"dataset": dataset, "stem": file.stem, "wave": str(wave)})
    if not clips:
        print("no sound found", file=sys.stderr)
        return 1
    listing = cache / "clips.json"
    listing.write_text(json.dumps(clips))

    failed = False
    for peer in wanted:
        environment, parts, neural = PEERS[peer]
        try:
            python = make_environment(environment, cache / "venv") if environment else sys.executable
            output = run(python, HERE / "peer_runner.py", peer, listing, cache / "estimates" / peer,
                         stdout=subprocess.PIPE, text=True).stdout
            status[peer] = {"parts": parts.split(), "neural": neural, **json.loads(output.splitlines()[-1])}
        except (subprocess.CalledProcessError, OSError, StopIteration) as error:
            status[peer] = {"parts": parts.split(), "neural": neural, "failed": type(error).__name__}
            print(f"{peer}: {error}", file=sys.stderr)
            failed = True
        status.update({name: {"absent": reason} for name, reason in ABSENT.items()})
        status_file.write_text(json.dumps(status, indent=1) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
