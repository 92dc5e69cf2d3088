"""What somebody wrote of a message and declared about it: the user's own words, nothing composed.

Why this module exists: a campaign freezes exactly this, hashes it and is answered for by it (R-04);
what the law adds to it (:mod:`ileti.templates.compose`) is made from the provider's record when it
is sent. The same shape is a draft, a published version and what a program asks a preview of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final

import msgspec

from ileti.consents.vocabulary import Channel
from ileti.templates import design as designs
from ileti.templates.content import Said
from ileti.templates.design import Design
from ileti.templates.vocabulary import BY_CODE, MessageClass, Occasion

LONGEST: Final = {"subject": 150, "preheader": 150, "body": 20_000, "html": 200_000,
                  "reason": 400, "reference": 160, "terms": 400}
LONGEST_SMS: Final = 1_000
LONGEST_TAG: Final = 40
MOST_TAGS: Final = 20


@dataclass(frozen=True)
class Content:
    """A message as its author wrote it. ``body``: words of an SMS or a call, a mail's plain part;
    ``html``: a mail as written, MJML or HTML; ``design``: the blocks it was made of, of a draft
    alone. ``declared_by`` and ``declared_at``: who answers for
    the class, since when; ``reason``: why it is exempt; ``approved_by`` and ``approval``: the
    second person and why it does not promote (R-03).
    ``version_id`` and ``digest``: which published version it is; 0 and empty for a draft."""

    channel: Channel
    declared: MessageClass = MessageClass.COMMERCIAL
    subject: str = ""
    body: str = ""
    html: str = ""
    occasion: Occasion | None = None
    reference: str = ""
    terms: str = ""
    ends: date | None = None
    tags: tuple[str, ...] = ()
    declared_by: int | None = None
    declared_at: datetime | None = None
    reason: str = ""
    preheader: str = ""
    approved_by: int | None = None
    approval: str = ""
    version_id: int = 0
    digest: bytes = b""
    design: Design | None = None

    def said(self, words: str = "") -> Said:
        """The part that :mod:`ileti.templates.content` judges; ``words``: more that is read (a
        mail's HTML as text)."""
        body = f"{self.body}\n{words}" if words else self.body
        return Said(body, self.declared, self.subject, self.occasion, self.reference, self.terms,
                    self.ends)


def kept(content: Content) -> dict[str, Any]:
    """The words as JSON, which the hash is over; never who declared, nor what they were made of."""
    return {"subject": content.subject, "preheader": content.preheader, "body": content.body,
            "html": content.html, "class": content.declared.code,
            "occasion": content.occasion.value if content.occasion else None,
            "reason": content.reason, "reference": content.reference, "terms": content.terms,
            "ends": content.ends.isoformat() if content.ends else None,
            "tags": list(content.tags)}


def drafted(content: Content) -> dict[str, Any]:
    """A draft on its row: the words, and of a mail of blocks the blocks."""
    if content.design is None:
        return kept(content)
    return kept(content) | {"design": designs.kept(content.design)}


def hashed(content: Content) -> bytes:
    """SHA-256 over channel, words and class, in canonical form."""
    return sha256(msgspec.json.encode({"channel": content.channel.name, **kept(content)},
                                      order="sorted")).digest()


def read(channel: Channel, said: Mapping[str, Any]) -> Content:
    """Inverse of :func:`kept` and :func:`drafted`, of anything shaped like it: what cannot be read
    counts as not given, texts lose NUL and their Windows line ends. Never raises."""
    def text(name: str) -> str:
        value = said.get(name)
        found = value if isinstance(value, str) else ""
        return found.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")

    def line(name: str) -> str:
        return " ".join(text(name).split())

    occasion = text("occasion").strip()
    return Content(
        channel, BY_CODE.get(text("class").strip(), MessageClass.COMMERCIAL),
        subject=line("subject") if channel is Channel.EPOSTA else "",
        preheader=line("preheader") if channel is Channel.EPOSTA else "",
        body=text("body").strip(), html=text("html").strip() if channel is Channel.EPOSTA else "",
        occasion=Occasion(occasion) if occasion in {one.value for one in Occasion} else None,
        reason=line("reason"), reference=line("reference"), terms=line("terms"),
        ends=_day(text("ends")), tags=tags_of(said.get("tags")),
        design=designs.read(said.get("design")) if channel is Channel.EPOSTA else None)


def tags_of(said: Any) -> tuple[str, ...]:
    """Tags from a list, or from a line with commas between them: small, each once."""
    parts = said.split(",") if isinstance(said, str) else said if isinstance(said, list) else []
    cleaned = (" ".join(one.casefold().split()) for one in parts if isinstance(one, str))
    return tuple(dict.fromkeys(one for one in cleaned if one))


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if sensible(found) else None


def sensible(day: date) -> bool:
    """Whether somebody can have meant a day they typed; no clock and no table reads others."""
    return 2000 <= day.year <= 2200
