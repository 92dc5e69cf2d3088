"""A scanner of the installation's own looks at a file before it is kept.

Why this module exists: what people bring comes from strangers' mail boxes, and a house with a virus
scanner wants it asked (ASVS 5.4.3). The command gets the clear content on its standard input, so
that nothing of it lies on the disk in clear; ``clamdscan --no-summary -`` works so. Exit code 0 is
clean, 1 infected; anything else, or no answer in time, means nobody knows, and then the file is not
taken.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from config import settings
from ileti.core.errors import CallerMistake, TryLater
from ileti.core.logs import get_logger

log = get_logger("ileti.evidence")

_KEPT: Final = ("PATH", "LANG", "HOME", "TMPDIR")  # the scanner gets none of our secrets


def look(pieces: Iterator[bytes]) -> None:
    """Ask the scanner, when there is one. Raises CallerMistake for an infected file, TryLater when
    the scanner fails."""
    command = shlex.split(settings().vault_scan_command)
    if not command:
        return
    status = _ask(command, pieces)
    if status == 0:
        return
    log.warning("vault_scan", status=status)
    if status == 1:
        raise CallerMistake(
            "Dosya alınmadı: virüs taraması onu zararlı buldu.",
            "The file was not taken: the virus scan found it harmful.", code="infected")
    raise TryLater(
        "Dosya alınmadı: virüs taraması yapılamadı. Az sonra yeniden deneyin.",
        "The file was not taken: the virus scan could not be made. Try again shortly.",
        code="scan_failed")


def _ask(command: list[str], pieces: Iterator[bytes]) -> int | None:
    """The command's exit code; None when it cannot start or takes too long."""
    try:
        child = subprocess.Popen(  # noqa: S603 (the operator's own command)
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _KEPT if name in os.environ})
    except OSError:
        return None
    late = threading.Timer(settings().vault_scan_seconds, child.kill)
    late.start()
    try:
        assert child.stdin is not None
        with suppress(BrokenPipeError):
            for piece in pieces:
                child.stdin.write(piece)
        with suppress(BrokenPipeError):
            child.stdin.close()
        status = child.wait()
    finally:
        late.cancel()
        if child.poll() is None:
            child.kill()
            child.wait()
    return None if status < 0 else status
