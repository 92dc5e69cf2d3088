"""Templates of messages for programs: what is published, and a preview for values of their own.

Why this module exists: a shop that sends an order notice fills the same template as the panel, and
must see what comes out, with the blocks of the law and what it costs, before it sends. A preview
takes its values from the caller and looks nobody up, so it shows nothing personal. Drafts are not
given out: nobody has declared anything about them (R-04).
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import distinct_on

from ileti.api import shapes
from ileti.api.desk import Answer, Call
from ileti.api.reading import body, query
from ileti.api.scoped import Declared, brand_codes, brand_ids, page, place
from ileti.api.shapes import BRANDS, LIMIT, given, many, maybe, obj
from ileti.capture.api_document import Operation
from ileti.channels.segments import Encoding
from ileti.consents.momenttold import iso
from ileti.consents.vocabulary import Channel
from ileti.core import db, orm
from ileti.core.errors import FieldError, InvalidInput, NotFound
from ileti.templates import lifecycle as kept
from ileti.templates import previewing, senders
from ileti.templates.models import MessageTemplate, MessageTemplateVersion
from ileti.templates.owners import sendable
from ileti.templates.vocabulary import MessageClass

PATH: Final = "/api/v1/templates"
_MOST_VALUES: Final = 64
_LISTED: Final[shapes.Declared] = LIMIT | BRANDS | {
    "channel": (many(shapes.CHANNEL), ("Kanallar, virgülle.", "Channels, with commas.")),
}
_CLASS: Final = {"type": "string", "enum": [one.code for one in MessageClass]}
_IN: Final = given(
    (), brand=shapes.NUMBER, values={"type": "object", "maxProperties": _MOST_VALUES})


def index(call: Call) -> Answer:
    """``GET /templates``: those with something published and not taken off."""
    asked = query(call, _LISTED)
    start = place(call, asked)
    wanted = select(MessageTemplate).where(
        MessageTemplate.retired_at.is_(None), sendable(), exists().where(
            MessageTemplateVersion.template_id == MessageTemplate.id))
    if asked["brand"]:
        wanted = wanted.where(MessageTemplate.brand_id.in_(brand_ids(asked["brand"]))
                              | MessageTemplate.brand_id.is_(None))
    if asked["channel"]:
        wanted = wanted.where(MessageTemplate.channel.in_(
            [int(Channel[one]) for one in asked["channel"]]))
    if start:
        wanted = wanted.where(MessageTemplate.id > int(start[0]))
    rows = orm.db.session.scalars(wanted.order_by(MessageTemplate.id).limit(
        asked["limit"] + 1)).all()
    newest = _newest([one.id for one in rows])
    codes = brand_codes()
    return Answer(200, page(
        call, asked, rows, lambda one: _head(one, codes) | _words(newest[one.id]),
        lambda one: (one.id,)))


def show(call: Call) -> Answer:
    """``GET /templates/{id}``: a template with every version that was published."""
    query(call, {})
    found = _found(call)
    versions = orm.db.session.scalars(select(MessageTemplateVersion).where(
        MessageTemplateVersion.template_id == found.id).order_by(
        MessageTemplateVersion.version.desc()).limit(200)).all()
    return Answer(200, _head(found, brand_codes()) | {
        "retired": found.retired_at is not None, "versions": [_words(one) for one in versions]})


def preview(call: Call) -> Answer:
    """``POST /templates/{id}/preview``: the version in use, filled with the caller's values."""
    query(call, {})
    asked = body(call, _IN)
    template = _found(call)
    content = kept.latest(template.id)
    if content is None:
        raise NotFound("Bu şablonun yayında bir sürümü yok.",
                       "Nothing of this template is published.", code="no_such_template")
    brand_id = template.brand_id
    if brand_id is None:
        brand_id = call.place(asked["brand"]).brand_id
    sent = senders.sending(template.provider_id, brand_id, content.channel,
                           dealer_id=template.dealer_id or call.caller.dealer_id)
    made = previewing.preview(content, sent, _values(asked["values"]),
                              price=_price(template.provider_id))
    counted = made.segments
    return Answer(200, {
        "versionId": content.version_id, "channel": content.channel.name,
        "messageClass": content.declared.code, "subject": made.said.subject or None,
        "body": made.said.body, "html": made.said.html or None,
        "encoding": counted.encoding.value if counted else None,
        "segments": counted.number if counted else None,
        "unitsLeft": counted.left if counted else None,
        "cost": f"{made.cost:f}" if made.cost is not None else None,
        "emptyFields": sorted(made.empty),
        "lacks": [{"code": one.code, "rule": one.rule,
                   "message": one.en if call.language == "en" else one.tr}
                  for one in made.lacks]})


def _found(call: Call) -> MessageTemplate:
    text = call.named["id"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    found = orm.db.session.scalars(select(MessageTemplate).where(
        MessageTemplate.id == number)).first()
    if found is None:
        raise NotFound("Böyle bir şablon yok.", "There is no such template.",
                       code="no_such_template")
    return found


def _newest(ids: list[int]) -> dict[int, MessageTemplateVersion]:
    """The version in use of each; what was before stays where it is."""
    one = MessageTemplateVersion
    return {found.template_id: found for found in orm.db.session.scalars(
        select(one).where(one.template_id.in_(ids or [0])).ext(distinct_on(one.template_id))
        .order_by(one.template_id, one.version.desc()))}


def _values(said: Any) -> dict[str, str]:
    """Values by field; raises InvalidInput for one that is no text."""
    given_ = said or {}
    wrong = tuple(FieldError(f"values.{name[:60]}", "wrong_type", "Metin olmalı.", "Must be text.")
                  for name, value in given_.items() if not isinstance(value, str))
    if wrong:
        raise InvalidInput(errors=wrong)
    return dict(given_)


def _price(provider_id: int) -> Any:
    row = db.system_connection().execute("select segment_price from provider where id = %s",
                                         (provider_id,)).fetchone()
    return row[0] if row else None


def _head(one: MessageTemplate, codes: dict[int, int]) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "channel": Channel(one.channel).name,
            "brand": codes.get(one.brand_id or 0), "inherited": one.brand_id is None}


def _words(one: MessageTemplateVersion) -> dict[str, Any]:
    return {
        "versionId": one.id, "version": one.version,
        "messageClass": MessageClass(one.declared).code,
        "subject": one.subject or None, "body": one.body, "html": one.html or None,
        "reason": one.reason or None, "reference": one.reference or None,
        "terms": one.terms or None,
        "ends": one.ends.isoformat() if one.ends else None, "tags": list(one.tags),
        "declaredAt": iso(one.declared_at), "sha256": bytes(one.content_hash).hex()}


_HEAD: Final = {
    "id": shapes.WHOLE, "name": shapes.TEXT, "channel": shapes.CHANNEL,
    "brand": maybe(shapes.WHOLE), "inherited": shapes.BOOL}
_WORDS: Final = {
    "versionId": shapes.WHOLE, "version": shapes.WHOLE, "messageClass": _CLASS,
    "subject": maybe(shapes.TEXT), "body": shapes.TEXT, "html": maybe(shapes.TEXT),
    "reason": maybe(shapes.TEXT), "reference": maybe(shapes.TEXT), "terms": maybe(shapes.TEXT),
    "ends": maybe(shapes.DAY),
    "tags": many(shapes.TEXT), "declaredAt": shapes.MOMENT, "sha256": shapes.SHA}
_HEAD_EXAMPLE: Final = {"id": 4, "name": "Sipariş yola çıktı", "channel": "MESAJ",
                        "brand": 731_204, "inherited": False}
_WORDS_EXAMPLE: Final = {
    "versionId": 9, "version": 2, "messageClass": "SATIN_ALMA_TESLIMAT", "subject": None,
    "body": "Sayin {ad|musterimiz}, siparisiniz kargoya verildi.", "html": None,
    "reason": "Verilmiş siparişin teslimatı", "reference": None, "terms": None, "ends": None,
    "tags": [], "declaredAt": "2026-11-30T10:00:00.000+03:00", "sha256": "9f2c" * 16}
SCHEMAS: Final = {
    "Templates": shapes.page(obj(**_HEAD, **_WORDS)),
    "Template": obj(**_HEAD, retired=shapes.BOOL, versions=many(obj(**_WORDS))),
    "TemplatePreviewIn": _IN,
    "TemplatePreview": obj(**{
        "versionId": shapes.WHOLE, "channel": shapes.CHANNEL, "messageClass": _CLASS,
        "subject": maybe(shapes.TEXT), "body": shapes.TEXT, "html": maybe(shapes.TEXT),
        "encoding": maybe({"type": "string", "enum": [one.value for one in Encoding]}),
        "segments": maybe(shapes.WHOLE), "unitsLeft": maybe(shapes.WHOLE),
        "cost": maybe(shapes.TEXT), "emptyFields": many(shapes.TEXT),
        "lacks": many(obj(code=shapes.TEXT, rule=shapes.TEXT, message=shapes.TEXT))}),
}
EXAMPLES: Final[dict[str, Any]] = {
    "Templates": {"items": [_HEAD_EXAMPLE | _WORDS_EXAMPLE], "next": None},
    "Template": _HEAD_EXAMPLE | {"retired": False, "versions": [_WORDS_EXAMPLE]},
    "TemplatePreviewIn": {"values": {"ad": "Ayşe"}},
    "TemplatePreview": {
        "versionId": 9, "channel": "MESAJ", "messageClass": "SATIN_ALMA_TESLIMAT", "subject": None,
        "body": "Sayin Ayşe, siparisiniz kargoya verildi.", "html": None,
        "encoding": "GSM-7 (TR)", "segments": 1, "unitsLeft": 108, "cost": "0.1500",
        "emptyFields": [], "lacks": []},
}
SERVICES: Final = (
    Declared(Operation(
        "listTemplates", "get", PATH, "templates", ("Şablonları listele", "List templates"),
        ("Yayında olanlar, kullanımdaki sürümleriyle. `brand` sorulursa sağlayıcının ortak "
         "şablonları da gelir.",
         "Those with something published, with the version in use. Asked for a brand, the "
         "provider’s own come too."),
        200, ("Bir sayfa.", "A page."), "Templates", query=_LISTED,
        faults=(401, 403, 404, 422, 429, 500, 503)), index, "templates:read"),
    Declared(Operation(
        "showTemplate", "get", PATH + "/{id}", "templates", ("Bir şablon", "One template"),
        ("Yayımlanmış bütün sürümleriyle: sınıfını kimin ne zaman beyan ettiği sürümle kalır.",
         "With every version that was published; the class that was declared stays with it."),
        200, ("Şablon.", "The template."), "Template",
        faults=(401, 403, 404, 422, 429, 500, 503)), show, "templates:read"),
    Declared(Operation(
        "previewTemplate", "post", PATH + "/{id}/preview", "templates",
        ("Şablonu doldurulmuş gör", "See a template filled in"),
        ("Kullanımdaki sürüm, verdiğiniz değerlerle ve mevzuatın eklettikleriyle; SMS’te parça ve "
         "tutar. Hiçbir şey gönderilmez, kimseye bakılmaz.",
         "The version in use with your values and what the law adds; of an SMS its segments and "
         "cost. Nothing is sent and nobody is looked up."),
        200, ("Doldurulmuş ileti.", "The message filled in."), "TemplatePreview",
        "TemplatePreviewIn", faults=(401, 403, 404, 413, 422, 429, 500, 503)),
        preview, "templates:read"),
)
