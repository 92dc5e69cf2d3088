"""Who writes, that it is an advertisement, and how to refuse: put into every commercial message.

Why this module exists: the law wants these words in each message, and whoever types them by hand
forgets one. They are made from the provider's verified record and from nothing else (R-24, R-25):
a prefix that shows what it is (R-26), the sender, and a refusal that works in the same channel and
costs nothing (R-28, R-29). A dealer's message names the principal (R-24). What is missing is an
error of the record, told before anything is queued; a message without its blocks cannot be made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ileti.consents.vocabulary import Channel
from ileti.documents.fold import fold
from ileti.templates.vocabulary import Trade

#: Words that show the commercial nature, folded; one stands where people look first (R-26).
SHOWING: Final = ("tanitim", "kampanya", "bilgilendirme", "reklam", "firsat", "indirim")
FIRST_LETTERS: Final = 20
#: the word that is put there
PREFIX: Final = "Kampanya"
_FIELDS: Final = re.compile(r"\{[^{}\n]*\}")


@dataclass(frozen=True)
class Sender:
    """The sender as the provider's record has it. ``identity`` is the MERSİS number of a merchant,
    the T.C. identity number of a craftsman; ``contact`` fits the channel; ``principal`` is the
    brand's owner when a dealer sends."""

    title: str
    trade: Trade
    identity: str
    contact: str
    brand: str = ""
    principal: str = ""


@dataclass(frozen=True)
class Refusal:
    """How a person refuses, per channel. ``number`` receives SMS or calls free of charge, ``word``
    is what to write there, ``key`` the key to press in a call, ``url`` a page made for refusing
    alone."""

    number: str = ""
    word: str = "RET"
    key: str = ""
    url: str = ""


@dataclass(frozen=True)
class Lacking:
    """What the record lacks; ``rule`` its R-number."""

    code: str
    rule: str
    tr: str
    en: str


def lacking(channel: Channel, sender: Sender, refusal: Refusal, *,
            by_dealer: bool = False) -> list[Lacking]:
    """Everything that keeps the blocks from being made; empty when they can be."""
    found = []
    if not sender.title.strip() or not sender.identity.strip():
        found.append(_LACKS["identity" if sender.trade is Trade.TACIR else "identity_esnaf"])
    if not sender.contact.strip():
        found.append(_LACKS["contact"])
    if by_dealer and not sender.principal.strip():
        found.append(_LACKS["principal"])
    if channel is Channel.MESAJ and not (refusal.number and refusal.word):
        found.append(_LACKS["refusal_sms"])
    if channel is Channel.EPOSTA and not refusal.url:
        found.append(_LACKS["refusal_mail"])
    if channel is Channel.ARAMA and not (refusal.key or refusal.number):
        found.append(_LACKS["refusal_call"])
    return found


class CannotCompose(ValueError):
    """The record lacks what the law wants in the message; ``lacks`` says what."""

    def __init__(self, lacks: list[Lacking]) -> None:
        super().__init__(", ".join(one.code for one in lacks))
        self.lacks = lacks


def sms(body: str, sender: Sender, refusal: Refusal, *, by_dealer: bool = False) -> str:
    """A commercial SMS as it goes out. Raises CannotCompose."""
    _refuse(lacking(Channel.MESAJ, sender, refusal, by_dealer=by_dealer))
    number = f"Mersis:{sender.identity}" if sender.trade is Trade.TACIR else (
        f"TCKN:{sender.identity}")
    parts = [prefixed(body.strip()), _for_whom(sender, by_dealer=by_dealer), number,
             sender.contact, f"Ret icin {refusal.word} yazip {refusal.number}'e ucretsiz gonderin"]
    return " ".join(part for part in parts if part)


def subject(text: str) -> str:
    """The subject of a commercial mail, with a word that shows what it is (R-26)."""
    return prefixed(" ".join(text.split()), longest=None)


def mail_lines(sender: Sender, *, by_dealer: bool = False) -> tuple[str, ...]:
    """The lines under a mail that say who sends it (R-24, R-25)."""
    name = "MERSİS No" if sender.trade is Trade.TACIR else "T.C. Kimlik No"
    return (_for_whom(sender, by_dealer=by_dealer), f"{name}: {sender.identity}", sender.contact)


def call_opening(sender: Sender, refusal: Refusal, *, by_dealer: bool = False) -> str:
    """The first words of a call (R-24 to R-26, R-28); the title is enough there (R-25)."""
    _refuse(lacking(Channel.ARAMA, sender, refusal, by_dealer=by_dealer))
    way = f"bu aramaları istemiyorsanız {refusal.key} tuşuna basın" if refusal.key else (
        f"bu aramaları istemiyorsanız {refusal.number} numarasını ücretsiz arayın")
    return (f"Bu bir tanıtım aramasıdır. {_for_whom(sender, by_dealer=by_dealer)} arıyor; {way}.")


def prefixed(text: str, *, longest: int | None = FIRST_LETTERS) -> str:
    """The text with a word that shows its nature at its start, put there when it lacks one where no
    name, however long, pushes it away: a field counts for as much room as the rule looks at
    (``longest``; None, in a subject: anywhere), and for no word."""
    probe = _FIELDS.sub("x" * FIRST_LETTERS, text)
    return text if shows_its_nature(probe[:longest]) else f"{PREFIX}: {text}"


def shows_its_nature(text: str) -> bool:
    """Whether one of the words of R-26 stands in the text."""
    folded = fold(text).text
    return any(word in folded for word in SHOWING)


def _for_whom(sender: Sender, *, by_dealer: bool) -> str:
    if by_dealer:
        return f"{sender.title} ({sender.principal} adına)"
    brand = sender.brand.strip()
    return sender.title if not brand or brand in sender.title else f"{brand} - {sender.title}"


def _refuse(lacks: list[Lacking]) -> None:
    if lacks:
        raise CannotCompose(lacks)


_LACKS: Final = {one.code: one for one in (
    Lacking("identity", "R-25", "Sağlayıcının unvanı ya da MERSİS numarası eksik.",
            "The provider’s title or MERSİS number is missing."),
    Lacking("identity_esnaf", "R-25", "Esnafın adı soyadı ya da T.C. kimlik numarası eksik.",
            "The craftsman’s name or T.C. identity number is missing."),
    Lacking("contact", "R-24", "Kanala uygun bir iletişim bilgisi eksik.",
            "Contact data that fit the channel are missing."),
    Lacking("principal", "R-24", "Bayi iletisi kimin adına gönderildiğini söylemeli.",
            "A dealer’s message must say in whose name it is sent."),
    Lacking("refusal_sms", "R-29",
            "SMS ile ücretsiz ret numarası tanımlı değil; yalnız bağlantı yetmez.",
            "No free number takes refusals by SMS; a link alone is not enough."),
    Lacking("refusal_mail", "R-29", "E-postadaki ret bağlantısı yapılamıyor.",
            "The mail’s refusal link cannot be made."),
    Lacking("refusal_call", "R-29", "Aramada ret tuşu ya da ücretsiz ret numarası yok.",
            "The call has neither a key nor a free number to refuse by."),
)}
