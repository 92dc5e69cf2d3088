"""The reconciliation pages by axe, light and dark, wide and narrow."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ileti.core import clock, db
from tests.browser.axe import THEMES, WIDTHS, browsing, faults, serving
from tests.panel.people import sign_in, take, user_with

pytestmark = pytest.mark.browser

STATES = ((1, None, 812), (3, None, 0), (2, None, 640), (1, None, 702), (4, "lost", 0),
          (None, "not_ready", 0), (1, None, 655))


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[dict[str, Any]]:
    """A brand with a week of days in every state and two differences."""
    from tests.conftest import _new_place

    place, conn = _new_place(db.connection()), db.connection()
    person = take(place, "+905996000051").items[0]
    today = clock.today()
    for ago, (result, problem, rows) in enumerate(STATES, 1):
        conn.execute(
            "insert into iys_day (provider_id, brand_id, day, result, problem, rows, rows_done, "
            "differences, archived_at, compared_at, done_at, hash_value, hash_fits) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s, now(), now(), now(), %s, true)",
            (place.provider_id, place.brand_id, today - dt.timedelta(days=ago), result, problem,
             rows, rows, 2 if result == 2 else 0, "ab" * 48))
    day = today - dt.timedelta(days=3)
    for cause, recipient in ((4, person.recipient_id), (2, None)):
        conn.execute(
            "insert into iys_difference (provider_id, brand_id, day, fence, cause, line, "
            "recipient_id, recipient_type, channel, their_status, their_source, their_date, "
            "our_status, our_source, our_date, mark) values (%s, %s, %s, 1, %s, 7, %s, 1, 2, 1, 6, "
            "%s, %s, %s, %s, %s)",
            (place.provider_id, place.brand_id, day, cause, recipient, clock.now(),
             *((1, 6, clock.now()) if recipient else (None, None, None)), os.urandom(8)))
    for kind in range(1, 6):
        conn.execute(
            "insert into iys_archive (provider_id, brand_id, day, kind, size, lines, sha384, path, "
            "file_key) values (%s, %s, %s, %s, 18204, 641, %s, 'x', '1.eA==')",
            (place.provider_id, place.brand_id, day, kind, os.urandom(48)))
    client = sign_in(app, user_with(app, "compliance_officer", place))
    with serving(app) as base:
        yield {"base": base, "client": client, "brand": place.brand_id, "day": day}


def test_axe_finds_nothing_on_the_calendar_and_a_day(
    chromium: Any, house: dict[str, Any]
) -> None:
    shots = os.environ.get("ILETI_SHOTS")  # a folder, to look at the pages
    with browsing(chromium, house["base"], house["client"]) as page:
        for name, path in (("takvim", "/mutabakat/"),
                           ("gun", f"/mutabakat/{house['brand']}/{house['day']}")):
            assert page.goto(path).status == 200
            assert (path, faults(page)) == (path, [])
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                for theme in THEMES if shots else ():
                    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
                    page.screenshot(path=Path(str(shots)) / f"{name}-{theme}-{width}.png",
                                    full_page=True)
