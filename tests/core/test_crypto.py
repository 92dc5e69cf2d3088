"""Keys rotate, nothing opens with the wrong one, and tokens cannot be forged or kept for ever."""

from __future__ import annotations

import hmac
import os
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidSignature

from ileti.core import clock
from ileti.core.crypto import (
    AddressHash,
    CannotDecrypt,
    Keyring,
    QuickMac,
    Signer,
    TokenSigner,
    verify_signature,
)
from ileti.core.errors import Gone, NotAllowed

OLD, NEW = os.urandom(32), os.urandom(32)


def test_the_newest_key_encrypts_and_the_old_one_still_opens():
    number, cipher = Keyring({1: OLD}).encrypt(b"0599", b"hash")
    rotated = Keyring({1: OLD, 2: NEW})
    assert rotated.decrypt(number, cipher, b"hash") == b"0599"
    assert rotated.encrypt(b"0599", b"hash")[0] == 2


def test_a_cipher_bound_to_another_row_does_not_open():
    ring = Keyring({1: OLD})
    number, cipher = ring.encrypt(b"0599", b"hash")
    with pytest.raises(CannotDecrypt):
        ring.decrypt(number, cipher, b"other")


def test_one_changed_byte_does_not_open():
    ring = Keyring({1: OLD})
    number, cipher = ring.encrypt(b"0599", b"hash")
    with pytest.raises(CannotDecrypt):
        ring.decrypt(number, cipher[:-1] + bytes([cipher[-1] ^ 1]), b"hash")


def test_the_address_hash_differs_by_pepper_and_by_provider_r15():
    one, other = AddressHash(OLD), AddressHash(NEW)
    assert one.of(1, "+905992134117") == AddressHash(OLD).of(1, "+905992134117")
    assert one.of(1, "+905992134117") != one.of(2, "+905992134117")
    assert one.of(1, "+905992134117") != other.of(1, "+905992134117")


def test_the_address_hash_in_sql_equals_python(conn):
    box = AddressHash(OLD)
    inner, outer = box.pads()
    row = conn.execute(
        "select substr(sha256(%s::bytea || sha256(%s::bytea || int8send(7) || "
        "convert_to(%s, 'UTF8'))), 1, 16)", [outer, inner, "nazli.k@ornek.com.tr"])
    assert row.fetchone()[0] == box.of(7, "nazli.k@ornek.com.tr")


@pytest.mark.parametrize("length", [0, 1, 32, 64, 65, 200])
def test_the_quick_mac_is_hmac_sha_256(length):
    key, message = os.urandom(length), os.urandom(100)
    assert QuickMac(key).of(message) == hmac.digest(key, message, "sha256")


def test_anybody_can_check_a_receipt_and_nobody_can_change_it():
    signer = Signer(OLD)
    signature = signer.sign(b"receipt")
    verify_signature(signer.public, b"receipt", signature)
    with pytest.raises(InvalidSignature):
        verify_signature(signer.public, b"receipt!", signature)


def test_a_token_of_one_purpose_does_not_pass_for_another():
    token = TokenSigner(OLD, "form").make({"site": 1}, seconds=60)
    with pytest.raises(NotAllowed):
        TokenSigner(OLD, "refuse").read(token)


def test_a_token_opens_until_its_time_and_not_later():
    signer = TokenSigner(OLD, "form")
    token = signer.make({"site": 1}, seconds=60)
    assert signer.read(token)["site"] == 1
    later = clock.now() + timedelta(seconds=61)
    with clock.freeze(later), pytest.raises(Gone):
        signer.read(token)


@pytest.mark.parametrize("token", ["", ".", "a.b", "ç.ş", "e30.", "\x00.\x00", "a" * 9000])
def test_rubbish_is_never_a_token(token):
    with pytest.raises(NotAllowed):
        TokenSigner(OLD, "form").read(token)
