"""``GET /sps/{iysCode}/brands``: the brands a program may speak for (İYS API §5.1).

Counts of a large brand cost seconds, and software asks for the list far more often than it reads
the numbers, so they are counted at most every five minutes per process.
"""

from __future__ import annotations

import time
from typing import Any, Final

from ileti.compat.desk import Answer, Call, provider_of
from ileti.core import db
from ileti.programs.accounts import Caller

COUNTED_SECONDS: Final = 300.0
_counts: dict[tuple[int, int, int | None], tuple[float, tuple[int, int]]] = {}


def list_brands(call: Call) -> Answer:
    """A bare list; ``stats`` count what İYS holds of the caller's."""
    caller = provider_of(call)
    rows = db.connection().execute(
        "select b.id, b.brand_code, b.name, b.master, (select count(*) from dealer d "
        "  where d.provider_id = b.provider_id and d.brand_id = b.id "
        "  and d.retailer_code is not null and (%(dealer)s::int is null or d.id = %(dealer)s)) "
        "from brand b where b.provider_id = %(provider)s "
        "and (%(brand)s::int is null or b.id = %(brand)s) order by b.master desc, b.id",
        {"provider": caller.provider_id, "brand": caller.brand_id, "dealer": caller.dealer_id})
    return Answer(200, [_brand(caller, *row) for row in rows])


def _brand(caller: Caller, brand_id: int, code: int, name: str, master: bool,
           retailers: int) -> dict[str, Any]:
    approval, rejection = _counted(caller, brand_id)
    return {
        "brandCode": code,
        "stats": {
            "consents": {"approval": approval, "rejection": rejection,
                         "total": approval + rejection},
            "retailers": {"total": retailers},
        },
        "name": name, "master": master,
    }


def _counted(caller: Caller, brand_id: int) -> tuple[int, int]:
    key = (caller.provider_id, brand_id, caller.dealer_id)
    at, kept = _counts.get(key, (0.0, (0, 0)))
    if at and time.monotonic() - at < COUNTED_SECONDS:
        return kept
    found = dict(db.connection().execute(
        "select s.status, count(*) from consent_state s where s.provider_id = %(provider)s "
        "and s.brand_id = %(brand)s and s.iys_status in (3, 7) "
        "and (%(dealer)s::int is null or exists (select from consent_entry e "
        "     where e.provider_id = s.provider_id and e.id = s.entry_id "
        "     and e.captured_at = s.entry_at and e.dealer_id = %(dealer)s)) group by s.status",
        {"provider": caller.provider_id, "brand": brand_id,
         "dealer": caller.dealer_id}).fetchall())
    counts = (found.get(1, 0), found.get(2, 0))
    if len(_counts) > 1_000:
        _counts.clear()
    _counts[key] = time.monotonic(), counts
    return counts
