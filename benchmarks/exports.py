"""The consent list as a file; a part of `make bench-reports`, or alone: `python -m
benchmarks.exports`.

``export_rows_per_s``: rows a second of a masked CSV as the job makes it, from its claim to the
sealed file on the disk, everything counted: the children's start, the rows that are to be expected,
the address of each opened and masked. ``export_peak_mb``: the most memory the job and its children
took at once beyond what the process held before it, which does not grow with the rows;
``export_process_mb``: all of it, with the application around. ``export_first_byte_ms``: until the
first consents come over the line, of a file that is made while it is sent, the middle of five.
``ILETI_BENCH_EXPORT_ROWS`` sets the number of rows (default 300 000; a million takes three times as
long): two thirds by phone, one by mail, over two years, one brand.
"""

from __future__ import annotations

import os
import secrets as chance
import statistics
import threading
import time
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.place import fresh_database, new_place

ROWS = int(os.environ.get("ILETI_BENCH_EXPORT_ROWS", "300000"))
DAYS, PART, TURNS = 730, 50_000, 3
_ENTRIES = """
with s as (
    insert into submission (provider_id, id, captured_at, brand_id, actor_kind, source, idem,
        body_hash, entry_ids, evidence) overriding system value
    select %(p)s, n, now() - make_interval(secs => (1 - n / %(all)s) * %(seconds)s), %(b)s, 1, 6,
           'export:' || n, '', '{}', '{}'
      from generate_series(%(from)s::bigint, %(to)s::bigint) n
    returning id, captured_at)
insert into consent_entry (provider_id, id, captured_at, submission_id, recipient_id, consent_date,
    brand_id, recipient_type, channel, status, source, standing, outcome, leaf)
select %(p)s, s.id * 4 + c, s.captured_at, s.id, s.id, s.captured_at, %(b)s, 1, c,
       case when s.id %% 11 = 0 then 2 else 1 end, 6, 1, 1, ''
  from s cross join generate_series(1, 3) c where (s.id %% 2 = 0) = (c = 3)"""
_STATES = """
insert into consent_state (provider_id, brand_id, recipient_id, recipient_type, channel, entry_id,
    entry_at, consent_date, status, source, standing, iys_status)
select provider_id, brand_id, recipient_id, recipient_type, channel, id, captured_at, consent_date,
       status, source, standing, 3
  from consent_entry where provider_id = %(p)s and brand_id = %(b)s"""


def fill(conn: psycopg.Connection, rows: int = ROWS) -> tuple[int, int]:
    """People with their consents at a provider of their own; provider and brand."""
    from ileti.core.secrets import secrets

    # other benchmarks number their brands themselves
    conn.execute("select setval(pg_get_serial_sequence('brand', 'id'), "
                 "(select coalesce(max(id), 0) + 1 from brand), false)")
    provider, brand = new_place(conn, 731_990)
    month = (date.today() - timedelta(DAYS)).replace(day=1)
    while month < date.today().replace(day=1):
        after = (month + timedelta(32)).replace(day=1)
        conn.execute(f"create table if not exists consent_entry_y{month:%Y}m{month:%m} partition "
                     f"of consent_entry for values from ('{month}') to ('{after}')")
        month = after
    box, people = secrets(), rows * 2 // 3
    for first in range(1, people + 1, PART):
        numbers = range(first, min(first + PART, people + 1))
        clear = [f"+90599{number:07}" if number % 2 else f"kisi{number}@ornek.com.tr"
                 for number in numbers]
        hashes = box.addresses.of_many(provider, clear)
        sealed = box.keyring.encrypt_many([one.encode() for one in clear], hashes)
        with conn.cursor().copy("copy recipient (provider_id, id, kind, key_no, addr_hash, "
                                "addr_ct, leaf_key) from stdin") as copy:
            for number, digest, cipher in zip(numbers, hashes, sealed, strict=True):
                copy.write_row((provider, number, 2 - number % 2, box.keyring.newest, digest,
                                cipher, chance.token_bytes(32)))
        conn.execute(_ENTRIES, {
            "p": provider, "b": brand, "from": first, "to": numbers[-1], "all": float(people),
            "seconds": DAYS * 86_400})
    conn.execute(_STATES, {"p": provider, "b": brand})
    conn.execute("vacuum analyze consent_entry")
    for table in ("consent_state", "recipient", "submission"):
        conn.execute(f"vacuum analyze {table}")
    return provider, brand


def measure(app: Any, place: tuple[int, int]) -> dict[str, float]:
    """Rows a second (the best of three turns), memory, first byte."""
    from ileti.consents import exported, listing
    from ileti.core import db, orm
    from ileti.exports import making, runs
    from ileti.tenancy import scope
    from ileti.tenancy.scope import Scope

    provider, _brand = place
    asker = _asker(app, provider)
    making.house_is(app.app_context)
    rates, peak, growth = [], 0.0, 0.0
    for _ in range(TURNS):
        with app.app_context(), scope.within(Scope(provider_id=provider)):
            number = _ask(asker)
        before = _memory()
        watch = _Watch()
        began = time.perf_counter()
        done = making.make_due(time.monotonic() + 1)
        took = time.perf_counter() - began
        held = watch.end()
        row = db.connection().execute("select state, rows from export_run where id = %s",
                                      [number]).fetchone()
        assert row is not None
        assert row[0] == 3, (done, row)
        rates.append(row[1] / took)
        peak, growth = max(peak, held), max(growth, held - before)
        db.connection().execute("update export_run set expires_at = now() where id = %s", [number])
        runs.sweep()
    firsts = []
    with app.app_context(), scope.within(Scope(provider_id=provider)):
        for _ in range(5):
            began = time.perf_counter()
            pieces = exported.pieces(listing.Wanted(), full=False, language="tr")
            next(pieces)  # the heading
            next(pieces)
            firsts.append((time.perf_counter() - began) * 1_000)
            orm.db.session.rollback()
    return {"export_rows_per_s": max(rates), "export_peak_mb": growth, "export_process_mb": peak,
            "export_first_byte_ms": statistics.median(firsts)}


def tell(found: dict[str, float]) -> None:
    """Print the figures."""
    for name, value in found.items():
        print(f"{name} {value:.0f}")


def _asker(app: Any, provider: int) -> Any:
    """Somebody of the provider's head office."""
    from ileti.core import db
    from ileti.exports.asking import Asker
    from ileti.factory import setup_permissions

    setup_permissions(app)
    conn = db.connection()
    user = conn.execute(
        "insert into ab_user (first_name, last_name, username, email, active) values "
        "('Bench', 'Bench', %s, %s, true) returning id",
        (f"bench{provider}", f"bench{provider}@ornek.test")).fetchone()
    assert user is not None
    member = conn.execute(
        "insert into membership (user_id, provider_id, role) values (%s, %s, 'provider_admin') "
        "returning id", (user[0], provider)).fetchone()
    assert member is not None
    return Asker(provider, None, None, user_id=user[0], membership_id=member[0])


def _ask(asker: Any) -> int:
    from ileti.consents import exporting, listing
    from ileti.core import orm
    from ileti.exports import asking
    from ileti.exports.kinds import Form

    number = asking.ask(asker, exporting.KIND, exporting.kept(listing.Wanted()), form=Form.CSV,
                        language="tr", full=False)
    orm.db.session.commit()
    return number


def _memory() -> float:
    """Megabytes that this process and its children hold, each by its own share (Linux)."""
    total = 0.0
    me = os.getpid()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            parent = int(folder.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            if int(folder.name) != me and (parent != me or b"core.crew" not in folder.joinpath(
                    "cmdline").read_bytes()):
                continue
            share = next(line for line in folder.joinpath("smaps_rollup").read_text().split("\n")
                         if line.startswith("Pss:"))
            total += int(share.split()[1]) * 1_024 / 1e6
    return total


class _Watch:
    """Looks at the memory while something works."""

    def __init__(self) -> None:
        self._most, self._ended = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(0.3):
            self._most = max(self._most, _memory())

    def end(self) -> float:
        """The most that was seen, in megabytes."""
        self._ended.set()
        self._thread.join()
        return self._most


def main() -> None:
    """Fill, make, print."""
    settings = fresh_database("exports")
    from ileti.factory import create_app

    with psycopg.connect(settings.database_url, autocommit=True) as owner:
        place = fill(owner)
    tell(measure(create_app(settings), place))


if __name__ == "__main__":
    main()
