"""Texts and messages for programs: what is on show, each published version, what was sent.

Why this module exists: a form of the company's own must show our words and name their version in
the consent (R-17), so a program has to be able to read them. Versions stay readable for ever.
Messages are listed without what they said: it is personal, and the panel shows it to whoever must
answer for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, tuple_

from ileti.api import shapes
from ileti.api.desk import Answer, Call
from ileti.api.reading import query
from ileti.api.reports import STATE
from ileti.api.scoped import (
    Declared,
    brand_codes,
    brand_ids,
    page,
    place,
    shows_addresses,
    spoken,
)
from ileti.api.shapes import ADDRESSES, BRANDS, LIMIT, SPAN, many, maybe, obj
from ileti.campaigns.reasons import Reason
from ileti.capture.api_document import Operation
from ileti.channels.base import MessageKind
from ileti.channels.models import Message
from ileti.channels.sms import Delivery
from ileti.consents.momenttold import iso
from ileti.consents.timeline import address_of
from ileti.consents.vocabulary import Channel
from ileti.core import clock, orm
from ileti.core.errors import NotFound
from ileti.documents.models import Document, DocumentVersion
from ileti.documents.showing import on_show
from ileti.recipients.models import Recipient
from ileti.reports.sentstates import state_of
from ileti.templates.vocabulary import MessageClass

DOCUMENTS: Final = "/api/v1/documents"
MESSAGES: Final = "/api/v1/messages"
_DAY: Final = timedelta(days=1)
_KINDS: Final = ("ETK_ONAYI", "AYDINLATMA", "ACIK_RIZA", "YURT_DISI", "CAGRI_METNI", "CEREZ")
_ASKED: Final[shapes.Declared] = {
    "brand": (shapes.NUMBER, ("Markanın İYS numarası; hesap tek marka için konuşuyorsa gerekmez.",
                              "The brand’s number at İYS; not needed when there is only one.")),
    "at": (shapes.MOMENT, ("Bu anda yayında olanlar; yazılmazsa şimdi.",
                           "What was on show at this moment; now when left out.")),
}
_LISTED: Final[shapes.Declared] = LIMIT | ADDRESSES | BRANDS | SPAN | {
    "channel": (many(shapes.CHANNEL), ("Kanallar, virgülle.", "Channels, with commas.")),
    "state": (many(STATE), ("Durumlar, virgülle.", "States, with commas.")),
}


def documents(call: Call) -> Answer:
    """``GET /documents``: the texts on show for a brand, now or at a moment."""
    asked = query(call, _ASKED)
    where = call.place(asked["brand"])
    found = on_show(where.provider_id, where.brand_id, asked["at"] or clock.now())
    return Answer(200, {"items": [{
        "id": one.document_id, "name": one.name, "kind": one.kind,
        "channel": Channel(one.channel).name if one.channel else None,
        "inherited": one.inherited, "textId": one.version_id, "version": one.version,
        "language": one.language, "title": one.title, "body": one.body,
        "sha256": one.content_hash.hex(), "effectiveFrom": iso(one.effective_from)}
        for one in found]})


def document(call: Call) -> Answer:
    """``GET /documents/{id}``: a text with every version that was published."""
    query(call, {})
    text = call.named["id"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    found = orm.db.session.scalars(select(Document).where(Document.id == number)).first()
    if found is None:
        raise NotFound("Böyle bir metin yok.", "There is no such text.", code="no_such_text")
    versions = orm.db.session.scalars(select(DocumentVersion).where(
        DocumentVersion.document_id == found.id).order_by(DocumentVersion.id.desc()).limit(200))
    return Answer(200, {
        "id": found.id, "name": found.name, "kind": found.kind,
        "channel": Channel(found.channel).name if found.channel else None,
        "brand": brand_codes().get(found.brand_id or 0), "versions": [{
            "textId": one.id, "version": one.version, "language": one.language,
            "title": one.title, "body": one.body, "sha256": bytes(one.content_hash).hex(),
            "publishedAt": iso(one.published_at), "effectiveFrom": iso(one.effective_from)}
            for one in versions]})


def messages(call: Call) -> Answer:
    """``GET /messages``: what İleti sent, newest first."""
    asked = query(call, _LISTED)
    full = shows_addresses(call, asked, "message:list")
    start = place(call, asked)
    wanted = select(Message, state_of(Message))
    if asked["state"]:
        wanted = wanted.where(state_of(Message).in_(asked["state"]))
    if asked["brand"]:
        wanted = wanted.where(Message.brand_id.in_(brand_ids(asked["brand"])))
    if asked["channel"]:
        wanted = wanted.where(Message.channel.in_([int(Channel[one]) for one in asked["channel"]]))
    if asked["since"]:
        wanted = wanted.where(Message.created_at >= shapes.midnight(asked["since"]))
    if asked["until"]:
        wanted = wanted.where(Message.created_at < shapes.midnight(asked["until"] + _DAY))
    if start:
        whole, rest = divmod(int(start[0]), 1_000_000)
        at = datetime.fromtimestamp(whole, UTC).replace(microsecond=rest)
        wanted = wanted.where(tuple_(Message.created_at, Message.id) < (at, int(start[1])))
    rows = orm.db.session.execute(wanted.order_by(
        Message.created_at.desc(), Message.id.desc()).limit(asked["limit"] + 1)).all()
    people = {one.id: one for one in orm.db.session.scalars(select(Recipient).where(
        Recipient.provider_id == call.caller.provider_id,
        Recipient.id.in_([row[0].recipient_id for row in rows] or [0])))}
    codes = brand_codes()
    return Answer(200, page(
        call, asked, rows,
        lambda row: _told(row[0], row[1], people.get(row[0].recipient_id), codes, full=full),
        lambda row: (round(row[0].created_at.timestamp() * 1_000_000), row[0].id)))


def message(call: Call) -> Answer:
    """``GET /messages/{id}``: one message and what became of it."""
    asked = query(call, ADDRESSES)
    text = call.named["id"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    return Answer(200, one_message(
        call, number, full=lambda: shows_addresses(call, asked, f"message:{number}")))


def one_message(call: Call, number: int, full: Callable[[], bool] = lambda: False
                ) -> dict[str, Any]:
    """A message in the caller's sight as programs are told of it; ``full`` is asked once it is
    found. Raises NotFound."""
    row = orm.db.session.execute(select(Message, state_of(Message)).where(
        Message.id == number)).first()
    if row is None:
        raise NotFound("Böyle bir ileti yok.", "There is no such message.")
    in_full = full()
    person = orm.db.session.scalars(select(Recipient).where(
        Recipient.provider_id == call.caller.provider_id,
        Recipient.id == row[0].recipient_id)).first()
    return _told(row[0], row[1], person, brand_codes(), full=in_full)


def _told(one: Message, state: str, person: Recipient | None, codes: dict[int, int], *,
          full: bool) -> dict[str, Any]:
    return {
        "id": one.id, "kind": MessageKind(one.kind).name, "channel": Channel(one.channel).name,
        "brand": codes.get(one.brand_id), "address": spoken(address_of(person), full=full),
        "state": state, "createdAt": iso(one.created_at), "dueAt": _maybe(one.due_at),
        "messageClass": MessageClass(one.declared).code if one.declared else None,
        "denial": Reason(one.denial).name.lower() if one.denial else None,
        "sentAt": _maybe(one.sent_at), "gateway": one.gateway, "problem": one.problem,
        "delivery": Delivery(one.delivery).name if one.delivery else None,
        "deliveredAt": _maybe(one.delivered_at)}


def _maybe(moment: datetime | None) -> str | None:
    return iso(moment) if moment is not None else None


TEXT_KIND: Final = {"type": "string", "enum": list(_KINDS)}
_LANGUAGE: Final = {"type": "string", "enum": ["tr", "en"]}
_WORDS: Final = {
    "textId": shapes.WHOLE, "version": shapes.WHOLE, "language": _LANGUAGE, "title": shapes.TEXT,
    "body": shapes.TEXT, "sha256": shapes.SHA, "effectiveFrom": shapes.MOMENT}
_AT: Final = "2026-11-30T10:00:00.000+03:00"
_WORDS_EXAMPLE: Final = {
    "textId": 17, "version": 3, "language": "tr", "title": "Ticari elektronik ileti",
    "body": "Kampanyalardan haberdar olmak istiyorum.", "sha256": "9f2c" * 16,
    "effectiveFrom": _AT}
_MESSAGE: Final = obj(
    id=shapes.WHOLE, kind={"type": "string", "enum": [one.name for one in MessageKind]},
    channel=shapes.CHANNEL, brand=maybe(shapes.WHOLE), address=maybe(shapes.TEXT), state=STATE,
    messageClass=maybe({"type": "string", "enum": [one.code for one in MessageClass]}),
    denial=maybe({"type": "string", "enum": [one.name.lower() for one in Reason]}),
    createdAt=shapes.MOMENT, dueAt=maybe(shapes.MOMENT), sentAt=maybe(shapes.MOMENT),
    gateway=maybe(shapes.TEXT), problem=maybe(shapes.TEXT),
    delivery=maybe({"type": "string", "enum": [one.name for one in Delivery]}),
    deliveredAt=maybe(shapes.MOMENT))
_MESSAGE_EXAMPLE: Final = {
    "id": 8, "kind": "CONFIRMATION", "channel": "MESAJ", "brand": 731_204,
    "address": "0599 ••• •• 17", "state": "SENT", "messageClass": None, "denial": None,
    "createdAt": _AT, "dueAt": _AT, "sentAt": _AT,
    "gateway": "netgsm", "problem": None, "delivery": "DELIVERED", "deliveredAt": _AT}
SCHEMAS: Final = {
    "Texts": obj(items=many(obj(
        id=shapes.WHOLE, name=shapes.TEXT, kind=TEXT_KIND, channel=maybe(shapes.CHANNEL),
        inherited=shapes.BOOL, **_WORDS))),
    "Text": obj(id=shapes.WHOLE, name=shapes.TEXT, kind=TEXT_KIND, channel=maybe(shapes.CHANNEL),
                brand=maybe(shapes.WHOLE), versions=many(obj(**_WORDS,
                                                             publishedAt=shapes.MOMENT))),
    "Message": _MESSAGE,
    "Messages": shapes.page(_MESSAGE),
}
EXAMPLES: Final[dict[str, Any]] = {
    "Texts": {"items": [{"id": 4, "name": "Üyelik onayı", "kind": "ETK_ONAYI",
                         "channel": "MESAJ", "inherited": False, **_WORDS_EXAMPLE}]},
    "Text": {"id": 4, "name": "Üyelik onayı", "kind": "ETK_ONAYI", "channel": "MESAJ",
             "brand": 731_204, "versions": [_WORDS_EXAMPLE | {"publishedAt": _AT}]},
    "Message": _MESSAGE_EXAMPLE,
    "Messages": {"items": [_MESSAGE_EXAMPLE], "next": None},
}
SERVICES: Final = (
    Declared(Operation(
        "listTexts", "get", DOCUMENTS, "texts", ("Yayındaki metinler", "Texts on show"),
        ("Formda gösterilen sözler. `textId`, izni kaydederken hangi metnin gösterildiğini söyler.",
         "The words to show on a form. `textId` says in a consent which were shown."),
        200, ("Metinler.", "The texts."), "Texts", query=_ASKED,
        faults=(401, 403, 404, 422, 429, 500, 503)), documents, "documents:read"),
    Declared(Operation(
        "showText", "get", DOCUMENTS + "/{id}", "texts", ("Bir metin", "One text"),
        ("Yayımlanmış bütün sürümleriyle.", "With every version that was published."), 200,
        ("Metin.", "The text."), "Text", faults=(401, 403, 404, 422, 429, 500, 503)),
        document, "documents:read"),
    Declared(Operation(
        "listMessages", "get", MESSAGES, "texts", ("Gönderilen iletiler", "Messages sent"),
        ("Kodlar, onay bildirimleri ve tek iletiler; içerikleri verilmez.",
         "Codes, confirmations and single messages; what they said is not given out."), 200,
        ("Bir sayfa.", "A page."), "Messages", query=_LISTED,
        faults=(401, 403, 404, 422, 429, 500, 503)), messages, "messages:read"),
    Declared(Operation(
        "showMessage", "get", MESSAGES + "/{id}", "texts", ("Bir ileti", "One message"),
        ("", ""), 200, ("İleti.", "The message."), "Message", query=ADDRESSES,
        faults=(401, 403, 404, 422, 429, 500, 503)), message, "messages:read"),
)
