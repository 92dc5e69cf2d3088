"""A request's body, piece by piece, from a sender that may be slow, silent or gone.

Why this module exists: the server's ``read`` waits as long as the sender wishes, and it ends a
broken body as if it had ended by itself. So a thread of its own reads, the request waits for it
with a limit, and whoever needs the whole of it asks whether it was whole: by its length or by its
digest (RFC 9530). What comes chunked and without a digest cannot be told from half of it.
"""

from __future__ import annotations

import base64
import binascii
import queue
import re
import threading
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

from ileti.api import slots
from ileti.core.errors import CallerMistake

#: A sender must bring a piece of 64 kB in this time: what is slower keeps others waiting.
PAUSE_SECONDS: Final = 30.0
TICK_SECONDS: Final = 5.0
_READ: Final = 1 << 16
_AHEAD: Final = 4
_LOOK_SECONDS: Final = 0.1
_DIGEST: Final = re.compile(r"\bsha-256=:([A-Za-z0-9+/=]{44}):")


class TooSlow(CallerMistake):
    """The sender fell silent."""

    status = 408
    code = "too_slow"
    tr = "Veri çok yavaş geldi ve beklenmedi. Gelen parçalar duruyor; sürdürebilirsiniz."
    en = "The data came too slowly and was not waited for. Whole parts are kept; you can go on."


class CutShort(CallerMistake):
    """The body ended before its length."""

    code = "cut_short"
    tr = "Veri yarıda kesildi. Gelen parçalar duruyor; sürdürebilirsiniz."
    en = "The data was cut short. Whole parts are kept; you can go on."


class WrongDigest(CallerMistake):
    """What came is not what was announced."""

    status = 422
    code = "digest_mismatch"
    tr = "Gelen veri Content-Digest ile aynı değil. Yeniden gönderin."
    en = "What came differs from Content-Digest. Send it again."


class Body:
    """What a request brings along; ``length`` is None when it is not said."""

    def __init__(self, environ: dict[str, Any]) -> None:
        said = str(environ.get("CONTENT_LENGTH") or "")
        known = said.isascii() and said.isdigit() and len(said) < 19
        self.length = int(said) if known else None
        if self.length is None and not environ.get("wsgi.input_terminated"):
            self.length = 0  # nothing says that anything comes
        self.digest = _digest(str(environ.get("HTTP_CONTENT_DIGEST", "")))
        self._input = environ["wsgi.input"]
        self._slot: slots.Slot | None = None
        self._ended = threading.Event()
        self._reading = False

    @property
    def tells_its_end(self) -> bool:
        """Whether half of it would be noticed."""
        return self.length is not None or self.digest is not None

    def pieces(self, account_id: int) -> Iterator[bytes]:
        """The bytes in their order, and an empty piece every few seconds in which none came; takes
        a place among the long transfers at once. Raises TooMany, and while reading TooSlow,
        CutShort and WrongDigest."""
        if self.length == 0:
            return iter(())
        self._slot = slots.take(account_id)
        return self._read(self._slot)

    def at_once(self) -> bytes:
        """All of a short body whose length was said, read by the request itself: what fits into the
        server's own buffer keeps nobody waiting. Raises CutShort and WrongDigest."""
        raw: bytes = self._input.read(self.length) if self.length else b""
        if len(raw) < (self.length or 0):
            raise CutShort()
        if self.digest is not None and sha256(raw).digest() != self.digest:
            raise WrongDigest()
        return raw

    def done(self) -> None:
        """The call is answered: nobody waits for the rest. A thread that waits for a silent sender
        keeps its place until that one's connection ends."""
        self._ended.set()
        if self._slot is not None and not self._reading:
            self._slot.release()

    def _read(self, slot: slots.Slot) -> Iterator[bytes]:
        read: queue.Queue[bytes | BaseException] = queue.Queue(_AHEAD)
        self._reading = True
        threading.Thread(target=self._fill, args=(read, slot), daemon=True,
                         name="api-body").start()
        size, digest, waited = 0, sha256(), 0.0
        while True:
            try:
                piece = read.get(timeout=TICK_SECONDS)
            except queue.Empty:
                waited += TICK_SECONDS
                if waited >= PAUSE_SECONDS:
                    raise TooSlow() from None
                yield b""
                continue
            if isinstance(piece, BaseException):
                raise CutShort() from piece
            if not piece:
                slot.release()
                break
            waited = 0.0
            size += len(piece)
            if self.digest is not None:
                digest.update(piece)
            yield piece
        if self.length is not None and size < self.length:
            raise CutShort()
        if self.digest is not None and digest.digest() != self.digest:
            raise WrongDigest()

    def _fill(self, read: queue.Queue[bytes | BaseException], slot: slots.Slot) -> None:
        """Read until the end, or until nobody waits any more; then give the place back."""
        left = self.length
        try:
            piece = b"-"
            while piece:
                piece = b"" if left == 0 else self._input.read(min(_READ, left or _READ))
                left = None if left is None else left - len(piece)
                if not _put(read, piece, self._ended):
                    return
        except BaseException as error:
            _put(read, error, self._ended)
        finally:
            slot.release()


def _put(read: queue.Queue[bytes | BaseException], piece: bytes | BaseException,
         ended: threading.Event) -> bool:
    while not ended.is_set():
        try:
            read.put(piece, timeout=_LOOK_SECONDS)
            return True
        except queue.Full:
            continue
    return False


def _digest(said: str) -> bytes | None:
    found = _DIGEST.search(said)
    try:
        return base64.b64decode(found[1], validate=True) if found else None
    except (binascii.Error, ValueError):
        return None
