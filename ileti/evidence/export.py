"""Seals carried out of the house, to where whoever owns the database cannot rewrite them.

Why this module exists: a chain of seals protects against a change of the past only while somebody
else holds a later link. A time stamp does; so does a copy in a folder that cannot be rewritten
(WORM storage, another company's share, a notary's mailbox). One line per seal and per stamp, each a
JSON object; a seal's line is its canonical header, so that SHA-256 of it is the seal's digest.

With ``SEAL_EXPORT_DIR`` a file is written there every day. What was written already is read from
the names of the files, so that nothing has to be remembered and a lost file is written again.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from config import settings
from ileti.core import clock
from ileti.core.clock import to_istanbul
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.evidence import seal, stamping
from ileti.evidence.leaf import canonical_json

log = get_logger("ileti.evidence")

_NAME: Final = re.compile(r"seals-(\d{9})-(\d{9})\.jsonl\Z")
MOST: Final = 200_000


def lines(first: int, last: int) -> Iterator[bytes]:
    """The lines of seals ``first`` to ``last`` and of the stamps over them, each with its line end.
    Raises :class:`ileti.evidence.seal.Broken`."""
    for header in seal.chain(first, last):
        yield header.canonical() + b"\n"
    for stamp, _header in stamping.stamps(first, last):
        yield canonical_json({
            "number": stamp.number, "stamp": base64.b64encode(stamping.token_of(stamp)).decode(),
        }) + b"\n"


def read_line(line: bytes, n: int) -> tuple[int, str]:
    """Number and digest (hex) of the seal that line ``n`` tells of; number 0 for a stamp's line.
    ValueError for anything else."""
    try:
        told = json.loads(line)
        if "stamp" in told:
            return 0, ""
        if canonical_json(told) != line.strip() or not isinstance(told["root"], str):
            raise ValueError
        return int(told["number"]), sha256(line.strip()).hexdigest()
    except (ValueError, TypeError, KeyError):
        raise ValueError(f"line {n} is no seal of ours") from None


def newest_file(folder: Path) -> tuple[int, datetime | None]:
    """The last seal that a file in the folder holds and when that was written; 0 and None when
    there is none."""
    found = max(((int(name[2]), one) for one in folder.iterdir()
                 if (name := _NAME.match(one.name))), default=None)
    if found is None:
        return 0, None
    return found[0], datetime.fromtimestamp(found[1].stat().st_mtime, UTC)


def export_due() -> dict[str, int]:
    """Once a day, write the seals that no file in SEAL_EXPORT_DIR holds yet."""
    folder = settings().seal_export_dir
    if folder is None:
        return {}
    folder.mkdir(parents=True, exist_ok=True)
    written = newest_file(folder)[1]
    if written is not None and to_istanbul(written).date() == clock.today():
        return {}
    return {"files": int(write_new(folder) is not None)}


def write_new(folder: Path) -> Path | None:
    """Write the seals no file in the folder holds yet; None when there are none."""
    last = seal.newest()
    first = newest_file(folder)[0] + 1
    if last is None or first > last.number:
        return None
    return write(folder, first, min(last.number, first + MOST - 1))


def write(folder: Path, first: int, last: int) -> Path:
    """One file of seals, whole or not at all; it cannot be written to afterwards."""
    path = folder / f"seals-{first:09}-{last:09}.jsonl"
    half = path.with_suffix(f".{os.getpid()}.half")
    with half.open("wb") as file:
        file.writelines(lines(first, last))
        file.flush()
        os.fsync(file.fileno())
        os.fchmod(file.fileno(), 0o444)
    reach("seals.exported")
    os.replace(half, path)
    return path
