"""Notices and explicit consents for programs: shown, read, given and withdrawn (R-57 … R-62).

Why this module exists: a form of the company's own, or its call-centre software, takes these acts
on our texts. The rules are those of the desk (:mod:`ileti.kvkk.desk`): the notice comes before a
consent and in the same call (R-60), the texts are those on show, a withdrawal needs nothing but the
word (R-62) and works at once. An act is never tied to a commercial consent (R-58).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from ileti.api import shapes
from ileti.api.desk import Answer, Call
from ileti.api.item import of_address
from ileti.api.reading import body, query
from ileti.api.scoped import (
    Declared,
    brand_codes,
    brand_ids,
    page,
    place,
    retailer_codes,
    shows_addresses,
    spoken,
)
from ileti.api.shapes import ADDRESSES, BRANDS, LIMIT, SPAN, given, many, maybe, obj
from ileti.api.taking import KeyReused, body_mark, idem_of
from ileti.capture.api_document import Operation
from ileti.consents.ledger import ActorKind, NewSubmission, Place, submission_of
from ileti.consents.momenttold import iso
from ileti.consents.numbers import receipt_number, record_number
from ileti.consents.vocabulary import Source, Standing
from ileti.core import clock, db, orm
from ileti.core.errors import Conflict, FieldError, InvalidInput
from ileti.core.secrets import secrets
from ileti.documents.vocabulary import NOTICE, ONE_PURPOSE
from ileti.kvkk import listing
from ileti.kvkk.desk import Text
from ileti.kvkk.ledger import NewAct, record
from ileti.kvkk.models import KvkkEntry
from ileti.kvkk.vocabulary import Act, Extent
from ileti.kvkk.withdrawal import Withdrawer, withdraw
from ileti.recipients.address import AddressError, parse_address
from ileti.tenancy import scope

PATH: Final = "/api/v1/acts"
OLDEST: Final = timedelta(days=400)
_ACT: Final = {"type": "string", "enum": [one.name for one in Act]}
_EXTENT: Final = {"type": "string", "enum": [one.name for one in Extent], "default": "UNKNOWN"}
_IN: Final = given(
    ("address", "source"), address=shapes.ADDRESS, brand=shapes.NUMBER,
    source=shapes.OWN_SOURCE, at=shapes.MOMENT,
    name={"type": "string", "minLength": 1, "maxLength": 120},
    notice=given(("textId",), textId=shapes.NUMBER, extent=_EXTENT,
                 read={"type": "boolean", "default": False}),
    answers=many(given(("textId", "given"), textId=shapes.NUMBER, given={"type": "boolean"}),
                 maxItems=20))
_LISTED: Final[shapes.Declared] = LIMIT | ADDRESSES | BRANDS | SPAN | {
    "act": (many(_ACT), ("Olaylar, virgülle.", "Acts, with commas.")),
    "document": (many(shapes.NUMBER), ("Metinler, virgülle.", "Texts, with commas.")),
}


def index(call: Call) -> Answer:
    """``GET /acts``: newest first."""
    asked = query(call, _LISTED)
    full = shows_addresses(call, asked, "kvkk:list")
    start, one = place(call, asked), KvkkEntry
    wanted = listing.question(listing.Wanted(
        acts=[int(Act[name]) for name in asked["act"]], documents=asked["document"],
        brands=brand_ids(asked["brand"]), since=asked["since"], until=asked["until"]))
    if start:
        wanted = wanted.where(one.id < int(start[0]))
    rows = list(orm.db.session.scalars(wanted.order_by(one.id.desc()).limit(asked["limit"] + 1)))
    people = listing.addresses((row.provider_id, row.recipient_id) for row in rows
                               if row.recipient_id is not None)
    codes, dealers = brand_codes(), retailer_codes(row.dealer_id for row in rows)
    own = scope.current().dealer_id
    return Answer(200, page(call, asked, rows, lambda row: {
        "record": record_number(row.id), "act": Act(row.act).name,
        "extent": Extent(row.extent).name, "brand": codes.get(row.brand_id),
        "address": spoken(people.get((row.provider_id, row.recipient_id or 0)), full=full),
        "document": row.document_id, "textId": row.text_id, "source": Source(row.source).name,
        "verified": row.standing == Standing.VERIFIED, "at": iso(row.act_at),
        "recordedAt": iso(row.captured_at), "commitment": bytes(row.leaf).hex(),
        "retailerCode": dealers.get(row.dealer_id or 0) if own in (None, row.dealer_id) else None},
        lambda row: [row.id]))


def take(call: Call) -> Answer:
    """``POST /acts``: what a person was shown, read, gave or withdrew."""
    key, said = call.idempotency_key, body(call, _IN)
    where = call.place(said["brand"])
    address = _address(said["address"])
    at, idem = _moment(said["at"]), idem_of(call, f"acts:{key}")
    repeated = submission_of(where.provider_id, idem) is not None
    acts = _acts(said, _texts(where, said, None if repeated else at), address, at)
    try:
        done, recorded = record(NewSubmission(
            place=where, idem=idem, body_hash=body_mark(call, {**said, "at": str(said["at"])}),
            source=Source[said["source"]], standing=Standing.VERIFIED, items=(),
            actor=ActorKind.API, actor_id=call.caller.account_id,
            dealer_id=call.caller.dealer_id, evidence={
                "kind": "api", "key": call.caller.key_id,
                "texts": [{"document": one.document_id, "id": one.text_id, "hash": one.text_hash}
                          for one in acts]},
            person={"name": said["name"]} if said["name"] else None), acts)
    except Conflict:
        raise KeyReused() from None
    _carry_out(call, where, address, acts, done.captured_at, Source[said["source"]])
    return Answer(201, {
        "receipt": receipt_number(done.submission_id), "recordedAt": iso(done.captured_at),
        "records": [{"record": record_number(one.entry_id), "act": new.act.name,
                     "textId": new.text_id, "commitment": one.leaf.hex()}
                    for new, one in zip(acts, recorded, strict=True)]},
        (("Idempotent-Replayed", "true"),) if done.replay else ())


# What a person can have been shown at a moment: in force, and neither taken off nor followed by a
# newer version for longer than pages are kept. A ground other than consent asks for none.
_SHOWN: Final = """
select d.id, v.id, d.kind, v.title, v.body, encode(v.content_hash, 'hex'),
       %(at)s::timestamptz is null or (
           v.effective_from <= %(at)s + interval '1 second'
           and (d.kind = %(notice)s or asks_consent(d.kind, v.purposes))
           and not exists (select from document_event e
                            where e.document_id = d.id and e.kind = 'RETIRED'
                              and e.at >= v.published_at and e.at <= %(at)s - %(kept)s)
           and not exists (select from document_version w
                            where w.document_id = d.id and w.language = v.language
                              and w.version > v.version
                              and w.effective_from <= %(at)s - %(kept)s))
  from document_version v join document d on d.id = v.document_id
 where d.provider_id = %(provider)s and (d.brand_id is null or d.brand_id = %(brand)s)
   and v.id = any(%(named)s)"""
_KEPT: Final = timedelta(days=1)


@dataclass(frozen=True)
class _Version:
    """A version that is named; ``shown``: it can have been, at that moment."""

    text: Text
    shown: bool


def _texts(where: Place, said: Mapping[str, Any], at: datetime | None) -> dict[int, _Version]:
    """The versions that are named, and whether a person can have seen them at that moment; None: it
    is a repeat, which was judged when it came first."""
    named = [one["textId"] for one in (said["answers"] or [])]
    named += [said["notice"]["textId"]] if said["notice"] else []
    rows = db.connection().execute(_SHOWN, {
        "at": at, "kept": _KEPT, "notice": NOTICE, "provider": where.provider_id,
        "brand": where.brand_id, "named": named}).fetchall()
    return {row[1]: _Version(Text(*row[:6]), bool(row[6])) for row in rows}


def _acts(said: Mapping[str, Any], texts: Mapping[int, _Version], address: str, at: Any
          ) -> list[NewAct]:
    """The acts, each on its version; raises InvalidInput naming what is wrong. One takes a consent
    back on whatever text it was given."""
    faults: list[FieldError] = []
    acts: list[NewAct] = []
    notice = said["notice"]
    if notice is not None:
        one = texts.get(notice["textId"])
        text = one.text if one else None
        if one is None or text is None or text.kind != NOTICE:
            faults.append(_fault("notice.textId", "no_such_text"))
        elif not one.shown:
            faults.append(_fault("notice.textId", "not_on_show"))
        else:
            acts.append(NewAct(text.document_id, text.id, text.hash,
                               Act.READ if notice["read"] else Act.SHOWN, at,
                               Extent[notice["extent"]], address))
    for answer in said["answers"] or []:
        one = texts.get(answer["textId"])
        text = one.text if one else None
        if one is None or text is None or text.kind not in ONE_PURPOSE:
            faults.append(_fault("answers", "no_such_text"))
        elif answer["given"] and not one.shown:
            faults.append(_fault("answers", "not_on_show"))
        else:
            acts.append(NewAct(text.document_id, text.id, text.hash,
                               Act.GIVEN if answer["given"] else Act.WITHDRAWN, at,
                               Extent.UNKNOWN, address))
    if len({one.document_id for one in acts}) < len(acts):
        faults.append(_fault("answers", "repeated"))
    if any(one.act is Act.GIVEN for one in acts) and notice is None:
        faults.append(_fault("notice", "not_told"))
    if any(one.act is Act.GIVEN for one in acts) and not (said["name"] or "").strip():
        faults.append(_fault("name", "missing"))
    if not acts and not faults:
        faults.append(_fault("answers", "missing"))
    if faults:
        raise InvalidInput(errors=tuple(faults))
    return acts


_SAID: Final = {
    "no_such_text": ("Markanın böyle bir metni yok.", "The brand has no such text."),
    "not_on_show": ("Bu metin o anda gösterilmiyordu ya da rıza istemiyor.",
                    "This text was not on show at that moment, or asks for no consent."),
    "repeated": ("Bir metin bir kez yanıtlanır.", "A text is answered once."),
    "not_told": ("Rızadan önce aydınlatma metnini gösterin (R-60).",
                 "Show the notice before a consent (R-60)."),
    "missing": ("Bu alan gerekli.", "This field is needed."),
    "invalid": ("Geçmiş, yakın bir an yazın.", "Write a moment that has passed, not long ago."),
}


def _fault(name: str, code: str) -> FieldError:
    return FieldError(name, code, *_SAID[code])


def _address(text: str) -> str:
    try:
        return parse_address(text).value
    except AddressError as error:
        raise InvalidInput(errors=(
            of_address(error),)) from None


def _moment(said: Any) -> Any:
    now = clock.now()
    if said is None:
        return clock.whole_second(now)
    if not now - OLDEST < said <= now:
        raise InvalidInput(errors=(_fault("at", "invalid"),))
    return clock.whole_second(said)


def _carry_out(call: Call, where: Place, address: str, acts: list[NewAct], until: Any,
               source: Source) -> None:
    """Let the word hold at once for what had been given until then; a dealer's program takes back
    what its dealer took (the company carries out the rest)."""
    documents = [one.document_id for one in acts if one.act is Act.WITHDRAWN]
    if not documents:
        return
    row = db.connection().execute(
        "select id from recipient where provider_id = %s and addr_hash = %s",
        (where.provider_id, secrets().addresses.of(where.provider_id, address))).fetchone()
    if row is None:
        return
    withdraw(Withdrawer(
        place=where, recipient_id=row[0], address=address, source=source, actor=ActorKind.API,
        actor_id=call.caller.account_id, dealer_id=call.caller.dealer_id,
        taken_by=call.caller.dealer_id, given_by=until, key=f"api{call.caller.account_id}",
        evidence={"kind": "api", "key": call.caller.key_id}), documents)


_ENTRY: Final = obj(
    record=shapes.RECORD, act=_ACT, extent={"type": "string", "enum": [e.name for e in Extent]},
    brand=maybe(shapes.WHOLE), address=maybe(shapes.TEXT), document=shapes.WHOLE,
    textId=shapes.WHOLE, source=shapes.SOURCE, verified=shapes.BOOL, at=shapes.MOMENT,
    recordedAt=shapes.MOMENT, commitment=shapes.SHA, retailerCode=maybe(shapes.WHOLE))
_AT: Final = "2026-11-30T10:00:00.000+03:00"
SCHEMAS: Final = {
    "Acts": shapes.page(_ENTRY), "ActsIn": _IN,
    "ActsTaken": obj(receipt=shapes.TEXT, recordedAt=shapes.MOMENT, records=many(obj(
        record=shapes.RECORD, act=_ACT, textId=shapes.WHOLE, commitment=shapes.SHA)))}
EXAMPLES: Final[dict[str, Any]] = {
    "Acts": {"items": [{
        "record": "IZN-7Q2D-0K4M-XW81", "act": "GIVEN", "extent": "UNKNOWN", "brand": 731_204,
        "address": "0599 ••• •• 17", "document": 4, "textId": 17, "source": "HS_WEB",
        "verified": True, "at": _AT, "recordedAt": _AT, "commitment": "4b1e" * 16,
        "retailerCode": None}], "next": None},
    "ActsIn": {"address": "0599 213 41 17", "source": "HS_WEB", "name": "Ayşe Örnek",
               "notice": {"textId": 12, "extent": "TO_THE_END", "read": True},
               "answers": [{"textId": 17, "given": True}]},
    "ActsTaken": {"receipt": "MKB-7Q2D-0K4M-XW81", "recordedAt": _AT, "records": [
        {"record": "IZN-7Q2D-0K4M-XW81", "act": "READ", "textId": 12, "commitment": "4b1e" * 16},
        {"record": "IZN-0K4M-7Q2D-XW82", "act": "GIVEN", "textId": 17,
         "commitment": "9f2c" * 16}]},
}
_IDEM: Final = {"Idempotency-Key": ({"type": "string", "pattern": "^[!-~]{1,80}$"},
                                    ("Bu isteğin anahtarı: yinelemede aynısı.",
                                     "This request’s key: the same when repeated."))}
SERVICES: Final = (
    Declared(Operation(
        "listActs", "get", PATH, "acts", ("Olayları listele", "List the acts"),
        ("Gösterilen ve okunan aydınlatmalar, verilen ve geri alınan açık rızalar.",
         "Notices shown and read, explicit consents given and withdrawn."), 200,
        ("Bir sayfa.", "A page."), "Acts", query=_LISTED,
        faults=(401, 403, 404, 422, 429, 500, 503)), index, "acts:read"),
    Declared(Operation(
        "takeActs", "post", PATH, "acts", ("Olay kaydet", "Record acts"),
        ("Metinlerin `textId` değeri `/documents` yanıtındadır. Açık rıza, aydınlatmayla aynı "
         "çağrıda alınır (R-60); `given: false` rızayı geri alır ve hemen geçerlidir (R-62).",
         "The `textId` of texts is in the answer of `/documents`. An explicit consent comes with "
         "the notice in one call (R-60); `given: false` withdraws it and works at once (R-62)."),
        201, ("Kaydedildi.", "Recorded."), "ActsTaken", "ActsIn", headers=_IDEM,
        needed=("Idempotency-Key",), faults=(401, 403, 404, 413, 422, 429, 500, 503)),
        take, "acts:write"),
)
