"""What a reader works at, on the first page: campaigns under way, people to call.

Why this module exists: the first page is the day of whoever looks after what goes to İYS. Who
writes campaigns or calls people opens it as often and looks for something else, so their work
stands above those numbers; for others it stands below, as far as they may see it. Each part is
asked for by a fixed number of statements, with an early end.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from ileti.calllists import figures as callfigures
from ileti.calllists.models import CallList
from ileti.calllists.vocabulary import ListState
from ileti.campaigns import results
from ileti.campaigns.panel.pages import BADGE
from ileti.campaigns.runmodels import Campaign
from ileti.campaigns.vocabulary import State
from ileti.consents.vocabulary import Channel
from ileti.core import formats, orm
from ileti.tenancy import security

MOST: Final = 5
#: states whose campaigns have sent, or are about to
_ALIVE: Final = (State.DRAFT, State.PREPARING, State.READY, State.RUNNING, State.PAUSED, State.DONE)


def mywork() -> dict[str, Any]:
    """``first``: it stands above the queue's numbers; ``campaigns``, ``calls``: the cards, None
    where there is nothing to show; ``actions``: what such a reader begins with."""
    return {"first": not security.may("queue:read"), "campaigns": _campaigns(), "calls": _calls(),
            "actions": _actions()}


def _actions() -> list[dict[str, Any]]:
    """What somebody whose work is not the queue starts most: the last is the main one."""
    made = []
    if security.may("report:read") and not security.may("consent:read"):
        made.append({"label": _("Reports"), "icon": "chart-column",
                     "url": url_for("ConsentReportView.list")})
    if security.may("call:take"):
        made.append({"label": _("Take a call"), "icon": "headphones",
                     "url": url_for("CallView.home")})
    if security.may("campaign:write"):
        made.append({"label": _("New campaign"), "icon": "megaphone",
                     "url": url_for("CampaignView.new")})
    return made


def _campaigns() -> dict[str, Any] | None:
    """The newest campaigns with how far each is; two statements."""
    if not security.may("campaign:read"):
        return None
    rows = orm.db.session.scalars(select(Campaign).where(
        Campaign.state.in_([int(one) for one in _ALIVE]))
        .order_by(Campaign.id.desc()).limit(MOST)).all()
    if not rows:
        return None
    return {"url": url_for("CampaignView.index"),
            "rows": [_campaign(one, *sums) for one, sums in zip(rows, _sums(rows), strict=True)]}


def _sums(rows: Any) -> list[tuple[int, int]]:
    """Handed over and kept out, for each of these rows; asked once a provider."""
    found: dict[int, tuple[int, int]] = {}
    for provider, some in groupby(sorted(rows, key=lambda one: one.provider_id),
                                  key=lambda one: one.provider_id):
        found.update(results.sums(provider, [one.id for one in some]))
    return [found.get(one.id, (0, 0)) for one in rows]


def _campaign(one: Campaign, handed: int, blocked: int) -> dict[str, Any]:
    total = one.total or 0
    left = max(0, total - handed - blocked)
    return {
        "name": one.name, "url": url_for("CampaignView.show", pk=one.id),
        "badge": BADGE[State(one.state)], "channel": Channel(one.channel).name,
        "handed": handed, "blocked": blocked, "left": left, "begun": handed + blocked > 0,
    }


def _calls() -> dict[str, Any] | None:
    """Open lists with people nobody has reached yet; two statements."""
    if not security.may("call:work"):
        return None
    rows = orm.db.session.scalars(select(CallList).where(CallList.state == ListState.OPEN)
                                  .order_by(CallList.id.desc()).limit(MOST)).all()
    waiting: dict[int, int] = {}
    for provider, some in groupby(sorted(rows, key=lambda one: one.provider_id),
                                  key=lambda one: one.provider_id):
        waiting.update(callfigures.waiting(provider, [one.id for one in some]))
    if not any(waiting.values()):
        return None
    return {"url": url_for("CallListView.list") if security.may("call:read") else None,
            "next": {"label": _("Call the next person"), "icon": "phone",
                     "url": url_for("CallView.home")} if security.may("call:take") else None,
            "rows": [{"name": one.name, "until": one.ends_at, "waiting": _most(waiting[one.id]),
                      "url": url_for("CallListView.show", pk=one.id)
                      if security.may("call:read") else None}
                     for one in rows if waiting[one.id]]}


def _most(number: int) -> str:
    """A count, or that there are more than were counted."""
    if number > callfigures.COUNTED:
        return _("more than %(n)s", n=formats.number(callfigures.COUNTED))
    return formats.number(number)
