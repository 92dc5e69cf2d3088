"""Everything that can be said of a message while it is written, in one list.

Why this module exists: the editor, the publication and the API must find the same. Three things
come together: whether it can be filled and made at all, what the law says of its words and its
class (:mod:`ileti.templates.content`), and what of a mail's HTML is left out. An error stops the
publication; ``second-person`` needs another person's reason (R-03); a hint is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import Final

from ileti.consents.vocabulary import Channel
from ileti.templates import content as law
from ileti.templates import design as designs
from ileti.templates import mailbuild, merge
from ileti.templates.blocks import Refusal, Sender
from ileti.templates.compose import compose
from ileti.templates.content import ERROR, HINT, SECOND_PERSON
from ileti.templates.vocabulary import Trade
from ileti.templates.written import LONGEST, LONGEST_SMS, LONGEST_TAG, MOST_TAGS, Content

#: what a sample leaves for its writer: «[ürün]»; «[KAMPANYA]» is somebody's own
_LEFT_OPEN: Final = re.compile(r"\[(?=[^\]\n]*[a-zçğıöşü])[^\[\]\n<>]{2,60}\]")
#: where what is about no place in the words belongs
_PLACES: Final = {"promotes_subject": "subject", "terms": "terms", "ends": "ends", "ended": "ends",
                  "reference": "reference", "occasion": "class"}
_ORDER: Final = (ERROR, SECOND_PERSON, HINT)
#: where Gmail cuts a mail off and hides the rest behind a link: the law's part stands at the end
CLIPPED_AT: Final = 102 * 1024


_SOMEBODY: Final = Sender("x", Trade.TACIR, "x", "x")
_SOMEHOW: Final = Refusal("1", "RET", "1", "x")


@dataclass(frozen=True)
class Remark:
    """One thing found. ``field``: where (``body``, ``subject``, ``preheader``, ``html``, ``terms``,
    …; ``design.3`` for a mail's third block); ``start`` and ``end``: its place there, both 0 when
    it is about all of it; ``rule`` an R-number, or nothing for what no rule asks."""

    code: str
    level: str
    rule: str
    tr: str
    en: str
    field: str = "body"
    start: int = 0
    end: int = 0

    def say(self, language: str) -> str:
        """The sentence in ``tr`` or ``en``."""
        return self.en if language == "en" else self.tr


def judge(content: Content, *, today: date, custom: AbstractSet[str] | None = None
          ) -> list[Remark]:
    """Everything found, the gravest first. ``custom``: keys of the provider's fields of recipients;
    None for any."""
    found = [*_whole(content), *_designed(content), *_fields(content, custom)]
    box = None
    if content.html:
        try:
            box = mailbuild.built(content.html)
        except mailbuild.BadMarkup as error:
            found.append(Remark("markup", ERROR, "", f"MJML okunamadı: {error.says}",
                                f"The MJML cannot be read: {error.says}", "html"))
    if box is not None:
        found += _dropped(box)
    found += _legal(content, box, today)
    if not stops(found):
        found += _composed(content, custom)
    return sorted(found, key=lambda one: (_ORDER.index(one.level), one.field != "body", one.start))


def judge_again(content: Content, *, today: date) -> list[Remark]:
    """What may be wrong of a published version, whose words were judged when somebody published
    it: only the calendar has changed since (R-27)."""
    return [_remark(one) for one in law.ended(content.declared, content.ends, today)]


def stops(remarks: list[Remark]) -> list[Remark]:
    """The errors among them."""
    return [one for one in remarks if one.level == ERROR]


def asks_second(remarks: list[Remark]) -> list[Remark]:
    """What needs a second person's reason (R-03)."""
    return [one for one in remarks if one.level == SECOND_PERSON]


def _whole(content: Content) -> Iterator[Remark]:
    mail = content.channel is Channel.EPOSTA
    if not (content.body or (mail and content.html)):
        yield Remark("empty", ERROR, "", "Metin yazın.", "Write a text.")
    if mail and not content.subject:
        yield Remark("subject_empty", ERROR, "R-24", "Konu satırı yazın.", "Write a subject.",
                     "subject")
    if content.declared.exempt and not content.reason:
        yield Remark("reason", ERROR, "R-04",
                     "Neden izin gerekmediğini yazın; beyanınızla saklanır.",
                     "Write why no consent is needed; it is kept with your declaration.", "reason")
    for name, most in LONGEST.items():
        if len(getattr(content, name)) > most:
            yield Remark("too_long", ERROR, "", f"En çok {most} karakter.",
                         f"At most {most} characters.", name)
    if content.channel is Channel.MESAJ and len(content.body) > LONGEST_SMS:
        yield Remark("too_long", ERROR, "", f"SMS en çok {LONGEST_SMS} karakter olabilir.",
                     f"An SMS has at most {LONGEST_SMS} characters.")
    for name in ("subject", "body", "html"):
        for found in _LEFT_OPEN.finditer(getattr(content, name)):
            yield Remark("left_open", ERROR, "", f"{found.group(0)} yerini doldurun.",
                         f"Fill in what stands as {found.group(0)}.", name, *found.span())
    if len(content.tags) > MOST_TAGS or any(len(one) > LONGEST_TAG for one in content.tags):
        yield Remark("tags", ERROR, "R-17",
                     f"En çok {MOST_TAGS} etiket, her biri en çok {LONGEST_TAG} karakter.",
                     f"At most {MOST_TAGS} tags of {LONGEST_TAG} characters.", "tags")


def _designed(content: Content) -> Iterator[Remark]:
    for one in designs.faults(content.design) if content.design is not None else ():
        yield Remark(one.code, ERROR if one.stops else HINT, "", one.tr, one.en,
                     f"design.{one.block}" if one.block else "html")


def _fields(content: Content, custom: AbstractSet[str] | None) -> Iterator[Remark]:
    for name in ("body", "subject", "preheader", "html"):
        for one in merge.faults_of(getattr(content, name), html=name == "html", custom=custom):
            yield Remark(one.code, ERROR, "", one.tr, one.en, name, one.start, one.end)


def _composed(content: Content, custom: AbstractSet[str] | None) -> Iterator[Remark]:
    """What only shows when it is composed: a field that stands well in the HTML as it was written
    and not in what is made of it, or in the plain part that is read off it."""
    try:
        made = compose(content, _SOMEBODY, _SOMEHOW, custom=custom)
    except merge.Faulty as error:
        for one in error.faults:
            yield Remark(one.code, ERROR, "", one.tr, one.en, "html" if content.html else "body")
    else:
        size = len(made.html.source.encode()) if made.html is not None else 0
        if size > CLIPPED_AT:
            yield Remark("clipped", HINT, "R-28",
                         f"E-posta {size // 1024} kB: Gmail 102 kB’tan uzununu keser, altındaki "
                         "kimlik ve ret bölümü görünmez. Resimleri adresleriyle koyun, metni "
                         "kısaltın.",
                         f"The mail has {size // 1024} kB: Gmail cuts what is longer than 102 kB, "
                         "and who sends it and how to refuse, which stand below, are not seen. "
                         "Name pictures by their addresses, shorten the text.", "html")


def words_beside(content: Content, box: mailbuild.Built | None = None) -> str:
    """What a mail's HTML says that its plain part does not, nothing without one; ``box``: it as
    built already. Raises BadMarkup."""
    if not content.html:
        return ""
    words = (box or mailbuild.built(content.html)).text
    return "" if words == content.body else words


def _dropped(box: mailbuild.Built) -> Iterator[Remark]:
    for one in box.dropped:
        if one == "pixel":
            yield Remark("pixel", HINT, "R-28", "Görünmeyecek kadar küçük bir resim var (izleme "
                         "pikseli); çıkarıldı.", "A picture is too small to be seen (a tracking "
                         "pixel); it was taken out.", "html")
        else:
            yield Remark("dropped", HINT, "", f"{one} e-postada olamaz; çıkarıldı.",
                         f"{one} cannot stand in a mail; it was taken out.", "html")


def _legal(content: Content, box: mailbuild.Built | None, today: date) -> Iterator[Remark]:
    """What the law says of it. A mail's HTML is read too; its places mean nothing in the body."""
    words = "" if box is None else words_beside(content, box)
    seen: set[tuple[str, str]] = set()
    for one in law.check(content.said(words), today=today):
        inside = one.end <= len(content.body)
        if not inside and (one.code, one.tr) in seen:
            continue
        seen.add((one.code, one.tr))
        yield _remark(one, "body", one.start, one.end) if inside else _remark(one, "html")


def _remark(one: law.Finding, field: str = "body", start: int = 0, end: int = 0) -> Remark:
    return Remark(one.code, one.level, one.rule, one.tr, one.en,
                  _PLACES.get(one.code, field), start, end)
