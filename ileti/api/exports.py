"""Large lists as files that a job makes, for programs.

Why this module exists: a table of a million rows should not depend on a line that holds for
minutes. A program asks for it, asks how far it is, and fetches it while it is there. It gets its
own files alone, and only while its key still opens what is in them: that is judged when the file is
made and each time it is fetched (:mod:`ileti.exports.who`).
"""

from __future__ import annotations

from typing import Any, Final

from ileti.api import looking, shapes, slots
from ileti.api.desk import Answer, Call
from ileti.api.reading import body, query
from ileti.api.scoped import Declared, once, shows_addresses
from ileti.api.shapes import DAY, given, maybe, obj
from ileti.capture.api_document import Operation
from ileti.consents import exporting
from ileti.consents.momenttold import iso
from ileti.core import clock
from ileti.core.errors import Gone, NotFound
from ileti.core.sealedfile import read_sealed
from ileti.exports import asking, runs, who
from ileti.exports import jobs as _jobs  # noqa: F401 (bells can only ring jobs that are known)
from ileti.exports.kinds import MEDIA, Form
from ileti.exports.runs import Run
from ileti.exports.states import State
from ileti.programs import deeds

PATH: Final = "/api/v1/exports"
#: the filters of the list, as in its address, in a body
_FILTERS: Final = {name: schema for name, (schema, _words) in looking.NARROWED.items()
                   if name not in ("addresses", "since", "until")} | {"since": DAY, "until": DAY}
_NOTHING: Final[dict[str, Any]] = {name: [] if schema["type"] == "array" else None
                                   for name, schema in _FILTERS.items()}
_ASKED: Final = given(
    ("kind",), kind={"type": "string", "enum": ["consents"]},
    format={"type": "string", "enum": [one.value for one in Form]},
    addresses={"type": "string", "enum": ["masked", "full"]}, filters=given((), **_FILTERS))


def ask(call: Call) -> Answer:
    """``POST /exports``."""
    said = body(call, _ASKED)
    full = shows_addresses(call, said, "export:ask")
    filters = _NOTHING | {name: value for name, value in (said["filters"] or {}).items()
                          if value is not None}
    wanted = looking.wanted_of(filters)
    form = Form(said["format"] or Form.CSV)

    def act() -> Answer:
        caller = call.caller
        number = asking.ask(
            asking.Asker(caller.provider_id, caller.brand_id, caller.dealer_id,
                         account_id=caller.account_id, key_id=caller.key_id),
            exporting.KIND, exporting.kept(wanted), form=form, language=call.language, full=full)
        deeds.note(caller, "export:ask", f"export:{number}", call.address,
                   list=exporting.KIND.name, form=form.value,
                   filters=sorted(said["filters"] or ()), addresses="full" if full else "masked")
        return Answer(202, {
            "id": number, "kind": exporting.KIND.name, "format": form.value,
            "addresses": "full" if full else "masked", "state": State.WAITING.name, "rows": 0,
            "expectedRows": None, "bytes": None, "createdAt": iso(clock.now()), "endedAt": None,
            "expiresAt": None})

    answer = once(call, said, act)
    runs.ring()
    return answer


def show(call: Call) -> Answer:
    """``GET /exports/{id}``."""
    query(call, {})
    return Answer(200, _told(_own(call)))


def file(call: Call) -> Answer:
    """``GET /exports/{id}/file``; that it was taken is written down first."""
    query(call, {})
    run = _own(call)
    seen = who.judged(run) if run.ready else None
    if not run.ready:
        raise Gone("Dosya hazır değil ya da artık burada değil.",
                   "The file is not ready, or no longer here.", code="export_not_ready")
    if seen is None:
        runs.end(run, State.REFUSED)
        raise NotFound()
    slot = slots.take(call.caller.account_id)
    try:
        deeds.note(call.caller, "export:take", f"export:{run.id}", call.address, list=run.kind,
                   form=run.form.value, rows=run.rows,
                   addresses="full" if run.full else "masked")
        runs.count_fetch(run)
    except BaseException:
        slot.release()
        raise
    return Answer(200, None, (
        ("Content-Type", MEDIA[run.form]), ("Content-Length", str(run.size)),
        ("Content-Disposition", f'attachment; filename="{run.name}"')),
        slots.Sent(read_sealed(run.place, run.key(), run.bound_to), slot))


def cancel(call: Call) -> Answer:
    """``POST /exports/{id}/cancel``: what is being made ends, what is there is destroyed."""
    query(call, {})
    run = _own(call)
    if runs.end(run, State.CANCELLED):
        deeds.note(call.caller, "export:cancel", f"export:{run.id}", call.address)
    return Answer(200, _told(_own(call)))


def _own(call: Call) -> Run:
    """The account's own, asked for with as much as this key reaches. Raises NotFound."""
    caller, text = call.caller, call.named["id"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    run = runs.read(number, account_id=caller.account_id)
    kind = run.of if run else None
    if run is None or kind is None or (run.provider_id, run.brand_id, run.dealer_id) != (
            caller.provider_id, caller.brand_id, caller.dealer_id):
        raise NotFound()
    if not kind.needs_scopes(full=run.full) <= caller.scopes:
        raise NotFound()
    return run


def _told(run: Run) -> dict[str, Any]:
    state = State.EXPIRED if run.state is State.READY and not run.ready else run.state
    return {
        "id": run.id, "kind": run.kind, "format": run.form.value,
        "addresses": "full" if run.full else "masked", "state": state.name, "rows": run.rows,
        "expectedRows": run.expected, "bytes": run.size if run.ready else None,
        "createdAt": iso(run.created_at),
        "endedAt": iso(run.ended_at) if run.ended_at else None,
        "expiresAt": iso(run.expires_at) if run.expires_at else None}


_EXPORT: Final = obj(
    id=shapes.WHOLE, kind=shapes.TEXT, format=shapes.TEXT, addresses=shapes.TEXT,
    state={"type": "string", "enum": [one.name for one in State]}, rows=shapes.WHOLE,
    expectedRows=maybe(shapes.WHOLE), bytes=maybe(shapes.WHOLE), createdAt=shapes.MOMENT,
    endedAt=maybe(shapes.MOMENT), expiresAt=maybe(shapes.MOMENT))
_AT: Final = "2026-11-30T10:00:00.000+03:00"
SCHEMAS: Final = {"ExportIn": _ASKED, "Export": _EXPORT}
EXAMPLES: Final[dict[str, Any]] = {
    "ExportIn": {"kind": "consents", "format": "csv", "addresses": "masked",
                 "filters": {"channel": ["MESAJ"], "choice": ["in_force"]}},
    "Export": {"id": 81, "kind": "consents", "format": "csv", "addresses": "masked",
               "state": "READY", "rows": 1_412_908, "expectedRows": 1_412_908,
               "bytes": 215_834_110, "createdAt": _AT, "endedAt": "2026-11-30T10:00:14.000+03:00",
               "expiresAt": "2026-12-01T10:00:14.000+03:00"}}
_ONE: Final = PATH + "/{id}"
SERVICES: Final = (
    Declared(Operation(
        "askExport", "post", PATH, "consents",
        ("Büyük bir listeyi dosya olarak iste", "Ask for a large list as a file"),
        ("Dosyayı bir iş hazırlar; `GET /exports/{id}` ne kadar ilerlediğini söyler. Süzgeçler "
         "listenin süzgeçleridir. Aynı anda en çok 3 dosya hazırlanır (409). `xlsx` 1.048.575 "
         "satırda yeni sayfaya geçer.",
         "A job makes the file; `GET /exports/{id}` says how far it is. The filters are the "
         "list’s. At most 3 files are made at a time (409). `xlsx` goes on in a new sheet after "
         "1,048,575 rows."),
        202, ("İstendi.", "Asked for."), "Export", "ExportIn",
        headers=shapes.IDEMPOTENT, needed=("Idempotency-Key",),
        faults=(401, 403, 404, 409, 413, 422, 429, 500, 503)), ask, "consents:list"),
    Declared(Operation(
        "showExport", "get", _ONE, "consents",
        ("Bir dışa aktarma", "An export"),
        ("Yalnız bu hesabın istedikleri; `READY` olunca dosyası alınabilir.",
         "Those this account asked for alone; once it is `READY` its file can be fetched."),
        200, ("Durumu.", "How it stands."), "Export", faults=(401, 403, 404, 422, 429, 500, 503)),
        show, "consents:list"),
    Declared(Operation(
        "exportFile", "get", _ONE + "/file", "consents",
        ("Dışa aktarmanın dosyası", "The file of an export"),
        ("`expiresAt` anına kadar; yetki kaldırıldıysa ya da listeden biri silindiyse yok edilir. "
         "Her alınışı denetim izine yazılır.",
         "Until `expiresAt`; destroyed when the right was taken away or somebody of the list was "
         "erased. Each time it is taken is kept in the audit trail."),
        200, ("Dosya.", "The file."), gives=tuple(one.partition(";")[0] for one in MEDIA.values()),
        faults=(401, 403, 404, 410, 422, 429, 500, 503)), file, "consents:list"),
    Declared(Operation(
        "cancelExport", "post", _ONE + "/cancel", "consents",
        ("Dışa aktarmadan vazgeç", "Give an export up"),
        ("Hazırlanan durur, dosyası yok edilir.",
         "What is being made ends, its file is destroyed."),
        200, ("Durumu.", "How it stands."), "Export", faults=(401, 403, 404, 422, 429, 500, 503)),
        cancel, "consents:list"),
)
