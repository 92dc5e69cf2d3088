"""A form's fields are part of the proof, and a form without any pays nothing."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from ileti.consents.claims import Claims, read_these
from ileti.consents.packing import open_person
from ileti.core import db
from tests.fields.house import define, put_on_form

Fields = dict[str, int]


@pytest.fixture
def asking(conn: Any, browser: Any, fields: Fields) -> Fields:
    """The site's form asks shop and card number."""
    put_on_form(conn, browser.site_key, fields["shop"], fields["card_no"])
    return fields


def kept(conn: Any, place: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Evidence and opened person of the place's newest submission."""
    row = conn.execute(
        "select idem, person_key, person_ct, evidence from submission where provider_id = %s "
        "order by id desc limit 1", (place.provider_id,)).fetchone()
    return row[3], open_person(*row[:3])


def test_a_form_says_what_else_it_asks_and_chooses_nothing(browser: Any, asking: Fields) -> None:
    extra = browser.form("en")["extra"]
    assert [(one["key"], one["kind"]) for one in extra] == [("shop", "choice"),
                                                            ("card_no", "text")]
    assert extra[0]["choices"] == [{"key": "izmir", "label": "izmir"},
                                   {"key": "ankara", "label": "ankara"}]
    assert "selected" not in str(extra)


def test_what_was_said_is_covered_by_the_leaf_and_personal_words_are_sealed(
        browser: Any, conn: Any, place: Any, database: str, asking: Fields) -> None:
    answer = browser.submit("MESAJ", fields={"shop": "izmir", "card_no": "K-77"})
    assert answer.status == 201, answer.body
    evidence, person = kept(conn, place)
    assert evidence["fields"]["said"] == {"shop": "izmir"}
    assert person["fields"] == {"card_no": "K-77"}
    assert "K-77" not in str(evidence)
    entries = read_these(conn, place.provider_id, [conn.execute(
        "select max(id) from consent_entry where provider_id = %s",
        (place.provider_id,)).fetchone()[0]])
    claims = Claims(conn)
    claims.prepare(entries)
    assert claims.fits(entries[0])
    with psycopg.connect(database) as owner:
        owner.execute("update submission set evidence = jsonb_set(evidence, "
                      "'{fields,said,shop}', '\"ankara\"') where provider_id = %s",
                      (place.provider_id,))
    again = Claims(conn)
    again.prepare(entries)
    assert not again.fits(entries[0])


def test_a_wrong_value_is_told_by_its_name_and_nothing_is_recorded(
        browser: Any, conn: Any, place: Any, asking: Fields) -> None:
    answer = browser.submit("MESAJ", fields={"shop": "bursa", "card_no": "x" * 13, "age": "3"})
    assert answer.status == 422
    assert {one["field"] for one in answer.body["errors"]} == {
        "fields.shop", "fields.card_no", "fields.age"}
    assert conn.execute("select count(*) from submission where provider_id = %s",
                        (place.provider_id,)).fetchone() == (0,)


def test_a_required_field_is_asked_only_of_who_ticks_a_box_r13(
        browser: Any, conn: Any, place: Any) -> None:
    put_on_form(conn, browser.site_key, define(conn, place, "must", required=("form",)))
    answer = browser.submit("MESAJ")
    assert [one["code"] for one in answer.body["errors"]] == ["missing"]
    read = {"at": browser.filled()["shownAt"], "extent": "opened"}
    assert browser.submit(notice=read).status == 201


def test_the_same_key_with_another_value_is_another_body(browser: Any, asking: Fields) -> None:
    body = browser.filled("MESAJ", fields={"shop": "izmir"})
    assert browser.post("submissions", body).status == 201
    assert browser.post("submissions", body).status == 201
    assert browser.post("submissions", body | {"fields": {"shop": "ankara"}}).status == 409


def test_a_retired_field_leaves_the_form(browser: Any, conn: Any, asking: Fields) -> None:
    conn.execute("update custom_field set retired_at = now() where id = %s", (asking["shop"],))
    from ileti.capture.sites import forget_sites

    forget_sites()
    assert [one["key"] for one in browser.form()["extra"]] == ["card_no"]


def test_a_form_without_fields_pays_nothing(browser: Any, monkeypatch: Any) -> None:
    def statements(**more: Any) -> list[str]:
        seen: list[str] = []
        plain = type(db.connection()).execute

        def noted(self: Any, query: Any, *args: Any, **named: Any) -> Any:
            seen.append(str(query))
            return plain(self, query, *args, **named)

        monkeypatch.setattr(type(db.connection()), "execute", noted)
        try:
            assert browser.submit("MESAJ", **more).status == 201
        finally:
            monkeypatch.undo()
        return seen

    assert not [one for one in statements() if "custom_field" in one and "from site" not in one]


def test_the_hosted_page_draws_them_empty_and_again_after_a_fault(
        app: Any, browser: Any, asking: Fields) -> None:
    client, site_key = app.test_client(), browser.site_key
    page = client.get(f"/f/{site_key}").text
    assert 'name="fields.shop"' in page
    assert 'name="fields.card_no"' in page
    token = page.split('name="token" value="')[1].split('"')[0]
    key = page.split('name="key" value="')[1].split('"')[0]
    shown = page.split('name="shown_at" value="')[1].split('"')[0]
    posted = client.post(f"/f/{site_key}", data={
        "token": token, "key": key, "shown_at": shown, "choice": "MESAJ", "name": "Ada Yıldız",
        "phone": "0599 213 41 17", "fields.shop": "izmir", "fields.card_no": "x" * 13})
    assert posted.status_code == 422
    assert "CARD_NO: en çok 12 karakter." in posted.text
    assert "x" * 13 in posted.text
    assert " checked" not in posted.text
