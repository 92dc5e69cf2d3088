"""A view holds a question and no answer: kept by its user, shared within the place, bookmarked."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.panel.people import dealer_of, sign_in, take, token_of, user_with


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def keep(client: Any, name: str, query: str = "secim=refusal&sutun=kanal", **more: str) -> Any:
    return client.post("/gorunumler/", data={
        "csrf_token": token_of(client), "list": "ConsentView", "query": query, "name": name,
        "wish": "new"} | more)


def number(answer: Any) -> str:
    return re.search(r"gorunum=(\d+)", answer.location).group(1)  # type: ignore[union-attr]


def test_a_view_is_kept_shown_and_opened_by_its_address(admin: Any, place: Any) -> None:
    take(place, "+905992130041", refusal=True)
    saved = keep(admin, "Retler")
    assert saved.status_code == 303
    page = admin.get(saved.location).text
    assert ">Retler" in page
    assert "05992130041"[-4:-2] in page
    opened = admin.get(f"/gorunumler/{number(saved)}")
    assert opened.location == saved.location
    assert "sutun=kanal" in opened.location


def test_the_list_opens_with_the_first_view_and_can_still_be_asked_for_all(admin: Any) -> None:
    saved = keep(admin, "Sabah", first="1")
    assert admin.get("/izinler/").location == saved.location
    assert admin.get("/izinler/?gorunum=0").status_code == 200
    other = keep(admin, "Öğle", query="secim=given", first="1")
    assert admin.get("/izinler/").location == other.location


def test_a_view_is_changed_renamed_and_deleted_by_its_owner_alone(
        app: Any, admin: Any, place: Any) -> None:
    view = number(keep(admin, "Eski", shared="1"))
    changed = keep(admin, "Yeni", query="secim=given", wish="change", view=view)
    assert "secim=given" in changed.location
    assert number(changed) == view
    other = sign_in(app, user_with(app, "provider_admin", place))
    for wish in ("change", "delete"):
        assert keep(other, "Benim", wish=wish, view=view).status_code == 404
    keep(admin, "Yeni", wish="delete", view=view)
    assert admin.get(f"/gorunumler/{view}").status_code == 404


def test_a_shared_view_is_seen_in_its_place_and_shows_each_reader_their_own(
        app: Any, admin: Any, place: Any, place_b: Any) -> None:
    view = number(keep(admin, "Ortak", query="kanal=2", shared="1"))
    mine = number(keep(admin, "Gizlenen", query="kanal=3"))
    near = sign_in(app, user_with(app, "compliance_officer", place))
    brand = sign_in(app, user_with(app, "brand_manager", place, level="brand"))
    far = sign_in(app, user_with(app, "provider_admin", place_b))
    dealer = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer_of(place)))
    assert [one.get(f"/gorunumler/{view}").status_code for one in (near, brand, far, dealer)] == [
        302, 302, 404, 404]
    assert near.get(f"/gorunumler/{mine}").status_code == 404
    assert "Ortak" in near.get("/izinler/").text
    assert "Gizlenen" not in near.get("/izinler/").text


@pytest.mark.parametrize(("name", "query"), [("", "a=1"), ("x" * 61, "a=1"), ("Retler", "a=1")])
def test_a_name_that_will_not_do_is_told_and_the_question_stays(
        admin: Any, name: str, query: str) -> None:
    keep(admin, "Retler")
    refused = keep(admin, name, query=query)
    assert refused.location.startswith("/izinler/?a=1")
    assert "notice bad" in admin.get(refused.location).text


@pytest.mark.parametrize("name", ["", "Nobody", "SavedViewView", "../x"])
def test_only_a_list_has_views(admin: Any, name: str) -> None:
    assert admin.post("/gorunumler/", data={
        "csrf_token": token_of(admin), "list": name, "query": "", "name": "x"}).status_code == 404


def test_every_list_of_records_has_columns_and_views(admin: Any) -> None:
    page = admin.get("/siteler/list/?sutun=policy").text
    assert 'name="sutun" value="policy" checked' in page
    head = page.partition("<thead")[2].partition("</thead>")[0]
    assert head.count("columnheader") < 5
    saved = admin.post("/gorunumler/", data={
        "csrf_token": token_of(admin), "list": "SiteView", "query": "sutun=policy&_oc_SiteView=name"
        "&_od_SiteView=asc", "name": "Kısa", "first": "1"})
    assert admin.get("/siteler/list/").location == saved.location
    assert admin.get(saved.location).status_code == 200
