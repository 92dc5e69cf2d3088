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
    """A brand with a week of days in every state, two differences, two repairs and a bad stamp."""
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
    conn.execute(
        "insert into iys_stamp_check (provider_id, archive_id, brand_id, day, seen_at, "
        "checked_at, stamped_at, verdict, signer, trusted) select provider_id, id, brand_id, day, "
        "now(), now(), now(), 4, 'Deneme Zaman Damgası Hizmeti', '' from iys_archive "
        "where provider_id = %s and kind = 5", (place.provider_id,))
    for cause, done, problem, ended in ((4, 40, "H192", None), (2, 7, None, clock.now())):
        conn.execute(
            "insert into iys_repair (provider_id, brand_id, day, cause, asked_by, asked_at, total, "
            "last_id, repaired, problem, ended_at, next_at) values (%s, %s, %s, %s, 1, now(), 90, "
            "1, %s, %s, %s, now() + interval '1 hour')",
            (place.provider_id, place.brand_id, day, cause, done, problem, ended))
    conn.execute(
        "update iys_day set asked_at = now(), done_at = null, compared_at = null, rows_done = 300, "
        "next_at = now() + interval '1 hour' where provider_id = %s and day = %s",
        (place.provider_id, today - dt.timedelta(days=1)))
    client = sign_in(app, user_with(app, "compliance_officer", place))
    with serving(app) as base:
        yield {"base": base, "client": client, "brand": place.brand_id, "day": day}


def test_axe_finds_nothing_on_the_calendar_and_a_day(
    chromium: Any, house: dict[str, Any]
) -> None:
    shots = os.environ.get("ILETI_SHOTS")  # a folder, to look at the pages
    with browsing(chromium, house["base"], house["client"]) as page:
        for name, path in (("takvim", "/mutabakat/"),
                           ("simdi", f"/mutabakat/?izle={house['brand']}"),
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
