"""``ileti up`` on a machine with nothing: starts, answers, stops cleanly, finds all data again."""

from __future__ import annotations

import base64
import os
import signal
import socket
import tempfile
import time
from pathlib import Path

import httpx
import psutil
import pytest

from ileti.core.embedded import EmbeddedPostgres, EmbeddedValkey
from tests.running import environment, free_port, run, start


@pytest.fixture(scope="module")
def var():
    with tempfile.TemporaryDirectory(prefix="ileti-up-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def test_a_taken_port_is_said_in_one_sentence(var):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run(environment(var, taken.getsockname()[1]))
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "PORT=" in done.stderr


def test_a_wrong_setting_is_said_in_one_sentence(var):
    done = run(environment(var, free_port(), WEB_WORKERS="many"))
    assert done.returncode == 2
    assert done.stderr.startswith("ileti: WEB_WORKERS:")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("address", ["redis://127.0.0.1:1/0", "redis://127.0.0.1:port/0",
                                     "unix:///nowhere/valkey.sock"])
def test_a_redis_that_is_not_there_is_said_in_one_sentence(var, address):
    done = run(environment(var / "redis", free_port(), REDIS_URL=address))
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "REDIS_URL does not answer" in done.stderr
    assert not EmbeddedPostgres(var / "redis" / "postgres").runs


def test_production_never_starts_a_database_of_its_own(var):
    keys = {name: base64.b64encode(os.urandom(32)).decode()
            for name in ("SECRET_KEY", "PEPPER", "SIGNING_KEY")}
    done = run(environment(
        var / "production", free_port(), ILETI_ENV="production", **keys,
        ENCRYPTION_KEYS="1:" + base64.b64encode(os.urandom(32)).decode(),
        PUBLIC_URL="https://izin.ornek.com.tr", IYS_BASE_URL="https://iys.ornek.test",
        SMTP_URL="smtp://posta.ornek.test", MAIL_FROM="izin@ornek.com.tr"))
    assert done.returncode == 2
    assert done.stderr.startswith("ileti: DATABASE_URL is missing")
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (var / "production" / "postgres").exists()


def test_it_starts_stops_and_finds_everything_again_within_five_seconds(var):
    port = free_port()
    first = start(var, PORT=str(port))
    try:
        assert len(first.password) >= 16
        file = var / "admin-password.txt"
        assert file.stat().st_mode & 0o777 == 0o600
        assert httpx.get(f"{first.base}/saglik").status_code == 200
        assert httpx.get(f"{first.base}/login/").status_code == 200
    finally:
        assert first.stop() == 0
    began = time.monotonic()
    second = start(var, PORT=str(port))
    try:
        assert time.monotonic() - began < 30
        assert httpx.get(f"{second.base}/saglik").status_code == 200
        assert second.password == first.password
        pid = int((var / "postgres/postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        assert serves_again(second.base, 20), (var / "ileti.log").read_text()[-2000:]
        assert int((var / "postgres/postmaster.pid").read_text().split()[0]) != pid
    finally:
        second.stop()


def test_a_port_that_cannot_be_one_is_said_in_one_sentence(var):
    done = run(environment(var, 65535, IYS_SIMULATOR_PORT=""))
    assert done.returncode == 2
    assert "65536" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_command_leaves_no_engine_running_that_it_started(var):
    folder = var / "alone"
    done = run(environment(folder, free_port()), "setup")
    assert done.returncode == 0, done.stderr
    assert not EmbeddedPostgres(folder / "postgres").runs
    assert not EmbeddedValkey(folder / "valkey").runs


def test_a_closed_terminal_stops_everything(var):
    folder = var / "terminal"
    house = start(folder)
    assert house.process.stdout is not None
    house.process.stdout.close()
    house.process.send_signal(signal.SIGHUP)
    assert house.process.wait(timeout=60) in (0, 120)  # 120: Python could not flush its last words
    assert not EmbeddedPostgres(folder / "postgres").runs
    assert not EmbeddedValkey(folder / "valkey").runs


def test_a_web_server_that_is_killed_takes_its_workers_along_and_comes_back(var):
    house = start(var)
    try:
        server = next(one for one in psutil.Process(house.process.pid).children()
                      if one.cmdline()[-1] == "web")
        workers = server.children()
        assert len(workers) >= 2
        server.kill()
        assert psutil.wait_procs(workers, timeout=25)[1] == []
        assert answers_again(house.base, 30)
    finally:
        assert house.stop() == 0


def answers_again(base: str, seconds: float) -> bool:
    """Whether a web server listens there again in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            return httpx.get(base + "/saglik", timeout=5).status_code == 200
        except httpx.HTTPError:
            time.sleep(0.2)
    return False


def test_the_same_folder_holds_one_house_and_a_killed_one_leaves_no_orphans(var):
    first = start(var)
    port = int(first.base.rpartition(":")[2])
    family = [one for one in psutil.Process(first.process.pid).children(recursive=True)
              if one.status() != psutil.STATUS_ZOMBIE and "ileti" in one.cmdline()]
    try:
        again = run(environment(var, free_port()))
        assert again.returncode == 2
        assert again.stderr.startswith("ileti: İleti already runs below")
        assert f"process {first.process.pid}" in again.stderr
        shared = run(environment(var, port), "web")
        assert shared.returncode == 2
        assert "in use" in shared.stderr
        assert httpx.get(f"{first.base}/saglik").status_code == 200
    finally:
        first.process.kill()
        first.process.communicate(timeout=20)
    assert len(family) >= 6
    assert psutil.wait_procs(family, timeout=25)[1] == []
    second = start(var, PORT=str(port))
    try:
        assert second.password == first.password
        assert httpx.get(f"{second.base}/saglik").status_code == 200
    finally:
        assert second.stop() == 0


def serves_again(base: str, seconds: float) -> bool:
    """Whether the web server's database answers, once it has noticed that it was away."""
    time.sleep(1)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if httpx.get(base + "/saglik", timeout=10).status_code == 200:
            return True
        time.sleep(0.2)
    return False
