"""Starts the whole of İleti as `make run` does and stops it again; the one way for all tests."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
READY = "Ctrl-C stops everything"


def free_port() -> int:
    """A port nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Running:
    """One `ileti up` and where its parts answer."""

    process: subprocess.Popen[str]
    base: str
    simulator: str
    password: str
    var: Path
    said: str = ""

    def stop(self) -> int:
        """Ctrl-C, as a person would; the exit code."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)
        return self.process.returncode


def environment(var: Path, port: int, **settings: str) -> dict[str, str]:
    """A bare environment as a fresh terminal has it, with these settings."""
    kept = {k: os.environ[k] for k in ("PATH", "HOME") if k in os.environ}
    return {**kept, "ILETI_VAR": str(var), "PORT": str(port), "LANG": "C.UTF-8",
            "IYS_SIMULATOR_PORT": str(free_port()),
            # Playwright is quicker than people.
            "FORM_LEAST_SECONDS": "0", **settings}


def run(env: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    """`ileti up`, or another command, that is expected to end by itself, with a sentence."""
    return subprocess.run([sys.executable, "-m", "ileti", *(command or ("up",))], cwd=ROOT, env=env,
                          text=True, capture_output=True, timeout=60, check=False)


def start(var: Path, **settings: str) -> Running:
    """Start and wait until it says it is ready; fails with the log when it does not. Ports come
    from ``PORT`` and ``IYS_SIMULATOR_PORT`` when they are given."""
    env = environment(var, free_port(), **settings)
    port, simulator = env["PORT"], env["IYS_SIMULATOR_PORT"]
    process = subprocess.Popen(
        [sys.executable, "-m", "ileti", "up"], cwd=ROOT, text=True, env=env,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said, deadline = "", time.monotonic() + 150
    assert process.stdout is not None
    while READY not in said and time.monotonic() < deadline:
        line = process.stdout.readline()
        if not line:
            break
        said += line
    log = var / "ileti.log"
    if READY not in said:
        process.kill()
        raise AssertionError(said + (log.read_text()[-4000:] if log.exists() else ""))
    found = re.search(r"password\s+(\S+)", said)
    assert found, said
    return Running(process, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{simulator}",
                   found[1], var, said)
