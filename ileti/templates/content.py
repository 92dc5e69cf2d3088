"""Whether what a message says fits what it was declared to be (R-01 to R-04, R-27).

Why this module exists: the dearest mistake of the field is an order notice that ends with "20 %
off": it makes the whole message commercial, and it went to people without a consent. The words are
read before anything is sent. An exempt text that promotes needs to be declared commercial, or a
second person who says why it does not promote; a greeting or a survey is commercial whatever it
says; a promotion names its end and where its conditions stand. Pure: the editor asks while one
writes, the release asks again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from ileti.documents.fold import fold
from ileti.templates.vocabulary import MessageClass, Occasion

ERROR: Final = "error"
SECOND_PERSON: Final = "second-person"
HINT: Final = "hint"


@dataclass(frozen=True)
class Said:
    """A message before it is sent. ``subject`` is a mail's; ``reference`` names the contract or
    product an exemption rests on; ``terms`` the page of a promotion's conditions, ``ends`` its last
    day."""

    body: str
    declared: MessageClass
    subject: str = ""
    occasion: Occasion | None = None
    reference: str = ""
    terms: str = ""
    ends: date | None = None


@dataclass(frozen=True)
class Finding:
    """One thing found. ``level``: an error stops, ``second-person`` needs another person's reason,
    a hint is told. ``start`` and ``end`` are a span of the body, both 0 when it is about all."""

    code: str
    level: str
    rule: str
    tr: str
    en: str
    start: int = 0
    end: int = 0


def check(said: Said, *, today: date) -> list[Finding]:
    """Everything found, the gravest first."""
    promoting = list(promotions(said.body))
    in_subject = next(promotions(said.subject), None) is not None
    found = [*_occasion(said), *_reference(said), *_exempt(said, promoting, in_subject=in_subject),
             *_promotion(said, today, promoting=bool(promoting) or in_subject)]
    order = (ERROR, SECOND_PERSON, HINT)
    return sorted(found, key=lambda one: (order.index(one.level), one.start))


def promotions(text: str) -> Iterator[tuple[int, int]]:
    """Spans of a text that encourage or promote (R-03)."""
    folded = fold(text)
    for match in _PROMOTING.finditer(folded.text):
        yield folded.span(*match.span())


def _occasion(said: Said) -> Iterator[Finding]:
    if said.occasion is not None and said.declared.exempt:
        yield Finding("occasion", ERROR, "R-01",
                      "Kutlama ve anket iletileri tanınırlığı artırır; her zaman ticari iletidir.",
                      "Greetings and surveys raise recognition; they are always commercial.")


def _reference(said: Said) -> Iterator[Finding]:
    if said.declared is MessageClass.USE_AND_MAINTENANCE and not said.reference.strip():
        yield Finding("reference", ERROR, "R-02",
                      "Bu istisna verilmiş bir mal ya da hizmete dayanır: ürünü ya da sözleşmeyi "
                      "yazın. Var olan müşteri olmak yetmez.",
                      "This exemption rests on what was supplied: name the product or contract. "
                      "Being a customer is not enough.")


def _exempt(said: Said, spans: list[tuple[int, int]], *, in_subject: bool) -> Iterator[Finding]:
    if not said.declared.exempt:
        return
    for start, end in spans:
        yield Finding("promotes", SECOND_PERSON, "R-03",
                      f"«{said.body[start:end]}» özendirir: ileti ticari olur. Ticari olarak "
                      "gönderin ya da ikinci bir kişi neden özendirmediğini yazsın.",
                      f"“{said.body[start:end]}” promotes: the message becomes commercial. Send it "
                      "as commercial, or have a second person write why it does not.", start, end)
    if in_subject:
        yield Finding("promotes_subject", SECOND_PERSON, "R-03",
                      "Konu satırı özendirir: ileti ticari olur.",
                      "The subject promotes: the message becomes commercial.")
    for match in _LINK.finditer(said.body):
        yield Finding("link", HINT, "R-03",
                      "Bağlantı alışverişe götürüyorsa ileti ticari olur.",
                      "If the link leads to a shop, the message becomes commercial.",
                      match.start(), match.end())


def _promotion(said: Said, today: date, *, promoting: bool) -> Iterator[Finding]:
    yield from ended(said.declared, said.ends, today)
    if said.declared.exempt or not promoting:
        return
    if not said.terms.strip():
        yield Finding("terms", ERROR, "R-27",
                      "İndirim, hediye ya da çekilişin koşulları bir sayfada ya da müşteri "
                      "hattında açıkça yazmalı: adresini ekleyin.",
                      "The conditions of a discount, gift or prize game must be easy to reach: add "
                      "the address of their page or a customer number.")
    if said.ends is None:
        yield Finding("ends", ERROR, "R-27", "Promosyonun son gününü yazın.",
                      "Name the promotion’s last day.")


def ended(declared: MessageClass, ends: date | None, today: date) -> Iterator[Finding]:
    """That an advertisement is over, which may be so of words that were judged long ago."""
    if has_ended(declared, ends, today):
        yield Finding("ended", ERROR, "R-27", "Promosyonun son günü geçti.",
                      "The promotion’s last day has passed.")


def has_ended(declared: MessageClass, ends: date | None, today: date) -> bool:
    """Whether an advertisement's last day, where it names one, has passed (R-27)."""
    return not declared.exempt and ends is not None and ends < today


# Folded. A stem stands for its endings; «%20», «20 %» and «50 TL bizden» are read as signs of a
# discount, a rate of tax or interest behind its own word is none.
_STEMS: Final = (
    "indirim", "firsat", "kampanya", "promosyon", "hediye", "cekilis", "kupon", "bedava",
    "kacirma", "avantaj", "ozel teklif", "size ozel", "sezon sonu", "son gun", "yeni sezon",
    "yeni koleksiyon", "hemen al", "simdi al", "satin al", "alisverise", "sepetinizde",
    "puan kazan", "kazanma sansi", "odul", "cashback", "taksit firsati", "ucretsiz kargo",
    "super fiyat", "uygun fiyat", "yari fiyat", "dev", "discount", "special offer", "coupon",
    "free gift", "buy now", "shop now", "on sale", "promo",
)
_WHOLE: Final = frozenset({"dev", "sale", "promo"})
_PROMOTING: Final = re.compile(
    "|".join([rf"\b{stem}\b" if stem in _WHOLE else rf"\b{stem}\w*" for stem in _STEMS]
             + [r"[%]\s?\d{1,2}\b", r"\byuzde (?:\d{1,2}|on|yirmi|otuz|kirk|elli)\b",
                r"(?<![\d.,])(?<!kdv )(?<!otv )(?<!faiz )\d{1,2}\s?%(?!\s?(?:kdv|otv|faiz)\b)",
                r"\d\s?(?:tl|lira|₺)(?:'?(?:lik|si|niz))?\sbizden\b"]))
_LINK: Final = re.compile(r"https?://\S+|\bwww\.\S+")
