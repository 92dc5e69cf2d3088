"""A small identity provider of its own: HTTP on loopback, PKCE checked, ID tokens signed RS256."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT, SECRET = "ileti-test", "gizli-istemci-anahtari"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class IdentityProvider:
    """What it says about whom is set by the test; ``forge`` may spoil the token."""

    def __init__(self) -> None:
        self.keys = [RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}, private=True)]
        self.issuer = ""
        self.claims: dict[str, Any] = {}
        self.change: dict[str, Any] = {}
        self.forge: Callable[[dict[str, Any]], str] | None = None
        self.about: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []

    def document(self) -> dict[str, Any]:
        """Discovery."""
        return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys",
                "authorization_endpoint": f"{self.issuer}/ask",
                "token_endpoint": f"{self.issuer}/token"} | self.about

    def public_keys(self) -> dict[str, Any]:
        """The key set."""
        return KeySet(self.keys).as_dict(private=False)

    def authorize(self, query: dict[str, str]) -> str:
        """As if the person had signed in there: the address to go back to."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return f"{query['redirect_uri']}?" + urlencode({
            "code": code, "state": query["state"], "iss": self.issuer})

    def token(self, form: dict[str, str], basic: str) -> tuple[int, dict[str, Any]]:
        """Code and verifier for a token, once."""
        kept = self.codes.pop(form.get("code", ""), None)
        right = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if kept is None or basic != f"Basic {right}":
            return 400, {"error": "invalid_grant"}
        verifier = _b64(sha256(form["code_verifier"].encode()).digest())
        if verifier != kept["code_challenge"] or form["redirect_uri"] != kept["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "exp": now + 300, "iat": now,
                  "nonce": kept["nonce"], "email_verified": True} | self.claims | self.change
        claims = {name: value for name, value in claims.items() if value is not None}
        token = self.forge(claims) if self.forge else self.signed(claims)
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": token}

    def signed(self, claims: dict[str, Any], key: Any = None, alg: str = "RS256",
               kid: str = "") -> str:
        """A token by this key, the provider's newest by default."""
        key = key or self.keys[-1]
        return jwt.encode({"alg": alg, "kid": kid or key.kid}, claims, key, algorithms=[alg])

    def unsigned(self, claims: dict[str, Any]) -> str:
        """alg none."""
        head = _b64(json.dumps({"alg": "none", "typ": "JWT"}).encode())
        return f"{head}.{_b64(json.dumps(claims).encode())}."

    def by_public_key(self, claims: dict[str, Any]) -> str:
        """HS256 with the public key as its secret: the old confusion."""
        key = OctKey.import_key(self.keys[0].as_pem(private=False))
        return jwt.encode({"alg": "HS256", "kid": "k1"}, claims, key, algorithms=["HS256"])


@contextmanager
def serving_provider() -> Iterator[IdentityProvider]:
    """The provider on a free port of this machine."""
    idp = IdentityProvider()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_about: Any) -> None:
            """Quiet."""

        def _say(self, status: int, said: dict[str, Any]) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            path = urlsplit(self.path)
            idp.asked.append(path.path)
            if path.path == "/ask":
                query = {name: one[0] for name, one in parse_qs(path.query).items()}
                self.send_response(302)
                self.send_header("Location", idp.authorize(query))
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif path.path == "/keys":
                self._say(200, idp.public_keys())
            else:
                self._say(200, idp.document())

        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            form = {name: one[0] for name, one in parse_qs(self.rfile.read(size).decode()).items()}
            self._say(*idp.token(form, self.headers.get("Authorization", "")))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    idp.issuer = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield idp
    finally:
        server.shutdown()
