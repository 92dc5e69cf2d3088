"""Citizens' changes at İYS come home, each once, in İYS's order.

Why this module exists: a refusal given at İYS holds at once for everybody (R-34), and İYS keeps its
list for seven days only (R-44). A page, its movements' digests and the cursor behind it are written
in one transaction, so that a crash repeats a page and never skips one (fault row 30), and a
movement told twice, by whichever way, is taken once (row 28). Only movements made at İYS are asked
for; our own come back as receipts. Movements we cannot read are asked
about (:mod:`ileti.iys.unclear`), or kept encrypted and alarmed.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import psycopg

from config import settings
from ileti.consents.gate import SILENT_AFTER
from ileti.consents.ledger import (
    ActorKind,
    NewConsent,
    NewSubmission,
    Place,
    hash_body,
    record_chunk,
)
from ileti.consents.vocabulary import Outcome, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.iys.afterall import tell_after_all
from ileti.iys.answers import PullPage
from ileti.iys.client import IysClient, IysTrouble, Step, client_for, next_step
from ileti.iys.errors import Kind
from ileti.iys.fullcheck import check_brand
from ileti.iys.marks import mark_of, mark_of_raw
from ileti.iys.sameseconds import again
from ileti.iys.unclear import ask_about_unreadable
from ileti.iys.wire import Movement, spelled_here, writable
from ileti.outbox.relay import LEASE_SECONDS, LONGEST_DELAY, Connection

log = get_logger("ileti.iys")

SILENT_HOURS = 24
# A little less than the 167 hours İYS speaks of.
WINDOW = timedelta(hours=160)
_CURSOR = re.compile(r"([0-9]{13}|[0-9]{10})_", re.ASCII)
MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand whose turn to be pulled it is, with the cursor it stands behind; ``gap_since`` when
    changes may have been missed since then (R-44)."""

    place: Place
    cursor: str | None
    pulled_at: datetime | None
    gap_since: datetime | None = None


class CursorMoved(Exception):
    """Another worker has taken this page already; nothing was written."""


def pull_due(until: float, provider_id: int | None = None) -> Counter[str]:
    """Pull every brand whose turn it is, each to the end of İYS's list or until ``until``."""
    counts: Counter[str] = Counter()
    _add_cursors()
    while time.monotonic() < until:
        taken = _take_brand(provider_id)
        if taken is None:
            break
        brand: Brand | None = taken
        try:
            brand = _without_gap(taken, until, counts)
            if brand is None:
                continue
            counts += pull_brand(brand, until)
        except IysTrouble as trouble:
            _note_trouble(taken, trouble)
            counts["failed"] += 1
        except CursorMoved:
            log.warning("pull_taken_over", brand=taken.place.brand_id)
    return counts


def _without_gap(brand: Brand, until: float, counts: Counter[str]) -> Brand | None:
    """The brand as it may be pulled; after a gap its full check comes first and opens the gate
    again (R-44, fault row 29), and None when that needs another run. Raises IysTrouble."""
    if brand.gap_since is None:
        return brand
    done, found = check_brand(brand.place, until)
    counts.update(found)
    if not done:
        _not_yet(brand)
        return None
    given_up = db.connection().execute(
        "update iys_cursor set cursor = null, gap_since = null, pulled_at = %s "
        "where provider_id = %s and brand_id = %s and cursor is not distinct from %s",
        (clock.now(), brand.place.provider_id, brand.place.brand_id, brand.cursor))
    if given_up.rowcount != 1:
        raise CursorMoved(str(brand.place.brand_id))
    return replace(brand, cursor=None, gap_since=None)


def pull_brand(brand: Brand, until: float) -> Counter[str]:
    """Pull one brand page by page; raises IysTrouble, CursorMoved."""
    counts: Counter[str] = Counter()
    client = client_for(brand.place.provider_id)
    cursor = brand.cursor
    seen = {cursor}
    while time.monotonic() < until:
        page = client.pull(brand.place.brand_code, None if _is_forgotten(cursor) else cursor)
        if not page.movements and not page.unreadable:
            _reached_the_end(brand, cursor)
            return counts
        page = _made_clear(client, brand.place, page)
        counts["moved"] += take_page(brand.place, page, cursor)
        counts["unreadable"] += len(page.unreadable)
        if page.after is None or page.after in seen:
            return counts  # İYS's list goes round in a circle: its next turn comes like any other.
        cursor = page.after
        seen.add(cursor)
    _not_yet(brand)
    return counts


def _is_forgotten(cursor: str | None) -> bool:
    """Whether the movement a cursor names has left İYS's window (İYS API §6.10). What such a cursor
    is answered is not documented, and "nothing" would hide every later change. Without it İYS
    begins at the window's start, and what was taken before is not taken again. A cursor of another
    form is used as it is (judgement 4)."""
    match = _CURSOR.match(cursor or "")
    if match is None:
        return False
    seconds = int(match[1]) / (1 if len(match[1]) == 10 else 1000)
    return clock.now().timestamp() - seconds > WINDOW.total_seconds()


def _made_clear(client: IysClient, place: Place, page: PullPage) -> PullPage:
    """The page with what could be asked for; when İYS cannot be asked, what could be read is taken
    and IysTrouble raised, so that the cursor stays before it."""
    if not page.unreadable:
        return page
    try:
        return ask_about_unreadable(client, place.brand_code, page)
    except IysTrouble:
        with db.transaction() as conn:
            take_movements(conn, place, page.movements, learned="pull")
        raise


def take_page(place: Place, page: PullPage, cursor: str | None) -> int:
    """Write a page and the cursor behind it, together; how many movements were new.

    Raises CursorMoved when the brand no longer stands at ``cursor``.
    """
    for attempt in range(1, MOST_ATTEMPTS + 1):
        try:
            with db.transaction() as conn:
                _move_cursor(conn, place, cursor, page)
                new = take_movements(conn, place, page.movements, learned="pull")
                _keep_unreadable(conn, place, page.unreadable)
                reach("pull.recorded")
            return new
        except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
            if attempt == MOST_ATTEMPTS:
                raise
    return 0


def take_movements(conn: Connection, place: Place, movements: Sequence[Movement], *,
                   learned: str) -> int:
    """Let movements not seen before into the ledger, inside the caller's transaction; how many.

    The same for a page pulled, a body pushed and a daily file; ``learned`` names the way.
    """
    by_mark = _last_of_each(place, movements)
    if not by_mark:
        return 0
    rows = conn.execute(
        "insert into iys_movement (provider_id, brand_id, digest, transaction_id, source, "
        "creation_date) select %s, %s, g.* from unnest(%s::bytea[], %s::text[], %s::text[], "
        "%s::timestamptz[]) g order by 3 on conflict do nothing returning digest",
        (place.provider_id, place.brand_id, list(by_mark),
         [m.transaction_id[:64] for m in by_mark.values()],
         [m.source_word[:40] for m in by_mark.values()],
         [m.creation_date for m in by_mark.values()]),
    ).fetchall()
    seen = {bytes(row[0]) for row in rows}
    # İYS's order of events is the order of the page (judgement, rule 20).
    new = [movement for mark, movement in by_mark.items() if mark in seen]
    once_more = again(conn, place, by_mark, seen) if learned == "pull" else []
    if not new and not once_more:
        return 0
    new += [movement for movement, _ in once_more]
    mark = sha256(b"".join(mark for mark in by_mark if mark in seen)
                  + b"".join(entry.to_bytes(8, "big") for _, entry in once_more)).hexdigest()
    recorded = record_chunk(conn, NewSubmission(
        place=place, idem=f"iys:{learned}:{place.brand_code}:{mark}", body_hash=hash_body(mark),
        source=Source.IYS_BILINMEYEN, standing=Standing.VERIFIED, actor=ActorKind.IYS,
        items=[_consent(movement) for movement in new],
        evidence={"iys": {"learned": learned, "movements": mark}},
    ))
    conn.execute(
        "insert into iys_receipt (provider_id, entry_id, accepted, transaction_id, creation_date) "
        "select %s, g.entry, true, g.number, g.created from unnest(%s::bigint[], %s::text[], "
        "%s::timestamptz[]) g(entry, number, created)",
        (place.provider_id, [item.entry_id for item in recorded.items],
         [m.transaction_id[:64] for m in new], [m.creation_date for m in new]),
    )
    outdated = [item.entry_id for item, one in zip(recorded.items, new, strict=True)
                if item.outcome is Outcome.OUTDATED and one.status is Status.ONAY]
    if outdated:
        tell_after_all(conn, place, outdated)
    return len(new)


def _last_of_each(place: Place, movements: Sequence[Movement]) -> dict[bytes, Movement]:
    """The movements by mark in İYS's order. Of RET, ONAY, RET in one second the first and last are
    alike in all they say: it is the last one that holds, so the last place counts."""
    backwards = {mark_of(place.provider_id, one): one for one in reversed(movements)}
    return dict(reversed(backwards.items()))


def _consent(movement: Movement) -> NewConsent:
    """A movement as the ledger takes it; a source we do not know yet still counts as İYS's."""
    return NewConsent(
        address=spelled_here(movement.recipient), channel=movement.channel, status=movement.status,
        consent_date=movement.holds_from,
        recipient_type=movement.recipient_type, standing=Standing.VERIFIED,
        source=movement.source if movement.source.is_iys else Source.IYS_BILINMEYEN,
    )


def _keep_unreadable(conn: Connection, place: Place, raws: Sequence[dict[str, Any]]) -> None:
    for raw in raws:
        conn.execute(
            "insert into iys_movement (provider_id, brand_id, digest, transaction_id, source, "
            "creation_date, raw_ct) values (%s, %s, %s, %s, 'UNREADABLE', %s, %s) "
            "on conflict do nothing",
            (place.provider_id, place.brand_id, mark_of_raw(place.provider_id, raw),
             writable(str(raw.get("transactionId", "?")))[:64], clock.now(),
             secrets().keyring.encrypt_text(json.dumps(raw, default=str), "iys-movement")),
        )
    if raws:
        log.error("iys_movements_unreadable", brand=place.brand_id, count=len(raws))


def _move_cursor(conn: Connection, place: Place, cursor: str | None, page: PullPage) -> None:
    problem = f"{len(page.unreadable)} movements not understood" if page.unreadable else None
    done = conn.execute(
        "update iys_cursor set cursor = coalesce(%s, cursor), pulled_at = %s, "
        "next_at = now() + make_interval(secs => %s), problem = coalesce(%s, problem) "
        "where provider_id = %s and brand_id = %s and cursor is not distinct from %s",
        (page.after, clock.now(), max(LEASE_SECONDS, settings().iys_pull_seconds), problem,
         place.provider_id, place.brand_id, cursor),
    )
    if done.rowcount != 1:
        raise CursorMoved(str(place.brand_id))


def _add_cursors() -> None:
    """A cursor for every brand that has none yet."""
    db.connection().execute(
        "insert into iys_cursor (provider_id, brand_id) select b.provider_id, b.id from brand b "
        "where not exists (select from iys_cursor c where c.provider_id = b.provider_id "
        "and c.brand_id = b.id) on conflict do nothing"
    )


def _take_brand(provider_id: int | None) -> Brand | None:
    row = db.connection().execute(
        "update iys_cursor c set next_at = now() + make_interval(secs => %(lease)s), "
        "gap_since = coalesce(c.gap_since, "
        "                     case when c.pulled_at < %(silent)s then c.pulled_at end) "
        "from (select x.provider_id, x.brand_id from iys_cursor x "
        "      join provider p on p.id = x.provider_id and p.iys_username is not null "
        "           and p.iys_password is not null "
        "      where x.next_at <= now() and (%(provider)s::int is null or p.id = %(provider)s) "
        "      order by x.next_at limit 1 for update of x skip locked) due, "
        "brand b, provider p "
        "where c.provider_id = due.provider_id and c.brand_id = due.brand_id "
        "and b.id = c.brand_id and p.id = c.provider_id "
        "returning c.provider_id, p.iys_code, c.brand_id, b.brand_code, c.cursor, c.pulled_at, "
        "c.gap_since",
        {"lease": max(LEASE_SECONDS, settings().iys_pull_seconds), "provider": provider_id,
         "silent": clock.now() - SILENT_AFTER},
    ).fetchone()
    return Brand(Place(*row[:4]), *row[4:]) if row else None


def _reached_the_end(brand: Brand, cursor: str | None) -> None:
    db.connection().execute(
        "update iys_cursor set pulled_at = %s, problem = null, "
        "next_at = now() + make_interval(secs => %s) "
        "where provider_id = %s and brand_id = %s and cursor is not distinct from %s",
        (clock.now(), settings().iys_pull_seconds, brand.place.provider_id, brand.place.brand_id,
         cursor),
    )


def _not_yet(brand: Brand) -> None:
    """Time ran out before İYS's list did: go on at once."""
    db.connection().execute(
        "update iys_cursor set next_at = now() where provider_id = %s and brand_id = %s",
        (brand.place.provider_id, brand.place.brand_id),
    )


def _note_trouble(brand: Brand, trouble: IysTrouble) -> None:
    """Come back later, with an alarm after a day of silence (row 29). A cursor İYS no longer takes
    is given up: from the start of the window on, every movement is still taken only once."""
    hold = next_step(trouble.kind, trouble.code, 99) is Step.HOLD
    delay = trouble.wait or (LONGEST_DELAY if hold else settings().iys_pull_seconds)
    lost = brand.cursor is not None and trouble.kind is Kind.BATCH
    db.connection().execute(
        "update iys_cursor set problem = %s, next_at = now() + make_interval(secs => %s), "
        "cursor = case when %s then null else cursor end where provider_id = %s and brand_id = %s",
        (trouble.tr, delay, lost, brand.place.provider_id, brand.place.brand_id),
    )
    since = brand.pulled_at
    silent = since is not None and (clock.now() - since).total_seconds() > SILENT_HOURS * 3600
    (log.error if silent else log.warning)(
        "pull_failed", brand=brand.place.brand_id, code=trouble.code, silent_for_a_day=silent
    )
