#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every suite there is and adds up what their own reports say.

Usage: run.py [--preset release] [SUITE …]     (no SUITE: all of them; --list names them)

Each suite's runner writes a report for machines (JUnit from CTest, JSON from Vitest, Playwright and ours); the counts
come from there, never from the text it prints. A suite that ran no test has failed, and so has one whose runner exits
non-zero although its report names no failure, or that was killed before it could write one. A skipped test counts as
neither, but is named. The last line is `N passed, N failed`; the exit status is 0 only when nothing failed.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "test"


@dataclasses.dataclass
class Report:
    passed: int = 0
    failed: list[str] = dataclasses.field(default_factory=list)
    skipped: list[str] = dataclasses.field(default_factory=list)

    @property
    def ran(self) -> int:
        return self.passed + len(self.failed)


@dataclasses.dataclass
class Suite:
    name: str
    command: list[str]
    report: pathlib.Path | None  # written by the command; None where the command is one test
    read: Callable[[pathlib.Path], Report] | None = None
    folder: pathlib.Path = ROOT


def read_junit(path: pathlib.Path) -> Report:
    report = Report()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = case.get("name", "?")
        if case.get("status") in ("disabled", "notrun") or case.find("skipped") is not None:
            report.skipped.append(name)
        elif case.get("status") == "fail" or case.find("failure") is not None or case.find("error") is not None:
            report.failed.append(name)
        else:
            report.passed += 1
    return report


def read_vitest(path: pathlib.Path) -> Report:
    report = Report()
    for file in json.loads(path.read_text(encoding="utf-8"))["testResults"]:
        if file["status"] == "failed" and not file["assertionResults"]:
            report.failed.append(f"{file['name']}: {file.get('message', 'did not load')}")
        for case in file["assertionResults"]:
            if case["status"] == "passed":
                report.passed += 1
            elif case["status"] == "failed":
                report.failed.append(case["fullName"])
            else:
                report.skipped.append(case["fullName"])
    return report


def read_playwright(path: pathlib.Path) -> Report:
    report = Report()

    def walk(suite: dict, prefix: str) -> None:
        for spec in suite.get("specs", []):
            for test in spec["tests"]:
                name = f"{prefix}{spec['title']} [{test['projectName']}]"
                if test["status"] == "skipped":
                    report.skipped.append(name)
                elif test["status"] == "expected":
                    report.passed += 1
                else:  # unexpected, and flaky: a test that needed a second try did not pass
                    report.failed.append(name)
        for inner in suite.get("suites", []):
            walk(inner, f"{prefix}{inner['title']} > ")

    content = json.loads(path.read_text(encoding="utf-8"))
    for suite in content["suites"]:
        walk(suite, f"{suite['title']} > ")
    report.failed += [f"playwright: {error.get('message', error)}" for error in content.get("errors", [])]
    return report


def read_cases(path: pathlib.Path) -> Report:
    """Our own runners write [{"name": str, "ok": bool}, …]."""
    report = Report()
    for case in json.loads(path.read_text(encoding="utf-8")):
        if case["ok"]:
            report.passed += 1
        else:
            report.failed.append(case["name"])
    return report


def suites(preset: str) -> list[Suite]:
    jobs = str(os.cpu_count() or 2)
    python = sys.executable
    web, browser, openapi = ROOT / "web", ROOT / "tests" / "browser", ROOT / "tools" / "openapi"
    return [
        Suite("gates", [python, "tools/test/gates.py", "--report", str(OUT / "gates.json")], OUT / "gates.json", read_cases),
        Suite(
            "c++",
            ["ctest", "--preset", preset, "-j", jobs, "--output-junit", str(OUT / "ctest.xml")],
            OUT / "ctest.xml",
            read_junit,
        ),
        Suite(
            "page",
            ["npm", "test", "--", "--reporter=default", "--reporter=json", f"--outputFile.json={OUT / 'vitest.json'}"],
            OUT / "vitest.json",
            read_vitest,
            folder=web,
        ),
        Suite("page lint", ["npm", "run", "check"], None, folder=web),
        Suite("journey lint", ["npm", "run", "check"], None, folder=browser),
        Suite(
            "openapi lint",
            ["npm", "run", "lint", "--", str(ROOT / "build" / preset / "generated" / "openapi.json")],
            None,
            folder=openapi,
        ),
        Suite(
            "websocket",
            [python, "tests/conformance/websocket_cases.py", "--report", str(OUT / "websocket.json")],
            OUT / "websocket.json",
            read_cases,
        ),
        Suite("browser", ["npm", "test"], OUT / "browser.json", read_playwright, folder=browser),
    ]


def run(suite: Suite) -> Report:
    """Runs a suite, shows its output as it comes, and reads its report."""
    OUT.mkdir(parents=True, exist_ok=True)
    if suite.report:
        suite.report.unlink(missing_ok=True)
    print(f"\n==> {suite.name}: {shlex.join(suite.command)}", flush=True)
    status = subprocess.run(suite.command, cwd=suite.folder, check=False).returncode
    if suite.report is None:
        return Report(failed=[f"{suite.name}: exit {status}"]) if status != 0 else Report(passed=1)
    try:
        report = suite.read(suite.report)
    except (OSError, ValueError, KeyError, ElementTree.ParseError) as problem:
        return Report(failed=[f"{suite.name}: no report from its runner (exit {status}): {problem}"])
    if report.ran == 0:
        report.failed.append(f"{suite.name}: ran no test")
    if status != 0 and not report.failed:
        report.failed.append(f"{suite.name}: its runner exited {status}")
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", nargs="*")
    parser.add_argument("--preset", default="release", help="the build whose C++ tests run")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()

    node = subprocess.run([ROOT / "tools/setup/node.sh"], check=True, capture_output=True, text=True).stdout.strip()
    os.environ["PATH"] = f"{node}:{os.environ['PATH']}"
    os.environ["REDOCLY_TELEMETRY"] = "off"
    os.environ["CI"] = "true"  # no tool may ask, redraw its line or open a page

    chosen = suites(arguments.preset)
    if arguments.list:
        print("\n".join(suite.name for suite in chosen))
        return 0
    unknown = set(arguments.suite) - {suite.name for suite in chosen}
    if unknown:
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    if arguments.suite:
        chosen = [suite for suite in chosen if suite.name in arguments.suite]

    lines, total = [], Report()
    for suite in chosen:
        start = time.monotonic()
        report = run(suite)
        seconds = time.monotonic() - start
        skipped = f", {len(report.skipped)} skipped" if report.skipped else ""
        lines.append(f"{suite.name:<12} {report.passed:>5} passed, {len(report.failed)} failed{skipped}  ({seconds:.0f} s)")
        total.passed += report.passed
        total.failed += report.failed
        total.skipped += report.skipped

    print("\n==> summary")
    for name in total.skipped:
        print(f"skipped: {name}")
    for name in total.failed:
        print(f"FAILED: {name}")
    print("\n".join(lines))
    last = f"{total.passed} passed, {len(total.failed)} failed"
    (OUT / "summary.txt").write_text("\n".join([*lines, last, ""]), encoding="utf-8")
    print(last, flush=True)
    return 1 if total.failed or total.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
