"""What a person's copy says of calls: each time the number was handed out, and what came of it.

Why this module exists: the parts of the copy register themselves, and calls have their own table.
"""

from __future__ import annotations

from typing import Final

from ileti.calllists.vocabulary import Result
from ileti.requests.holdings import Row, holds, moment, word

_CALLS: Final = """
select a.at, a.result, a.result_at, b.name as brand, l.name as list
  from call_attempt a join brand b on b.id = a.brand_id join call_list l on l.id = a.list_id
 where a.provider_id = %(provider)s and a.recipient_id = any(%(ids)s) order by a.id"""


@holds("callAttempts", _CALLS)
def calls(r: Row) -> Row:
    """Each time the number was handed out to be called, and what came of it."""
    return {"brand": r["brand"], "list": r["list"], "at": moment(r["at"]),
            "result": word(Result(r["result"])) if r["result"] else None,
            "resultAt": moment(r["result_at"])}
