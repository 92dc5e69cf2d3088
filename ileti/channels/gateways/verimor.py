"""SMS by Verimor (facts, sms-gateways §6.2).

Credentials stand in the body, and Verimor looks at the caller's network address too. Commercial
messages are checked at İYS per recipient when they go out; the call succeeds all the same and the
report of the person says ``NOT_ALLOWED_BY_IYS``. Reports are pushed, and can be asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from ileti.channels.gateways.spoken import HOME_FIELD, Failed, call, e164, undescribed
from ileti.channels.segments import Encoding, encoding_of
from ileti.channels.sms import Batch, Delivery, Handed, Never, Report, Taken, Unreadable
from ileti.core import clock
from ileti.core.http import NoAnswer, OutgoingClient, Transport
from ileti.core.target import CheckedTransport
from ileti.hooks.kinds import GatewayKind, KindField, Said
from ileti.hooks.specs import hookimpl

HOME: Final = "https://sms.verimor.com.tr"
_ACCOUNT: Final = frozenset({
    "INVALID_SOURCE_ADDRESS", "MISSING_IYS_BRAND_CODE", "AHS_AUTHORIZATION_ERROR",
    "NO_AHS_BRAND_ERROR", "INSUFFICIENT_CREDITS", "COMMERCIAL_SENDING_ERROR_UNDER_150K"})
_DELIVERIES: Final = {
    "SENDING": Delivery.WAITING, "WAITING": Delivery.WAITING, "DELIVERED": Delivery.DELIVERED,
    "SENT": Delivery.SENT, "NOT_ALLOWED_BY_IYS": Delivery.BLOCKED_BY_IYS}
_MOST_PAGES: Final = 500
_PAGE: Final = 100


class Verimor:
    """One account; ``url`` is another home for trials."""

    name = "verimor"
    most = 50_000
    many_texts = True

    def __init__(self, user: str, password: str, url: str = HOME, *,
                 transport: Transport | None = None) -> None:
        self._client = OutgoingClient(url, read=60.0, transport=transport)
        self._login = {"username": user, "password": password}

    def send(self, batch: Batch) -> Handed:
        """Hand a batch over."""
        said: dict[str, Any] = self._login | {
            "source_addr": batch.sender, "custom_id": batch.name,
            "is_commercial": batch.commercial is not None, "datacoding": _coding(batch),
            "messages": [{"msg": one.text, "dest": one.to.removeprefix("+"), "id": str(one.id)}
                         for one in batch.messages]}
        if batch.commercial is not None:
            said["iys_recipient_type"] = batch.commercial.name
        try:
            status, text = call(self._client, "/v2/send.json", said, note="verimor send")
        except Failed as error:
            return error.told
        word = text.strip()[:120]
        if status == 200 and word.isalnum():
            return Taken(word)
        return _refusal(status, word)

    def apart(self, text: str) -> Encoding:
        """Texts of one encoding share a call, since Verimor codes a whole call alike: one name
        with a letter of no table would make two or three segments of everybody's one."""
        return encoding_of(text)[0]

    def reports(self, outside_id: str) -> list[Report]:
        """What became of a campaign so far."""
        found: list[Report] = []
        last = ""
        for _ in range(_MOST_PAGES):
            asked = self._login | {"id": outside_id} | ({"greater_than": last} if last else {})
            try:
                answer = self._client.send("GET", "/v2/status", params=asked,
                                           note="verimor status")
                lines = json.loads(answer.text) if answer.status_code == 200 else []
            except (NoAnswer, ValueError):
                break
            lines = lines if isinstance(lines, list) else []
            found += _reports(lines)
            if len(lines) < _PAGE:
                break
            last = str(lines[-1].get("message_id", ""))
        return found

    def pushed(self, body: bytes) -> list[Report]:
        """Reports as Verimor pushes them; raises Unreadable."""
        try:
            lines = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Unreadable("no JSON") from error
        if not isinstance(lines, list):
            raise Unreadable("no list")
        return _reports(lines)

    def senders(self) -> list[str] | None:
        """Verimor has no call for it."""
        return None


def _coding(batch: Batch) -> int:
    """0 plain letters, 1 with the Turkish table, 2 anything."""
    worst = {encoding_of(one.text)[0] for one in batch.messages}
    return 2 if Encoding.UCS2 in worst else 1 if Encoding.TURKISH in worst else 0


def _refusal(status: int, word: str) -> Handed:
    if status == 401:
        return Never("Verimor: user name, password or network address is not accepted (401)",
                     account=True)
    if word in _ACCOUNT:
        return Never(f"Verimor: {word}", account=True)
    if status == 400 and word.replace("_", "").isalpha() and word.isupper():
        return Never(f"Verimor: {word}")
    return undescribed("Verimor", status)


def _reports(lines: list[Any]) -> list[Report]:
    return [report for line in lines if (report := _report(line)) is not None]


def _report(line: Any) -> Report | None:
    try:
        status, own = str(line["status"]), str(line.get("message_custom_id") or "")
        delivery = _DELIVERIES.get(status, Delivery.NOT_DELIVERED)
        return Report(
            str(line.get("campaign_id") or ""), e164(str(line["dest"])), delivery,
            "" if delivery in (Delivery.WAITING, Delivery.DELIVERED) else _why(status, line),
            _moment(line.get("done_at")),
            int(own) if own.isascii() and own.isdigit() and len(own) < 19 else None)
    except (KeyError, TypeError, AttributeError):
        return None


def _why(status: str, line: Any) -> str:
    code = str(line.get("gsm_error") or "0")
    return status if code in ("0", "") else f"{status} ({code})"


def _moment(said: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=clock.ISTANBUL)


@hookimpl
def gateway_kinds() -> Sequence[GatewayKind]:
    """Accounts at Verimor."""
    return [GatewayKind("verimor", "MESAJ", Said("Verimor", "Verimor"), (
        KindField("user", Said("Kullanıcı adı", "User name")),
        KindField("password", Said("API parolası", "API password"), secret=True),
        HOME_FIELD), _made, pushes=True)]


def _made(values: Mapping[str, str]) -> Verimor:
    return Verimor(values["user"], values["password"], values.get("url") or HOME,
                  transport=CheckedTransport())
