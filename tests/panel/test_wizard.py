"""The setup: true of what is there, for those who may, about nobody else's company."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.consents.vocabulary import IysStatus
from ileti.core import db
from ileti.tenancy import scope
from ileti.web import wizard_steps
from tests.panel.people import sign_in, token_of, user_with
from tests.panel.test_today import heard


def steps(app: Any, place: Any) -> dict[str, bool]:
    """Which steps of a provider are done."""
    with app.test_request_context(), scope.within(scope.Scope(provider_id=place.provider_id)):
        provider = wizard_steps.visible_provider(place.provider_id)
        assert provider is not None
        return {str(one.key): one.done
                for one in wizard_steps.steps_of(wizard_steps.facts_of(provider))}


def admin(app: Any, place: Any) -> tuple[Any, str]:
    """A provider admin's browser and a token for its posts."""
    client = sign_in(app, user_with(app, "provider_admin", place))
    return client, token_of(client)


@pytest.mark.parametrize("role", ["brand_manager", "dealer_user", "compliance_officer", "marketer",
                                  "report_viewer", "call_centre_agent"])
def test_who_may_not_change_a_provider_is_neither_offered_the_setup_nor_let_in(
    app: Any, place: Any, role: str
) -> None:
    from tests.panel.people import dealer_of

    dealer = dealer_of(place) if role == "dealer_user" else None
    client = sign_in(app, user_with(app, role, place, dealer_id=dealer, level=(
        "brand" if role == "brand_manager" else "provider")))
    assert "kurulum" not in client.get("/").text
    for path in ("", f"{place.provider_id}/sirket", f"{place.provider_id}/markalar",
                 f"{place.provider_id}/izin", f"{place.provider_id}/site"):
        assert client.get(f"/kurulum/{path}").status_code in (403, 404), path


def test_an_admin_is_led_to_the_next_step_of_the_own_company(app: Any, place: Any) -> None:
    client, _token = admin(app, place)
    first = client.get("/").text
    assert f"/kurulum/{place.provider_id}/sirket" in first
    db.connection().execute("update provider set contact = 'Kordon 8' where id = %s",
                            (place.provider_id,))
    assert client.get("/kurulum/").headers["Location"] == f"/kurulum/{place.provider_id}/iys"
    assert steps(app, place) == {"sirket": True, "iys": False, "markalar": True, "bayiler": False,
                                 "site": False, "form": False, "izin": False}


@pytest.mark.parametrize("path", ["sirket", "iys", "markalar", "bayiler", "site", "form", "izin"])
def test_another_companys_setup_is_not_there(app: Any, place: Any, place_b: Any, path: str) -> None:
    client, token = admin(app, place)
    assert client.get(f"/kurulum/{place.provider_id}/{path}").status_code == 200
    strange = f"/kurulum/{place_b.provider_id}/{path}"
    assert client.get(strange).status_code == 404
    if path in ("sirket", "iys", "markalar", "site"):
        assert client.post(strange, data={"csrf_token": token, "wish": "take"}).status_code == 404


def test_iys_is_away_and_it_is_said(app: Any, place: Any) -> None:
    client, token = admin(app, place)
    answer = client.post(f"/kurulum/{place.provider_id}/markalar", follow_redirects=True,
                         data={"csrf_token": token, "wish": "fetch"})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text


def test_another_login_forgets_what_was_found_with_the_old_one(app: Any, place: Any) -> None:
    db.connection().execute(
        "update provider set iys_username = 'eski', iys_checked_at = now(), iys_problem = 'x' "
        "where id = %s", (place.provider_id,))
    client, token = admin(app, place)
    client.post(f"/saglayicilar/edit/{place.provider_id}", data={
        "csrf_token": token, "title": "Defne", "short_name": "Defne",
        "iys_code": str(place.iys_code), "alarm_mails": "tr", "iys_username": "yeni"})
    assert db.connection().execute(
        "select iys_username, iys_checked_at, iys_problem from provider where id = %s",
        (place.provider_id,)).fetchone() == ("yeni", None, None)


def test_texts_are_published_for_the_own_brand_only(app: Any, place: Any, place_b: Any) -> None:
    client, token = admin(app, place)
    post = f"/kurulum/{place.provider_id}/metinler"
    for strange in (str(place_b.brand_id), "abc", "²", ""):
        answer = client.post(post, data={"csrf_token": token, "brand": strange})
        assert answer.status_code == 404, strange
    assert client.post(post, data={"csrf_token": token, "brand": str(place.brand_id)}
                       ).status_code == 302
    rows = db.connection().execute(
        "select brand_id, count(*) from document where provider_id = any(%s) group by brand_id",
        ([place.provider_id, place_b.provider_id],)).fetchall()
    assert rows == [(place.brand_id, 4)]


def test_a_consent_of_an_import_does_not_turn_the_last_step_green(app: Any, place: Any) -> None:
    entry = _sent(place, site=None)
    _answered(place, entry)
    assert not steps(app, place)["izin"]


def test_the_last_steps_turn_green_with_a_forms_first_consent_at_iys(app: Any, place: Any,
                                                                    place_b: Any) -> None:
    site = db.connection().execute(
        "insert into site (provider_id, brand_id, name, public_key, origins) "
        "values (%s, %s, 'x', %s, '{https://x.ornek.test}') returning id",
        (place.provider_id, place.brand_id, f"pk_sihirbaz_{place.provider_id}")).fetchone()[0]
    _answered(place_b, _sent(place_b, site=site))  # another's consent is none of ours
    assert not steps(app, place)["form"]
    entry = _sent(place, site=site)
    found = steps(app, place)
    assert (found["form"], found["izin"]) == (True, False)
    client, _token = admin(app, place)
    page = client.get(f"/kurulum/{place.provider_id}/izin").text
    assert "+905992200001" not in page
    _answered(place, entry, accepted=False)
    assert not steps(app, place)["izin"]
    _answered(place, entry)
    assert steps(app, place)["izin"]


def test_the_offer_costs_two_statements_and_reads_few_submissions(
    app: Any, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wizard_steps.security, "may", lambda _permission: True)
    monkeypatch.setattr(wizard_steps.security, "membership", lambda: None)
    with app.test_request_context(), scope.within(scope.Scope(provider_id=place.provider_id)), \
            heard(app) as statements:
        assert wizard_steps.offer() is not None
    assert len(statements) == 2
    assert wizard_steps.SUBMISSIONS_READ in statements[1][1].values()


def _sent(place: Any, *, site: int | None) -> int:
    from dataclasses import replace

    from ileti.consents import ledger
    from tests.panel import people

    kept: list[int] = []
    real = ledger.record

    def record(new: Any) -> Any:
        made = real(replace(new, site_id=site))
        kept.append(made.items[0].entry_id)
        return made

    people.ledger.record = record
    try:
        people.take(place, "+905992200001")
    finally:
        people.ledger.record = real
    return kept[0]


def _answered(place: Any, entry: int, *, accepted: bool = True) -> None:
    with db.transaction() as conn:
        conn.execute("insert into iys_receipt (provider_id, entry_id, accepted, code) "
                     "values (%s, %s, %s, %s)",
                     (place.provider_id, entry, accepted, None if accepted else "H178"))
        conn.execute("update consent_state set iys_status = %s where provider_id = %s "
                     "and entry_id = %s", (int(IysStatus.REGISTERED if accepted
                                               else IysStatus.REFUSED), place.provider_id, entry))
