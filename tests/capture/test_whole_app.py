"""The public pages inside the whole application: open without a login, strict policy, no cookie."""

from __future__ import annotations

import re
from typing import Any

from ileti.capture.demo import blueprint as demo
from ileti.capture.pages import blueprint as pages

from .conftest import Browser, new_phone


def test_the_plain_form_works_without_login_and_csrf_token(app: Any, browser: Browser) -> None:
    client = app.test_client()
    page = client.get(f"/f/{browser.site_key}")
    assert page.status_code == 200
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    sent = client.post(f"/f/{browser.site_key}", data=form | {
        "choice": "MESAJ", "name": "Nazlı Kırşehirli", "phone": new_phone()})
    assert sent.status_code == 200
    assert 'name="code.phone"' in sent.text


def test_public_pages_carry_a_policy_without_outside_hosts_and_no_cookie(
    app: Any, browser: Browser
) -> None:
    answer = app.test_client().get(f"/f/{browser.site_key}")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


def test_the_demo_opens(app: Any) -> None:
    client = app.test_client()
    for path in ("/demo", "/demo/magaza", "/demo/telefon"):
        assert client.get(path).status_code == 200


def test_both_rooms_are_registered(app: Any) -> None:
    assert app.blueprints[pages.name] is pages
    assert app.blueprints[demo.name] is demo


def test_a_page_of_another_origin_may_load_the_bundle_by_its_hash(app: Any) -> None:
    client = app.test_client()
    answer = client.get("/static/widgets/ileti.js", headers={"Origin": "https://magaza.ornek.test"})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Access-Control-Allow-Origin" not in client.get("/static/css/panel.css").headers
