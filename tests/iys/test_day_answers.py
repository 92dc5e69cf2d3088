"""A day's answers, read strictly: on them hangs an agreement for good (İYS API §8)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from hashlib import sha256, sha384
from typing import Any

import pytest
from iys_house import forward, phones, reconciled_day, settle, take

from ileti.consents.vocabulary import Channel, RecipientType
from ileti.iys.client import IysClient, IysTrouble, account_of
from ileti.iys.dayanswers import (
    ProcessStatus,
    parse_agreed,
    parse_day_hash,
    parse_day_summary,
    parse_stamp,
)
from ileti.iys.errors import Kind
from ileti.iys.faults import Unreadable

HASH = "0" * 96


def told(**body: Any) -> bytes:
    return json.dumps(body).encode()


def test_a_finished_day_has_a_hash_in_lower_case() -> None:
    day = parse_day_hash(200, told(processStatus="completed", hashValue="AB" * 48,
                                   hashMethod="SHA-384", agreementStatus=False))
    assert day is not None
    assert (day.status, day.value, day.agreed) == (ProcessStatus.COMPLETED, "ab" * 48, False)


@pytest.mark.parametrize("status", ["queued", "inprogress", "error"])
def test_an_unfinished_day_needs_no_hash(status: str) -> None:
    day = parse_day_hash(200, told(processStatus=status))
    assert day is not None
    assert day.value is None


@pytest.mark.parametrize("body", [
    b"<html>", b"[]", b"", told(hashValue=HASH), told(processStatus="done", hashValue=HASH),
    told(processStatus="completed"), told(processStatus="completed", hashValue=""),
    told(processStatus="completed", hashValue="0" * 95),
    told(processStatus="completed", hashValue="../../etc"),
])
def test_a_day_not_understood_is_not_a_day_without_movements(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_day_hash(200, body)


def test_only_204_means_that_nothing_moved() -> None:
    assert parse_day_hash(204, b"") is None
    assert parse_agreed(204, b"") is False
    assert parse_stamp(204, b"") is None


def test_the_old_hash_of_64_digits_is_taken_for_what_it_is() -> None:
    day = parse_day_hash(200, told(processStatus="completed", hashValue=sha256(b"x").hexdigest()))
    assert day is not None
    assert day.fits(sha384(b"x").digest(), sha256(b"x").digest())
    assert not day.fits(sha384(b"y").digest(), sha256(b"y").digest())


def test_the_summary_is_read_line_by_line() -> None:
    line = {"source": "HS", "approval": 8, "rejection": 2, "pending": 0, "total": 10}
    (one,) = parse_day_summary(told(changeStats=[{"type": "MESAJ", "consents": [line]}]))
    assert (one.channel, one.side, one.approval, one.total) == (Channel.MESAJ, "HS", 8, 10)


@pytest.mark.parametrize("body", [
    b"{}", told(changeStats=[{"type": "FAKS", "consents": [{"source": "HS"}]}]),
    told(changeStats=[{"type": "MESAJ", "consents": [{"source": "AHS"}]}]),
    told(changeStats=[{"type": "MESAJ", "consents": [{"source": "HS", "total": "10"}]}]),
    told(changeStats=[{"type": "MESAJ"}]),
])
def test_a_summary_not_understood_is_not_zero(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_day_summary(body)


def test_the_misspelt_agreement_is_one_too() -> None:
    assert parse_agreed(200, told(aggrementCaptured=True))
    with pytest.raises(Unreadable):
        parse_agreed(200, told(agreementCaptured=False))
    with pytest.raises(Unreadable):
        parse_stamp(200, b"<html>" * 20)


@pytest.fixture
def day(shop: Any, registry: Any) -> Any:
    """Yesterday, on which five consents reached İYS."""
    take(shop, phones(5))
    forward(shop)
    settle(shop)
    return reconciled_day(registry)


def client_of(shop: Any) -> IysClient:
    return IysClient(account_of(shop.provider_id))


def test_the_day_comes_over_the_wire(shop: Any, day: dt.date) -> None:
    client, pieces = client_of(shop), bytearray()
    known = client.day_hash(shop.brand_code, day)
    assert client.day_file(shop.brand_code, day, lambda some: pieces.extend(b"".join(some)))
    assert known is not None
    assert known.value == sha384(pieces).hexdigest()
    stamp = client.day_stamp(shop.brand_code, day)
    assert stamp is not None
    assert sha384(pieces).digest() in stamp
    counts, raw = client.day_summary(shop.brand_code, day, RecipientType.BIREYSEL)
    assert (counts[0].approval, raw[:15]) == (5, b'{"changeStats":')
    assert client.agree(shop.brand_code, day)
    assert client.day_hash(shop.brand_code, day).agreed  # type: ignore[union-attr]


def test_a_day_outside_the_window_is_the_calls_fault_not_the_accounts(
    shop: Any, day: dt.date
) -> None:
    with pytest.raises(IysTrouble, match="H502") as failure:
        client_of(shop).day_hash(shop.brand_code, day - dt.timedelta(days=9))
    assert failure.value.kind is Kind.BATCH


def test_a_file_that_breaks_off_is_no_file(shop: Any, day: dt.date, registry: Any) -> None:
    registry.tell("fault", kind="half_answer", path="*/file")
    with pytest.raises(IysTrouble) as failure:
        client_of(shop).day_file(shop.brand_code, day, lambda some: [None for _ in some])
    assert failure.value.kind is Kind.RETRY


def test_a_file_after_a_renewed_token_starts_anew(shop: Any, day: dt.date, registry: Any) -> None:
    registry.tell("fault", kind="401", path="*/file")
    begun: list[bytes] = []

    def into(some: Iterator[bytes]) -> None:
        begun.append(b"".join(some))

    assert client_of(shop).day_file(shop.brand_code, day, into)
    assert len(begun) == 1
    assert begun[0].startswith(b"creationDate,")
