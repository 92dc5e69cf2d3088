"""Data subjects' requests have a period of their own, and their files are nobody else's to destroy
(R-63, R-64)."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from ileti.consents.vocabulary import Status
from ileti.core import clock, db
from ileti.core.secrets import secrets
from ileti.evidence import vault
from ileti.requests import cases, correcting, matching, people
from ileti.requests.people import Person
from ileti.requests.vocabulary import FileRole, Way
from ileti.retention import destroy, holds, log, plan
from ileti.retention.periods import Kind
from tests.evidence.samples import pdf
from tests.retention.old_house import ago, is_there, person, took

ADDRESS = "+905990000001"
TABLES = ("data_request", "data_request_event", "data_request_file", "data_request_recipient",
          "data_request_correction", "data_request_export", "data_request_erasure",
          "data_request_answer", "data_request_mail")


def opened(place: Any, *, files: bool = True) -> int:
    """A case with a letter, a copy and a file of the applicant; its id."""
    with db.transaction() as conn:
        number, _ = cases.open_case(conn, cases.NewCase(
            provider_id=place.provider_id, brand_id=place.brand_id, idem=f"eski:{clock.now()}",
            way=Way.PAPER, received_at=clock.now(), person=Person(name="Nazlı K.", phone=ADDRESS),
            wish="Verilerim", rights=["B"]))
    if files:
        kept = [vault.put(place.provider_id, [pdf(name)], f"{name}.pdf")
                for name in ("basvuru", "cevap", "kopya", "kopya-veri")]
        conn = db.connection()
        cases.add_file(conn, cases.read_case(conn, number), kept[0], "basvuru.pdf",
                       FileRole.APPLICATION, by=None)
        of = (place.provider_id, place.brand_id, number)
        conn.execute("insert into data_request_export (provider_id, brand_id, request_id, asked_by,"
                     " done_at, json_file, pdf_file) values (%s, %s, %s, 1, now(), %s, %s)",
                     (*of, kept[2].id, kept[3].id))
        conn.execute("insert into data_request_answer (provider_id, brand_id, request_id, idem, "
                     "made_by, language, decision, sending, body, file_id) "
                     "values (%s, %s, %s, 'a', 1, 'tr', 1, 1, 'x', %s)", (*of, kept[1].id))
        conn.execute("insert into data_request_mail (provider_id, brand_id, request_id, kind, mark)"
                     " values (%s, %s, %s, 2, 'm')", of)
        conn.execute("insert into data_request_erasure (provider_id, brand_id, request_id, "
                     "recipients, asked_by, declined_at) values (%s, %s, %s, '{}', 1, now())", of)
    return number


def answered(owner: Any, number: int, years: float) -> None:
    """The case was closed so many years ago, and its files came then."""
    owner.execute("update data_request set state = 4, received_at = %(at)s - interval '30 days', "
                  "created_at = %(at)s - interval '30 days', due_at = %(at)s, closed_at = %(at)s "
                  "where id = %(id)s",
                  {"at": ago(years), "id": number})
    owner.execute("update evidence_file set created_at = %s", (ago(years),))


def files(owner: Any) -> int:
    return int(owner.execute("select count(*) from evidence_file where erased_at is null"
                             ).fetchone()[0])


def left(owner: Any) -> set[str]:
    return {table for table in TABLES if owner.execute(
        f"select from {table} limit 1").fetchone() is not None}


def kinds() -> list[tuple[int, int]]:
    return [(line.kind, line.count) for line in log.lines()]


def test_the_files_of_a_case_that_is_kept_are_kept(shop: Any, owner: Any, folder: Any) -> None:
    number = opened(shop)
    answered(owner, number, 9.9)
    owner.execute("update evidence_file set created_at = %s", (ago(11),))
    destroy.run_now()
    assert files(owner) == 4
    assert kinds() == [(0, 0)]


def test_a_case_goes_ten_years_after_it_was_closed_with_all_that_hangs_on_it(
        shop: Any, owner: Any, folder: Any) -> None:
    answered(owner, opened(shop), 10.1)
    assert left(owner) >= {"data_request", "data_request_event", "data_request_file"}
    assert plan.count(shop.provider_id)[Kind.CASE].now == 1
    destroy.run_now()
    assert kinds() == [(11, 1), (3, 4), (0, 0)]
    assert (left(owner), files(owner)) == (set(), 0)
    assert log.verify()[1] == []


def test_a_case_nobody_closed_stays_however_old(shop: Any, owner: Any) -> None:
    number = opened(shop, files=False)
    owner.execute("update data_request set received_at = %(at)s, due_at = %(at)s + "
                  "interval '30 days', created_at = %(at)s", {"at": ago(12)})
    destroy.run_now()
    assert owner.execute("select id from data_request").fetchall() == [(number,)]


def matched(number: int, place: Any, recipient_id: int) -> None:
    matching.attach(db.connection(), number, place.provider_id, place.brand_id, recipient_id,
                    matching.BY_HAND, by=1)


@pytest.mark.attack
@pytest.mark.parametrize(("whom", "stays"), [("the applicant", True), ("somebody else", False),
                                             ("everybody", True)])
def test_a_hold_keeps_the_cases_of_whom_it_holds(
        shop: Any, owner: Any, whom: str, stays: bool) -> None:
    number = opened(shop, files=False)
    ours, other = (person(took(owner, shop, f"+90599000002{n}", ago(1))) for n in range(2))
    matched(number, shop, ours)
    answered(owner, number, 10.1)
    holds.place(shop.provider_id, "Dava", by=None, recipient_id={
        "the applicant": ours, "somebody else": other, "everybody": None}[whom])
    destroy.run_now()
    assert ("data_request" in left(owner)) is stays


def test_a_correction_stays_as_long_as_what_it_corrects(shop: Any, owner: Any) -> None:
    number = opened(shop, files=False)
    done = took(owner, shop, ADDRESS, ago(1))
    matched(number, shop, person(done))
    with db.transaction() as conn:
        correcting.correct_name(conn, cases.read_case(conn, number), person(done),
                                before="Nazlı K.", after="Nazlı Kaya", by=1)
    answered(owner, number, 10.1)
    destroy.run_now()
    assert "data_request_correction" in left(owner)
    owner.execute("update recipient set addr_hash = null, addr_ct = null, leaf_key = null")
    destroy.run_now()
    assert left(owner) == set()


@pytest.mark.attack
def test_a_case_leads_nobody_to_the_refusal_that_outlives_the_person(
        shop: Any, owner: Any) -> None:
    opened(shop, files=False)
    done = took(owner, shop, ADDRESS, ago(11), Status.RET)
    destroy.run_now()
    assert not is_there(owner, person(done))
    [(kept,)] = owner.execute("select addr_hash from suppression").fetchall()
    [(marks,)] = owner.execute("select marks from data_request").fetchall()
    assert bytes(kept) == secrets().addresses.of(shop.provider_id, ADDRESS)
    assert bytes(kept) not in [bytes(one) for one in marks]
    assert people.read_mark(shop.provider_id, "0599 000 00 01") in [bytes(one) for one in marks]


@pytest.mark.attack
def test_nobody_but_the_function_takes_a_case_away(shop: Any, owner: Any, new_place: Any) -> None:
    number = opened(shop, files=False)
    answered(owner, number, 10.1)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.connection().execute("delete from data_request_event")
    for provider_id, ids in ((new_place().provider_id, [number]), (shop.provider_id, [])):
        assert db.connection().execute("select destroy_cases(1, %s, %s)", (
            provider_id, ids)).fetchone() == ([],)
    assert "data_request" in left(owner)
