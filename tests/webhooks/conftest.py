"""A receiver of webhooks: a real https server with a certificate of its own."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "iys"))

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from receiver_house import NAME


class Receiver:
    """What came, and with which status the next calls are answered (the last one stays)."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str], bytes]] = []
        self.answers = [200]
        self.port = 0

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}/ileti?a=1"


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256()))
    file = folder / "receiver.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                          serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def names(monkeypatch: Any) -> dict[str, list[str]]:
    """The DNS: names and the addresses they lead to."""
    from ileti.core import target

    known: dict[str, list[str]] = {NAME: ["127.0.0.1"]}

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        if host not in known:
            raise socket.gaierror(-2, "unknown")
        return [(0, 0, 0, "", (number, port)) for number in known[host]]

    monkeypatch.setattr(target, "look_up", look_up)
    return known


@pytest.fixture
def receiver(database: str, names: Any, tmp_path: Path, monkeypatch: Any) -> Iterator[Receiver]:
    """An https server on this machine whose name the DNS and whose network the operator knows."""
    from config import settings
    from ileti.webhooks import send

    box = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            box.calls.append((self.path, dict(self.headers.items()), body))
            status = box.answers.pop(0) if len(box.answers) > 1 else box.answers[0]
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "https://169.254.169.254/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    file = _certificate(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    box.port = server.server_address[1]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setattr(settings(), "webhook_networks", "127.0.0.0/8")
    monkeypatch.setattr(send, "trust", lambda: ssl.create_default_context(cafile=str(file)))
    yield box
    server.shutdown()
    server.server_close()
