"""Who is at the page: addresses proven a while ago, for twenty minutes, at one provider.

No account and no password (R-28). A session is a signed statement that its holder proved these
addresses of this provider; the hosted page keeps it in one strictly necessary cookie (R-67), the
widget in its memory. Every button carries a token of its own that says just what it does and for
whom, and works in its session only: nothing in a form can name another person, brand or text. A
session that was left is remembered as ended in Redis for as long as its token lives; without Redis
it ends by its clock.
"""

from __future__ import annotations

import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final, NamedTuple

import redis

from ileti.core import clock, db
from ileti.core.errors import Gone, NotAllowed
from ileti.core.jobs import redis_client
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.recipients.address import AddressKind, mask

log = get_logger("ileti.preferences")

SESSION_SECONDS: Final = 1_200
LONGEST_SECONDS: Final = 7_200
MOST_ADDRESSES: Final = 4
_LONGEST_TOKEN: Final = 1_500


@dataclass(frozen=True)
class Address:
    """An address of the session, in clear; ``way`` says how it was proven: ``code`` or ``link``,
    ``verification`` by which code."""

    recipient_id: int
    kind: AddressKind
    clear: str
    way: str
    verification: int | None

    @property
    def masked(self) -> str:
        """As pages show it."""
        return mask(self.clear)


class Proof(NamedTuple):
    """How an address was proven, by which code, and when, in seconds since 1970."""

    way: str
    code: int | None
    at: int


@dataclass(frozen=True)
class Session:
    """``proven`` maps recipients to their proofs. The ``key`` stays the same while addresses come
    and go: leaving ends whatever was handed out under it."""

    provider_id: int
    proven: Mapping[int, Proof]
    key: str

    def token(self) -> str:
        """The session as its holder keeps it, good for another ``SESSION_SECONDS``."""
        return secrets().tokens("preferences").make(
            {"p": self.provider_id, "x": self.key,
             "r": [[number, *proof] for number, proof in self.proven.items()]},
            seconds=SESSION_SECONDS)

    def with_address(self, recipient_id: int, way: str, code: int | None) -> Session:
        """The same session with one more address, or one proven anew; the oldest goes when there
        are too many. The others keep the moment of their own proof."""
        proven = {number: how for number, how in self.proven.items() if number != recipient_id}
        while len(proven) >= MOST_ADDRESSES:
            del proven[next(iter(proven))]
        return replace(self, proven=proven | {recipient_id: Proof(way, code, _now())})


def begin(provider_id: int, recipient_id: int, *, way: str, code: int | None = None) -> Session:
    """A session of one address that was proven just now."""
    return Session(provider_id, {recipient_id: Proof(way, code, _now())}, _new_key())


def open_session(token: str, provider_id: int) -> Session:
    """Inverse of :meth:`Session.token`, with the addresses whose proof is not older than
    ``LONGEST_SECONDS``; raises NotAllowed (forged, another provider's) and Gone (too old, left)."""
    if not token or len(token) > _LONGEST_TOKEN:
        raise NotAllowed(code="no_session")
    try:
        said = secrets().tokens("preferences").read(token)
    except Gone:
        raise _ended() from None
    if said.get("p") != provider_id:
        raise NotAllowed(code="foreign_session")
    proven = {number: Proof(*proof) for number, *proof in said["r"]}
    fresh = {number: proof for number, proof in proven.items()
             if _now() - proof.at <= LONGEST_SECONDS}
    if not fresh or _was_left(said["x"]):
        raise _ended()
    return Session(provider_id, fresh, said["x"])


def leave(session: Session) -> None:
    """End a session for whoever has its token."""
    try:
        redis_client().set(_name(session.key), 1, ex=LONGEST_SECONDS)
    except redis.RedisError as error:
        log.warning("session_not_ended", reason=type(error).__name__)


def addresses(session: Session) -> list[Address]:
    """The session's addresses, phones first; a person erased meanwhile is none of them."""
    rows = db.connection().execute(
        "select id, kind, key_no, addr_hash, addr_ct from recipient where provider_id = %s "
        "and id = any(%s) and addr_ct is not null and addr_hash is not null order by kind, id",
        (session.provider_id, list(session.proven))).fetchall()
    box = secrets().keyring
    return [Address(number, AddressKind(kind),
                    box.decrypt(key, bytes(cipher), bytes(digest)).decode(),
                    session.proven[number].way, session.proven[number].code)
            for number, kind, key, digest, cipher in rows]


# -- buttons ---------------------------------------------------------------------------------------


def button(session: Session, what: str, **more: Any) -> str:
    """The token of one button: ``what`` it does (:mod:`ileti.preferences.acts`) and to what. Each
    drawing is a new one, so that a used button is known when it comes again."""
    return secrets().tokens("preference-act").make(
        {"x": session.key, "a": what, "n": random.token_urlsafe(9),
         "i": int(clock.now().timestamp()), **more}, seconds=SESSION_SECONDS)


def open_button(session: Session, token: str) -> dict[str, Any]:
    """What a button of this session does; raises NotAllowed (forged, another session's), Gone."""
    if len(token) > _LONGEST_TOKEN:
        raise NotAllowed(code="forged_token")
    try:
        said = secrets().tokens("preference-act").read(token)
    except Gone:
        raise _ended() from None
    if said.get("x") != session.key:
        raise NotAllowed(
            "Bu sayfa başka bir oturumda açılmıştı. Yenileyip yeniden deneyin; hiçbir şey "
            "değişmedi.",
            "This page belongs to another session. Reload and try again; nothing was changed.",
            code="foreign_form")
    return said


def _ended() -> Gone:
    return Gone("Güvenliğiniz için oturum kapandı. Adresinizi yeniden doğrulayın; son kaydınız "
                "duruyor.",
                "For your safety the session has ended. Verify your address again; what you saved "
                "is kept.", code="session_ended")


def _was_left(key: str) -> bool:
    try:
        return bool(redis_client().exists(_name(key)))
    except redis.RedisError:
        return False


def _name(key: str) -> str:
    return f"ileti:preferences:left:{sha256(key.encode()).hexdigest()[:32]}"


def _new_key() -> str:
    return random.token_urlsafe(12)


def _now() -> int:
    return int(clock.now().timestamp())
