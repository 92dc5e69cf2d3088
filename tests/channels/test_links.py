"""What an operator takes for a link, and that no road abroad takes a text with one (R-52)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ileti.channels import accounts
from ileti.channels.accounts import Road
from ileti.channels.base import Envelope, Retry, Sent
from ileti.channels.carrier import Accounts
from ileti.channels.links import has_link
from ileti.channels.sms import Batch, Handed, Taken
from ileti.consents.vocabulary import Channel


@pytest.mark.parametrize("text", [
    "bkz https://ornek.com.tr/r/x", "HTTP://ORNEK.TEST", "www.ornek.test", "ornek.com", "ORNEK.COM",
    "Defne.com.tr'de", "kisa.link/a1", "bit.ly/3x", "ornek.magaza/yeni", "(ornek.com)", "ÖRNEK.COM",
    "defneev.com.tr.", "izin.ornek.com.tr/r/abc"])
def test_a_link_is_what_a_phone_underlines(text: str) -> None:
    assert has_link(text)


@pytest.mark.parametrize("text", [
    "", "Defne Ev San. ve Tic. A.Ş.", "San.Tic.Ltd.Sti.", "29.10.2026 saat 10.00", "1.250,00 TL",
    "Mersis:0291045678900017 Ret icin RET yazip 3338'e ucretsiz gonderin", "a@ornek.com",
    "ve/veya", "indirim...bitiyor", "Geldi.Hemen bak"])
def test_what_is_no_link_is_none(text: str) -> None:
    assert not has_link(text)


def test_a_million_dots_are_read_at_once() -> None:
    assert not has_link("a." * 500_000)
    assert not has_link("a-" * 500_000)


@dataclass
class Gateway:
    """Takes everything; ``abroad`` as its account says."""

    abroad: bool = False
    taken: int = 0

    def send(self, _batch: Batch) -> Handed:
        self.taken += 1
        return Taken("1")


def road(number: int, *, abroad: bool) -> Road:
    return Road(number, "plainhttp", f"hesap {number}", "ORNEK", 1.0, Gateway(abroad))


def message(text: str) -> Envelope:
    return Envelope(1, Channel.MESAJ, "+905992134117", "", text)


def test_a_text_with_a_link_takes_the_domestic_road(database: str) -> None:
    foreign, domestic = road(-1, abroad=True), road(-2, abroad=False)
    ways = Accounts((foreign, domestic))
    assert ways.send(message("Kodunuz 482119")) == Sent("1", -1, "plainhttp")
    assert ways.send(message("Ret: ornek.com/r/x")) == Sent("1", -2, "plainhttp")
    alone = Accounts((foreign,)).send(message("Ret: ornek.com/r/x"))
    assert isinstance(alone, Retry)
    assert "R-52" in alone.reason
    assert not alone.doubt
    assert foreign.gateway.taken == 1


def test_only_a_road_that_says_so_leads_abroad() -> None:
    assert accounts.carries(road(1, abroad=False), "ornek.com")
    assert accounts.carries(Road(1, "x", "x", "", 1.0, object()), "ornek.com")
    assert not accounts.carries(road(1, abroad=True), "ornek.com")
