"""What is found of a message while it is written."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date

import pytest

from ileti.consents.vocabulary import Channel
from ileti.templates.judging import asks_second, judge, stops
from ileti.templates.mailbuild import built, is_mjml
from ileti.templates.merge import faults_of
from ileti.templates.vocabulary import MessageClass, Occasion
from ileti.templates.written import Content, hashed, kept, read

TODAY = date(2026, 11, 30)
SMS = Content(Channel.MESAJ, body="Yeni hasat geldi.")
MAIL = Content(Channel.EPOSTA, subject="Haber", html="<p>Sayın {ad},</p>")


def codes(content: Content) -> list[tuple[str, str]]:
    return [(one.code, one.field) for one in stops(judge(content, today=TODAY))]


@pytest.mark.parametrize("content", [SMS, MAIL])
def test_nothing_is_found_of_a_good_message(content: Content) -> None:
    assert judge(content, today=TODAY) == []


@pytest.mark.parametrize(("content", "found"), [
    (replace(SMS, body=""), ("empty", "body")), (replace(MAIL, subject=""), ("subject_empty",
                                                                             "subject")),
    (replace(SMS, body="[ürün] geldi"), ("left_open", "body")),
    (replace(SMS, body="x" * 1_001), ("too_long", "body")),
    (replace(SMS, declared=MessageClass.COLLECTION), ("reason", "reason")),
    (replace(SMS, tags=("x" * 41,)), ("tags", "tags")),
    (replace(MAIL, html="<mjml><mj-body>"), ("markup", "html")),
    (replace(MAIL, subject="Sayın {isim}"), ("unknown_field", "subject")),
    (replace(MAIL, html="<p><b>{ad}</b>.com</p>"), ("in_host", "html")),
    (replace(MAIL, html="<p>&#123;isim&#125;</p>"), ("unknown_field", "html")),
    (replace(SMS, declared=MessageClass.COLLECTION, reason="x", occasion=Occasion.SURVEY),
     ("occasion", "class")),
])
def test_what_is_wrong_is_told_where_it_is(content: Content, found: tuple[str, str]) -> None:
    assert codes(content) == [found]


def test_a_square_bracket_of_ones_own_is_no_gap() -> None:
    assert codes(replace(SMS, body="[DUYURU] Yeni hasat")) == []


def test_words_hidden_in_the_html_promote_too() -> None:
    """R-03: the plain part alone is not the message."""
    notice = replace(MAIL, declared=MessageClass.COLLECTION, reason="Fatura", body="Faturanız.",
                     html="<p>Faturanız.</p><p style='display:none'>%20 indirim</p>")
    assert [one.field for one in asks_second(judge(notice, today=TODAY))] == ["html", "html"]


def test_a_draft_comes_back_as_it_was_kept() -> None:
    one = replace(MAIL, tags=("a", "b"), ends=TODAY, reason="x", occasion=Occasion.SURVEY)
    assert read(Channel.EPOSTA, kept(one)) == one
    assert hashed(read(Channel.EPOSTA, kept(one))) == hashed(one)
    assert hashed(replace(one, reason="y")) != hashed(one)


def test_what_cannot_be_read_of_a_draft_counts_as_not_given() -> None:
    odd = {"class": 5, "ends": "yarın", "tags": {"a": 1}, "occasion": "düğün", "body": None}
    assert read(Channel.MESAJ, odd) == Content(Channel.MESAJ)


@pytest.mark.parametrize(("source", "mjml"), [
    ("<mjml>", True), ("<?xml version='1.0'?>\n<!-- a --><!-- b -->\n<mjml>", True),
    ("<p><mjml>", False), ("<!-- <mjml>", False), ("", False)])
def test_mjml_is_known_by_its_beginning(source: str, mjml: bool) -> None:
    assert is_mjml(source) is mjml


@pytest.mark.parametrize("piece", [
    "<style>", "<!--", "<!-- -->", "<!--[if mso]>", "<a ", "<a href=\"", "{ad}", "{", "<b>",
    "<style>a{", "@media x{", "<![CDATA[", "<a {ad}"])
def test_no_source_keeps_a_process_busy(piece: str) -> None:
    source, begun = piece * (60_000 // len(piece)), time.perf_counter()
    faults_of(source, html=True)
    built(source)
    assert time.perf_counter() - begun < 5
