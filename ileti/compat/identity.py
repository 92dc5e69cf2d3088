"""``POST /oauth2/token``: İYS's token call with İYS's own sentences.

Why this module exists: this one call speaks OAuth's error form instead of codes, takes JSON and
forms, ignores keys it does not know, and answers wrong credentials with 400 (judgements §1.1).
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from ileti.compat.desk import Answer, Call
from ileti.compat.limits import count_token_call
from ileti.compat.refusals import Refused, fault
from ileti.programs import accounts

# Per field: absent, of the wrong JSON type, empty.
_SENTENCES: Final = {
    "grant_type": ("Giriş yöntemi belirtilmemiş.", "Desteklenmeyen giriş yöntemi.",
                   "Giriş yöntemi boş olamaz."),
    "refresh_token": ("Yenileme jetonu verilmemiş.", "Desteklenmeyen yenileme jetonu türü.",
                      "Yenileme jetonu boş olamaz."),
    "password": ("Şifre verilmemiş.", "Desteklenmeyen şifre türü.", "Şifre boş bırakılamaz."),
    "username": ("Kullanıcı adı verilmemiş.", "Desteklenmeyen kullanıcı adı türü.",
                 "Kullanıcı adı boş bırakılamaz."),
}
_KNOWN_ELSEWHERE: Final = {"client_credentials", "authorization_code", "implicit"}


class _NoToken(Exception):
    """OAuth's word and the sentence."""


def give_token(call: Call) -> Answer:
    """A pair of tokens for a password or a refresh token (§4); raises Refused H084."""
    count_token_call(call.address)
    try:
        fields = _fields(call)
        grant = _text(fields, "grant_type")
        if grant == "password":
            password, username = _text(fields, "password"), _text(fields, "username")
            return Answer(200, accounts.log_in(username, password, call.address))
        if grant == "refresh_token":
            return Answer(200, accounts.refresh(
                _text(fields, "refresh_token"), call.address))
        if grant in _KNOWN_ELSEWHERE:
            raise _NoToken("invalid_grant", _SENTENCES["grant_type"][1])
        raise _NoToken("invalid_request", "Bilinmeyen giriş yöntemi.")
    except accounts.TooManyTries as tries:
        raise Refused([fault("H084")], retry_after=tries.seconds) from None
    except accounts.WrongLogin:
        refreshed = fields.get("grant_type") == "refresh_token"
        kind, said = ("invalid_grant", "Yenileme jetonu geçersiz ya da süresi dolmuş.") \
            if refreshed else ("invalid_request", "Kullanıcı kimlik bilgileri geçersiz.")
        return Answer(400, {"error": kind, "error_description": said})
    except _NoToken as refused:
        return Answer(400, {"error": refused.args[0], "error_description": refused.args[1]})


def _fields(call: Call) -> dict[str, Any]:
    """The body's fields by its own content type; what is no object has none."""
    if call.content_type == "application/x-www-form-urlencoded":
        try:
            return dict(parse_qsl(call.body().decode(), keep_blank_values=True,
                                  max_num_fields=100))
        except ValueError:
            return {}
    try:
        fields = msgspec.json.decode(call.body())
    except (msgspec.DecodeError, RecursionError, ValueError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _text(fields: dict[str, Any], name: str) -> str:
    absent, wrong, empty = _SENTENCES[name]
    if name not in fields:
        raise _NoToken("invalid_request", absent)
    value = fields[name]
    if not isinstance(value, str):
        raise _NoToken("invalid_grant" if name == "grant_type" else "invalid_request", wrong)
    if not value:
        raise _NoToken("invalid_grant", empty)
    return value
