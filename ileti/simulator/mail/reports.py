"""Mails that come back: a server's report, a provider's complaint, a reader's answer.

Written as they are in the wild: to the envelope sender (reports) or the address for answers, with
the mail they are about enclosed. Reports are written by hand: the standard library cannot write a
part of the kind ``message/delivery-status``.
"""

from __future__ import annotations

from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ileti.simulator.mail.boxes import Arrived

MOST_ENCLOSED = 100_000


def bounce(mail: Arrived, status: str, now: datetime) -> bytes:
    """A delivery status notification (RFC 3464), as Postfix writes it."""
    fields = (f"Reporting-MTA: dns; posta.simulator.test\r\nArrival-Date: {format_datetime(now)}"
              f"\r\n\r\nFinal-Recipient: rfc822; {mail.to}\r\nAction: failed\r\n"
              f"Status: {status}\r\nDiagnostic-Code: smtp; 550 {status} <{mail.to}>\r\n")
    return _report(
        mail, "delivery-status", fields, now, b"",
        {"Return-Path": "<>", "Auto-Submitted": "auto-replied",
         "From": "MAILER-DAEMON@posta.simulator.test",
         "Subject": "Undelivered Mail Returned to Sender"},
        "This is the mail system. Your mail could not be delivered.")


def complaint(mail: Arrived, now: datetime) -> bytes:
    """A feedback report (RFC 5965), as mail providers send it."""
    fields = "Feedback-Type: abuse\r\nUser-Agent: simulator/1.0\r\nVersion: 1\r\n"
    return _report(
        mail, "feedback-report", fields, now, f"Return-Path: <{mail.sender}>\r\n".encode(),
        {"From": "geri-bildirim@posta.simulator.test", "Subject": f"FW: {_subject(mail)}"},
        "This is an email abuse report.")


def answer(mail: Arrived, text: str, now: datetime) -> bytes:
    """What its reader writes back, with the mail quoted below."""
    made = EmailMessage(policy=SMTP)
    made["From"] = mail.to
    made["To"] = parseaddr(mail.header("Reply-To") or mail.header("From"))[1] or mail.sender
    made["Subject"] = f"Re: {_subject(mail)}"
    if mail.header("Message-ID"):
        made["In-Reply-To"] = " ".join(mail.header("Message-ID").split())
    quoted = "\n".join(f"> {line}" for line in mail.body("plain").splitlines()[:50])
    made.set_content(f"{text}\n\n{now:%d.%m.%Y %H:%M} tarihinde yazdı:\n{quoted}\n")
    made["Date"], made["Message-ID"] = format_datetime(now), make_msgid(domain="simulator.test")
    return made.as_bytes()


def _subject(mail: Arrived) -> str:
    return " ".join(mail.header("Subject").split())[:200]


def _report(mail: Arrived, kind: str, fields: str, now: datetime, before: bytes,
            heads: dict[str, str], text: str) -> bytes:
    edge = f"=_{kind}_{mail.number}"
    heads = heads | {
        "To": mail.sender, "Date": format_datetime(now), "MIME-Version": "1.0",
        "Message-ID": make_msgid(domain="simulator.test"),
        "Content-Type": f'multipart/report; report-type={kind}; boundary="{edge}"'}
    head = "".join(f"{name}: {_encoded(value)}\r\n" for name, value in heads.items())
    parts = [("text/plain", text.encode()), (f"message/{kind}", fields.encode()),
             ("message/rfc822", before + mail.raw[:MOST_ENCLOSED])]
    body = b"".join(f"--{edge}\r\nContent-Type: {name}\r\n\r\n".encode() + part + b"\r\n"
                    for name, part in parts)
    return head.encode("ascii", "replace") + b"\r\n" + body + f"--{edge}--\r\n".encode()


def _encoded(value: str) -> str:
    return value if value.isascii() else Header(value, "utf-8").encode(linesep="\r\n")
