"""Mail servers for tests: one that takes everything, and one that breaks where it is told to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

from aiosmtpd.controller import Controller

from ileti.channels.gateways.smtpline import Server


class Sink:
    """Keeps (sender, recipients, bytes) of each mail; ``refuse`` answers for a recipient."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, list[str], bytes]] = []
        self.refuse: dict[str, str] = {}

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str,
                          _options: Any) -> str:
        """Take or refuse a recipient."""
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Keep the mail."""
        self.mails.append((envelope.mail_from, list(envelope.rcpt_tos), bytes(envelope.content)))
        return "250 2.0.0 kept"


@contextlib.contextmanager
def sink() -> Iterator[tuple[Sink, Server]]:
    """A server on a free port that takes mails."""
    handler = Sink()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield handler, Server("127.0.0.1", port, tls="none")
    finally:
        controller.stop()


class Scripted:
    """A server of our own that offers PIPELINING and answers by a function of (verb, count of mails
    so far); None breaks the connection there."""

    def __init__(self, answer: Callable[[str, int], str | None]) -> None:
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.server = Server("127.0.0.1", self._socket.getsockname()[1], tls="none")
        self.mails = 0
        self.connections = 0
        self.reads: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError), peer.makefile("rb") as lines:
            peer.sendall(b"220 test\r\n")
            in_mail = False
            for line in lines:
                if in_mail and line != b".\r\n":
                    continue
                verb = "DOT" if in_mail else line[:4].decode().upper().strip()
                in_mail = False
                said = self._answer(verb, self.mails)
                if said is None:
                    peer.shutdown(socket.SHUT_RDWR)
                    return
                if verb == "DOT" and said.startswith("250"):
                    self.mails += 1
                in_mail = verb == "DATA" and said.startswith("354")
                peer.sendall(said.encode() + b"\r\n")


def willing(verb: str, _mails: int) -> str:
    """What a server says that takes everything."""
    return {"EHLO": "250-test\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES", "DATA": "354 go on",
            "QUIT": "221 bye"}.get(verb, "250 2.0.0 OK")
