"""A list goes in once, each row explained first; a refusal is never lost (R-30, R-32, R-42)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from hashlib import sha256

import pytest

from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record
from ileti.consents.vocabulary import Channel, IysStatus, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.errors import CallerMistake, Conflict, InvalidInput, RuleBroken
from ileti.core.secrets import secrets
from ileti.evidence.leaf import Claim, canonical_digest, claim_digest, leaf
from ileti.imports import apply, arriving, runs, staging
from ileti.imports.mapping import Fixed, Mapping, Role
from ileti.imports.origin import state
from ileti.imports.reading.reader import Layout
from ileti.imports.states import RunState
from ileti.imports.terms import person_of
from tests.imports.import_house import (
    HEAD,
    STATEMENT,
    begin,
    check,
    listed,
    many,
    prove,
    put_in,
    result,
    row,
    states,
    when,
)
from tests.panel.people import dealer_of

PHONE, MAIL = "+905992134117", "nazli.k@ornek.com.tr"


def take(place, status, *, address=PHONE, channel=Channel.MESAJ, hours=1.0):
    at = (clock.now() - timedelta(hours=hours)).replace(microsecond=0)
    return record(NewSubmission(
        place=place, idem=f"test:{os.urandom(8).hex()}", body_hash=hash_body(at),
        source=Source.HS_WEB, standing=Standing.VERIFIED,
        items=[NewConsent(address, channel, status, at, due_at=at + timedelta(days=3))]))


def test_a_dry_run_writes_nothing_and_an_apply_writes_entry_state_leaf_and_outbox(place):
    run_id = begin(place, HEAD, row(PHONE), row(MAIL, channel="EPOSTA"))
    assert check(run_id) == {"ALINACAK": 2}
    assert states(place) == []
    assert put_in(run_id) == (RunState.APPLIED, 2, 0)
    assert states(place) == [(Status.ONAY, IysStatus.QUEUED, Source.HS_WEB)] * 2
    assert many("select count(*) from outbox where provider_id = %s", place.provider_id) == 2


def test_the_leaf_of_an_imported_entry_is_what_python_computes_from_its_claim(place, conn):
    date = when(hours=3)
    run = runs.read_run(listed(place, row(PHONE, date=date)))
    entry, at, made, key = conn.execute(
        "select e.id, e.captured_at, e.leaf, r.leaf_key from consent_entry e join recipient r "
        "on r.provider_id = e.provider_id and r.id = e.recipient_id where e.provider_id = %s",
        [place.provider_id]).fetchone()
    evidence, person_key, person = conn.execute(
        "select evidence, person_key, person_ct from submission where provider_id = %s",
        [place.provider_id]).fetchone()
    clear = secrets().keyring.decrypt(person_key, person, f"{run.key}:0".encode())
    assert clear == person_of(staging.person_secret(run), run.key, 0)
    claim = Claim(
        brand=place.brand_code, channel="MESAJ", dealer=None, evidence=canonical_digest(evidence),
        consent_date=datetime.fromisoformat(date).replace(tzinfo=clock.ISTANBUL),
        idem=f"{run.key}:0", person=sha256(clear).hexdigest(),
        provider=place.iys_code, recipient=PHONE, recipient_type="BIREYSEL", source="HS_WEB",
        standing="VERIFIED", status="ONAY", text=None)
    assert bytes(made) == leaf(bytes(key), entry, claim_digest(claim), at)


def test_the_same_file_again_adds_nothing_and_says_so(place):
    lines = [row(f"+90599700{n:04}", date=when(hours=5)) for n in range(20)]
    first = listed(place, *lines)
    again = begin(place, HEAD, *lines)
    assert runs.twin_of(runs.read_run(again)) == first
    assert check(again) == {"ZATEN_VAR": 20}
    assert put_in(again) == (RunState.APPLIED, 0, 0)
    assert many("select count(*) from consent_entry where provider_id = %s",
                place.provider_id) == 20


def test_a_refusal_here_is_not_turned_into_a_consent_by_a_list(place):
    take(place, Status.RET, hours=10)
    run_id = begin(place, HEAD, row(PHONE, date=when(hours=1)))
    assert check(run_id) == {"RET_KORUNDU": 1}
    put_in(run_id)
    assert states(place)[0][0] == Status.RET


def test_a_newer_proof_on_the_row_turns_a_refusal_into_a_consent(place):
    take(place, Status.RET, hours=10)
    run_id = begin(place, HEAD + ",kanıt", row(PHONE, date=when(hours=1)) + ",form-17.pdf")
    prove(run_id, place, "form-17.pdf")
    assert check(run_id) == {"ALINACAK": 1}
    put_in(run_id)
    assert states(place)[0][0] == Status.ONAY


def test_an_older_proof_does_not(place):
    take(place, Status.RET, hours=1)
    run_id = begin(place, HEAD + ",kanıt", row(PHONE, date=when(hours=5)) + ",form-17.pdf")
    prove(run_id, place, "form-17.pdf")
    assert check(run_id) == {"BIZDEKI_YENI": 1}
    put_in(run_id)
    assert states(place)[0][0] == Status.RET


def test_a_refusal_that_came_between_dry_run_and_apply_stays(place):
    run_id = begin(place, HEAD, row(PHONE, date=when(minutes=1)))
    assert check(run_id) == {"ALINACAK": 1}
    take(place, Status.RET, hours=1)
    assert put_in(run_id) == (RunState.APPLIED, 0, 1)
    assert states(place)[0][0] == Status.RET


def test_a_list_brings_refusals_over_older_consents(place):
    take(place, Status.ONAY, hours=10)
    listed(place, row(PHONE, "RET"))
    assert states(place)[0][:2] == (Status.RET, IysStatus.QUEUED)


def test_an_older_row_than_ours_is_left_and_named(place):
    take(place, Status.ONAY, hours=1)
    assert check(begin(place, HEAD, row(PHONE, date=when(hours=9)))) == {"BIZDEKI_YENI": 1}


def test_of_a_recipient_twice_in_the_file_the_newest_row_counts(place):
    run_id = begin(place, HEAD, row(PHONE, date=when(hours=9)),
                   row("0599 213 41 17", source="HS_MOBIL", date=when(hours=2)))
    assert check(run_id) == {"ALINACAK": 1, "DOSYADA_IKI": 1}
    put_in(run_id)
    assert states(place) == [(Status.ONAY, IysStatus.QUEUED, Source.HS_MOBIL)]


@pytest.mark.parametrize("order", [1, -1])
def test_of_the_same_second_the_refusal_counts(place, order):
    at = when(hours=2)
    lines = [row(PHONE, date=at), row(PHONE, "RET", date=at)][::order]
    run_id = begin(place, HEAD, *lines)
    assert check(run_id) == {"ILK_RET": 1, "DOSYADA_RET": 1}
    put_in(run_id)
    assert states(place)[0][0] == Status.RET


def test_a_refusal_in_the_file_is_not_outweighed_by_a_newer_consent_without_proof(place):
    run_id = begin(place, HEAD, row(PHONE, "RET", date=when(hours=9)), row(PHONE))
    assert check(run_id) == {"ILK_RET": 1, "DOSYADA_RET": 1}


def test_a_first_refusal_is_kept_and_asked_about_at_iys(place):
    listed(place, row(PHONE, "RET"))
    assert many("select hint from outbox where provider_id = %s", place.provider_id) == 1


def test_a_row_of_a_person_becomes_a_consent_per_channel_and_an_empty_box_none(place):
    run_id = begin(
        place, "Ad Soyad;Cep Telefonu;E-posta;SMS Onayı;Arama Onayı;E-posta Onayı;Tarih;Kaynak",
        f"Nazlı K.;0599 213 41 17;{MAIL};Evet;Hayır;;{when(hours=2)};Web",
        f"Ali V.;0599 213 41 18;ali@ornek.com.tr;E;E;E;{when(hours=2)};web sitesi",
        layout=runs.Layout(delimiter=";"))
    assert check(run_id) == {"ALINACAK": 4, "ILK_RET": 1}
    put_in(run_id)
    assert sorted(status for status, *_ in states(place)) == [1, 1, 1, 1, 2]


def test_values_fixed_for_all_rows_stand_where_the_row_says_nothing(place):
    run_id = begin(place, "telefon", "05992134117", columns={Role.PHONE: 0}, fixed=Fixed(
        status=Status.ONAY, source=Source.HS_FIZIKSEL_ORTAM, date=when(hours=2),
        channels=(Channel.MESAJ, Channel.ARAMA)))
    assert check(run_id) == {"ALINACAK": 2}


def test_a_merchant_without_a_basis_waits_and_with_one_is_taken(place):
    line = row(PHONE, kind="TACIR", date="")
    assert check(begin(place, HEAD, line)) == {"TACIR_DAYANAK": 1}
    run_id = begin(place, HEAD + ",VKN", line + ",1234567890")
    assert check(run_id) == {"ALINACAK": 1}
    put_in(run_id)
    assert len(states(place)) == 1


def test_a_dealers_code_names_the_dealer_of_the_entry_and_an_unknown_one_is_refused(place, conn):
    dealer = dealer_of(place, "Kadıköy")
    conn.execute("update dealer set retailer_code = 51234567 where id = %s", [dealer])
    run_id = begin(place, HEAD + ",bayi kodu", row(PHONE) + ",51234567",
                   row("+905992134118") + ",59999999", row("+905992134119") + ",kadıköy")
    assert check(run_id) == {"ALINACAK": 2, "BAYI_YOK": 1}
    put_in(run_id)
    assert many("select count(*) from consent_entry where provider_id = %s and dealer_id = %s",
                place.provider_id, dealer) == 2


def test_before_the_activation_date_an_old_consent_goes_in_with_that_days_deadline_r40(place, conn):
    conn.execute("update provider set activation_date = current_date + 9 where id = %s",
                 [place.provider_id])
    listed(place, row(PHONE, date="2019-01-01 10:00:00"))
    assert many("select (iys_due_at at time zone 'Europe/Istanbul')::date - current_date "
                "from consent_state where provider_id = %s", place.provider_id) == 9


def test_where_a_channel_is_named_it_says_which_address_is_meant(place):
    head = "Kanal;Telefon;E-posta;Onay/Ret;Tarih;Kaynak"
    lines = [";".join((channel, phone, mail, "ONAY", when(hours=2), "HS_WEB")) for
             channel, phone, mail in (
                 ("MESAJ", "05997291117", "a@ornek.com.tr"),
                 ("EPOSTA", "05997291118", "b@ornek.com.tr"),
                 ("EPOSTA", "05997291119", ""), ("FAKS", "05997291120", "c@ornek.com.tr"))]
    run_id = begin(place, head, *lines, layout=Layout(delimiter=";"))
    assert check(run_id) == {"ALINACAK": 2, "ADRES_BOS": 1, "KANAL_BICIM": 1}
    put_in(run_id)
    assert [row[0] for row in db.connection().execute(
        "select channel from consent_state where provider_id = %s order by channel",
        [place.provider_id])] == [Channel.MESAJ, Channel.EPOSTA]


def test_a_merchants_old_consent_is_taken_without_a_deadline(place, conn):
    run_id = begin(place, HEAD + ",VKN",
                   row(PHONE, kind="TACIR", date="2025-01-02 10:00:00") + ",1234567890")
    check(run_id)
    put_in(run_id)
    assert conn.execute("select iys_due_at from consent_state where provider_id = %s",
                        [place.provider_id]).fetchone() == (None,)


def test_purchased_lists_are_refused_and_an_origin_without_words_too():
    with pytest.raises(RuleBroken, match="purchased"):
        state(STATEMENT | {"origin": "purchased"})
    with pytest.raises(InvalidInput) as found:
        state({"origin": "customers"})
    assert [one.field for one in found.value.errors] == ["ground", "proof", "notice"]


def test_an_import_without_an_origin_is_not_read(place):
    run_id = runs.open_run(place, "liste.csv", runs.Layout())
    runs.read_run(run_id).file.add(1, [f"{HEAD}\n{row(PHONE)}".encode()])
    arriving.finish(run_id)
    runs.map_columns(run_id, runs.Layout(), Mapping(
        {Role.CHANNEL: 0, Role.SOURCE: 1, Role.RECIPIENT: 2, Role.STATUS: 3, Role.DATE: 4}))
    with pytest.raises(CallerMistake, match="origin_missing"):
        runs.ask_check(run_id)


def test_many_chunks_are_applied_side_by_side_and_each_once(place, monkeypatch):
    monkeypatch.setattr(staging, "CONSENTS_PER_CHUNK", 40)
    run_id = begin(place, HEAD, *(row(f"+90599701{n:04}") for n in range(200)))
    check(run_id)
    assert put_in(run_id) == (RunState.APPLIED, 200, 0)
    assert many("select count(*) from import_chunk where import_id = %s", run_id) == 6
    run = runs.read_run(run_id)
    assert apply.apply_chunk(run, 2) == (0, 0)  # a doubled worker: a replay
    assert many("select count(*) from consent_entry where provider_id = %s",
                place.provider_id) == 200


def test_two_imports_of_the_same_people_at_once_write_each_once(place):
    lines = [row(f"+90599702{n:04}", date=when(hours=4)) for n in range(300)]
    both = [begin(place, HEAD, *lines), begin(place, HEAD, *reversed(lines))]
    for run_id in both:
        check(run_id)
        runs.ask_apply(run_id, by=None)
    threads = [threading.Thread(target=apply.apply_due, args=(time.monotonic() + 60, one))
               for one in both]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    done = [result(one) for one in both]
    assert [one[0] for one in done] == [RunState.APPLIED] * 2
    assert sum(one[1] for one in done) == len(states(place)) == 300


def test_a_paused_import_goes_on_where_it_stopped(place, monkeypatch):
    monkeypatch.setattr(staging, "CONSENTS_PER_CHUNK", 20)
    run_id = begin(place, HEAD, *(row(f"+90599703{n:04}") for n in range(100)))
    check(run_id)
    runs.ask_apply(run_id, by=None)
    real = apply.apply_chunk

    def pausing(run, n):
        done = real(run, n)
        if n == 1:
            runs.pause(run_id)
        return done

    monkeypatch.setattr(apply, "apply_chunk", pausing)
    apply.apply_due(time.monotonic() + 60, run_id)
    assert result(run_id)[:2] == (RunState.PAUSED, len(states(place)))
    monkeypatch.setattr(apply, "apply_chunk", real)
    runs.resume(run_id)
    apply.apply_due(time.monotonic() + 60, run_id)
    assert result(run_id)[:2] == (RunState.APPLIED, 100)
    assert len(states(place)) == 100


def test_chunks_that_ended_after_a_pause_are_counted_too(place, monkeypatch):
    monkeypatch.setattr(staging, "CONSENTS_PER_CHUNK", 20)
    run_id = begin(place, HEAD, *(row(f"+90599705{n:04}") for n in range(40)))
    check(run_id)
    runs.ask_apply(run_id, by=None)
    run = runs.read_run(run_id)
    assert sum(apply.apply_chunk(run, n)[0] for n in range(3)) == 40  # nobody has counted them
    apply.apply_due(time.monotonic() + 60, run_id)
    assert result(run_id)[:2] == (RunState.APPLIED, 40)


def test_a_lost_staging_table_is_read_again_and_nothing_enters_twice(place, conn, monkeypatch):
    monkeypatch.setattr(staging, "CONSENTS_PER_CHUNK", 20)
    run_id = begin(place, HEAD, *(row(f"+90599704{n:04}") for n in range(60)))
    check(run_id)
    runs.ask_apply(run_id, by=None)
    run = runs.read_run(run_id)
    apply.apply_chunk(run, 1)
    conn.execute(f"delete from import_stage_{run.stage}")  # a crash empties unlogged tables
    apply.apply_due(time.monotonic() + 60, run_id)
    assert result(run_id)[:2] == (RunState.APPLIED, 60)
    assert len(states(place)) == 60


KILLED = """
import os, sys, time
os.environ["ILETI_FAILPOINT"] = sys.argv[2]
import ileti.imports.jobs
from ileti.imports import apply, staging
staging.CONSENTS_PER_CHUNK = 20
staging.check_due(time.monotonic() + 60, int(sys.argv[1]))
apply.apply_due(time.monotonic() + 60, int(sys.argv[1]))
"""


@pytest.mark.parametrize("place_of_death", ["import.staged", "import.chunk"])
def test_a_killed_worker_costs_a_lease_and_every_row_enters_once(place, conn, place_of_death,
                                                                 monkeypatch):
    monkeypatch.setattr(staging, "CONSENTS_PER_CHUNK", 20)
    run_id = begin(place, HEAD, *(row(f"+90599705{n:04}") for n in range(60)))
    if place_of_death == "import.staged":
        runs.ask_check(run_id)
    else:
        check(run_id)
        runs.ask_apply(run_id, by=None)
    done = subprocess.run([sys.executable, "-c", KILLED, str(run_id), place_of_death],
                          env=os.environ | {"PYTHONPATH": os.getcwd()}, check=False)
    assert done.returncode == 137
    assert states(place) == []
    conn.execute("update import_run set next_at = now() where id = %s", [run_id])  # the lease ends
    staging.check_due(time.monotonic() + 60, run_id)
    if place_of_death == "import.staged":
        runs.ask_apply(run_id, by=None)
    apply.apply_due(time.monotonic() + 60, run_id)
    assert result(run_id)[:2] == (RunState.APPLIED, 60)
    assert len(states(place)) == 60


def test_whoever_acts_on_an_old_page_changes_nothing_and_is_told(place):
    run_id = begin(place, HEAD, row(PHONE))
    check(run_id)
    runs.ask_apply(run_id, by=None)
    with pytest.raises(Conflict, match="moved_on"):
        runs.ask_apply(run_id, by=None)
    with pytest.raises(Conflict):
        runs.map_columns(run_id, runs.Layout(), Mapping({}))


def test_a_cancelled_dry_run_leaves_no_file_and_no_rows(place):
    run_id = begin(place, HEAD, row(PHONE))
    check(run_id)
    run = runs.read_run(run_id)
    runs.cancel(run_id)
    assert run.file.parts() == {}
    assert many("select count(*) from pg_class where relname = %s",
                f"import_stage_{run.stage}") == 0


def test_nothing_of_the_list_lies_in_clear_on_disk_or_in_staging(place, conn):
    run_id = begin(place, HEAD, row(PHONE), row(MAIL, channel="EPOSTA"))
    check(run_id)
    run = runs.read_run(run_id)
    staged = conn.execute(f"select s::text from import_stage_{run.stage} s").fetchall()
    for needle in ("5992134117", "nazli"):
        assert needle not in str(staged)
        for path in run.file._folder.iterdir():
            assert needle.encode() not in path.read_bytes()
    assert db.in_transaction() is False


def test_an_old_refusal_that_came_with_a_list_is_told_as_known_the_second_time(place):
    line = row(PHONE, "RET", date="2026-01-05 10:00:00")
    listed(place, line)
    assert check(begin(place, HEAD, line)) == {"ZATEN_VAR": 1}


def test_what_a_dead_request_left_is_swept_away():
    from config import settings

    folder = settings().import_folder / "coming" / os.urandom(6).hex()
    folder.mkdir(parents=True)
    (folder / "part-00001-9").write_bytes(b"x")
    runs.sweep()
    assert folder.exists()
    os.utime(folder, (1, 1))
    runs.sweep()
    assert not folder.exists()


def test_a_dry_run_of_yesterday_is_read_again_before_it_is_applied(place, conn):
    run_id = begin(place, HEAD, row(PHONE), row("+905992134118", date="2026-01-05 10:00:00"))
    conn.execute("update provider set activation_date = current_date + 1 where id = %s",
                 [place.provider_id])
    assert check(run_id) == {"ALINACAK": 2}
    conn.execute("update provider set activation_date = '2026-01-01' where id = %s",
                 [place.provider_id])
    conn.execute("update import_run set checked_at = now() - interval '25 hours' where id = %s",
                 [run_id])
    assert put_in(run_id)[:2] == (RunState.APPLIED, 1)


def test_what_nobody_came_back_to_is_swept_away(place, conn):
    left, done = begin(place, HEAD, row(PHONE)), listed(place, row("+905992134118"))
    check(left)
    files, stages = runs.read_run(left).file, [runs.read_run(n).stage for n in (left, done)]
    runs.sweep()
    assert [runs.read_run(n).state for n in (left, done)] == [RunState.CHECKED, RunState.APPLIED]
    conn.execute("update import_run set created_at = now() - interval '40 days', "
                 "checked_at = now() - interval '40 days', ended_at = now() - interval '8 days' "
                 "where id = any(%s)", [[left, done]])
    runs.sweep()
    assert runs.read_run(left).state is RunState.CANCELLED
    assert files.parts() == {}
    assert many("select count(*) from pg_class where relname = any(%s)",
                [f"import_stage_{one}" for one in stages]) == 0
    assert runs.read_run(done).file.parts() != {}  # an applied list stays as proof
