"""What İYS's word about one record means for it, without a network or a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ileti.consents.vocabulary import Channel, IysStatus, RecipientType, Source, Status
from ileti.iys.receipts import MOST_TRIES, outcome_of
from ileti.iys.settle import Ref, Row, code_number
from ileti.iys.sift import is_overruled, sift

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DATE = NOW - timedelta(hours=1)


def row(status: Status = Status.ONAY, tries: int = 0, hint: int = 0) -> Row:
    return Row(
        ref=Ref(1, 1, 8 | 4 | 2, DATE, tries, hint), recipient="+905997000000",
        channel=Channel.MESAJ, recipient_type=RecipientType.BIREYSEL, status=status,
        source=Source.HS_WEB, entry_date=DATE, reported=DATE, retailer_code=None,
        state_is_ours=True, state_date=DATE, state_iys=int(IysStatus.QUEUED),
        due_at=NOW + timedelta(days=3),
    )


@pytest.mark.parametrize(("code", "status", "state"), [
    ("H120", Status.ONAY, IysStatus.REFUSED), ("H467", Status.ONAY, IysStatus.OVERDUE),
    ("H467", Status.RET, IysStatus.OVERDUE), ("H175", Status.RET, IysStatus.LOCAL_ONLY),
])
def test_a_final_refusal_leaves_the_queue_with_its_receipt(
    code: str, status: Status, state: IysStatus
) -> None:
    outcome = outcome_of(row(status), code, 422)
    assert (outcome.state, outcome.delay, outcome.parked) == (state, None, False)
    assert (outcome.told, outcome.accepted, outcome.code) == (True, False, code)


def test_a_failure_of_the_moment_comes_back_and_counts() -> None:
    outcome = outcome_of(row(), "H470", 500)
    assert outcome.state is IysStatus.QUEUED
    assert outcome.delay is not None
    assert outcome.counted
    assert not outcome.told


def test_a_full_package_waits_without_using_up_tries() -> None:
    outcome = outcome_of(row(), "H525", 422)
    assert (outcome.delay, outcome.counted) == (900.0, False)


def test_what_failed_too_often_is_parked_with_a_sentence() -> None:
    outcome = outcome_of(row(tries=MOST_TRIES), "H470", 500)
    assert outcome.parked
    assert outcome.reason is not None
    assert "İYS" in outcome.reason


def test_a_date_in_the_future_is_the_clocks_fault_and_waits() -> None:
    assert outcome_of(row(), "H162", 422).delay == 60.0
    assert outcome_of(row(tries=9), "H162", 422).delay == 300.0
    assert outcome_of(row(tries=500), "H162", 422).delay is None


def test_an_overdue_consent_stays_and_an_overdue_refusal_goes() -> None:
    late = NOW + timedelta(days=9)
    kept, ready, ask = sift([row(), row(Status.RET)], late, late, again=False)
    assert [one.state for one in kept] == [IysStatus.OVERDUE]
    assert [one.status for one in ready] == [Status.RET]
    assert ask == []


def test_what_may_be_there_already_is_not_judged_by_our_clock() -> None:
    kept, ready, ask = sift([row(), row(Status.RET, hint=1)], *2 * [NOW + timedelta(days=9)],
                            again=True)
    assert (kept, ask) == ([], [])
    assert len(ready) == 2


def test_an_erased_person_is_not_reported() -> None:
    kept, ready, _ = sift([replace(row(), recipient=None)], NOW, NOW, again=False)
    assert ready == []
    assert kept[0].detail == {"not_sent": "erased"}


@pytest.mark.parametrize(("tries", "again"), [(0, True), (1, False)])
def test_of_an_erased_person_whose_row_may_have_arrived_nobody_says_it_was_not_sent(
    tries: int, again: bool
) -> None:
    gone = replace(row(), recipient=None)
    kept, ready, _ = sift([replace(gone, ref=replace(gone.ref, tries=tries))], NOW, NOW,
                          again=again)
    assert ready == []
    assert kept[0].detail == {"not_sent": "erased in doubt"}


@pytest.mark.parametrize(("there", "overruled"), [(-1, False), (0, True), (5, True)])
def test_a_change_at_iys_not_older_than_ours_overrules_it(there: int, overruled: bool) -> None:
    changed = replace(row(), state_is_ours=False, state_iys=int(IysStatus.CHANGED_THERE),
                      state_date=DATE + timedelta(seconds=there))
    assert is_overruled(changed) is overruled


def test_the_state_keeps_a_code_as_its_number() -> None:
    assert [code_number(code) for code in ("H467", "HTTP_500", None)] == [467, None, None]


def test_the_four_drains_are_registered_with_a_reason() -> None:
    from ileti.core.jobs import JOBS
    from ileti.iys import jobs

    names = [f"iys.jobs.{one.__name__}" for one in (jobs.forward, jobs.settle, jobs.pull,
                                                    jobs.sweep)]
    assert all(JOBS[name].queue == "iys" and JOBS[name].idempotent for name in names)
