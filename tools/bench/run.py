#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures Auralis on this machine and writes docs/benchmarks.md.

Usage: run.py [--only PART …] [--quick]     parts: micro, analysis, control, latency, listeners, private, churn,
                                            memory, soak

Each part keeps its result in benchmarks/results/<part>.json with the command, the date and the commit it was measured
at; the document is made from all of them, so that one part can be measured again alone. `soak` takes 20 minutes and is
left out unless it is asked for. `analysis` needs the annotated recordings (AURALIS_DATA, else ../shared/data; their
folder "real"), ffmpeg, and for the peers PyPI; what it makes of both lies in AURALIS_PEERS, else build/peers. --quick
shortens everything to see whether it works; its results are not kept.
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results"
OUT = ROOT / "build" / "bench"
BENCHMARKS = ROOT / "build" / "release" / "benchmarks"
PROGRAM = ROOT / "build" / "release" / "apps" / "auralis" / "auralis"
sys.path.insert(0, str(ROOT / "tests" / "conformance"))
import analysis  # noqa: E402
from running_server import RunningServer, running_server  # noqa: E402

quick = False


def resident_mb(pid: int) -> float:
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def cpu_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(server: RunningServer, name: str, *flags: str) -> dict:
    """Runs auralis_load against the server; gives its figures and the server's CPU share meanwhile."""
    report = OUT / f"{name}.json"
    report.unlink(missing_ok=True)
    before, start = cpu_seconds(server.process.pid), time.monotonic()
    command = [str(BENCHMARKS / "auralis_load"), "--port", str(server.port), "--json", str(report), *flags]
    subprocess.run(command, check=False)
    if not report.exists():
        raise RuntimeError(f"{name}: auralis_load gave no result")
    figures = json.loads(report.read_text(encoding="utf-8"))
    figures["server_cpu_percent"] = 100 * (cpu_seconds(server.process.pid) - before) / (time.monotonic() - start)
    figures["server_resident_mb"] = resident_mb(server.process.pid)
    figures["command"] = "auralis_load --port PORT " + " ".join(flags)
    return figures


def measure_micro() -> dict:
    found = {}
    for program in sorted(BENCHMARKS.glob("bench_*")):
        flags = ["--benchmark_format=json", f"--benchmark_min_time={0.02 if quick else 0.5}"]
        if not quick:
            flags += ["--benchmark_repetitions=5", "--benchmark_report_aggregates_only=true"]
        print(f"==> {program.name}", flush=True)
        answer = subprocess.run([str(program), *flags], check=True, capture_output=True, text=True).stdout
        found[program.name] = json.loads(answer)["benchmarks"]
    if not found:
        raise RuntimeError("no benchmark program was built")
    return {"programs": found, "command": "build/release/benchmarks/bench_* --benchmark_repetitions=5"}


def measure_analysis() -> dict:
    data = pathlib.Path(os.environ.get("AURALIS_DATA", ROOT.parent / "shared" / "data")) / "real"
    cache = pathlib.Path(os.environ.get("AURALIS_PEERS", ROOT / "build" / "peers"))
    return analysis.measure(PROGRAM, BENCHMARKS / "bench_analysis", data, cache, quick)


def browser(spec: str) -> None:
    node = subprocess.run([ROOT / "tools/setup/node.sh"], check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run(
        ["npx", "playwright", "test", "--config", "measure.config.ts", spec],
        check=True,
        cwd=ROOT / "tests" / "browser",
        env=os.environ | {"PATH": f"{node}:{os.environ['PATH']}"},
    )


def summary(values: list[float]) -> dict:
    ordered = sorted(values)
    return {
        "count": len(ordered),
        "median": statistics.median(ordered),
        "p95": ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))],
        "max": ordered[-1],
    }


def measure_control() -> dict:
    browser("control")
    trials = json.loads((OUT / "control.json").read_text(encoding="utf-8"))
    return {
        "controls": {
            name: {kind: summary([trial[kind] for trial in found]) for kind in ("first", "audible")}
            for name, found in trials.items()
        },
        "command": "npx playwright test --config measure.config.ts control (in tests/browser)",
    }


def measure_latency() -> dict:
    browser("latency")
    found = json.loads((OUT / "latency.json").read_text(encoding="utf-8"))
    return {
        "latency": summary([reading["latency"] for reading in found["readings"]]),
        "buffer": summary([reading["buffer"] for reading in found["readings"]]),
        "underruns": found["underruns"],
        "command": "npx playwright test --config measure.config.ts latency (in tests/browser)",
    }


def measure_listeners() -> dict:
    with running_server("--seed", "7", "--log-level", "warning") as server:
        return load(server, "listeners", "--listeners", "200" if quick else "2000", "--seconds", "5" if quick else "60")


def measure_private() -> dict:
    runs = []
    for stations in (4,) if quick else (20, 24, 28, 32):
        with running_server("--seed", "7", "--log-level", "warning") as server:
            flags = ("--private", "--listeners", str(stations), "--ramp", "4", "--seconds", "5" if quick else "30")
            runs.append({"stations": stations} | load(server, "private", *flags))
    return {"runs": runs, "command": runs[0]["command"]}


def measure_churn() -> dict:
    with running_server("--seed", "7", "--log-level", "warning") as server:
        flags = ("--listeners", "50", "--churn", "100" if quick else "1000", "--seconds", "3" if quick else "20")
        return load(server, "churn", *flags)


def measure_memory() -> dict:
    with running_server("--seed", "7", "--log-level", "warning") as server:
        started = resident_mb(server.process.pid)
        figures = load(server, "memory", "--listeners", "10", "--seconds", "2" if quick else "20")
        playing = figures["server_resident_mb"]
        soundfont = json.loads(server.get("/api/status"))["soundfont"]
    hours = "0.1" if quick else "8"
    command = [str(PROGRAM), "soak", "--hours", hours]
    print(f"==> auralis soak --hours {hours}", flush=True)
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    print(said)
    return {
        "soundfont": pathlib.Path(soundfont).name,
        "started_mb": started,
        "playing_mb": playing,
        "soak": said.strip(),
        "command": f"auralis soak --hours {hours}",
    }


def measure_soak() -> dict:
    """Listeners come and go for 20 minutes of real time while the server's memory is watched."""
    seconds = 20 if quick else 1202
    samples = []
    with running_server("--seed", "7", "--log-level", "warning") as server:
        done = threading.Event()

        def watch() -> None:
            start = time.monotonic()
            while not done.wait(5.0):
                with contextlib.suppress(OSError):
                    samples.append((time.monotonic() - start, resident_mb(server.process.pid)))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            flags = ("--listeners", "100", "--churn", "20", "--seconds", str(seconds))
            figures = load(server, "soak", *flags)
        finally:
            done.set()
            watcher.join()
        figures["metrics"] = json.loads(server.get("/api/metrics"))
    settled = [mb for at, mb in samples if at >= min(60, seconds / 4)]
    figures["resident_mb"] = {
        "after_a_minute": settled[0],
        "at_the_end": settled[-1],
        "highest": max(settled),
        "first_quarter_mean": statistics.mean(settled[: max(1, len(settled) // 4)]),
        "last_quarter_mean": statistics.mean(settled[-max(1, len(settled) // 4) :]),
    }
    return figures


PARTS = {
    "micro": measure_micro,
    "analysis": measure_analysis,
    "control": measure_control,
    "latency": measure_latency,
    "listeners": measure_listeners,
    "private": measure_private,
    "churn": measure_churn,
    "memory": measure_memory,
    "soak": measure_soak,
}


def machine() -> dict:
    cpu = next(
        (line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")),
        platform.machine(),
    )
    memory = int(next(line.split()[1] for line in open("/proc/meminfo", encoding="utf-8") if line.startswith("MemTotal")))
    compiler = subprocess.run(["c++", "--version"], check=True, capture_output=True, text=True).stdout.splitlines()[0]
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 1024 / 1024),
        "kernel": platform.release(),
        "compiler": compiler,
    }


def commit() -> str:
    """What was measured; what this script itself has just written does not make it another program."""
    def git(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True)

    name = git("describe", "--always").stdout.strip()
    changed = git("diff", "--quiet", "HEAD", "--", ".", ":!benchmarks/results", ":!docs/benchmarks.md").returncode
    return f"{name}-dirty" if changed else name


# The document


def percent(value: float) -> str:
    return f"{value:.3f} %"


def load_rows(figures: dict) -> list[str]:
    age, late, first = figures["age_ms"], figures["lateness_ms"], figures["first_chunk_ms"]

    def row(name: str, of: dict) -> str:
        return f"| {name} | {of['p50']:.1f} | {of['p95']:.1f} | {of['p99']:.1f} | {of['p999']:.1f} | {of['max']:.1f} |"

    return [
        "| ms | p50 | p95 | p99 | p99.9 | max |",
        "|---|---|---|---|---|---|",
        row("age", age),
        row("lateness", late),
        row("connect to first chunk", first),
    ]


def load_facts(figures: dict) -> str:
    return (
        f"{figures['chunks']:,} chunks in {figures['seconds']:.0f} s ({figures['mbit_per_second']:.0f} Mbit/s), "
        f"**{percent(figures['on_time_percent'])} on time**, {figures['missing']} missing, "
        f"{figures['disconnected']} listeners lost. Server {figures['server_cpu_percent']:.0f} % of one core, "
        f"{figures['server_resident_mb']:.0f} MB resident."
    )


def section_micro(result: dict) -> list[str]:
    lines = ["| benchmark | time | spread | further |", "|---|---|---|---|"]
    skip = {
        "name", "run_name", "run_type", "repetitions", "repetition_index", "threads", "iterations", "real_time",
        "cpu_time", "time_unit", "aggregate_name", "aggregate_unit", "family_index", "per_family_instance_index",
    }  # fmt: skip
    for runs in result["programs"].values():
        medians = [run for run in runs if run.get("aggregate_name", "median") == "median"]
        spread = {run["run_name"]: run["cpu_time"] for run in runs if run.get("aggregate_name") == "cv"}
        for run in medians:
            name = run["run_name"]
            counters = ", ".join(f"{key} {value:.4g}" for key, value in run.items() if key not in skip and isinstance(value, float))
            cv = f"±{100 * spread[name]:.1f} %" if name in spread else ""
            lines.append(f"| `{name}` | {run['cpu_time']:.4g} {run['time_unit']} | {cv} | {counters} |")
    return lines


def section_control(result: dict) -> list[str]:
    lines = ["| control | trials | first difference: median | p95 | -40 dBFS: median | p95 | max |", "|---|---|---|---|---|---|---|"]
    for name, kinds in result["controls"].items():
        first, audible = kinds["first"], kinds["audible"]
        lines.append(
            f"| {name} | {first['count']} | {first['median']:.0f} ms | {first['p95']:.0f} ms "
            f"| {audible['median']:.0f} ms | {audible['p95']:.0f} ms | {audible['max']:.0f} ms |"
        )
    return lines


def section_latency(result: dict) -> list[str]:
    latency, buffer = result["latency"], result["buffer"]
    return [
        f"Generation to loudspeaker: median **{latency['median']:.0f} ms**, p95 {latency['p95']:.0f} ms, "
        f"max {latency['max']:.0f} ms over {latency['count']} readings; of this the page's buffer held "
        f"{buffer['median']:.0f} ms (median). Underruns meanwhile: {result['underruns']}."
    ]


def section_private(result: dict) -> list[str]:
    lines = ["| stations | on time | age p50 | age p99 | lateness p99.9 | server CPU (of one core) | resident |", "|---|---|---|---|---|---|---|"]
    for run in result["runs"]:
        lines.append(
            f"| {run['stations']} | {percent(run['on_time_percent'])} | {run['age_ms']['p50']:.0f} ms "
            f"| {run['age_ms']['p99']:.0f} ms | {run['lateness_ms']['p999']:.1f} ms | {run['server_cpu_percent']:.0f} % "
            f"| {run['server_resident_mb']:.0f} MB |"
        )
    return lines


def section_churn(result: dict) -> list[str]:
    return [
        f"{result['churned']:,} visits in {result['seconds']:.0f} s, {result['churn_failed']} failed; every other one "
        "left by a TCP reset. Those who stayed:",
        "",
        load_facts(result),
        "",
        *load_rows(result),
    ]


def section_memory(result: dict) -> list[str]:
    return [
        f"With {result['soundfont']}: {result['started_mb']:.0f} MB resident after the start, "
        f"{result['playing_mb']:.0f} MB with ten listeners. Accelerated clock:",
        "",
        "```",
        result["soak"],
        "```",
    ]


def section_soak(result: dict) -> list[str]:
    memory = result["resident_mb"]
    return [
        f"100 listeners stayed, 20 a second came and went, for {result['seconds'] / 60:.0f} minutes "
        f"({result['churned']:,} visits, {result['churn_failed']} failed).",
        f"Resident memory: {memory['after_a_minute']:.1f} MB after a minute, {memory['at_the_end']:.1f} MB at the end, "
        f"highest {memory['highest']:.1f} MB; mean of the first quarter {memory['first_quarter_mean']:.1f} MB, of the "
        f"last {memory['last_quarter_mean']:.1f} MB.",
        "",
        load_facts(result),
        "",
        *load_rows(result),
    ]


SECTIONS = {
    "micro": ("Engine", section_micro),
    "analysis": ("Analysis beside its peers", analysis.section),
    "control": ("Control to sound", section_control),
    "latency": ("End to end", section_latency),
    "listeners": ("2,000 listeners of one station", lambda result: [load_facts(result), "", *load_rows(result)]),
    "private": ("Private stations", section_private),
    "churn": ("1,000 connects and disconnects a second", section_churn),
    "memory": ("Memory", section_memory),
    "soak": ("Soak", section_soak),
}
NOTES = {
    "micro": "Google Benchmark, one core, CPU time, median of five repetitions with their coefficient of variation.",
    "analysis": analysis.NOTE,
    "control": "From `send()` in a page in Chromium, with grid `now`, until the chunk with the first changed sample is "
    "at the page. Two private stations with one seed send the same PCM16 samples until one of them is told something; "
    "the first sample that differs is the change. The second figure waits until the difference has reached -40 dBFS.",
    "latency": "From the time stamp of a chunk's generation to the instant at which the page plays it, on one clock, "
    "Opus, with the default buffer.",
    "listeners": "The load generator shares the server's cores. On time: `benchmarks/load/tally.hpp` defines it.",
    "private": "Each listener has a station of its own, of four presets and different seeds.",
    "churn": "",
    "memory": "",
    "soak": "",
}


def write_document() -> None:
    parts = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.json"))}
    lines = [
        "# Benchmarks",
        "",
        "Made by `make bench` and `make soak` (tools/bench/run.py) from benchmarks/results; do not edit.",
        "",
    ]
    for part, (title, section) in SECTIONS.items():
        if part not in parts:
            continue
        stored = parts[part]
        where = stored["machine"]
        lines += [f"## {title}", ""]
        if NOTES[part]:
            lines += [NOTES[part], ""]
        lines += section(stored["result"])
        lines += [
            "",
            f"`{stored['result']['command']}` · {stored['date']} · {stored['commit']} · {where['cpu']}, "
            f"{where['cores']} cores, {where['memory_gb']} GB, {where['compiler']}",
            "",
        ]
    (ROOT / "docs" / "benchmarks.md").write_text("\n".join(lines), encoding="utf-8")


def main() -> int:
    global quick
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=[*PARTS, "none"], help="these parts; none only writes the document")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    quick = arguments.quick
    OUT.mkdir(parents=True, exist_ok=True)
    RESULTS.mkdir(parents=True, exist_ok=True)

    for part in arguments.only or [name for name in PARTS if name != "soak"]:
        if part == "none":
            continue
        print(f"\n==> measuring {part}", flush=True)
        result = PARTS[part]()
        if not quick:
            stored = {
                "date": datetime.date.today().isoformat(),
                "commit": commit(),
                "machine": machine(),
                "result": result,
            }
            (RESULTS / f"{part}.json").write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
        else:
            print(json.dumps(result, indent=1)[:2000])
    write_document()
    print("docs/benchmarks.md is written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
