"""The second step: codes of an authenticator app, recovery codes, and who must have one.

Why this module exists: a password that was guessed, phished or used elsewhere must not open
addresses of citizens (ASVS 6.3.3). A code of the app is taken once: the half minute it belongs to
is moved forward by one UPDATE that names the old value, so that of two requests with the same code
one is refused (ASVS 6.5.1). Recovery codes have 50 random bits, are kept as keyed hashes and are
worth nothing after their use. All functions work in the caller's transaction.
"""

from __future__ import annotations

import hmac
import secrets as chance
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import pyotp
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from config import settings
from ileti.core import clock, orm
from ileti.core.errors import InvalidInput
from ileti.core.secrets import secrets
from ileti.signin.models import Passkey, RecoveryCode, UserSecurity
from ileti.tenancy import rolebook, scope
from ileti.tenancy.models import Membership, Provider

RECOVERY_CODES: Final = 10
HALF_MINUTE: Final = 30
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that reads like another
_ISSUER: Final = "İleti"


@dataclass(frozen=True, slots=True)
class Means:
    """What second steps a user has: the app, how many passkeys, how many codes are left."""

    app: bool = False
    passkeys: int = 0
    codes_left: int = 0

    def __bool__(self) -> bool:
        """Whether signing in takes two steps."""
        return self.app or self.passkeys > 0


def means_of(user_id: int) -> Means:
    """What second steps a user has, in one statement."""
    def counted(model: Any, *more: Any) -> Any:
        return select(func.count()).where(model.user_id == user_id, *more).scalar_subquery()

    with scope.system_scope():
        app, keys, codes = orm.db.session.execute(select(
            counted(UserSecurity, UserSecurity.totp_secret.is_not(None)), counted(Passkey),
            counted(RecoveryCode, RecoveryCode.used_at.is_(None)))).one()
    return Means(bool(app), keys, codes)


def since(user_id: int) -> datetime | None:
    """Since when the app is on."""
    with scope.system_scope():
        return orm.db.session.scalars(select(UserSecurity.totp_since).where(
            UserSecurity.user_id == user_id)).first()


def required_of(user_id: int) -> bool:
    """Whether this user must sign in in two steps: by a role of theirs, or because one of their
    providers wants it of everybody (``provider.two_step``)."""
    with scope.system_scope():
        held = orm.db.session.execute(
            select(Membership.role, func.coalesce(Provider.two_step, False))
            .outerjoin(Provider, Provider.id == Membership.provider_id)
            .where(Membership.user_id == user_id)).all()
    by_role = settings().two_steps
    return any(wanted or (by_role and rolebook.two_steps(role)) for role, wanted in held)


# -- the app --------------------------------------------------------------------------------------


def new_secret() -> str:
    """160 random bits in base32, as apps take them by hand."""
    return pyotp.random_base32()


def address_of(secret: str, username: str) -> str:
    """What the QR code says: ``otpauth://…``."""
    return pyotp.TOTP(secret, name=username, issuer=_ISSUER).provisioning_uri()


def fitting_step(secret: str, typed: str) -> int | None:
    """The half minute a code belongs to: this one, the one before or the one after; else None."""
    code = "".join(typed.split())
    if not (len(code) == 6 and code.isascii() and code.isdigit()):
        return None
    app, now = pyotp.TOTP(secret), int(clock.now().timestamp()) // HALF_MINUTE
    fits = [step for step in (now - 1, now, now + 1)
            if hmac.compare_digest(app.generate_otp(step), code)]
    return max(fits, default=None)


def enrol(user_id: int, secret: str, typed: str) -> list[str]:
    """Switch the app on when the typed code is its; new recovery codes, to be shown once. The
    caller commits. Raises InvalidInput."""
    step = fitting_step(secret, typed)
    if step is None:
        raise InvalidInput(
            "Kod uymuyor. Uygulamadaki yeni kodu yazın; telefonunuzun saati doğru olmalı.",
            "The code does not fit. Type the newest one; the phone’s clock must be right.",
            code="wrong_code")
    kept = {"totp_secret": secret, "totp_step": step, "totp_since": clock.now()}
    with scope.system_scope():
        orm.db.session.execute(
            upsert(UserSecurity).values(user_id=user_id, **kept)
            .on_conflict_do_update(index_elements=["user_id"], set_=kept))
        return new_recovery_codes(user_id)


def take_code(user_id: int, typed: str) -> str | None:
    """Take one code for good: ``"app"`` or ``"recovery"``, None when it is none of the user's or
    was taken before. The caller commits."""
    with scope.system_scope():
        session = orm.db.session
        secret = session.scalars(select(UserSecurity.totp_secret).where(
            UserSecurity.user_id == user_id)).first()
        step = fitting_step(secret, typed) if secret else None
        if step is not None:
            taken = session.execute(update(UserSecurity).where(
                UserSecurity.user_id == user_id, UserSecurity.totp_step < step,
                UserSecurity.totp_secret.is_not(None)).values(totp_step=step)
                .execution_options(synchronize_session=False))
            return "app" if taken.rowcount == 1 else None
        used = session.execute(update(RecoveryCode).where(
            RecoveryCode.user_id == user_id, RecoveryCode.digest == _digest(user_id, typed),
            RecoveryCode.used_at.is_(None)).values(used_at=clock.now())
            .execution_options(synchronize_session=False))
        return "recovery" if used.rowcount == 1 else None


def switch_off(user_id: int, *, keys_too: bool = False) -> None:
    """Take the app and, when nothing else is left, the recovery codes away; ``keys_too``: the
    passkeys as well (a lost second step). The caller commits."""
    with scope.system_scope():
        session = orm.db.session
        session.execute(update(UserSecurity).where(UserSecurity.user_id == user_id).values(
            totp_secret=None, totp_since=None).execution_options(synchronize_session=False))
        if keys_too:
            session.execute(delete(Passkey).where(Passkey.user_id == user_id))
        left = session.scalar(select(func.count()).where(Passkey.user_id == user_id))
        if not left:
            session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


# -- recovery codes -------------------------------------------------------------------------------


def new_recovery_codes(user_id: int) -> list[str]:
    """Ten codes in place of those there were; the only time anybody sees them. The caller
    commits."""
    made = ["".join(chance.choice(_LETTERS) for _letter in range(10))
            for _code in range(RECOVERY_CODES)]
    with scope.system_scope():
        session = orm.db.session
        session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
        session.execute(insert(RecoveryCode), [
            {"user_id": user_id, "digest": _digest(user_id, one)} for one in made])
    return [f"{one[:5]}-{one[5:]}" for one in made]


def _digest(user_id: int, typed: str) -> bytes:
    plain = "".join(one for one in typed.lower() if one.isalnum())
    return hmac.new(secrets().key_for("recovery-code"), f"{user_id}:{plain}".encode(),
                    sha256).digest()
