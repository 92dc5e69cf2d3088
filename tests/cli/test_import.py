"""``ileti import``: the same steps as in the panel, with exit codes a script can read."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from ileti.cli import main
from tests.imports.import_house import HEAD, STATEMENT, many, row, states, when

ORIGIN = [part for name, text in STATEMENT.items() for part in (f"--{name}", text)]


@pytest.fixture
def run(place, monkeypatch):
    monkeypatch.setenv("LANG", "en_US.UTF-8")

    def invoke(*arguments):
        return CliRunner().invoke(main, ["import", *map(str, arguments), "--brand",
                                         str(place.brand_code), *ORIGIN])
    return invoke


@pytest.fixture
def file(tmp_path):
    def make(*lines):
        path = tmp_path / "musteri-listesi.csv"
        path.write_text("\n".join((HEAD, *lines)), encoding="utf-8")
        return path
    return make


def test_a_good_list_is_applied_and_ends_with_zero(run, file, place):
    done = run(file(row("+905992134117"), row("a@ornek.com.tr", channel="EPOSTA")))
    assert done.exit_code == 0, done.output
    assert "2 consents written" in done.output
    assert len(states(place)) == 2


def test_a_dry_run_lists_every_reason_writes_nothing_and_keeps_nothing(run, file, place):
    done = run(file(row("+905992134117"), row("0599 21"), row("+905992134118", date="dün")),
               "--dry-run")
    assert done.exit_code == 1
    assert "The phone number is not valid [NUMARA_EKSIK, R-38], first in line 3" in done.output
    assert "[TARIH_BICIM, R-39], first in line 4" in done.output
    assert "1 consents of 3 rows would be taken. Nothing was written." in done.output
    assert states(place) == []
    assert many("select count(*) from import_run where provider_id = %s and state = 9",
                place.provider_id) == 1


def test_a_program_reads_one_json_object(run, file):
    done = run(file(row("+905992134117"), row("0599 21")), "--json")
    found = json.loads(done.stdout)
    assert (found["rows"], found["taken"], found["written"], found["refused"]) == (2, 1, 1, 1)
    assert found["lines"]["NUMARA_EKSIK"] == [3, 3]


def test_the_report_holds_the_list_again_with_a_verdict_before_each_row(run, file, tmp_path):
    out = tmp_path / "rapor.csv"
    run(file(row("0599 213 41 17"), row("=1+1")), "--dry-run", "--report", out)
    head, first, second = out.read_text("utf-8-sig").splitlines()
    assert head.startswith("line;verdict;reason;rule;explanation;channel;choice;repaired;type;")
    assert first.startswith("2;taken;ALINACAK;R-33;")
    assert ";+905992134117;MESAJ;" in first
    assert ";'=1+1;" in second


def test_the_report_is_a_workbook_when_its_name_says_so(run, file, tmp_path):
    from ileti.imports.reading.sources import examine

    out = tmp_path / "rapor.xlsx"
    run(file(row("0599 213 41 17"), row("0599 21")), "--dry-run", "--report", out)
    found = examine(out.name, out)
    assert (found.layout.format, found.layout.kind) == ("xlsx", "report")
    assert [one[2] for one in found.rows] == ["0599 213 41 17", "0599 21"]
    assert [name for name, _ in found.sheets] == ["Reasons"]


def test_the_same_file_again_ends_with_zero_and_says_that_nothing_is_new(run, file, place):
    path = file(row("+905992134117", date=when(hours=3)))
    run(path)
    again = run(path)
    assert again.exit_code == 0
    assert "This file was applied before" in again.output
    assert "Nothing new" in again.output
    assert len(states(place)) == 1


def test_what_is_missing_is_said_and_nothing_is_kept(run, tmp_path, place):
    path = tmp_path / "x.csv"
    path.write_text("telefon\n05992134117\n", encoding="utf-8")
    done = run(path)
    assert done.exit_code == 2
    assert "Choose the consent date (R-39)." in done.output
    assert "Columns: 1: telefon" in done.output
    assert many("select count(*) from import_run where provider_id = %s and state <> 9",
                place.provider_id) == 0


def test_fixed_values_fill_what_the_list_does_not_say(run, tmp_path, place):
    path = tmp_path / "x.csv"
    path.write_text("telefon\n05992134117\n", encoding="utf-8")
    done = run(path, "--status", "ONAY", "--source", "HS_FIZIKSEL_ORTAM", "--date",
               when(hours=4), "--channel", "MESAJ", "--channel", "ARAMA")
    assert done.exit_code == 0, done.output
    assert len(states(place)) == 2


def test_a_purchased_list_is_refused(place, file, monkeypatch):
    monkeypatch.setenv("LANG", "tr_TR.UTF-8")
    done = CliRunner().invoke(main, [
        "import", str(file(row("+905992134117"))), "--brand", str(place.brand_code),
        "--origin", "purchased"])
    assert done.exit_code == 2
    assert "Satın alınmış listeler aktarılmaz" in done.output


def test_of_two_providers_with_one_brand_number_nobodys_list_goes_to_the_wrong_one(
    run, file, place, place_b, conn
):
    conn.execute("update brand set brand_code = %s where id = %s",
                 [place.brand_code, place_b.brand_id])
    path = file(row("+905992134117"))
    refused = run(path)
    assert refused.exit_code == 2
    assert "Say which with --provider." in refused.output
    assert run(path, "--provider", place.iys_code).exit_code == 0
    assert (len(states(place)), len(states(place_b))) == (1, 0)


def test_an_unknown_brand_is_said_in_a_sentence(database, file, monkeypatch):
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    done = CliRunner().invoke(main, ["import", str(file(row("+905992134117"))), "--brand", "1",
                                     *ORIGIN])
    assert done.exit_code == 2
    assert "There is no brand 1." in done.output


def test_iys_own_file_without_heading_and_in_windows_letters_is_told_by_its_content(
    run, tmp_path, place
):
    path = tmp_path / "izinler.csv"
    path.write_bytes("\n".join([row("+905992134117"), row("şule@ornek.com.tr",
                                channel="EPOSTA")]).encode("windows-1254"))
    done = run(path)
    assert done.exit_code == 1
    assert "[EPOSTA_TURKCE, R-38]" in done.output
    assert len(states(place)) == 1


def test_a_workbook_is_read_as_well(run, tmp_path, place):
    import xlsxwriter

    path = tmp_path / "liste.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Müşteriler")
    for n, cells in enumerate([["GSM", "SMS izni", "Kaynak", "Tarih"],
                               [5992134117, "Evet", "Web", when(hours=3)]]):
        sheet.write_row(n, 0, cells)
    book.close()
    assert run(path).exit_code == 0
    assert len(states(place)) == 1


def test_a_query_on_another_database_is_a_list_too(run, tmp_path, place):
    import sqlite3

    base = sqlite3.connect(tmp_path / "crm.sqlite")
    base.execute("create table musteri (gsm text, sms_izni int, tarih text)")
    base.execute("insert into musteri values ('0599 213 41 17', 1, ?)", [when(hours=3)])
    base.commit()
    done = run("--from", f"sqlite:///{tmp_path}/crm.sqlite", "--query",
               "select gsm, sms_izni as \"SMS izni\", tarih from musteri", "--source", "HS_WEB")
    assert done.exit_code == 0, done.output
    assert len(states(place)) == 1


def test_a_file_or_a_database_has_to_be_named(run):
    assert run("--from", "sqlite:///x").exit_code == 2


def test_a_folder_brings_the_files_that_rows_name(run, tmp_path, place):
    from tests.evidence.samples import pdf

    folder = tmp_path / "taramalar"
    folder.mkdir()
    (folder / "FORM-1.pdf").write_bytes(pdf("1"))
    (folder / "virüs.pdf").write_bytes(b"MZ" + bytes(40))
    path = tmp_path / "liste.csv"
    path.write_text("\n".join([f"{HEAD},kanıt", *(
        row(f"+90599213411{n}", source="HS_ISLAK_IMZA") + f",form-{n}.pdf" for n in (1, 2))]))
    done = run(path, "--proof-dir", folder)
    assert done.exit_code == 1
    assert "virüs.pdf: The file was not taken: it is a program" in done.output
    assert "The proof file the row names was not uploaded" in done.output
    assert many("select count(*) from entry_file where provider_id = %s", place.provider_id) == 1


def test_a_scan_of_all_forms_is_named_as_one_and_a_contract_is_none(run, tmp_path, file, place):
    from tests.evidence.samples import pdf

    scan = tmp_path / "hepsi.pdf"
    scan.write_bytes(pdf())
    lines = [row("+905992134117", source="HS_ISLAK_IMZA")]
    assert "The source has no proof" in run(file(*lines), "--proof-file", scan).output
    done = run(file(*lines), "--proof-file", scan, "--proof-role", "signed_form")
    assert done.exit_code == 0, done.output
    assert len(states(place)) == 1


def test_a_named_proof_that_cannot_be_taken_stops_the_import(run, tmp_path, file, place):
    bad = tmp_path / "sayfa.pdf"
    bad.write_bytes(b"<html>")
    done = run(file(row("+905992134117")), "--proof-file", bad)
    assert done.exit_code == 2
    assert states(place) == []


def test_a_list_that_was_not_applied_to_its_end_ends_with_two(run, file, place, monkeypatch):
    from ileti.imports import apply, runs

    real = apply.apply_chunk

    def pausing(one, n):
        runs.pause(one.id)
        return real(one, n)

    monkeypatch.setattr(apply, "apply_chunk", pausing)
    done = run(file(row("+905992134117")))
    assert done.exit_code == 2, done.output
    assert "was not applied to its end: 1 consents are written" in done.output


def test_what_is_left_out_while_applying_is_no_zero(run, file, place, monkeypatch):
    from ileti.consents.vocabulary import Status
    from ileti.imports import runs
    from tests.imports.test_undo import take

    real = runs.ask_apply

    def late(run_id, *, by):
        take(place, Status.RET, address="+905992134117", hours=3)
        return real(run_id, by=by)

    monkeypatch.setattr(runs, "ask_apply", late)
    done = run(file(row("+905992134117"), row("+905992134118")))
    assert done.exit_code == 1, done.output
    assert "1 were left out while applying" in done.output


def test_a_dry_run_says_how_long_iys_takes(run, file):
    done = run(file(row("+905992134117")), "--dry-run")
    assert re.search(r"İYS would take about \d+ minutes at its limit", done.output)
    found = json.loads(run(file(row("+905992134118")), "--dry-run", "--json").stdout)
    assert found["totals"] == {
        "channel": {"MESAJ": 1}, "status": {"ONAY": 1}, "source": {"HS_WEB": 1},
        "recipientType": {"BIREYSEL": 1}, "dealer": {"": 1}}
    assert found["pastDue"] == 0
    assert found["sendingSeconds"] >= 0


def test_a_dealer_is_named_for_all_rows(run, file, place, conn):
    from tests.panel.people import dealer_of

    dealer, code = dealer_of(place), 4_711
    conn.execute("update dealer set retailer_code = %s where id = %s", [code, dealer])
    assert run(file(row("+905992134117")), "--dealer", code).exit_code == 0
    assert conn.execute("select dealer_id from consent_entry where provider_id = %s",
                        [place.provider_id]).fetchone()[0] == dealer
    wrong = run(file(row("+905992134118")), "--dealer", "999")
    assert "no dealer with the code 999" in wrong.output
    assert wrong.exit_code == 2
    unknown = run(file(row("+905992134118")), "--column", "field.nothing=2")
    assert "There is no custom field: nothing" in unknown.output
