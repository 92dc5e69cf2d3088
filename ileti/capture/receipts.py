"""The receipt a person takes home, so that the choice can be shown without believing anybody.

Its number is the submission's number under a keyed permutation: short, without gaps that tell how
many consents there are, and turned back without a table. Its signature is Ed25519 over the RFC 8785
form of all fields but ``signature``, ``handle`` and ``codes``; the leaf of each item is the very
commitment that stands in the ledger. A replay gives the same receipt, byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from ileti.consents.vocabulary import Channel, Outcome, Status
from ileti.core.crypto import verify_signature
from ileti.core.secrets import secrets
from ileti.evidence.leaf import iso_utc

FORMAT: Final = 1
UNSIGNED: Final = ("signature", "handle", "codes")
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUE: Final = {letter: n for n, letter in enumerate(_ALPHABET)}
_HALF: Final = 30
_MASK: Final = (1 << _HALF) - 1
_ROUNDS: Final = (1, 2, 3, 4)


@lru_cache(maxsize=1)
def _key() -> bytes:
    return secrets().key_for("receipt-number")


def _mix(step: int, half: int) -> int:
    digest = blake2b(half.to_bytes(4, "big"), key=_key(), digest_size=4, person=bytes([step]))
    return int.from_bytes(digest.digest(), "big") & _MASK


@lru_cache(maxsize=1024)
def receipt_number(submission_id: int) -> str:
    """``MKB-XXXX-XXXX-XXXX`` of a submission; ValueError beyond 2⁶⁰."""
    if not 0 <= submission_id < 1 << 2 * _HALF:
        raise ValueError("no receipt number for such an id")
    left, right = submission_id >> _HALF, submission_id & _MASK
    for step in _ROUNDS:
        left, right = right, left ^ _mix(step, right)
    value = left << _HALF | right
    text = "".join(_ALPHABET[value >> 5 * n & 31] for n in range(11, -1, -1))
    return f"MKB-{text[:4]}-{text[4:8]}-{text[8:]}"


def submission_of(number: str) -> int | None:
    """The submission of a receipt number as people type it; None when it is none."""
    text = number.upper().strip().removeprefix("MKB").replace("-", "").replace(" ", "")
    text = text.translate(str.maketrans("OIL", "011"))
    if len(text) != 12 or any(letter not in _VALUE for letter in text):
        return None
    value = 0
    for letter in text:
        value = value << 5 | _VALUE[letter]
    left, right = value >> _HALF, value & _MASK
    for step in reversed(_ROUNDS):
        left, right = right ^ _mix(step, left), left
    return left << _HALF | right


def canonical(body: dict[str, Any]) -> bytes:
    """The RFC 8785 form of a receipt.

    A receipt has ASCII keys, texts, small whole numbers and lists only; for these the C encoder of
    the standard library writes the same bytes as the package ``rfc8785`` (a test compares both).
    """
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def item(channel: Channel, status: Status, outcome: Outcome, leaf: bytes) -> dict[str, str]:
    """One line of a receipt."""
    return {"channel": channel.name, "status": status.name, "outcome": outcome.name,
            "leaf": leaf.hex()}


def signed_receipt(
    submission_id: int, issued_at: datetime, *, state: str, provider: int, brand: int,
    items: Sequence[dict[str, str]],
) -> dict[str, Any]:
    """A receipt with its signature; ``provider`` and ``brand`` are İYS's numbers."""
    signer = secrets().receipts
    body: dict[str, Any] = {
        "receipt": receipt_number(submission_id), "state": state, "issuedAt": iso_utc(issued_at),
        "provider": provider, "brand": brand, "items": list(items), "keyId": signer.key_id,
        "format": FORMAT,
    }
    body["signature"] = signer.sign(canonical(body))
    return body


def check_receipt(receipt: dict[str, Any], public_key: str) -> None:
    """Raises cryptography's InvalidSignature when the receipt is not the one that was given."""
    body = {name: value for name, value in receipt.items() if name not in UNSIGNED}
    verify_signature(public_key, canonical(body), receipt["signature"])
