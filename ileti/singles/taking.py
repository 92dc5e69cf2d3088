"""Taking a single message: judged, composed and filled now, asked about again when it goes.

Why this module exists: a shop's order notice is one message that nobody releases with four eyes,
and so the place where an advertisement slips out without a consent. Whoever asks for one says what
it is (R-01); without a word it is commercial and takes a consent İYS knows. An exempt one carries
its reason and who gave it (R-04), and if its words promote, nobody can send it as typed: that takes
a template a second person agreed to (R-03). What is written down is the whole message as it will be
read, with what the law adds to it (R-24 to R-29), so that what was accepted is what goes out.

A dealer sends in the brand's name where the brand lets its dealers, to people it has a record of,
and says so in each message (R-16, R-24); that no consent is needed is for the brand to say, so an
exempt one of a dealer is of a template the brand published or agreed to.

The same request again, by its key, is the message that stands. A denial is told at once to whoever
asks (R-36); it is asked again when the message leaves (:mod:`ileti.channels.single`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

from ileti.channels import single
from ileti.channels.base import MessageKind
from ileti.channels.messages import NewMessage
from ileti.channels.render import refuse_url
from ileti.channels.single import NewSingle
from ileti.consents.gate import may_send_now
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import clock, db
from ileti.core.errors import (
    CallerMistake,
    FieldError,
    InvalidInput,
    NotAllowed,
    NotFound,
    RuleBroken,
)
from ileti.core.secrets import secrets
from ileti.recipients import known
from ileti.templates import lifecycle, people, pictures, senders
from ileti.templates.blocks import CannotCompose
from ileti.templates.compose import REFUSE, Composed, Filled, compose
from ileti.templates.judging import Remark, asks_second, judge, judge_again, stops
from ileti.templates.valuewords import Judge
from ileti.templates.written import Content
from ileti.tenancy import twins

USUAL: Final = timedelta(days=1)
SHORTEST: Final = timedelta(minutes=5)
LONGEST: Final = timedelta(days=7)
#: calls are made by lists and by people, not by a request for one
CHANNELS: Final = (Channel.MESAJ, Channel.EPOSTA)


class NotPermitted(RuleBroken):
    """The gate lets no message go to this address now; ``errors`` says why (R-36)."""

    code = "not_permitted"


class KeyUsed(CallerMistake):
    """The request's key was used for another message."""

    status = 422
    code = "key_reused"
    tr = "Bu anahtarla başka bir ileti gönderilmişti. Yeni bir anahtar kullanın."
    en = "Another message was sent with this key. Take a new key."


@dataclass(frozen=True)
class Wish:
    """What somebody asks for. ``address`` canonical; ``content`` the words, a published version's
    (``template_id`` says which template) or typed; ``values`` what fields say, before what we know
    of the person; ``reference`` the contract or order it is about (R-02); ``user_id`` or
    ``account_id``: who asks; ``dealer_id``: the dealer in whose name it goes; ``idem`` and
    ``mark``: the request's key and what tells its body from another."""

    provider_id: int
    brand_id: int
    channel: Channel
    address: str
    content: Content
    template_id: int | None = None
    values: Mapping[str, str] | None = None
    reference: str = ""
    recipient_type: RecipientType = RecipientType.BIREYSEL
    sender: str | None = None
    valid: timedelta = USUAL
    user_id: int | None = None
    account_id: int | None = None
    dealer_id: int | None = None
    idem: str | None = None
    mark: str = ""


@dataclass(frozen=True)
class Accepted:
    """The message's number; ``again``: the same request had made it before."""

    message_id: int
    recipient_id: int | None
    again: bool = False


def of_template(template_id: int, provider_id: int, brand_id: int,
                dealer_id: int | None = None) -> Content:
    """The version in use of a template that this brand, or this dealer of it, may send. Raises
    NotFound for one of another brand (R-17) or dealer, taken off, or without anything published."""
    row = db.system_connection().execute(
        "select provider_id, brand_id, dealer_id from message_template where id = %s",
        (template_id,)).fetchone()
    found = lifecycle.latest(template_id) if row is not None and row[0] == provider_id and (
        row[1] in (None, brand_id) and row[2] in (None, dealer_id)) else None
    if found is None:
        raise NotFound("Bu markanın yayında böyle bir şablonu yok.",
                       "The brand has no such template published.", code="no_such_template")
    return found


def accept(wish: Wish) -> Accepted:
    """Write the message down to be sent.

    Raises InvalidInput (channel, empty fields), RuleBroken (errors of
    :mod:`ileti.templates.judging`; ``promotes``; what the record lacks), NotPermitted, NotAllowed
    (the brand lets its dealer send nothing), KeyUsed, StorageAway.
    """
    if wish.channel not in CHANNELS or wish.content.channel is not wish.channel:
        raise InvalidInput(errors=(FieldError(
            "channel", "invalid", "SMS ya da e-posta seçin; şablon başka kanalınsa onun kanalını.",
            "Choose SMS or e-mail, and a template’s own channel."),))
    if not SHORTEST <= wish.valid <= LONGEST:
        raise InvalidInput(errors=(FieldError(
            "validMinutes", "invalid", "5 dakika ile 7 gün arasında olmalı.",
            "Must lie between 5 minutes and 7 days."),))
    conn = db.system_connection()
    if wish.idem is not None and (before := single.standing(conn, wish.provider_id, wish.idem)):
        return _again(wish, *before)
    _judge(wish)
    made = composed(wish.provider_id, wish.brand_id, wish.content, wish.dealer_id)
    _ask_sender(wish)
    _ask_dealer(wish)
    if not wish.content.declared.exempt:
        _ask_gate(wish)
    with db.transaction(system=True) as work:
        recipient = known.find_or_add(work, wish.provider_id, wish.address)
        said = filled(made, wish.provider_id, wish.brand_id, recipient, wish.values or {},
                      _judge_of(wish, made))
        number = single.write(work, _new(wish, recipient, said))
        if not wish.content.version_id:
            pictures.mark_sent(work, pictures.Place(
                wish.provider_id, wish.brand_id, wish.dealer_id), wish.content.html)
    if number is None:  # the same request came twice at once
        stands = single.standing(conn, wish.provider_id, wish.idem or "")
        assert stands is not None
        return _again(wish, *stands)
    return Accepted(number, recipient)


def _again(wish: Wish, number: int, declaration: Mapping[str, Any]) -> Accepted:
    if declaration.get("mark") != wish.mark:
        raise KeyUsed()
    return Accepted(number, None, again=True)


# -- the words ------------------------------------------------------------------------------------


def remarks(content: Content, provider_id: int) -> list[Remark]:
    """What is found of typed words, today; nothing of a published version, which was judged when
    somebody published it, but that its offer is over."""
    if not content.version_id:
        return judge(content, today=clock.today(), custom=lifecycle.custom_keys(provider_id))
    return judge_again(content, today=clock.today())


def _judge(wish: Wish) -> None:
    if wish.dealer_id is not None and wish.content.declared.exempt and not wish.content.version_id:
        raise RuleBroken(
            "Bayi izin gerekmeyen iletiyi kendi sözleriyle gönderemez (R-04). Markanın yayımladığı "
            "ya da onayladığı bir şablon kullanın.",
            "A dealer does not send an exempt message in words of its own (R-04). Use a template "
            "that the brand published or agreed to.", code="dealer_exempt",
            errors=(FieldError("class", "dealer_exempt", "Şablon kullanın.", "Use a template.",
                               "R-04"),))
    found = remarks(wish.content, wish.provider_id)
    wrong = stops(found)
    if wrong:
        raise RuleBroken(wrong[0].tr, wrong[0].en, code=wrong[0].code, errors=tuple(
            FieldError(one.field, one.code, one.tr, one.en) for one in wrong))
    second = asks_second(found)
    if second:
        raise RuleBroken(
            "Metin özendiriyor; izinsiz gönderilemez (R-03). Ticari olarak gönderin ya da ikinci "
            "bir kişinin onayladığı bir şablon kullanın.",
            "The text promotes, so it cannot go without a consent (R-03). Send it as commercial, "
            "or use a template that a second person agreed to.", code="promotes",
            errors=tuple(FieldError(one.field, one.code, one.tr, one.en) for one in second))


def _judge_of(wish: Wish, made: Composed) -> Judge | None:
    """Who judges what is filled into an exempt text (R-03)."""
    if not wish.content.declared.exempt:
        return None
    return Judge([one for one in (made.subject, made.body, made.html) if one is not None],
                 agreed=wish.content.approved_by is not None)


def composed(provider_id: int, brand_id: int, content: Content,
             dealer_id: int | None = None) -> Composed:
    """The words with what the law adds, a dealer's with the principal's name (R-24). Raises
    RuleBroken when the provider's record lacks what must stand in them."""
    who = senders.sending(provider_id, brand_id, content.channel, dealer_id=dealer_id)
    try:
        return compose(content, who.sender, who.refusal, by_dealer=who.by_dealer,
                       custom=lifecycle.custom_keys(provider_id))
    except CannotCompose as error:
        raise RuleBroken(error.lacks[0].tr, error.lacks[0].en, code=error.lacks[0].code,
                         errors=tuple(FieldError("sender", one.code, one.tr, one.en)
                                      for one in error.lacks)) from None


def filled(made: Composed, provider_id: int, brand_id: int, recipient_id: int,
           values: Mapping[str, str], judge: Judge | None = None) -> tuple[Filled, str]:
    """The message of one person and their link of refusal ("" where it has none). Raises
    InvalidInput for fields that would stay empty: a program must see that it left one out; and
    RuleBroken when what is filled in promotes, said now or known of the person before (R-03)."""
    wanted = made.fields
    said = people.values_of(db.system_connection(), provider_id, [recipient_id],
                            wanted - {REFUSE})[recipient_id] if wanted - {REFUSE} else {}
    said = said | {key: value for key, value in values.items() if value.strip()}
    if judge is not None and judge.promotes(said):
        raise _promotes(values or said)
    link = ""
    if REFUSE in wanted:
        link = refuse_url(provider_id, brand_id, recipient_id, [made.channel.name], "tr")
        said |= {REFUSE: link}
    parts = (made.subject, made.body, made.html)
    empty = frozenset().union(*(one.lacks(said) for one in parts if one is not None))
    unknown = sorted(set(values) - wanted)
    if empty or unknown:
        raise InvalidInput(errors=(
            *(FieldError(f"values.{one}", "missing", f"{{{one}}} için bir değer yazın.",
                         f"Write a value for {{{one}}}.") for one in sorted(empty)),
            *(FieldError(f"values.{one[:60]}", "unknown_field", "Metinde böyle bir alan yok.",
                         "There is no such field in the text.") for one in unknown)))
    return made.fill(said), link


def _promotes(fields: Iterable[str]) -> RuleBroken:
    return RuleBroken(
        "Alanlara yazılanlar metni özendirici yapıyor; izinsiz gönderilemez (R-03).",
        "What was written for the fields makes the text promote, so it cannot go without a "
        "consent (R-03).", code="promotes", errors=tuple(FieldError(
            f"values.{key[:60]}", "promotes", "Özendiriyor.", "It promotes.", "R-03")
            for key in fields))


_APPROVED: Final = """
select 1 from sender s join gateway_account a on a.provider_id = s.provider_id
   and a.id = s.account_id
 where s.provider_id = %(provider)s and s.brand_id = %(brand)s and s.channel = %(channel)s
   and s.state = 2 and lower(s.title) = lower(%(title)s) and a.active
   and case when %(commercial)s then a.commercial else a.exempt end limit 1"""


def _ask_sender(wish: Wish) -> None:
    """A title goes when the operator approved it for this brand, and it is said at once where it
    does not (R-54). Nothing of a sandbox goes anywhere, so there every title will do."""
    if wish.sender is None or twins.is_twin(wish.provider_id):
        return
    if wish.channel is Channel.EPOSTA or db.system_connection().execute(_APPROVED, {
            "provider": wish.provider_id, "brand": wish.brand_id, "channel": int(wish.channel),
            "title": wish.sender, "commercial": not wish.content.declared.exempt,
            }).fetchone() is None:
        raise InvalidInput(errors=(FieldError(
            "sender", "not_approved", "Markanın onaylı böyle bir başlığı yok.",
            "The brand has no such approved title.", "R-54"),))


# -- gate and row ---------------------------------------------------------------------------------


_DEALERS: Final = """
select dealer_may_send(%(provider)s, %(brand)s, %(dealer)s), exists (
         select from recipient r where r.provider_id = %(provider)s and r.addr_hash = %(hash)s
            and campaign_dealer_knows(%(provider)s, %(brand)s, r.id, %(channel)s::smallint,
                                      %(dealer)s)
            and (not %(commercial)s or dealer_may_use(
                %(provider)s, %(brand)s, r.id, %(type)s::smallint, %(channel)s::smallint,
                %(dealer)s)))"""


def _ask_dealer(wish: Wish) -> None:
    """A dealer hears the same of everybody it has no record of, whoever else knows them (R-16)."""
    if wish.dealer_id is None:
        return
    row = db.system_connection().execute(_DEALERS, {
        "provider": wish.provider_id, "brand": wish.brand_id, "dealer": wish.dealer_id,
        "hash": secrets().addresses.of(wish.provider_id, wish.address),
        "channel": int(wish.channel), "type": int(wish.recipient_type),
        "commercial": not wish.content.declared.exempt}).fetchone()
    if row is None or not row[0]:
        raise NotAllowed("Marka bu bayiye ileti gönderme hakkı vermiyor.",
                         "The brand does not let this dealer send messages.",
                         code="dealer_not_allowed")
    if not row[1]:
        tr = "Bayinizin bu kişiden aldığı ya da kullanabileceği bir kayıt yok."
        en = "Your dealer has no record of this person that it took or may use."
        raise NotPermitted(tr, en, errors=(FieldError("address", "other_dealer", tr, en, "R-16"),))


def _ask_gate(wish: Wish) -> None:
    answer = may_send_now(wish.provider_id, wish.brand_id, wish.address, wish.channel,
                          wish.recipient_type)
    if not answer:
        code = answer.denial.value if answer.denial is not None else "unsure"
        raise NotPermitted(answer.tr, answer.en, errors=(
            FieldError("address", code, answer.tr, answer.en),))


def _new(wish: Wish, recipient: int, said: tuple[Filled, str]) -> NewSingle:
    words, link = said
    content = {"subject": words.subject, "text": words.body, "html": words.html, "refuse": link}
    return NewSingle(
        NewMessage(wish.provider_id, wish.brand_id, recipient, None, wish.channel,
                   MessageKind.SINGLE, content, _until(wish)),
        int(wish.content.declared), wish.recipient_type, wish.sender,
        wish.content.version_id or None, _declaration(wish), wish.idem, wish.dealer_id)


def _until(wish: Wish) -> datetime:
    """How long it is worth sending: an advertisement no longer than what it offers (R-27)."""
    until, ends = clock.now() + wish.valid, wish.content.ends
    if ends is None or wish.content.declared.exempt:
        return until
    return min(until, datetime.combine(ends + timedelta(days=1), time(), clock.ISTANBUL))


def _declaration(wish: Wish) -> dict[str, Any]:
    """Who says what it is, and why (R-04): of a template who published it, of typed words who
    asked for the message."""
    one = wish.content
    at = one.declared_at or clock.now()
    return {
        "class": one.declared.code, "reason": one.reason,
        "reference": wish.reference or one.reference,
        "tags": list(one.tags), "template": wish.template_id,
        "hash": one.digest.hex() if one.version_id else None,
        "declaredBy": one.declared_by if one.version_id else wish.user_id,
        "declaredAt": at.isoformat(), "approvedBy": one.approved_by, "approval": one.approval,
        "askedBy": wish.user_id, "program": wish.account_id, "mark": wish.mark}
