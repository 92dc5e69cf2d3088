"""`ileti audit`, `bundle`, `verify`, `export-seals`, as an operator types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock
from ileti.evidence import seal
from ileti.kvkk.ledger import record as record_act
from ileti.kvkk.vocabulary import Act
from tests.evidence.sealed_house import seal_all
from tests.kvkk.house import act, click, text

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, lang: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "ileti", *arguments], cwd=ROOT, text=True,
                          env=os.environ | {"LANG": lang, "ILETI_ENV": "test"},
                          capture_output=True, timeout=120, check=False)


@pytest.fixture
def entry(place: Any) -> int:
    """A sealed entry."""
    moment = clock.now().replace(microsecond=0)
    done = record(NewSubmission(
        place=place, idem=f"test:{uuid4()}", body_hash=hash_body(str(moment)),
        source=Source.HS_WEB, standing=Standing.VERIFIED, evidence={"site": "test"},
        items=[NewConsent("+905992134117", Channel.MESAJ, Status.ONAY, moment, due_at=moment)]))
    seal_all()
    return done.items[0].entry_id


def test_the_bundle_of_an_act_and_of_its_person_is_written_and_verified(
        entry: int, place: Any, tmp_path: Path) -> None:
    rıza = text(place)
    given = record_act(click(place), [act(rıza, Act.GIVEN, address="+905992134117")])[1]
    seal_all()
    out, number = tmp_path / "kanit.zip", record_number(given[0].entry_id)
    for how, count in (((number,), 1), ((number, record_number(entry)), 2),
                       (("--address", "0599 213 41 17", "--provider", str(place.iys_code)), 2)):
        made = run("bundle", *how, "--out", str(out))
        assert (made.returncode, made.stdout) == (0, f"{out}: {count} records\n"), made.stderr
        assert run("verify", str(out)).returncode == 3
    assert run("bundle", number, "IZN-0000-0000-0000", "--out", str(out)).returncode == 2


def test_a_bundle_by_record_or_by_address_is_written_and_verified(
        entry: int, place: Any, tmp_path: Path) -> None:
    for how in ((record_number(entry),),
                ("--address", "0599 213 41 17", "--provider", str(place.iys_code))):
        out = tmp_path / "kanit.zip"
        made = run("bundle", *how, "--out", str(out))
        assert made.returncode == 0, made.stderr
        assert made.stdout == f"{out}: 1 records\n"
        checked = run("verify", str(out), "--json")
        assert checked.returncode == 3
        assert json.loads(checked.stdout)["outcome"] == 3
        out.unlink()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("how", "said"), [
    (("XYZ",), "no record number"), (("--address", "12"), ""), ((), "Name RECORDs"),
    (("--address", "+905990000000", "--provider", "1"), "no provider"),
])
def test_a_wrong_call_gets_a_sentence(
        entry: int, tmp_path: Path, how: tuple[str, ...], said: str) -> None:
    made = run("bundle", *how, "--out", str(tmp_path / "x.zip"))
    assert made.returncode == 2
    assert said in made.stderr
    assert "Traceback" not in made.stderr


def test_seals_are_exported_and_the_last_ones_audited_against_them(
        entry: int, tmp_path: Path) -> None:
    written = run("export-seals", str(tmp_path / "out"))
    assert written.returncode == 0, written.stderr
    assert run("export-seals", str(tmp_path / "out")).stdout == "There is no new seal.\n"
    last = seal.newest()
    assert last is not None
    audited = run("audit", "--from", str(last.number), "--to", str(last.number), "--json",
                  "--against", written.stdout.strip())
    told = json.loads(audited.stdout)
    assert (audited.returncode, told["seals"], told["findings"]) == (0, 1, [])
    turkish = run("audit", "--from", str(last.number), "--to", str(last.number), lang="tr_TR.UTF-8")
    assert turkish.stdout.splitlines()[-1] == "Defter mühürlendiği gibi."


def test_a_file_that_holds_no_seals_is_refused(entry: int, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("{}\n")
    audited = run("audit", "--against", str(path))
    assert audited.returncode == 2
    assert "line 1 is no seal" in audited.stderr
