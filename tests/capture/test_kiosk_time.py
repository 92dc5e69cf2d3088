"""The moment of a choice, from two counts of a device and two bounds that are ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ileti.capture.kiosktime import TOLERANCE, Bounds, true_moment

CONTACT = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
ARRIVAL = CONTACT + timedelta(hours=8)
BOUNDS = Bounds(CONTACT, ARRIVAL)
HOUR = timedelta(hours=1)


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000)


def test_two_counts_that_agree_are_the_moment() -> None:
    said = true_moment(ms(CONTACT + HOUR), ms(CONTACT + HOUR + TOLERANCE / 2), BOUNDS)
    assert (said.at, said.inside, said.clock_changed) == (CONTACT + HOUR, True, False)


def test_where_the_counts_part_the_earlier_counts_and_it_is_told() -> None:
    for steady, by_clock in ((1, 3), (3, 1)):
        said = true_moment(ms(CONTACT + steady * HOUR), ms(CONTACT + by_clock * HOUR), BOUNDS)
        assert (said.at, said.inside, said.clock_changed) == (CONTACT + HOUR, True, True)


def test_a_clock_set_back_does_not_carry_a_moment_before_the_last_contact() -> None:
    said = true_moment(ms(CONTACT + HOUR), ms(CONTACT - 3 * HOUR), BOUNDS)
    assert (said.at, said.inside, said.clock_changed) == (CONTACT + HOUR, True, True)


@pytest.mark.parametrize("away", [-5 * HOUR, 20 * HOUR])
def test_a_moment_outside_both_bounds_is_nobodys_word(away: timedelta) -> None:
    claimed = CONTACT + away
    said = true_moment(ms(claimed), ms(claimed), BOUNDS)
    assert (said.at, said.claimed, said.inside) == (CONTACT, claimed, False)


def test_a_clock_that_moved_against_ours_puts_the_moment_at_the_earliest_possible() -> None:
    """Set forward by two hours in between: the choice may be two hours older than it says."""
    moved = Bounds(CONTACT, ARRIVAL, drift=2 * HOUR)
    said = true_moment(ms(CONTACT + 5 * HOUR), ms(CONTACT + 5 * HOUR), moved)
    assert (said.at, said.clock_changed) == (CONTACT + 3 * HOUR, True)
    back = Bounds(CONTACT, ARRIVAL, drift=-2 * HOUR)
    said = true_moment(ms(CONTACT + HOUR), ms(CONTACT + HOUR), back)
    assert (said.at, said.clock_changed) == (CONTACT + HOUR, True)


def test_a_clock_set_forward_and_back_again_counts_as_set_forward() -> None:
    said = true_moment(ms(CONTACT + 5 * HOUR), ms(CONTACT + 5 * HOUR),
                       Bounds(CONTACT, ARRIVAL, back=2 * HOUR))
    assert (said.at, said.clock_changed) == (CONTACT + 3 * HOUR, True)


def test_a_clock_that_was_only_set_back_is_told_and_shifts_nothing_to_a_later_moment() -> None:
    back = Bounds(CONTACT, ARRIVAL, drift=-2 * HOUR, back=2 * HOUR)
    for by_clock in (3, 1):  # before it was set back, and after
        said = true_moment(ms(CONTACT + by_clock * HOUR), ms(CONTACT + by_clock * HOUR), back)
        assert (said.at, said.clock_changed) == (CONTACT + by_clock * HOUR, True)
    assert back.moved == -2 * HOUR


def test_a_clock_moved_by_more_than_has_passed_leaves_only_the_last_contact() -> None:
    moved = Bounds(CONTACT, ARRIVAL, drift=30 * HOUR)
    said = true_moment(ms(CONTACT + 5 * HOUR), ms(CONTACT + 5 * HOUR), moved)
    assert (said.at, said.inside, said.clock_changed) == (CONTACT, True, True)
    said = true_moment(ms(CONTACT - 5 * HOUR), ms(CONTACT - 5 * HOUR), moved)
    assert (said.at, said.inside) == (CONTACT, False)


def test_what_the_network_took_never_lies_outside() -> None:
    late = true_moment(ms(ARRIVAL + TOLERANCE / 2), ms(ARRIVAL + TOLERANCE / 2), BOUNDS)
    early = true_moment(ms(CONTACT - TOLERANCE / 2), ms(CONTACT - TOLERANCE / 2), BOUNDS)
    assert (late.at, early.at) == (ARRIVAL, CONTACT)


@pytest.mark.parametrize("absurd", [-(10**18), 10**18])
def test_an_absurd_number_is_only_outside(absurd: int) -> None:
    assert not true_moment(absurd, absurd, BOUNDS).inside
