"""The page at ``/posta``: mailboxes as a person sees them, and a person's hands.

A mail's HTML comes from whoever wrote it, so it is shown in a frame without origin, scripts or
network (``sandbox`` twice: as an attribute and as its own policy).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ileti.simulator.delivery import is_usable
from ileti.simulator.desk import Answer, Call, answer
from ileti.simulator.mail.boxes import Arrived, Mailboxes
from ileti.simulator.mail.words import WORDS

PREFIX = "/posta"
POLICY = ("default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
          "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
FRAME_POLICY = ("sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
                "frame-ancestors 'self'")
STATUSES = ("5.1.1", "5.2.2", "5.7.1")
_HTML = "text/html; charset=utf-8"
Headers = list[tuple[str, str]]


def serve(boxes: Mailboxes, call: Call, template: Any, *, foreign: bool) -> tuple[Answer, Headers]:
    """A page, a mail's frame, or what a form does."""
    headers: Headers = [("Cache-Control", "no-store"), ("Referrer-Policy", "same-origin")]
    parts = call.path.removeprefix(PREFIX).strip("/").split("/")
    mail = boxes.find(int(parts[0])) if parts[0].isdigit() and len(parts[0]) < 10 else None
    if call.method == "POST":
        if foreign:
            return answer({"message": "Bu form buradan gönderilemez."}, 403), headers
        return _acted(boxes, call, mail, parts[-1], headers)
    if call.method not in ("GET", "HEAD"):
        return answer({"message": "Bu yol bu yöntemi almıyor."}, 405), headers
    if parts[0] and mail is None:
        return answer({"message": "Böyle bir ileti yok."}, 404), headers
    if mail is not None and parts[-1] == "html":
        return (Answer(200, mail.body("html").encode("utf-8", "replace"), _HTML),
                [*headers, ("Content-Security-Policy", FRAME_POLICY)])
    headers += [("Content-Security-Policy", POLICY), ("X-Frame-Options", "DENY")]
    html = _drawn(boxes, call, mail, template)
    return Answer(200, html.encode("utf-8", "replace"), _HTML), headers


def _acted(boxes: Mailboxes, call: Call, mail: Arrived | None, act: str, headers: Headers
           ) -> tuple[Answer, Headers]:
    form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
    if act == "kapi":
        url = form.get("url", "").strip()
        good = not url or is_usable(url, over_http=True)
        if good:
            boxes.door = url
        said = "door" if good else "bad_door"
    elif mail is None:
        return answer({"message": "Böyle bir ileti yok."}, 404), headers
    elif act == "yanit":
        said = boxes.answer(mail, form.get("text", "")[:4_000])
    elif act == "geri":
        status = form.get("status", "")
        said = boxes.bounce(mail, status if status in STATUSES else STATUSES[0])
    elif act == "sikayet":
        said = boxes.complain(mail)
    elif act == "cik":
        said = boxes.unsubscribe(mail)
    else:
        return answer({"message": "Böyle bir form yok."}, 404), headers
    back = urlencode({"said": said} | ({"lang": "en"} if form.get("lang") == "en" else {}))
    home = f"{PREFIX}/{mail.number}" if mail is not None else PREFIX
    return Answer(303), [*headers, ("Location", f"{home}?{back}")]


def _drawn(boxes: Mailboxes, call: Call, mail: Arrived | None, template: Any) -> str:
    language = 1 if call.args.get("lang") == "en" else 0
    box = call.args.get("kutu", "")[:320]
    said = call.args.get("said", "")
    return str(template.render(
        t=lambda name, **more: WORDS[name][language].format(**more),
        language=("tr", "en")[language], mail=mail and _shown(mail), box=box,
        mails=[_shown(one) for one in boxes.newest(box)] if mail is None else [],
        said=said if f"said_{said}" in WORDS else "", good=said in ("sent", "door"),
        door=boxes.door, port=boxes.port, statuses=STATUSES))


def _shown(mail: Arrived) -> dict[str, Any]:
    return {"number": mail.number, "to": mail.to, "from": mail.header("From"), "at": mail.at,
            "subject": " ".join(mail.header("Subject").split()), "text": mail.body("plain"),
            "html": bool(mail.body("html")), "unsubscribe": mail.unsubscribe,
            "one_click": mail.one_click, "envelope": mail.sender,
            "headers": _head(mail.raw)}


@lru_cache(maxsize=64)
def _head(raw: bytes) -> str:
    return raw.partition(b"\r\n\r\n")[0][:20_000].decode("utf-8", "replace").replace("\r\n", "\n")
