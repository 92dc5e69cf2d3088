"""What somebody has to do today: what waits for exactly this reader, each with where it is done.

Why this module exists: a report that is read each morning must begin with what its reader can mend,
and with nothing that is somebody else's. So each line asks for the right its page asks for; what
holds records up, and what the button does, is the radar's to say (:mod:`ileti.radar.causes`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from ileti.core import clock, formats
from ileti.radar import causes
from ileti.radar.counts import Left, Line
from ileti.reports.daily.numbers import People, people, stuck
from ileti.tenancy import approvalviews, security
from ileti.tenancy.models import Provider

#: reasons that hold records up, each a line
CAUSES: Final = 4
_RIGHTS: Final = ("request:read", "inbound:read", "mail:read", "reconciliation:read")
_TONIGHT: Final = (Left.LATE, Left.HOURS, Left.TODAY)


@dataclass(frozen=True)
class Task:
    """One thing to do: ``url`` is where, as a path of the panel. ``urgent``: by tonight."""

    icon: str
    title: str
    text: str
    url: str
    urgent: bool = False

    @property
    def tone(self) -> str:
        """Its colour."""
        return "bad" if self.urgent else "wait"


def tasks(lines: list[Line], held: dict[int, Provider], waits: People) -> list[Task]:
    """Everything that waits for the reader, the most pressing first; ``held``: providers whose
    connection to İYS does not work."""
    found = _records(lines, held) + _approvals() + _people(waits)
    return sorted(found, key=lambda one: not one.urgent)


def due_tonight(lines: list[Line], held: dict[int, Provider]) -> int:
    """Records that must reach İYS by tonight, or missed it, and wait for somebody to act (R-40)."""
    return stuck([one for one in lines if one.left in _TONIGHT], held)


def _records(lines: list[Line], held: dict[int, Provider]) -> list[Task]:
    """What holds records up on their way to İYS, for whoever may mend it."""
    if not security.may("radar:read") or not causes.acts():
        return []
    return [Task(
        "alarm-clock",
        ngettext("%(n)s record waits: %(why)s", "%(n)s records wait: %(why)s", one.number,
                 n=formats.number(one.number), why=one.sentence),
        _until(one.left, one.label), one.url or _radar(one.code), one.left in _TONIGHT)
        for one in causes.causes(lines, held)[:CAUSES] if security.may(one.permission)]


def _radar(code: str | None) -> str:
    return url_for("RadarView.index", neden=code) if code else url_for("RadarView.index")


def _until(left: Left, label: str) -> str:
    when = {Left.LATE: _("The time is over."), Left.HOURS: _("By 23:59 tonight."),
            Left.TODAY: _("By 23:59 tonight."), Left.TOMORROW: _("By tomorrow night.")}.get(left)
    return f"{when} {label}" if when else label


def _approvals() -> list[Task]:
    found = approvalviews.task()
    if found is None:
        return []
    return [Task("eye", str(found["title"]), str(found["text"]), str(found["url"]))]


def _people(waits: People) -> list[Task]:
    made: list[Task] = []
    if waits.requests and security.may("request:read"):
        made.append(Task(
            "id-card", ngettext("%(n)s data request is due", "%(n)s data requests are due",
                                waits.requests, n=formats.number(waits.requests)),
            _("The first by %(day)s; the law gives 30 days.", day=formats.day(waits.first_due)),
            url_for("RequestView.index", durum="yakin"),
            waits.first_due is not None and clock.to_istanbul(
                waits.first_due).date() <= clock.today()))
    plain: tuple[tuple[int, str, str, Callable[[str], str], str, Callable[[], str]], ...] = (
        (waits.inbound, "inbound:read", "message-square", lambda n: ngettext(
            "%(n)s incoming SMS waits to be read", "%(n)s incoming SMS wait to be read",
            waits.inbound, n=n), _("There may be a refusal in it."),
         lambda: url_for("InboundView.index")),
        (waits.mails, "mail:read", "mail", lambda n: ngettext(
            "%(n)s mail waits to be read", "%(n)s mails wait to be read", waits.mails, n=n),
         _("There may be a refusal in it."), lambda: url_for("MailView.index")),
        (waits.differing, "reconciliation:read", "git-compare-arrows", lambda n: ngettext(
            "%(n)s day differs from İYS", "%(n)s days differ from İYS", waits.differing, n=n),
         _("Each difference has its cause and its repair."), lambda: url_for("DayView.list")))
    made += [Task(icon, title(formats.number(number)), text, where())
             for number, right, icon, title, text, where in plain
             if number and security.may(right)]
    return made


def waiting() -> list[dict[str, Any]]:
    """Requests, messages and days that wait for the reader now, as the first page lists them; one
    statement, none for who may do none of it."""
    if not any(security.may(one) for one in _RIGHTS):
        return []
    return as_rows(sorted(_people(people()), key=lambda one: not one.urgent))


def as_rows(found: list[Task]) -> list[dict[str, Any]]:
    """For the page's list."""
    return [{"icon": one.icon, "tone": one.tone, "title": one.title, "text": one.text,
             "url": one.url} for one in found]
