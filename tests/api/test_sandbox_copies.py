"""A twin is what its home is: each thing that changes there changes here, and nothing else is
written."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ileti.api.scoped import serve_with
from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.core.secrets import secrets
from ileti.documents.publish import publish_standard_texts
from ileti.programs import sandbox
from ileti.templates import lifecycle
from ileti.templates.vocabulary import MessageClass
from ileti.templates.written import Content

from .api_house import Program
from .test_sandbox import sandboxed, take, twin_of

COPIED = ("brand", "dealer", "dealer_right", "document", "document_event", "document_purpose",
          "document_version", "purpose", "custom_field", "message_template",
          "message_template_version")
OFFER = Content(Channel.MESAJ, body="Sayın {ad|müşterimiz}, %20 indirim.",
                terms="https://defne.ornek.com.tr/k", ends=date(2027, 1, 31))


def run(sql: str, place: Any, **more: Any) -> list[Any]:
    """A statement about the home or its twin."""
    done = db.connection().execute(sql, {
        "home": place.provider_id, "brand": place.brand_id, **more})
    return done.fetchall() if done.description else []


@pytest.fixture
def home(app: Any, place: Any) -> Any:
    """A place with something of everything that a twin has, and its twin."""
    publish_standard_texts(place.provider_id, place.brand_id)
    box = secrets().keyring
    run("insert into dealer (provider_id, brand_id, retailer_code, title, name, tckn, tin, "
        "city_code, town_code) values (%(home)s, %(brand)s, 10000009, 'Bayi', 'Ayşe Gerçek', "
        "%(tckn)s, %(tin)s, '34', '3401')", place,
        tckn=box.encrypt_text("12345678950", "dealer-tckn"),
        tin=box.encrypt_text("1234567890", "dealer-tin"))
    run("insert into dealer_right (provider_id, brand_id, dealer_id, right_key, allowed) "
        "select %(home)s, %(brand)s, null, 'desk', true union all "
        "select %(home)s, %(brand)s, id, 'desk', false from dealer where provider_id = %(home)s",
        place)
    run("insert into purpose (provider_id, brand_id, name, ground, period) values "
        "(%(home)s, null, 'Satış', '5/2-c', '10 yıl'), "
        "(%(home)s, %(brand)s, 'Satış', '5/2-f', '1 yıl')", place)
    run("insert into document_purpose (provider_id, document_id, purpose_id) "
        "select d.provider_id, d.id, p.id from document d join purpose p "
        "on p.provider_id = d.provider_id where d.provider_id = %(home)s "
        "and d.kind = 'AYDINLATMA'", place)
    run("insert into custom_field (provider_id, subject, key, kind, name_tr, name_en) values "
        "(%(home)s, 1, 'beden', 'text', 'Beden', 'Size')", place)
    number = lifecycle.create(place.provider_id, place.brand_id, OFFER.channel, "Hafta sonu",
                              user_id=1, draft=OFFER)
    lifecycle.publish(number, 0, user_id=1)
    sandboxed(place)
    return place


def follow(place: Any) -> int:
    """What the job does for one home."""
    with db.transaction() as conn:
        return sandbox.ensure(conn, place.provider_id)


def standing(twin: int) -> dict[str, Any]:
    """Which state of each row is here, whoever has locked it, and the numbers given out."""
    conn = db.connection()
    found = {table: conn.execute(
        f"select ctid::text, xmin::text, xmax::text from {table} where provider_id = %s "
        "order by 1", (twin,)).fetchall() for table in COPIED}
    found["provider"] = conn.execute(
        "select ctid::text, xmin::text, xmax::text from provider where id = %s",
        (twin,)).fetchall()
    found["numbers"] = conn.execute(
        "select sequencename, last_value from pg_sequences where sequencename = any(%s) "
        "order by 1", ([f"{table}_id_seq" for table in COPIED],)).fetchall()
    return found


def test_a_second_time_nothing_is_written_locked_or_numbered(home: Any) -> None:
    before = standing(twin_of(home))
    assert [table for table, rows in before.items() if not rows] == ["document_event"]
    follow(home)
    assert standing(twin_of(home)) == before


DRIFTS = {
    "what the home says of itself": (
        "update provider set trade = 2, service_number = '0850 1', refusal_number = '3464', "
        "refusal_word = 'IPTAL', call_digit = '9', segment_price = 0.25 where id = %(home)s",
        "select trade, service_number, refusal_number, refusal_word, call_digit, "
        "segment_price::text from provider where id = %(twin)s",
        [(2, "0850 1", "3464", "IPTAL", "9", "0.2500")]),
    "a dealer's name and town": (
        "update dealer set title = 'Yeni', city_code = '06', town_code = '0601' "
        "where provider_id = %(home)s",
        "select title, name, city_code, town_code from dealer where provider_id = %(twin)s",
        [("Yeni", "Yeni", "06", "0601")]),
    "a dealer's own right that was taken back": (
        "delete from dealer_right where provider_id = %(home)s and dealer_id is not null",
        "select dealer_id, allowed from dealer_right where provider_id = %(twin)s",
        [(None, True)]),
    "a brand's right that was taken back": (
        "delete from dealer_right where provider_id = %(home)s and dealer_id is null",
        "select dealer_id is null, allowed from dealer_right where provider_id = %(twin)s",
        [(False, False)]),
    "a right that was turned round": (
        "update dealer_right set allowed = not allowed where provider_id = %(home)s",
        "select dealer_id is null, allowed from dealer_right where provider_id = %(twin)s "
        "order by 1", [(False, True), (True, False)]),
    "a text's name and place": (
        "update document set name = 'Yeni ad', in_contract = true where provider_id = %(home)s "
        "and kind = 'AYDINLATMA'",
        "select name, in_contract from document where provider_id = %(twin)s "
        "and kind = 'AYDINLATMA'", [("Yeni ad", True)]),
    "a purpose's words": (
        "update purpose set ground = '5/2-ç', ground_note = 'Not', data = '{KIMLIK}', "
        "subjects = '{MUSTERI}', recipients = '{Kargo}', period = '2 yıl', abroad = true, "
        "abroad_note = 'AB', active = false where provider_id = %(home)s and brand_id is null",
        "select ground, ground_note, data, subjects, recipients, period, abroad, abroad_note, "
        "active from purpose where provider_id = %(twin)s and brand_id is null",
        [("5/2-ç", "Not", ["KIMLIK"], ["MUSTERI"], ["Kargo"], "2 yıl", True, "AB", False)]),
    "a purpose's name": (
        "update purpose set name = 'Teslimat' where provider_id = %(home)s and brand_id is null",
        "select p.name, count(l.*) from purpose p left join document_purpose l "
        "on l.purpose_id = p.id where p.provider_id = %(twin)s group by p.id order by 1",
        [("Satış", 1), ("Teslimat", 1)]),
    "a purpose that a text speaks of no more": (
        "delete from document_purpose l using purpose p where l.provider_id = %(home)s "
        "and p.id = l.purpose_id and p.brand_id is null",
        "select p.brand_id is null from document_purpose l join purpose p on p.id = l.purpose_id "
        "where l.provider_id = %(twin)s", [(False,)]),
    "a purpose that is gone": (
        "with gone as (delete from document_purpose where provider_id = %(home)s) "
        "delete from purpose where provider_id = %(home)s and brand_id is not null",
        "select p.brand_id, count(l.*) from purpose p left join document_purpose l "
        "on l.purpose_id = p.id where p.provider_id = %(twin)s group by p.id",
        [(None, 0)]),
    "a field's words": (
        "update custom_field set name_tr = 'Numara', hint_en = 'A hint', required = '{form}', "
        "searchable = true, decimals = 2, retired_at = '2026-11-30' where provider_id = %(home)s",
        "select name_tr, hint_en, required, searchable, decimals, retired_at is not null "
        "from custom_field where provider_id = %(twin)s",
        [("Numara", "A hint", ["form"], True, 2, True)]),
    "a field's kind": (
        "update custom_field set kind = 'number', personal = false, subject = 2 "
        "where provider_id = %(home)s",
        "select kind, personal, subject from custom_field where provider_id = %(twin)s",
        [("number", False, 2)]),
    "a field's key": (
        "update custom_field set key = 'numara' where provider_id = %(home)s",
        "select key, retired_at is null from custom_field where provider_id = %(twin)s order by 1",
        [("beden", False), ("numara", True)]),
    "a template that was taken off, and its name": (
        "update message_template set name = 'Bayram', retired_at = now() "
        "where provider_id = %(home)s",
        "select name, retired_at is null from message_template where provider_id = %(twin)s",
        [("Bayram", False)]),
}


@pytest.mark.parametrize("about", list(DRIFTS))
def test_what_changes_at_home_changes_in_the_twin(home: Any, about: str) -> None:
    change, asked, expected = DRIFTS[about]
    twin = twin_of(home)
    assert run(asked, home, twin=twin) != expected
    run(change, home)
    assert follow(home) == twin
    assert run(asked, home, twin=twin) == expected
    before = standing(twin)
    follow(home)
    assert standing(twin) == before


def test_an_owners_identity_number_stays_at_home(home: Any) -> None:
    run("update provider set trade = 2, owner_tckn = %(tckn)s where id = %(home)s", home,
        tckn=secrets().keyring.encrypt_text("12345678950", "provider-tckn"))
    follow(home)
    assert run("select trade, owner_tckn from provider where id = %(twin)s", home,
               twin=twin_of(home)) == [(2, None)]


def test_a_field_in_which_the_twin_holds_something_keeps_its_kind(app: Any, home: Any) -> None:
    serve_with(lambda: app)
    run("update custom_field set subject = 2 where provider_id = %(home)s", home)
    follow(home)
    answer = take(Program(home, sandboxed(home)), fields={"beden": "XL"})
    assert answer.status_code == 201, answer.text
    run("update custom_field set kind = 'number', name_tr = 'Numara' "
        "where provider_id = %(home)s", home)
    follow(home)
    assert run("select kind, name_tr from custom_field where provider_id = %(twin)s", home,
               twin=twin_of(home)) == [("text", "Numara")]


def test_published_templates_are_a_sandboxs_too_word_for_word_and_without_their_people(
        app: Any, home: Any) -> None:
    serve_with(lambda: app)
    lifecycle.create(home.provider_id, None, Channel.MESAJ, "Taslak", user_id=1, draft=OFFER)
    order = Content(Channel.MESAJ, MessageClass.PURCHASE_AND_DELIVERY,
                    body="Siparişiniz kargoya verildi.", reason="Verilmiş siparişin teslimatı")
    number = lifecycle.create(home.provider_id, None, Channel.MESAJ, "Sipariş", user_id=1,
                              draft=order)
    lifecycle.publish(number, 0, user_id=1)
    lifecycle.save(number, 0, Content(Channel.MESAJ, body="Yeni %10 indirim.",
                                      terms=OFFER.terms, ends=OFFER.ends), user_id=1)
    lifecycle.publish(number, 1, user_id=1)
    follow(home)
    asked = ("select t.name, v.version, v.body, encode(v.content_hash, 'hex'), v.published_at, "
             "v.declared_at, b.name from message_template t "
             "join message_template_version v on v.template_id = t.id "
             "left join brand b on b.id = t.brand_id where t.provider_id = %(twin)s "
             "order by t.name, v.version")
    assert run(asked, home, twin=twin_of(home)) == run(asked, home, twin=home.provider_id)
    assert run("select declared_by, approved_by from message_template_version "
               "where provider_id = %(twin)s group by 1, 2", home,
               twin=twin_of(home)) == [(None, None)]
    program = Program(home, sandboxed(home))
    run("update api_account set scopes = '{templates:read}' where provider_id = %(home)s", home)
    items = program.call("GET", "/api/v1/templates").json["items"]
    assert [(one["name"], one["version"], one["inherited"]) for one in items] == [
        ("Hafta sonu", 1, False), ("Sipariş", 2, True)]
    shown = program.call("POST", f"/api/v1/templates/{items[0]['id']}/preview", json={})
    assert "%20 indirim" in shown.json["body"], shown.text
