"""What İYS holds of a list's addresses now, asked during the dry run when somebody wants to know.

Why this module exists: a company that changes its partner wants to see before it applies how much
of its list İYS has already. The question for many addresses tells only who is ONAY there (İYS API
§6.8): whoever is left out has refused or is not known, or was left out of an incomplete answer. So
this stands beside the dry run's verdicts, in numbers and in each row's explanation, and decides
nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from ileti.consents.vocabulary import Channel, RecipientType, Status
from ileti.core import db
from ileti.core.secrets import secrets
from ileti.imports.runs import Run
from ileti.imports.terms import SEEN_ABSENT, SEEN_THERE
from ileti.iys.client import IysTrouble, client_for
from ileti.iys.wire import MOST_RECIPIENTS

_CHUNKS = "select distinct chunk from import_stage_{} where reason < 20 order by 1"
_TAKEN = """select recipient_type, channel, status, key_no, addr_hash, addr_ct
  from import_stage_{} where chunk = %s and reason < 20 order by recipient_type, channel"""
_SEEN = """update import_stage_{} s set flags = s.flags | case when a.there then %s else %s end
  from unnest(%s::bytea[], %s::boolean[]) a(addr_hash, there)
 where s.chunk = %s and s.reason < 20 and s.recipient_type = %s and s.channel = %s
   and s.addr_hash = a.addr_hash"""


def ask(run: Run, stage: int, ours: Callable[[], bool]) -> dict[str, Any]:
    """How many consents and refusals of the list are ONAY at İYS: ``{"ONAY": {"there": n, "absent":
    n}, "RET": …}``; with ``problem`` (Turkish, English) when İYS did not answer to the end."""
    counts: Counter[tuple[str, str]] = Counter()
    problem: list[str] | None = None
    try:
        client = client_for(run.place.provider_id)
        for chunk, kind, channel, some in _questions(stage):
            if not ours():
                return {}
            approved = client.approved(run.place.brand_code, kind, channel,
                                       sorted({address for address, _, _ in some}))
            counts.update((status.name, "there" if address in approved else "absent")
                          for address, status, _ in some)
            told_of = {digest: address in approved for address, _, digest in some}
            db.connection().execute(
                _SEEN.format(int(stage)).encode(),
                (SEEN_THERE, SEEN_ABSENT, list(told_of), list(told_of.values()), chunk, kind,
                 channel))
    except IysTrouble as trouble:
        problem = [trouble.tr, trouble.en]
    told: dict[str, Any] = {status.name: {where: counts[status.name, where]
                                          for where in ("there", "absent")} for status in Status}
    return told | ({"problem": problem} if problem else {})


Asked = tuple[str, Status, bytes]


def _questions(stage: int) -> Iterator[tuple[int, RecipientType, Channel, list[Asked]]]:
    """The addresses that would be taken, a question's worth at a time. Chunk by chunk, so that no
    transaction is open while İYS is asked."""
    conn, opened = db.connection(), secrets().keyring.decrypt
    chunks = [chunk for chunk, in conn.execute(_CHUNKS.format(int(stage)).encode()).fetchall()]
    for chunk in chunks:
        rows = conn.execute(_TAKEN.format(int(stage)).encode(), [chunk]).fetchall()
        for (kind, channel), group in groupby(rows, key=lambda row: row[:2]):
            found = [(opened(row[3], row[5], row[4]).decode(), Status(row[2]), bytes(row[4]))
                     for row in group]
            for first in range(0, len(found), MOST_RECIPIENTS):
                yield (chunk, RecipientType(kind), Channel(channel),
                       found[first:first + MOST_RECIPIENTS])
