"""The opened keys of this process, made once from the settings (config.py says where they come
from). One object instead of module globals, so that tests and rotation can replace it whole."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from functools import lru_cache

from config import Settings, WrongSetting, parse_keyring, settings
from ileti.core.crypto import AddressHash, Keyring, Signer, TokenSigner, derive, key_id_of


@dataclass
class Secrets:
    """Everything that needs a key, ready to use."""

    keyring: Keyring
    addresses: AddressHash
    receipts: Signer
    root: bytes
    _tokens: dict[str, TokenSigner] = field(default_factory=dict)
    _keys: dict[str, bytes] = field(default_factory=dict, repr=False)

    def tokens(self, purpose: str) -> TokenSigner:
        """The signer of tokens for one purpose (``form``, ``refuse``, ``handle`` …)."""
        if purpose not in self._tokens:
            self._tokens[purpose] = TokenSigner(self.root, purpose)
        return self._tokens[purpose]

    def key_for(self, purpose: str) -> bytes:
        """A 32-byte key of its own for one purpose; derived once."""
        if purpose not in self._keys:
            self._keys[purpose] = derive(self.root, purpose)
        return self._keys[purpose]


def open_secrets(given: Settings) -> Secrets:
    """Build :class:`Secrets`; raises WrongSetting naming what is missing."""
    for name in ("secret_key", "pepper", "encryption_keys", "signing_key"):
        if not getattr(given, name):
            raise WrongSetting(
                f"{name.upper()} is missing: run `ileti setup` to make development secrets, "
                "or set it (docs/settings.md)."
            )
    return Secrets(
        keyring=Keyring(parse_keyring(given.encryption_keys)),
        addresses=AddressHash(base64.b64decode(given.pepper)),
        receipts=Signer(base64.b64decode(given.signing_key)),
        root=base64.b64decode(given.secret_key),
    )


def receipt_keys() -> dict[str, str]:
    """The public keys of this installation's signatures by their ids: the present one first, then
    those of SIGNING_KEYS_BEFORE."""
    before = [one.strip() for one in settings().signing_keys_before.split(",") if one.strip()]
    return {key_id_of(one): one for one in (secrets().receipts.public, *before)}


@lru_cache(maxsize=1)
def secrets() -> Secrets:
    """The secrets of this process."""
    return open_secrets(settings())
