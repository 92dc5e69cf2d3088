"""Mails that come back are understood for what they are, and hostile ones harm nobody."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ileti.channels.mail import Mark
from ileti.mailroom import reading
from ileti.mailroom.reading import Kind, read, steps
from ileti.mailroom.words import own_words, plain
from tests.mailroom.mails import bounce, complaint, written

MARK = Mark(7, 3, 99, 1234567)


@pytest.fixture(autouse=True)
def _secrets(database: str) -> None:
    """Marks need the installation's secret."""


@pytest.mark.parametrize(("status", "action", "kind", "dead"), [
    ("5.1.1", "failed", Kind.BOUNCE, True), ("5.2.2", "failed", Kind.BOUNCE, False),
    ("5.7.1", "failed", Kind.BOUNCE, False), ("4.4.7", "failed", Kind.BOUNCE, False),
    ("4.4.1", "delayed", Kind.DELAY, False), ("2.1.5", "delivered", Kind.DELIVERED, False)])
def test_a_delivery_report_says_what_became_of_the_mail_it_is_marked_with(
        status: str, action: str, kind: Kind, dead: bool) -> None:
    letter = read(bounce(MARK, status=status, action=action))
    assert (letter.kind, letter.mark, letter.status, letter.dead) == (kind, MARK, status, dead)


def test_a_report_is_about_nothing_without_a_mark_of_ours() -> None:
    assert read(bounce(None)).mark is None
    token = MARK.token().encode()
    forged = bounce(MARK).replace(token, (b"b" if token[:1] == b"a" else b"a") + token[1:])
    assert read(forged).mark is None


@pytest.mark.parametrize(("said", "kind"), [
    ("abuse", Kind.COMPLAINT), ("opt-out", Kind.COMPLAINT), ("not-spam", Kind.MACHINE),
    ("auth-failure", Kind.MACHINE)])
def test_a_feedback_report_is_a_complaint_when_it_says_so(said: str, kind: Kind) -> None:
    letter = read(complaint(MARK, said))
    assert (letter.kind, letter.mark) == (kind, MARK)


@pytest.mark.parametrize("more", [
    "Auto-Submitted: auto-replied\r\n", "Precedence: bulk\r\n", "X-Autoreply: yes\r\n",
    "Return-Path: <>\r\n", "List-Id: <a.b>\r\n"])
def test_what_a_machine_answers_is_nobodys_wish(more: str) -> None:
    assert read(written("RET", MARK, more=more)).kind is Kind.MACHINE


def test_a_person_who_says_that_no_machine_wrote_is_a_person() -> None:
    letter = read(written("RET", MARK, more="Auto-Submitted: no\r\n"))
    assert (letter.kind, letter.text, letter.mark) == (Kind.PERSON, "RET", MARK)
    assert (letter.sender, letter.name) == ("kisi@ornek.test", "Ayşe Yılmaz")


def test_a_bounce_of_a_server_that_knows_no_reports_is_one_too() -> None:
    raw = written("<yok@ornek.test>: 550 5.1.1 User unknown", MARK, sender="MAILER-DAEMON@mx.test")
    assert (read(raw).kind, read(raw).dead) == (Kind.BOUNCE, True)


@pytest.mark.parametrize(("text", "words"), [
    ("RET\n\nOn Mon wrote:\n> iptal için", "RET"),
    ("Teşekkürler\n\n30 Kas 2026 tarihinde Mağaza şunları yazdı:\n> RET yazın", "Teşekkürler"),
    ("Beni listeden çıkarın\n-- \nAyşe", "Beni listeden çıkarın"),
    ("Merhaba\n-----Original Message-----\nFrom: x\niptal", "Merhaba"),
    ("> RET yazın\nteşekkürler", "teşekkürler"),
    ("Tamam\niPhone’umdan gönderildi", "Tamam")])
def test_what_is_quoted_was_not_said(text: str, words: str) -> None:
    assert own_words(text) == words


def test_an_html_answer_is_read_without_its_quotation() -> None:
    raw = written("<div>RET</div><blockquote>onay ver</blockquote><script>x</script>", MARK)
    assert read(raw.replace(b"text/plain", b"text/html")).text == "RET"


@pytest.mark.parametrize("raw", [
    b"", b"\x00" * 999, b"\xff\xfe" * 500, b"Subject: =?x-bad?Q?=ZZ?=\r\n\r\nRET",
    b"Content-Type: text/plain; charset=\xff\xff\r\n\r\nRET",
    b"Content-Type: multipart/report; report-type=delivery-status\r\n\r\n",
    b"Content-Type: multipart/mixed; boundary=\"a\"\r\n\r\n" + b"--a\r\n\r\n" * 50_000,
    b"From: " + b"a," * 100_000 + b"\r\n\r\nRET", b"To: " + b"(" * 50_000 + b"\r\n\r\nRET",
    b"A" * 6_000_000,
    b"Content-Transfer-Encoding: base64\r\n\r\n====", b"Subject: " + b"=?utf-8?q?" * 9_000,
    *(b"Content-Type: text/html\r\n\r\n" + word * 60_000
      for word in (b"<a/", b"<a ='", b"<!--", b"</", b"<blockquote></head>", b"&#1")),
    b"Content-Type: multipart/mixed; x=\"" + b";" * 900_000 + b"\r\n\r\nRET",
    b"Content-Type: text/plain; charset=punycode\r\n\r\na-" + b"zzzz9" * 40_000])
def test_a_hostile_mail_is_read_in_no_time_and_raises_nothing(raw: bytes) -> None:
    began = time.perf_counter()
    read(raw)
    assert time.perf_counter() - began < 3


def test_a_mail_nested_a_thousand_deep_is_left_to_a_person() -> None:
    raw = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
                   for n in range(1_000))
    assert read(raw).kind is Kind.UNREADABLE


@pytest.mark.parametrize(("depth", "word"), [(400, b"BOUNDARY"), (180, b"boundary")])
def test_a_mail_that_is_deep_and_long_is_not_even_begun(depth: int, word: bytes) -> None:
    raw = b"".join(b"Content-Type: multipart/mixed; %s=b%d\r\n\r\n--b%d\r\n" % (word, n, n)
                   for n in range(depth)) + b"\n" * 1_000_000
    assert steps(raw) > reading._MOST_STEPS
    assert read(raw).kind is Kind.UNREADABLE


def test_a_long_mail_of_a_few_parts_is_read() -> None:
    raw = written("RET\r\n" + "--\r\n" + "satir\r\n" * 60_000, MARK)
    assert steps(raw) <= reading._MOST_STEPS
    assert read(raw).text == "RET"


@pytest.mark.parametrize(("html", "words"), [
    ("<p title='a>b'>RET</p>", "RET"), ("a &lt; b &amp; c", "a < b & c"), ("1 < 2", "1 < 2"),
    ("<head><title>onay</title></head>RET<!-- onay -->", "RET"),
    ("<script>if (a<b) 'onay'</script>RET", "RET"), ("RET<blockquote>x<blockquote>y</blockquote>"
     "onay</blockquote>", "RET"), ("RET<a href='onay", "RET"), ("<head><body>RET", "RET"),
    ("ar<b>tık</b> yeter", "artık yeter"), ("<?xml x?><!DOCTYPE html>RET", "RET")])
def test_the_words_of_an_html_mail_are_what_a_reader_sees(html: str, words: str) -> None:
    assert plain(html).strip() == words


_HEADERS = st.sampled_from([
    "From", "To", "Subject", "Content-Type", "Return-Path", "Auto-Submitted", "Status", "Action",
    "Content-Transfer-Encoding", "Feedback-Type", "Content-Disposition", "Delivered-To"])
_VALUES = st.text(max_size=60) | st.sampled_from([
    "multipart/report; report-type=delivery-status; boundary=b", "message/delivery-status",
    "message/rfc822", "text/html; charset=utf-7", "base64", "quoted-printable", "<>", "failed",
    "=?utf-8?b?////?=", "multipart/report; report-type=feedback-report; boundary=\"b\""])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(heads=st.lists(st.tuples(_HEADERS, _VALUES), max_size=8),
       body=st.lists(st.binary(max_size=80) | st.sampled_from(
           [b"--b\r\n", b"--b--\r\n", b"\r\n", b"Action: failed\r\n", b"Status: 5.1.1\r\n"]),
           max_size=20))
def test_no_mail_whatever_breaks_the_reading(heads: list[tuple[str, str]],
                                             body: list[bytes]) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in heads).encode("utf-8", "replace")
    assert read(head + b"\r\n" + b"".join(body)).kind in Kind


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400))
def test_no_bytes_whatever_break_the_reading(raw: bytes) -> None:
    assert read(raw).kind in Kind
