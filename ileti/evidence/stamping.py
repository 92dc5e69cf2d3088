"""Having seals stamped by somebody who is not us (RFC 3161; R-68).

Why this module exists: a chain of seals shows that nothing was exchanged within it, not when it was
made; whoever owns everything could make it anew. A stamp by an authority fixes the newest seal, and
with it all before. The authority may be down for a day: seals wait, captures never do. What comes
back is judged before it is kept (:mod:`ileti.evidence.stamps`): a stamp that does not hold would be
found in court.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import new as new_hash
from typing import Final
from urllib.parse import urlsplit

from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

from config import settings
from ileti.core import clock, db
from ileti.core.errors import OutsideRetryable
from ileti.core.failpoints import reach
from ileti.core.http import NoAnswer, OutgoingClient
from ileti.core.logs import get_logger
from ileti.evidence import seal
from ileti.evidence.authorities import trusted
from ileti.evidence.cms import in_order
from ileti.evidence.stamps import CLOCKS_DIFFER, Judged, judge

log = get_logger("ileti.evidence")

_LOCK: Final = 0x57A3
_MOST_BYTES: Final = 1 << 20  # a stamp has a few thousand


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamp that was kept; ``number`` is the seal's."""

    id: int
    number: int
    stamped_at: datetime
    received_at: datetime
    verdict: int
    signer: str | None


class NoStamp(OutsideRetryable):
    """The authority gave no stamp that holds."""

    code = "no_stamp"


def stamp_due() -> dict[str, int]:
    """Have the newest seal stamped when it has none and the last stamp is old enough."""
    if not settings().stamp_service:
        return {}
    with _alone() as alone:
        last = seal.newest() if alone else None
        if last is None or not _is_time(last.number):
            return {}
        try:
            ask(last)
        except NoStamp as error:
            log.error("seal_not_stamped", seal=last.number, why=error.en)
            return {"failed": 1}
    return {"stamped": 1}


def ask(header: seal.Header) -> Judged:
    """Ask the authority to stamp this seal, judge the answer and keep it. Raises NoStamp."""
    said = header.canonical()
    asked = TimestampRequestBuilder().data(said).hash_algorithm(HashAlgorithm.SHA256).nonce(
        nonce=True).cert_request(cert_request=True).build()
    token = _answer(asked.as_bytes())
    found = judge(token, lambda name: new_hash(name, said).digest(),
                  after=header.sealed_at - CLOCKS_DIFFER, before=clock.now(),
                  trusted=trusted()[0])
    if not found.verdict.holds or found.at is None:
        raise NoStamp(en=f"the stamp does not hold: {found.verdict.name} {found.why}")
    if decode_timestamp_response(in_order(token)).tst_info.nonce != asked.nonce:
        raise NoStamp(en="the stamp answers another request")
    reach("stamp.judged")
    db.system_connection().execute(
        "insert into seal_stamp (number, stamped_at, verdict, signer, token) "
        "values (%s, %s, %s, %s, %s)",
        (header.number, found.at, int(found.verdict), found.signer, token))
    return found


def newest() -> Stamp | None:
    """The last stamp that was kept."""
    row = db.system_connection().execute(
        "select id, number, stamped_at, received_at, verdict, signer from seal_stamp "
        "order by number desc, id desc limit 1").fetchone()
    return Stamp(*row) if row else None


def stamp_over(number: int) -> Stamp | None:
    """The first stamp that covers a seal: over it, or over the next one that was stamped."""
    return stamps_over([number]).get(number)


def stamps_over(numbers: Sequence[int]) -> dict[int, Stamp]:
    """The first stamp that covers each of these seals; those no stamp covers are left out."""
    rows = db.system_connection().execute(
        "select w.number, f.* from unnest(%s::bigint[]) w(number), lateral (select id, number, "
        "stamped_at, received_at, verdict, signer from seal_stamp s where s.number >= w.number "
        "order by s.number, s.id limit 1) f", (list(numbers),)).fetchall()
    return {row[0]: Stamp(*row[1:]) for row in rows}


def stamps(first: int, last: int) -> Iterator[tuple[Stamp, seal.Header]]:
    """All stamps over seals of these numbers, each with its seal as it stands in the database;
    those over a seal that was changed are left out (:func:`ileti.evidence.seal.chain` names it)."""
    rows = db.system_connection().execute(
        "select id, number, stamped_at, received_at, verdict, signer from seal_stamp "
        "where number between %s and %s order by number, id", (first, last)).fetchall()
    for row in rows:
        found = Stamp(*row)
        with suppress(seal.Broken):
            yield from ((found, header) for header in seal.chain(found.number, found.number))


def token_of(stamp: Stamp) -> bytes:
    """The authority's whole reply, as it came."""
    return tokens_of([stamp])[stamp.id]


def tokens_of(stamps: Collection[Stamp]) -> dict[int, bytes]:
    """The replies of several by the stamps' ids, in one statement."""
    return {row[0]: bytes(row[1]) for row in db.system_connection().execute(
        "select id, token from seal_stamp where id = any(%s)",
        (list({one.id for one in stamps}),)).fetchall()}


def _is_time(number: int) -> bool:
    row = db.system_connection().execute(
        "select max(number), extract(epoch from now() - max(received_at)) from seal_stamp"
    ).fetchone()
    assert row is not None
    return row[0] is None or (row[0] < number and row[1] >= settings().stamp_seconds)


def _answer(asked: bytes) -> bytes:
    """The authority's reply. Raises NoStamp."""
    parts = urlsplit(settings().stamp_service)
    client = OutgoingClient(f"{parts.scheme}://{parts.netloc}", read=15.0)
    try:
        answer = client.send(
            "POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            content=asked, headers={"Content-Type": "application/timestamp-query"},
            note="time stamp")
    except NoAnswer as error:
        raise NoStamp(en=f"the authority does not answer: {error.reason}") from error
    finally:
        client.close()
    if answer.status_code != 200 or len(answer.content) > _MOST_BYTES:
        raise NoStamp(en=f"the authority answers {answer.status_code}")
    return answer.content


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether nobody else asks at the moment: stamps are paid for. No transaction is open."""
    conn = db.system_connection()
    row = conn.execute("select pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
    alone = bool(row and row[0])
    try:
        yield alone
    finally:
        if alone and not conn.closed:
            conn.execute("select pg_advisory_unlock(%s)", (_LOCK,))
