"""Large bodies at few doors only, and no file of a form on the disk in clear.

Why this module exists: the panel refuses bodies above two megabytes, and the web framework lays
larger files of a form into the temporary folder as they come. A customer list or a signed form is
both large and personal. So at the doors that are registered here, and for whoever may use them, the
bound is wider, and a file in a form goes where its room wants it while it is read: sealed. What a
request leaves of it is forgotten with the request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any, Protocol, cast

from flask import Flask, Request, g, request

from ileti.core.errors import CallerMistake
from ileti.tenancy import security


class Sink(Protocol):
    """Takes a file as a form's parser writes it."""

    def write(self, data: bytes) -> int:
        """The next bytes."""

    def close(self) -> None:
        """Forget it."""


@dataclass(frozen=True)
class Door:
    """An endpoint that takes large bodies by POST from whoever has ``permission``: at most
    ``longest()`` bytes; ``permission`` None: from whoever ``admits()``, asked before the body is
    read (a public page whose address carries a token). ``file`` makes what takes a file of the
    form; None: the view reads the body itself. ``several``: more than one file at a time."""

    endpoint: str
    permission: str | None
    longest: Callable[[], int]
    file: Callable[[], Sink] | None = None
    several: bool = False
    admits: Callable[[], bool] = lambda: False

    def open_to_asker(self) -> bool:
        """Whether this request's sender may bring what is large."""
        return self.admits() if self.permission is None else security.may(self.permission)


_doors: dict[str, Door] = {}


def register(door: Door) -> None:
    """Open a door; when the room's views are imported."""
    _doors[door.endpoint] = door


def brought() -> list[Any]:
    """What took this request's files, in their order."""
    return list(g.get("brought", []))


class RoomyRequest(Request):
    """A request whose files, where the door allows some, go to the door's own keeping."""

    door: Door | None = None

    def _get_file_stream(self, total_content_length: int | None, content_type: str | None,
                         filename: str | None = None, content_length: int | None = None,
                         ) -> IO[bytes]:
        wanted = _doors.get(self.endpoint or "")
        if wanted is None or wanted.file is None:
            return super()._get_file_stream(total_content_length, content_type, filename,
                                            content_length)
        if self.door is None or self.door.file is None or not filename:
            return cast(IO[bytes], _Nothing())
        sinks = g.setdefault("brought", [])
        if sinks and not self.door.several:
            raise CallerMistake("Bir defada bir dosya aktarılır.", "One file at a time.",
                                code="one_file")
        sinks.append(self.door.file())
        return cast(IO[bytes], sinks[-1])


class _Nothing(BytesIO):
    """Holds nothing of a file from somebody who may not bring one, or of a field left empty."""

    def write(self, _data: Any) -> int:
        return 0


def open_doors(app: Flask) -> None:
    """Widen the bound before anybody reads the body, and leave nothing behind after it."""

    @app.before_request
    def widen() -> None:
        asked = cast(RoomyRequest, request)
        door = _doors.get(asked.endpoint or "")
        if door is None or asked.method != "POST" or not door.open_to_asker():
            return
        asked.max_content_length = door.longest()
        asked.door = door

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        for sink in g.pop("brought", []):
            sink.close()
