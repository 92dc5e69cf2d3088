"""``ileti up`` on a machine with nothing: starts, answers, stops cleanly, finds all data again."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
READY = "Ctrl-C stops everything"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(var: Path, port: int, **more: str) -> dict[str, str]:
    kept = {k: os.environ[k] for k in ("PATH", "HOME") if k in os.environ}
    return {**kept, "ILETI_VAR": str(var), "PORT": str(port), "LANG": "C.UTF-8",
            "IYS_SIMULATOR_PORT": str(free_port()), **more}


def start(env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "ileti", "up"], cwd=ROOT, env=env, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def read_until_ready(process: subprocess.Popen[str], seconds: float = 120) -> str:
    text, deadline = "", time.monotonic() + seconds
    assert process.stdout is not None
    while READY not in text and time.monotonic() < deadline:
        line = process.stdout.readline()
        if not line:
            break
        text += line
    return text


def run_up(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "ileti", "up"], cwd=ROOT, env=env, text=True,
                          capture_output=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def var():
    with tempfile.TemporaryDirectory(prefix="ileti-up-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def test_a_taken_port_is_said_in_one_sentence(var):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run_up(environment(var, taken.getsockname()[1]))
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "PORT=" in done.stderr


def test_a_wrong_setting_is_said_in_one_sentence(var):
    done = run_up(environment(var, free_port(), WEB_WORKERS="many"))
    assert done.returncode == 2
    assert done.stderr.startswith("ileti: WEB_WORKERS:")
    assert "Traceback" not in done.stderr


def test_it_starts_stops_and_finds_everything_again_within_five_seconds(var):
    port = free_port()
    env = environment(var, port)
    first = start(env)
    said = read_until_ready(first)
    try:
        assert READY in said, said + (var / "ileti.log").read_text()[-3000:]
        password = re.search(r"password\s+(\S+)", said)
        assert password
        assert len(password[1]) >= 16
        file = var / "admin-password.txt"
        assert file.stat().st_mode & 0o777 == 0o600
        assert httpx.get(f"http://127.0.0.1:{port}/saglik").status_code == 200
        assert httpx.get(f"http://127.0.0.1:{port}/login/").status_code == 200
    finally:
        first.send_signal(signal.SIGINT)
        rest, _ = first.communicate(timeout=60)
    assert first.returncode == 0, rest
    began = time.monotonic()
    second = start(env)
    try:
        while time.monotonic() - began < 30:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/saglik", timeout=1).status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.05)
        assert password[1] in read_until_ready(second)
    finally:
        second.send_signal(signal.SIGTERM)
        second.communicate(timeout=60)
