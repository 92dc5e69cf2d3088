"""Which explicit consents a site's form asks for is chosen on the site's page (R-57, R-58)."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.core import db
from tests.kvkk.house import asked
from tests.panel.people import sign_in, token_of, user_with


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def add(admin: Any, place: Any, *texts: int) -> Any:
    return admin.post("/siteler/add", data={
        "csrf_token": token_of(admin), "brand": str(place.brand_id), "name": "Mağaza",
        "origins": "https://www.ornek.com.tr", "policy": "code", "channels": ["2", "3"],
        "explicit_consents": [str(one) for one in texts]})


def kept(place: Any) -> Any:
    return db.connection().execute(
        "select id, explicit_consents, form_version from site where provider_id = %s",
        (place.provider_id,)).fetchone()


def test_r57_only_published_texts_of_a_purpose_that_rests_on_consent_can_be_chosen(
    admin: Any, place: Any, conn: Any
) -> None:
    good, other = asked(conn, place, name="Öneri"), asked(conn, place, ground="5/2-c", name="Üye")
    form = admin.get("/siteler/add").text
    assert "Öneri ·" in form
    assert "Üye ·" not in form
    assert add(admin, place, other).status_code == 200
    assert kept(place) is None
    assert add(admin, place, good).status_code == 302
    assert "Öneri" in admin.get(f"/siteler/show/{kept(place)[0]}").text


def test_none_is_asked_by_default_and_another_choice_is_another_form(
    admin: Any, place: Any, conn: Any
) -> None:
    text = asked(conn, place)
    add(admin, place)
    number, texts, version = kept(place)
    assert texts == []
    admin.post(f"/siteler/edit/{number}", data={
        "csrf_token": token_of(admin), "name": "Mağaza", "origins": "https://www.ornek.com.tr",
        "policy": "code", "channels": ["2", "3"], "explicit_consents": str(text),
        "active": "y"})
    assert kept(place) == (number, [text], version + 1)


def test_another_company_s_text_cannot_be_chosen(
    admin: Any, place: Any, place_b: Any, conn: Any
) -> None:
    assert add(admin, place, asked(conn, place_b)).status_code == 200
    assert kept(place) is None
