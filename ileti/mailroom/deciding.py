"""What a person decides on a mail no machine understood: a refusal, of how much, or nothing.

Why this module exists: a refusal may be said in any words (R-28), and somebody has to read those
that no list of words knows. A consent may not be read into free text: its word is on show, and
typed by somebody else it is none (R-20, R-43). Who decided stands with the record. The refusal is
recorded before the mail is closed, once for the mail whoever says it how often: killed in between,
it stands and the mail waits to be closed. A mail that asks what the company knows of its writer, or
to be erased (KVKK art. 11), is handed on to the room of such requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg

from ileti.consents.vocabulary import Decision
from ileti.core import clock, db
from ileti.core.errors import Conflict
from ileti.mailroom import acts
from ileti.mailroom.acts import Came, Who
from ileti.mailroom.intake import Outcome
from ileti.mailroom.reading import read
from ileti.mailroom.sealed import unseal
from ileti.tenancy import deeds

#: the words of what was set aside are cleared after that: nothing became of them
WORDS_STAY: Final = timedelta(days=30)
OPEN: Final = tuple(one for one in Outcome if one.for_a_person)


@dataclass(frozen=True)
class Waiting:
    """A mail that waits for somebody: its mailbox's or mark's brand, when it came, and its extract
    (:mod:`ileti.mailroom.extract`), None where no words of it are kept."""

    brand_id: int | None
    at: datetime
    kept: bytes | None


_ROW: Final = """
select r.mailbox_id, r.digest, r.recipient_id, r.brand_id, r.message_id, r.text_key, r.text_ct,
       coalesce(r.said_at, r.came_at), m.brand_id
  from returned_mail r join mailbox m on m.id = r.mailbox_id
 where r.provider_id = %s and r.id = %s and r.outcome = any(%s) and r.decided_at is null"""


def decide(provider_id: int, number: int, decision: Decision, *, by: int) -> Outcome:
    """Do what was decided; what became of it. Raises Conflict when somebody decided already or
    nobody stands behind the mail, StorageAway."""
    row = db.system_connection().execute(
        _ROW, (provider_id, number, [int(one) for one in OPEN])).fetchone()
    if row is None:
        raise _decided()
    if decision is Decision.NOTHING:
        return _close(provider_id, number, Outcome.NOTHING, decision, by, None, ())
    box, digest, recipient, brand, message, key, cipher, at, all_of = row
    kept, everything = unseal(box, bytes(digest), key, cipher), decision is Decision.EVERYTHING
    who = _who(provider_id, recipient, brand or all_of, kept, everything=everything)
    came = Came(number, bytes(digest), at, extract=kept, crowded=kept is None, by=by)
    made = [] if who is None else acts.refuse(
        who, came, flow="mail-read", everything=everything,
        said={"by": "person", "marked": message is not None, "everything": everything})
    if who is None or not made:
        raise Conflict("Bu postanın arkasında reddi yazılabilecek bir adres yok.",
                       "No address stands behind this mail whose refusal could be taken.",
                       code="nobody")
    return _close(provider_id, number, Outcome.REFUSED, decision, by, who, made)


def _who(provider_id: int, recipient: int | None, brand: int | None, kept: bytes | None, *,
         everything: bool) -> Who | None:
    """Whom the mail is about: who is known of it, else whoever wrote it."""
    if recipient is not None:
        known = acts.by_recipient(provider_id, recipient, None if everything else brand)
        if known is not None:
            return known
    return None if kept is None else acts.by_sender(
        provider_id, brand, read(kept).sender, everything=everything)


def _close(provider_id: int, number: int, outcome: Outcome, decision: Decision, by: int,
           who: Who | None, made: Sequence[int]) -> Outcome:
    known = acts.recipient_of(provider_id, who.address) if who else None
    with db.transaction(system=True) as conn:
        done = conn.execute(
            "update returned_mail set outcome = %s, decided_by = %s, decided_at = %s, "
            "submissions = %s, recipient_id = coalesce(recipient_id, %s) where provider_id = %s "
            "and id = %s and outcome = any(%s) and decided_at is null",
            (int(outcome), by, clock.now(), list(made), known, provider_id, number,
             [int(one) for one in OPEN]))
        if done.rowcount != 1:
            raise _decided()
        deeds.note(conn, "mail:decide", f"returned_mail:{number}", provider_id=provider_id,
                   user_id=by, detail={"what": decision.value})
    return outcome


def waiting(provider_id: int, number: int) -> Waiting:
    """A mail to be handed on. Raises Conflict when somebody decided already, CannotDecrypt."""
    row = db.connection().execute(
        _ROW, (provider_id, number, [int(one) for one in OPEN])).fetchone()
    if row is None:
        raise _decided()
    return Waiting(row[3] or row[8], row[7], unseal(row[0], bytes(row[1]), row[5], row[6]))


def hand_on(conn: psycopg.Connection[Any], provider_id: int, number: int, *, by: int) -> None:
    """Close a mail that asks for something else than to be left alone, in the transaction in which
    another room takes it with its extract; its words here go. Raises Conflict when somebody decided
    already."""
    done = conn.execute(
        "update returned_mail set outcome = %s, decided_by = %s, decided_at = %s, text_key = null, "
        "text_ct = null where provider_id = %s and id = %s and outcome = any(%s) "
        "and decided_at is null",
        (int(Outcome.REQUEST), by, clock.now(), provider_id, number, [int(one) for one in OPEN]))
    if done.rowcount != 1:
        raise _decided()
    deeds.note(conn, "mail:decide", f"returned_mail:{number}", provider_id=provider_id,
               user_id=by, detail={"what": "request"})


def forget_words(limit: int = 5_000) -> dict[str, int]:
    """Clear the words of mails that were set aside."""
    done: Any = db.system_connection().execute(
        "update returned_mail set text_key = null, text_ct = null where id in (select id from "
        "returned_mail where text_ct is not null and outcome = 1 and decided_at < %s limit %s)",
        (clock.now() - WORDS_STAY, limit))
    return {"cleared": done.rowcount}


def _decided() -> Conflict:
    return Conflict("Bu postaya az önce karar verilmiş.", "Somebody has decided on this mail.",
                    code="decided")
