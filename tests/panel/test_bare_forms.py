"""A form that collects without a privacy notice is told of where it can be mended (R-60)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from ileti.core import db
from ileti.documents import showing
from tests.kvkk.house import text
from tests.panel.people import sign_in, user_with

TOLD = "Bu formun aydınlatma metni yok."
TASK = "1 markanın formlarında aydınlatma metni yok"


@pytest.fixture
def site(place: Any) -> int:
    row = db.system_connection().execute(
        "insert into site (provider_id, brand_id, name, public_key, kind) "
        "values (%s, %s, 'Mağaza', %s, 'widget') returning id",
        (place.provider_id, place.brand_id, f"pk_{uuid4().hex[:16]}")).fetchone()
    assert row is not None
    return int(row[0])


def told(app: Any, place: Any, site: int, role: str = "provider_admin") -> tuple[bool, bool]:
    """Whether the form's page and the first page say it."""
    client = sign_in(app, user_with(app, role, place))
    page = client.get(f"/siteler/show/{site}")
    assert page.status_code == 200
    return TOLD in page.text, TASK in client.get("/").text


def test_r60_it_is_told_until_a_notice_is_on_show_and_again_once_it_is_taken_off(
        app: Any, place: Any, site: int) -> None:
    text(place)  # an explicit consent is no notice
    assert told(app, place, site) == (True, True)
    notice = text(place, "AYDINLATMA")
    assert told(app, place, site) == (False, False)
    showing.retire(notice.document, user_id=None, reason="Yenisi yazılıyor")
    assert told(app, place, site) == (True, True)


def test_a_closed_form_and_another_providers_notice_change_nothing(
        app: Any, place: Any, place_b: Any, site: int) -> None:
    text(place_b, "AYDINLATMA")
    assert told(app, place, site) == (True, True)
    db.system_connection().execute("update site set active = false where id = %s", (site,))
    assert told(app, place, site) == (False, False)


def test_who_may_publish_no_text_is_not_given_it_as_a_task(
        app: Any, place: Any, site: int) -> None:
    assert told(app, place, site, "marketer") == (True, False)
