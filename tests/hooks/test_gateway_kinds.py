"""The hook ``gateway_kinds``: a plug-in's kind of account stands beside ours where it is on, and a
call that breaks there leaves its batch in doubt."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

from ileti.channels import gatewaykinds
from ileti.channels.sms import Batch, Delivery, InDoubt, Report, Sms, Taken, Unreadable
from ileti.hooks.kinds import GatewayKind, KindField, Said, Unfit

BATCH = Batch("b-1", "ORNEK", None, [Sms(1, "+905994200001", "Merhaba")])
OURS = {"netgsm", "verimor", "iletimerkezi", "plainhttp", "netgsm-voice",
        "verimor-voice", "smtp"}
PLAIN = {"url": "https://sms.ornek.com.tr/?t={text}&n={to}", "taken": "OK"}


def kind_with(key: str = "ornek-sms", **gateway: Any) -> GatewayKind:
    """A kind whose gateway has these functions."""
    return GatewayKind(key, "MESAJ", Said("Örnek", "Example"),
                       (KindField("file", Said("Dosya", "File")),),
                       lambda values: SimpleNamespace(name="ornek", most=3, many_texts=True,
                                                      **gateway))


def made(place: Any, key: str = "ornek-sms") -> Any:
    known = gatewaykinds.kind_of(place.provider_id, key)
    assert known is not None
    return gatewaykinds.make(known, {"file": "a"})


def keys(place: Any) -> set[str]:
    return {one.kind.key for one in gatewaykinds.kinds(place.provider_id)}


def test_a_plug_ins_kind_is_there_where_it_is_on(place: Any, place_b: Any, put_in: Any) -> None:
    put_in(place, gateway_kinds=lambda: [kind_with(send=lambda batch: Taken("9"))])
    assert keys(place) == OURS | {"ornek-sms"}
    assert keys(place_b) == OURS
    assert made(place).send(BATCH) == Taken("9")


@pytest.mark.parametrize("send", [lambda batch: 1 / 0, lambda batch: None, lambda batch: True])
def test_a_call_that_breaks_leaves_the_batch_in_doubt(place: Any, put_in: Any, send: Any) -> None:
    put_in(place, gateway_kinds=lambda: [kind_with(send=send)])
    assert isinstance(made(place).send(BATCH), InDoubt)


def test_a_call_without_an_end_is_in_doubt_when_its_time_is_over(
        place: Any, put_in: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(gatewaykinds, "CALL_SECONDS", 0.05)
    put_in(place, gateway_kinds=lambda: [kind_with(send=lambda batch: time.sleep(0.4))])
    assert isinstance(made(place).send(BATCH), InDoubt)


def test_reports_are_reports_and_what_breaks_tells_none(place: Any, put_in: Any) -> None:
    good = Report("9", "+905994200001", Delivery.DELIVERED)
    put_in(place, gateway_kinds=lambda: [kind_with(
        reports=lambda number: [good, "x"], pushed=lambda body: 1 / 0, senders=lambda: ["ORNEK"])])
    gateway = made(place)
    assert gateway.reports("9") == [good]
    assert gateway.senders() == ["ORNEK"]
    with pytest.raises(Unreadable):
        gateway.pushed(b"[]")


def test_a_key_of_ours_stays_ours_and_what_is_no_kind_is_left_out(place: Any, put_in: Any) -> None:
    put_in(place, gateway_kinds=lambda: [kind_with("netgsm"), "x", kind_with("y" * 41)])
    assert keys(place) == OURS
    known = gatewaykinds.kind_of(place.provider_id, "netgsm")
    assert known is not None
    assert known.plugin == ""


def test_a_plug_in_that_raises_has_no_kinds(place: Any, put_in: Any) -> None:
    put_in(place, gateway_kinds=lambda: 1 / 0)
    assert keys(place) == OURS


@pytest.mark.parametrize(("more", "field"), [
    ({"url": "https://sms.ornek.com.tr/?t={text}"}, "url"), ({"taken": "("}, "taken"),
    ({"body": '{"t": {text}, "n": "{to}"}'}, "body"), ({"headers": "Ad değer"}, "headers"),
    ({"taken": r"(a)\1"}, "taken"), ({"country": "Ay"}, "country")])
def test_a_described_provider_says_which_field_is_wrong(place: Any, more: Any, field: str) -> None:
    known = gatewaykinds.kind_of(place.provider_id, "plainhttp")
    with pytest.raises(Unfit) as raised:
        gatewaykinds.make(known, PLAIN | more)
    assert raised.value.field == field
    assert raised.value.tr != raised.value.en


def test_user_and_password_of_a_described_provider_stay_what_they_are(place: Any) -> None:
    known = gatewaykinds.kind_of(place.provider_id, "plainhttp")
    gateway = gatewaykinds.make(known, PLAIN | {
        "body": "u={user}&p={password}&t={text}", "user": "a&b", "password": "{text}"})
    assert gateway._described.body == "u=a%26b&p=%7Btext%7D&t={text}"
    gateway = gatewaykinds.make(known, PLAIN | {
        "body": '{"p": "{password}", "t": "{text}", "n": "{to}"}', "password": '"{text}'})
    assert json.loads(gateway._described.body)["p"] == '"{text}'
    assert gateway._described.body.count("{text}") == 1


@pytest.mark.parametrize(("typed", "abroad"), [
    ("", False), ("yurt içi", False), ("YURT DIŞI", True), ("Yurtdışı", True), ("abroad", True)])
def test_a_described_provider_says_where_it_sends_from(place: Any, typed: str,
                                                       abroad: bool) -> None:
    known = gatewaykinds.kind_of(place.provider_id, "plainhttp")
    assert gatewaykinds.make(known, PLAIN | {"country": typed}).abroad is abroad
