"""Verimor's «otomatik arama» campaigns: an order in JSON, each call's result pushed as a form."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from ileti.simulator.desk import Answer, Call
from ileti.simulator.gateways.phones import Account, Phones, is_phone, national
from ileti.simulator.gateways.switchboard import (
    ANSWERED,
    BUSY,
    IYS_SAYS_NO,
    UNANSWERED,
    UNKNOWN,
    UNREACHABLE,
    Line,
    Order,
    as_form,
    post_form,
)

TEXT = "text/plain; charset=utf-8"
STATES = {ANSWERED: "Cevaplandı", UNANSWERED: "Cevapsız", UNREACHABLE: "Ulaşılamıyor",
          BUSY: "Meşgul", UNKNOWN: "Hatalı Numara", IYS_SAYS_NO: "İYS izni yok"}
#: the trial account's file
RECORDINGS = {"128": "Kayıt: Defne Ev kampanyası."}


def serve(phones: Phones, call: Call) -> Answer:
    """One call of the exchange."""
    path = call.path.removeprefix("/gw/verimor-voice")
    if path != "/ivr_campaigns.json" or call.method != "POST":
        return Answer(404, b"Not Found", TEXT)
    try:
        said = json.loads(call.body)
    except (ValueError, RecursionError):
        return _no("INVALID_JSON")
    if not isinstance(said, dict):
        return _no("INVALID_JSON")
    account = phones.accounts["verimor-voice"].get(str(said.get("key")))
    if account is None:
        return Answer(401, b"Unauthorized", TEXT)
    fault, order = _read(account, said)
    if order is None:
        return _no(fault)
    if order.results and post_form(order.results, b"") != 200:
        return _no("webhook_url is invalid")
    return Answer(200, phones.calls.take(order).encode(), TEXT)


def _read(account: Account, said: dict[str, Any]) -> tuple[str, Order | None]:
    lines = said.get("phone_list")
    if not said.get("name"):
        return "name can't be blank", None
    if said.get("cli") not in account.titles:
        return "cli is invalid", None
    if not isinstance(lines, list) or not lines or not all(
            isinstance(one, dict) and is_phone(str(one.get("phone"))) for one in lines):
        return "phone_list is invalid", None
    keys = {name[-1]: str(target) for name, target in said.items()
            if re.fullmatch("digit_target_[0-9]", name) and target}
    if not keys:
        return "digit_target can't be blank", None
    kind = None
    if said.get("is_commercial"):
        kind = str(said.get("iys_recipient_type"))
        if kind not in ("BIREYSEL", "TACIR"):
            return "iys_recipient_type is invalid", None
        if account.brand is None or str(said.get("iys_brand_code")) != str(account.brand):
            return "iys_brand_code is invalid", None
    opening = RECORDINGS.get(str(said.get("welcome_announcement_id", "")), "")
    calls = [(national(str(one["phone"])), _said(one, opening)) for one in lines]
    if not all(words for _, words in calls):
        return "welcome_announcement_id is invalid", None
    return "", Order("verimor-voice", str(said["cli"]), kind, account.brand or 0,
                     {key: _after(target) for key, target in keys.items()},
                     str(said.get("webhook_url") or ""), calls)


def _said(line: dict[str, Any], opening: str) -> str:
    """The opening and the phrase, with the files it names read out."""
    phrase = re.sub(r"#(\d+)", lambda found: RECORDINGS.get(found[1], ""),
                    str(line.get("phrase") or ""))
    return " ".join(part for part in (opening, phrase.strip()) if part)


def _after(target: str) -> str:
    kind, _, rest = target.partition("/")
    return rest.partition("/")[2] if kind == "tts" else RECORDINGS.get(rest, "")


def form_of(one: Line) -> bytes:
    """One result as it is pushed."""
    digit = one.key or (f"!{one.wrong}" if one.wrong else "-")
    moment = one.ended or one.began
    return as_form({
        "notification_id": str(one.number), "notification_date": _utc(moment),
        "domain_id": "429", "ivr_campaign_id": one.order, "ivr_campaign_name": "deneme",
        "ivr_lead_id": str(one.number), "phone": one.to.removeprefix("+"),
        "digit": digit if one.state == ANSWERED else "", "status": STATES.get(one.state, "Hata"),
        "call_uuid": one.uuid})


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _no(word: str) -> Answer:
    return Answer(400, word.encode(), TEXT)
