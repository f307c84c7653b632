# SPDX-License-Identifier: Apache-2.0
"""Writes generated tables: C++ initialisers and JSON, the same bytes for the same numbers."""

from __future__ import annotations

import json
from pathlib import Path

WIDTH = 118


def number(value: float) -> str:
    return f"{value:.6f}F"


def rows(values: list, depth: int, indent: str = "    ") -> str:
    """Nested lists as a braced initialiser of std::array of that depth; innermost rows on one line.

    std::array is an aggregate around a C array, so that every level wants two braces.
    """
    if depth == 1:
        return indent + "{{" + ", ".join(v if isinstance(v, str) else number(v) for v in values) + "}}"
    inner = ",\n".join(rows(value, depth - 1, indent + "  ") for value in values)
    return f"{indent}{{{{\n{inner},\n{indent}}}}}"


def initialiser(values: list, depth: int) -> str:
    return rows(values, depth, "").lstrip()


def comment(lines: list[str]) -> str:
    return "".join(f"// {line}".rstrip() + "\n" for line in lines)


def distribution(weights: list[float]) -> list[float]:
    """Scales to a sum of one and rounds to the six digits printed, the largest entry taking up the rounding."""
    total = sum(weights)
    scaled = [round(weight / total, 6) for weight in weights]
    largest = max(range(len(scaled)), key=lambda i: scaled[i])
    scaled[largest] = round(scaled[largest] + 1.0 - sum(scaled), 6)
    return scaled


def json_text(value: object, indent: int = 0) -> str:
    """JSON with objects spread over lines and anything short kept on one."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + indent <= WIDTH or not isinstance(value, (dict, list)):
        return flat
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        items = [
            f"{pad}{json.dumps(key, ensure_ascii=False)}: {json_text(item, indent + 2)}" for key, item in value.items()
        ]
        return "{\n" + ",\n".join(items) + "\n" + " " * indent + "}"
    items = [pad + json_text(item, indent + 2) for item in value]
    return "[\n" + ",\n".join(items) + "\n" + " " * indent + "]"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    print(f"wrote {path.name}: {len(text.encode())} bytes")
