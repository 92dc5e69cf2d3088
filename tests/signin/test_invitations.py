"""Somebody is let in by a mail, chooses the password alone, and nobody else gets in by it."""

from __future__ import annotations

import itertools
import json
import random
import re
from typing import Any

import pytest

from ileti.core import db
from ileti.core.secrets import secrets
from ileti.signin import demo, mails
from ileti.tenancy import accounts
from tests.panel.people import PASSWORD, dealer_of, sign_in, token_of, user_with

_numbers = itertools.count(random.randint(1, 9_000) * 100_000)
NEW = "leylak-vapur-tuzluk-kiremit"


@pytest.fixture
def admin_name(app: Any, place: Any) -> str:
    return user_with(app, "provider_admin", place)


@pytest.fixture
def admin(app: Any, admin_name: str) -> Any:
    return sign_in(app, admin_name)


@pytest.fixture
def email() -> str:
    return f"davetli{next(_numbers)}@ornek.com.tr"


def invite(client: Any, email: str, role: str, place: str) -> Any:
    return client.post("/davetler/yeni", data={
        "csrf_token": token_of(client), "email": email, "first_name": "Defne",
        "last_name": "Ak", "role": role, "place": place, "language": "tr"})


def content_of(email: str) -> dict[str, Any]:
    """What the newest mail to somebody invited holds."""
    for (sealed,) in db.connection().execute(
            "select content from account_mail where user_id is null order by id desc limit 20"):
        said: dict[str, Any] = json.loads(
            secrets().keyring.decrypt_text(sealed, mails.PURPOSE))
        if said["to"] == email:
            return said
    raise AssertionError("nobody was invited")


def path_of(email: str) -> str:
    return "/davet/" + content_of(email)["link"].rpartition("/")[2]


def accept(client: Any, path: str, username: str, password: str = NEW) -> Any:
    page = client.get(path)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert token, page.text
    return client.post(path, data={"csrf_token": token.group(1), "username": username,
                                   "password": password})


def held(email: str) -> list[Any]:
    return db.connection().execute(
        "select m.role, m.provider_id, m.brand_id, m.dealer_id from membership m "
        "join ab_user u on u.id = m.user_id where u.email = %s", (email,)).fetchall()


def test_who_is_invited_lets_themselves_in_with_a_password_of_their_own(
    app: Any, admin: Any, place: Any, email: str
) -> None:
    dealer = dealer_of(place)
    assert invite(admin, email, "dealer_manager", f"d{dealer}").status_code == 302
    guest = app.test_client()
    page = guest.get(path_of(email)).text
    assert "› Bornova Akasya için çalışmaya davet edildiniz. Rolünüz: Bayi yöneticisi" in page
    assert held(email) == []  # looking accepts nothing
    name = f"defne{dealer}"
    assert accept(guest, path_of(email), name).status_code == 302
    assert held(email) == [("dealer_manager", place.provider_id, place.brand_id, dealer)]
    assert guest.get("/").status_code == 200
    sign_in(app, name, NEW)


def test_a_link_is_good_once(app: Any, admin: Any, place: Any, email: str) -> None:
    invite(admin, email, "report_viewer", f"p{place.provider_id}")
    path = path_of(email)
    accept(app.test_client(), path, f"bir{next(_numbers)}")
    again = app.test_client().get(path)
    assert again.status_code == 404
    assert "artık geçerli değil" in again.text


def test_the_mail_tells_who_where_and_until_when(admin: Any, place: Any, email: str) -> None:
    invite(admin, email, "report_viewer", f"p{place.provider_id}")
    said = content_of(email)
    mail = mails.letter(mails.Claimed(
        0, 1, 1, 1, mails.KINDS.index("invitation"),
        secrets().keyring.encrypt_text(json.dumps(said), mails.PURPOSE),
        mails.clock.now(), None, None, None, None, None, None))
    assert mail.to == email
    assert "Rapor izleyicisi" in mail.text
    assert said["link"] in mail.text
    assert said["link"] in (mail.html or "")


def test_taken_back_expired_and_sent_again(app: Any, admin: Any, place: Any, email: str) -> None:
    invite(admin, email, "report_viewer", f"p{place.provider_id}")
    first = path_of(email)
    number = db.connection().execute(
        "select id from invitation where email = %s", (email,)).fetchone()[0]
    db.connection().execute("update invitation set expires_at = now() - interval '1 second' "
                            "where id = %s", (number,))
    assert app.test_client().get(first).status_code == 404
    assert "Süresi geçti" in admin.get("/davetler/").text
    admin.post(f"/davetler/{number}/yeniden", data={"csrf_token": token_of(admin)})
    second = path_of(email)
    assert (app.test_client().get(first).status_code,
            app.test_client().get(second).status_code) == (404, 200)
    admin.post(f"/davetler/{number}/geri-al", data={"csrf_token": token_of(admin)})
    assert app.test_client().get(second).status_code == 404
    assert email not in admin.get("/davetler/").text


def test_an_earlier_invitation_of_the_same_person_ends(
    app: Any, admin: Any, place: Any, email: str
) -> None:
    invite(admin, email, "provider_admin", f"p{place.provider_id}")
    first = path_of(email)
    invite(admin, email, "report_viewer", f"p{place.provider_id}")
    assert app.test_client().get(first).status_code == 404


def test_an_inviter_who_lost_the_right_lets_nobody_in_any_more(
    app: Any, admin: Any, admin_name: str, place: Any, email: str
) -> None:
    invite(admin, email, "compliance_officer", f"p{place.provider_id}")
    path = path_of(email)
    assert app.test_client().get(path).status_code == 200
    with app.app_context():
        number = db.connection().execute(
            "select m.id from membership m join ab_user u on u.id = m.user_id "
            "where u.username = %s", (admin_name,)).fetchone()[0]
        accounts.take_membership(number)
    assert app.test_client().get(path).status_code == 404


def test_a_dealers_manager_invites_for_the_dealer_alone(
    app: Any, place: Any, email: str
) -> None:
    own, other = dealer_of(place), dealer_of(place)
    client = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=own))
    for role, where in (("provider_admin", f"p{place.provider_id}"),
                        ("dealer_user", f"d{other}"), ("brand_manager", f"b{place.brand_id}"),
                        ("dealer_user", "all")):
        assert invite(client, email, role, where).status_code == 200
    assert db.connection().execute(
        "select count(*) from invitation where email = %s", (email,)).fetchone() == (0,)
    assert invite(client, email, "dealer_user", f"d{own}").status_code == 302
    stranger = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=other))
    assert email not in stranger.get("/davetler/").text
    number = db.connection().execute(
        "select id from invitation where email = %s", (email,)).fetchone()[0]
    for deed in ("yeniden", "geri-al"):
        assert stranger.post(f"/davetler/{number}/{deed}", data={
            "csrf_token": token_of(stranger)}).status_code == 404


def test_who_has_an_account_takes_the_role_signed_in_and_by_a_press(
    app: Any, admin: Any, place: Any, new_place: Any
) -> None:
    name = user_with(app, "report_viewer", new_place())
    address = f"{name}@ornek.com.tr"
    db.connection().execute("update ab_user set email = %s where username = %s", (address, name))
    invite(admin, address, "marketer", f"p{place.provider_id}")
    path = path_of(address)
    stranger = app.test_client().get(path).text
    assert "Giriş yapıp kabul et" in stranger
    assert 'type="password"' not in stranger
    other = sign_in(app, user_with(app, "report_viewer", place))
    assert other.post(path, data={"csrf_token": token_of(other)}).status_code == 200
    assert len(held(address)) == 1
    owner = sign_in(app, name, PASSWORD)
    assert "Kabul et" in owner.get(path).text
    assert len(held(address)) == 1
    assert owner.post(path, data={"csrf_token": token_of(owner)}).status_code == 302
    assert ("marketer", place.provider_id, None, None) in held(address)


@pytest.mark.parametrize(("username", "password", "said"), [
    ("x", NEW, "3-40 küçük harf"), ("iyi-bir-ad", "123456789012", "en az 12 karakter"),
    ("iyi-bir-ad", "", "")])
def test_what_cannot_be_is_said_beside_its_field_and_the_link_still_works(
    app: Any, admin: Any, place: Any, email: str, username: str, password: str, said: str
) -> None:
    invite(admin, email, "report_viewer", f"p{place.provider_id}")
    page = accept(app.test_client(), path_of(email), username, password)
    assert page.status_code == 200
    assert said in page.text
    assert app.test_client().get(path_of(email)).status_code == 200


@pytest.mark.attack
@pytest.mark.parametrize("token", ["x", "a" * 43, "%00", "a" * 4000, "..%2f"])
def test_a_link_that_is_none_opens_nothing(app: Any, token: str) -> None:
    assert app.test_client().get(f"/davet/{token}").status_code in (404, 414)


def test_the_token_itself_is_nowhere_in_the_database(
    admin: Any, place: Any, email: str
) -> None:
    invite(admin, email, "report_viewer", f"p{place.provider_id}")
    token = path_of(email).rpartition("/")[2]
    rows = db.connection().execute(
        "select i::text, m::text from invitation i, account_mail m where i.email = %s",
        (email,)).fetchall()
    assert rows
    assert not [one for row in rows for one in row if token in one]


def test_the_demos_mailbox_shows_an_invitation_whose_link_opens(
    app: Any, admin: Any, place: Any, email: str
) -> None:
    invite(admin, email, "report_viewer", f"p{place.provider_id}")
    db.connection().execute(
        "update account_mail set sent_at = now(), gateway = 'demo' where id = "
        "(select max(id) from account_mail where user_id is null)")
    shown = [one for _at, one in demo.messages(50) if one["to"] == email]
    assert len(shown) == 1
    assert path_of(email) in shown[0]["body_text"]
