"""What business partners (iş ortağı, entegratör) ask about themselves (İYS API §5.2, §5.4).

A partner calls the same `/sps/…` paths as a provider, limited by what providers granted it per
brand and per channel; here it learns what that is. İYS's test system has no partner accounts, so
no client can try these calls there. The documents print the codes without the requests that cause
them: which of H245, H268, H353 and H363 answers what is a judgement, written at each.
"""

from __future__ import annotations

from typing import Any

from ileti.simulator.brands import number_in, refuse_by_subscription, subscription
from ileti.simulator.codes import refuse
from ileti.simulator.desk import Answer, Call, Desk, answer
from ileti.simulator.identity import account_of
from ileti.simulator.paging import page_of
from ileti.simulator.records import Partner

CHANNELS = ("MESAJ", "ARAMA", "EPOSTA")


def list_rights(desk: Desk, call: Call) -> Answer:
    """`GET /integrator/{integratorCode}/sps?offset&limit`: every brand with a right (§5.2)."""
    partner = _partner_for(desk, call, "H363")
    return _page(desk, call, partner.rights)


def list_rights_of(desk: Desk, call: Call) -> Answer:
    """`GET /integrator/{integratorCode}/sps/{iysCode}`: those of one provider (§5.2).

    H268 for a number nobody has, H353 for a provider that granted nothing.
    """
    partner = _partner_for(desk, call, "H363")
    code = number_in(call, "iysCode", "H190")
    if code not in desk.registry.providers:
        raise refuse("H268", ["iysCode"], code)
    found = [right for right in partner.rights if right["iysCode"] == code]
    if not found:
        raise refuse("H353", ["iysCode"], code)
    return _page(desk, call, found)


def show_own_subscription(desk: Desk, call: Call) -> Answer:
    """`GET /integrator/{integratorCode}/subscription`, in every state of it (§5.4)."""
    partner = _partner_for(desk, call, "H522", whatever_subscription=True)
    return answer({
        **subscription(desk, partner, f"SIM-{partner.code}"), "iysCode": partner.code,
    })


def _partner_for(
    desk: Desk, call: Call, otherwise: str, *, whatever_subscription: bool = False
) -> Partner:
    """The partner of the path, if it is the caller; a provider is refused with `otherwise`.

    H245 when the number is a provider's, H353 when it is another partner's or nobody's.
    """
    account = account_of(desk, call)
    if not isinstance(account, Partner):
        raise refuse(otherwise)
    code = number_in(call, "integratorCode", "H190")
    if code in desk.registry.providers:
        raise refuse("H245", ["integratorIysCode"], code)
    if code != account.code:
        raise refuse("H353", ["integratorIysCode"], code)
    if not whatever_subscription:
        refuse_by_subscription(account)
    return account


def _page(desk: Desk, call: Call, rights: list[dict[str, Any]]) -> Answer:
    page = page_of(call)
    return answer({
        "pagination": page.described(len(rights), with_page=False),
        "list": [_line(desk, right) for right in page.cut(rights)],
    })


def _line(desk: Desk, right: dict[str, Any]) -> dict[str, Any]:
    brand = desk.registry.brands[right["brandCode"]]
    return {
        "brandCode": brand.code,
        "name": brand.name,
        "master": brand.master,
        "title": desk.registry.providers[brand.iys_code].title,
        "iysCode": brand.iys_code,
        "agreementControl": bool(right.get("agreementControl")),
        **{channel: right[channel] for channel in CHANNELS if right.get(channel)},
        "viaControl": bool(right.get("viaControl")),
    }
