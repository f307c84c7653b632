#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the small gates, tools/check_*.py, each as one test.

Usage: gates.py [--report FILE]. `check_layering` is left to CTest, which has it as `layering`.
"""

import argparse
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=pathlib.Path)
    arguments = parser.parse_args()

    cases = []
    for gate in sorted((ROOT / "tools").glob("check_*.py")):
        if gate.name == "check_layering.py":  # counted once, by CTest
            continue
        status = subprocess.run([sys.executable, str(gate), str(ROOT)], check=False).returncode
        cases.append({"name": gate.stem, "ok": status == 0})
    if arguments.report:
        arguments.report.parent.mkdir(parents=True, exist_ok=True)
        arguments.report.write_text(json.dumps(cases, indent=1), encoding="utf-8")
    return 0 if cases and all(case["ok"] for case in cases) else 1


if __name__ == "__main__":
    sys.exit(main())
