"""Nothing of our own network can be reached by an address typed in the panel (SSRF)."""

from __future__ import annotations

from typing import Any

import pytest

from config import WrongSetting, load_settings, settings
from ileti.core import target
from ileti.core.target import Closed, Target, WrongAddress

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "::1", "::",
    "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::", "2001:db8::1",
]


@pytest.mark.parametrize("number", PRIVATE)
def test_a_name_that_leads_there_is_not_called(names: Any, number: str) -> None:
    names["iyi.ornek.test"] = ["93.184.216.34", number]
    with pytest.raises(Closed):
        target.open_address(Target("iyi.ornek.test", 443, "/"))


@pytest.mark.parametrize("host", [
    *(f"[{n}]" if ":" in n else n for n in PRIVATE), "localhost", "2130706433", "0x7f.1", "0177.1",
    "127.1", "0x7f000001", "db.internal", "panel.local", "postgres", "169.254.169.254.",
])
def test_an_address_that_says_it_openly_is_not_even_kept(database: str, host: str) -> None:
    with pytest.raises(WrongAddress):
        target.check(f"https://{host}/x")


@pytest.mark.parametrize("text", [
    "http://kayit.ornek.com.tr/", "ftp://kayit.ornek.com.tr/", "file:///etc/passwd", "https://",
    "https://kullanici:sifre@kayit.ornek.com.tr/", "https://kayit.ornek.com.tr/#a", "kayit", "",
    "https://kayit.ornek.com.tr:99999/", "https://kayit ornek.com.tr/", "https://[::1/",
    "https://kayit.ornek.com.tr/" + "a" * 500, "https://kayit.ornek.com.tr/\r\nX: 1",
])
def test_what_is_no_plain_https_address_is_refused_in_both_languages(
    database: str, text: str
) -> None:
    with pytest.raises(WrongAddress) as error:
        target.check(text)
    assert error.value.tr != error.value.en


def test_a_public_address_is_kept_as_it_is(names: Any, database: str) -> None:
    url = "https://kayit.ornek.com.tr:8443/ileti?marka=7"
    assert target.check(f" {url} ") == url
    assert target.parse(url) == Target("kayit.ornek.com.tr", 8443, "/ileti?marka=7")
    names["kayit.ornek.com.tr"] = ["93.184.216.34"]
    assert target.open_address(target.parse(url)) == "93.184.216.34"


def test_an_operator_may_let_in_a_network_of_his_own(
    names: Any, database: str, monkeypatch: Any
) -> None:
    names["kayit.ornek.test"] = ["10.20.1.7"]
    monkeypatch.setattr(settings(), "webhook_networks", "10.20.0.0/16, fd00::/8")
    assert target.open_address(Target("kayit.ornek.test", 443, "/")) == "10.20.1.7"
    names["kayit.ornek.test"] = ["10.21.1.7"]
    with pytest.raises(Closed):
        target.open_address(Target("kayit.ornek.test", 443, "/"))


def test_a_network_that_is_none_stops_the_start(monkeypatch: Any) -> None:
    monkeypatch.setenv("WEBHOOK_NETWORKS", "10.20.0.0/16, everything")
    with pytest.raises(WrongSetting, match="WEBHOOK_NETWORKS"):
        load_settings()


@pytest.mark.parametrize("text", ["http://127.0.0.1:8090/gw", "https://localhost/x",
                                  "http://[::1]:8090/"])
def test_a_gateway_may_live_on_this_machine_outside_of_production_only(
        text: str, monkeypatch: Any) -> None:
    assert target.check_gateway(text) == text
    monkeypatch.setattr(type(settings()), "production", property(lambda _self: True))
    with pytest.raises(WrongAddress):
        target.check_gateway(text)


@pytest.mark.parametrize("text", ["http://10.0.0.1/", "https://169.254.169.254/", "https://db.local/",
                                  "http://sms.ornek.com.tr/"])
def test_a_gateways_address_is_looked_at_like_a_webhooks(text: str) -> None:
    with pytest.raises(WrongAddress):
        target.check_gateway(text)


def test_a_call_goes_to_no_private_number_whatever_the_name_says(monkeypatch: Any) -> None:
    from ileti.core.http import NoAnswer, OutgoingClient

    monkeypatch.setattr(target, "look_up",
                        lambda *_args, **_more: [(0, 0, 0, "", ("10.1.2.3", 443))])
    for url in ("https://sms.ornek.com.tr", "http://sms.ornek.com.tr"):
        client = OutgoingClient(url, transport=target.CheckedTransport())
        with pytest.raises(NoAnswer) as raised:
            client.send("GET", "/")
        assert not raised.value.arrived
