"""The daily mail as its reader gets it: HTML, plain text and a PDF, made with the reader's eyes.

Why this module exists: the mail says what the page says, to somebody who is not signed in. So it is
built where the panel's pages are, as the user whose mail it is
(:mod:`ileti.tenancy.standin`), and only when it goes: a right that was taken away in between takes
the mail with it and ends the subscription. It holds numbers, names of brands, and links that ask
for a login; nobody's address or name. Without its PDF it goes all the same.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Final

from flask_babel import gettext as _

from config import settings
from ileti.channels.base import Attachment, Envelope
from ileti.channels.post import Unsendable
from ileti.channels.render import brand_accent, initials, inlined, render
from ileti.consents.deadlines import is_business_day
from ileti.consents.vocabulary import Channel
from ileti.core import clock, formats, orm
from ileti.core.logs import get_logger
from ileti.evidence.paper import NotSet, drawable, typeset
from ileti.reports.daily import letters, report, stopping, subscriptions
from ileti.reports.daily.letters import Claimed
from ileti.reports.daily.models import DailySubscription
from ileti.reports.daily.report import Report, Section
from ileti.tenancy import security
from ileti.tenancy.models import Membership
from ileti.tenancy.standin import standing_in

log = get_logger("ileti.reports")

TEMPLATE: Final = Path(__file__).parent / "daily.typ"


def letter(one: Claimed) -> Envelope:
    """The mail of a claimed row. Raises Unsendable when its reader has the right no more."""
    assert one.membership_id is not None
    assert one.subscription_id is not None
    assert one.day is not None
    language = "en" if one.language == "en" else "tr"
    with standing_in(one.membership_id, language) as membership:
        if membership is None or not security.may(letters.RIGHT):
            letters.close(one.subscription_id)
            raise Unsendable("The role no longer shows the report.")
        wanted = orm.db.session.get(DailySubscription, one.subscription_id)
        worked = bool(wanted and wanted.business_days)
        return compose(one, membership, report.build(one.day, worked=worked), language)


def compose(one: Claimed, membership: Membership, found: Report, language: str) -> Envelope:
    """The envelope of a report; within the reader's request."""
    base = settings().base_url
    stop = f"{base}{stopping.PATH}{subscriptions.token(one.subscription_id or 0)}"
    stop += "?lang=en" if language == "en" else ""
    context = _context(found, membership) | {
        "url": f"{base}/raporlar/gunluk/?gun={found.day.isoformat()}", "stop_url": stop,
        "base": base}
    if colours := (brand_accent(membership.brand_id) if membership.brand_id else None):
        context["accent"] = colours
    pdf = paper(found)
    context["attached"] = bool(pdf)
    return Envelope(
        one.id, Channel.EPOSTA, one.email or "", series=letters.SERIES, subject=found.subject,
        text=render("mail/daily.txt", language, **context).strip() + "\n",
        html=inlined(render("mail/daily.html", language, **context)), refuse_url=stop,
        attachments=(Attachment(file_name(found.day), "application/pdf", pdf),) if pdf else ())


def file_name(day: date) -> str:
    """What the PDF is called: nothing in it is anybody's."""
    return f"gunluk-rapor-{day.isoformat()}.pdf"


def _context(found: Report, membership: Membership) -> dict[str, Any]:
    provider = membership.provider
    name = found.who or "İleti"
    return {
        "brand": {"name": name, "initials": initials(name),
                  "title": str(provider.title) if provider else "İleti",
                  "mersis": (provider.mersis or "") if provider else "",
                  "postal": (provider.contact or "") if provider else ""},
        "report": found, "day": formats.day_long(found.day), "title": found.title,
        "counted": formats.moment(found.counted_at) if found.counted_at else "",
        "tiles": [(one["label"], formats.number(one["number"]), one["note"])
                  for one in found.tiles],
        "business": is_business_day(found.day),
    }


def paper(found: Report) -> bytes | None:
    """The report as a PDF; None when it cannot be set."""
    try:
        return typeset(TEMPLATE, content(found), clock.now())
    except NotSet as error:
        log.warning("daily_not_set", reason=str(error))
        return None


def content(found: Report) -> dict[str, Any]:
    """What the PDF shows; a test reads it."""
    return {
        "lang": formats.language(), "title": found.title, "line": drawable(found.line),
        "who": drawable(found.who), "sentence": found.sentence,
        "counted": _("Counted up to %(at)s.", at=formats.moment(found.counted_at))
        if found.counted_at else "",
        "todo": None if found.tasks is None else {
            "title": _("To do today"), "none": _("Nothing waits for you today."),
            "rows": [[drawable(one.title), drawable(one.text), one.urgent]
                     for one in found.tasks]},
        "tiles": [[one["label"], formats.number(one["number"]), one["note"]]
                  for one in found.tiles],
        "halves": [[_section(one) for one in half] for half in _halves(found.sections)],
    }


def _halves(sections: list[Section]) -> tuple[list[Section], list[Section]]:
    """The blocks in two columns of about the same height, in their order."""
    heights = [3 + len(one.rows) + bool(one.note) + bool(one.total) for one in sections]
    first = next((n for n in range(len(sections))
                  if 2 * sum(heights[:n + 1]) >= sum(heights)), 0) + 1
    return sections[:first], sections[first:]


def _section(one: Section) -> dict[str, Any]:
    return {"title": one.title, "heads": list(one.heads), "note": one.note, "empty": one.empty,
            "rows": [[drawable(f"{row[0]} · {one.codes[n]}" if one.codes else row[0]), *row[1:]]
                     for n, row in enumerate(one.rows)],
            "total": list(one.total) if one.total else None}


letters.composes(letter)
