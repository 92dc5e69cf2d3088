"""The control calls, the page, and that the simulator stands alone."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from ileti.simulator import words

from .caller import IYS, LOGIN, Caller, many

PACKAGE = Path(words.__file__).parent
ALLOWED = {"werkzeug", "jinja2", "phonenumbers", "holidays", "email_validator", "cryptography",
           "ileti.simulator"}


def test_the_simulator_imports_nothing_else_of_the_house() -> None:
    import sys

    for file in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                root = name.split(".")[0]
                known = root in sys.stdlib_module_names or root == "_typeshed"
                assert known or any(name.startswith(a) for a in ALLOWED), (file.name, name)


def test_the_clock_is_moved_and_told(caller: Caller) -> None:
    assert caller.control("clock", advance_seconds=90) == {"now": "2026-11-23 12:01:30"}
    assert caller.control("clock", set="2026-12-01 09:00:00") == {"now": "2026-12-01 09:00:00"}


def test_the_clock_does_not_go_back_over_what_is_written(caller: Caller) -> None:
    caller.control("clock", advance_seconds=-3600)
    caller.control("clock", advance_seconds=3600)
    caller.add()

    assert "error" in caller.control("clock", advance_seconds=-1)
    assert "error" in caller.control("clock", set="2026-11-23 11:00:00")


def test_state_counts_paths_statuses_codes_and_movements(caller: Caller) -> None:
    caller.send(many(2))
    caller.add(status="RET")
    caller.add(status="EVET", type="X")
    state = caller.state()

    counters = state["counters"]
    assert counters["by_path"]["POST /sps/{}/brands/{}/consents"] == 2
    assert counters["by_status"] == {"200": 1, "202": 1, "400": 1, "422": 1}
    assert counters["by_code"] == {"H175": 1, "H115": 1, "H117": 1}
    assert (state["registry"]["movements"], state["registry"]["batches"]) == (2, 1)


def test_consents_are_shown_with_all_their_movements(caller: Caller) -> None:
    caller.add()
    caller.control("citizen", recipient="+905992134117", type="MESAJ", status="RET")
    shown = caller.http.get("/_control/consents?recipient=%2B905992134117").json

    assert shown["total"] == 1
    assert [m["status"] for m in shown["list"][0]["movements"]] == ["ONAY", "RET"]
    assert caller.http.get("/_control/consents?recipient=yok").json["list"] == []


def test_all_consents_are_listed_by_page(caller: Caller) -> None:
    caller.send(many(5))
    page = caller.http.get("/_control/consents?offset=3&limit=10").json

    assert (page["total"], len(page["list"])) == (5, 2)


def test_a_citizen_without_a_brand_acts_where_the_record_is(caller: Caller) -> None:
    caller.under("POST", "/consents", many(1)[0], brand=700002)
    done = caller.control("citizen", recipient="+905990000000", type="MESAJ", status="RET")
    new = caller.control("citizen", recipient="+905990000009", type="MESAJ", status="ONAY")

    assert (done["brandCode"], new["brandCode"]) == (700002, IYS)


def test_a_provider_is_added_while_running(caller: Caller) -> None:
    caller.control(
        "provider", iysCode=800001, title="Başka A.Ş.", username="baska", password="parola-8",
        activationDate="2026-12-01", brands=[{"brandCode": 800009, "name": "Yan"}],
        retailers=[{"retailerCode": 12345678, "title": "Bayi", "brandCode": 800009}],
    )  # fmt: skip
    login = {**LOGIN, "username": "baska", "password": "parola-8"}
    caller.token = caller.http.post("/oauth2/token", json=login).json["access_token"]
    brands = caller.ask("GET", "/sps/800001/brands").json

    assert [(b["brandCode"], b["master"]) for b in brands] == [(800001, True), (800009, False)]
    assert brands[1]["stats"]["retailers"]["total"] == 1
    assert caller.ask("GET", f"/sps/{IYS}/brands").status_code == 403


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        ("clock", {"advance_seconds": "çok"}),
        ("clock", {"set": "yarın"}),
        ("citizen", {"recipient": "x", "type": "MESAJ", "status": "RET"}),
        ("citizen", {"recipient": "+905990000000", "type": "FAKS", "status": "RET"}),
        ("subscription", {"state": "BELKI"}),
        ("provider", {"iysCode": 1}),
        ("quota", {"per_day": 3}),
        ("delay", {"batch": -1}),
        ("rules", {"business_days_for": ["HERKES"]}),
    ],
)
def test_an_unusable_wish_is_400_with_a_sentence(
    caller: Caller, path: str, wish: dict[str, Any]
) -> None:
    answer = caller.http.post(f"/_control/{path}", json=wish)

    assert answer.status_code == 400
    assert answer.json["error"].endswith(".")


def test_another_site_cannot_use_control_calls_or_forms(caller: Caller) -> None:
    foreign = {"Origin": "https://baska.ornek.test"}
    wish = {"recipient": "+905990000000", "type": "MESAJ", "status": "RET"}

    assert caller.http.post("/_control/reset", json={}, headers=foreign).status_code == 403
    assert caller.http.post("/_act/citizen", data=wish, headers=foreign).status_code == 403
    assert caller.state()["registry"]["movements"] == 0


@pytest.mark.parametrize(("lang", "title"), [("tr", "İYS simülatörü"), ("en", "İYS simulator")])
def test_the_page_shows_records_requests_and_codes(caller: Caller, lang: str, title: str) -> None:
    caller.add()
    caller.add(recipient="+905992134118", status="RET")
    answer = caller.http.get(f"/?lang={lang}")

    assert answer.status_code == 200
    for shown in (title, "+90 599 213 41 17", "H175", f'lang="{lang}"', "HS_WEB"):
        assert shown in answer.text
    assert "default-src &#39;none&#39;" not in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src")
    assert "<script" not in answer.text
    assert "style=" not in answer.text


def test_the_page_never_shows_passwords_or_tokens(caller: Caller) -> None:
    caller.add()
    page = caller.http.get("/").text

    assert LOGIN["password"] not in page
    assert str(caller.token) not in page


def test_what_callers_send_is_escaped_on_the_page(caller: Caller) -> None:
    caller.add(recipient="<img src=x onerror=alert(1)>")

    assert "<img" not in caller.http.get("/").text


def test_a_person_refuses_and_consents_by_form(caller: Caller) -> None:
    caller.add()
    form = {"recipient": "0599 213 41 17", "type": "MESAJ", "recipientType": "BIREYSEL"}
    answer = caller.http.post("/_act/citizen", data={**form, "status": "RET", "lang": "en"})

    assert (answer.status_code, answer.location) == (303, "/?lang=en&done=citizen_RET")
    assert caller.status().json["status"] == "RET"
    assert "recorded at İYS" in caller.http.get(answer.location).text
    again = caller.http.post("/_act/citizen", data={**form, "status": "RET"})
    assert again.location == "/?done=same"


def test_forms_move_clock_subscription_and_faults(caller: Caller) -> None:
    post = caller.http.post
    assert post("/_act/clock", data={"advance_seconds": "300"}).location == "/?done=clock"
    assert post("/_act/subscription", data={"state": "PAUSED"}).location == "/?done=subscription"
    wish = {"kind": "half_answer", "path": "*", "count": "always"}
    assert post("/_act/fault", data=wish).location == "/?done=fault"
    state = caller.state()
    assert (state["now"], state["faults"][0]["count"]) == ("2026-11-23 12:05:00", None)
    assert post("/_act/fault_clear").location == "/?done=fault_clear"
    assert post("/_act/citizen", data={"type": "MESAJ"}).location == "/?failed=citizen"
    assert post("/_act/yok").location == "/?failed=other"


def test_search_finds_a_phone_as_people_write_it_and_an_e_mail(caller: Caller) -> None:
    caller.add()
    caller.add(type="EPOSTA", recipient="Ayse@ornek.com.tr")

    assert "+90 599 213 41 17" in caller.http.get("/?q=0599 213 41 17").text
    assert "ayse@ornek.com.tr" in caller.http.get("/?q=AYSE@ornek.com.tr").text
    assert "Bu alıcı için kayıt yok." in caller.http.get("/?q=0599").text


def test_health_and_static_files(caller: Caller) -> None:
    assert caller.http.get("/_health").json == {"status": "ok"}
    css = caller.http.get("/_static/simulator.css")
    assert (css.status_code, css.mimetype) == (200, "text/css")
    for outside in ("/_static/../app.py", "/_static/%2e%2e/app.py", "/_static/yok.css"):
        assert caller.http.get(outside).status_code == 404


def test_every_word_has_both_languages() -> None:
    for name, (turkish, english) in {**words.WORDS, **words.SOURCES}.items():
        assert turkish, name
        assert english, name


def test_a_body_larger_than_any_call_needs_is_refused(caller: Caller) -> None:
    assert caller.send(b"[" + b" " * 5_000_000 + b"]").status_code == 413


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"type": NaN}', b'"\\ud800"', b"\x00"])
def test_hostile_json_is_an_error_answer(caller: Caller, body: bytes) -> None:
    assert 400 <= caller.under("POST", "/consents", body).status_code < 500
    assert 400 <= caller.send(body).status_code < 500


def test_a_lone_surrogate_is_answered(caller: Caller) -> None:
    answer = caller.under("POST", "/consents", b'{"recipient":"\\ud800","type":"MESAJ"}')

    assert answer.status_code == 422
    assert caller.http.get("/").status_code == 200
