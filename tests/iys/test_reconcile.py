"""Who wins when İYS and we differ, and how each difference is mended (R-34, R-38, R-39)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import psycopg
import pytest
from day_house import (
    PEOPLE,
    agreed_there,
    causes,
    differences,
    falsify,
    morning_after,
    night,
    row,
    told_today,
)
from iys_house import due_now, forward, how_many, settle, state, take

from ileti.core import clock, db
from ileti.iys.client import IysTrouble
from ileti.iys.compare import Cause, State
from ileti.iys.days import Result, once_more
from ileti.iys.reconcile import repair


@pytest.fixture(autouse=True)
def own_archive(given: Any, tmp_path: Path, monkeypatch: Any) -> Path:
    monkeypatch.setattr(given, "archive_dir", tmp_path / "archive")
    return tmp_path / "archive"


@pytest.fixture
def day(shop: Any, registry: Any) -> dt.date:
    return told_today(shop, registry)


def owner(database: str, sql: str, *values: Any) -> None:
    """What no role of ours may do: change proof, as a fault or an older version might have."""
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(sql, values)


def of(phone: str, shop: Any) -> int:
    """The entry of a phone."""
    from ileti.core.secrets import secrets

    return db.connection().execute(
        "select e.id from consent_entry e join recipient r on r.provider_id = e.provider_id "
        "and r.id = e.recipient_id where r.provider_id = %s and r.addr_hash = %s order by e.id",
        (shop.provider_id, secrets().addresses.of(shop.provider_id, phone))).fetchone()[0]


def mend(shop: Any, day: dt.date, cause: Cause, **more: Any) -> dict[str, int]:
    with clock.freeze(morning_after(day)):
        return dict(repair(shop, day, cause, by=7, **more))


def again(shop: Any, day: dt.date) -> dict[str, int]:
    once_more(shop, day)
    return night(shop, day)


def test_missing_at_iys_is_reported_again(shop: Any, day: dt.date, registry: Any) -> None:
    falsify(registry, shop, day, recipient=PEOPLE[0], drop=True)
    registry.tell("citizen", recipient=PEOPLE[0], type="MESAJ", status="RET",
                  brandCode=shop.brand_code)  # what İYS holds now is not what we believe
    night(shop, day)
    assert causes(shop, day) == ["MISSING_AT_IYS"]
    assert not agreed_there(shop, day)
    assert mend(shop, day, Cause.MISSING_AT_IYS) == {"sent_again": 1, "repaired": 1}
    assert state(shop, PEOPLE[0])["iys"] == "QUEUED"
    assert how_many(shop, "outbox") == 1


def test_what_iys_holds_is_not_reported_again(shop: Any, day: dt.date, registry: Any) -> None:
    falsify(registry, shop, day, recipient=PEOPLE[0], drop=True)
    night(shop, day)
    assert mend(shop, day, Cause.MISSING_AT_IYS) == {"repaired": 1}
    assert how_many(shop, "outbox") == 0
    assert state(shop, PEOPLE[0])["iys"] == "REGISTERED"


def test_a_row_missing_here_waits_for_a_person_when_it_opens(
    shop: Any, day: dt.date, registry: Any, database: str
) -> None:
    reported_elsewhere(registry, shop, "+905998880001")
    night(shop, day)
    assert causes(shop, day) == ["MISSING_HERE"]
    assert state(shop, "+905998880001") == {}
    assert mend(shop, day, Cause.MISSING_HERE) == {"moved": 1, "repaired": 1}
    found = state(shop, "+905998880001")
    assert (found["status"], found["iys"], found["source"]) == (
        "ONAY", "CHANGED_THERE", "IYS_BILINMEYEN")
    assert again(shop, day)["agreed"] == 1


def reported_elsewhere(registry: Any, shop: Any, phone: str, **changes: Any) -> None:
    """Another system of the same provider reported a consent on the day that is over."""
    today = dt.date.fromisoformat(registry.ask("state")["now"][:10])
    day = today - dt.timedelta(days=1)
    registry.tell("day", brandCode=shop.brand_code, reportDate=str(day), add={
        "recipient": phone, "type": "MESAJ", "status": "ONAY", "source": "HS_WEB",
        "consentDate": f"{day} 11:00:00", "creationDate": f"{day} 12:00:00", **changes})


def test_a_refusal_missing_here_is_taken_at_once(shop: Any, day: dt.date, registry: Any) -> None:
    reported_elsewhere(registry, shop, "+905998880002", status="RET")
    night(shop, day)
    assert state(shop, "+905998880002")["status"] == "RET"
    assert agreed_there(shop, day)


def test_another_status_blocks_at_once_and_opens_by_hand(
    shop: Any, day: dt.date, registry: Any
) -> None:
    falsify(registry, shop, day, recipient=PEOPLE[0], status="RET")
    night(shop, day)
    assert state(shop, PEOPLE[0])["status"] == "RET"
    assert row(shop, day)["result"] == Result.EQUAL


def test_a_consent_at_iys_over_our_refusal_waits_for_a_person(
    shop: Any, registry: Any
) -> None:
    take(shop, PEOPLE[:1], at=clock.now() - dt.timedelta(seconds=90))
    forward(shop)
    settle(shop)
    registry.tell("clock", advance_seconds=2)
    take(shop, PEOPLE[:1], at=clock.now() - dt.timedelta(seconds=20), status="RET")
    day = told_today(shop, registry, PEOPLE[1:])
    falsify(registry, shop, day, recipient=PEOPLE[0], status="ONAY")
    night(shop, day)
    assert causes(shop, day) == ["OTHER_STATUS"]
    assert state(shop, PEOPLE[0])["status"] == "RET"
    mend(shop, day, Cause.OTHER_STATUS)
    assert state(shop, PEOPLE[0])["status"] == "ONAY"
    assert again(shop, day)["agreed"] == 1


def test_another_date_keeps_our_proof_and_heeds_iys_s_clock(
    shop: Any, day: dt.date, registry: Any
) -> None:
    before = state(shop, PEOPLE[0])["date"]
    falsify(registry, shop, day, recipient=PEOPLE[0], consentDate=f"{day} 23:59:58")
    night(shop, day)
    assert causes(shop, day) == ["OTHER_DATE"]
    mend(shop, day, Cause.OTHER_DATE)
    assert state(shop, PEOPLE[0])["date"] > before
    entry = db.connection().execute(
        "select consent_date from consent_entry where provider_id = %s and id = %s",
        (shop.provider_id, of(PEOPLE[0], shop))).fetchone()[0]
    assert entry == before
    assert again(shop, day)["agreed"] == 1
    assert differences(shop, day, State.GONE)


def test_another_source_is_written_beside_our_proof(
    shop: Any, day: dt.date, registry: Any
) -> None:
    falsify(registry, shop, day, recipient=PEOPLE[1], source="HS_MOBIL")
    night(shop, day)
    assert causes(shop, day) == ["OTHER_SOURCE"]
    mend(shop, day, Cause.OTHER_SOURCE)
    assert state(shop, PEOPLE[1])["source"] == "HS_WEB"
    assert again(shop, day)["agreed"] == 1


def test_a_number_we_never_got_is_taken_into_the_receipt(
    shop: Any, day: dt.date, database: str
) -> None:
    owner(database, "delete from iys_receipt where provider_id = %s and entry_id = %s",
          shop.provider_id, of(PEOPLE[2], shop))
    owner(database, "update consent_state set iys_status = 2 where provider_id = %s "
          "and entry_id = %s", shop.provider_id, of(PEOPLE[2], shop))
    night(shop, day)
    assert causes(shop, day) == ["UNKNOWN_TRANSACTION"]
    mend(shop, day, Cause.UNKNOWN_TRANSACTION)
    assert state(shop, PEOPLE[2])["iys"] == "REGISTERED"
    assert again(shop, day)["agreed"] == 1


def test_a_receipt_on_the_wrong_side_of_midnight_is_put_right(
    shop: Any, day: dt.date, database: str
) -> None:
    owner(database, "update iys_receipt set creation_date = creation_date + interval '1 day' "
          "where provider_id = %s and entry_id = %s", shop.provider_id, of(PEOPLE[3], shop))
    night(shop, day)
    assert causes(shop, day) == ["OTHER_SIDE_OF_MIDNIGHT"]
    mend(shop, day, Cause.OTHER_SIDE_OF_MIDNIGHT)
    assert again(shop, day)["agreed"] == 1


def test_both_days_beside_midnight_know_of_it(
    shop: Any, day: dt.date, registry: Any, database: str
) -> None:
    owner(database, "update iys_receipt set creation_date = creation_date + interval '1 day' "
          "where provider_id = %s and entry_id = %s", shop.provider_id, of(PEOPLE[3], shop))
    registry.tell("clock", advance_seconds=86_400)
    night(shop, day, days=2)
    other = day + dt.timedelta(days=1)
    night(shop, day, days=5)  # nothing moved there, as İYS says for two days
    assert causes(shop, day) == ["OTHER_SIDE_OF_MIDNIGHT"]
    assert causes(shop, other) == ["OTHER_SIDE_OF_MIDNIGHT"]
    assert mend(shop, other, Cause.OTHER_SIDE_OF_MIDNIGHT)["repaired"] == 1
    once_more(shop, day)
    again(shop, other)
    assert causes(shop, day) == causes(shop, other) == []


def test_several_differences_get_their_own_causes(
    shop: Any, day: dt.date, registry: Any, database: str
) -> None:
    falsify(registry, shop, day, recipient=PEOPLE[0], drop=True)
    falsify(registry, shop, day, recipient=PEOPLE[1], consentDate=f"{day} 00:00:01")
    falsify(registry, shop, day, recipient=PEOPLE[2], source="HS_ATM")
    reported_elsewhere(registry, shop, "+905998880003")
    night(shop, day)
    assert causes(shop, day) == ["MISSING_AT_IYS", "MISSING_HERE", "OTHER_DATE", "OTHER_SOURCE"]
    assert row(shop, day)["causes"] == dict.fromkeys(causes(shop, day), 1)


def test_one_difference_is_mended_alone(shop: Any, day: dt.date, registry: Any) -> None:
    falsify(registry, shop, day, source="HS_ATM")
    night(shop, day)
    first = differences(shop, day)[0][1]
    assert mend(shop, day, Cause.OTHER_SOURCE, ids=[first])["repaired"] == 1
    assert len(differences(shop, day)) == 5
    assert differences(shop, day, State.REPAIRED) == [("OTHER_SOURCE", first)]


@pytest.mark.parametrize("cause", list(Cause))
def test_every_repair_can_run_twice(
    shop: Any, day: dt.date, registry: Any, database: str, cause: Cause
) -> None:
    falsify(registry, shop, day, recipient=PEOPLE[0], drop=True)
    falsify(registry, shop, day, recipient=PEOPLE[1], consentDate=f"{day} 00:00:01")
    falsify(registry, shop, day, recipient=PEOPLE[2], source="HS_ATM")
    reported_elsewhere(registry, shop, "+905998880004")
    night(shop, day)
    mend(shop, day, cause)
    counted = {what: how_many(shop, what) for what in ("outbox", "receipts", "registered")}
    again(shop, day)
    mend(shop, day, cause)
    db.connection().execute("update iys_difference set state = 1 where provider_id = %s "
                            "and state = 2", (shop.provider_id,))
    assert sum(mend(shop, day, cause).values()) >= 0
    after = {what: how_many(shop, what) for what in ("outbox", "registered")}
    assert after == {what: counted[what] for what in after}


def test_comparing_again_finds_the_same_differences(
    shop: Any, day: dt.date, registry: Any
) -> None:
    falsify(registry, shop, day, source="HS_ATM")
    night(shop, day)
    before = differences(shop, day)
    again(shop, day)
    assert differences(shop, day) == before


def test_a_repair_needs_iys_and_says_so_when_it_is_away(
    shop: Any, day: dt.date, registry: Any
) -> None:
    falsify(registry, shop, day, recipient=PEOPLE[0], drop=True)
    night(shop, day)
    registry.tell("fault", kind="503", path="*/status/*")
    with pytest.raises(IysTrouble):
        mend(shop, day, Cause.MISSING_AT_IYS)
    assert causes(shop, day) == ["MISSING_AT_IYS"]


def test_a_refusal_in_the_second_of_the_consent_is_no_difference(
    shop: Any, registry: Any
) -> None:
    moment = clock.now() - dt.timedelta(minutes=2)
    take(shop, PEOPLE[:1], at=moment)
    forward(shop)
    settle(shop)
    registry.tell("clock", advance_seconds=2)
    take(shop, PEOPLE[:1], at=moment, status="RET")
    forward(shop)
    settle(shop)
    due_now(shop)
    day = told_today(shop, registry, PEOPLE[1:])
    night(shop, day)
    assert causes(shop, day) == []
    assert row(shop, day)["result"] == Result.EQUAL
