"""What a device without network keeps is sealed for us alone, so that a stolen one tells nothing.

Why this module exists: a kiosk that stands in a shop is carried away one day. Each choice is sealed
in the browser the moment it is made, for a public key of ours (ephemeral ECDH on P-256,
HKDF-SHA-256, AES-256-GCM), and the page itself cannot open it again. The private keys lie nowhere:
each is derived from SECRET_KEY for its period of :data:`PERIOD_DAYS` days, so a key that leaks
opens one period, and old ones open what comes late. The seal is bound to the page, the key and the
item's own name.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from functools import lru_cache
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ileti.core import clock
from ileti.core.crypto import CannotDecrypt
from ileti.core.secrets import secrets

PERIOD_DAYS: Final = 30
#: of one sealed item, in base64; a choice with everything in it has about 3 000 characters
LONGEST: Final = 12_000
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_POINT: Final = 65
_NONCE: Final = 12


class Sealed(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One item as it lies in the device: its name, the number of our key, the ephemeral public key
    (65 bytes), nonce and cipher text, all base64url without padding."""

    id: str
    k: int
    e: str
    n: str
    c: str


def key_number(at: datetime) -> int:
    """The key of a moment's period."""
    return int(at.timestamp()) // 86_400 // PERIOD_DAYS


def public_key(number: int) -> str:
    """The public key (uncompressed point, base64url) that pages get."""
    raw = _private(number).public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unseal(site_id: int, item: Sealed) -> bytes:
    """The clear bytes. Raises CannotDecrypt for whatever was not sealed for this page and key."""
    if not 0 < item.k <= key_number(clock.now()) + 1 or len(item.c) > LONGEST:
        raise CannotDecrypt("no key of ours")
    try:
        point, nonce, cipher = (_bytes(one) for one in (item.e, item.n, item.c))
        if len(point) != _POINT or len(nonce) != _NONCE:
            raise CannotDecrypt("not a seal")
        private = _private(item.k)
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        shared = private.exchange(ec.ECDH(), theirs)
        about = f"ileti-kiosk:{site_id}:{item.k}:{item.id}".encode()
        ours = _bytes(public_key(item.k))
        key = HKDF(algorithm=hashes.SHA256(), length=32, salt=point + ours, info=about).derive(
            shared)
        return AESGCM(key).decrypt(nonce, cipher, about)
    except (ValueError, InvalidTag) as error:
        raise CannotDecrypt("changed, or sealed for another") from error


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise CannotDecrypt("not base64") from error


@lru_cache(maxsize=24)
def _private(number: int) -> ec.EllipticCurvePrivateKey:
    """48 bytes modulo the order: no bias that anybody could use (FIPS 186-5, A.2.1)."""
    wide = HKDF(algorithm=hashes.SHA256(), length=48, salt=None,
                info=f"kiosk-seal:{number}".encode()).derive(secrets().key_for("kiosk-seal"))
    return ec.derive_private_key(int.from_bytes(wide) % (_ORDER - 1) + 1, ec.SECP256R1())
