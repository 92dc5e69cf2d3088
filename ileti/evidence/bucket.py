"""A bucket that locks what it has (S3 Object Lock), for seals carried out of the house.

Why this module exists: whoever runs the installation may hold the keys of a bucket too, but cannot
shorten a lock in mode COMPLIANCE, nor can its provider. Every put asks for the lock and looks
whether it is there: a bucket that ignores it would be a copy anybody rewrites. Reading asks for all
versions, since a newer one, or a marker that it is deleted, must not hide what was locked before.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from typing import Any, Final
from urllib.parse import urlsplit

from config import settings
from ileti.core import clock
from ileti.core.errors import OutsideFinal
from ileti.core.http import OutgoingClient
from ileti.evidence.copies import File, Way, carry
from ileti.evidence.s3 import Signing, client_for, patiently, query_of

_EMPTY: Final = hashlib.sha256(b"").hexdigest()
_VERSION: Final = re.compile(r"<Version>(.*?)</Version>", re.DOTALL)
_MOST_PAGES: Final = 1_000
_NAME: Final = re.compile(r"seals-\d{9}-\d{9}-[0-9a-f]{16}\.jsonl")


def carry_due() -> dict[str, int]:
    """Carry the seals that the bucket lacks, once a day. Counts of ``sent`` and ``failed``."""
    url = settings().seal_export_s3_url
    if not url:
        return {}
    bucket = Bucket.from_settings()
    done = carry(Way.BUCKET, url, bucket.put, bucket.has)
    return {done: 1} if done else {}


class Bucket:
    """A bucket with Object Lock, or a folder in one."""

    def __init__(self, url: str, signing: Signing, client: OutgoingClient) -> None:
        parts = urlsplit(url)
        self._host = parts.netloc
        self._bucket, _, folder = parts.path.strip("/").partition("/")
        self._prefix = f"{folder}/" if folder else ""
        self._signing, self._client = signing, client

    @classmethod
    def from_settings(cls) -> Bucket:
        """As SEAL_EXPORT_S3_… say; OutsideFinal when they say nothing."""
        given = settings()
        if not given.seal_export_s3_url:
            raise OutsideFinal("SEAL_EXPORT_S3_URL tanımlı değil.",
                               "SEAL_EXPORT_S3_URL is not set.", code="store_unknown")
        return cls(given.seal_export_s3_url, Signing(
            given.seal_export_s3_key_id, given.seal_export_s3_secret,
            given.seal_export_s3_region), client_for(given.seal_export_s3_url))

    def put(self, file: File) -> None:
        """PUT with a lock, and see that it is locked. Raises OutsideRetryable, OutsideFinal."""
        given, path, now = settings(), self._path(file.name), clock.now()
        until = _until(now)
        lock = {"x-amz-object-lock-mode": given.seal_export_lock_mode,
                "x-amz-object-lock-retain-until-date": until.strftime("%Y-%m-%dT%H:%M:%SZ")}
        digest = hashlib.sha256(file.content).hexdigest()
        mark = base64.b64encode(
            hashlib.md5(file.content, usedforsecurity=False).digest()).decode()
        patiently(lambda: self._client.send(
            "PUT", path, content=file.content, note="seals put",
            headers=self._signing.headers("PUT", self._host, path, digest, more=lock) | {
                "Content-MD5": mark, "Content-Type": "application/x-ndjson"}),
            fine=(200, 201, 204))
        if not self.has(file.name, now):
            raise OutsideFinal(
                "Kova, mühürleri kilitlemiyor: Object Lock ile açılmış bir kova gerekir.",
                "The bucket does not lock seals: it must be one made with Object Lock.",
                code="not_locked")

    def has(self, name: str, since: datetime) -> bool:
        """Whether a file of this name lies there, locked as long as one that was put then. Raises
        as :meth:`put`: as long as the bucket does not say, no further locked copy is made."""
        answer = self._get(self._path(name), method="HEAD", fine=(200, 404))
        kept = answer.headers.get("x-amz-object-lock-retain-until-date", "")
        mode = answer.headers.get("x-amz-object-lock-mode", "")
        try:
            ends = datetime.fromisoformat(kept.replace("Z", "+00:00"))
            locked = ends >= _until(since) - timedelta(days=1)
        except (ValueError, TypeError):
            locked = False
        return (answer.status_code == 200 and locked
                and mode == settings().seal_export_lock_mode)

    def read(self) -> Iterator[tuple[str, bytes]]:
        """Name and content of every version of every file of seals. Raises as :meth:`put`."""
        for key, version in self._versions():
            path = f"/{self._bucket}/{key}"
            query = query_of({"versionId": version}) if version not in ("", "null") else ""
            yield key.rpartition("/")[2], self._get(path, query).content

    def _versions(self) -> Iterator[tuple[str, str]]:
        marks: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            query = query_of({"prefix": f"{self._prefix}seals-", "versions": ""} | marks)
            page = self._get(f"/{self._bucket}", query).content.decode("utf-8", "replace")
            for version in _VERSION.findall(page):
                key = _element(version, "Key")
                if _NAME.fullmatch(key.rpartition("/")[2]):
                    yield key, _element(version, "VersionId")
            if _element(page, "IsTruncated") != "true":
                return
            marks = {"key-marker": _element(page, "NextKeyMarker"),
                     "version-id-marker": _element(page, "NextVersionIdMarker")}

    def _path(self, name: str) -> str:
        return f"/{self._bucket}/{self._prefix}{name}"

    def _get(self, path: str, query: str = "", method: str = "GET",
             fine: tuple[int, ...] = (200,)) -> Any:
        return patiently(lambda: self._client.send(
            method, f"{path}?{query}" if query else path, note=f"seals {method.lower()}",
            headers=self._signing.headers(method, self._host, path, _EMPTY, query=query)),
            fine=fine)


def _until(since: datetime) -> datetime:
    """How long what is put at that moment is locked."""
    return since + timedelta(days=settings().seal_export_lock_days)


def _element(text: str, name: str) -> str:
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return unescape(found[1]) if found else ""
