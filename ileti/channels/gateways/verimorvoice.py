"""Calls by Verimor, «otomatik arama» of Bulutsantral (docs/voice.md: the wire and our readings).

One order is a campaign of the exchange; every call's result is pushed as a form to an address that
the order names and that Verimor first tries with an empty one. There is nothing to ask for. Words
are said by its text-to-speech module, a recording is a file that lies there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs

from ileti.channels.gateways.spoken import HOME_FIELD, Failed, call, called, undescribed
from ileti.channels.sms import Delivery, Handed, Later, Never, Taken, Unreadable
from ileti.channels.voice import KEYS, Call, CallBatch, VoiceReport, refuse_unfit
from ileti.core import clock
from ileti.core.http import OutgoingClient, Transport
from ileti.core.target import CheckedTransport
from ileti.hooks.kinds import GatewayKind, KindField, Said
from ileti.hooks.specs import hookimpl

HOME: Final = "https://api.bulutsantralim.com"
_RING_SECONDS: Final = 30
_END: Final = "hangup/hangup"
_ANSWERED: Final = frozenset({"Cevaplandı", "Başarılı", "NORMAL_CLEARING", "NORMAL_UNSPECIFIED"})
_BLOCKED: Final = frozenset({"İYS izni yok", "NOT_ALLOWED_BY_IYS"})
_ACCOUNT: Final = ("key", "cli", "iys_brand_code")


class VerimorVoice:
    """One exchange by its API key; ``url`` is another home for trials."""

    name = "verimor-voice"
    most = 10_000
    many_texts = True

    def __init__(self, key: str, url: str = HOME, *, transport: Transport | None = None) -> None:
        self._client = OutgoingClient(url, read=60.0, transport=transport)
        self._key = key

    def send(self, batch: CallBatch) -> Handed:
        """Order calls, from now until the batch's end."""
        refuse_unfit(batch, many_texts=True)
        now = clock.to_istanbul(clock.now())
        if clock.to_istanbul(batch.until) <= now:
            return Later("the hours of calls are over")
        try:
            status, text = call(self._client, "/ivr_campaigns.json", self._order(batch, now),
                                note="verimor voice")
        except Failed as error:
            return error.told
        word = text.strip()[:120]
        if status == 200 and word.isdigit():
            return Taken(word)
        return _refusal(status, word)

    def reports(self, outside_id: str) -> list[VoiceReport]:
        """Verimor pushes results and has no call for them."""
        return []

    def pushed(self, body: bytes) -> list[VoiceReport]:
        """One result as Verimor pushes it; raises Unreadable."""
        return read_pushed(body)

    def _order(self, batch: CallBatch, now: datetime) -> dict[str, Any]:
        ends = clock.to_istanbul(batch.until)
        said: dict[str, Any] = {
            "key": self._key, "call_type": "ivr", "name": batch.name,
            "date_range_begin": f"{now:%Y-%m-%d}", "date_range_end": f"{ends:%Y-%m-%d}",
            "time_range_begin": f"{now:%H:%M}", "time_range_end": f"{ends:%H:%M}",
            "active_days": [1, 2, 3, 4, 5, 6, 7], "ring_timeout": _RING_SECONDS,
            "cli": batch.caller.removeprefix("+"), "call_retries": 0, "digit_retries": 0,
            f"digit_target_{batch.refuse_key}": _thanks(batch.refused_words),
            "timeout_target": _END, "invalid_target": _END, "webhook_url": batch.results,
            "is_commercial": batch.commercial is not None,
            "phone_list": [{"phone": _number(one.to)} for one in batch.calls]}
        recordings = {one.recording for one in batch.calls}
        if len(recordings) == 1 and "" not in recordings:
            said["welcome_announcement_id"] = recordings.pop()
        else:
            for line, one in zip(said["phone_list"], batch.calls, strict=True):
                line |= {"phrase": _phrase(one), "lang": "tr-TR"}
        if batch.commercial is not None:
            said |= {"iys_recipient_type": batch.commercial.name,
                     "iys_brand_code": str(batch.brand_code or "")}
        return said


def read_pushed(body: bytes) -> list[VoiceReport]:
    """One result as Verimor pushes it; an empty body is its trial of the address. Raises
    Unreadable."""
    if not body.strip():
        return []
    try:
        said = {name: values[0] for name, values in parse_qs(
            body.decode(), keep_blank_values=True, max_num_fields=50).items()}
    except (UnicodeDecodeError, ValueError) as error:
        raise Unreadable("no form") from error
    if not {"ivr_campaign_id", "phone", "status", "call_uuid"} <= said.keys():
        raise Unreadable("not a result of a call")
    return [_report(said)]


def _number(to: str) -> str:
    return to.removeprefix("+") if to.startswith("+90") else f"00{to.removeprefix('+')}"


def _phrase(one: Call) -> str:
    """What one person hears: plain words, or ``#`` and the number of a file."""
    return one.words.replace("#", " ") if one.words else f"#{one.recording}"


def _thanks(words: str) -> str:
    said = " ".join(words.replace("/", " ").split())
    return f"tts/tr-TR/{said}" if said else _END


def _refusal(status: int, word: str) -> Handed:
    if status in (401, 403):
        return Never(f"Verimor: the API key or network address is not accepted ({status})",
                     account=True)
    if status in (400, 422) and word and word.isascii() and "<" not in word:
        return Never(f"Verimor: {_without_digits(word)}", account=word.startswith(_ACCOUNT))
    return undescribed("Verimor", status)


def _without_digits(word: str) -> str:
    """A reason may quote what was sent; numbers of people do not belong into it."""
    return "".join("#" if one.isdigit() else one for one in word)


def _report(said: dict[str, str]) -> VoiceReport:
    status, digit = said["status"].strip(), said.get("digit", "").strip()
    delivery = Delivery.DELIVERED if status in _ANSWERED or digit in KEYS else (
        Delivery.BLOCKED_BY_IYS if status in _BLOCKED else Delivery.NOT_DELIVERED)
    return VoiceReport(
        said["ivr_campaign_id"][:120], called(said["phone"]), delivery,
        digit if digit in KEYS else "", at=_moment(said.get("notification_date", "")),
        call=said["call_uuid"][:80],
        reason="" if delivery is Delivery.DELIVERED else status[:80])


def _moment(text: str) -> datetime | None:
    """``2017-05-10 13:18:56 UTC``."""
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    except ValueError:
        return None


@hookimpl
def gateway_kinds() -> Sequence[GatewayKind]:
    """Accounts for calls at Verimor; results come to the address that each order names, so the
    account itself is pushed nothing."""
    return [GatewayKind("verimor-voice", "ARAMA", Said("Verimor Bulutsantral", "Verimor calls"), (
        KindField("key", Said("API anahtarı", "API key"), secret=True),
        HOME_FIELD), _made, pushes=False)]


def _made(values: Mapping[str, str]) -> VerimorVoice:
    return VerimorVoice(values["key"], values.get("url") or HOME, transport=CheckedTransport())
