"""What follows from a kept message: the consent or refusal, and the answer, all or nothing.

Why this module exists: whoever wrote "stop" is believed at once, and hears so; whoever wrote what
nobody understands is heard by a person and gets help at most once a day, so that two machines never
write to each other for ever. One transaction holds the message's row, the ledger's entry and the
answer in the queue, one sender at a time: killed anywhere, it happens once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg
from psycopg import errors as pg

from ileti.channels.messages import NewMessage, enqueue
from ileti.channels.replies import spelled
from ileti.consents.beside import wishes
from ileti.consents.vocabulary import Channel, Outcome
from ileti.core import clock, db
from ileti.core.failpoints import reach
from ileti.inbound import answers, numbers, recording, words
from ileti.inbound.names import perhaps
from ileti.inbound.numbers import BrandLine, Number
from ileti.inbound.recording import Wrote
from ileti.inbound.sealed import unseal
from ileti.inbound.vocabulary import Answered, Deed, Meant
from ileti.inbound.words import Read
from ileti.recipients.known import address_of

#: how long a consent waits for its name; then it was none
NAME_WAITS: Final = timedelta(hours=24)
#: answers to one sender in a day, beside confirmations, which are a duty (R-10)
MOST_ANSWERS: Final = 6
_DAY: Final = timedelta(days=1)
_TRIES: Final = 3


@dataclass
class Work:
    """One message being treated, and what is to stand in its row at the end. ``only_refusals``: it
    was written to a number that is not ours, is switched off, or has no words of any brand."""

    conn: psycopg.Connection[Any]
    number: Number
    brands: list[BrandLine]
    wrote: Wrote
    read: Read
    now: datetime
    activation: Any
    waiting: _Waiting | None = None
    only_refusals: bool = False
    deed: Deed = Deed.UNREAD
    submissions: list[int] = field(default_factory=list)
    answer: tuple[Answered, NewMessage] | None = None
    waits_until: datetime | None = None

    @property
    def meant_for(self) -> list[BrandLine]:
        """The brands that are meant."""
        return [one for one in self.brands if one.place.brand_id in self.read.brands]


@dataclass(frozen=True)
class _Waiting:
    """A consent that waits for its name."""

    id: int
    brand_id: int
    outside_id: str
    text: str
    said_at: datetime


_ROW: Final = """
select m.id, m.provider_id, m.number_id, m.outside_id, m.recipient_id, m.text_key, m.text_ct,
       m.said_at, m.received_at, m.written_to is not null, p.activation_date
  from inbound_message m join provider p on p.id = m.provider_id
 where m.id = %s and m.deed is null for update of m"""


def treat(message_id: int) -> bool:
    """Treat a kept message; False when somebody did already. Raises StorageAway, psycopg.Error:
    then nothing happened."""
    for attempt in range(_TRIES):
        try:
            return _treat_once(message_id)
        except (pg.SerializationFailure, pg.DeadlockDetected, pg.InFailedSqlTransaction):
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _treat_once(message_id: int) -> bool:
    with db.transaction(system=True) as conn:
        row = conn.execute(_ROW, (message_id,)).fetchone()
        if row is None:
            return False
        work = _begun(conn, row)
        if work is None:
            leave_unread(conn, message_id)
        else:
            _treat(work)
            _close(work)
        reach("inbound.treated")
    return True


def _begun(conn: psycopg.Connection[Any], row: Any) -> Work | None:
    """None where nobody stands behind the message: no number, or an erased person."""
    (message_id, provider_id, number_id, outside, recipient, key, cipher, said_at, received_at,
     elsewhere, activation) = row
    text = unseal(provider_id, outside, key, cipher)
    if recipient is None or text is None:
        return None
    conn.execute("select pg_advisory_xact_lock(hashtextextended(%s, 425))",
                 (f"{provider_id}:{recipient}",))
    address = address_of(conn, provider_id, recipient)
    if address is None:
        return None
    number = numbers.of_id(conn, provider_id, number_id)
    brands, own = numbers.refusable(conn, number)
    waiting = _awaited(conn, number, recipient, said_at)
    read = words.read(text, [one.line for one in brands],
                      name_of=waiting.brand_id if waiting else None)
    wrote = Wrote(message_id, number, outside, recipient, address, text, said_at, received_at,
                  read.by[:80])
    return Work(conn, number, brands, wrote, read, clock.now(), activation, waiting,
                only_refusals=elsewhere or not number.active or not own)


def _treat(work: Work) -> None:
    if not work.brands:
        return
    refuses = work.read.meant in (Meant.REFUSAL, Meant.STOP_EVERYTHING)
    if work.only_refusals and not refuses:
        return  # a person reads it: it is a consent to nothing this number advertises
    {Meant.CONSENT: _consent, Meant.NAME: _name, Meant.REFUSAL: _refuse,
     Meant.STOP_EVERYTHING: _refuse, Meant.INFORMATION: _inform,
     Meant.UNCLEAR: _unclear}[work.read.meant](work)


# -- consent ---------------------------------------------------------------------------------------


def _consent(work: Work) -> None:
    brand = work.meant_for[0]
    if brand.text_id is None:
        return  # without the text there is nothing to consent to: a person reads it
    if recording.too_late(work.wrote, work.activation, work.now):
        work.deed = Deed.TOO_LATE
    elif work.read.name:
        _record(work, brand, work.read.name)
    elif work.waiting and work.waiting.brand_id == brand.place.brand_id:
        work.deed = Deed.NAME_ASKED  # the same word again: the question stands
        work.waits_until = work.now + NAME_WAITS
    else:
        work.deed = Deed.NAME_ASKED
        work.waits_until = work.now + NAME_WAITS
        _say(work, Answered.NAME_ASKED, answers.name_asked(work.number, brand), brand)


def _name(work: Work) -> None:
    """The name came: now the consent is whole, and dated by the message that completed it."""
    first = work.waiting
    assert first is not None, "a name is read only where one is awaited"
    brand = next((one for one in work.brands if one.place.brand_id == first.brand_id), None)
    if brand is None or brand.text_id is None:
        return
    if recording.too_late(work.wrote, work.activation, work.now):
        work.deed = Deed.TOO_LATE
        return
    work.wrote = replace(work.wrote, before=(first.outside_id, first.text, first.said_at))
    _record(work, brand, work.read.name)
    work.conn.execute(
        "update inbound_message set waits_until = null, deed = %s, submissions = %s where id = %s",
        (int(work.deed), work.submissions, first.id))


def _record(work: Work, brand: BrandLine, name: str) -> None:
    made = recording.consent(work.wrote, brand, name, work.now)
    work.submissions = [made.submission_id]
    if made.items[0].outcome is not Outcome.RECORDED:
        work.deed = Deed.OLDER
        return
    work.deed = Deed.CONSENTED
    work.answer = (Answered.CONFIRMED, answers.confirmed(
        work.number, brand, work.wrote.recipient_id, made.submission_id, made.captured_at, name))


# -- refusal ---------------------------------------------------------------------------------------


def _refuse(work: Work) -> None:
    everything = work.read.meant is Meant.STOP_EVERYTHING
    held, mail = False, False
    for brand in work.meant_for:
        done = refuse_at(work.conn, work.wrote, brand, everything=everything,
                         channels=work.read.channels)
        work.submissions += done.submissions
        held, mail = held or done.held, mail or done.mail
    # Mails are refused, and we know of no address beside this number: a person reads it.
    lost = Channel.EPOSTA in work.read.channels and not mail
    if lost and not work.submissions:
        return
    _no_name_any_more(work)
    if not lost:
        work.deed = Deed.OLDER if not held else Deed.STOPPED if everything else Deed.REFUSED
    if not held:
        return
    _say(work, Answered.REFUSED, answers.refused(
        work.number, work.meant_for, everything=everything, mail=mail,
        channels=work.read.channels), work.meant_for[0])


@dataclass(frozen=True)
class Refused:
    """What a refusal wrote: numbers of submissions, whether it holds, and whether a mail address
    was refused too."""

    submissions: tuple[int, ...]
    held: bool
    mail: bool


def refuse_at(conn: psycopg.Connection[Any], wrote: Wrote, brand: BrandLine, *,
              everything: bool, channels: Sequence[Channel] = ()) -> Refused:
    """Refuse at a brand the ``channels`` that are named, the channel of the message where none is,
    or all, of every address the same person gave (R-30). Inside the caller's transaction."""
    made, held, mail = list[int](), False, False
    for one in wishes(conn, brand.place, wrote.recipient_id, wrote.address,
                      channels or [Channel.MESAJ], everything=everything):
        done = recording.refuse(conn, wrote, brand.place, one.recipient_id, one.address,
                                list(one.channels))
        made += done.submissions
        held = held or done.held
        mail = mail or Channel.EPOSTA in one.channels
    return Refused(tuple(made), held, mail)


def _no_name_any_more(work: Work) -> None:
    """Who refused no longer consents by sending a name."""
    work.conn.execute(
        "update inbound_message set waits_until = null where provider_id = %s and number_id = %s "
        "and recipient_id = %s and waits_until is not null",
        (work.number.provider_id, work.number.id, work.wrote.recipient_id))


# -- the rest --------------------------------------------------------------------------------------


def _inform(work: Work) -> None:
    work.deed = Deed.INFORMED
    brand = work.meant_for[0]
    _say(work, Answered.INFORMED, answers.informed(work.number, brand), brand)


def _unclear(work: Work) -> None:
    """Kept for a person; help at most once a day."""
    consenting = bool(work.read.by) or (
        work.waiting is not None and perhaps(spelled(work.wrote.text)))
    _say(work, Answered.HELPED, answers.helped(work.number, work.brands, consenting=consenting),
         work.brands[0])


def _say(work: Work, kind: Answered, text: str, brand: BrandLine) -> None:
    if not _may_answer(work, kind):
        return
    work.answer = (kind, answers.message(work.number, brand.place.brand_id,
                                         work.wrote.recipient_id, kind, text, work.now))


def _may_answer(work: Work, kind: Answered) -> bool:
    """Not to what is a day old, not without end, and help once a day."""
    if work.now - work.wrote.said_at > _DAY:
        return kind is Answered.REFUSED
    given = [row[0] for row in work.conn.execute(
        "select answered from inbound_message where provider_id = %s and recipient_id = %s "
        "and answered is not null and treated_at > %s",
        (work.number.provider_id, work.wrote.recipient_id, work.now - _DAY)).fetchall()]
    if kind is Answered.HELPED and int(Answered.HELPED) in given:
        return False
    return sum(one != Answered.CONFIRMED for one in given) < MOST_ANSWERS


_AWAITED: Final = """
select id, brand_id, outside_id, text_key, text_ct, said_at from inbound_message
 where provider_id = %s and number_id = %s and recipient_id = %s and waits_until > %s
   and deed = 5 and brand_id is not null
 order by id desc limit 1"""


def _awaited(conn: psycopg.Connection[Any], number: Number, recipient: int, said_at: datetime
             ) -> _Waiting | None:
    row = conn.execute(_AWAITED, (number.provider_id, number.id, recipient, said_at)).fetchone()
    if row is None:
        return None
    text = unseal(number.provider_id, row[2], row[3], row[4])
    return _Waiting(row[0], row[1], row[2], text or "", row[5])


def _close(work: Work) -> None:
    if work.answer is not None:
        enqueue(work.conn, [work.answer[1]])
    work.conn.execute(
        "update inbound_message set meant = %s, word = %s, deed = %s, treated_at = %s, "
        "brand_id = %s, waits_until = %s, submissions = %s, answered = %s where id = %s",
        (int(work.read.meant), work.wrote.word, int(work.deed), work.now, _brand_of(work),
         work.waits_until, work.submissions, int(work.answer[0]) if work.answer else None,
         work.wrote.message_id))


def _brand_of(work: Work) -> int | None:
    """The one brand it concerns; of what is not understood, the number's only one."""
    meant: Sequence[BrandLine] = work.meant_for or work.brands
    return meant[0].place.brand_id if len(meant) == 1 else None


def leave_unread(conn: psycopg.Connection[Any], message_id: int) -> None:
    """Leave a message to a person: nobody stands behind it, or it cannot be treated."""
    conn.execute("update inbound_message set meant = 0, deed = 1, treated_at = %s where id = %s "
                 "and deed is null", (clock.now(), message_id))
