"""The mailboxes behind the simulated mail server: what arrived, as its reader's program shows it.

Why this module exists: whether a mail can be read, refused by the program's own button and answered
is seen only at the receiving end. What a person does here (answers, reports, presses) goes back as
a mail server, a mail provider or a mail program would send it: a mail to the address of İleti that
takes pushed mails (the *door*), or the POST of RFC 8058 to the mail's own link.

Addresses that begin with ``yok`` do not exist, those with ``dolu`` have a full mailbox, those with
``sonra`` are taken and bounce afterwards, as a server behind a gateway does.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import TYPE_CHECKING

from ileti.simulator.delivery import Late, Unreached, is_usable, post
from ileti.simulator.mail import reports

if TYPE_CHECKING:
    from collections.abc import Callable

SHOWN = 200
LARGEST = 10_000_000


@dataclass(frozen=True)
class Arrived:
    """One mail in a mailbox; ``sender`` and ``to`` are the envelope's."""

    number: int
    sender: str
    to: str
    raw: bytes
    at: datetime
    parsed: EmailMessage = field(repr=False)

    def header(self, name: str) -> str:
        """A header as text; what cannot be read is shown as it came."""
        try:
            return str(self.parsed.get(name, ""))
        except (ValueError, LookupError, AttributeError, TypeError, IndexError):
            return ""

    def body(self, kind: str) -> str:
        """Its ``plain`` or ``html`` part; empty when it has none."""
        try:
            part = self.parsed.get_body((kind,))
            return str(part.get_content()) if part is not None else ""
        except (ValueError, LookupError, AttributeError, TypeError, KeyError):
            return ""

    @property
    def unsubscribe(self) -> str:
        """The link that the mail program's own button calls; empty when it has no such button."""
        found = re.search(r"<(https?://[^>\s]+)>", self.header("List-Unsubscribe"))
        return found[1] if found else ""

    @property
    def one_click(self) -> bool:
        """Whether the sender promises that one POST is enough (RFC 8058)."""
        return self.header("List-Unsubscribe-Post").replace(" ", "") == "List-Unsubscribe=One-Click"


def refusal_of(address: str) -> str | None:
    """What the server answers to a recipient instead of taking a mail for it."""
    local = address.lower()
    if local.startswith("yok"):
        return f"550 5.1.1 <{address}>: no such user"
    if local.startswith("dolu"):
        return f"452 4.2.2 <{address}>: mailbox full"
    return None


class Mailboxes:
    """Everything the simulated mail server holds; ``door`` is where mails to İleti are pushed."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now, self.door, self.port = now, "", 0
        self.taken = 0
        self._lock = threading.Lock()
        self._mails: OrderedDict[int, Arrived] = OrderedDict()
        self._numbers = itertools.count(1)

    def take(self, sender: str, to: str, raw: bytes) -> Arrived:
        """Put a mail into a mailbox."""
        parsed = message_from_bytes(raw, policy=default)
        assert isinstance(parsed, EmailMessage)
        with self._lock:
            made = Arrived(next(self._numbers), sender, to, raw, self.now(), parsed)
            self._mails[made.number] = made
            self.taken += 1
            while len(self._mails) > SHOWN:
                self._mails.popitem(last=False)
        if to.lower().startswith("sonra"):
            threading.Thread(target=self.bounce, args=(made, "5.1.1"), daemon=True).start()
        return made

    def newest(self, to: str = "") -> list[Arrived]:
        """What arrived, newest first, of one mailbox or all."""
        with self._lock:
            return [one for one in reversed(self._mails.values())
                    if not to or one.to.lower() == to.lower()]

    def find(self, number: int) -> Arrived | None:
        """One mail, None when it is not (any more) here."""
        with self._lock:
            return self._mails.get(number)

    # -- what a person, a server, a provider does --------------------------------------------------

    def answer(self, mail: Arrived, text: str) -> str:
        """Its reader answers it; how that went: ``sent``, ``no_door`` or ``failed``."""
        return self._push(reports.answer(mail, text, self.now()))

    def bounce(self, mail: Arrived, status: str) -> str:
        """The server says later that it cannot be delivered (RFC 3464)."""
        return self._push(reports.bounce(mail, status, self.now()))

    def complain(self, mail: Arrived) -> str:
        """Its reader presses "spam", and the provider tells the sender (RFC 5965)."""
        return self._push(reports.complaint(mail, self.now()))

    def unsubscribe(self, mail: Arrived) -> str:
        """The mail program's own button (RFC 8058): one POST, no cookies, no page."""
        if not mail.unsubscribe or not is_usable(mail.unsubscribe, over_http=True):
            return "no_button"
        return _went(mail.unsubscribe, b"List-Unsubscribe=One-Click",
                     "application/x-www-form-urlencoded")

    def _push(self, raw: bytes) -> str:
        return _went(self.door, raw, "message/rfc822") if self.door else "no_door"


def _went(url: str, body: bytes, kind: str) -> str:
    try:
        return "sent" if post(url, body, None, seconds=15, kind=kind) < 300 else "failed"
    except (Late, Unreached):
        return "failed"
