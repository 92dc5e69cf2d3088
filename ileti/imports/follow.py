"""What follows a dry run that a program asked for, when it said so beforehand.

Why this module exists: a program that brings a list every night cannot look at a page. So it may
say with the list that everything fit to be taken is applied when no more than so many consents are
refused or wait for something; else the import stands still until somebody looks. It is done by the
job, not by the call: whatever dies in between, the next round goes on. A program never approves:
above IMPORT_FOUR_EYES_ROWS the import waits for a person (:func:`ileti.imports.runs.ask_apply`).
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Final

from ileti.core import db
from ileti.core.errors import Conflict
from ileti.core.failpoints import reach
from ileti.imports import runs
from ileti.imports.states import RunState
from ileti.imports.verdicts import sums

_DUE: Final = """
select r.id, r.apply_most, r.counts -> 'reason', exists (
         select from api_account a where a.id = r.account_id
            and (a.provider_id = r.provider_id or a.sandbox)
            and 'imports:write' = any(a.scopes) and a.disabled_at is null)
  from import_run r where r.state = %s and r.apply_most is not null order by r.id limit 200"""


class Decided(StrEnum):
    """What became of a wish to apply; kept with what was asked."""

    HELD = "held"  # more refused or waiting than the caller would bear
    NOTHING = "nothing"  # nothing in it is to be taken
    CORRECTED = "corrected"  # its columns were corrected since: the caller applies it
    REVOKED = "revoked"  # the account may no longer bring lists


def follow_up() -> Counter[str]:
    """Ask to apply the dry runs that are clean enough; the others are left to people."""
    counts: Counter[str] = Counter()
    for run_id, most, reasons, may in db.connection().execute(
            _DUE, [RunState.CHECKED]).fetchall():
        found = sums(reasons or {})
        decided = (Decided.REVOKED if not may
                   else Decided.HELD if found.refused + found.waits > most
                   else None if found.taken else Decided.NOTHING)
        if decided is None:
            counts["applied"] += _apply(run_id)
        else:
            counts[decided] += _stand(run_id, decided)
    return counts


def _apply(run_id: int) -> int:
    reach("import.follow")
    try:
        runs.ask_apply(run_id, by=None)
    except Conflict:
        return 0  # somebody was faster
    return 1


def _stand(run_id: int, decided: Decided) -> int:
    done = db.connection().execute(
        "update import_run set apply_most = null, "
        "asked = asked || jsonb_build_object('decided', %s::text) "
        "where id = %s and state = %s and apply_most is not null",
        (decided, run_id, RunState.CHECKED))
    return done.rowcount
