"""A provider with data access alone sees, calls and reads nothing of data management; what the law
asks goes on, and nothing is lost while the module is off (R-30, R-46, R-63, R-64)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import config
from ileti.api import scoped
from ileti.api.chapters import CHAPTERS
from ileti.api.endpoints import OPEN, ROUTES
from ileti.capture.api_document import every_operation
from ileti.capture.sites import forget_sites
from ileti.cli.worker import load_jobs
from ileti.consents.gate import Denial, may_send_now
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.jobs import JOBS
from ileti.core.secrets import secrets
from ileti.programs.scopes import SCOPES
from ileti.tenancy import modules, plugins, roles
from ileti.tenancy.modules import Module
from ileti.tenancy.security import is_public
from ileti.webhooks.event import Event
from ileti.webhooks.events import TOPIC, write
from ileti.webhooks.send import send_deliveries
from tests.api.api_house import Program, account
from tests.panel.people import sign_in, take, token_of, user_with

ROOT = Path(__file__).resolve().parents[2]
PHONE = "+905994500001"
assert CHAPTERS


@pytest.fixture
def small(place: Any) -> Any:
    """A provider with the first module alone, and a consent."""
    take(place, PHONE)
    give(place, management=False)
    return place


@pytest.fixture(autouse=True)
def _served(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Services that look as the panel does need its application; a test calls as often as it
    likes."""
    scoped.serve_with(lambda: app)
    monkeypatch.setattr(config.settings(), "api_requests_per_second", 10_000)


def give(place: Any, *, management: bool) -> None:
    db.connection().execute("update provider set data_management = %s where id = %s",
                            [management, place.provider_id])
    forget_sites()


def panel_rules(app: Any) -> list[Any]:
    return [rule for rule in app.url_map.iter_rules()
            if not is_public(app, rule.endpoint, rule.endpoint.partition(".")[0])
            and plugins.owner_of(rule.endpoint.partition(".")[0]) is None]


def path_of(rule: Any, **known: Any) -> str:
    """The rule's path, with 1 for what is not known."""
    for name, value in known.items():
        rule_text = re.sub(rf"<(\w+:)?{name}>", str(value), rule.rule)
        if rule_text != rule.rule:
            return re.sub(r"<[^>]+>", "1", rule_text)
    return re.sub(r"<[^>]+>", "1", re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule))


# -- the one table ---------------------------------------------------------------------------------


def test_every_page_is_named_in_the_table(app: Any) -> None:
    unnamed = {rule.endpoint for rule in panel_rules(app)
               if modules.of("page", rule.endpoint) is None}
    assert unnamed == set()


def test_every_public_address_is_named_in_the_table(app: Any) -> None:
    from ileti.tenancy.security import PUBLIC_BLUEPRINTS

    found = {rule.endpoint for rule in app.url_map.iter_rules()
             if rule.endpoint.partition(".")[0] in PUBLIC_BLUEPRINTS}
    assert {one for one in found if modules.of("public", one) is None} == set()


def test_every_right_scope_service_and_job_is_named_in_the_table() -> None:
    load_jobs()
    unscoped = [one.name for one in every_operation() if not one.scope]
    for kind, names in (("right", roles.PERMISSIONS), ("scope", [one.key for one in SCOPES]),
                        ("service", unscoped), ("job", list(JOBS))):
        assert [one for one in names if modules.of(kind, one) is None] == [], kind
    assert {one.scope for one in ROUTES} - {OPEN} <= {one.key for one in SCOPES}


def test_the_table_names_nothing_there_is_not(app: Any) -> None:
    load_jobs()
    ends = {rule.endpoint for rule in app.url_map.iter_rules()}
    known = {
        "right": {*roles.PERMISSIONS, *(one.partition(":")[0] for one in roles.PERMISSIONS)},
        "page": ends | {one.partition(".")[0] for one in ends},
        "public": ends | {one.partition(".")[0] for one in ends},
        "scope": {one.key for one in SCOPES}, "service": {one.name for one in every_operation()},
        "job": JOBS.keys() | {one.rpartition(".")[0] for one in JOBS}}
    for kind, names in modules._OF.items():
        if kind:
            assert set(names) - known[kind] == set(), kind


def test_a_scope_is_of_no_smaller_module_than_the_right_behind_it() -> None:
    for one in SCOPES:
        if modules.of("right", one.permission) is Module.MANAGEMENT:
            assert modules.of("scope", one.key) is Module.MANAGEMENT, one.key


# -- pages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["provider_admin", "compliance_officer"])
def test_no_page_of_the_second_module_answers(app: Any, small: Any, role: str) -> None:
    client, seen = sign_in(app, user_with(app, role, small)), 0
    token = token_of(client)
    for rule in panel_rules(app):
        if modules.of("page", rule.endpoint) is not Module.MANAGEMENT:
            continue
        for method in rule.methods & {"GET", "POST"}:
            answer = client.open(path_of(rule), method=method, data={"csrf_token": token})
            assert answer.status_code == 404, f"{method} {rule.rule}"
            seen += 1
    assert seen > 50


def test_no_page_of_the_first_links_to_the_second(app: Any, small: Any) -> None:
    client = sign_in(app, user_with(app, "provider_admin", small))
    record = record_number(take(small, PHONE).items[0].entry_id)
    address, pages = app.url_map.bind("localhost"), 0
    own = {"brand_id": small.brand_id, "provider_id": small.provider_id, "number": record}
    for path in [*(path_of(one, **own) for one in panel_rules(app) if "GET" in one.methods),
                 f"/saglayicilar/show/{small.provider_id}",
                 f"/kurulum/{small.provider_id}/markalar", f"/markalar/show/{small.brand_id}"]:
        answer = client.get(path)
        assert answer.status_code < 500, path
        pages += answer.status_code == 200
        if not answer.mimetype.startswith("text/"):
            continue
        for link in re.findall(r'(?:href|action|data-url)="(/[^"?#]*)', answer.text):
            if not link.startswith("/static"):
                method = "GET" if address.test(link, "GET") else "POST"
                endpoint = address.match(link, method)[0]
                assert modules.of("page", endpoint) is not Module.MANAGEMENT, (path, link)
    assert pages > 20


def test_with_both_modules_the_same_pages_answer(app: Any, place: Any) -> None:
    client = sign_in(app, user_with(app, "provider_admin", place))
    menu = client.get("/").text
    for path in ("/siteler/list/", "/metinler/list/", "/kvkk/", "/roller/", "/webhooklar/list/"):
        assert client.get(path).status_code == 200, path
        assert path in menu


# -- programs --------------------------------------------------------------------------------------


def program(place: Any) -> Program:
    return Program(place, account(place, brings=False, scopes=[one.key for one in SCOPES]))


def test_services_of_the_second_module_are_no_addresses(small: Any) -> None:
    caller, gone, there = program(small), set(), set()
    for route in [one for one in ROUTES if one.scope != OPEN]:
        path = re.sub(r"\{\w+\}", "1", route.path.replace("{record}", record_number(1)).replace(
            "{case}", "BSV-1").replace("{day}", "2026-01-01"))
        answer = caller.call(route.method, path, json={})
        absent = (answer.json or {}).get("code") == "no_such_address"
        assert (answer.status_code == 404) >= absent
        (gone if absent else there).add(route.scope)
    second = {one.scope for one in ROUTES} & {
        one.key for one in SCOPES if modules.of("scope", one.key) is Module.MANAGEMENT}
    assert (gone, gone & there) == (second, set())


def test_its_document_tells_of_what_it_has(small: Any, place_b: Any) -> None:
    def document(place: Any) -> Any:
        return program(place).call("GET", "/api/v1/openapi.json").json

    mine, whole = document(small), document(place_b)
    told = {path: set(methods) for path, methods in mine["paths"].items()}
    assert "/api/v1/consents" in told
    assert told.keys() & {"/api/v1/acts", "/api/v1/documents", "/w/v1/{siteKey}/form"} == set()
    assert len(told) < len(whole["paths"])
    text = str(mine)
    assert "acts:write" not in text
    assert "'ActsIn'" not in text
    for name in re.findall(r"#/components/schemas/(\w+)", text):
        assert name in mine["components"]["schemas"]


def test_a_token_opens_no_more_than_the_module(small: Any) -> None:
    answer = program(small).call("GET", "/api/v1/users")
    assert answer.status_code == 404
    given = account(small, brings=False, scopes=["acts:read", "consents:list"])
    assert Program(small, given).call("GET", "/api/v1/consents").status_code == 200


# -- switching -------------------------------------------------------------------------------------


def switch(app: Any, place: Any, wish: str) -> Any:
    client = sign_in(app, user_with(app, "platform_admin"))
    return client.post(f"/moduller/{place.provider_id}", data={
        "durum": wish, "csrf_token": token_of(client)})


def rows(place: Any) -> dict[str, Any]:
    """How many rows of each table are the provider's."""
    conn = db.connection()
    tables = [one[0] for one in conn.execute(
        "select table_name from information_schema.columns where column_name = 'provider_id' "
        "and table_schema = 'public' and table_name not in ('audit_entry') order by 1")]
    return {one: conn.execute(f"select count(*) from {one} where provider_id = %s",
                              [place.provider_id]).fetchone()[0] for one in tables}


def test_switching_off_and_on_loses_nothing(app: Any, place: Any) -> None:
    take(place, PHONE)
    given = account(place, brings=False, scopes=["acts:read", "consents:list"])
    before = rows(place)
    assert switch(app, place, "off").status_code == 302
    assert rows(place) == before
    assert Program(place, given).call("GET", "/api/v1/acts").status_code == 404
    switch(app, place, "on")
    assert Program(place, given).call("GET", "/api/v1/acts").status_code == 200
    deeds = db.connection().execute(
        "select action from audit_entry where provider_id = %s and action like 'module:%%' "
        "order by id", [place.provider_id]).fetchall()
    assert deeds == [("module:off",), ("module:on",)]


def test_scopes_of_the_module_survive_a_change_of_the_account(app: Any, small: Any) -> None:
    given = account(small, brings=False, scopes=["acts:read", "consents:list"])
    client = sign_in(app, user_with(app, "provider_admin", small))
    number = db.connection().execute("select max(id) from api_account where provider_id = %s",
                                     [small.provider_id]).fetchone()[0]
    page = client.get(f"/api-hesaplari/edit/{number}").text
    assert "acts:read" not in page
    client.post(f"/api-hesaplari/edit/{number}", data={
        "csrf_token": token_of(client), "name": "CRM", "scopes": ["brands:read"]})
    give(small, management=True)
    assert Program(small, given).call("GET", "/api/v1/acts").status_code == 200


def test_a_role_can_still_be_given_whole(app: Any, small: Any) -> None:
    client = sign_in(app, user_with(app, "provider_admin", small))
    assert 'value="marketer"' in client.get("/davetler/yeni").text


@pytest.mark.parametrize("role", ["provider_admin", "compliance_officer"])
def test_no_provider_changes_its_own_modules(app: Any, small: Any, role: str) -> None:
    client = sign_in(app, user_with(app, role, small))
    path = f"/moduller/{small.provider_id}"
    assert client.get(path).status_code == 403
    assert client.post(path, data={"durum": "on", "csrf_token": token_of(client)}
                       ).status_code == 403
    assert "Modüller" not in client.get(f"/saglayicilar/show/{small.provider_id}").text


def test_the_platform_admin_sees_both(app: Any, small: Any) -> None:
    client = sign_in(app, user_with(app, "platform_admin"))
    page = client.get(f"/moduller/{small.provider_id}").text
    for word in ("Veri erişim modülü", "Veri yönetim modülü", "İçe aktarma", "Webhook", "Kapalı"):
        assert word in page
    assert client.get(f"/kurulum/{small.provider_id}/form").status_code == 404


# -- duties ----------------------------------------------------------------------------------------


def site_of(place: Any) -> str:
    key = f"pk_modul_{place.brand_id}"
    db.connection().execute(
        "insert into site (provider_id, brand_id, name, public_key, secret, origins, policy) "
        "values (%s, %s, 'Site', %s, %s, '{}', 'later')",
        (place.provider_id, place.brand_id, key,
         secrets().keyring.encrypt_text("gizli", "site-secret")))
    return key


def test_forms_are_gone_and_back_with_the_module(app: Any, place: Any) -> None:
    path = f"/f/{site_of(place)}"
    client = app.test_client()
    with_it = client.get(path).status_code
    give(place, management=False)
    assert (client.get(path).status_code, with_it) == (404, 404 if with_it == 404 else with_it)
    give(place, management=True)
    assert client.get(path).status_code == with_it


def test_a_refusal_is_taken_and_works_at_once_r30(app: Any, small: Any) -> None:
    db.connection().execute("update consent_state set iys_status = 3 where provider_id = %s",
                            [small.provider_id])
    number = record_number(db.connection().execute(
        "select max(id) from consent_entry where provider_id = %s",
        [small.provider_id]).fetchone()[0])
    client = sign_in(app, user_with(app, "provider_admin", small))
    client.post(f"/izinler/{number}/ret", data={"csrf_token": token_of(client)})
    asked = may_send_now(small.provider_id, small.brand_id, PHONE, Channel.MESAJ)
    assert asked.denial is Denial.REFUSED


@pytest.mark.parametrize("path", ["/basvurular/", "/saklama/", "/iletim/", "/sureler/",
                                  "/denetim/list/", "/kullanicilar/list/"])
def test_the_pages_of_duties_stay_r63_r64(app: Any, small: Any, path: str) -> None:
    client = sign_in(app, user_with(app, "compliance_officer", small))
    assert client.get(path).status_code == 200


def test_jobs_of_duties_are_everybodys_and_only_webhooks_are_not() -> None:
    load_jobs()
    second = {one for one in JOBS if modules.of("job", one) is Module.MANAGEMENT}
    assert second == {"webhooks.jobs.tell_webhooks", "webhooks.jobs.forget_webhook_secrets",
                      "webhooks.jobs.forget_message_news",
                      "campaigns.jobs.hand_over",
                      "campaigns.jobs.make_ready"}


def test_what_webhooks_were_to_tell_waits_for_the_module(small: Any) -> None:
    conn = db.connection()
    conn.execute("delete from outbox where topic = %s", [TOPIC])
    hook = conn.execute(
        "insert into webhook (provider_id, name, url, events, secret) values "
        "(%s, 'CRM', 'https://crm.ornek.test/', '{pull.silent}', %s) returning id",
        [small.provider_id, secrets().keyring.encrypt_text("whs_x", "webhook-secret")]
    ).fetchone()[0]
    with db.transaction() as inside:
        write(inside, hook, Event(small.provider_id, small.iys_code, "pull.silent", "1",
                                  clock.now(), "Defne Ev"))
    send_deliveries()
    assert conn.execute(
        "select dead_at is null, next_at > now() + interval '1 hour', d.sent_at is null "
        "from outbox o join webhook_delivery d on d.id = o.ref_id where o.topic = %s",
        [TOPIC]).fetchall() == [(True, True, True)]
