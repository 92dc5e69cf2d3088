"""What was on show, and whether what came back may be a consent.

:func:`show` hands out the texts of a site with a signed token that names exactly these versions.
:func:`read` takes the answer: the token must be ours, for this site and its present form, and every
version in it one of the brand's own (R-17, R-23); every box needs the moment of the person's own
act (R-12); nothing is required (R-13), but a consent has a name and an address (R-09). The result
goes into the ledgers as it stands: commercial consents in one, notice and explicit consents in the
other (R-58; ``privacy``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import msgspec

from config import settings
from ileti.capture import extras, formtoken, privacy
from ileti.capture.formtoken import OLDEST_CLICK, Shown, open_token
from ileti.capture.privacy import Given, NoticeIn, PrivacyIn
from ileti.capture.sites import Site
from ileti.capture.words import WORDS
from ileti.consents.deadlines import due_at
from ileti.consents.ledger import NewConsent, hash_body
from ileti.consents.rules import Item, check_item
from ileti.consents.vocabulary import AddressKind, Channel, Standing, Status
from ileti.core import clock
from ileti.core.errors import FieldError, InvalidInput, NotFound
from ileti.kvkk.ledger import NewAct
from ileti.recipients.address import AddressError, parse_email, parse_phone

TOLERANCE: Final = timedelta(seconds=120)
LONGEST_NAME: Final = 120
# Line breaks of every kind, and marks that turn the direction of what stands beside them.
_CONTROL: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

_FREE: Final = {
    "tr": "Hiçbirini seçmeden de sürdürebilirsiniz. Seçtiğinizden her an, ücretsiz "
    "vazgeçebilirsiniz.",
    "en": "You can go on without choosing any. You can withdraw at any time, free of charge.",
}
ChannelWord = Literal["MESAJ", "ARAMA", "EPOSTA"]


class ChoiceIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One ticked box as it arrives."""

    channel: ChannelWord
    status: Literal["ONAY"]
    at: str


class SubmissionIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of ``POST …/submissions``; texts are bounded before anything looks at them."""

    key: str
    token: str
    choices: list[ChoiceIn]
    shownAt: str  # noqa: N815
    notice: NoticeIn | None = None
    privacy: list[PrivacyIn] = []
    website: str = ""
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    vouch: str | None = None
    fields: dict[str, str | list[str]] = {}


@dataclass(frozen=True)
class Visitor:
    """From where a request came; personal data, kept encrypted."""

    address: str
    agent: str
    origin: str


@dataclass(frozen=True)
class Accepted:
    """A submission that passed; ``addresses`` are canonical. ``acts`` are those about personal
    data, of nobody when no address was given."""

    idem: str
    body_hash: bytes
    language: str
    items: tuple[NewConsent, ...]
    acts: tuple[NewAct, ...]
    addresses: dict[str, str]
    evidence: dict[str, Any]
    person: dict[str, Any]
    trapped: bool


def show(site: Site, language: str, after: str = "") -> dict[str, Any]:
    """The answer of ``GET …/form``; raises NotFound when no text is published. ``after``: the token
    of the form that this one renews, whose ticks go on counting where it showed the same."""
    offered = site.offered(language)
    if not offered:
        raise NotFound("Bu formun metni henüz yayımlanmadı.",
                       "The text of this form is not published yet.", code="no_text")
    parts = {channel: parts_of(text.body) for channel, text in offered}
    intros = {intro for intro, _, _ in parts.values()}
    shared = intros.pop() if len(intros) == 1 else ""
    return {
        "token": formtoken.make(site, language, [text for _, text in offered], site.asks(language),
                                after=after),
        "expiresIn": settings().form_token_minutes * 60, "now": _now(), "lang": language,
        "policy": site.policy,
        "provider": {"title": site.provider_title, "brand": site.brand_name},
        "fields": _fields([channel for channel, _ in offered]),
        "heading": offered[0][1].title,
        "intro": shared,
        "channels": [
            {"channel": channel.name, "strong": strong,
             "text": rest if shared else f"{rest} ({intro})"}
            for channel, (intro, strong, rest) in parts.items()
        ],
        "free": _FREE[language],
        "privacy": privacy.asking_words(site, language),
        "notice": privacy.notice_words(site, language),
        "words": WORDS[language],
    } | extras.shown(site, language)


def show_notice(site: Site, language: str) -> dict[str, Any]:
    """The answer of ``GET …/notice``: the notice alone, with a token that shows nothing else;
    raises NotFound when none is published."""
    words = privacy.reading_words(site, language)
    if words is None:
        raise NotFound("Bu sitenin aydınlatma metni henüz yayımlanmadı.",
                       "The privacy notice of this site is not published yet.", code="no_text")
    return {
        "token": formtoken.make(site, language, [], []),
        "expiresIn": settings().form_token_minutes * 60, "now": _now(), "lang": language,
        "provider": {"title": site.provider_title, "brand": site.brand_name}, "notice": words,
    }


def _now() -> int:
    """Our clock, by which the page sets its own (milliseconds since 1970)."""
    return int(clock.now().timestamp() * 1_000)


def _fields(channels: list[Channel]) -> list[str]:
    kinds = {channel.address_kind for channel in channels}
    return ["name", *(["phone"] if AddressKind.PHONE in kinds else []),
            *(["email"] if AddressKind.EMAIL in kinds else [])]


def parts_of(body: str) -> tuple[str, str, str]:
    """Introduction, channel words and rest of the sentence of a published text."""
    intro, _, sentence = body.rpartition("\n\n")
    before, _, after = sentence.partition("**")
    strong, _, rest = after.partition("**")
    strong, rest = strong.strip(), rest.strip()
    if rest[:1] in (".", ","):  # the mark belongs to the word before it
        strong, rest = strong + rest[0], rest[1:].strip()
    return (f"{intro} {before}".replace("\n", " ").strip(), strong, rest)


def read(site: Site, body: SubmissionIn, visitor: Visitor, *, verified: bool,
         vouch: str | None = None, shown: Shown | None = None,
         oldest: timedelta = OLDEST_CLICK) -> Accepted:
    """Judge a submission; raises InvalidInput naming every wrong field at once, NotAllowed, Gone.

    ``verified``: the site's server vouched for the addresses (policy ``signed``). ``shown``: what
    was on show, where another token than the form's says so; ``oldest``: how old a tick may be.
    """
    shown = shown or open_token(site, body.token)
    moment = clock.now()
    faults: list[FieldError] = []
    shown_at = _moment(body.shownAt, "shownAt", faults)
    addresses = _addresses(body, shown, faults)
    name = _name(body, faults)
    items, boxes = _items(site, body, shown, addresses, shown_at, moment, verified, faults, oldest)
    given, ticks = _given(body, shown, shown_at, moment, faults, oldest)
    more = extras.taken(site, body.fields, named=bool(body.choices or body.privacy),
                        language=shown.language, faults=faults)
    read_at = _read_at(body, shown, moment, faults, oldest)
    if shown_at is not None and shown_at < shown.since - TOLERANCE:
        faults.append(_fault("shownAt", "too_early"))
    if faults or shown_at is None:
        raise InvalidInput(errors=tuple(faults))
    evidence: dict[str, Any] = {
        "place": site.name, "site": site.key, "origin": visitor.origin,
        "formVersion": site.form_version, "language": shown.language, "policy": site.policy,
        "texts": [{"channel": c.name, "id": t.id, "hash": t.hash}
                  for c, t in shown.consents.items()],
        "shownAt": body.shownAt, "boxes": boxes, "vouch": vouch,
    } | privacy.evidence(shown.notice, body.notice, shown.asked, ticks) | more.evidence
    person = {"ip": visitor.address, "agent": visitor.agent, **({"name": name} if name else {}),
              **more.person}
    return Accepted(
        idem=f"w{site.id}:{body.key}", body_hash=_print(body), language=shown.language,
        items=tuple(items), addresses=addresses, evidence=evidence, person=person,
        acts=privacy.acts(
            shown.notice, body.notice, given, addresses.values(), shown_at=shown_at,
            read_at=read_at, clicks=[one.consent_date for one in items], moment=moment,
            oldest=oldest),
        trapped=bool(body.website.strip()) or (not verified and _hasty(shown.age)),
    )


def _print(body: SubmissionIn) -> bytes:
    """What tells this body from another under the same key. How far the notice was shown does not:
    a post that is sent again may have been composed anew, with the notice opened meanwhile."""
    parts: list[Any] = [body.token, body.name, body.phone, body.email, body.shownAt,
                        [c.channel for c in body.choices], body.notice is not None]
    if body.privacy or (body.notice and not body.notice.at):
        parts += [[one.document for one in body.privacy], body.notice and bool(body.notice.at)]
    if body.fields:
        parts.append(sorted(body.fields.items()))
    return hash_body(*parts)


def _hasty(age: float) -> bool:
    """Whether the form came back sooner than any person can: read, tick, press (ASVS 2.4.2).

    Counted from our own handing out, so that no clock of a visitor matters. A vouching server is no
    person and may be as quick as it likes; a negative age is two clocks of ours, not a machine.
    """
    return 0 <= age < settings().form_least_seconds


def _items(
    site: Site, body: SubmissionIn, shown: Shown, addresses: dict[str, str],
    shown_at: datetime | None, moment: datetime, verified: bool, faults: list[FieldError],
    oldest: timedelta,
) -> tuple[list[NewConsent], dict[str, str]]:
    items: list[NewConsent] = []
    boxes: dict[str, str] = {}
    standing = Standing.VERIFIED if verified else Standing.UNVERIFIED
    for choice in body.choices:
        channel = Channel[choice.channel]
        text = shown.consents.get(channel)
        if text is None or choice.channel in boxes:
            faults.append(_fault("choices", "not_on_show"))
            continue
        boxes[choice.channel] = choice.at
        clicked = _moment(choice.at, "choices", faults)
        if clicked is None or shown_at is None:
            continue
        if not _own_act(clicked, shown, shown_at, moment, oldest):
            faults.append(_fault("choices", "no_interaction"))
            continue
        address = addresses.get("email" if channel is Channel.EPOSTA else "phone")
        if address is None:
            continue
        date = clock.whole_second(min(clicked, moment))
        checked = Item(
            channel=channel, status=Status.ONAY, source=site.source, consent_date=date,
            flow=site.flow, address_kind=channel.address_kind, standing=standing,
            interacted_at=min(clicked, moment),
        )
        faults += [FieldError("choices", v.code, v.tr, v.en, v.rule)
                   for v in check_item(checked, now=moment) if v.refused]
        items.append(NewConsent(
            address=address, channel=channel, status=Status.ONAY, consent_date=date,
            due_at=due_at(date), text_id=text.id, text_hash=text.hash,
        ))
    return items, boxes


def _given(
    body: SubmissionIn, shown: Shown, shown_at: datetime | None, moment: datetime,
    faults: list[FieldError], oldest: timedelta,
) -> tuple[list[Given], dict[str, str]]:
    """The explicit consents that were ticked, in the form's order (R-57, R-58)."""
    given: dict[int, Given] = {}
    ticks: dict[str, str] = {}
    for choice in body.privacy:
        text = shown.asked.get(choice.document)
        if text is None or str(choice.document) in ticks:
            faults.append(_fault("privacy", "not_on_show"))
            continue
        ticks[str(choice.document)] = choice.at
        clicked = _moment(choice.at, "privacy", faults)
        if clicked is None or shown_at is None:
            continue
        if not _own_act(clicked, shown, shown_at, moment, oldest):
            faults.append(_fault("privacy", "no_interaction"))
            continue
        given[choice.document] = Given(text, clock.whole_second(min(clicked, moment)))
    return [given[number] for number in shown.asked if number in given], ticks


def _read_at(body: SubmissionIn, shown: Shown, moment: datetime, faults: list[FieldError],
             oldest: timedelta) -> datetime | None:
    """When "okudum, anladım" was ticked; None where it was not."""
    if body.notice is None or body.notice.at is None:
        return None
    at = _moment(body.notice.at, "notice", faults)
    if at is not None and not _own_act(at, shown, shown.since - TOLERANCE, moment, oldest):
        faults.append(_fault("notice", "no_interaction"))
    return at


def _own_act(clicked: datetime, shown: Shown, shown_at: datetime, moment: datetime,
             oldest: timedelta) -> bool:
    """R-12: the click lies between showing and now, give or take the clocks. What the visitor's
    clock says about the showing binds nobody: no form was clicked before we handed it out."""
    return (max(shown_at - timedelta(seconds=1), shown.since - TOLERANCE, moment - oldest)
            <= clicked <= moment + TOLERANCE)


def _addresses(body: SubmissionIn, shown: Shown, faults: list[FieldError]) -> dict[str, str]:
    """The addresses that what was ticked needs. An explicit consent alone needs one, whichever."""
    needed = {"email" if c.channel == "EPOSTA" else "phone" for c in body.choices}
    typed = {"phone": (body.phone or "").strip(), "email": (body.email or "").strip()}
    if body.privacy and not needed:
        needed = {field for field, text in typed.items() if text}
        if not needed:
            by_phone = any(c is not Channel.EPOSTA for c in shown.consents)
            faults.append(_fault("phone" if by_phone else "email", "no_address"))
    readers: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("phone", parse_phone), ("email", parse_email))
    found: dict[str, str] = {}
    for field, parse in readers:
        if field not in needed:
            continue
        try:
            found[field] = parse(typed[field])
        except AddressError as error:
            faults.append(FieldError(field, error.code, error.tr, error.en))
    return found


def has_hidden_mark(text: str) -> bool:
    """Whether a text has a line break, a control or a mark that turns its direction."""
    return bool(_CONTROL.search(text))


def _name(body: SubmissionIn, faults: list[FieldError]) -> str:
    name = " ".join((body.name or "").split(" ")).strip()
    named = bool(body.choices or body.privacy)
    if named and not any(one.isalpha() for one in name) and not _CONTROL.search(name):
        faults.append(_fault("name", "missing"))
    elif len(name) > LONGEST_NAME or _CONTROL.search(name):
        faults.append(_fault("name", "unreadable"))
    return name if named else ""


def _moment(text: str, field: str, faults: list[FieldError]) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if len(text) <= 40 else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 2000 < moment.year < 9000:
        faults.append(_fault(field, "no_time"))
        return None
    return moment.astimezone(UTC)


_SENTENCES: Final = {
    "not_on_show": ("Bu seçenek formda yoktu.", "This choice was not on the form."),
    "no_interaction": ("Kutu sizin işaretlemenizle seçilmiş olmalı. Yeniden işaretleyin.",
                       "A box counts only when you tick it yourself. Tick it again."),
    "too_early": ("Form, size verilmeden önce gösterilmiş olamaz. Sayfayı yenileyin.",
                  "A form cannot have been shown before it was handed out. Reload the page."),
    "missing": ("Onay için adınızı ve soyadınızı yazın.",
                "Write your full name to give a consent."),
    "no_address": ("Rızanın sahibini bilmek için bir adres yazın: telefon ya da e-posta.",
                   "Write an address, phone or e-mail, so that the consent has its giver."),
    "unreadable": ("Ad ve soyad en çok 120 karakter olabilir; satır sonu ya da görünmez işaret "
                   "içeremez.",
                   "A name has at most 120 characters and no line breaks or hidden marks."),
    "no_time": ("Zaman okunamadı. Sayfayı yenileyin.",
                "The time cannot be read. Reload the page."),
}


def _fault(field: str, code: str) -> FieldError:
    return FieldError(field, code, *_SENTENCES[code])
