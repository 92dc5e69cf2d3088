"""Entries to seal, and sealing until all is sealed."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from ileti.consents.ledger import (
    NewConsent,
    NewSubmission,
    Recorded,
    hash_body,
    record,
    record_chunk,
)
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import db
from ileti.evidence import seal
from ileti.retention import log
from ileti.retention.periods import Kind

NOON = datetime(2026, 11, 23, 9, tzinfo=UTC)


def click(place: Any, n: int = 0, status: Status = Status.ONAY) -> NewSubmission:
    """A person's word about SMS and e-mail."""
    items = tuple(
        NewConsent(address, channel, status, NOON + timedelta(seconds=n),
                   due_at=NOON + timedelta(days=3))
        for channel, address in ((Channel.MESAJ, f"+90599{n:07}"),
                                 (Channel.EPOSTA, f"kisi{n}@ornek.com.tr")))
    return NewSubmission(place=place, idem=f"test:{uuid4()}", body_hash=hash_body(items),
                         source=Source.HS_WEB, standing=Standing.VERIFIED, items=items,
                         evidence={"site": "test"}, person={"name": "Nazlı K."})


def take(place: Any, count: int = 1, first: int = 0) -> list[Recorded]:
    """So many clicks, each of two entries."""
    return [record(click(place, first + n)) for n in range(count)]


def tell_of_erasure(owner: Any) -> None:
    """A signed line of the log that tells of every person whose data are gone, as the destroying
    functions and their caller write it."""
    with owner.transaction():
        number, before = log.next_line(owner)
        [(provider, ids)] = owner.execute(
            "select provider_id, array_agg(id order by id) from recipient "
            "where addr_ct is null group by provider_id").fetchall()
        owner.execute(
            "insert into destruction_part (log_id, kind, provider_id, first_id, last_id, ids) "
            "values (%s, 1, %s, %s, %s, %s)", (number, provider, ids[0], ids[-1], ids))
        log.write(owner, number, before, Kind.PERSON, ids=ids, provider_id=provider)


def seal_all(most: int = seal.MOST) -> list[seal.Header]:
    """Seal what waits; the new seals."""
    before = seal.newest()
    wait_for_horizon()
    deadline = time.monotonic() + 60
    while seal.waiting().since is not None:
        assert time.monotonic() < deadline, "another sealer does not end"
        seal.seal_due(time.monotonic() + 10, most=most)
    return list(seal.chain(before.number + 1 if before else 1))


def wait_for_horizon() -> None:
    """Until all entries may be sealed: transactions of other databases on the same server hold the
    horizon too."""
    deadline = time.monotonic() + 60
    while not db.connection().execute(
            "select coalesce((select xid from consent_entry where epoch = (select max(epoch) "
            "from seal_epoch) order by xid desc limit 1), '0'::xid8) "
            "< pg_snapshot_xmin(pg_current_snapshot())"
    ).fetchone()[0]:  # type: ignore[index]
        assert time.monotonic() < deadline, "the horizon does not move"
        time.sleep(0.01)


def leaves(owner: Any) -> list[bytes]:
    """All leaves in the ledger in the sealer's order, asked in other words."""
    return [bytes(row[0]) for row in owner.execute(
        "select leaf from consent_entry order by epoch, xid, id").fetchall()]


def place_of(owner: Any, entry_id: int) -> seal.Position:
    """Where an entry stands among all."""
    row = owner.execute("select xid::text::bigint, id from consent_entry where id = %s",
                        (entry_id,)).fetchone()
    return seal.Position(row[0], 1, row[1])


__all__ = ["NOON", "click", "db", "leaves", "place_of", "record", "record_chunk", "seal_all",
           "take"]
