"""What is known of a person is sealed, shown to who may open an address, copied and erased."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.consents.numbers import record_number
from ileti.core import db
from ileti.fields import catalogue, kept
from ileti.requests import holdings
from ileti.requests.owncopy import veil
from ileti.retention import destroy
from ileti.retention.erase import erase_person
from tests.fields.house import put_on_form
from tests.panel.people import sign_in, take, token_of, user_with
from tests.retention.old_house import ago, took

Fields = dict[str, int]
NUMBER = "TR-4711"


def know(place: Any, recipient: int, **values: Any) -> list[str]:
    with db.transaction() as conn:
        return kept.know(conn, place.provider_id, recipient,
                         catalogue.fields_of(place.provider_id), values)


def known(conn: Any, recipient: int) -> list[Any]:
    return list(conn.execute("select field_id, value, value_ct from recipient_value "
                             "where recipient_id = %s order by field_id", (recipient,)).fetchall())


@pytest.fixture
def person(place: Any, place_b: Any, fields: Fields) -> Any:
    """A recipient with a number and a segment."""
    done = take(place, "+905992134117").items[0]
    take(place_b, "+905992134117")
    assert know(place, done.recipient_id, customer_no=NUMBER, segment="gold") == [
        "customer_no", "segment"]
    return done


def test_a_personal_value_is_sealed_and_opens_nowhere_else(
        conn: Any, place: Any, person: Any, fields: Fields) -> None:
    rows = known(conn, person.recipient_id)
    assert rows[0][1] is None
    assert NUMBER.encode() not in bytes(rows[0][2])
    assert rows[1][1:] == ("gold", None)
    other = take(place, "+905992134118").items[0].recipient_id
    conn.execute("update recipient_value set recipient_id = %s where recipient_id = %s",
                 (other, person.recipient_id))
    assert kept.of_recipient(conn, place.provider_id, other) == {fields["segment"]: "gold"}


def test_the_copy_has_it_and_the_one_of_an_address_alone_is_veiled(
        conn: Any, place: Any, person: Any) -> None:
    held = holdings.gather(conn, place.provider_id, [person.recipient_id])["fields"]
    assert [(one["field"], one["value"]) for one in held] == [
        ("customer_no", NUMBER), ("segment", "gold")]
    assert veil("fields", held[0])["value"] is None


def test_erasing_a_person_removes_it_at_once_r64(conn: Any, place: Any, person: Any) -> None:
    assert erase_person(place.provider_id, [person.recipient_id], reason="Başvuru", case=None,
                        by=None).done
    assert known(conn, person.recipient_id) == []
    assert conn.execute("select count(*) from restriction where recipient_id = %s",
                        (person.recipient_id,)).fetchone() == (1,)


def test_a_destroyed_person_leaves_no_value_of_any_field(
        conn: Any, place: Any, database: str, fields: Fields) -> None:
    import psycopg

    with psycopg.connect(database, autocommit=True) as owner:
        done = took(owner, place, "+905992134119", ago(11)).items[0]
        know(place, done.recipient_id, segment="gold")
        owner.execute("insert into entry_value (provider_id, entry_id, field_id, recipient_id, "
                      "value) values (%s, %s, %s, %s, '\"izmir\"')",
                      (place.provider_id, done.entry_id, fields["shop"], done.recipient_id))
        owner.execute("update consent_state set status = 2 where recipient_id = %s",
                      (done.recipient_id,))
        destroy.destroy_these(place.provider_id, [done.recipient_id], None)
        gone = owner.execute("select addr_hash is null from recipient where provider_id = %s "
                             "and id = %s", (place.provider_id, done.recipient_id)).fetchone()
        assert gone == (True,)
        assert owner.execute("select count(*) from entry_value where recipient_id = %s",
                             (done.recipient_id,)).fetchone() == (0,)
    assert known(conn, done.recipient_id) == []


def test_the_record_s_page_shows_it_as_it_shows_an_address(
        app: Any, conn: Any, place: Any, person: Any) -> None:
    page = f"/izinler/{record_number(person.entry_id)}"
    officer = sign_in(app, user_with(app, "compliance_officer", place))
    assert NUMBER not in officer.get(page).text
    assert "Gold" in officer.get(page).text
    opened = officer.post(f"{page}/adres", data={"csrf_token": token_of(officer)})
    assert NUMBER in opened.text


def test_people_change_what_is_known_and_never_what_was_said(
        app: Any, conn: Any, place: Any, person: Any, fields: Fields) -> None:
    page = f"/izinler/{record_number(person.entry_id)}/alanlar"
    admin = sign_in(app, user_with(app, "provider_admin", place))
    form = admin.get(page).text
    assert NUMBER not in form
    assert "fields.shop" not in form
    typed = {"csrf_token": token_of(admin), "fields.segment": "silver", "fields.customer_no": ""}
    assert admin.post(page, data=typed).status_code == 303
    assert kept.of_recipient(conn, place.provider_id, person.recipient_id) == {
        fields["customer_no"]: NUMBER, fields["segment"]: "silver"}
    wrong = admin.post(page, data=typed | {"fields.customer_no": "4711"})
    assert wrong.status_code == 422
    assert "KK-5555" in wrong.text
    admin.post(page, data=typed | {"forget.customer_no": "1"})
    assert known(conn, person.recipient_id) == [(fields["segment"], "silver", None)]
    viewer = sign_in(app, user_with(app, "report_viewer", place))
    assert viewer.get(page).status_code in (302, 403, 404)


def test_a_verified_click_brings_its_fields_along(
        browser: Any, conn: Any, place: Any, code_of: Any, fields: Fields) -> None:
    put_on_form(conn, browser.site_key, fields["shop"], fields["card_no"])
    answer = browser.submit("MESAJ", fields={"shop": "izmir", "card_no": "K-1"})
    browser.post("confirmations", {"handle": answer.body["handle"], "codes": [
        {"to": "phone", "code": code_of("phone")}]})
    said = conn.execute("select evidence->'fields'->'said' from submission where provider_id = %s "
                        "and idem like 'confirm:%%'", (place.provider_id,)).fetchone()
    assert said == ({"shop": "izmir"},)
