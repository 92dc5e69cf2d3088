"""Texts of both kinds on show, and people who act on them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from ileti.consents.ledger import (
    ActorKind,
    NewConsent,
    NewSubmission,
    hash_body,
)
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import db
from ileti.documents.publish import content_hash, publish
from ileti.documents.vocabulary import ONE_PURPOSE
from ileti.kvkk.ledger import NewAct
from ileti.kvkk.vocabulary import Act, Extent

_TEXT = ("Defne Ev Tekstili San. ve Tic. A.Ş. tarafından alışveriş geçmişimin, ilgimi çekebilecek "
         "ürünleri seçip bana önermek amacıyla işlenmesine açık rıza veriyorum.\n\nRıza vermeden "
         "de alışveriş yapabilirim. Rızamı dilediğim an, tek tıkla geri alabilirim.")
NOON = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Text(NamedTuple):
    """A version that is on show."""

    document: int
    version: int
    hash: str


def text(place: Any, kind: str = "ACIK_RIZA", number: int = 1) -> Text:
    """A published version, put there as it is: what it says matters to nobody here."""
    conn = db.connection()
    document = conn.execute(
        "insert into document (provider_id, brand_id, kind, name) values (%s, %s, %s, 'Metin') "
        "returning id", (place.provider_id, place.brand_id, kind)).fetchone()[0]  # type: ignore[index]
    return version(place, document, number)


def version(place: Any, document: int, number: int, *, renewal: str = "NONE",
            effective: datetime | None = None) -> Text:
    """A further version of the text."""
    conn, body = db.connection(), f"Metin {uuid4()}"
    kind = conn.execute("select kind from document where id = %s", (document,)).fetchone()[0]  # type: ignore[index]
    purposes = [{"id": -document, "ground": "RIZA"}] if kind in ONE_PURPOSE else []
    row = conn.execute(
        "insert into document_version (provider_id, document_id, version, language, title, body, "
        "content_hash, purposes, renewal, effective_from, published_at) values (%s, %s, %s, 'tr', "
        "'Başlık', %s, %s, %s, %s, coalesce(%s, now()), least(%s, now())) "
        "returning id, content_hash",
        (place.provider_id, document, number, body,
         content_hash(kind, None, "tr", "Başlık", body), json.dumps(purposes), renewal,
         effective, effective)).fetchone()
    told_of(row[0])  # type: ignore[index]
    return Text(document, row[0], bytes(row[1]).hex())  # type: ignore[index]


def told_of(number: int) -> None:
    """The trail's line that publishing leaves, for a version that a test put there as it is."""
    db.connection().execute(
        "insert into audit_entry (provider_id, action, subject, detail) select v.provider_id, "
        "'document:publish', 'document_version:' || v.id, "
        "jsonb_build_object('digest', text_digest(v)) from document_version v where v.id = %s",
        (number,))


def act(of: Text, what: Act, *, at: int = 0, address: str | None = "+905991112233",
        extent: Extent = Extent.LINKED) -> NewAct:
    """An act ``at`` seconds after noon."""
    return NewAct(of.document, of.version, of.hash, what, NOON + timedelta(seconds=at),
                  extent if what.of_notice else Extent.UNKNOWN, address)


def click(place: Any, *, key: str | None = None, standing: Standing = Standing.VERIFIED,
          consents: bool = False, dealer: int | None = None) -> NewSubmission:
    """A click, with a consent to SMS when asked for."""
    items = (NewConsent("+905991112233", Channel.MESAJ, Status.ONAY, NOON),) if consents else ()
    return NewSubmission(
        place=place, idem=key or f"test:{uuid4()}", body_hash=hash_body(items),
        source=Source.HS_WEB, standing=standing, items=items, actor=ActorKind.VISITOR,
        dealer_id=dealer, evidence={"site": "test"}, person={"name": "Nazlı K."})


def stands(place: Any, of: Text) -> list[tuple[int, int, int]]:
    """Act, version and standing of everybody, for a text."""
    return db.connection().execute(
        "select act, text_id, standing from kvkk_state where provider_id = %s "
        "and document_id = %s order by recipient_id", (place.provider_id, of.document)).fetchall()


def asked(conn: Any, place: Any, *, ground: str = "RIZA", name: str = "Öneri",
          kind: str = "ACIK_RIZA") -> int:
    """A published text that asks for an explicit consent to one purpose; its document."""
    document = conn.execute(
        "insert into document (provider_id, brand_id, kind, name) values (%s, %s, %s, %s) "
        "returning id", (place.provider_id, place.brand_id, kind, name)).fetchone()[0]
    purpose = conn.execute(
        "insert into purpose (provider_id, brand_id, name, ground, data, subjects, period) "
        "values (%s, %s, %s, %s, '{musteri}', '{musteri}', '2 yıl') returning id",
        (place.provider_id, place.brand_id, f"{name} {document}", ground)).fetchone()[0]
    conn.execute("insert into document_purpose (provider_id, document_id, purpose_id) "
                 "values (%s, %s, %s)", (place.provider_id, document, purpose))
    if ground == "RIZA":
        publish(document, "tr", f"{name} için açık rıza", _TEXT)
    else:  # the linter would refuse it: put there as an older house might have it
        conn.execute(
            "insert into document_version (provider_id, document_id, version, language, title, "
            "body, content_hash, purposes) values (%s, %s, 1, 'tr', 'Metin', 'Metin', "
            "sha256('x'), %s)", (place.provider_id, document, json.dumps([{
                "id": purpose, "ground": ground}])))
    return int(document)
