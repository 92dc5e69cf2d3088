"""An installation that is there already: its second start prepares nothing and says what is so."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.running import Running, environment, free_port, run, start

PORTS = {"PORT": str(free_port()), "IYS_SIMULATOR_PORT": str(free_port())}


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """A folder in which İleti has been started once."""
    with tempfile.TemporaryDirectory(prefix="ileti-second-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        house = start(Path(folder), **PORTS)
        try:
            assert "database …" in house.said
            assert "demo …" in house.said
            assert providers(house) == [607_100]
        finally:
            assert house.stop() == 0
        yield Path(folder)


@pytest.fixture
def second(var: Path) -> Iterator[Running]:
    """Its second start."""
    house = start(var, **PORTS)
    yield house
    assert house.stop() == 0


def providers(house: Running) -> list[int]:
    told = httpx.get(f"{house.simulator}/_control/state").json()
    return [one["iysCode"] for one in told["providers"]]


def child(house: Running, *command: str) -> psutil.Process:
    return next(one for one in psutil.Process(house.process.pid).children()
                if one.cmdline()[-len(command):] == list(command))


def carries(process: psutil.Process, library: str) -> bool:
    """Whether native parts of the library are in the process's memory."""
    return f"/{library}/" in Path(f"/proc/{process.pid}/maps").read_text()


def test_a_second_start_prepares_nothing_and_answers(second: Running) -> None:
    for absent in ("database …", "demo …", "failed"):
        assert absent not in second.said
    for path in ("/saglik", "/login/", "/api/openapi.json", "/f/pk_liman"):
        assert httpx.get(second.base + path).status_code == 200
    assert providers(second) == [607_100]


def test_only_web_processes_carry_the_panel_and_all_workers_share_one(second: Running) -> None:
    server = child(second, "web")
    assert carries(server, "sqlalchemy")
    assert len(server.children()) == 2
    for other in (psutil.Process(second.process.pid), child(second, "simulator"),
                  child(second, "scheduler"), child(second, "--queue", "iys")):
        assert not carries(other, "sqlalchemy"), other.cmdline()


def test_a_web_worker_that_is_killed_is_back_and_serves(second: Running) -> None:
    server = child(second, "web")
    first, other = server.children()
    first.kill()
    psutil.wait_procs([first], timeout=10)
    deadline = time.monotonic() + 30
    while len(server.children()) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    fresh = [one for one in server.children() if one != other]
    assert len(fresh) == 1
    assert all(httpx.get(second.base + "/login/").status_code == 200 for _ in range(10))


@pytest.mark.parametrize("changed", ["simulator", "port"])
def test_a_simulator_that_was_thrown_away_and_another_port_hear_of_the_demo_again(
        var: Path, changed: str) -> None:
    port = str(free_port()) if changed == "port" else PORTS["PORT"]
    if changed == "simulator":
        for file in var.glob("simulator.sqlite*"):
            file.unlink()
    house = start(var, **PORTS | {"PORT": port})
    try:
        assert "demo …" in house.said
        assert providers(house) == [607_100]
        shown = httpx.get(f"{house.base}/w/v1/pk_liman/form",
                          headers={"Origin": f"http://127.0.0.1:{port}"})
        assert shown.status_code == 200
    finally:
        assert house.stop() == 0


def test_a_password_changed_since_is_not_printed_and_stays(var: Path) -> None:
    env = environment(var, int(PORTS["PORT"]), **PORTS)
    changed = run(env, "user", "create", "admin", "--role", "platform_admin",
                  "--password", "another-parola-77")
    assert changed.returncode == 0, changed.stderr
    house = start(var, **PORTS)
    try:
        assert "password         changed since the first start" in house.said
        assert (var / "admin-password.txt").read_text().strip() not in house.said
    finally:
        assert house.stop() == 0
