"""``ileti vault``: room of each provider, every file read, keys changed without touching a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from config import parse_keyring, settings
from ileti.cli import doctor, keys, main
from ileti.core import secrets as box
from ileti.core.crypto import Keyring
from ileti.evidence import vault
from ileti.evidence.vault import FileDamaged
from tests.cli.test_keys import two_keys  # noqa: F401
from tests.evidence.samples import pdf


@pytest.fixture
def folder(tmp_path: Path, database: str, monkeypatch: Any) -> Path:
    monkeypatch.setattr(settings(), "vault_dir", tmp_path / "kasa")
    return tmp_path / "kasa"


def call(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["vault", *arguments])


def test_every_file_is_read_and_a_damaged_one_named(place: Any, folder: Path) -> None:
    kept = vault.put(place.provider_id, [pdf()], "form.pdf")
    code = str(place.iys_code)
    assert "1 files read, 0 not whole" in call("check", "--provider", code).output
    [path] = [one for one in folder.rglob("*") if one.is_file()]
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    done = call("check", "--provider", code)
    assert done.exit_code == 1
    assert f"provider {code}, file {kept.id}: Evidence file {kept.id} is damaged" in done.output


def test_a_provider_gets_more_room_and_the_list_shows_it(place: Any, folder: Path) -> None:
    vault.put(place.provider_id, [pdf()], "form.pdf")
    assert call("quota", str(place.iys_code), "7").exit_code == 0
    line = next(one for one in call("list").output.splitlines() if str(place.iys_code) in one)
    assert "1 files" in line
    assert "of 7 MB" in line
    assert vault.used(place.provider_id)[1] == 7_000_000
    assert call("quota", str(place.iys_code)).exit_code == 0
    assert vault.used(place.provider_id)[1] == settings().vault_quota_mb * 1_000_000
    assert call("quota", "1", "5").exit_code == 1
    assert call("quota", str(place.iys_code), "--", "-5").exit_code == 2


def test_the_doctor_says_when_nothing_can_be_kept(place: Any, folder: Path, conn: Any,
                                                  monkeypatch: Any) -> None:
    vault.put(place.provider_id, [pdf()], "form.pdf")
    assert doctor._vault(conn)[0].good
    blocked = folder.parent / "dosya"
    blocked.write_text("")
    monkeypatch.setattr(settings(), "vault_dir", blocked)
    found = doctor._vault(conn)
    assert not found[0].good
    assert any("is damaged or missing" in one.what for one in found[1:])


def test_a_new_key_wraps_the_files_keys_and_no_file_is_touched(
        place: Any, folder: Path, two_keys: Any, monkeypatch: Any) -> None:  # noqa: F811
    kept = vault.put(place.provider_id, [pdf()], "form.pdf")
    [path] = [one for one in folder.rglob("*") if one.is_file()]
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    keys.re_encrypt(two_keys)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    with pytest.raises(FileDamaged):  # this process does not know the new key yet
        vault.verify(place.provider_id, kept.id)
    ring = parse_keyring(two_keys.encryption_keys)
    monkeypatch.setattr(box.secrets(), "keyring", Keyring({max(ring): ring[max(ring)]}))
    with vault.opened(place.provider_id, kept.id) as pieces:
        assert b"".join(pieces) == pdf()
    assert vault.describe(place.provider_id, [kept.id])[kept.id].name == "form.pdf"
