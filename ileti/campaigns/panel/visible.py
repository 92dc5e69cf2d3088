"""The campaigns somebody may see, and what the form offers them.

Why this module exists: the work on a campaign asks the database outright; a page asks in the name
of who looks, so that the row rules of :mod:`ileti.tenancy.scope` stand before every step. Each page
starts here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import func, select

from ileti.campaigns import plan
from ileti.campaigns.plan import Campaign
from ileti.campaigns.runmodels import Campaign as Row
from ileti.campaigns.runmodels import CampaignList
from ileti.channels.accountmodels import Sender, SenderState
from ileti.core import orm, shelves
from ileti.core.shelves import Shelf
from ileti.fields.catalogue import about, fields_of
from ileti.fields.vocabulary import Field, Kind, Subject
from ileti.templates.models import MessageTemplate, MessageTemplateVersion
from ileti.templates.owners import sendable
from ileti.tenancy import scope
from ileti.tenancy.models import Brand

OFFERED = 500


def shelf(before: int | None, *only: Any) -> Shelf[Row]:
    """Campaigns below a number that meet these conditions."""
    return shelves.shelf(Row, before, *only)


def one(campaign_id: int) -> Campaign:
    """A campaign of the user's own work space. Raises NotFound for any other."""
    found = shelves.one(Row, campaign_id)
    return plan.read(found.provider_id, found.id)


@dataclass(frozen=True)
class Offer:
    """A template with the version in use."""

    version_id: int
    name: str
    channel: int
    brand_id: int | None


def templates() -> list[Offer]:
    """Published templates the user may use, by channel and name: nobody sends a dealer's but the
    dealer."""
    newest = (select(MessageTemplateVersion.template_id,
                     func.max(MessageTemplateVersion.id).label("version"))
              .group_by(MessageTemplateVersion.template_id).subquery())
    rows = orm.db.session.execute(
        select(newest.c.version, MessageTemplate.name, MessageTemplate.channel,
               MessageTemplate.brand_id)
        .join(newest, newest.c.template_id == MessageTemplate.id)
        .where(MessageTemplate.retired_at.is_(None), sendable())
        .order_by(MessageTemplate.channel, MessageTemplate.name).limit(OFFERED))
    return [Offer(*row) for row in rows]


class Title(NamedTuple):
    """An approved title or number: whose, and on which channel."""

    brand_id: int
    channel: int
    title: str


def senders(brand_id: int | None, channel: int | None = None) -> list[Title]:
    """Approved titles and numbers, each once (R-54); None: of every brand, of every channel."""
    asked = select(Sender.brand_id, Sender.channel, Sender.title).where(
        Sender.state == SenderState.APPROVED).distinct().order_by(
            Sender.brand_id, Sender.channel, Sender.title)
    if brand_id is not None:
        asked = asked.where(Sender.brand_id == brand_id)
    if channel is not None:
        asked = asked.where(Sender.channel == channel)
    return [Title(*row) for row in orm.db.session.execute(asked.limit(OFFERED))]


def lists() -> list[CampaignList]:
    """Uploaded lists, the newest first."""
    return list(orm.db.session.scalars(
        select(CampaignList).order_by(CampaignList.id.desc()).limit(100)))


def earlier() -> list[Row]:
    """Campaigns whose people may be left out."""
    return list(orm.db.session.scalars(
        select(Row).where(Row.state.in_((5, 6, 7))).order_by(Row.id.desc()).limit(50)))


def fields() -> list[Field]:
    """Fields of recipients people are chosen by: plain ones with one answer."""
    provider = scope.current().provider_id
    if provider is None:
        return []
    return [one for one in about(fields_of(provider), Subject.RECIPIENT)
            if not one.personal and one.kind in (Kind.YES_NO, Kind.CHOICE)]


def brand_names(brand_ids: Iterable[int]) -> dict[int, str]:
    """Names of brands, by one statement."""
    wanted = set(brand_ids)
    if not wanted:
        return {}
    return {brand.id: brand.name
            for brand in orm.db.session.scalars(select(Brand).where(Brand.id.in_(wanted)))}
