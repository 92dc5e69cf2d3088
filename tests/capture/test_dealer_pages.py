"""A dealer's printed code and kiosk: what they bring is the dealer's; a dead code says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from ileti.capture import dealercodes, poster, sites
from ileti.capture.models import Kind, Site
from ileti.core import db, orm
from ileti.documents.publish import publish_standard_texts
from ileti.tenancy import scope
from tests.panel.people import dealer_of, sign_in, token_of, user_with

from .conftest import new_phone


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


@pytest.fixture
def dealer(place: Any) -> int:
    publish_standard_texts(place.provider_id, place.brand_id)
    return dealer_of(place)


@pytest.fixture
def manager(app: Any, place: Any, dealer: int) -> Any:
    return sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer))


@pytest.fixture
def make(manager: Any, dealer: int) -> Callable[[str], str]:
    """Make a code as the dealer's manager; its path."""
    def act(kind: str) -> str:
        sites.forget_sites()
        done = manager.post(f"/bayi-sayfalari/{dealer}/yap", data={
            "csrf_token": token_of(manager), "kind": kind})
        assert done.status_code == 302, done.text
        number = db.connection().execute(
            "select max(id) from site where dealer_id = %s and kind = %s",
            (dealer, {"afis": "poster"}.get(kind, kind))).fetchone()[0]
        return dealercodes.path_of(number)

    return act


def fill(app: Any, path: str, phone: str) -> Any:
    """Open a code as a visitor, tick the first box, and send."""
    visitor = app.test_client()
    page = visitor.get(path).text
    if "data-start" in page.partition("<main")[2]:
        page = visitor.get(re.search(r'href="(/f/[^"]+)" data-start', page).group(1)).text  # type: ignore[union-attr]
    hidden = dict(re.findall(r'name="(token|key|shown_at)" value="([^"]+)"', page))
    action = re.search(r'<form class="card" method="post" action="([^"]+)"', page)
    assert action, page
    return visitor.post(action.group(1), data={
        **hidden, "phone": phone, "name": "Nazlı Kırşehirli", "choice": "MESAJ"})


def verify(app: Any, page: Any, code: str) -> Any:
    handle = re.search(r'name="handle" value="([^"]+)"', page.text)
    action = re.search(r'<form class="card" method="post" action="([^"]+)"', page.text)
    assert handle
    assert action
    return app.test_client().post(action.group(1), data={
        "handle": handle.group(1), "code.phone": code})


@pytest.mark.parametrize(("kind", "source"), [("afis", 6), ("kiosk", 5)])
def test_what_comes_by_a_code_carries_the_dealer_and_its_flows_source_r43(
    app: Any, place: Any, dealer: int, make: Callable[[str], str],
    code_of: Callable[[str], str], kind: str, source: int
) -> None:
    page = fill(app, make(kind), new_phone())
    assert "doğrulayın" in page.text
    receipt = verify(app, page, code_of("phone"))
    assert "Makbuz no" in receipt.text
    rows = db.connection().execute(
        "select dealer_id, source, standing from consent_entry where provider_id = %s "
        "order by id", (place.provider_id,)).fetchall()
    assert rows == [(dealer, source, 0), (dealer, source, 1)]


def test_a_replaced_poster_says_so_and_takes_nothing(
    app: Any, place: Any, make: Callable[[str], str]
) -> None:
    old = make("afis")
    visitor = app.test_client()
    form = re.search(r'action="(/f/[^"]+)"', visitor.get(old).text)
    new = make("afis")
    assert old != new
    answer = visitor.get(old)
    assert (answer.status_code, "Bu kod artık kullanılmıyor" in answer.text) == (410, True)
    assert "no longer in use" in visitor.get(f"{old}?lang=en").text
    assert form
    assert visitor.post(form.group(1), data={"choice": "MESAJ"}).status_code == 404
    assert visitor.get(new).status_code == 200


def test_a_code_of_a_dealer_without_the_right_is_closed_and_cannot_be_made(
    app: Any, place: Any, dealer: int, make: Callable[[str], str]
) -> None:
    path = make("afis")
    db.connection().execute(
        "insert into dealer_right (provider_id, brand_id, dealer_id, right_key, allowed) "
        "values (%s, %s, %s, 'page', false)", (place.provider_id, place.brand_id, dealer))
    sites.forget_sites()
    assert "şu anda izin almıyor" in app.test_client().get(path).text
    office = sign_in(app, user_with(app, "provider_admin", place))
    said = office.post(f"/bayi-sayfalari/{dealer}/yap", follow_redirects=True, data={
        "csrf_token": token_of(office), "kind": "afis"})
    assert "kendi sayfası verilmemiş" in said.text


def test_a_passive_dealers_code_takes_nothing(
    app: Any, dealer: int, make: Callable[[str], str]
) -> None:
    path = make("afis")
    form = re.search(r'action="(/f/[^"]+)"', app.test_client().get(path).text)
    db.connection().execute("update dealer set status = 'passive' where id = %s", (dealer,))
    sites.forget_sites()
    assert form
    assert app.test_client().get(path).status_code == 410
    assert app.test_client().get(form.group(1)).status_code == 404


@pytest.mark.parametrize("token", ["x", "eyJzIjoxfQ.AAAA", "", "%00", "a.b.c"])
def test_a_forged_code_leads_nowhere(app: Any, dealer: int, token: str) -> None:
    assert app.test_client().get(f"/q/{token}").status_code == 404


def test_nobody_makes_or_sees_a_code_of_anothers_dealer(
    app: Any, place: Any, place_b: Any, dealer: int, make: Callable[[str], str]
) -> None:
    make("afis")
    sibling = user_with(app, "dealer_manager", place, dealer_id=dealer_of(place, "Öbür"))
    for name in (sibling, user_with(app, "provider_admin", place_b)):
        client = sign_in(app, name)
        assert client.get(f"/bayi-sayfalari/{dealer}").status_code == 404
        assert client.get(f"/bayi-sayfalari/{dealer}/afis-tr.pdf").status_code == 404
        answer = client.post(f"/bayi-sayfalari/{dealer}/yap", data={
            "csrf_token": token_of(client), "kind": "afis"})
        assert answer.status_code == 404


def test_a_kiosk_keeps_nothing_for_the_next(app: Any, make: Callable[[str], str]) -> None:
    path = make("kiosk")
    page = fill(app, path, "123").text  # a wrong number: the form comes back with it
    assert "123" in page
    assert 'autocomplete="tel"' not in page
    assert page.count('autocomplete="off"') > 5
    assert f'data-start="{path}"' in page
    start = app.test_client().get(path)
    assert "123" not in start.text.partition("<main")[2]
    assert start.headers["Cache-Control"] == "no-store"


def test_a_dealers_codes_are_no_sites_of_the_panel(
    app: Any, place: Any, dealer: int, make: Callable[[str], str]
) -> None:
    make("afis")
    office = sign_in(app, user_with(app, "provider_admin", place))
    number = db.connection().execute(
        "select id from site where dealer_id = %s", (dealer,)).fetchone()[0]
    assert "afiş kodu" not in office.get("/siteler/list/").text
    assert office.get(f"/siteler/show/{number}").status_code == 404
    assert office.get(f"/siteler/edit/{number}").status_code == 404
    assert "Bornova Akasya" in office.get("/bayi-sayfalari/").text


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_poster_names_brand_dealer_and_address_and_is_archivable(
    app: Any, place: Any, manager: Any, dealer: int, make: Callable[[str], str], language: str
) -> None:
    path = make("afis")
    answer = manager.get(f"/bayi-sayfalari/{dealer}/afis-{language}.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert b"pdfaid" in answer.data
    with app.app_context(), scope.system_scope():
        site = orm.db.session.query(Site).filter_by(dealer_id=dealer, kind=Kind.POSTER).one()
        said = poster.content(site, language)
    words = " ".join(said["words"].values())
    assert said["url"].endswith(path)
    for word in ("Defne Ev", "Bornova Akasya", said["url"], f"{site.id}"):
        assert word in words


def test_making_and_ending_stand_in_the_trail(
    manager: Any, dealer: int, make: Callable[[str], str]
) -> None:
    make("afis")
    make("afis")
    manager.post(f"/bayi-sayfalari/{dealer}/bitir", data={
        "csrf_token": token_of(manager), "kind": "afis"})
    rows = db.connection().execute(
        "select action from audit_entry where subject = %s order by id",
        (f"dealer:{dealer}",)).fetchall()
    assert [row[0] for row in rows] == ["poster:make", "poster:replace", "poster:end"]
