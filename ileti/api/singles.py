"""Single messages for programs: an order notice, a reminder (R-01 to R-04, R-36).

Why this module exists: a shop's software knows when the parcel left. It names a published template
and the values, or brings the words and says what they are; it gets back what the panel shows of
every message, and asks for it again by its number. What the gate does not let is refused at once,
and once more when the message leaves. The same request again is the message that stands.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from ileti.api import shapes, texts
from ileti.api.desk import Answer, Call
from ileti.api.reading import body, query
from ileti.api.scoped import Declared
from ileti.api.shapes import IDEMPOTENT, given, many
from ileti.api.taking import body_mark, idem_of
from ileti.capture.api_document import Operation
from ileti.capture.limits import MESSAGES, counters
from ileti.consents.ledger import Place
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core.errors import FieldError, InvalidInput
from ileti.recipients.address import AddressError, parse_email, parse_phone
from ileti.singles import taking
from ileti.singles.taking import CHANNELS, Wish
from ileti.templates.vocabulary import MessageClass, Occasion
from ileti.templates.written import LONGEST, LONGEST_TAG, MOST_TAGS, Content, read

_MOST_VALUES: Final = 64
_WORDS: Final = ("messageClass", "subject", "text", "html", "reason", "terms", "ends", "tags",
                 "occasion")


def _text(most: int) -> shapes.Schema:
    return {"type": "string", "minLength": 1, "maxLength": most}


_IN: Final = given(
    ("channel", "address"), brand=shapes.NUMBER,
    channel={"type": "string", "enum": [one.name for one in CHANNELS]}, address=shapes.ADDRESS,
    recipientType=shapes.KIND | {"default": "BIREYSEL"},
    template=shapes.NUMBER, values={"type": "object", "maxProperties": _MOST_VALUES},
    messageClass={"type": "string", "enum": [one.code for one in MessageClass]},
    subject=_text(LONGEST["subject"]), text=_text(LONGEST["body"]), html=_text(LONGEST["html"]),
    reason=_text(LONGEST["reason"]), reference=_text(LONGEST["reference"]),
    terms=_text(LONGEST["terms"]), ends=shapes.DAY,
    tags=many(_text(LONGEST_TAG), maxItems=MOST_TAGS),
    occasion={"type": "string", "enum": [one.value for one in Occasion]},
    sender=_text(16),
    validMinutes={"type": "integer", "minimum": int(taking.SHORTEST.total_seconds() // 60),
                  "maximum": int(taking.LONGEST.total_seconds() // 60),
                  "default": int(taking.USUAL.total_seconds() // 60)})


def send(call: Call) -> Answer:
    """``POST /messages``: one message to one person."""
    query(call, {})
    key, asked = call.idempotency_key, body(call, _IN)
    mark = body_mark(call, asked)
    where, channel = call.place(asked["brand"]), Channel[asked["channel"]]
    address = _address(asked["address"], channel)
    wish = Wish(
        where.provider_id, where.brand_id, channel, address,
        _content(asked, channel, where, call.caller.dealer_id),
        template_id=asked["template"], values=_values(asked["values"]),
        reference=asked["reference"] or "",
        recipient_type=RecipientType[asked["recipientType"]], sender=asked["sender"],
        valid=timedelta(minutes=asked["validMinutes"]), account_id=call.caller.account_id,
        dealer_id=call.caller.dealer_id,
        idem=idem_of(call, key), mark=mark.hex())
    done = taking.accept(wish)
    counters.bell(MESSAGES)
    return Answer(201, texts.one_message(call, done.message_id),
                  (("Idempotent-Replayed", "true"),) if done.again else ())


def _address(text: str, channel: Channel) -> str:
    try:
        return parse_email(text) if channel is Channel.EPOSTA else parse_phone(text)
    except AddressError as error:
        raise InvalidInput(errors=(
            FieldError("address", error.code, error.tr, error.en),)) from None


def _content(asked: dict[str, Any], channel: Channel, where: Place, dealer_id: int | None
             ) -> Content:
    """A template's version in use, or the words that came. Raises InvalidInput for both or none."""
    typed = [name for name in _WORDS if asked[name] is not None and asked[name] != []]
    if asked["template"] is not None:
        if typed:
            raise InvalidInput(errors=tuple(FieldError(
                name, "with_template", "Şablonla birlikte yazılmaz; şablon bunu söyler.",
                "Not written beside a template, which says it.") for name in typed))
        return taking.of_template(asked["template"], where.provider_id, where.brand_id, dealer_id)
    if asked["text"] is None and asked["html"] is None:
        raise InvalidInput(errors=(FieldError(
            "text", "missing", "Şablonun numarasını ya da metni yazın.",
            "Write a template’s number, or the text."),))
    ends = asked["ends"]
    return replace(read(channel, {
        "class": asked["messageClass"] or MessageClass.COMMERCIAL.code,
        "subject": asked["subject"] or "", "body": asked["text"] or "",
        "html": asked["html"] or "", "reason": asked["reason"] or "",
        "reference": asked["reference"] or "", "terms": asked["terms"] or "",
        "occasion": asked["occasion"] or "", "tags": asked["tags"] or []}), ends=ends)


def _values(said: Any) -> dict[str, str]:
    given_ = said or {}
    wrong = tuple(FieldError(f"values.{name[:60]}", "wrong_type", "Metin olmalı.", "Must be text.")
                  for name, value in given_.items() if not isinstance(value, str))
    if wrong:
        raise InvalidInput(errors=wrong)
    return dict(given_)


SCHEMAS: Final = {"SingleMessageIn": _IN}
EXAMPLES: Final[dict[str, Any]] = {"SingleMessageIn": {
    "channel": "MESAJ", "address": "0599 123 45 67", "messageClass": "SATIN_ALMA_TESLIMAT",
    "reason": "Verilmiş siparişin teslimatı", "reference": "SP-10482",
    "text": "SP-10482 numarali siparisiniz kargoya verildi."}}
SERVICES: Final = (
    Declared(Operation(
        "sendMessage", "post", texts.MESSAGES, "sending", ("Tek ileti gönder", "Send one message"),
        ("Sipariş bildirimi gibi, bir kişiye bir ileti. Yayındaki bir şablonu (`template`) ya da "
         "metnin kendisini yazın. `messageClass` yazılmazsa ileti ticaridir ve İYS’de kayıtlı izin "
         "ister; istisnada neden (`reason`) gerekir ve beyanınızla saklanır (R-04). Kapı hem şimdi "
         "hem gönderim anında sorulur (R-36): izin yoksa 422 `not_permitted`. Ticari ileti 09:00–"
         "21:00 arasında gider; `validMinutes` içinde gidemeyen gönderilmez. "
         "Bayinin hesabı, marka izin veriyorsa, kaydı olan kişilere gönderir; istisna için yalnız "
         "şablonla.",
         "One message to one person, as an order notice. Name a published template (`template`) or "
         "write the words. Without `messageClass` it is commercial and needs a consent registered "
         "at İYS; an exempt one needs its `reason`, kept with your declaration (R-04). The gate is "
         "asked now and again when it goes (R-36): without a consent 422 `not_permitted`. A "
         "commercial one goes between 09:00 and 21:00; what cannot go within `validMinutes` is not "
         "sent. A dealer’s account sends, where the brand lets it, to people it has a record of; "
         "exempt ones by a template alone."),
        201, ("İleti alındı; gönderilecek.", "The message was taken and will be sent."),
        "Message", "SingleMessageIn", headers=IDEMPOTENT, needed=("Idempotency-Key",),
        faults=(401, 403, 404, 413, 422, 429, 500, 503)), send, "messages:send"),
)
