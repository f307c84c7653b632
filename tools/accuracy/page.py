#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/accuracy.md from docs/accuracy/*.json, which tools/accuracy/score.py keeps, and docs/accuracy/own/*.json,
which tools/accuracy/own_station.py, form.py and confidence.py keep. Nothing on it is by hand.

Usage: page.py [--check]   (--check: say whether the page is what the results make of it, and write nothing)
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RESULTS = ROOT / "docs" / "accuracy"
PAGE = ROOT / "docs" / "accuracy.md"
TABLES = [
    ("Beats", [("beat_f", "F ±70 ms"), ("cmlc", "CMLc"), ("cmlt", "CMLt"), ("amlc", "AMLc"), ("amlt", "AMLt")]),
    ("Downbeats", [("downbeat_f", "F ±70 ms")]),
    ("Tempo", [("accuracy1", "Acc1"), ("accuracy2", "Acc2")]),
    ("Key", [("key", "MIREX score")]),
    ("Fundamental frequency", [("raw_pitch", "RPA"), ("raw_chroma", "RCA"), ("voicing_recall", "voicing recall"),
                               ("voicing_false_alarm", "false alarms (less is better)")]),
    ("Onsets", [("onset_f_25", "F ±25 ms"), ("onset_f_50", "F ±50 ms")]),
    ("Chords", [("majmin", "WCSR maj-min"), ("sevenths", "WCSR sevenths")]),
]
HALVES = [("report", "Report half: what the claims rest on"), ("tune", "Tune half: settings were chosen here")]
INTRODUCTION = """# Accuracy

Written by `tools/accuracy/page.py` from `docs/accuracy/*.json`; never by hand.

Every program heard the same files and was scored by the same code, `auralis eval`, which agrees with mir_eval to 1e-6
(`tests/evaluation`). Scores are means over clips, in percent, each clip counting once. Beats and downbeats in the first
{skip:g} s are not judged, on either side (`mir_eval.beat.trim_beats`). Tempo is right within 4 %; Acc2 also takes two and
three times, a half and a third of it. A clip belongs to the tune half when the CRC-32 of its file name without ending
is even, to the report half when it is odd. No setting was chosen by what another program says.

**Offline** hears the file to its end and may look back; **online** says each thing once, as it comes, knowing nothing of
what follows, from the first second on. All peers but those called so hear the whole file. Programs under *neural* use a
neural network, as Auralis does for beats and bars unless it is told not to (`--no-neural`), which is *auralis-signal* here.

Data: GTZAN excerpts of 15 to 20 s (ten genres; classical apart), songs with rhythm-game charts (`stepmania`: beats
are judged, bars are not, because nobody has verified them), drum tracks (`mdbdrums`), and voices that
`tools/accuracy/voices.py` synthesises, whose pitch is known exactly (`voice_synthesised`). The recordings are not ours
to pass on, so that these figures can be made again only by who has them.
"""


def read_results() -> list[dict]:
    results = [json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))]
    return sorted(results, key=lambda r: (not r["program"].startswith("auralis"), r.get("neural", False), r["program"]))


def score(result: dict, half: str, group: str, metric: str) -> dict | None:
    for row in result["halves"][half]["groups"]:
        if row["name"] == group:
            return row["scores"].get(metric)
    return None


def groups_of(results: list[dict], half: str, metric: str) -> list[str]:
    """Datasets in which anybody was judged by the metric, then "all"; genres where `half` has several clips are below."""
    names: dict[str, None] = {}
    for result in results:
        for row in result["halves"][half]["groups"]:
            if metric in row["scores"] and "/" not in row["name"]:
                names[row["name"]] = None
    ordered = [name for name in names if name != "all"]
    return ordered + (["all"] if len(ordered) > 1 else [])


def table(results: list[dict], half: str, title: str, metrics: list[tuple[str, str]]) -> list[str]:
    judged = [r for r in results if any(score(r, half, g, metrics[0][0]) for g in groups_of([r], half, metrics[0][0]))]
    lines: list[str] = []
    for group in groups_of(judged, half, metrics[0][0]):
        here = [r for r in judged if score(r, half, group, metrics[0][0])]
        most = max(score(r, half, group, metrics[0][0])["clips"] for r in here)
        lines += [f"`{group}`, {most} clips", "", "| | " + " | ".join(name for _, name in metrics) + " |",
                  "|---|" + "---:|" * len(metrics)]
        for result in here:
            cells = []
            for metric, _ in metrics:
                value = score(result, half, group, metric)
                cells.append("–" if value is None else f"{100 * value['mean']:.1f}"
                             + ("" if value["clips"] == most else f" ({value['clips']} clips)"))
            name = result["program"] + (" *(neural)*" if result.get("neural") else "")
            lines.append(f"| {'**' + name + '**' if name.startswith('auralis') else name} | " + " | ".join(cells) + " |")
        lines.append("")
    return [f"### {title}", "", *lines] if lines else []


def standing(results: list[dict], mode: str) -> list[str]:
    """Where we are on the report half: against the best peer without a network, and the best with one."""
    results = [r for r in results if r["program"].endswith("-online") == (mode == "online")]
    rows = []
    for group, metric, name in (("all", "beat_f", "beats, F"), ("all", "cmlt", "beats, CMLt"), ("all", "amlt", "beats, AMLt"),
                                ("all", "downbeat_f", "downbeats, F"), ("all", "accuracy1", "tempo, Acc1"),
                                ("all", "accuracy2", "tempo, Acc2"), ("gtzan", "key", "key, MIREX"),
                                ("voice_synthesised", "raw_pitch", "f0, RPA")):
        def best(chosen) -> tuple[float, str] | None:
            found = [(score(r, "report", group, metric)["mean"], r["program"]) for r in results
                     if chosen(r) and score(r, "report", group, metric)]
            return max(found) if found else None
        ours = best(lambda r: r["program"] == f"auralis-{mode}")
        signal = best(lambda r: r["program"] == f"auralis-signal-{mode}")
        peers = [r for r in results if not r["program"].startswith("auralis")]
        plain = best(lambda r: r in peers and not r.get("neural"))
        neural = best(lambda r: r in peers and r.get("neural"))
        if ours and signal and (plain or neural):
            def show(peer):
                return f"{100 * peer[0]:.1f} ({peer[1]})" if peer else "–"
            verdict = "–" if plain is None else f"{100 * (signal[0] - plain[0]):+.1f}"
            distance = "–" if neural is None else f"{100 * (ours[0] - neural[0]):+.1f}"
            rows.append(f"| {name} | {100 * signal[0]:.1f} | {show(plain)} | {verdict} | {100 * ours[0]:.1f} | {show(neural)} | {distance} |")
    return [f"## Where we stand, report half, {mode}", "",
            "| | Auralis, signal processing | best peer without a network | difference | Auralis | best neural peer | difference |",
            "|---|---:|---:|---:|---:|---:|---:|", *rows, ""] if rows else []


def own_station() -> list[str]:
    """What the analyser says of our own music."""
    path = RESULTS / "own" / "station.json"
    if not path.exists():
        return []
    result = json.loads(path.read_text())
    metrics = [("beat_f", "beat F"), ("amlt", "AMLt"), ("downbeat_f", "downbeat F"), ("accuracy1", "Acc1"),
               ("accuracy2", "Acc2"), ("key", "key"), ("majmin", "chords maj-min"), ("sevenths", "chords sevenths")]
    lines = ["## Our own station", "",
             f"What Auralis composes and plays, heard by its own analyser, networks included: {result['seeds']} seeds a preset, "
             f"{result['seconds']} s each, by `tools/accuracy/own_station.py`. The truth is exact: the composer says when "
             "each beat and chord began. Modes count by their third (dorian as minor, lydian as major). No setting was "
             "chosen on this music, but the chord model's training data were played by the same synthesiser. Meditation "
             "(52 BPM) and Sleep (42 BPM, no attack anywhere) have no drum and lie below the slowest tempo that is "
             "looked for, 55 BPM: their beats are said at another metrical level, or guessed.", ""]
    for run in result["runs"]:
        lines += [f"### Own music, {run['mode']}", "", "| | " + " | ".join(name for _, name in metrics) + " |",
                  "|---|" + "---:|" * len(metrics)]
        for group in run["groups"]:
            if "/" not in group["name"]:
                values = [group["scores"].get(metric) for metric, _ in metrics]
                lines.append(f"| {group['name'].removeprefix('own_')} | "
                             + " | ".join("–" if v is None else f"{100 * v['mean']:.1f}" for v in values) + " |")
        lines.append("")
    return lines


def form() -> list[str]:
    """Where spliced pieces were taken to be cut, and which of their parts to be alike."""
    path = RESULTS / "own" / "form.json"
    if not path.exists():
        return []
    result = json.loads(path.read_text())
    metrics = [("border_f_05", "borders, F ±0.5 s"), ("border_f_3", "borders, F ±3 s"), ("pair_precision", "pairs, precision"),
               ("pair_recall", "pairs, recall"), ("pair_f", "pairs, F")]
    lines = ["## Form", "",
             f"No annotated form is among the data: {result['pieces']} pieces of each half were spliced from GTZAN excerpts, in "
             f"forms such as ABACA, by `tools/accuracy/form.py`, seed {result['seed']}. The scores are those of "
             "mir_eval.segment, without first and last border; a piece of one part counts 1 where no border is said. Clips "
             "of different recordings differ more than the parts of one song do, and splices lie on no beat.", "",
             "| half | " + " | ".join(name for _, name in metrics) + " |", "|---|" + "---:|" * len(metrics)]
    for half, _ in HALVES:
        lines.append(f"| {half} | " + " | ".join(f"{100 * result['halves'][half][m]:.1f}" for m, _ in metrics) + " |")
    return [*lines, ""]


def confidences() -> list[str]:
    """Whether what is said with 0.8 is right eight times of ten."""
    path = RESULTS / "own" / "confidence.json"
    if not path.exists():
        return []
    result = json.loads(path.read_text())
    lines = ["## How far to trust the confidences", "",
             "A confidence is meant as the probability of being right: a tempo within 4 %, the very key, a beat within "
             "70 ms. The expected calibration error is the mean distance between what is said and how often it is right, "
             f"over {result['bins']} bins of equal weight, each clip counting once. The raw score is mapped by a "
             "logistic curve of two constants that `tools/accuracy/confidence.py` fitted to the tune half. Too few recordings "
             "have their key annotated for that: signal processing's is said as it is scored, the network's is fitted by "
             "`training/keys/assess.py` to the tune half and to rendered music that was held back, half and half. The live "
             "tempo is judged as it stands at each live beat, the live key as it stands at the end.", "",
             "| | half | clips | right | mean confidence | calibration error | of the raw score |",
             "|---|---|---:|---:|---:|---:|---:|"]
    for kind, halves in result["kinds"].items():
        for half, _ in HALVES:
            one = halves[half]
            lines.append(f"| {kind} | {half} | {one['clips']} | {100 * one['right']:.1f} | "
                         f"{100 * one['mean_confidence']:.1f} | {100 * one['error']:.1f} | {100 * one['error_raw']:.1f} |")
    lines += ["", "Of each bin the mean confidence and, after the arrow, the share that is right, report half:", "",
              "| | " + " | ".join(f"bin {n + 1}" for n in range(result["bins"])) + " |", "|---|" + "---:|" * result["bins"]]
    for kind, halves in result["kinds"].items():
        cells = [f"{100 * said:.0f} → {100 * true:.0f}" for said, true in halves["report"]["reliability"]]
        lines.append(f"| {kind} | " + " | ".join(cells) + " |" + " |" * (result["bins"] - len(cells)))
    return [*lines, ""]


def page() -> str:
    everything = read_results()
    results = [r for r in everything if "halves" in r]
    if not results:
        raise SystemExit(f"no results in {RESULTS}")
    skips = {r["halves"][half]["skip_seconds"] for r in results for half, _ in HALVES}
    if len(skips) != 1:
        raise SystemExit("the results do not agree on how many seconds are skipped: score them again")
    lines = [INTRODUCTION.format(skip=skips.pop()), *standing(results, "offline"), *standing(results, "online")]
    for half, heading in HALVES:
        lines += [f"## {heading}", ""]
        for title, metrics in TABLES:
            lines += table(results, half, title, metrics)
    lines += ["## Beats by genre, report half (F ±70 ms)", ""]
    genres = sorted({row["name"] for r in results for row in r["halves"]["report"]["groups"]
                     if "/" in row["name"] and "beat_f" in row["scores"]})
    judged = [r for r in results if any(score(r, "report", g, "beat_f") for g in genres)]
    lines += ["| | clips | " + " | ".join(r["program"] for r in judged) + " |", "|---|---:|" + "---:|" * len(judged)]
    for genre in genres:
        values = [score(r, "report", genre, "beat_f") for r in judged]
        clips = max(v["clips"] for v in values if v)
        lines.append(f"| {genre} | {clips} | " + " | ".join("–" if v is None else f"{100 * v['mean']:.1f}" for v in values) + " |")
    lines += ["", *own_station(), *form(), *confidences(), "## Programs", ""]
    for result in everything:
        if "halves" in result:
            versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
            lost = sorted({name for half, _ in HALVES for name in result["halves"][half]["failed"]})
            lines.append(f"- {result['program']}: {versions}" + (f"; said nothing of {', '.join(lost)}" if lost else ""))
        else:
            lines.append(f"- {result['program']}: not run: {result.get('absent') or 'failed: ' + result['failed']}")
    missing = [title.lower() for title, metrics in TABLES
               if not any(score(r, h, g, metrics[0][0]) for r in results for h, _ in HALVES
                          for g in groups_of(results, h, metrics[0][0]))]
    if missing:
        lines += ["", f"Not judged, for want of annotated recordings: {', '.join(missing)}."]
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    text = page()
    if "--check" in sys.argv[1:]:
        same = PAGE.exists() and PAGE.read_text() == text
        print("docs/accuracy.md is what the results make of it" if same else "docs/accuracy.md is stale: tools/accuracy/page.py")
        return 0 if same else 1
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
