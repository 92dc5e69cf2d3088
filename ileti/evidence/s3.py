"""The vault's files in a store that speaks S3, by our own one way out.

Why this module exists: three requests (PUT, GET, DELETE, and HEAD for looking) and one signature
(AWS Signature Version 4) are all the vault needs; a client library would bring a second way out of
the house with its own timeouts, retries and logs. Addresses are path style,
``VAULT_S3_URL/<place>``, which every such store speaks. The digest of what is sent is signed, so
that a body that was changed on its way is refused by the store.
"""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from config import settings
from ileti.core import clock
from ileti.core.errors import OutsideFinal, OutsideRetryable
from ileti.core.http import NoAnswer, OutgoingClient
from ileti.evidence.stores import PLACE, StoreKind, spool_folder

TRIES: Final = 4
FIRST_WAIT: Final = 0.3
READ_SECONDS: Final = 60.0
_EMPTY: Final = sha256(b"").hexdigest()
_PIECE: Final = 1 << 18
_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Signing:
    """Who signs: a key pair for one region."""

    key_id: str
    secret: str
    region: str

    def headers(self, method: str, host: str, path: str, digest: str, *, query: str = "",
                more: dict[str, str] | None = None) -> dict[str, str]:
        """The headers of one request; ``digest`` is the body's SHA-256 in hex, ``query`` stands as
        :func:`query_of` makes it, ``more`` are headers (``x-amz-…``) to be signed too."""
        moment = clock.now().strftime("%Y%m%dT%H%M%SZ")
        scope = f"{moment[:8]}/{self.region}/s3/aws4_request"
        signed = dict(sorted(({"host": host, "x-amz-content-sha256": digest, "x-amz-date": moment}
                              | (more or {})).items()))
        names = ";".join(signed)
        canonical = "\n".join([method, quote(path, safe="/-_.~"), query,
                               *(f"{name}:{value}" for name, value in signed.items()), "", names,
                               digest])
        text = "\n".join(["AWS4-HMAC-SHA256", moment, scope,
                          sha256(canonical.encode()).hexdigest()])
        key = f"AWS4{self.secret}".encode()
        for part in (moment[:8], self.region, "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        return {name: value for name, value in signed.items() if name != "host"} | {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={self.key_id}/{scope}, "
                             f"SignedHeaders={names}, Signature={signature}"}


def query_of(fields: dict[str, str]) -> str:
    """A query as it is sent and signed: sorted, each part encoded."""
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
                    for name, value in sorted(fields.items()))


class S3Store:
    """A bucket, or a folder in one."""

    kind = StoreKind.S3

    def __init__(self, url: str, signing: Signing, client: OutgoingClient) -> None:
        parts = urlsplit(url)
        self._host, self._base = parts.netloc, parts.path.rstrip("/")
        self._signing, self._client = signing, client

    @classmethod
    def from_settings(cls) -> S3Store:
        """As VAULT_S3_… say; OutsideFinal when they say nothing."""
        given = settings()
        if not given.vault_s3_url:
            raise OutsideFinal("Dosyanın durduğu depo bu kurulumda tanımlı değil (VAULT_S3_URL).",
                               "The store this file lies in is not set up here (VAULT_S3_URL).",
                               code="store_unknown")
        return cls(given.vault_s3_url, Signing(given.vault_s3_key_id, given.vault_s3_secret,
                                               given.vault_s3_region),
                   client_for(given.vault_s3_url))

    def put(self, place: str, sealed: Path) -> None:
        """PUT the whole file; tried again while the store cannot. The name is this file's alone, so
        that doing it twice is no harm."""
        path, size = self._path(place), sealed.stat().st_size
        digest = sha256()
        for piece in _pieces(sealed):
            digest.update(piece)

        def send() -> Any:
            return self._client.upload(
                path, content=lambda: _pieces(sealed), note="vault put",
                headers=self._signing.headers("PUT", self._host, path, digest.hexdigest()) | {
                    "Content-Length": str(size), "Content-Type": "application/octet-stream"})

        patiently(send, fine=(200, 201, 204))

    @contextmanager
    def local(self, place: str) -> Iterator[Path]:
        """GET into the spool folder; still sealed there, and removed afterwards."""
        copy = spool_folder() / f"read-{os.urandom(12).hex()}"
        path = self._path(place)

        def keep(pieces: Iterator[bytes]) -> None:
            with os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
                           "wb") as out:
                for piece in pieces:
                    out.write(piece)

        try:
            answer = patiently(lambda: self._client.download(
                path, into=keep, note="vault get",
                headers=self._signing.headers("GET", self._host, path, _EMPTY)), fine=(200, 404))
            if answer.status_code == 404:
                raise FileNotFoundError(place)
            yield copy
        finally:
            copy.unlink(missing_ok=True)

    def remove(self, place: str) -> None:
        """DELETE."""
        self._plain("DELETE", place, fine=(200, 204, 404))

    def has(self, place: str) -> bool:
        """HEAD."""
        return bool(self._plain("HEAD", place, fine=(200, 404)).status_code == 200)

    def trouble(self) -> str:
        """Whether a small object can be written and removed."""
        place = f"0/00/{'0' * 62}-{os.urandom(12).hex()}"
        probe = spool_folder() / f"probe-{os.urandom(6).hex()}"
        try:
            probe.write_bytes(b"ileti")
            self.put(place, probe)
            self.remove(place)
        except (OutsideFinal, OutsideRetryable) as error:
            return error.en
        except OSError as error:
            return f"{probe.parent}: {error.strerror}"
        finally:
            probe.unlink(missing_ok=True)
        return ""

    def _plain(self, method: str, place: str, fine: tuple[int, ...]) -> Any:
        path = self._path(place)
        return patiently(lambda: self._client.send(
            method, path, note=f"vault {method.lower()}",
            headers=self._signing.headers(method, self._host, path, _EMPTY)), fine=fine)

    def _path(self, place: str) -> str:
        if PLACE.fullmatch(place) is None:
            raise ValueError("not a place of the vault")
        return f"{self._base}/{place}"


def patiently(send: Callable[[], Any], *, fine: tuple[int, ...]) -> Any:
    """The answer when it is one of ``fine``; signed anew each time. Raises OutsideRetryable when
    the store cannot for now, OutsideFinal when it refuses."""
    wait, said = FIRST_WAIT, ""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(wait)
            wait *= 2
        try:
            answer = send()
        except NoAnswer as error:
            said = error.reason
            continue
        if answer.status_code in fine:
            return answer
        said = str(answer.status_code)
        if answer.status_code not in _AGAIN:
            raise OutsideFinal(
                f"Kanıt deposu isteği kabul etmedi ({said}). Yöneticiye bildirin.",
                f"The evidence store refused the request ({said}). Tell your administrator.",
                code="store_refused")
    raise OutsideRetryable(
        f"Kanıt deposu şu anda yanıt vermiyor ({said}). Az sonra yeniden deneyin.",
        f"The evidence store does not answer right now ({said}). Try again shortly.",
        code="store_away")


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


@lru_cache(maxsize=4)
def client_for(url: str) -> OutgoingClient:
    """The one client of a store."""
    parts = urlsplit(url)
    return OutgoingClient(f"{parts.scheme}://{parts.netloc}", read=READ_SECONDS)
