"""The confirmation that goes out the same day (R-10), and the sweeper that forgets none.

A code that proves an address writes its confirmation in the same request. Where a site's server
vouches, captures come by the hundred a second: there confirmations wait a tenth of a second in the
process and are written many at a time, without their words: those are made from the ledger when
the message goes out, because writing each by itself cost a quarter of the rate. What a crash takes
away in between, :func:`confirm_forgotten` writes, by (submission, recipient), so that nobody gets
two.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any, Final

from ileti.channels import actreceipts
from ileti.channels.base import MessageKind
from ileti.channels.messages import (
    Due,
    NewMessage,
    end_of_day,
    enqueue,
    enqueue_due,
    open_content,
)
from ileti.channels.render import istanbul_text
from ileti.consents.numbers import receipt_number
from ileti.consents.packing import open_person
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.crypto import CannotDecrypt
from ileti.core.logs import get_logger
from ileti.kvkk.vocabulary import Act

log = get_logger("ileti.messages")

GRACE: Final = timedelta(seconds=60)
_AT_ONCE: Final = 500
_BACK: Final = timedelta(hours=1)

_FORGOTTEN = """
select e.provider_id, e.brand_id, e.recipient_id, e.submission_id, e.captured_at, e.channel,
       s.idem, s.person_key, s.person_ct, s.evidence
  from brand b
  join consent_entry e on e.provider_id = b.provider_id and e.brand_id = b.id
   and e.captured_at >= %(since)s and e.captured_at < %(until)s
   and e.standing = 1 and e.status = 1 and e.outcome = 1
  join submission s on s.provider_id = e.provider_id and s.id = e.submission_id
   and CONFIRMED
 where not exists (select from message m where m.provider_id = e.provider_id
                      and m.created_at >= %(since)s and m.submission_id = e.submission_id
                      and m.recipient_id = e.recipient_id
                      and m.kind = %(kind)s)
 order by e.provider_id, e.submission_id, e.recipient_id, e.channel
 limit %(limit)s""".replace("CONFIRMED", actreceipts.CONFIRMED)


def confirmation(
    *, provider_id: int, brand_id: int, recipient_id: int, submission_id: int, at: datetime,
    channels: list[Channel], language: str, person: str, place: str, receipt: str = "",
) -> NewMessage:
    """The confirmation to one address of one submission; due at the end of its Istanbul day."""
    by_mail = channels[0] is Channel.EPOSTA
    return NewMessage(
        provider_id=provider_id, brand_id=brand_id, recipient_id=recipient_id,
        submission_id=submission_id, channel=Channel.EPOSTA if by_mail else Channel.MESAJ,
        kind=MessageKind.CONFIRMATION, due_at=end_of_day(at),
        content={"lang": language, "channels": [c.name for c in channels], "person": person,
                 "at": istanbul_text(at), "place": place, "receipt": receipt},
    )


_soon: deque[Due] = deque()
_writing = threading.Lock()
_MOST: Final = 256


def write_soon(due: Iterable[Due]) -> None:
    """Leave confirmations to the next :func:`write_pending` of this process."""
    _soon.extend(due)


def write_pending() -> int:
    """Write what :func:`write_soon` gathered; answers how many. What fails is the sweeper's."""
    written = 0
    with _writing:
        while _soon:
            batch = [_soon.popleft() for _ in range(min(len(_soon), _MOST))]
            enqueue_due(db.connection(), batch)
            written += len(batch)
    return written


def confirm_forgotten(within: timedelta | None = None) -> int:
    """Write the confirmations of today, and of yesterday's last hour, that no process wrote;
    and the receipts of explicit consents (:mod:`ileti.channels.actreceipts`); answers how many.
    ``within`` looks at that much of the past only: a day of a million captures
    is not read every two minutes. A confirmation is due on its day and pointless on another; the
    receipt of an act is not, so that after a night without a worker it still comes."""
    moment = clock.now()
    midnight = datetime.combine(clock.to_istanbul(moment).date(), time.min, clock.ISTANBUL)
    since = midnight - _BACK  # the last minutes of a day are swept on the next
    if within is not None:
        since = max(since, moment - within)
    rows = db.connection().execute(
        _FORGOTTEN, {"since": since, "until": moment - GRACE,
                     "kind": int(MessageKind.CONFIRMATION), "limit": _AT_ONCE},
    ).fetchall()
    groups: dict[tuple[int, int, int], list[Any]] = defaultdict(list)
    for row in rows:
        groups[row[0], row[3], row[2]].append(row)
    written = sum(write_once(_from_ledger(group)) for group in groups.values())
    return written + actreceipts.tell_untold(since if within else moment - actreceipts.BACK)


def write_once(message: NewMessage) -> bool:
    """Write a confirmation unless one stands; one writer at a time per submission."""
    with db.transaction() as conn:
        conn.execute("select pg_advisory_xact_lock(%s)", (message.submission_id,))
        known = conn.execute(
            "select 1 from message where provider_id = %s and submission_id = %s "
            "and recipient_id = %s and kind = %s",
            (message.provider_id, message.submission_id, message.recipient_id, int(message.kind)),
        ).fetchone()
        if known is None:
            enqueue(conn, [message])
    return known is None


def _from_ledger(group: list[Any]) -> NewMessage:
    provider_id, brand_id, recipient_id, submission_id, at, _, idem, key, cipher, said = group[0]
    return confirmation(
        provider_id=provider_id, brand_id=brand_id, recipient_id=recipient_id,
        submission_id=submission_id, at=at, channels=[Channel(row[5]) for row in group],
        language=str(said.get("language", "tr")), person=_name(idem, key, cipher, submission_id),
        place=str(said.get("place", "")),
        receipt=str(said.get("receipt") or receipt_number(submission_id)),
    )


def _name(idem: str, key: int | None, cipher: Any, submission_id: int) -> str:
    try:
        return str(open_person(idem, key, cipher).get("name", ""))
    except CannotDecrypt:
        log.warning("person_unreadable", submission=submission_id)
        return ""


_OF_SUBMISSION = """
select e.provider_id, e.brand_id, e.recipient_id, e.submission_id, e.captured_at, e.channel,
       s.idem, s.person_key, s.person_ct, s.evidence
  from submission s join consent_entry e on e.provider_id = s.provider_id
   and e.captured_at = s.captured_at and e.id = any(s.entry_ids)
 where s.provider_id = %s and s.id = %s and e.recipient_id = %s and e.standing = 1
   and e.status = 1 and e.outcome = 1 order by e.channel"""


def content_of(
    provider_id: int, submission_id: int | None, recipient_id: int, kind: int, key: int,
    cipher: bytes | None,
) -> dict[str, Any]:
    """What a message says: as it was sealed, or for a confirmation written in haste from the
    entries it confirms; a confirmation names the acts about personal data of its click too. Raises
    CannotDecrypt, LookupError when there is nothing to say any more."""
    if kind != MessageKind.CONFIRMATION:
        if cipher is None:
            raise LookupError("erased")
        content = open_content(provider_id, recipient_id, kind, key, bytes(cipher))
        return content if kind != MessageKind.ACTS else actreceipts.told(
            provider_id, recipient_id, content)
    if cipher is not None:
        content = open_content(provider_id, recipient_id, kind, key, bytes(cipher))
    else:
        rows = db.connection().execute(
            _OF_SUBMISSION, (provider_id, submission_id, recipient_id)).fetchall()
        if not rows:
            raise LookupError("no entry to confirm")
        content = _from_ledger(rows).content
    return content | {"acts": _acts(provider_id, submission_id, recipient_id, content)}


_ACTS: Final = """
select k.act, v.title, v.version from kvkk_entry k
  join document_version v on v.provider_id = k.provider_id and v.id = k.text_id
 where k.provider_id = %s and k.submission_id = %s and k.recipient_id = %s order by k.id"""


def _acts(provider_id: int, submission_id: int | None, recipient_id: int, content: dict[str, Any]
          ) -> list[dict[str, Any]]:
    """Notices shown or read and explicit consents of the same click, as the person reads them."""
    rows = db.connection().execute(_ACTS, (provider_id, submission_id, recipient_id)).fetchall()
    english = content.get("lang") == "en"
    return [{"says": Act(act).en if english else Act(act).tr, "title": title, "version": version,
             "consent": not Act(act).of_notice}
            for act, title, version in rows]
