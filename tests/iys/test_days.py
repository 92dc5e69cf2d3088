"""A night's work per brand: fetched, archived, compared, agreed to (İYS API §8; R-46)."""

from __future__ import annotations

import datetime as dt
from hashlib import sha384
from pathlib import Path
from typing import Any

import psycopg
import pytest
from day_house import (
    PEOPLE,
    agreed_there,
    causes,
    falsify,
    morning_after,
    night,
    row,
    told_today,
)
from iys_house import open_account, reconciled_day, state

from ileti.core import clock, db
from ileti.core.jobs import redis_client
from ileti.iys import archive
from ileti.iys.alarms import missing_days, raise_day_alarms
from ileti.iys.archive import Kind
from ileti.iys.days import Result, add_days, once_more


@pytest.fixture(autouse=True)
def own_archive(given: Any, tmp_path: Path, monkeypatch: Any) -> Path:
    monkeypatch.setattr(given, "archive_dir", tmp_path / "archive")
    return tmp_path / "archive"


@pytest.fixture
def day(shop: Any, registry: Any) -> dt.date:
    return told_today(shop, registry)


def test_an_equal_day_is_archived_compared_and_agreed_to(shop: Any, day: dt.date) -> None:
    assert night(shop, day) == {"archived": 1, "equal": 1, "agreed": 1}
    found = row(shop, day)
    assert (found["result"], found["rows"], found["differences"]) == (Result.EQUAL, 6, 0)
    assert found["done_at"] is not None
    assert agreed_there(shop, day)
    assert night(shop, day) == {}


def test_our_own_file_is_iys_s_byte_for_byte(shop: Any, day: dt.date) -> None:
    night(shop, day)
    found = row(shop, day)
    assert len(found["own_hash"]) == 96
    assert found["own_hash"] == found["hash_value"]


def test_everything_iys_gives_is_kept_as_it_came(shop: Any, day: dt.date) -> None:
    night(shop, day)
    kept = {one.kind: one for one in archive.kept_of(shop, day)}
    assert set(kept) == set(Kind)
    for kind, one in kept.items():
        content = b"".join(archive.read(shop, day, one))
        assert (len(content), sha384(content).digest()) == (one.size, one.sha384), kind
    file = b"".join(archive.read(shop, day, kept[Kind.FILE]))
    assert sha384(file).hexdigest() == row(shop, day)["hash_value"]
    assert kept[Kind.FILE].sha384 in b"".join(archive.read(shop, day, kept[Kind.STAMP]))


def test_no_address_lies_in_clear_on_the_disk(shop: Any, day: dt.date, own_archive: Path) -> None:
    night(shop, day)
    files = list(own_archive.rglob("*.sealed"))
    assert len(files) == 5
    assert not [f for f in files if PEOPLE[0][4:].encode() in f.read_bytes()]
    assert {f.stat().st_mode & 0o777 for f in files} == {0o600}


def test_the_archive_is_proof_that_the_application_cannot_change(shop: Any, day: dt.date) -> None:
    night(shop, day)
    for sql in ("update iys_archive set size = 1", "delete from iys_archive"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.connection().execute(sql)


def test_a_changed_archive_file_is_noticed(shop: Any, day: dt.date, own_archive: Path) -> None:
    from ileti.core.crypto import CannotDecrypt

    night(shop, day)
    kept = archive.newest(shop, day, Kind.FILE)
    assert kept is not None
    path = own_archive / kept.path
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(CannotDecrypt):
        b"".join(archive.read(shop, day, kept))


def test_another_file_for_the_same_day_is_kept_beside_the_first(
    shop: Any, day: dt.date, registry: Any
) -> None:
    registry.tell("fault", kind="503", path="*/timestamp")
    night(shop, day)
    falsify(registry, shop, day, recipient=PEOPLE[0], drop=True)
    night(shop, day)
    files = [one for one in archive.kept_of(shop, day) if one.kind is Kind.FILE]
    assert [one.lines for one in files] == [6, 7]


def test_a_day_iys_is_still_working_on_is_asked_for_again(
    shop: Any, day: dt.date, registry: Any
) -> None:
    registry.tell("delay", reconcile=7_200)
    assert night(shop, day) == {"waiting": 1}
    assert row(shop, day)["process_status"] == "queued"
    registry.tell("clock", advance_seconds=4_000)
    assert night(shop, day) == {"waiting": 1}
    assert row(shop, day)["process_status"] == "inprogress"
    registry.tell("clock", advance_seconds=4_000)
    assert night(shop, day)["agreed"] == 1


def test_a_day_that_failed_at_iys_is_no_day_without_movements(
    shop: Any, day: dt.date, registry: Any
) -> None:
    falsify(registry, shop, day, processStatus="error")
    assert night(shop, day) == {"waiting": 1}
    found = row(shop, day)
    assert (found["process_status"], found["archived_at"]) == ("error", None)


def test_a_quiet_day_is_empty_on_both_sides(shop: Any, registry: Any) -> None:
    day = reconciled_day(registry)
    assert night(shop, day) == {"empty": 1, "equal": 1}
    assert row(shop, day)["result"] == Result.EMPTY


def test_nothing_moved_is_not_believed_while_something_of_ours_did(
    shop: Any, day: dt.date, registry: Any
) -> None:
    falsify(registry, shop, day, drop=True)
    assert night(shop, day) == {"waiting": 1}
    registry.tell("clock", advance_seconds=3 * 86_400)
    counts = night(shop, day, days=4)
    assert counts["different"] == 1
    assert causes(shop, day) == ["MISSING_AT_IYS"] * 6
    assert not agreed_there(shop, day)


def test_a_file_that_does_not_fit_its_hash_is_kept_and_never_agreed_to(
    shop: Any, day: dt.date, monkeypatch: Any
) -> None:
    from ileti.iys.dayanswers import DayHash

    monkeypatch.setattr(DayHash, "fits", lambda *_: False)
    night(shop, day)
    found = row(shop, day)
    assert (found["hash_fits"], found["result"], found["agreed_at"]) == (False, Result.EQUAL, None)
    assert archive.newest(shop, day, Kind.FILE) is not None
    assert not agreed_there(shop, day)


def test_a_missing_stamp_is_fetched_later_and_the_file_only_once(
    shop: Any, day: dt.date, registry: Any
) -> None:
    registry.tell("fault", kind="500", path="*/timestamp")
    assert night(shop, day) == {"failed": 1}
    assert row(shop, day)["archived_at"] is None
    assert night(shop, day)["agreed"] == 1
    assert registry.calls("/file") == 1


def test_a_citizens_refusal_found_only_in_the_file_blocks_at_once_r34(
    shop: Any, registry: Any
) -> None:
    day = told_today(shop, registry, PEOPLE)
    registry.tell("citizen", recipient=PEOPLE[2], type="MESAJ", status="RET",
                  brandCode=shop.brand_code)
    night(shop, day)
    registry.tell("clock", advance_seconds=86_400)
    counts = night(shop, day + dt.timedelta(days=1), 1)
    assert (counts["different"], counts["agreed"]) == (1, 1)
    found = state(shop, PEOPLE[2])
    assert (found["status"], found["iys"], found["source"]) == ("RET", "CHANGED_THERE", "IYS_WEB")


def test_what_pull_has_brought_is_no_difference(shop: Any, registry: Any) -> None:
    from iys_house import pull

    registry.tell("citizen", recipient=PEOPLE[0], type="MESAJ", status="ONAY",
                  brandCode=shop.brand_code)
    pull(shop)
    day = told_today(shop, registry, PEOPLE[1:])
    assert night(shop, day)["agreed"] == 1
    assert row(shop, day)["rows"] == 6


def test_other_providers_are_not_in_the_day(shop: Any, day: dt.date, place_b: Any,
                                            registry: Any) -> None:
    open_account(place_b, registry)
    night(shop, day)
    assert row(place_b, day) == {}
    with clock.freeze(morning_after(day)):
        add_days(place_b.provider_id)
    assert row(place_b, day)["archived_at"] is None


def test_on_the_fifth_day_a_missing_day_is_an_alarm(shop: Any, day: dt.date) -> None:
    redis_client().flushdb()  # what an earlier run of the tests has said
    with clock.freeze(morning_after(day, 4)):
        assert missing_days(shop.provider_id) == []
    with clock.freeze(morning_after(day, 5)):
        (one,) = missing_days(shop.provider_id)
        assert (one.day, one.days_left) == (day, 2)
        raised = raise_day_alarms()["alarms"]
        assert raised >= 1
        assert raise_day_alarms()["alarms"] == 0


def test_the_doctor_names_the_missing_day(shop: Any, day: dt.date) -> None:
    from ileti.cli.doctor import _days

    with clock.freeze(morning_after(day, 6)):
        said = [one for one in _days(db.connection()) if f"{day:%d.%m.%Y}" in one.what]
    assert any(not one.good and "1 days left" in one.what for one in said)


def test_an_archived_day_is_no_alarm(shop: Any, day: dt.date) -> None:
    night(shop, day)
    with clock.freeze(morning_after(day, 5)):
        assert missing_days(shop.provider_id) == []


def test_after_seven_days_the_day_is_lost_and_stays_an_alarm(
    shop: Any, day: dt.date, registry: Any
) -> None:
    with clock.freeze(morning_after(day)):
        add_days(shop.provider_id)
    registry.tell("clock", advance_seconds=8 * 86_400)
    assert night(shop, day, days=8)["lost"] == 1
    assert row(shop, day)["result"] == Result.LOST
    with clock.freeze(morning_after(day, 8)):
        assert missing_days(shop.provider_id)[0].days_left == -1


def test_comparing_again_needs_no_download(shop: Any, day: dt.date, registry: Any) -> None:
    night(shop, day)
    assert once_more(shop, day)
    assert night(shop, day) == {"equal": 1}
    assert registry.calls("/file") == 1


POINTS = ["days.claimed", "days.summary", "days.hash", "archive.file", "archive.row", "days.file",
          "days.stamp", "days.staged", "days.compared", "days.agreed"]


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_point_costs_a_lease(
    shop: Any, day: dt.date, registry: Any, worker: Any, own_archive: Path, point: str
) -> None:
    if point in ("days.staged", "days.compared"):
        falsify(registry, shop, day, recipient=PEOPLE[0], status="RET")
    killed = worker("days", shop, failpoint=point, archive=own_archive,
                    at=morning_after(day).isoformat())
    out = killed.communicate(timeout=60)
    assert killed.returncode == 137, out
    night(shop, day)
    night(shop, day)
    found = row(shop, day)
    assert found["done_at"] is not None
    assert {one.kind for one in archive.kept_of(shop, day)} == set(Kind)
    assert db.connection().execute(
        "select count(*) from iys_day_row where provider_id = %s",
        (shop.provider_id,)).fetchone()[0] == 0


def test_a_worker_that_slept_past_its_lease_writes_nothing(shop: Any, day: dt.date) -> None:
    from ileti.iys import days
    from ileti.iys.compare import LostDay

    with clock.freeze(morning_after(day)):
        add_days(shop.provider_id)
        held = days._take(shop.provider_id)
        assert held is not None
        night(shop, day)
        with pytest.raises(LostDay):
            days._forward(held)


def test_files_of_killed_workers_are_swept_after_a_day(
    shop: Any, day: dt.date, own_archive: Path
) -> None:
    import time

    night(shop, day)
    folder = own_archive / str(shop.iys_code) / str(shop.brand_code) / str(day)
    (folder / "file-0.sealed").write_bytes(b"half")
    assert archive.sweep(shop, day) == 0
    assert archive.sweep(shop, day, now=lambda: time.time() + 2 * 86_400) == 1
    assert len(list(folder.iterdir())) == 5
