"""What a caller hears on a brand's number, and what a pressed key means (R-20, R-28 to R-30).

Why this module exists: whoever calls to refuse must be done with one key, without a login or a
reason; whoever calls to consent must have heard the notice and the text first, choose actively, and
leave a recording, since a key alone proves no words (R-09, R-12, R-60). Keys spell no name, and
that there is a recording is the exchange's word: a consent is written down as said and opens
nothing. Who completes it, when the recording is here and somebody has heard the name in it,
registers with :func:`completes` (R-09, R-20, R-23). So the menu is small and its state travels in a
signed mark that names the call, the versions that were said and when; nothing is kept between two
requests, and a request that comes twice finds what its key was taken for. The caller's number is
the operator's word; who hides it is told how else to refuse, and nothing is recorded. Pure of HTTP:
the door is :mod:`ileti.channels.voicedoor`.
"""

from __future__ import annotations

import secrets as random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple

from ileti.channels.presses import Act, mark, outside_names, refuse, remember, taken
from ileti.consents.deadlines import due_at
from ileti.consents.ledger import ActorKind, NewConsent, NewSubmission, Place, hash_body
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.errors import Gone, NotAllowed, NotFound
from ileti.core.secrets import secrets
from ileti.documents.vocabulary import ETK, NOTICE
from ileti.kvkk import ledger as kvkk
from ileti.kvkk.ledger import NewAct
from ileti.kvkk.vocabulary import Act as KvkkAct
from ileti.kvkk.vocabulary import Extent
from ileti.recipients.address import AddressError, parse_phone

REFUSE, REFUSE_ALL, CONSENT = "9", "8", "1"
_FLOW: Final = "ivr"
_SECOND, _AHEAD = timedelta(seconds=1), timedelta(seconds=5)
#: letters a second that nobody speaks faster; a key that comes sooner was pressed into the texts
_FASTEST: Final = 25
_MOST_STEPS: Final = 6
_STATE_SECONDS: Final = 3_600
_SHORTEST_NUMBER: Final = 7
LONGEST_TOKEN: Final = 64
LONGEST_CALL: Final = 80
LONGEST_RECORDING: Final = 200


@dataclass(frozen=True)
class Number:
    """A brand's number as :func:`open_number` finds it."""

    id: int
    place: Place
    brand: str
    number: str
    takes_consent: bool
    records: bool


@dataclass(frozen=True)
class Ring:
    """One request of an exchange about a call: its name there, who calls as the operator says, how
    often it has asked, what was pressed since, the state we gave, where the recording lies."""

    gateway: str
    call: str
    caller: str
    step: int = 1
    digits: str = ""
    state: str = ""
    recording: str = ""


@dataclass(frozen=True)
class Said:
    """What to say, which keys to wait for (none: hang up), the state to send back, and what was
    done: ``refused``, ``refused-all``, ``consented`` or nothing."""

    words: str
    keys: tuple[str, ...] = ()
    state: str = ""
    done: str = ""
    submission_id: int | None = None


@dataclass(frozen=True)
class Heard:
    """A consent by key, for who completes it: whose, which texts from when (``shown_at``), said
    ``at``, where it stands in the ledger, ``call`` the exchange's name of it, ``mark`` ours."""

    place: Place
    recipient_id: int
    submission_id: int
    entry_id: int
    notice_id: int
    text_id: int
    shown_at: datetime
    at: datetime
    call: str
    mark: str


Completer = Callable[[Heard], None]
_completers: list[Completer] = []


def completes(completer: Completer) -> Completer:
    """Register who completes consents by key; told again, it does nothing more."""
    if completer not in _completers:
        _completers.append(completer)
    return completer


class _Text(NamedTuple):
    document_id: int
    id: int
    body: str
    hash: str


_NUMBER: Final = """
select n.id, p.id, p.iys_code, b.id, b.brand_code, b.name, n.number, n.takes_consent, n.records
  from voice_number n join brand b on b.provider_id = n.provider_id and b.id = n.brand_id
  join provider p on p.id = n.provider_id
 where n.token_hash = %s and n.active"""


def new_token() -> tuple[str, bytes]:
    """A fresh secret for a number's address, and what finds it."""
    token = random.token_urlsafe(32)
    return token, _found_by(token)


def _found_by(token: str) -> bytes:
    """What is looked up; the secret itself has 256 bits, so no key is needed."""
    return sha256(f"voice:{token}".encode()).digest()


def open_number(token: str) -> Number:
    """The number an address is of; raises NotFound for every other."""
    row: Any = None
    if 20 <= len(token) <= LONGEST_TOKEN and token.isascii():
        row = db.system_connection().execute(_NUMBER, (_found_by(token),)).fetchone()
    if row is None:
        raise NotFound()
    return Number(row[0], Place(*row[1:5]), *row[5:])


def answer(number: Number, ring: Ring) -> Said:
    """What happens next in a call. Raises StorageAway: then nothing was taken, and the exchange
    asks again with the same key."""
    phone = caller_of(ring.caller)
    if phone is None:
        return Said("Numaranız gizli olduğu için işlem yapılamıyor. Numaranızı göstererek arayın "
                    "ya da ret için 3338’e kısa mesaj gönderin.")
    state = _read_state(number, ring)
    if ring.digits == REFUSE:
        return _refused(number, ring, phone, (Channel.ARAMA,))
    if ring.digits == REFUSE_ALL:
        return _refused(number, ring, phone, (Channel.ARAMA, Channel.MESAJ))
    if ring.digits == CONSENT:
        texts = _texts(number)
        if texts is not None:
            return _chosen(number, ring, phone, state, texts)
    if ring.step >= _MOST_STEPS:
        return Said("Bir seçim yapılmadı. İyi günler.")
    return _menu(number, again=bool(ring.digits))


def caller_of(said: str) -> str | None:
    """The operator's number of the caller as E.164; None when it is hidden, an extension inside the
    exchange, or no number. Turkish numbers may come without country, others with 00 (R-07)."""
    digits = said.strip().lstrip("+")
    if not digits.isascii() or not digits.isdigit() or len(digits) < _SHORTEST_NUMBER:
        return None
    foreign = digits.startswith("00")
    bare = digits.removeprefix("00") if foreign else digits
    plus = foreign or said.strip().startswith("+")
    try:
        return parse_phone(f"+{bare}" if plus else bare)
    except AddressError:
        return None


def _menu(number: Number, *, again: bool) -> Said:
    offers = _texts(number) is not None
    words = (f"{number.brand} ret hattı. Tanıtım araması almak istemiyorsanız {REFUSE}’a, arama, "
             f"kısa mesaj ve e-postaların hiçbirini istemiyorsanız {REFUSE_ALL}’e basın.")
    if offers:
        words += f" Aranmaya onay vermek istiyorsanız {CONSENT}’e basın."
    return Said(("Anlaşılmadı. " if again else "") + words,
                (REFUSE, REFUSE_ALL, *([CONSENT] if offers else [])))


# -- refusing --------------------------------------------------------------------------------------


def _refused(number: Number, ring: Ring, phone: str, channels: tuple[Channel, ...]) -> Said:
    now = clock.now()
    done = refuse(number.place, phone, channels=channels, mark=_mark(number, ring), call=ring.call,
                  pressed=now, recording=ring.recording, evidence=_evidence(number, ring, now))
    everything = len(channels) > 1
    what = "sizi aramayacak ve size kısa mesaj göndermeyecek" if everything else (
        "sizi tanıtım için aramayacak")
    return Said(f"Ret talebiniz alındı; {number.brand} {what}. İyi günler.",
                done="refused-all" if everything else "refused", submission_id=done.submission_id)


def _mark(number: Number, ring: Ring) -> bytes:
    return mark(f"{_FLOW}:{number.id}:{ring.gateway}", ring.call, caller_of(ring.caller) or "")


def _evidence(number: Number, ring: Ring, pressed: datetime) -> dict[str, Any]:
    return {"flow": _FLOW, "gateway": ring.gateway, "key": ring.digits, "number": number.number,
            "pressedAt": pressed.isoformat()}


# -- consenting ------------------------------------------------------------------------------------

_TEXTS: Final = """
select t.document_id, t.version_id, t.body, encode(t.content_hash, 'hex'), t.kind
  from texts_on_show(%s, %s, %s) t
 where t.language = 'tr' and (t.kind = %s or t.kind = %s and t.channel = %s)"""


def _texts(number: Number) -> tuple[_Text, _Text] | None:
    """The notice and the consent text for calls that are on show; None while the number takes no
    consent or one of the two is missing (R-60)."""
    if not number.takes_consent:
        return None
    found = {row[4]: _Text(*row[:4]) for row in db.system_connection().execute(_TEXTS, (
        number.place.provider_id, number.place.brand_id, clock.now(), NOTICE, ETK,
        int(Channel.ARAMA)))}
    return (found[NOTICE], found[ETK]) if found.keys() == {NOTICE, ETK} else None


def _chosen(number: Number, ring: Ring, phone: str, state: dict[str, Any],
            texts: tuple[_Text, _Text]) -> Said:
    """The first key asks for the texts, the second, after they were said, consents (R-12)."""
    notice, text = texts
    before = taken(number.place.provider_id, _mark(number, ring), Act.CONSENTED)
    if before is not None:
        return _consented(before.submission_id)
    said = (f"{notice.body} {text.body} Onay vermek için adınızı ve soyadınızı söyleyip "
            f"{CONSENT}’e, istemiyorsanız {REFUSE}’a basın.")
    known = (state.get("n"), state.get("t")) == (notice.id, text.id)
    if not known or _heard_for(state) < len(said) // _FASTEST:
        hurried = "Onay, metinler sonuna kadar dinlendikten sonra verilir. " if known else ""
        return Said(hurried + said, (CONSENT, REFUSE), _state(number, ring, notice, text))
    if not ring.recording:
        return Said("Bu görüşme kaydedilmediği için onay alınamıyor. İyi günler.")
    return _consent(number, ring, phone, state, notice, text)


def _heard_for(state: dict[str, Any]) -> int:
    """Seconds since the texts were given out to be said (R-60)."""
    return int(clock.now().timestamp()) - int(state["a"])


def _state(number: Number, ring: Ring, notice: _Text, text: _Text) -> str:
    return secrets().tokens("voice-state").make(
        {"i": number.id, "c": _mark(number, ring).hex(), "n": notice.id, "t": text.id,
         "a": int(clock.now().timestamp())}, seconds=_STATE_SECONDS)


def _read_state(number: Number, ring: Ring) -> dict[str, Any]:
    """What we said before in this call; nothing when the state is another call's or forged."""
    try:
        said = secrets().tokens("voice-state").read(ring.state[:1_000])
    except (NotAllowed, Gone):
        return {}
    same = (said.get("i"), said.get("c")) == (number.id, _mark(number, ring).hex())
    return said if same else {}


def _consent(number: Number, ring: Ring, phone: str, state: dict[str, Any], notice: _Text,
             text: _Text) -> Said:
    moment = clock.whole_second(db.database_time())
    shown = clock.whole_second(datetime.fromtimestamp(state["a"], clock.ISTANBUL))
    date = _date(number, phone, moment)
    idem = f"ivr:{_mark(number, ring).hex()}"
    marks, person = outside_names(number.place.provider_id, ring.call, ring.recording)
    recorded, _ = kvkk.record(
        NewSubmission(
            place=number.place, idem=idem, body_hash=hash_body(number.id, notice.id, text.id),
            source=Source.HS_CAGRI_MERKEZI, actor=ActorKind.VISITOR, person=person,
            standing=Standing.UNVERIFIED,
            items=[NewConsent(address=phone, channel=Channel.ARAMA, status=Status.ONAY,
                              consent_date=date, due_at=due_at(date), text_id=text.id,
                              text_hash=text.hash)],
            evidence=_evidence(number, ring, clock.now()) | marks | {
                "texts": [{"channel": Channel.ARAMA.name, "id": text.id, "hash": text.hash}],
                "notice": notice.id, "shownAt": shown.isoformat(),
                "heardSeconds": _heard_for(state), "language": "tr",
                "place": number.number, "name": "in the recording",
                "recorded": "confirmed" if number.records else "not confirmed"}),
        [NewAct(notice.document_id, notice.id, notice.hash, KvkkAct.SHOWN, min(shown, moment),
                Extent.ALOUD, phone)])
    first = recorded.items[0]
    for completer in _completers:
        completer(Heard(
            number.place, first.recipient_id, recorded.submission_id, first.entry_id, notice.id,
            text.id, min(shown, moment), date, ring.call, _mark(number, ring).hex()))
    remember(number.place, _mark(number, ring), Act.CONSENTED, recorded.submission_id)
    return _consented(recorded.submission_id)


def _date(number: Number, phone: str, moment: datetime) -> datetime:
    """The moment of the key; a second after a refusal that the same call made just before."""
    row = db.system_connection().execute(
        "select max(s.consent_date) from consent_state s join recipient r "
        "on r.provider_id = s.provider_id and r.id = s.recipient_id "
        "where r.provider_id = %s and r.addr_hash = %s and s.brand_id = %s and s.channel = %s "
        "and s.standing = 1",
        (number.place.provider_id, secrets().addresses.of(number.place.provider_id, phone),
         number.place.brand_id, int(Channel.ARAMA))).fetchone()
    held = row[0] if row else None
    if held is not None and moment <= held <= moment + _AHEAD:
        return clock.whole_second(held) + _SECOND
    return moment


def _consented(submission_id: int) -> Said:
    return Said("Söylediğiniz kaydedildi; onayınız doğrulanana kadar aranmayacaksınız. Dilediğiniz "
                "zaman bu numarayı arayıp geri alabilirsiniz. İyi günler.",
                done="consented", submission_id=submission_id)
