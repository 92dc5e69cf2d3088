"""That something about an account changed is told to its owner, whoever changed it.

Why this module exists: passwords and addresses are changed here, mails are written on a higher
floor (:mod:`ileti.signin.mails`), which registers itself. The mail is written in the transaction
of the change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Teller = Callable[[int, str, dict[str, Any]], None]
_tellers: list[Teller] = []


def register(teller: Teller) -> None:
    """Let ``teller(user id, what, details)`` write the mails; once per process."""
    if teller not in _tellers:
        _tellers.append(teller)


def tell(user_id: int, what: str, **details: Any) -> None:
    """Tell a user what happened to the account, in the current ORM transaction."""
    for teller in _tellers:
        teller(user_id, what, details)
