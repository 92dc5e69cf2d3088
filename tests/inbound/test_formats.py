"""What gateways send, and what is no message: Verimor's push as its guide prints it, and others."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from ileti.channels.sms import Unreadable
from ileti.inbound.formats import moment_of, parse

FORM = "application/x-www-form-urlencoded"
VERIMOR = [{"message_id": 1234, "type": "inbound", "received_at": "2026-11-30 09:00:00",
            "network": "TURKCELL", "source_addr": "905992134117",
            "destination_addr": "908501234567", "keyword": "", "content": "RET"}]


def bodied(said: Any) -> bytes:
    return json.dumps(said, ensure_ascii=False).encode()


def test_verimors_push_is_read_as_its_guide_prints_it() -> None:
    one, = parse("verimor", bodied(VERIMOR))
    assert (one.outside_id, one.sender, one.to, one.text) == (
        "1234", "905992134117", "908501234567", "RET")
    assert one.at == datetime(2026, 11, 30, 6, 0, tzinfo=UTC)


def test_reports_of_sent_messages_at_the_same_address_are_passed_over() -> None:
    assert not parse("verimor", bodied([{"type": "outbound", "campaign_id": 1, "status": "SENT"}]))


def test_the_keyword_of_a_shared_short_code_is_no_part_of_the_words() -> None:
    line = VERIMOR[0] | {"destination_addr": "4609", "keyword": "defne", "content": "DEFNE RET"}
    assert parse("verimor", bodied([line]))[0].text == "RET"


@pytest.mark.parametrize("line", [
    {"ceptel": "5992134117", "mesaj": "RET", "gorevid": 10, "tarih": "30.11.2026 09:00:00"},
    {"sender": "5992134117", "receiver": "8501234567", "message": "RET",
     "datetime": "30.11.2026 09:00:00"},
    {"msgno": "5992134117", "msg": "RET", "id": 7, "date": "30.11.2026 09:00:00"}])
def test_netgsm_is_read_by_the_names_that_are_in_use(line: dict[str, Any]) -> None:
    for body, kind in ((bodied(line), "application/json"), (urlencode(line).encode(), FORM)):
        one, = parse("netgsm", body, kind)
        assert (one.sender, one.text) == ("5992134117", "RET")
        assert one.at == datetime(2026, 11, 30, 6, 0, tzinfo=UTC)


def test_a_call_by_get_is_read_from_its_query() -> None:
    one, = parse("http", b"", "", urlencode({"id": "a1", "from": "+905992134117", "text": "İptal"}))
    assert (one.outside_id, one.text) == ("a1", "İptal")


def test_without_a_number_of_its_own_time_sender_and_words_tell_a_repeat() -> None:
    line = {"from": "5992134117", "text": "RET", "at": "2026-11-30T09:00:00+03:00"}
    first, again = (parse("http", bodied(line))[0].outside_id for _ in range(2))
    other = parse("http", bodied(line | {"at": "2026-11-30T09:00:01+03:00"}))[0].outside_id
    assert first == again != other


@pytest.mark.parametrize("body", [
    b"{", b"[1]", b"\xff\xfe", b'"RET"', bodied({"from": "599", "text": ""}),
    bodied({"text": "RET", "id": 1}), bodied({"from": "599", "text": "RET"}),
    bodied({"from": "599", "text": "a\0b", "id": 1}), bodied([VERIMOR[0]] * 201),
    b"[" * 100_000], ids=range(10))
def test_what_is_no_message_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse("http", body)


def test_half_a_letter_is_cleaned_where_it_comes_in() -> None:
    """JSON may hold half of a pair of surrogates, which nothing can store."""
    one, = parse("http", b'{"id": "a\\ud800", "from": "905992134117", "to": "\\udfff", '
                         b'"text": "RET \\ud83d"}')
    assert (one.outside_id, one.to, one.text) == ("a?", "?", "RET ?")
    whole, = parse("http", b'{"id": "b", "from": "90599", "text": "RET \\ud83d\\ude00"}')
    assert whole.text == "RET \N{GRINNING FACE}"


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31 23:59:59", "", "x"])
def test_a_moment_of_another_century_is_none(text: str) -> None:
    assert moment_of(text) is None


@pytest.mark.parametrize(("digits", "hour", "minute", "second"), [
    ("010220261559", 15, 59, 0), ("01022026155907", 15, 59, 7), ("311220260005", 0, 5, 0)])
def test_digits_alone_are_a_moment_by_their_count(
        digits: str, hour: int, minute: int, second: int) -> None:
    found = moment_of(digits)
    assert found is not None
    assert (found.hour, found.minute, found.second) == (hour, minute, second)


@pytest.mark.parametrize("digits", ["0102202615", "0102202615590", "٠١٠٢٢٠٢٦١٥٥٩٩", "9" * 5_000])
def test_digits_of_another_count_are_no_moment(digits: str) -> None:
    assert moment_of(digits) is None
