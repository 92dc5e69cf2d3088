"""Custom fields in a list: recognised, judged in the dry run, brought with the rows."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.consents.numbers import record_number
from ileti.core import db
from ileti.fields import kept
from ileti.imports import arriving, ownfields, report, runs, table, undo
from ileti.imports.origin import state
from ileti.imports.reading.reader import Layout
from ileti.imports.states import RunState
from tests.fields.house import define
from tests.imports.import_house import HEAD, STATEMENT, check, many, put_in, row
from tests.panel.people import sign_in, user_with

PEOPLE = [f"+90599213411{n}" for n in range(6)]
NUMBER, SHOP, TIER = "Müşteri No", "shop", "SEGMENT"


@pytest.fixture
def own(conn: Any, place: Any, place_b: Any) -> dict[str, int]:
    """A sealed number and a segment of recipients, a shop of consents; ids by key."""
    define(conn, place_b, "segment", subject=1)
    found = {
        "customer_no": define(conn, place, "customer_no", subject=1, mask="AA-9999"),
        "segment": define(conn, place, "segment", subject=1, kind="choice", personal=False,
                          choices=("gold", "silver"), searchable=True),
        "shop": define(conn, place, "shop", kind="choice", personal=False, searchable=True,
                       choices=("izmir", "ankara"))}
    conn.execute("update custom_field set name_tr = %s where id = %s",
                 (NUMBER, found["customer_no"]))
    return found


def begin(place: Any, *lines: str) -> int:
    """A list as the page begins it: mapped by what is recognised."""
    run_id = runs.open_run(place, "liste.csv", Layout())
    runs.read_run(run_id).file.add(1, ["\n".join(
        (f"{HEAD},{NUMBER},{SHOP},{TIER}", *lines)).encode()])
    run = arriving.finish(run_id)
    layout, seen = table.examined(run)
    runs.map_columns(run_id, layout, table.proposal(seen, run))
    runs.state_origin(run_id, state(STATEMENT))
    return run_id


def known(place: Any, address: str) -> dict[int, Any]:
    from ileti.core.secrets import secrets

    found = db.connection().execute(
        "select id from recipient where provider_id = %s and addr_hash = %s",
        (place.provider_id, secrets().addresses.of(place.provider_id, address))).fetchone()
    return kept.of_recipient(db.connection(), place.provider_id, found[0])


def test_columns_are_recognised_by_key_and_by_name(place: Any, own: dict[str, int]) -> None:
    run = runs.read_run(begin(place, row(PEOPLE[0]) + ",TR-0001,izmir,gold"))
    assert run.mapping.fields == {"customer_no": 6, "shop": 7, "segment": 8}
    assert set(run.mapping.columns.values()) == set(range(6))


def test_values_are_brought_with_the_rows_and_once_more_changes_nothing(
        place: Any, own: dict[str, int]) -> None:
    run_id = begin(place, row(PEOPLE[0]) + ",TR-0001,İzmir,GOLD", row(PEOPLE[1]) + ",,,silver",
                   row(PEOPLE[2], "RET") + ",TR-0003,,")
    assert check(run_id) == {"ALINACAK": 2, "ILK_RET": 1}
    assert put_in(run_id) == (RunState.APPLIED, 3, 0)
    assert known(place, PEOPLE[0]) == {own["customer_no"]: "TR-0001", own["segment"]: "gold"}
    assert known(place, PEOPLE[1]) == {own["segment"]: "silver"}
    assert known(place, PEOPLE[2]) == {own["customer_no"]: "TR-0003"}
    said = db.connection().execute("select field_id, value from entry_value where provider_id = %s",
                                   (place.provider_id,)).fetchall()
    assert said == [(own["shop"], "izmir")]
    assert many("select count(*) from recipient_value where provider_id = %s "
                "and value::text like '%%TR-%%'", place.provider_id) == 0


def test_a_value_that_will_not_do_is_told_by_its_field_and_holds_nothing_up(
        place: Any, own: dict[str, int]) -> None:
    run_id = begin(place, row(PEOPLE[0]) + ",4711,izmir,gold", row(PEOPLE[1]) + ",TR-1,bursa,",
                   row(PEOPLE[2]) + ",TR-0003,,")
    assert check(run_id) == {"ALINACAK": 3}
    told = db.connection().execute("select samples->'fields' from import_run where id = %s",
                                   [run_id]).fetchone()
    assert told is not None
    assert {(one["key"], one["code"], one["count"], one["line"]) for one in told[0]} == {
        ("customer_no", "wrong_shape", 2, 2), ("shop", "no_such_choice", 1, 3)}
    lines = b"".join(report.stream(runs.read_run(run_id), every=False)).decode().splitlines()
    assert len(lines) == 3
    assert f"{NUMBER}: Metin istenen biçimde değil." in lines[2]
    assert "SHOP: Böyle bir seçenek yok." in lines[2]
    put_in(run_id)
    assert known(place, PEOPLE[0]) == {own["segment"]: "gold"}


def test_a_required_field_lets_a_consent_wait_and_never_a_refusal_r42(
        conn: Any, place: Any, own: dict[str, int]) -> None:
    conn.execute("update custom_field set required = '{import}' where id = %s",
                 (own["customer_no"],))
    run_id = begin(place, row(PEOPLE[0]) + ",,,", row(PEOPLE[1]) + ",bad,,",
                   row(PEOPLE[2], "RET") + ",,,", row(PEOPLE[3]) + ",TR-0004,,")
    assert check(run_id) == {"ALAN_EKSIK": 2, "ILK_RET": 1, "ALINACAK": 1}
    assert put_in(run_id) == (RunState.APPLIED, 2, 0)


def test_who_is_known_already_gets_the_values_and_an_undo_takes_them_back(
        place: Any, own: dict[str, int]) -> None:
    import time

    same = row(PEOPLE[0])
    put_in_first = begin(place, same + ",,,")
    check(put_in_first)
    put_in(put_in_first)
    run_id = begin(place, same + ",TR-0001,,gold", row(PEOPLE[1]) + ",,,")
    assert check(run_id) == {"ZATEN_VAR": 1, "ALINACAK": 1}
    put_in(run_id)
    assert known(place, PEOPLE[0])[own["segment"]] == "gold"
    runs.ask_undo(run_id, by=None, kind=undo.preview(runs.read_run(run_id)).kind)
    undo.undo_due(time.monotonic() + 60, run_id)
    assert known(place, PEOPLE[0]) == {}


def test_the_record_s_page_and_the_list_tell_what_a_row_said(
        app: Any, conn: Any, place: Any, own: dict[str, int]) -> None:
    run_id = begin(place, row(PEOPLE[0]) + ",,ankara,")
    check(run_id)
    put_in(run_id)
    entry = many("select max(id) from consent_entry where provider_id = %s", place.provider_id)
    admin = sign_in(app, user_with(app, "provider_admin", place))
    assert "Ankara" in admin.get(f"/izinler/{record_number(entry)}").text
    assert record_number(entry) in admin.get("/izinler/?alan.shop=ankara").text
    assert record_number(entry) not in admin.get("/izinler/?alan.shop=izmir").text


def test_the_mapping_page_offers_the_fields_and_keeps_the_choice(
        app: Any, place: Any, own: dict[str, int]) -> None:
    run_id = begin(place, row(PEOPLE[0]) + ",TR-0001,izmir,gold")
    page = sign_in(app, user_with(app, "provider_admin", place)).get(
        f"/ice-aktarma/{run_id}/esleme").text
    assert f'<option value="field.customer_no" selected>Özel alan: {NUMBER}</option>' in page


def test_another_provider_s_field_is_none_of_a_list(place: Any, own: dict[str, int]) -> None:
    run = runs.read_run(begin(place, row(PEOPLE[0]) + ",,,"))
    assert {one.key for one in ownfields.of_run(run)} == set(own)


def test_a_required_field_without_a_column_lets_consents_wait_and_no_refusal(
        conn: Any, place: Any, own: dict[str, int]) -> None:
    conn.execute("update custom_field set required = '{import}' where id = %s",
                 (own["segment"],))
    run_id = begin_plain(place, row(PEOPLE[0]), row(PEOPLE[1], "RET"))
    assert check(run_id) == {"ALAN_EKSIK": 1, "ILK_RET": 1}
    name = conn.execute("select name_tr from custom_field where id = %s",
                        (own["segment"],)).fetchone()[0]
    first = b"".join(report.stream(runs.read_run(run_id))).decode().splitlines()[1]
    assert f"{name}: " in first


def begin_plain(place: Any, *lines: str) -> int:
    from tests.imports.import_house import begin as listed

    return listed(place, HEAD, *lines)
