"""What a value may do to a message: fill its place, and nothing else."""

from __future__ import annotations

import re
import time
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ileti.templates.merge import Faulty, Text, faults_of, literal

GREETING = "Sayın {ad|değerli müşterimiz}, {alan.sehir} mağazamız açıldı."
VALUES = st.text(max_size=60) | st.sampled_from([
    "evil.com", "https://evil.com/x", "{soyad}", "{{ad}}", "<script>", "a\r\nBcc: x@y.com",
    '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "//evil.com", "evil\u3002com", "%s",
    "\u202eevil", "www.evil.com", "..", "../../x?y=z#q", "&lt;b&gt;"])


def faults(source: str, *, html: bool = False) -> list[tuple[str, str]]:
    return [(one.code, source[one.start:one.end]) for one in faults_of(source, html=html)]


def test_a_field_says_its_value_its_default_or_nothing() -> None:
    text = Text(GREETING)
    assert text.fields == {"ad", "alan.sehir"}
    assert text.fill({"ad": "Ayşe", "alan.sehir": "İzmir"}) == (
        "Sayın Ayşe, İzmir mağazamız açıldı.")
    assert text.fill({}) == "Sayın değerli müşterimiz,  mağazamız açıldı."
    assert text.lacks({"ad": "Ayşe"}) == {"alan.sehir"}


@pytest.mark.parametrize(("source", "code", "where"), [
    ("Sayın {isim}", "unknown_field", "{isim}"), ("Sayın {Ad},", "unknown_field", "{Ad}"),
    ("Sayın {alan.Şehir}", "unknown_field", "{alan.Şehir}"), ("Sayın {ad", "unclosed", "{"),
    ("Sayın ad}", "stray_brace", "}"), ("https://{ad}.com", "in_host", "{ad}"),
    ("ornek.com.tr{ad}", "in_host", "{ad}"), ("{ad}.com", "in_host", "{ad}"),
    ("{ad|" + "x" * 81 + "}", "default", "{ad|" + "x" * 81 + "}"),
])
def test_what_cannot_be_filled_is_told_with_its_place(source: str, code: str, where: str) -> None:
    assert faults(source) == [(code, where)]
    with pytest.raises(Faulty) as caught:
        Text(source)
    assert caught.value.faults[0].code == code


@pytest.mark.parametrize("source", [
    '<a href="{ad}">x</a>', '<a href="https://{ad}/">x</a>', '<p style="color:{ad}">x</p>',
    "<p title={ad}>x</p>", '<img src="https://a.com/{ad}">', "<{ad}>", "<p {ad}",
])
def test_in_a_tag_a_field_stands_in_the_path_of_a_link_alone(source: str) -> None:
    assert [code for code, _where in faults(source, html=True)] == ["in_tag"]


def test_a_custom_field_that_nobody_defined_is_unknown() -> None:
    assert faults_of("{alan.sehir}", custom={"puan"})[0].code == "unknown_field"
    assert not faults_of("{alan.puan}", custom={"puan"})


def test_doubled_braces_and_percent_signs_are_themselves() -> None:
    assert Text("{{ad}} %20 %s {ad}").fill({"ad": "%d"}) == "{ad} %20 %s %d"
    assert Text(literal("{x} %")).fill({}) == "{x} %"


def test_braces_of_a_style_sheet_are_no_fields() -> None:
    source = "<style>p{color:red}</style><!-- {x} --><p>{ad}</p>"
    assert Text(source, html=True).fill({"ad": "A"}).endswith("{x} --><p>A</p>")
    assert not faults("<mj-style>.k { color: red }</mj-style>", html=True)


def test_a_field_of_the_program_is_nobody_elses() -> None:
    text = Text('<a href="{ret}">x</a>', html=True, own={"ret"})
    assert text.fill({"ret": "https://a.com/r?a=1&b=2"}) == (
        '<a href="https://a.com/r?a=1&amp;b=2">x</a>')
    assert faults("{ret}") == [("unknown_field", "{ret}")]


@given(VALUES, VALUES)
def test_a_value_brings_in_no_field_no_line_and_no_link(first: str, last: str) -> None:
    made = Text("{ad} {soyad}-{ad}{soyad}, Sn.{ad}").fill({"ad": first, "soyad": last})
    assert Text(made).fields == frozenset()
    assert not re.search(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e]|://|//", made)
    assert not re.search(r"(?i)\w[.\u3002\uff0e\uff61]com", made)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, [name for name, _value in attrs]))


@given(VALUES)
def test_a_value_brings_in_no_tag(value: str) -> None:
    parser = _Tags()
    parser.feed(Text('<p>{ad} {soyad}</p><a href="https://a.com/k/{ad}?s={ad}">x</a>',
                     html=True).fill({"ad": value, "soyad": value}))
    assert parser.seen == [("p", []), ("a", ["href"])]


@given(VALUES)
def test_in_a_link_a_value_is_one_piece_of_its_path_or_query(value: str) -> None:
    made = Text("https://a.com/k/{ad}?s={ad}&t=1").fill({"ad": value})
    parts = urlsplit(unescape(made))
    assert parts.netloc == "a.com"
    assert parts.path.count("/") == 2
    assert not parts.fragment
    assert [key for key, _v in parse_qsl(parts.query, keep_blank_values=True)] == ["s", "t"]


@given(st.text(max_size=80))
def test_a_source_is_compiled_or_told_off_and_nothing_else(source: str) -> None:
    for html in (False, True):
        found = faults_of(source, html=html)
        assert all(0 <= one.start < one.end <= len(source) for one in found)
        if not found:
            Text(source, html=html).fill({"ad": "A"})


def test_a_hundred_thousand_are_filled_in_no_time() -> None:
    text = Text(GREETING)
    people = [{"ad": f"Ayşe{n}", "alan.sehir": "İzmir"} for n in range(100_000)]
    begun = time.perf_counter()
    for one in people:
        text.fill(one)
    assert time.perf_counter() - begun < 2
