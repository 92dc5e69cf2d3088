"""Calls by Netgsm, «sesli mesaj» (docs/voice.md says which parts of the wire are known and how).

An order is XML, its answer a code and the order's number between blanks. Reports are asked for, at
most twice a minute, as lines of order, phone, state and key. Netgsm can push results too, but what
it sends then is described nowhere we could read: nothing is guessed, we ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from xml.sax.saxutils import escape

from ileti.channels.gateways.spoken import HOME_FIELD, Failed, asked, called, undescribed
from ileti.channels.sms import Delivery, Handed, Later, Never, Taken, Unreadable
from ileti.channels.voice import CallBatch, VoiceReport, refuse_unfit
from ileti.consents.vocabulary import RecipientType
from ileti.core import clock
from ileti.core.http import OutgoingClient, Transport
from ileti.core.target import CheckedTransport
from ileti.hooks.kinds import GatewayKind, KindField, Said
from ileti.hooks.specs import hookimpl

HOME: Final = "https://api.netgsm.com.tr"
_FILTERS: Final = {RecipientType.BIREYSEL: "11", RecipientType.TACIR: "12"}
_RING_SECONDS: Final = 30
#: an order lasts at least one hour and at most 21
_SHORTEST, _LONGEST = timedelta(hours=1), timedelta(hours=21)
_TAKEN: Final = frozenset({"00", "01", "02"})
_NEVER: Final = {
    "40": "Netgsm has no such recording (40)", "45": "Netgsm: no number that can be rung (45)",
    "70": "Netgsm: a parameter is faulty (70)"}
_ACCOUNT: Final = (
    "Netgsm: user name, password, API permission or network address is not accepted (30)")
_LATER: Final = {"80": 60.0, "100": None}
_STATES: Final = {
    0: (Delivery.WAITING, ""), 1: (Delivery.DELIVERED, ""),
    2: (Delivery.NOT_DELIVERED, "not answered"), 3: (Delivery.NOT_DELIVERED, "not reachable"),
    4: (Delivery.NOT_DELIVERED, "no credit"), 5: (Delivery.NOT_DELIVERED, "cancelled"),
    6: (Delivery.NOT_DELIVERED, "failed"), 7: (Delivery.NOT_DELIVERED, "busy"),
    8: (Delivery.NOT_DELIVERED, "no such number"), 9: (Delivery.NOT_DELIVERED, "expired")}
_NO_KEY: Final = frozenset({"", "-", "10"})


class NetgsmVoice:
    """One account; ``url`` is another home for trials."""

    name = "netgsm-voice"
    most = 10_000
    many_texts = False

    def __init__(self, user: str, password: str, url: str = HOME, *,
                 transport: Transport | None = None) -> None:
        self._client = OutgoingClient(url, read=60.0, transport=transport)
        self._user, self._password = user, password

    def send(self, batch: CallBatch) -> Handed:
        """Order calls, from now until the batch's end."""
        refuse_unfit(batch, many_texts=False)
        now = clock.now()
        if batch.until - now < _SHORTEST:
            return Later("Netgsm takes no order that ends within an hour")
        try:
            status, text = asked(
                self._client, "POST", "/voicesms/send", self._order(batch, now).encode(),
                note="netgsm voice", headers={"Content-Type": "text/xml; charset=utf-8"})
        except Failed as error:
            return error.told
        code, _, order = text.strip().partition(" ")
        if status == 200 and code in _TAKEN and order.strip().isalnum():
            return Taken(order.strip()[:120])
        return _refusal(code, status)

    def reports(self, outside_id: str) -> list[VoiceReport]:
        """What became of an order so far."""
        try:
            status, text = asked(
                self._client, "GET", "/voicesms/report/", None, note="netgsm voice report",
                params={"usercode": self._user, "password": self._password, "bulkid": outside_id,
                        "type": "0", "status": "", "tus": ""})
        except Failed:
            return []
        lines = text.split("<br>") if status == 200 else []
        return [report for line in lines if (report := _report(line, outside_id)) is not None]

    def pushed(self, body: bytes) -> list[VoiceReport]:
        """Netgsm is asked; what it pushes is not described."""
        raise Unreadable("what Netgsm pushes of calls is not described")

    def _order(self, batch: CallBatch, now: datetime) -> str:
        first = batch.calls[0]
        ends = clock.to_istanbul(min(batch.until, now + _LONGEST))
        starts = clock.to_istanbul(now)
        said = f"<text>{escape(first.words)}</text>" if first.words else (
            f"<audioid>{escape(first.recording)}</audioid>")
        numbers = "".join(f"<no>{_number(one.to)}</no>" for one in batch.calls)
        asks = "" if batch.commercial is None else f"<filter>{_FILTERS[batch.commercial]}</filter>"
        return (
            '<?xml version="1.0" encoding="UTF-8"?><mainbody><header>'
            f"<usercode>{escape(self._user)}</usercode><password>{escape(self._password)}</password>"
            f"<startdate>{starts:%d%m%Y}</startdate><starttime>{starts:%H%M}</starttime>"
            f"<stopdate>{ends:%d%m%Y}</stopdate><stoptime>{ends:%H%M}</stoptime>"
            f"<key>1</key><ringtime>{_RING_SECONDS}</ringtime>{asks}"
            f"<relationid>{escape(batch.name)}</relationid></header><body>{said}{numbers}"
            f"<keys><keydetail><keyinfo>{batch.refuse_key}</keyinfo>"
            f"<text>{escape(batch.refused_words)}</text></keydetail></keys></body></mainbody>")


def _refusal(code: str, status: int) -> Handed:
    if code == "30" or status == 401:
        return Never(_ACCOUNT, account=True)
    if code in _NEVER:
        return Never(_NEVER[code])
    if code in _LATER:
        return Later(f"Netgsm {code}", _LATER[code])
    return undescribed("Netgsm", status)


def _report(line: str, outside_id: str) -> VoiceReport | None:
    parts = line.split()
    if len(parts) < 3 or parts[0] != outside_id or not parts[2].isdigit():
        return None
    delivery, reason = _STATES.get(int(parts[2]), (Delivery.WAITING, parts[2]))
    pressed = parts[3] if len(parts) > 3 else ""
    key = "" if pressed in _NO_KEY or delivery is not Delivery.DELIVERED else pressed
    to = called(parts[1])
    return VoiceReport(outside_id, to, delivery, key, reason=reason)


def _number(to: str) -> str:
    return to.removeprefix("+90") if to.startswith("+90") else f"00{to.removeprefix('+')}"


@hookimpl
def gateway_kinds() -> Sequence[GatewayKind]:
    """Accounts for calls at Netgsm."""
    return [GatewayKind("netgsm-voice", "ARAMA", Said("Netgsm sesli mesaj", "Netgsm calls"), (
        KindField("user", Said("Kullanıcı adı (abone no)", "User name (subscriber number)")),
        KindField("password", Said("API parolası", "API password"), secret=True),
        HOME_FIELD), _made, pushes=False)]


def _made(values: Mapping[str, str]) -> NetgsmVoice:
    return NetgsmVoice(values["user"], values["password"], values.get("url") or HOME,
                       transport=CheckedTransport())
