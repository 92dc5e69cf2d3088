"""What was recorded about a person's addresses, newest first, and a receipt for each record.

Consents and acts about personal data are one list here, as they are one life. It is paged by the
record's number, which both share (ADR 0027), so a history of a million lines is a page like any
other. Nothing in it is of another person and nothing is a dealer's note: of what a submission kept
only its place is told. A receipt is signed as every receipt is (:mod:`ileti.capture.receipts`) and
has the lines of the session's addresses alone, whoever else stood in the same list or form.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from ileti.capture import takeaway
from ileti.capture.opened import standings_of
from ileti.capture.receipts import (
    act_line,
    item,
    receipt_number,
    signed_receipt,
    submission_of,
)
from ileti.channels.render import istanbul_text
from ileti.consents.vocabulary import Channel, IysStatus, Outcome, Source, Standing, Status
from ileti.core import db
from ileti.core.errors import Gone, NotFound
from ileti.kvkk.vocabulary import Act
from ileti.preferences import words
from ileti.preferences.centre import Centre
from ileti.preferences.session import Address
from ileti.preferences.words import in_words

PAGE: Final = 25
FIRST: Final = 5
_BEGINNING: Final = 2**63 - 1

_LINES: Final = """
select one.*, m.evidence ->> 'flow', m.evidence ->> 'place', coalesce(d.alias, d.title), b.name,
       v.id, v.title, v.version, i.accepted, i.code, i.at
  from (
    (select e.id, e.captured_at, e.consent_date, e.submission_id, e.recipient_id, e.brand_id,
            e.dealer_id, e.text_id, e.source, e.standing, e.channel, e.status, e.outcome, null::int
       from consent_entry e
      where e.provider_id = %(p)s and e.recipient_id = any(%(r)s) and e.id < %(before)s
      order by e.id desc limit %(most)s)
    union all
    (select k.id, k.captured_at, k.act_at, k.submission_id, k.recipient_id, k.brand_id,
            k.dealer_id, k.text_id, k.source, k.standing, null, null, null, k.act
       from kvkk_entry k
      where k.provider_id = %(p)s and k.recipient_id = any(%(r)s) and k.id < %(before)s
      order by k.id desc limit %(most)s)
    order by 1 desc limit %(most)s) one(id, captured_at, at, submission_id, recipient_id, brand_id,
        dealer_id, text_id, source, standing, channel, status, outcome, act)
  left join submission m on m.provider_id = %(p)s and m.id = one.submission_id
  left join dealer d on d.id = one.dealer_id
  left join brand b on b.id = one.brand_id
  left join document_version v on v.provider_id = %(p)s and v.id = one.text_id
  left join lateral (select r.accepted, r.code, r.at from iys_receipt r
                      where r.provider_id = %(p)s and r.entry_id = one.id
                      order by r.at desc limit 1) i on true
 order by one.id desc"""


class Line(NamedTuple):
    """A record as it is kept."""

    id: int
    captured_at: datetime
    at: datetime
    submission_id: int
    recipient_id: int
    brand_id: int
    dealer_id: int | None
    text_id: int | None
    source: int
    standing: int
    channel: int | None
    status: int | None
    outcome: int | None
    act: int | None
    flow: str | None
    place: str | None
    dealer: str | None
    brand: str | None
    version_id: int | None
    text_title: str | None
    text_version: int | None
    iys_accepted: bool | None
    iys_code: str | None
    iys_at: datetime | None


def lines(centre: Centre, people: Sequence[Address], *, before: int | None = None,
          most: int = PAGE) -> tuple[list[Line], int | None]:
    """Records of these addresses older than number ``before``, and where the next page begins."""
    rows = db.connection().execute(_LINES, {
        "p": centre.provider_id, "r": [one.recipient_id for one in people],
        "before": before or _BEGINNING, "most": most + 1}).fetchall()
    found = [Line(*row) for row in rows[:most]]
    return found, found[-1].id if len(rows) > most else None


def told(found: Sequence[Line], people: Sequence[Address], language: str) -> list[dict[str, Any]]:
    """Lines as people read them."""
    masked = {one.recipient_id: one.masked for one in people}
    return [_told(line, masked[line.recipient_id], language) for line in found]


def _told(line: Line, masked: str, language: str) -> dict[str, Any]:
    by = words.THIS_PAGE if line.flow == "preferences" else (
        Source(line.source).tr, Source(line.source).en)
    return {
        "id": line.id, "at": istanbul_text(line.at), "what": _what(line, language),
        "refusal": line.status == Status.RET or line.act == Act.WITHDRAWN,
        "masked": masked, "brand": line.brand or "",
        "by": " · ".join(part for part in (
            in_words(by, language), line.dealer or "", _place(line)) if part),
        "became": _became(line, language), "iys": _iys(line, language),
        "text_url": f"/n/{line.version_id}" if line.version_id else None,
        "text": f"{line.text_title} v{line.text_version}" if line.version_id else "",
        "receipt": receipt_number(line.submission_id),
    }


def _what(line: Line, language: str) -> str:
    if line.act is None:
        return words.entry(Channel(line.channel or 0), Status(line.status or 0), language)
    act = Act(line.act)
    title = line.text_title or ""
    return f"{in_words((act.tr, act.en), language)}: {title}" if title else in_words(
        (act.tr, act.en), language)


def _place(line: Line) -> str:
    """The form's own name: shown to whoever used it; a list's or a program's is nobody's affair."""
    return (line.place or "")[:120] if line.flow is None else ""


def _became(line: Line, language: str) -> str:
    if line.act is None:
        return words.outcome(Outcome(line.outcome or 0), language)
    return "" if line.standing == Standing.VERIFIED else in_words(words.UNPROVEN, language)


def _iys(line: Line, language: str) -> str:
    """İYS's answer in plain words: what it means for the person, not whom it sends to work."""
    if line.iys_accepted is None or Source(line.source).is_iys:
        return ""
    if line.iys_accepted:
        accepted = ("İYS kaydetti", "İYS recorded it")
        return f"{in_words(accepted, language)} · {istanbul_text(line.iys_at)}"
    return in_words(words.IYS_CODES.get(line.iys_code, words.IYS[IysStatus.REFUSED]), language)


# -- receipts --------------------------------------------------------------------------------------


def standard(centre: Centre, people: Sequence[Address], number: str) -> dict[str, Any]:
    """The same receipt as other software reads it (ISO/IEC TS 27560). Raises NotFound as
    :func:`receipt`, also for what was erased meanwhile."""
    submission_id = submission_of(number) if len(number) <= 30 else None
    if submission_id is None:
        raise NotFound()
    try:
        return takeaway.of_act(centre.provider_id, submission_id,
                               [one.recipient_id for one in people])
    except Gone:
        raise NotFound() from None


def receipt(centre: Centre, people: Sequence[Address], number: str) -> dict[str, Any]:
    """The signed receipt of a submission by its number (``MKB-…``): the lines of these addresses,
    as they stand now. Raises NotFound when none of them is in it."""
    submission_id = submission_of(number) if len(number) <= 30 else None
    if submission_id is None:
        raise NotFound()
    try:
        now = standings_of(centre.provider_id, submission_id, [one.recipient_id for one in people])
    except Gone:
        raise NotFound() from None
    if not (now.lines or now.acts):
        raise NotFound()
    return signed_receipt(
        submission_id, now.issued_at, state="unverified" if now.waiting else "recorded",
        provider=centre.iys_code, brand=centre.brand(now.brand_id).code,
        items=[item(*line) for line in now.lines],
        acts=[act_line(one.act, one.text_id, one.leaf, one.to) for one in now.acts])
