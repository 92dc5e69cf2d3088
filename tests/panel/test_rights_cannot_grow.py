"""Nobody grants what they do not have: attacks on users, memberships, passwords and the last admin.
"""

from __future__ import annotations

from typing import Any

import pytest

from ileti.core import db
from ileti.tenancy import accounts
from ileti.web.sessions import COOKIE
from tests.panel.people import PASSWORD, dealer_of, sign_in, token_of, user_with

NEW = "yepyeni-uzun-bir-parola"


def user_id(name: str) -> int:
    return int(db.connection().execute(
        "select id from ab_user where username = %s", (name,)).fetchone()[0])


def roles_of(name: str) -> set[str]:
    return {row[0] for row in db.connection().execute(
        "select role from membership where user_id = %s", (user_id(name),))}


def person(name: str) -> Any:
    return db.connection().execute(
        "select password, email, first_name, active from ab_user where username = %s",
        (name,)).fetchone()


def post(client: Any, path: str, **data: str) -> Any:
    return client.post(path, data={"csrf_token": token_of(client), **data})


@pytest.fixture
def manager(app: Any, place: Any) -> tuple[str, Any, int]:
    """A dealer's manager: name, signed-in client, dealer."""
    dealer = dealer_of(place)
    name = user_with(app, "dealer_manager", place, dealer_id=dealer)
    return name, sign_in(app, name), dealer


@pytest.mark.parametrize("role", ["platform_admin", "provider_admin", "brand_manager",
                                  "compliance_officer", "call_centre_agent"])
def test_a_dealers_manager_creates_nobody_stronger(manager: Any, place: Any, role: str) -> None:
    _name, client, dealer = manager
    for where in (f"d{dealer}", f"b{place.brand_id}", f"p{place.provider_id}", "all"):
        post(client, "/kullanicilar/add", username="guclu-biri", first_name="G", last_name="B",
             email="guclu@ornek.com.tr", password=NEW, role=role, place=where)
    made = db.connection().execute(
        "select 1 from ab_user where username = 'guclu-biri'").fetchone()
    assert made is None


def test_nobody_promotes_themselves(manager: Any, place: Any) -> None:
    name, client, dealer = manager
    for role in ("platform_admin", "provider_admin", "brand_manager", "compliance_officer"):
        for where in (f"d{dealer}", f"b{place.brand_id}", f"p{place.provider_id}", "all"):
            post(client, f"/kullanicilar/{user_id(name)}/yetki", role=role, place=where)
    assert roles_of(name) == {"dealer_manager"}


def test_the_form_of_a_user_takes_no_other_field(app: Any, place: Any) -> None:
    admin = sign_in(app, user_with(app, "provider_admin", place))
    name = user_with(app, "report_viewer", place)
    answer = post(admin, f"/kullanicilar/edit/{user_id(name)}", first_name="Ece", last_name="Su",
                  email="ece@ornek.com.tr", password="x", active="", username="baska", roles="1",
                  role="provider_admin", place="all", login_count="9", id="1")
    assert answer.status_code == 302
    assert roles_of(name) == {"report_viewer"}
    password, email, first_name, active = person(name)
    assert (email, first_name, active) == ("ece@ornek.com.tr", "Ece", True)
    assert password.startswith("scrypt:")


@pytest.mark.parametrize("act", ["parola", "ac-kapat", "edit"])
def test_a_stronger_user_of_the_same_place_is_not_changed(app: Any, manager: Any, place: Any,
                                                          act: str) -> None:
    """Somebody who also works for this dealer, but is the provider's admin besides."""
    _name, client, dealer = manager
    strong = user_with(app, "provider_admin", place)
    with app.app_context():
        accounts.give_membership(user_id(strong), "dealer_user", provider_id=place.provider_id,
                                 brand_id=place.brand_id, dealer_id=dealer)
    before, number = person(strong), user_id(strong)
    assert client.get(f"/kullanicilar/show/{number}").status_code == 200
    path = f"/kullanicilar/edit/{number}" if act == "edit" else f"/kullanicilar/{number}/{act}"
    answer = post(client, path, given=NEW, first_name="X", last_name="Y", active="0",
                  email="ele.gecti@ornek.com.tr")
    assert answer.status_code == 403
    assert person(strong) == before


@pytest.mark.parametrize("act", ["parola", "ac-kapat", "yetki", "edit", "yetki-al"])
def test_a_user_of_another_provider_is_not_there(app: Any, place: Any, place_b: Any,
                                                 act: str) -> None:
    admin = sign_in(app, user_with(app, "provider_admin", place))
    name = user_with(app, "report_viewer", place_b)
    before, number = person(name), user_id(name)
    membership = db.connection().execute(
        "select id from membership where user_id = %s", (number,)).fetchone()[0]
    path = {"edit": f"/kullanicilar/edit/{number}",
            "yetki-al": f"/kullanicilar/{number}/yetki-al/{membership}"}.get(
        act, f"/kullanicilar/{number}/{act}")
    answer = post(admin, path, given=NEW, role="report_viewer", place=f"p{place.provider_id}",
                  first_name="X", last_name="Y", email="ele.gecti@ornek.com.tr", active="0")
    assert answer.status_code == 404
    assert person(name) == before
    assert roles_of(name) == {"report_viewer"}


def test_a_user_of_two_providers_keeps_password_and_mail_from_either(app: Any, place: Any,
                                                                     place_b: Any) -> None:
    name = user_with(app, "report_viewer", place)
    with app.app_context():
        accounts.give_membership(user_id(name), "provider_admin", provider_id=place_b.provider_id)
    admin = sign_in(app, user_with(app, "provider_admin", place))
    before = person(name)
    assert post(admin, f"/kullanicilar/{user_id(name)}/parola", given=NEW).status_code == 403
    assert post(admin, f"/kullanicilar/{user_id(name)}/ac-kapat", active="0").status_code == 403
    assert person(name) == before


def test_a_membership_of_another_place_is_not_taken_through_ones_own_user(
    app: Any, place: Any, place_b: Any
) -> None:
    admin_name = user_with(app, "provider_admin", place)
    other = user_with(app, "provider_admin", place_b)
    number = db.connection().execute(
        "select id from membership where user_id = %s", (user_id(other),)).fetchone()[0]
    admin = sign_in(app, admin_name)
    answer = post(admin, f"/kullanicilar/{user_id(admin_name)}/yetki-al/{number}")
    assert answer.status_code == 404
    assert roles_of(other) == {"provider_admin"}


def test_nobody_takes_their_own_right_away_or_switches_themselves_off(app: Any,
                                                                      place: Any) -> None:
    name = user_with(app, "provider_admin", place)
    admin = sign_in(app, name)
    number = db.connection().execute(
        "select id from membership where user_id = %s", (user_id(name),)).fetchone()[0]
    assert post(admin, f"/kullanicilar/{user_id(name)}/yetki-al/{number}").status_code == 403
    assert post(admin, f"/kullanicilar/{user_id(name)}/ac-kapat", active="0").status_code == 403
    assert post(admin, f"/kullanicilar/{user_id(name)}/parola", given=NEW).status_code == 403
    assert roles_of(name) == {"provider_admin"}


def test_the_last_platform_admin_stays(app: Any) -> None:
    name = user_with(app, "platform_admin")
    conn = db.connection()
    others = [row[0] for row in conn.execute(
        "update ab_user set active = false where active and username <> %s and id in "
        "(select user_id from membership where role = 'platform_admin') returning id", (name,))]
    number = conn.execute("select id from membership where user_id = %s",
                          (user_id(name),)).fetchone()[0]
    try:
        with app.app_context():
            with pytest.raises(accounts.Conflict):
                accounts.switch(user_id(name), active=False)
            with pytest.raises(accounts.Conflict):
                accounts.take_membership(number)
        assert person(name)[3] is True
        assert roles_of(name) == {"platform_admin"}
    finally:
        conn.execute("update ab_user set active = true where id = any(%s)", (others,))


def test_a_provider_admin_gives_a_forgotten_password_anew(app: Any, place: Any) -> None:
    name = user_with(app, "marketer", place)
    theirs = sign_in(app, name)
    admin = sign_in(app, user_with(app, "provider_admin", place))
    weak = post(admin, f"/kullanicilar/{user_id(name)}/parola", given="kisa")
    assert "En az 12" in weak.text or "12 karakter" in weak.text
    assert theirs.get("/izinler/").status_code == 200
    assert post(admin, f"/kullanicilar/{user_id(name)}/parola", given=NEW).status_code == 302
    assert theirs.get("/izinler/").status_code == 302
    sign_in(app, name, NEW)


def test_switching_a_user_off_ends_their_sessions_at_once(app: Any, place: Any) -> None:
    name = user_with(app, "marketer", place)
    theirs = sign_in(app, name)
    admin = sign_in(app, user_with(app, "provider_admin", place))
    path = f"/kullanicilar/{user_id(name)}/ac-kapat"
    assert post(admin, path, active="0").status_code == 302
    left = db.connection().execute(
        "select count(*) from user_session where user_id = %s", (user_id(name),)).fetchone()
    assert left == (0,)
    assert theirs.get("/izinler/").status_code == 302
    assert post(admin, path, active="1").status_code == 302
    assert theirs.get("/izinler/").status_code == 302


def test_a_new_password_ends_ones_other_sessions_and_needs_the_old_one(app: Any,
                                                                      place: Any) -> None:
    name = user_with(app, "marketer", place)
    here, elsewhere = sign_in(app, name), sign_in(app, name)
    assert "aria-invalid" in post(here, "/hesabim/", old="yanlis-parola", new=NEW).text
    assert elsewhere.get("/izinler/").status_code == 200
    assert post(here, "/hesabim/", old=PASSWORD, new=NEW).status_code == 302
    assert elsewhere.get("/izinler/").status_code == 302
    assert here.get("/izinler/").status_code == 302


def test_upkeep_clears_sessions_that_have_run_out_and_old_failures(app: Any, place: Any) -> None:
    from ileti.tenancy.jobs import clear_logins

    name = user_with(app, "marketer", place)
    gone, stays = sign_in(app, name), sign_in(app, name)
    from hashlib import sha256

    key = sha256(gone.get_cookie(COOKIE).value.encode()).digest()
    conn = db.connection()
    conn.execute("update user_session set expires_at = now() - interval '1 minute' "
                 "where key = %s", (key,))
    conn.execute("insert into login_limit values ('eski', 5, now() - interval '2 hours')")
    counts = clear_logins()
    assert counts["sessions"] >= 1
    assert counts["failures"] >= 1
    assert conn.execute("select 1 from user_session where key = %s", (key,)).fetchone() is None
    assert stays.get("/izinler/").status_code == 200


def test_counts_of_wrong_tries_are_kept_under_keyed_hashes(app: Any, place: Any) -> None:
    from hashlib import sha256

    from ileti.tenancy import logins

    logins.count_failure("kimse-yok", "192.0.2.9")
    keys = {row[0] for row in db.connection().execute("select key from login_limit")}
    for kind in ("name:kimse-yok", "address:192.0.2.9"):
        assert not any(sha256(kind.encode()).hexdigest()[:40] in key for key in keys)
    assert logins.wait_before_login("kimse-yok", "192.0.2.9") == 0


def test_giving_and_taking_a_role_is_told_on_the_users_page(app: Any, place: Any) -> None:
    name = user_with(app, "marketer", place)
    admin = sign_in(app, user_with(app, "provider_admin", place))
    number = user_id(name)
    post(admin, f"/kullanicilar/{number}/yetki", role="report_viewer",
         place=f"p{place.provider_id}")
    page = admin.get(f"/kullanicilar/show/{number}").text
    assert "Rol verdi" in page
    assert "Ada Yıldız" in page
    trail = admin.get("/denetim/list/").text
    assert "Rol verdi" in trail
    assert ">membership:add<" not in trail


def test_a_failed_sign_in_is_in_the_audit_trail_of_the_users_provider(app: Any,
                                                                      place: Any) -> None:
    name = user_with(app, "marketer", place)
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = "192.0.2.33"
    client.post("/login/", data={"username": name, "password": "yanlis-parola-x",
                                 "csrf_token": token_of(client, "/login/")})
    rows = db.connection().execute(
        "select action, subject, detail::text from audit_entry where provider_id = %s",
        (place.provider_id,)).fetchall()
    assert ("login_failed", f"ab_user:{user_id(name)}", "{}") in rows


def test_one_persons_slips_do_not_lock_out_a_colleague_at_the_same_address(app: Any) -> None:
    from ileti.tenancy import logins

    for _try in range(8):
        logins.count_failure("unutkan-biri", "192.0.2.60")
    assert logins.wait_before_login("unutkan-biri", "192.0.2.60") > 0
    assert logins.wait_before_login("baska-biri", "192.0.2.60") == 0
    for number in range(30):
        logins.count_failure(f"tahmin-{number}", "192.0.2.60")
    assert logins.wait_before_login("baska-biri", "192.0.2.60") > 0
