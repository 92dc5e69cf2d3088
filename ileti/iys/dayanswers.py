"""İYS's answers about a brand's day (mutabakat, İYS API §8), read without trusting them.

Why this module exists: on these answers hangs an agreement that cannot be undone (§8.3), and the
proof that is kept for ten years (R-46). So a state we do not know, a finished day without a usable
hash, counts that are no numbers are ``Unreadable``, never "nothing moved". The bytes as they came
are kept beside what was understood, since the archive holds the former. Pure: no network, no
database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from ileti.consents.vocabulary import Channel
from ileti.iys.faults import Unreadable, read_json

# SHA-384 since 10/03/2023; SPEC's example still shows a value of 64 digits (İYS API §8).
_HASH: Final = re.compile(r"(?:[0-9a-f]{96}|[0-9a-f]{64})", re.ASCII)
_SIDES: Final = ("HS", "IYS")


class ProcessStatus(StrEnum):
    """How far İYS is with a day (§2)."""

    QUEUED = "queued"
    IN_PROGRESS = "inprogress"
    COMPLETED = "completed"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayHash:
    """What İYS says about a day's file (§8.2). ``value`` is lower-case hex, set when the day is
    completed; its length tells SHA-384 from the old SHA-256."""

    status: ProcessStatus
    value: str | None
    method: str
    agreed: bool
    raw: bytes = field(repr=False)

    def fits(self, sha384: bytes, sha256: bytes) -> bool:
        """Whether a file with these digests is the one İYS means."""
        return self.value is not None and self.value in (sha384.hex(), sha256.hex())


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """A line of the summary (§8.1): ``approval`` first consents and returns, ``rejection`` consents
    taken back, ``pending`` not written yet."""

    channel: Channel
    side: str
    approval: int
    rejection: int
    pending: int
    total: int


def parse_day_hash(status: int, body: bytes) -> DayHash | None:
    """The answer of §8.2; None for 204, a day without movements. ``Unreadable`` otherwise."""
    if status == 204:
        return None
    answer = _object(read_json(body))
    try:
        process = ProcessStatus(str(answer.get("processStatus")).strip().lower())
    except ValueError:
        raise Unreadable("processStatus: not a word we know") from None
    told = answer.get("hashValue")
    value = told.strip().lower() if isinstance(told, str) and told.strip() else None
    if value is not None and not _HASH.fullmatch(value):
        raise Unreadable("hashValue: no digest")
    if process is ProcessStatus.COMPLETED and value is None:
        raise Unreadable("hashValue: missing")
    method = answer.get("hashMethod")
    return DayHash(
        status=process, value=value, method=method[:20] if isinstance(method, str) else "",
        agreed=answer.get("agreementStatus") in (True, "true"), raw=body,
    )


def parse_day_summary(body: bytes) -> tuple[DayCount, ...]:
    """The lines of §8.1; ``Unreadable`` when one is not understood."""
    stats = _object(read_json(body)).get("changeStats")
    if not isinstance(stats, list):
        raise Unreadable("changeStats: missing")
    return tuple(
        _count(_object(one).get("type"), _object(line))
        for one in stats for line in _list(_object(one).get("consents"))
    )


def parse_agreed(status: int, body: bytes) -> bool:
    """Whether İYS took the agreement (§8.3; its schema misspells the word). 204: nothing moved."""
    if status == 204:
        return False
    answer = _object(read_json(body))
    told = answer.get("agreementCaptured", answer.get("aggrementCaptured"))
    if told not in (True, "true"):
        raise Unreadable("agreementCaptured: missing")
    return True


def parse_stamp(status: int, body: bytes) -> bytes | None:
    """The time stamp reply (§8.5), DER; None for 204, ``Unreadable`` for anything else."""
    if status == 204:
        return None
    if len(body) < 64 or body[0] != 0x30:
        raise Unreadable("the time stamp is no DER")
    return body


def _count(channel: Any, line: Mapping[str, Any]) -> DayCount:
    side = line.get("source")
    if channel not in Channel.__members__ or side not in _SIDES:
        raise Unreadable("changeStats: not a word we know")
    numbers = [line.get(name, 0) for name in ("approval", "rejection", "pending", "total")]
    if not all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in numbers):
        raise Unreadable("changeStats: no number")
    approval, rejection, pending, total = numbers
    return DayCount(channel=Channel[channel], side=str(side), approval=approval,
                    rejection=rejection, pending=pending, total=total)


def _object(answer: Any) -> Mapping[str, Any]:
    if not isinstance(answer, Mapping):
        raise Unreadable("the answer is not an object")
    return answer


def _list(answer: Any) -> list[Any]:
    if not isinstance(answer, list):
        raise Unreadable("consents: missing")
    return answer
