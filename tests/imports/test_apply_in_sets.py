"""A chunk costs what its rows cost: nothing grows with what the provider holds already."""

from __future__ import annotations

import threading

import psycopg
import pytest

from config import settings
from ileti.core import db
from ileti.core.db import connect
from ileti.core.secrets import secrets
from ileti.imports import apply, runs
from ileti.imports.states import RunState
from tests.imports.import_house import HEAD, begin, check, many, put_in, result, row


def ready(place, *addresses):
    run_id = begin(place, HEAD, *(row(one) for one in addresses))
    check(run_id)
    runs.ask_apply(run_id, by=None)
    run = runs.claim(RunState.APPLYING, run_id)
    assert run is not None
    return run


@pytest.mark.parametrize("call", [
    "consent_leaf(leaf_key, id, addr_hash, created_at)",
    "turn_of(kind, created_at, created_at)"])
def test_what_every_row_is_computed_by_is_put_in_line_by_the_planner(conn, call):
    plan = conn.execute(f"explain (verbose) select {call} from recipient").fetchall()
    assert call.partition("(")[0] not in "".join(line for (line,) in plan)


def test_a_chunk_reads_its_own_addresses_and_not_all_of_the_provider(place):
    """Whatever the statistics say: they were taken when providers had one address each."""
    db.connection().execute(
        "insert into recipient (provider_id, kind, key_no, addr_hash) select 2000000000 + n, 1, 1, "
        "sha256(n::text::bytea) from generate_series(1, 5000) n on conflict do nothing")
    with psycopg.connect(settings().database_url, autocommit=True) as owner:
        owner.execute("analyze recipient")
    db.connection().execute(
        "insert into recipient (provider_id, kind, key_no, addr_hash) select %s, 1, 1, "
        "sha256(n::text::bytea) from generate_series(1, 3000) n", [place.provider_id])
    run = ready(place, *(f"+90599000{n:04}" for n in range(40)))
    with db.transaction() as conn, conn.transaction(force_rollback=True):
        before = recipients_read(conn)
        apply_sql(conn, run)
        assert recipients_read(conn) - before <= 40
    runs.cancel(run.id)


def recipients_read(conn):
    return conn.execute("select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables "
                        "where relname = 'recipient'").fetchone()[0]


def apply_sql(conn, run):
    conn.execute(apply._APPLY, (
        run.id, run.stage, 0, run.place.provider_id, run.place.brand_id, f"{run.key}:0",
        bytes(16), 6, None, 0, None, "{}", None, None))


def test_an_address_that_another_writer_adds_meanwhile_is_taken_as_known(place):
    address = "+905990004711"
    run = ready(place, "+905990004710", address)
    ended = []
    with connect() as other:
        with other.transaction():
            other.execute(
                "insert into recipient (provider_id, kind, key_no, addr_hash, leaf_key) "
                "values (%s, 1, 1, %s, %s)",
                (place.provider_id, secrets().addresses.of(place.provider_id, address), bytes(32)))
            thread = threading.Thread(target=lambda: ended.append(apply.apply_chunk(run, 0)))
            thread.start()
            thread.join(1)
            assert thread.is_alive(), "it waits for the other writer's end"
        thread.join(30)
    assert ended == [(2, 0)]
    assert many("select count(*) from recipient where provider_id = %s", place.provider_id) == 2
    runs.cancel(run.id)


def test_a_pause_is_heard_while_one_chunk_is_still_at_work(place, monkeypatch):
    monkeypatch.setattr("ileti.imports.staging.CONSENTS_PER_CHUNK", 1)
    run = ready(place, *(f"+90599000{n:04}" for n in range(9)))
    begun = apply.apply_chunk

    def first_then_pause(run, n):
        if n == 3:
            runs.pause(run.id)
        return begun(run, n)

    monkeypatch.setattr(apply, "apply_chunk", first_then_pause)
    apply.apply(run, float("inf"))
    assert result(run.id)[0] == RunState.PAUSED
    assert 2 <= many("select count(*) from import_chunk where import_id = %s", run.id) <= 6
    runs.resume(run.id)
    monkeypatch.setattr(apply, "apply_chunk", begun)
    apply.apply_due(float("inf"), run.id)
    assert result(run.id) == (RunState.APPLIED, 9, 0)


def test_a_list_checked_in_slices_says_what_it_says_at_once(place, monkeypatch):
    take_all = [row(f"+90599{n:07}", ("ONAY", "RET")[n % 3 == 0]) for n in range(0, 9_000, 7)]
    run_id = begin(place, HEAD, *take_all[:400])
    check(run_id)
    put_in(run_id)
    lines = [*take_all, *take_all[300:700], *(row(f"+90599{n:07}", "RET") for n in range(99))]
    at_once = check(begin(place, HEAD, *lines))
    monkeypatch.setattr("ileti.imports.staging.SMALL_SLICE", 1)
    monkeypatch.setattr("ileti.imports.staging.ROWS_AT_ONCE", 100)
    sliced = check(begin(place, HEAD, *lines))
    assert sliced == at_once
    assert len(at_once) > 3
