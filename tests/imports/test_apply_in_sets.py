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
from tests.imports.import_house import (
    HEAD,
    begin,
    check,
    listed,
    many,
    put_in,
    result,
    row,
    states,
    when,
)

WALKED = ("consent_state", "chunk_work", "chunk_row", "import_item")


def ready(place, *addresses, status="ONAY"):
    run_id = begin(place, HEAD, *(row(one, status, date=when(hours=1)) for one in addresses))
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
    return rows_read(conn, "recipient")


def rows_read(conn, *tables):
    return conn.execute("select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) "
                        "from pg_stat_xact_user_tables where relname = any (%s)",
                        [list(tables)]).fetchone()[0]


@pytest.fixture(params=["without any", "when there were few", "when there were many"])
def held(request, place):
    """300 addresses whose state a list changes, in a provider of 3 000 more states; the planner
    knows nothing of them, or as much as it knew when the provider was small."""
    addresses = [f"+90599100{n:04}" for n in range(300)]
    listed(place, *(row(one) for one in addresses))
    with psycopg.connect(settings().database_url, autocommit=True) as owner:
        if request.param == "when there were few":
            owner.execute("analyze consent_state, recipient")
        owner.execute(
            "insert into consent_state (provider_id, brand_id, recipient_id, recipient_type, "
            "channel, entry_id, entry_at, consent_date, status, source, standing, iys_status) "
            "select %s, %s, 9000000000 + n, 2, 2, 1, now(), now(), 1, 6, 1, 3 "
            "from generate_series(1, 3000) n", [place.provider_id, place.brand_id])
        if request.param == "when there were many":
            owner.execute("analyze consent_state, recipient")
        elif request.param == "without any":
            owner.execute("delete from pg_statistic where starelid = any (array["
                          "'consent_state', 'recipient']::regclass[])")
        yield addresses
        owner.execute("delete from consent_state where recipient_id > 9000000000")
        owner.execute("analyze consent_state, recipient")


def test_known_addresses_are_asked_one_by_one_whatever_the_statistics_say(place, held):
    run = ready(place, *held, status="RET")
    with db.transaction() as conn, conn.transaction(force_rollback=True):
        states_before, before = rows_read(conn, "consent_state"), rows_read(conn, *WALKED)
        apply_sql(conn, run)
        # a state is found when it is compared, judged and written; a row of the chunk in each step
        assert rows_read(conn, "consent_state") - states_before <= 4 * len(held)
        assert rows_read(conn, *WALKED) - before <= 30 * len(held)
        assert many("select count(*) from consent_state where provider_id = %s and status = 2",
                    place.provider_id) == len(held)
    runs.cancel(run.id)


def test_taking_back_asks_one_by_one_whatever_the_statistics_say(place, held):
    run = runs.read_run(listed(place, *(row(one, "RET", date=when(hours=1)) for one in held)))
    names = (place.provider_id, place.brand_id)
    with db.transaction() as conn, conn.transaction(force_rollback=True):
        # what a connection read a moment ago may not have been handed to the statistics yet
        states_before, undo_before = rows_read(conn, "consent_state"), rows_read(conn, "undo_entry")
        conn.execute("select import_hold(%s, %s, %s)", (run.id, *names))
        conn.execute("select import_undo(%s, 0, %s, %s)", (run.id, *names))
        # a state is found when it is judged, locked, put back and looked at once more
        assert rows_read(conn, "consent_state") - states_before <= 5 * len(held)
        assert rows_read(conn, "undo_entry") - undo_before <= 15 * len(held)
        assert many("select pg_stat_get_xact_numscans('ix_outbox_due'::regclass)") == 0
        assert many("select count(*) from consent_state where provider_id = %s and status = 1 "
                    "and recipient_id < 9000000000", place.provider_id) == len(held)


def test_a_session_that_was_open_before_an_upgrade_has_its_tables_brought_up_to_date(place):
    listed(place, row("+905993000001"))
    run = ready(place, "+905993000001", status="RET")
    with connect() as conn, conn.transaction(force_rollback=True):
        conn.execute("create temporary table chunk_work (ordinal integer, entry_id bigint, "
                     "recipient_id bigint, leaf_key bytea, round integer, code smallint, "
                     "ex_date timestamptz, ex_pending bigint, had_state boolean)")
        apply_sql(conn, run)
    runs.cancel(run.id)


def test_states_are_locked_in_the_order_of_every_writer(place):
    addresses = [f"+90599200{n:04}" for n in range(5)]
    listed(place, *(row(one) for one in reversed(addresses)))
    run = ready(place, *addresses, status="RET")
    with connect() as other, connect() as third:
        with other.transaction():
            ids = [n for n, in other.execute(
                "select recipient_id from consent_state where provider_id = %s "
                "order by recipient_id", [place.provider_id])]
            other.execute("select from consent_state where provider_id = %s and recipient_id = %s "
                          "for update", [place.provider_id, ids[2]])
            thread = threading.Thread(target=lambda: apply.apply_chunk(run, 0))
            thread.start()
            thread.join(0.5)
            free = [n for n, in third.execute(
                "select recipient_id from consent_state where provider_id = %s "
                "order by recipient_id for update skip locked", [place.provider_id])]
        thread.join(30)
    assert free == ids[3:]
    assert [status for status, *_ in states(place)] == [2] * 5
    runs.cancel(run.id)


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
