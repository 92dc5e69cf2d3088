"""What is kept of a mail that a person has to read."""

from __future__ import annotations

import pytest

from ileti.mailroom.extract import _decoded
from ileti.mailroom.readviews import _author, shown


@pytest.mark.parametrize("head", ["=?utf-8?b?a?= <x@y.com>", "=?yok?q?a?=", "=?utf-8?q?", "düz"])
def test_a_heading_that_cannot_be_read_stands_as_it_came(head: str) -> None:
    assert _decoded(head) == head


def test_an_author_whose_name_is_the_address_is_masked() -> None:
    read = shown(b'From: "ayse@ornek.com.tr" <ayse@ornek.com.tr>\r\nTo: b@c.test\r\n\r\nRET')
    assert "ayse@ornek" not in _author(read, in_full=False)
