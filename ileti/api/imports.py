"""The services of ``/api/v1/imports``: a list is brought, followed, applied and taken back.

Why this module exists: here the steps of :mod:`ileti.imports.runs` get the manners of HTTP. A call
may come twice (its answer was lost): a step that is done already is answered as done, an import is
known by its account and key, and only what contradicts the first time is refused. Each deed is in
the audit trail with the program's name.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from ileti.api import shown, slots
from ileti.api.desk import Answer, Call
from ileti.api.receiving import CutShort
from ileti.api.taking import KeyReused
from ileti.consents.ledger import Place
from ileti.core import db
from ileti.core.errors import (
    CallerMistake,
    Conflict,
    FieldError,
    IletiError,
    InvalidInput,
    NotFound,
    StorageAway,
    TooLarge,
)
from ileti.imports import arriving, report, runs, undo
from ileti.imports import jobs as _jobs  # noqa: F401 (bells can only ring jobs that are known)
from ileti.imports.arriving import Arrived
from ileti.imports.asked import Asked, go_on, read, same
from ileti.imports.files import PART_BYTES, longest_bytes, too_long
from ileti.imports.runs import Order, Run
from ileti.imports.states import RunState, Undo
from ileti.programs import deeds
from ileti.tenancy.approval import Waits

PATH: Final = "/api/v1/imports"
_FULL: Final = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
_KINDS: Final = {kind.name.lower(): kind for kind in Undo}
_QUERY_COLUMN: Final = "column."


# -- bringing --------------------------------------------------------------------------------------


def create(call: Call) -> Answer:
    """``POST /imports``: the list itself with its description in the query, or as JSON the
    description alone, whose file comes in parts. The same key again is the same import."""
    caller, key = call.caller, call.idempotency_key
    alone = call.content_type == "application/json"
    if call.content_type.startswith("multipart/"):
        raise CallerMistake("Dosyanın kendisini gönderin, form olarak değil.",
                            "Send the file itself, not as a form.", code="multipart")
    if not alone and call.body.length is not None and call.body.length > longest_bytes():
        raise too_long()
    if alone and call.args:
        raise InvalidInput(errors=tuple(FieldError(
            name[:80], "unknown_field", "Açıklama gövdede; adreste olmaz.",
            "The description is in the body, not in the address.") for name in call.args))
    given = call.json() if alone else _from_query(call.args)
    place = call.place(given.pop("brand", None))
    asked = read(given, lambda code: call.dealer(place.brand_id, code))
    coming = iter(()) if alone else call.body.pieces(caller.account_id)
    run_id = runs.open_ordered(place, _plain(asked.name), Order(caller.account_id, key,
                                                                asked.as_json()), caller.dealer_id)
    new = run_id is not None
    if run_id is None:
        run_id = _known(call, key, place, asked)
    else:
        note(call, run_id, "open")
    with about(run_id):
        return _described(call, run_id, new) if alone else _whole(call, run_id, new, coming)


def _described(call: Call, run_id: int, new: bool) -> Answer:
    """The import that waits for its parts; for the same again, where it is now."""
    run = runs.read_run(run_id)
    if run.state is not RunState.UPLOADING:
        go_on(run)
    return _made(call, run_id, new)


def _whole(call: Call, run_id: int, new: bool, coming: Iterator[bytes]) -> Answer:
    run = runs.read_run(run_id)
    if run.state is not RunState.UPLOADING:
        _refuse_another(call, run)
        go_on(run)
        return _made(call, run_id, new)
    with _disk():
        run, arrived = arriving.receive(run_id, coming)
    if not call.body.tells_its_end:
        arriving.leave_open(run, arrived.size)
        return Answer(202, shown.one(call, run_id) | {
            "size": arrived.size, "sha256": arrived.digest.hex()}, (_location(run_id),))
    _settle(call, run, arrived)
    return _made(call, run_id, new)


def parts(call: Call) -> Answer:
    """``GET /imports/{id}/parts``: which parts are here, so that a broken upload goes on."""
    run = runs.read_run(call.own_import)
    found = run.file.parts() if run.state is RunState.UPLOADING else {}
    return Answer(200, {"partBytes": PART_BYTES, "parts": [
        {"number": number, "size": size} for number, size in found.items()]})


def put_part(call: Call) -> Answer:
    """``PUT /imports/{id}/parts/{n}``: one part; the same again replaces it. What is cut short is
    no part, so its length or its digest must be said."""
    run_id, text = call.own_import, call.named["n"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    if not call.body.tells_its_end:
        raise CallerMistake("Parçanın Content-Length ya da Content-Digest başlığı gerekir.",
                            "A part needs Content-Length or Content-Digest.", code="bad_length")
    if (call.body.length or 0) > PART_BYTES:
        raise TooLarge("Bir parça en çok 8 388 608 bayttır.",
                       "A part has 8 388 608 bytes at most.")
    with about(run_id), _disk():
        size = arriving.add_part(run_id, number, _one_part(
            call.body.pieces(call.caller.account_id)))
    return Answer(200, {"number": number, "size": size})


def complete(call: Call) -> Answer:
    """``POST /imports/{id}/complete``: all of the file is here, and so large, and this is its
    SHA-256, if the body says so. Again it changes nothing."""
    run_id = call.own_import
    said = call.json()
    size, digest = _said_of_file(said)
    run = runs.read_run(run_id)
    with about(run_id):
        if run.state is RunState.UPLOADING:
            with _disk():
                held, arrived = arriving.close(run_id)
            if (size is not None and size != arrived.size) or (
                    digest is not None and digest != arrived.digest):
                arriving.leave_open(held, arrived.size)
                raise Conflict("Gelen dosya söylenenden başka; eksik ya da değişmiş parçaları "
                               "gönderin.", "What came is another file than was said; send the "
                               "parts that are missing or differ.", code="file_differs")
            _settle(call, held, arrived)
        elif (size is not None and size != run.size) or (
                digest is not None and digest != run.sha256):
            raise _another_file()
        else:
            go_on(run)
    return Answer(200, shown.one(call, run_id))


def _settle(call: Call, run: Run, arrived: Arrived) -> None:
    settled = arriving.settle(run, arrived)
    note(call, run.id, "upload", bytes=arrived.size)
    go_on(settled)


# -- following -------------------------------------------------------------------------------------


def index(call: Call) -> Answer:
    """``GET /imports``."""
    return Answer(200, shown.page(call))


def show(call: Call) -> Answer:
    """``GET /imports/{id}``."""
    return Answer(200, shown.one(call, call.own_import))


def rows(call: Call) -> Answer:
    """``GET /imports/{id}/report``: every row with its verdict, as Accept wishes; ``rows=left``
    only those that are not taken as they are."""
    run_id, wanted = call.own_import, call.args.get("rows", "all")
    if wanted not in ("all", "left"):
        raise InvalidInput(errors=(FieldError("rows", "invalid", "all ya da left yazın.",
                                              "Write all or left."),))
    run = runs.read_run(run_id)
    if run.checked_at is None:
        raise Conflict("Bu aktarma henüz denenmedi.", "This import has not been tried yet.",
                       code="not_checked")
    form = _form(call.header("Accept"))
    slot = slots.take(call.caller.account_id)
    try:
        pieces = report.stream(run, call.language, every=wanted == "all", form=form)
        note(call, run_id, "report")
    except BaseException:
        slot.release()
        raise
    kind = form.media_type + ("; charset=utf-8" if form is not report.Form.XLSX else "")
    return Answer(200, None, (
        ("Content-Type", kind),
        ("Content-Disposition", f'attachment; filename="import-{run_id}.{form}"')),
        slots.Sent(pieces, slot))


# -- deeds -----------------------------------------------------------------------------------------


def apply(call: Call) -> Answer:
    """``POST /imports/{id}/apply``: what the dry run showed. Above the bound it waits for a
    person."""
    return _deed(call, "apply", lambda run_id: runs.ask_apply(run_id, by=None),
                 RunState.APPROVAL, RunState.APPLYING, RunState.PAUSED, RunState.APPLIED)


def pause(call: Call) -> Answer:
    """``POST /imports/{id}/pause``."""
    return _deed(call, "pause", runs.pause, RunState.PAUSED)


def resume(call: Call) -> Answer:
    """``POST /imports/{id}/resume``."""
    return _deed(call, "resume", runs.resume, RunState.APPLYING, RunState.APPLIED)


def cancel(call: Call) -> Answer:
    """``POST /imports/{id}/cancel``: give it up; what is in the ledger stays."""
    return _deed(call, "cancel", runs.cancel, RunState.CANCELLED)


def show_undo(call: Call) -> Answer:
    """``GET /imports/{id}/undo``: what undoing would do at this moment. Changes nothing."""
    run = runs.read_run(call.own_import)
    if not runs.undoable(run):
        raise not_now()
    seen = undo.preview(run)
    counters = undo.refusals(run, 0)[0] if seen.kind is Undo.COUNTER else {}
    return Answer(200, {"kind": seen.kind.name.lower(), "reported": seen.reported,
                        "consents": seen.consents, "refusals": seen.refusals,
                        "changed": seen.changed,
                        "counters": {channel.name: n for channel, n in counters.items()}})


def do_undo(call: Call) -> Answer:
    """``POST /imports/{id}/undo``: the way that was shown, and no other. Above the bound it waits
    for a person; the answer's ``approval`` says so."""
    run_id, said = call.own_import, call.json()
    kind = _KINDS.get(str(said.get("kind")))
    if kind is None or set(said) != {"kind"}:
        raise InvalidInput(errors=(FieldError(
            "kind", "missing", "GET …/undo yanıtındaki take_back ya da counter değerini yazın.",
            "Write take_back or counter, as GET …/undo answers."),))
    return _deed(call, "undo", lambda _: runs.ask_undo(run_id, kind, by=None),
                 RunState.UNDOING, RunState.UNDONE)


def _deed(call: Call, name: str, act: Callable[[int], Any], *done: RunState) -> Answer:
    """One step; one that was taken already is answered as taken."""
    run_id = call.own_import
    with about(run_id):
        try:
            if runs.read_run(run_id).state not in done:
                act(run_id)
                note(call, run_id, name)
        except Waits:
            pass
        except Conflict:
            if runs.read_run(run_id).state not in done:
                raise not_now() from None
    return Answer(200, shown.one(call, run_id))


# -- what they have in common ----------------------------------------------------------------------


def _from_query(args: dict[str, str]) -> dict[str, Any]:
    """The description as the parts of an address say it; ``column.phone=3``."""
    given: dict[str, Any] = {}
    columns: dict[str, str | int] = {}
    for name, value in args.items():
        if name.startswith(_QUERY_COLUMN):
            number = value.isascii() and value.isdigit() and len(value) < 5
            columns[name.removeprefix(_QUERY_COLUMN)] = int(value) if number else value
        elif name == "columns":
            raise InvalidInput(errors=(FieldError(
                name, "invalid", "Adreste column.ROL=SÜTUN biçiminde yazın.",
                "In an address write column.ROLE=COLUMN."),))
        else:
            given[name] = value
    return given | ({"columns": columns} if columns else {})


def _plain(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2].replace("\0", "") or "-"


def _known(call: Call, key: str, place: Place, asked: Asked) -> int:
    """The import that was made under the key. Raises KeyReused when it was asked otherwise."""
    row = db.connection().execute(
        "select id, brand_id, asked from import_run where account_id = %s and idem = %s",
        (call.caller.account_id, key)).fetchone()
    if row is None:
        raise StorageAway()
    if row[1] != place.brand_id or not same(row[2], asked):
        raise KeyReused(detail={"import": int(row[0])})
    return int(row[0])


def _refuse_another(call: Call, run: Run) -> None:
    """A repeat need not be read; what it says of itself must fit all the same."""
    if (run.sha256 and call.body.digest and call.body.digest != run.sha256) or (
            run.sha256 and call.body.length and call.body.length != run.size):
        raise _another_file()


def _another_file() -> Conflict:
    return Conflict("Bu aktarmanın dosyası başkaydı. Yeni bir anahtar kullanın.",
                    "The file of this import was another one. Take a new key.",
                    code="file_differs")


def not_now() -> Conflict:
    """The sentence for a step whose time is not now."""
    return Conflict("Aktarma bu adım için uygun durumda değil; durumuna bakın.",
                    "The import is not in a state for this step; look at its state.",
                    code="moved_on")


def _said_of_file(said: dict[str, Any]) -> tuple[int | None, bytes | None]:
    size, text = said.get("size"), said.get("sha256")
    faults = [FieldError(name[:80], "unknown_field", "Böyle bir alan yok.",
                         "There is no such field.") for name in said
              if name not in ("size", "sha256")]
    if size is not None and (type(size) is not int or size < 0):
        faults.append(FieldError("size", "invalid", "Bayt sayısını yazın.",
                                 "Write the number of bytes."))
    if text is not None and not (isinstance(text, str) and re.fullmatch("[0-9a-fA-F]{64}", text)):
        faults.append(FieldError("sha256", "invalid", "64 onaltılık basamak yazın.",
                                 "Write 64 hexadecimal digits."))
    if faults:
        raise InvalidInput(errors=tuple(faults))
    return size, bytes.fromhex(text) if text else None


def _one_part(pieces: Iterator[bytes]) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > PART_BYTES:
            raise TooLarge()
        yield piece
    if not size:
        raise CutShort()


def _form(accept: str) -> report.Form:
    """The first form that Accept names; CSV when it names none of ours."""
    wanted = [part.partition(";")[0].strip().lower() for part in accept[:1_000].split(",")]
    known = {form.media_type: form for form in report.Form}
    return next((known[kind] for kind in wanted if kind in known), report.Form.CSV)


def _made(call: Call, run_id: int, new: bool) -> Answer:
    return Answer(201 if new else 200, shown.one(call, run_id), (_location(run_id),))


def _location(run_id: int) -> tuple[str, str]:
    return "Location", f"{PATH}/{run_id}"


def note(call: Call, run_id: int, deed: str, **detail: Any) -> None:
    """Into the audit trail, in the program's name."""
    deeds.note(call.caller, f"import:{deed}", f"import:{run_id}", call.address, **detail)


@dataclass
class about:  # noqa: N801 (used as a statement)
    """What goes wrong inside is about this import, and says so."""

    run_id: int

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, IletiError) and not isinstance(error, NotFound):
            error.detail = (error.detail if isinstance(error.detail, dict) else {}) | {
                "import": self.run_id}


class _disk:  # noqa: N801 (used as a statement)
    """A disk that is full is nothing the caller can mend, and passes."""

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, OSError) and error.errno in _FULL:
            raise StorageAway() from error
