"""A passkey as a way to prove oneself before messages are sent (R-51).

Why this module exists: not every company has signing cards, and a second proof over exactly what
will be sent is worth having without them. The challenge the passkey signs is the SHA-256 of the
statement, so it signs that text and no other; the browser's answer is kept in the vault with the
public key, and holds or fails by itself, years later, whatever has become of the key. It is **no**
secure electronic signature (Law 5070): no authority says whose key it is, this installation does.
Each place where people choose it says so; whether it is enough is the provider's decision.
"""

from __future__ import annotations

import datetime as dt
import json
from hashlib import sha256
from typing import Any, Final

import webauthn
from sqlalchemy import select
from webauthn.helpers import options_to_json_dict
from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

from config import settings
from ileti.core import orm
from ileti.core.errors import CallerMistake
from ileti.evidence import stepup
from ileti.evidence.stepup import Asked, Person, Proven
from ileti.signin import passkeys
from ileti.signin.models import Passkey
from ileti.signin.passkeys import UNREADABLE, Unfit, rp_id
from ileti.tenancy import scope

KEY: Final = "passkey"
LONGEST: Final = 16_000


def challenge(statement: bytes) -> bytes:
    """What the passkey signs of a statement."""
    return sha256(statement).digest()


def options(wish: Asked) -> dict[str, Any]:
    """What the browser needs to sign the statement with one of the person's passkeys."""
    made = webauthn.generate_authentication_options(
        rp_id=rp_id(), challenge=challenge(wish.statement.encode()),
        allow_credentials=[PublicKeyCredentialDescriptor(id=one.credential)
                           for one in passkeys.of_user(wish.person.user_id)],
        user_verification=UserVerificationRequirement.REQUIRED)
    return options_to_json_dict(made)


def answer(wish: Asked, brought: str) -> bytes:
    """What the browser brought, with the person's public key: all that is needed to judge it, now
    and again. Raises Unfit."""
    try:
        said = json.loads(brought[:LONGEST])
        found = _passkey(webauthn.base64url_to_bytes(said["id"]), wish.person.user_id)
        if found is None:
            raise Unfit()
        return json.dumps({
            "rpId": rp_id(), "origin": settings().base_url,
            "publicKey": webauthn.helpers.bytes_to_base64url(found.public_key),
            "credential": {"id": said["id"], "rawId": said["id"], "type": "public-key",
                           "response": {name: said["response"][name] for name in (
                               "authenticatorData", "clientDataJSON", "signature")}},
        }, sort_keys=True, indent=1).encode()
    except UNREADABLE as error:
        raise Unfit() from error


class PasskeyStep:
    """See the module text."""

    tr = "Geçiş anahtarı (güvenli elektronik imza değildir)"
    en = "Passkey (no secure electronic signature)"
    label = "PASSKEY"
    file_name = "gecis-anahtari"

    def ready(self) -> bool:
        """Whether browsers take this installation's address for passkeys."""
        return passkeys.possible()

    def judge(self, statement: bytes, answer: bytes, person: Person | None, at: dt.datetime
              ) -> Proven:
        """Who signed the statement, from the answer alone; of a new one also that the key is this
        person's, and no copy of it that counts behind: its counter moves on at once, whatever comes
        after. Raises CallerMistake."""
        try:
            whole = json.loads(answer)
            key = webauthn.base64url_to_bytes(whole["publicKey"])
            if person is None:
                _verified(statement, whole)
            else:
                own = _passkey(webauthn.base64url_to_bytes(whole["credential"]["id"]),
                               person.user_id)
                if own is None or bytes(own.public_key) != key or whole["rpId"] != rp_id() \
                        or whole["origin"] != settings().base_url:
                    raise Unfit()
                with scope.system_scope():
                    passkeys.counted(own, _verified(statement, whole, least=own.sign_count))
                orm.db.session.commit()
        except UNREADABLE as error:
            raise Unfit() from error
        return Proven(_named(statement), sha256(key).hexdigest())


def _verified(statement: bytes, whole: dict[str, Any], *, least: int = 0) -> int:
    """The counter of an answer that holds; raises what webauthn raises."""
    done = webauthn.verify_authentication_response(
        credential=whole["credential"], expected_challenge=challenge(statement),
        expected_rp_id=whole["rpId"], expected_origin=whole["origin"],
        credential_public_key=webauthn.base64url_to_bytes(whole["publicKey"]),
        credential_current_sign_count=least, require_user_verification=True)
    return int(done.new_sign_count)


def _passkey(credential: bytes, user_id: int) -> Passkey | None:
    with scope.system_scope():
        return orm.db.session.scalars(select(Passkey).where(
            Passkey.credential == credential, Passkey.user_id == user_id)).first()


def _named(statement: bytes) -> str:
    """Whom the statement names, which is what was signed."""
    for line in statement.decode().splitlines():
        if line.startswith(stepup.SIGNER):
            return line.removeprefix(stepup.SIGNER)
    raise CallerMistake("Metin kimseyi anmıyor.", "The text names nobody.", code="passkey")


stepup.offers(KEY, PasskeyStep())
