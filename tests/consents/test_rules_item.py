"""What an entry must be by itself before it may enter the ledger (R-05 … R-43)."""

import datetime as dt
from typing import Any

import pytest

from ileti.consents.rules import SOURCE_OF_FLOW, Flow, Item, check_item
from ileti.consents.sentences import SENTENCES
from ileti.consents.vocabulary import (
    AddressKind,
    Channel,
    IysStatus,
    Outcome,
    RecipientType,
    Source,
    Status,
)
from ileti.core.clock import ISTANBUL

NOW = dt.datetime(2026, 11, 23, 14, 0, tzinfo=ISTANBUL)  # a Monday
FRESH = NOW - dt.timedelta(minutes=5)
MONTH_OLD = NOW - dt.timedelta(days=30)
BEFORE_2015 = dt.datetime(2015, 5, 1, tzinfo=ISTANBUL)


def item(**changes: Any) -> Item:
    """A consent from the website that breaks no rule."""
    sound: dict[str, Any] = {
        "channel": Channel.MESAJ,
        "status": Status.ONAY,
        "source": Source.HS_WEB,
        "consent_date": FRESH,
        "flow": Flow.WEB,
        "address_kind": AddressKind.PHONE,
        "interacted_at": FRESH,
    }
    return Item(**(sound | changes))


def imported(**changes: Any) -> Item:
    return item(**({"flow": Flow.IMPORT, "source": Source.HS_FIZIKSEL_ORTAM} | changes))


def merchant(**changes: Any) -> Item:
    basis = {"recipient_type": RecipientType.TACIR, "merchant_basis": "VKN 1234567890"}
    return imported(**(basis | changes))


def codes(entry: Item, **terms: Any) -> list[str]:
    return [verdict.code for verdict in check_item(entry, now=NOW, **terms)]


def test_a_sound_consent_meets_no_objection() -> None:
    assert codes(item()) == []


def test_every_objection_is_told_at_once() -> None:
    wrong = item(
        address_kind=AddressKind.EMAIL,
        consent_date=NOW + dt.timedelta(seconds=1),
        interacted_at=None,
        preselected=True,
        retailer_code=123,
    )
    assert codes(wrong) == ["H121", "H162", "ETKILESIM_YOK", "KUTU_ISARETLI", "BAYI_KODU"]


@pytest.mark.parametrize(
    ("channel", "kind", "expected"),
    [
        (Channel.ARAMA, AddressKind.PHONE, []),
        (Channel.EPOSTA, AddressKind.EMAIL, []),
        (Channel.ARAMA, AddressKind.EMAIL, ["H121"]),
        (Channel.MESAJ, AddressKind.EMAIL, ["H121"]),
        (Channel.EPOSTA, AddressKind.PHONE, ["H120"]),
    ],
)
def test_r38_a_channel_needs_its_kind_of_address(
    channel: Channel, kind: AddressKind, expected: list[str]
) -> None:
    assert codes(item(channel=channel, address_kind=kind)) == expected


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (NOW, []),
        (NOW + dt.timedelta(microseconds=1), ["H162"]),
        (BEFORE_2015, []),
        (BEFORE_2015 - dt.timedelta(seconds=1), ["H156"]),
        (None, ["H112"]),
        (FRESH.replace(tzinfo=None), ["H158"]),
    ],
)
def test_r39_a_date_is_known_past_and_not_before_may_2015(
    date: dt.datetime | None, expected: list[str]
) -> None:
    in_migration = {"activation_date": NOW.date()}
    assert codes(imported(consent_date=date), **in_migration) == expected


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        (dt.datetime(2026, 11, 18, 0, 0, tzinfo=ISTANBUL), []),
        (dt.datetime(2026, 11, 17, 23, 59, 59, tzinfo=ISTANBUL), ["H467"]),
    ],
)
def test_r40_three_business_days_end_at_midnight(taken: dt.datetime, expected: list[str]) -> None:
    """Wednesday's consent may still be recorded on Monday, Tuesday's may not."""
    assert codes(imported(consent_date=taken)) == expected


def test_r40_old_consents_are_taken_up_to_and_with_the_activation_date() -> None:
    old = imported(consent_date=MONTH_OLD)
    assert codes(old, activation_date=NOW.date()) == []
    assert codes(old, activation_date=NOW.date() - dt.timedelta(days=1)) == ["H467"]
    assert codes(old, activation_date=None) == ["H467"]


def test_r40_the_clock_runs_for_merchants_only_where_it_is_switched_on() -> None:
    old = merchant(consent_date=MONTH_OLD)
    assert codes(old) == []
    assert codes(old, three_day_rule=frozenset(RecipientType)) == ["H467"]


def test_r33_a_late_refusal_is_recorded_and_blocks_here() -> None:
    late = imported(status=Status.RET, consent_date=MONTH_OLD)
    [verdict] = check_item(late, now=NOW)
    assert (verdict.code, verdict.refused) == ("H467", False)
    assert (verdict.outcome, verdict.iys_status) == (Outcome.LOCAL_ONLY, IysStatus.OVERDUE)


def test_r41_hs_2015_is_closed_unless_migration_is_open() -> None:
    old = imported(source=Source.HS_2015, consent_date=BEFORE_2015)
    assert codes(old) == ["HS_2015_KAPALI"]
    assert codes(old, hs_2015_allowed=True) == []


def test_r41_hs_2015_has_one_date_only() -> None:
    wrong = imported(source=Source.HS_2015, consent_date=FRESH)
    assert codes(wrong, hs_2015_allowed=True) == ["H155"]


@pytest.mark.parametrize("flow", SOURCE_OF_FLOW)
def test_r43_a_flow_has_one_source_and_no_other(flow: Flow) -> None:
    own, status = SOURCE_OF_FLOW[flow], Status.RET
    assert codes(item(flow=flow, source=own, status=status)) == []
    other = Source.HS_WEB if own is not Source.HS_WEB else Source.HS_ISLAK_IMZA
    assert codes(item(flow=flow, source=other, status=status)) == ["KAYNAK_AKIS"]


def test_r43_only_iys_speaks_for_iys() -> None:
    assert codes(imported(source=Source.IYS_WEB)) == ["H119"]
    assert codes(item(flow=Flow.IYS, source=Source.HS_WEB)) == ["KAYNAK_AKIS"]
    assert codes(item(flow=Flow.IYS, source=Source.IYS_BILINMEYEN)) == []


def test_r43_every_provider_source_has_a_flow() -> None:
    """HS_2015 comes by import only."""
    reachable = set(SOURCE_OF_FLOW.values()) | {Source.HS_2015}
    assert reachable == {source for source in Source if source.is_hs}


def test_an_old_movement_from_iys_is_not_late() -> None:
    """R-34: İYS's own records are beyond the three-day rule."""
    assert codes(item(flow=Flow.IYS, source=Source.IYS_WEB, consent_date=MONTH_OLD)) == []


def test_r42_a_providers_own_decision_can_only_be_a_refusal() -> None:
    own = {"flow": Flow.DECISION, "source": Source.HS_KARAR}
    assert codes(item(status=Status.ONAY, **own)) == ["H408"]
    assert codes(item(status=Status.RET, **own)) == []


def test_r05_a_merchants_consent_needs_its_basis() -> None:
    assert codes(merchant(merchant_basis=None)) == ["TACIR_DAYANAK"]
    assert codes(merchant(merchant_basis="  ")) == ["TACIR_DAYANAK"]
    assert codes(merchant(merchant_basis=None, status=Status.RET)) == []


def test_r06_a_merchants_first_record_needs_neither_source_nor_date() -> None:
    bare = merchant(source=Source.NONE, consent_date=None)
    assert codes(bare) == []
    assert codes(bare, first_record=False) == ["H463", "H462"]


def test_r06_an_individuals_record_needs_both() -> None:
    assert codes(imported(source=Source.NONE, consent_date=None)) == ["H113", "H112"]


@pytest.mark.parametrize(
    "touched", [None, NOW + dt.timedelta(seconds=1), FRESH.replace(tzinfo=None)]
)
def test_r12_a_box_on_a_screen_was_ticked_by_a_person(touched: dt.datetime | None) -> None:
    assert codes(item(interacted_at=touched)) == ["ETKILESIM_YOK"]


def test_r12_a_box_ticked_beforehand_is_no_consent() -> None:
    assert codes(item(preselected=True)) == ["KUTU_ISARETLI"]


def test_r13_a_required_box_is_no_consent() -> None:
    assert codes(item(required=True)) == ["KUTU_ZORUNLU"]


def test_a_refusal_needs_no_proof_of_a_tick() -> None:
    """R-28: refusing is easy; nothing about the form can spoil it."""
    assert codes(item(status=Status.RET, interacted_at=None, preselected=True)) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"retailer_code": 12345678, "retailer_access": (87654321,)}, []),
        ({"retailer_code": 9_999_999}, ["BAYI_KODU"]),
        ({"retailer_code": 100_000_000}, ["BAYI_KODU"]),
        ({"retailer_access": ()}, ["H163"]),
        ({"retailer_access": (12345678, 12345678)}, ["H193"]),
        ({"retailer_access": (12345678, 5)}, ["BAYI_ERISIM"]),
        ({"retailer_access": tuple(range(10_000_000, 10_000_101))}, ["H126"]),
    ],
)
def test_r45_dealers_have_eight_digits(changes: dict[str, Any], expected: list[str]) -> None:
    assert codes(item(**changes)) == expected


def test_every_sentence_names_its_rule_and_speaks_both_languages() -> None:
    for code, (rule, _field, tr, en) in SENTENCES.items():
        assert rule.startswith("R-"), code
        assert tr.endswith((".", "00")), code
        assert en.endswith((".", "00")), code
        assert not {"!", "lütfen", "başarıyla"} & set(tr.split()), code
        assert "'" not in tr + en, code
