# SPDX-License-Identifier: Apache-2.0
"""Draws the tables for docs/theory from the committed statistics: harmony.svg and groove.svg.

python3 training/plot.py
"""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INK, PAPER = "#1b2430", "#ffffff"
NUMERALS = {
    "ionian": ("I", "ii", "iii", "IV", "V", "vi", "vii°"),
    "mixolydian": ("I", "ii", "iii°", "IV", "v", "vi", "VII"),
    "dorian": ("i", "ii", "III", "IV", "v", "vi°", "VII"),
    "aeolian": ("i", "ii°", "III", "iv", "v", "VI", "VII"),
}
CELL = 30


def text(x: float, y: float, content: str, size: int = 11, anchor: str = "middle") -> str:
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}">{content}</text>'


def cell(x: float, y: float, size: float, share: float) -> str:
    """A square the darker the greater the share, 0 to 1."""
    return f'<rect x="{x:g}" y="{y:g}" width="{size:g}" height="{size:g}" fill="#1f6f8b" fill-opacity="{share:.2f}"/>'


def document(width: float, height: float, parts: list[str], title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'font-family="sans-serif" fill="{INK}" role="img"><title>{title}</title>\n'
        f'<rect width="100%" height="100%" fill="{PAPER}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def harmony() -> str:
    modes = json.loads((ROOT / "training/harmony/statistics.json").read_text(encoding="utf-8"))["modes"]
    parts = []
    for number, (mode, names) in enumerate(NUMERALS.items()):
        left, top = 50 + (number % 2) * 290, 60 + (number // 2) * 290
        parts.append(text(left + 3.5 * CELL, top - 30, mode, 14))
        for last, row in enumerate(modes[mode]["pairs_last_next"]):
            parts.append(text(left - 16, top + last * CELL + 19, names[last]))
            parts.append(text(left + last * CELL + 14, top - 8, names[last]))
            for nxt, count in enumerate(row):
                share = count / sum(row)
                x, y = left + nxt * CELL, top + last * CELL
                parts.append(cell(x, y, CELL - 2, share))
                if share >= 0.01:
                    parts.append(text(x + 14, y + 18, f"{100 * share:.0f}", 10))
    return document(590, 580, parts, "Next degree (columns) after a degree (rows), per cent of the transitions counted")


def groove() -> str:
    grooves = json.loads((ROOT / "training/groove/statistics.json").read_text(encoding="utf-8"))["grooves"]
    voices = ("ride", "open_hat", "closed_hat", "side_stick", "high_tom", "low_tom", "kick")
    size, parts = 18, []
    for number, (name, table) in enumerate(grooves.items()):
        left, top = 80 + (number % 2) * 400, 50 + (number // 2) * 190
        parts.append(text(left, top - 22, f"{name}, swing {table['swing']:.2f}, {table['bars']} bars", 13, "start"))
        for step in range(16):
            if step % 4 == 0:
                parts.append(text(left + step * size + 8, top - 5, str(step // 4 + 1)))
        for row, voice in enumerate(voices):
            y = top + row * size
            parts.append(text(left - 8, y + 13, voice.replace("_", " "), 11, "end"))
            parts.append(f'<rect x="{left}" y="{y}" width="{16 * size - 2}" height="16" fill="#eef1f4"/>')
            for step in range(16):
                probability = table["steps"][voice][step][0]
                if probability >= 0.02:
                    parts.append(cell(left + step * size, y, 16, probability))
    return document(790, 50 + 190 * ((len(grooves) + 1) // 2), parts, "How often each voice sounds on each sixteenth")


def main() -> None:
    for name, draw in (("harmony", harmony), ("groove", groove)):
        path = ROOT / "docs" / "theory" / f"{name}.svg"
        path.write_text(draw(), encoding="utf-8", newline="\n")
        print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
