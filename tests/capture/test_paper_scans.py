"""A scan from which nothing was recorded goes after thirty days; one that is a proof stays."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from ileti.capture import paperlook, paperscans, sites
from ileti.capture.jobs import destroy_look_files
from ileti.consents.ledger import ActorKind, NewSubmission, hash_body
from ileti.consents.vocabulary import Source, Standing
from ileti.core import db
from ileti.documents.publish import publish_standard_texts
from ileti.evidence import links, vault
from ileti.kvkk.ledger import NewAct, record
from ileti.kvkk.vocabulary import Act
from ileti.retention import holds, log
from tests.kvkk.house import NOON, text
from tests.panel.people import sign_in, token_of, user_with

from .test_paper import PNG, Batch, enter, paper

OTHER = PNG + b"sharper"


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


@pytest.fixture
def batch(place: Any) -> Batch:
    publish_standard_texts(place.provider_id, place.brand_id)
    sites.forget_sites()
    return paper.print_batch(db.connection(), place, dealer_id=None, language="tr", copies=3,
                             spot="", by=1)


@pytest.fixture
def clerk(app: Any, place: Any, batch: Batch) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


@pytest.fixture
def other(app: Any, place: Any, clerk: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def files(place: Any) -> list[bool]:
    """Whether each scan that ever came can still be read, in order."""
    return [row[0] for row in db.connection().execute(
        "select file_key <> '' from evidence_file where provider_id = %s order by id",
        (place.provider_id,)).fetchall()]


def looks(place: Any) -> list[tuple[int, int]]:
    return db.connection().execute("select id, state from paper_look where provider_id = %s",
                                   (place.provider_id,)).fetchall()


def noted(place: Any) -> int:
    return int(db.connection().execute("select count(*) from paper_scan where provider_id = %s",
                                       (place.provider_id,)).fetchone()[0])


def after(place: Any, days: int) -> None:
    """As if all of it had been so many days ago; then the job."""
    for table, column in (("paper_scan", "at"), ("paper_look", "at"), ("paper_look", "decided_at")):
        db.connection().execute(
            f"update {table} set {column} = now() - make_interval(days => %s) "
            f"where provider_id = %s and {column} is not null", (days, place.provider_id))
    destroy_look_files()


def put_aside(client: Any, number: int) -> None:
    client.post(f"/kagit-formlar/bak/{number}/ayir", data={"csrf_token": token_of(client)})


def test_r64_a_scan_put_aside_goes_after_thirty_days_and_its_line_is_signed(
    clerk: Any, other: Any, place: Any, batch: Batch
) -> None:
    enter(clerk, batch.number(1), bak="1", phone="")
    assert "30 gün sonra yok edilir" in other.get("/kagit-formlar/").text
    put_aside(other, looks(place)[0][0])
    after(place, 29)
    assert files(place) == [True]
    after(place, 30)
    assert (files(place), noted(place)) == ([False], 0)
    after(place, 31)  # nothing is left to do
    line = list(log.lines(place.provider_id))[-1]
    assert (line.count, line.rule) == (1, "R-64")
    assert log.verify()[1] == []
    assert vault.sweep()["dropped"] >= 1


def test_what_waits_for_nobody_goes_too_and_the_sheet_may_be_left_again(
    clerk: Any, other: Any, place: Any, batch: Batch
) -> None:
    enter(clerk, batch.number(1), bak="1", phone="")
    after(place, 31)
    assert (files(place), looks(place)[0][1]) == ([False], paperlook.ASIDE)
    assert other.get(f"/kagit-formlar/bak/{looks(place)[0][0]}").status_code == 404
    assert enter(other, batch.number(1), scan=None).status_code == 422  # there is none any more
    assert enter(other, batch.number(1), bak="1").status_code == 303
    assert (files(place), looks(place)[0][1]) == ([False, True], paperlook.WAITS)


def test_a_scan_that_a_sharper_one_replaced_goes_and_the_proof_stays(
    clerk: Any, other: Any, place: Any, batch: Batch
) -> None:
    enter(clerk, batch.number(1), bak="1", phone="")
    assert enter(other, batch.number(1), scan=OTHER).status_code == 303
    after(place, 31)
    assert (files(place), noted(place)) == ([False, True], 0)


def test_a_scan_left_again_after_it_was_put_aside_frees_the_one_before(
    clerk: Any, other: Any, place: Any, batch: Batch
) -> None:
    enter(clerk, batch.number(1), bak="1", phone="")
    put_aside(other, looks(place)[0][0])
    enter(other, batch.number(1), scan=OTHER, bak="1")
    db.connection().execute("update paper_scan set at = now() - interval '31 days' "
                            "where provider_id = %s", (place.provider_id,))
    destroy_look_files()
    assert files(place) == [False, True]  # the second waits since today


def test_a_form_that_nobody_finished_leaves_no_scan(clerk: Any, place: Any, batch: Batch) -> None:
    assert enter(clerk, batch.number(1), phone="12").status_code == 422
    after(place, 29)
    assert files(place) == [True]
    after(place, 31)
    assert files(place) == [False]


def test_the_same_scan_brought_again_lately_stays(clerk: Any, place: Any, batch: Batch) -> None:
    enter(clerk, batch.number(1), phone="12")
    after(place, 29)
    enter(clerk, batch.number(2), phone="12")
    db.connection().execute("update paper_scan set at = now() - interval '31 days' "
                            "where provider_id = %s and sheet = 1", (place.provider_id,))
    destroy_look_files()
    assert files(place) == [True]


def test_what_a_record_names_stays_also_before_it_is_linked(
    clerk: Any, place: Any, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(clerk, batch.number(1))

    def die(*_: Any, **__: Any) -> None:
        raise SystemError

    with monkeypatch.context() as patch:  # a death between the ledger and the link
        patch.setattr(links, "link_all", die)
        assert enter(clerk, batch.number(2), scan=OTHER).status_code == 500
    after(place, 31)
    assert files(place) == [True, True]
    assert noted(place) == 1  # the one that no record holds yet


@pytest.mark.parametrize("table", ["import_file", "data_request_file"])
def test_what_something_else_names_stays(
    clerk: Any, place: Any, batch: Batch, database: str, table: str
) -> None:
    enter(clerk, batch.number(1), phone="12")
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("set session_replication_role = replica")  # a row that names it is enough
        owner.execute({
            "import_file":
                "insert into import_file (provider_id, brand_id, import_id, file_id, role, name, "
                "name_hash, whole) "
                "select provider_id, 1, 1, id, 1, '', '', true from evidence_file "
                "where provider_id = %s",
            "data_request_file":
                "insert into data_request_file (provider_id, brand_id, request_id, file_id, role, "
                "name) select provider_id, 1, 1, id, 1, '' from evidence_file "
                "where provider_id = %s"}[table],
                      (place.provider_id,))
        after(place, 31)
        assert files(place) == [True]
        owner.execute(f"delete from {table} where provider_id = %s", (place.provider_id,))
    after(place, 31)
    assert files(place) == [False]


def test_a_hold_keeps_a_scan_until_it_ends(clerk: Any, place: Any, batch: Batch) -> None:
    enter(clerk, batch.number(1), phone="12")
    hold = holds.place(place.provider_id, "Dava", by=None)
    after(place, 31)
    assert files(place) == [True]
    holds.end(place.provider_id, hold, "Dava bitti", by=None)
    after(place, 31)
    assert files(place) == [False]


def test_one_provider_that_cannot_be_served_keeps_no_other(
    clerk: Any, place: Any, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(clerk, batch.number(1), phone="12")

    def breaks(*_: Any) -> list[int]:
        raise RuntimeError("the log is broken")

    with monkeypatch.context() as patch:
        patch.setattr(paperscans, "destroy_look_files", breaks)
        after(place, 31)
    assert files(place) == [True]
    destroy_look_files()
    assert files(place) == [False]


def test_a_look_names_a_file_that_is_there(place: Any, batch: Batch) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        db.connection().execute(
            "insert into paper_look (provider_id, brand_id, paper_batch_id, sheet, file_id, state, "
            'by) values (%s, %s, %s, 1, 999999999, 1, 1)',
            (place.provider_id, place.brand_id, batch.id))


def test_a_scan_that_also_proves_an_explicit_consent_of_the_desk_stays(
    clerk: Any, place: Any, batch: Batch
) -> None:
    enter(clerk, batch.number(1), phone="12")
    file = vault.find(place.provider_id, sha256(PNG).digest())
    assert file is not None
    rıza = text(place)
    record(NewSubmission(
        place=place, idem=f"desk:{uuid4()}", body_hash=hash_body("x"), items=(),
        source=Source.HS_ISLAK_IMZA, standing=Standing.VERIFIED, actor=ActorKind.USER,
        evidence={"file": {"id": file.id, "sha256": file.sha256.hex(), "size": file.size}}),
        [NewAct(rıza.document, rıza.version, rıza.hash, Act.GIVEN, NOON, address="+905990000009")])
    after(place, 31)
    assert files(place) == [True]
