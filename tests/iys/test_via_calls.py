"""ViA as the client speaks it (İYS API §11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ileti.consents.vocabulary import Channel
from ileti.core.jobs import redis_client
from ileti.iys import viacalls
from ileti.iys.answers import Unreadable
from ileti.iys.client import IysClient, IysTrouble, account_of
from ileti.iys.viacalls import ViaQuestion, ViaWay


def test_a_person_is_asked_answers_and_the_file_is_kept(shop: Any, registry: Any) -> None:
    redis_client().flushdb()
    client = IysClient(account_of(shop.provider_id))
    registry.tell("via", iysCode=shop.iys_code, formId="F-1", credit=-1)
    number = client.via_start(ViaQuestion(
        form_id="F-1", recipient="+905997000001", way=ViaWay.SMS_OTP,
        brand_codes=[shop.brand_code], channels=[Channel.MESAJ]))
    assert client.via_state(number) == ("CONSENT_REQUESTED", "PENDING")
    with pytest.raises(IysTrouble, match="H1052"):
        client.via_confirm(number, ViaWay.SMS_OTP, "yanlis")
    assert registry.calls("/confirmation") == 1
    code = registry.ask("via")["processes"][0]["otpCode"]
    assert len(client.via_confirm(number, ViaWay.SMS_OTP, code)) == 1
    assert client.via_file(number).startswith(b"PK")
    assert client.pull(shop.brand_code, None).movements[0].source_word == "IYS_KISAMESAJ"


@pytest.mark.parametrize("parse", [
    viacalls.parse_started, viacalls.parse_confirmed, viacalls.parse_state, viacalls.parse_file])
@pytest.mark.parametrize("body", [
    b"<html>", b"[]", b"{}", b'{"code":"OK"}', b'{"code":"OK","message":{}}',
    b'{"code":"OK","message":[{}]}', b'{"lastStatus":{"stage":"X"}}',
])
def test_what_says_nothing_is_no_success(parse: Callable[[Any], Any], body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(body)
