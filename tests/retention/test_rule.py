"""How long a record is kept: the law's own examples, and the database says the same as the rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ileti.consents.vocabulary import IysStatus, Outcome, Standing, Status
from ileti.core import db
from ileti.retention.rules import Record, due_of, keep_until, lives, years_later


def day(year: int, month: int = 6, of: int = 1) -> datetime:
    return datetime(year, month, of, 12, tzinfo=UTC)


def consent(year: int) -> Record:
    return Record(day(year), day(year), Status.ONAY)


def refusal(year: int) -> Record:
    return Record(day(year), day(year), Status.RET)


def test_a_consent_of_2016_with_a_last_message_and_a_refusal_in_2030_goes_in_2040() -> None:
    found = due_of([consent(2016), refusal(2030)], living=False, messages=[day(2030)])
    assert found == [day(2040), day(2040)]


def test_a_consent_and_a_refusal_of_2026_without_a_message_go_in_2036() -> None:
    assert due_of([consent(2026), refusal(2026)], living=False) == [day(2036), day(2036)]


def test_a_consent_that_lives_is_kept_however_old_it_is() -> None:
    assert due_of([consent(2016)], living=True) == [None]
    assert due_of([consent(2016), refusal(2017), consent(2018)], living=True) == [
        day(2026), day(2027), None]


@pytest.mark.parametrize(("event", "ended", "relied", "due"), [
    (2016, 2030, None, 2033),  # three years after its end
    (2016, 2016, None, 2026),  # ten after its event
    (2016, 2020, 2019, 2029),  # ten after the message that relied on it
    (2016, 2030, 2018, 2033),
])
def test_the_latest_of_three_ends_counts(event: int, ended: int, relied: int | None,
                                         due: int) -> None:
    assert keep_until(day(event), ended=day(ended),
                      relied=day(relied) if relied else None) == day(due)


def test_a_refusal_that_took_no_effect_ends_no_consent() -> None:
    late = Record(day(2018), day(2018), Status.RET, Outcome.OUTDATED)
    assert due_of([consent(2016), late], living=True)[0] is None


def test_a_message_after_the_end_did_not_rely_on_it() -> None:
    assert due_of([consent(2016), refusal(2020)], living=False, messages=[day(2031)])[0] == day(
        2026)


def test_what_arrives_late_is_kept_from_its_arrival() -> None:
    listed = Record(day(2026), day(2016), Status.ONAY)
    assert due_of([listed], living=False) == [day(2036)]


def test_the_29th_of_february_is_followed_by_the_28th() -> None:
    assert years_later(day(2024, 2, 29), 10) == day(2034, 2, 28)


@pytest.mark.parametrize("there", IysStatus)
def test_only_what_is_or_may_come_into_force_lives(there: IysStatus) -> None:
    assert lives(Status.ONAY, Standing.VERIFIED, there) == (
        there in {IysStatus.QUEUED, IysStatus.WAITING, IysStatus.REGISTERED,
                  IysStatus.CHANGED_THERE})
    assert not lives(Status.RET, Standing.VERIFIED, there)
    assert not lives(Status.ONAY, Standing.UNVERIFIED, there)


MOMENTS = st.integers(0, 362_800_000).map(
    lambda seconds: datetime(2015, 5, 1, tzinfo=UTC) + timedelta(seconds=seconds))
RECORDS = st.lists(st.tuples(MOMENTS, st.integers(0, 900), st.sampled_from(Status),
                             st.sampled_from(Outcome)), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=RECORDS, messages=st.lists(MOMENTS, max_size=4), status=st.sampled_from(Status),
       standing=st.sampled_from(Standing), there=st.sampled_from(IysStatus))
def test_the_database_says_what_the_rule_says(
        shop: Any, owner: Any, records: Any, messages: Any, status: Status, standing: Standing,
        there: IysStatus) -> None:
    made = [Record(at, at - timedelta(days=before), word, outcome)
            for at, before, word, outcome in sorted(records, key=lambda one: one[0])]
    with owner.transaction(force_rollback=True):
        owner.execute("set local timezone = 'UTC'")
        rid = _write(owner, shop, made, messages, (status, standing, there))
        found = [row[0] for row in owner.execute(
            "select due from consent_due where recipient_id = %s order by id", (rid,))]
    assert found == due_of(made, living=lives(status, standing, there), messages=messages)


def _write(owner: Any, shop: Any, made: list[Record], messages: list[datetime],
           state: tuple[Status, Standing, IysStatus]) -> int:
    rid: int = owner.execute(
        "insert into recipient (provider_id, kind, key_no, addr_hash, addr_ct, leaf_key) "
        "values (%s, 1, 1, 'h', 'c', 'k') returning id", (shop.provider_id,)).fetchone()[0]
    for one in made:
        owner.execute(
            "insert into consent_entry (provider_id, id, captured_at, submission_id, recipient_id, "
            "consent_date, brand_id, recipient_type, channel, status, source, standing, outcome, "
            "leaf) values (%s, nextval('consent_entry_id_seq'), %s, 1, %s, %s, %s, 1, 2, %s, 6, 1, "
            "%s, 'l')", (shop.provider_id, one.captured_at, rid, one.consent_date, shop.brand_id,
                         int(one.status), int(one.outcome)))
    for moment in messages:
        owner.execute(
            "insert into message (provider_id, brand_id, recipient_id, channel, kind, content_key, "
            "created_at) values (%s, %s, %s, 2, 2, 1, %s)",
            (shop.provider_id, shop.brand_id, rid, moment))
    owner.execute(
        "insert into consent_state (provider_id, brand_id, recipient_id, recipient_type, channel, "
        "entry_id, entry_at, consent_date, status, source, standing, iys_status) "
        "values (%s, %s, %s, 1, 2, 1, now(), now(), %s, 6, %s, %s)",
        (shop.provider_id, shop.brand_id, rid, *(int(word) for word in state)))
    return rid


def test_no_statement_reads_all_records_for_one_person(shop: Any) -> None:
    plan = "\n".join(row[0] for row in db.connection().execute(
        "explain select due from consent_due where provider_id = 1 and recipient_id = any('{5}')"))
    assert "recipient_id = ANY" in plan
