"""One tree of everything that can go wrong, so that a program can say what it does about it.

A leaf says what happened, its parent what to do::

    IletiError
    ├── NotReached               no answer: the line, the name, the time
    │   └── TimedOut
    ├── NotUnderstood            an answer that is none of İleti's
    ├── TokenRefused             the account's user name or key are no good (OAuth2)
    ├── BatchInterrupted         a long list stopped; says what was recorded before
    ├── WebhookRefused           a call that is not İleti's, or too old
    └── Refused                  İleti's own answer (problem+json, RFC 9457)
        ├── CallerMistake        mend the request, then send it again
        │   ├── InvalidInput     422, `errors` names the fields
        │   ├── RuleBroken       422, the law or İYS's rules (`rule` is its number)
        │   ├── KeyReused        422, the idempotency key was another request's
        │   ├── NotLoggedIn      401
        │   ├── NotAllowed       403
        │   ├── NotFound         404
        │   ├── Conflict         409
        │   ├── Gone             410
        │   ├── Changed          412, it has changed since it was read
        │   └── TooLarge         413
        └── TryLater             nothing is wrong with the request
            ├── TooMany          429
            ├── ServerFault      500
            └── StorageAway      502, 503, 504
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

_RULE: Final = re.compile(r"\bR-\d{2,3}\b")


class IletiError(Exception):
    """The root of the tree. An error goes whole from one process to another."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[IletiError], args: tuple[Any, ...], state: dict[str, Any]) -> IletiError:
    made = kind.__new__(kind)
    made.args = args
    made.__dict__.update(state)
    return made


class NotReached(IletiError):
    """No answer came. ``unsent``: nothing of the request can have arrived."""

    def __init__(self, sentence: str, *, unsent: bool = False) -> None:
        super().__init__(sentence)
        self.unsent = unsent


class TimedOut(NotReached):
    """It took longer than was allowed."""


class NotUnderstood(IletiError):
    """Something answered that is not İleti, a proxy for instance. ``status`` is what it said."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


class TokenRefused(IletiError):
    """No token is given; ``code`` is OAuth's word, such as ``invalid_client``."""

    def __init__(self, code: str, detail: str, status: int) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail, self.status = code, detail, status


class WebhookRefused(IletiError):
    """A webhook's call that is not to be believed; ``code`` says why: ``headers_missing``,
    ``wrong_signature``, ``too_old``, ``unreadable``."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class BatchInterrupted(IletiError):
    """A long list stopped at an item, because of ``reason``. What was recorded before is in
    ``done``; the same list under the same ``idempotency_key`` goes on where it stopped, and records
    nothing twice."""

    def __init__(self, reason: Exception, done: Any, idempotency_key: str, index: int) -> None:
        super().__init__(f"stopped at item {index}: {reason}")
        self.reason, self.done = reason, done
        self.idempotency_key, self.index = idempotency_key, index


@dataclass(frozen=True)
class FieldError:
    """One wrong field: its name as the API has it, a stable code, a sentence; ``rule`` is the
    number of the rule of law or İYS (``R-…``) where one says so."""

    field: str
    code: str
    message: str
    rule: str | None = None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> FieldError:
        """From an answer; of a server that does not tell the rule by itself, the one its sentence
        names."""
        message, rule = str(said.get("message", "")), said.get("rule")
        return cls(str(said.get("field", "")), str(said.get("code", "")), message,
                   rule if isinstance(rule, str) else _first_rule(message))


class Refused(IletiError):
    """What İleti answered. ``code`` is stable; ``title`` and ``detail`` are sentences for people in
    the client's language; ``extra`` holds what else the answer said."""

    by_code: ClassVar[dict[str, type[Refused]]] = {}
    by_status: ClassVar[dict[int, type[Refused]]] = {}

    def __init__(self, status: int, said: Mapping[str, Any], *, retry_after: float | None = None,
                 service: str = "", idempotency_key: str | None = None) -> None:
        self.status = status
        self.type = str(said.get("type", ""))
        self.code = str(said.get("code") or self.type.rpartition(":")[2] or "fault")
        self.title = str(said.get("title", ""))
        self.detail = str(said.get("detail", "")) or self.title
        self.errors = tuple(
            FieldError.of(one)
            for one in said.get("errors") or () if isinstance(one, Mapping))
        self.extra = {name: value for name, value in said.items() if name not in _OWN}
        self.retry_after = retry_after
        self.service = service
        self.idempotency_key = idempotency_key
        super().__init__(self._sentence())

    @property
    def rule(self) -> str | None:
        """The number of the rule of law or İYS (``R-…``) that was in the way, when it is named."""
        named = self.extra.get("rule")
        if isinstance(named, str):
            return named
        found = (one.rule for one in self.errors)
        return _first_rule(self.detail) or next((one for one in found if one), None)

    def _sentence(self) -> str:
        fields = "; ".join(f"{one.field}: {one.message}" for one in self.errors)
        said = f"{self.status} {self.code}: {self.detail}"
        return f"{said} [{fields}]" if fields else said


class CallerMistake(Refused):
    """Mend the request, then send it again."""


class InvalidInput(CallerMistake):
    """Fields are wrong; ``errors`` names all of them at once."""


class RuleBroken(CallerMistake):
    """The law or İYS's rules do not allow it."""


class KeyReused(CallerMistake):
    """The idempotency key was used for another request: take a new one."""


class NotLoggedIn(CallerMistake):
    """Key, token or signature are no good."""


class NotAllowed(CallerMistake):
    """The account may not do this; ``extra["scope"]`` says what it lacks."""


class NotFound(CallerMistake):
    """There is no such thing for this account."""


class Conflict(CallerMistake):
    """It contradicts what is there."""


class Gone(CallerMistake):
    """It was there and is not any more."""


class Changed(CallerMistake):
    """It has changed since it was read: read it again and change that."""


class TooLarge(CallerMistake):
    """The body is larger than allowed."""


class TryLater(Refused):
    """Nothing is wrong with the request."""


class TooMany(TryLater):
    """The account calls too often; ``retry_after`` in seconds."""


class ServerFault(TryLater):
    """A fault at İleti; the same may be sent again."""


class StorageAway(TryLater):
    """Nothing is known to be done; the same may be sent again with the same key."""


_OWN: Final = frozenset(("type", "title", "status", "detail", "errors", "code"))
Refused.by_code.update(key_reused=KeyReused, rule_broken=RuleBroken)
Refused.by_status.update({
    401: NotLoggedIn, 403: NotAllowed, 404: NotFound, 409: Conflict, 410: Gone, 412: Changed,
    413: TooLarge, 422: InvalidInput, 429: TooMany, 500: ServerFault, 502: StorageAway,
    503: StorageAway, 504: StorageAway})


def refused(status: int, said: Mapping[str, Any], *, retry_after: float | None = None,
            service: str = "", idempotency_key: str | None = None) -> Refused:
    """The leaf for an answer."""
    code = str(said.get("code") or "")
    kind = Refused.by_code.get(code) or Refused.by_status.get(status) or (
        TryLater if status >= 500 else CallerMistake)
    return kind(status, said, retry_after=retry_after, service=service,
                idempotency_key=idempotency_key)


def _first_rule(text: str) -> str | None:
    found = _RULE.search(text)
    return found[0] if found else None
