"""One day in words: what the page, the mail, its plain text and the PDF show, made once.

Why this module exists: four ways to show a day must not drift apart. The numbers of
:mod:`ileti.reports.daily.numbers` become sections of ready cells here, in the reader's language and
by the reader's rights; whoever shows them only lays them out. First stands what is to be done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from ileti.consents.deadlines import is_business_day
from ileti.consents.vocabulary import Channel
from ileti.core import clock, formats, orm
from ileti.core.formats import say
from ileti.iys import dayshow
from ileti.iys.errors import meaning
from ileti.iys.reasons import in_short
from ileti.radar.counts import Left, Line
from ileti.reports import queries
from ileti.reports.daily import numbers, todo
from ileti.reports.daily.numbers import People, Taken
from ileti.reports.queries import Numbers
from ileti.tenancy import scope, security
from ileti.tenancy.models import Brand, Dealer, Provider

#: how far back what is to be done still says something beside a day
FRESH: Final = 1


@dataclass(frozen=True)
class Section:
    """A block: rows of ready cells below heads, the first cell what the line is. ``codes``: the
    first cell ends with İYS's code in these rows. ``empty``: what to say without rows."""

    key: str
    title: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    total: tuple[str, ...] | None = None
    note: str = ""
    empty: str = ""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """A day as its reader sees it."""

    day: date
    so_far: bool
    who: str
    title: str
    line: str
    subject: str
    sentence: str
    tasks: list[todo.Task] | None
    tiles: list[dict[str, Any]]
    sections: list[Section]
    days: list[tuple[date, list[int]]] = field(default_factory=list)
    counted_at: datetime | None = None


def build(day: date, *, worked: bool = False) -> Report:
    """The day's report for whoever is at work. ``worked``: for a reader of business days, so that
    the days off after it are told too."""
    today = clock.today()
    last = today - timedelta(1) if worked else day
    taken = numbers.taken(day, last)
    lines, held = numbers.waiting(), numbers.held()
    people = numbers.people()
    fresh = (today - day).days <= FRESH or worked
    found = todo.tasks(lines, held, people) if fresh else None
    refused = numbers.refusals(day)
    total = taken.total(day)
    return Report(
        day, day == today, who(), _("Daily report"), _line(day, today), _subject(
            day, total, todo.due_tonight(lines, held), found), _sentence(taken, day, last), found,
        _tiles(taken, day, sum(refused.values()), lines),
        [one for one in (
            _channels(taken, day), _brands(day), _answers(total), _refusals(refused),
            _deadlines(lines, held, day) if fresh else _missed(day), _changes(taken),
            _reconciled(day), _messages(day), _people(people, day) if fresh else _complaints(day),
            _imports(day)) if one is not None],
        [(one, [(had := taken.total(one)).consents, had.refusals, had.rejected])
         for one in (day - timedelta(n) for n in range(numbers.DAYS - 1, -1, -1))],
        queries.counted_at())


def who() -> str:
    """Whose numbers they are: the dealer's, the brand's or the provider's name."""
    here = scope.current()
    for model, number in ((Dealer, here.dealer_id), (Brand, here.brand_id),
                          (Provider, here.provider_id)):
        if number is not None:
            found = orm.db.session.get(model, number)
            return str(found) if found is not None else ""
    return _("All providers")


def _n(value: int) -> str:
    return formats.number(value)


def _line(day: date, today: date) -> str:
    kind = _("business day") if is_business_day(day) else _("no business day")
    parts = [who(), formats.day_long(day), kind]
    return " · ".join([*parts, _("so far")] if day == today else parts)


def _subject(day: date, total: Numbers, tonight: int, found: list[todo.Task] | None) -> str:
    """The day and the one number that matters: what runs out tonight, else what is to be done,
    else what was taken."""
    if tonight and found:
        what = ngettext("%(n)s record must be mended by tonight",
                        "%(n)s records must be mended by tonight", tonight, n=_n(tonight))
    elif found:
        what = ngettext("%(n)s thing to do", "%(n)s things to do", len(found), n=_n(len(found)))
    else:
        what = _split(total)
    return f"{who()} · {formats.day(day)}: {what}"


def _split(one: Numbers) -> str:
    return "{}, {}".format(
        ngettext("%(n)s consent", "%(n)s consents", one.consents, n=_n(one.consents)),
        ngettext("%(n)s refusal", "%(n)s refusals", one.refusals, n=_n(one.refusals)))


def _sentence(taken: Taken, day: date, last: date) -> str:
    """The days off that a reader of business days has not heard of."""
    if last <= day:
        return ""
    off = numbers.added([taken.total(day + timedelta(n + 1)) for n in range((last - day).days)])
    first = day + timedelta(1)
    when = formats.day(first) if first == last else f"{formats.day(first)} – {formats.day(last)}"
    return _("On the days off after it (%(when)s): %(what)s.", when=when, what=_split(off))


def _tiles(taken: Taken, day: date, refused: int, lines: list[Line]) -> list[dict[str, Any]]:
    now, before = taken.total(day), taken.total(day - timedelta(1))
    week = taken.total(day - timedelta(numbers.WEEK))
    by_left = numbers.left(lines)
    soon = by_left[Left.HOURS] + by_left[Left.TODAY]
    return [
        {"icon": "circle-check", "tone": "ok", "label": _("Consent"), "number": now.consents,
         "note": _beside(before.consents, week.consents)},
        {"icon": "circle-minus", "label": _("Refusal"), "number": now.refusals,
         "note": _beside(before.refusals, week.refusals)},
        {"icon": "circle-x", "tone": "bad", "label": _("Refused by İYS"), "number": refused,
         "note": _("answers of the day")},
        {"icon": "alarm-clock", "tone": "wait", "label": _("Due at İYS tonight"), "number": soon,
         "note": ngettext("%(n)s is late", "%(n)s are late", by_left[Left.LATE],
                          n=_n(by_left[Left.LATE])) if by_left[Left.LATE] else _("none is late")},
    ]


def _beside(before: int, week: int) -> str:
    return _("day before %(a)s · week before %(b)s", a=_n(before), b=_n(week))


def _pair(one: Numbers) -> str:
    return f"{_n(one.consents)} / {_n(one.refusals)}"


def _channels(taken: Taken, day: date) -> Section:
    before, week = day - timedelta(1), day - timedelta(numbers.WEEK)
    heads = (_("Channel"), _("Consent"), _("Refusal"), formats.day_short(before),
             formats.day_short(week))

    def row(name: str, *three: Numbers) -> tuple[str, ...]:
        return (name, _n(three[0].consents), _n(three[0].refusals), *map(_pair, three[1:]))

    title, totals = _("Consents and refusals taken"), [
        taken.total(when) for when in (day, before, week)]
    if not any(one.taken for one in totals):
        return Section("channels", title, heads, [], empty=_(
            "Nothing was taken on this day, the day before and the week before."))
    rows = [row(say(one), *(taken.days.get(when, {}).get(int(one), Numbers())
                            for when in (day, before, week))) for one in Channel]
    return Section(
        "channels", title, heads, rows, row(_("Total"), *totals),
        note=_("Beside it the day before and the same weekday a week before, as "
               "consents / refusals."))


def _brands(day: date) -> Section | None:
    here = scope.current()
    if here.brand_id is not None:
        return None
    names = {row[0]: row[1] for row in orm.db.session.execute(
        select(Brand.id, Brand.name).order_by(Brand.name).limit(numbers.BRANDS))}
    if len(names) < 2:
        return None
    found = numbers.by_brand(day)
    order = sorted(names, key=lambda one: -found.get(one, Numbers()).taken)
    return Section("brands", _("By brand"), (
        _("Brand"), _("Consent"), _("Refusal"), _("At İYS"), _("Refused by İYS")), [
            (names[one], _n(had.consents), _n(had.refusals), _n(had.accepted), _n(had.rejected))
            for one, had in ((one, found.get(one, Numbers())) for one in order)])


def _answers(total: Numbers) -> Section:
    open_ = max(0, total.taken - total.accepted - total.rejected)
    return Section("iys", _("The day’s records at İYS"), (_("State"), _("Records")), [
        (_("Registered at İYS"), _n(total.accepted)), (_("Refused by İYS"), _n(total.rejected)),
        (_("No answer yet, or not to be sent"), _n(open_))] if total.taken else [],
        note=_("Of what was taken on this day, up to now."),
        empty=_("There is nothing of this day to register."))


def _refusals(found: dict[str, int]) -> Section:
    known = [(code, meaning(code), number) for code, number in found.items()]
    return Section(
        "refusals", _("Why İYS refused"), (_("Reason"), _("Records")),
        [(in_short(one), _n(number)) for _code, one, number in known],
        empty=_("İYS refused nothing on this day."),
        codes=tuple(code for code, _one, _number in known),
        note=_("Answers that came on this day, also about earlier records.") if known else "")


def _deadlines(lines: list[Line], held: dict[int, Provider], day: date) -> Section:
    by_left, gone = numbers.left(lines), numbers.missed_on(day)
    rows = [(label, _n(by_left[one] + (by_left[Left.HOURS] if one is Left.TODAY else 0)))
            for label, one in ((_("The time is over"), Left.LATE),
                               (_("By 23:59 tonight"), Left.TODAY),
                               (_("By tomorrow night"), Left.TOMORROW),
                               (_("Later"), Left.LATER))]
    if by_left[Left.NONE]:
        rows.append((_("No deadline"), _n(by_left[Left.NONE])))
    some = lines or gone.consents or gone.refusals
    return Section(
        "deadlines", _("On the clock of three business days"), (_("Waits for İYS"), _("Records")),
        [*rows, (_("of these waiting for a person"), _n(numbers.stuck(lines, held))),
         *_gone(gone.consents, gone.refusals)] if some else [],
        empty=_("Nothing waits for İYS, and nothing was late on this day."),
        note=_("The first lines are of this moment; a consent that İYS gets later is void."))


def _gone(consents: int, refusals: int) -> list[tuple[str, ...]]:
    return [(_("Consents that became void on the day"), _n(consents)),
            (_("Refusals that were late on the day (they hold here)"), _n(refusals))]


def _missed(day: date) -> Section:
    gone = numbers.missed_on(day)
    return Section("deadlines", _("On the clock of three business days"),
                   (_("On the day"), _("Records")), _gone(gone.consents, gone.refusals)
                   if gone.consents or gone.refusals else [],
                   empty=_("Nothing was late on this day."))


def _changes(taken: Taken) -> Section:
    return Section(
        "changes", _("Changed by citizens at İYS"), (_("Channel"), _("Consent"), _("Refusal")),
        [(say(one), _n(had.consents), _n(had.refusals)) for one in Channel
         if (had := taken.changed.get(int(one), Numbers())).taken],
        empty=_("Nobody changed anything at İYS on this day."))


def _reconciled(day: date) -> Section | None:
    if scope.current().dealer_id is not None:
        return None
    found = numbers.reconciled(day)
    names = {row[0]: row[1] for row in orm.db.session.execute(
        select(Brand.id, Brand.name).where(
            Brand.id.in_([one.brand_id for one in found])))} if found else {}
    return Section(
        "reconciliation", _("Reconciliation with İYS"), (_("Brand"), _("Result")),
        [(names.get(one.brand_id, "–"), dayshow.cell_text(one.row)) for one in found],
        empty=_("This day has not been compared yet; İYS gives its file the next day."))


def _messages(day: date) -> Section:
    single, many = numbers.sent(day), numbers.campaigned(day)
    rows = [(name, *(_n(value) for value in (one.sent, one.failed, one.blocked, one.waiting)))
            for name, one in ((_("Codes, confirmations, single messages"), single),
                              (_("Campaigns"), many)) if any(one)]
    return Section("messages", _("Messages of the day"), (
        "", _("Sent"), _("Failed"), _("Kept back"), _("On the way")), rows,
        empty=_("No message went out on this day."))


def _complaints(day: date) -> Section | None:
    if scope.current().dealer_id is not None:
        return None
    return Section("people", _("Complaints"), (_("On the day"), _("Number")), [
        (_("Mails reported as spam"), _n(numbers.complaints(day)))])


def _people(people: People, day: date) -> Section | None:
    here = scope.current()
    if here.dealer_id is not None:
        return None
    spam = numbers.complaints(day)
    rows = [(_("Mails reported as spam on the day"), _n(spam)),
            (_("Incoming SMS and mails that wait to be read"), _n(people.inbound + people.mails))]
    if security.may("request:read"):
        label = _("Data requests due within 10 days or over")
        if people.first_due:
            label = _("Data requests due within 10 days or over, the first by %(day)s",
                      day=formats.day(people.first_due))
        rows.insert(1, (label, _n(people.requests)))
    some = spam or people.inbound or people.mails or people.requests
    return Section("people", _("Complaints and requests"), ("", _("Number")), rows if some else [],
                   empty=_("No complaint came, and nobody waits for an answer."))


def _imports(day: date) -> Section:
    one = numbers.imported(day)
    return Section("imports", _("Lists imported"), ("", _("Number")), [
        (_("Lists that came"), _n(one.came)), (_("Lists applied"), _n(one.applied)),
        (_("Consents they wrote"), _n(one.written)), (_("Rows left out"), _n(one.left_out)),
        *([(_("Lists that failed"), _n(one.failed))] if one.failed else [])] if any(one) else [],
        empty=_("No list was imported on this day."))
