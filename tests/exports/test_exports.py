"""A large list leaves as a file a job makes: its asker's rows, for its asker alone, for a while."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from config import settings
from ileti.consents.numbers import record_number
from ileti.core import db
from ileti.exports import jobs, making, runs
from ileti.exports.states import State
from ileti.imports.reading.xlsx import Xlsx
from ileti.recipients.address import mask
from ileti.retention.erase import erase_person
from ileti.tenancy import roles
from tests.exports.house import OWN, ask, files, links, newest, rows_of, work
from tests.panel.people import dealer_of, sign_in, take, token_of, user_with

ROOT = Path(__file__).resolve().parents[2]
_WORKER = """
import time
from ileti.factory import create_app
from ileti.exports import making
making.TELL_SECONDS = -1.0
app = create_app()
making.house_is(app.app_context)
making.make_due(time.monotonic() + 5)
"""
PHONES = [f"+9059924400{n:02}" for n in range(5)]


@pytest.fixture(autouse=True)
def _by_a_job(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "export_at_once_rows", -1)
    monkeypatch.setattr(settings(), "export_processes", 0)
    shutil.rmtree(settings().export_folder, ignore_errors=True)
    # what another test left is none of this one's workers' business
    db.connection().execute("update export_run set state = 4 where state in (1, 2)")


@pytest.fixture
def consents(place: Any, place_b: Any) -> list[str]:
    for number, phone in enumerate(PHONES):
        take(place, phone, refusal=number == 4)
    take(place_b, "+905992999999")
    return PHONES


@pytest.fixture
def name(app: Any, place: Any) -> str:
    return user_with(app, "provider_admin", place)


@pytest.fixture
def admin(app: Any, name: str, consents: Any) -> Any:
    return sign_in(app, name)


def user_id(name: str) -> int:
    (number,) = db.connection().execute("select id from ab_user where username = %s",
                                        [name]).fetchone()  # type: ignore[misc]
    return int(number)


def made(app: Any, client: Any, query: str = "", **form: str) -> str:
    assert ask(client, query, **form).location == OWN
    work(app)
    return links(client)[0]


def test_the_file_has_the_rows_a_hand_query_finds(app: Any, admin: Any, place: Any) -> None:
    rows = rows_of(admin.get(made(app, admin)))
    hand = db.connection().execute(
        "select s.entry_id from consent_state s where s.provider_id = %s order by s.entry_id desc",
        [place.provider_id]).fetchall()
    assert [row["Kayıt"] for row in rows] == [record_number(one[0]) for one in hand]
    assert {row["Alıcı"] for row in rows} == {mask(phone) for phone in PHONES}
    assert [row["Durum"] for row in rows].count("Ret") == 1


def test_the_filters_of_the_list_hold_for_the_file(app: Any, admin: Any) -> None:
    (row,) = rows_of(admin.get(made(app, admin, "?secim=refusal")))
    assert row["Durum"] == "Ret"


def test_somebody_who_was_not_found_is_not_everybody(app: Any, admin: Any, name: str) -> None:
    found = admin.post("/izinler/ara", data={"csrf_token": token_of(admin), "q": "05998887766"})
    link = made(app, admin, "?" + found.location.partition("?")[2])
    assert newest(user_id(name)).asked == {"recipients": []}
    assert rows_of(admin.get(link)) == []


def test_addresses_come_in_full_when_asked_for(app: Any, admin: Any) -> None:
    rows = rows_of(admin.get(made(app, admin, adres="acik")))
    assert {row["Alıcı"] for row in rows} == set(PHONES)


def test_a_child_writes_what_this_process_writes(app: Any, admin: Any,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    here = admin.get(made(app, admin)).data
    monkeypatch.setattr(settings(), "export_processes", 2)
    monkeypatch.setattr("ileti.consents.exporting.STRETCH", 2)
    assert admin.get(made(app, admin)).data == here


def test_a_workbook_holds_moments_as_moments(app: Any, admin: Any) -> None:
    answer = admin.get(made(app, admin, bicim="xlsx"))
    assert b'state="frozen"' in zipfile.ZipFile(io.BytesIO(answer.data)).read(
        "xl/worksheets/sheet1.xml")
    book = Xlsx(io.BytesIO(answer.data))
    lines = [cells for _, cells in book.rows(book.sheets[0], lambda _: None)]
    assert len(lines) == len(PHONES) + 1
    text = rows_of(admin.get(made(app, admin)))[0]["Kaydedildi"]
    assert lines[1][13] == text, "a number that is shown as a moment"


def test_a_dealer_gets_its_own_and_nothing_by_anothers_filter(
        app: Any, place: Any, consents: Any) -> None:
    own, other = dealer_of(place), dealer_of(place, "Karşıyaka Çınar")
    take(place, "+905993330001", dealer_id=own)
    take(place, "+905993330002", dealer_id=other)
    dealer = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=own))
    (row,) = rows_of(dealer.get(made(app, dealer)))
    assert (row["Alıcı"], row["Bayi"]) == (mask("+905993330001"), "Bornova Akasya")
    assert rows_of(dealer.get(made(app, dealer, f"?bayi={other}"))) == []


def test_who_may_not_open_addresses_asks_for_none_in_full(app: Any, place: Any, consents: Any
                                                          ) -> None:
    viewer = sign_in(app, user_with(app, "report_viewer", place))
    assert ask(viewer, adres="acik").status_code in (302, 403, 404)
    assert links(viewer) == []


def test_nothing_is_made_for_a_role_that_was_taken_away_meanwhile(
        app: Any, admin: Any, name: str) -> None:
    ask(admin)
    db.connection().execute("update membership set suspended_at = now() where user_id = %s",
                            [user_id(name)])
    work(app)
    run = newest(user_id(name))
    assert (run.state, run.file_key) == (State.REFUSED, "")


def test_a_role_that_is_taken_away_later_destroys_the_file_when_it_is_asked_for(
        app: Any, admin: Any, name: str) -> None:
    link = made(app, admin, adres="acik")
    lesser = next(key for key, held in roles.GRANTS.items()
                  if "consent:read" in held and "consent:reveal" not in held
                  and roles.Level.PROVIDER in roles.BY_KEY[key].levels)
    db.connection().execute("update membership set role = %s where user_id = %s",
                            (lesser, user_id(name)))
    assert admin.get(link).status_code == 404
    run = newest(user_id(name))
    assert (run.state, run.file_key) == (State.REFUSED, "")
    assert run.path not in files()


def test_another_users_link_opens_nothing(app: Any, admin: Any, place: Any, place_b: Any) -> None:
    link = made(app, admin)
    for there in (place, place_b):
        other = sign_in(app, user_with(app, "provider_admin", there))
        assert other.get(link).status_code == 404
        assert other.post(link.replace("dosya", "vazgec"),
                          data={"csrf_token": token_of(other)}).status_code == 404
        assert link not in other.get(OWN).text
    assert app.test_client().get(link).status_code in (302, 401)
    assert len(rows_of(admin.get(link))) == len(PHONES)


def test_the_file_is_asked_for_with_a_fresh_proof(app: Any, admin: Any) -> None:
    link = made(app, admin)
    db.connection().execute("update user_session set data = jsonb_set(data, '{proved_at}', '1') "
                            "where data ? 'proved_at'")
    assert admin.get(link).location.partition("?")[0] == "/onay/"


def test_what_has_expired_is_gone_from_page_and_disk(app: Any, admin: Any, name: str) -> None:
    link = made(app, admin)
    run = newest(user_id(name))
    assert run.path in files()
    db.connection().execute("update export_run set expires_at = now() where id = %s", [run.id])
    assert admin.get(link).location == OWN
    runs.sweep()
    assert (newest(user_id(name)).state, run.path in files()) == (State.EXPIRED, False)
    assert "Süresi doldu" in admin.get(OWN).text


def test_a_cancelled_export_leaves_nothing(app: Any, admin: Any, name: str) -> None:
    link = made(app, admin)
    path = newest(user_id(name)).path
    admin.post(link.replace("dosya", "vazgec"), data={"csrf_token": token_of(admin)})
    assert (newest(user_id(name)).state, path in files()) == (State.CANCELLED, False)
    assert admin.get(link).location == OWN


def test_cancelling_stops_a_worker_in_the_middle(
        app: Any, admin: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(admin)
    run, begin = newest(user_id(name)), runs.begin

    def begin_and_cancel(*args: Any, **more: Any) -> Any:
        begun = begin(*args, **more)
        runs.end(run, State.CANCELLED)
        return begun

    monkeypatch.setattr(runs, "begin", begin_and_cancel)
    assert work(app) == {"given_up": 1}
    assert (newest(user_id(name)).state, not [
        one for one in files() if f"/{run.id}-" in one]) == (State.CANCELLED, True)


def test_an_erased_person_ends_the_files_of_the_company(
        app: Any, admin: Any, name: str, place: Any) -> None:
    link = made(app, admin)
    (person,) = db.connection().execute(
        "select id from recipient where provider_id = %s order by id limit 1",
        [place.provider_id]).fetchone()  # type: ignore[misc]
    erase_person(place.provider_id, [person], reason="Başvuru", case="B-1", by=None)
    run = newest(user_id(name))
    assert (run.state, run.file_key) == (State.ENDED, "")
    assert admin.get(link).location == OWN
    runs.sweep()
    assert run.path not in files()
    assert len(rows_of(admin.get(made(app, admin)))) == len(PHONES) - 1


def test_an_erasure_begins_anew_what_is_being_made(
        app: Any, admin: Any, name: str, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(admin)
    begin, erased = runs.begin, []

    def begin_and_erase(*args: Any, **more: Any) -> Any:
        begun = begin(*args, **more)
        if not erased:
            erased.append(True)
            with db.transaction(system=True) as conn:
                runs.end_all(conn, place.provider_id)
        return begun

    monkeypatch.setattr(runs, "begin", begin_and_erase)
    assert work(app) == {"given_up": 1, "made": 1}
    assert newest(user_id(name)).state is State.READY


def test_asking_and_each_fetching_stand_in_the_trail(app: Any, admin: Any, place: Any) -> None:
    link = made(app, admin)
    for _ in range(2):
        admin.get(link)
    found = db.connection().execute(
        "select action, detail->>'addresses' from audit_entry where provider_id = %s "
        "and action like 'export:%%' order by id", [place.provider_id]).fetchall()
    assert found == [("export:ask", "masked"), ("export:take", "masked"),
                     ("export:take", "masked")]


def test_nobody_has_more_than_three_files_made_at_once(admin: Any, name: str) -> None:
    for _ in range(4):
        ask(admin)
    (count,) = db.connection().execute("select count(*) from export_run where user_id = %s",
                                       [user_id(name)]).fetchone()  # type: ignore[misc]
    assert count == 3


def test_two_workers_make_a_file_once(app: Any, admin: Any, name: str) -> None:
    ask(admin)
    first = runs.claim()
    assert first is not None
    assert runs.claim() is None
    assert work(app) == {}
    with app.app_context():
        assert making.make(first) == "made"
    assert newest(user_id(name)).state is State.READY


def test_a_worker_whose_lease_is_over_brings_nothing(app: Any, admin: Any, name: str) -> None:
    ask(admin)
    slow = runs.claim()
    assert slow is not None
    db.connection().execute("update export_run set next_at = now() where id = %s", [slow.id])
    assert work(app) == {"made": 1}
    ready = newest(user_id(name))
    with app.app_context(), pytest.raises(making.NotOurs):
        making.make(slow)
    assert newest(user_id(name)) == ready
    assert len(rows_of(admin.get(links(admin)[0]))) == len(PHONES)


def test_what_cannot_be_made_is_given_up_in_the_end(
        app: Any, admin: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(admin)

    def breaks(*_args: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(making, "SealedWriter", breaks)
    for _ in range(runs.MOST_TRIES + 1):
        db.connection().execute("update export_run set next_at = now() where state in (1, 2)")
        work(app)
    assert newest(user_id(name)).state is State.FAILED


def test_the_page_tells_how_far_it_is(admin: Any, name: str) -> None:
    ask(admin)
    assert runs.claim() is not None
    db.connection().execute("update export_run set rows = 50, expected = 200, begun_at = now() - "
                            "interval '10 seconds' where user_id = %s", [user_id(name)])
    page = admin.get(OWN).text
    assert "50 / 200 satır" in page
    assert "http-equiv=\"refresh\"" in page
    assert "saniyede" in page


def test_nothing_of_the_file_lies_there_in_clear(app: Any, admin: Any, name: str) -> None:
    made(app, admin, adres="acik")
    raw = newest(user_id(name)).place.read_bytes()
    assert PHONES[0].encode() not in raw
    assert raw.startswith(b"ILETI-SEALED-1\n")


@pytest.mark.parametrize("where", ["export.underway", "export.written"])
def test_a_worker_killed_in_the_middle_leaves_a_file_nobody_reads_and_the_next_begins_anew(
        app: Any, admin: Any, name: str, where: str) -> None:
    ask(admin)
    env = os.environ | {"ILETI_FAILPOINT": where, "PYTHONPATH": str(ROOT),
                        "DATABASE_URL": settings().database_url,
                        "REDIS_URL": settings().redis_url, "EXPORT_PROCESSES": "0"}
    killed = subprocess.run([sys.executable, "-c", _WORKER], env=env, cwd=ROOT, timeout=120)
    assert killed.returncode == 137
    dead = newest(user_id(name))
    assert (dead.state, dead.path in files()) == (State.RUNNING, True)
    assert work(app) == {}, "it is held until its lease is over"
    db.connection().execute("update export_run set next_at = now() where id = %s", [dead.id])
    assert work(app) == {"made": 1}
    assert dead.path not in files()
    assert len(rows_of(admin.get(links(admin)[0]))) == len(PHONES)


def test_a_worker_starts_a_process_that_makes_what_waits(
        app: Any, admin: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in (("DATABASE_URL", settings().database_url), ("PYTHONPATH", str(ROOT)),
                            ("REDIS_URL", settings().redis_url), ("EXPORT_PROCESSES", "1")):
        monkeypatch.setenv(variable, value)
    jobs.made_by("ileti.cli.exportmaker")
    assert jobs.make() == {}
    ask(admin)
    assert jobs.make() == {"made": 1}
    assert len(rows_of(admin.get(links(admin)[0]))) == len(PHONES)
