"""A mail as it goes over the wire, written by hand because a campaign writes a million of them.

Why this module exists: the standard library's writer takes over a millisecond a mail. The mails of
ours have one shape: headers of our own, a text, perhaps its HTML. Nothing of a person or a template
reaches a header line unfolded: what holds a line end is refused (header injection).
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from email.header import Header
from email.utils import format_datetime, formataddr
from typing import Final

from ileti.channels.dkimsign import Signer
from ileti.channels.mail import Mail, tagged
from ileti.core import clock

_LINE_ENDS: Final = re.compile("\r\n|\r|\n")
_LONGEST_HEADER: Final = 2_000
#: headers a caller may not set, since they are ours to answer for
_OURS: Final = frozenset({
    "from", "to", "subject", "date", "message-id", "mime-version", "content-type", "sender", "bcc",
    "cc", "content-transfer-encoding", "dkim-signature", "return-path", "list-unsubscribe",
    "list-unsubscribe-post", "list-id", "feedback-id", "auto-submitted", "reply-to"})


@dataclass(frozen=True)
class Sender:
    """Who writes. ``mailbox``: where answers go, ``bounces``: where what cannot be delivered goes;
    both are mailboxes that take ``name+anything``. Empty: the sender's own address, untagged."""

    address: str
    mailbox: str = ""
    bounces: str = ""

    @property
    def domain(self) -> str:
        """The domain the mail is from; DMARC looks at it."""
        return self.address.rpartition("@")[2].lower()

    def envelope_for(self, mail: Mail) -> str:
        """The envelope sender (VERP): a bounce comes back to it and so names its mail."""
        if not self.bounces or mail.mark is None:
            return self.address
        return tagged(self.bounces, mail.mark)


def wire(mail: Mail, sender: Sender, signer: Signer | None) -> bytes:
    """The mail with CRLF line ends, signed when there is a signer; raises ValueError."""
    headers, body = _headers(mail, sender), b""
    if mail.html is None:
        headers += [("Content-Type", 'text/plain; charset="utf-8"'),
                    ("Content-Transfer-Encoding", "quoted-printable")]
        body = _printable(mail.text)
    else:
        edge = f"=_ileti_{mail.id:x}"
        headers.append(("Content-Type", f'multipart/alternative; boundary="{edge}"'))
        body = b"".join([_part(edge, "plain", mail.text), _part(edge, "html", mail.html),
                         f"--{edge}--\r\n".encode()])
    if signer is not None:
        headers.insert(0, ("DKIM-Signature", signer.sign(headers, body)))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return head.encode("ascii") + b"\r\n" + body


def message_id(mail: Mail, domain: str) -> str:
    """Stable over every try: a mail sent twice is one to a reader that looks."""
    series = mail.mark.series.name.lower()[0] if mail.mark else "m"
    return f"<ileti-{series}{mail.id}@{domain}>"


def _headers(mail: Mail, sender: Sender) -> list[tuple[str, str]]:
    marked = mail.mark is not None and bool(sender.mailbox)
    answers = tagged(sender.mailbox, mail.mark) if marked and mail.mark else ""
    found = [
        ("Date", format_datetime(clock.now())),
        ("Message-ID", message_id(mail, sender.domain)),
        ("From", formataddr((_clean(mail.sender_name), sender.address))),
        ("To", _clean(mail.to)),
        ("Subject", _encoded("Subject", " ".join(mail.subject.split()))),
        ("MIME-Version", "1.0"),
        ("Auto-Submitted", "auto-generated"),
    ]
    if answers:
        found.append(("Reply-To", answers))
    found += _refusing(mail, answers)
    if mail.list_name and mail.mark:
        number = f"m{mail.mark.brand_id}.p{mail.mark.provider_id}.{sender.domain}"
        found.append(("List-Id", _encoded("List-Id", _quoted(mail.list_name)) + f" <{number}>"))
    if mail.mark:  # Google's feedback loop: names of ours, from the fine to the coarse
        found.append(("Feedback-ID", f"{mail.id % 1000}:{mail.mark.series.name.lower()}:"
                                     f"m{mail.mark.brand_id}:ileti{mail.mark.provider_id}"))
    for name, value in mail.headers.items():
        if name.lower() in _OURS or not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,60}", name):
            raise ValueError("a header of ours or no header")
        found.append((name, _encoded(name, _clean(value))))
    return found


def _refusing(mail: Mail, answers: str) -> list[tuple[str, str]]:
    """The mail program's own button (RFC 2369, RFC 8058). The POST is promised where it is safe:
    over TLS only."""
    if not mail.unsubscribe_url:
        return []
    link = _clean(mail.unsubscribe_url)
    ways = [f"<{link}>"] + ([f"<mailto:{answers}?subject=RET>"] if answers else [])
    found = [("List-Unsubscribe", ",\r\n\t".join(ways))]
    if link.startswith("https://"):
        found.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return found


def _clean(value: str) -> str:
    if len(value) > _LONGEST_HEADER or any(ord(one) < 32 or ord(one) == 127 for one in value):
        raise ValueError("a header with a line end")
    return value.strip()


def _encoded(name: str, value: str) -> str:
    if value.isascii() and len(value) < 70:
        return value
    return Header(value, "ascii" if value.isascii() else "utf-8", header_name=name,
                  maxlinelen=75).encode(linesep="\r\n")


def _quoted(name: str) -> str:
    plain = _clean(name)
    return '"' + plain.replace("\\", "").replace('"', "") + '"' if plain.isascii() else plain


def _printable(text: str) -> bytes:
    lined = _LINE_ENDS.sub("\r\n", text)
    return binascii.b2a_qp((lined if lined.endswith("\r\n") else lined + "\r\n").encode())


def _part(edge: str, subtype: str, text: str) -> bytes:
    return (f'--{edge}\r\nContent-Type: text/{subtype}; charset="utf-8"\r\n'
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
            ).encode() + _printable(text) + b"\r\n"
