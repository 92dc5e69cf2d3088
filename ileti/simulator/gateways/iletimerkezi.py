"""İleti Merkezi's JSON API (sms-gateways §6.3): send, report, titles, and the body it pushes."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ileti.simulator.desk import Answer, Call, answer
from ileti.simulator.gateways.phones import (
    DELIVERED,
    ON_THE_WAY,
    Account,
    Message,
    Phones,
    is_phone,
    national,
)

MOST, MOST_ROWS = 50_000, 1_000
WORDS = {200: "İşlem başarılı", 400: "İstek çözümlenemedi", 401: "Üyelik bilgileri hatalı",
         404: "API istek yapılan yönteme sahip değil", 422: "Bazı değerler hatalı",
         450: "Gönderilen başlık kullanıma uygun değil", 452: "Mesaj alıcıları hatalı",
         453: "Sipariş boyutu aşıldı", 454: "Mesaj metni boş", 455: "Sipariş bulunamadı",
         459: "Başlık boş", 468: "İYS kontrolü belirtilmeli", 469: "İYS listesi seçilmeli",
         470: "Hesapta İYS kodu yok"}


def serve(phones: Phones, call: Call) -> Answer:
    """One call below ``/v1``."""
    service = {"/v1/send-sms/json": _send, "/v1/get-report/json": _report,
               "/v1/get-sender/json": _titles}.get(call.path.removeprefix("/gw/iletimerkezi"))
    if service is None or call.method != "POST":
        return _said(404)
    try:
        request = json.loads(call.body)["request"]
        login = request["authentication"]
        account = phones.accounts["iletimerkezi"].get(str(login["key"]))
        order = request.get("order") or {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return _said(400)
    if account is None or account.password != login.get("hash"):
        return _said(401)
    return service(phones, account, order) if isinstance(order, dict) else _said(400)


def _send(phones: Phones, account: Account, order: dict[str, Any]) -> Answer:
    sender, message = order.get("sender"), order.get("message")
    message = message if isinstance(message, dict) else {}
    text = message.get("text")
    numbers = (message.get("receipents") or {}).get("number")
    if not sender:
        return _said(459)
    if sender not in account.titles:
        return _said(450)
    if order.get("iys") not in ("0", "1"):
        return _said(468)
    kind = None
    if order["iys"] == "1":
        kind = order.get("iysList")
        if kind not in ("BIREYSEL", "TACIR"):
            return _said(469)
        if account.brand is None:
            return _said(470)
    if not isinstance(text, str) or not text:
        return _said(454)
    if not isinstance(numbers, list) or not numbers or not all(
            isinstance(one, str) and is_phone(one) for one in numbers):
        return _said(452)
    if len(numbers) > MOST:
        return _said(453)
    job = phones.take(account, sender, [("", national(one), text) for one in numbers],
                      commercial=kind)
    return _said(200, order={"id": job})


def _report(phones: Phones, _account: Account, order: dict[str, Any]) -> Answer:
    found = phones.jobs.get(str(order.get("id")))
    if found is None:
        return _said(455)
    page, rows = int(order.get("page") or 1), int(order.get("rowCount") or MOST_ROWS)
    if page < 1 or not 1 <= rows <= MOST_ROWS:
        return _said(422)
    now = phones.now()
    states = [one.state(now) for one in found]
    waiting, good = states.count(ON_THE_WAY), states.count(DELIVERED)
    return _said(200, order={
        "id": order["id"], "status": 113 if waiting else 114, "total": len(found),
        "delivered": good, "undelivered": len(found) - good - waiting, "waiting": waiting,
        "sender": found[0].sender if found else "",
        "message": [{"number": one.to, "status": _state(one, now)}
                    for one in found[(page - 1) * rows:page * rows]]})


def _state(one: Message, now: datetime) -> int:
    state = one.state(now)
    return 110 if state == ON_THE_WAY else 111 if state == DELIVERED else 112


def pushed(one: Message, now: datetime) -> dict[str, Any]:
    """One report as it is pushed; whom İYS does not allow is simply undelivered."""
    word = {110: "accepted", 111: "delivered", 112: "undelivered"}[_state(one, now)]
    return {"report": {"id": one.job, "packet_id": str(one.number), "status": word, "to": one.to,
                       "body": one.text}}


def _titles(_phones: Phones, account: Account, _order: dict[str, Any]) -> Answer:
    return _said(200, senders={"sender": sorted(account.titles)})


def _said(code: int, **more: Any) -> Answer:
    return answer({"response": {"status": {"code": code, "message": WORDS[code]}} | more},
                  code if code in (200, 400, 401, 404, 422) else 422)
