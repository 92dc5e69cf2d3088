"""What held at a moment as JSON: one form for the API and for the pack that answers a complaint.

Why apart: :mod:`ileti.consents.moments` finds, this says; programs and files must read the same
words. Words are those of İYS and of our vocabulary; moments are Istanbul's with their offset.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ileti.consents.ledger import ActorKind
from ileti.consents.moments import Record, Standing
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Channel, IysStatus, RecipientType, Source, Status
from ileti.consents.vocabulary import Standing as Proven
from ileti.core import clock
from ileti.evidence.kinds import Role


def told(one: Standing) -> dict[str, Any]:
    """One key at a moment; ``record`` None where whoever asks does not see it, ``complete`` False
    when the key has more records than are looked at."""
    held = one.held
    there = IysStatus(held.iys_status)
    return {
        "brand": one.brand_code, "channel": Channel(one.key.channel).name,
        "recipientType": RecipientType(one.key.recipient_type).name,
        "status": Status(held.status).name, "source": Source(held.source).name,
        "verified": held.standing == Proven.VERIFIED, "consentDate": iso(held.consent_date),
        "iys": {"status": there.name,
                "code": f"H{held.iys_code:03d}" if held.iys_code else None,
                "due": iso(held.iys_due_at) if held.iys_due_at else None},
        "mayBeSent": one.denial is None,
        "why": None if one.denial is None else one.denial.value,
        "record": record_told(one.record) if one.record else None, "complete": not held.cut,
    }


def record_told(one: Record) -> dict[str, Any]:
    """The record a state stood on: who took it, on which text, what proves it."""
    text = one.text and {"title": one.text[0], "version": one.text[1], "language": one.text[2],
                         "sha256": one.text[3].hex(), "path": f"/n/{one.text[4]}"}
    return {
        "number": record_number(one.entry_id), "takenAt": iso(one.captured_at),
        "takenBy": ActorKind(one.actor_kind).name if one.own else None,
        "retailerCode": one.dealer[0] if one.dealer else None, "text": text or None,
        "commitment": one.leaf.hex(), "seal": one.seal,
        "sealedAt": iso(one.sealed_at) if one.sealed_at else None,
        "stampedAt": iso(one.stamped_at) if one.stamped_at else None,
        "files": [{"role": Role(file.role).name, "sha256": file.sha256.hex(),
                   "addedAt": iso(file.added_at)} for file in one.files],
    }


def iso(moment: datetime) -> str:
    """A moment with its offset and milliseconds."""
    return clock.to_istanbul(moment).isoformat(timespec="milliseconds")
