# SPDX-License-Identifier: Apache-2.0
"""Chooses what the network of pitch is joined with signal processing by, on the tune half of drowned voices.

    python3 training/pitch/settle.py --auralis build/release/apps/auralis/auralis --models models --judged ../train/pitch/judged \\
        [--share 0.1 0.3 0.5] [--offset -1 0 1] [--json settled.json]

JUDGED is what tools/accuracy/drowned_voices.py made. Each setting is heard through the engine itself (`auralis eval`);
what counts is the mean over all datasets of raw pitch accuracy and of how well voicing is told, (1 + recall - false
alarm) / 2. With --half report nothing is chosen: one setting is measured, with signal processing alone beside it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import tempfile
from pathlib import Path

METRICS = ("raw_pitch", "raw_chroma", "voicing_recall", "voicing_false_alarm")


def evaluated(auralis: Path, judged: Path, half: str, *more: object) -> dict[str, list[float]]:
    """METRICS of every dataset."""
    with tempfile.NamedTemporaryFile(suffix=".json") as output:
        command = [auralis, "eval", "--dataset", judged, "--half", half, "--json", output.name, *more]
        done = subprocess.run(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        text = Path(output.name).read_text()
        if not text:
            raise SystemExit(f"auralis eval ended with {done.returncode}: {done.stderr}")
    groups = json.loads(text)["runs"][0]["groups"]
    return {group["name"]: [group["scores"][m]["mean"] for m in METRICS] for group in groups if group["name"] != "all"}


def worth(scores: dict[str, list[float]]) -> float:
    """Mean over the datasets; one is as good as another."""
    return sum(0.5 * pitch + 0.25 * (1.0 + recall - alarm) for pitch, _, recall, alarm in scores.values()) / len(scores)


def with_settings(models: Path, into: Path, share: float, offset: float) -> Path:
    """A folder of models that holds the one of pitch alone, with these settings."""
    manifest = json.loads((models / "manifest.json").read_text())
    entry = next(one for one in manifest["models"] if one["kind"] == "pitch")
    entry["settings"] |= {"signal_share": share, "voicing_offset": offset}
    (into / "manifest.json").write_text(json.dumps({"format": 1, "models": [entry]}))
    for file in [entry["file"], *(variant["file"] for variant in entry.get("variants", []))]:
        (into / file).write_bytes((models / file).read_bytes())
    return into


def show(name: str, scores: dict[str, list[float]]) -> None:
    print(f"{name}: worth {worth(scores):.4f}")
    for dataset, values in scores.items():
        print(f"  {dataset:32}", *(f"{100 * value:6.1f}" for value in values), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--auralis", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True, help="folder of the manifest")
    parser.add_argument("--judged", type=Path, required=True)
    parser.add_argument("--half", choices=("tune", "report"), default="tune")
    parser.add_argument("--mode", choices=("offline", "online"), default="offline")
    parser.add_argument("--share", type=float, nargs="+", default=[0.1, 0.3, 0.5])
    parser.add_argument("--offset", type=float, nargs="+", default=[0.0])
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--estimates", type=Path, help="what another program says, to be shown beside")
    parser.add_argument("--json", type=Path, help="write everything here")
    options = parser.parse_args()
    settings = list(itertools.product(options.share, options.offset))
    if options.half == "report" and len(settings) > 1:
        parser.error("nothing is chosen on the report half")
    mode = ["--mode", options.mode]
    found = {"signal": evaluated(options.auralis, options.judged, options.half, *mode, "--no-neural")}
    show("signal", found["signal"])
    if options.estimates:
        found["peer"] = evaluated(options.auralis, options.judged, options.half, "--estimates", options.estimates)
        show("peer", found["peer"])
    for share, offset in settings:
        with tempfile.TemporaryDirectory() as folder:
            models = with_settings(options.models, Path(folder), share, offset)
            name = f"signal_share={share:g} voicing_offset={offset:g}"
            more = ["--models", models, "--precision", options.precision]
            found[name] = evaluated(options.auralis, options.judged, options.half, *mode, *more)
            show(name, found[name])
    if options.json:
        best = max((name for name in found if name.startswith("signal_share")), key=lambda name: worth(found[name]))
        metrics = {f"{options.half}/{dataset}/{metric}": round(value, 4) for dataset, values in found[best].items()
                   for metric, value in zip(METRICS, values)}  # fmt: skip
        options.json.write_text(json.dumps({"best": best, "metrics": metrics, "all": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
