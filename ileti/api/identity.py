"""The service ``/api/v1/oauth2/token``: client credentials (RFC 6749 §4.4).

Why this module exists: software that speaks OAuth2 takes a token instead of sending its key with
every call. The token is short-lived, signed and names its key: ending the key ends it. Failures
have OAuth's form, which its clients know, and no problem+json.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus

from ileti.api.desk import MOST_JSON, Answer, Call
from ileti.core.errors import NotAllowed, NotLoggedIn, TooLarge
from ileti.programs import accounts
from ileti.programs.accounts import BEARER_SECONDS, Caller

PATH: Final = "/api/v1/oauth2/token"
_FORM: Final = "application/x-www-form-urlencoded"


class _Refused(Exception):
    """OAuth's word for what is wrong, the status, and a sentence."""

    def __init__(self, word: str, status: int, sentence: str) -> None:
        self.word, self.status, self.sentence = word, status, sentence
        super().__init__(word)


def give_token(call: Call) -> Answer:
    """``POST /oauth2/token``."""
    try:
        return _give(call)
    except _Refused as refused:
        return _failed(refused.status, refused.word, refused.sentence)
    except NotAllowed as error:
        return _failed(401, "invalid_client", error.en)
    except NotLoggedIn:
        return _failed(401, "invalid_client", "Client id and secret are those of no account.")


def _give(call: Call) -> Answer:
    if call.content_type != _FORM:
        raise _Refused("invalid_request", 400, f"The body must be {_FORM}.")
    if call.body.length is None:
        raise _Refused("invalid_request", 400, "Say the body’s length.")
    if call.body.length > MOST_JSON:
        raise TooLarge()
    said = _fields(call.body.at_once())
    if "grant_type" not in said:
        raise _Refused("invalid_request", 400, "grant_type is missing.")
    if said["grant_type"] != "client_credentials":
        raise _Refused("unsupported_grant_type", 400, "Only client_credentials is served.")
    caller = _client(call, said)
    wanted = frozenset(said.get("scope", "").split()) or caller.scopes
    if not wanted <= caller.scopes:
        raise _Refused("invalid_scope", 400, "The account does not have all of these scopes.")
    return Answer(200, {
        "access_token": accounts.bearer(caller, wanted), "token_type": "Bearer",
        "expires_in": BEARER_SECONDS, "scope": " ".join(sorted(wanted))},
        (("Pragma", "no-cache"),))


def _fields(raw: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise _Refused("invalid_request", 400, "The fields cannot be read.") from None
    said = dict(pairs)
    if len(said) < len(pairs):
        raise _Refused("invalid_request", 400, "A field stands there twice.")
    return said


def _client(call: Call, said: dict[str, str]) -> Caller:
    """Who asks, by Basic or by the body's fields; both the account's user name and a key."""
    if not call.header("Authorization"):
        mark = ":".join((said.get("client_id", ""), said.get("client_secret", "")))
        encoded = base64.b64encode(mark.encode("utf-8", "surrogatepass")).decode()
        call.environ["HTTP_AUTHORIZATION"] = f"Basic {encoded}"
    elif call.header("Authorization").lower().startswith("basic "):
        call.environ["HTTP_AUTHORIZATION"] = _plain(call.header("Authorization"))
    return call.caller


def _plain(header: str) -> str:
    """OAuth's clients write user name and secret form-encoded into Basic (RFC 6749 §2.3.1)."""
    try:
        mark = unquote_plus(base64.b64decode(header[6:].strip(), validate=True).decode())
    except (binascii.Error, ValueError):
        return header
    return "Basic " + base64.b64encode(mark.encode("utf-8", "surrogatepass")).decode()


def _failed(status: int, word: str, sentence: str) -> Answer:
    body: dict[str, Any] = {"error": word, "error_description": sentence}
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    if status == 401:
        headers += (("WWW-Authenticate", 'Basic realm="ileti"'),)
    return Answer(status, body, headers)
