"""What every group of İYS's calls is built on.

Why this module exists: İYS has some forty services. The client (:mod:`ileti.iys.client`) knows how
to send one, and the calls that consents travel by; the others stand in groups of their own
(``…calls.py``), which need three things of it and nothing more.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import httpx

if TYPE_CHECKING:
    from ileti.iys.client import Account

T = TypeVar("T")

MOST_IN_PART: Final = 100
"""Recipients and retailers a call about access takes, rows of a page (İYS API §1.1)."""


class Calls(ABC):
    """Base of a group of calls; each failure is one :class:`ileti.iys.client.IysTrouble`."""

    account: Account

    @abstractmethod
    def _call(self, method: str, path: str, note: str, body: Any = None,
              params: dict[str, Any] | None = None,
              into: Callable[[Iterator[bytes]], None] | None = None) -> httpx.Response:
        """Send with turn and token; raises IysTrouble. ``into`` takes a big answer in pieces."""

    @abstractmethod
    def _read(self, parse: Callable[[bytes], T], answer: httpx.Response) -> T:
        """The parsed answer; one that cannot be read is an IysTrouble in doubt."""

    def _brand(self, brand_code: int) -> str:
        return f"/sps/{self.account.iys_code}/brands/{brand_code}"


def in_parts(values: Sequence[T], size: int = MOST_IN_PART) -> Iterator[Sequence[T]]:
    """``values`` in pieces that one call takes."""
    for first in range(0, len(values), size):
        yield values[first:first + size]
