"""Mails that come back, as servers and people write them."""

from __future__ import annotations

from ileti.channels.mail import Mark, tagged

BOX = "iade@magaza.test"


def bounce(mark: Mark | None, *, status: str = "5.1.1", action: str = "failed",
           to: str = "yok@ornek.test") -> bytes:
    """A DSN as Postfix writes it (RFC 3464)."""
    home = tagged(BOX, mark) if mark else BOX
    return f"""\
Return-Path: <>
Delivered-To: {home}
From: MAILER-DAEMON@mx.ornek.test (Mail Delivery System)
To: {home}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.
RET iptal

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.ornek.test
Arrival-Date: Mon, 30 Nov 2026 12:00:00 +0300

Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{to}>: Recipient address rejected

--b1
Content-Type: message/rfc822

From: Magaza <bilgi@magaza.test>
To: {to}
Subject: Yaz

Merhaba
--b1--
""".replace("\n", "\r\n").encode()


def complaint(mark: Mark | None, kind: str = "abuse") -> bytes:
    """A feedback report (RFC 5965), its mark in the mail it encloses."""
    home = tagged(BOX, mark) if mark else BOX
    return f"""\
From: <feedback@saglayici.test>
To: <sikayet@magaza.test>
Subject: FW: Yaz
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b2"

--b2
Content-Type: text/plain

This is an email abuse report.

--b2
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1

--b2
Content-Type: message/rfc822

Return-Path: <{home}>
From: bilgi@magaza.test
To: kisi@ornek.test
Subject: Yaz

Merhaba
--b2--
""".replace("\n", "\r\n").encode()


def written(text: str, mark: Mark | None = None, *, sender: str = "kisi@ornek.test",
            subject: str = "Re: Yaz", more: str = "", to: str = BOX) -> bytes:
    """A person's mail, an answer to ours when it has a mark."""
    home = tagged(to, mark) if mark else to
    return (f"From: Ayşe Yılmaz <{sender}>\r\nTo: {home}\r\nSubject: {subject}\r\n{more}"
            "Message-ID: <x@ornek.test>\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            f"Content-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n").encode()
