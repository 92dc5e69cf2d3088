"""Every documented code: the request that causes it, what our client makes of it (İYS API §15)."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.core.jobs import redis_client
from ileti.iys.client import IysClient, IysTrouble, account_of
from ileti.iys.errors import MEANINGS, Kind
from tests.simulator.caller import Caller

from .causes import CAUSES
from .documented import ELSEWHERE, NO_REQUEST, documented

DOCUMENTED = documented()
# Faults that cannot be had alone: a type that is none, the same person's second retailer.
TOGETHER = {"H122": {"H117"}, "H230": {"H231"}}


def test_every_code_is_caused_by_a_request_or_has_a_reason_why_not() -> None:
    assert set(CAUSES) | set(NO_REQUEST) == set(DOCUMENTED)
    assert not set(CAUSES) & set(NO_REQUEST)
    assert all(ELSEWHERE.values())
    assert all(NO_REQUEST.values())


@pytest.mark.iys_code
@pytest.mark.parametrize("code", sorted(DOCUMENTED))
def test_code(code: str, shop: Any, registry: Any) -> None:
    if code in CAUSES:
        answer = CAUSES[code](Caller())
        if answer.status_code == 404 and "errors" not in answer.json:
            pytest.skip("the simulator does not have this service yet")
        assert answer.status_code == DOCUMENTED[code]
        said = {one["code"] for one in answer.json["errors"]}
        assert said == {code} | TOGETHER.get(code, set())
        assert all(one["message"] for one in answer.json["errors"])
    redis_client().flushdb()
    client = IysClient(account_of(shop.provider_id))
    client.brands()
    registry.tell("fault", kind="code", code=code, path="*/subscription", count=None)
    if MEANINGS[code].kind is Kind.RATE and code not in ("H084", "H086", "H089"):
        registry.tell("fault", clear=True)
        registry.tell("fault", kind="code", code=code, path="*/subscription", count=1)
        assert client.subscription()  # it waits for its turn and asks again
        return
    with pytest.raises(IysTrouble) as trouble:
        client.subscription()
    assert (trouble.value.code, trouble.value.http_status) == (code, DOCUMENTED[code])
    assert MEANINGS[code].tr
    assert MEANINGS[code].en
