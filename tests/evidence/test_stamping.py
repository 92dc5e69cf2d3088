"""Seals are stamped by somebody else; while that one is away they wait, and nothing else does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha384
from pathlib import Path
from typing import Any

import httpx
import pytest

import config
from ileti.core import clock
from ileti.evidence import stamping
from ileti.evidence.stamps import Verdict
from ileti.simulator.authority import authority
from ileti.simulator.stamp import SPOILT, stamp
from tests.evidence.sealed_house import seal_all, take

ROOT = Path(__file__).resolve().parents[2]


def test_the_newest_seal_is_stamped_and_covers_all_before(shop: Any, authority_url: str) -> None:
    for n in range(3):
        take(shop, 1, first=n)
        seal_all()
    assert stamping.stamp_due() == {"stamped": 1}
    found = stamping.stamp_over(1)
    assert found is not None
    assert found == stamping.newest()
    assert (found.number, found.verdict) == (3, Verdict.SIGNED)
    assert found.signer == "Deneme Zaman Damgası Hizmeti"
    assert abs(found.stamped_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_seal_is_stamped_once(shop: Any, authority_url: str) -> None:
    take(shop)
    seal_all()
    assert stamping.stamp_due() == {"stamped": 1}
    assert stamping.stamp_due() == {}


def test_stamps_are_not_asked_for_more_often_than_they_are_paid_for(
        shop: Any, authority_url: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(config.settings(), "stamp_seconds", 3600.0)
    for n in range(2):
        take(shop, 1, first=n)
        seal_all()
        assert stamping.stamp_due() == ({"stamped": 1} if n == 0 else {})


def test_a_named_authority_makes_it_a_stamp_that_is_trusted_r68(
        shop: Any, authority_url: str, monkeypatch: Any, tmp_path: Path) -> None:
    path = tmp_path / "roots.pem"
    path.write_text(authority().bundle)
    monkeypatch.setattr(config.settings(), "stamp_ca_file", path)
    take(shop)
    seal_all()
    stamping.stamp_due()
    found = stamping.newest()
    assert found is not None
    assert found.verdict == Verdict.VALID


@pytest.mark.parametrize("kind", ["503", "html", "half_answer", "429"])
def test_an_authority_that_fails_is_asked_again_later(
        shop: Any, authority_url: str, kind: str) -> None:
    take(shop)
    seal_all()
    httpx.post(f"{authority_url}/_control/fault",
               json={"kind": kind, "path": "*/_tsa", "count": 1}).raise_for_status()
    assert stamping.stamp_due() == {"failed": 1}
    assert stamping.newest() is None
    assert stamping.stamp_due() == {"stamped": 1}


def test_without_an_authority_seals_wait(shop: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(config.settings(), "iys_base_url", "https://api.iys.org.tr")
    take(shop)
    seal_all()
    assert stamping.stamp_due() == {}


@pytest.mark.attack
@pytest.mark.parametrize("how", [*(one for one in SPOILT if one != "stranger"), "other nonce"])
def test_a_stamp_that_does_not_hold_is_not_kept(
        shop: Any, authority_url: str, how: str, monkeypatch: Any) -> None:
    take(shop)
    (only,) = seal_all()
    given = stamp(sha384(only.canonical()).digest(), clock.now(),
                  None if how == "other nonce" else how)
    monkeypatch.setattr(stamping, "_answer", lambda asked: given)
    with pytest.raises(stamping.NoStamp):
        stamping.ask(only)
    assert stamping.newest() is None


@pytest.mark.attack
def test_a_stamp_of_another_seal_is_refused(
        shop: Any, authority_url: str, monkeypatch: Any) -> None:
    take(shop)
    (first,) = seal_all()
    kept: list[bytes] = []
    real = stamping._answer
    monkeypatch.setattr(stamping, "_answer", lambda asked: kept.append(real(asked)) or kept[-1])
    stamping.ask(first)
    take(shop, 1, first=1)
    (second,) = seal_all()
    monkeypatch.setattr(stamping, "_answer", lambda asked: kept[0])
    with pytest.raises(stamping.NoStamp, match="IMPRINT_DIFFERS"):
        stamping.ask(second)


def test_killed_before_it_is_kept_it_is_asked_for_again(shop: Any, authority_url: str) -> None:
    take(shop)
    seal_all()
    died = subprocess.run(
        [sys.executable, "-c", "from ileti.evidence import stamping; stamping.stamp_due()"],
        env=os.environ | {"ILETI_FAILPOINT": "stamp.judged", "PYTHONPATH": str(ROOT),
                          "STAMP_URL": f"{authority_url}/_tsa"}, timeout=60, check=False)
    assert died.returncode == 137
    assert stamping.newest() is None
    assert stamping.stamp_due() == {"stamped": 1}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
def test_openssl_takes_the_stamp_over_the_seal(
        shop: Any, authority_url: str, tmp_path: Path) -> None:
    take(shop)
    (only,) = seal_all()
    stamping.stamp_due()
    found = stamping.newest()
    assert found is not None
    for name, content in (("seal", only.canonical()), ("tsr", stamping.token_of(found)),
                          ("ca", authority().bundle.encode())):
        (tmp_path / name).write_bytes(content)
    said = subprocess.run(
        ["openssl", "ts", "-verify", "-data", "seal", "-in", "tsr", "-CAfile", "ca"],
        cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verification: OK" in said.stdout + said.stderr
