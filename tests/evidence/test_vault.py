"""A kept file is whole, sealed and its provider's; what dies on the way leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from config import settings
from ileti.core import db
from ileti.core.errors import (
    CallerMistake,
    NotFound,
    OutsideFinal,
    OutsideRetryable,
    TooLarge,
    TryLater,
)
from ileti.evidence import vault
from ileti.evidence.vault import FileDamaged
from tests.evidence.s3_house import Bucket
from tests.evidence.samples import TAKEN, pdf

BIG = pdf() + os.urandom(1_500_000)
ROOT = Path(__file__).resolve().parents[2]


def in_pieces(data: bytes, size: int = 70_001) -> list[bytes]:
    return [data[n:n + size] for n in range(0, len(data), size)]


def content(place: Any, kept: vault.Kept) -> bytes:
    with vault.opened(place.provider_id, kept.id) as pieces:
        return b"".join(pieces)


def objects(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def coming(place: Any) -> int:
    return int(db.connection().execute(  # type: ignore[index]
        "select count(*) from evidence_coming where provider_id = %s",
        [place.provider_id]).fetchone()[0])


@pytest.mark.parametrize("name", TAKEN)
def test_a_file_comes_back_as_it_was(name: str, place: Any, folder: Path) -> None:
    data, media_type = TAKEN[name]
    kept = vault.put(place.provider_id, [data], name)
    assert (kept.sha256, kept.size, kept.media_type) == (
        sha256(data).digest(), len(data), media_type)
    assert content(place, kept) == data


def test_nothing_of_a_file_lies_in_clear_and_its_place_tells_nothing(
        place: Any, folder: Path) -> None:
    kept = vault.put(place.provider_id, in_pieces(BIG), "Nazlı Kaya formu.pdf")
    [path] = objects(folder)
    assert path.stat().st_mode & 0o777 == 0o600
    raw = path.read_bytes()
    assert b"%PDF" not in raw
    assert BIG[5_000:5_040] not in raw
    assert kept.sha256.hex()[:12] not in str(path)
    name, key = db.connection().execute(  # type: ignore[misc]
        "select name, file_key from evidence_file where id = %s", [kept.id]).fetchone()
    assert "Nazl" not in name + key
    assert vault.describe(place.provider_id, [kept.id])[kept.id].name == "Nazlı Kaya formu.pdf"


def test_the_same_content_is_kept_once_per_provider_and_never_shared(
        place: Any, place_b: Any, folder: Path) -> None:
    first = vault.put(place.provider_id, [pdf()], "bir.pdf")
    again = vault.put(place.provider_id, [pdf()], "iki.pdf")
    assert (first.fresh, again.fresh, again.id, again.name) == (True, False, first.id, "bir.pdf")
    other = vault.put(place_b.provider_id, [pdf()], "bir.pdf")
    assert other.fresh
    paths = [str(path.relative_to(folder)) for path in objects(folder)]
    assert len(paths) == 2
    assert paths[0].rpartition("/")[2][:62] != paths[1].rpartition("/")[2][:62]
    with pytest.raises(NotFound):
        content(place_b, first)


def test_the_same_content_twice_at_once_is_one_file_and_one_object(
        place: Any, folder: Path) -> None:
    found: list[vault.Kept] = []
    together = threading.Barrier(4)

    def bring() -> None:
        together.wait()
        found.append(vault.put(place.provider_id, in_pieces(BIG), "form.pdf"))

    threads = [threading.Thread(target=bring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({kept.id for kept in found}) == 1
    assert sum(kept.fresh for kept in found) == 1
    assert len(objects(folder)) == 1
    assert coming(place) == 0
    assert content(place, found[0]) == BIG


def test_two_uploads_at_once_do_not_go_beyond_the_quota(
        place: Any, folder: Path) -> None:
    db.connection().execute("update provider set vault_quota_mb = 2 where id = %s",
                            [place.provider_id])
    outcome: list[str] = []
    together = threading.Barrier(3)

    def bring(n: int) -> None:
        together.wait()
        try:
            vault.put(place.provider_id, in_pieces(BIG + bytes([n])), f"{n}.pdf")
            outcome.append("kept")
        except TooLarge as error:
            outcome.append(error.code)

    threads = [threading.Thread(target=bring, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome) == ["kept", "quota", "quota"]
    assert vault.used(place.provider_id)[0] == len(BIG) + 1
    assert len(objects(folder)) == 1


def test_a_file_beyond_the_longest_and_an_empty_one_are_refused(
        place: Any, folder: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(settings(), "vault_longest_mb", 1)
    with pytest.raises(TooLarge):
        vault.put(place.provider_id, in_pieces(BIG), "form.pdf")
    with pytest.raises(CallerMistake):
        vault.put(place.provider_id, [], "form.pdf")
    assert objects(folder) == []
    assert coming(place) == 0


def test_a_stream_that_breaks_off_leaves_nothing(place: Any, folder: Path) -> None:
    def broken() -> Any:
        yield BIG[:300_000]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        vault.put(place.provider_id, broken(), "form.pdf")
    assert objects(folder) == []


@pytest.mark.parametrize("harm", ["flipped", "cut", "swapped", "gone", "key"])
def test_a_file_that_was_changed_gives_out_no_byte_and_is_named(
        harm: str, place: Any, folder: Path) -> None:
    kept = vault.put(place.provider_id, in_pieces(BIG), "form.pdf")
    [path] = objects(folder)
    raw = bytearray(path.read_bytes())
    if harm == "flipped":
        raw[-5_000] ^= 1
        path.write_bytes(raw)
    elif harm == "cut":
        path.write_bytes(raw[:-(1 << 18)])
    elif harm == "swapped":
        other = vault.put(place.provider_id, in_pieces(BIG + b"2"), "iki.pdf")
        [second] = [one for one in objects(folder) if one != path]
        path.write_bytes(second.read_bytes())
        assert content(place, other) == BIG + b"2"
    elif harm == "gone":
        path.unlink()
    else:
        other = vault.put(place.provider_id, [pdf("b")], "iki.pdf")
        _as_owner("update evidence_file set file_key = (select file_key from evidence_file "
                  "where id = %s) where id = %s", other.id, kept.id)
    got = []
    with pytest.raises(FileDamaged) as found, vault.opened(place.provider_id, kept.id) as pieces:
        got.extend(pieces)
    assert got == []
    assert found.value.tr.startswith(f"{kept.id} numaralı")


def _as_owner(sql: str, *values: Any) -> None:
    import psycopg

    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        owner.execute(sql, values)  # type: ignore[arg-type]


@pytest.mark.parametrize("table", ["evidence_file", "entry_file"])
def test_the_application_can_neither_change_nor_delete_files_and_links(
        table: str, conn: Any) -> None:
    import psycopg

    for deed in (f"update {table} set name = 'x'", f"delete from {table}"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(deed)


def test_a_disk_that_takes_nothing_is_said_and_nothing_is_half_kept(
        place: Any, folder: Path, monkeypatch: Any) -> None:
    folder.write_text("")  # where the folder should be
    with pytest.raises(TryLater) as found:
        vault.put(place.provider_id, [pdf()], "form.pdf")
    assert found.value.code == "no_room"
    folder.unlink()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ileti.evidence.stores.os.fsync", full)
    with pytest.raises(TryLater) as found:
        vault.put(place.provider_id, [pdf()], "form.pdf")
    assert found.value.code == "no_room"
    monkeypatch.undo()
    assert vault.used(place.provider_id)[0] == 0
    assert not list(folder.rglob("*.sealed"))


# -- kill -9 at every step ------------------------------------------------------------------------

_BRING = """
import sys
from ileti.evidence import vault
vault.put(int(sys.argv[1]), [b"%PDF-1.4 " + b"x" * 400000], "form.pdf")
"""


@pytest.mark.slow
@pytest.mark.parametrize(("step", "kept"), [
    ("vault.reserved", 0), ("vault.beside", 0), ("vault.stored", 0), ("vault.kept", 1)])
def test_a_kill_at_any_step_leaves_a_whole_file_or_nothing(
        step: str, kept: int, place: Any, folder: Path) -> None:
    env = os.environ | {"ILETI_FAILPOINT": step, "VAULT_DIR": str(folder),
                        "DATABASE_URL": settings().database_url}
    command = [sys.executable, "-c", _BRING, str(place.provider_id)]
    assert subprocess.run(command, env=env, cwd=ROOT, check=False).returncode == 137
    files = db.connection().execute("select id from evidence_file where provider_id = %s",
                                    [place.provider_id]).fetchall()
    assert len(files) == kept
    _as_owner("update evidence_coming set started_at = now() - interval '1 day' "
              "where provider_id = %s", place.provider_id)
    for path in objects(folder):
        if path.suffix == ".sealed":
            os.utime(path, (0, 0))
    vault.sweep()
    assert coming(place) == 0
    assert len(objects(folder)) == kept
    again = vault.put(place.provider_id, [b"%PDF-1.4 " + b"x" * 400_000], "form.pdf")
    assert content(place, again)[:9] == b"%PDF-1.4 "
    assert len(objects(folder)) == 1


def test_a_slow_upload_whose_place_was_swept_keeps_nothing(
        place: Any, folder: Path, monkeypatch: Any) -> None:
    def swept(name: str) -> None:
        if name == "vault.stored":
            _as_owner("update evidence_coming set started_at = now() - interval '1 day' "
                      "where provider_id = %s", place.provider_id)
            vault.sweep()

    monkeypatch.setattr(vault, "reach", swept)
    with pytest.raises(TryLater) as found:
        vault.put(place.provider_id, [pdf()], "form.pdf")
    assert found.value.code == "swept"
    assert objects(folder) == []


def test_a_young_upload_is_not_swept(place: Any, folder: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(vault, "reach", lambda name: name == "vault.stored" and vault.sweep())
    kept = vault.put(place.provider_id, [pdf()], "form.pdf")
    assert content(place, kept) == pdf()


# -- the scanner ----------------------------------------------------------------------------------

@pytest.mark.parametrize(("command", "code"), [
    ("/bin/sh -c 'cat > /dev/null; exit 1'", "infected"),
    ("/bin/sh -c 'exit 2'", "scan_failed"), ("/yok/boyle-bir-program", "scan_failed"),
    ("/bin/sh -c 'kill -9 $$'", "scan_failed"), ("/bin/sleep 20", "scan_failed")])
def test_what_no_scanner_finds_clean_is_not_taken(
        command: str, code: str, place: Any, folder: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(settings(), "vault_scan_command", command)
    monkeypatch.setattr(settings(), "vault_scan_seconds", 0.5)
    with pytest.raises((CallerMistake, TryLater)) as found:
        vault.put(place.provider_id, in_pieces(BIG), "form.pdf")
    assert found.value.code == code
    assert objects(folder) == []
    assert coming(place) == 0


def test_the_scanner_gets_the_clear_content_and_none_of_our_secrets(
        place: Any, folder: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("PEPPER", "cok-gizli")
    monkeypatch.setattr(settings(), "vault_scan_command",
                        f"/bin/sh -c 'sha256sum > {tmp_path}/gordu; env > {tmp_path}/cevre'")
    vault.put(place.provider_id, in_pieces(BIG), "form.pdf")
    assert (tmp_path / "gordu").read_text().split()[0] == sha256(BIG).hexdigest()
    assert "cok-gizli" not in (tmp_path / "cevre").read_text()


# -- a store that speaks S3 -----------------------------------------------------------------------


def test_a_file_goes_to_s3_signed_and_comes_back(place: Any, bucket: Bucket, folder: Path) -> None:
    kept = vault.put(place.provider_id, in_pieces(BIG), "form.pdf")
    assert bucket.refusals == []
    [(name, raw)] = bucket.objects.items()
    assert name.startswith(f"/kova/ileti/{place.provider_id}/")
    assert b"%PDF" not in raw
    assert content(place, kept) == BIG
    assert objects(folder) == []  # neither the spool nor the copy that was read stays


def test_a_store_that_stumbles_is_asked_again(place: Any, bucket: Bucket) -> None:
    bucket.answers = [503, "drop", 500]
    kept = vault.put(place.provider_id, in_pieces(BIG), "form.pdf")
    bucket.answers = [500, "half", "drop"]
    assert content(place, kept) == BIG


def test_a_store_that_is_away_keeps_nothing_and_the_sweeper_looks_later(
        place: Any, bucket: Bucket) -> None:
    bucket.answers = [503] * 4
    with pytest.raises(OutsideRetryable):
        vault.put(place.provider_id, [pdf()], "form.pdf")
    assert vault.used(place.provider_id)[0] == 0
    assert coming(place) == 1
    bucket.answers = [503] * 4
    vault.sweep()
    assert coming(place) == 1
    vault.sweep()
    assert coming(place) == 0


def test_a_wrong_secret_is_said_at_once(place: Any, bucket: Bucket, monkeypatch: Any) -> None:
    monkeypatch.setattr(settings(), "vault_s3_secret", "baska")
    with pytest.raises(OutsideFinal) as found:
        vault.put(place.provider_id, [pdf()], "form.pdf")
    assert "403" in found.value.tr
    assert bucket.refusals == ["wrong signature"]


def test_files_of_the_folder_are_read_after_the_move_to_s3(
        place: Any, bucket: Bucket, folder: Path, monkeypatch: Any) -> None:
    url = settings().vault_s3_url
    monkeypatch.setattr(settings(), "vault_s3_url", "")
    old = vault.put(place.provider_id, [pdf("eski")], "eski.pdf")
    monkeypatch.setattr(settings(), "vault_s3_url", url)
    new = vault.put(place.provider_id, [pdf("yeni")], "yeni.pdf")
    assert (content(place, old), content(place, new)) == (pdf("eski"), pdf("yeni"))
    assert len(bucket.objects) == 1


def test_an_object_changed_in_the_bucket_is_named(place: Any, bucket: Bucket) -> None:
    kept = vault.put(place.provider_id, in_pieces(BIG), "form.pdf")
    [name] = bucket.objects
    bucket.objects[name] = bucket.objects[name][:-1] + b"\0"
    with pytest.raises(FileDamaged), vault.opened(place.provider_id, kept.id):
        pass
    del bucket.objects[name]
    with pytest.raises(FileDamaged), vault.opened(place.provider_id, kept.id):
        pass


def test_no_call_to_a_store_is_made_inside_a_transaction(place: Any, bucket: Bucket) -> None:
    with pytest.raises(RuntimeError), db.transaction():
        vault.put(place.provider_id, [pdf()], "form.pdf")
    assert bucket.asked == []
