"""What a button of the preference centre does, each by the room that owns the rule.

A refusal goes through :mod:`ileti.consents.refusal` (R-28 to R-32), a consent the road of a web
form: HS_WEB, the published text that stood beside the button, a name, an address proven by code or
link (R-09, R-12, R-17, R-21), its confirmation the same day (R-10); an explicit consent through
:mod:`ileti.kvkk` (R-57, R-62). Before either the notice beside the button is recorded as shown, and
without a published one nothing is taken (R-60). What a button is for stands in its signed token and
nowhere else in the form. A consent's button records once: sent again, after a refusal perhaps, it
records nothing. A refusal's may be pressed as often as one likes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from ileti.capture.forms import LONGEST_NAME, Visitor, has_hidden_mark
from ileti.capture.limits import FORWARD, MESSAGES, counters
from ileti.channels.confirm import confirmation, write_once
from ileti.consents.deadlines import due_at
from ileti.consents.ledger import ActorKind, NewConsent, NewSubmission, Place, hash_body
from ileti.consents.numbers import receipt_number
from ileti.consents.refusal import Refuser, refuse_now
from ileti.consents.rules import Flow, Item, check_item
from ileti.consents.vocabulary import Channel, Outcome, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.errors import FieldError, InvalidInput, NotAllowed
from ileti.documents.vocabulary import ETK, NOTICE, ONE_PURPOSE
from ileti.kvkk import ledger as kvkk
from ileti.kvkk.ledger import NewAct
from ileti.kvkk.vocabulary import Act, Extent
from ileti.kvkk.withdrawal import Withdrawer, withdraw
from ileti.preferences.centre import Centre
from ileti.preferences.identity import PLACE
from ileti.preferences.session import Address, Session, open_button
from ileti.preferences.standing import ORDER, known_name
from ileti.recipients.address import AddressKind

_SECOND: Final = timedelta(seconds=1)
_AHEAD: Final = timedelta(seconds=5)


@dataclass(frozen=True)
class Done:
    """What an act came to: a word of :func:`ileti.preferences.words.said` and since when."""

    what: str
    channel: Channel | None
    at: datetime


@dataclass(frozen=True)
class At:
    """Where and by whom a button was pressed."""

    centre: Centre
    session: Session
    people: Sequence[Address]
    visitor: Visitor
    language: str
    name: str = ""


def press(at: At, token: str) -> Done:
    """Do what a button says, in transactions of its own.

    Raises NotAllowed and Gone (a token of another session, of nobody, too old), InvalidInput naming
    ``name``, StorageAway when it is not recorded.
    """
    said = open_button(at.session, token)
    done = _ACTS[said["a"]](at, said)
    counters.bell(FORWARD, MESSAGES)
    return done


def _address(at: At, said: dict[str, Any]) -> Address:
    """The address a button is for; it is one of the session's, whatever the token says."""
    for one in at.people:
        if one.recipient_id == said["r"]:
            return one
    raise NotAllowed(code="foreign_address")


def _place(at: At, brand_id: int | None) -> Place:
    brand = at.centre.brand(brand_id)
    return Place(at.centre.provider_id, at.centre.iys_code, brand.id, brand.code)


def _evidence(at: At, one: Address, **more: Any) -> dict[str, Any]:
    """Where it was done and how the address was proven; no address in it."""
    proof = {} if one.verification is None else {"verification": one.verification}
    return {"flow": "preferences", "place": PLACE[at.language], "language": at.language,
            "origin": at.visitor.origin, "proof": one.way} | proof | more


def _receipt_to(at: At, one: Address) -> dict[str, int]:
    """Where the receipt of an explicit consent or a refusal goes: to the session's own mail
    address, where the act is a phone's (:mod:`ileti.channels.actreceipts`)."""
    mails = [each.recipient_id for each in at.people if each.kind is AddressKind.EMAIL]
    return {"receiptTo": mails[0]} if mails and one.kind is not AddressKind.EMAIL else {}


def _person(at: At, name: str = "") -> dict[str, str]:
    return {"ip": at.visitor.address, "agent": at.visitor.agent} | ({"name": name} if name else {})


# -- refusing --------------------------------------------------------------------------------------


def _refuse(at: At, said: dict[str, Any]) -> Done:
    channel = Channel(said["c"])
    since = _stop(at, _address(at, said), said["b"], [channel], **_beside(at, said, (ETK,)))
    return Done("refuse", channel, since)


def _stop(at: At, one: Address, brand_id: int, channels: Sequence[Channel], **more: Any
          ) -> datetime:
    return refuse_now(Refuser(
        place=_place(at, brand_id), recipient_id=one.recipient_id, address=one.clear,
        channels=channels, source=Source.HS_WEB, actor=ActorKind.VISITOR, key="preferences",
        evidence=_evidence(at, one, channels=[c.name for c in channels],
                           **(_receipt_to(at, one) | more)),
        person=_person(at),
    )).captured_at


def _stop_all(at: At, _: dict[str, Any]) -> Done:
    """Every channel of every brand and every explicit consent, also where nothing was recorded:
    what a list brings later with an older date then changes nothing. Each brand is a transaction of
    its own; pressed again after a fault it goes on where it stopped."""
    since = clock.now()
    for one in at.people:
        own = [channel for channel in ORDER if channel.address_kind == one.kind]
        for brand in at.centre.brands:
            since = _stop(at, one, brand.id, own)
        given = [row[0] for row in db.connection().execute(
            "select document_id from kvkk_state where provider_id = %s and recipient_id = %s "
            "and act = %s order by document_id",
            (at.centre.provider_id, one.recipient_id, int(Act.GIVEN))).fetchall()]
        _take_back(at, one, given)
    return Done("stop", None, since)


# -- consenting ------------------------------------------------------------------------------------

_TEXT: Final = """
select encode(v.content_hash, 'hex'), d.id, d.brand_id
  from document_version v join document d on d.id = v.document_id
 where v.id = %s and d.provider_id = %s
   and d.kind = any(%s) and (d.kind <> all(%s) or asks_consent(d.kind, v.purposes))"""


class _Text(NamedTuple):
    """A published version; ``brand_id``: whose, None the provider's."""

    hash: str
    document_id: int
    brand_id: int | None


def _text(at: At, text_id: int, kinds: Collection[str]) -> _Text:
    row = db.connection().execute(_TEXT, (
        text_id, at.centre.provider_id, list(kinds), list(ONE_PURPOSE))).fetchone()
    if row is None:
        raise NotAllowed(code="foreign_text")
    return _Text(*row)


_NO_NOTICE: Final = ("Yayında aydınlatma metni yok; o yayımlanmadan onay ve rıza alınmaz (R-60).",
                     "No privacy notice is published; no consent is taken before it is (R-60).")


def _told(at: At, said: dict[str, Any], one: Address, moment: datetime) -> NewAct:
    """R-60: the notice that stood beside the button, shown when the page was drawn."""
    if not said.get("v"):
        raise InvalidInput(errors=(FieldError("notice", "no_notice", *_NO_NOTICE),))
    notice = _text(at, said["v"], (NOTICE,))
    shown = clock.whole_second(min(datetime.fromtimestamp(said["i"], UTC), moment))
    return NewAct(notice.document_id, said["v"], notice.hash, Act.SHOWN, shown, Extent.LINKED,
                  one.clear)


def _consent(at: At, said: dict[str, Any]) -> Done:
    """A consent as of a web form; what was shown is what the button's token names."""
    one, channel = _address(at, said), Channel(said["c"])
    if at.centre.site is None:
        raise NotAllowed(code="no_site")
    name, moment = _name(at, one), db.database_time()
    told, text = _told(at, said, one, moment), _text(at, said["t"], (ETK,)).hash
    site = at.centre.site_of(at.centre.brand(said["b"]))
    by = {} if site is None else {"site": site.key, "formVersion": site.form_version}
    date = _date(at, one, said["b"], channel, moment)
    _judge(one, channel, date, moment)
    shown = datetime.fromtimestamp(said["i"], UTC).isoformat()
    recorded, _ = kvkk.record(NewSubmission(
        place=_place(at, said["b"]), idem=f"preferences:{said['n']}",
        body_hash=hash_body(said["x"], said["r"], said["b"], said["c"], said["t"]),
        source=Source.HS_WEB, standing=Standing.VERIFIED, actor=ActorKind.VISITOR,
        site_id=site.id if site else None, dealer_id=site.dealer_id if site else None,
        items=[NewConsent(address=one.clear, channel=channel, status=Status.ONAY,
                          consent_date=date, due_at=due_at(date), text_id=said["t"],
                          text_hash=text)],
        evidence=_evidence(
            at, one, shownAt=shown, **by, **_renews(said),
            texts=[{"channel": channel.name, "id": said["t"], "hash": text}],
            boxes={channel.name: moment.isoformat()}, language=said["l"]),
        person=_person(at, name)), [told])
    if recorded.replay:
        return Done("used", channel, recorded.captured_at)
    if recorded.items[0].outcome is Outcome.OUTDATED:
        return Done("newer", channel, recorded.captured_at)
    write_once(confirmation(
        provider_id=at.centre.provider_id, brand_id=at.centre.brand(said["b"]).id,
        recipient_id=one.recipient_id, submission_id=recorded.submission_id,
        at=recorded.captured_at, channels=[channel], language=at.language, person=name,
        place=PLACE[at.language], receipt=receipt_number(recorded.submission_id)))
    return Done("consent", channel, recorded.captured_at)


def _date(at: At, one: Address, brand_id: int, channel: Channel, moment: datetime) -> datetime:
    """The moment of the act; a second after what stands where that was dated a moment ahead, since
    a refusal of the same second may be (:mod:`ileti.consents.refusal`)."""
    date = clock.whole_second(moment)
    row = db.connection().execute(
        "select max(consent_date) from consent_state where provider_id = %s and brand_id = %s "
        "and recipient_id = %s and channel = %s and standing = 1",
        (at.centre.provider_id, brand_id, one.recipient_id, int(channel))).fetchone()
    held = row[0] if row else None
    if held is not None and date <= held <= moment + _AHEAD:
        return clock.whole_second(held) + _SECOND
    return date


def _judge(one: Address, channel: Channel, date: datetime, moment: datetime) -> None:
    found = check_item(
        Item(channel=channel, status=Status.ONAY, source=Source.HS_WEB, consent_date=date,
             flow=Flow.WEB, address_kind=one.kind, standing=Standing.VERIFIED,
             interacted_at=moment), now=max(moment, date))
    faults = tuple(FieldError("choices", v.code, v.tr, v.en, v.rule) for v in found if v.refused)
    if faults:
        raise InvalidInput(errors=faults)


_MISSING: Final = ("Onay için adınızı ve soyadınızı yazın.",
                   "Write your full name to give a consent.")
_UNREADABLE: Final = (
    "Ad ve soyad en çok 120 karakter olabilir; satır sonu ya da görünmez işaret içeremez.",
    "A name has at most 120 characters and no line breaks or hidden marks.")


def _name(at: At, one: Address) -> str:
    """The name that goes with a consent (R-09): as typed, else as given before."""
    typed = " ".join(at.name.split(" ")).strip()
    if not typed:
        known = known_name(at.centre.provider_id, [one.recipient_id])
        if not known:
            raise InvalidInput(errors=(FieldError("name", "missing", *_MISSING),))
        return known
    if len(typed) > LONGEST_NAME or has_hidden_mark(typed):
        raise InvalidInput(errors=(FieldError("name", "unreadable", *_UNREADABLE),))
    if not any(letter.isalpha() for letter in typed):
        raise InvalidInput(errors=(FieldError("name", "missing", *_MISSING),))
    return typed


def _beside(at: At, said: dict[str, Any], kinds: Collection[str]) -> dict[str, Any]:
    """What refusing or withdrawing keeps of a new text that asked and was answered by it."""
    return {} if not said.get("t") else {
        "shownAt": datetime.fromtimestamp(said["i"], UTC).isoformat(),
        "texts": [{"id": said["t"], "hash": _text(at, said["t"], kinds).hash}]}


def _renews(said: dict[str, Any]) -> dict[str, Any]:
    """Of a text that asks anew: the version that what stands rested on, shown beside it (R-17)."""
    return {"renews": said["o"]} if said.get("o") else {}


# -- explicit consents -----------------------------------------------------------------------------


def _withdraw(at: At, said: dict[str, Any]) -> Done:
    _take_back(at, _address(at, said), [said["d"]], **_beside(at, said, ONE_PURPOSE))
    return Done("withdraw", None, clock.now())


_BRAND_OF: Final = "select id, brand_id from document where provider_id = %s and id = any(%s)"


def _take_back(at: At, one: Address, documents: Sequence[int], **more: Any) -> None:
    """Withdraw explicit consents; a brand's own text is the brand's, a provider's all brands'."""
    by_brand: dict[int | None, list[int]] = defaultdict(list)
    for document, brand in db.connection().execute(
            _BRAND_OF, (at.centre.provider_id, list(documents))).fetchall():
        by_brand[brand].append(document)
    for brand, theirs in by_brand.items():
        withdraw(Withdrawer(
            place=_place(at, brand), recipient_id=one.recipient_id, address=one.clear,
            source=Source.HS_WEB, actor=ActorKind.VISITOR, key="preferences",
            evidence=_evidence(at, one, **_receipt_to(at, one), **more),
            person=_person(at)), theirs)


def _give(at: At, said: dict[str, Any]) -> Done:
    one = _address(at, said)
    text, _, brand = _text(at, said["t"], ONE_PURPOSE)
    moment = db.database_time()
    told = _told(at, said, one, moment)
    site = at.centre.site_of(at.centre.brand(brand))
    row = db.connection().execute(
        "select max(act_at) from kvkk_state where provider_id = %s and recipient_id = %s "
        "and document_id = %s and standing = 1",
        (at.centre.provider_id, one.recipient_id, said["d"])).fetchone()
    held = row[0] if row else None
    date = clock.whole_second(moment if held is None or held < clock.whole_second(moment)
                              else held + _SECOND)
    shown = datetime.fromtimestamp(said["i"], UTC).isoformat()
    recorded, _ = kvkk.record(
        NewSubmission(
            place=_place(at, brand), idem=f"preferences:{said['n']}",
            body_hash=hash_body(said["x"], said["r"], said["d"], said["t"]), source=Source.HS_WEB,
            standing=Standing.VERIFIED, items=(), actor=ActorKind.VISITOR,
            site_id=site.id if site else None, dealer_id=site.dealer_id if site else None,
            evidence=_evidence(
                at, one, shownAt=shown, language=said["l"], **_renews(said),
                texts=[{"id": said["t"], "hash": text}], **_receipt_to(at, one)),
            person=_person(at, known_name(at.centre.provider_id, [one.recipient_id]))),
        [told, NewAct(said["d"], said["t"], text, Act.GIVEN, date, address=one.clear)])
    return Done("used" if recorded.replay else "give", None, recorded.captured_at)


# -- notices ---------------------------------------------------------------------------------------


def _read(at: At, said: dict[str, Any]) -> Done:
    """A notice that is told anew is read and understood (R-58, R-61): by the person, and so for
    every address of the session. It is no consent to anything."""
    notice, moment = _text(at, said["v"], (NOTICE,)), db.database_time()
    recorded, _ = kvkk.record(
        NewSubmission(
            place=_place(at, notice.brand_id), idem=f"preferences:{said['n']}",
            body_hash=hash_body(said["x"], said["v"]), source=Source.HS_WEB,
            standing=Standing.VERIFIED, items=(), actor=ActorKind.VISITOR,
            evidence=_evidence(
                at, at.people[0], language=said["l"], **_renews(said),
                shownAt=datetime.fromtimestamp(said["i"], UTC).isoformat(),
                proofs=[{"proof": one.way, "verification": one.verification} for one in at.people],
                notice={"version": said["v"], "hash": notice.hash, "at": moment.isoformat()}),
            person=_person(at)),
        [NewAct(notice.document_id, said["v"], notice.hash, Act.READ, clock.whole_second(moment),
                Extent.LINKED, one.clear) for one in at.people])
    return Done("used" if recorded.replay else "read", None, recorded.captured_at)


_ACTS: Final = {"refuse": _refuse, "consent": _consent, "withdraw": _withdraw, "give": _give,
                "read": _read, "stop": _stop_all}
