"""What a person has to read of a mail, sealed: bound to the mail it is of, so that it opens nowhere
else."""

from __future__ import annotations

from typing import Any

from ileti.core.secrets import secrets


def seal(mailbox_id: int, digest: bytes, kept: bytes) -> tuple[int, bytes]:
    """Key number and cipher of an extract."""
    return secrets().keyring.encrypt(kept, bound_to(mailbox_id, digest))


def unseal(mailbox_id: int, digest: bytes, key: int | None, cipher: Any) -> bytes | None:
    """Inverse of :func:`seal`; None once it was cleared. Raises CannotDecrypt."""
    if key is None or cipher is None:
        return None
    return secrets().keyring.decrypt(key, bytes(cipher), bound_to(mailbox_id, digest))


def bound_to(mailbox_id: int, digest: bytes) -> bytes:
    """What the cipher is bound to."""
    return b"returned-mail:%d:" % mailbox_id + digest
