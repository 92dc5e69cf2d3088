"""Links by which a recipient of e-mails refuses at İYS (İYS API §11, via-hash-links).

A provider asks for up to a hundred links and puts them into its e-mails; a person who opens one
within 90 days and confirms takes back the consent, with the source `IYS_EPOSTA`. What such a link
looks like is not documented: here it leads to the simulator. Opening it changes nothing, since mail
scanners open links too; the button does.
"""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from html import escape
from typing import Any

from ileti.simulator.access import MOST
from ileti.simulator.addresses import is_email
from ileti.simulator.brands import brand_for, refuse_channel
from ileti.simulator.clock import read, written
from ileti.simulator.codes import CODES, Refused, error, refuse
from ileti.simulator.desk import Answer, Call, Desk, answer
from ileti.simulator.entries import RECIPIENT_TYPES, address_errors
from ileti.simulator.records import Brand, ConsentKey, Movement

DAYS = 90
PAGE = (
    "<!doctype html><html lang=\"tr\"><meta charset=\"utf-8\"><title>Ret</title>"
    "<p>{text}</p>{form}</html>"
)
FORM = "<form method=\"post\"><button>Ret veriyorum</button></form>"


def give_links(desk: Desk, call: Call) -> Answer:
    """`POST …/via-hash-links`: a link for each, H568 in place of one where there is no ONAY."""
    brand = brand_for(desk, call)
    wanted = call.object("H097").get("recipients", ...)
    if wanted is ...:
        raise refuse("H168", ["recipients"])
    if not isinstance(wanted, list):
        raise refuse("H478", ["recipients"], wanted)
    if not wanted:
        raise refuse("H164", ["recipients"], wanted)
    if len(wanted) > MOST:
        raise refuse("H127", ["recipients"])
    found = [_faults(desk, brand, place, one) for place, one in enumerate(wanted)]
    if faults := [fault for faults in found for fault in faults]:
        raise Refused(faults)
    refuse_channel(call, brand, "EPOSTA", write=True)
    return answer([_link(desk, call, brand, one) for one in wanted])


def open_link(desk: Desk, call: Call) -> Answer:
    """`GET` shows a button; `POST`, its press, records the refusal."""
    number = call.named["link"]
    with desk.registry.lock:
        desk.registry.settle()
        key, made = desk.registry.links.get(number, (None, ""))
        now = desk.clock.now_text()
        if key is None or written(read(made) + timedelta(days=DAYS)) < now:
            return _page("Bu bağlantı geçersiz ya da süresi dolmuş.", 404)
        history = desk.registry.history(*key)
        if history is None or history[-1].status == "RET":
            return _page("Bu adrese gönderim için izin yok; yapılacak bir şey kalmadı.", 200)
        if call.method != "POST":
            name = escape(desk.registry.brands[key.brand].name)
            return _page(f"{name} size e-posta göndermesin mi?", 200, FORM)
        desk.registry.act_as_citizen(Movement(
            key.brand, key.recipient, key.recipient_type, key.type, "RET", "IYS_EPOSTA", now, now,
            os.urandom(32).hex(),
        ))  # fmt: skip
    return _page("Ret kaydedildi.", 200)


def _link(desk: Desk, call: Call, brand: Brand, wanted: dict[str, Any]) -> dict[str, Any]:
    key = ConsentKey(brand.code, wanted["recipientType"], "EPOSTA", wanted["recipient"].lower())
    with desk.registry.lock:
        desk.registry.settle()
        history = desk.registry.history(*key)
        if not history or history[-1].status != "ONAY":
            return {"recipient": wanted["recipient"], "code": "H568", "message": CODES["H568"][1]}
        number = secrets.token_urlsafe(24)
        desk.registry.keep_link(number, key, desk.clock.now_text())
    return {"url": f"{call.origin}/ret/{number}", "recipient": wanted["recipient"]}


def _faults(desk: Desk, brand: Brand, place: int, wanted: Any) -> list[dict[str, Any]]:
    if not isinstance(wanted, dict):
        return [error("H097", ["recipients", place], wanted)]
    found = []
    kind, recipient = wanted.get("recipientType"), wanted.get("recipient")
    if kind in (None, ""):
        found.append(error("H170", ["recipients", place, "recipientType"]))
    elif not isinstance(kind, str) or kind not in RECIPIENT_TYPES:
        found.append(error("H116", ["recipients", place, "recipientType"], kind))
    if recipient in (None, ""):
        found.append(error("H114", ["recipients", place, "recipient"]))
    elif not isinstance(recipient, str) or not is_email(recipient.lower()):
        where: list[str | int] = ["recipients", place, "recipient"]
        code = address_errors(recipient, "ARAMA", desk.frame(desk.provider_of(brand)))
        if code:  # a phone is no fault, it only has no e-mail consent (H568)
            found.append(error("H120" if "@" in str(recipient) else code, where, recipient))
    return found


def _page(text: str, status: int, form: str = "") -> Answer:
    return Answer(status, PAGE.format(text=text, form=form).encode(), "text/html; charset=utf-8")
