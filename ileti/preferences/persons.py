"""The sealed part of a submission, opened for the person it is about."""

from __future__ import annotations

from typing import Any

from ileti.consents.packing import open_person
from ileti.core.crypto import CannotDecrypt


def opened(idem: str, key: int | None, cipher: Any) -> dict[str, str]:
    """Name, network address and browser as they were kept; empty when they cannot be read."""
    try:
        return open_person(idem, key, cipher)
    except CannotDecrypt:
        return {}


def veiled(name: str) -> str:
    """A name as it may be shown to whoever proved an address: the address may have had another
    owner when the name was given. ``Nazlı Kırşehirli`` is ``N•••• K••••``."""
    return " ".join(f"{word[0]}••••" for word in name.split() if word)
