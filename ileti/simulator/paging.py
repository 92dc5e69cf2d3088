"""Pages of at most 100 by `offset` and `limit`, with the codes for bad ones (İYS API §1.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ileti.simulator.codes import refuse
from ileti.simulator.desk import Call

LARGEST_PAGE = 100

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """A wanted page."""

    offset: int
    limit: int

    def cut(self, rows: Sequence[T]) -> Sequence[T]:
        """The rows that are on this page."""
        return rows[self.offset : self.offset + self.limit]

    def described(self, total: int, *, with_page: bool) -> dict[str, Any]:
        """The `pagination` object of an answer."""
        body = {"offset": self.offset, "pageSize": self.limit, "totalCount": total}
        if with_page:
            body["currentPage"] = self.offset // self.limit + 1
        return body


def page_of(call: Call) -> Page:
    """The page a call wants; raises `Refused` H182, H183, H186, H187 (table's meaning of them)."""
    offset = whole_number(call.args.get("offset", "0"))
    if offset is None:
        raise refuse("H182", ["offset"], call.args["offset"])
    limit = whole_number(call.args.get("limit", str(LARGEST_PAGE)))
    if limit is None:
        raise refuse("H183", ["limit"], call.args["limit"])
    if limit == 0:
        raise refuse("H187", ["limit"], limit)
    if limit > LARGEST_PAGE:
        raise refuse("H186", ["limit"], limit)
    return Page(offset, limit)


def whole_number(text: str) -> int | None:
    """A number of decimal digits, or `None`."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
