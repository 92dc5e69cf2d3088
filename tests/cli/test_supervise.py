"""Children load while the services start, wait for the word, and never outlive their parent."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import WrongSetting
from ileti.cli import supervise
from ileti.cli.supervise import Supervisor, launch, refuse_taken_port, tell


def until(what: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not what() and time.monotonic() < deadline:
        time.sleep(0.05)
    return what()


@pytest.fixture
def word(database: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Where the services are, which the children's environment does not say."""
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("REDIS_URL")
    return {"DATABASE_URL": database, "REDIS_URL": redis_url}


@pytest.fixture
def worker(word: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A worker that ends when nothing is left to do, once it knows where to look."""
    process = launch("worker", "--burst")
    yield process
    process.kill()
    process.wait(10)


def test_a_child_waits_for_its_word_and_then_works(
        worker: subprocess.Popen[str], word: dict[str, str]) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(4)
    tell(worker, word)
    assert worker.wait(60) == 0


def test_a_child_that_waits_ends_with_its_parent(worker: subprocess.Popen[str]) -> None:
    assert worker.stdin is not None
    worker.stdin.close()
    assert worker.wait(60) == -signal.SIGTERM


def test_telling_somebody_who_has_died_is_no_fault(
        worker: subprocess.Popen[str], word: dict[str, str]) -> None:
    worker.kill()
    worker.wait(10)
    tell(worker, word)


def test_a_child_that_is_started_again_is_told_again_and_a_stop_is_the_end(
        word: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("a", buffering=1) as log:
        family = Supervisor(log, show=False)
        family.add("worker", "worker", "--burst")
        family.tell(**word)
        ended = "worker ended (0); starting again in"
        assert until(lambda: path.read_text().count(ended) >= 2), path.read_text()
        family.stop()
        said = path.read_text()
        time.sleep(1.5)
        assert path.read_text() == said
    assert all(one.process is None or one.process.poll() is not None
               for one in family._children)


def test_who_does_not_end_when_asked_is_ended(
        word: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "PATIENCE", 0.5)
    stubborn = "trap '' TERM; echo ready; while :; do sleep 1; done"
    deaf = subprocess.Popen(["/bin/sh", "-c", stubborn],
                            stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert deaf.stdout is not None
    assert deaf.stdout.readline() == "ready\n"
    supervise.end([deaf])
    assert deaf.wait(0) == -signal.SIGKILL


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.17"])
def test_a_host_that_is_not_this_machine_is_said_as_such(host: str) -> None:
    with pytest.raises(WrongSetting, match=f"HOST: {host} is no address of this machine"):
        refuse_taken_port(host, 0, "PORT")
