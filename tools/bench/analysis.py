# SPDX-License-Identifier: Apache-2.0
"""What analysing costs and how soon it is said: Auralis beside its peers on the same recordings, on one core.

Processor time, so that other work on the machine counts for nobody. Recordings are 44,100 Hz mono WAV files, made once
of the report half of the annotated data, so that no decoder is measured. Auralis runs as a whole process, its start
included; peers are measured within theirs, after their imports and one file.
"""

import bisect
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "accuracy"))
import peers  # noqa: E402

CORE = max(os.sched_getaffinity(0))
# What Auralis is asked for, and the peers' equal.
SETS = {
    "everything": None,
    "summary": "tempo,key,loudness,mood",
    "STFT and low-level features": "features",
    "beats, chroma (key), cepstrum, f0": "beats,key,features,pitch",
    "beats and downbeats": "beats",
}
# peer: (environment, what it does, the set of ours that does as much)
PEERS = {
    "essentia": ("signal", "MusicExtractor, as it comes", "everything"),
    "librosa": ("signal", "beat_track, chroma_cqt, mfcc, pyin", "beats, chroma (key), cepstrum, f0"),
    "madmom": ("madmom", "RNNDownBeatProcessor, DBNDownBeatTrackingProcessor", "beats and downbeats"),
}
RUNS = 5
AHEAD = (1, 2, 4)
SKIP = 5.0  # seconds at the start in which no beat is judged


def report_half(data: pathlib.Path) -> list[pathlib.Path]:
    files = sorted(file for folder in data.iterdir() for file in (folder / "audio").glob("*"))
    return [file for file in files if zlib.crc32(file.stem.encode()) % 2]


def wave_of(file: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    wave = folder / file.parent.parent.name / f"{file.stem}.wav"
    peers.decode(file, wave)
    return wave


def length_of(wave: pathlib.Path) -> float:
    return (wave.stat().st_size - 44) / 2 / 44100


def on_one_core() -> None:
    os.sched_setaffinity(0, {CORE})


def processor_seconds(command: list) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=on_one_core)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def speeds(program: pathlib.Path, waves: list[pathlib.Path], *flags: str) -> dict:
    """Times real time, median over the runs."""
    seconds = sum(map(length_of, waves))
    found = {}
    for name, only in SETS.items():
        command = [program, "analyze", "--jobs", "1", "--no-cache", *flags, *(["--only", only] if only else []), *waves]
        found[name] = statistics.median(seconds / processor_seconds(command) for _ in range(RUNS))
    return found


def joined(waves: list[pathlib.Path], folder: pathlib.Path) -> pathlib.Path:
    """The recordings one after another, as often as fills ten minutes: as long as real ones, so that starting counts little."""
    times = max(1, round(600 / sum(map(length_of, waves))))
    listing, wave = folder / "joined.txt", folder / "joined.wav"
    listing.write_text("".join(f"file '{one}'\n" for one in waves * times))
    peers.run("ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "concat", "-safe", "0", "-i", listing, "-c", "copy", wave)
    return wave


def peer_speeds(cache: pathlib.Path, waves: list[pathlib.Path]) -> dict:
    seconds = sum(map(length_of, waves))
    found = {}
    for name, (environment, what, equal) in PEERS.items():
        try:
            python = peers.make_environment(environment, cache / "venv")
            answer = subprocess.run(
                [python, ROOT / "tools" / "bench" / "peer_speed.py", name, *waves], check=True, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True, preexec_fn=on_one_core, env=os.environ | {"OMP_NUM_THREADS": "1"},
            ).stdout
        except (subprocess.CalledProcessError, OSError, StopIteration) as error:
            found[name] = {"what": what, "equal": equal, "failed": type(error).__name__}
            continue
        said = json.loads(answer.splitlines()[-1])
        found[name] = {"what": what, "equal": equal, "version": said["version"],
                       "speed": seconds / sum(said["seconds"])}
    return found


def spread(values: list[float], scale: float = 1.0) -> dict:
    ordered = sorted(values)

    def at(share: float) -> float:
        return scale * ordered[min(len(ordered) - 1, int(share * len(ordered)))]
    return {"count": len(ordered), "p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "max": scale * ordered[-1]}


def live(program: pathlib.Path, files: list[pathlib.Path]) -> dict:
    """What is said of each recording as it comes by a pipe: how late, and how well the next beats are foreseen."""
    latency: dict[str, list[float]] = {"onset": [], "beat": []}
    errors: dict[int, list[float]] = {n: [] for n in AHEAD}
    for file in files:
        with file.open("rb") as sound:
            said = subprocess.run([program, "listen", "-"], check=True, stdin=sound, stdout=subprocess.PIPE).stdout
        events = [json.loads(line) for line in said.splitlines()]
        for event in events:
            if event["type"] in latency:
                latency[event["type"]].append(event["latency"])
        annotation = file.parent.parent / "beats" / f"{file.stem}.beats"
        if not annotation.exists():
            continue
        truth = [float(line.split()[0]) for line in annotation.read_text().splitlines() if line.strip()]
        for beat in (event for event in events if event["type"] == "beat" and event["at"] >= SKIP):
            for n in AHEAD:
                foreseen = beat["at"] + n * 60.0 / beat["bpm"]
                if not truth or foreseen > truth[-1]:
                    continue
                after = bisect.bisect(truth, foreseen)
                errors[n].append(min(abs(foreseen - at) for at in truth[max(0, after - 1) : after + 1]))
    return {
        "recordings": len(files),
        "latency_ms": {kind: spread(values, 1000.0) for kind, values in latency.items()},
        "prediction": {
            str(n): {"count": len(found), "median_ms": 1000.0 * statistics.median(found),
                     "within_70_ms": sum(error <= 0.07 for error in found) / len(found)}
            for n, found in errors.items()
        },
    }


def windows(benchmark: pathlib.Path) -> dict:
    answer = subprocess.run(
        [benchmark, "--benchmark_filter=BM_StreamingAnalyzer_window", "--benchmark_format=json"], check=True,
        stdout=subprocess.PIPE, text=True, preexec_fn=on_one_core,
    ).stdout
    kinds = dict(zip(("signal", "networks"), json.loads(answer)["benchmarks"], strict=True))
    return {kind: {name: of[name] for name in ("p50_us", "p99_us", "p999_us", "max_us", "windows")}
            for kind, of in kinds.items()}


def measure(program: pathlib.Path, benchmark: pathlib.Path, data: pathlib.Path, cache: pathlib.Path, quick: bool) -> dict:
    files = report_half(data)
    if not files:
        raise RuntimeError(f"{data}: no annotated recordings")
    cache.mkdir(parents=True, exist_ok=True)
    # A few of every set for the peers, who take minutes; all of them for what is said live.
    chosen = files[:: 24 if quick else 6]
    waves = [wave_of(file, cache / "wave") for file in chosen]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AURALIS_ANALYSIS_CACHE"] = folder
        ours = speeds(program, waves)
        long = joined(waves, pathlib.Path(folder))
        ours_long = speeds(program, [long])
        signal = speeds(program, waves, "--no-neural")
        signal_long = speeds(program, [long], "--no-neural")
        long_seconds = length_of(long)
    return {
        "recordings": len(waves),
        "seconds": sum(map(length_of, waves)),
        "ours": ours,
        "long_seconds": long_seconds,
        "ours_long": ours_long,
        "signal": signal,
        "signal_long": signal_long,
        "peers": peer_speeds(cache, waves),
        "windows": windows(benchmark),
        "live": live(program, files[:3] if quick else files),
        "command": "tools/bench/run.py --only analysis",
    }


def section(result: dict) -> list[str]:
    each = result["seconds"] / result["recordings"]
    long = f"one recording of {result['long_seconds'] / 60:.0f} minutes"
    short = f"{result['recordings']} of {each:.0f} s"
    lines = [f"| Auralis finds, times real time | by signal processing alone: {long} | {short} | with networks: {long} | {short} |",
             "|---|---|---|---|---|"]
    lines += [f"| {name} | **{result['signal_long'][name]:.0f}** | {result['signal'][name]:.0f} "
              f"| **{result['ours_long'][name]:.0f}** | {speed:.0f} |" for name, speed in result["ours"].items()]
    lines += ["", "| peer | what it does | times real time | Auralis on the same short recordings finds as much | by signal processing "
              "alone: times real time | ratio | with networks | ratio |", "|---|---|---|---|---|---|---|---|"]
    for name, peer in result["peers"].items():
        if "failed" in peer:
            lines.append(f"| {name} | {peer['what']} | did not run ({peer['failed']}) | | | | | |")
            continue
        signal, ours = result["signal"][peer["equal"]], result["ours"][peer["equal"]]
        lines.append(f"| {name} {peer['version']} | {peer['what']} | {peer['speed']:.2f} | {peer['equal']} | {signal:.0f} "
                     f"| **{signal / peer['speed']:.1f}** | {ours:.0f} | **{ours / peer['speed']:.1f}** |")
    window = result["windows"]
    onset, beat = result["live"]["latency_ms"]["onset"], result["live"]["latency_ms"]["beat"]
    lines += [
        "",
        "| live, all parts at once, a window of 2,048 samples (46 ms) | p50 | p99 | p99.9 | max | windows |",
        "|---|---|---|---|---|---|",
        *(f"| {name} | {of['p50_us'] / 1000:.2f} ms | {of['p99_us'] / 1000:.2f} ms | **{of['p999_us'] / 1000:.2f} ms** "
          f"| {of['max_us'] / 1000:.2f} ms | {of['windows']:.0f} |"
          for name, of in (("by signal processing alone", window["signal"]), ("with networks", window["networks"]))),
        "",
        f"| {result['live']['recordings']} recordings as they come | events | p50 | p95 | p99 | max |",
        "|---|---|---|---|---|---|",
    ]
    for name, of in (("an onset to its event", onset), ("a beat to its event", beat)):
        lines.append(f"| {name} | {of['count']} | {of['p50']:.1f} ms | {of['p95']:.1f} ms | {of['p99']:.1f} ms | {of['max']:.1f} ms |")
    lines += [
        "",
        "| the next beats, foreseen at a beat | predictions | median error | within 70 ms |",
        "|---|---|---|---|",
    ]
    for n, of in result["live"]["prediction"].items():
        lines.append(f"| {n} ahead | {of['count']} | {of['median_ms']:.0f} ms | {100 * of['within_70_ms']:.1f} % |")
    return lines


NOTE = (
    "The report half of the annotated recordings, as 44,100 Hz mono WAV, one core, processor time; whole runs of `auralis "
    "analyze`, its start included, median of {runs}, against one run of each peer in its process (imports and a first file not counted). Event "
    "latency is in the sound's time: from the instant of which an event tells to the last sample it needed. At every beat "
    "said live after the first {skip:g} s the n-th next is foreseen at n periods of the tempo said with it and compared with "
    "the nearest annotated beat."
).format(runs=RUNS, skip=SKIP)
