"""The receipt a person takes home, so that the choice can be shown without believing anybody.

Its number is the submission's number under a keyed permutation (ileti/core/numbers.py). Its
signature is Ed25519 over the RFC 8785 form of all fields but ``signature``, ``handle`` and
``codes``; the leaf of each item is the very commitment that stands in the ledger. Acts about
personal data stand apart from the consents, in ``privacy`` (R-58), which only a click with such
acts has. A replay gives the same receipt, byte for byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from ileti.consents.numbers import receipt_number, submission_of
from ileti.consents.vocabulary import Channel, Outcome, Status
from ileti.core.crypto import verify_signature
from ileti.core.secrets import secrets
from ileti.evidence.leaf import iso_utc, plain_json
from ileti.kvkk.vocabulary import Act

__all__ = ["act_line", "canonical", "check_receipt", "item", "receipt_number", "signed_receipt",
           "submission_of"]

FORMAT: Final = 1
UNSIGNED: Final = ("signature", "handle", "codes")


def canonical(body: dict[str, Any]) -> bytes:
    """The RFC 8785 form of a receipt.

    A receipt has ASCII keys, texts, small whole numbers and lists only (a test compares it with the
    package ``rfc8785``).
    """
    return plain_json(body)


def item(channel: Channel, status: Status, outcome: Outcome, leaf: bytes) -> dict[str, str]:
    """One line of a receipt."""
    return {"channel": channel.name, "status": status.name, "outcome": outcome.name,
            "leaf": leaf.hex()}


def act_line(act: Act, text_id: int, leaf: bytes, to: str | None) -> dict[str, Any]:
    """One act about personal data in a receipt: which version, whose address (``phone``,
    ``email``; absent when nobody left one)."""
    line: dict[str, Any] = {"act": act.name, "text": text_id, "leaf": leaf.hex()}
    return line | {"to": to} if to else line


def signed_receipt(
    submission_id: int, issued_at: datetime, *, state: str, provider: int, brand: int,
    items: Sequence[dict[str, str]], acts: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """A receipt with its signature; ``provider`` and ``brand`` are İYS's numbers."""
    signer = secrets().receipts
    body: dict[str, Any] = {
        "receipt": receipt_number(submission_id), "state": state, "issuedAt": iso_utc(issued_at),
        "provider": provider, "brand": brand, "items": list(items), "keyId": signer.key_id,
        "format": FORMAT,
    }
    if acts:
        body["privacy"] = list(acts)
    body["signature"] = signer.sign(canonical(body))
    return body


def check_receipt(receipt: dict[str, Any], public_key: str) -> None:
    """Raises cryptography's InvalidSignature when the receipt is not the one that was given."""
    body = {name: value for name, value in receipt.items() if name not in UNSIGNED}
    verify_signature(public_key, canonical(body), receipt["signature"])
