"""Whether the time stamp of a day's file is one: over these bytes, at a possible time, signed.

Why this module exists: the archived file is proof only as far as somebody else vouches for it, and
a `.tsr` (RFC 3161) that nobody has looked into vouches for nothing. What is asked, in this order:
granted; signed by the key in the certificate it carries, which is for time stamps and was valid
then; the imprint is the digest of the archived bytes; the time lies after the day's end and not
after the download; and when STAMP_CA_FILE names authorities, one of them stands behind the
certificate. Pure: no network, no database. What holds without named authorities: docs/adr/0020.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum

from cryptography import x509
from cryptography.x509.oid import NameOID
from rfc3161_client import (
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from ileti.evidence.cms import in_order
from ileti.evidence.stampform import HASHES, NotSigned, signature_of

# An authority's clock and ours need not agree to the second.
CLOCKS_DIFFER = dt.timedelta(minutes=5)
_GRANTED = 0


class Verdict(IntEnum):
    """What a stamp is worth; the smallint in the database."""

    VALID = 1
    SIGNED = 2
    STRANGER = 3
    IMPRINT_DIFFERS = 4
    BAD_SIGNATURE = 5
    WRONG_TIME = 6
    REFUSED = 7
    UNREADABLE = 8

    @property
    def holds(self) -> bool:
        """Whether the stamp vouches for the file as far as could be asked."""
        return self in (Verdict.VALID, Verdict.SIGNED)


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict; ``at`` is the time the stamp tells, ``signer`` whom its certificate names,
    ``why`` a technical word for the log."""

    verdict: Verdict
    at: dt.datetime | None = None
    signer: str | None = None
    why: str = ""


def judge(content: bytes, digest_of: Callable[[str], bytes], *, after: dt.datetime,
          before: dt.datetime, trusted: Sequence[x509.Certificate] = ()) -> Judged:
    """Judge a stamp over bytes of which ``digest_of`` gives the digest by its name (``sha384``);
    it must have been made between ``after`` and ``before``. Raises what ``digest_of`` raises."""
    at = signer = None
    try:
        reply = decode_timestamp_response(in_order(content))
        if reply.status != _GRANTED:
            said = "; ".join(reply.status_string)
            return Judged(Verdict.REFUSED, why=f"status {reply.status} {said}"[:200])
        info = reply.tst_info
        at, told = info.gen_time, bytes(info.message_imprint.message)
        algorithm = HASHES[info.message_imprint.hash_algorithm.dotted_string]
        signature = signature_of(reply)
        signer = _named(signature.certificate)
        signature.check(at)
    except NotSigned as error:
        return Judged(Verdict.BAD_SIGNATURE, at, signer, str(error))
    except Exception as error:  # what parsers throw at a stranger's bytes is no closed list
        return Judged(Verdict.UNREADABLE, at, why=f"{type(error).__name__}: {error}"[:200])
    if told != digest_of(algorithm.name):
        return Judged(Verdict.IMPRINT_DIFFERS, at, signer, algorithm.name)
    if not after <= at <= before + CLOCKS_DIFFER:
        return Judged(Verdict.WRONG_TIME, at, signer, at.isoformat())
    if not trusted:
        return Judged(Verdict.SIGNED, at, signer)
    why = _not_trusted(reply, told, trusted)
    return Judged(Verdict.STRANGER if why else Verdict.VALID, at, signer, why)


def _not_trusted(reply: TimeStampResponse, digest: bytes,
                 trusted: Sequence[x509.Certificate]) -> str:
    """Why no named authority stands behind the signer, at the time of the stamp; empty when one
    does."""
    try:
        VerifierBuilder(roots=list(trusted)).build().verify(reply, digest)
    except VerificationError as error:
        return str(error)[:200]
    return ""


def _named(certificate: x509.Certificate) -> str | None:
    with suppress(IndexError):
        return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)[:200]
    return None
