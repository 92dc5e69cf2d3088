"""Passkeys (WebAuthn): a key in the phone, the computer or a stick, opened by finger, face or PIN.

Why this module exists: a passkey works for this installation's address alone, so that nobody can be
talked into giving it to another site. User verification is always required: then it is two proofs
in one and may stand alone. The address comes from PUBLIC_URL, never from what a request says. A
challenge stands in the session and is taken out before it is looked at, so it serves once.
"""

from __future__ import annotations

import base64
import hmac
import json
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

import webauthn
from flask import session
from sqlalchemy import delete, func, insert, select, update
from webauthn.helpers import options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from config import settings
from ileti.core import clock, orm
from ileti.core.errors import InvalidInput, NotAllowed, NotFound
from ileti.core.secrets import secrets
from ileti.signin import twostep
from ileti.signin.models import Passkey, RecoveryCode
from ileti.tenancy import scope

SECONDS: Final = 300
MOST: Final = 20
LONGEST_NAME: Final = 60
_KEY: Final = "challenge"
#: what webauthn and a strange answer raise
UNREADABLE: Final = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)


class Unfit(InvalidInput):
    """What the browser brought is no proof."""

    code = "passkey"
    tr = "Geçiş anahtarı kabul edilmedi. Yeniden deneyin."
    en = "The passkey was not accepted. Try again."


def possible() -> bool:
    """Whether browsers take this installation's address for passkeys: a name, by https or on this
    machine."""
    parts = urlsplit(settings().base_url)
    host = parts.hostname or ""
    return host == "localhost" or (parts.scheme == "https" and any(map(str.isalpha, host)))


def of_user(user_id: int) -> list[Passkey]:
    """A user's passkeys, oldest first."""
    with scope.system_scope():
        return list(orm.db.session.scalars(
            select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)))


# -- adding ----------------------------------------------------------------------------------------


def creation_options(user: Any) -> dict[str, Any]:
    """What the browser needs to make a passkey for this user."""
    options = webauthn.generate_registration_options(
        rp_id=rp_id(), rp_name="İleti", user_id=_handle(user.id), user_name=user.username,
        user_display_name=user.get_full_name() or user.username,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential)
                             for one in of_user(user.id)],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED))
    _keep(options.challenge)
    return options_to_json_dict(options)


def add(user_id: int, brought: str, name: str) -> list[str]:
    """Keep a passkey the browser made; new recovery codes when the user has none. The caller
    commits. Raises Unfit."""
    challenge = _taken()
    try:
        made = webauthn.verify_registration_response(
            credential=json.loads(brought), expected_challenge=challenge, expected_rp_id=rp_id(),
            expected_origin=settings().base_url, require_user_verification=True)
    except UNREADABLE as error:
        raise Unfit() from error
    with scope.system_scope():
        db = orm.db.session
        if len(of_user(user_id)) >= MOST or db.scalar(select(func.count()).where(
                Passkey.credential == made.credential_id)):
            raise Unfit()
        db.execute(insert(Passkey).values(
            user_id=user_id, credential=made.credential_id, public_key=made.credential_public_key,
            sign_count=made.sign_count, name=name.strip()[:LONGEST_NAME] or "—"))
        has_codes = db.scalar(select(func.count()).where(RecoveryCode.user_id == user_id))
        return [] if has_codes else twostep.new_recovery_codes(user_id)


def remove(user_id: int, number: int) -> str:
    """Take a passkey away; its name. Never the last second step of whoever must have one. The
    caller commits. Raises NotFound, NotAllowed."""
    with scope.system_scope():
        db = orm.db.session
        found = db.scalars(select(Passkey).where(Passkey.id == number,
                                                 Passkey.user_id == user_id)).first()
        if found is None:
            raise NotFound()
        means = twostep.means_of(user_id)
        last = means.passkeys == 1 and not means.app
        if last and twostep.required_of(user_id):
            raise NotAllowed("Son ikinci adımınız silinemez; önce başka birini kurun.",
                             "Your last second step cannot go; set up another one first.",
                             code="last_step")
        db.execute(delete(Passkey).where(Passkey.id == number))
        if last:
            db.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
        return found.name


# -- using -----------------------------------------------------------------------------------------


def request_options(user_id: int | None) -> dict[str, Any]:
    """What the browser needs to use a passkey: one of this user's, or whichever it has."""
    allowed = [] if user_id is None else [
        PublicKeyCredentialDescriptor(id=one.credential) for one in of_user(user_id)]
    options = webauthn.generate_authentication_options(
        rp_id=rp_id(), allow_credentials=allowed,
        user_verification=UserVerificationRequirement.REQUIRED)
    _keep(options.challenge)
    return options_to_json_dict(options)


def take(brought: str, *, user_id: int | None) -> int:
    """Whose passkey signed this session's challenge; ``user_id``: it must be this one's. The
    caller commits. Raises Unfit."""
    challenge = _taken()
    try:
        said = json.loads(brought)
        credential = webauthn.base64url_to_bytes(said["id"])
        handle = said["response"].get("userHandle")
    except UNREADABLE as error:
        raise Unfit() from error
    with scope.system_scope():
        found = orm.db.session.scalars(
            select(Passkey).where(Passkey.credential == credential)).first()
        if found is None or user_id not in (None, found.user_id):
            raise Unfit()
        if user_id is None and not _is_handle(handle, found.user_id):
            raise Unfit()
        try:
            proof = webauthn.verify_authentication_response(
                credential=said, expected_challenge=challenge, expected_rp_id=rp_id(),
                expected_origin=settings().base_url, credential_public_key=found.public_key,
                credential_current_sign_count=found.sign_count, require_user_verification=True)
        except UNREADABLE as error:
            raise Unfit() from error
        return counted(found, proof.new_sign_count)


def counted(found: Passkey, count: int) -> int:
    """Move the counter on; a copy of the key that signs with an older one is refused. Keys without
    a counter always say 0."""
    moved = orm.db.session.execute(update(Passkey).where(
        Passkey.id == found.id,
        (Passkey.sign_count < count) if count else (Passkey.sign_count == 0))
        .values(sign_count=count, used_at=clock.now())
        .execution_options(synchronize_session=False))
    if moved.rowcount != 1:
        raise Unfit()
    return int(found.user_id)


# -- the ceremony's parts --------------------------------------------------------------------------


def rp_id() -> str:
    """The name passkeys of this installation are for."""
    return urlsplit(settings().base_url).hostname or "localhost"


def _keep(challenge: bytes) -> None:
    session[_KEY] = {"is": base64.b64encode(challenge).decode(),
                     "until": int(clock.now().timestamp()) + SECONDS}


def _taken() -> bytes:
    kept = session.pop(_KEY, None)
    if not kept or kept["until"] < clock.now().timestamp():
        raise Unfit()
    return base64.b64decode(kept["is"])


def _handle(user_id: int) -> bytes:
    """What the key keeps of the user: nothing that can be read."""
    return hmac.new(secrets().key_for("passkey-handle"), str(user_id).encode(), sha256).digest()


def _is_handle(said: Any, user_id: int) -> bool:
    try:
        return hmac.compare_digest(webauthn.base64url_to_bytes(said), _handle(user_id))
    except UNREADABLE:
        return False
