"""Calls for telephone systems and diallers: begin, hand over the recording, end, list (R-20, R-22).

Why this module exists: only the telephone system knows which number really rang, and has the
recording. A call it begins waits on the agents' screens, and its number counts as proven because
nobody typed it. What the person says is taken on the screen alone: a program that could answer for
them would need nobody on the line. The same request again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import select

from ileti.api import shapes
from ileti.api.desk import Answer, Call
from ileti.api.reading import body, query
from ileti.api.scoped import (
    Declared,
    brand_ids,
    page,
    place,
    retailer_codes,
    shows_addresses,
    spoken,
)
from ileti.api.shapes import ADDRESSES, BRANDS, LIMIT, SPAN, given, many, maybe, obj
from ileti.api.taking import KeyReused
from ileti.callcentre import calls, recordings, settle, steps
from ileti.callcentre.calls import CallNow
from ileti.callcentre.models import Call as CallRow
from ileti.callcentre.steps import NewCall, Who
from ileti.callcentre.vocabulary import Direction, Outcome, Said, Service, Step
from ileti.capture.api_document import Operation
from ileti.capture.limits import FORWARD, counters
from ileti.consents.momenttold import iso
from ileti.consents.vocabulary import Channel
from ileti.core import orm
from ileti.core.errors import CallerMistake, Conflict, FieldError, InvalidInput, NotFound
from ileti.evidence import vault
from ileti.evidence.kinds import SUFFIXES
from ileti.programs import deeds
from ileti.recipients.address import AddressError, parse_phone

PATH: Final = "/api/v1/calls"
_ONE: Final = PATH + "/{id}"
_DIRECTION: Final = {"type": "string", "enum": [one.name for one in Direction]}
_OUTCOME: Final = {"type": "string", "enum": [one.name for one in Outcome
                                              if one is not Outcome.LEFT_OPEN]}
_ANY_OUTCOME: Final = {"type": "string", "enum": [one.name for one in Outcome]}
_REFERENCE: Final = {"type": "string", "minLength": 1, "maxLength": steps.LONGEST_REFERENCE}
_SERVICE: Final = {"type": "string", "enum": [one.value for one in Service]}
_IN: Final = given(
    ("number",), brand=shapes.NUMBER, number=shapes.ADDRESS,
    direction=_DIRECTION | {"default": "INBOUND"}, reference=_REFERENCE, service=_SERVICE,
    language={"type": "string", "enum": ["tr", "en"], "default": "tr"})
_END: Final = given((), ending=_OUTCOME | {"default": "DONE"})
_LINK: Final = given(("link", "sha256"), link={
    "type": "string", "minLength": 1, "maxLength": recordings.LONGEST_LINK}, sha256=shapes.SHA)
_LISTED: Final[shapes.Declared] = LIMIT | ADDRESSES | BRANDS | SPAN | {
    "reference": (_REFERENCE, ("Santralin çağrı numarası.",
                               "The telephone system’s number for the call.")),
    "state": ({"type": "string", "enum": ["OPEN", "ENDED"]},
              ("Süren ya da biten.", "Open or ended.")),
    "recording": ({"type": "string", "enum": ["HERE", "MISSING"]},
                  ("Kaydı gelen ya da gelmeyen.", "With its recording, or without.")),
}


def start(call: Call) -> Answer:
    """``POST /calls``: the telephone rings."""
    key, said = call.idempotency_key, body(call, _IN)
    where, direction = call.place(said["brand"]), Direction[said["direction"]]
    if (direction is Direction.OUTBOUND) != (said["service"] is not None):
        raise InvalidInput(errors=(FieldError(
            "service", "invalid", "Arama nedeni giden çağrıda yazılır, gelen çağrıda yazılmaz "
            "(R-20).", "A reason belongs to an outbound call, and to no inbound one (R-20)."),))
    who = Who(account_id=call.caller.account_id, dealer_id=call.caller.dealer_id)
    try:
        number, again = steps.start(NewCall(
            place=where, number=_number(said["number"]), direction=direction, by_system=True,
            language=said["language"], key=key, reference=said["reference"]), who)
    except Conflict as error:
        if error.code == "key_reused":
            raise KeyReused() from None
        raise
    made = calls.load(number)
    if said["service"] is not None and not made.did(Step.SERVICE):
        made = steps.choose_service(made, 1, Service(said["service"]), who)
    return Answer(201, _shown(call, made),
                  (("Idempotent-Replayed", "true"),) if again else ())


def _number(text: str) -> str:
    try:
        return parse_phone(text)
    except AddressError as error:
        raise InvalidInput(errors=(
            FieldError("number", error.code, error.tr, error.en),)) from None


def index(call: Call) -> Answer:
    """``GET /calls``: newest first."""
    asked = query(call, _LISTED)
    full = shows_addresses(call, asked, "call:list")
    start_at, row = place(call, asked), CallRow
    wanted = select(row.id)
    if asked["brand"]:
        wanted = wanted.where(row.brand_id.in_(brand_ids(asked["brand"])))
    if asked["since"]:
        wanted = wanted.where(row.started_at >= shapes.midnight(asked["since"]))
    if asked["until"]:
        wanted = wanted.where(
            row.started_at < shapes.midnight(asked["until"] + timedelta(days=1)))
    if asked["reference"]:
        wanted = wanted.where(row.reference_mark == steps.mark_of(
            call.caller.provider_id, asked["reference"]))
    if asked["state"]:
        wanted = wanted.where(row.ended_at.is_(None) if asked["state"] == "OPEN"
                              else row.ended_at.is_not(None))
    if asked["recording"]:
        wanted = wanted.where(row.recording_at.is_(None) if asked["recording"] == "MISSING"
                              else row.recording_at.is_not(None))
    if start_at:
        wanted = wanted.where(row.id < int(start_at[0]))
    found = list(orm.db.session.scalars(
        wanted.order_by(row.id.desc()).limit(asked["limit"] + 1)))
    shown = {one["id"]: one for one in _told(
        call, calls.load_many(found[:asked["limit"]]), full=full)}
    made = page(call, asked, found, shown.get, lambda one: [one])
    made["items"] = [one for one in made["items"] if one]  # none that went out of sight meanwhile
    return Answer(200, made)


def show(call: Call) -> Answer:
    """``GET /calls/{id}``."""
    return Answer(200, _shown(call, _own(call)))


def link(call: Call) -> Answer:
    """``POST /calls/{id}/recording``: where the recording lies, with its SHA-256."""
    said = body(call, _LINK)
    return _recorded(call, recordings.attach_link(
        _own(call), said["link"], said["sha256"]))


def put(call: Call) -> Answer:
    """``PUT /calls/{id}/recording``: the recording itself as the body."""
    one = _own(call)
    if call.content_type.startswith("multipart/"):
        raise CallerMistake("Dosyanın kendisini gönderin, form olarak değil.",
                            "Send the file itself, not as a form.", code="multipart")
    if not call.body.tells_its_end:
        raise CallerMistake("Dosyanın Content-Length ya da Content-Digest başlığı gerekir.",
                            "A file needs Content-Length or Content-Digest.", code="bad_length")
    recordings.refuse_needless(one)
    if one.recording_at is not None:  # the same again is the same; another is not kept
        recordings.refuse_other(one, _digest(call.body.pieces(call.caller.account_id)))
        return _recorded(call, one)
    file = vault.put(call.caller.provider_id, call.body.pieces(call.caller.account_id),
                     f"cagri-{one.id}")
    return _recorded(call, recordings.attach_file(one, file, by=None))


def _digest(pieces: Iterable[bytes]) -> bytes:
    found = sha256()
    for piece in pieces:
        found.update(piece)
    return found.digest()


def _recorded(call: Call, made: CallNow) -> Answer:
    deeds.note(call.caller, "call:recording", f"call:{made.id}", call.address,
               kept="vault" if made.recording_file is not None else "link")
    counters.bell(FORWARD)
    return Answer(200, _shown(call, made))


def end(call: Call) -> Answer:
    """``POST /calls/{id}/end``: the line is down. Ended before stays as it was ended."""
    said = body(call, _END)
    one = _own(call)
    if one.ended_at is None:
        one = steps.end(one, Outcome[said["ending"]], Who(account_id=call.caller.account_id))
    return Answer(200, _shown(call, one))


def _own(call: Call) -> CallNow:
    text = call.named["id"]
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound("Böyle bir çağrı yok.", "There is no such call.", code="no_such_call")
    return calls.load(int(text))


def _shown(call: Call, one: CallNow) -> dict[str, Any]:
    return _told(call, [one], full=False)[0]


def _told(call: Call, some: Sequence[CallNow], *, full: bool) -> list[dict[str, Any]]:
    numbers, retailers = calls.numbers_of(some), retailer_codes(one.dealer_id for one in some)
    own = call.caller.dealer_id
    return [_one(one, spoken(numbers[one.id], full=full), retailers.get(one.dealer_id or 0)
                 if own in (None, one.dealer_id) else None) for one in some]


def _one(one: CallNow, number: str | None, retailer: int | None) -> dict[str, Any]:
    yes = [each for each in one.did(Step.ANSWER)
           if each.said is Said.YES and one.answer(each.text_id or 0) == each]
    due = settle.due_of(one, yes[0].at) if yes and one.recording_at is None else None
    return {
        "id": one.id, "brand": one.place.brand_code, "retailerCode": retailer,
        "direction": one.direction.name, "number": number,
        "startedAt": iso(one.started_at), "endedAt": iso(one.ended_at) if one.ended_at else None,
        "ending": Outcome(one.outcome).name if one.outcome else None,
        "taken": one.agent_id is not None, "noticeHeard": bool(one.did(Step.NOTICE)),
        "consents": [{"channel": each.channel.name if each.channel else None,
                      "saidAt": iso(each.at), "proven": each.verified_at is not None}
                     for each in yes],
        "recording": None if one.recording_sha256 is None or one.recording_at is None else {
            "sha256": one.recording_sha256.hex(), "at": iso(one.recording_at),
            "kept": "VAULT" if one.recording_file is not None else "LINK"},
        "recordingDueAt": iso(due) if due else None, "screen": f"/cagri/{one.id}"}


_CALL: Final = obj(
    id=shapes.WHOLE, brand=maybe(shapes.WHOLE), retailerCode=maybe(shapes.WHOLE),
    direction=_DIRECTION, number=maybe(shapes.TEXT), startedAt=shapes.MOMENT,
    endedAt=maybe(shapes.MOMENT), ending=maybe(_ANY_OUTCOME), taken=shapes.BOOL,
    noticeHeard=shapes.BOOL, consents=many(obj(
        channel=maybe({"type": "string", "enum": [one.name for one in Channel]}),
        saidAt=shapes.MOMENT, proven=shapes.BOOL)),
    recording=maybe(obj(sha256=shapes.SHA, at=shapes.MOMENT,
                        kept={"type": "string", "enum": ["VAULT", "LINK"]})),
    recordingDueAt=maybe(shapes.MOMENT), screen=shapes.TEXT)
_AT: Final = "2026-11-30T10:00:00.000+03:00"
_EXAMPLE: Final = {
    "id": 81, "brand": 731_204, "retailerCode": None, "direction": "INBOUND",
    "number": "0599 ••• •• 17", "startedAt": _AT, "endedAt": None, "ending": None, "taken": True,
    "noticeHeard": True, "consents": [{"channel": "MESAJ", "saidAt": _AT, "proven": False}],
    "recording": None, "recordingDueAt": "2026-12-03T23:59:59.000+03:00", "screen": "/cagri/81"}
SCHEMAS: Final = {"Call": _CALL, "Calls": shapes.page(_CALL), "CallIn": _IN, "CallEndIn": _END,
                  "RecordingIn": _LINK}
EXAMPLES: Final[dict[str, Any]] = {
    "Call": _EXAMPLE, "Calls": {"items": [_EXAMPLE], "next": None},
    "CallIn": {"brand": 731_204, "number": "0599 213 41 17", "reference": "SANTRAL-2026-81"},
    "CallEndIn": {"ending": "DONE"},
    "RecordingIn": {"link": "https://santral.ornek.com.tr/kayit/81.wav", "sha256": "4b1e" * 16}}
_ALL: Final = (401, 403, 404, 422, 429, 500, 503)
_WRITES: Final = (401, 403, 404, 409, 413, 422, 429, 500, 503)
_DIGEST: Final[shapes.Declared] = {
    "Content-Digest": (shapes.TEXT, ("`sha-256=:…:` (RFC 9530). Gelen veri bununla denetlenir.",
                                     "`sha-256=:…:` (RFC 9530). What comes is checked with it."))}
SERVICES: Final = (
    Declared(Operation(
        "startCall", "post", PATH, "calls", ("Çağrı başlat", "Begin a call"),
        ("Santralin gördüğü numara kanıtlı sayılır; çağrı, görevlilerin ekranında bekler "
         "(`screen`). Giden çağrı, sağlayıcı açmışsa ve nedeniyle başlar (R-20). Yanıtlar yalnız "
         "ekranda alınır.",
         "The number the telephone system saw counts as proven; the call waits on the agents’ "
         "screens (`screen`). An outbound call begins with its reason, where the provider allowed "
         "it (R-20). Answers are taken on the screen alone."), 201,
        ("Çağrı başladı.", "The call has begun."), "Call", "CallIn", headers=shapes.IDEMPOTENT,
        needed=("Idempotency-Key",), faults=_WRITES), start, "calls:write"),
    Declared(Operation(
        "listCalls", "get", PATH, "calls", ("Çağrılar", "Calls"),
        ("Yenisi önce; söylenenler ve ses kaydının durumu ile.",
         "Newest first; with what was said and the state of the recording."), 200,
        ("Bir sayfa.", "A page."), "Calls", query=_LISTED, faults=_ALL), index, "calls:read"),
    Declared(Operation(
        "showCall", "get", _ONE, "calls", ("Bir çağrı", "One call"), ("", ""), 200,
        ("Çağrı.", "The call."), "Call", faults=_ALL), show, "calls:read"),
    Declared(Operation(
        "linkRecording", "post", _ONE + "/recording", "calls",
        ("Ses kaydını bağla", "Link the recording"),
        ("Kayıt santralde kalır; bağlantısı ve SHA-256 özeti kanıta girer. Onay, kaydı üç iş günü "
         "içinde gelirse geçerli olur (R-33). Aynısı yeniden gönderilebilir.",
         "The recording stays at the telephone system; its link and SHA-256 go into the proof. A "
         "consent counts when its recording is here within three business days (R-33). The same "
         "may be sent again."), 200, ("Bağlandı.", "It is linked."), "Call", "RecordingIn",
        faults=_WRITES), link, "calls:write"),
    Declared(Operation(
        "putRecording", "put", _ONE + "/recording", "calls",
        ("Ses kaydını gönder", "Send the recording"),
        ("Gövde ses dosyasının kendisidir; kanıt kasasında mühürlü saklanır.",
         "The body is the sound file itself; it is kept sealed in the vault."), 200,
        ("Kayıt kasada.", "It is in the vault."), "Call", headers=_DIGEST,
        takes=tuple(sorted({*(one for one in SUFFIXES if one.startswith("audio/")),
                            "application/octet-stream"})),
        faults=(400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 503)), put, "calls:write"),
    Declared(Operation(
        "endCall", "post", _ONE + "/end", "calls", ("Çağrıyı bitir", "End the call"),
        ("Numara ve ad çağrıdan silinir; alınan onay aynı gün kişiye bildirilir (R-10).",
         "Number and name leave the call; the person is told of a consent the same day (R-10)."),
        200, ("Bitti.", "It is over."), "Call", "CallEndIn", bodiless=True, faults=_WRITES),
        end, "calls:write"),
)
