"""How many consents a second the API takes, and what one costs beside a captured one.

The product's own server (granian, 2 workers × 8 threads) on a database of its own; clients are
processes with kept connections, the same for every figure. New people every time, a new
Idempotency-Key per call, a key as Bearer. Prints one ``name value`` line each:

    api_bulk_consents_per_s  consents a second in calls of 1 000, 4 clients (goal: 15 000)
    api_bulk_p99_ms          99th percentile of such a call
    api_single_vs_capture    one consent per call to one captured by a form, in turn (goal: 0.8)
    api_single_p99_ms        99th percentile of such a call at 16 clients
    api_bulk_web_cpu_us      CPU of the web processes per consent in calls of 1 000
    api_bulk_pg_cpu_us       CPU of PostgreSQL's backends per consent, likewise
    api_single_web_cpu_us    CPU of the web processes per single call

CPU stands beside the rates, because a busy machine takes the latter down and the former hardly.

``API_SECONDS`` sets the length of a turn (default 5), ``API_ROUNDS`` how many (default 5).
"""

from __future__ import annotations

import http.client
import json
import os
import random
import secrets as chance
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing import Pipe, Process
from typing import Any

from benchmarks import capture

SECONDS = float(os.environ.get("API_SECONDS", "5"))
ROUNDS = int(os.environ.get("API_ROUNDS", "5"))
PROCESSES = 2
ITEMS = 1_000
BRAND = 731_204
Request = tuple[bytes, dict[str, str]]


def consent(pick: random.Random, at: str) -> dict[str, Any]:
    """A consent of somebody new."""
    return {"address": f"k{pick.getrandbits(56):x}@ornek.com.tr", "channel": "EPOSTA",
            "status": "ONAY", "source": "HS_WEB", "consentDate": at}


def singles(key: str) -> Iterator[Request]:
    """Calls of one consent each."""
    pick = random.Random(chance.randbits(64))
    while True:
        at = (datetime.now(UTC) - timedelta(seconds=2)).isoformat(timespec="seconds")
        said = consent(pick, at) | {"brand": BRAND, "channel": "MESAJ",
                                    "address": f"+90599{pick.randrange(10_000_000):07d}"}
        yield json.dumps(said).encode(), {
            "Authorization": f"Bearer {key}", "Content-Type": "application/json",
            "Idempotency-Key": f"{pick.getrandbits(96):x}"}


def bulks(key: str) -> Iterator[Request]:
    """Calls of a thousand, each item of a moment of its own in the last day."""
    pick = random.Random(chance.randbits(64))
    while True:
        now = datetime.now(UTC)
        said = {"brand": BRAND, "items": [
            consent(pick, (now - timedelta(seconds=pick.randrange(2, 86_400))).isoformat(
                timespec="seconds")) for _ in range(ITEMS)]}
        yield json.dumps(said).encode(), {
            "Authorization": f"Bearer {key}", "Content-Type": "application/json",
            "Idempotency-Key": f"{pick.getrandbits(96):x}"}


def captures(site: tuple[str, str, str]) -> Iterator[Request]:
    """Posts of a form, one consent each."""
    for body in capture.bodies(*site, ["MESAJ"]):
        yield body, {"Content-Type": "application/json", "Origin": capture.ORIGIN}


def client(port: int, path: str, made: list[Request], threads: int, seconds: float,
           pipe: Any) -> None:
    """A process of several clients: threads with one kept connection each."""
    import threading

    times: list[float] = []
    faults: list[str] = []
    lock, line = threading.Lock(), iter(made)
    end = time.perf_counter() + seconds

    def run() -> None:
        link = http.client.HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < end:
            with lock:
                one = next(line, None)
            if one is None:
                break
            begun = time.perf_counter()
            link.request("POST", path, *one)
            answer = link.getresponse()
            said = answer.read()
            while answer.status == 429 and b"too_many_transfers" in said:
                link.close()  # another process of the server may have room, as a client would find
                time.sleep(0.05)
                link.request("POST", path, *one)
                answer = link.getresponse()
                said = answer.read()
            if answer.status in (200, 201):
                times.append(time.perf_counter() - begun)
            else:
                faults.append(f"{answer.status} {said[:200]!r}")

    begun = time.perf_counter()
    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    pipe.send((times, faults[:3], time.perf_counter() - begun))


def load(port: int, path: str, requests: Iterator[Request], clients: int, calls: int,
         seconds: float) -> tuple[float, float]:
    """Calls a second and the 99th percentile in ms; ``calls`` are made beforehand."""
    made = [next(requests) for _ in range(calls)]
    parts = [Pipe(False) for _ in range(PROCESSES)]
    workers = [Process(target=client, args=(port, path, made[n::PROCESSES], clients // PROCESSES,
                                            seconds, pipe))
               for n, (_, pipe) in enumerate(parts)]
    for worker in workers:
        worker.start()
    answers = [pipe.recv() for pipe, _ in parts]
    for worker in workers:
        worker.join()
    times = sorted(one for some, _, _ in answers for one in some)
    faults = [one for _, some, _ in answers for one in some]
    if faults or not times:
        raise SystemExit(f"refused calls: {faults}")
    return (len(times) / max(took for _, _, took in answers),
            times[int(len(times) * 0.99)] * 1_000)


def account() -> str:
    """A key of a program that records consents, for the bench's provider."""
    from ileti.core import db
    from ileti.programs import accounts, keys

    provider = db.connection().execute("select id from provider").fetchone()[0]  # type: ignore[index]
    row = db.connection().execute(
        "insert into api_account (provider_id, name, username, scopes) "
        "values (%s, 'Bench', %s, '{consents:write}') returning id",
        (provider, accounts.new_username())).fetchone()
    return keys.make(db.connection(), provider, row[0]).text  # type: ignore[index]


def entries() -> int:
    """How many entries the ledger holds."""
    from ileti.core import db

    row = db.connection().execute("select last_value from consent_entry_id_seq").fetchone()
    return int(row[0])  # type: ignore[index]


def backends() -> float:
    """CPU seconds that PostgreSQL's backends of this database have used."""
    import psutil

    from ileti.core import db

    total = 0.0
    for (pid,) in db.connection().execute(
            "select pid from pg_stat_activity where datname = current_database()"):
        try:
            used = psutil.Process(pid).cpu_times()
            total += used.user + used.system
        except psutil.Error:
            continue
    return total


def main() -> None:
    """Run everything and print one line per metric."""
    os.environ["API_REQUESTS_PER_SECOND"] = "1000000"
    site, _noticed = capture.prepare()
    key = account()
    form = f"/w/v1/{site[0]}/submissions"
    ratios, rates, p99s, bulk_p99s = [], [], [], []
    cpu: dict[str, list[float]] = {"bulk_web": [], "bulk_pg": [], "single_web": []}
    with capture.serving("app:serving") as (port, group):
        load(port, form, captures(site), 16, 500, 1)
        load(port, "/api/v1/consents", singles(key), 16, 500, 1)
        for _ in range(ROUNDS):
            calls = int(SECONDS * 4_000)
            base, _ = load(port, form, captures(site), 16, calls, SECONDS)
            before = capture.cpu_seconds(group)
            rate, p99 = load(port, "/api/v1/consents", singles(key), 16, calls, SECONDS)
            cpu["single_web"].append(
                (capture.cpu_seconds(group) - before) / max(1, rate * SECONDS) * 1e6)
            before, stored, done = capture.cpu_seconds(group), backends(), entries()
            bulk, bulk_p99 = load(port, "/api/v1/consents/batch", bulks(key), 4,
                                  int(SECONDS * 40), SECONDS)
            many = max(1, entries() - done)
            cpu["bulk_web"].append((capture.cpu_seconds(group) - before) / many * 1e6)
            cpu["bulk_pg"].append((backends() - stored) / many * 1e6)
            ratios.append(rate / base)
            rates.append(bulk * ITEMS)
            p99s.append(p99)
            bulk_p99s.append(bulk_p99)
            print(f"# capture {base:.0f}/s, single {rate:.0f}/s, bulk {bulk * ITEMS:.0f}/s, "
                  + ", ".join(f"{name} {some[-1]:.0f} us" for name, some in cpu.items()),
                  flush=True)
    print(f"api_bulk_consents_per_s {statistics.median(rates):.0f}")
    print(f"api_bulk_p99_ms {statistics.median(bulk_p99s):.0f}")
    print(f"api_single_vs_capture {statistics.median(ratios):.3f}")
    print(f"api_single_p99_ms {statistics.median(p99s):.1f}")
    for name, some in cpu.items():
        print(f"api_{name}_cpu_us {statistics.median(some):.0f}")


if __name__ == "__main__":
    main()
