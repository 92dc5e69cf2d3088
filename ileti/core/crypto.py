"""Everything secret goes through here, so that keys have one owner and can be rotated.

* :class:`Keyring` encrypts with AES-256-GCM under numbered keys; the newest encrypts, all decrypt.
* :class:`AddressHash` finds an address by HMAC-SHA-256 under a pepper kept outside the database
  (10⁹ Turkish mobiles fall to a plain hash in 0.3 core-hours).
* :class:`Signer` signs receipts with Ed25519, so that anybody can check them offline.
* :class:`TokenSigner` makes short-lived tokens for forms and links (HMAC, not encrypted).

All keys of a purpose are derived from one secret by HKDF with the purpose as label: a form token
can never pass for a link.
"""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ileti.core import clock
from ileti.core.errors import Gone, NotAllowed

NONCE = 12
HASH_BYTES = 16


class CannotDecrypt(Exception):
    """The key is unknown or the cipher text was changed."""


def derive(secret: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose (HKDF-SHA-256)."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose.encode()).derive(
        secret
    )


class Keyring:
    """AES-256-GCM under numbered keys; ``newest`` encrypts, every key decrypts."""

    def __init__(self, keys: dict[int, bytes]) -> None:
        self._ciphers = {number: AESGCM(key) for number, key in keys.items()}
        self.newest = max(keys)

    def encrypt(self, clear: bytes, bound_to: bytes) -> tuple[int, bytes]:
        """``(key number, nonce ‖ cipher text)``; ``bound_to`` must be given again to decrypt."""
        nonce = os.urandom(NONCE)
        return self.newest, nonce + self._ciphers[self.newest].encrypt(nonce, clear, bound_to)

    def encrypt_many(self, clears: Sequence[bytes], bound_to: Sequence[bytes]) -> list[bytes]:
        """The ciphers of many under the newest key, as :meth:`encrypt` makes each."""
        nonces, encrypt = os.urandom(NONCE * len(clears)), self._ciphers[self.newest].encrypt
        ciphers = []
        for n, (clear, bound) in enumerate(zip(clears, bound_to, strict=True)):
            nonce = nonces[NONCE * n:NONCE * (n + 1)]
            ciphers.append(nonce + encrypt(nonce, clear, bound))
        return ciphers

    def decrypt(self, number: int, cipher: bytes, bound_to: bytes) -> bytes:
        """The clear bytes; raises CannotDecrypt."""
        try:
            return self._ciphers[number].decrypt(cipher[:NONCE], cipher[NONCE:], bound_to)
        except (KeyError, InvalidTag, ValueError) as error:
            raise CannotDecrypt(f"key {number} does not open this") from error

    def encrypt_text(self, clear: str, bound_to: str) -> str:
        """For columns of text: ``number.base64``."""
        number, cipher = self.encrypt(clear.encode(), bound_to.encode())
        return f"{number}.{base64.b64encode(cipher).decode()}"

    def decrypt_text(self, kept: str, bound_to: str) -> str:
        """Inverse of :meth:`encrypt_text`; :class:`CannotDecrypt`, whatever else stands there."""
        number, _, cipher = kept.partition(".")
        try:
            key, sealed = int(number), base64.b64decode(cipher)
        except ValueError as error:
            raise CannotDecrypt("this was not written by encrypt_text") from error
        return self.decrypt(key, sealed, bound_to.encode()).decode()


class QuickMac:
    """HMAC-SHA-256 with its key pads hashed beforehand: a third of the cost of a new one each."""

    def __init__(self, key: bytes) -> None:
        full = (key if len(key) <= 64 else sha256(key).digest()).ljust(64, b"\0")
        self.pads = (bytes(b ^ 0x36 for b in full), bytes(b ^ 0x5C for b in full))
        self._inner, self._outer = sha256(self.pads[0]), sha256(self.pads[1])

    def of(self, message: bytes) -> bytes:
        """32 bytes; the same as ``hmac.digest(key, message, "sha256")`` (a test holds that)."""
        inner = self._inner.copy()
        inner.update(message)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()

    def started(self, prefix: bytes) -> tuple[Any, Any]:
        """Inner and outer hash for many messages of one prefix; copy both before each use."""
        inner = self._inner.copy()
        inner.update(prefix)
        return inner, self._outer


class AddressHash:
    """Keyed hash of an address within a provider, 16 bytes (R-15: no look-up across providers).

    The same value is computed in SQL for bulk work as
    ``sha256(opad ‖ sha256(ipad ‖ provider id ‖ address))``; :meth:`pads` hands out both pads.
    """

    def __init__(self, pepper: bytes) -> None:
        self._mac = QuickMac(derive(pepper, "address-hash"))

    def of(self, provider_id: int, address: str) -> bytes:
        """The hash of one canonical address."""
        return self._mac.of(provider_id.to_bytes(8, "big") + address.encode())[:HASH_BYTES]

    def of_many(self, provider_id: int, addresses: Sequence[str]) -> list[bytes]:
        """The hashes of many canonical addresses, in order."""
        inner, outer = self._mac.started(provider_id.to_bytes(8, "big"))
        hashes = []
        for address in addresses:
            first = inner.copy()
            first.update(address.encode())
            second = outer.copy()
            second.update(first.digest())
            hashes.append(second.digest()[:HASH_BYTES])
        return hashes

    def pads(self) -> tuple[bytes, bytes]:
        """Inner and outer pad, key material: pass as parameters only, never into a log."""
        return self._mac.pads


class Signer:
    """Ed25519 signatures over receipts."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        raw = self._key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        self.public = base64.b64encode(raw).decode()
        self.key_id = key_id_of(self.public)

    def sign(self, message: bytes) -> str:
        """Base64 signature."""
        return base64.b64encode(self._key.sign(message)).decode()


def key_id_of(public: str) -> str:
    """What signatures call a public key (base64)."""
    return sha256(base64.b64decode(public)).hexdigest()[:16]


def verify_signature(public: str, message: bytes, signature: str) -> None:
    """Raises cryptography's InvalidSignature when it does not fit."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public))
    key.verify(base64.b64decode(signature), message)


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class TokenSigner:
    """Short-lived, signed, readable tokens: ``base64(json).base64(mac)``."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        self._mac = QuickMac(derive(secret, f"token:{purpose}"))

    def _sign(self, body: str) -> str:
        return _b64(self._mac.of(body.encode())[:20])

    def make(self, content: dict[str, Any], *, seconds: int | None) -> str:
        """A token that :meth:`read` opens for so many seconds (None: for ever)."""
        kept = dict(content)
        if seconds is not None:
            kept["exp"] = int(clock.now().timestamp()) + seconds
        body = _b64(msgspec.json.encode(kept))
        return f"{body}.{self._sign(body)}"

    def read(self, token: str, *, old: bool = False) -> dict[str, Any]:
        """The content; raises NotAllowed for a forged token and Gone for an old one, unless
        ``old`` says that its age does not matter."""
        body, _, mac = token.partition(".")
        if not hmac.compare_digest(self._sign(body).encode(), mac.encode("utf-8", "replace")):
            raise NotAllowed(
                "Bu form bizim verdiğimiz form değil. Sayfayı yenileyin.",
                "This is not a form we gave out. Reload the page.",
                code="forged_token",
            )
        content: dict[str, Any] = msgspec.json.decode(_unb64(body))
        if not old and content.get("exp", 1 << 60) < clock.now().timestamp():
            raise Gone(
                "Formun süresi doldu. Yazdıklarınız duruyor; form yenileniyor.",
                "The form has expired. What you typed is kept; the form is being renewed.",
                code="token_expired",
            )
        return content
