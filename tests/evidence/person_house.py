"""A person with all that a bundle may hold: a form with a notice, two channels and an explicit
consent, a withdrawal on signed paper, sealed and stamped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from ileti.consents.ledger import ActorKind, NewConsent, NewSubmission, hash_body
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import db
from ileti.documents.publish import content_hash
from ileti.evidence import stamping, vault
from ileti.kvkk.ledger import record
from ileti.kvkk.vocabulary import Act, Extent
from tests.evidence.samples import pdf
from tests.evidence.sealed_house import NOON, seal_all
from tests.kvkk.house import Text, act, told_of

PHONE = "+905991112233"
NAME = "Işıl Çağrı Gümüşoğlu"


class Person(NamedTuple):
    """Ids by what they are; ``scan`` the digest of the signed paper."""

    recipient: int
    consent: int
    notice: int
    given: int
    withdrawn: int
    scan: str
    unticked: Text


def worded(place: Any, kind: str, channel: Channel | None = None, *, title: str, body: str
           ) -> Text:
    """A published text with its true digest."""
    conn = db.connection()
    document = conn.execute(
        "insert into document (provider_id, brand_id, kind, channel, name) "
        "values (%s, %s, %s, %s, %s) returning id",
        (place.provider_id, place.brand_id, kind, channel and int(channel), title)).fetchone()[0]  # type: ignore[index]
    digest = content_hash(kind, channel.name if channel else None, "tr", title, body)
    made = conn.execute(
        "insert into document_version (provider_id, document_id, version, language, title, body, "
        "content_hash) values (%s, %s, 1, 'tr', %s, %s, %s) returning id",
        (place.provider_id, document, title, body, digest)).fetchone()
    told_of(made[0])  # type: ignore[index]
    return Text(document, made[0], digest.hex())  # type: ignore[index]


def _at(seconds: int) -> str:
    return (NOON + timedelta(seconds=seconds)).isoformat()


def click(place: Any, evidence: dict[str, Any], *, items: Any = (), dealer: int | None = None,
          standing: Standing = Standing.VERIFIED, source: Source = Source.HS_WEB) -> NewSubmission:
    """A click of the person."""
    return NewSubmission(
        place=place, idem=f"test:{uuid4()}", body_hash=hash_body(repr(items)), source=source,
        standing=standing, items=items, actor=ActorKind.VISITOR, dealer_id=dealer,
        evidence=evidence, person={"name": NAME, "ip": "192.0.2.17"})


def person(place: Any, *, dealer: int | None = None, stamped: bool = True) -> Person:
    """The story, in two clicks."""
    sms = worded(place, "ETK_ONAYI", Channel.MESAJ, title="Kısa mesaj izni",
                 body="Kısa mesaj **gönderilmesine** onay veriyorum.")
    mail = worded(place, "ETK_ONAYI", Channel.EPOSTA, title="E-posta izni",
                  body="E-posta gönderilmesine onay veriyorum.")
    notice = worded(place, "AYDINLATMA", title="Aydınlatma metni",
                    body="Verilerinizi neden işlediğimizi anlatır.")
    rıza = worded(place, "ACIK_RIZA", title="Kişiye özel öneri",
                  body="Alışverişimin öneri için işlenmesine açık rıza veriyorum.")
    form = {
        "place": "Defne Ev · Üyelik", "site": "pk_deneme", "origin": "https://defne-ev.example",
        "formVersion": 3, "language": "tr", "policy": "code", "shownAt": _at(0),
        "texts": [{"channel": "MESAJ", "id": sms.version, "hash": sms.hash},
                  {"channel": "EPOSTA", "id": mail.version, "hash": mail.hash}],
        "boxes": {"MESAJ": _at(7)}, "vouch": None, "verification": 7,
        "notice": {"version": notice.version, "hash": notice.hash, "at": _at(5)},
        "privacy": {"notice": {"id": notice.version, "hash": notice.hash, "extent": "opened"},
                    "texts": [{"document": rıza.document, "id": rıza.version, "hash": rıza.hash}],
                    "boxes": {str(rıza.document): _at(9)}}}
    items = (NewConsent(PHONE, Channel.MESAJ, Status.ONAY, NOON + timedelta(seconds=7),
                        due_at=NOON + timedelta(days=3), text_id=sms.version, text_hash=sms.hash),)
    done, acts = record(click(place, form, items=items, dealer=dealer), [
        act(notice, Act.READ, extent=Extent.OPENED), act(rıza, Act.GIVEN, at=9)])
    scan = vault.put(place.provider_id, [pdf("geri alma")], "geri-alma.pdf")
    paper = {"flow": "desk-imza", "by": "panel", "file": {
        "id": scan.id, "sha256": scan.sha256.hex(), "size": scan.size}}
    later = record(click(place, paper, source=Source.HS_ISLAK_IMZA), [
        act(rıza, Act.WITHDRAWN, at=900)])[1]
    seal_all()
    if stamped:
        assert stamping.stamp_due() == {"stamped": 1}
    return Person(done.items[0].recipient_id, done.items[0].entry_id, acts[0].entry_id,
                  acts[1].entry_id, later[0].entry_id, scan.sha256.hex(), mail)
