"""A key pressed in a call is a refusal of calls, recorded once, with the call as its proof.

Why this module exists: the same result of a call comes by push and by report, twice or late, and
each time it says the same thing the person said once (R-29, R-30, R-32). What was taken already is
known by a mark of provider, call and phone, since some name one call for all they rang by it; the
proof stands in the ledger: which gateway, which call, which key, when. The call's own name may hold
the phone, so it is sealed and the proof has its mark. The address results are pushed to names
provider, brand and key in a signed token and nothing else does, so a body cannot choose whose
refusal it is.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from hashlib import sha256
from typing import Any, Final

from config import settings
from ileti.channels.gateways import verimorvoice
from ileti.channels.voice import KEYS, VoiceReport
from ileti.consents.beside import wishes
from ileti.consents.ledger import ActorKind, Place
from ileti.consents.outside import outside_mark
from ileti.consents.refusal import Refuser, refuse_said
from ileti.consents.vocabulary import Channel, Source
from ileti.core import clock, db
from ileti.core.errors import Gone, NotAllowed, NotFound
from ileti.core.failpoints import reach
from ileti.core.jobs import JOBS, ring
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.recipients.address import AddressError, parse_phone

log = get_logger("ileti.voice")

RESULTS: Final = "/v/v1/r/"
#: who pushes, and how its body is read
READ: Final[dict[str, Callable[[bytes], list[VoiceReport]]]] = {
    "verimor-voice": verimorvoice.read_pushed}
_PUSH_SECONDS: Final = 90 * 24 * 3600
_FORWARD: Final = "iys.jobs.forward"
Taker = Callable[[int, str, Sequence[VoiceReport]], None]
_takers: list[Taker] = []


class Act(IntEnum):
    """What was taken by a key; part of the database."""

    REFUSED = 1
    REFUSED_ALL = 2
    CONSENTED = 3


@dataclass(frozen=True)
class Order:
    """Whose calls a provider tells results of; ``name`` is our name of the order."""

    place: Place
    gateway: str
    refuse_key: str
    name: str


def takes(taker: Taker) -> Taker:
    """Register who keeps what became of calls: from provider, order's name and reports."""
    if taker not in _takers:
        _takers.append(taker)
    return taker


def results_url(order: Order) -> str:
    """Where a provider pushes the results of an order; unguessable, good for 90 days."""
    token = secrets().tokens("voice-results").make(
        {"p": order.place.provider_id, "b": order.place.brand_id, "g": order.gateway,
         "k": order.refuse_key, "n": order.name}, seconds=_PUSH_SECONDS)
    return f"{settings().base_url}{RESULTS}{token}"


def pushed(token: str, body: bytes) -> int:
    """Take what was pushed; how many refusals are new. Raises NotFound for an address that is not
    ours, :class:`~ileti.channels.sms.Unreadable` for another body, StorageAway."""
    try:
        said = secrets().tokens("voice-results").read(token[:1_000])
        read = READ[said["g"]]
    except (NotAllowed, Gone, KeyError):
        raise NotFound() from None
    place = place_of(said["p"], said["b"])
    if place is None:
        raise NotFound()
    return note(Order(place, said["g"], said["k"], said["n"]), read(body))


def place_of(provider_id: int, brand_id: int) -> Place | None:
    """A brand with its numbers at İYS."""
    row = db.system_connection().execute(
        "select p.id, p.iys_code, b.id, b.brand_code from brand b "
        "join provider p on p.id = b.provider_id where p.id = %s and b.id = %s",
        (provider_id, brand_id)).fetchone()
    return Place(*row) if row else None


def note(order: Order, reports: Sequence[VoiceReport]) -> int:
    """Take reports, pushed or asked for: refusals into the ledger, all of them to the takers. How
    many refusals are new. Raises StorageAway; told again, nothing is recorded twice."""
    new = 0
    for one in reports:
        if one.key in KEYS and one.key == order.refuse_key:
            new += _refused(order, one)
    for taker in _takers:
        taker(order.place.provider_id, order.name, reports)
    return new


def _refused(order: Order, one: VoiceReport) -> int:
    try:
        phone = parse_phone(one.to)
    except AddressError:
        log.warning("voice_key_unreadable", gateway=order.gateway, order=order.name,
                    provider_id=order.place.provider_id)
        return 0
    call, now = one.call or one.outside_id, clock.now()
    pressed = min(one.at or now, now)
    return refuse(order.place, phone, channels=(Channel.ARAMA,), pressed=pressed,
                  mark=mark(order.gateway, call, phone), call=call, evidence={
                      "flow": "call-key", "gateway": order.gateway, "key": one.key,
                      "order": order.name, "pressedAt": pressed.isoformat()}).new


@dataclass(frozen=True)
class Refused:
    """The submission of a refusal, and 1 when it is new."""

    submission_id: int
    new: int
    at: datetime


def refuse(place: Place, phone: str, *, channels: Sequence[Channel], mark: bytes, call: str,
           pressed: datetime, evidence: dict[str, Any], recording: str = "") -> Refused:
    """Record a refusal that one call's key stands for, once for its mark; of several channels: of
    all, and of all addresses given beside the phone. ``phone`` is canonical;
    also of somebody nobody knows, who is never called then (R-42). ``call`` and ``recording`` are
    the exchange's names, ``pressed`` is aware. Raises StorageAway."""
    act = Act.REFUSED if len(channels) == 1 else Act.REFUSED_ALL
    before = taken(place.provider_id, mark, act)
    if before is not None:
        return before
    row = db.system_connection().execute(
        "select id from recipient where provider_id = %s and addr_hash = %s",
        (place.provider_id, secrets().addresses.of(place.provider_id, phone))).fetchone()
    marks, person = outside_names(place.provider_id, call, recording)
    done, *_beside = [refuse_said(Refuser(
        place=place, recipient_id=wish.recipient_id, address=wish.address, channels=wish.channels,
        source=Source.HS_CAGRI_MERKEZI, actor=ActorKind.VISITOR, key=f"key{mark.hex()}{wish.key}",
        evidence=evidence | marks | {"channels": [one.name for one in wish.channels]},
        person=person), pressed) for wish in wishes(
            db.system_connection(), place, row[0] if row else None, phone, channels,
            everything=act is Act.REFUSED_ALL)]
    reach("presses.recorded")
    remember(place, mark, act, done.submission_id)
    return Refused(done.submission_id, 1, done.captured_at)


def outside_names(provider_id: int, call: str, recording: str = ""
                  ) -> tuple[dict[str, str], dict[str, str]]:
    """What evidence tells of an exchange's names of a call and its recording, and what is sealed
    with the person."""
    named = {"call": call, "recording": recording} if recording else {"call": call}
    return {f"{what}Mark": outside_mark(provider_id, name) for what, name in named.items()}, named


def mark(gateway: str, call: str, phone: str) -> bytes:
    """16 bytes that name one call to one phone; keyed, since both are personal."""
    return hmac.new(secrets().key_for("voice-call"), f"{gateway}\0{call}\0{phone}".encode(),
                    sha256).digest()[:16]


def taken(provider_id: int, mark: bytes, act: Act) -> Refused | None:
    """What a call's key came to already."""
    row = db.system_connection().execute(
        "select submission_id, at from voice_act where provider_id = %s and mark = %s "
        "and act = %s", (provider_id, mark, int(act))).fetchone()
    return Refused(row[0], 0, row[1]) if row else None


def remember(place: Place, mark: bytes, act: Act, submission_id: int) -> None:
    """Keep that a key was taken, and let İYS hear of it soon."""
    db.system_connection().execute(
        "insert into voice_act (provider_id, mark, act, brand_id, submission_id, at) "
        "values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
        (place.provider_id, mark, int(act), place.brand_id, submission_id, clock.now()))
    if _FORWARD in JOBS:
        ring(_FORWARD)
