"""Records of long ago with true leaves: what the law makes of them after ten years."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from ileti.consents import ledger
from ileti.consents.claims import Claims, read_these
from ileti.consents.vocabulary import Channel, RecipientType, Source, Standing, Status
from ileti.core import db
from ileti.evidence.leaf import claim_digest, leaf

YEAR = timedelta(days=365.25)


def ago(years: float) -> datetime:
    """So many years before now, in whole seconds."""
    return (datetime.now(UTC) - years * YEAR).replace(microsecond=0)


def took(owner: Any, place: Any, address: str, when: datetime, status: Status = Status.ONAY,
         *, channel: Channel = Channel.MESAJ, source: Source = Source.HS_WEB) -> ledger.Recorded:
    """A click of that day, as it would stand in the ledger now; sealed later."""
    item = ledger.NewConsent(address=address, channel=channel, status=status, consent_date=when,
                             recipient_type=RecipientType.BIREYSEL)
    done = ledger.record(ledger.NewSubmission(
        place=place, idem=f"eski:{uuid4()}", body_hash=b"b" * 32, source=source,
        standing=Standing.VERIFIED, items=[item], evidence={"site": "deneme"},
        person={"name": "Nazlı K."}))
    aged(owner, place, done.items[0].entry_id, when)
    return done


def aged(owner: Any, place: Any, entry_id: int, when: datetime) -> None:
    """Move a record, its click and its recipient to that day, leaf and all."""
    owner.execute(
        "update recipient set created_at = least(created_at, %(at)s) where id = "
        "(select recipient_id from consent_entry where id = %(id)s)", {"at": when, "id": entry_id})
    owner.execute("update submission set captured_at = %s where id = "
                  "(select submission_id from consent_entry where id = %s)", (when, entry_id))
    owner.execute("update consent_state set entry_at = %s where entry_id = %s", (when, entry_id))
    owner.execute("delete from outbox where ref_id = %s", (entry_id,))
    owner.execute("update consent_entry set captured_at = %s where id = %s", (when, entry_id))
    with db.transaction() as conn:
        [entry] = read_these(conn, place.provider_id, [entry_id])
        claims = Claims(conn)
        claims.prepare([entry])
        made = leaf(entry.leaf_key or b"", entry.id, claim_digest(claims.claim(entry)),
                    entry.captured_at)
    owner.execute("update consent_entry set leaf = %s where id = %s", (made, entry_id))


def message(owner: Any, place: Any, done: ledger.Recorded, when: datetime,
            channel: Channel = Channel.MESAJ) -> None:
    """A message to the recipient of a record, sent that day."""
    owner.execute(
        "insert into message (provider_id, brand_id, recipient_id, channel, kind, content_key, "
        "created_at, sent_at) values (%s, %s, %s, %s, 2, 1, %s, %s)",
        (place.provider_id, place.brand_id, person(done), int(channel), when, when))


def person(done: ledger.Recorded) -> int:
    """The recipient of a record."""
    return done.items[0].recipient_id


def in_force(owner: Any, done: ledger.Recorded) -> None:
    """İYS holds the consent."""
    owner.execute("update consent_state set iys_status = 3, iys_due_at = null, pending_id = null "
                  "where recipient_id = %s", (person(done),))


def is_there(owner: Any, recipient_id: int) -> bool:
    """Whether the address still stands in its row."""
    row = owner.execute("select addr_ct is not null from recipient where id = %s",
                        (recipient_id,)).fetchone()
    return bool(row[0])


def gone_for_good(owner: Any, address: str) -> bool:
    """No recipient, no click and no message says who it was; the address has no row."""
    return not owner.execute(
        "select from recipient r where r.addr_ct is not null or r.leaf_key is not null "
        "or r.addr_hash is not null").fetchall() and address != ""
