"""Identity service: passwords and refresh tokens in, bearer tokens out (İYS API §4).

The token call speaks OAuth's error form instead of the registry's codes, and its sentences are
the documented ones word by word, because clients can only tell the cases apart by them
(judgements §1.1). Wrong credentials are 400, not 401. A refresh token works once: the answer
brings the next one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any
from urllib.parse import parse_qsl

from ileti.simulator.clock import read
from ileti.simulator.codes import refuse
from ileti.simulator.desk import Answer, Call, Desk, answer
from ileti.simulator.records import Partner, Provider, Session

ACCESS_SECONDS = 7200
REFRESH_SECONDS = 14400

KNOWN_ELSEWHERE = {"client_credentials", "authorization_code", "implicit"}

SENTENCES = {
    "grant_type": (
        "Giriş yöntemi belirtilmemiş.",
        "Desteklenmeyen giriş yöntemi.",
        "Giriş yöntemi boş olamaz.",
    ),
    "refresh_token": (
        "Yenileme jetonu verilmemiş.",
        "Desteklenmeyen yenileme jetonu türü.",
        "Yenileme jetonu boş olamaz.",
    ),
    "password": (
        "Şifre verilmemiş.",
        "Desteklenmeyen şifre türü.",
        "Şifre boş bırakılamaz.",
    ),
    "username": (
        "Kullanıcı adı verilmemiş.",
        "Desteklenmeyen kullanıcı adı türü.",
        "Kullanıcı adı boş bırakılamaz.",
    ),
}
"""Per field: absent, of the wrong JSON type, empty."""


class TokenRefused(Exception):
    """The token call's own kind of 400: `error` and a sentence."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.body = {"error": kind, "error_description": sentence}


def give_token(desk: Desk, call: Call) -> Answer:
    """`POST /oauth2/token`, JSON or form; unknown keys are ignored (judgements §1.1)."""
    desk.gatekeeper.admit_token(call.caller)
    try:
        fields = _fields(call)
        grant = _text(fields, "grant_type")
        if grant == "password":
            password = _text(fields, "password")
            username = _text(fields, "username")
            return _open(desk, _log_in(desk, username, password), spent=None)
        if grant == "refresh_token":
            token = _text(fields, "refresh_token")
            return _open(desk, _refresh(desk, token), spent=digest(token))
        if grant in KNOWN_ELSEWHERE:
            raise TokenRefused("invalid_grant", SENTENCES["grant_type"][1])
        raise TokenRefused("invalid_request", "Bilinmeyen giriş yöntemi.")
    except TokenRefused as refused:
        return answer(refused.body, 400)


def account_of(desk: Desk, call: Call, *, otherwise: str = "H351") -> Provider | Partner:
    """The provider or partner whose token the call carries; raises `Refused` `otherwise` (401)."""
    session = desk.registry.access.get(digest(call.bearer)) if call.bearer else None
    if session is None or session.access_until <= desk.clock.now_text():
        raise refuse(otherwise)
    account = _holder(desk, session)
    if account is None:
        raise refuse(otherwise)
    call.partner = account if isinstance(account, Partner) else None
    return account


def _holder(desk: Desk, session: Session) -> Provider | Partner | None:
    if session.partner:
        return desk.registry.partners.get(session.iys_code)
    return desk.registry.providers.get(session.iys_code)


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def seal_password(password: str) -> str:
    """What is kept of a password: salt and keyed hash."""
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{_stretched(password, salt)}"


def _stretched(password: str, salt: bytes) -> str:
    return hashlib.pbkdf2_hmac(
        "sha256", password.encode("utf-8", "surrogatepass"), salt, 2000
    ).hex()


def _fields(call: Call) -> dict[str, Any]:
    if call.content_type.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        fields = json.loads(call.body)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _text(fields: dict[str, Any], name: str) -> str:
    absent, wrong, empty = SENTENCES[name]
    if name not in fields:
        raise TokenRefused("invalid_request", absent)
    value = fields[name]
    if not isinstance(value, str):
        kind = "invalid_grant" if name == "grant_type" else "invalid_request"
        raise TokenRefused(kind, wrong)
    if value == "":
        raise TokenRefused("invalid_grant", empty)
    return value


def _log_in(desk: Desk, username: str, password: str) -> Provider | Partner:
    for account in desk.registry.accounts():
        if account.username == username:
            salt, _, kept = account.secret.partition(":")
            if hmac.compare_digest(_stretched(password, bytes.fromhex(salt)), kept):
                if account.role == "admin":
                    raise TokenRefused("invalid_request", "Beklenmeyen kullanıcı rolü: admin.")
                return account
    raise TokenRefused("invalid_request", "Kullanıcı kimlik bilgileri geçersiz.")


def _refresh(desk: Desk, token: str) -> Provider | Partner:
    with desk.registry.lock:
        session = desk.registry.refresh.get(digest(token))
        holder = _holder(desk, session) if session is not None else None
        if session is None or holder is None or session.refresh_until <= desk.clock.now_text():
            raise TokenRefused(
                "invalid_grant", "Yenileme jetonu geçersiz ya da süresi dolmuş."
            )
        return holder


def _open(desk: Desk, account: Provider | Partner, spent: str | None) -> Answer:
    is_partner = isinstance(account, Partner)
    session = Session(
        account.code if isinstance(account, Partner) else account.iys_code,
        desk.registry.due_after(ACCESS_SECONDS),
        desk.registry.due_after(REFRESH_SECONDS),
        is_partner,
    )
    access = _jwt(desk, account, session.access_until, "Bearer")
    refresh = _jwt(desk, account, session.refresh_until, "Refresh")
    with desk.registry.lock:
        if spent is not None and spent not in desk.registry.refresh:
            # Two refreshes with one token at the same moment: only one of them gets the next.
            return answer(
                TokenRefused(
                    "invalid_grant", "Yenileme jetonu geçersiz ya da süresi dolmuş."
                ).body,
                400,
            )
        desk.registry.open_session(session, digest(access), digest(refresh), spent)
    return answer({
        "access_token": access,
        "refresh_token": refresh,
        "expires_in": ACCESS_SECONDS,
        "refresh_expires_in": REFRESH_SECONDS,
        "token_type": "bearer",
    })


def _jwt(desk: Desk, account: Provider | Partner, until: str, use: str) -> str:
    """A token in the shape of İYS's; only its digest counts, so the key is thrown away."""
    if isinstance(account, Partner):  # İYS shows no partner's token; the names are ours
        codes = [right["brandCode"] for right in account.rights]
        who = {"integrator": {"title": account.title, "integratorCode": account.code}}
    else:
        codes = account.brands
        who = {"serviceProvider": {"title": account.title, "iysCode": account.iys_code}}
    claims = {
        "exp": int(read(until).timestamp()),
        "jti": secrets.token_hex(16),
        "typ": use,
        "realm_access": {"roles": ["offline_access", account.role, "uma_authorization"]},
        "brands": [
            {"brandCode": code, "name": desk.registry.brands[code].name} for code in codes
        ],
        **who,
        "preferred_username": account.username,
    }
    head = _part({"alg": "HS256", "typ": "JWT"})
    signed = f"{head}.{_part(claims)}"
    mark = hmac.new(secrets.token_bytes(32), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def _part(value: dict[str, Any]) -> str:
    raw = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


