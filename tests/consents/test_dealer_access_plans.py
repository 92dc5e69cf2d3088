"""A page of a dealer's list reads a page's worth of rows, however many accesses there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from ileti.consents import listing
from ileti.consents.listing import Wanted
from ileti.core import orm
from ileti.tenancy.scope import Scope, within
from tests.panel.people import dealer_of

ROWS = 6_000
READ = ("consent_access", "consent_entry", "consent_state")


@pytest.fixture(params=[0, 300, None], ids=["alone", "among others", "without statistics"])
def crowded(database: str, place: Any, request: Any) -> Iterator[Scope]:
    """A dealer that took every sixth of the consents and has access to every third; alone, among so
    many other providers that the planner takes its rows for a handful, and before statistics know
    of any of it."""
    mine, other = dealer_of(place), dealer_of(place)
    given = {"p": place.provider_id, "b": place.brand_id, "n": ROWS, "mine": mine, "other": other}
    with psycopg.connect(database, autocommit=True) as owner:
        for statement in (_RECIPIENTS, _ENTRIES, _STATES, _ACCESS):
            owner.execute(statement, given)
        owner.execute(_OTHERS, {"many": request.param or 0})
        if request.param is None:
            owner.execute(_FORGET)
        else:
            owner.execute("analyze consent_access, consent_entry, consent_state")
        yield Scope(provider_id=place.provider_id, brand_id=place.brand_id, dealer_id=mine)
        owner.execute("delete from consent_entry where provider_id >= 900000000")
        owner.execute("analyze consent_access, consent_entry, consent_state")


_RECIPIENTS = """insert into recipient (provider_id, kind, key_no, addr_hash)
select %(p)s, 1, 1, sha256((%(p)s || '/' || n)::bytea) from generate_series(1, %(n)s) n"""
_ENTRIES = """
insert into consent_entry (provider_id, id, captured_at, submission_id, recipient_id, consent_date,
       brand_id, dealer_id, recipient_type, channel, status, source, standing, outcome, leaf)
select provider_id, nextval('consent_entry_id_seq'), now() - row_number() over (order by id)
       * interval '1 second', 1, id, now(),
       %(b)s, case id %% 6 when 1 then %(mine)s when 0 then null else %(other)s end, 1, 2, 1, 6, 1,
       1, sha256('') from recipient where provider_id = %(p)s"""
_OTHERS = """
insert into consent_entry (provider_id, id, captured_at, submission_id, recipient_id, consent_date,
       brand_id, dealer_id, recipient_type, channel, status, source, standing, outcome, leaf)
select 900000000 + p, nextval('consent_entry_id_seq'), now() - n * interval '1 second', 1, n, now(),
       p, p * 10, 1, 2, 1, 6, 1, 1, sha256('') from generate_series(1, %(many)s) p,
       generate_series(1, 400) n"""
_STATES = """
insert into consent_state (provider_id, brand_id, recipient_id, recipient_type, channel, entry_id,
       entry_at, consent_date, status, source, standing, iys_status)
select provider_id, brand_id, recipient_id, 1, 2, id, captured_at, consent_date, 1, 6, 1, 3
  from consent_entry where provider_id = %(p)s"""
_ACCESS = """
insert into consent_access (provider_id, brand_id, recipient_id, recipient_type, channel, dealer_id,
       entry_id, entry_at)
select provider_id, brand_id, recipient_id, 1, 2, %(mine)s, id, captured_at
  from consent_entry where provider_id = %(p)s and recipient_id %% 3 = 0"""

_FORGET = """delete from pg_statistic where starelid = any (array[
    'consent_access', 'consent_entry', 'consent_state']::regclass[])"""


def test_the_first_page_and_one_in_the_middle_walk_indices(
    app: Any, database: str, crowded: Scope, request: Any
) -> None:
    with app.test_request_context(), within(crowded):
        said = _heard()
        first, more = listing.page(Wanted())
        place = (first[-1][0].captured_at, first[-1][0].id)
        listing.page(Wanted(), before=place)
        assert (len(first), more) == (50, True)
        assert listing.count(Wanted()) == 1_001
        orm.db.session.rollback()
    pages = [one for one in said if one[0].startswith("SELECT")]
    assert len(pages) == 5, "keys and rows of two pages, and a count"
    # without statistics it is the keys that must not be looked for among all of a dealer's
    for sql, values in pages[:4:2] if "without" in request.node.name else pages[:4]:
        read = _read(database, crowded, sql, values)
        assert max(read.values()) <= 60 * 4, (read, sql)


def _heard() -> list[tuple[str, Any]]:
    said: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, sql: str, values: Any, *_rest: Any) -> None:
        said.append((sql, values))

    event.listen(orm.db.session.get_bind(), "before_cursor_execute", note)
    return said


def _read(database: str, here: Scope, sql: str, values: Any) -> dict[str, float]:
    """Rows looked at per table, those thrown away counted, behind the wall as the page stands."""
    with psycopg.connect(database) as conn:
        conn.execute("set local role ileti_dealer")
        conn.execute("select set_config('ileti.dealer', %s, true)", (str(here.dealer_id),))
        for one in ("hashjoin", "mergejoin", "sort", "material"):
            conn.execute(f"set local enable_{one} = off")
        plan = conn.execute("explain (analyze, format json) " + sql, values).fetchone()[0][0]
    read = dict.fromkeys(READ, 0.0)

    def walk(node: dict[str, Any]) -> None:
        name = node.get("Relation Name", "")
        for table in READ:
            if name.startswith(table) and "Scan" in node["Node Type"]:
                read[table] += (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                                ) * node["Actual Loops"]
        for child in node.get("Plans", ()):
            walk(child)

    walk(plan["Plan"])
    return read
