"""The pages about retention: who sees what, holds placed and ended, the log taken, and what nobody
but the compliance officer sees of a person who asked to be erased."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest

from ileti.consents.numbers import record_number
from ileti.core import db
from ileti.core.errors import StorageAway
from ileti.retention import destroy, holds, plan
from ileti.retention.erase import erase_person
from tests.panel.people import dealer_of, sign_in, take, token_of, user_with


@pytest.fixture
def officer(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "compliance_officer", place))


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def post(client: Any, path: str, **fields: str) -> Any:
    return client.post(path, data={"csrf_token": token_of(client), **fields})


def test_the_page_tells_periods_with_their_law(officer: Any) -> None:
    page = officer.get("/saklama/").text
    assert "6563 s. Kanun m. 11/3" in page
    assert "R-46, R-47" in page
    english = officer.get("/saklama/?_l_=en").text
    assert "Law 6563 art. 11/3" in english


@pytest.mark.parametrize(("role", "status"), [
    ("provider_admin", 200), ("compliance_officer", 200), ("marketer", 403),
    ("report_viewer", 403), ("call_centre_agent", 403)])
def test_who_may_open_it(app: Any, place: Any, role: str, status: int) -> None:
    client = sign_in(app, user_with(app, role, place))
    assert client.get("/saklama/").status_code in {status, 302 if status == 403 else status}


@pytest.mark.attack
def test_a_dealer_opens_none_of_it(app: Any, place: Any) -> None:
    client = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer_of(place)))
    number = holds.place(place.provider_id, "Dava", by=None)
    for path in ("/saklama/", f"/saklama/bekletme/{number}", "/saklama/gunluk.csv"):
        assert client.get(path).status_code in (302, 403, 404)
    assert post(client, f"/saklama/bekletme/{number}/bitir", reason="x").status_code in (
        302, 403, 404)
    assert holds.hold(place.provider_id, number).ended_at is None


def test_a_hold_is_placed_for_an_address_and_ended_with_a_reason(
        officer: Any, place: Any) -> None:
    take(place, "+905995550001")
    placed = post(officer, "/saklama/bekletme/yeni", address="0599 555 00 01", reason="Dava 1",
                  first="2020-01-01", last="2026-12-31", brand="")
    assert placed.status_code == 303
    page = officer.get(placed.location).text
    assert "+90 5•• ••• 00 01" in page
    assert "5995550001" not in page
    [one] = holds.holds_of(place.provider_id)
    assert (one.reason, one.recipient_id is not None) == ("Dava 1", True)
    without = post(officer, f"/saklama/bekletme/{one.id}/bitir", reason=" ")
    assert without.status_code == 422
    assert post(officer, f"/saklama/bekletme/{one.id}/bitir", reason="Bitti").status_code == 303
    assert holds.hold(place.provider_id, one.id).end_reason == "Bitti"
    deeds = db.connection().execute(
        "select action from audit_entry where provider_id = %s and subject = %s order by id",
        (place.provider_id, f"legal_hold:{one.id}")).fetchall()
    assert deeds == [("legal_hold:add",), ("legal_hold:end",)]


@pytest.mark.parametrize(("fields", "said"), [
    ({"reason": ""}, "Gerekçe yazın"),
    ({"reason": "x", "address": "0599 555 99 99"}, "Bu adresin kaydı yok"),
    ({"reason": "x", "address": "bu adres değil"}, "Henüz bir şey kaydedilmedi"),
    ({"reason": "x", "first": "2026-02-31"}, "Gün geçersiz"),
    ({"reason": "x", "first": "2026-02-02", "last": "2026-01-01"}, "Başlangıç"),
])
def test_what_was_typed_stays_when_something_is_wrong_with_it(
        officer: Any, place: Any, fields: dict[str, str], said: str) -> None:
    answer = post(officer, "/saklama/bekletme/yeni", **({"reason": "Dava"} | fields))
    assert answer.status_code == 422
    assert said in answer.text
    assert (fields.get("address") or "") in answer.text
    assert holds.holds_of(place.provider_id) == []


@pytest.mark.attack
def test_another_providers_hold_brand_and_log_are_not_there(
        officer: Any, place: Any, place_b: Any) -> None:
    number = holds.place(place_b.provider_id, "Gizli dava", by=None)
    assert officer.get(f"/saklama/bekletme/{number}").status_code == 404
    assert officer.get(f"/saklama/bekletme/{number}?saglayici={place_b.provider_id}"
                       ).status_code == 404
    assert post(officer, f"/saklama/bekletme/{number}/bitir", reason="x",
                saglayici=str(place_b.provider_id)).status_code == 404
    assert "Gizli dava" not in officer.get(f"/saklama/?saglayici={place_b.provider_id}").text
    assert post(officer, "/saklama/bekletme/yeni", reason="x",
                brand=str(place_b.brand_id)).status_code == 404


def test_an_officer_of_one_brand_sees_its_holds_and_no_numbers_of_others(
        app: Any, place: Any) -> None:
    client = sign_in(app, user_with(app, "compliance_officer", place, level="brand"))
    whole = holds.place(place.provider_id, "Tüm sağlayıcı", by=None)
    own = holds.place(place.provider_id, "Bu marka", by=None, brand_id=place.brand_id)
    page = client.get("/saklama/").text
    assert "Bu marka" in page
    assert "Tüm sağlayıcı" not in page
    assert "Süresi dolan" not in page
    assert client.get(f"/saklama/bekletme/{own}").status_code == 200
    assert client.get(f"/saklama/bekletme/{whole}").status_code == 404
    assert client.get("/saklama/gunluk.csv").status_code == 404
    placed = post(client, "/saklama/bekletme/yeni", reason="Dava", brand="")
    assert placed.status_code == 303
    assert holds.holds_of(place.provider_id)[0].brand_id == place.brand_id


def test_what_is_too_much_to_be_counted_is_said_so_and_the_page_stands(
        officer: Any, place: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(plan, "_SECONDS", 0.02)
    monkeypatch.setattr(plan, "_RECORDS", "select 1, 0, 0, 0 from pg_sleep(1)")
    answer = officer.get("/saklama/")
    assert answer.status_code == 200
    assert "sayılamadı" in answer.text
    assert "10 yıl" in answer.text
    assert "Süresi dolan" not in answer.text


def test_a_database_that_is_away_is_not_taken_for_much_to_count(
        place: Any, monkeypatch: Any) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise StorageAway from psycopg.OperationalError("connection lost")

    monkeypatch.setattr(plan, "count", away)
    with pytest.raises(StorageAway):
        plan.falls_due(place.provider_id)


def test_the_log_comes_as_a_table_and_as_pages(officer: Any, place: Any) -> None:
    db.connection().execute("insert into audit_entry (at, provider_id, action, subject) values "
                            "(now() - interval '11 years', %s, 'x', 'y')", (place.provider_id,))
    destroy.run_now()
    table = officer.get("/saklama/gunluk.csv")
    assert "Denetim izi" in table.text
    assert table.text.count("R-46 R-65") == 1
    pages = officer.get("/saklama/gunluk.pdf")
    assert (pages.status_code, pages.data[:5]) == (200, b"%PDF-")
    page = officer.get("/saklama/").text
    assert re.search(r"1 kayıt imha edildi", page)


@pytest.fixture
def erased(place: Any) -> str:
    """The record of somebody who asked to be erased and whose proof must be kept."""
    done = take(place, "+905995550007")
    erase_person(place.provider_id, [done.items[0].recipient_id], reason="Başvuru", case="B-7",
                 by=None)
    return record_number(done.items[0].entry_id)


@pytest.mark.attack
def test_a_restricted_person_is_nowhere_for_everybody_else(
        admin: Any, place: Any, erased: str) -> None:
    assert admin.get(f"/izinler/{erased}").status_code == 404
    assert erased not in admin.get("/izinler/").text
    found = post(admin, "/izinler/ara", q="0599 555 00 07")
    assert erased not in admin.get(found.location).text
    assert post(admin, f"/izinler/{erased}/adres").status_code == 404
    assert post(admin, f"/izinler/{erased}/kanit-paketi").status_code == 404


def test_the_compliance_officer_sees_the_record_and_opens_no_address(
        officer: Any, place: Any, erased: str) -> None:
    page = officer.get(f"/izinler/{erased}").text
    assert "Yalnız yasal yükümlülük için saklanıyor" in page
    assert "Adresi göster" not in page
    assert "+90 5•• ••• 00 07" in page
    assert post(officer, f"/izinler/{erased}/adres").status_code == 404


def test_a_person_who_consents_again_is_seen_again(
        admin: Any, place: Any, erased: str) -> None:
    from datetime import timedelta

    from ileti.core import clock
    from tests.retention.old_house import in_force

    clock_was = clock.now
    try:
        clock.now = lambda: clock_was() + timedelta(seconds=5)  # type: ignore[assignment]
        again = take(place, "+905995550007")
    finally:
        clock.now = clock_was
    assert admin.get(f"/izinler/{record_number(again.items[0].entry_id)}").status_code == 200
    assert admin.get(f"/izinler/{erased}").status_code == 404
    assert in_force
