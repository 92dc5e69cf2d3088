"""Lists, page by page, as they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from ..services import Service
from ..wire import call
from .transport import Transport

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page. ``next``: the cursor of the following one; None at the end."""

    items: list[T]
    next: str | int | None


class Listing(Generic[T]):
    """All of a list, newest first: pages are asked for while it is read. It can be read again, and
    asks again then."""

    def __init__(self, transport: Transport, service: Service[Any], query: Mapping[str, Any],
                 *named: Any, items: str = "items", cursor: str = "cursor") -> None:
        self._transport, self._service, self._query = transport, service, dict(query)
        self._named, self._items, self._cursor = named, items, cursor

    def pages(self) -> Iterator[Page[T]]:
        """Its pages; ``limit`` says how long one is."""
        query = dict(self._query)
        while True:
            said: Any = self._transport.ask(call(self._service, *self._named, query=query))
            page = Page(cast("list[T]", said[self._items]), said["next"])
            yield page
            if page.next is None:
                return
            query[self._cursor] = page.next

    def first(self) -> Page[T]:
        """The first page alone."""
        for page in self.pages():
            return page
        raise AssertionError("a list has a first page")

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            for item in page.items:
                yield item
