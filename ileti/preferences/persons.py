"""The sealed part of a submission, opened for the person it is about."""

from __future__ import annotations

import json
from typing import Any

from ileti.core.crypto import CannotDecrypt
from ileti.core.secrets import secrets


def opened(idem: str, key: int | None, cipher: Any) -> dict[str, str]:
    """Name, network address and browser as they were kept; empty when they cannot be read."""
    if key is None or cipher is None:
        return {}
    try:
        clear = secrets().keyring.decrypt(key, bytes(cipher), idem.encode())
        said = json.loads(clear)
    except (CannotDecrypt, ValueError):
        return {}
    return {str(name): str(value) for name, value in said.items()} if isinstance(said, dict) else {}


def veiled(name: str) -> str:
    """A name as it may be shown to whoever proved an address: the address may have had another
    owner when the name was given. ``Nazlı Kırşehirli`` is ``N•••• K••••``."""
    return " ".join(f"{word[0]}••••" for word in name.split() if word)
