"""In whose name work is done where no browser says so: the command line, a program, a job.

Why this module exists: the audit trail (:mod:`ileti.tenancy.audit`) must name somebody for every
change (R-58). In a request of the panel that is who is signed in; everywhere else the entry point
says it once, here, and whatever it calls need not know.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Final

#: what stands before the operator's name in the trail
COMMAND_LINE: Final = "cli:"


@dataclass(frozen=True, slots=True)
class Doer:
    """``user_id`` when it is done for a user; ``name`` when nobody has a number: a program's, or
    ``cli:`` and the operator's; ``address`` the network address it was asked from."""

    name: str | None = None
    user_id: int | None = None
    address: str | None = None


_at_work: ContextVar[Doer | None] = ContextVar("ileti_doer", default=None)


def current() -> Doer | None:
    """Who the work at hand is done for; None: nobody said so."""
    return _at_work.get()


def enter(doer: Doer | None) -> Token[Doer | None]:
    """Work in somebody's name until :func:`leave`; for request hooks."""
    return _at_work.set(doer)


def leave(token: Token[Doer | None]) -> None:
    """Back to who it was before :func:`enter`."""
    _at_work.reset(token)


@contextmanager
def working_as(doer: Doer | None) -> Iterator[None]:
    """Work in somebody's name."""
    token = enter(doer)
    try:
        yield
    finally:
        leave(token)


def operator() -> Doer:
    """Whoever runs this command, by the account of the operating system; with ``sudo`` the account
    it was called from."""
    name = os.environ.get("SUDO_USER", "")
    if not name:
        try:
            name = getpass.getuser()
        except (OSError, KeyError):  # an account without a name, in a container
            name = f"uid {os.getuid()}"
    return Doer(name=f"{COMMAND_LINE}{name[:60]}")
