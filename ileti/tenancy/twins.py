"""Which providers are twins: places where programs try things out, and nothing of which is real.

Why this module exists: a sandbox account works in a provider of its own, the twin of its home
(docs/adr/0055), so that the walls between providers keep test data apart. Whoever speaks to the
outside, counts for people or writes a trail asks here what it has before it. That a provider is a
twin never changes, so the answer is kept. Lean: programs are answered without an ORM.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from ileti.core import db

#: of the row ``p`` of provider: it is a real one; for statements that walk over all of them
REAL: Final = "p.sandbox_of is null"


def home_of(provider_id: int | None) -> int | None:
    """The provider whose twin this is; itself when it is none."""
    if provider_id is None:
        return None
    try:
        return _home(provider_id) or provider_id
    except LookupError:  # written in a transaction that is open: no twin is made so
        return provider_id


def is_twin(provider_id: int | None) -> bool:
    """Whether nothing of this provider is real: no message of it may leave the house, no word of
    it may reach İYS."""
    return provider_id is not None and home_of(provider_id) != provider_id


@lru_cache(maxsize=4096)
def _home(provider_id: int) -> int | None:
    row = db.system_connection().execute("select sandbox_of from provider where id = %s",
                                         (provider_id,)).fetchone()
    if row is None:
        raise LookupError(provider_id)
    home: int | None = row[0]
    return home
