"""Reading mailboxes by IMAP: each mail once, and all of them stay where they are, marked.

Why this module exists: a company's bounces and answers lie in mailboxes its own people look into,
so nothing is moved or deleted. A mail that was understood is marked as read; one for a person stays
unread and gets a flag. Where reading goes on is kept as UIDVALIDITY and UID; when the server counts
anew (RFC 9051 §2.3.1.1) everything is read again, and the digests of the mails see to it that
nothing counts twice. A mailbox nobody has read yet begins with the mails of thirty days: what came
before was its people's to read, and today's refusals come before it (R-32). A mailbox is claimed by
moving ``next_at``: a process that dies costs a lease; and a mail that was begun is noted, so that
one on which processes die is left to a person the third time.
"""

from __future__ import annotations

import contextlib
import imaplib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg

from config import settings
from ileti.core import clock, db
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import IletiError
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.core.target import Closed
from ileti.mailroom import intake
from ileti.mailroom.imapline import Line, TooSlow
from ileti.mailroom.intake import Box, Outcome, Where
from ileti.mailroom.reading import LONGEST

log = get_logger("ileti.mailroom")

PURPOSE: Final = "mailbox-password"  # as the column EncryptedText declares it
LEASE_SECONDS: Final = 300
EVERY_SECONDS: Final = 60
AFTER_A_FAULT: Final = 300
AT_ONCE: Final = 100
#: for one mailbox, and for all that one call reads; a job has ten minutes
BUDGET, ALL_BUDGETS = 60.0, 300.0
#: while somebody waits for the page
TRIAL: Final = 15.0
MOST_TRIES: Final = 2
FIRST_DAYS: Final = 30
_LETTERS: Final = LONGEST + 2_000_000
#: English in every language of the machine (RFC 9051)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
                  "Dec")
#: in production a mailbox is read where mailboxes are, and nothing else on the network is touched
_PORTS: Final = frozenset({143, 993})
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d+)")
_NO_QUOTES: Final = re.compile(r'[^"\\\r\n]{1,120}')


@dataclass(frozen=True)
class Claimed:
    """A mailbox in our hands."""

    box: Box
    host: str
    port: int
    tls: str
    username: str
    password: str
    folder: str
    uid_validity: int | None
    last_uid: int


@dataclass
class Round:
    """What one reading of a mailbox came to; ``more``: there is more to read now."""

    outcomes: list[Outcome] = field(default_factory=list)
    more: bool = False


class Unreachable(Exception):
    """The mailbox cannot be read; the text says why, without a name."""


_CLAIM: Final = """
update mailbox set next_at = now() + %s * interval '1 second'
 where id = (select id from mailbox where active and host <> '' and next_at <= now()
              order by next_at limit 1 for update skip locked)
returning id, provider_id, brand_id, consent_address, trusted_mx, host, port, tls, username, secret,
          folder, uid_validity, last_uid"""


def read_due(limit: int = 20) -> dict[str, int]:
    """Read mailboxes that are due; answers how many mails came to which end, by its name."""
    counts: dict[str, int] = {}
    until = time.monotonic() + ALL_BUDGETS
    for _ in range(limit):
        if time.monotonic() > until:
            break
        claimed = _claim()
        if claimed is None:
            break
        problem, more = None, False
        try:
            done = read(claimed)
            more = done.more
            for outcome in done.outcomes:
                counts[outcome.name.lower()] = counts.get(outcome.name.lower(), 0) + 1
        except (Unreachable, IletiError) as fault:
            problem = fault.code if isinstance(fault, IletiError) else str(fault)
            log.warning("mailbox_not_read", mailbox=claimed.box.id, reason=problem)
        _rest(claimed.box.id, problem, more=more)
    return counts


def _claim() -> Claimed | None:
    row = db.system_connection().execute(_CLAIM, (LEASE_SECONDS,)).fetchone()
    if row is None:
        return None
    try:
        password = secrets().keyring.decrypt_text(row[9], PURPOSE) if row[9] else ""
    except CannotDecrypt:
        password = ""
    return Claimed(Box(*row[:5]), row[5], row[6], row[7], row[8], password, row[10], row[11],
                   row[12])


def _rest(mailbox_id: int, problem: str | None, *, more: bool) -> None:
    db.system_connection().execute(
        "update mailbox set problem = %s, next_at = now() + %s * interval '1 second', "
        "read_at = case when %s::text is null then now() else read_at end where id = %s",
        (problem, AFTER_A_FAULT if problem else 0 if more else EVERY_SECONDS, problem,
         mailbox_id))


def read(claimed: Claimed) -> Round:
    """Act on the mails that came since, at most :data:`AT_ONCE` and for :data:`BUDGET` seconds.
    Raises Unreachable, and what is tried again."""
    db.refuse_open_transaction()
    done = Round()
    with _entered(claimed, BUDGET) as server:
        validity = _selected(server, claimed.folder)
        last = claimed.last_uid if validity == claimed.uid_validity else 0
        uids = _newer(server, last)
        done.more = len(uids) > AT_ONCE
        for uid in uids[:AT_ONCE]:
            if server.spent and done.outcomes:
                done.more = True
                break
            try:
                done.outcomes.append(_read_once(server, claimed.box, Where(validity, uid)))
            except TooSlow:
                if not done.outcomes:
                    raise
                done.more = True
                break
            db.system_connection().execute(
                "update mailbox set uid_validity = %s, last_uid = %s, trying_uid = null, "
                "tries = 0 where id = %s", (validity, uid, claimed.box.id))
    return done


_BEGIN: Final = """
update mailbox set tries = case when trying_uid = %(uid)s then tries + 1 else 1 end,
       trying_uid = %(uid)s where id = %(box)s returning tries"""
_GIVE_BACK: Final = """
update mailbox set tries = greatest(tries - 1, 0) where id = %s and trying_uid = %s"""


def _read_once(server: Line, box: Box, where: Where) -> Outcome:
    """Read a mail that was begun at most once before; what it ended a process by, or took all of a
    mailbox's time with, is left to a person. What we or the server could not do now is no try."""
    row = db.system_connection().execute(_BEGIN, {"uid": where.uid, "box": box.id}).fetchone()
    if row is not None and row[0] > MOST_TRIES:
        log.error("mail_given_up", mailbox=box.id, uid=where.uid)
        return _flagged(server, where, intake.too_large(box, where))
    try:
        return _read_one(server, box, where)
    except TooSlow:
        raise
    except (Unreachable, IletiError, OSError, imaplib.IMAP4.error, psycopg.OperationalError):
        with contextlib.suppress(IletiError, psycopg.Error):
            db.system_connection().execute(_GIVE_BACK, (box.id, where.uid))
        raise


@contextlib.contextmanager
def _entered(claimed: Claimed, seconds: float) -> Iterator[Line]:
    if settings().production and (claimed.port not in _PORTS or claimed.tls == "none"):
        raise Unreachable("port or encryption is not allowed")
    try:
        server = Line(claimed.host, claimed.port, claimed.tls, seconds=seconds, letters=_LETTERS)
    except (Closed, imaplib.IMAP4.error, OSError, ValueError) as error:
        # one sentence for all of it: what stands at an address is nobody's to find out
        log.info("mailbox_no_connection", mailbox=claimed.box.id, reason=type(error).__name__)
        raise Unreachable("no connection") from error
    try:
        try:
            server.login(claimed.username, claimed.password)
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, ValueError) as error:
            raise Unreachable("user name or password is refused") from error
        yield server
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        raise Unreachable(f"the server broke off: {type(error).__name__}") from error
    finally:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            server.logout()
        server.shutdown()


def _selected(server: Line, folder: str) -> int:
    """Open the folder; its UIDVALIDITY."""
    if not _NO_QUOTES.fullmatch(folder):
        raise Unreachable("the folder cannot be named so")
    answer, _ = server.select(f'"{folder}"')
    if answer != "OK":
        raise Unreachable("there is no such folder")
    value = server.response("UIDVALIDITY")[1]
    return int(value[0]) if value and value[0] else 0


def _newer(server: Line, last: int) -> list[int]:
    """UIDs above the last, in order; of a mailbox that is read first those of thirty days. A server
    answers ``n:*`` with its last one at least."""
    asked = f"UID {last + 1}:*"
    if not last:
        day = clock.now() - timedelta(days=FIRST_DAYS)
        asked += f" SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}"
    answer, found = server.uid("SEARCH", asked)
    if answer != "OK":
        raise Unreachable("the server does not search")
    return [uid for uid in sorted(int(one) for one in (found[0] or b"").split()) if uid > last]


def _read_one(server: Line, box: Box, where: Where) -> Outcome:
    server.allow()
    told = _fetched(server, where.uid, "(RFC822.SIZE INTERNALDATE)")
    line = b" ".join(one for one in told if isinstance(one, bytes))
    size = _SIZE.search(line)
    if size and int(size[1]) > LONGEST:
        return _flagged(server, where, intake.too_large(box, where))
    parts = _fetched(server, where.uid, f"(BODY.PEEK[]<0.{LONGEST + 1}>)")
    raw = next((one[1] for one in parts if isinstance(one, tuple)), None)
    if raw is None:
        return Outcome.NOTHING  # somebody deleted it in between
    return _flagged(server, where, intake.take(box, raw, where, _taken_at(line)))


def _flagged(server: Line, where: Where, outcome: Outcome) -> Outcome:
    """Mark it: as read, or for a person."""
    flag = r"(\Flagged)" if outcome.for_a_person else r"(\Seen)"
    server.uid("STORE", str(where.uid), "+FLAGS.SILENT", flag)
    return outcome


def _fetched(server: Line, uid: int, what: str) -> list[Any]:
    """What the server tells of a mail; a mail it does not give is asked for again, never passed
    over: it may be a refusal. Raises Unreachable."""
    answer, told = server.uid("FETCH", str(uid), what)
    if answer != "OK":
        raise Unreachable("the server does not give a mail")
    return list(told)


def _taken_at(line: bytes) -> datetime | None:
    """When the mail server took the mail, by its own clock; None when it does not say."""
    try:
        told = imaplib.Internaldate2tuple(line)
    except (ValueError, OverflowError):
        return None
    return None if told is None else min(
        datetime.fromtimestamp(time.mktime(told), UTC), clock.now())


def try_box(claimed: Claimed) -> str | None:
    """Connect, log in and open the folder, reading nothing; what went wrong, None when all is
    well."""
    db.refuse_open_transaction()
    try:
        with _entered(claimed, TRIAL) as server:
            _selected(server, claimed.folder)
    except Unreachable as fault:
        return str(fault)
    return None
