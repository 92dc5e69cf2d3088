"""What waiting means here: for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Any, Final, cast

from ..bodies import Body, Once
from ..errors import TimedOut

Lock = asyncio.Lock
sleep: Final = asyncio.sleep


async def pieces(body: Body | Once) -> AsyncIterator[bytes]:
    """The bytes of a file; reading a disk keeps no other task waiting."""
    if isinstance(body, Once):
        body.begun = True
        if isinstance(body.source, AsyncIterable):
            async for come in body.source:
                yield come
            return
    source = body.pieces() if isinstance(body, Body) else iter(
        cast("Iterable[bytes]", body.source))
    while True:
        piece = await asyncio.to_thread(_next, source)
        if piece is None:
            return
        yield piece


async def hashed(body: Body) -> bytes:
    """SHA-256 of a file, read for it once."""
    return await asyncio.to_thread(lambda: body.sha256)


def _next(source: Iterator[bytes]) -> bytes | None:
    return next(source, None)


async def within(seconds: float, waiting: Any) -> Any:
    """What is waited for, or TimedOut after so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            return await waiting
    except TimeoutError:
        raise TimedOut(f"No answer within {seconds:.1f} s.") from None
