"""The first page: what matters now, for head office and, at the same address, for a dealer."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, or_, select

from ileti.capture import bareforms
from ileti.consents import listing
from ileti.consents.deadlines import is_business_day
from ileti.consents.detail import record_url
from ileti.consents.models import ConsentEntry, ConsentState
from ileti.consents.timeline import address_of
from ileti.consents.vocabulary import Channel, Source
from ileti.core import clock, formats, orm
from ileti.core.formats import say
from ileti.iys import dayshow
from ileti.iys.book import code_url
from ileti.iys.errors import meaning
from ileti.iys.reasons import in_short
from ileti.iys.silence import hearing, silence
from ileti.recipients.address import mask
from ileti.reports.daily import todo
from ileti.retention import plan
from ileti.tenancy import approvalviews, scope, security
from ileti.tenancy.models import Brand, Dealer, Provider
from ileti.web import figures, wizard_steps
from ileti.web.figures import OpenRows, Rejections
from ileti.web.mywork import mywork

REASONS, LATEST, TASKS, STRIPS, MOST_BRANDS = 5, 6, 4, 4, 50


def today() -> dict[str, Any]:
    """Context of ``panel/today.html``."""
    brands, dealers, unknown = _how_many()
    rejected, waiting = figures.rejections(), figures.open_rows()
    days = figures.by_day(brands, rejected)
    shown = days if any(sum(numbers) for _day, numbers in days) else []
    work = mywork()
    return {
        "forms": security.may("site:read"), "line": _line(brands, dealers),
        "actions": _actions(work), "urgent": urgent(waiting),
        "setup": wizard_steps.offer(),
        "tiles": _tiles(days, rejected, waiting), "days": shown, "days_title": days_title(days),
        "today_index": len(days) - 1, "outlier": None,
        "chart_sentence": ngettext(
            "Consents, refusals and rejections of the last %(num)s day, by day",
            "Consents, refusals and rejections of the last %(num)s days, by day", len(days)),
        "rejections": _reasons(rejected),
        "rejections_url": url_for("ConsentView.list", iys="refused")
        if security.may("consent:read") else None,
        "recent": recent(LATEST) if security.may("consent:read") else None,
        "recent_url": url_for("ConsentView.list"), "tasks": _tasks(waiting, unknown),
        "strips": _strips(), "work": work,
    }


def _strips() -> dict[str, Any] | None:
    """The last fourteen days at İYS of a few brands, those with differences first."""
    if not security.may("reconciliation:read"):
        return None
    rows, first, last = dayshow.strips(MOST_BRANDS)
    if not any(cell["url"] for row in rows for cell in row["cells"]):
        return None
    return {"brands": sorted(rows, key=lambda row: row["good"])[:STRIPS], "first": first,
            "last": last, "url": url_for("DayView.list")}


def _how_many() -> tuple[int, int, int]:
    """Brands, dealers, and dealers without an İYS number up to a limit, in one statement."""
    some = select(Dealer.id).where(Dealer.retailer_code.is_(None)).limit(listing.COUNTED).subquery()
    brands, dealers, unknown = orm.db.session.execute(select(*(
        select(func.count()).select_from(one).scalar_subquery()
        for one in (Brand, Dealer, some)))).one()
    return brands, dealers, unknown


def days_title(days: list[figures.Day]) -> str:
    """"Last 30 days", or fewer when the ledger is too big to be read whole."""
    return ngettext("Last %(num)s day", "Last %(num)s days", len(days))


def _line(brands: int, dealers: int) -> str:
    kind = _("business day") if is_business_day(clock.today()) else _("no business day")
    places = "{}, {}".format(
        ngettext("%(n)s brand", "%(n)s brands", brands, n=formats.number(brands)),
        ngettext("%(n)s dealer", "%(n)s dealers", dealers, n=formats.number(dealers)))
    return f"{formats.day_long(clock.today())} · {kind} · {places}"


def _actions(work: dict[str, Any]) -> list[dict[str, Any]]:
    """Buttons of the head, the main one last: one's own work, or what goes to İYS."""
    made = []
    if security.may("queue:read"):
        made.append({"label": _("On the way to İYS"), "url": url_for("QueueView.list"),
                     "icon": "send"})
    if security.may("consent:read"):
        made.append({"label": _("Show consents"), "url": url_for("ConsentView.list"),
                     "icon": "clipboard-list"})
    made += work["actions"] if work["first"] else []
    return [*made[:-1], made[-1] | {"kind": "primary"}] if made else []


def urgent(rows: OpenRows) -> dict[str, Any] | None:
    """What runs out tonight, as one sentence with one button (R-33; look §1.1)."""
    if shut := _shut():
        return shut
    if not rows.due:
        return _silent()
    going = rows.due - rows.due_stopped
    rest = [ngettext("%(n)s goes out by itself.", "%(n)s go out by themselves.", going,
                     n=formats.number(going))] if going else []
    if rows.due_stopped:
        rest.append(ngettext("%(n)s waits for you.", "%(n)s wait for you.", rows.due_stopped,
                             n=formats.number(rows.due_stopped)))
    return {
        "tone": "wait", "bold": ngettext(
            "%(n)s record must reach İYS by 23:59 tonight.",
            "%(n)s records must reach İYS by 23:59 tonight.", rows.due,
            n=formats.number(rows.due)),
        "rest": " ".join(rest),
        "action": {"label": _("Show them"), "url": url_for("RadarView.index")}
        if security.may("radar:read") else None,
    }


def _shut() -> dict[str, Any] | None:
    """That the gate is shut since citizens' changes are unheard (R-44): nothing is more urgent."""
    since = hearing().unheard_since if scope.current().dealer_id is None else None
    return None if since is None else {
        "tone": "bad", "bold": _("No message may go out now."),
        "rest": _("Changes at İYS are unknown since %(at)s; sending opens again by itself once İYS "
                  "answers and every consent is compared.", at=formats.moment(since)),
        "action": None}


def _silent() -> dict[str, Any] | None:
    """That İYS does not answer, while nothing runs out tonight (look §7)."""
    found = silence() if security.may("queue:read") else None
    return None if found is None else {
        "tone": "wait", "bold": _("İYS does not answer."),
        "rest": f"{found.told()} {_('Nothing runs out tonight.')}",
        "action": {"label": _("Show them"), "url": url_for("QueueView.list")}}


def _tiles(days: list[figures.Day], rejected: Rejections,
           rows: OpenRows) -> list[dict[str, Any]]:
    given, refused = (sum(numbers[at] for _day, numbers in days) for at in range(2))
    soon = _("Today %(a)s · tomorrow %(b)s", a=formats.number(rows.due),
             b=formats.number(rows.due_tomorrow))
    made = [
        {"icon": "send", "label": _("Waiting to reach İYS"), "number": rows.waiting,
         "note": waiting_note(rows), "url": url_for("ConsentView.list", iys=["queued", "waiting"])},
        {"icon": "circle-x", "tone": "bad", "label": _("What İYS rejected"),
         "number": sum(rejected.by_code.values()), "note": _("Last 7 days"),
         "url": url_for("ConsentView.list", iys="refused")},
        {"icon": "alarm-clock", "tone": "wait", "label": _("Running out"),
         "number": rows.due + rows.due_tomorrow, "note": soon,
         "url": url_for("RadarView.index") if security.may("radar:read") else
         url_for("ConsentView.list", iys=["queued", "waiting", "overdue"])},
        {"icon": "badge-check", "tone": "ok", "label": _("Consents taken"), "number": given,
         "note": f"{days_title(days)} · " + ngettext(
             "%(n)s refusal", "%(n)s refusals", refused, n=formats.number(refused)),
         "url": url_for("ConsentView.list", secim=["in_force", "given"])},
    ]
    sees = security.may("consent:read")
    return [one if sees else one | {"url": None} for one in made]


def waiting_note(rows: OpenRows) -> str:
    """One line of meaning below the number that waits."""
    if rows.capped:
        return _("At least so many; the oldest first")
    if rows.oldest is None:
        return _("Nothing is on its way")
    return _("Oldest %(at)s", at=formats.moment(rows.oldest))


# -- cards ---------------------------------------------------------------------------------------


def _reasons(rejected: Rejections) -> list[dict[str, Any]]:
    """İYS's most frequent reasons of the last week, in plain words."""
    made = []
    for code, number in rejected.by_code.most_common(REASONS):
        known = meaning(code)
        step = known.next_step(formats.language())  # type: ignore[arg-type]
        made.append({"count": number, "sentence": in_short(known), "code": known.code, "note": "",
                     "action": {"label": step, "url": _where(code)} if step else None})
    return made


def _where(code: str) -> str:
    """Where a reason is mended: dealers for an unmatched dealer code, else the code's page."""
    if code == "H180" and security.may("dealer:read"):
        return url_for("DealerView.list")
    return code_url(code) or url_for("ConsentView.list", iys="refused")


def _tasks(rows: OpenRows, unknown: int) -> list[dict[str, Any]]:
    """What waits for a person, the most pressing first."""
    made = []
    if rows.stopped and security.may("queue:read"):
        made.append({
            "icon": "circle-x", "tone": "bad", "url": url_for("QueueView.list", durum="duran"),
            "title": ngettext("%(n)s record has stopped", "%(n)s records have stopped",
                              rows.stopped, n=formats.number(rows.stopped)),
            "text": _("Mend the cause, then send it again.")})
    waits = approvalviews.task()
    return (made + ([waits] if waits else []) + todo.waiting() + _notice_tasks()
            + _connection_tasks() + _dealer_tasks(unknown) + _retention_tasks())


def _notice_tasks() -> list[dict[str, Any]]:
    """Brands whose forms take addresses without a privacy notice, for who may publish one."""
    number = bareforms.brands() if security.may("document:publish") else 0
    return [{
        "icon": "book-open", "tone": "bad", "url": url_for("DocumentView.list"),
        "title": ngettext("The forms of %(n)s brand have no privacy notice",
                          "The forms of %(n)s brands have no privacy notice",
                          number, n=formats.number(number)),
        "text": _("People have to be informed before their address is taken (R-60)."),
    }] if number else []


def _connection_tasks() -> list[dict[str, Any]]:
    """Providers whose connection to İYS somebody must mend or make."""
    if not security.may("provider:read"):
        return []
    found = orm.db.session.scalars(select(Provider).where(or_(
        Provider.iys_username.is_(None), Provider.iys_problem.is_not(None)))
        .order_by(Provider.id).limit(TASKS))
    return [{
        "icon": "plug", "tone": "bad" if one.iys_problem else "wait",
        "url": url_for("ProviderView.show", pk=one.id),
        "title": _("%(name)s: İYS does not answer as it should", name=str(one))
        if one.iys_problem else _("%(name)s is not connected to İYS yet", name=str(one)),
        "text": _("Until then its records wait in the queue.")} for one in found]


def _dealer_tasks(number: int) -> list[dict[str, Any]]:
    """Dealers İYS does not know: it refuses what they take (H180)."""
    if not security.may("dealer:read"):
        return []
    return [{
        "icon": "store", "tone": "wait", "url": url_for("DealerView.list"),
        "title": ngettext("%(n)s dealer has no İYS number", "%(n)s dealers have no İYS number",
                          number, n=formats.number(number)),
        "text": _("İYS refuses consents of a dealer it does not know."),
    }] if number else []


def _retention_tasks() -> list[dict[str, Any]]:
    """That nothing was destroyed for six months (R-64); the run is the whole installation's."""
    if not security.may("retention:read") or not plan.overdue():
        return []
    return [{
        "icon": "archive", "tone": "bad", "url": url_for("RetentionView.index"),
        "title": _("The periodic destruction is late"),
        "text": _("The law allows six months between two; the operator runs it by hand.")}]


def recent(size: int, half: str | None = None) -> list[dict[str, Any]]:
    """The newest records in view (or of a dealer's half of them), masked."""
    rows, _more = listing.page(listing.Wanted(half=half), size=size)
    found = listing.recipients_of(rows)
    return [_recent(entry, state, found) for entry, state in rows]


def _recent(entry: ConsentEntry, state: ConsentState,
            found: dict[tuple[int, int], Any]) -> dict[str, Any]:
    address = address_of(found.get((entry.provider_id, entry.recipient_id)))
    return {
        "address": mask(address) if address else _("erased"), "at": entry.captured_at,
        "today": clock.to_istanbul(entry.captured_at).date() == clock.today(),
        "url": record_url(entry), "channel": Channel(entry.channel).name,
        "source": say(Source(entry.source)), "choice": listing.choice_key(state),
        "iys": listing.iys_key(state), "iys_code": listing.iys_code(state), "proof": None,
    }
