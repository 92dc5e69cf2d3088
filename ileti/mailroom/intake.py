"""One mail that came back: known or new, understood, acted on once, and noted.

Why this module exists: the same mail comes twice (a process is killed, a mailbox is read anew, a
push is repeated), and must count once. The row of the mail is written first; what is recorded in
the ledger has the row's number as its key, so that doing it again is the same record; troubles and
reports are written in the transaction that closes the row. A mail is about whom its signed mark
names; without a mark a person's refusal is about the address it was written from: refusing is
harmless and easy (R-28), while nothing else is believed of From (docs/adr/0049). What a person has
to read is kept sealed until they have (:mod:`ileti.mailroom.deciding`): a mail that was pushed lies
nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from hashlib import sha256
from typing import Any, Final

import psycopg

from ileti.channels import delivered, returned  # noqa: F401 (the first takes reports)
from ileti.channels.mail import Mark
from ileti.channels.replies import Meaning
from ileti.channels.sms import Delivery, Report
from ileti.consents import trouble
from ileti.consents.trouble import Trouble
from ileti.core import clock, db
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.mailroom import acts
from ileti.mailroom.acts import Came
from ileti.mailroom.consenting import consent, opened_for, place_of
from ileti.mailroom.extract import extract
from ileti.mailroom.meaning import meaning
from ileti.mailroom.reading import Kind, Letter, read
from ileti.mailroom.sealed import seal

log = get_logger("ileti.mailroom")

Connection = psycopg.Connection[Any]
#: a bounce that old says nothing of the address now
_STALE: Final = timedelta(days=30)
#: mails without a mark whose words are kept, in a day and mailbox
MOST_STRANGERS: Final = 500
_READ: Final = (Kind.PERSON, Kind.UNREADABLE)
_told: set[tuple[int, date]] = set()


class Outcome(IntEnum):
    """What was done; the numbers are the database's."""

    NOTHING = 1
    COUNTED = 2
    REFUSED = 3
    CONSENTED = 4
    UNCLEAR = 5
    UNKNOWN = 6
    UNREADABLE = 7
    REQUEST = 8

    @property
    def for_a_person(self) -> bool:
        """Whether somebody has to read it."""
        return self in (Outcome.UNCLEAR, Outcome.UNREADABLE)


@dataclass(frozen=True)
class Box:
    """The mailbox a mail came to."""

    id: int
    provider_id: int
    brand_id: int | None = None
    consent_address: str = ""
    trusted_mx: str = ""


@dataclass(frozen=True)
class Where:
    """Where a mail lies in its mailbox (RFC 9051 §2.3.1)."""

    uid_validity: int
    uid: int


def take(box: Box, raw: bytes, where: Where | None = None, at: datetime | None = None) -> Outcome:
    """Act on a mail once; the same again is known and changes nothing. ``at``: when our mail server
    took it; without, when it came here first. Raises StorageAway, and what else is tried again."""
    db.refuse_open_transaction()
    letter = _ours(read(raw), box)
    digest = sha256(raw).digest()
    number, done, first = _opened(box, letter, digest, where)
    if done is not None:
        return done
    came = Came(number, digest, at or first, raw, _kept_of(letter, raw),
                crowded=letter.mark is None and letter.kind in _READ and _crowded(box),
                again=where is None)
    outcome = _act(box, letter, came)
    reach("mail-acted")
    return _close(box, letter, came, outcome)


def too_large(box: Box, where: Where) -> Outcome:
    """Note a mail that is not even fetched."""
    letter = Letter(Kind.UNREADABLE)
    digest = sha256(f"{where.uid_validity}:{where.uid}".encode()).digest()
    number, done, first = _opened(box, letter, digest, where)
    return done or _close(box, letter, Came(number, digest, first, crowded=True),
                          Outcome.UNREADABLE)


def _kept_of(letter: Letter, raw: bytes) -> bytes | None:
    """What is kept of it where that is not all of it: of whatever has no mark, since that may be
    anybody's, and of what a person reads."""
    return extract(letter, raw) if letter.kind in _READ and letter.mark is None else None


# As many of each mailbox as tell whether it is crowded, and no more.
_STRANGERS: Final = """
select b.id, b.address from mailbox b cross join lateral (
       select count(*) as many from (
              select from returned_mail r where r.provider_id = b.provider_id
                 and r.mailbox_id = b.id and r.came_at >= %(since)s and r.series is null
                 and r.kind = any(%(kinds)s) limit %(cap)s + 1) x) found
 where b.provider_id = %(provider)s and (%(box)s::int is null or b.id = %(box)s)
   and found.many > %(cap)s order by b.id"""


def _crowded(box: Box) -> bool:
    """Whether more came to a mailbox today without a mark than people write; from then on refusals
    are recorded all the same, and no words are kept. Told of once a day and process; the page says
    it too."""
    today = clock.today()
    if not crowded(db.system_connection(), box.provider_id, box.id):
        return False
    if (box.id, today) not in _told:
        _told.add((box.id, today))
        log.error("mailbox_crowded", mailbox=box.id, provider=box.provider_id,
                  limit=MOST_STRANGERS)
    return True


def crowded(conn: Connection, provider_id: int, mailbox_id: int | None = None) -> list[str]:
    """Addresses of the provider's mailboxes, or of one, to which more came today without a mark
    than people write; in one statement."""
    return [row[1] for row in conn.execute(_STRANGERS, {
        "provider": provider_id, "box": mailbox_id, "kinds": [int(one) for one in _READ],
        "since": datetime.combine(clock.today(), time(), clock.ISTANBUL),
        "cap": MOST_STRANGERS}).fetchall()]


def _ours(letter: Letter, box: Box) -> Letter:
    """The letter without a mark that is another provider's."""
    if letter.mark is None or letter.mark.provider_id == box.provider_id:
        return letter
    log.warning("foreign_mark", mailbox=box.id)
    return replace(letter, mark=None)


_OPEN: Final = """
insert into returned_mail (provider_id, mailbox_id, digest, uid_validity, uid, kind, recipient_id,
                           brand_id, series, message_id, status, came_at)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (mailbox_id, digest) do update set kind = excluded.kind
returning id, outcome, done_at is not null, came_at"""


def _opened(box: Box, letter: Letter, digest: bytes, where: Where | None
            ) -> tuple[int, Outcome | None, datetime]:
    """The row of the mail, what was done when all is done, and when it came here first."""
    mark = letter.mark
    row = db.system_connection().execute(_OPEN, (
        box.provider_id, box.id, digest, where and where.uid_validity, where and where.uid,
        int(letter.kind), _known(box, letter), mark and mark.brand_id,
        mark and int(mark.series), mark and mark.message_id, letter.status,
        clock.now())).fetchone()
    assert row is not None
    return row[0], Outcome(row[1]) if row[2] else None, row[3]


def _known(box: Box, letter: Letter) -> int | None:
    """Whom the mail is about: by its mark, else who is known by the address it says it is from."""
    if letter.mark is not None:
        return letter.mark.recipient_id
    who = acts.by_sender(box.provider_id, None, letter.sender) if letter.sender else None
    return who.recipient_id or None if who else None


# -- what is done before the row is closed ---------------------------------------------------------


def _act(box: Box, letter: Letter, came: Came) -> Outcome:
    if letter.kind is Kind.UNREADABLE:
        return Outcome.UNREADABLE
    if letter.kind is Kind.PERSON:
        return _heard(box, letter, came)
    if letter.mark is None:
        return Outcome.NOTHING if letter.kind is Kind.MACHINE else Outcome.UNKNOWN
    if letter.kind is Kind.COMPLAINT:
        who = acts.by_mark(letter.mark)
        return Outcome.REFUSED if who and acts.refuse(
            who, came, flow="mail-complaint", said={"message": letter.mark.message_id}
        ) else Outcome.UNKNOWN
    return Outcome.COUNTED if letter.kind in (Kind.BOUNCE, Kind.DELIVERED) else Outcome.NOTHING


def _heard(box: Box, letter: Letter, came: Came) -> Outcome:
    """What a person wrote."""
    understood = meaning(letter.subject, letter.text)
    if understood.meaning is Meaning.CONSENT and opened_for(box.consent_address, letter):
        place = place_of(box.provider_id, box.brand_id)
        given = place is not None and consent(
            place, letter, came, opened=box.consent_address, trusted_mx=box.trusted_mx)
        return Outcome.CONSENTED if given else Outcome.UNCLEAR
    if understood.meaning not in (Meaning.REFUSAL, Meaning.STOP_EVERYTHING):
        return Outcome.UNCLEAR
    everything = understood.meaning is Meaning.STOP_EVERYTHING
    marked = acts.by_mark(letter.mark, everything=everything) if letter.mark else None
    who = marked or acts.by_sender(box.provider_id, box.brand_id, letter.sender,
                                   everything=everything)
    if who is None:
        return Outcome.UNCLEAR
    acts.refuse(who, came, flow="mail", everything=everything, said={
        "by": understood.by, "marked": marked is not None, "everything": everything},
        channels=understood.channels)
    # Calls or SMS, and no phone known beside this address: a person reads it, whatever held.
    lost = not everything and acts.nowhere(who, understood.channels)
    return Outcome.UNCLEAR if lost else Outcome.REFUSED


# -- closing ---------------------------------------------------------------------------------------


def _close(box: Box, letter: Letter, came: Came, outcome: Outcome) -> Outcome:
    number, stale = came.number, clock.now() - came.at > _STALE
    with db.transaction(system=True) as conn:
        row = conn.execute("select outcome, done_at is not null from returned_mail where id = %s "
                           "for update", (number,)).fetchone()
        if row is None or row[1]:
            return Outcome(row[0]) if row else outcome
        if letter.mark is not None and outcome in (Outcome.COUNTED, Outcome.REFUSED) and not stale:
            _note(conn, letter, letter.mark)
        key, cipher = _sealed(box, letter, came, outcome)
        conn.execute("update returned_mail set outcome = %s, done_at = now(), said_at = %s, "
                     "text_key = %s, text_ct = %s where id = %s",
                     (int(outcome), came.at, key, cipher, number))
    log.info("mail_came", mailbox=box.id, mail=number, kind=letter.kind.name,
             outcome=outcome.name)
    return outcome


def _sealed(box: Box, letter: Letter, came: Came, outcome: Outcome
            ) -> tuple[int | None, bytes | None]:
    """What a person has to read, sealed; nothing of any other mail."""
    if not outcome.for_a_person or came.crowded:
        return None, None
    return seal(box.id, came.digest, came.extract or extract(letter, came.raw))


def _note(conn: Connection, letter: Letter, mark: Mark) -> None:
    """Count the trouble and report what became of the mail it is about."""
    kind = trouble.Kind.COMPLAINT if letter.kind is Kind.COMPLAINT else (
        trouble.Kind.HARD if letter.dead else trouble.Kind.SOFT)
    if letter.kind in (Kind.BOUNCE, Kind.COMPLAINT):
        trouble.note(conn, mark.provider_id, Trouble(mark.recipient_id, kind, letter.status))
    if letter.kind in (Kind.BOUNCE, Kind.DELIVERED):
        delivery = Delivery.DELIVERED if letter.kind is Kind.DELIVERED else Delivery.NOT_DELIVERED
        returned.tell(conn, mark.series, mark.provider_id, [Report(
            str(mark.message_id), "", delivery, letter.status, clock.now(), mark.message_id)])
