"""A second, breakable installation: its own PostgreSQL and Valkey, real processes, real clients.

Nothing here is a mock. What a test kills, stops or fills up belongs to this house alone, so that
the other tests' services never feel it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg

from ileti.core import db
from ileti.core.errors import StorageAway

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "https://magaza.ornek.test"
SECRET = "a-secret-of-the-test-site"
OPEN = {"CAPTURE_IP_PER_MINUTE": "1000000", "CAPTURE_NETWORK_PER_MINUTE": "1000000",
        "CAPTURE_SITE_PER_MINUTE": "1000000", "FORM_TOKEN_MINUTES": "60"}


def free_port() -> int:
    """A port nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(what: Callable[[], Any], seconds: float = 30.0, every: float = 0.1) -> bool:
    """Whether ``what`` became true in time; an error of a service that is away counts as no."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if what():
                return True
        except (OSError, psycopg.Error, StorageAway):
            pass
        time.sleep(every)
    return False


def end_orphans(var: Path) -> None:
    """Kill what a run before that was killed itself has left at work on services below ``var``: it
    would take this run's work to a registry that is gone."""
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if f"host={var}/" in one.environ().get("DATABASE_URL", "") and (
                    one.pid != os.getpid()):
                one.kill()
                one.wait(10)


class Services:
    """PostgreSQL and Valkey below ``var``, and ways to hurt them."""

    def __init__(self, var: Path) -> None:
        from ileti.core.embedded import EmbeddedPostgres, EmbeddedValkey

        self.var = var
        self.postgres = EmbeddedPostgres(var / "postgres")
        self.valkey = EmbeddedValkey(var / "valkey")

    def start(self) -> None:
        """Both services and a freshly migrated database."""
        self.postgres.start()
        self.valkey.start()
        with self.owner("postgres") as conn:
            conn.execute("drop database if exists faults with (force)")
        self.database_url = self.postgres.url("faults")

    def owner(self, database: str = "faults") -> psycopg.Connection[Any]:
        """A connection with every right, as a database administrator has."""
        return psycopg.connect(self.postgres.url(database), autocommit=True, connect_timeout=5)

    def postmaster(self) -> psutil.Process:
        """The running server's parent process."""
        return psutil.Process(int((self.var / "postgres/postmaster.pid").read_text().split()[0]))

    def crash_postgres(self) -> None:
        """``pg_ctl stop -m immediate``: no clean shutdown, recovery at the next start."""
        parent = self.postmaster()
        parent.send_signal(signal.SIGQUIT)
        parent.wait(10)
        db.forget_connections()  # those of the test's own process are broken as well

    def stall_postgres(self) -> Callable[[], None]:
        """SIGSTOP to every process of the server; answers what lets them go on."""
        family = [self.postmaster()]
        family[0].suspend()  # from now on there are no new ones
        for one in family[0].children(recursive=True):
            one.suspend()
            family.append(one)

        def go_on() -> None:
            for one in family:
                if one.is_running():
                    one.resume()

        return go_on

    def kill_valkey(self) -> None:
        """``kill -9``."""
        number = int((self.var / "valkey/valkey.pid").read_text())
        os.kill(number, signal.SIGKILL)
        if self.valkey._process is not None:
            self.valkey._process.wait(5)

    def stop(self) -> None:
        """Both down."""
        self.valkey.stop()
        self.postgres.stop()


@dataclass
class System:
    """Real ``ileti`` processes on those services, as a production host runs them."""

    environment: dict[str, str]
    folder: Path
    port: int
    processes: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def run(self, name: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start ``ileti <arguments>``; its output goes to ``<name>.log``."""
        with (self.folder / f"{name}.log").open("a") as log:
            made = subprocess.Popen(
                [sys.executable, "-m", "ileti", *arguments], cwd=ROOT, text=True, stdout=log,
                stderr=subprocess.STDOUT, env={**self.environment, **environment},
                start_new_session=True)
        self.processes[name] = made
        return made

    def log(self, name: str) -> str:
        """What a process has said so far."""
        return (self.folder / f"{name}.log").read_text()

    def answers(self) -> bool:
        """Whether the web server says that it can serve."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/saglik", timeout=2) as answer:
            return bool(answer.status == 200)

    def end(self) -> None:
        """Kill everything that was started."""
        for one in self.processes.values():
            try:
                os.killpg(one.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            one.wait(10)


@dataclass
class Customer:
    """A shop's server that posts one new person after the other and repeats what got no receipt,
    with the same key, as the widget does."""

    port: int
    site_key: str
    token: str
    number: int  # one digit: the first of its people's numbers
    patience: float = 10.0
    accepted: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    slowest: float = 0.0
    given_up: int = 0

    def post_until(self, over: threading.Event, pause: float = 0.01) -> None:
        """Post until ``over``; the last one is repeated until it has its receipt."""
        turn = 0
        while not over.is_set():
            turn += 1
            self.post(f"+90599{self.number}{turn:06d}")
            time.sleep(pause)

    def post(self, phone: str, attempts: int = 60) -> None:
        """One person's consent, repeated until its receipt came."""
        body = self._body(phone)
        for _ in range(attempts):
            status = self.send(body)
            self.statuses.append(status)
            if status == 201:
                self.accepted.append(body["key"])
                return
            time.sleep(0.25)
        self.given_up += 1

    def send(self, body: dict[str, Any]) -> int:
        """The answer's status; 0 when none came."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/w/v1/{self.site_key}/submissions",
            json.dumps(body).encode(), {"Content-Type": "application/json", "Origin": ORIGIN})
        began = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=self.patience) as answer:
                answer.read()
                return int(answer.status)
        except urllib.error.HTTPError as error:
            self.problems.append(json.loads(error.read() or b"{}"))
            return error.code
        except OSError as error:
            self.unanswered.append(f"{error!r} after {time.monotonic() - began:.1f} s")
            return 0
        finally:
            self.slowest = max(self.slowest, time.monotonic() - began)

    def _body(self, phone: str) -> dict[str, Any]:
        from ileti.capture.vouch import sign

        now = datetime.now(UTC)
        at = (now - timedelta(seconds=2)).isoformat()
        key = str(uuid.uuid4())
        return {
            "key": key, "token": self.token, "website": "", "phone": phone,
            "name": "Nazlı Kırşehirli", "notice": {"at": at},
            "shownAt": (now - timedelta(seconds=4)).isoformat(),
            "choices": [{"channel": "MESAJ", "status": "ONAY", "at": at}],
            "vouch": sign(SECRET, self.site_key, key, phone, "", int(now.timestamp())),
        }


class Crowd:
    """Several customers at once, from ``with`` to its end."""

    def __init__(self, customers: list[Customer]) -> None:
        self.customers = customers
        self._over = threading.Event()

    def __enter__(self) -> Crowd:
        self._threads = [threading.Thread(target=one.post_until, args=(self._over,), daemon=True)
                         for one in self.customers]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    @property
    def accepted(self) -> list[str]:
        """Keys that got a receipt."""
        return [key for one in self.customers for key in one.accepted]

    @property
    def statuses(self) -> set[int]:
        """Every status that was seen."""
        return {status for one in self.customers for status in one.statuses}

    @property
    def unanswered(self) -> list[str]:
        """What stood in the way where no answer came."""
        return [said for one in self.customers for said in one.unanswered]

    @property
    def slowest(self) -> float:
        """The longest wait for an answer, seconds."""
        return max(one.slowest for one in self.customers)
