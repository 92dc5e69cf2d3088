"""A small store that speaks S3 and believes nobody: every signature and every digest is checked."""

from __future__ import annotations

import base64
import hmac
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

KEY_ID, SECRET, REGION = "AKIDDENEME", "cok-gizli-anahtar", "eu-central-1"
_AUTH = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, "
                   r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})")


@dataclass
class Bucket:
    """What is kept, what was asked, and answers to give instead (statuses, ``drop``, ``half``;
    ``true`` for the true one)."""

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    answers: list[int | str] = field(default_factory=list)
    locks: bool = True
    versions: list[tuple[str, str, bytes, dict[str, str]]] = field(default_factory=list)

    def listing(self, marker: str) -> bytes:
        """Two versions a page, the oldest first, as ListObjectVersions answers."""
        begin = int(marker or 0)
        some = self.versions[begin:begin + 2]
        more = begin + 2 < len(self.versions)
        lines = "".join(f"<Version><Key>{name.split('/', 2)[2]}</Key><VersionId>{mark}</VersionId>"
                        "</Version>" for name, mark, _, _ in some)
        return (f"<ListVersionsResult><IsTruncated>{str(more).lower()}</IsTruncated>"
                f"<NextKeyMarker>x&amp;y</NextKeyMarker><NextVersionIdMarker>{begin + 2}"
                f"</NextVersionIdMarker>{lines}</ListVersionsResult>").encode()


@contextmanager
def serving_s3() -> Iterator[Bucket]:
    """A bucket on a free port."""
    bucket = Bucket()

    class Handler(BaseHTTPRequestHandler):
        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def _answer(self, status: int, body: bytes = b"",
                    more: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (more or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _handle(self) -> None:
            body = self._body()
            bucket.asked.append(f"{self.command} {self.path}")
            instead = bucket.answers.pop(0) if bucket.answers else "true"
            if instead != "true":
                if instead == "drop":
                    self.connection.close()
                    return
                if instead == "half":
                    self.send_response(200)
                    self.send_header("Content-Length", "100000")
                    self.end_headers()
                    self.wfile.write(b"x" * 10)
                    self.close_connection = True
                    return
                self._answer(int(instead))
                return
            fault = fault_of(self.command, self.path, dict(self.headers.items()), body)
            if fault:
                bucket.refusals.append(fault)
                self._answer(403)
                return
            name, _, query = unquote(self.path).partition("?")
            given = {key.lower(): value for key, value in self.headers.items()}
            lock = {key: value for key, value in given.items() if key.startswith("x-amz-object-l")}
            if lock and base64.b64encode(md5(body).digest()).decode() != given.get("content-md5"):
                self._answer(400)
            elif self.command == "PUT":
                bucket.objects[name] = body
                bucket.versions.append((name, f"v{len(bucket.versions)}", body,
                                        lock if bucket.locks else {}))
                self._answer(200)
            elif "versions=" in query:
                marker = re.search(r"version-id-marker=(\d+)", query)
                self._answer(200, bucket.listing(marker[1] if marker else ""))
            elif self.command == "HEAD" and bucket.versions:
                held = [one[3] for one in bucket.versions if one[0] == name]
                self._answer(200 if held else 404, b"", held[-1] if held else {})
            elif query.startswith("versionId="):
                found = [one[2] for one in bucket.versions if one[1] == query[10:]]
                self._answer(200, found[0])
            elif self.command == "DELETE":
                bucket.objects.pop(name, None)
                self._answer(204)
            elif name in bucket.objects:
                self._answer(200, bucket.objects[name])
            else:
                self._answer(404)

        do_PUT = do_GET = do_HEAD = do_DELETE = _handle  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    bucket.url = f"http://127.0.0.1:{server.server_address[1]}/kova/ileti"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()


def fault_of(method: str, path: str, headers: dict[str, str], body: bytes) -> str:
    """What is wrong with a request's signature or digest, as AWS's documents compute it."""
    given = {name.lower(): value for name, value in headers.items()}
    found = _AUTH.fullmatch(given.get("authorization", ""))
    if found is None:
        return "no signature"
    key_id, day, region, names, signature = found.groups()
    if key_id != KEY_ID or region != REGION or not given.get("x-amz-date", "").startswith(day):
        return "wrong scope"
    if sha256(body).hexdigest() != given.get("x-amz-content-sha256"):
        return "wrong digest"
    if not {"host", "x-amz-content-sha256", "x-amz-date"} <= set(names.split(";")):
        return "unsigned headers"
    canonical = "\n".join([
        method, path.partition("?")[0], path.partition("?")[2],
        *(f"{name}:{given[name].strip()}" for name in names.split(";")), "", names,
        given["x-amz-content-sha256"]])
    scope = f"{day}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{given['x-amz-date']}\n{scope}\n" + sha256(
        canonical.encode()).hexdigest()
    key = f"AWS4{SECRET}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    wanted = hmac.new(key, text.encode(), "sha256").hexdigest()
    return "" if hmac.compare_digest(wanted, signature) else "wrong signature"
