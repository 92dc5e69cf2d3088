"""Which code a process runs, as a digest that is taken before it loads any of it.

Why this module exists: a set-up that is recorded as this code's lets the next start skip it
(:mod:`ileti.cli.readiness`). A file that changes while a process loads would be recorded although
the old one ran; taken first, the digest can only be too old, and then set-up is made once more.
So this module loads nothing of ours.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

_CODE = Path(__file__).parents[1]
# What a start depends on beside it: the settings and the versions of all libraries.
_BESIDE = tuple(_CODE.parent / name for name in ("config.py", "requirements/base.txt"))
_at_start = ""


def code_digest() -> str:
    """Of all programs, migrations, settings and libraries' versions by name and content, as they
    lie there now."""
    files = sorted([*_CODE.rglob("*.py"), *_CODE.rglob("*.sql"),
                    *(one for one in _BESIDE if one.is_file())])
    whole = sha256()
    for path in files:
        whole.update(f"{path.relative_to(_CODE.parent)}\n".encode())
        whole.update(sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def remember() -> None:
    """Take the digest now, before anything else is loaded."""
    global _at_start
    _at_start = code_digest()


def loaded_digest() -> str:
    """The digest of before this process loaded anything; else as it is now."""
    return _at_start or code_digest()
