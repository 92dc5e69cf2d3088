"""Choices taken without network come in: opened, dated, judged, recorded once or kept for a person.

Why this module exists: the person is long gone when a choice arrives, so nothing may be asked again
and nothing may be lost. Every item has a name of the device's making, which is the ledger's key: as
often as it comes, it is recorded once. What can be recorded is; what the law or the proof does not
carry is kept whole and shown to a person (:mod:`ileti.capture.kioskheld`); what was not sealed for
us is left on the device and said so; what would only be too early is asked for again. An item never
fails for its neighbours.

The version that was on show counts when it was published at the moment of the tick, also when it
was retired before the device came back (R-17, R-23). A page that ended later does not undo what was
given on it. The address is proven afterwards by its own link (R-11, R-21).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

import msgspec

from ileti.capture import forms, formtoken, kioskheld, kioskpack, kioskseal, linkverify
from ileti.capture.forms import Accepted, ChannelWord, ChoiceIn, SubmissionIn, Visitor
from ileti.capture.kioskheld import Held
from ileti.capture.kioskseal import Sealed
from ileti.capture.kiosktime import Bounds, Moment, Offset, true_moment
from ileti.capture.limits import MESSAGES, counters
from ileti.capture.privacy import NoticeIn, PrivacyIn
from ileti.capture.receipts import receipt_number
from ileti.capture.sites import Site
from ileti.capture.submit import record_accepted
from ileti.consents.ledger import hash_body
from ileti.core import clock, db
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import CallerMistake, Gone, InvalidInput, NotAllowed, TryLater
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.evidence.leaf import iso_utc

log = get_logger("ileti.capture")

#: items of one request
MOST: Final = 40
_AGES: Final = timedelta(days=400)
_LATER: Final = 60
#: a document's number is the database's integer
_MOST_DOCUMENTS: Final = 2**31 - 1
#: milliseconds: the year 2200, so that no number of a device is an error
_LATEST: Final = 7_258_118_400_000


class StampIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One moment, counted steadily and by the device's clock (milliseconds on our clock)."""

    t: int
    w: int


class TickIn(StampIn, forbid_unknown_fields=True, frozen=True):
    """A ticked box: a channel's word, or the number of an explicit consent's document; anything
    else was never on a page of ours, and is refused before it means anything."""

    box: ChannelWord | Annotated[int, msgspec.Meta(ge=1, le=_MOST_DOCUMENTS)]


class SaidIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What lies in a seal. ``form`` and ``time`` are our own tokens, ``offset`` by how many
    milliseconds the device's clock was ahead of ours at that contact."""

    form: str
    time: str
    offset: int
    shown: StampIn
    sent: StampIn
    ticks: list[TickIn]
    notice: StampIn | None = None
    extent: Literal["linked", "opened", "to_the_end"] = "linked"
    name: str = ""
    phone: str = ""
    email: str = ""


class BatchIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of ``POST /q/{link}/items``; ``wall``: the device's clock, in milliseconds;
    ``peak``: what it would show had nobody set it back since the last contact."""

    wall: int
    items: list[Sealed]
    peak: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """The kiosk as it stands when something comes from it."""

    site: Site
    ended_at: datetime | None
    takes: bool
    visitor: Visitor


@dataclass(frozen=True, slots=True)
class _Item:
    """An opened item with what is proven about its time."""

    name: str
    clear: bytes
    said: SaidIn
    shown: formtoken.Shown
    token: dict[str, Any]
    bounds: Bounds
    moment: Moment
    moments: dict[str, Moment]


def take(page: Page, batch: BatchIn) -> list[dict[str, Any]]:
    """Take items one by one; an answer for each, in order: ``recorded`` (the device forgets it),
    ``held`` (a person looks; the device forgets it), ``unreadable`` (it stays there), ``wait``."""
    wall, peak = (min(max(one, 0), _LATEST) for one in (batch.wall, batch.peak))
    offset = Offset(wall - int(clock.now().timestamp() * 1_000), max(0, peak - wall))
    return [_answered(page, one, offset) for one in batch.items[:MOST]]


def _answered(page: Page, sealed: Sealed, offset: Offset) -> dict[str, Any]:
    try:
        counters.check("k", page.site.id, page.visitor.address)
        return {"id": sealed.id} | _take_one(page, sealed, offset)
    except (CannotDecrypt, NotAllowed, Gone, msgspec.DecodeError) as error:
        counters.note("kiosk_unreadable")
        log.warning("kiosk_unreadable", site=page.site.id, why=type(error).__name__)
        return {"id": sealed.id, "state": "unreadable"}
    except TryLater as error:
        return {"id": sealed.id, "state": "wait", "after": error.retry_after or _LATER}
    except Exception:
        log.exception("kiosk_fault", site=page.site.id)
        return {"id": sealed.id, "state": "wait", "after": _LATER}


def _take_one(page: Page, sealed: Sealed, offset: Offset) -> dict[str, Any]:
    if kioskheld.known(page.site.id, sealed.id):
        return {"state": "held"}
    clear = kioskseal.unseal(page.site.id, sealed)
    item = open_item(page, sealed.id, clear, clock.now(), offset)
    reach("kiosk.opened")
    # a replay then, whatever the hour says by now
    before = kioskheld.submission_of(page.site, sealed.id)
    why = None if before else _why_not(page, item)
    if why is None:
        try:
            return _record_once(page, item)
        except InvalidInput as error:
            why = "overdue" if any(one.code == "H467" for one in error.errors) else "invalid"
    kioskheld.hold(page.site, Held(
        item.name, why, item.moment, item.bounds, offset, clear,
        addresses=tuple(one for one in (item.said.phone, item.said.email) if one.strip())))
    return {"state": "held"}


def open_item(page: Page, name: str, clear: bytes, arrival: datetime, offset: Offset) -> _Item:
    """Read a clear item and date it. Raises msgspec's DecodeError for what no page of ours sealed,
    NotAllowed and Gone for tokens that are not ours or of a time long past."""
    said = msgspec.json.decode(clear, type=SaidIn)
    shown, handed_out, token = kioskpack.shown_of(page.site, said.form)
    contact = max(handed_out, kioskpack.contact_of(page.site, said.time))
    drift = min(max(offset.now - said.offset, -_LATEST), _LATEST)
    bounds = Bounds(contact, arrival, timedelta(milliseconds=drift),
                    timedelta(milliseconds=offset.back))
    moments = {str(one.box): true_moment(one.t, one.w, bounds) for one in said.ticks}
    sent = true_moment(said.sent.t, said.sent.w, bounds)
    first = min(moments.values(), key=lambda one: one.at, default=sent)
    outside = [one for one in (*moments.values(), sent) if not one.inside]
    return _Item(name, clear, said, shown, token, bounds, outside[0] if outside else first, moments)


def _why_not(page: Page, item: _Item) -> str | None:
    """What keeps an item from being recorded without anybody looking."""
    if not item.moment.inside:
        return "out_of_bounds"
    if page.ended_at is not None and item.moment.at > page.ended_at:
        return "page_ended"
    if not page.takes:
        return "page_closed"
    if not _all_published(page.site, item):
        return "text_retired"
    return None


def _all_published(site: Site, item: _Item) -> bool:
    """Whether every version on show was the published one at the moment of the first tick."""
    rows = db.connection().execute(
        "select version_id from texts_on_show(%s, %s, %s)",
        (site.place.provider_id, site.place.brand_id, item.moment.at)).fetchall()
    wanted = {*item.token["t"], *item.token.get("x", ())} | (
        {item.token["n"]} if item.token.get("n") else set())
    return wanted <= {row[0] for row in rows}


def _record_once(page: Page, item: _Item, decided: dict[str, Any] | None = None) -> dict[str, Any]:
    """Record it. What the ledger has is recorded, also where the law would not take it by now:
    then its receipt is the answer. Raises InvalidInput, TryLater."""
    try:
        return _record(page, item, decided)
    except InvalidInput:
        submission = kioskheld.submission_of(page.site, item.name)
        if submission is None:
            raise
        return {"state": "recorded", "receipt": receipt_number(submission)}


def _record(page: Page, item: _Item, decided: dict[str, Any] | None = None) -> dict[str, Any]:
    accepted = _accept(page, item, decided)
    if accepted.addresses:
        linkverify.refuse_too_many(page.site, accepted)
    reach("kiosk.accepted")
    recorded, acts = record_accepted(page.site, accepted, verified=False)
    reach("kiosk.recorded")
    if accepted.addresses:
        linkverify.ensure_links(page.site, accepted, recorded, acts)
        counters.bell(MESSAGES)
    return {"state": "recorded", "receipt": receipt_number(recorded.submission_id)}


def record_held(page: Page, held: kioskheld.Kept, by: int) -> str:
    """Record what a person decided to take although it did not carry itself; its receipt's number.
    Raises InvalidInput where the law or the words in it do not allow that, TryLater."""
    try:
        item = open_item(page, held.item, held.clear, held.arrived_at, held.offset)
    except msgspec.DecodeError as error:  # kept by a release that knew other boxes
        raise InvalidInput("Bu seçimdeki kutular artık okunamıyor; kaydedilemez.",
                           "The boxes of this choice can no longer be read; it cannot be recorded.",
                           code="boxes") from error
    return str(_record_once(page, item, {"by": by, "at": iso_utc(clock.now())})["receipt"])


def _accept(page: Page, item: _Item, decided: dict[str, Any] | None) -> Accepted:
    """The item as any submission, with its true times and what proves them."""
    said, at = item.said, _iso(item)
    shown_at = true_moment(said.shown.t, said.shown.w, item.bounds).at
    body = SubmissionIn(
        key=item.name, token="", website="",
        shownAt=iso_utc(min([shown_at, *(one.at for one in item.moments.values())])),
        choices=[ChoiceIn(channel=one.box, status="ONAY", at=at(one.box)) for one in said.ticks
                 if isinstance(one.box, str)],
        privacy=[PrivacyIn(document=one.box, at=at(one.box)) for one in said.ticks
                 if isinstance(one.box, int)],
        notice=_notice(item), name=said.name, phone=said.phone, email=said.email)
    shown = replace(item.shown, age=float(_AGES.total_seconds()))
    accepted = forms.read(page.site, body, page.visitor, verified=False, shown=shown, oldest=_AGES)
    return replace(
        accepted, idem=kioskheld.key_of(page.site.id, item.name), body_hash=hash_body(item.clear),
        evidence=accepted.evidence | {
            "formVersion": item.token["f"], "offline": _proof(item)
            | ({"decided": decided} if decided else {})})


def _iso(item: _Item) -> Callable[[str | int], str]:
    return lambda box: iso_utc(item.moments[str(box)].at)


def _notice(item: _Item) -> NoticeIn | None:
    if item.shown.notice is None:
        return None
    read = item.said.notice
    return NoticeIn(at=iso_utc(true_moment(read.t, read.w, item.bounds).at) if read else None,
                    extent=item.said.extent)


def _proof(item: _Item) -> dict[str, Any]:
    """How the moment is known: both bounds, what the device claimed, what its clock did."""
    return {
        "item": item.name, "contact": iso_utc(item.bounds.contact),
        "arrived": iso_utc(item.bounds.arrival), "claimed": iso_utc(item.moment.claimed),
        "inside": item.moment.inside, "clockChanged": item.moment.clock_changed,
        "clockMoved": round(item.bounds.moved.total_seconds()),
    }


def read_batch(raw: bytes) -> BatchIn:
    """The body of a request; raises InvalidInput for whatever else it is."""
    try:
        batch = msgspec.json.decode(raw, type=BatchIn)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise InvalidInput("İstek okunamadı.", "The request cannot be read.",
                           code="unreadable") from error
    if len(batch.items) > MOST or not all(_named(one.id) for one in batch.items):
        raise CallerMistake(code="items")
    return batch


def _named(name: str) -> bool:
    return 8 <= len(name) <= 64 and name.isascii() and name.replace("-", "").isalnum()
