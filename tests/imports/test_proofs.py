"""Rows are proved by the files they name, an import by files for all of it (R-09)."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from typing import Any

import pytest

from ileti.core import db
from ileti.core.errors import CallerMistake, Conflict, NotFound
from ileti.evidence import vault
from ileti.evidence.kinds import Role
from ileti.evidence.leaf import canonical_digest, leaf
from ileti.imports import proofs, runs, staging, undo
from ileti.imports.states import RunState, Undo
from tests.evidence.samples import eml, pdf, wav
from tests.imports.import_house import HEAD, begin, check, many, prove, put_in, row, states

PHONE, OTHER, THIRD = "+905992134117", "+905992134118", "+905992134119"
PROOF_HEAD = HEAD + ",kanıt"


def signed(address: str, name: str, status: str = "ONAY") -> str:
    return row(address, status, source="HS_ISLAK_IMZA") + f",{name}"


def links(place: Any) -> list[Any]:
    return db.connection().execute(
        "select entry_id, file_id, import_id, role, id, leaf, added_at, name from entry_file "
        "where provider_id = %s order by id", [place.provider_id]).fetchall()


def test_a_signed_form_waits_until_its_scan_is_here(place: Any) -> None:
    run_id = begin(place, PROOF_HEAD, signed(PHONE, "form-17.pdf"), signed(OTHER, "form-18.pdf"),
                   signed(THIRD, ""))
    assert check(run_id) == {"KANIT_EKSIK": 2, "KANIT_YOK": 1}
    assert missing(run_id) == ["form-17.pdf", "form-18.pdf"]
    prove(run_id, place, "taramalar/FORM-17.PDF")
    assert runs.read_run(run_id).state is RunState.CHECKED
    assert check(run_id) == {"ALINACAK": 1, "KANIT_EKSIK": 1, "KANIT_YOK": 1}
    assert missing(run_id) == ["form-18.pdf"]
    assert put_in(run_id)[1] == 1
    assert len(links(place)) == 1


def missing(run_id: int) -> list[str]:
    import msgspec

    from ileti.core.secrets import secrets

    kept = db.connection().execute("select missing from import_run where id = %s",
                                   [run_id]).fetchone()[0]  # type: ignore[index]
    assert kept is None or "form" not in kept  # encrypted
    return [] if kept is None else msgspec.json.decode(
        secrets().keyring.decrypt_text(kept, proofs.MISSING_PURPOSE))


def test_a_link_is_written_with_its_entry_and_commits_to_the_file(place: Any) -> None:
    run_id = begin(place, PROOF_HEAD, signed(PHONE, "form-17.pdf"))
    data = pdf("form 17")
    prove(run_id, place, "form-17.pdf", data)
    check(run_id)
    put_in(run_id)
    [(_, file, run, role, number, made, at, _)] = links(place)
    key, own, same = db.connection().execute(  # type: ignore[misc]
        "select r.leaf_key, e.leaf, e.xid = f.xid and e.captured_at = f.added_at "
        "and e.captured_at = f.entry_at from consent_entry e "
        "join recipient r on r.provider_id = e.provider_id "
        "and r.id = e.recipient_id join entry_file f on f.provider_id = e.provider_id "
        "and f.entry_id = e.id where e.provider_id = %s", [place.provider_id]).fetchone()
    assert (run, role, same) == (run_id, Role.SIGNED_FORM, True)
    assert vault.describe(place.provider_id, [file])[file].sha256 == sha256(data).digest()
    claim = bytes.fromhex(canonical_digest({
        "by": None, "entry": bytes(own).hex(), "file": sha256(data).hexdigest(), "role": role,
        "v": 1}))
    assert bytes(made) == leaf(bytes(key), number, claim, at)


def test_known_addresses_are_linked_too_and_those_left_out_are_not(place: Any) -> None:
    first = begin(place, HEAD, row(PHONE), row(OTHER))
    check(first)
    put_in(first)
    db.connection().execute("update consent_state set consent_date = now() - interval '2 days' "
                            "where provider_id = %s", [place.provider_id])
    run_id = begin(place, PROOF_HEAD, signed(PHONE, "a.pdf"), signed(OTHER, "b.pdf"))
    prove(run_id, place, "a.pdf")
    prove(run_id, place, "b.pdf")
    assert check(run_id) == {"ALINACAK": 2}
    db.connection().execute(  # what came meanwhile is newer
        "update consent_state set consent_date = now() where provider_id = %s and recipient_id = "
        "(select max(recipient_id) from consent_state where provider_id = %s)",
        [place.provider_id] * 2)
    assert put_in(run_id)[1:] == (1, 1)
    assert len(links(place)) == 1


def test_one_file_may_prove_many_rows_and_none_is_linked_twice(place: Any) -> None:
    lines = [signed(f"+90599300{n:04}", "liste.pdf") for n in range(300)]
    run_id = begin(place, PROOF_HEAD, *lines)
    prove(run_id, place, "liste.pdf")
    check(run_id)
    assert put_in(run_id)[1] == 300
    found = links(place)
    assert len(found) == len({one[0] for one in found}) == len({one[4] for one in found}) == 300


def test_a_refusal_never_waits_for_a_file(place: Any) -> None:
    run_id = begin(place, PROOF_HEAD, signed(PHONE, "yok.pdf", "RET"))
    assert "KANIT_EKSIK" not in check(run_id)
    put_in(run_id)
    assert states(place)[0][0] == 2


def test_a_text_or_a_recording_is_no_signed_form(place: Any) -> None:
    run_id = begin(place, PROOF_HEAD, signed(PHONE, "a.wav"), signed(OTHER, "b.eml"))
    prove(run_id, place, "a.wav", wav())
    prove(run_id, place, "b.eml", eml())
    assert check(run_id) == {"KANIT_YOK": 2}


def test_a_file_for_all_is_in_the_evidence_of_every_entry_and_makes_the_dry_run_anew(
        place: Any) -> None:
    run_id = begin(place, HEAD, row(PHONE, source="HS_ISLAK_IMZA"))
    assert check(run_id) == {"KANIT_YOK": 1}
    prove(run_id, place, "bütün formlar.pdf", pdf("hepsi"), whole=True,
          role=Role.SIGNED_FORM)
    assert runs.read_run(run_id).state is RunState.MAPPING
    assert check(run_id) == {"ALINACAK": 1}
    put_in(run_id)
    assert links(place) == []
    [evidence] = db.connection().execute("select evidence from submission where provider_id = %s",
                                         [place.provider_id]).fetchone()  # type: ignore[misc]
    assert evidence["origin"]["files"] == [
        {"role": "SIGNED_FORM", "sha256": sha256(pdf("hepsi")).hexdigest()}]


def test_a_contract_for_all_is_no_scan_of_the_forms(place: Any) -> None:
    run_id = begin(place, HEAD, row(PHONE, source="HS_ISLAK_IMZA"))
    prove(run_id, place, "sözleşme.pdf", whole=True)
    prove(run_id, place, "ek.pdf", whole=True, role=Role.DOCUMENT)
    assert check(run_id) == {"KANIT_YOK": 1}


def test_another_file_of_a_taken_name_is_refused_and_the_same_is_taken_once(place: Any) -> None:
    run_id = begin(place, PROOF_HEAD, signed(PHONE, "a.pdf"))
    first = prove(run_id, place, "a.pdf", pdf("bir"))
    assert prove(run_id, place, "A.PDF", pdf("bir")) == first
    with pytest.raises(Conflict) as found:
        prove(run_id, place, "A.PDF", pdf("iki"))
    assert found.value.code == "name_taken"


def test_a_file_taken_out_makes_its_rows_wait_again(place: Any) -> None:
    run_id = begin(place, PROOF_HEAD, signed(PHONE, "a.pdf"))
    number = prove(run_id, place, "a.pdf")
    check(run_id)
    proofs.detach(run_id, number)
    assert runs.read_run(run_id).state is RunState.MAPPING
    with pytest.raises(Conflict):
        runs.ask_apply(run_id, by=None)
    assert check(run_id) == {"KANIT_EKSIK": 1}
    with pytest.raises(NotFound):
        proofs.detach(run_id, number)


def test_files_of_an_applied_import_stay_and_so_do_links_of_an_undone_one(place: Any) -> None:
    run_id = begin(place, PROOF_HEAD, signed(PHONE, "a.pdf"))
    number = prove(run_id, place, "a.pdf")
    check(run_id)
    put_in(run_id)
    for act in (lambda: proofs.detach(run_id, number),
                lambda: prove(run_id, place, "b.pdf")):
        with pytest.raises(Conflict):
            act()
    runs.ask_undo(run_id, Undo.TAKE_BACK, by=None)
    undo.undo_due(1e12, run_id)
    assert runs.read_run(run_id).state is RunState.UNDONE
    assert len(links(place)) == 1
    assert len(proofs.listed(run_id, whole=False)) == 1


def test_a_file_of_another_provider_is_not_there(place: Any, place_b: Any) -> None:
    run_id = begin(place, PROOF_HEAD, signed(PHONE, "a.pdf"))
    kept = vault.put(place_b.provider_id, [pdf()], "a.pdf")
    with pytest.raises(NotFound):
        proofs.attach(run_id, kept, "a.pdf", whole=False)
    with pytest.raises(CallerMistake):
        prove(run_id, place, "a.wav", wav(), role=Role.SIGNED_FORM)


def test_names_reach_the_children_that_spell_a_large_file(place: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(staging, "SMALL_FILE", 0)
    lines = [signed(f"+90599310{n:04}", f"{n % 10}.pdf") for n in range(2_000)]
    run_id = begin(place, PROOF_HEAD, *lines)
    for n in range(8):
        prove(run_id, place, f"{n}.pdf")
    assert check(run_id) == {"ALINACAK": 1_600, "KANIT_EKSIK": 400}
    assert sorted(missing(run_id)) == ["8.pdf", "9.pdf"]


@pytest.mark.slow
def test_a_kill_while_a_chunk_is_written_links_each_entry_once(place: Any) -> None:
    run_id = begin(place, PROOF_HEAD, *(signed(f"+90599320{n:04}", "a.pdf") for n in range(50)))
    prove(run_id, place, "a.pdf")
    check(run_id)
    runs.ask_apply(run_id, by=None)
    code = "from ileti.imports import apply; apply.apply_due(1e12, int(__import__('sys').argv[1]))"
    env = os.environ | {"ILETI_FAILPOINT": "import.chunk"}
    assert subprocess.run([sys.executable, "-c", code, str(run_id)], env=env,
                          check=False).returncode == 137
    assert links(place) == []
    db.connection().execute("update import_run set next_at = now() where id = %s", [run_id])
    del env["ILETI_FAILPOINT"]
    subprocess.run([sys.executable, "-c", code, str(run_id)], env=env, check=True)
    assert len(links(place)) == 50
    assert many("select count(distinct entry_id) from entry_file where provider_id = %s",
                place.provider_id) == 50
