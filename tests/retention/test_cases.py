"""Data subjects' requests have a period of their own, and their files are nobody else's to destroy
(R-63, R-64)."""

from __future__ import annotations

from typing import Any

from ileti.core import clock, db
from ileti.evidence import vault
from ileti.requests import cases
from ileti.requests.people import Person
from ileti.requests.vocabulary import FileRole, Way
from ileti.retention import destroy, log
from tests.evidence.samples import pdf
from tests.retention.old_house import ago

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
                  "due_at = %(at)s, closed_at = %(at)s where id = %(id)s",
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
