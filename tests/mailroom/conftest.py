"""A provider with a mailbox and somebody who consented to its mails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from ileti.channels.mail import Mark
from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record
from ileti.consents.vocabulary import Channel, IysStatus, Source, Standing, Status
from ileti.mailroom.intake import Box

ADDRESS = "kisi@ornek.test"


@dataclass
class Person:
    """Somebody, and what is known of them."""

    conn: Any
    place: Any
    recipient_id: int
    mark: Mark
    box: Box

    def entries(self) -> list[tuple[int, int, int]]:
        """(channel, status, source) of all records, oldest first."""
        rows: list[tuple[int, int, int]] = self.conn.execute(
            "select channel, status, source from consent_entry where provider_id = %s "
            "and recipient_id = %s order by id",
            (self.place.provider_id, self.recipient_id)).fetchall()
        return rows

    def troubles(self) -> list[tuple[int, str, int]]:
        """(kind, status, times)."""
        rows: list[tuple[int, str, int]] = self.conn.execute(
            "select kind, status, times from address_trouble where provider_id = %s order by kind",
            (self.place.provider_id,)).fetchall()
        return rows


def consent(conn: Any, place: Any, address: str = ADDRESS) -> int:
    """A consent to mails that İYS holds; the recipient's number."""
    item = NewConsent(address, Channel.EPOSTA, Status.ONAY, datetime(2026, 11, 23, 9, tzinfo=UTC))
    found = record(NewSubmission(place, f"m:{uuid4()}", hash_body(item), Source.HS_WEB,
                                 Standing.VERIFIED, (item,)))
    conn.execute("update consent_state set iys_status = %s where provider_id = %s",
                 (int(IysStatus.REGISTERED), place.provider_id))
    return found.items[0].recipient_id


def mailbox(conn: Any, place: Any, **more: Any) -> Box:
    """A mailbox of a provider."""
    given = {"provider_id": place.provider_id, "address": "iade@magaza.test"} | more
    number = conn.execute(
        f"insert into mailbox ({', '.join(given)}) values ({', '.join(['%s'] * len(given))}) "
        "returning id", list(given.values())).fetchone()[0]
    return Box(number, place.provider_id, more.get("brand_id"), more.get("consent_address", ""),
               more.get("trusted_mx", ""))


@pytest.fixture
def person(conn: Any, place: Any) -> Person:
    """Somebody who consented to mails of ``place``."""
    number = consent(conn, place)
    return Person(conn, place, number, Mark(place.provider_id, place.brand_id, number, 42),
                  mailbox(conn, place))


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""
