"""Guards over every route: a login or a mark, a token for every change, headers on every page."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ileti.tenancy.security import is_public
from tests.panel.people import sign_in, token_of, user_with

OPEN = {
    "static", "appbuilder.static", "panel_theme.choose", "LocaleView.index",
    "SignIn.login", "SignIn.logout",
    "OutsideEntry.go", "OutsideEntry.back", "PasskeyEntry.options", "PasskeyEntry.enter",
    "Forgotten.ask",  # whoever forgot the password cannot sign in
    "Forgotten.choose",  # the link's token says whose
    "Welcome.open",  # whoever is invited is nobody yet; the link's token says what for
    "SecondStep.ask", "SecondStep.enrol",  # between password and second step one is a stranger
}


def _rules(app: Any) -> list[Any]:
    return list(app.url_map.iter_rules())


def _address(rule: Any) -> str:
    """The rule's path with 1 for every number and x for every word."""
    path = re.sub(r"<int:[^>]+>", "1", rule.rule)
    return re.sub(r"<[^>]+>", "x", path)


def _panel_rules(app: Any) -> list[Any]:
    return [rule for rule in _rules(app)
            if not is_public(app, rule.endpoint, rule.endpoint.partition(".")[0])]


def test_only_these_panel_routes_are_open(app: Any) -> None:
    from ileti.tenancy.security import PUBLIC_BLUEPRINTS

    found = {rule.endpoint for rule in _rules(app)} - {r.endpoint for r in _panel_rules(app)}
    assert {name for name in found if name.partition(".")[0] not in PUBLIC_BLUEPRINTS} == OPEN


def test_every_other_route_sends_a_visitor_to_the_login(app: Any) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        for rule in _panel_rules(app):
            for method in rule.methods & {"GET", "POST"}:
                answer = app.test_client().open(_address(rule), method=method)
                assert answer.status_code in (302, 401), f"{method} {rule.rule}"
                assert "/login/" in answer.headers.get("Location", "/login/")
    finally:
        app.config["WTF_CSRF_ENABLED"] = True


def test_every_change_needs_a_token(app: Any) -> None:
    client = sign_in(app, user_with(app, "platform_admin"))
    for rule in _rules(app):
        if "POST" in rule.methods and rule in [*_panel_rules(app)]:
            answer = client.post(_address(rule), data={"title": "x"})
            assert answer.status_code == 400, rule.rule
    assert client.post("/logout/").status_code == 400


def test_nothing_is_changed_by_get(app: Any) -> None:
    client = sign_in(app, user_with(app, "platform_admin"))
    assert client.get("/logout/").status_code == 405
    assert client.get("/iletim/yeniden").status_code == 405
    assert client.get("/izinler/IZN-1/ret").status_code == 405


def test_flask_appbuilders_own_api_and_user_pages_are_off(app: Any) -> None:
    paths = {rule.rule for rule in _rules(app)}
    assert not [path for path in paths if path.startswith("/api/v")]
    assert not [path for path in paths if "delete" in path or "download" in path]
    assert "/users/list/" not in paths


@pytest.mark.parametrize("path", ["/login/", "/yok-boyle-bir-sayfa", "/static/css/panel.css"])
def test_every_answer_carries_the_headers(app: Any, path: str) -> None:
    answer = app.test_client().get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


def test_each_answer_has_a_nonce_of_its_own(app: Any) -> None:
    client = app.test_client()
    pages = [client.get("/login/") for _ in range(2)]
    first, second = (
        re.findall(r"'nonce-([^']+)'", page.headers["Content-Security-Policy"])[0]
        for page in pages)
    assert first != second
    assert f'nonce="{first}"' in pages[0].text


def test_a_body_beyond_the_limit_is_refused(app: Any) -> None:
    client = sign_in(app, user_with(app, "platform_admin"))
    data = {"csrf_token": token_of(client), "q": "x" * (3 * 1024 * 1024)}
    assert client.post("/izinler/ara", data=data).status_code == 413


def test_an_unknown_page_is_a_page_in_turkish(app: Any) -> None:
    answer = app.test_client().get("/yok-boyle-bir-sayfa")
    assert answer.status_code == 404
    assert 'lang="tr"' in answer.text
    assert "Böyle bir sayfa yok" in answer.text


def test_a_program_gets_its_error_as_problem_json(app: Any) -> None:
    answer = app.test_client().get("/yok", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
