"""One open connection to a mail server, and what each of its answers means for the mail at hand.

Why this module exists: :mod:`smtplib` connects, changes to TLS and logs in well, but it sends a
mail in five round trips and tells no difference between what broke before the last dot and what
broke after it. Here the envelope goes as one group where the server allows it, and the envelope of
the next mail goes together with the dot of this one.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from typing import Final

from ileti.channels.sms import Handed, Later, Never, Taken

TIMEOUT_SECONDS: Final = 30.0
#: after the dot a server may look at the mail for long (RFC 5321 §4.5.3.2.6 says ten minutes)
DOT_SECONDS: Final = 120.0
_AT_DOT: Final = re.compile(rb"(?m)^\.")
_ADDRESS: Final = re.compile(r"[!-;=?-~]{1,254}")  # printable, no blanks, no < >


@dataclass(frozen=True)
class Server:
    """A mail server and how to enter it. ``tls``: ``tls`` from the first byte, ``starttls``, or
    ``none`` (a relay on the same machine). ``seconds`` for each answer, ``dot_seconds`` for the one
    to the last dot."""

    host: str
    port: int
    tls: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    context: ssl.SSLContext | None = field(default=None, repr=False)
    seconds: float = TIMEOUT_SECONDS
    dot_seconds: float = DOT_SECONDS


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready for the wire."""

    sender: str
    to: str
    raw: bytes
    number: int


class Broken(Exception):
    """The connection is gone; ``after_dot`` when the mail at hand may have been taken."""

    def __init__(self, reason: str, *, after_dot: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.after_dot = reason, after_dot


def connect(server: Server) -> Line | Later | Never:
    """A connection that is logged in, or why there is none: what the account must mend is final."""
    try:
        return Line(_entered(server), server.seconds, server.dot_seconds)
    except smtplib.SMTPAuthenticationError as error:
        reason = f"user name or password is refused (SMTP {error.smtp_code})"
        return Never(reason, account=True) if error.smtp_code >= 500 else Later(reason)
    except smtplib.SMTPNotSupportedError:
        return Never("the server does not offer what is set: STARTTLS or log-in", account=True)
    except smtplib.SMTPResponseException as error:
        return Later(f"SMTP {error.smtp_code} at the start")
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return Later(f"no connection: {type(error).__name__}")


def _entered(server: Server) -> smtplib.SMTP:
    context = server.context or ssl.create_default_context()
    made: smtplib.SMTP
    if server.tls == "tls":
        made = smtplib.SMTP_SSL(server.host, server.port, local_hostname="localhost",
                                timeout=server.seconds, context=context)
    else:
        made = smtplib.SMTP(server.host, server.port, local_hostname="localhost",
                            timeout=server.seconds)
    try:
        if server.tls == "starttls":
            made.starttls(context=context)
        if server.user:
            made.login(server.user, server.password)
        made.ehlo_or_helo_if_needed()
    except BaseException:
        made.close()
        raise
    return made


class Line:
    """One connection; used by one thread at a time."""

    def __init__(self, smtp: smtplib.SMTP, seconds: float = TIMEOUT_SECONDS,
                 dot_seconds: float = DOT_SECONDS) -> None:
        self._smtp = smtp
        self._seconds, self._dot_seconds = seconds, dot_seconds
        self._together = smtp.has_extn("pipelining")
        self._asked: Letter | None = None  # whose envelope is on its way
        self.carried = 0
        self.spent = False
        self.problem = ""
        if smtp.sock is not None:  # else the dot waits 40 ms for the acknowledgement of the mail
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def alive(self) -> bool:
        """Whether the server still answers."""
        try:
            return self._smtp.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def try_sender(self, address: str) -> int:
        """The server's answer to a sender, taken back; raises Broken."""
        self._write(f"MAIL FROM:<{address}>\r\n".encode())
        code = self._reply()[0]
        self._write(b"RSET\r\n")
        self._reply()
        return code

    def close(self) -> None:
        """Leave; a server that is gone is left too."""
        self.spent = True
        with contextlib.suppress(OSError, smtplib.SMTPException):
            if self._smtp.sock is not None:
                self._smtp.sock.settimeout(2.0)
                self._smtp.quit()
        self._smtp.close()

    def carry(self, letter: Letter, following: Letter | None) -> Handed:
        """Hand one mail over and ask the way for the ``following``; raises Broken."""
        if not (_ADDRESS.fullmatch(letter.to) and letter.to.isascii()):
            return Never("SMTP cannot carry this address")
        refusal = self._envelope(letter)
        if refusal is not None:
            return refusal
        self._write(_dotted(letter.raw))
        self._asked = None
        self._dot(following)
        code, status = self._reply(after_dot=True)
        self.carried += 1
        if code == 250:
            return Taken(str(letter.number))
        return self._no(code, status)

    def _dot(self, following: Letter | None) -> None:
        group = b".\r\n"
        if following is not None and self._together and _ADDRESS.fullmatch(following.to):
            group += _group(following)
            self._asked = following
        self._write(group, self._dot_seconds, after_dot=True)

    def _envelope(self, letter: Letter) -> Handed | None:
        """MAIL, RCPT and DATA; None when the server waits for the mail."""
        if self._asked is not letter:
            self._write(_group(letter) if self._together else _mail(letter))
        self._asked = None
        mail = self._reply()
        if not self._together and mail[0] == 250:
            self._write(_rcpt(letter))
        rcpt = self._reply() if self._together or mail[0] == 250 else (0, "")
        if not self._together and rcpt[0] in (250, 251):
            self._write(b"DATA\r\n")
        data = self._reply() if self._together or rcpt[0] in (250, 251) else (0, "")
        if mail[0] == 250 and rcpt[0] in (250, 251) and data[0] == 354:
            return None
        return self._refused(mail, rcpt, data)

    def _refused(self, mail: tuple[int, str], rcpt: tuple[int, str], data: tuple[int, str]
                 ) -> Handed:
        if data[0] == 354:  # it takes a mail for nobody: nothing may be written any more
            self.spent = True
        elif not self.spent:
            self._write(b"RSET\r\n")
            self._reply()
        if mail[0] != 250:
            own = mail[0] == 552 or mail[1].startswith("5.3.4")  # too large: this mail's fault
            return self._no(*mail, account=mail[0] >= 500 and not own)
        return self._no(*(rcpt if rcpt[0] not in (250, 251) else data))

    def _no(self, code: int, status: str, *, account: bool = False) -> Handed:
        """4xx passes, 5xx does not (RFC 5321 §4.2.1); 421 ends the connection."""
        if code == 421:
            self.spent = True
        reason = self.problem = f"SMTP {code} {status}".strip()
        return Never(reason, account=account) if code >= 500 else Later(reason)

    def _write(self, raw: bytes, seconds: float = 0.0, *, after_dot: bool = False) -> None:
        try:
            if self._smtp.sock is None:
                raise ConnectionError
            self._smtp.sock.settimeout(seconds or self._seconds)
            self._smtp.sock.sendall(raw)
        except OSError as error:
            raise self._broke(error, after_dot=after_dot) from error

    def _reply(self, *, after_dot: bool = False) -> tuple[int, str]:
        """Code and enhanced status (RFC 3463) of the next answer."""
        try:
            code, text = self._smtp.getreply()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise self._broke(error, after_dot=after_dot) from error
        if code == -1:
            raise self._broke(ConnectionError(), after_dot=after_dot)
        found = re.match(rb"[245]\.\d{1,3}\.\d{1,3}\b", text)
        return code, found[0].decode() if found else ""

    def _broke(self, error: Exception, *, after_dot: bool = False) -> Broken:
        self.spent, self.problem = True, f"the connection broke: {type(error).__name__}"
        return Broken(self.problem, after_dot=after_dot)


def _mail(letter: Letter) -> bytes:
    return f"MAIL FROM:<{letter.sender}>\r\n".encode()


def _rcpt(letter: Letter) -> bytes:
    return f"RCPT TO:<{letter.to}>\r\n".encode()


def _group(letter: Letter) -> bytes:
    return _mail(letter) + _rcpt(letter) + b"DATA\r\n"


def _dotted(raw: bytes) -> bytes:
    """The mail without its last dot, lines that begin with one made safe (RFC 5321 §4.5.2)."""
    stuffed = _AT_DOT.sub(b"..", raw)
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"
