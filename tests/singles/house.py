"""What tests of single messages share: a company whose record is whole, words, and the queue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from ileti.channels import send
from ileti.channels.registry import carry
from ileti.consents.ledger import NewConsent, NewSubmission, record
from ileti.consents.vocabulary import Channel, IysStatus, Source, Standing, Status
from ileti.core import clock, db
from ileti.singles.taking import Accepted, Wish, accept
from ileti.templates.vocabulary import MessageClass
from ileti.templates.written import Content
from tests.campaigns.campaign_house import phone
from tests.channels.test_send import Gateway

PHONE = "+905992134117"
MAIL = "ayse@ornek.com.tr"
NOTICE = Content(Channel.MESAJ, MessageClass.PURCHASE_AND_DELIVERY, reason="Verilmiş sipariş",
                 body="SP-10482 numarali siparisiniz kargoya verildi.")
OFFER = Content(Channel.MESAJ, body="Yeni mağazamız açıldı, bekleriz.")
MIDDAY = clock.now().astimezone(clock.ISTANBUL).replace(
    year=2026, month=12, day=2, hour=12, minute=0, second=0, microsecond=0)


def whole_record(place: Any) -> None:
    """The provider's record with all that the law wants in a message (R-24 to R-29)."""
    db.connection().execute(
        "update provider set mersis = '0123456789012345', contact = 'Defne Sk. 1', "
        "service_number = '0850 000 00 00', refusal_number = '3338' where id = %s",
        (place.provider_id,))


def let(place: Any, allowed: bool = True) -> None:
    """Whether the brand lets its dealers send messages."""
    db.connection().execute(
        "insert into dealer_right (provider_id, brand_id, right_key, allowed) "
        "values (%s, %s, 'messages', %s) on conflict (brand_id, dealer_id, right_key) "
        "do update set allowed = excluded.allowed", (place.provider_id, place.brand_id, allowed))


def knows(place: Any, n: int, dealer: int | None, *, ago: int = 0, refusal: bool = False) -> None:
    """A record of somebody, taken by a dealer or by nobody of them seconds ago, as İYS holds it."""
    moment = clock.whole_second(clock.now()) - timedelta(seconds=ago)
    record(NewSubmission(
        place=place, idem=f"bayi:{uuid4()}", body_hash=b"x", source=Source.HS_WEB,
        standing=Standing.VERIFIED, dealer_id=dealer, items=[NewConsent(
            phone(n), Channel.MESAJ, Status.RET if refusal else Status.ONAY, moment)]))
    db.connection().execute("update consent_state set iys_status = %s where provider_id = %s",
                            (int(IysStatus.REGISTERED), place.provider_id))


def heard(place: Any) -> None:
    """İYS's changes were fetched a moment ago (R-44)."""
    db.connection().execute(
        "insert into iys_cursor (provider_id, brand_id, pulled_at) values (%s, %s, now()) "
        "on conflict (provider_id, brand_id) do update set pulled_at = now(), gap_since = null",
        (place.provider_id, place.brand_id))


def wish(place: Any, content: Content = NOTICE, address: str = PHONE, **more: Any) -> Wish:
    return Wish(place.provider_id, place.brand_id, content.channel, address, content, **more)


def ask(place: Any, content: Content = NOTICE, address: str = PHONE, **more: Any) -> Accepted:
    """A message of this place."""
    whole_record(place)
    return accept(wish(place, content, address, **more))


def sent_by(gateway: Gateway, *numbers: int, channel: Channel = Channel.MESAJ) -> dict[str, int]:
    """Send these messages over this gateway; what others left in the queue waits meanwhile."""
    db.connection().execute(
        "update outbox set next_at = now() + interval '1 day' where topic = 2 "
        "and next_at <= now() and not ref_id = any(%s)", (list(numbers),))
    carry(channel, gateway)
    try:
        return send.send_waiting()
    finally:
        carry(channel, None)


def told(number: int) -> dict[str, Any]:
    """The message's row."""
    cursor = db.connection().execute("select * from message where id = %s", (number,))
    names = [one.name for one in cursor.description or ()]
    row = cursor.fetchone()
    assert row is not None
    return dict(zip(names, row, strict=True))


def waits(number: int) -> bool:
    """Whether its outbox row stands and is not parked."""
    return db.connection().execute(
        "select 1 from outbox where topic = 2 and ref_id = %s and dead_at is null",
        (number,)).fetchone() is not None
