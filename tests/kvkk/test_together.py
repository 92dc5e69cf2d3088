"""Clicks with acts go into the ledger together, and leave what each would have left alone."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import uuid4

from ileti.consents import together
from ileti.consents.ledger import (
    NewConsent,
    NewSubmission,
    hash_body,
    record_packed,
    record_together,
)
from ileti.consents.packing import Packed
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import db
from ileti.kvkk import claims, ledger
from ileti.kvkk.ledger import NewAct
from ileti.kvkk.vocabulary import Act, Extent
from tests.kvkk.house import NOON, Text, text


def somebody(place: Any, kinds: int) -> tuple[NewSubmission, list[str]]:
    """A click of somebody new with one or two addresses."""
    token = uuid4()
    addresses = [f"k{token.hex[:12]}@ornek.com.tr", f"+90599{token.int % 10**7:07}"][:kinds]
    items = tuple(NewConsent(one, Channel.EPOSTA if "@" in one else Channel.MESAJ, Status.ONAY,
                             NOON) for one in addresses)
    return NewSubmission(
        place=place, idem=f"test:{token}", body_hash=hash_body(items), source=Source.HS_WEB,
        standing=Standing.VERIFIED, items=items, evidence={"site": "test"},
        person={"name": "Nazlı K."}), addresses


def packed(new: NewSubmission, acts: list[NewAct], monkeypatch: Any) -> Packed:
    """The click as it would have gone to the database."""
    caught: list[Packed] = []

    def catch(click: Packed) -> Any:
        caught.append(click)
        raise InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr(together, "record_with_acts", catch)
        patch.setattr(ledger, "record_packed", catch)
        with suppress(InterruptedError):
            ledger.record(new, acts, company=True)
    return caught[0]


def acts_of(addresses: list[str], notice: Text, rıza: Text, n: int) -> list[NewAct]:
    """A notice read by all addresses; of every second click the consent of the first too."""
    acts = [NewAct(notice.document, notice.version, notice.hash, Act.READ, NOON, Extent.LINKED, one)
            for one in addresses]
    if n % 2:
        acts.append(NewAct(rıza.document, rıza.version, rıza.hash, Act.GIVEN, NOON,
                           address=addresses[0]))
    return acts


def shape(place: Any) -> list[Any]:
    """What stands in entries and states, without numbers."""
    return db.connection().execute(
        "select e.act, e.extent, e.standing, e.source, d.kind, r.kind, s.act, "
        "s.entry_id = e.id, e.captured_at = b.captured_at, e.dealer_id from kvkk_entry e "
        "join document d on d.id = e.document_id "
        "join submission b on b.provider_id = e.provider_id and b.id = e.submission_id "
        "join recipient r on r.provider_id = e.provider_id and r.id = e.recipient_id "
        "join kvkk_state s on s.provider_id = e.provider_id and s.recipient_id = e.recipient_id "
        "and s.document_id = e.document_id where e.provider_id = %s order by 1, 2, 3, 4, 6",
        (place.provider_id,)).fetchall()


def test_what_is_written_together_is_what_would_have_been_written_alone(
    place: Any, place_b: Any, monkeypatch: Any
) -> None:
    shapes = []
    for where, company in ((place, True), (place_b, False)):
        notice, rıza = text(where, "AYDINLATMA"), text(where)
        clicks = []
        for n in range(5):
            new, addresses = somebody(where, 1 + n % 2)
            acts = acts_of(addresses, notice, rıza, n) if n else []
            if not company:
                ledger.record(new, acts) if acts else together.record(new)
            else:
                clicks.append(packed(new, acts, monkeypatch) if acts else together.pack(new))
        if company:
            done = record_together(clicks)
            assert all(done)
            assert [len(one.acts) for one in done if one] == [len(one.acts) for one in clicks]
        shapes.append(shape(where))
    assert len(shapes[0]) == 8
    assert shapes[0] == shapes[1]


def test_each_gets_the_leaves_of_its_own_acts(place: Any, monkeypatch: Any) -> None:
    notice, rıza = text(place, "AYDINLATMA"), text(place)
    people = [somebody(place, 2) for _ in range(3)]
    done = record_together([packed(new, acts_of(addresses, notice, rıza, n + 1), monkeypatch)
                            for n, (new, addresses) in enumerate(people)])
    for one, (new, addresses) in zip(done, people, strict=True):
        assert one is not None
        with db.transaction() as conn:
            rows = {row.id: row for row in claims.read_these(
                conn, place.provider_id, [act.entry_id for act in one.acts])}
        for act in one.acts:
            row = rows[act.entry_id]
            assert (row.leaf, row.recipient_id, row.fits) == (act.leaf, act.recipient_id, True)
            assert (row.said() or {})["recipient"] in addresses
            assert row.idem == new.idem


def test_who_is_known_already_is_left_to_go_alone(place: Any, monkeypatch: Any) -> None:
    notice, rıza = text(place, "AYDINLATMA"), text(place)
    known, addresses = somebody(place, 1)
    ledger.record(known, acts_of(addresses, notice, rıza, 1))
    again = NewSubmission(**{**known.__dict__, "idem": f"test:{uuid4()}"})
    other, others = somebody(place, 2)
    first, second = record_together([
        packed(again, acts_of(addresses, notice, rıza, 1), monkeypatch),
        packed(other, acts_of(others, notice, rıza, 1), monkeypatch)])
    assert first is None
    assert second is not None
    assert len(second.acts) == 3
    assert len({act.leaf for act in second.acts}) == 3


def test_only_who_asks_for_company_queues_for_it(place: Any, monkeypatch: Any) -> None:
    """What a code confirms is somebody known, whom no group takes (``confirm:``)."""
    notice, rıza = text(place, "AYDINLATMA"), text(place)
    queued: list[Packed] = []

    def queue(click: Packed) -> Any:
        queued.append(click)
        return record_packed(click)

    monkeypatch.setattr(together, "record_with_acts", queue)
    new, addresses = somebody(place, 1)
    ledger.record(new, acts_of(addresses, notice, rıza, 1))
    assert queued == []
    other, others = somebody(place, 1)
    ledger.record(other, acts_of(others, notice, rıza, 1), company=True)
    assert len(queued) == 1
