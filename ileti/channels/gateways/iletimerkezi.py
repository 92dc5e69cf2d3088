"""SMS by İleti Merkezi (facts, sms-gateways §6.3).

Key and hash of their panel stand in the body; one order has one text and many numbers, so texts
that differ go in several orders. Reports are asked for by order, or pushed one by one. Whom İYS
does not allow simply ends undelivered: they name no reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ileti.channels.gateways.spoken import (
    HOME_FIELD,
    Failed,
    call,
    e164,
    parsed,
    undescribed,
)
from ileti.channels.sms import (
    Batch,
    Delivery,
    Handed,
    InDoubt,
    Never,
    Report,
    Taken,
    Unreadable,
)
from ileti.core.http import OutgoingClient, Transport
from ileti.core.target import CheckedTransport
from ileti.hooks.kinds import GatewayKind, KindField, Said
from ileti.hooks.specs import hookimpl

HOME: Final = "https://api.iletimerkezi.com/v1"
_ROWS: Final = 1_000
_MOST_PAGES: Final = 100
_ACCOUNT: Final = {
    401: "account data are wrong", 402: "the balance is not enough",
    450: "the sender title may not be used", 459: "the sender title is empty",
    460: "the sender title is wrong", 470: "no İYS number is set on the account"}
_NEVER: Final = {
    400: "the request was not understood", 404: "no such method", 422: "a value was not accepted",
    452: "the numbers are wrong", 453: "the order is too big", 454: "the text is empty",
    457: "the date is wrong", 468: "it was not said whether İYS is asked",
    469: "the kind of recipient was not said"}
#: a repeated order (451) was taken before: who waits for it would send it twice
_REPEATED: Final = 451
_DELIVERIES: Final = {110: Delivery.WAITING, 111: Delivery.DELIVERED, 112: Delivery.NOT_DELIVERED}
_PUSHED: Final = {"delivered": Delivery.DELIVERED, "undelivered": Delivery.NOT_DELIVERED,
                  "accepted": Delivery.WAITING}


class IletiMerkezi:
    """One account; ``url`` is another home for trials."""

    name = "iletimerkezi"
    most = 50_000
    many_texts = False

    def __init__(self, key: str, secret: str, url: str = HOME, *,
                 transport: Transport | None = None) -> None:
        self._client = OutgoingClient(url, read=60.0, transport=transport)
        self._login = {"key": key, "hash": secret}

    def send(self, batch: Batch) -> Handed:
        """Hand a batch over; its messages have one text."""
        texts = {one.text for one in batch.messages}
        if len(texts) != 1:
            raise ValueError("an order has one text")
        order: dict[str, Any] = {
            "sender": batch.sender, "sendDateTime": "",
            "iys": "0" if batch.commercial is None else "1",
            "message": {"text": texts.pop(),
                        "receipents": {"number": [one.to for one in batch.messages]}}}
        if batch.commercial is not None:
            order["iysList"] = batch.commercial.name
        try:
            status, answer = self._ask("/send-sms/json", {"order": order})
        except Failed as error:
            return error.told
        number = str(_in(answer, "order").get("id") or "")
        if status == 200 and number:
            return Taken(number[:120])
        return _refusal(status)

    def reports(self, outside_id: str) -> list[Report]:
        """What became of an order so far."""
        found: list[Report] = []
        for page in range(1, _MOST_PAGES + 1):
            try:
                status, answer = self._ask("/get-report/json", {"order": {
                    "id": outside_id, "page": page, "rowCount": _ROWS}})
            except Failed:
                break
            lines = _in(answer, "order").get("message")
            lines = lines if status == 200 and isinstance(lines, list) else []
            found += [one for line in lines if (one := _report(outside_id, line)) is not None]
            if len(lines) < _ROWS:
                break
        return found

    def pushed(self, body: bytes) -> list[Report]:
        """One report as İleti Merkezi pushes it; raises Unreadable."""
        try:
            said = json.loads(body)["report"]
            return [Report(str(said["id"]), e164(str(said["to"])), _PUSHED[said["status"]],
                           "" if said["status"] != "undelivered" else "undelivered")]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Unreadable("no report") from error

    def senders(self) -> list[str] | None:
        """The titles of the account."""
        try:
            status, answer = self._ask("/get-sender/json", {})
        except Failed:
            return None
        titles = _in(answer, "senders").get("sender")
        return [str(one) for one in titles] if status == 200 and isinstance(titles, list) else None

    def _ask(self, path: str, said: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Their own status, which stands in the answer, and what it holds. Raises Failed."""
        status, text = call(self._client, path, {
            "request": {"authentication": self._login} | said}, note=f"iletimerkezi {path}")
        answer = _in(parsed(text), "response")
        code = str(_in(answer, "status").get("code"))
        return int(code) if code.isdigit() else status, answer


def _in(said: dict[str, Any], name: str) -> dict[str, Any]:
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def _refusal(status: int) -> Handed:
    if status in _ACCOUNT:
        return Never(f"İleti Merkezi: {_ACCOUNT[status]} ({status})", account=True)
    if status == _REPEATED:
        return InDoubt("İleti Merkezi: the same order was taken before (451)")
    if status in _NEVER:
        return Never(f"İleti Merkezi: {_NEVER[status]} ({status})")
    return undescribed("İleti Merkezi", status)


def _report(order: str, line: Any) -> Report | None:
    try:
        status = int(line["status"])
        return Report(order, e164(str(line["number"])), _DELIVERIES.get(status, Delivery.WAITING),
                      "112" if status == 112 else "")
    except (KeyError, TypeError, ValueError):
        return None


@hookimpl
def gateway_kinds() -> Sequence[GatewayKind]:
    """Accounts at İleti Merkezi."""
    return [GatewayKind("iletimerkezi", "MESAJ", Said("İleti Merkezi", "İleti Merkezi"), (
        KindField("key", Said("API anahtarı", "API key")),
        KindField("hash", Said("API özeti (hash)", "API hash"), secret=True),
        HOME_FIELD), _made, pushes=True)]


def _made(values: Mapping[str, str]) -> IletiMerkezi:
    return IletiMerkezi(values["key"], values["hash"], values.get("url") or HOME,
                       transport=CheckedTransport())
