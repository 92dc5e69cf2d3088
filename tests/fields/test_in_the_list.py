"""The list of consents narrows by custom fields and shows them; personal ones by a hash alone."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ileti.core import db
from ileti.fields import catalogue, kept
from tests.fields.house import put_on_form
from tests.panel.people import dealer_of, sign_in, token_of, user_with

Fields = dict[str, int]


@pytest.fixture
def taken(browser: Any, conn: Any, place: Any, new_place: Any, fields: Fields) -> dict[str, str]:
    """One consent from each of two shops, with a card number; record numbers by shop."""
    from ileti.consents.numbers import record_number

    put_on_form(conn, browser.site_key, fields["shop"], fields["card_no"])
    found = {}
    for shop, card in (("izmir", "K-1"), ("ankara", "K-2")):
        assert browser.submit("MESAJ", fields={"shop": shop, "card_no": card}).status == 201
        found[shop] = record_number(conn.execute(
            "select max(id) from consent_entry where provider_id = %s",
            (place.provider_id,)).fetchone()[0])
    return found


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def records(page: str) -> set[str]:
    return set(re.findall(r"IZN-[0-9A-Z-]{14}", page))


def test_a_clear_field_narrows_by_its_address(admin: Any, taken: dict[str, str]) -> None:
    assert records(admin.get("/izinler/?alan.shop=izmir").text) == {taken["izmir"]}
    assert records(admin.get("/izinler/?alan.shop=bursa").text) == set(taken.values())


def test_a_personal_field_is_found_by_its_hash_and_stands_in_no_address(
        admin: Any, taken: dict[str, str]) -> None:
    token = token_of(admin)
    found = admin.post("/izinler/alan/card_no", data={"csrf_token": token, "value": " k-2 "})
    assert found.status_code == 303
    assert "k-2" not in found.location.lower()
    assert records(admin.get(found.location).text) == {taken["ankara"]}
    nobody = admin.post("/izinler/alan/card_no", data={"csrf_token": token, "value": "K-9"})
    assert records(admin.get(nobody.location).text) == set()
    wrong = admin.post("/izinler/alan/card_no", data={"csrf_token": token, "value": "x" * 13})
    assert "12 karakter" in admin.get(wrong.location).text


def test_columns_are_chosen_by_the_address_and_never_personal(
        admin: Any, taken: dict[str, str]) -> None:
    page = admin.get("/izinler/?sutun=kanal&sutun=alan.shop&sutun=alan.card_no").text
    table = page[page.index("<table"):page.index("</table>")]
    assert "SHOP" in table
    assert "Ankara" in table
    assert "K-2" not in page
    assert "Kaynak" not in table
    assert "SHOP" not in admin.get("/izinler/").text.partition("<table")[2].partition("</table>")[0]


def test_what_is_known_of_a_recipient_narrows_too_and_is_no_dealer_s(
        app: Any, conn: Any, place: Any, admin: Any, taken: dict[str, str],
        fields: Fields) -> None:
    recipient = conn.execute("select max(id) from recipient where provider_id = %s",
                             (place.provider_id,)).fetchone()[0]
    known = catalogue.fields_of(place.provider_id)
    with db.transaction() as work:
        kept.know(work, place.provider_id, recipient, known, {"segment": "gold"})
    assert records(admin.get("/izinler/?alan.segment=gold").text) == {taken["ankara"]}
    assert records(admin.get("/izinler/?alan.segment=silver").text) == set()
    dealer = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer_of(place)))
    assert records(dealer.get("/izinler/?alan.segment=gold").text) == set()


def test_the_list_asks_few_statements(app: Any, admin: Any, taken: dict[str, str]) -> None:
    from tests.panel.test_today import heard

    address = "/izinler/?sutun=kanal&sutun=alan.shop&sutun=alan.segment&alan.shop=izmir"
    admin.get(address)
    with heard(app) as statements:
        assert admin.get(address).status_code == 200
    assert len(statements) <= 20, [sql for sql, _values in statements]
