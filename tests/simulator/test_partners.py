"""Subscriptions, and business partners with their rights (İYS API §1.3, §5.1 to §5.4).

İYS prints most of the partner's codes without the request that causes them; the rows say what the
simulator makes of them.
"""

from __future__ import annotations

from typing import Any

import pytest

from .caller import CONSENT, IYS, RETAILER, SUB_BRAND, Caller, codes, consent

PARTNER = 900001
LOGIN = {"grant_type": "password", "username": "ortak-api", "password": "ortak-parolasi"}
RIGHTS = [{"brandCode": IYS, "MESAJ": "write", "ARAMA": "read"}]


def partner_of(caller: Caller, rights: list[dict[str, Any]] = RIGHTS) -> Caller:
    """Another caller of the same simulator, with the partner's token."""
    caller.control("partner", integratorCode=PARTNER, title="Örnek Ortak", rights=rights,
                   username=LOGIN["username"], password=LOGIN["password"])
    other = Caller(caller.simulator)
    other.token = other.http.post("/oauth2/token", json=LOGIN).json["access_token"]
    return other


@pytest.fixture
def partner(caller: Caller) -> Caller:
    return partner_of(caller)


def one_of_each(who: Caller, kind: str = "MESAJ") -> list[Any]:
    """One call of every service below a brand, with a body its rights are asked for."""
    key = {"recipient": CONSENT["recipient"], "recipientType": "BIREYSEL", "type": kind}
    many = {"recipients": [CONSENT["recipient"]], "recipientType": "BIREYSEL", "type": kind}
    rights = {"retailerAccess": [RETAILER]}
    item = consent(type=kind)
    asked = [
        ("POST", "/consents", item, ""), ("POST", "/consents", item, "/v2"),
        ("POST", "/consents/request", [item], ""), ("POST", "/consents/request", [item], "/v2"),
        ("POST", "/consents/status", key, ""), ("POST", "/consents/history", key, ""),
        ("POST", f"/consents/BIREYSEL/status/{kind}", {"recipients": many["recipients"]}, ""),
        ("POST", "/consents/retailers/access", key | rights, ""),
        ("PUT", "/consents/retailers/access", many | rights, ""),
        ("POST", "/consent/retailers/access/list", key, ""),
        ("POST", "/consents/retailers/access/remove", many | rights, ""),
        ("POST", "/consents/retailers/access/remove/all", many, ""),
    ]
    return [who.under(method, path, body, v=v) for method, path, body, v in asked]


def others(who: Caller) -> list[Any]:
    """One call of each service that asks for no channel."""
    return [
        who.ask("GET", f"/sps/{IYS}/brands"), who.under("GET", "/consents/changes"),
        *(who.under("GET", "/consents/request/a-1", v=v) for v in ("", "/v2")),
        who.under("GET", "/retailers"), who.under("GET", f"/retailers/{RETAILER}"),
        who.under("POST", "/retailers", {}), who.under("DELETE", f"/retailers/{RETAILER}"),
    ]


STATES = [("PAUSED", "H520"), ("EXPIRED", "H520"), ("CLOSED", "H521"), ("none", "H524"),
          ("no_api", "H586")]


@pytest.mark.parametrize(("state", "code"), STATES)
def test_a_subscription_that_is_not_active_closes_every_service(
    caller: Caller, state: str, code: str
) -> None:
    caller.control("subscription", state=state)
    for answer in one_of_each(caller) + others(caller):
        assert (answer.status_code, codes(answer)) == (403, [code])


@pytest.mark.parametrize(("state", "code"), STATES)
def test_a_partners_own_subscription_closes_its_calls_and_nobody_elses(
    caller: Caller, partner: Caller, state: str, code: str
) -> None:
    caller.control("subscription", state=state, integratorCode=PARTNER)
    for answer in [*one_of_each(partner), *others(partner),
                   partner.ask("GET", f"/integrator/{PARTNER}/sps")]:
        assert (answer.status_code, codes(answer)) == (403, [code])
    assert caller.add().status_code == 200


def test_a_providers_subscription_closes_its_partners_calls(
    caller: Caller, partner: Caller
) -> None:
    caller.control("subscription", state="PAUSED")
    assert codes(partner.add()) == ["H520"]
    assert partner.ask("GET", f"/integrator/{PARTNER}/sps").status_code == 200


def test_the_subscription_tells_limit_and_use_to_the_provider_only(
    caller: Caller, partner: Caller
) -> None:
    caller.add()
    mine = caller.ask("GET", f"/sps/{IYS}/subscription").json
    theirs = partner.ask("GET", f"/sps/{IYS}/subscription").json

    assert (mine["usedConsentLimit"], mine["consentLimit"]) == (1, 1_000_000)
    assert mine["consentLimitExceed"] is False
    assert set(mine) - set(theirs) == {"consentLimit", "consentLimitExceed", "usedConsentLimit"}


@pytest.mark.parametrize(("state", "past"), [("ACTIVE", False), ("EXPIRED", True)])
def test_an_expired_subscription_ended_before_now(
    caller: Caller, state: str, past: bool
) -> None:
    caller.control("subscription", state=state)
    ends = caller.ask("GET", f"/sps/{IYS}/subscription").json["expirationDate"]
    assert (ends < caller.state()["now"]) is past


def test_a_package_that_may_be_exceeded_takes_more_than_its_limit(caller: Caller) -> None:
    caller.control("subscription", state="ACTIVE", consentLimit=1, consentLimitExceed=True)
    assert [caller.add(recipient=f"+9059921341{n}").status_code for n in (17, 18)] == [200, 200]
    caller.control("subscription", state="ACTIVE", consentLimitExceed=False)
    assert codes(caller.add(recipient="+905992134119")) == ["H525"]


def test_a_partner_sees_its_rights_brand_by_brand(caller: Caller) -> None:
    rights = [*RIGHTS, {"brandCode": SUB_BRAND, "EPOSTA": "write", "agreementControl": True}]
    partner = partner_of(caller, rights)
    answer = partner.ask("GET", f"/integrator/{PARTNER}/sps?limit=1&offset=1").json

    assert answer["pagination"] == {"offset": 1, "pageSize": 1, "totalCount": 2}
    assert answer["list"] == [{
        "brandCode": SUB_BRAND, "name": "Alt Marka", "master": False, "iysCode": IYS,
        "title": "Örnek Ticaret A.Ş.", "EPOSTA": "write", "agreementControl": True,
        "viaControl": False,
    }]
    assert len(partner.ask("GET", f"/integrator/{PARTNER}/sps/{IYS}").json["list"]) == 2
    assert len(partner.ask("GET", f"/sps/{IYS}/brands").json) == 2


@pytest.mark.parametrize("state", ["ACTIVE", "PAUSED", "EXPIRED", "CLOSED"])
def test_a_partners_subscription_is_shown_in_every_state(
    caller: Caller, partner: Caller, state: str
) -> None:
    caller.control("subscription", state=state, integratorCode=PARTNER)
    answer = partner.ask("GET", f"/integrator/{PARTNER}/subscription").json
    assert (answer["status"], answer["iysCode"]) == (state, PARTNER)
    assert set(answer) == {"subscriptionId", "startDate", "expirationDate",
                           "subscriptionPackageName", "status", "iysCode"}


@pytest.mark.parametrize(("code", "http", "path"), [
    ("H245", 400, f"/integrator/{IYS}/sps"),
    ("H245", 400, f"/integrator/{IYS}/subscription"),
    ("H353", 403, "/integrator/123456/sps"),
    ("H268", 404, f"/integrator/{PARTNER}/sps/123456"),
    ("H190", 422, f"/integrator/{PARTNER}/sps/abc"),
    ("H182", 422, f"/integrator/{PARTNER}/sps?offset=x"),
    ("H183", 422, f"/integrator/{PARTNER}/sps?limit=x"),
    ("H186", 422, f"/integrator/{PARTNER}/sps/{IYS}?limit=101"),
    ("H187", 422, f"/integrator/{PARTNER}/sps/{IYS}?limit=0"),
    ("H353", 403, "/sps/999999/brands"),
    ("H353", 403, f"/sps/{IYS}/brands/{SUB_BRAND}/retailers"),
])
def test_a_partner_is_refused(partner: Caller, code: str, http: int, path: str) -> None:
    answer = partner.ask("GET", path)
    assert (answer.status_code, codes(answer)) == (http, [code])


@pytest.mark.parametrize(("code", "path"), [
    ("H363", f"/integrator/{IYS}/sps"), ("H363", f"/integrator/{PARTNER}/sps/{IYS}"),
    ("H522", f"/integrator/{PARTNER}/subscription"),
])
def test_a_provider_has_no_partners_services(
    caller: Caller, partner: Caller, code: str, path: str
) -> None:
    answer = caller.ask("GET", path)
    assert (answer.status_code, codes(answer)) == (400, [code])


def test_a_partner_without_a_subscription(caller: Caller, partner: Caller) -> None:
    caller.control("subscription", state="none", integratorCode=PARTNER)
    answer = partner.ask("GET", f"/integrator/{PARTNER}/subscription")
    assert (answer.status_code, codes(answer)) == (404, ["H437"])


def test_a_channel_without_a_right_is_closed_to_reading_and_writing(caller: Caller) -> None:
    partner = partner_of(caller, [{"brandCode": IYS, "ARAMA": "write"}])
    for answer in one_of_each(partner):
        assert (answer.status_code, codes(answer)) == (403, ["H353"])
        assert answer.json["errors"][0]["location"] == ["type"]


def test_a_right_to_read_does_not_write(caller: Caller, partner: Caller) -> None:
    refused = [answer.status_code == 403 for answer in one_of_each(partner, "ARAMA")]
    written = [True] * 4 + [False] * 3 + [True, True, False, True, True]
    assert refused == written


def test_a_partner_pulls_the_channels_it_may_read(caller: Caller) -> None:
    partner = partner_of(caller, [{"brandCode": IYS, "ARAMA": "read"}])
    for kind in ("MESAJ", "ARAMA", "MESAJ"):
        caller.control("citizen", recipient=CONSENT["recipient"], type=kind, status="ONAY")
    assert [one["type"] for one in partner.pull().json["list"]] == ["ARAMA"]
    assert len(caller.pull().json["list"]) == 2


def test_partners_outlive_a_restart_and_a_reset(caller: Caller, tmp_path: Any) -> None:
    from ileti.simulator.app import create_simulator

    from .caller import settings

    file = str(tmp_path / "kayit.sqlite")
    first = create_simulator(database=file, options=settings())
    partner_of(Caller(first))
    Caller(first).control("reset")
    first.close()
    again = Caller(create_simulator(database=file, options=settings()))
    assert again.state()["partners"][0]["integratorCode"] == PARTNER
    assert again.http.post("/oauth2/token", json=LOGIN).status_code == 200


@pytest.mark.parametrize("wish", [
    {"integratorCode": IYS}, {"integratorCode": "x"}, {"integratorCode": PARTNER, "username": ""},
    {"integratorCode": PARTNER, "username": "ornek-api", "password": "x"},
    {"integratorCode": PARTNER, "username": "o", "password": "x", "rights": [{"brandCode": 1}]},
    {"integratorCode": PARTNER, "username": "o", "password": "x",
     "rights": [{"brandCode": IYS, "MESAJ": "yaz"}]},
])
def test_a_wish_that_cannot_be_met_is_a_sentence(caller: Caller, wish: dict[str, Any]) -> None:
    assert caller.control("partner", **wish)["error"].endswith(".")
