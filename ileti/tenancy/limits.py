"""How many dealers, users, brands, sites and API accounts a provider may have.

Why this module exists: a partner sells its providers so and so many, and nobody gets more by
another door. The rule itself stands in PostgreSQL (``refuse_beyond_limit`` behind triggers on the
tables), so that panel, lists, programs, invitations and commands come by it alike, and two who ask
at once cannot both have the last place. Here it gets words. A user is counted by the address, also
while only invited; what is switched off, passive or ended is not counted. Lean: programs ask, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from ileti.core.errors import Conflict

_STATE: Final = "ILM01"
#: the column that says how many, the key the rule knows, and what people read
THINGS: Final[dict[str, tuple[str, str, str]]] = {
    "dealers": ("most_dealers", "bayi", "dealers"), "users": ("most_users", "kullanıcı", "users"),
    "brands": ("most_brands", "marka", "brands"), "sites": ("most_sites", "site", "sites"),
    "api": ("most_api_accounts", "API hesabı", "API accounts"),
}


@dataclass(frozen=True)
class Use:
    """One limit: how many there may be (None: any number) and how many there are."""

    key: str
    most: int | None
    used: int

    @property
    def left(self) -> int | None:
        """How many may still come."""
        return None if self.most is None else max(0, self.most - self.used)


def uses(conn: Any, provider_id: int) -> list[Use]:
    """All limits of a provider with their use, in one statement."""
    rows = conn.execute(
        "select key, limit_of(%s, key), used_of(%s, key) from unnest(%s::text[]) "
        "with ordinality as asked(key, n) order by n",
        (provider_id, provider_id, list(THINGS))).fetchall()
    return [Use(*row) for row in rows]


def refuse_full(conn: Any, provider_id: int, key: str) -> None:
    """Raise Conflict when not one more may come; for who must know before asking somebody else.
    The triggers have the last word."""
    row = conn.execute("select limit_of(%s, %s), used_of(%s, %s)",
                       (provider_id, key, provider_id, key)).fetchone()
    if row and row[0] is not None and row[1] >= row[0]:
        raise _full(key, row[0])


def refused(error: BaseException | None) -> Conflict | None:
    """What a fault of the database means, when it is one of these limits."""
    said = getattr(error, "orig", None) or error
    if getattr(said, "sqlstate", None) != _STATE:
        return None
    key, _colon, most = str(getattr(getattr(said, "diag", None), "message_primary", "")
                            or said).partition(":")
    return _full(key, int(most) if most.isdigit() else 0)


@contextmanager
def told() -> Iterator[None]:
    """Say a limit that was reached as what it is: a Conflict with a sentence."""
    try:
        yield
    except Exception as error:
        found = refused(error)
        if found is None:
            raise
        raise found from error


def _full(key: str, most: int) -> Conflict:
    _column, tr, en = THINGS.get(key, ("", key, key))
    return Conflict(
        f"Sınıra ulaşıldı: bu hizmet sağlayıcıda en çok {most} {tr} olabilir. Sınırı platform "
        "yöneticisi değiştirir.", f"The limit is reached: this provider may have at most {most} "
        f"{en}. A platform admin changes the limit.", code="limit_reached")
