"""Mail by SMTP, because every company already has a mail server.

``smtps://`` speaks TLS from the first byte; ``smtp://…?starttls=1`` changes to TLS and refuses to
go on when the server does not offer it. The Message-ID is made of the message's number, so that a
mail sent twice after a crash is one mail to a reader that looks.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from ileti.channels.base import Answer, Envelope, Refused, Retry, Sent
from ileti.core import clock, db

TIMEOUT_SECONDS: Final = 20.0


@dataclass(frozen=True)
class SmtpGateway:
    """One mail server; ``context`` replaces the system's trust (tests)."""

    url: str
    mail_from: str
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    name: str = "smtp"

    def send(self, message: Envelope) -> Answer:
        """Hand one mail over; 5xx for the recipient is final, everything else is tried again."""
        db.refuse_open_transaction()
        try:
            mail = self.compose(message)
            with self._connect() as server:
                server.send_message(mail)
            return Sent(str(mail["Message-ID"]))
        except smtplib.SMTPRecipientsRefused as error:
            return _refusal(*next(iter(error.recipients.values())))
        except smtplib.SMTPResponseException as error:
            if isinstance(error, smtplib.SMTPDataError):
                return _refusal(error.smtp_code, error.smtp_error)
            return Retry(f"{type(error).__name__} {error.smtp_code}")
        except ValueError as error:
            return Refused(f"The mail cannot be written: {type(error).__name__}")
        except (OSError, smtplib.SMTPException) as error:
            return Retry(type(error).__name__)

    def try_connection(self) -> str | None:
        """Connect, log in and name the sender, sending nothing; what went wrong, None when all is
        well. The server's own words are left out: they may repeat an address or a name."""
        db.refuse_open_transaction()
        try:
            with self._connect() as server:
                server.ehlo_or_helo_if_needed()
                code, _ = server.mail(self.mail_from)
                if code != 250:
                    return f"it refuses MAIL_FROM (SMTP {code})"
                server.rset()
        except smtplib.SMTPAuthenticationError as error:
            return f"it refuses user name or password (SMTP {error.smtp_code})"
        except smtplib.SMTPResponseException as error:
            return f"{type(error).__name__} {error.smtp_code}"
        except (OSError, ValueError, smtplib.SMTPException) as error:
            return type(error).__name__
        return None

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

    def _connect(self) -> smtplib.SMTP:
        url = urlsplit(self.url)
        host = url.hostname or ""
        server: smtplib.SMTP
        if url.scheme == "smtps":
            server = smtplib.SMTP_SSL(host, url.port or 465, local_hostname="localhost",
                                      timeout=TIMEOUT_SECONDS, context=self.context)
        else:
            server = smtplib.SMTP(host, url.port or 25, local_hostname="localhost",
                                  timeout=TIMEOUT_SECONDS)
        try:
            if url.scheme == "smtp" and parse_qs(url.query).get("starttls", ["0"])[0] != "0":
                server.starttls(context=self.context)
            if url.username:
                server.login(unquote(url.username), unquote(url.password or ""))
        except BaseException:
            server.close()
            raise
        return server


def _refusal(code: int, text: bytes | str) -> Answer:
    """4xx will pass, 5xx will not (RFC 5321 §4.2.1)."""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    # The server's own words may repeat the address: only its code is kept.
    enhanced = said.split(" ", 1)[0][:12]
    reason = f"SMTP {code} {enhanced}".strip() if enhanced[:1].isdigit() else f"SMTP {code}"
    return Refused(reason) if code >= 500 else Retry(reason)
