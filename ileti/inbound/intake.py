"""A message comes in: first it is kept, then it is treated, each in one transaction of its own.

Why this module exists: a gateway tells a message once or ten times, and some never again when we do
not answer. So what arrived is on disk before the gateway hears "taken", under its own number, which
tells a repeat; and what follows from it (consent or refusal, and the answer) happens all at once or
not at all (:mod:`ileti.inbound.treat`). A process that dies in between leaves a message nobody
treated, which a job takes up; killed anywhere, nothing happens twice.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import psycopg

from ileti.channels.gateways.spoken import e164
from ileti.core import clock, db, jobs
from ileti.core.errors import StorageAway
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.inbound import numbers
from ileti.inbound.formats import Arrived
from ileti.inbound.numbers import Number
from ileti.inbound.sealed import seal
from ileti.inbound.treat import leave_unread, treat
from ileti.recipients.address import AddressError, parse_phone
from ileti.recipients.known import find_or_add

log = get_logger("ileti.inbound")

_SAME: Final = timedelta(minutes=15)
_TAIL: Final = 14  # hexadecimal digits of a mark that tell two messages of one number apart
_BELLS: Final = ("iys.jobs.forward", "channels.jobs.send_messages")
PULLED: Final = "pull-"


def receive(number: Number, arrived: Sequence[Arrived], *, pulled: bool = False) -> int:
    """Take messages of a number; answers how many were new. Raises StorageAway: then the gateway
    may tell them again. What is kept and cannot be treated now is the job's."""
    made = [one for one in (_keep(number, one, pulled=pulled) for one in arrived) if one]
    reach("inbound.kept")
    for message_id in made:
        _try(message_id)
    return len(made)


def treat_waiting(limit: int = 200) -> dict[str, int]:
    """Treat what a process left that was killed, or that could not be treated then."""
    rows = db.system_connection().execute(
        "select id from inbound_message where deed is null and received_at < now() - "
        "interval '10 seconds' order by id limit %s", (limit,)).fetchall()
    done = sum(_try(row[0]) for row in rows)
    return {"treated": done, "left": len(rows) - done}


def _try(message_id: int) -> bool:
    try:
        done = treat(message_id)
    except (StorageAway, psycopg.Error) as error:
        log.warning("inbound_put_off", message=message_id, reason=type(error).__name__)
        return False
    except jobs.JobTimeout:
        raise  # it is treated by the next run, and by no person yet
    except Exception:  # a fault of ours: a person reads it instead of a job trying for ever
        log.exception("inbound_broke", message=message_id)
        with db.transaction(system=True) as conn:
            leave_unread(conn, message_id)
        return False
    for bell in _BELLS if done else ():
        if bell in jobs.JOBS:
            jobs.ring(bell)
    return done


def _keep(number: Number, one: Arrived, *, pulled: bool) -> int | None:
    """Keep one message; None when it is known already."""
    now = clock.now()
    with db.transaction(system=True) as conn:
        own, elsewhere = numbers.beside(conn, number, one.to)
        sender = _sender(one.sender)
        mark = _mark(own.provider_id, sender or one.sender, one.text)
        conn.execute("select pg_advisory_xact_lock(hashtextextended(%s, 426))", (mark.hex(),))
        recipient = find_or_add(conn, own.provider_id, sender) if sender else None
        outside = _outside(conn, own, f"{PULLED if pulled else ''}{one.outside_id}", mark)
        if outside is None or _told_otherwise(
                conn, own, mark, one.at or now, recipient, outside, pulled=pulled):
            return None
        key, cipher = seal(own.provider_id, outside, one.text)
        row = conn.execute(
            "insert into inbound_message (provider_id, number_id, outside_id, mark, recipient_id, "
            "text_key, text_ct, said_at, received_at, written_to) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
            "on conflict (provider_id, number_id, outside_id) do nothing returning id",
            (own.provider_id, own.id, outside, mark, recipient, key, cipher,
             min(one.at or now, now), now, elsewhere)).fetchone()
    return row[0] if row else None


def _outside(conn: psycopg.Connection[Any], number: Number, outside: str, mark: bytes
             ) -> str | None:
    """Under which number a message is kept; None when it is known. A gateway that counts anew gives
    one number to two messages, and the second may be a refusal: where sender or words differ, it is
    another message. Of one that was destroyed nobody knows the words any more."""
    row = conn.execute(
        "select mark from inbound_message where provider_id = %s and number_id = %s "
        "and outside_id = %s", (number.provider_id, number.id, outside)).fetchone()
    if row is None:
        return outside
    return None if row[0] is None or bytes(row[0]) == mark else f"{outside}+{mark.hex()[:_TAIL]}"


def _sender(text: str) -> str | None:
    """The sender's number in its one spelling; None for a name, or what is no number."""
    if any(one.isalpha() for one in text):
        return None
    try:
        return parse_phone(e164(text))
    except AddressError:
        return None


def _mark(provider_id: int, sender: str, text: str) -> bytes:
    said = f"{provider_id}:{sender}:{' '.join(text.split())}"
    return hmac.new(secrets().key_for("inbound-mark"), said.encode(), sha256).digest()[:16]


_PAIRED: Final = """
select from inbound_message m
 where m.number_id = %(number)s and m.mark = %(mark)s and m.also_as = %(outside)s limit 1"""
_TOLD: Final = """
update inbound_message set also_as = %(outside)s where id = (
select m.id from inbound_message m
 where m.also_as is null and m.number_id = %(number)s and m.mark = %(mark)s
   and m.said_at between %(at)s - %(same)s and %(at)s + %(same)s
   and (m.outside_id like %(way)s) is distinct from %(pulled)s
   and not exists (select from inbound_message other
                    where other.provider_id = m.provider_id and other.number_id = m.number_id
                      and other.recipient_id = %(recipient)s and other.mark <> m.mark
                      and other.said_at between least(m.said_at, %(at)s)
                                            and greatest(m.said_at, %(at)s))
   and not exists (select from consent_state s
                    where s.provider_id = m.provider_id and s.recipient_id = %(recipient)s
                      and s.status = 1 and s.consent_date > m.said_at
                      and s.consent_date <= %(at)s)
 order by abs(extract(epoch from m.said_at - %(at)s)), m.id limit 1)
returning id"""


def _told_otherwise(conn: psycopg.Connection[Any], number: Number, mark: bytes, at: datetime,
                    recipient: int | None, outside: str, *, pulled: bool) -> bool:
    """Whether the same words of the same sender and moment came by the gateway's other way, under
    another number: the box lists what was pushed too, and a push may tell no time. Each is the pair
    of one other and keeps its number, so a second refusal in the same words is none of the first.
    Where the person wrote something else in between, or consented anywhere, the same words were
    written twice."""
    values = {"number": number.id, "mark": mark, "at": at, "same": _SAME, "way": f"{PULLED}%",
              "pulled": pulled, "recipient": recipient, "outside": outside}
    return (conn.execute(_PAIRED, values).fetchone() is not None
            or conn.execute(_TOLD, values).fetchone() is not None)
