"""The first page: what matters now, for head office and, at the same address, for a dealer."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import Integer, case, func, literal, select

from ileti.consents import listing
from ileti.consents.deadlines import is_business_day
from ileti.consents.detail import record_url
from ileti.consents.models import ConsentEntry, ConsentState
from ileti.consents.timeline import address_of
from ileti.consents.vocabulary import Channel, Outcome, Source, Status
from ileti.core import clock, orm
from ileti.core.errors import NotFound
from ileti.iys.errors import meaning
from ileti.iys.models import IysReceipt
from ileti.outbox.models import OutboxRow
from ileti.recipients.address import mask
from ileti.tenancy import scope, security
from ileti.tenancy.crud import say
from ileti.tenancy.models import Brand, Dealer
from ileti.web import formats

# What moved a state; an unverified tick or a repeat did not.
EFFECTIVE = (int(Outcome.RECORDED), int(Outcome.LOCAL_ONLY))
DAYS = 30
WEEK = 7


class TodayView(BaseView):
    """``/``, and the change of work space."""

    route_base = ""
    class_permission_name = "home"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """A dealer's home or head office's."""
        if scope.current().dealer_id is not None and security.may("consent:read"):
            return self.render_template("panel/dealer_home.html", **dealer_home())
        return self.render_template("panel/today.html", **today())

    @expose("/calisma-alani", methods=["POST"])
    @has_access
    @permission_name("read")
    def switch(self) -> ResponseReturnValue:
        """Move to another of one's own work spaces."""
        from ileti.web.menu import choose_workspace

        if not choose_workspace(request.form.get("workspace", "")):
            raise NotFound()
        return redirect(url_for("TodayView.index"))


def today() -> dict[str, Any]:
    """Context of ``panel/today.html``."""
    days = by_day()
    return {
        "line": _line(), "actions": _actions(), "urgent": _urgent(due_today()),
        "tiles": _tiles(days), "days": days if any(sum(n) for _d, n in days) else [],
        "today_index": len(days) - 1, "outlier": None,
        "chart_sentence": _("Consents, refusals and rejections of the last 30 days, by day"),
        "rejections": rejections(), "rejections_url": url_for("ConsentView.list", iys="refused"),
        "strips": None,
    }


def _line() -> str:
    session = orm.db.session
    brands = session.scalar(select(func.count()).select_from(Brand)) or 0
    dealers = session.scalar(select(func.count()).select_from(Dealer)) or 0
    kind = _("business day") if is_business_day(clock.today()) else _("no business day")
    places = _("%(b)s brands, %(d)s dealers", b=formats.number(brands), d=formats.number(dealers))
    return f"{formats.day_long(clock.today())} · {kind} · {places}"


def _actions() -> list[dict[str, Any]]:
    made = []
    if security.may("queue:read"):
        made.append({"label": _("On the way to İYS"), "url": url_for("QueueView.list"),
                     "icon": "send"})
    if security.may("consent:read"):
        made.append({"label": _("Consents"), "url": url_for("ConsentView.list"),
                     "icon": "clipboard-list", "kind": "primary"})
    return made


def due_today() -> int:
    """Open İYS rows whose three-business-day limit ends today or has passed (R-13)."""
    end = datetime.combine(clock.today() + timedelta(days=1), time(), clock.ISTANBUL)
    kind = case((OutboxRow.order_key.op("&")(4) == 4, 1), else_=2)
    asked = select(OutboxRow.ref_id).join(ConsentState, (
        (ConsentState.provider_id == OutboxRow.provider_id)
        & (ConsentState.brand_id == OutboxRow.brand_id)
        & (ConsentState.recipient_id == OutboxRow.order_key.op(">>")(literal(3, Integer)))
        & (ConsentState.recipient_type == kind)
        & (ConsentState.channel == OutboxRow.order_key.op("&")(3))
    )).where(OutboxRow.topic == 1, ConsentState.iys_due_at < end).limit(listing.COUNTED + 1)
    return orm.db.session.scalar(select(func.count()).select_from(asked.subquery())) or 0


def _urgent(due: int) -> dict[str, Any] | None:
    if not due:
        return None
    return {
        "tone": "wait", "bold": ngettext(
            "%(num)s record must reach İYS today.", "%(num)s records must reach İYS today.", due),
        "rest": _("İleti keeps trying; look at what stands in the way."),
        "action": {"label": _("Show them"), "url": url_for("QueueView.list")}
        if security.may("queue:read") else None,
    }


def _waiting() -> int:
    some = select(OutboxRow.ref_id).where(
        OutboxRow.topic == 1, OutboxRow.dead_at.is_(None)).limit(listing.COUNTED + 1).subquery()
    return orm.db.session.scalar(select(func.count()).select_from(some)) or 0


def _tiles(days: list[tuple[date, list[int]]]) -> list[dict[str, Any]]:
    week = days[-WEEK:]
    given, refused = (sum(n[at] for _d, n in days) for at in range(2))
    return [
        {"icon": "hourglass", "tone": "wait", "label": _("Waiting for İYS"), "number": _waiting(),
         "note": _("on their way now"), "url": url_for("ConsentView.list", iys="queued")},
        {"icon": "circle-x", "tone": "bad", "label": _("Rejected by İYS"),
         "number": sum(n[2] for _d, n in week), "note": _("last 7 days"),
         "url": url_for("ConsentView.list", iys="refused")},
        {"icon": "circle-check", "tone": "ok", "label": _("Consents taken"), "number": given,
         "note": _("last 30 days"), "url": url_for("ConsentView.list", secim="in_force")},
        {"icon": "circle-minus", "tone": "ret", "label": _("Refusals"), "number": refused,
         "note": _("last 30 days"), "url": url_for("ConsentView.list", secim="refusal")},
    ]


def by_day() -> list[tuple[date, list[int]]]:
    """Consents, refusals and İYS's rejections of the last 30 days, oldest first."""
    first = clock.today() - timedelta(days=DAYS - 1)
    start = datetime.combine(first, time(), clock.ISTANBUL)
    day = func.date(func.timezone("Europe/Istanbul", ConsentEntry.captured_at))
    taken = orm.db.session.execute(
        select(day, ConsentEntry.status, func.count())
        .where(ConsentEntry.captured_at >= start, ConsentEntry.outcome.in_(EFFECTIVE))
        .group_by(day, ConsentEntry.status)).all()
    rejected = orm.db.session.execute(
        select(day, func.count()).join(IysReceipt, _same_entry())
        .where(ConsentEntry.captured_at >= start, IysReceipt.accepted.is_(False))
        .group_by(day)).all()
    table = {first + timedelta(days=n): [0, 0, 0] for n in range(DAYS)}
    for when, status, number in taken:
        table[when][0 if status == Status.ONAY else 1] += number
    for when, number in rejected:
        table[when][2] += number
    return list(table.items())


def _same_entry() -> Any:
    return (IysReceipt.provider_id == ConsentEntry.provider_id) & (
        IysReceipt.entry_id == ConsentEntry.id)


def rejections() -> list[dict[str, Any]]:
    """İYS's most frequent reasons of the last week, in plain words."""
    since = clock.now() - timedelta(days=WEEK)
    rows = orm.db.session.execute(
        select(IysReceipt.code, func.count()).join(ConsentEntry, _same_entry())
        .where(ConsentEntry.captured_at >= since, IysReceipt.accepted.is_(False))
        .group_by(IysReceipt.code).order_by(func.count().desc()).limit(5)).all()
    made = []
    for code, number in rows:
        known = meaning(code or "")
        step = known.next_step(formats.language())  # type: ignore[arg-type]
        made.append({"count": number, "sentence": say(known), "code": code or "?", "note": "",
                     "action": {"label": step, "url": url_for("ConsentView.list", iys="refused")}
                     if step else None})
    return made


# -- dealer --------------------------------------------------------------------------------------


def dealer_home() -> dict[str, Any]:
    """Context of ``panel/dealer_home.html`` (look picture 10)."""
    own = security.membership()
    days = by_day()
    rows, _more = listing.page(listing.Wanted(), size=8)
    name = current_user.first_name or current_user.username
    return {
        "greeting": _("Good day, %(name)s", name=name),
        "line": _("%(dealer)s · you take consents in the name of %(brand)s",
                  dealer=str(own.dealer) if own else "", brand=str(own.brand) if own else ""),
        "urgent": _urgent(due_today()), "ways": _ways(), "refuse": None, "ask": None,
        "tiles": [
            {"label": _("Today"), "number": sum(days[-1][1][:2]), "note": _("records"),
             "url": url_for("ConsentView.list", tarih_from=clock.today().isoformat())},
            {"label": _("Last 30 days"), "number": sum(n[0] for _d, n in days),
             "note": _("consents"), "url": url_for("ConsentView.list")},
            {"label": _("Waiting for İYS"), "number": _waiting(), "note": _("on their way now"),
             "url": url_for("ConsentView.list", iys="queued")},
        ],
        "recent": _recent(rows), "recent_url": url_for("ConsentView.list"), "reminder": None,
    }


def _ways() -> list[dict[str, Any]]:
    """The dealer's own forms, as ways to take a consent."""
    from ileti.capture.models import Site

    sites = orm.db.session.scalars(select(Site).where(Site.active).order_by(Site.name).limit(3))
    return [{"icon": "globe", "title": one.name, "text": _("Open the form on this device"),
             "url": f"/f/{one.public_key}"} for one in sites]


def _recent(rows: list[tuple[ConsentEntry, ConsentState]]) -> list[dict[str, Any]]:
    found = listing.recipients_of(rows)
    made = []
    for entry, state in rows:
        address = address_of(found.get((entry.provider_id, entry.recipient_id)))
        made.append({
            "address": mask(address) if address else _("erased"), "at": entry.captured_at,
            "url": record_url(entry),
            "channel": Channel(entry.channel).name, "source": say(Source(entry.source)),
            "choice": listing.choice_key(state), "iys": listing.iys_key(state),
            "iys_code": listing.iys_code(state), "proof": None,
        })
    return made
