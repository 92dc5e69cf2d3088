"""An import is taken back while İYS knows nothing of it; afterwards only a lawful entry follows."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import timedelta

from ileti.consents import gate
from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record
from ileti.consents.vocabulary import Channel, IysStatus, Source, Standing, Status
from ileti.core import clock
from ileti.imports import runs, staging, undo
from ileti.imports.states import RunState, Undo
from tests.imports.import_house import listed, many, result, row, states, when

PHONE, OTHER = "+905992134117", "+905992134118"


def take(place, status, *, address=PHONE, hours=1.0):
    at = (clock.now() - timedelta(hours=hours)).replace(microsecond=0)
    return record(NewSubmission(
        place=place, idem=f"test:{os.urandom(8).hex()}", body_hash=hash_body(at),
        source=Source.HS_WEB, standing=Standing.VERIFIED,
        items=[NewConsent(address, Channel.MESAJ, status, at, due_at=at + timedelta(days=3))]))


def undone(run_id):
    run = runs.read_run(run_id)
    runs.ask_undo(run_id, undo.preview(run).kind, by=None)
    return undo.undo_due(time.monotonic() + 60, run_id)


def test_what_a_list_brought_new_is_gone_again_and_the_ledger_remembers(place):
    run_id = listed(place, row(PHONE), row(OTHER, "RET"))
    assert undo.preview(runs.read_run(run_id)) == undo.Preview(0, 1, 1, 0)
    undone(run_id)
    assert result(run_id)[0] == RunState.UNDONE
    assert states(place) == []
    assert many("select count(*) from outbox where provider_id = %s", place.provider_id) == 0
    assert many("select count(*) from consent_entry where provider_id = %s",
                place.provider_id) == 2


def test_the_gate_says_no_to_what_was_taken_back_and_the_list_can_come_again(place, conn):
    line = row(PHONE)
    undone(listed(place, line))
    conn.execute("update consent_state set iys_status = 3 where provider_id = %s "
                 "and standing = 1", [place.provider_id])
    assert not gate.may_send(place.provider_id, place.brand_id, [PHONE], Channel.MESAJ)[0]
    listed(place, line)
    assert len(states(place)) == 1


def test_what_a_list_changed_becomes_what_it_was(place, conn):
    take(place, Status.ONAY, hours=30)
    conn.execute("update consent_state set iys_status = 3, pending_id = null "
                 "where provider_id = %s", [place.provider_id])
    conn.execute("delete from outbox where provider_id = %s", [place.provider_id])
    before = conn.execute("select * from consent_state where provider_id = %s",
                          [place.provider_id]).fetchall()
    run_id = listed(place, row(PHONE, "RET"))
    assert states(place)[0][0] == Status.RET
    undone(run_id)
    assert conn.execute("select * from consent_state where provider_id = %s",
                        [place.provider_id]).fetchall() == before
    assert many("select count(*) from outbox where provider_id = %s", place.provider_id) == 0


def test_what_was_on_its_way_before_the_list_is_told_again(place):
    first = take(place, Status.ONAY, hours=30)
    run_id = listed(place, row(PHONE, date=when(hours=2), source="HS_MOBIL"))
    undone(run_id)
    assert states(place) == [(Status.ONAY, IysStatus.QUEUED, Source.HS_WEB)]
    assert many("select ref_id from outbox where provider_id = %s",
                place.provider_id) == first.items[0].entry_id


def test_what_changed_since_stays(place):
    run_id = listed(place, row(PHONE, date=when(hours=5)), row(OTHER))
    take(place, Status.RET, hours=1)
    assert undo.preview(runs.read_run(run_id)).changed == 1
    undone(run_id)
    assert [status for status, *_ in states(place)] == [Status.RET]


def test_what_a_worker_has_in_hand_cannot_be_taken_back_and_the_import_stays(place, conn):
    run_id = listed(place, row(PHONE), row(OTHER))
    runs.ask_undo(run_id, Undo.TAKE_BACK, by=None)
    conn.execute("update outbox set fence = 1 where ctid = (select ctid from outbox "
                 "where provider_id = %s limit 1)", [place.provider_id])
    assert undo.undo_due(time.monotonic() + 60, run_id) == {"refused": 1}
    assert result(run_id)[0] == RunState.APPLIED
    assert len(states(place)) == 2
    assert many("select count(*) from outbox where provider_id = %s and next_at < 'infinity'",
                place.provider_id) == 2


def test_a_refusal_iys_was_only_asked_about_can_be_taken_back(place, conn):
    run_id = listed(place, row(PHONE, "RET"))
    conn.execute("delete from outbox where provider_id = %s", [place.provider_id])
    conn.execute("update consent_state set iys_status = 6, pending_id = null "
                 "where provider_id = %s", [place.provider_id])
    assert undo.preview(runs.read_run(run_id)).kind is Undo.TAKE_BACK
    undone(run_id)
    assert result(run_id)[0] == RunState.UNDONE
    assert states(place) == []


def test_after_reporting_consents_are_refused_by_the_providers_decision_and_refusals_stay(
    place, conn
):
    run_id = listed(place, row(PHONE, date=when(hours=5)), row(OTHER, "RET"))
    conn.execute("delete from outbox where provider_id = %s", [place.provider_id])
    conn.execute("update consent_state set iys_status = 3, pending_id = null "
                 "where provider_id = %s", [place.provider_id])
    assert undo.preview(runs.read_run(run_id)).kind is Undo.COUNTER
    undone(run_id)
    assert sorted(states(place)) == [
        (Status.RET, IysStatus.QUEUED, Source.HS_KARAR),
        (Status.RET, IysStatus.REGISTERED, Source.HS_WEB)]


def test_two_lists_undone_in_any_order_leave_what_was_before_both(place):
    first = listed(place, row(PHONE, date=when(hours=5)))
    second = listed(place, row(PHONE, "RET", date=when(hours=2)))
    undone(first)
    assert [status for status, *_ in states(place)] == [Status.RET]
    undone(second)
    assert states(place) == []


KILLED = """
import os, sys, time
os.environ["ILETI_FAILPOINT"] = "import.undone"
import ileti.imports.jobs
from ileti.imports import undo
undo.undo_due(time.monotonic() + 60, int(sys.argv[1]))
"""


def test_an_undoing_that_is_killed_goes_on_to_its_end(place, conn, monkeypatch):
    monkeypatch.setattr(staging, "CONSENTS_PER_CHUNK", 10)
    run_id = listed(place, *(row(f"+90599706{n:04}") for n in range(30)))
    runs.ask_undo(run_id, Undo.TAKE_BACK, by=None)
    done = subprocess.run([sys.executable, "-c", KILLED, str(run_id)],
                          env=os.environ | {"PYTHONPATH": os.getcwd()}, check=False)
    assert done.returncode == 137
    assert 0 < len(states(place)) < 30
    conn.execute("update import_run set next_at = now() where id = %s", [run_id])
    undo.undo_due(time.monotonic() + 60, run_id)
    assert result(run_id)[0] == RunState.UNDONE
    assert states(place) == []
