"""How fast, how small and how right a large day is reconciled; `make bench-reconcile`.

A brand with a day of a million movements, on both sides. A worker process of its own fetches the
day from a registry that only hands it out (download, encryption and archive included) and compares
it, twice: with a file in which one row of a thousand differs, and with an equal one.

    reconcile_rows_per_s   rows per second of the slower of the two, download to outcome
    reconcile_equal_rows_per_s, reconcile_different_rows_per_s   each of them
    reconcile_peak_mb      the worker's largest resident memory
    reconcile_wrong        differences by cause that are not those put in

``RECONCILE_ROWS`` sets the rows (default 1 000 000). Memory is flat when a tenth of the rows shows
about the same peak.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets as chance
import subprocess
import sys
import tempfile
import time
from hashlib import sha384
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks.place import fresh_database

ROOT = Path(__file__).resolve().parents[1]
ROWS = int(os.environ.get("RECONCILE_ROWS", "1000000"))
EVERY = 1_000
HEADER = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source\n"


def serve(folder: Path) -> None:
    """A registry that knows one day: `day.csv`, and its hash in `day.sha384`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, body: bytes, kind: str = "application/json") -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.answer(json.dumps({"access_token": "a", "refresh_token": "r",
                                    "expires_in": 7200, "refresh_expires_in": 14400}).encode())

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.answer(b'{"agreementCaptured":true}')

        def do_GET(self) -> None:
            if self.path.endswith("/file"):
                self.send_response(200)
                self.send_header("Content-Type", "text/csv")
                self.send_header("Content-Length", str((folder / "day.csv").stat().st_size))
                self.end_headers()
                with (folder / "day.csv").open("rb") as file:
                    while piece := file.read(1 << 16):
                        self.wfile.write(piece)
            elif self.path.endswith("/timestamp"):
                self.answer(b"\x30" + bytes(127), "application/timestamp-reply")
            elif "/recipients/" in self.path:
                self.answer(b'{"changeStats":[]}')
            else:
                self.answer(json.dumps({
                    "processStatus": "completed", "hashMethod": "SHA-384",
                    "hashValue": (folder / "day.sha384").read_text(), "agreementStatus": False,
                }).encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


def night(provider: int) -> None:
    """The worker: one night's work, then how long it took and how large it became."""
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    from ileti.iys.days import days_due

    began = time.perf_counter()
    done = dict(days_due(time.monotonic() + 600, provider))
    # not getrusage: its peak survives exec and would be that of the process that started us
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"seconds": time.perf_counter() - began, "peak": peak, "done": done}))


def fill(owner: Any, day: dt.date) -> Any:
    """A day of consents that İYS took: recipients, entries, states, receipts."""
    from ileti.consents.ledger import Place
    from ileti.core.secrets import secrets

    code = 100_000 + chance.randbelow(800_000_000)
    provider = owner.execute(
        "insert into provider (title, short_name, iys_code, iys_username, iys_password) values "
        "('Ölçüm A.Ş.', 'Ölçüm', %s, 'bench', %s) returning id",
        (code, secrets().keyring.encrypt_text("bench", "iys-password"))).fetchone()[0]
    brand = owner.execute(
        "insert into brand (provider_id, brand_code, name, master, created_at) "
        "values (%s, %s, 'Ölçüm', true, %s) returning id", (provider, code, noon(day))
    ).fetchone()[0]
    box = secrets()
    with owner.cursor().copy("copy recipient (provider_id, kind, key_no, addr_hash, addr_ct, "
                             "leaf_key) from stdin") as copy:
        for n in range(ROWS):
            digest = box.addresses.of(provider, phone(n))
            key, cipher = box.keyring.encrypt(phone(n).encode(), digest)
            copy.write_row((provider, 1, key, digest, cipher, bytes(32)))
    owner.execute(
        "with r as (select id, row_number() over (order by id) - 1 as n from recipient "
        "           where provider_id = %(p)s) "
        "insert into consent_entry (provider_id, id, captured_at, submission_id, recipient_id, "
        "consent_date, brand_id, recipient_type, channel, status, source, standing, outcome, leaf) "
        "select %(p)s, n + 1, %(at)s, 1, id, %(at)s - interval '1 hour', %(b)s, 1, 2, 1, 6, 1, 1, "
        "'\\x00' from r", {"p": provider, "b": brand, "at": noon(day)})
    owner.execute(
        "insert into consent_state (provider_id, brand_id, recipient_id, recipient_type, channel, "
        "entry_id, entry_at, consent_date, status, source, standing, iys_status) "
        "select provider_id, brand_id, recipient_id, 1, 2, id, captured_at, consent_date, 1, 6, 1, "
        "3 from consent_entry where provider_id = %s", (provider,))
    owner.execute(
        "insert into iys_receipt (provider_id, entry_id, accepted, creation_date, transaction_id) "
        "select provider_id, id, true, captured_at + make_interval(secs => ((id - 1) / 100)::int), "
        "encode(sha256(int8send(id)), 'hex') from consent_entry where provider_id = %s",
        (provider,))
    owner.execute("vacuum analyze")
    return Place(provider, code, brand, code)


def noon(day: dt.date) -> dt.datetime:
    """Ten in the morning in Istanbul."""
    return dt.datetime.combine(day, dt.time(10), dt.timezone(dt.timedelta(hours=3)))


def phone(number: int) -> str:
    """An invented mobile."""
    return f"+90599{number:07d}"


def write_day(folder: Path, day: dt.date, *, wrong: bool) -> dict[str, int]:
    """İYS's file, in İYS's order; with ``wrong`` one row of a thousand differs. What differs."""
    put: dict[str, int] = {}
    rows = []
    for n in range(ROWS):
        created = (noon(day) + dt.timedelta(seconds=n // 100)).strftime("%Y-%m-%d %H:%M:%S")
        number = transaction(n + 1)
        status, date, source = "ONAY", f"{day} 09:00:00", "HS_WEB"
        if wrong and n % EVERY == 7:
            what = ("MISSING_AT_IYS", "OTHER_DATE", "OTHER_SOURCE", "MISSING_HERE")[n // EVERY % 4]
            put[what] = put.get(what, 0) + 1
            if what == "MISSING_AT_IYS":
                continue
            if what == "OTHER_DATE":
                date = f"{day} 08:59:59"
            elif what == "OTHER_SOURCE":
                source = "HS_MOBIL"
            else:
                rows.append(f"{created},{transaction(-n)},+90598{n:07d},BIREYSEL,MESAJ,ONAY,"
                            f"{date},HS_WEB\n")
        rows.append(f"{created},{number},{phone(n)},BIREYSEL,MESAJ,{status},{date},{source}\n")
    rows.sort()
    text = (HEADER + "".join(rows)).encode()
    (folder / "day.csv").write_bytes(text)
    (folder / "day.sha384").write_text(sha384(text).hexdigest())
    return put


def transaction(number: int) -> str:
    """A transaction number, as the database makes it."""
    from hashlib import sha256

    return sha256(number.to_bytes(8, "big", signed=True)).hexdigest()


def work(url: str, provider: int, folder: Path) -> dict[str, Any]:
    """One night in a process of its own."""
    env = os.environ | {"IYS_BASE_URL": url, "LOG_LEVEL": "error", "IYS_REQUESTS_PER_SECOND": "1e6",
                        "ARCHIVE_DIR": str(folder / "archive")}
    out = subprocess.run([sys.executable, "-m", "benchmarks.reconcile", "--night", str(provider)],
                         env=env, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(out.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Fill, run both nights, print the figures."""
    import psycopg

    settings = fresh_database("reconcile")
    from ileti.core import clock

    day = clock.today() - dt.timedelta(days=1)
    with (tempfile.TemporaryDirectory() as name,
          psycopg.connect(settings.database_url, autocommit=True) as owner):
        folder = Path(name)
        owner.execute("set timezone = 'UTC'")
        place = fill(owner, day)
        registry = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.reconcile", "--serve", name],
            stdout=subprocess.PIPE, text=True, cwd=ROOT)
        try:
            assert registry.stdout is not None
            url = registry.stdout.readline().strip()
            put = write_day(folder, day, wrong=True)
            different = work(url, place.provider_id, folder)
            row = owner.execute("select rows, causes from iys_day where provider_id = %s",
                                (place.provider_id,)).fetchone()
            assert row is not None
            wrong = sum(abs(put.get(cause, 0) - row[1].get(cause, 0)) for cause in put | row[1])
            rows = row[0]
            for table in ("iys_day", "iys_difference", "iys_archive"):
                owner.execute(f"delete from {table}")
            write_day(folder, day, wrong=False)
            equal = work(url, place.provider_id, folder)
            assert equal["done"].get("agreed") == 1, equal
        finally:
            registry.terminate()
            registry.wait()
    slower = max(different["seconds"], equal["seconds"])
    print(f"reconcile_rows_per_s {rows / slower:.0f}")
    print(f"reconcile_different_rows_per_s {rows / different['seconds']:.0f}")
    print(f"reconcile_equal_rows_per_s {ROWS / equal['seconds']:.0f}")
    print(f"reconcile_seconds {slower:.1f}")
    print(f"reconcile_peak_mb {max(different['peak'], equal['peak']):.0f}")
    print(f"reconcile_wrong {wrong}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["--night"]:
        night(int(sys.argv[2]))
    else:
        main()
