"""Who gets the daily report by mail: one's own choice, and what an admin sees of everybody's.

A subscription is of the work space at hand and nobody has one until they choose. It tells the
membership's own scope, so nobody can ask for more than they see.
"""

from __future__ import annotations

from typing import Any, Final

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from ileti.core import formats, orm
from ileti.core.errors import NotFound
from ileti.core.secrets import secrets
from ileti.reports.daily import letters
from ileti.reports.daily.models import DailySubscription
from ileti.tenancy import audit, security, trail
from ileti.tenancy.models import Brand, Dealer, Membership

HOURS: Final = range(6, 21)
USUAL_HOUR: Final = 8
PURPOSE: Final = "daily-stop"
SHOWN: Final = 500


def own() -> DailySubscription | None:
    """The subscription of the work space at hand, while it is open."""
    one = security.membership()
    return None if one is None else orm.db.session.scalar(select(DailySubscription).where(
        DailySubscription.membership_id == one.id, DailySubscription.closed_at.is_(None)))


def may_have() -> bool:
    """Whether there is a report of one provider to send to somebody here."""
    one = security.membership()
    return one is not None and one.provider_id is not None


def choose(hour: int, *, business_days: bool, language: str) -> DailySubscription:
    """Ask for the mail, or change when it comes. Raises NotFound where nothing can be sent, and
    ValueError for an hour that is not offered."""
    membership = security.membership()
    if membership is None or membership.provider_id is None:
        raise NotFound()
    if hour not in HOURS:
        raise ValueError("no such hour")
    chosen = {"hour": hour, "business_days": business_days,
              "language": "en" if language == "en" else "tr"}
    with orm.unit_of_work() as session:
        session.execute(insert(DailySubscription).values(  # two clicks at once are one wish
            provider_id=membership.provider_id, brand_id=membership.brand_id,
            dealer_id=membership.dealer_id, user_id=membership.user_id,
            membership_id=membership.id, first_on=letters.first_on(hour), **chosen,
        ).on_conflict_do_nothing(index_elements=["membership_id"]))
        found = session.execute(select(DailySubscription).where(
            DailySubscription.membership_id == membership.id).with_for_update()).scalar_one()
        if found.closed_at is not None:
            found.first_on, found.closed_at = letters.first_on(hour), None
        for name, value in chosen.items():
            setattr(found, name, value)
        audit.record("daily:on", f"ab_user:{membership.user_id}", {"hour": hour},
                     provider_id=membership.provider_id, brand_id=membership.brand_id)
    return found


def end() -> bool:
    """No more mails of this work space; whether there were any."""
    found = own()
    if found is None:
        return False
    letters.close(found.id)
    audit.record("daily:off", f"ab_user:{found.user_id}", provider_id=found.provider_id,
                 brand_id=found.brand_id)
    orm.db.session.commit()
    return True


def token(subscription_id: int) -> str:
    """What a mail's link carries: it can end this one subscription and nothing else."""
    return secrets().tokens(PURPOSE).make({"s": subscription_id}, seconds=None)


def everybody() -> list[dict[str, Any]]:
    """Who gets it in this work space, for whoever sees its users; one statement of rows and one of
    names."""
    found = orm.db.session.execute(
        select(DailySubscription, Brand.name, Dealer)
        .join(Membership, Membership.id == DailySubscription.membership_id)
        .outerjoin(Brand, Brand.id == DailySubscription.brand_id)
        .outerjoin(Dealer, Dealer.id == DailySubscription.dealer_id)
        .where(DailySubscription.closed_at.is_(None), Membership.suspended_at.is_(None))
        .order_by(DailySubscription.hour, DailySubscription.id).limit(SHOWN)).all()
    trail.look_up([one.user_id for one, _brand, _dealer in found])
    return [{"name": trail.person(one.user_id), "hour": hour(one.hour),
             "place": str(dealer) if dealer is not None else brand or _("All brands"),
             "days": days(one.business_days), "since": formats.day(one.first_on)}
            for one, brand, dealer in found]


def hour(number: int) -> str:
    """``08:00``."""
    return f"{number:02d}:00"


def days(business_days: bool) -> str:
    """On which days it comes."""
    return _("on business days") if business_days else _("every day")
