"""Files that prove a whole list are in the bundle: each record of the list names them itself."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ileti.consents.ledger import record
from ileti.evidence import vault
from tests.evidence.samples import pdf
from tests.evidence.sealed_house import click, seal_all
from tests.evidence.test_bundle import (  # noqa: F401 - fixtures
    Files,
    bundle_of,
    ca,
    pack,
    unpack,
    verdict,
)

FORMS = sha256(pdf("bütün formlar")).hexdigest()


def listed(shop: Any, n: int, *marks: str) -> list[int]:
    """The entries of a record that came with a list whose proofs have these digests."""
    evidence = {"import": 7, "file": "liste.csv", "origin": {
        "origin": "customers", "files": [{"role": "SIGNED_FORM", "sha256": one} for one in marks]}}
    return [one.entry_id for one in record(replace(click(shop, n), evidence=evidence)).items]


@pytest.fixture
def of_a_list(shop: Any, authority_url: str, folder: Path, tmp_path: Path) -> Path:
    """The bundle of two records of one list, with the forms of all of it."""
    vault.put(shop.provider_id, [pdf("bütün formlar")], "formlar.pdf")
    vault.put(shop.provider_id, [pdf("başka liste")], "baska.pdf")
    ids = listed(shop, 0, FORMS) + listed(shop, 1, FORMS)
    seal_all()
    path = tmp_path / "listeli.zip"
    path.write_bytes(bundle_of(shop, ids))
    return path


def test_the_file_of_a_list_is_in_the_bundle_once_and_vouched_for(of_a_list: Path, ca: Path  # noqa: F811
                                                                  ) -> None:
    files = unpack(of_a_list)
    assert [content for name, content in files.items() if name.startswith("proofs/")] == [
        pdf("bütün formlar")]
    code, said = verdict(of_a_list, "--ca", str(ca))
    assert code == 0, said
    assert "1 files prove whole lists" in said


@pytest.mark.attack
def test_another_file_in_its_place_belongs_to_no_record(of_a_list: Path, ca: Path) -> None:  # noqa: F811
    files = unpack(of_a_list)
    name = next(name for name in files if name.startswith("proofs/"))
    files[name] = pdf("uydurma")
    code, said = verdict(pack(files, of_a_list), "--ca", str(ca))
    assert code == 1
    assert f"✗ {name}: the file belongs to no record" in said


@pytest.mark.attack
def test_a_file_taken_out_is_told_to_be_missing(of_a_list: Path, ca: Path) -> None:  # noqa: F811
    files = {name: content for name, content in unpack(of_a_list).items()
             if not name.startswith("proofs/")}
    code, said = verdict(pack(files, of_a_list), "--ca", str(ca))
    assert code == 1
    assert f"✗ {FORMS}: a file that record" in said


def test_a_file_the_vault_no_longer_has_makes_no_bundle_impossible(
        shop: Any, authority_url: str, folder: Path, tmp_path: Path, ca: Path) -> None:  # noqa: F811
    ids = listed(shop, 0, "ab" * 32)
    seal_all()
    path = tmp_path / "gone.zip"
    path.write_bytes(bundle_of(shop, ids))
    code, said = verdict(path, "--ca", str(ca))
    assert code == 0, said
    assert "1 files or texts are not in the vault or among the texts" in said


def test_files_of_lists_count_against_the_room_too(
        shop: Any, authority_url: str, folder: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("ileti.consents.prooffiles.MOST_FILE_BYTES", 10)
    vault.put(shop.provider_id, [pdf("bütün formlar")], "formlar.pdf")
    ids = listed(shop, 0, FORMS)
    seal_all()
    path = tmp_path / "kalan.zip"
    path.write_bytes(bundle_of(shop, ids))
    assert FORMS.encode() in unpack(path)["proofs-left.txt"]
    assert "1 files stay in the vault for their size" in verdict(path)[1]
