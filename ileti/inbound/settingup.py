"""Setting up numbers and words: what was typed, read and judged before it is kept.

Why this module exists: a word of consent that also refuses, or that two brands share, would only be
noticed when people write it; so both are told at once, by the same reading that the messages get.
Answers carry no advertising: they go to people who never consented to any (R-01, R-11). Pure but
for the texts to choose from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import psycopg

from ileti.channels import replies
from ileti.channels.replies import Meaning, fold
from ileti.core.errors import FieldError
from ileti.inbound import words
from ileti.inbound.formats import GATEWAYS
from ileti.inbound.numbers import spelled
from ileti.inbound.vocabulary import Meant
from ileti.inbound.words import Line

MOST_WORDS: Final = 12
LONGEST_WORD: Final = 40
LONGEST_ANSWER: Final = 320
LONGEST_NAME: Final = 80
_PROMOTING: Final = ("indirim", "kampanya", "firsat", "hediye", "bedava", "cekilis", "kupon",
                     "sale", "discount", "gift", "offer")


@dataclass
class TypedNumber:
    """The form of a number, as typed."""

    number: str = ""
    name: str = ""
    gateway: str = "netgsm"
    active: bool = True
    login: str = ""
    password: str = ""


@dataclass
class TypedWords:
    """The form of a brand's words, as typed; lists one per line."""

    brand_id: int = 0
    consent: str = "ONAY"
    refusal: str = ""
    info: str = ""
    text_id: int = 0
    info_answer: str = ""
    help_answer: str = ""


@dataclass
class ReadWords:
    """What was read from a form, with what is wrong by field."""

    line: Line | None = None
    faults: list[FieldError] = field(default_factory=list)


def number_faults(typed: TypedNumber) -> list[FieldError]:
    """What is wrong with a number's form."""
    found = []
    digits = "".join(one for one in typed.number if one.isdigit())
    if not 3 <= len(digits) <= 15 or not spelled(typed.number).lstrip("+").isdigit():
        found.append(FieldError("number", "shape", "Numarayı ya da kısa kodu rakamla yazın: 4609 "
                                "ya da 0850 123 45 67.",
                                "Write the number or short code in digits, for example 4609 or "
                                "0850 123 45 67."))
    if not 1 <= len(typed.name.strip()) <= LONGEST_NAME:
        found.append(FieldError("name", "length", "Bir ad yazın.", "Write a name."))
    if typed.gateway not in GATEWAYS:
        found.append(FieldError("gateway", "unknown", "Bir ağ geçidi seçin.", "Choose a gateway."))
    if bool(typed.login) and typed.gateway not in ("netgsm", "verimor"):
        found.append(FieldError("login", "no_box", "Bu ağ geçidinin sorulabilen bir kutusu yok.",
                                "This gateway has no box that can be asked."))
    return found


def read_words(typed: TypedWords, brand: str, others: Sequence[Line], text_ids: Sequence[int],
               printed: tuple[str, ...] = ("RET",)) -> ReadWords:
    """A brand's words; ``others`` are those of the number's other brands, ``printed`` the words of
    refusal in the provider's SMS."""
    line = Line(typed.brand_id, brand, _each(typed.consent), _each(typed.refusal),
                _each(typed.info), printed)
    faults = [*_word_faults("consent", line.consent), *_word_faults("refusal", line.refusal),
              *_word_faults("info", line.information), *_meaning_faults(line),
              *_shared(line, others),
              *_answer_faults("info_answer", typed.info_answer),
              *_answer_faults("help_answer", typed.help_answer)]
    if typed.text_id and typed.text_id not in text_ids:
        faults.append(FieldError("text_id", "unknown", "Yayımlanmış bir onay metni seçin.",
                                 "Choose a published consent text."))
    if line.information and not typed.info_answer.strip():
        faults.append(FieldError("info_answer", "missing", "Bilgi isteyenin okuyacağı metni yazın.",
                                 "Write what people read who ask for information."))
    return ReadWords(line, faults)


def _each(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in text.splitlines() if one.strip()))


def _word_faults(name: str, given: Sequence[str]) -> list[FieldError]:
    if len(given) > MOST_WORDS:
        return [FieldError(name, "many", f"En çok {MOST_WORDS} sözcük.",
                           f"At most {MOST_WORDS} words.")]
    bad = [one for one in given if len(one) > LONGEST_WORD or len(fold(one)) < 2]
    return [FieldError(name, "word", f"“{one[:40]}”: 2–{LONGEST_WORD} harf ya da rakam.",
                       f"“{one[:40]}”: 2 to {LONGEST_WORD} letters or digits.") for one in bad[:1]]


def _meaning_faults(line: Line) -> list[FieldError]:
    """A word says what it is listed for, as a whole message."""
    found = []
    for word in line.consent:
        said = replies.understand(word, replace(line, consent=(word,)).words)
        if said.meaning is not Meaning.CONSENT:
            found.append(FieldError(
                "consent", "means", f"“{word}” ret ya da soru olarak anlaşılıyor; onay sözcüğü "
                "olamaz.", f"“{word}” is understood as a refusal or a question; it cannot be a "
                "word of consent."))
    for word in line.information:
        if words.read(word, [line]).meant is not Meant.INFORMATION:
            found.append(FieldError("info", "means", f"“{word}” başka türlü anlaşılıyor.",
                                    f"“{word}” is understood otherwise."))
    return found


def _shared(line: Line, others: Sequence[Line]) -> list[FieldError]:
    for other in others:
        both = set(map(fold, line.consent)) & set(map(fold, other.consent))
        if both:
            word = next(iter(both))
            return [FieldError("consent", "shared", f"“{word}” bu numarada {other.brand} "
                               "markasının; onay hangisine verildi bilinemez.",
                               f"“{word}” is {other.brand}’s at this number; nobody could tell "
                               "which of them a consent is for.")]
    return []


def _answer_faults(name: str, text: str) -> list[FieldError]:
    if len(text) > LONGEST_ANSWER:
        return [FieldError(name, "long", f"En çok {LONGEST_ANSWER} karakter.",
                           f"At most {LONGEST_ANSWER} characters.")]
    promoting = next((one for one in _PROMOTING if one in fold(text)), None)
    if promoting is None:
        return []
    return [FieldError(name, "promotes", f"“{promoting}” tanıtımdır; yanıt tanıtım içeremez "
                       "(R-01, R-11).",
                       f"“{promoting}” promotes; an answer may not (R-01, R-11).")]


@dataclass(frozen=True)
class ConsentText:
    """A published wording that may have been advertised."""

    id: int
    title: str
    version: int
    language: str
    latest: bool


_TEXTS: Final = """
select v.id, v.title, v.version, v.language,
       v.version = max(v.version) over (partition by v.document_id, v.language)
  from document d join document_version v on v.document_id = d.id
 where d.provider_id = %s and (d.brand_id = %s or d.brand_id is null) and d.kind = 'ETK_ONAYI'
   and (d.channel = 2 or d.channel is null)
 order by d.id, v.language desc, v.version desc limit 60"""


def texts_of(conn: psycopg.Connection[Any], provider_id: int, brand_id: int) -> list[ConsentText]:
    """Published consent texts for SMS of a brand, the newest first: what an advertisement shows
    stays what it is, so earlier versions may be chosen too."""
    return [ConsentText(*row) for row in conn.execute(_TEXTS, (provider_id, brand_id)).fetchall()]
