"""A message as it goes out: the author's words with what the law adds, ready to be filled.

Why this module exists: preview, campaign, single message and API must compose alike, or what was
looked at is not what was sent. Composed once for all recipients, filled for each of them; what was
added is told apart from what was written, so that a page can show it. A commercial message without
its blocks cannot be made (R-24 to R-29); an exempt one carries no refusal and no prefix, a mail of
it still says who sends it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from config import settings
from ileti.channels.segments import Encoding, encoding_of, plain
from ileti.consents.vocabulary import Channel
from ileti.templates import blocks, mailbuild
from ileti.templates.blocks import CannotCompose, Refusal, Sender
from ileti.templates.merge import Text, literal
from ileti.templates.picturenames import PATH, placed
from ileti.templates.written import Content

#: the field that dispatch fills with the person's own link of refusal
REFUSE: Final = "ret_baglantisi"
_OWN: Final = frozenset({REFUSE})


@dataclass(frozen=True)
class Filled:
    """One person's message."""

    subject: str
    body: str
    html: str


@dataclass(frozen=True)
class Composed:
    """A message for everybody. ``body``: the SMS, the plain part or what is read aloud; ``added``:
    what stands in it beside the author's words, in its order."""

    channel: Channel
    subject: Text
    body: Text
    html: Text | None
    added: tuple[str, ...]

    @property
    def fields(self) -> frozenset[str]:
        """Every field a person's values are asked for; the refusal's link (:data:`REFUSE`) too."""
        found = self.subject.fields | self.body.fields
        return found | self.html.fields if self.html else found

    def fill(self, values: Mapping[str, str]) -> Filled:
        """The message for one person. ``values[REFUSE]`` must be their link where it is asked."""
        return Filled(self.subject.fill(values), self.body.fill(values),
                      self.html.fill(values) if self.html else "")


def compose(content: Content, sender: Sender | None, refusal: Refusal, *, by_dealer: bool = False,
            custom: AbstractSet[str] | None = None, pictures_at: str | None = None) -> Composed:
    """Compose a content. Raises CannotCompose (the record lacks something), Faulty (fields),
    BadMarkup (MJML). ``sender`` None: the author's words alone, for a preview of what the record
    does not allow yet; never for sending. ``pictures_at``: what stands before the files of pictures
    that are kept here; None: their public address, which every recipient loads alike."""
    if sender is not None and not content.declared.exempt:
        lacks = blocks.lacking(content.channel, sender, refusal, by_dealer=by_dealer)
        if lacks:
            raise CannotCompose(lacks)
    if sender is not None and content.channel is Channel.MESAJ and encoding_of(
            content.body)[0] is Encoding.GSM7:  # «A.Ş.» alone would cost a segment
        sender = replace(sender, title=plain(sender.title), brand=plain(sender.brand),
                         principal=plain(sender.principal), contact=plain(sender.contact))
    said = None if sender is None else replace(
        sender, title=literal(sender.title), contact=literal(sender.contact),
        brand=literal(sender.brand), principal=literal(sender.principal))
    if content.channel is Channel.EPOSTA:
        at = settings().base_url + PATH if pictures_at is None else pictures_at
        return _mail(content, said, custom, by_dealer=by_dealer, pictures_at=at)
    body = content.body
    if said is not None and not content.declared.exempt:
        if content.channel is Channel.MESAJ:
            body = blocks.sms(f"{body}{_terms(content, plain=True)}", said, refusal,
                              by_dealer=by_dealer)
        else:
            body = (f"{blocks.call_opening(said, refusal, by_dealer=by_dealer)}\n\n{body}"
                    f"{_terms(content)}")
    return Composed(content.channel, Text(""), Text(body, custom=custom), None,
                    _around(body, content.body))


def _around(whole: str, own: str) -> tuple[str, ...]:
    before, _own, after = whole.partition(own)
    return tuple(one for one in (before.strip(), after.strip()) if one) if own else (whole,)


def _terms(content: Content, *, plain: bool = False) -> str:
    """Conditions and last day, where the author has not written them (R-27)."""
    parts = []
    if content.terms and not re.search(rf"{re.escape(content.terms)}(?![\w/?#&=-])",
                                       f"{content.body} {content.html}"):
        parts.append(f"{'Kosullar' if plain else 'Koşullar'}: {literal(content.terms)}")
    if content.ends:
        day = content.ends.strftime("%d.%m.%Y")
        if day not in content.body + content.html:
            parts.append(f"Son {'gun' if plain else 'gün'}: {day}")
    return f" {', '.join(parts)}" if parts else ""


def _mail(content: Content, sender: Sender | None, custom: AbstractSet[str] | None, *,
          by_dealer: bool, pictures_at: str) -> Composed:
    commercial = not content.declared.exempt and sender is not None
    subject = content.subject
    if commercial:
        subject = blocks.subject(subject)
    box = mailbuild.built(content.html) if content.html else None
    words = content.body or (box.text if box else "")
    lines = [one for one in blocks.mail_lines(sender, by_dealer=by_dealer)
             if not one.endswith(": ") and one] if sender is not None else []
    terms = _terms(content).strip() if commercial else ""
    added = [terms, *([_REFUSAL, f"Reddet: {{{REFUSE}}}"] if commercial else []), *lines]
    added = [one for one in added if one]
    body = "\n".join([words, "", "--", *added]) + "\n" if added else words + "\n"
    html = placed(mailbuild.document(
        box, subject=subject, preheader=content.preheader, kunye=lines, terms=terms,
        refuse=f"{{{REFUSE}}}" if commercial else ""), pictures_at) if box else ""
    prefix = subject.removesuffix(content.subject).strip()
    return Composed(
        content.channel, Text(subject, custom=custom), Text(body, custom=custom, own=_OWN),
        Text(html, html=True, custom=custom, own=_OWN) if html else None,
        tuple(one for one in (prefix, *added) if one))


_REFUSAL: Final = ("Bu iletileri almak istemiyorsanız ücretsiz reddedebilirsiniz; neden sorulmaz, "
                   "hemen geçerli olur.")
