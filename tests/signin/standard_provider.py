"""An identity provider of somebody else's making, in a process of its own: Authlib's server.

Our own small provider (:mod:`tests.signin.provider`) says whatever a test wants, also lies. This
one is the counterpart: a library other companies run decides what a correct request is, keeps
sessions and codes, asks for a password, checks PKCE and the client's secret, and signs ES256. Run
as ``python -m tests.signin.standard_provider PORT``; what it knows comes as JSON on its input.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, OAuth2Error
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9207 import IssuerParameter
from authlib.oidc.core import AuthorizationCodeMixin, UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, jsonify, request, session
from joserfc.jwk import ECKey
from werkzeug.serving import make_server

FORM = ('<form method="post"><input name="username"><input name="password" type="password">'
        "<button>Sign in</button></form>")


@dataclass
class Person:
    """Somebody who can sign in here."""

    sub: str
    email: str
    email_verified: bool
    password: str


@dataclass
class Client(ClientMixin):
    """The one client: confidential, Basic at the token endpoint, one address to go back to."""

    client_id: str
    secret: str
    redirect_uri: str

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_allowed_scope(self, scope: str) -> str:
        return " ".join(one for one in scope.split() if one in ("openid", "email", "profile"))

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == self.secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return endpoint != "token" or method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code(AuthorizationCodeMixin):
    """A code that was given out."""

    code: str
    redirect_uri: str
    scope: str
    nonce: str | None
    person: Person
    code_challenge: str | None
    code_challenge_method: str | None
    at: int = field(default_factory=lambda: int(time.time()))

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return self.at


def application(issuer: str, about: dict[str, Any]) -> Flask:
    """The provider with its people."""
    app = Flask("provider")
    app.secret_key = os.urandom(32)
    people = {one["username"]: Person(one["sub"], one["email"], one["email_verified"],
                                      one["password"]) for one in about["people"]}
    client = Client(about["client"], about["secret"], about["redirect"])
    key = ECKey.generate_key("P-256", {"kid": "ec-1", "use": "sig"}, private=True)
    codes: dict[str, Code] = {}
    nonces: set[str] = set()

    class CodeGrant(AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]

        def save_authorization_code(self, code: str, request: Any) -> None:
            asked = request.payload.data
            codes[code] = Code(code, request.payload.redirect_uri, request.payload.scope,
                               asked.get("nonce"), request.user, asked.get("code_challenge"),
                               asked.get("code_challenge_method"))
            nonces.add(asked.get("nonce") or "")

        def query_authorization_code(self, code: str, client: Any) -> Code | None:
            return codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            codes.pop(authorization_code.code, None)

        def authenticate_user(self, authorization_code: Code) -> Person:
            return authorization_code.person

    class IdToken(OpenIDCode):
        def exists_nonce(self, nonce: str, request: Any) -> bool:
            return nonce in nonces

        def resolve_client_private_key(self, client: Any) -> Any:
            return key

        def get_client_algorithm(self, client: Any) -> str:
            return "ES256"

        def get_encode_header(self, client: Any) -> dict[str, str]:
            return {"alg": "ES256", "kid": "ec-1"}

        def get_client_claims(self, client: Any) -> dict[str, Any]:
            return {"iss": issuer, "aud": [client.get_client_id()]}

        def generate_user_info(self, user: Person, scope: str) -> UserInfo:
            return UserInfo(sub=user.sub, email=user.email, email_verified=user.email_verified)

    class Named(IssuerParameter):
        def get_issuer(self) -> str:
            return issuer

    server = AuthorizationServer(app, lambda name: client if name == client.client_id else None,
                                 lambda _token, _request: None)
    server.register_grant(CodeGrant, [IdToken(require_nonce=True), CodeChallenge(required=True)])
    server.register_extension(Named())

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Any:
        return jsonify(issuer=issuer, authorization_endpoint=f"{issuer}/authorize",
                       token_endpoint=f"{issuer}/token", jwks_uri=f"{issuer}/jwks",
                       response_types_supported=["code"], subject_types_supported=["public"],
                       id_token_signing_alg_values_supported=["ES256"],
                       authorization_response_iss_parameter_supported=True)

    @app.get("/jwks")
    def keys() -> Any:
        return jsonify(keys=[key.as_dict(private=False)])

    @app.route("/authorize", methods=["GET", "POST"])
    def authorize() -> Any:
        person = people.get(session.get("who", ""))
        if request.method == "POST":
            person = people.get(request.form.get("username", ""))
            if person is None or person.password != request.form.get("password"):
                return FORM, 401
            session["who"] = request.form["username"]
        try:
            grant = server.get_consent_grant(end_user=person)
        except OAuth2Error as error:
            return jsonify(dict(error.get_body())), 400
        if person is None:
            return FORM
        return server.create_authorization_response(grant_user=person, grant=grant)

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    return app


def main(port: int) -> None:
    """Serve until killed; says that it listens."""
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback
    issuer = f"http://127.0.0.1:{port}"
    serving = make_server("127.0.0.1", port, application(issuer, json.loads(sys.stdin.readline())),
                          threaded=True)
    print("listening", flush=True)
    serving.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
