"""What a mail server looks like from inside: many mails in one call, and an honest answer for each.

Why this module exists: a campaign's mails and single ones go out by the words of
:mod:`ileti.channels.sms`: taken, later, never, or **in doubt** when the last dot went out and no
answer came. But a mail server answers each mail by itself, and what becomes of it comes back as
another mail, days later, from anybody. So each mail carries a *mark*: the number of what was sent,
signed, in the address its bounce goes to (VERP) and in the address its answer goes to. What comes
back is believed for its mark and never for its text (docs/adr/0049).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256
from typing import Final, Protocol

from ileti.channels.sms import Handed, Later, Never
from ileti.core.secrets import secrets

#: statuses that say that nobody is there, ever (RFC 3463 §3.2, §3.3)
NOBODY: Final = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
_LATER: Final = re.compile(r"SMTP (4\d\d)(?: 4\.(\d{1,3})\.\d{1,3})?")
_SHAPE: Final = struct.Struct(">II6s6sB")
_MAC: Final = 9
#: how long a token is: it stands in a local part of at most 64 letters (RFC 5321 §4.5.3.1.1)
TOKEN_LETTERS: Final = 48
_LONGEST_LOCAL: Final = 64


class Series(IntEnum):
    """Whose number a mail's number is; part of tokens that live for years: only append."""

    MESSAGE = 1  # table message: codes, confirmations, answers
    CAMPAIGN = 2  # table campaign_message
    SINGLE = 3  # one message by the panel or a program


@dataclass(frozen=True, slots=True)
class Mark:
    """What a returned mail was about; ``message_id`` counts within its ``series``."""

    provider_id: int
    brand_id: int
    recipient_id: int
    message_id: int
    series: Series = Series.CAMPAIGN

    def token(self) -> str:
        """It as lower-case letters and digits, signed; fits into a local part beside a name."""
        body = _SHAPE.pack(self.provider_id, self.brand_id, self.recipient_id.to_bytes(6),
                           self.message_id.to_bytes(6), self.series)
        return base64.b32encode(body + _mac(body)).decode().rstrip("=").lower()


def read_mark(token: str) -> Mark | None:
    """What a token names; None for one we did not make. Letters may have changed their case."""
    if len(token) != TOKEN_LETTERS or not token.isascii():
        return None
    try:
        raw = base64.b32decode(token.upper())
    except (ValueError, binascii.Error):
        return None
    body, mac = raw[:_SHAPE.size], raw[_SHAPE.size:]
    if not hmac.compare_digest(mac, _mac(body)):
        return None
    provider, brand, recipient, message, series = _SHAPE.unpack(body)
    return Mark(provider, brand, int.from_bytes(recipient), int.from_bytes(message),
                Series(series))


def _mac(body: bytes) -> bytes:
    return hmac.new(secrets().key_for("mail-mark"), body, sha256).digest()[:_MAC]


def tagged(mailbox: str, mark: Mark) -> str:
    """``name+token@domain`` of ``name@domain``; raises ValueError when it would be too long."""
    local, _, domain = mailbox.rpartition("@")
    found = f"{local}+{mark.token()}"
    if not local or not domain or len(found) > _LONGEST_LOCAL:
        raise ValueError(f"the part before the @ may have {_LONGEST_LOCAL - TOKEN_LETTERS - 1} "
                         "letters")
    return f"{found}@{domain}"


def mark_in(address: str) -> Mark | None:
    """The mark in an address of ours that somebody wrote to, None without one."""
    local = address.rpartition("@")[0]
    return read_mark(local.rpartition("+")[2]) if "+" in local else None


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. ``id`` is our number of it, ``to`` canonical, ``unsubscribe_url`` the link that
    refuses (R-29), ``headers`` more headers of ours, ``sender_name`` the name beside the sender's
    address (the brand). ``mark`` names it in what comes back; without one nothing that comes back
    can be told of it. ``list_name`` is the list's name for List-Id (the brand)."""

    id: int
    to: str
    subject: str
    text: str
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    unsubscribe_url: str | None = None
    mark: Mark | None = None
    sender_name: str = ""
    list_name: str = ""


def nobody_there(answer: Handed) -> bool:
    """Whether a server refused a recipient because there is none: a hard bounce on the spot, which
    :func:`ileti.consents.trouble.note` keeps as one that came later."""
    return isinstance(answer, Never) and not answer.account and answer.reason.rpartition(" ")[2
        ] in NOBODY


class Wait(IntEnum):
    """Who asked to come another time: the server for all its mails, the mailbox for its own, or one
    of them without saying which."""

    SERVER = 1
    MAILBOX = 2
    EITHER = 3


def who_waits(answer: Later) -> Wait:
    """Whom a "later" is about, by the enhanced status where there is one (RFC 3463 §3): an address
    or mailbox (4.1, 4.2), the system or the network (4.3, 4.4). What no server said of this mail
    (no connection, not tried) is the server's, and so is 421, by which it leaves."""
    said = _LATER.fullmatch(answer.reason)
    if said is None or said[1] == "421" or said[2] in ("3", "4"):
        return Wait.SERVER
    return Wait.MAILBOX if said[2] in ("1", "2") else Wait.EITHER


class MailGateway(Protocol):
    """One account at one mail server. Calls go out of any transaction and may take seconds."""

    #: mails in one call
    most: int

    @property
    def name(self) -> str: ...

    def send(self, messages: Sequence[Mail]) -> list[Handed]:
        """Hand mails over; one answer for each, in their order; raises nothing."""
        ...
