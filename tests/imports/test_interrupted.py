"""An import that is disturbed tells the truth: paused is paused, a part never is the whole."""

from __future__ import annotations

import shutil
import time

import pytest

from ileti.consents.vocabulary import Status
from ileti.core import db
from ileti.imports import apply, report, runs, staging, undo
from ileti.imports.reading.reader import Layout
from ileti.imports.states import RunState, Undo
from tests.imports.import_house import HEAD, begin, check, listed, many, put_in, result, row, states
from tests.imports.test_undo import take


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Chunks of a few rows; their first lines are 2, 20 and 40."""
    monkeypatch.setattr(staging, "CONSENTS_PER_CHUNK", 20)


def phones(first, n=50):
    return [row(f"+9059972{first:02}{one:03}") for one in range(n)]


def asked(place, first, n=50):
    run_id = begin(place, HEAD, *phones(first, n))
    check(run_id)
    runs.ask_apply(run_id, by=None)
    return run_id


def of_yesterday(run_id):
    db.connection().execute("update import_run set checked_at = now() - interval '2 days' "
                            "where id = %s", [run_id])


def go_on(run_id, seconds=60.0):
    db.connection().execute("update import_run set next_at = now() where id = %s", [run_id])
    return apply.apply_due(time.monotonic() + seconds, run_id)


def cut_off(run_id):
    """A turn that ends before its first chunk."""
    apply.apply(runs.claim(RunState.APPLYING, run_id), time.monotonic() - 1)


def told(run_id):
    return db.connection().execute("select problem from import_run where id = %s",
                                   [run_id]).fetchone()[0]


def test_a_pause_while_the_list_is_read_again_is_heard(place, monkeypatch):
    run_id, real = asked(place, 1), staging._compare
    of_yesterday(run_id)

    def pausing(run, stage, tally):
        runs.pause(run_id)
        real(run, stage, tally)

    monkeypatch.setattr(staging, "_compare", pausing)
    go_on(run_id)
    assert result(run_id) == (RunState.PAUSED, 0, 0)
    assert states(place) == []
    monkeypatch.setattr(staging, "_compare", real)
    runs.resume(run_id)
    go_on(run_id)
    assert result(run_id) == (RunState.APPLIED, 50, 0)


def test_half_a_table_left_by_a_killed_worker_is_not_taken_for_the_list(place, monkeypatch):
    run_id, real = asked(place, 11), staging._spell
    db.connection().execute(
        f"delete from import_stage_{runs.read_run(run_id).stage}")  # as a crash leaves it

    def killed(run, stage, *more):
        real(run, stage, *more)
        db.connection().execute(f"delete from import_stage_{stage} where line > 25")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(staging, "_spell", killed)
        with pytest.raises(KeyboardInterrupt):
            go_on(run_id)
    go_on(run_id)
    assert result(run_id) == (RunState.APPLIED, 50, 0)


def test_a_list_whose_file_is_gone_is_not_applied(place):
    run_id = asked(place, 2)
    shutil.rmtree(runs.read_run(run_id).file._folder)
    of_yesterday(run_id)
    go_on(run_id)
    assert result(run_id) == (RunState.PAUSED, 0, 0)
    assert "okunamıyor" in told(run_id)


def test_a_list_of_which_a_part_is_gone_is_not_read_as_the_whole(place):
    run_id = runs.open_run(place, "liste.csv", Layout())
    file = runs.read_run(run_id).file
    file.add(1, [b"a"])
    file.add(3, [b"b"])
    with pytest.raises(OSError, match="missing"):
        list(file.read())


def test_what_keeps_failing_pauses_with_a_sentence_and_can_go_on(place, monkeypatch):
    run_id, real = asked(place, 3), apply.apply_chunk

    def failing(run, n):
        if n == 1:
            raise RuntimeError("something")
        return real(run, n)

    monkeypatch.setattr(apply, "apply_chunk", failing)
    for _ in range(3 * staging.MOST_TRIES):
        if result(run_id)[0] == RunState.PAUSED:
            break
        go_on(run_id)
    assert result(run_id)[0] == RunState.PAUSED
    assert "sürdürülemedi" in told(run_id)
    monkeypatch.setattr(apply, "apply_chunk", real)
    runs.resume(run_id)
    go_on(run_id)
    assert result(run_id) == (RunState.APPLIED, 50, 0)
    assert told(run_id) is None


def test_a_turn_that_is_over_leaves_the_list_to_the_next_at_once(place):
    run_id = asked(place, 4)
    cut_off(run_id)
    assert result(run_id)[0] == RunState.APPLYING
    apply.apply_due(time.monotonic() + 60, run_id)  # nobody waits for a lease to end
    assert result(run_id) == (RunState.APPLIED, 50, 0)


def test_an_undoing_that_was_cut_off_goes_on_behind_what_is_undone(place, monkeypatch):
    run_id, seen, real = listed(place, *phones(5)), [], undo._take_back
    runs.ask_undo(run_id, Undo.TAKE_BACK, by=None)

    def slow(run, n, done):
        seen.append(n)
        if len(seen) == 2:
            monkeypatch.setattr(undo.time, "monotonic", lambda: 10.0 ** 12)
        return real(run, n, done)

    with monkeypatch.context() as patch:
        patch.setattr(undo, "_take_back", slow)
        undo.undo_due(time.monotonic() + 60, run_id)
    monkeypatch.undo()
    assert result(run_id)[0] == RunState.UNDOING
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(undo, "_take_back", lambda run, n, done: seen.append(n) or real(run, n, done))
        undo.undo_due(time.monotonic() + 60, run_id)
    assert seen == [0, 1, 2]
    assert result(run_id)[0] == RunState.UNDONE
    assert states(place) == []


def test_a_list_read_again_in_the_middle_still_tells_what_it_brought(place):
    run_id = asked(place, 6)
    apply.apply_chunk(runs.read_run(run_id), 0)
    apply.apply_chunk(runs.read_run(run_id), 1)
    of_yesterday(run_id)
    go_on(run_id)
    assert result(run_id) == (RunState.APPLIED, 50, 0)
    counts, chunks, done = db.connection().execute(
        "select counts, chunks, chunks_done from import_run where id = %s", [run_id]).fetchone()
    assert counts["reason"] == {"0": 50}
    assert chunks == done == 3


def test_what_was_given_up_half_way_can_be_taken_back(place):
    run_id = asked(place, 7)
    apply.apply_chunk(runs.read_run(run_id), 0)
    runs.pause(run_id)
    runs.cancel(run_id)
    assert len(states(place)) == 18
    assert runs.undoable(runs.read_run(run_id))
    runs.ask_undo(run_id, undo.preview(runs.read_run(run_id)).kind, by=None)
    undo.undo_due(time.monotonic() + 60, run_id)
    assert result(run_id)[0] == RunState.UNDONE
    assert states(place) == []


def test_what_was_given_up_before_it_began_has_nothing_to_undo(place):
    run_id = asked(place, 8)
    runs.cancel(run_id)
    assert not runs.undoable(runs.read_run(run_id))
    with pytest.raises(runs.Conflict):
        runs.ask_undo(run_id, Undo.TAKE_BACK, by=None)


def test_what_iys_got_meanwhile_of_a_list_given_up_leaves_it_given_up(place, conn):
    run_id = asked(place, 9)
    cut_off(run_id)
    apply.apply_chunk(runs.read_run(run_id), 0)
    runs.pause(run_id)
    runs.cancel(run_id)
    runs.ask_undo(run_id, Undo.TAKE_BACK, by=None)
    conn.execute("update outbox set fence = 1 where provider_id = %s", [place.provider_id])
    undo.undo_due(time.monotonic() + 60, run_id)
    assert result(run_id)[0] == RunState.CANCELLED
    assert "geri alma" in told(run_id)


def test_rows_that_applying_leaves_out_are_told_with_their_reason(place):
    address = "+905997280001"
    run_id = begin(place, HEAD, row(address), row("+905997280002"))
    assert check(run_id) == {"ALINACAK": 2}
    take(place, Status.RET, address=address, hours=3)  # older than the row, and a refusal
    assert put_in(run_id) == (RunState.APPLIED, 1, 1)
    lines = b"".join(report.stream(runs.read_run(run_id), "tr")).decode().splitlines()
    assert "RET_KORUNDU" in lines[1]
    assert "ALINACAK" in lines[2]


@pytest.mark.parametrize("date", ["9999-12-31T23:59:59Z", "9999-12-31 23:59:59"])
def test_the_last_hours_of_the_calendar_stop_nothing(place, date):
    run_id = begin(place, HEAD, row("+905997290001", date=date), row("+905997290002"))
    found = check(run_id)
    assert found.pop("ALINACAK") == 1
    assert list(found.values()) == [1]
    assert set(found) <= {"TARIH_BICIM", "H162"}


def test_an_undated_merchant_is_there_the_second_time(place):
    line = row("+905997290003", kind="TACIR", date="") + ",1234567890"
    assert check(begin(place, HEAD + ",vkn", line)) == {"ALINACAK": 1}
    put_in(begin_checked(place, line))
    assert check(begin(place, HEAD + ",vkn", line)) == {"ZATEN_VAR": 1}


def begin_checked(place, line):
    run_id = begin(place, HEAD + ",vkn", line)
    check(run_id)
    return run_id


def test_a_scan_of_all_forms_turns_no_refusal_into_a_consent(place):
    from ileti.evidence.kinds import Role
    from tests.imports.import_house import prove

    take(place, Status.RET, address="+905997290004", hours=30)
    run_id = begin(place, HEAD, row("+905997290004", source="HS_ISLAK_IMZA"),
                   row("+905997290005", source="HS_ISLAK_IMZA"))
    prove(run_id, place, "formlar.pdf", whole=True, role=Role.SIGNED_FORM)
    assert check(run_id) == {"ALINACAK": 1, "RET_KORUNDU": 1}


def test_every_try_is_counted_anew_once_a_chunk_is_in(place):
    run_id = asked(place, 10)
    db.connection().execute("update import_run set tries = 4 where id = %s", [run_id])
    go_on(run_id)
    assert many("select tries from import_run where id = %s", run_id) == 0
