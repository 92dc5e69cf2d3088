"""An import as a program sees it: numbers and stable words, sentences in its language.

Why this module exists: what the pages show in tables a program wants to compare with zero. It never
holds an address: rows are in the report, which is asked for by itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ileti.api.desk import OWN, Call, own
from ileti.core import db
from ileti.core.clock import to_istanbul
from ileti.core.errors import FieldError, InvalidInput
from ileti.imports import agreed, pace
from ileti.imports.report import VERDICTS, totals
from ileti.imports.states import RunState
from ileti.imports.verdicts import REASONS, sums
from ileti.tenancy import foureyes

MOST: Final = 100
_USUAL: Final = 25
_COLUMNS: Final = """
select r.id, r.state, b.brand_code, d.retailer_code, r.name, r.idem, r.created_at, r.size, r.sha256,
       r.format, r.bytes_read, r.rows, r.staged, r.counts, r.seconds, r.written, r.left_out,
       r.problem, r.checked_at, r.started_at, r.ended_at, r.undone_at, r.asked, r.next_at > now(),
       r.provider_id, r.chunks, r.chunks_done
  from import_run r join brand b on b.id = r.brand_id
  left join dealer d on d.id = r.dealer_id where """
STATES: Final = {state.name.lower(): state for state in RunState}


def one(call: Call, run_id: int) -> dict[str, Any]:
    """The whole of an import that was found to be the caller's."""
    row = db.connection().execute(_COLUMNS + "r.id = %s", [run_id]).fetchone()
    assert row is not None
    return _resource(row, call.language, whole=True)


def page(call: Call) -> dict[str, Any]:
    """The caller's imports, newest first, without reasons and sums: ``limit`` (to 100), ``cursor``
    (``next`` of the page before; ``before`` is its older name), ``state``, ``key``. Raises
    InvalidInput."""
    limit, most = _number(call, "limit", _USUAL, MOST), 2**63 - 1
    before = _number(call, "cursor", _number(call, "before", None, most), most)
    state, key = call.args.get("state"), call.args.get("key")
    if state is not None and state not in STATES:
        raise InvalidInput(errors=(FieldError(
            "state", "invalid", f"Şunlardan biri olmalı: {', '.join(STATES)}.",
            f"Must be one of: {', '.join(STATES)}."),))
    rows = db.connection().execute(
        f"{_COLUMNS} {OWN} and (%s::bigint is null or r.id < %s) "
        "and (%s::int is null or r.state = %s) and (%s::text is null or r.idem = %s) "
        "order by r.id desc limit %s",
        (*own(call.caller), before, before, *2 * (STATES[state] if state else None,),
         key, key, (limit or 0) + 1)).fetchall()
    shown = [_resource(row, call.language, whole=False) for row in rows[:limit]]
    return {"imports": shown, "next": rows[-2][0] if len(rows) > (limit or 0) else None}


def _number(call: Call, name: str, usual: int | None, most: int) -> int | None:
    text = call.args.get(name)
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 1 <= int(text) <= most):
        raise InvalidInput(errors=(FieldError(
            name, "invalid", f"1 ile {most} arasında bir sayı yazın.",
            f"Write a number from 1 to {most}."),))
    return int(text)


def _resource(row: Any, language: str, *, whole: bool) -> dict[str, Any]:
    (run_id, state, brand, retailer, name, key, created, size, digest, kind, read, rows, staged,
     counts, seconds, written, left_out, problem, checked, started, ended, undone, asked,
     held, provider, chunks, chunks_done) = row
    state = RunState(state)
    found: dict[str, Any] = {
        "id": run_id, "state": state.name.lower(), "brand": brand, "retailerCode": retailer,
        "name": name, "key": key, "size": size, "sha256": digest.hex() if digest else None,
        "format": None if state in (RunState.UPLOADING, RunState.MAPPING) else kind,
        "createdAt": _moment(created), "checkedAt": _moment(checked),
        "startedAt": _moment(started), "endedAt": _moment(ended), "undoneAt": _moment(undone),
        "counts": _counts(rows, staged, counts) if checked else None,
        "written": written, "leftOut": left_out, "problem": _sentence(problem, language),
        "apply": _apply(asked, started),
    }
    if whole:
        found |= {
            "progress": {"unit": "chunks", "done": chunks_done, "total": chunks, "perSecond": None}
            if state is RunState.UNDOING else
            _progress(run_id, state, read, size, counts, written + left_out, started),
            "uploading": bool(held) if state is RunState.UPLOADING else None,
            "seconds": seconds, "reasons": _reasons(counts, language) if checked else [],
            "totals": totals(counts) if checked else {}, "due": counts.get("due", {}),
            "sending": _sending(provider, counts) if checked and not started else None,
            "atIys": _at_iys(counts, language), "approval": _approval(run_id)}
    return found


def _counts(rows: int, staged: int, counts: dict[str, Any]) -> dict[str, int]:
    found = sums(counts.get("reason", {}))
    return {"rows": rows, "consents": staged, "taken": found.taken,
            "repaired": counts.get("repaired", {}).get("yes", 0), "waits": found.waits,
            "already": found.already, "refused": found.refused}


def _apply(asked: dict[str, Any], started: datetime | None) -> dict[str, Any]:
    """What was wished to follow the dry run, and what became of it."""
    most = asked.get("apply_most")
    decided = asked.get("decided") or ("applied" if started and most is not None else None)
    return {"asked": "none" if most is None else "all", "mostRefused": most, "decided": decided}


def _progress(run_id: int, state: RunState, read: int, size: int, counts: dict[str, Any],
              done: int, started: datetime | None) -> dict[str, Any] | None:
    """How far the work at hand is; None when nothing is done."""
    if state is RunState.CHECKING:
        return {"unit": "bytes", "done": read, "total": size, "perSecond": None}
    if state in (RunState.APPLYING, RunState.PAUSED):
        total = pace.takeable(counts)
        rate = pace.per_second(run_id, started) if state is RunState.APPLYING else None
        return {"unit": "consents", "done": min(done, total), "total": total,
                "perSecond": None if rate is None else round(rate)}
    return None


def _reasons(counts: dict[str, Any], language: str) -> list[dict[str, Any]]:
    found = []
    for number, n in counts.get("reason", {}).items():
        reason = REASONS[int(number)]
        first, last = counts.get("lines", {}).get(number, [None, None])
        found.append({"code": reason.code, "verdict": VERDICTS[reason.fate], "rule": reason.rule,
                      "count": n, "firstLine": first, "lastLine": last,
                      "text": reason.say(language), "advice": reason.advise(language)})
    return sorted(found, key=lambda each: (-each["count"], each["code"]))


def _sending(provider_id: int, counts: dict[str, Any]) -> dict[str, Any]:
    """How long İYS takes for this list and what waits before it, and what is late by then."""
    seconds = pace.sending_seconds(provider_id, pace.takeable(counts))
    return {"seconds": round(seconds), "pastDue": pace.past_due(counts, seconds)}


def _approval(run_id: int) -> dict[str, Any] | None:
    """What waits for a second person."""
    waits = foureyes.of(f"import:{run_id}")
    return None if waits is None else {
        "deed": "undo" if waits.wish.deed == agreed.UNDO else "apply",
        "expiresAt": _moment(waits.expires_at)}


def _at_iys(counts: dict[str, Any], language: str) -> dict[str, Any] | None:
    told = counts.get("iys")
    if not told:
        return None
    problem = told.get("problem")
    return {status: told[status] for status in ("ONAY", "RET") if status in told} | {
        "problem": problem[language == "en"] if problem else None}


def _sentence(problem: str | None, language: str) -> str | None:
    """The column holds the Turkish sentence, a line's end and the English one."""
    if not problem:
        return None
    tr, _, en = problem.partition("\n")
    return en or tr if language == "en" else tr


def _moment(value: datetime | None) -> str | None:
    return None if value is None else to_istanbul(value).isoformat(timespec="milliseconds")
