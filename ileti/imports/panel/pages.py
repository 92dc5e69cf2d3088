"""What the pages of an import show: the list, the steps, and how far the work is.

The steps are the same everywhere (look picture 05): file, columns, origin and proof, dry run,
apply. A step that is done is a way back as long as nothing was applied.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from config import settings
from ileti.core import clock, formats
from ileti.core.formats import either, say
from ileti.imports import declared, pace, plugged, rest, runs
from ileti.imports.files import PART_BYTES
from ileti.imports.models import ImportRun
from ileti.imports.panel import proof_page, visible
from ileti.imports.report import Form
from ileti.imports.states import RunState
from ileti.imports.story import say_word
from ileti.tenancy import narrowing, security
from ileti.tenancy import offered as offers
from ileti.tenancy.models import Brand

STEPS = (("file", _l("File")), ("mapping", _l("Columns")), ("origin", _l("Origin and proof")),
         ("check", _l("Dry run")), ("apply", _l("Apply")))
BADGE = {
    RunState.UPLOADING: "uploading", RunState.MAPPING: "mapping", RunState.CHECKING: "checking",
    RunState.CHECKED: "dry_run", RunState.APPROVAL: "approval", RunState.APPLYING: "applying",
    RunState.PAUSED: "paused", RunState.APPLIED: "applied", RunState.CANCELLED: "cancelled",
    RunState.UNDOING: "undoing", RunState.UNDONE: "undone", RunState.FAILED: "failed",
}
_MB = 1_000_000


def listing() -> dict[str, Any]:
    """Context of ``panel/imports/list.html``."""
    before = request.args.get("once", type=int)
    first = max(1, request.args.get("ilk", 1, type=int))
    wanted = _asked()
    found = visible.shelf(before, *wanted.only)
    names = visible.askers(found.rows, "created_by")
    brands = visible.brand_names(one.brand_id for one in found.rows)
    last = first + len(found.rows) - 1
    return {
        "title": _("Import"),
        "line": _("Customer lists on their way into the ledger, each tried before it is applied"),
        "rows": [_row(one, names, brands) for one in found.rows],
        "new": _new_action(), "may_run": security.may("import:run"),
        "pages": {
            "first": first, "last": last,
            "newer_url": wanted.url() if before is not None else None,
            "older_url": wanted.url(once=found.rows[-1].id, ilk=last + 1)
            if found.more else None},
        "asked": wanted.drawn, "shown": wanted.shown, "narrowed": wanted.active,
    }


def _asked() -> narrowing.Asked:
    """What the address asks of the list."""
    return narrowing.read(
        "ImportView.index", [
            ("durum", _("State")), ("marka", _("Brand")), ("satir", _("Rows")), ("kim", _("Who")),
            ("an", _("When"))],
        [narrowing.Pick("durum", _("State"), narrowing.of_badges(
            "import", ImportRun.state, BADGE)),
         narrowing.Pick("marka", _("Brand"), narrowing.by_number(
             ImportRun.brand_id, {one.id: one.name for one in offers.brands()}))],
        ImportRun.created_at, label=_("Date"))


def _new_action() -> dict[str, Any] | None:
    if not security.may("import:run"):
        return None
    return {"label": _("New import"), "icon": "upload", "kind": "primary",
            "url": url_for("ImportView.new")}


def _row(one: ImportRun, names: visible.Askers, brands: dict[int, str]) -> dict[str, Any]:
    return {
        "name": one.name, "url": url_for("ImportView.show", pk=one.id),
        "badge": BADGE[RunState(one.state)], "brand": brands.get(one.brand_id, "—"),
        "rows": one.rows, "who": who(names, one, one.created_by), "at": one.created_at,
        "progress": progress_of(one), "written": one.written,
        "sub": formats.size(one.size) if one.size else "",
    }


def progress_of(one: ImportRun) -> tuple[int, int] | None:
    """Done and total of the work at hand."""
    if one.state == RunState.CHECKING:
        return (one.bytes_read, one.size) if one.size else None
    if one.state == RunState.UNDOING:
        return (one.chunks_done, one.chunks) if one.chunks else None
    if one.state in (RunState.APPLYING, RunState.PAUSED):
        total = takeable(one)
        return (min(one.written + one.left_out, total), total) if total else None
    return None


def takeable(one: ImportRun) -> int:
    """How many consents the dry run found fit to be taken."""
    return pace.takeable(one.counts or {})


def unit(one: ImportRun) -> str:
    """What is counted: rows, or consents where a row states several."""
    columns = (one.mapping or {}).get("columns", {})
    several = "channel" not in columns and one.staged > one.rows > 0
    return "consents" if several else "rows"


# -- the frame of a run --------------------------------------------------------------------------


def frame(one: ImportRun, step: str, *, title: str, line: str = "") -> dict[str, Any]:
    """What stands around every page of a run."""
    brand = visible.brand_names([one.brand_id]).get(one.brand_id, "")
    return {
        "crumbs": [(_("Import"), url_for("ImportView.index")), (one.name, None)],
        "title": title, "line": line, "steps": steps(one, step), "run": one, "brand": brand,
        "state": int(one.state), "badge": BADGE[RunState(one.state)],
        "unit": unit(one), "may": {"run": security.may("import:run"),
                                   "approve": security.may("import:approve")},
    }


def steps(one: ImportRun | None, current: str) -> list[dict[str, Any]]:
    """The five steps; those before the present one are done, and a link while they may change."""
    place = [key for key, _label in STEPS].index(current)
    open_again = one is not None and security.may("import:run") and one.state in (
        RunState.MAPPING, RunState.CHECKED, RunState.FAILED)
    ways = {} if one is None or not open_again else {
        "mapping": url_for("ImportView.mapping", pk=one.id),
        "origin": url_for("ImportView.origin", pk=one.id)}
    all_done = one is not None and one.state in (RunState.APPLIED, RunState.UNDONE)
    return [{"number": n + 1, "label": label, "current": n == place and not all_done,
             "done": n < place or all_done, "url": ways.get(key) if n < place else None}
            for n, (key, label) in enumerate(STEPS)]


def file_page(one: ImportRun | None, *, error: str = "", brand: str = "",
              before: ImportRun | None = None) -> dict[str, Any]:
    """Context of ``panel/imports/file.html``: a new import, or one whose upload was broken off."""
    offered = offers.brands()
    chosen = brand or (str(one.brand_id) if one else str(before.brand_id) if before else "")
    base = frame(one, "file", title=_("Continue the upload")) if one else {
        "crumbs": [(_("Import"), url_for("ImportView.index")), (_("New import"), None)],
        "title": _("New import"), "steps": steps(None, "file"), "run": None}
    return base | {
        "line": _("Nothing is written before you have seen the dry run."),
        "brands": [{"value": str(b.id), "label": f"{b.name} · {b.brand_code}",
                    "selected": str(b.id) == chosen} for b in offered],
        "brand_chosen": one is not None or len(offered) == 1, "error": error,
        "longest": settings().import_longest_mb, "part_bytes": PART_BYTES,
        "before": before, "sources": [] if one or before else _sources(offered),
    }


def _sources(brands: list[Brand]) -> list[tuple[str, str]]:
    """Places plug-ins fetch lists from, by key, where all brands in sight are one provider's."""
    providers = {one.provider_id for one in brands}
    if len(providers) != 1:
        return []
    return [(one.key, say(one.source.title)) for one in plugged.offered(providers.pop())]


def working(one: ImportRun) -> dict[str, Any]:
    """Context of ``panel/imports/work.html``: a dry run or the applying, while it goes on."""
    state = RunState(one.state)
    checking = state is RunState.CHECKING
    titles = {RunState.CHECKING: _("Dry run is going on"), RunState.APPLYING: _("Applying"),
              RunState.PAUSED: _("Paused"), RunState.UNDOING: _("Being undone"),
              RunState.APPROVAL: _("Awaits approval")}
    done = progress_of(one)
    rate, left = _speed(one, done)
    return frame(one, "check" if checking else "apply", title=titles[state],
                 line=_("This is only a dry run. No record changes, nothing goes to İYS.")
                 if checking else "") | {
        "done": done, "rate": rate, "left": formats.length(left) if left else "",
        "percent": done[0] / done[1] if done and done[1] else 0.0,
        "read": formats.size(one.bytes_read), "size": formats.size(one.size),
        "total": takeable(one), "problem": problem_of(one),
        "asker": who(visible.askers([one], "started_by"), one, one.started_by),
        "own": one.started_by is not None and one.started_by == _me(),
        "live": state in (RunState.CHECKING, RunState.APPLYING, RunState.UNDOING),
    }


def _me() -> int | None:
    own = security.membership()
    return own.user_id if own else None


def _speed(one: ImportRun, done: tuple[int, int] | None) -> tuple[int, float]:
    """Rows per second of the last minute, and the seconds that are left at that speed."""
    if done is None or one.state != RunState.APPLYING:
        return 0, 0.0
    rate = pace.per_second(one.id, one.started_at)
    return round(rate), (done[1] - done[0]) / rate if rate else 0.0


def finished(one: ImportRun) -> dict[str, Any]:
    """Context of ``panel/imports/done.html``: applied, undone, given up, or stopped by a fault."""
    state = RunState(one.state)
    titles = {RunState.APPLIED: _("Applied"), RunState.CANCELLED: _("Given up"),
              RunState.UNDONE: _("Undone"), RunState.FAILED: _("The import has stopped")}
    names = visible.askers([one], "started_by", "approved_by", "undone_by", "created_by")
    seconds = ((one.ended_at - one.started_at).total_seconds()
               if one.ended_at and one.started_at else None)
    return frame(one, "apply" if one.started_at else "check", title=titles[state]) | {
        "problem": problem_of(one), "seconds": formats.length(seconds) if seconds else "",
        "names": names, "total": takeable(one),
        "facts": _facts(one, names), "applied": state is RunState.APPLIED,
        "undoable": runs.undoable(runs.read_run(one.id)),
        "failed": state is RunState.FAILED, "before_applying": one.started_at is None,
        "proofs": proof_page.context(one), **_rest(one),
    }


def _rest(one: ImportRun) -> dict[str, Any]:
    """Rows that were not taken and can still be had, until when, and where the report is."""
    has_report = one.checked_at is not None and rest.is_there(runs.read_run(one.id))
    reports = report_links(one) if has_report else []
    ended = one.ended_at if one.state in (RunState.APPLIED, RunState.UNDONE) else None
    if not has_report or ended is None:
        return {"reports": reports, "rest": 0, "rest_until": None}
    kept = (one.undone_at or ended) + timedelta(days=settings().import_keep_days)
    count = sum(n for number, n in (one.counts or {}).get("reason", {}).items()
                if int(number) in rest.TO_CORRECT)
    return {"reports": reports, "rest": count, "rest_until": clock.to_istanbul(kept).date()}


def who(names: visible.Askers, one: ImportRun, person: int | None) -> str:
    """Who took a step: the person; nobody means the program that brought the list."""
    if person is not None:
        return names.people.get(person, "—")
    if one.account_id is None:
        return "—"
    return names.programs.get(one.account_id) or _("A program")


def _facts(one: ImportRun, names: visible.Askers) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = [(_("Uploaded by"), who(names, one, one.created_by))]
    if one.started_by or (one.account_id and one.started_at):
        found.append((_("Applied by"), who(names, one, one.started_by)))
    if one.approved_by:
        found.append((_("Approved by"), who(names, one, one.approved_by)))
    if one.undone_by or (one.account_id and one.undone_at):
        found.append((_("Undone by"), who(names, one, one.undone_by)))
    if word := only_said(one):
        found.append((_("Declared, no proof file"), word))
    found.append((_("File size"), formats.size(one.size)))
    return found


def only_said(one: ImportRun) -> str:
    """What is said of the proofs where no file is here for all rows; files of single rows count for
    those rows. Nothing when there are such files, or nothing was stated yet."""
    word = declared.word_of(one.origin) if one.origin else None
    return say_word(word) if word is not None else ""


def report_links(one: ImportRun) -> list[tuple[str, str]]:
    """The row report by form, as people call it, with its address."""
    return [(form.upper(), url_for(f"ImportView.{view}", pk=one.id))
            for form, view in ((Form.XLSX, "workbook"), (Form.CSV, "report"))]


def problem_of(one: ImportRun) -> str:
    """Why it stopped; the column holds the Turkish sentence, a line's end and the English one."""
    tr, _end, en = (one.problem or "").partition("\n")
    return either(tr, en or tr) if tr else ""


def brand_of(value: str) -> Brand | None:
    """The visible brand a form names; the only one when there is one."""
    offered = offers.brands()
    if len(offered) == 1 and not value:
        return offered[0]
    return next((one for one in offered if str(one.id) == value), None)
