"""The page at ``/calls``: phones that ring, what a person hears, and a person's hands.

Server-rendered and without JavaScript like the page at ``/``: one takes a call up, presses a key or
hangs up, and the provider tells our side what became of it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from ileti.simulator.desk import Answer, Call, Desk, answer
from ileti.simulator.gateways.desk import STATES
from ileti.simulator.gateways.switchboard import RINGING, TALKING, Line
from ileti.simulator.pages import POLICY, Headers, spaced, template
from ileti.simulator.words import WORDS

PATHS = ("/calls", "/_act/call")
MOST_SHOWN = 50
KEYS = "1234567890"


def calls_page(desk: Desk, call: Call, *, foreign: bool) -> tuple[Answer, Headers]:
    """The page, or what one of its buttons does; a form sent from another site is refused."""
    headers: Headers = [("Content-Security-Policy", POLICY), ("Referrer-Policy", "same-origin"),
                        ("X-Frame-Options", "DENY"), ("Cache-Control", "no-store")]
    if call.path == "/calls" and call.method in ("GET", "HEAD"):
        html = _rendered(desk, call.args).encode("utf-8", "replace")
        return Answer(200, html, "text/html; charset=utf-8"), headers
    if call.path != "/_act/call" or call.method != "POST" or foreign:
        return answer({"message": "Bu form buradan gönderilemez."}, 403), headers
    form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
    act, _, key = form.get("act", "").partition(":")
    number = form.get("number", "")
    done = desk.phones.calls.act(int(number) if number.isdigit() else 0, act, key)
    back = {"failed": "call"} if done is None else {}
    if form.get("lang") == "en":
        back["lang"] = "en"
    return Answer(303), [*headers, ("Location", f"/calls?{urlencode(back)}")]


def _rendered(desk: Desk, args: dict[str, str]) -> str:
    language = 1 if args.get("lang") == "en" else 0
    board = desk.phones.calls
    board.settle()
    with board.lock:
        lines = list(board.lines)[-MOST_SHOWN:]
    rows = [_row(one) for one in reversed(lines)]
    return str(template("calls.html").render(
        t=lambda name, **more: WORDS[name][language].format(**more),
        language=("tr", "en")[language], now=desk.clock.now(), failed=args.get("failed") == "call",
        live=[one for one in rows if one["state"] in ("ringing", "talking")],
        over=[one for one in rows if one["state"] not in ("ringing", "talking")], keys=KEYS))


def _row(one: Line) -> dict[str, Any]:
    return {
        "number": one.number, "to": spaced(one.to), "from": spaced(_shown(one.caller)),
        "provider": "Netgsm" if one.provider == "netgsm-voice" else "Verimor",
        "state": STATES[one.state], "ringing": one.state == RINGING,
        "talking": one.state == TALKING, "heard": one.heard, "key": one.key or one.wrong,
        "began": one.began}


def _shown(caller: str) -> str:
    return f"+{caller}" if caller.startswith("90") else f"+90{caller}"
