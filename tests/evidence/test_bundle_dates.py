"""A record's date is only as good as the first stamp after it: whoever has the keys can write one
today that names a day of three years ago, and leaf, path, seal and stamp fit (ADR 0062)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ileti.consents.numbers import record_number
from ileti.evidence import stamping
from tests.evidence.sealed_house import seal_all, take
from tests.evidence.test_audit import commit_anew
from tests.evidence.test_bundle import bundle_of, verdict
from tests.evidence.test_bundle import ca as ca  # a fixture

Made = Callable[..., tuple[Path, list[str]]]


@pytest.fixture
def dated(shop: Any, owner: Any, authority_url: str, tmp_path: Path) -> Made:
    """A bundle of two records whose keeper moved the moment of their capture by so much, before
    they were sealed and stamped."""
    def make(by: timedelta, *, stamped: bool = True) -> tuple[Path, list[str]]:
        ids = [take(shop, 1, first=n)[0].items[0].entry_id for n in range(2)]
        for number in ids:
            (at, submission), = owner.execute(
                "select captured_at, submission_id from consent_entry where id = %s", (number,))
            owner.execute("update submission set captured_at = %s where id = %s",
                          (at + by, submission))
            owner.execute("update consent_entry set captured_at = %s where submission_id = %s",
                          (at + by, submission))
            for one, in owner.execute("select id from consent_entry where submission_id = %s",
                                      (submission,)).fetchall():
                commit_anew(owner, one)
                owner.execute("update consent_state set entry_at = %s where entry_id = %s",
                              (at + by, one))
        seal_all()
        if stamped:
            assert stamping.stamp_due() == {"stamped": 1}
        path = tmp_path / "kanit.zip"
        path.write_bytes(bundle_of(shop, ids))
        return path, [record_number(one) for one in ids]
    return make


@pytest.mark.attack
def test_records_dated_back_are_proven_for_the_day_of_their_stamp_alone(
        dated: Made, ca: Path) -> None:
    path, (first, _second) = dated(timedelta(days=-900))
    code, said = verdict(path, "--ca", str(ca))
    (line,) = [one for one in said.splitlines() if one.startswith("?")]
    assert (code, line.partition(":")[0]) == (4, f"? {first}")
    assert "sealed and stamped 900 days after the moment it names; it was there on 20" in line
    assert line.endswith("at the latest; so are 1 more")
    assert "söylediği andan 900 gün sonra" in verdict(path, "--ca", str(ca), "--tr")[1]


@pytest.mark.attack
def test_a_record_from_after_its_seal_does_not_hold(dated: Made, ca: Path) -> None:
    path, (first, _second) = dated(timedelta(hours=2))
    code, said = verdict(path, "--ca", str(ca))
    assert code == 1
    assert f"✗ {first}: it says it was taken after its seal" in said


def test_a_weekend_without_an_authority_is_no_doubt(dated: Made, ca: Path) -> None:
    path, _ = dated(timedelta(hours=-47))
    assert verdict(path, "--ca", str(ca))[0] == 0


def test_without_a_stamp_the_seal_is_asked(dated: Made) -> None:
    path, (first, _second) = dated(timedelta(days=-30), stamped=False)
    code, said = verdict(path)
    assert code == 3
    assert f"? {first}: sealed and stamped 30 days after" in said
