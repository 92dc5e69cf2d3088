"""Webhooks in the panel: a secret seen once, a test, what came back, and nobody else's."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ileti.core import db
from tests.panel.people import sign_in, token_of, user_with

URL = "https://kayit.ornek.com.tr/ileti"


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def add(client: Any, place: Any, url: str = URL, **more: Any) -> Any:
    return client.post("/webhooklar/add", follow_redirects=True, data={
        "csrf_token": token_of(client), "provider": str(place.provider_id), "name": "Kayıt",
        "url": url, "events": ["deadline.overdue", "pull.silent"], **more})


@pytest.fixture
def hook(admin: Any, place: Any) -> int:
    assert add(admin, place).status_code == 200
    return int(db.connection().execute("select id from webhook where provider_id = %s",
                                       (place.provider_id,)).fetchone()[0])


def make_secret(client: Any, hook: int, **wish: str) -> str:
    page = client.post(f"/webhooklar/{hook}/anahtar", data={"csrf_token": token_of(client), **wish})
    found = re.search(r'<pre id="gizli"[^>]*><code>(whsec_[^<]+)</code>', page.text)
    assert found is not None, page.status_code
    return found[1]


def test_the_secret_is_shown_once_and_kept_encrypted(admin: Any, hook: int) -> None:
    secret = make_secret(admin, hook)
    assert secret not in admin.get(f"/webhooklar/show/{hook}").text
    kept, = db.connection().execute("select secret from webhook where id = %s", (hook,)).fetchone()
    assert secret not in kept
    assert make_secret(admin, hook) != secret
    said = [row[0] for row in db.connection().execute(
        "select action from audit_entry where subject = %s order by id", (f"webhook:{hook}",))]
    assert said == ["webhook:add", "webhook:secret_create", "webhook:secret_replace"]


def test_a_renewed_secret_leaves_the_old_one_a_day_which_the_page_says_and_ends(
        admin: Any, hook: int) -> None:
    def before() -> Any:
        return db.connection().execute(
            "select secret_before is not null, secret_before_until > now() + interval '23 hours' "
            "from webhook where id = %s", (hook,)).fetchone()

    first = make_secret(admin, hook)
    assert make_secret(admin, hook, wish="renew") != first
    assert before() == (True, True)
    assert "Eski anahtar da şu ana kadar imzalar" in admin.get(f"/webhooklar/show/{hook}").text
    admin.post(f"/webhooklar/{hook}/anahtar", data={"csrf_token": token_of(admin), "wish": "end"})
    assert before() == (False, None)
    make_secret(admin, hook, wish="renew")
    make_secret(admin, hook)
    assert before() == (False, None)


def test_campaigns_are_told_where_somebody_ticked_it_and_the_page_says_so(
        admin: Any, place: Any) -> None:
    def ticked() -> Any:
        return db.connection().execute("select id, campaigns from webhook where provider_id = %s",
                                       (place.provider_id,)).fetchone()

    add(admin, place, events=["message.status"], campaigns="1")
    hook, campaigns = ticked()
    assert campaigns
    assert "(Kampanyalar da)" in admin.get(f"/webhooklar/show/{hook}").text
    admin.post(f"/webhooklar/edit/{hook}", data={
        "csrf_token": token_of(admin), "name": "Kayıt", "url": URL, "active": "1",
        "events": ["message.status"]})
    assert ticked() == (hook, False)
    assert "(Kampanyalar da)" not in admin.get(f"/webhooklar/show/{hook}").text
    said = db.connection().execute(
        "select detail::text from audit_entry where subject = %s and action = 'webhook:change'",
        (f"webhook:{hook}",)).fetchone()[0]
    assert "campaigns" in said


def test_the_test_button_waits_for_a_secret_and_then_writes_one_delivery(
    admin: Any, hook: int
) -> None:
    def press() -> str:
        return str(admin.post(f"/webhooklar/{hook}/dene", follow_redirects=True,
                              data={"csrf_token": token_of(admin)}).text)

    assert "Önce anahtarı oluşturun" in press()
    make_secret(admin, hook)
    assert "Deneme yola çıktı" in press()
    assert db.connection().execute(
        "select event, dead from webhook_delivery where webhook_id = %s", (hook,)
    ).fetchall() == [("webhook.test", False)]


def test_a_given_up_delivery_is_shown_with_its_answer_and_goes_again(
    admin: Any, hook: int, place: Any
) -> None:
    make_secret(admin, hook)
    admin.post(f"/webhooklar/{hook}/dene", data={"csrf_token": token_of(admin)})
    db.connection().execute("update webhook_delivery set dead = true, status = 503, tries = 24, "
                            "problem = 'HTTP 503' where webhook_id = %s", (hook,))
    db.connection().execute("update outbox set dead_at = now() where topic = 4 "
                            "and provider_id = %s", (place.provider_id,))
    page = admin.get(f"/webhooklar/show/{hook}").text
    assert "Vazgeçildi" in page
    assert "HTTP 503" in page
    number, = db.connection().execute("select id from webhook_delivery where webhook_id = %s",
                                      (hook,)).fetchone()
    again = admin.post(f"/webhooklar/{hook}/yeniden", follow_redirects=True,
                       data={"csrf_token": token_of(admin), "id": number})
    assert "Yeniden gönderiliyor" in again.text
    assert db.connection().execute("select dead_at from outbox where topic = 4 and ref_id = %s",
                                   (number,)).fetchone() == (None,)


@pytest.mark.parametrize(("url", "said"), [
    ("http://kayit.ornek.com.tr/", "gibi bir adres yazın"), ("https://127.0.0.1/", "kendi ağımızı"),
    ("https://169.254.169.254/latest", "kendi ağımızı")])
def test_an_address_that_cannot_be_is_said_at_its_field_with_all_that_was_typed(
    admin: Any, place: Any, url: str, said: str
) -> None:
    page = add(admin, place, url).text
    assert said in page
    assert url in page
    assert "Kayıt" in page


def test_nobody_of_another_provider_and_no_smaller_role_sees_or_touches_it(
    app: Any, admin: Any, hook: int, place: Any, place_b: Any
) -> None:
    stranger = sign_in(app, user_with(app, "provider_admin", place_b))
    for path in (f"/webhooklar/show/{hook}", f"/webhooklar/edit/{hook}"):
        assert stranger.get(path).status_code == 404
    for act in ("anahtar", "dene", "yeniden"):
        assert stranger.post(f"/webhooklar/{hook}/{act}",
                             data={"csrf_token": token_of(stranger)}).status_code == 404
    assert URL not in stranger.get("/webhooklar/list/").text
    assert add(stranger, place).status_code == 200
    assert db.connection().execute("select count(*) from webhook where provider_id = %s",
                                   (place.provider_id,)).fetchone() == (1,)
    officer = sign_in(app, user_with(app, "compliance_officer", place))
    assert "Kayıt" in officer.get(f"/webhooklar/show/{hook}").text
    assert officer.post(f"/webhooklar/{hook}/anahtar", data={
        "csrf_token": token_of(officer)}).status_code in (302, 403, 404)
    assert db.connection().execute("select secret from webhook where id = %s",
                                   (hook,)).fetchone() == (None,)
