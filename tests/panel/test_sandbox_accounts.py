"""An account of the sandbox is opened in the panel, marked, and cleared; nobody sees its data."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from ileti.consents.models import ConsentEntry
from ileti.core import db, orm
from ileti.programs import sandbox
from ileti.tenancy import security
from ileti.tenancy.models import Brand, Membership, Provider
from ileti.tenancy.scope import within

from .people import sign_in, take, token_of, user_with


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def add(client: Any, place: Any, **more: Any) -> Any:
    return client.post("/api-hesaplari/add", follow_redirects=True, data={
        "csrf_token": token_of(client), "name": "Deneme", "provider": str(place.provider_id),
        "brand": "", "dealer": "", "scopes": "brands:read", **more})


def newest(place: Any) -> tuple[int, bool]:
    row = db.connection().execute("select id, sandbox from api_account where provider_id = %s "
                                  "order by id desc", (place.provider_id,)).fetchone()
    assert row is not None
    return row[0], row[1]


def test_a_ticked_account_gets_a_sandbox_and_is_marked_where_it_stands(
        admin: Any, place: Any) -> None:
    add(admin, place, sandbox="y")
    number, marked = newest(place)
    assert marked
    assert sandbox.twin_of(db.connection(), place.provider_id) is not None
    assert "Deneme ortamı" in admin.get("/api-hesaplari/list/").text
    page = admin.get(f"/api-hesaplari/show/{number}").text
    assert "Deneme verilerini sil" in page
    assert str(sandbox.FIRST_NUMBER)[:3] in page
    key = admin.post(f"/api-hesaplari/{number}/anahtar", data={"csrf_token": token_of(admin)})
    assert "ilt_test_" in key.text


def test_an_account_becomes_no_sandbox_later_and_none_ceases_to_be_one(
        admin: Any, place: Any) -> None:
    add(admin, place)
    number, marked = newest(place)
    assert not marked
    assert 'name="sandbox"' not in admin.get(f"/api-hesaplari/edit/{number}").text
    admin.post(f"/api-hesaplari/edit/{number}", data={
        "csrf_token": token_of(admin), "name": "Deneme", "scopes": "brands:read", "sandbox": "y"})
    assert not newest(place)[1]


def test_without_a_simulator_the_form_says_what_is_missing(
        admin: Any, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from config import settings

    monkeypatch.setattr(settings(), "iys_base_url", "https://api.iys.example")
    page = add(admin, place, sandbox="y").text
    assert "SANDBOX_IYS_URL" in page
    assert "Deneme" in page
    assert db.connection().execute("select count(*) from api_account where provider_id = %s",
                                   (place.provider_id,)).fetchone() == (0,)


def test_clearing_from_the_panel_retires_the_twin_and_stands_in_the_trail(
        admin: Any, place: Any) -> None:
    add(admin, place, sandbox="y")
    number, _marked = newest(place)
    old = sandbox.twin_of(db.connection(), place.provider_id)
    admin.post(f"/api-hesaplari/{number}/deneme-temizle", data={"csrf_token": token_of(admin)})
    assert sandbox.twin_of(db.connection(), place.provider_id) not in (old, None)
    rows = db.connection().execute("select action from audit_entry where provider_id = %s",
                                   (place.provider_id,)).fetchall()
    assert ("api:sandbox_clear",) in rows


def test_whoever_keeps_one_brand_clears_nobodys_sandbox(
        app: Any, admin: Any, place: Any) -> None:
    add(admin, place, sandbox="y", brand=str(place.brand_id))
    number, _marked = newest(place)
    other = sign_in(app, user_with(app, "brand_manager", place, level="brand"))
    assert "Deneme verilerini sil" not in other.get(f"/api-hesaplari/show/{number}").text
    assert other.post(f"/api-hesaplari/{number}/deneme-temizle",
                      data={"csrf_token": token_of(other)}).status_code == 404


def test_who_sees_the_whole_installation_sees_no_twin_and_nothing_of_it(
        app: Any, place: Any) -> None:
    from ileti.consents.ledger import Place

    with db.transaction() as conn:
        twin = sandbox.ensure(conn, place.provider_id)
    row = db.connection().execute("select p.iys_code, b.id, b.brand_code from provider p "
                                  "join brand b on b.provider_id = p.id where p.id = %s",
                                  (twin,)).fetchone()
    take(Place(twin, *row), "+905992134117")
    take(place, "+905992134118")
    whole = security.scope_of(Membership(role="platform_admin", user_id=1))
    with app.app_context(), within(whole):
        seen = [orm.db.session.scalar(
                    select(func.count()).select_from(kind).where(column == number))
                for kind, column in ((Provider, Provider.id), (Brand, Brand.provider_id),
                                     (ConsentEntry, ConsentEntry.provider_id))
                for number in (twin, place.provider_id)]
    assert seen == [0, 1, 0, 1, 0, 1]
