"""How much of the bare insert rate a whole consent keeps (goals P1, P3).

Both applications run under the same server (granian, 2 workers × 8 threads, as the product is
started) on the same PostgreSQL,
16 clients, in turn, five rounds, medians. A capture is the full post under policy ``signed``:
origin, limits, form token, vouch, address, rules, ledger with evidence leaf and outbox,
confirmation, signed receipt; a new person every time. Prints one ``name value`` line each:

    capture_vs_bare       one consent per post, ratio of rates
    capture_notice_vs_bare  one consent on a form with a notice, so with an act (docs/adr/0031)
    capture3_vs_bare      three consents (two addresses) per post
    capture_p99_ms        99th percentile at 16 clients, one consent
    capture_cpu_us        CPU of the web processes per capture, microseconds
    capture_1m_vs_empty   (``--full``) rate with a million consents stored to the rate with none

``CAPTURE_SECONDS`` sets the length of a turn (default 5).
"""

from __future__ import annotations

import http.client
import json
import os
import random
import secrets as chance
import signal
import socket
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import Pipe, Process
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.place import fresh_database, new_place

ROOT = Path(__file__).resolve().parents[1]
SECONDS = float(os.environ.get("CAPTURE_SECONDS", "5"))
ROUNDS = int(os.environ.get("CAPTURE_ROUNDS", "5"))
CLIENTS = 16
PROCESSES = 2
ORIGIN = "https://bench.ornek.test"
OPEN = {"CAPTURE_IP_PER_MINUTE": "100000000", "CAPTURE_NETWORK_PER_MINUTE": "100000000",
        "CAPTURE_SITE_PER_MINUTE": "100000000", "FORM_TOKEN_MINUTES": "1440", "LOG_LEVEL": "error"}


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(target: str) -> Iterator[tuple[int, int]]:
    """The target under granian; its port and process id."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port",
         str(port), "--workers", "2", "--blocking-threads", "8", "--no-ws", "--no-access-log",
         "--log-level", "error", *(["--factory"] if target.endswith(":serving") else []), target],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, start_new_session=True,
    )
    try:
        for _ in range(2_400):  # a machine that is busy imports for half a minute
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        time.sleep(0.5)
        yield port, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def bodies(key: str, secret: str, token: str, channels: list[str]) -> Iterator[bytes]:
    """Posts of ever new people, vouched for by their site's server."""
    from ileti.capture.vouch import sign

    pick = random.Random(chance.randbits(64))
    while True:
        now = datetime.now(UTC)
        at = (now - timedelta(seconds=1)).isoformat()
        phone = f"+90599{pick.randrange(10_000_000):07d}"
        email = f"k{pick.getrandbits(48):x}@ornek.com.tr" if "EPOSTA" in channels else ""
        body: dict[str, Any] = {
            "key": str(uuid.UUID(int=pick.getrandbits(128))), "token": token, "website": "",
            "name": "Nazlı Kırşehirli", "phone": phone, "notice": {"at": at},
            "shownAt": (now - timedelta(seconds=3)).isoformat(),
            "choices": [{"channel": c, "status": "ONAY", "at": at} for c in channels],
        }
        if email:
            body["email"] = email
        body["vouch"] = sign(secret, key, body["key"], phone, email, int(now.timestamp()))
        yield json.dumps(body, ensure_ascii=False).encode()


def client(port: int, path: str, made: list[bytes], seconds: float, pipe: Any) -> None:
    """A process of several clients: threads with one kept connection each."""
    import threading

    times: list[float] = []
    faults: list[int] = []
    lock, line = threading.Lock(), iter(made)
    end = time.perf_counter() + seconds

    def run() -> None:
        link = http.client.HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < end:
            with lock:
                body = next(line, None)
            if body is None:
                break
            begun = time.perf_counter()
            link.request("POST", path, body, {"Content-Type": "application/json",
                                              "Origin": ORIGIN})
            answer = link.getresponse()
            answer.read()
            (times if answer.status == 201 else faults).append(time.perf_counter() - begun)  # type: ignore[arg-type]

    begun = time.perf_counter()
    threads = [threading.Thread(target=run) for _ in range(CLIENTS // PROCESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pipe.send((times, len(faults), time.perf_counter() - begun))


def load_with_wrk(port: int, path: str, made: list[bytes], seconds: float) -> tuple[float, float]:
    """Posts by wrk: rate per second and 99th percentile in ms; wrk costs the least CPU."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "bodies"
        data.write_bytes(b"\n".join(made))
        script = Path(folder) / "post.lua"
        script.write_text(LUA.replace("FILE", str(data)).replace("ORIGIN", ORIGIN)
                          .replace("PATH", path))
        said = subprocess.run(
            ["wrk", "-t2", f"-c{CLIENTS}", f"-d{round(seconds)}s", "--latency", "-s", str(script),
             f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said:
        raise SystemExit(f"refused posts:\n{said}")
    words = next(line.split()[1] for line in said.splitlines() if line.strip().startswith("99%"))
    p99 = float(words.rstrip("mus")) * (1 if words.endswith("ms") else
                                        0.001 if words.endswith("us") else 1000)
    rate = next(float(line.split()[1]) for line in said.splitlines() if "Requests/sec" in line)
    return rate, p99


LUA = """
local lines, at = {}, 0
local number = 0
function setup(thread) thread:set("part", number); number = number + 1 end
function init(args)
  local n = 0
  for line in io.lines("FILE") do
    if n % 2 == part then lines[#lines + 1] = line end
    n = n + 1
  end
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Origin"] = "ORIGIN"
end
function request()
  at = at + 1
  return wrk.format("POST", "PATH", nil, lines[at] or lines[#lines])
end
"""


def load(port: int, path: str, made: list[bytes], seconds: float) -> tuple[float, float]:
    """Rate per second and 99th percentile in ms of 16 clients; by wrk where there is one."""
    import shutil

    if shutil.which("wrk"):
        return load_with_wrk(port, path, made, seconds)
    parts = [Pipe(False) for _ in range(PROCESSES)]
    workers = [Process(target=client, args=(port, path, made[n::PROCESSES], seconds, pipe))
               for n, (_, pipe) in enumerate(parts)]
    for worker in workers:
        worker.start()
    answers = [pipe.recv() for pipe, _ in parts]
    for worker in workers:
        worker.join()
    times = sorted(t for one, _, _ in answers for t in one)
    if sum(count for _, count, _ in answers) or not times:
        raise SystemExit("refused posts")
    rate = len(times) / max(took for _, _, took in answers)
    return rate, times[int(len(times) * 0.99)] * 1000


def cpu_seconds(group: int) -> float:
    """CPU used so far by a process group."""
    tick, total = os.sysconf("SC_CLK_TCK"), 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group:
                total += int(fields[11]) + int(fields[12])
    return total / tick


def prepare() -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    """Two sites with policy ``signed``, without and with a privacy notice: key, secret, token."""
    settings = fresh_database("capture")
    os.environ.update(OPEN)
    from config import settings as read
    from ileti.capture import forms, sites
    from ileti.core.secrets import secrets
    from ileti.documents import showing
    from ileti.documents.publish import publish_standard_texts

    read.cache_clear()
    secret, made = chance.token_urlsafe(24), []
    with psycopg.connect(settings.database_url, autocommit=True) as conn:
        provider, first = new_place(conn)
        row = conn.execute("insert into brand (provider_id, brand_code, name, master) "
                           "values (%s, 709_999, 'Second', false) returning id",
                           (provider,)).fetchone()
        assert row is not None
        for key, brand in (("pk_bench", first), ("pk_bench_notice", row[0])):
            conn.execute(
                "insert into site (provider_id, brand_id, name, public_key, secret, origins, "
                "policy) values (%s, %s, 'Bench', %s, %s, %s, 'signed')",
                (provider, brand, key, secrets().keyring.encrypt_text(secret, "site-secret"),
                 [ORIGIN]))
            publish_standard_texts(provider, brand)
            made.append(key)
        for (document,) in conn.execute(
                "select id from document where kind = 'AYDINLATMA' and brand_id = %s", (first,)):
            showing.retire(document, user_id=None, reason="the first site shows none")
        conn.execute("create table bare (id bigint generated always as identity primary key, "
                     "key text not null unique, phone text not null, body jsonb not null, "
                     "at timestamptz not null default now())")
    bare, noticed = ((key, secret, str(forms.show(sites.find_site(key), "tr")["token"]))
                     for key in made)
    return bare, noticed


def fill(count: int) -> None:
    """Store ``count`` verified consents by chunks, each of a person of its own."""
    from ileti.capture.sites import find_site
    from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record_chunk
    from ileti.consents.vocabulary import Channel, Source, Standing, Status
    from ileti.core import db

    place, step = find_site("pk_bench").place, 20_000
    moment = datetime.now(UTC).replace(microsecond=0)
    for start in range(0, count, step):
        items = [NewConsent(address=f"f{n}@ornek.com.tr", channel=Channel.EPOSTA,
                            status=Status.ONAY, consent_date=moment, due_at=moment,
                            source=Source.HS_WEB, standing=Standing.VERIFIED)
                 for n in range(start, start + step)]
        with db.transaction() as conn:
            conn.execute("set local statement_timeout = 0")
            record_chunk(conn, NewSubmission(
                place=place, idem=f"fill:{start:012d}", body_hash=hash_body(start),
                source=Source.HS_WEB, standing=Standing.VERIFIED, items=items))
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        owner.execute("delete from outbox")
        owner.execute("vacuum analyze")


def main() -> None:
    """Measure in turn, print medians."""
    plain, noticed = prepare()
    path, noticed_path = (f"/w/v1/{key}/submissions" for key, _, _ in (plain, noticed))

    def posts(channels: list[str], site: tuple[str, str, str] = plain) -> list[bytes]:
        source = bodies(*site, channels)
        return [next(source) for _ in range(int(SECONDS * 9_000))]

    ones, threes, notices, p99s, cpus, rates = [], [], [], [], [], []
    with serving("benchmarks.bare:application") as (bare, _), \
            serving("app:serving") as (ours, group):
        for port, where in ((bare, "/"), (ours, path)):
            load(port, where, posts(["MESAJ"]), 1)
        for _ in range(ROUNDS):
            base, _ = load(bare, "/", posts(["MESAJ"]), SECONDS)
            before, made = cpu_seconds(group), posts(["MESAJ"])
            rate, p99 = load(ours, path, made, SECONDS)
            cpus.append((cpu_seconds(group) - before) / (rate * SECONDS) * 1e6)
            three, _ = load(ours, path, posts(["MESAJ", "ARAMA", "EPOSTA"]), SECONDS)
            acted, _ = load(ours, noticed_path, posts(["MESAJ"], noticed), SECONDS)
            notices.append(acted / base)
            ones.append(rate / base)
            threes.append(three / base)
            p99s.append(p99)
            rates.append(rate)
            print(f"# bare {base:.0f}/s, capture {rate:.0f}/s, three {three:.0f}/s", flush=True)
        print(f"capture_vs_bare {statistics.median(ones):.3f}")
        print(f"capture_notice_vs_bare {statistics.median(notices):.3f}")
        print(f"capture3_vs_bare {statistics.median(threes):.3f}")
        print(f"capture_p99_ms {statistics.median(p99s):.1f}")
        print(f"capture_cpu_us {statistics.median(cpus):.0f}")
        if "--full" in sys.argv:
            fill(1_000_000)
            full = [load(ours, path, posts(["MESAJ"]), SECONDS)[0] for _ in range(ROUNDS)]
            print(f"capture_1m_vs_empty {statistics.median(full) / statistics.median(rates):.3f}")


if __name__ == "__main__":
    main()
