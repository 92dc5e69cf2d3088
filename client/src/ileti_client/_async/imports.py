"""Customer lists: brought, tried, followed, applied, taken back."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, Literal, Unpack

from .. import services
from .. import types as t
from ..bodies import Body, File, Once, Pieces, body_of
from ..errors import TimedOut
from ..wire import call, checked_key, new_key
from . import waits
from .files import AsyncDownload
from .pages import AsyncListing
from .room import AsyncRoom

#: where an import stays until somebody does something
RESTING: Final = frozenset((
    "mapping", "checked", "approval", "paused", "applied", "cancelled", "undone", "failed"))
FORMS: Final = {
    "csv": "text/csv", "ndjson": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
#: larger files go in parts, so that a broken line costs a part and not all of it
WHOLE: Final = 16 << 20


class AsyncImports(AsyncRoom):
    """``client.imports``."""

    async def upload(self, file: File, *, idempotency_key: str | None = None,
                     media_type: str = "application/octet-stream",
                     **description: Unpack[t.ImportIn]) -> t.Import:
        """Bring a list, in the way that suits its size. A long one goes in parts; what arrived in
        an earlier try under the same key is not sent again."""
        body = body_of(file)
        if isinstance(body, Once):
            raise TypeError("A list that comes once goes with create() and complete().")
        key = new_key() if idempotency_key is None else checked_key(idempotency_key)
        if body.name:
            description.setdefault("name", body.name)
        if body.size <= WHOLE:
            return await self._whole(body, key, media_type, description)
        made = await self.describe(idempotency_key=key, **description)
        if made["state"] != "uploading":
            return made
        here = await self.parts(made["id"])
        known = {one["number"]: one["size"] for one in here["parts"]}
        size = here["partBytes"]
        for number in range(1, -(-body.size // size) + 1):
            part = body.part(number, size)
            if known.get(number) != part.size:
                await self._put(made["id"], number, part)
        digest = await waits.hashed(body)
        return await self.complete(made["id"], size=body.size, sha256=digest.hex())

    async def create(self, file: File | Pieces, *, idempotency_key: str | None = None,
                     media_type: str = "application/octet-stream",
                     **description: Unpack[t.ImportIn]) -> t.Import:
        """Bring a list in one go. Of pieces whose length nobody knows the import waits in state
        ``uploading`` until :meth:`complete` says that they were all."""
        return await self._whole(body_of(file), idempotency_key, media_type, description)

    async def _whole(self, body: Body | Once, key: str | None, media_type: str,
                     description: t.ImportIn) -> t.Import:
        if isinstance(body, Body):
            await waits.hashed(body)
        return await self._transport.ask(call(
            services.CREATE_IMPORT, query=_in_address(description), file=body, key=key,
            Content_Type=media_type))

    async def describe(self, *, idempotency_key: str | None = None,
                       **description: Unpack[t.ImportIn]) -> t.Import:
        """Say what a list is before it comes in parts."""
        return await self._transport.ask(call(
            services.CREATE_IMPORT, body=description, key=idempotency_key))

    def list(self, **query: Unpack[t.ListImportsQuery]) -> AsyncListing[t.ImportShort]:
        """The account's own imports, newest first."""
        return AsyncListing(self._transport, services.LIST_IMPORTS, query, items="imports")

    async def show(self, id: int) -> t.Import:
        """State, counts, reasons, progress and rate."""
        return await self._transport.ask(call(services.SHOW_IMPORT, id))

    async def follow(self, id: int, *, every: float = 2.0, total: float | None = None
                     ) -> AsyncIterator[t.Import]:
        """The import as it is now and after each change, until it rests (``checked``, ``applied``,
        ``mapping``, …). Raises TimedOut after ``total`` seconds."""
        end = None if total is None else time.monotonic() + total
        before: Any = None
        while True:
            now = await self.show(id)
            mark = (now["state"], now["progress"], now["written"])
            if mark != before:
                yield now
            before = mark
            if now["state"] in RESTING:
                return
            if end is not None and time.monotonic() + every > end:
                raise TimedOut(f"The import is still {now['state']}.")
            await waits.sleep(every)

    async def wait(self, id: int, *, every: float = 2.0, total: float | None = None) -> t.Import:
        """The import once it rests."""
        found = [one async for one in self.follow(id, every=every, total=total)]
        return found[-1]

    async def parts(self, id: int) -> t.Parts:
        """Which parts are here."""
        return await self._transport.ask(call(services.LIST_PARTS, id))

    async def put_part(self, id: int, n: int, data: File) -> t.Part:
        """Send a part; the same number takes the place of the one before."""
        body = body_of(data)
        if isinstance(body, Once):
            raise TypeError("A part is bytes or a file that can be read twice.")
        return await self._put(id, n, body)

    async def _put(self, id: int, n: int, body: Body) -> t.Part:
        await waits.hashed(body)
        return await self._transport.ask(call(
            services.PUT_PART, id, n, file=body, Content_Type="application/octet-stream"))

    async def complete(self, id: int, **file: Unpack[t.FileIn]) -> t.Import:
        """All of the file is here; size and digest are checked when they are given."""
        return await self._transport.ask(call(services.COMPLETE_IMPORT, id, body=file))

    async def mapping(self, id: int) -> t.Mapping:
        """Headings, first values with their middle hidden, what the columns mean, what lacks."""
        return await self._transport.ask(call(services.SHOW_MAPPING, id))

    async def put_mapping(self, id: int, *, if_match: str | None = None,
                          **mapping: Unpack[t.MappingIn]) -> t.Import:
        """Say anew what the columns mean; then the list is tried again. With ``if_match`` only if
        the mapping is still in that state, else Changed is raised."""
        return await self._transport.ask(call(
            services.PUT_MAPPING, id, body=mapping, If_Match=if_match))

    def report(self, id: int, *, form: Literal["csv", "ndjson", "xlsx"] = "csv",
               **query: Unpack[t.ImportReportQuery]) -> AsyncDownload:
        """Every row with its verdict and why; ``rows="left"`` only those not taken as they are."""
        return AsyncDownload(self._transport, call(
            services.IMPORT_REPORT, id, query=query, Accept=FORMS[form]))

    async def apply(self, id: int) -> t.Import:
        """Take what the dry run showed. A large list then waits for a person in the panel."""
        return await self._transport.ask(call(services.APPLY_IMPORT, id))

    async def pause(self, id: int) -> t.Import:
        """Stop for a while."""
        return await self._transport.ask(call(services.PAUSE_IMPORT, id))

    async def resume(self, id: int) -> t.Import:
        """Go on."""
        return await self._transport.ask(call(services.RESUME_IMPORT, id))

    async def cancel(self, id: int) -> t.Import:
        """Give it up; what is in the ledger stays."""
        return await self._transport.ask(call(services.CANCEL_IMPORT, id))

    async def preview_undo(self, id: int) -> t.Undo:
        """What undoing would do at this moment."""
        return await self._transport.ask(call(services.PREVIEW_UNDO, id))

    async def undo(self, id: int, **way: Unpack[t.UndoIn]) -> t.Import:
        """Undo it, in the way the preview named."""
        return await self._transport.ask(call(services.UNDO_IMPORT, id, body=way))


def _in_address(description: t.ImportIn) -> Mapping[str, Any]:
    """The description as the parts of an address say it."""
    said: dict[str, Any] = dict(description)
    columns = said.pop("columns", None) or {}
    return said | {f"column.{role}": where for role, where in columns.items()}
