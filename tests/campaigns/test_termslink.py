"""Whether the page of an advertisement's conditions is there (R-27)."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.campaigns import termslink
from ileti.campaigns.termslink import Link, look
from ileti.core import target
from ileti.core.http import NoAnswer


@pytest.mark.parametrize(("status", "found"), [
    (200, Link.THERE), (301, Link.THERE), (403, Link.THERE), (404, Link.GONE), (410, Link.GONE),
    (500, Link.UNREACHED)])
def test_a_page_is_gone_only_when_its_server_says_so(monkeypatch: Any, status: int, found: Link
                                                     ) -> None:
    monkeypatch.setattr(termslink, "status_of", lambda _: status)
    assert look("https://defne.ornek.com.tr/kosullar") is found


@pytest.mark.parametrize(("terms", "address"), [
    ("Koşullar: https://defne.ornek.com.tr/k#alt.", "https://defne.ornek.com.tr/k"),
    ("www.defne.ornek.com.tr/k, 0850", "https://www.defne.ornek.com.tr/k")])
def test_the_address_is_found_among_the_words(monkeypatch: Any, terms: str, address: str) -> None:
    asked: list[str] = []
    monkeypatch.setattr(termslink, "status_of", lambda one: asked.append(one) or 200)
    assert look(terms) is Link.THERE
    assert asked == [address]


def test_a_customer_number_is_no_page() -> None:
    assert look("0850 111 22 33") is Link.NONE
    assert look("") is Link.NONE


def test_what_does_not_answer_is_unreached(monkeypatch: Any) -> None:
    def away(_address: str) -> int:
        raise NoAnswer("ConnectTimeout", arrived=False)

    monkeypatch.setattr(termslink, "status_of", away)
    assert look("https://defne.ornek.com.tr/k") is Link.UNREACHED


@pytest.mark.parametrize("address", [
    "https://169.254.169.254/latest", "https://10.0.0.7/", "http://defne.ornek.com.tr/",
    "https://kullanici:parola@defne.ornek.com.tr/"])
def test_no_address_leads_into_our_own_network(monkeypatch: Any, address: str) -> None:
    monkeypatch.setattr(target, "look_up", lambda *_, **__: pytest.fail("it was called"))
    assert look(address) is Link.UNREACHED


def test_a_name_that_leads_into_our_own_network_is_not_called(monkeypatch: Any) -> None:
    monkeypatch.setattr(target, "look_up", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", 443))])
    assert look("https://defne.ornek.com.tr/k") is Link.UNREACHED
