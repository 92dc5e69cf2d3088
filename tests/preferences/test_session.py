"""How long a proof opens the page, and that leaving ends all of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask

from ileti.consents.vocabulary import Channel
from ileti.core import clock
from ileti.preferences.pages import COOKIE

from .conftest import Visitor, known, new_mail

MAIL = Channel.EPOSTA


def test_a_proof_of_another_address_does_not_renew_this_one(visitor: Visitor, place: Any) -> None:
    first, second = known(place, new_mail(), MAIL), known(place, new_mail(), MAIL)
    visitor.by_link(first)
    begin, masked = clock.now(), visitor.last.text.count('class="whole"')
    assert masked == 1
    for minute in range(15, 300, 15):
        with clock.freeze(begin + timedelta(minutes=minute)):
            page = visitor.get()
            if minute % 90 == 0:
                page = visitor.by_link(second)
            shown = page.text.count('<strong class="whole">')
            assert shown == (1 if minute < 90 or minute > 120 else 2), minute


def test_leaving_ends_what_was_copied_before_an_address_was_added(
    visitor: Visitor, place: Any, public: Flask
) -> None:
    visitor.by_link(known(place, new_mail(), MAIL))
    cookie = visitor.client.get_cookie(COOKIE, path=visitor.path)
    assert cookie is not None
    visitor.by_link(known(place, new_mail(), MAIL))
    visitor.post("/leave", {})
    thief = Visitor(public.test_client(), place)
    thief.client.set_cookie(COOKIE, cookie.value, path=thief.path)
    page = thief.get()
    assert "Almayı bırak" not in page.text
    assert "oturum kapandı" in page.text
