"""What a request for a second person is made of: the wish, where it stands, who carries it out.

The rules are :mod:`ileti.tenancy.foureyes`, which is where rooms come to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Protocol

from ileti.core import clock
from ileti.core.errors import IletiError


class State(IntEnum):
    """Where a request stands; the smallint in the database, never renumbered."""

    WAITING = 1
    APPROVED = 2
    REFUSED = 3
    DONE = 4
    LAPSED = 5
    VOID = 6
    WITHDRAWN = 7


class Waits(IletiError):
    """Not a failure: the deed was not done, it waits for a second person."""

    status = 202
    code = "waits_for_approval"
    tr = "İkinci bir kişinin onayı gerekiyor; isteğiniz onay verebileceklere iletildi."
    en = "A second person has to approve this; your request went to those who may."


class Decider(Protocol):
    """Who decides: their permissions and scope in the work space they act in."""

    @property
    def permissions(self) -> frozenset[str]:
        """What they may do there."""

    @property
    def scope(self) -> Any:
        """What they see there (:class:`ileti.tenancy.scope.Scope`)."""

    @property
    def user_id(self) -> int | None:
        """Themselves."""


@dataclass(frozen=True, slots=True)
class _Everywhere:
    """A scope that holds every place."""

    everything: bool = True
    provider_id: int | None = None
    brand_id: int | None = None
    dealer_id: int | None = None


@dataclass(frozen=True, slots=True)
class Here:
    """Somebody whose right and scope the room has checked already, as far as its page goes."""

    user_id: int | None
    permissions: frozenset[str]
    scope: Any = _Everywhere()


@dataclass(frozen=True, slots=True)
class Wish:
    """A deed somebody asks for. ``deed`` names who carries it out, ``act`` says all it needs,
    ``permission`` is the right of whoever may agree. No address of anybody stands in it."""

    kind: str
    deed: str
    subject: str
    permission: str
    act: Mapping[str, Any]
    provider_id: int | None
    brand_id: int | None = None
    dealer_id: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it is kept."""

    id: int
    wish: Wish
    mark: str
    digest: bytes
    state: State
    asked_by: int | None
    actor: str | None
    asked_at: datetime
    expires_at: datetime
    decided_by: int | None
    reason: str | None

    @property
    def lapsed(self) -> bool:
        """Whether its time is over."""
        return self.state is State.LAPSED or (
            self.state is State.WAITING and self.expires_at <= clock.now())


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who carries a deed out. ``mark`` says the state of the thing as it is now, ``again`` why
    doing it twice does no harm; ``about`` what is asked, in words of a language, as pairs of name
    and value."""

    kind: str
    do: Callable[[Request], None]
    mark: Callable[[Wish], str]
    about: Callable[[Request, str], list[tuple[str, str]]]
    again: str
    #: raises when this person may not agree, though they have the right to decide
    check: Callable[[Request, Decider], None] | None = None
    #: where it is decided instead, when it has to be looked at there: label and address
    room: Callable[[Request], tuple[str, str]] | None = None
    #: agreeing takes a reason too, which is kept with what is done
    needs_reason: bool = False
