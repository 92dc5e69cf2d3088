"""All differences of a cause, repaired by a worker that may die at any time (fault rows 1, 27)."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from day_house import PEOPLE, agreed_there, differences, falsify, morning_after, night, told_today
from iys_house import how_many, state

from ileti.core import clock, db
from ileti.iys import reconcile, repairs
from ileti.iys.compare import Cause, State
from ileti.iys.repairs import call_off, repairs_due, wish


@pytest.fixture(autouse=True)
def own_archive(given: Any, tmp_path: Path, monkeypatch: Any) -> Path:
    monkeypatch.setattr(given, "archive_dir", tmp_path / "archive")
    return tmp_path / "archive"


@pytest.fixture
def day(shop: Any, registry: Any) -> dt.date:
    return told_today(shop, registry)


@pytest.fixture
def differing(shop: Any, day: dt.date, registry: Any, monkeypatch: Any) -> dt.date:
    """A day on which six dates differ and five rows are known to İYS alone; batches of two."""
    falsify(registry, shop, day, consentDate=f"{day} 00:00:01")
    for number in range(5):
        registry.tell("day", brandCode=shop.brand_code, reportDate=str(day), add={
            "recipient": f"+90599888100{number}", "type": "MESAJ", "status": "ONAY",
            "source": "HS_WEB", "consentDate": f"{day} 11:00:00",
            "creationDate": f"{day} 12:00:0{number}"})
    night(shop, day)
    assert len(differences(shop, day)) == 11
    monkeypatch.setattr(reconcile, "AT_ONCE", 2)
    return day


def wishes(shop: Any) -> list[dict[str, Any]]:
    cursor = db.connection().execute(
        "select * from iys_repair where provider_id = %s order by id", (shop.provider_id,))
    names = [one.name for one in cursor.description or ()]
    return [dict(zip(names, found, strict=True)) for found in cursor.fetchall()]


def due(shop: Any, day: dt.date, seconds: float = 30) -> dict[str, int]:
    """A worker's run over this provider's wishes."""
    db.connection().execute("update iys_repair set next_at = now() where provider_id = %s",
                            (shop.provider_id,))
    with clock.freeze(morning_after(day)):
        return dict(repairs_due(time.monotonic() + seconds, shop.provider_id))


def wanted(shop: Any, day: dt.date, cause: Cause) -> bool:
    with clock.freeze(morning_after(day)):
        return wish(shop, day, cause, 7)


def is_due_for_comparison(shop: Any, day: dt.date) -> bool:
    return db.connection().execute(
        "select compared_at is null and done_at is null from iys_day where provider_id = %s "
        "and day = %s", (shop.provider_id, day)).fetchone()[0]


def test_a_wish_is_fulfilled_and_the_day_compared_again(shop: Any, differing: dt.date) -> None:
    assert wanted(shop, differing, Cause.OTHER_DATE)
    assert due(shop, differing) == {"noted": 6, "repaired": 6, "fulfilled": 1}
    (one,) = wishes(shop)
    assert (one["total"], one["repaired"], one["unanswered"], one["problem"]) == (6, 6, 0, None)
    assert one["ended_at"] is not None
    assert {found[0] for found in differences(shop, differing)} == {"MISSING_HERE"}
    assert is_due_for_comparison(shop, differing)


def test_two_presses_are_one_wish(shop: Any, differing: dt.date) -> None:
    assert wanted(shop, differing, Cause.OTHER_DATE)
    assert not wanted(shop, differing, Cause.OTHER_DATE)
    assert len(wishes(shop)) == 1
    due(shop, differing)
    assert not wanted(shop, differing, Cause.OTHER_DATE), "nothing is open any more"
    assert len(wishes(shop)) == 1


def test_the_day_is_compared_once_after_its_last_wish(shop: Any, differing: dt.date) -> None:
    wanted(shop, differing, Cause.OTHER_DATE)
    wanted(shop, differing, Cause.MISSING_HERE)
    with clock.freeze(morning_after(differing)):
        first = repairs._take(shop.provider_id)
        assert first is not None
        assert repairs._end(shop, differing, first.id, first.fence, None)
    assert not is_due_for_comparison(shop, differing)
    assert due(shop, differing)["fulfilled"] == 1
    assert is_due_for_comparison(shop, differing)


def test_all_wishes_of_a_day_make_it_equal(shop: Any, differing: dt.date) -> None:
    wanted(shop, differing, Cause.OTHER_DATE)
    wanted(shop, differing, Cause.MISSING_HERE)
    assert due(shop, differing)["fulfilled"] == 2
    assert state(shop, "+905998881003")["status"] == "ONAY"
    assert night(shop, differing)["agreed"] == 1
    assert agreed_there(shop, differing)


def test_a_run_whose_time_is_over_is_gone_on_with(
    shop: Any, differing: dt.date, monkeypatch: Any
) -> None:
    wanted(shop, differing, Cause.OTHER_DATE)
    monkeypatch.setattr(reconcile, "reach", lambda _: time.sleep(0.6))
    assert due(shop, differing, seconds=0.5) == {"noted": 2, "repaired": 2}
    monkeypatch.setattr(reconcile, "reach", lambda _: None)
    (one,) = wishes(shop)
    assert (one["repaired"], one["ended_at"]) == (2, None)
    due(shop, differing)
    (one,) = wishes(shop)
    assert (one["repaired"], one["ended_at"] is None) == (6, False)


@pytest.mark.parametrize("point", ["repairs.claimed", "repair.some"])
@pytest.mark.parametrize("cause", [Cause.OTHER_DATE, Cause.MISSING_HERE])
def test_a_worker_killed_at_any_point_repairs_nothing_twice(
    shop: Any, differing: dt.date, worker: Any, own_archive: Path, point: str, cause: Cause
) -> None:
    count = 6 if cause is Cause.OTHER_DATE else 5
    before = how_many(shop, "receipts")
    wanted(shop, differing, cause)
    for _ in range(2):
        killed = worker("repairs", shop, failpoint=point, archive=own_archive,
                        at=morning_after(differing).isoformat())
        out = killed.communicate(timeout=60)
        assert killed.returncode == 137, out
        db.connection().execute("update iys_repair set next_at = now() where provider_id = %s",
                                (shop.provider_id,))
        if point == "repair.some":
            break  # a batch there is a thousand: all is repaired, only the end is missing
    due(shop, differing)
    (one,) = wishes(shop)
    assert (one["repaired"], one["ended_at"] is None) == (count, False)
    assert how_many(shop, "receipts") == before + count
    assert len(differences(shop, differing, State.REPAIRED)) == count


def test_a_worker_that_slept_past_its_lease_writes_nothing(
    shop: Any, differing: dt.date
) -> None:
    from collections import Counter

    wanted(shop, differing, Cause.OTHER_DATE)
    with clock.freeze(morning_after(differing)):
        asleep = repairs._take(shop.provider_id)
        assert asleep is not None
        db.connection().execute("update iys_repair set next_at = now() where provider_id = %s",
                                (shop.provider_id,))
        awake = repairs._take(shop.provider_id)
        assert awake is not None
        assert awake.fence > asleep.fence
        with pytest.raises(repairs.LostRepair):
            repairs._fulfil(asleep, float("inf"), Counter())
    assert len(differences(shop, differing)) == 11
    assert wishes(shop)[0]["repaired"] == 0


def test_when_iys_is_away_the_wish_waits_and_says_why(
    shop: Any, day: dt.date, registry: Any
) -> None:
    falsify(registry, shop, day, recipient=PEOPLE[0], drop=True)
    night(shop, day)
    wanted(shop, day, Cause.MISSING_AT_IYS)
    registry.tell("fault", kind="503", path="*/status/*")
    assert due(shop, day) == {"failed": 1}
    (one,) = wishes(shop)
    assert one["problem"]
    assert one["ended_at"] is None
    assert one["next_at"] > db.connection().execute("select now()").fetchone()[0]
    registry.tell("reset")
    falsify(registry, shop, day, clear=True)
    due(shop, day)
    (one,) = wishes(shop)
    assert (one["repaired"], one["problem"], one["ended_at"] is None) == (1, None, False)


def test_an_archived_file_that_is_gone_ends_the_wish(
    shop: Any, differing: dt.date, own_archive: Path
) -> None:
    wanted(shop, differing, Cause.MISSING_HERE)
    for file in own_archive.rglob("file-*.sealed"):
        file.unlink()
    assert due(shop, differing) == {"failed": 1}
    (one,) = wishes(shop)
    assert (one["problem"], one["ended_at"] is None) == ("archive", False)


def test_a_wish_can_be_called_off(shop: Any, differing: dt.date) -> None:
    wanted(shop, differing, Cause.OTHER_DATE)
    with clock.freeze(morning_after(differing)):
        held = repairs._take(shop.provider_id)
        assert held is not None
        assert call_off(shop, differing, Cause.OTHER_DATE)
        assert not call_off(shop, differing, Cause.OTHER_DATE)
        from collections import Counter
        with pytest.raises(repairs.LostRepair):
            repairs._fulfil(held, float("inf"), Counter())
    (one,) = wishes(shop)
    assert (one["problem"], one["repaired"]) == ("called_off", 0)
    assert due(shop, differing) == {}
    assert wanted(shop, differing, Cause.OTHER_DATE), "and wished again"


def test_what_is_found_after_the_wish_waits_for_a_person(
    shop: Any, differing: dt.date
) -> None:
    wanted(shop, differing, Cause.OTHER_DATE)
    db.connection().execute(
        "insert into iys_difference (provider_id, brand_id, day, fence, cause, recipient_type, "
        "channel, mark) values (%s, %s, %s, 1, 4, 1, 2, 'later')",
        (shop.provider_id, shop.brand_id, differing))
    assert due(shop, differing)["repaired"] == 6
    assert [one for one in differences(shop, differing) if one[0] == "OTHER_DATE"]


def test_other_providers_wishes_are_left_alone(
    shop: Any, differing: dt.date, place_b: Any
) -> None:
    wanted(shop, differing, Cause.OTHER_DATE)
    assert dict(repairs_due(time.monotonic() + 5, place_b.provider_id)) == {}
    assert wish(place_b, differing, Cause.OTHER_DATE, 7) is False
    assert wishes(shop)[0]["repaired"] == 0


def test_the_file_is_gone_through_once_however_many_batches(
    shop: Any, differing: dt.date, monkeypatch: Any
) -> None:
    from ileti.iys import archive

    opened = []
    real = archive.read
    monkeypatch.setattr(archive, "read", lambda *given: opened.append(1) or real(*given))
    wanted(shop, differing, Cause.MISSING_HERE)
    assert due(shop, differing)["repaired"] == 5
    assert len(opened) == 1


def test_what_is_taken_at_night_goes_through_the_file_once(
    shop: Any, day: dt.date, registry: Any, monkeypatch: Any
) -> None:
    from ileti.iys import archive

    for number in range(5):
        registry.tell("day", brandCode=shop.brand_code, reportDate=str(day), add={
            "recipient": f"+90599888200{number}", "type": "MESAJ", "status": "RET",
            "source": "IYS_WEB", "consentDate": f"{day} 11:00:00",
            "creationDate": f"{day} 12:00:0{number}"})
    monkeypatch.setattr(reconcile, "AT_ONCE", 2)
    opened = []
    real = archive.read
    monkeypatch.setattr(archive, "read",
                        lambda *given: opened.append(given[2].kind) or real(*given))
    night(shop, day)
    assert state(shop, "+905998882004")["status"] == "RET"
    assert opened.count(archive.Kind.FILE) == 2  # to compare, and to take


def test_a_batch_costs_the_same_statements_however_large(
    shop: Any, differing: dt.date, monkeypatch: Any
) -> None:
    counted = []
    real = psycopg.Connection.execute

    def execute(self: Any, query: Any, *more: Any, **named: Any) -> Any:
        counted.append(str(query)[:40])
        return real(self, query, *more, **named)

    def statements(at_once: int) -> int:
        monkeypatch.setattr(reconcile, "AT_ONCE", at_once)
        counted.clear()
        work = reconcile.Work(shop, differing, Cause.OTHER_DATE)
        next(work.batches(reconcile.START, float("inf")))
        return len(counted)

    monkeypatch.setattr(psycopg.Connection, "execute", execute)
    assert statements(1) == statements(5)


def test_the_next_batch_is_read_off_the_index_however_many_are_open(
    shop: Any, differing: dt.date
) -> None:
    with db.transaction() as conn:
        for setting in ("enable_seqscan = off", "enable_sort = off", "enable_bitmapscan = off"):
            conn.execute(f"set local {setting}")
        plan = "\n".join(one[0] for one in conn.execute("explain " + reconcile._OPEN, {
            "provider": shop.provider_id, "brand": shop.brand_id, "day": differing, "cause": 4,
            "after_line": 3, "after_id": 17, "ids": None, "last": 10**9, "urgent": False,
            "most": 1000}).fetchall())
    assert "Index Scan using ix_iys_difference_open" in plan
    assert "Sort" not in plan
