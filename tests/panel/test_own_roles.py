"""Roles a company composes itself: what they give at once, and that nobody grows by them."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.core import db
from ileti.tenancy import accounts, rolebook, roles
from ileti.tenancy.access import matrix
from ileti.tenancy.rightwords import WORDS
from ileti.tenancy.roles import CEILING, GRANTS, Level
from tests.panel.people import dealer_of, sign_in, token_of, user_with


def post(client: Any, path: str, **data: Any) -> Any:
    return client.post(path, data={"csrf_token": token_of(client), **data})


def compose(client: Any, title: str, rights: list[str], level: str = "provider") -> Any:
    return post(client, "/roller/yeni", title=title, level=level, note="Deneme", rights=rights)


def row(title: str) -> Any:
    return db.connection().execute(
        "select id, permissions, brand_id, level, retired_at from own_role where title = %s",
        (title,)).fetchone()


def name_of(place: Any, word: str) -> str:
    return f"{word} {place.provider_id}"


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


@pytest.fixture
def scanner(admin: Any, place: Any) -> str:
    """A composed role for who files scans."""
    title = name_of(place, "Form tarayıcısı")
    assert compose(admin, title, ["consent:read", "proof:read", "proof:write"]).status_code == 302
    return f"own:{row(title)[0]}"


def test_every_right_has_words_and_every_word_a_right() -> None:
    assert set(WORDS) == set(roles.PERMISSIONS)


def test_every_right_stands_somewhere_in_the_matrix() -> None:
    unseen = [one for one in roles.PERMISSIONS if one != "home:read" and not any(
        cell for group in matrix(frozenset({one})) for line in group["rows"]
        for cell in line["cells"])]
    assert unseen == []


def test_who_has_a_composed_role_may_do_that_and_nothing_else(
    app: Any, place: Any, scanner: str
) -> None:
    client = sign_in(app, user_with(app, scanner, place))
    assert client.get("/izinler/").status_code == 200
    for path in ("/kullanicilar/list/", "/metinler/list/", "/denetim/list/", "/roller/"):
        assert client.get(path).status_code in (302, 403, 404), path
    assert "Metinler" not in client.get("/").text


def test_a_change_holds_at_once_and_its_story_is_told(
    app: Any, admin: Any, place: Any, scanner: str
) -> None:
    client = sign_in(app, user_with(app, scanner, place))
    answer = post(admin, f"/roller/{scanner}/degistir", title=name_of(place, "Form tarayıcısı"),
                  level="provider", rights=["consent:read", "document:read"])
    assert answer.status_code == 302
    assert client.get("/metinler/list/").status_code == 200
    told = admin.get(f"/roller/{scanner}").text
    assert "+ Metinleri okur" in told
    assert "− Kanıt dosyası ekler" in told
    trail = admin.get("/denetim/list/").text
    assert "Bir rolü değiştirdi" in trail


@pytest.mark.parametrize("right", ["provider:add", "restricted:read", "no:such"])
def test_nobody_composes_what_they_lack(admin: Any, place: Any, right: str) -> None:
    answer = compose(admin, name_of(place, "Fazla"), ["consent:read", right])
    assert "Kendinizde ya da bu düzeyde olmayan" in answer.text
    assert row(name_of(place, "Fazla")) is None


def test_a_dealers_role_holds_nothing_that_no_dealer_has(admin: Any, place: Any) -> None:
    title = name_of(place, "Bayi fazlası")
    answer = compose(admin, title, ["consent:read", "request:read"], level="dealer")
    assert "Kendinizde ya da bu düzeyde olmayan" in answer.text
    assert row(title) is None


def test_what_a_level_loses_is_lost_for_composed_roles_too(
    admin: Any, place: Any, monkeypatch: Any
) -> None:
    title = name_of(place, "Bayi taraması")
    compose(admin, title, ["consent:read", "proof:read"], level="dealer")
    key = f"own:{row(title)[0]}"
    assert "proof:read" in rolebook.granted(key)
    monkeypatch.setitem(CEILING, Level.DEALER, CEILING[Level.DEALER] - {"proof:read"})
    assert "proof:read" not in rolebook.granted(key)


def test_a_brand_manager_composes_for_the_brand_alone(app: Any, place: Any, scanner: str) -> None:
    client = sign_in(app, user_with(app, "brand_manager", place, level="brand"))
    title = name_of(place, "Marka rolü")
    compose(client, title, ["consent:read"])
    assert row(title) is None
    assert compose(client, title, ["consent:read"], level="brand").status_code == 302
    assert row(title)[2] == place.brand_id
    assert post(client, f"/roller/{scanner}/degistir", title="Başka", level="brand",
                rights=["consent:read"]).status_code == 404
    assert post(client, f"/roller/{scanner}/kaldir").status_code == 302
    assert row(name_of(place, "Form tarayıcısı"))[4] is None


def test_a_role_of_another_provider_is_nobodys_to_see_or_give(
    app: Any, scanner: str, new_place: Any
) -> None:
    other = new_place()
    stranger = sign_in(app, user_with(app, "provider_admin", other))
    assert stranger.get(f"/roller/{scanner}").status_code == 404
    name = user_with(app, "report_viewer", other)
    number = db.connection().execute(
        "select id from ab_user where username = %s", (name,)).fetchone()[0]
    answer = post(stranger, f"/kullanicilar/{number}/yetki", role=scanner,
                  place=f"p{other.provider_id}")
    assert answer.status_code in (302, 403)
    held = db.connection().execute(
        "select role from membership where user_id = %s", (number,)).fetchall()
    assert held == [("report_viewer",)]
    with app.app_context(), pytest.raises(accounts.NotAllowed):
        accounts.give_membership(number, scanner, provider_id=other.provider_id)


def test_who_holds_a_composed_role_gives_nothing_beyond_it(
    app: Any, admin: Any, place: Any
) -> None:
    title = name_of(place, "Kullanıcı açan")
    compose(admin, title, ["user:read", "user:write", "consent:read"])
    keeper = sign_in(app, user_with(app, f"own:{row(title)[0]}", place))
    offered = keeper.get("/kullanicilar/add").text
    assert title in offered
    assert "Uyum görevlisi" not in offered
    answer = post(keeper, "/kullanicilar/add", username="fazla-yetki", first_name="F",
                  last_name="Y", email="fazla@ornek.com.tr", password="yepyeni-uzun-bir-parola",
                  role="provider_admin", place=f"p{place.provider_id}")
    assert answer.status_code == 200
    assert db.connection().execute(
        "select 1 from ab_user where username = 'fazla-yetki'").fetchone() is None


def test_nobody_changes_their_own_role(app: Any, admin: Any, place: Any) -> None:
    title = name_of(place, "Rol yazan")
    compose(admin, title, ["role:read", "role:write", "consent:read"])
    key = f"own:{row(title)[0]}"
    client = sign_in(app, user_with(app, key, place))
    answer = post(client, f"/roller/{key}/degistir", title=title, level="provider",
                  rights=["role:read", "consent:read"])
    assert "Kendi rolünüzü değiştiremezsiniz" in answer.text
    assert "role:write" in row(title)[1]


def test_a_role_that_is_held_is_not_retired(app: Any, admin: Any, place: Any, scanner: str) -> None:
    name = user_with(app, scanner, place)
    post(admin, f"/roller/{scanner}/kaldir")
    assert row(name_of(place, "Form tarayıcısı"))[4] is None
    with app.app_context():
        held = db.connection().execute(
            "select m.id from membership m join ab_user u on u.id = m.user_id "
            "where u.username = %s", (name,)).fetchone()[0]
        accounts.take_membership(held)
    post(admin, f"/roller/{scanner}/kaldir")
    assert row(name_of(place, "Form tarayıcısı"))[4] is not None
    assert admin.get(f"/roller/{scanner}").status_code == 404
    with app.app_context(), pytest.raises(accounts.NotAllowed):
        accounts.give_membership(1, scanner, provider_id=place.provider_id)


def test_two_roles_of_one_provider_have_two_names(admin: Any, place: Any, scanner: str) -> None:
    for title in (name_of(place, "form TARAYICISI"), "Uyum görevlisi"):
        assert "Bu adda bir rol var" in compose(admin, title, ["consent:read"]).text


def test_who_may_answer_requests_by_a_composed_role_is_told_of_them(
    admin: Any, place: Any
) -> None:
    title = name_of(place, "Başvuru görevlisi")
    compose(admin, title, ["request:read", "request:write"])
    keys = rolebook.holding("request:write", place.provider_id)
    assert f"own:{row(title)[0]}" in keys
    assert {"provider_admin", "compliance_officer"} <= set(keys)
    assert "platform_admin" not in keys


def test_showing_another_level_saves_nothing(admin: Any, place: Any) -> None:
    title = name_of(place, "Bakıyorum")
    page = post(admin, "/roller/yeni", title=title, level="dealer", look="1",
                rights=["consent:read", "request:read"]).text
    assert row(title) is None
    assert 'value="request:read"' not in page
    assert "Veri başvurularını açar" in page  # named as what is left out


def test_what_holders_would_see_is_shown_before_anything_is_saved(admin: Any, place: Any) -> None:
    title = name_of(place, "Bakılan")
    page = post(admin, "/roller/yeni", title=title, level="provider", look="1",
                rights=["consent:read", "import:read"]).text
    seen = page.partition('id="menu"')[2].partition("</section>")[0].partition("</ul>")[0]
    assert "İçe aktarma" in seen
    assert "Kullanıcılar" not in seen
    assert 'value="import:read" checked' in page
    assert row(title) is None


def test_a_users_page_names_the_menu_each_membership_opens(
        app: Any, admin: Any, place: Any, scanner: str) -> None:
    name = user_with(app, scanner, place)
    number = db.connection().execute("select id from ab_user where username = %s",
                                     (name,)).fetchone()[0]
    said = admin.get(f"/kullanicilar/show/{number}").text.partition("Menüde gördükleri: ")[2]
    seen = said.partition("</span>")[0].split(" · ")
    menu = sign_in(app, name).get("/").text.partition("<nav")[2].partition("</nav>")[0]
    assert seen
    assert all(one in menu for one in seen)
    assert "Kullanıcılar" not in seen


def test_the_table_shows_every_right_of_every_role(admin: Any, scanner: str, place: Any) -> None:
    page = admin.get("/roller/tablo").text
    assert name_of(place, "Form tarayıcısı") in page
    assert page.count('<th scope="row">') == len(
        frozenset().union(*(GRANTS[one.key] for one in roles.ROLES))
        - {"provider:add", "provider:limit"})


def test_a_dealers_manager_sees_and_gives_the_dealers_roles(
    app: Any, admin: Any, place: Any
) -> None:
    title = name_of(place, "Kasiyer")
    compose(admin, title, ["consent:read", "consent:take"], level="dealer")
    dealer = dealer_of(place)
    client = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer))
    assert title in client.get("/roller/").text
    assert client.get("/roller/yeni").status_code in (302, 403)
    made = post(client, "/kullanicilar/add", username=f"kasa{dealer}", first_name="K",
                last_name="A", email=f"kasa{dealer}@ornek.com.tr",
                password="yepyeni-uzun-bir-parola", role=f"own:{row(title)[0]}",
                place=f"d{dealer}")
    assert made.status_code == 302
    assert title in client.get("/kullanicilar/list/").text


@pytest.mark.parametrize("level", ["installation", "", "²", "provider' or 1=1"])
def test_a_level_that_is_none_is_told_in_the_form(admin: Any, place: Any, level: str) -> None:
    title = name_of(place, "Düzeysiz")
    assert compose(admin, title, ["consent:read"], level=level).status_code == 200
    assert row(title) is None


@pytest.mark.parametrize("key", ["own:²", "own:999999999", "own:", "own:1;", "provider"])
def test_a_role_there_is_not_is_not_found(admin: Any, key: str) -> None:
    assert admin.get(f"/roller/{key}").status_code == 404


def test_a_composed_role_that_opens_addresses_asks_for_two_steps(admin: Any, place: Any) -> None:
    open_, closed = name_of(place, "Adres açan"), name_of(place, "Adres açmayan")
    compose(admin, open_, ["consent:read", "consent:reveal"])
    compose(admin, closed, ["consent:read"])
    assert rolebook.two_steps(f"own:{row(open_)[0]}")
    assert not rolebook.two_steps(f"own:{row(closed)[0]}")
