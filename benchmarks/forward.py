"""How fast, how fully and how faithfully the backlog goes to İYS (goals P6).

One registry process (the simulator) and two workers, one that sends and one that reads results, as
two job workers would. Prints one ``name value`` line each:

    forward_per_s        consents per second from the queue to İYS's answer, no quota, no delay
    forward_per_s_100ms  the same when every call takes İYS 100 ms
    forward_quota_use    share of İYS's ten requests a second that was used while a backlog waited
    forward_lost         consents İYS does not hold at the end, or we do not know of as registered
    forward_doubled      consents İYS holds more than one movement of

``FORWARD_ROWS`` sets the consents per run (default 30 000).
"""

from __future__ import annotations

import json
import os
import secrets as chance
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.place import fresh_database

ROOT = Path(__file__).resolve().parents[1]

ROWS = int(os.environ.get("FORWARD_ROWS", "30000"))
CHUNK = 2_000
PASSWORD = chance.token_hex(8)
QUIET = {"LOG_LEVEL": "error"}


def drain(what: str, provider: int) -> None:
    """A worker: say that it is ready, wait for the word, drain until it is told to stop."""
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    from ileti.iys import forward, receipts

    work = {"forward": forward.forward_due, "settle": receipts.settle_due}[what]
    print("ready", flush=True)
    sys.stdin.readline()
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if not any(work(until, provider).values()):
            time.sleep(0.02)


def start_registry(provider_file: Path) -> tuple[subprocess.Popen[str], str]:
    """The simulator in a process of its own, its address read from its first line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ileti.simulator", "--port", "0", "--quota", "off",
         "--delay", "batch=0,pull=0", "--provider", str(provider_file)],
        stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    return process, process.stdout.readline().rpartition("http")[2].strip().rstrip("/")


def control(url: str, path: str, **wish: Any) -> Any:
    """A control call of the simulator."""
    request = urllib.request.Request(
        f"{url}/_control/{path}", json.dumps(wish).encode() if wish else None)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


class Run:
    """A provider of its own with a backlog, drained by two fresh workers."""

    def __init__(self, url: str, place: Any, rows: int, rate: float) -> None:
        self.url, self.place, self.rows, self.rate = url, place, rows, rate
        self.samples: list[tuple[float, int]] = []

    def fill(self) -> None:
        """Put the backlog into the ledger and its outbox."""
        from datetime import timedelta

        from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record_chunk
        from ileti.consents.vocabulary import Channel, Source, Standing, Status
        from ileti.core import clock, db

        at = clock.whole_second(clock.now() - timedelta(minutes=1))
        for first in range(0, self.rows, CHUNK):
            key = f"bench:{chance.token_hex(8)}"
            items = [
                NewConsent(f"+90599{n:07}", Channel.MESAJ, Status.ONAY, at)
                for n in range(first, min(first + CHUNK, self.rows))
            ]
            with db.transaction() as conn:
                record_chunk(conn, NewSubmission(
                    place=self.place, idem=key, body_hash=hash_body(key), source=Source.HS_WEB,
                    standing=Standing.VERIFIED, items=items))
            if first in (0, CHUNK):
                analyze()
        analyze()

    def measure(self) -> float:
        """Seconds from the word to the last answer."""
        env = os.environ | QUIET | {
            "IYS_BASE_URL": self.url, "IYS_REQUESTS_PER_SECOND": str(self.rate),
            "IYS_FIRST_POLL_SECONDS": "0", "IYS_TOKEN_REQUESTS_PER_HOUR": "50",
        }
        workers = [
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.forward", "--drain", what,
                 str(self.place.provider_id)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env, cwd=ROOT)
            for what in ("forward", "settle")
        ]
        try:
            for one in workers:
                assert one.stdout is not None
                one.stdout.readline()
            began = time.perf_counter()
            for one in workers:
                assert one.stdin is not None
                one.stdin.write("go\n")
                one.stdin.flush()
            while self._waiting() and time.perf_counter() - began < 110:
                if self.rate <= 100 and self._waiting("and batch_id is null"):
                    self.samples.append((time.perf_counter(), self.calls()))
                time.sleep(0.1 if self.rate <= 100 else 0.02)
            return time.perf_counter() - began
        finally:
            for one in workers:
                one.kill()
                one.wait()

    def calls(self) -> int:
        """Requests that İYS has counted so far."""
        return int(control(self.url, "state")["counters"]["requests"])

    def quota_use(self) -> float:
        """Share of the allowance used from the first call until no row was waiting any more."""
        busy = [sample for sample in self.samples if sample[1] > 1]
        (first, before), (last, after) = busy[0], busy[-1]
        return (after - before) / (self.rate * (last - first))

    def _waiting(self, more: str = "") -> bool:
        from ileti.core import db

        row = db.connection().execute(
            "select exists (select from outbox where topic = 1 and provider_id = %s " + more + ")",
            (self.place.provider_id,)).fetchone()
        return bool(row and row[0])

    def lost(self) -> int:
        """Consents that are not registered on both sides."""
        from ileti.core import db

        row = db.connection().execute(
            "select count(*) from consent_state where provider_id = %s and iys_status = 3",
            (self.place.provider_id,)).fetchone()
        held = control(self.url, f"consents?brandCode={self.place.brand_code}&limit=1")["total"]
        assert row is not None
        return max(self.rows - row[0], self.rows - held)


def analyze() -> None:
    """Let the planner know the new rows, as autovacuum would in a minute."""
    import psycopg

    from config import settings

    with psycopg.connect(settings().database_url, autocommit=True) as conn:
        conn.execute("vacuum analyze")


def new_place() -> Any:
    """A provider with one brand."""
    from ileti.consents.ledger import Place
    from ileti.core import db

    code = 100_000 + chance.randbelow(800_000_000)
    conn = db.connection()
    provider = conn.execute(
        "insert into provider (title, short_name, iys_code) values ('Ölçüm A.Ş.', 'Ölçüm', %s) "
        "returning id", (code,)).fetchone()[0]
    brand = conn.execute(
        "insert into brand (provider_id, brand_code, name, master) values (%s, %s, 'Ölçüm', true) "
        "returning id", (provider, code)).fetchone()[0]
    return Place(provider, code, brand, code)


def open_account(url: str, place: Any) -> None:
    """The provider's account, on both sides."""
    from ileti.core import db
    from ileti.core.secrets import secrets

    name = f"api-{place.iys_code}"
    control(url, "provider", iysCode=place.iys_code, username=name, password=PASSWORD,
            brands=[{"brandCode": place.brand_code, "name": "Ölçüm", "master": True}])
    db.connection().execute(
        "update provider set iys_username = %s, iys_password = %s where id = %s",
        (name, secrets().keyring.encrypt_text(PASSWORD, "iys-password"), place.provider_id))


def main() -> None:
    """Run the three runs and print the figures."""
    fresh_database("forward")
    lost = 0
    with tempfile.TemporaryDirectory() as folder:
        provider_file = Path(folder) / "providers.json"
        provider_file.write_text("[]")
        registry, url = start_registry(provider_file)
        url = "http" + url
        try:
            for name, latency, rate, rows in (
                ("forward_per_s", 0.0, 1e6, ROWS), ("forward_per_s_100ms", 0.1, 1e6, ROWS),
                ("forward_quota_use", 0.1, 10.0, min(ROWS, 40_000)),
            ):
                control(url, "delay", latency=latency)
                control(url, "reset", counters_only=True)
                if rate == 10.0:
                    control(url, "quota", per_second=10)
                place = new_place()
                open_account(url, place)
                run = Run(url, place, rows, rate)
                run.fill()
                seconds = run.measure()
                state = control(url, "state")
                if rate == 10.0:
                    print(f"{name} {run.quota_use():.3f}", flush=True)
                    peak = max(c["arrived"] for c in state["per_second_peak"].values())
                    print(f"forward_most_in_a_second {peak}", flush=True)
                else:
                    print(f"{name} {rows / seconds:.0f}", flush=True)
                lost += run.lost()
            doubled = control(url, "state")["registry"]["keys_moved_twice"]
        finally:
            registry.terminate()
            registry.wait()
    print(f"forward_lost {lost}")
    print(f"forward_doubled {doubled}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--drain"]:
        drain(sys.argv[2], int(sys.argv[3]))
    else:
        main()
