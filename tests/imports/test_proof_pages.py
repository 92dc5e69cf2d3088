"""An import's files in the panel: several at once, missing ones named, shown on each record."""

from __future__ import annotations

import io
import re
import time
from typing import Any

import pytest

from ileti.consents.numbers import record_number
from ileti.core import db
from ileti.imports import runs, staging
from ileti.imports.states import RunState
from tests.evidence.samples import REFUSED, pdf
from tests.imports.import_house import when
from tests.imports.test_import_pages import (
    GROUND,
    applied,
    bring,
    columns_of,
    number_of,
    post,
    state_of,
)
from tests.panel.people import dealer_of, sign_in, token_of, user_with

HEAD = "Telefon;SMS İzni;İzin Tarihi;İzin Kaynağı;Kanıt Dosyası"


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def mapped(client: Any, *names: str) -> int:
    """An import of one signed form per name, its origin not stated yet."""
    lines = [f"+90599420{n:04};Evet;{when(hours=2)};ıslak imza;{name}"
             for n, name in enumerate(names)]
    run = number_of(bring(client, "\n".join([HEAD, *lines]).encode()))
    assert post(client, run, "esleme", **columns_of(run)).status_code == 302
    return run


def files(client: Any, run: int, *given: tuple[bytes, str], json: bool = False,
          **more: str) -> Any:
    return client.post(f"/ice-aktarma/{run}/kanit", data={
        "csrf_token": token_of(client), "dosya": [(io.BytesIO(data), name) for data, name in given],
        **more}, content_type="multipart/form-data",
        headers={"Accept": "application/json"} if json else {})


def tried(client: Any, run: int) -> str:
    post(client, run, "koken", origin="forms", **GROUND)
    staging.check_due(time.monotonic() + 60, run)
    return str(client.get(f"/ice-aktarma/{run}/").text)


def test_missing_files_are_named_and_added_and_the_record_shows_its_own(
        admin: Any, place: Any) -> None:
    run = mapped(admin, "form-1.pdf", "form-2.pdf", "form-3.pdf")
    page = admin.get(f"/ice-aktarma/{run}/koken").text
    assert "Satırların adını verdiği dosyalar" in page
    answer = files(admin, run, (pdf("1"), "FORM-1.PDF"), (pdf("2"), "a/form-2.pdf"), ne="satir")
    assert answer.headers["Location"].endswith("/koken#kanitlar")
    page = tried(admin, run)
    assert "form-3.pdf" in page
    assert "1 dosya eksikti" in page
    assert "form-1.pdf" not in page
    assert files(admin, run, (pdf("3"), "form-3.pdf"), ne="satir", json=True).json == {"count": 1}
    assert "Denemeden sonra 1 dosya eklendi" in admin.get(f"/ice-aktarma/{run}/").text
    post(admin, run, "dene")
    staging.check_due(time.monotonic() + 60, run)
    post(admin, run, "uygula")
    applied(run)
    shown = [admin.get(f"/izinler/{record_number(entry)}").text
             for (entry,) in db.connection().execute(
                 "select entry_id from entry_file where provider_id = %s", [place.provider_id])]
    (page,) = (one for one in shown if "FORM-1.PDF" in one)
    assert "FORM-1.PDF" in page
    assert f"{run} numaralı aktarmanın satırında adı geçiyor" in page


def test_a_file_for_all_stands_on_every_record_and_opens(admin: Any, place: Any) -> None:
    run = mapped(admin, "", "")
    files(admin, run, (pdf("hepsi"), "bütün formlar.pdf"), ne="butun", rol="1")
    assert "2 satırı uygula" in tried(admin, run)
    post(admin, run, "uygula")
    applied(run)
    for (entry,) in db.connection().execute("select id from consent_entry where provider_id = %s",
                                            [place.provider_id]).fetchall():
        page = admin.get(f"/izinler/{record_number(entry)}").text
        assert "bütün formlar.pdf" in page
        assert f"{run} numaralı aktarmanın bütünü için" in page
    link = re.search(rf"/ice-aktarma/{run}/kanit/\d+", page)
    assert link is not None
    answer = admin.get(link.group(0))
    assert answer.data == pdf("hepsi")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "bütün formlar.pdf" in admin.get(f"/ice-aktarma/{run}/").text


def test_each_refused_file_is_said_and_the_others_are_taken(admin: Any) -> None:
    run = mapped(admin, "a.pdf")
    files(admin, run, (pdf("a"), "a.pdf"), (REFUSED["form.pdf.exe"], "b.pdf"), ne="satir")
    page = admin.get(f"/ice-aktarma/{run}/koken").text
    assert "bir program" in page
    assert "1 dosya kasaya alındı" in page
    again = files(admin, run, (pdf("baska"), "A.PDF"), ne="satir", json=True)
    assert (again.status_code, again.json["code"]) == (409, "name_taken")


def test_a_file_is_taken_out_and_the_dry_run_counts_no_more(admin: Any) -> None:
    run = mapped(admin, "a.pdf")
    files(admin, run, (pdf("a"), "a.pdf"), ne="satir")
    page = tried(admin, run)
    out = re.search(rf"/ice-aktarma/{run}/kanit/\d+/cikar", page)
    assert out is not None
    assert admin.post(out.group(0), data={"csrf_token": token_of(admin)}).status_code == 303
    assert state_of(run) is RunState.MAPPING
    assert admin.post(out.group(0), data={"csrf_token": token_of(admin)}).status_code == 404


def test_nobody_else_brings_opens_or_takes_out(
        app: Any, admin: Any, place: Any, place_b: Any) -> None:
    run = mapped(admin, "a.pdf")
    files(admin, run, (pdf("a"), "a.pdf"), ne="satir")
    number = db.connection().execute("select id from import_file where import_id = %s",
                                     [run]).fetchone()[0]  # type: ignore[index]
    for client in (sign_in(app, user_with(app, "provider_admin", place_b)),
                   sign_in(app, user_with(app, "dealer_manager", place,
                                          dealer_id=dealer_of(place)))):
        assert client.get(f"/ice-aktarma/{run}/kanit/{number}").status_code == 404
        assert files(client, run, (pdf("x"), "x.pdf"), json=True).status_code == 404
        assert client.post(f"/ice-aktarma/{run}/kanit/{number}/cikar", data={
            "csrf_token": token_of(client)}).status_code == 404
        assert client.post(f"/ice-aktarma/{run}/kalan", data={
            "csrf_token": token_of(client)}).status_code == 404


def test_the_rows_not_taken_are_brought_again_by_one_press(admin: Any, place: Any) -> None:
    run = mapped(admin, "a.pdf", "b.pdf")
    files(admin, run, (pdf("a"), "a.pdf"), ne="satir")
    tried(admin, run)
    post(admin, run, "uygula")
    applied(run)
    runs.drop_stage(runs.read_run(run).stage or 0)
    page = admin.get(f"/ice-aktarma/{run}/").text
    assert "Alınmayan 1 satırı yeniden aktar" in page
    assert "b.pdf" in admin.get(f"/ice-aktarma/{run}/nedenler.csv").text
    answer = post(admin, run, "kalan")
    made = number_of(answer)
    assert answer.headers["Location"].endswith(f"/ice-aktarma/{made}/koken")
    assert GROUND["ground"] in admin.get(f"/ice-aktarma/{made}/koken").text
    files(admin, made, (pdf("b"), "b.pdf"), ne="satir")
    assert "1 satırı uygula" in tried(admin, made)
