"""Mail by SMTP, because every company already has a mail server.

``smtps://`` speaks TLS from the first byte; ``smtp://…?starttls=1`` changes to TLS and refuses to
go on when the server does not offer it. The Message-ID is made of the message's number, so that a
mail sent twice after a crash is one mail to a reader that looks. Most do not look, so what breaks
after the last dot is told as in doubt (:mod:`ileti.channels.gateways.smtpline` knows the border).
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from ileti.channels.base import Answer, Envelope, Refused, Retry, Sent
from ileti.channels.gateways.smtpline import Broken, Letter, Line, Server, connect
from ileti.channels.sms import Never, Taken
from ileti.core import clock, db
from ileti.hooks.specs import hookimpl

TIMEOUT_SECONDS: Final = 15.0
#: how long the last dot waits for its answer; a message is ours for 90 seconds
DOT_SECONDS: Final = 45.0


@dataclass(frozen=True)
class SmtpGateway:
    """One mail server; ``context`` replaces the system's trust (tests). ``once``: who sends marks
    a message before it is handed over, so that a killed worker leaves a doubt."""

    url: str
    mail_from: str
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    name: str = "smtp"
    once: bool = True

    def send(self, message: Envelope) -> Answer:
        """Hand one mail over; 5xx for the mail is final, what breaks before its last dot is tried
        again, and what breaks after it is in doubt: the server may have taken the mail."""
        db.refuse_open_transaction()
        try:
            mail = self.compose(message)
            letter = Letter(self._sender(), message.to, mail.as_bytes(), message.message_id)
        except ValueError as error:
            return Refused(f"The mail cannot be written: {type(error).__name__}")
        line = connect(self._server())
        if not isinstance(line, Line):
            return Retry(line.reason)
        try:
            told = line.carry(letter, None)
        except Broken as broken:
            return Retry(broken.reason, doubt=broken.after_dot)
        finally:
            line.close()
        if isinstance(told, Taken):
            return Sent(str(mail["Message-ID"]))
        if isinstance(told, Never) and not told.account:
            return Refused(told.reason)
        return Retry(told.reason)

    def try_connection(self) -> str | None:
        """Connect, log in and name the sender, sending nothing; what went wrong, None when all is
        well. The server's own words are left out: they may repeat an address or a name."""
        db.refuse_open_transaction()
        line = connect(self._server())
        if not isinstance(line, Line):
            return line.reason
        try:
            code = line.try_sender(self._sender())
        except Broken as broken:
            return broken.reason
        finally:
            line.close()
        return None if code == 250 else f"it refuses MAIL_FROM (SMTP {code})"

    def compose(self, message: Envelope) -> EmailMessage:
        """The mail as it goes over the wire."""
        mail = EmailMessage(policy=SMTP)
        host = self.mail_from.rpartition("@")[2] or "localhost"
        mail["From"] = self.mail_from
        mail["To"] = message.to
        mail["Subject"] = " ".join(message.subject.split())
        mail["Date"] = format_datetime(clock.now())
        mail["Message-ID"] = f"<ileti-{message.series}{message.message_id}@{host}>"
        mail["Auto-Submitted"] = "auto-generated"
        if message.refuse_url:
            mail["List-Unsubscribe"] = f"<{message.refuse_url}>"
            if message.refuse_url.startswith("https://"):
                mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(message.text)
        if message.html:
            mail.add_alternative(message.html, subtype="html")
        for one in message.attachments:
            kind, _, subtype = one.media_type.partition("/")
            mail.add_attachment(one.data, maintype=kind, subtype=subtype, filename=one.name)
        return mail

    def _sender(self) -> str:
        """The bare address of ``mail_from``."""
        return parseaddr(self.mail_from)[1] or self.mail_from

    def _server(self) -> Server:
        """Where the URL leads. Raises ValueError for a port that is none."""
        url = urlsplit(self.url)
        wanted = parse_qs(url.query).get("starttls", ["0"])[0] != "0"
        tls = "tls" if url.scheme == "smtps" else "starttls" if wanted else "none"
        return Server(url.hostname or "", url.port or (465 if tls == "tls" else 25), tls,
                      unquote(url.username or ""), unquote(url.password or ""), self.context,
                      seconds=TIMEOUT_SECONDS, dot_seconds=DOT_SECONDS)


@hookimpl
def gateway(channel: str, settings: Any) -> SmtpGateway | None:
    """Mails, where SMTP_URL names a server."""
    if channel != "EPOSTA" or not settings.smtp_url:
        return None
    return SmtpGateway(settings.smtp_url, settings.mail_from or "ileti@localhost")
