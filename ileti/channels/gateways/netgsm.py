"""SMS by Netgsm, REST v2 (facts, sms-gateways §6.1).

``iysfilter`` tells Netgsm whether to ask İYS: ``0`` for messages that need no consent, ``11`` and
``12`` for commercial ones to individuals and to merchants. It takes different texts in one call and
answers one job number; reports name job and phone. Refusals come as HTTP 406 with a code.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from ileti.channels.gateways.spoken import (
    HOME_FIELD,
    Failed,
    call,
    e164,
    parsed,
    undescribed,
)
from ileti.channels.segments import encoding_of
from ileti.channels.sms import (
    Batch,
    Delivery,
    Handed,
    InDoubt,
    Later,
    Never,
    Page,
    Report,
    Taken,
    Unreadable,
)
from ileti.consents.vocabulary import RecipientType
from ileti.core import clock
from ileti.core.http import OutgoingClient, Transport
from ileti.core.target import CheckedTransport
from ileti.hooks.kinds import GatewayKind, KindField, Said
from ileti.hooks.specs import hookimpl

HOME: Final = "https://api.netgsm.com.tr"
_FILTERS: Final = {None: "0", RecipientType.BIREYSEL: "11", RecipientType.TACIR: "12"}
_PAGE: Final = 100
_MOST_PAGES: Final = 500
_ACCOUNT: Final = {
    "30": "Netgsm: user name, password, API permission or network address is not accepted (30)",
    "40": "Netgsm does not know this sender title (40)",
    "50": "Netgsm: the account may not send İYS-controlled messages (50)",
    "51": "Netgsm: no İYS brand is set on the account (51)",
}
_NEVER: Final = {
    "20": "Netgsm: the text is faulty or too long (20)", "60": "Netgsm: no such record (60)",
    "70": "Netgsm: a parameter is faulty (70)",
}
_LATER: Final = {"80": 60.0, "85": 60.0}
#: the provider's own faults: nobody says whether the job was queued before
_BROKEN: Final = ("100", "101")
# 0 is «not delivered» in one description and «waiting» in another: nothing final is read from it.
_DELIVERIES: Final = {
    0: Delivery.WAITING, 1: Delivery.DELIVERED, 2: Delivery.WAITING, 3: Delivery.NOT_DELIVERED,
    4: Delivery.NOT_DELIVERED, 11: Delivery.NOT_DELIVERED, 12: Delivery.NOT_DELIVERED,
    13: Delivery.NOT_DELIVERED, 100: Delivery.NOT_DELIVERED, 101: Delivery.NOT_DELIVERED,
    102: Delivery.NOT_DELIVERED, 103: Delivery.NOT_DELIVERED,
}


class Netgsm:
    """One account; ``url`` is another home for trials."""

    name = "netgsm"
    most = 10_000
    many_texts = True

    def __init__(self, user: str, password: str, url: str = HOME, *,
                 transport: Transport | None = None) -> None:
        self._client = OutgoingClient(url, read=60.0, transport=transport)
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}"}

    def send(self, batch: Batch) -> Handed:
        """Hand a batch over."""
        said: dict[str, Any] = {
            "msgheader": batch.sender, "iysfilter": _FILTERS[batch.commercial],
            "messages": [{"msg": one.text, "no": _number(one.to)} for one in batch.messages],
            "appname": "Ileti"}
        if any(encoding_of(one.text)[1] for one in batch.messages):
            said["encoding"] = "TR"
        try:
            status, text = call(self._client, "/sms/rest/v2/send", said, note="netgsm send",
                                headers=self._headers)
        except Failed as error:
            return error.told
        answer = parsed(text)
        code, job = str(answer.get("code", "")), str(answer.get("jobid") or "")
        if code == "00" and job:
            return Taken(job[:120])
        return _refusal(code, status)

    def reports(self, outside_id: str) -> list[Report]:
        """What became of a job so far, as far as Netgsm tells it now."""
        found: list[Report] = []
        for number in range(_MOST_PAGES):
            told = self.page(outside_id, number)
            if isinstance(told, Later):
                break
            found += told.reports
            if told.last:
                break
        return found

    def page(self, outside_id: str, number: int) -> Page | Later:
        """One page of a job's reports, since Netgsm allows ten calls a minute (code 80)."""
        now = clock.now()
        try:
            _, text = call(self._client, "/sms/rest/v2/report", {
                "jobids": [outside_id], "startdate": _day(now - timedelta(days=30)),
                "stopdate": _day(now + timedelta(days=1)), "pagenumber": number,
                "pagesize": _PAGE}, note="netgsm report", headers=self._headers)
        except Failed as error:
            return Later(str(error), getattr(error.told, "after", None))
        answer = parsed(text)
        code, jobs = str(answer.get("code", "")), answer.get("jobs")
        if code in _LATER:
            return Later(f"Netgsm {code}", _LATER[code])
        lines = jobs if isinstance(jobs, list) else []
        return Page([report for line in lines if (report := _report(line)) is not None],
                    len(lines) < _PAGE or number + 1 >= _MOST_PAGES)

    def pushed(self, body: bytes) -> list[Report]:
        """Netgsm is asked; what it pushes is not described."""
        raise Unreadable("Netgsm pushes no reports")

    def senders(self) -> list[str] | None:
        """The titles of the account."""
        try:
            _, text = call(self._client, "/sms/rest/v2/msgheader", {}, note="netgsm titles",
                           headers=self._headers)
        except Failed:
            return None
        titles = parsed(text).get("msgheaders")
        return [str(one) for one in titles] if isinstance(titles, list) else None


def _refusal(code: str, status: int) -> Handed:
    if code in _ACCOUNT:
        return Never(_ACCOUNT[code], account=True)
    if code in _NEVER:
        return Never(_NEVER[code])
    if code in _LATER:
        return Later(f"Netgsm {code}", _LATER[code])
    if code in _BROKEN:
        return InDoubt(f"Netgsm: system fault ({code})")
    if status == 401:
        return Never(_ACCOUNT["30"], account=True)
    return undescribed("Netgsm", status)


def _report(line: Any) -> Report | None:
    try:
        status = int(line["status"])
        return Report(str(line["jobid"]), e164(str(line["number"])),
                      _DELIVERIES.get(status, Delivery.WAITING),
                      "" if status in (0, 1, 2) else str(line.get("errorCode") or status),
                      _moment(str(line.get("deliveredDate") or "")))
    except (KeyError, TypeError, ValueError):
        return None


def _number(to: str) -> str:
    return to.removeprefix("+90") if to.startswith("+90") else to.removeprefix("+")


def _day(moment: datetime) -> str:
    return f"{clock.to_istanbul(moment):%d.%m.%Y %H:%M:%S}"


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%d.%m.%Y %H:%M:%S").replace(tzinfo=clock.ISTANBUL)
    except ValueError:
        return None


@hookimpl
def gateway_kinds() -> Sequence[GatewayKind]:
    """Accounts at Netgsm."""
    return [GatewayKind("netgsm", "MESAJ", Said("Netgsm", "Netgsm"), (
        KindField("user", Said("Kullanıcı adı (abone no)", "User name (subscriber number)")),
        KindField("password", Said("API parolası", "API password"), secret=True),
        HOME_FIELD), _made, pushes=False)]


def _made(values: Mapping[str, str]) -> Netgsm:
    return Netgsm(values["user"], values["password"], values.get("url") or HOME,
                 transport=CheckedTransport())
