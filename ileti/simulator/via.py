"""İleti ViA: İYS asks the person itself and records the consent (İYS API §11).

A provider starts a process on an approved form; the person gets a code (or a link) and the provider
completes it with the code; the consent then has a source of İYS's. Forms, credit and processes end
with a restart; `/_control/via` gives the first two, tells a test the code the person would have
read, and presses the link. İYS prints most of the codes without the request that causes them. The
rest of the family (KVK texts, ViA Pass, ViA Frame) is not here.
"""

from __future__ import annotations

import io
import os
import secrets
import uuid
import zipfile
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ileti.simulator.addresses import is_email, is_phone
from ileti.simulator.brands import number_in, refuse_by_subscription
from ileti.simulator.clock import written
from ileti.simulator.codes import refuse
from ileti.simulator.desk import Answer, Call, Desk, answer
from ileti.simulator.entries import RECIPIENT_TYPES
from ileti.simulator.identity import account_of
from ileti.simulator.records import Movement, Partner, Provider

KINDS = {
    "SMS_OTP": ("MESAJ", "ARAMA"), "SMS_SHORTURL": ("MESAJ", "ARAMA"),
    "EPOSTA_OTP": ("EPOSTA",), "EPOSTA_SHORTURL": ("EPOSTA",), "EPOSTA_APPROVALURL": ("EPOSTA",),
}  # fmt: skip
"""Way of asking → channels a consent may be given for by it."""

OTP_SECONDS, LINK_SECONDS, MOST_TRIES = 180, 24 * 3600, 3


@dataclass(slots=True)
class Process:
    """One question to one person."""

    number: str
    iys_code: int
    recipient: str
    kind: str
    wanted: list[dict[str, Any]]
    otp: str
    until: str
    tries: int = 0
    stage: str = "CONSENT_REQUESTED"
    status: str = "PENDING"
    given: list[dict[str, Any]] = field(default_factory=list)


def start(desk: Desk, call: Call) -> Answer:
    """`POST /via/sps/{iysCode}/consent`: ask a person (ETK consents only)."""
    provider = _provider(desk, call)
    body = call.object("H1016")
    for name in ("formId", "recipient", "verificationType", "consentTypes"):
        if body.get(name) in (None, "", []):
            raise refuse("H1005", [name])
    if not isinstance(body["consentTypes"], list):
        raise refuse("H1029", ["consentTypes"], body["consentTypes"])
    published = desk.registry.via_forms.get((provider.iys_code, str(body["formId"])))
    if published is None:
        raise refuse("H1055", ["formId"], body["formId"])
    if not published:
        raise refuse("H1000", ["formId"], body["formId"])
    kind = body["verificationType"]
    if not isinstance(kind, str) or kind not in KINDS:
        raise refuse("H1012", ["verificationType"], kind)
    recipient = _recipient(desk, kind, body["recipient"])
    wanted = [_wanted(desk, provider, kind, place, one)
              for place, one in enumerate(body["consentTypes"])]
    if len({one["title"] for one in wanted}) < len(wanted):
        raise refuse("H1060", ["consentTypes"])
    if desk.registry.via_credit.get(provider.iys_code, 0) == 0:
        raise refuse("H1015")
    seconds = OTP_SECONDS if kind.endswith("OTP") else LINK_SECONDS
    process = Process(
        str(uuid.uuid4()), provider.iys_code, recipient, kind, wanted,
        f"{secrets.randbelow(1_000_000):06d}",
        written(desk.clock.now() + timedelta(seconds=seconds)),
    )  # fmt: skip
    desk.registry.via[process.number] = process
    return answer({"message": {"requestId": process.number}, "code": "OK"})


def confirm(desk: Desk, call: Call) -> Answer:
    """`POST /via/sps/{iysCode}/confirmation`: complete by code; three wrong ones end it."""
    provider = _provider(desk, call)
    body = call.object("H1016")
    for name in ("requestId", "verificationType", "consentTypes"):
        if body.get(name) in (None, "", []):
            raise refuse("H1005", [name])
    process = _process(desk, provider, body["requestId"])
    if body["verificationType"] != process.kind:
        raise refuse("H1064", ["verificationType"], body["verificationType"])
    if process.status == "SUCCESS":
        raise refuse("H1032")
    if not process.kind.endswith("OTP"):
        raise refuse("H1010", ["verificationType"], process.kind)
    if process.tries >= MOST_TRIES:
        raise refuse("H1050")
    if process.until < desk.clock.now_text():
        process.status = "OTP_CODE_EXPIRED"
        raise refuse("H1051")
    codes = body["consentTypes"] if isinstance(body["consentTypes"], list) else []
    if not codes or any(not isinstance(one, dict) or one.get("otpCode") != process.otp
                        for one in codes):
        process.tries += 1
        process.status = "OTP_CODE_INCORRECT"
        raise refuse("H1052", ["otpCode"])
    return answer({"message": complete(desk, process), "code": "OK"})


def show_state(desk: Desk, call: Call) -> Answer:
    """`GET /via/sps/{iysCode}/consent/request/{requestId}`: how far it is."""
    process = _process(desk, _provider(desk, call), call.named["requestId"])
    if process.status == "PENDING" and process.until < desk.clock.now_text():
        otp = process.kind.endswith("OTP")
        process.status = "OTP_CODE_EXPIRED" if otp else "LINK_CLICK_TIMEOUT"
    return answer({"lastStatus": {"stage": process.stage, "status": process.status}})


def give_file(desk: Desk, call: Call) -> Answer:
    """`GET /via/sps/{iysCode}/via/clarification/{requestId}/file`: what the person was shown, as a
    ZIP; only of a completed process (H1072)."""
    process = _process(desk, _provider(desk, call), call.named["requestId"])
    if process.status != "SUCCESS":
        raise refuse("H1072")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"{process.number}.pdf", b"%PDF-1.4\n% made by the simulator\n%%EOF\n")
        archive.writestr(f"{process.number}.tsr", b"nobody signed this")
    return Answer(200, packed.getvalue(), "application/zip")


def complete(desk: Desk, process: Process) -> list[dict[str, Any]]:
    """Record what the person gave; one credit each, and sources of İYS's."""
    source = "IYS_KISAMESAJ" if process.kind.startswith("SMS") else "IYS_EPOSTA"
    for wanted in process.wanted:
        for brand in wanted["brandCodes"]:
            for channel in wanted["types"]:
                now = desk.clock.now_text()
                moved = desk.registry.act_as_citizen(Movement(
                    brand, process.recipient, wanted["recipientType"], channel, "ONAY", source, now,
                    now, os.urandom(32).hex(),
                ))  # fmt: skip
                process.given.append({
                    "transactionId": moved.transaction, "creationDate": now, "type": channel,
                    "brandCode": brand,
                })
    left = desk.registry.via_credit.get(process.iys_code, 0)
    desk.registry.via_credit[process.iys_code] = left if left < 0 else max(
        0, left - len(process.given))
    process.stage, process.status = "COMPLETED", "SUCCESS"
    return process.given


def _provider(desk: Desk, call: Call) -> Provider:
    if not call.bearer:
        raise refuse("H1038")
    account = account_of(desk, call, otherwise="H1045")
    code = number_in(call, "iysCode", "H1040")
    if isinstance(account, Partner):
        if not any(one["iysCode"] == code for one in account.rights):
            raise refuse("H1040", ["iysCode"], code)
        if not any(one.get("viaControl") for one in account.rights if one["iysCode"] == code):
            raise refuse("H1104")
    elif code != account.iys_code:
        raise refuse("H1040", ["iysCode"], code)
    provider = desk.registry.providers[code]
    refuse_by_subscription(account, provider)
    return provider


def _process(desk: Desk, provider: Provider, number: Any) -> Process:
    process: Process | None = desk.registry.via.get(str(number))
    if process is None or process.iys_code != provider.iys_code:
        raise refuse("H1030", ["requestId"], number)
    return process


def _recipient(desk: Desk, kind: str, recipient: Any) -> str:
    if not isinstance(recipient, str):
        raise refuse("H1029", ["recipient"], recipient)
    if kind.startswith("SMS"):
        if not is_phone(recipient, **desk.options.rules.phones()):
            raise refuse("H1026", ["recipient"], recipient)
        return recipient
    if not is_email(recipient.lower()):
        raise refuse("H1027", ["recipient"], recipient)
    return recipient.lower()


def _wanted(desk: Desk, provider: Provider, kind: str, place: int, one: Any) -> dict[str, Any]:
    where: list[str | int] = ["consentTypes", place]
    if not isinstance(one, dict):
        raise refuse("H1029", where, one)
    if one.get("title") != "ETK":
        raise refuse("H1013", [*where, "title"], one.get("title"))
    for name in ("brandCodes", "types", "recipientType"):
        if one.get(name) in (None, "", []):
            raise refuse("H1005", [*where, name])
    if not isinstance(one["brandCodes"], list) or not isinstance(one["types"], list):
        raise refuse("H1029", where)
    if any(code not in provider.brands for code in one["brandCodes"]):
        raise refuse("H1014", [*where, "brandCodes"], one["brandCodes"])
    if not isinstance(one["recipientType"], str) or one["recipientType"] not in RECIPIENT_TYPES:
        raise refuse("H1063", [*where, "recipientType"], one["recipientType"])
    if any(channel not in ("ARAMA", "MESAJ", "EPOSTA") for channel in one["types"]):
        raise refuse("H1085", [*where, "types"], one["types"])
    if len(set(one["types"])) < len(one["types"]):
        raise refuse("H1061", [*where, "types"], one["types"])
    if any(channel not in KINDS[kind] for channel in one["types"]):
        raise refuse("H1086", [*where, "types"], one["types"])
    if provider.used >= provider.consent_limit and not provider.limit_exceed:
        raise refuse("H1031")
    return one

