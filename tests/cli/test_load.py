"""İYS's own sample file goes in: good rows once, bad rows named with line and reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner

from ileti.cli import main
from ileti.cli.load import load
from ileti.core import clock
from ileti.core.errors import CallerMistake, NotFound


@pytest.fixture
def recent():
    return clock.to_istanbul(clock.now() - timedelta(hours=2)).strftime("%Y-%m-%d %H:%M:%S")


@pytest.fixture
def sample(tmp_path, recent):
    file = tmp_path / "izinler.csv"
    file.write_text(
        f"MESAJ,HS_MOBIL,+905992000000,ONAY,{recent},BIREYSEL\n"
        f"EPOSTA,HS_WEB,A@ornek.test,ONAY,{recent},BIREYSEL\n"
        f"ARAMA,HS_WEB,a@ornek.test,ONAY,{recent},BIREYSEL\n"
        f"MESAJ,IYS_WEB,+905992000001,ONAY,{recent},BIREYSEL\n"
        "MESAJ,HS_WEB,+905992000002,ONAY,2026-13-01 10:00:00,BIREYSEL\n"
        "MESAJ,HS_WEB,+905992000003,ONAY,2019-01-01 10:00:00,BIREYSEL\n"
        "MESAJ,HS_WEB\n"
        f"EPOSTA,HS_WEB,a@ornek.test,RET,{recent},BIREYSEL\n", encoding="utf-8")
    return file


def test_good_rows_go_in_and_bad_ones_are_named_with_their_line(place, conn, sample):
    report = load(sample, place.brand_code)
    assert [row.line for row in report.refused] == [3, 4, 5, 6, 7]
    assert report.recorded == 3
    rows = conn.execute("select count(*) from outbox where provider_id = %s", [place.provider_id])
    assert rows.fetchone()[0] == 3


def test_the_same_file_again_adds_nothing(place, sample):
    load(sample, place.brand_code)
    again = load(sample, place.brand_code)
    assert (again.recorded, again.replayed) == (0, 3)


def test_every_reason_is_a_sentence_with_a_code_in_both_languages(place, sample):
    for row in load(sample, place.brand_code).refused:
        assert row.reason("tr") != row.reason("en")
        assert row.code in row.reason("tr")


def test_of_two_providers_with_one_brand_number_nobodys_file_goes_to_the_wrong_one(
    place, place_b, conn, sample
):
    conn.execute("update brand set brand_code = %s where id = %s",
                 [place.brand_code, place_b.brand_id])
    with pytest.raises(CallerMistake, match="which_provider"):
        load(sample, place.brand_code)
    assert load(sample, place.brand_code, place.iys_code).recorded == 3
    conn.execute("update brand set brand_code = %s where id = %s",
                 [place_b.brand_code, place_b.brand_id])
    owners = conn.execute("select distinct provider_id from consent_entry where provider_id "
                          "in (%s, %s)", [place.provider_id, place_b.provider_id]).fetchall()
    assert owners == [(place.provider_id,)]


def test_an_unknown_brand_is_said_in_a_sentence(database, sample):
    with pytest.raises(NotFound, match="brand 1"):
        load(sample, 1)


def test_a_file_that_is_no_text_is_refused_whole(place, tmp_path):
    file = tmp_path / "x.csv"
    file.write_bytes(b"\xff\xfe\x00\x01" * 50)
    with pytest.raises(CallerMistake, match="unreadable_file"):
        load(file, place.brand_code)


@pytest.mark.parametrize(("encoding", "said"), [
    ("cp1254", "line 2"), ("utf-16", "UTF-8")])
def test_another_encoding_is_refused_with_its_line_and_what_to_do(
    place, conn, tmp_path, recent, encoding, said
):
    file = tmp_path / "x.csv"
    file.write_bytes((f"MESAJ,HS_WEB,+905992000030,ONAY,{recent},BIREYSEL\n"
                      f"MESAJ,HS_WEB,İğdır,ONAY,{recent},BIREYSEL\n").encode(encoding))
    with pytest.raises(CallerMistake, match="CSV UTF-8") as refused:
        load(file, place.brand_code)
    assert said in refused.value.en
    assert "codec" not in refused.value.en + refused.value.tr
    kept = conn.execute("select count(*) from consent_entry where provider_id = %s",
                        [place.provider_id]).fetchone()
    assert kept == (0,)


def test_a_broken_byte_far_down_takes_no_row_before_it(place, conn, tmp_path, recent, monkeypatch):
    monkeypatch.setattr("ileti.cli.load.CHUNK", 2)
    file = tmp_path / "x.csv"
    rows = "".join(f"MESAJ,HS_WEB,+90599200{n:04d},ONAY,{recent},BIREYSEL\n" for n in range(5))
    file.write_bytes(rows.encode() + b"\xdd\n")
    with pytest.raises(CallerMistake, match="line 6"):
        load(file, place.brand_code)
    kept = conn.execute("select count(*) from consent_entry where provider_id = %s",
                        [place.provider_id]).fetchone()
    assert kept == (0,)


def test_a_byte_order_mark_and_any_line_end_are_read(place, tmp_path, recent):
    file = tmp_path / "x.csv"
    rows = [f"MESAJ,HS_WEB,+90599200004{n},ONAY,{recent},BIREYSEL" for n in range(3)]
    file.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(rows).encode() + b"\r")
    report = load(file, place.brand_code)
    assert (report.recorded, report.refused) == (3, [])


@pytest.mark.parametrize("mark", [";", "\t"])
def test_another_separator_is_said_once_and_not_for_every_row(place, sample, mark):
    sample.write_text(sample.read_text().replace(",", mark))
    with pytest.raises(CallerMistake, match="commas"):
        load(sample, place.brand_code)


def test_a_quotation_mark_nobody_closed_costs_its_own_line_alone(place, tmp_path, recent):
    file = tmp_path / "x.csv"
    file.write_text(f'MESAJ,HS_WEB,"+905992000050,ONAY,{recent},BIREYSEL\n'
                    f"MESAJ,HS_WEB,+905992000051,ONAY,{recent},BIREYSEL\n")
    report = load(file, place.brand_code)
    assert report.recorded == 1
    assert [(row.line, row.code) for row in report.refused] == [(1, "UNREADABLE")]


def test_the_command_ends_with_1_and_lists_the_rows(place, sample):
    done = CliRunner().invoke(main, ["consents", "load", str(sample), "--brand",
                                     str(place.brand_code)])
    assert done.exit_code == 1
    assert f"{sample.name}:3: " in done.output
    assert "3 recorded" in done.output


def _load_one(place, tmp_path, line):
    file = tmp_path / "tek.csv"
    file.write_text(line + "\n", encoding="utf-8")
    return load(file, place.brand_code)


def test_before_the_activation_date_an_old_consent_goes_in_with_that_days_deadline_r40(
    place, conn, tmp_path
):
    conn.execute("update provider set activation_date = current_date + 9 where id = %s",
                 [place.provider_id])
    line = "MESAJ,HS_WEB,+905992000021,ONAY,2019-01-01 10:00:00,BIREYSEL"
    assert _load_one(place, tmp_path, line).recorded == 1
    due = conn.execute("select iys_due_at::date - current_date from consent_state "
                       "where provider_id = %s", [place.provider_id]).fetchone()
    assert due[0] == 9


def test_a_merchants_old_consent_is_taken_without_a_deadline(place, conn, tmp_path):
    line = "MESAJ,HS_WEB,+905992000022,ONAY,2025-01-02 10:00:00,TACIR"
    assert _load_one(place, tmp_path, line).recorded == 1
    due = conn.execute("select iys_due_at from consent_state where provider_id = %s",
                       [place.provider_id]).fetchone()
    assert due[0] is None
