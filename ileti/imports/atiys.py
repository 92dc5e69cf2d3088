"""What İYS holds of a list's addresses now, asked during the dry run when somebody wants to know.

Why this module exists: a company that changes its partner wants to see before it applies how much
of its list İYS has already. The question for many addresses tells only who is ONAY there (İYS API
§6.8): whoever is left out has refused or is not known, or was left out of an incomplete answer. So
this is a count beside the dry run's, decides nothing, and says so.
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
from ileti.iys.client import IysTrouble, client_for
from ileti.iys.wire import MOST_RECIPIENTS

_CHUNKS = "select distinct chunk from import_stage_{} where reason < 20 order by 1"
_TAKEN = """select recipient_type, channel, status, key_no, addr_hash, addr_ct
  from import_stage_{} where chunk = %s and reason < 20 order by recipient_type, channel"""


def ask(run: Run, stage: int, ours: Callable[[], bool]) -> dict[str, Any]:
    """How many consents and refusals of the list are ONAY at İYS: ``{"ONAY": {"there": n, "absent":
    n}, "RET": …}``; with ``problem`` (Turkish, English) when İYS did not answer to the end."""
    counts: Counter[tuple[str, str]] = Counter()
    problem: list[str] | None = None
    try:
        client = client_for(run.place.provider_id)
        for kind, channel, some in _questions(stage):
            if not ours():
                return {}
            approved = client.approved(run.place.brand_code, kind, channel,
                                       sorted({address for address, _ in some}))
            counts.update((status.name, "there" if address in approved else "absent")
                          for address, status in some)
    except IysTrouble as trouble:
        problem = [trouble.tr, trouble.en]
    told: dict[str, Any] = {status.name: {where: counts[status.name, where]
                                          for where in ("there", "absent")} for status in Status}
    return told | ({"problem": problem} if problem else {})


def _questions(stage: int) -> Iterator[tuple[RecipientType, Channel, list[tuple[str, Status]]]]:
    """The addresses that would be taken, a question's worth at a time. Chunk by chunk, so that no
    transaction is open while İYS is asked."""
    conn, opened = db.connection(), secrets().keyring.decrypt
    chunks = [chunk for chunk, in conn.execute(_CHUNKS.format(int(stage)).encode()).fetchall()]
    for chunk in chunks:
        rows = conn.execute(_TAKEN.format(int(stage)).encode(), [chunk]).fetchall()
        for (kind, channel), group in groupby(rows, key=lambda row: row[:2]):
            found = [(opened(row[3], row[5], row[4]).decode(), Status(row[2])) for row in group]
            for first in range(0, len(found), MOST_RECIPIENTS):
                yield RecipientType(kind), Channel(channel), found[first:first + MOST_RECIPIENTS]
