"""What falls due and when: numbers for whoever must plan, before anything is destroyed.

Why this module exists: a destruction that surprises is a destruction nobody checked. The numbers
come from the same views and columns the destroying functions ask; holds are not taken off, since
they may end tomorrow. Only what is old enough to be due within the horizon is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg.errors import QueryCanceled

from ileti.core import db
from ileti.core.errors import StorageAway
from ileti.retention.periods import Kind

MONTHS: Final = 12
_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Due:
    """So many rows of a kind: due already, within three months, within :data:`MONTHS`. Each
    number holds those before it."""

    kind: Kind
    now: int
    soon: int
    year: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a provider, or with all."""

    restricted: int
    holds: int
    last_end: datetime | None
    next_begin: datetime | None


_COUNTS: Final = """
count(*) filter (where due <= now()), count(*) filter (where due <= now() + interval '3 months'),
count(*) filter (where due <= now() + interval '12 months')"""
# Nothing younger can be due within the year; a click's recipients are as old as the click.
_OLD: Final = "<= now() + interval '12 months' - interval '10 years'"
_RECORDS: Final = f"""
with old as materialized (
    select array(select id from recipient where provider_id = %(provider)s
                    and addr_hash is not null and created_at {_OLD}) as ids),
d as materialized (
    select recipient_id, submission_id, due from consent_due
     where provider_id = %(provider)s and recipient_id = any((select ids from old)::bigint[])
     union all
    select recipient_id, submission_id, due from act_due
     where provider_id = %(provider)s and recipient_id = any((select ids from old)::bigint[]))
select 1, {_COUNTS} from (
    select case when bool_and(due is not null) then max(due) end as due from d
     group by recipient_id) p
union all
select 2, {_COUNTS} from (
    select case when bool_and(d.due is not null) then max(d.due) end as due
      from d join submission s on s.provider_id = %(provider)s and s.id = d.submission_id
     where s.erased_at is null group by d.submission_id) s"""  # noqa: S608 (own constants)


def _by_age(kind: Kind, table: str, at: str, period: str, narrowed: str = "true") -> str:
    return (f"select {int(kind)}, {_COUNTS} from (select {at} + interval '{period}' as due "  # noqa: S608
            f"from {table} where provider_id = %(provider)s and {narrowed} "
            f"and {at} <= now() + interval '12 months' - interval '{period}') t")


_AGES: Final = " union all ".join((
    _by_age(Kind.FILE, "evidence_file", "created_at", "10 years", "erased_at is null"),
    _by_age(Kind.LIST, "import_run", "coalesce(undone_at, ended_at, created_at)", "10 years",
            "file_key <> ''"),
    _by_age(Kind.CASE, "data_request", "closed_at", "10 years"),
    _by_age(Kind.ARCHIVE, "iys_archive", "fetched_at", "10 years", "file_key <> ''"),
    _by_age(Kind.CAMPAIGN, "campaign", "coalesce(ended_at, changed_at)", "10 years"),
    _by_age(Kind.MESSAGE, "message", "coalesce(sent_at, created_at)", "10 years"),
    _by_age(Kind.MOVEMENT, "iys_movement", "seen_at", "10 years", "raw_ct is not null"),
    _by_age(Kind.TRAIL, "audit_entry", "at", "10 years", "erased_at is null"),
    _by_age(Kind.CODE, "verification", "created_at", "30 days", "verified_at is null"),
    _by_age(Kind.ALARM, "webhook_delivery", "created_at", "1 year",
            "(sent_at is not null or dead)"),
))


def falls_due(provider_id: int) -> dict[Kind, Due] | None:
    """What of a provider is or falls due within a year, by kind; None when there is so much old
    that it cannot be counted while somebody waits (`ileti retention plan` takes its time)."""
    try:
        return count(provider_id, seconds=_SECONDS)
    except StorageAway as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise


def count(provider_id: int, *, seconds: float = 0) -> dict[Kind, Due]:
    """:func:`falls_due` with as many seconds for each of two statements; 0: no limit. Raises
    StorageAway, by QueryCanceled when they were not enough."""
    found = {}
    with db.transaction() as conn:
        conn.execute(f"set local statement_timeout = {round(seconds * 1_000)}")
        for statement in (_RECORDS, _AGES):
            for kind, now, soon, year in conn.execute(statement, {"provider": provider_id}):
                found[Kind(kind)] = Due(Kind(kind), now, soon, year)
    return found


def standing(provider_id: int | None, every_days: int) -> Standing:
    """How many persons are restricted and holds hold; when the last run ended and the next is
    begun. ``provider_id`` None: of all."""
    row = db.connection().execute(
        "select (select count(distinct (x.provider_id, x.recipient_id)) from restriction x "
        "         join recipient r on r.provider_id = x.provider_id and r.id = x.recipient_id "
        "        where r.addr_hash is not null and (%(provider)s::int is null "
        "              or x.provider_id = %(provider)s)), "
        "(select count(*) from legal_hold h where (%(provider)s::int is null "
        "    or h.provider_id = %(provider)s) and not exists ("
        "    select from legal_hold_end e where e.hold_id = h.id)), "
        "(select max(ended_at) from destruction_run), "
        "(select max(begun_at) + make_interval(days => %(days)s) from destruction_run)",
        {"provider": provider_id, "days": every_days}).fetchone()
    assert row is not None
    return Standing(*row)


def overdue() -> bool:
    """Whether six months have passed since the last destruction, or since there is anything to
    destroy (R-64)."""
    row = db.connection().execute(
        "select coalesce((select max(ended_at) from destruction_run), "
        "(select min(created_at) from provider)) < now() - interval '6 months'").fetchone()
    return bool(row and row[0])
