"""What came late from a kiosk waits for a person: who decides, what is told, how long it lies."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ileti.capture import kioskheld
from ileti.core import clock, db
from ileti.requests import exportpage, holdings
from ileti.retention.erase import erase_person
from tests.panel.people import sign_in, token_of, user_with

from .kiosk_device import Device, backdate, held, proof, rows


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


def test_wiping_takes_what_nobody_decided(device: Device, place: Any) -> None:
    device.deliver(device.item(device.said("MESAJ", phone="12")))
    assert held(place)[0][2]
    db.connection().execute("update kiosk_item set arrived_at = now() - interval '31 days' "
                            "where provider_id = %s", (place.provider_id,))
    kioskheld.wipe_old()
    assert held(place) == [("invalid", False, False)]


def test_what_was_decided_is_forgotten_when_no_device_can_bring_it_again(
    app: Any, device: Device, place: Any
) -> None:
    one, two = (device.item(device.said("MESAJ", ago=90_000)) for _ in range(2))
    device.deliver(one)
    kioskheld.put_aside(_number(place), 1)
    device.deliver(two)
    for days, left in ((89, 2), (91, 1)):
        db.connection().execute(
            "update kiosk_item set arrived_at = now() - interval '400 days', decided_at = "
            "case when decided_at is null then null else now() - make_interval(days => %s) end "
            "where provider_id = %s", (days, place.provider_id))
        kioskheld.forget_decided()
        assert len(held(place)) == left
    assert held(place) == [("out_of_bounds", False, True)]  # undecided: that is wiping's to end
    with clock.freeze(clock.now() + timedelta(days=91)):
        assert device.deliver(one) == ["unreadable"]


def test_wiped_rows_go_by_their_arrival_and_waiting_ones_are_found_by_an_index(
    device: Device, place: Any
) -> None:
    device.deliver(device.item(device.said("MESAJ", phone="12")))
    db.connection().execute("update kiosk_item set arrived_at = now() - interval '91 days' "
                            "where provider_id = %s", (place.provider_id,))
    kioskheld.wipe_old()
    kioskheld.forget_decided()
    assert held(place) == []
    index, = db.connection().execute(
        "select indexdef from pg_indexes where indexname = 'ix_kiosk_item_waiting'").fetchone()
    assert index.endswith("(arrived_at) WHERE (state = 1)")


def _number(place: Any) -> int:
    return int(db.connection().execute(
        "select id from kiosk_item where provider_id = %s", (place.provider_id,)).fetchone()[0])


def decide(client: Any, number: int, deed: str) -> Any:
    return client.post(f"/gec-gelenler/{number}/karar", follow_redirects=True, data={
        "csrf_token": token_of(client), "karar": deed})


def test_a_person_records_what_waits_with_the_earliest_provable_moment(
    app: Any, device: Device, place: Any
) -> None:
    backdate(device, 6)
    device.deliver(device.item(device.said("MESAJ", ago=90_000)))
    office = sign_in(app, user_with(app, "provider_admin", place))
    page = office.get("/gec-gelenler/").text
    assert "saati yanlıştı" in page
    assert "Nazlı" not in page
    assert "MKB-" in decide(office, _number(place), "kaydet").text
    assert abs((clock.now() - rows(place)[0][4]).total_seconds() - 6 * 3_600) < 30
    assert proof(place)["decided"]["by"] > 0
    assert held(place) == [("out_of_bounds", False, False)]
    assert "karar verilmiş" in decide(office, _number(place), "birak").text
    deeds = db.connection().execute("select action from audit_entry where provider_id = %s "
                                    "and action like 'kiosk:%%'", (place.provider_id,)).fetchall()
    assert deeds == [("kiosk:record",)]


def test_what_the_ledger_has_is_recorded_whoever_presses_what(
    app: Any, device: Device, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    backdate(device, 6)
    device.deliver(device.item(device.said("MESAJ", ago=90_000)))
    device.deliver(device.item(device.said("MESAJ", ago=90_000)))
    office, number = sign_in(app, user_with(app, "provider_admin", place)), _number(place)
    with monkeypatch.context() as patch:  # a death between the ledger and the list
        patch.setattr(kioskheld, "recorded", lambda *_: None)
        decide(office, number, "kaydet")
    page = decide(office, number, "birak").text
    assert ("daha önce kaydedilmiş" in page, "silindi" in page) == (True, False)

    other = db.connection().execute("select max(id) from kiosk_item where provider_id = %s",
                                    (place.provider_id,)).fetchone()[0]
    true = kioskheld.recorded
    with monkeypatch.context() as patch:  # somebody puts it aside while it is being recorded
        patch.setattr(kioskheld, "recorded", lambda *said: (db.connection().execute(
            "update kiosk_item set state = 3, content_key = null, content_ct = null, "
            "marks = '{}' where id = %s", (other,)),
            true(*said)))
        assert "MKB-" in decide(office, other, "kaydet").text
    states = db.connection().execute("select state from kiosk_item where provider_id = %s",
                                     (place.provider_id,)).fetchall()
    assert (states, len(rows(place))) == ([(2,), (2,)], 2)


def test_what_the_law_forbids_no_person_can_record(app: Any, device: Device, place: Any) -> None:
    backdate(device, 24 * 12)
    device.deliver(device.item(device.said("MESAJ", ago=86_400 * 11)))
    office = sign_in(app, user_with(app, "provider_admin", place))
    assert "kaydet" not in office.get("/gec-gelenler/").text.partition("<main")[2]
    assert "3 iş günü" in decide(office, _number(place), "kaydet").text
    assert rows(place) == []
    assert "silindi" in decide(office, _number(place), "birak").text
    assert held(place) == [("overdue", False, False)]


@pytest.mark.parametrize("deed", ["", "sil", "KAYDET", "kaydet "])
def test_what_no_button_says_decides_nothing(
    app: Any, device: Device, place: Any, deed: str
) -> None:
    device.deliver(device.item(device.said("MESAJ", ago=90_000)))
    office = sign_in(app, user_with(app, "provider_admin", place))
    assert decide(office, _number(place), deed).status_code == 400
    assert (held(place), rows(place)) == ([("out_of_bounds", False, True)], [])


def test_one_row_that_opens_no_more_takes_no_other_off_the_list_or_the_copy(
    app: Any, device: Device, place: Any
) -> None:
    phone = "05991239876"
    device.deliver(device.item(device.said("MESAJ", phone=phone)))
    device.deliver(*(device.item(device.said("ARAMA", ago=90_000, phone=phone)) for _ in range(2)))
    broken = _number(place)
    db.connection().execute("update kiosk_item set content_ct = 'x' where id = %s", (broken,))
    office = sign_in(app, user_with(app, "provider_admin", place))
    page = office.get("/gec-gelenler/")
    assert (page.status_code, page.text.count("saati yanlıştı"), page.text.count("98 76")) == (
        200, 2, 1)
    assert "açılamıyor" in decide(office, broken, "kaydet").text
    recipient = db.connection().execute("select id from recipient where provider_id = %s",
                                        (place.provider_id,)).fetchone()[0]
    told = holdings.gather(db.connection(), place.provider_id, [recipient])["late"]
    assert [one["said"]["boxes"] for one in told] == [[], ["ARAMA"]]
    assert exportpage.section("late", told, "tr")["rows"][0][3] == "–"
    assert "silindi" in decide(office, broken, "birak").text


def test_boxes_of_a_choice_kept_by_an_earlier_release_are_told_of_and_not_recorded(
    app: Any, device: Device, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    device.deliver(device.item(device.said("MESAJ", ago=90_000)))
    said = kioskheld.opened(_number(place)).said()
    said["ticks"][0]["box"] = "FAKS"
    kept = kioskheld.opened(_number(place))
    monkeypatch.setattr(kioskheld, "opened", lambda _: replace(
        kept, clear=json.dumps(said).encode()))
    office = sign_in(app, user_with(app, "provider_admin", place))
    assert "artık okunamıyor" in decide(office, _number(place), "kaydet").text
    assert rows(place) == []


def test_whoever_took_it_does_not_decide(app: Any, device: Device, place: Any) -> None:
    device.deliver(device.item(device.said("MESAJ", ago=90_000)))
    dealer = db.connection().execute("select dealer_id from kiosk_item where provider_id = %s",
                                     (place.provider_id,)).fetchone()[0]
    manager = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer))
    assert "saati yanlıştı" in manager.get("/gec-gelenler/").text
    assert decide(manager, _number(place), "kaydet").status_code == 403
    assert rows(place) == []


def test_what_waits_is_told_to_its_person_and_goes_with_their_erasure(
    app: Any, device: Device, place: Any
) -> None:
    phone = "05991239876"
    device.deliver(device.item(device.said("MESAJ", phone=phone)))
    device.deliver(device.item(device.said("ARAMA", ago=90_000, phone=phone)),
                   device.item(device.said("ARAMA", ago=90_000)))
    recipient = db.connection().execute("select id from recipient where provider_id = %s",
                                        (place.provider_id,)).fetchone()[0]
    told = holdings.gather(db.connection(), place.provider_id, [recipient])["late"]
    assert [(one["said"]["phone"], one["said"]["boxes"]) for one in told] == [(phone, ["ARAMA"])]
    assert exportpage.section("late", told, "tr")
    erase_person(place.provider_id, [recipient], reason="KVKK", case="B-1", by=None)
    kioskheld.wipe_old()
    assert [row[2] for row in held(place)] == [False, True]  # the other person's stays
