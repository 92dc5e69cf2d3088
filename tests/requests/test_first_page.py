"""The first page names what waits for its reader: requests by their day, messages to be read, days
that differ; each for whoever may do it, and for nobody of another provider."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ileti.core import clock, db
from ileti.requests.cases import Case
from tests.panel.people import dealer_of, sign_in, user_with


def todo(app: Any, role: str, place: Any, **more: Any) -> list[str]:
    """Tone and title of each task, in their order."""
    text = sign_in(app, user_with(app, role, place, **more)).get("/").text
    return re.findall(r'class="task-icon (\w+)".*?<a class="h3"[^>]*>([^<]+)<', text)


REQUEST = "1 veri başvurusunun süresi doluyor"


def test_a_request_is_named_once_it_is_near_and_is_red_on_its_last_day(
        app: Any, place: Any, place_b: Any, new_case: Callable[..., Case]) -> None:
    case = new_case(received_at=clock.now() - timedelta(days=10))
    assert REQUEST not in str(todo(app, "compliance_officer", place))
    for days, tone in ((25, "wait"), (31, "bad")):
        db.connection().execute(
            "update data_request set received_at = %(at)s, due_at = %(at)s + interval '30 days' "
            "where id = %(id)s", {"at": clock.now() - timedelta(days=days), "id": case.id})
        assert todo(app, "compliance_officer", place)[0] == (tone, REQUEST)
    for role, where in (("marketer", place), ("provider_admin", place_b)):
        assert REQUEST not in str(todo(app, role, where))


def test_a_day_that_differs_is_named_for_who_may_mend_it_and_for_no_dealer(
        app: Any, place: Any) -> None:
    db.system_connection().execute(
        "insert into iys_day (provider_id, brand_id, day, differences, result, archived_at, "
        "compared_at) values (%s, %s, %s, 3, 2, now(), now())",
        (place.provider_id, place.brand_id, clock.today() - timedelta(days=1)))
    assert "1 gün İYS’den farklı" in str(todo(app, "brand_manager", place, level="brand"))
    dealer = dealer_of(place)
    assert "İYS’den farklı" not in str(todo(app, "dealer_manager", place, dealer_id=dealer))
    assert "İYS’den farklı" not in str(todo(app, "marketer", place))
