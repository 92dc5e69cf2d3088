"""OpenID Connect, our side: discovery, code with PKCE, and an ID token that is looked at closely.

Why this module exists: companies have one place where people sign in and are signed out. What comes
back from there is believed only when the token was signed by the issuer's key under an asymmetric
algorithm, was made by this issuer for this client, for the question that this browser asked, and is
young (OpenID Connect Core §3.1.3.7, RFC 7636, RFC 9207, RFC 9700). No Flask and no database here.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets as chance
import threading
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from config import Settings
from ileti.core import clock
from ileti.core.http import NoAnswer, OutgoingClient
from ileti.core.logs import get_logger

log = get_logger("ileti.signin")

ALGORITHMS: Final = ("RS256", "PS256", "ES256")
KEEP_SECONDS: Final = 600
AGAIN_SECONDS: Final = 60  # before keys are fetched anew for a token that names none of them
LEEWAY: Final = 60
LONGEST_AGE: Final = 600


class NotBelieved(Exception):
    """What came back is no proof; the text is for the log, without anything personal."""


class Away(Exception):
    """The identity provider does not answer."""


@dataclass(frozen=True)
class Question:
    """What this browser asks; kept in its session until the answer."""

    state: str
    nonce: str
    verifier: str


def new_question() -> Question:
    """Fresh random values."""
    return Question(*(chance.token_urlsafe(32) for _value in range(3)))


class Provider:
    """The identity provider of this installation; documents are kept for ten minutes."""

    def __init__(self, settings: Settings) -> None:
        self.issuer = settings.oidc_issuer.rstrip("/")
        self.client_id, self._secret = settings.oidc_client_id, settings.oidc_client_secret
        self.redirect = f"{settings.base_url}/login/kurum/donus"
        self._http = OutgoingClient("", connect=3.0, read=10.0)
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, Any]] = {}

    def address_of(self, question: Question) -> str:
        """Where to send the browser. Raises Away, NotBelieved."""
        challenge = base64.urlsafe_b64encode(
            sha256(question.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = urlencode({
            "response_type": "code", "client_id": self.client_id, "redirect_uri": self.redirect,
            "scope": "openid email profile", "state": question.state, "nonce": question.nonce,
            "code_challenge": challenge, "code_challenge_method": "S256"})
        endpoint = self._endpoint("authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{asked}"

    def claims(self, code: str, question: Question, issuer: str | None) -> dict[str, Any]:
        """What the ID token says, for a code; ``issuer``: as the answer named it, where it did.
        Raises Away, NotBelieved."""
        if issuer is not None and issuer.rstrip("/") != self.issuer:
            raise NotBelieved("the answer names another issuer")
        basic = base64.b64encode(f"{self.client_id}:{self._secret}".encode()).decode()
        answer = self._call("POST", self._endpoint("token_endpoint"), content=urlencode({
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect,
            "code_verifier": question.verifier, "client_id": self.client_id}).encode(), headers={
                "Authorization": f"Basic {basic}", "Accept": "application/json",
                "Content-Type": "application/x-www-form-urlencoded"})
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise NotBelieved("the answer has no ID token")
        return self._believed(self._opened(token), question)

    # -- the token --------------------------------------------------------------------------------

    def _opened(self, token: str) -> dict[str, Any]:
        """The claims of a token signed by one of the issuer's keys, fetched anew when none fits."""
        for fresh in (False, True):
            try:
                keys = KeySet.import_key_set(self._keys(fresh=fresh))
                return dict(jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims)
            except (JoseError, ValueError, KeyError, TypeError) as error:
                reason = type(error).__name__
        raise NotBelieved(f"the token cannot be opened: {reason}")

    def _believed(self, claims: dict[str, Any], question: Question) -> dict[str, Any]:
        now = clock.now().timestamp()
        audience = claims.get("aud")
        for_us = [audience] if isinstance(audience, str) else audience
        expires, issued = _number(claims.get("exp")), _number(claims.get("iat"))
        wrong = [name for name, right in (
            ("iss", str(claims.get("iss", "")).rstrip("/") == self.issuer),
            ("aud", isinstance(for_us, list) and self.client_id in for_us),
            ("azp", claims.get("azp", self.client_id) == self.client_id
             and (isinstance(audience, str) or for_us == [self.client_id] or "azp" in claims)),
            ("exp", expires > now - LEEWAY),
            ("iat", now - LONGEST_AGE < issued < now + LEEWAY),
            ("nonce", hmac.compare_digest(str(claims.get("nonce", "")).encode(),
                                          question.nonce.encode())),
            ("sub", isinstance(claims.get("sub"), str) and 0 < len(claims["sub"]) <= 255),
        ) if not right]
        if wrong:
            raise NotBelieved(f"wrong claims: {', '.join(wrong)}")
        return claims

    # -- documents --------------------------------------------------------------------------------

    def _endpoint(self, name: str) -> str:
        address = self._about().get(name)
        if not isinstance(address, str) or not self._safe(address):
            raise NotBelieved(f"the issuer's {name} is not to be used")
        return address

    def _about(self) -> dict[str, Any]:
        found = self._document("about", f"{self.issuer}/.well-known/openid-configuration")
        if str(found.get("issuer", "")).rstrip("/") != self.issuer:
            raise NotBelieved("the discovery document is another issuer's")
        return found

    def _keys(self, *, fresh: bool) -> Any:
        return self._document("keys", self._endpoint("jwks_uri"),
                              oldest=AGAIN_SECONDS if fresh else KEEP_SECONDS)

    def _document(self, name: str, address: str, oldest: float = KEEP_SECONDS) -> dict[str, Any]:
        now = clock.now().timestamp()
        with self._lock:
            at, kept = self._kept.get(name, (0.0, None))
        if kept is None or now - at > oldest:
            kept = self._call("GET", address)
            with self._lock:
                self._kept[name] = (now, kept)
        return dict(kept)

    def _call(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        try:
            answer = self._http.send(method, address, note=f"oidc {method}", **more)
        except NoAnswer as error:
            raise Away(error.reason) from error
        if answer.status_code >= 500:
            raise Away(str(answer.status_code))
        try:
            said = json.loads(answer.content)
        except ValueError as error:
            raise NotBelieved("the answer is no JSON") from error
        if answer.status_code != 200 or not isinstance(said, dict):
            raise NotBelieved(f"the answer is {answer.status_code}")
        return said

    def _safe(self, address: str) -> bool:
        """By https, or on this machine as the issuer itself is."""
        parts, own = urlsplit(address), urlsplit(self.issuer)
        return parts.scheme == "https" or (own.scheme == "http" and parts.hostname == own.hostname)


def _number(value: Any) -> float:
    """A moment in seconds; what is none lies before all others."""
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if fits else float("-inf")
