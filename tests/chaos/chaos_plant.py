"""Plants one fault of each kind into a finished run, so that a test sees the judge count them."""

from __future__ import annotations

from typing import Any

from chaos_book import US, Book


def plant(world: Any, book: Book) -> None:
    """As a broken build would leave them: a receipt without a line in the ledger, a click kept
    twice, a consent told to İYS under another date, a refused person let through, a line changed
    afterwards."""
    last = book.last_words()
    consents = [w for w in last.values() if w.by == US and w.status == "ONAY" and w.acked]
    refused = next(w for w in last.values() if w.by == US and w.status == "RET" and w.acked)
    lost, doubled, changed = consents[0], consents[-1], consents[len(consents) // 2]
    with world.services.owner() as conn:
        conn.execute("delete from consent_entry e using submission s where s.id = e.submission_id "
                     "and s.provider_id = e.provider_id and s.idem like %s", (f"%{lost.key}",))
        conn.execute(
            "insert into submission (provider_id, brand_id, idem, body_hash, source, actor_kind, "
            "site_id, evidence, entry_ids) select provider_id, brand_id, 'again:' || %s, "
            "body_hash, source, actor_kind, site_id, evidence, entry_ids from submission "
            "where idem like %s", (doubled.key, f"%{doubled.key}"))
        conn.execute(
            "update consent_state s set status = 1, standing = 1, iys_status = 3 "
            "from recipient r where r.provider_id = s.provider_id and r.id = s.recipient_id "
            "and r.addr_hash = %s", (_digest(world, refused.address),))
        conn.execute(
            "update consent_entry e set consent_date = consent_date - interval '1 day' from "
            "submission s where s.id = e.submission_id and s.provider_id = e.provider_id "
            "and s.idem like %s", (f"%{changed.key}",))
    _tell_iys(world, doubled.address, doubled.channel)


def _digest(world: Any, address: str) -> bytes:
    from ileti.core.secrets import secrets

    return secrets().addresses.of(world.place.provider_id, address)


def _tell_iys(world: Any, address: str, channel: str) -> None:
    """The consent again under the date of now, as without an idempotent call."""
    from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
    from ileti.core import clock
    from ileti.iys.client import client_for
    from ileti.iys.wire import Outgoing, to_wire

    client_for(world.place.provider_id).add(world.place.brand_code, to_wire(Outgoing(
        recipient=address, channel=Channel[channel], status=Status.ONAY, source=Source.HS_WEB,
        consent_date=clock.whole_second(clock.now()), recipient_type=RecipientType.BIREYSEL,
        retailer_code=None)))
