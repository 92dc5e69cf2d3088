"""Each day's stamp is looked into when it comes; one that does not hold is an alarm (ADR 0020)."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Any

import pytest
from day_house import falsify, morning_after, night, row, told_today

from ileti.core import clock, db
from ileti.core.jobs import redis_client
from ileti.core.secrets import secrets
from ileti.evidence.stamps import Verdict
from ileti.iys import archive
from ileti.iys.alarms import raise_day_alarms
from ileti.iys.stampcheck import bad_stamps, check_stamp, checks_due
from ileti.simulator.authority import authority

BAD = {"imprint": Verdict.IMPRINT_DIFFERS, "signature": Verdict.BAD_SIGNATURE,
       "content": Verdict.BAD_SIGNATURE, "early": Verdict.WRONG_TIME, "late": Verdict.WRONG_TIME,
       "refused": Verdict.REFUSED, "broken": Verdict.UNREADABLE}


@pytest.fixture(autouse=True)
def own_archive(given: Any, tmp_path: Path, monkeypatch: Any) -> Path:
    monkeypatch.setattr(given, "archive_dir", tmp_path / "archive")
    monkeypatch.setattr(given, "stamp_ca_file", None)
    return tmp_path / "archive"


@pytest.fixture
def day(shop: Any, registry: Any) -> dt.date:
    return told_today(shop, registry)


def trust(given: Any, tmp_path: Path, monkeypatch: Any, name: str = "Deneme Zaman Damgası") -> None:
    path = tmp_path / f"{abs(hash(name))}.pem"
    path.write_text(authority(name).bundle)
    monkeypatch.setattr(given, "stamp_ca_file", path)


def verdict(shop: Any, day: dt.date) -> Verdict | None:
    found = db.connection().execute(
        "select verdict from iys_stamp_check where provider_id = %s and day = %s",
        (shop.provider_id, day)).fetchone()
    return Verdict(found[0]) if found else None


def check(shop: Any, day: dt.date) -> dict[str, int]:
    with clock.freeze(morning_after(day)):
        return dict(checks_due(time.monotonic() + 20, shop.provider_id))


def told_of(shop: Any, day: dt.date) -> list[Verdict]:
    with clock.freeze(morning_after(day)):
        return [one.verdict for one in bad_stamps(shop.provider_id)]


def test_a_stamp_is_looked_into_in_the_night_it_comes(shop: Any, day: dt.date) -> None:
    night(shop, day)
    assert verdict(shop, day) is Verdict.SIGNED
    assert told_of(shop, day) == []
    assert check(shop, day) == {}


def test_named_authorities_make_it_valid(
    shop: Any, day: dt.date, given: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    trust(given, tmp_path, monkeypatch)
    night(shop, day)
    assert verdict(shop, day) is Verdict.VALID


@pytest.mark.parametrize("how", list(BAD))
def test_a_spoilt_stamp_is_kept_told_of_and_stops_nothing(
    shop: Any, day: dt.date, registry: Any, how: str
) -> None:
    falsify(registry, shop, day, stamp=how)
    assert night(shop, day) == {"archived": 1, "equal": 1, "agreed": 1}
    assert verdict(shop, day) is BAD[how]
    assert told_of(shop, day) == [BAD[how]]
    assert archive.newest(shop, day, archive.Kind.STAMP) is not None
    assert row(shop, day)["done_at"] is not None


def test_a_stranger_is_told_of_once_authorities_are_named(
    shop: Any, day: dt.date, registry: Any, given: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    falsify(registry, shop, day, stamp="stranger")
    night(shop, day)
    assert verdict(shop, day) is Verdict.SIGNED
    trust(given, tmp_path, monkeypatch)
    assert check(shop, day) == {"checked": 1}
    assert told_of(shop, day) == [Verdict.STRANGER]
    trust(given, tmp_path, monkeypatch, "Yabancı Zaman Damgası")
    assert check(shop, day) == {"checked": 1}
    assert told_of(shop, day) == []
    assert check(shop, day) == {}


def test_a_file_exchanged_in_the_archive_no_longer_fits(
    shop: Any, day: dt.date, given: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    night(shop, day)
    archive.keep(shop, day, archive.Kind.FILE, b"another file\n")
    trust(given, tmp_path, monkeypatch)
    check(shop, day)
    assert verdict(shop, day) is Verdict.IMPRINT_DIFFERS


def test_a_stamp_from_the_future_does_not_become_good_by_waiting(
    shop: Any, day: dt.date, registry: Any, given: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    falsify(registry, shop, day, stamp="late")
    night(shop, day)
    trust(given, tmp_path, monkeypatch)
    with clock.freeze(morning_after(day, 400)):
        checks_due(time.monotonic() + 20, shop.provider_id)
    assert verdict(shop, day) is Verdict.WRONG_TIME


def test_what_was_archived_before_stamps_were_looked_into_is_caught_up_with(
    shop: Any, day: dt.date
) -> None:
    night(shop, day)
    db.connection().execute("delete from iys_stamp_check where provider_id = %s",
                            (shop.provider_id,))
    assert check(shop, day) == {"checked": 1}
    assert verdict(shop, day) is Verdict.SIGNED


def test_an_archive_that_is_not_there_is_no_verdict(
    shop: Any, day: dt.date, own_archive: Path
) -> None:
    night(shop, day)
    db.connection().execute("delete from iys_stamp_check where provider_id = %s",
                            (shop.provider_id,))
    own_archive.rename(own_archive.with_name("away"))
    assert check(shop, day) == {"unread": 1}
    assert verdict(shop, day) is None
    own_archive.with_name("away").rename(own_archive)
    assert check(shop, day) == {"checked": 1}


def test_checking_twice_leaves_one_row(shop: Any, day: dt.date) -> None:
    night(shop, day)
    stamp = archive.newest(shop, day, archive.Kind.STAMP)
    assert stamp is not None
    with clock.freeze(morning_after(day)):
        check_stamp(shop, day, stamp)
    assert db.connection().execute(
        "select count(*) from iys_stamp_check where provider_id = %s",
        (shop.provider_id,)).fetchone()[0] == 1


def test_the_alarm_is_raised_once_and_the_doctor_names_it(
    shop: Any, day: dt.date, registry: Any, monkeypatch: Any
) -> None:
    from ileti.cli.doctor import _stamps
    from ileti.iys import alarms

    redis_client().flushdb()  # what an earlier run of the tests has said
    said: list[dict[str, Any]] = []
    monkeypatch.setattr(alarms.log, "error",
                        lambda event, **more: said.append({"event": event} | more))
    falsify(registry, shop, day, stamp="imprint")
    night(shop, day)
    with clock.freeze(morning_after(day)):
        raise_day_alarms()
        raise_day_alarms()
        found = [one for one in _stamps(db.connection()) if f"{day:%d.%m.%Y}" in one.what]
    ours = [one for one in said if one["provider"] == shop.provider_id
            and one["event"] == "iys_stamp_bad"]
    assert [one["verdict"] for one in ours] == ["IMPRINT_DIFFERS"]
    assert any(not one.good and "imprint differs" in one.what for one in found)


def test_a_webhook_is_told_of_a_stamp_that_does_not_hold(
    shop: Any, day: dt.date, registry: Any
) -> None:
    import json

    from ileti.webhooks.events import write_events

    hook = db.connection().execute(
        "insert into webhook (provider_id, name, url, events, secret) values "
        "(%s, 'Alarm', 'https://ornek.test/h', '{day.stamp}', %s) returning id",
        (shop.provider_id,
         secrets().keyring.encrypt_text("whsec_" + "x" * 32, "webhook-secret"))).fetchone()[0]
    falsify(registry, shop, day, stamp="signature")
    night(shop, day)
    with clock.freeze(morning_after(day)):
        write_events()
        write_events()
    (body,) = [one[0] for one in db.connection().execute(
        "select body from webhook_delivery where webhook_id = %s", (hook,)).fetchall()]
    told = json.loads(body)
    assert (told["type"], told["data"]) == (
        "day.stamp", {"day": str(day), "verdict": "bad_signature"})


def test_a_worker_killed_before_it_looked_leaves_the_stamp_to_the_job(
    shop: Any, day: dt.date, worker: Any, own_archive: Path
) -> None:
    killed = worker("days", shop, failpoint="days.stamp", archive=own_archive,
                    at=morning_after(day).isoformat())
    killed.communicate(timeout=60)
    assert killed.returncode == 137
    assert verdict(shop, day) is None
    assert check(shop, day) == {"checked": 1}
    assert verdict(shop, day) is Verdict.SIGNED


def test_a_file_of_authorities_that_holds_none_stops_the_start(tmp_path: Path) -> None:
    from pydantic import ValidationError

    from config import Settings

    path = tmp_path / "leer.pem"
    path.write_text("no certificate")
    with pytest.raises(ValidationError, match="no certificates in PEM form"):
        Settings(stamp_ca_file=path)
    with pytest.raises(ValidationError, match="cannot be read"):
        Settings(stamp_ca_file=tmp_path / "fehlt.pem")
