"""What an import did not take can be corrected for a year and brought again as another list."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from config import settings
from ileti.core import db
from ileti.core.errors import CallerMistake, Conflict, Gone
from ileti.imports import proofs, report, rest, runs
from ileti.imports.states import RunState
from tests.imports.import_house import HEAD, begin, check, many, prove, put_in, row
from tests.imports.test_proofs import OTHER, PHONE, THIRD, signed

LINES = (row(PHONE), row("0599 2"), signed(OTHER, "b.pdf"), row(THIRD, "belki") + ",\"iki\nsatır\"")


def mixed(place: Any) -> int:
    """One row taken, one unreadable phone, one without its file, one without a choice; applied."""
    run_id = begin(place, HEAD + ",kanıt", *LINES)
    assert check(run_id) == {"ALINACAK": 1, "NUMARA_EKSIK": 1, "KANIT_EKSIK": 1, "SECIM_BICIM": 1}
    put_in(run_id)
    return run_id


def lose_staging(run_id: int) -> None:
    runs.drop_stage(runs.read_run(run_id).stage or 0)


def told(run_id: int) -> list[list[str]]:
    text = b"".join(report.stream(runs.read_run(run_id))).decode("utf-8-sig")
    return [line.split(";") for line in text.splitlines()[1:]]


def test_the_rows_not_taken_are_reported_when_the_staging_is_gone(place: Any) -> None:
    run_id = mixed(place)
    assert len(told(run_id)) >= 4
    lose_staging(run_id)
    found = told(run_id)
    assert [one[2] for one in found if len(one) > 2] == [
        "NUMARA_EKSIK", "KANIT_EKSIK", "SECIM_BICIM"]
    assert "b.pdf" in found[1][4]


def test_an_emptied_staging_table_is_no_report_of_nothing(place: Any) -> None:
    run_id = mixed(place)
    stage = runs.read_run(run_id).stage
    db.connection().execute(f"delete from import_stage_{stage}")
    assert [one[2] for one in told(run_id) if len(one) > 2][:2] == ["NUMARA_EKSIK", "KANIT_EKSIK"]


def test_the_rest_becomes_an_import_of_its_own_with_columns_origin_and_files(place: Any) -> None:
    run_id = mixed(place)
    lose_staging(run_id)
    made = rest.again(run_id, by=None)
    run, before = runs.read_run(made), runs.read_run(run_id)
    assert run.state is RunState.MAPPING
    assert run.mapping == before.mapping
    assert run.origin["ground"] == before.origin["ground"]
    prove(made, place, "b.pdf")
    assert check(made) == {"NUMARA_EKSIK": 1, "ALINACAK": 1, "SECIM_BICIM": 1}
    put_in(made)
    assert many("select count(*) from consent_entry where provider_id = %s",
                place.provider_id) == 2


def test_files_that_were_here_already_come_along(place: Any) -> None:
    run_id = begin(place, HEAD + ",kanıt", signed(PHONE, "a.pdf"), signed(OTHER, "b.pdf"))
    prove(run_id, place, "a.pdf")
    check(run_id)
    put_in(run_id)
    made = rest.again(run_id, by=None)
    assert list(proofs.names_of(made)) == ["a.pdf"]
    assert check(made) == {"KANIT_EKSIK": 1}


def test_a_mended_report_is_a_list_again(place: Any) -> None:
    from ileti.imports.reading import sources

    run_id = mixed(place)
    lose_staging(run_id)
    data = b"".join(report.stream(runs.read_run(run_id))).replace(b"0599 2;", b"+905992134120;")
    found = sources.examine("rapor.csv", iter([data]))
    assert found.layout.kind == "report"
    assert found.heading == [*HEAD.split(","), "kanıt"]


def test_nothing_is_brought_again_when_all_was_taken_or_nothing_applied(place: Any) -> None:
    run_id = begin(place, HEAD, row(PHONE))
    check(run_id)
    with pytest.raises(Conflict):
        rest.again(run_id, by=None)
    put_in(run_id)
    with pytest.raises(CallerMistake) as found:
        rest.again(run_id, by=None)
    assert found.value.code == "no_rest"


def test_what_was_kept_lies_sealed_and_goes_when_its_time_is_over(place: Any) -> None:
    run_id = mixed(place)
    lose_staging(run_id)
    folder = settings().import_folder / runs.read_run(run_id).path / "rest"
    [part] = folder.iterdir()
    assert part.read_bytes().startswith(b"ILETI-SEALED")
    rest.sweep()
    assert folder.exists()
    db.connection().execute("update import_run set ended_at = now() - interval '366 days' "
                            "where id = %s", [run_id])
    rest.sweep()
    assert not folder.exists()
    assert runs.read_run(run_id).file.parts() != {}
    with pytest.raises(Gone):
        report.stream(runs.read_run(run_id))


@pytest.mark.slow
def test_a_kill_before_the_run_is_called_applied_loses_no_row(place: Any) -> None:
    run_id = begin(place, HEAD + ",kanıt", *LINES)
    check(run_id)
    runs.ask_apply(run_id, by=None)
    code = "from ileti.imports import apply; apply.apply_due(1e12, int(__import__('sys').argv[1]))"
    env = os.environ | {"ILETI_FAILPOINT": "import.rest"}
    assert subprocess.run([sys.executable, "-c", code, str(run_id)], env=env,
                          check=False).returncode == 137
    assert runs.read_run(run_id).state is RunState.APPLYING
    db.connection().execute("update import_run set next_at = now() where id = %s", [run_id])
    del env["ILETI_FAILPOINT"]
    subprocess.run([sys.executable, "-c", code, str(run_id)], env=env, check=True)
    lose_staging(run_id)
    assert len(list(rest.verdicts(runs.read_run(run_id)))) == 3
