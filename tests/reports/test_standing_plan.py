"""A walk reads what it counts, whatever the planner believes of the tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from ileti.core import db
from ileti.reports import standing
from ileti.reports.proven import Proof
from tests.reports.test_compliance import stands, walked

STATES = 3_000
_TABLES = "consent_entry, consent_state, submission, call, entry_file"
_MADE = """
with clicks as (
    insert into submission (provider_id, id, brand_id, actor_kind, source, idem, body_hash,
                            entry_ids, evidence) overriding system value
    select %(p)s, 7000000000 + n, %(b)s, 1, 10, 'many' || n, sha256(''), '{}',
           jsonb_build_object('call', (7000000000 + n)::text)
      from generate_series(1, %(n)s) n),
calls as (
    insert into call (id, provider_id, brand_id, idem, direction, by_system, language,
                      recording_link) overriding system value
    select 7000000000 + n, %(p)s, %(b)s, 'many' || n, 1, false, 'tr', 'https://santral.example/1'
      from generate_series(1, %(n)s) n),
entries as (
    insert into consent_entry (provider_id, id, captured_at, submission_id, recipient_id,
        consent_date, brand_id, recipient_type, channel, status, source, standing, outcome, leaf)
    select %(p)s, 7000000000 + n, now(), 7000000000 + n, 7000000000 + n, now(), %(b)s, 2, 2, 1, 10,
           1, 1, sha256('') from generate_series(1, %(n)s) n)
insert into consent_state (provider_id, brand_id, recipient_id, recipient_type, channel, entry_id,
                           entry_at, consent_date, status, source, standing, iys_status)
select %(p)s, %(b)s, 7000000000 + n, 2, 2, 7000000000 + n, now(), now(), 1, 10, 1, 3
  from generate_series(1, %(n)s) n"""


@pytest.fixture(params=["without any", "when there were few", "with what they are"])
def crowded(request: Any, app: Any, place: Any) -> Iterator[Any]:
    """A provider whose states came after the planner looked at its tables last, if it ever did,
    and after plans were kept for tables as they were then."""
    with psycopg.connect(db.dsn(), autocommit=True) as owner:
        if request.param == "when there were few":
            owner.execute(f"analyze {_TABLES}")
        for _ in range(12):
            walked(place)
        owner.execute(_MADE, {"p": place.provider_id, "b": place.brand_id, "n": STATES})
        if request.param == "without any":
            owner.execute("delete from pg_statistic where starelid = any (string_to_array(%s, "
                          "', ')::regclass[])", (_TABLES,))
        elif request.param == "with what they are":
            owner.execute(f"analyze {_TABLES}")
        yield place
        for table in ("consent_state", "consent_entry", "submission", "call"):
            owner.execute(f"delete from {table} where provider_id = %s", (place.provider_id,))
        owner.execute(f"analyze {_TABLES}")


def test_a_walk_reads_each_state_and_what_proves_it_once(
        crowded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    begin = standing._begin

    def begun(conn: Any, provider_id: int) -> None:
        seen[:] = [read(conn)] if provider_id == crowded.provider_id else []
        begin(conn, provider_id)

    def ended(_point: str) -> None:
        if len(seen) == 1:
            seen.append(read(db.system_connection()))

    monkeypatch.setattr(standing, "_begin", begun)
    monkeypatch.setattr(standing, "reach", ended)
    walked(crowded)
    assert stands(crowded) == {Proof.LINK: STATES}
    before, after = seen
    assert after - before <= 6 * STATES


def read(conn: psycopg.Connection[Any]) -> int:
    """Rows this transaction read of the tables a walk goes through, partitions with them."""
    return int(conn.execute(
        "select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) "
        "from pg_stat_xact_user_tables where relname ~ "
        "'^(consent_entry|consent_state|submission$|call$|entry_file)'").fetchone()[0])
