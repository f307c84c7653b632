# SPDX-License-Identifier: Apache-2.0
"""Starts the real server on a free port of the loopback, for tests and measurements written in Python."""

import contextlib
import os
import pathlib
import re
import select
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "release" / "apps" / "auralis" / "auralis"


class RunningServer:
    def __init__(self, process: subprocess.Popen, port: int, log: pathlib.Path):
        self.process = process
        self.port = port
        self.log = log

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, timeout: float = 10.0) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=timeout) as answer:
            return answer.read()


def wait_until_ready(server: RunningServer, deadline: float) -> None:
    while True:
        try:
            server.get("/readyz", timeout=2.0)
            return
        except (urllib.error.URLError, OSError) as problem:
            if server.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server is not ready: {problem}\n{server.log.read_text()}") from problem
        select.select([], [], [], 0.02)


@contextlib.contextmanager
def running_server(*flags: str, seconds: float = 30.0, environment: dict[str, str] | None = None):
    """Gives a RunningServer that answers /readyz; ends it (SIGTERM, then SIGKILL) afterwards."""
    if not PROGRAM.exists():
        raise RuntimeError(f"{PROGRAM.relative_to(ROOT)} is not built; run `make build`")
    handle, name = tempfile.mkstemp(prefix="auralis-", suffix=".log")
    log = pathlib.Path(name)
    # What a developer has set in the environment must not change a test.
    clean = {key: value for key, value in os.environ.items() if not key.startswith("AURALIS_")}
    command = [str(PROGRAM), "serve", "--port", "0", "--web-root", str(ROOT / "web" / "dist"), *flags]
    with os.fdopen(handle, "w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=clean | (environment or {}))
    try:
        deadline = time.monotonic() + seconds
        port = None
        while port is None:
            found = re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text())
            if found:
                port = int(found.group(1))
            elif process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{log.read_text()}")
            else:
                select.select([], [], [], 0.02)
        server = RunningServer(process, port, log)
        wait_until_ready(server, deadline)
        yield server
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        log.unlink(missing_ok=True)
