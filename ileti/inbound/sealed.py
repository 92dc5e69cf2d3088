"""What somebody wrote, sealed: bound to the message it is of, so that it opens nowhere else."""

from __future__ import annotations

from typing import Any

from ileti.core.secrets import secrets


def seal(provider_id: int, outside_id: str, text: str) -> tuple[int, bytes]:
    """Key number and cipher of what was written."""
    return secrets().keyring.encrypt(text.encode(), bound_to(provider_id, outside_id))


def unseal(provider_id: int, outside_id: str, key: int | None, cipher: Any) -> str | None:
    """Inverse of :func:`seal`; None once it was erased. Raises CannotDecrypt."""
    if key is None or cipher is None:
        return None
    return secrets().keyring.decrypt(key, bytes(cipher), bound_to(provider_id, outside_id)).decode()


def bound_to(provider_id: int, outside_id: str) -> bytes:
    """What the cipher is bound to."""
    return f"inbound:{provider_id}:{outside_id}".encode()
