"""The part of a form that is about personal data: its notice, and the explicit consents it asks.

Why apart from ``forms``: commercial consents and these acts share a form and a click, and nothing
else (R-58): other boxes, other texts, other entries. The notice is on the form before anything is
ticked, so that it was ``SHOWN`` is dated by its showing and never after an act of the same form
(R-60). That it was declared as read makes it ``READ``, and is dated by that tick, wherever it came
among the others: nobody read at ten what they ticked at five past. When it was put before them
stands in the evidence (``shownAt``), and the check of R-60 knows that one form did both. Each
explicit consent is a box and a text of its own, and none is required (R-57).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec

from config import settings
from ileti.capture.sites import Site, Text
from ileti.core import clock
from ileti.kvkk.ledger import NewAct
from ileti.kvkk.vocabulary import Act, Extent

_NOTICE: Final = {
    "tr": {"before": "Verilerinizi neden ve nasıl işlediğimizi ", "link": "aydınlatma metninde",
           "after": " anlatıyoruz.", "ack": "Aydınlatma metnini okudum, anladım."},
    "en": {"before": "Our ", "link": "privacy notice",
           "after": " tells why and how we process your data.",
           "ack": "I have read and understood the privacy notice."},
}
_ASKING: Final = {
    "tr": {"heading": "Kişisel verileriniz için açık rıza",
           "free": "Her biri ayrı bir karardır. Vermeden de sürdürebilir, verdiğinizi her an "
                   "ücretsiz geri alabilirsiniz.",
           "told": "Kararınız kaydedildi. Her an, ücretsiz geri alabilirsiniz."},
    "en": {"heading": "Explicit consent for your personal data",
           "free": "Each is a decision of its own. You can go on without it, and withdraw it at "
                   "any time, free of charge.",
           "told": "Your decision is kept. You can withdraw it at any time, free of charge."},
}
# For a page that shows the notice and asks nothing.
_READING: Final = {
    "tr": {"open": "Aydınlatma metnini oku", "page": "Ayrı sayfada aç"},
    "en": {"open": "Read the privacy notice", "page": "Open on a page of its own"},
}
EXTENTS: Final = {"linked": Extent.LINKED, "opened": Extent.OPENED,
                  "to_the_end": Extent.TO_THE_END}


class NoticeIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What happened to the notice: how far it was shown, and ``at`` when "okudum, anladım" was
    ticked."""

    at: str | None = None
    extent: Literal["linked", "opened", "to_the_end"] = "linked"


class PrivacyIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One ticked explicit consent: the ``document`` of the form, and the moment of the click."""

    document: int
    at: str


def notice_words(site: Site, language: str) -> dict[str, str] | None:
    """The layered notice as the form shows it; None where none is published."""
    notice = site.notices.get(language)
    if notice is None:
        return None
    return _NOTICE[language] | {"url": f"{settings().base_url}/n/{notice.id}"}


def layered(version_id: int, language: str) -> dict[str, str]:
    """The short notice with its link, for pages that stand on this server."""
    words = {part: _NOTICE[language][part] for part in ("before", "link", "after")}
    return words | {"url": f"/n/{version_id}"}


def reading_words(site: Site, language: str) -> dict[str, str] | None:
    """The notice in layers, with its whole text, for ``<ileti-notice>``; None without one."""
    notice, words = site.notices.get(language), notice_words(site, language)
    if notice is None or words is None:
        return None
    return words | _READING[language] | {
        "title": notice.title, "body": notice.body.replace("**", "").replace("\r\n", "\n")}


def asking_words(site: Site, language: str) -> dict[str, Any] | None:
    """Heading and boxes of the explicit consents; None where the site asks for none. ``text`` is
    the statement beside the box, ``more`` what follows it in the published text."""
    texts = site.asks(language)
    if not texts:
        return None
    return {**_ASKING[language], "texts": [
        {"document": one.document, "title": one.title} | _parts(one.body) for one in texts]}


def _parts(body: str) -> dict[str, str]:
    plain = body.replace("**", "").replace("## ", "")
    statement, _, more = plain.partition("\n\n")
    return {"text": statement.replace("\n", " ").strip(), "more": more.strip()}


@dataclass(frozen=True)
class Given:
    """An explicit consent whose box was ticked, and when (aware, in whole seconds)."""

    text: Text
    at: datetime


def acts(
    notice: Text | None, said: NoticeIn | None, given: Sequence[Given],
    addresses: Iterable[str], *, shown_at: datetime, read_at: datetime | None,
    clicks: Iterable[datetime], moment: datetime, oldest: timedelta,
) -> tuple[NewAct, ...]:
    """The acts of a form that came back: for each address the notice's and every consent's; of
    nobody (None) when no address was given. ``read_at``: when the notice was declared as read;
    ``clicks`` are the moments of all other boxes.
    """
    made: list[NewAct] = []
    first = min((shown_at, moment, *clicks, *(one.at for one in given)))
    at = clock.whole_second(max(first, moment - oldest) if read_at is None
                            else min(read_at, moment))
    owners: list[str | None] = [*addresses]
    for address in owners or [None]:
        if notice is not None:
            made.append(NewAct(
                notice.document, notice.id, notice.hash,
                Act.SHOWN if read_at is None else Act.READ, at,
                EXTENTS[said.extent] if said else Extent.LINKED, address))
        made += [NewAct(one.text.document, one.text.id, one.text.hash, Act.GIVEN, one.at,
                        address=address) for one in given]
    return tuple(made)


def evidence(notice: Text | None, said: NoticeIn | None, asked: Mapping[int, Text],
             boxes: Mapping[str, str]) -> dict[str, Any]:
    """What the submission keeps of it. ``notice`` is there when it was declared as read."""
    kept: dict[str, Any] = {"notice": None}
    if notice is not None and said is not None and said.at:
        kept["notice"] = {"version": notice.id, "hash": notice.hash, "at": said.at}
    if notice is not None or asked:
        kept["privacy"] = {
            "notice": {"id": notice.id, "hash": notice.hash,
                       "extent": said.extent if said else "linked"} if notice else None,
            "texts": [{"document": number, "id": one.id, "hash": one.hash}
                      for number, one in asked.items()],
            "boxes": dict(boxes),
        }
    return kept
