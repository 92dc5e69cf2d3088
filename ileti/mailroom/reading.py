"""What a mail that came back is: a bounce, a complaint, a machine's answer, or a person's words.

Why this module exists: anybody can write to these mailboxes, so what is read here is hostile until
it is understood: too large, nested a thousand deep, in encodings that lie. Nothing raises, and
nothing takes more than a few steps for each of its letters: one mail that takes minutes would hold
up the refusals of everybody. What cannot be read so is UNREADABLE and left to a person. What a mail
is *about* is told by its signed mark alone (:mod:`ileti.channels.mail`), wherever it stands; its
text only says what happened (RFC 3464), that somebody complained (RFC 5965), or what a person
wants. What a machine answered (RFC 3834) is nobody's wish. Pure: knows no database.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses, parseaddr
from enum import IntEnum
from itertools import islice
from typing import Final

from ileti.channels.mail import NOBODY, TOKEN_LETTERS, Mark, read_mark
from ileti.mailroom.words import own_words, plain

LONGEST: Final = 5_000_000
_MOST_PARTS: Final = 60
_MOST_BOUNDARIES: Final = 200
#: the parser holds every line against every boundary it is inside of
_MOST_STEPS: Final = 4_000_000
_MOST_LINES: Final = 150_000
#: each may begin a part, which is an object of its own
_MOST_EDGES: Final = 5_000
_MOST_MARKS: Final = 200
_LONGEST_HEADER: Final = 4_000
_LONGEST_TEXT: Final = 200_000
_WHOLE: Final = 2_000
_LONGEST_HEAD: Final = 64_000
_MARK: Final = re.compile(rb"\+([a-zA-Z2-7]{%d})@" % TOKEN_LETTERS)
_ADDRESS: Final = re.compile(r"<([^<>\s,;@]{1,64}@[^<>\s,;@]{1,255})>")
_STATUS: Final = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_COMPLAINTS: Final = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
_MACHINES: Final = frozenset({"bulk", "list", "junk", "auto_reply"})
#: no mail is written in these, and some of them take the square of its length
_NO_LETTERS: Final = frozenset({
    "punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined"})


class Kind(IntEnum):
    """What came; the numbers are the database's."""

    BOUNCE = 1
    DELAY = 2
    DELIVERED = 3
    COMPLAINT = 4
    MACHINE = 5
    PERSON = 6
    UNREADABLE = 7


@dataclass(frozen=True)
class Letter:
    """A mail as it was understood. ``status`` as ``5.1.1``, ``dead`` when the address is said not
    to exist; ``sender`` the bare address of From, whoever wrote it; ``to`` all addresses it names
    as its own; ``text`` what a person wrote, without what they quote, ``whole`` the beginning of
    it with that; ``authentication`` the
    topmost Authentication-Results as it stands, by whichever server; ``one_author`` whether the
    mail has one From, with one address."""

    kind: Kind
    mark: Mark | None = None
    status: str = ""
    dead: bool = False
    sender: str = ""
    name: str = ""
    to: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    authentication: str = ""
    one_author: bool = False
    whole: str = ""


class _Short(Compat32):
    """No header is longer than one of ours is read: their grammar takes the square of it."""

    def header_source_parse(self, sourcelines: Sequence[str]) -> tuple[str, str]:
        """Name and value, cut."""
        name, value = super().header_source_parse(list(sourcelines))
        return name[:_LONGEST_HEADER], value[:_LONGEST_HEADER]


def read(raw: bytes) -> Letter:
    """Understand a mail; never raises, whatever was sent."""
    if len(raw) > LONGEST or steps(raw) > _MOST_STEPS:
        return Letter(Kind.UNREADABLE)
    try:
        return _read(message_from_bytes(raw, policy=_Short()), raw)
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError,
            AssertionError):
        return Letter(Kind.UNREADABLE)


def steps(raw: bytes) -> int:
    """How much work the parser has with it at most: its lines times the depth it can have. More
    lines or boundaries than any mail has are more than any limit."""
    lines = raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n")
    boundaries = raw.lower().count(b"boundary")
    if boundaries > _MOST_BOUNDARIES or lines > _MOST_LINES or (
            boundaries and raw.count(b"\n--") > _MOST_EDGES):
        return _MOST_STEPS + 1
    return lines * (1 + boundaries)


def _read(mail: Message, raw: bytes) -> Letter:
    report = mail.get_content_type() == "multipart/report" and str(
        mail.get_param("report-type", "")).lower()
    mark = _mark(raw)
    if report == "delivery-status":
        return _delivery(mail, mark)
    if report == "feedback-report":
        return _feedback(mail, mark)
    name, sender = _author(_header(mail, "From"))
    told = Letter(Kind.MACHINE, mark, sender=sender.lower(), name=name, to=_own(mail),
                  subject=_header(mail, "Subject"))
    if report:
        return told
    body = _body(mail)
    if _is_bounce(mail, sender):
        status = _status_in(body) if mark else ""
        failed = status.startswith("5") or bool(re.search(r"\b5\d\d\b", body))
        return Letter(Kind.BOUNCE if mark and failed else Kind.MACHINE, mark, status,
                      status in NOBODY, told.sender, told.name, told.to, told.subject)
    if _by_machine(mail):
        return told
    return Letter(Kind.PERSON, mark, "", False, told.sender, told.name, told.to, told.subject,
                  own_words(body), " ".join(_raw(mail, "Authentication-Results")[:1]),
                  _one_author(mail, sender), body[:_WHOLE])


def heads(raw: bytes, names: Sequence[str]) -> dict[str, str]:
    """Some of a mail's headers as they stand, each in one line, the first of each name; never
    raises."""
    try:
        mail = message_from_bytes(raw[:_LONGEST_HEAD].split(b"\n\n")[0].split(b"\r\n\r\n")[0]
                                  + b"\n\n", policy=_Short())
        found = {name: _raw(mail, name)[:1] for name in names}
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError,
            AssertionError):
        return {}
    return {name: one[0] for name, one in found.items() if one}


# -- what machines tell ----------------------------------------------------------------------------


def _delivery(mail: Message, mark: Mark | None) -> Letter:
    """RFC 3464: the worst of what is said of its recipients; ours have one."""
    found = Letter(Kind.MACHINE, mark)
    for part in _parts(mail):
        if part.get_content_type() not in ("message/delivery-status",
                                           "message/global-delivery-status"):
            continue
        for block in _fields(part):
            action = _header(block, "Action").split(" ")[0].lower().strip(";")
            status = _status_in(_header(block, "Status")) or _status_in(
                _header(block, "Diagnostic-Code"))
            if action == "failed":
                return Letter(Kind.BOUNCE, mark, status, status in NOBODY)
            if action == "delayed":
                found = Letter(Kind.DELAY, mark, status)
            elif action in ("delivered", "relayed", "expanded") and found.kind is Kind.MACHINE:
                found = Letter(Kind.DELIVERED, mark, status)
    return found


def _feedback(mail: Message, mark: Mark | None) -> Letter:
    """RFC 5965: only what says that the person does not want it is a complaint."""
    for part in _parts(mail):
        if part.get_content_type() != "message/feedback-report":
            continue
        for block in _fields(part):
            said = _header(block, "Feedback-Type").strip().lower()
            if said:
                return Letter(Kind.COMPLAINT if said in _COMPLAINTS else Kind.MACHINE, mark)
    return Letter(Kind.MACHINE, mark)


def _fields(part: Message) -> Iterator[Message]:
    """The groups of fields of a machine-readable part, however the parser took it."""
    payload = part.get_payload()
    if isinstance(payload, list):
        blocks = [one for one in payload if isinstance(one, Message)][:_MOST_PARTS]
        yield from blocks
        inner = [one.get_payload() for one in blocks]
        payload = "\n\n".join(one for one in inner if isinstance(one, str) and ":" in one)
    if isinstance(payload, str) and payload.strip():
        for block in re.split(r"\r?\n\s*\r?\n", payload[:_LONGEST_TEXT].strip())[:_MOST_PARTS]:
            yield message_from_bytes(block.encode("utf-8", "replace") + b"\n\n")


def _is_bounce(mail: Message, sender: str) -> bool:
    nobody = _header(mail, "Return-Path").replace(" ", "") == "<>"
    local = sender.lower().partition("@")[0]
    return local in ("mailer-daemon", "postmaster") or (
        nobody and bool(_header(mail, "X-Failed-Recipients")))


def _by_machine(mail: Message) -> bool:
    """RFC 3834 §2 and what machines did before it."""
    auto = _header(mail, "Auto-Submitted").lower().partition(";")[0].strip()
    return ((bool(auto) and auto != "no")
            or _header(mail, "Precedence").strip().lower() in _MACHINES
            or any(_header(mail, name) for name in (
                "X-Autoreply", "X-Autorespond", "X-Auto-Reply-From", "List-Id", "List-Post"))
            or _header(mail, "Return-Path").replace(" ", "") == "<>")


# -- its parts -------------------------------------------------------------------------------------


def _mark(raw: bytes) -> Mark | None:
    """The first signed mark in the mail or in what it encloses; others are nobody's. Folded and
    quoted-printable lines hide none of ours: a mark stands in addresses only."""
    found_ones = _MARK.finditer(raw.replace(b"=\r\n", b"").replace(b"=\n", b""))
    for found in islice(found_ones, _MOST_MARKS):
        mark = read_mark(found[1].decode("ascii"))
        if mark is not None:
            return mark
    return None


def _status_in(text: str) -> str:
    found = _STATUS.search(text)
    return found[1] if found else ""


def _own(mail: Message) -> tuple[str, ...]:
    """To whom it was written, as its headers say."""
    named = [_header(mail, name) for name in ("To", "Cc", "Delivered-To", "X-Original-To",
                                              "Envelope-To")]
    return tuple(address.lower() for _, address in getaddresses([one for one in named if one])
                 if "@" in address)[:20]


def _author(text: str) -> tuple[str, str]:
    """Name and address of the first author. Some releases of Python answer nothing at all for
    several authors; what was written by several people is a refusal all the same."""
    name, address = parseaddr(text)
    if not address and (found := _ADDRESS.search(text)):
        return "", found[1]
    return name, address


def _one_author(mail: Message, sender: str) -> bool:
    """Whether there is one From with one address, the same before its words are decoded: what is
    decoded may hold an address that no server has seen."""
    named = _raw(mail, "From")
    return len(named) == 1 and [one for _, one in getaddresses(named)] == [sender]


def _raw(mail: Message, name: str) -> list[str]:
    """All headers of that name as they stand, each in one line."""
    found = [str(one)[:_LONGEST_HEADER].encode("utf-8", "surrogateescape").decode(
        "utf-8", "replace") for key, one in mail.raw_items() if key.lower() == name.lower()]
    return [" ".join(one.split()) for one in found]


def _header(mail: Message, name: str) -> str:
    """A header decoded, one line; the first of several; "" when it lies about its letters."""
    text = next(iter(_raw(mail, name)), "")
    try:
        text = str(make_header(decode_header(text)))
    except (MessageError, ValueError, LookupError):
        text = text.encode("ascii", "replace").decode()
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _parts(mail: Message) -> Iterator[Message]:
    """The parts, outermost first, without what is enclosed as a mail of its own; not too many."""
    todo, seen = [mail], 0
    while todo and seen < _MOST_PARTS:
        part, seen = todo.pop(0), seen + 1
        yield part
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            todo.extend(one for one in inner if isinstance(one, Message))


def _body(mail: Message) -> str:
    """The words: the first plain text, else the first HTML without its marks."""
    html = ""
    for part in _parts(mail):
        kind = part.get_content_type()
        if part.get_content_maintype() != "text" or "attachment" in _header(
                part, "Content-Disposition").lower():
            continue
        raw = part.get_payload(decode=True)
        if not isinstance(raw, bytes):
            continue
        text = _decoded(raw[:_LONGEST_TEXT], part.get_content_charset("utf-8"))
        if kind == "text/plain" and text.strip():
            return text
        if kind == "text/html" and not html:
            html = plain(text)
    return html


def _decoded(raw: bytes, charset: str | None) -> str:
    try:
        known = codecs.lookup(charset or "utf-8").name
        return raw.decode("utf-8" if known in _NO_LETTERS else known, "replace")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "replace")
