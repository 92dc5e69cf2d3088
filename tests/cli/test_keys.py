"""A new key comes, old ciphers are rewritten, the old key goes; killed or erased in between."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import LargeBinary

from config import WrongSetting, load_settings, parse_keyring, settings
from ileti.channels.messages import open_content, seal_content
from ileti.cli import keys
from ileti.core import secrets as box
from ileti.core.crypto import Keyring

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 30


def fresh() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@pytest.fixture
def two_keys(conn: Any) -> Iterator[Any]:
    """The settings of this process with a second, newer key that nothing is kept under yet;
    afterwards all is rewritten back, since the other tests' process knows one key only."""
    ring = parse_keyring(settings().encryption_keys)
    given = settings().model_copy(update={
        "encryption_keys": f"{settings().encryption_keys},{max(ring) + 1}:{fresh()}"})
    with keys.owner(given) as owner:  # other tests' broken ciphers are not this test's business
        owner.execute("update dealer set tckn = '' where tckn !~ '^[0-9]+[.]'")
        owner.execute("update provider set iys_password = null where length(iys_password) < 30")
        owner.execute("delete from iys_archive where length(file_key) < 30")
        owner.execute("update webhook set secret = null where length(secret) < 30")
    yield given
    back = Keyring(parse_keyring(given.encryption_keys))
    back.newest = max(ring)
    with keys.owner(given) as owner:
        for one in keys.columns():
            list(keys._chunks(owner, back, one))


def kept(place: Any, conn: Any) -> list[int]:
    """People, a message and a password of this place, all under the key of today."""
    ring: Keyring = box.secrets().keyring
    made = []
    for n in range(PEOPLE):
        hashed = box.secrets().addresses.of(place.provider_id, f"+90599{n:07}")
        number, cipher = ring.encrypt(f"+90599{n:07}".encode(), hashed)
        made.append(conn.execute(
            "insert into recipient (provider_id, kind, key_no, addr_hash, addr_ct) values "
            "(%s, 1, %s, %s, %s) returning id",
            (place.provider_id, number, hashed, cipher)).fetchone()[0])
    number, cipher = seal_content(place.provider_id, made[0], 2, {"word": "merhaba"})
    conn.execute(
        "insert into message (provider_id, brand_id, recipient_id, channel, kind, content_key, "
        "content_ct) values (%s, %s, %s, 1, 2, %s, %s)",
        (place.provider_id, place.brand_id, made[0], number, cipher))
    conn.execute("update provider set iys_password = %s where id = %s",
                 (ring.encrypt_text("parola", "iys-password"), place.provider_id))
    return made


def numbers(place: Any, conn: Any) -> set[int]:
    return {row[0] for row in conn.execute(
        "select key_no from recipient where provider_id = %s union select content_key from message "
        "where provider_id = %s union select split_part(iys_password, '.', 1)::int from provider "
        "where id = %s", (place.provider_id,) * 3)}


def test_everything_is_rewritten_and_opens_with_the_new_key_alone(
    two_keys: Any, place: Any, conn: Any, monkeypatch: Any
) -> None:
    people = kept(place, conn)
    ring = parse_keyring(two_keys.encryption_keys)
    keys.re_encrypt(two_keys)
    assert numbers(place, conn) == {max(ring)}
    alone = Keyring({max(ring): ring[max(ring)]})
    row = conn.execute("select key_no, addr_ct, addr_hash from recipient where provider_id = %s "
                       "and id = %s", (place.provider_id, people[3])).fetchone()
    assert alone.decrypt(row[0], bytes(row[1]), bytes(row[2])) == b"+905990000003"
    monkeypatch.setattr(box.secrets(), "keyring", alone)
    row = conn.execute("select content_key, content_ct from message where provider_id = %s",
                       (place.provider_id,)).fetchone()
    assert open_content(place.provider_id, people[0], 2, row[0], bytes(row[1]))["word"] == "merhaba"


def test_a_second_run_finds_nothing_to_do(two_keys: Any, place: Any, conn: Any) -> None:
    kept(place, conn)
    keys.re_encrypt(two_keys)
    assert sum(one.rewritten for one in keys.re_encrypt(two_keys)) == 0


def test_killed_between_two_chunks_it_goes_on_where_it_was(
    two_keys: Any, place: Any, conn: Any, monkeypatch: Any
) -> None:
    kept(place, conn)
    code = ("from ileti.cli import keys; import config; keys.CHUNK = 7; "
            "keys.re_encrypt(config.load_settings())")
    env = os.environ | {"ENCRYPTION_KEYS": two_keys.encryption_keys, "PYTHONPATH": str(ROOT),
                        "ILETI_FAILPOINT": "keys.chunk"}
    killed = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, timeout=60,
                            capture_output=True, text=True, check=False)
    assert killed.returncode == 137, killed.stderr
    monkeypatch.setattr(keys, "CHUNK", 7)
    keys.re_encrypt(two_keys)
    assert len(numbers(place, conn)) == 1


def test_who_is_erased_meanwhile_stays_erased(
    two_keys: Any, place: Any, conn: Any, monkeypatch: Any
) -> None:
    people = kept(place, conn)
    real = keys._rewritten

    erased: list[int] = []

    def erase_first(ring: Any, one: Any, row: Any) -> Any:
        if not erased:
            with psycopg.connect(keys.dsn(two_keys), autocommit=True) as owner:
                owner.execute("update recipient set addr_ct = null, addr_hash = null "
                              "where provider_id = %s and id = %s", (place.provider_id, people[5]))
            erased.append(people[5])
        return real(ring, one, row)

    with monkeypatch.context() as changed:
        changed.setattr(keys, "_rewritten", erase_first)
        keys.re_encrypt(two_keys)
    assert erased
    row = conn.execute("select addr_ct from recipient where provider_id = %s and id = %s",
                       (place.provider_id, people[5])).fetchone()
    assert row == (None,)


def test_the_key_that_encrypts_and_a_key_in_use_cannot_be_retired(
    two_keys: Any, place: Any, conn: Any
) -> None:
    kept(place, conn)
    newest = max(parse_keyring(two_keys.encryption_keys))
    with pytest.raises(WrongSetting, match="encrypts now"):
        keys.retire(two_keys, newest)
    with pytest.raises(WrongSetting, match=r"recipient\.addr_ct"):
        keys.retire(two_keys, newest - 1)
    with pytest.raises(WrongSetting, match="no key 99"):
        keys.retire(two_keys, 99)


def test_a_key_nothing_is_kept_under_goes_out_of_the_file(
    two_keys: Any, place: Any, conn: Any, tmp_path: Path
) -> None:
    kept(place, conn)
    (tmp_path / "secrets.env").write_text(
        f"PEPPER=x\nENCRYPTION_KEYS={two_keys.encryption_keys}\n")
    here = two_keys.model_copy(update={"ileti_var": tmp_path})
    keys.re_encrypt(here)
    with keys.owner(here) as owner:
        left = keys.usage(owner)
    old, newest = sorted(parse_keyring(here.encryption_keys))
    assert set(left) == {newest}
    assert parse_keyring(keys.retire(here, old)).keys() == {newest}
    text = (tmp_path / "secrets.env").read_text()
    assert text.startswith("PEPPER=x\n")
    assert f"{old}:" not in text
    assert (tmp_path / "secrets.env").stat().st_mode & 0o777 == 0o600


def test_a_new_key_gets_the_next_number_and_stands_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text(f"ENCRYPTION_KEYS={settings().encryption_keys}\n")
    here = load_settings(ileti_var=tmp_path, encryption_keys=settings().encryption_keys)
    number, part = keys.add(here)
    assert part.startswith(f"{number}:")
    assert part in (tmp_path / "secrets.env").read_text()


def test_every_column_of_ciphers_is_known_to_the_rotation() -> None:
    from ileti.models import metadata

    known = {(one.table, one.cipher) for one in keys.columns()}
    for table in metadata.sorted_tables:
        for column in table.columns:
            if column.name.endswith("_ct") or isinstance(column.type, keys.EncryptedText):
                assert (table.name, column.name) in known
            assert not (isinstance(column.type, LargeBinary) and column.name.endswith("cipher"))
