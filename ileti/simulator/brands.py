"""Brands and subscriptions (İYS API §5), and the right to speak for a brand at all.

Every call under `/sps/…` passes here first: the numbers in the path, the caller's rights to
them, the state of the subscription. The order is a judgement: first the form of the numbers
(422), then the right (403 H353), then the subscription (403).
"""

from __future__ import annotations

from typing import Any

from ileti.simulator.codes import refuse
from ileti.simulator.desk import Answer, Call, Desk, answer
from ileti.simulator.identity import account_of
from ileti.simulator.records import Brand, Provider

SUBSCRIPTION_STATES = (
    "ACTIVE", "PAUSED", "EXPIRED", "CLOSED", "limit_reached", "none", "no_api",
)  # fmt: skip

REFUSED_BY_STATE = {
    "PAUSED": "H520",
    "EXPIRED": "H520",
    "CLOSED": "H521",
    "none": "H524",
    "no_api": "H586",
}


def provider_for(desk: Desk, call: Call, *, whatever_subscription: bool = False) -> Provider:
    """The provider of the path, if the caller may speak for it; raises `Refused`."""
    account = account_of(desk, call)
    code = _number(call, "iysCode", "H190")
    if code != account.iys_code:
        raise refuse("H353", ["iysCode"], code)
    if not whatever_subscription and account.subscription in REFUSED_BY_STATE:
        raise refuse(REFUSED_BY_STATE[account.subscription])
    return account


def brand_for(desk: Desk, call: Call) -> Brand:
    """The brand of the path, if the caller may speak for it; raises `Refused`."""
    account = account_of(desk, call)
    iys_code = _number(call, "iysCode", "H190")
    code = _number(call, "brandCode", "H191")
    if iys_code != account.iys_code:
        raise refuse("H353", ["iysCode"], iys_code)
    if code not in account.brands:
        raise refuse("H353", ["brandCode"], code)
    if account.subscription in REFUSED_BY_STATE:
        raise refuse(REFUSED_BY_STATE[account.subscription])
    return desk.registry.brands[code]


def list_brands(desk: Desk, call: Call) -> Answer:
    """`GET /sps/{iysCode}/brands`: a bare list, counts included (İYS API §5.1)."""
    provider = provider_for(desk, call)
    with desk.registry.lock:
        desk.registry.settle()
        brands = [desk.registry.brands[code] for code in provider.brands]
        return answer([_brand(brand) for brand in brands])


def show_subscription(desk: Desk, call: Call) -> Answer:
    """`GET /sps/{iysCode}/subscription`: the one call that a paused provider may make (§5.3)."""
    provider = provider_for(desk, call, whatever_subscription=True)
    if provider.subscription == "none":
        raise refuse("H437")
    if provider.subscription == "no_api":
        raise refuse("H586")
    full = provider.subscription == "limit_reached"
    with desk.registry.lock:
        desk.registry.settle()
        limit = provider.used if full else provider.consent_limit
        year = desk.clock.now().year
        return answer({
            "subscriptionId": f"SIM-{provider.iys_code}",
            "startDate": f"{year}-01-01 00:00:00",
            "expirationDate": f"{year}-12-31 23:59:59",
            "subscriptionPackageName": "İleti+",
            "status": "ACTIVE" if full else provider.subscription,
            "consentLimit": limit,
            "consentLimitExceed": False,
            "usedConsentLimit": provider.used,
        })


def _brand(brand: Brand) -> dict[str, Any]:
    return {
        "brandCode": brand.code,
        "stats": {
            "consents": {
                "approval": brand.approval,
                "rejection": brand.rejection,
                "total": brand.approval + brand.rejection,
            },
            "retailers": {"total": len(brand.retailers)},
        },
        "name": brand.name,
        "master": brand.master,
    }


def _number(call: Call, name: str, code: str) -> int:
    text = call.named[name]
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise refuse(code, [name], text)
    return int(text)
