"""The commitment that stands in every ledger row, and how anybody can recompute it.

An entry's *claim* is the RFC 8785 canonical JSON of what happened, address included. Its leaf is

    SHA-256( SHA-256(leaf_key ‖ entry id) ‖ SHA-256(claim) ‖ captured_at in µs )

with big-endian 8-byte integers. ``leaf_key`` is a random key in the recipient's row: whoever has
it can prove what the leaf commits to; once a person is erased nobody can, while the leaf still
proves that nothing was removed (docs/adr/0005). The database computes the outer hash
(``consent_leaf``), because only there the entry's id and time are known in one round trip.

The claim's text is written by hand here, not by a JSON library, because it is on the hot path; all
its values are ASCII without escapes, and a property test holds it equal to the ``rfc8785`` package.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
import rfc8785

FORMAT = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Claim(NamedTuple):
    """What an entry says, in the words of İYS; ``evidence`` and ``person`` are SHA-256 in hex of
    the submission's canonical JSON, ``text`` of the wording shown."""

    brand: int
    channel: str
    consent_date: datetime
    dealer: int | None
    evidence: str
    idem: str
    person: str | None
    provider: int
    recipient: str
    recipient_type: str
    source: str
    standing: str
    status: str
    text: str | None


def _quoted(value: str | None) -> str:
    return "null" if value is None else f'"{value}"'


def iso_utc(moment: datetime) -> str:
    """``2026-11-23T10:57:48Z``, whole seconds."""
    return moment.astimezone(UTC).isoformat()[:19] + "Z"


def claim_parts(claim: Claim) -> tuple[str, str, str]:
    """The claim's text before its date, between date and recipient, and behind the recipient: what
    many claims share is written once."""
    return (
        f'{{"brand":{claim.brand},"channel":"{claim.channel}","consentDate":"',
        f'","dealer":{"null" if claim.dealer is None else claim.dealer},'
        f'"evidence":"{claim.evidence}","idem":"{claim.idem}",'
        f'"person":{_quoted(claim.person)},"provider":{claim.provider},"recipient":"',
        f'","recipientType":"{claim.recipient_type}",'
        f'"source":"{claim.source}","standing":"{claim.standing}","status":"{claim.status}",'
        f'"text":{_quoted(claim.text)},"v":{FORMAT}}}',
    )


def canonical_claim(claim: Claim) -> str:
    """The claim as RFC 8785 text."""
    head, middle, tail = claim_parts(claim)
    return f"{head}{iso_utc(claim.consent_date)}{middle}{claim.recipient}{tail}"


def claim_digest(claim: Claim) -> bytes:
    """SHA-256 of the canonical claim; never stored, since without salt it could be guessed."""
    return sha256(canonical_claim(claim).encode()).digest()


_encode = msgspec.json.Encoder(order="sorted").encode


def plain_json(content: Any) -> bytes:
    """As :func:`canonical_json`, for content that is plain by its making: no floats, no numbers
    beyond 2⁵³, ASCII keys."""
    return _encode(content)


def canonical_json(content: Any) -> bytes:
    """JSON content in its RFC 8785 form.

    For objects with ASCII keys, strings, whole numbers, booleans, null and lists the sorted text
    of ``msgspec`` is the canonical one at a fifth of the cost (a property test holds that).
    Anything else goes through the ``rfc8785`` package.
    """
    return _encode(content) if _is_plain(content) else rfc8785.dumps(content)


def _is_plain(content: Any) -> bool:
    kind = type(content)
    if kind is str or kind is bool or content is None:
        return True
    if kind is int:
        return -(2**53) < content < 2**53
    if kind is dict:
        for name, one in content.items():
            if not (type(name) is str and name.isascii() and (type(one) is str or _is_plain(one))):
                return False
        return True
    if kind is list or kind is tuple:
        return all(type(one) is str or _is_plain(one) for one in content)
    return False


def canonical_digest(content: Any) -> str:
    """SHA-256 in hex of :func:`canonical_json`."""
    return sha256(canonical_json(content)).hexdigest()


def micros_of(moment: datetime) -> int:
    """Microseconds since 1970 (UTC)."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def leaf(leaf_key: bytes, entry_id: int, digest: bytes, captured_at: datetime) -> bytes:
    """The commitment as the database computes it; for verification."""
    salt = sha256(leaf_key + entry_id.to_bytes(8, "big")).digest()
    return sha256(salt + digest + micros_of(captured_at).to_bytes(8, "big")).digest()
