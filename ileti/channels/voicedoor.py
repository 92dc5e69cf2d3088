"""``/v/v1/``: results that voice providers push, and calls on a brand's number; in front of Flask.

``POST /v/v1/r/{token}`` takes a provider's own body. ``POST /v/v1/c/{token}`` is our own small
protocol in JSON for any exchange, and ``GET`` there the wire of Verimor's «müşteri tanıma», which
asks by GET whatever it asks; so a key pressed comes by GET too, and the address that nobody can
guess is what keeps others out (docs/voice.md); in production it is taken by https only. An address
that is not ours is a page that is not there. A failure is a sentence the exchange can say, and the
key is asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
import psycopg

from config import settings
from ileti.channels import presses
from ileti.channels.ivr import LONGEST_CALL, LONGEST_RECORDING, Number, Ring, Said, answer
from ileti.channels.ivr import open_number as open_address
from ileti.channels.sms import Unreadable
from ileti.core.calls import is_private
from ileti.core.errors import IletiError, StorageAway
from ileti.core.logs import get_logger
from ileti.core.whole import whole

log = get_logger("ileti.voice")

CALLS: Final = "/v/v1/c/"
MOST_BYTES: Final = 65_536
_LONGEST_DIGITS: Final = 20
_MOST_FIELDS: Final = 20
_STATUS: Final = {200: "200 OK", 400: "400 Bad Request", 404: "404 Not Found",
                  403: "403 Forbidden", 405: "405 Method Not Allowed", 413: "413 Content Too Large",
                  500: "500 Internal Server Error", 503: "503 Service Unavailable"}
_VERIMOR: Final = "verimor"
_END: Final = "hangup/hangup"

Environ = dict[str, Any]


class RingIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What an exchange says of a call in our protocol."""

    call: str
    caller: str
    step: int = 1
    digits: str = ""
    state: str = ""
    recording: str = ""


_decode = msgspec.json.Decoder(RingIn).decode
_encode = msgspec.json.Encoder().encode


def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI callable for every path below ``/v/v1/``."""
    try:
        status, said = _answered(environ)
    except IletiError as error:
        status, said = error.status if error.status in _STATUS else 400, {"code": error.code}
    except Unreadable:
        status, said = 400, {"code": "unreadable"}
    except psycopg.OperationalError:
        status, said = 503, {"code": StorageAway().code}
    except Exception:
        log.exception("voice_fault")
        status, said = 500, {"code": "fault"}
    raw = _encode(said)
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(raw))),
               ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
    if status == 503:
        headers.append(("Retry-After", "5"))
    start_response(_STATUS[status], headers)
    return [raw]


def _answered(environ: Environ) -> tuple[int, dict[str, Any]]:
    if not is_private(environ):
        return 403, {"code": "not_private"}
    path, method = str(environ.get("PATH_INFO", "")), environ.get("REQUEST_METHOD")
    if path.startswith(presses.RESULTS):
        if method != "POST":
            return 405, {"code": "wrong_method"}
        body = _body(environ)
        if body is None:
            return 413, {"code": "too_large"}
        new = presses.pushed(path.removeprefix(presses.RESULTS), body)
        log.info("voice_results", refused=new)
        return 200, {"ok": True}
    if not path.startswith(CALLS):
        return 404, {"code": "not_found"}
    token, _, state = path.removeprefix(CALLS).partition("/")
    number = open_address(token)
    if method == "GET":
        return 200, _by_verimor(number, token, state, str(environ.get("QUERY_STRING", "")))
    if method != "POST":
        return 405, {"code": "wrong_method"}
    body = _body(environ)
    return (413, {"code": "too_large"}) if body is None else (200, _by_json(number, body))


def _by_json(number: Number, body: bytes) -> dict[str, Any]:
    try:
        said = _decode(body)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as error:
        raise Unreadable("not our JSON") from error
    if not said.call or len(said.call) > LONGEST_CALL or not _clean(said.call + said.recording):
        raise Unreadable("no call")
    done = answer(number, Ring(
        "json", said.call, said.caller[:40], said.step, said.digits[:_LONGEST_DIGITS], said.state,
        said.recording[:LONGEST_RECORDING]))
    return {"say": done.words, "keys": list(done.keys), "state": done.state, "done": done.done,
            "hangUp": not done.keys}


def _by_verimor(number: Number, token: str, state: str, query: str) -> dict[str, Any]:
    """«Müşteri tanıma»: ``uuid``, ``cli``, ``cld``, ``step``, ``digits``. Its exchange keeps the
    recordings by the call's uuid, so that is the recording's name."""
    try:
        asked = {name: values[0] for name, values in parse_qs(
            query, keep_blank_values=True, max_num_fields=_MOST_FIELDS).items()}
    except ValueError as error:
        raise Unreadable("too many fields") from error
    call, step = asked.get("uuid", ""), asked.get("step", "1")
    if not call or len(call) > LONGEST_CALL or not _clean(call):
        raise Unreadable("no call")
    done = answer(number, Ring(
        _VERIMOR, call, asked.get("cli", "")[:40], whole(step) or 1,
        asked.get("digits", "")[:_LONGEST_DIGITS], state, f"{_VERIMOR}:{call}"))
    return _as_verimor(done, token)


def _as_verimor(done: Said, token: str) -> dict[str, Any]:
    if not done.keys:
        return {"transfer": {"greet_phrase": done.words, "target": _END}}
    way = f"/{done.state}" if done.state else ""
    return {"prompt": {
        "phrase": done.words, "min_digits": "1", "max_digits": "1", "retry_count": "2",
        "service_url": f"{settings().base_url}{CALLS}{token}{way}", "param_name": "digits"}}


def _clean(text: str) -> bool:
    return text.isprintable() and "\0" not in text


def _body(environ: Environ) -> bytes | None:
    """The body, or None when it is too large."""
    length = str(environ.get("CONTENT_LENGTH") or "")
    known = length.isascii() and length.isdigit()
    if known and int(length) > MOST_BYTES:
        return None
    raw: bytes = environ["wsgi.input"].read(int(length) if known else MOST_BYTES + 1)
    return None if len(raw) > MOST_BYTES else raw
