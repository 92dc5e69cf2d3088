"""What is due goes and nothing else; the seals hold over what is left (R-46, R-47, R-64)."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest

from ileti.consents import bundle
from ileti.consents.audit import audit
from ileti.consents.vocabulary import Source, Status
from ileti.core import db
from ileti.core.errors import Gone
from ileti.retention import destroy, log, witness  # noqa: F401
from tests.evidence.sealed_house import seal_all
from tests.retention.old_house import ago, in_force, is_there, message, person, took

ADDRESS, OTHER = "+905990000001", "+905990000002"


def kinds() -> list[tuple[int, int]]:
    return [(line.kind, line.count) for line in log.lines()]


def run() -> int:
    return destroy.run_now()[1]


def test_a_refused_consent_goes_ten_years_after_its_refusal(shop: Any, owner: Any) -> None:
    first = took(owner, shop, ADDRESS, ago(14))
    took(owner, shop, ADDRESS, ago(10.1), Status.RET)
    seal_all()
    assert run() == 3  # two clicks, one person
    assert not is_there(owner, person(first))
    assert owner.execute("select count(*) from consent_entry").fetchone()[0] == 2
    assert owner.execute("select person_ct, evidence, body_hash from submission").fetchall() == [
        (None, {}, b"")] * 2
    assert kinds() == [(2, 2), (1, 1), (0, 0)]


def test_after_a_lawful_destruction_the_audit_is_clean_and_the_bundle_says_so(
        shop: Any, owner: Any) -> None:
    done = took(owner, shop, ADDRESS, ago(10.1), Status.RET)
    kept = took(owner, shop, OTHER, ago(1))
    seal_all()
    run()
    seal_all()
    report = audit()
    assert (report.findings, report.erased) == ([], 1)
    with pytest.raises(Gone):
        bundle.build(shop.provider_id, [done.items[0].entry_id])
    assert bundle.build(shop.provider_id, [kept.items[0].entry_id]).proven


@pytest.mark.attack
def test_an_erasure_no_line_tells_of_is_named(shop: Any, owner: Any) -> None:
    done = took(owner, shop, ADDRESS, ago(1))
    seal_all()
    owner.execute("update recipient set addr_hash = null, addr_ct = null, leaf_key = null")
    assert [one.kind for one in audit().findings] == ["erased_unlawfully"]
    owner.execute("update submission set erased_at = now(), person_ct = null, evidence = '{}'")
    assert [one.kind for one in audit().findings] == ["erased_unlawfully"]
    assert done.items


@pytest.mark.attack
def test_a_row_that_is_deleted_beside_lawful_ones_is_missed(shop: Any, owner: Any) -> None:
    took(owner, shop, ADDRESS, ago(11), Status.RET)
    other = took(owner, shop, OTHER, ago(2))
    seal_all()
    run()
    owner.execute("delete from consent_entry where id = %s", (other.items[0].entry_id,))
    assert "entries_missing" in [one.kind for one in audit().findings]


YOUNGER = {
    "a refusal of nine years": ((14, Status.ONAY), (9.9, Status.RET)),
    "a consent nobody refused": ((14, Status.ONAY),),
    "a consent after a refusal": ((14, Status.ONAY), (12, Status.RET), (11, Status.ONAY)),
}


@pytest.mark.parametrize("case", YOUNGER)
def test_what_is_not_due_stays(shop: Any, owner: Any, case: str) -> None:
    done = [took(owner, shop, ADDRESS, ago(years), status) for years, status in YOUNGER[case]]
    in_force(owner, done[-1])
    run()
    assert is_there(owner, person(done[0]))
    assert (1, 1) not in kinds()


def test_a_message_of_late_keeps_the_consent_it_relied_on(shop: Any, owner: Any) -> None:
    done = took(owner, shop, ADDRESS, ago(15))
    message(owner, shop, done, ago(9))
    took(owner, shop, ADDRESS, ago(11), Status.RET)
    run()
    assert is_there(owner, person(done))


@pytest.mark.attack
@pytest.mark.parametrize("function", ["destroy_persons", "destroy_submissions", "destroy_files",
                                      "destroy_lists", "destroy_archives",
                                      "destroy_cases", "destroy_look_files"])
def test_the_application_cannot_make_the_functions_take_what_is_younger(
        shop: Any, owner: Any, function: str) -> None:
    took(owner, shop, ADDRESS, ago(9.9), Status.RET)
    everything = list(range(1, 100))
    row = db.connection().execute(f"select {function}(1, %s, %s)",
                                  (shop.provider_id, everything)).fetchone()
    assert row == ([],)


@pytest.mark.attack
def test_nothing_is_destroyed_that_no_line_tells_of(shop: Any, owner: Any) -> None:
    done = took(owner, shop, ADDRESS, ago(11), Status.RET)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        db.connection().execute("select destroy_persons(1, %s, %s)",
                                (shop.provider_id, [person(done)]))
    assert is_there(owner, person(done))


@pytest.mark.attack
def test_nothing_is_destroyed_under_no_line_or_under_one_that_tells_of_something_else(
        shop: Any, owner: Any) -> None:
    done = took(owner, shop, ADDRESS, ago(11), Status.RET)
    took(owner, shop, OTHER, ago(11), Status.RET)
    ids = [person(done)]
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        db.connection().execute("select destroy_persons(null, %s, %s)", (shop.provider_id, ids))
    owner.execute("insert into legal_hold (provider_id, reason) values (%s, 'x')",
                  (shop.provider_id,))
    run()  # its line says that a run ended
    owner.execute("insert into legal_hold_end (hold_id, provider_id, reason) "
                  "select id, provider_id, 'x' from legal_hold")
    [(last, _)] = owner.execute("select id, kind from destruction_log").fetchall()
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        db.connection().execute("select destroy_persons(%s, %s, %s)",
                                (last, shop.provider_id, ids))
    assert is_there(owner, ids[0])


@pytest.mark.attack
def test_a_line_of_another_kind_than_what_went_is_named(shop: Any, owner: Any) -> None:
    ids = [person(took(owner, shop, ADDRESS, ago(11), Status.RET))]
    with db.transaction() as conn:
        number, previous = log.next_line(conn)
        conn.execute("select destroy_persons(%s, %s, %s)", (number, shop.provider_id, ids))
        log.write(conn, number, previous, log.Kind.RUN, ids=())
    assert [fault.line for fault in log.verify()[1]] == [number]


@pytest.mark.attack
@pytest.mark.parametrize("deed", [
    "delete from destruction_log", "update destruction_log set count = 0",
    "delete from destruction_part", "insert into destruction_part (log_id, kind, provider_id, "
    "first_id, last_id, ids) values (1, 1, 1, 1, 1, '{1}')", "delete from suppression",
    "delete from legal_hold", "delete from restriction", "update recipient set addr_ct = null",
    "select destroyed(1, 1::smallint, 1, '{1}')",
])
def test_the_application_cannot_write_what_only_the_functions_write(shop: Any, deed: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.connection().execute(deed)


def test_a_run_that_finds_nothing_says_so_and_another_is_not_due_yet(shop: Any) -> None:
    assert destroy.destroy_due(time.monotonic() + 60) == {"destroyed": 0}
    assert kinds() == [(0, 0)]
    destroy.destroy_due(time.monotonic() + 60)
    assert kinds() == [(0, 0)]


def test_who_keeps_much_lets_the_next_provider_have_its_turn(
        shop: Any, owner: Any, new_place: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(destroy, "CHUNK", 1)
    for number in range(3):
        in_force(owner, took(owner, shop, f"+90599000001{number}", ago(11)))
    other = took(owner, new_place(), OTHER, ago(11), Status.RET)
    calls = 0
    while owner.execute("select from destruction_run where ended_at is not null"
                        ).fetchone() is None and calls < 40:
        destroy.destroy_due(0)  # no time at all: a chunk a call
        calls += 1
    assert not is_there(owner, person(other))
    assert kinds() == [(2, 1), (1, 1), (0, 0)]
    assert owner.execute("select count(*) from destruction_run").fetchone()[0] == 1


def test_a_run_that_is_asked_for_looks_at_everybody_whatever_run_is_open(
        shop: Any, owner: Any, new_place: Any) -> None:
    later = new_place()
    owner.execute("insert into destruction_run (at_provider) values (%s)", (later.provider_id,))
    done = took(owner, shop, ADDRESS, ago(11), Status.RET)
    run()
    assert not is_there(owner, person(done))


def test_what_cannot_be_destroyed_now_stops_nobody_elses_turn(
        shop: Any, owner: Any, new_place: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(destroy, "_TRIES", 1)
    stuck = took(owner, shop, ADDRESS, ago(11), Status.RET)
    other = took(owner, new_place(), OTHER, ago(11), Status.RET)
    with owner.transaction():
        owner.execute("select from submission where id = %s for update", (stuck.submission_id,))
        destroy.destroy_due(time.monotonic() + 60)
    assert not is_there(owner, person(other))
    assert owner.execute("select erased_at from submission where id = %s",
                         (stuck.submission_id,)).fetchone() == (None,)


def test_a_month_later_there_is_another_run(shop: Any, owner: Any) -> None:
    destroy.destroy_due(time.monotonic() + 60)
    owner.execute("update destruction_run set begun_at = begun_at - interval '31 days'")
    destroy.destroy_due(time.monotonic() + 60)
    assert kinds() == [(0, 0), (0, 0)]


def test_a_refusal_outlives_the_person_as_a_hash_alone(shop: Any, owner: Any) -> None:
    took(owner, shop, ADDRESS, ago(10.1), Status.RET)
    run()
    again = took(owner, shop, ADDRESS, ago(10.5), source=Source.HS_FIZIKSEL_ORTAM)
    states = owner.execute("select distinct status, source from consent_state where recipient_id "
                           "= %s", (person(again),)).fetchall()
    assert states == [(2, 13)]  # the old list did not open it


def test_old_messages_codes_and_trails_go_by_their_age(shop: Any, owner: Any) -> None:
    done = took(owner, shop, ADDRESS, ago(2))
    message(owner, shop, done, ago(10.1))
    message(owner, shop, done, ago(9.9))
    owner.execute("insert into audit_entry (at, provider_id, action, subject) values "
                  "(%s, %s, 'x', 'y'), (%s, %s, 'x', 'z')",
                  (ago(10.1), shop.provider_id, ago(9.9), shop.provider_id))
    owner.execute(
        "insert into verification (provider_id, site_id, submission_id, recipient_id, code_hash, "
        "address_mark, created_at, expires_at) values (%(p)s, 1, 1, 1, 'c', 'a', %(old)s, now()), "
        "(%(p)s, 1, 1, 1, 'c', 'a', now(), now())", {"p": shop.provider_id, "old": ago(0.1)})
    run()
    assert kinds() == [(5, 1), (7, 1), (8, 1), (0, 0)]
    assert log.verify()[1] == []
