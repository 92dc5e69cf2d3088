"""Whose time stamps are trusted (STAMP_CA_FILE), read once per change of the file.

Why this module exists: İYS's stamps over its daily files and the stamps over our own seals are
judged by the same named authorities; only a licensed authority's stamp is a *zaman damgası* in law
(R-68), and which one that is the operator says, not we (docs/adr/0020).
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography import x509

from config import settings


def trusted() -> tuple[tuple[x509.Certificate, ...], str]:
    """The certificates, and a mark of their file; nothing when no authority is named."""
    path = settings().stamp_ca_file
    return _read(path, path.stat().st_mtime_ns) if path is not None else ((), "")


@lru_cache(maxsize=1)
def _read(path: Path, _changed: int) -> tuple[tuple[x509.Certificate, ...], str]:
    content = path.read_bytes()
    return tuple(x509.load_pem_x509_certificates(content)), sha256(content).hexdigest()


def trusted_pem() -> bytes:
    """The file of the authorities as it is; empty when none are named."""
    path = settings().stamp_ca_file
    return path.read_bytes() if path is not None else b""
