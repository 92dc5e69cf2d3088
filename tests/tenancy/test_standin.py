"""Work done for a user who is not there: their rights and rows, and nothing that stays behind."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from ileti.core import db, orm, reach
from ileti.core.formats import language
from ileti.tenancy import scope, security
from ileti.tenancy.models import Provider
from ileti.tenancy.standin import standing_in
from tests.panel.people import dealer_of, user_with


def membership_of(name: str) -> int:
    row = db.system_connection().execute(
        "select m.id from membership m join ab_user u on u.id = m.user_id where u.username = %s",
        (name,)).fetchone()
    assert row is not None
    return int(row[0])


def test_inside_stands_the_membership_and_nothing_stays(app: Any, place: Any,
                                                        place_b: Any) -> None:
    dealer = dealer_of(place)
    one = membership_of(user_with(app, "dealer_manager", place, dealer_id=dealer))
    two = membership_of(user_with(app, "provider_admin", place_b))
    seen = []
    with app.app_context():
        for number, tongue in ((one, "tr"), (two, "en")):
            with standing_in(number, tongue) as membership:
                assert membership is not None
                here = scope.current()
                seen.append((here.provider_id, here.dealer_id, security.may("dealer:write"),
                             language(), list(orm.db.session.scalars(select(Provider.id)))))
        assert scope.current() == scope.NOTHING
        assert reach.current() is None
    assert seen == [(place.provider_id, dealer, False, "tr", [place.provider_id]),
                    (place_b.provider_id, None, True, "en", [place_b.provider_id])]


def test_nobody_stands_in_for_who_is_gone_rests_or_is_switched_off(app: Any, place: Any) -> None:
    rests, off = (membership_of(user_with(app, "provider_admin", place)) for _n in range(2))
    conn = db.system_connection()
    conn.execute("update membership set suspended_at = now() where id = %s", (rests,))
    conn.execute("update ab_user set active = false where id = "
                 "(select user_id from membership where id = %s)", (off,))
    with app.app_context():
        for number in (rests, off, 2_000_000_000):
            with standing_in(number, "tr") as membership:
                assert membership is None
                assert scope.current() == scope.NOTHING
