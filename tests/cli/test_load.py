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


def test_an_unknown_brand_is_said_in_a_sentence(database, sample):
    with pytest.raises(NotFound, match="brand 1"):
        load(sample, 1)


def test_a_file_that_is_no_text_is_refused_whole(place, tmp_path):
    file = tmp_path / "x.csv"
    file.write_bytes(b"\xff\xfe\x00\x01" * 50)
    with pytest.raises(CallerMistake, match="unreadable_file"):
        load(file, place.brand_code)


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
