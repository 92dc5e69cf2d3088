"""Brands and the provider's subscription (İYS API §5.1, §5.3), and the right to speak for a brand.

Every call under `/sps/…` passes here first: the numbers in the path, the caller's rights to
them, the state of the subscription. The order is a judgement: first the form of the numbers
(422), then the right (403 H353), then the subscription (403). A business partner needs a right at
the brand, for a channel it has one there (`refuse_channel`), and a subscription of its own beside
the provider's.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from ileti.simulator.clock import written
from ileti.simulator.codes import Refused, error, refuse
from ileti.simulator.desk import Answer, Call, Desk, answer
from ileti.simulator.identity import account_of
from ileti.simulator.records import Brand, Partner, Provider

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

_reconciles = re.compile(r".*/brands/[^/]+/(?:agreements|changes)/.*").fullmatch


def provider_for(desk: Desk, call: Call, *, whatever_subscription: bool = False) -> Provider:
    """The provider of the path, if the caller may speak for it; raises `Refused`."""
    account = account_of(desk, call)
    provider = _provider(desk, account, number_in(call, "iysCode", "H190"))
    if not whatever_subscription:
        refuse_by_subscription(account, provider)
    return provider


def brand_for(desk: Desk, call: Call) -> Brand:
    """The brand of the path, if the caller may speak for it; raises `Refused`."""
    account = account_of(desk, call)
    iys_code = number_in(call, "iysCode", "H190")
    code = number_in(call, "brandCode", "H191")
    provider = _provider(desk, account, iys_code)
    right = account.right(code) if isinstance(account, Partner) else {}
    if code not in provider.brands or right is None:
        raise refuse("H353", ["brandCode"], code)
    if call.partner and _reconciles(call.path) and not right.get("agreementControl"):
        raise refuse("H353", ["agreementControl"])
    refuse_by_subscription(account, provider)
    return desk.registry.brands[code]


def channel_fault(
    call: Call, brand: Brand, channel: str, *, write: bool = False, index: int | None = None
) -> list[dict[str, Any]]:
    """H353 when a partner's right at the brand does not reach the channel; `write` for what
    changes consents. Providers themselves may use every channel."""
    if call.partner is None:
        return []
    right = (call.partner.right(brand.code) or {}).get(channel)
    if right == "write" or (right == "read" and not write):
        return []
    return [error("H353", ["type"], channel, index)]


def refuse_channel(call: Call, brand: Brand, channel: str, *, write: bool = False) -> None:
    """Raise `channel_fault` if there is one."""
    if fault := channel_fault(call, brand, channel, write=write):
        raise Refused(fault)


def refuse_by_subscription(*accounts: Provider | Partner) -> None:
    """Raise what the state of the first subscription that is not usable says (H520 to H586)."""
    for account in accounts:
        if account.subscription in REFUSED_BY_STATE:
            raise refuse(REFUSED_BY_STATE[account.subscription])


def list_brands(desk: Desk, call: Call) -> Answer:
    """`GET /sps/{iysCode}/brands`: a bare list, counts included (İYS API §5.1); a partner sees the
    brands it has a right at."""
    provider = provider_for(desk, call)
    with desk.registry.lock:
        desk.registry.settle()
        brands = [desk.registry.brands[code] for code in provider.brands
                  if call.partner is None or call.partner.right(code)]
        return answer([_brand(brand) for brand in brands])


def show_subscription(desk: Desk, call: Call) -> Answer:
    """`GET /sps/{iysCode}/subscription`: the one call that a paused provider may make (§5.3). A
    partner is not told the limit and what is used of it."""
    provider = provider_for(desk, call, whatever_subscription=True)
    if provider.subscription == "no_api":
        raise refuse("H586")
    with desk.registry.lock:
        desk.registry.settle()
        body = subscription(desk, provider, f"SIM-{provider.iys_code}")
        full = provider.subscription == "limit_reached"
        if call.partner is None:
            body["consentLimit"] = provider.used if full else provider.consent_limit
            body["consentLimitExceed"] = provider.limit_exceed and not full
            body["usedConsentLimit"] = provider.used
        if provider.iys_code in desk.registry.via_credit:
            body["viaSubscriptionPackage"] = {
                **{name: body[name] for name in ("startDate", "expirationDate", "status")},
                "viaSubscriptionPackageName": "ViA",
                "viaSubscriptionId": f"VIA-{provider.iys_code}",
            }  # fmt: skip
            if call.partner is None:
                body["viaSubscriptionPackage"]["viaCredit"] = desk.registry.via_credit[
                    provider.iys_code]
    return answer(body)


def subscription(desk: Desk, account: Provider | Partner, number: str) -> dict[str, Any]:
    """What the subscriptions of providers and partners have in common; raises `Refused` H437."""
    if account.subscription == "none":
        raise refuse("H437")
    now = desk.clock.now()
    until = f"{now.year}-12-31 23:59:59"
    if account.subscription in ("EXPIRED", "CLOSED"):
        until = written(now - timedelta(days=1))
    return {
        "subscriptionId": number,
        "startDate": f"{now.year}-01-01 00:00:00",
        "expirationDate": until,
        "subscriptionPackageName": "İleti+",
        "status": "ACTIVE" if account.subscription == "limit_reached" else account.subscription,
    }


def number_in(call: Call, name: str, code: str) -> int:
    """A number of the path; raises `Refused` with `code` when it is none."""
    text = call.named[name]
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise refuse(code, [name], text)
    return int(text)


def _provider(desk: Desk, account: Provider | Partner, code: int) -> Provider:
    """The provider with this number, if it is the caller's own or gave the caller a right."""
    if isinstance(account, Provider):
        if code == account.iys_code:
            return account
    elif any(right["iysCode"] == code for right in account.rights):
        return desk.registry.providers[code]
    raise refuse("H353", ["iysCode"], code)


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
