"""İYS's words and ours, both ways (İYS API §2, §3.2, §6; R-38, R-39)."""

import contextlib
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.iys.wire import (
    Movement,
    Outgoing,
    WireError,
    from_iys_time,
    from_movement,
    key_of,
    status_query,
    to_iys_time,
    to_wire,
)

PHONE = "+905992134117"
TAKEN = dt.datetime(2026, 11, 23, 10, 58, 12, 345_678, tzinfo=dt.UTC)
ALLOWED = {
    "recipient", "recipientType", "type", "status", "source", "consentDate", "retailerCode",
    "retailerAccess",
}  # fmt: skip


def outgoing(**changes: Any) -> Outgoing:
    usual: dict[str, Any] = {
        "recipient": PHONE,
        "channel": Channel.MESAJ,
        "status": Status.ONAY,
        "source": Source.HS_WEB,
        "consent_date": TAKEN,
    }
    return Outgoing(**(usual | changes))


def told(**changes: Any) -> dict[str, Any]:
    """A movement as pull tells it."""
    usual = {
        "consentDate": "2026-11-23 13:58:12",
        "creationDate": "2026-11-23 13:58:14",
        "source": "IYS_WEB",
        "recipient": PHONE,
        "recipientType": "BIREYSEL",
        "status": "RET",
        "type": "MESAJ",
        "transactionId": "ab" * 32,
    }
    return usual | changes


def test_a_consent_travels_with_the_documented_keys_in_turkey_time() -> None:
    assert to_wire(outgoing()) == {
        "recipient": PHONE,
        "recipientType": "BIREYSEL",
        "type": "MESAJ",
        "status": "ONAY",
        "source": "HS_WEB",
        "consentDate": "2026-11-23 13:58:12",
    }


def test_a_dealer_travels_as_numbers() -> None:
    body = to_wire(outgoing(retailer_code=12345678, retailer_access=(12345678, 87654321)))
    assert (body["retailerCode"], body["retailerAccess"]) == (12345678, [12345678, 87654321])


def test_a_merchants_first_record_leaves_out_what_it_does_not_have() -> None:
    """R-06, İYS API §3.3: source and date are optional; §1: never null or empty."""
    body = to_wire(
        outgoing(source=Source.NONE, consent_date=None, recipient_type=RecipientType.TACIR)
    )
    assert set(body) == {"recipient", "recipientType", "type", "status"}


@pytest.mark.parametrize(
    "changes",
    [
        {"source": Source.IYS_WEB},
        {"source": Source.NONE},
        {"consent_date": None},
        {"consent_date": TAKEN.replace(tzinfo=None)},
    ],
)
def test_what_iys_would_refuse_for_its_form_never_leaves(changes: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        to_wire(outgoing(**changes))


@given(
    st.builds(
        Outgoing,
        recipient=st.just(PHONE),
        channel=st.sampled_from(Channel),
        status=st.sampled_from(Status),
        source=st.sampled_from([source for source in Source if source.is_hs]),
        consent_date=st.datetimes(dt.datetime(2015, 5, 2), timezones=st.just(dt.UTC)),  # noqa: DTZ001
        recipient_type=st.sampled_from(RecipientType),
        retailer_code=st.none() | st.integers(10_000_000, 99_999_999),
        retailer_access=st.lists(st.integers(10_000_000, 99_999_999)).map(tuple),
    )
)
def test_no_other_key_and_nothing_empty_ever_travels(item: Outgoing) -> None:
    """R-38 and H118: exactly these keys; İYS API §1: no empty optional field."""
    body = to_wire(item)
    assert set(body) <= ALLOWED
    assert all(value not in (None, "", [], 0) for value in body.values())


def test_an_address_is_not_in_a_records_repr() -> None:
    assert PHONE not in repr(outgoing())
    assert PHONE not in repr(from_movement(told(citizenName="Nazlı Kaplan")))
    assert "Nazlı" not in repr(from_movement(told(citizenName="Nazlı Kaplan")))


def test_a_movement_is_read_into_our_words_and_utc() -> None:
    movement = from_movement(told())
    assert (movement.channel, movement.status) == (Channel.MESAJ, Status.RET)
    assert (movement.source, movement.source_word) == (Source.IYS_WEB, "IYS_WEB")
    assert movement.consent_date == TAKEN.replace(microsecond=0)


def test_a_pushed_movement_carries_its_codes() -> None:
    movement = from_movement(told(brandCode="700001", iysCode=700000))
    assert (movement.brand_code, movement.iys_code) == (700001, 700000)


@pytest.mark.parametrize(
    ("word", "source"),
    [
        ("IYS_YAPAY_ZEKA", Source.IYS_BILINMEYEN),
        ("IYS_BILINMEYEN", Source.IYS_BILINMEYEN),
        ("BAMBASKA", Source.IYS_BILINMEYEN),
        ("HS_TACIR", Source.NONE),
        ("HS", Source.NONE),
    ],
)
def test_a_source_we_do_not_know_keeps_its_text(word: str, source: Source) -> None:
    movement = from_movement(told(source=word))
    assert (movement.source, movement.source_word) == (source, word)


def test_an_email_comes_in_lower_case() -> None:
    movement = from_movement(told(type="EPOSTA", recipient="Nazli@Ornek.Test"))
    assert movement.recipient == "nazli@ornek.test"


def test_a_merchant_may_come_without_a_date() -> None:
    """İYS API §2: IYS_AHS_HAT_KAPATMA of a merchant recorded without a date."""
    movement = from_movement(told(recipientType="TACIR", consentDate=""))
    assert movement.consent_date is None


@pytest.mark.parametrize("date", ["", None, "2026-02-30 00:00:00", "dün"])
def test_a_refusal_without_a_usable_date_is_still_a_refusal(date: Any) -> None:
    """R-34; İYS API §2: IYS_AHS_HAT_KAPATMA may come without a date."""
    movement = from_movement(told(source="IYS_AHS_HAT_KAPATMA", consentDate=date))
    assert (movement.status, movement.consent_date) == (Status.RET, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "BEKLIYOR"},
        {"type": "FAKS"},
        {"recipientType": None},
        {"recipient": ""},
        {"status": "ONAY", "consentDate": ""},
        {"creationDate": "23.11.2026 13:58"},
        {"status": "ONAY", "consentDate": "2026-02-30 00:00:00"},
        {"transactionId": 5},
    ],
)
def test_a_movement_that_means_nothing_is_not_guessed(changes: dict[str, Any]) -> None:
    with pytest.raises(WireError) as refusal:
        from_movement(told(**changes))
    assert PHONE not in str(refusal.value)


def test_the_same_movement_told_twice_says_the_same() -> None:
    """Fault row 28: pull, push and file tell the same thing."""
    by_pull = from_movement(told())
    by_push = from_movement(told(brandCode=700001, iysCode=700000))
    assert by_pull.said == by_push.said


def test_two_movements_of_one_second_are_told_apart() -> None:
    """İYS API §3.3: they share one transactionId."""
    assert len({from_movement(told(status=status)).said for status in ("ONAY", "RET")}) == 2


@given(st.datetimes(dt.datetime(2015, 1, 1), timezones=st.just(dt.UTC)))  # noqa: DTZ001
def test_a_time_survives_the_way_there_and_back(moment: dt.datetime) -> None:
    assert from_iys_time(to_iys_time(moment)) == moment.replace(microsecond=0)


def test_an_item_is_known_by_address_type_and_channel() -> None:
    """H194; the default recipient type is BIREYSEL, letter case does not count."""
    key = key_of({"recipient": "Nazli@Ornek.test ", "type": "EPOSTA"})
    assert key == ("nazli@ornek.test", "BIREYSEL", "EPOSTA")
    assert key_of({"recipient": PHONE}) is None
    assert key_of({"recipient": 5, "type": "MESAJ"}) is None


def test_a_status_query_has_three_fields() -> None:
    query = status_query(PHONE, RecipientType.TACIR, Channel.ARAMA)
    assert query == {"recipient": PHONE, "recipientType": "TACIR", "type": "ARAMA"}


def test_a_movement_is_a_value() -> None:
    assert from_movement(told()) == from_movement(told())
    assert isinstance(from_movement(told()), Movement)


@pytest.mark.parametrize("text", ["0001-01-01 00:00:00", "9999-12-31 23:59:59"])
def test_a_time_at_the_edge_of_the_calendar_is_no_crash(text: str) -> None:
    """Programs write 0001-01-01 where they have no date."""
    with contextlib.suppress(WireError):
        assert from_iys_time(text).tzinfo is dt.UTC


@pytest.mark.parametrize("date", ["0001-01-01 00:00:00", "1970-01-01 03:00:00"])
def test_a_refusal_with_a_date_that_cannot_be_holds_from_its_creation(date: str) -> None:
    """R-34, R-39: or it would be older than every consent and never hold."""
    assert from_movement(told(status="RET", consentDate=date)).consent_date is None
    with pytest.raises(WireError):
        from_movement(told(status="RET", creationDate="0001-01-01 00:00:00"))


@pytest.mark.parametrize("mark", ["\x00", "\ud800"])
def test_characters_no_database_takes_are_left_out(mark: str) -> None:
    movement = from_movement(told(source=f"IYS_{mark}WEB", transactionId=f"ab{mark}"))
    for text in (movement.source_word, movement.transaction_id):
        assert "\x00" not in text
        assert text.encode()
