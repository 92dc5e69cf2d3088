"""The numbers of reports are the ledger's: each entry and each answer once, however it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from config import settings
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock, db
from ileti.reports import recount, rollup
from tests.reports.house import answered, counted, numbers, taken

YES, NO = int(Status.ONAY), int(Status.RET)


def test_what_is_taken_is_counted_once_in_all_tables(place: Any) -> None:
    taken(place, channels=(Channel.MESAJ, Channel.ARAMA), agent=7)
    taken(place, status=Status.RET)
    for _ in range(2):
        counted()
        for table in rollup.TABLES:
            assert numbers(place, table) == {YES: (2, 0, 0, 0, 0), NO: (1, 0, 0, 0, 0)}
    assert {key: row[0] for key, row in numbers(place, by="agent_id").items()} == {7: 2, 0: 1}
    assert set(numbers(place, "report_dealer_month", by="day")) == {
        clock.today().replace(day=1)}


def test_a_repeat_and_a_tick_without_proof_are_not_counted(place: Any) -> None:
    first = taken(place, idem="the-same-click", phone="+905321112233")
    taken(place, idem="the-same-click", phone="+905321112233")
    taken(place, standing=Standing.UNVERIFIED)
    counted()
    assert len(first.items) == 1
    assert numbers(place) == {YES: (1, 0, 0, 0, 0)}


def test_answers_count_on_the_day_of_taking_and_say_how_long_it_took(place: Any) -> None:
    for kind in ({}, {"after": timedelta(days=2)}, {"accepted": False, "code": "H174"},
                 {"accepted": False, "code": "H467"},
                 {"accepted": False, "detail": '{"not_sent": "overdue"}'},
                 {"accepted": False, "detail": '{"not_sent": "dropped"}'}, {"late": True}):
        answered(place, taken(place).items[0].entry_id, **kind)
    counted()
    assert numbers(place) == {YES: (7, 3, 2, 3, 2)}
    (waited,), = db.system_connection().execute(
        "select sum(waited) from report_brand_day where provider_id = %s and taken > 0",
        (place.provider_id,)).fetchall()
    assert int(waited) == 2 * 120 + 2 * 86_400
    assert numbers(place, by="day").keys() == {clock.today()}


def test_what_iys_told_us_is_no_answer_to_us(place: Any) -> None:
    made = taken(place, source=Source.IYS_WEB)
    answered(place, made.items[0].entry_id)
    counted()
    assert numbers(place, by="source") == {int(Source.IYS_WEB): (1, 0, 0, 0, 0)}


def test_a_count_that_dies_counts_nothing(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    counted()
    answered(place, taken(place).items[0].entry_id)

    def dies(_name: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(rollup, "reach", dies)
        with pytest.raises(KeyboardInterrupt):
            rollup.count_once()
    assert numbers(place) == {}
    counted()
    assert numbers(place) == {YES: (1, 1, 0, 0, 1)}


def test_what_is_written_slowly_is_counted_when_it_is_there(place: Any) -> None:
    with psycopg.connect(settings().database_url) as slow:
        slow.execute("select pg_current_xact_id()")  # an older number than what follows
        taken(place)
        rollup.count_once()
        assert numbers(place) == {}, "an older transaction may still bring an entry before it"
    counted()
    assert numbers(place) == {YES: (1, 0, 0, 0, 0)}


def test_answers_that_stood_before_are_walked_through_once(place: Any) -> None:
    counted()
    for _ in range(3):
        answered(place, taken(place).items[0].entry_id)
    conn = db.system_connection()
    conn.execute("delete from report_answer where provider_id = %s", (place.provider_id,))
    conn.execute(
        "update report_mark set old_answers = (select max(id) from iys_receipt), "
        "old_provider_id = %s, old_entry_id = 0, old_receipt_id = 0", (place.provider_id,))
    for _ in range(5):
        rollup.count_once(most=2)
    assert numbers(place) == {YES: (3, 3, 0, 0, 3)}
    assert conn.execute("select old_answers from report_mark").fetchone() == (None,)


def test_a_full_count_proves_the_numbers_and_finds_and_mends_a_wrong_one(place: Any) -> None:
    answered(place, taken(place).items[0].entry_id)
    counted()
    recount.mend()
    assert recount.compare() == dict.fromkeys(recount.ALL, 0)
    db.system_connection().execute(
        "update report_dealer_month set taken = taken + 1 where provider_id = %s",
        (place.provider_id,))
    assert recount.compare() == dict.fromkeys(recount.ALL, 0) | {"report_dealer_month": 2}
    recount.mend()
    assert recount.compare() == dict.fromkeys(recount.ALL, 0)
    assert numbers(place, "report_dealer_month") == {YES: (1, 1, 0, 0, 1)}


def test_only_one_counts_at_a_time(place: Any) -> None:
    taken(place)
    with psycopg.connect(settings().database_url) as other:
        other.execute("select from report_mark for update")
        assert rollup.count_once() == (0, 0)
    counted()
    assert numbers(place) == {YES: (1, 0, 0, 0, 0)}


def test_the_command_says_whether_they_are_equal_and_counts_anew(place: Any) -> None:
    from ileti.cli.report_commands import reports

    taken(place)
    counted()
    recount.mend()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ileti.cli.report_commands.with_services", lambda: None)
        run = CliRunner().invoke
        assert run(reports, ["check"]).output.count("equal") == len(recount.ALL)
        db.system_connection().execute(
            "update report_day set taken = 9 where provider_id = %s", (place.provider_id,))
        wrong = run(reports, ["check"])
        assert (wrong.exit_code, "report_day: 2 lines differ" in wrong.output) == (1, True)
        assert run(reports, ["check", "--mend"]).output.endswith("Counted anew.\n")
        assert run(reports, ["check"]).exit_code == 0
