"""Files of the vault at the panel's doors: how they come in and how they are given out.

Why this module exists: what is given out came from strangers, so it is never shown inside a page of
ours: always an attachment, of the kind its content told, in a sandbox that runs nothing (ASVS
5.4.1, 5.4.2). What comes in is sealed while the form is read. No transaction stays open while a
store is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from config import settings
from ileti.core import orm
from ileti.core.errors import CallerMistake, IletiError
from ileti.core.formats import say
from ileti.evidence import vault
from ileti.evidence.kinds import Role, download_name
from ileti.evidence.vault import Kept, Spool
from ileti.tenancy import doors

FIELD: Final = "dosya"
_ROOM: Final = 1 << 20
_HEADERS: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin", "X-Download-Options": "noopen",
}


@dataclass
class Brought:
    """What a form brought: files that are kept, by the name they came with, and what was refused,
    by name."""

    kept: list[tuple[Kept, str]] = field(default_factory=list)
    refused: list[tuple[str, IletiError]] = field(default_factory=list)


def door(endpoint: str, permission: str) -> None:
    """Open an endpoint for files of a form."""
    doors.register(doors.Door(
        endpoint, permission, lambda: settings().vault_longest_mb * 1_000_000 + _ROOM, Spool,
        several=True))


def take(provider_id: int, *, by: int | None) -> Brought:
    """Keep the files of this request's form; each by itself, so that one refused stops no other.
    Ends the session's transaction."""
    orm.db.session.commit()
    found = Brought()
    for name, spool in _files():
        try:
            found.kept.append((vault.keep(provider_id, spool, name, by=by), name))
        except IletiError as error:
            found.refused.append((name, error))
    if not (found.kept or found.refused):
        # a form that broke off has files and none of them
        found.refused.append(("", CallerMistake(
            "Yükleme yarıda kesildi; yeniden yükleyin.", "The upload was cut short; try again.",
            code="cut_short") if doors.brought() else CallerMistake(
            "Dosya seçin.", "Choose a file.", code="no_file")))
    return found


def coming() -> list[Spool]:
    """The files of this request's form before any is kept: for who may refuse one by its digest."""
    return [spool for _name, spool in _files()]


def _files() -> list[tuple[str, Spool]]:
    return [(one.filename or "", one.stream) for one in request.files.getlist(FIELD)
            if isinstance(one.stream, Spool)]


def asked_role() -> Role | None:
    """The role a form names; None when it leaves it to the content."""
    return next((role for role in Role if str(int(role)) == request.form.get("rol")), None)


def wants_json() -> bool:
    """Whether a script asks."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"],
                                               "text/html") == "application/json"


def told(refused: list[tuple[str, IletiError]], count: int) -> ResponseReturnValue:
    """The answer for a script: how many were taken, or the first refusal."""
    if refused:
        return jsonify(say=say(refused[0][1]), code=refused[0][1].code), refused[0][1].status
    return jsonify(count=count)


def give(provider_id: int, file_id: int, name: str) -> Response:
    """A file as a download, verified before its first byte. Ends the session's transaction. Raises
    as :func:`ileti.evidence.vault.opened`."""
    orm.db.session.commit()
    file = vault.describe(provider_id, [file_id])[file_id]
    stack = ExitStack()
    pieces = stack.enter_context(vault.opened(provider_id, file_id))
    shown = download_name(name, file.media_type)
    plain = "".join(c if c.isascii() and c not in '"\\%;' else "_" for c in shown)
    answer = Response(_all(pieces, stack), mimetype=file.media_type, headers=_HEADERS | {
        "Content-Length": str(file.size),
        "Content-Disposition": f'attachment; filename="{plain}"; '
                               f"filename*=UTF-8''{quote(shown, safe='')}"})
    answer.call_on_close(stack.close)
    return answer


def _all(pieces: Iterator[bytes], stack: ExitStack) -> Iterator[bytes]:
    with stack:
        yield from pieces


def roles() -> list[dict[str, Any]]:
    """The roles as a form offers them."""
    return [{"value": int(role), "label": say(role)} for role in Role]
