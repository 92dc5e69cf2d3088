"""A mail server that takes everything and sends nothing on: SMTP as campaigns speak it.

EHLO with PIPELINING, 8BITMIME, SIZE and AUTH (any name and password), one thread per connection,
nothing but the standard library.
"""

from __future__ import annotations

import base64
import re
import socketserver
import threading

from ileti.simulator.mail.boxes import LARGEST, Mailboxes, refusal_of

_PATH = re.compile(r"(?:FROM|TO):\s*<([^<>\s]{0,320})>", re.IGNORECASE)
_VERBS = frozenset({"EHLO", "HELO", "AUTH", "MAIL", "RCPT", "DATA", "RSET", "NOOP"})
_IDLE_SECONDS = 300
_LONGEST_LINE = 65_536


class MailServer(socketserver.ThreadingTCPServer):
    """Listens until :meth:`close`; port 0 takes a free one."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, host: str, port: int, boxes: Mailboxes) -> None:
        self.boxes = boxes
        super().__init__((host, port), _Talk)
        boxes.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.2,), daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


class _Talk(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS

    def handle(self) -> None:
        """One client until it leaves."""
        self.sender: str | None = None
        self.recipients: list[str] = []
        self._say("220 posta.simulator.test ESMTP")
        while line := self.rfile.readline(_LONGEST_LINE):
            text = line.decode("utf-8", "replace").strip()
            verb = text[:4].upper()
            if verb == "QUIT":
                self._say("221 2.0.0 güle güle".encode("ascii", "ignore").decode())
                return
            act = getattr(self, f"_{verb.lower()}") if verb in _VERBS else self._unknown
            act(text)

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode("ascii", "replace"))

    def _unknown(self, _text: str) -> None:
        self._say("500 5.5.2 unknown")

    def _ehlo(self, _text: str) -> None:
        self._say("250-posta.simulator.test", "250-PIPELINING", "250-8BITMIME",
                  f"250-SIZE {LARGEST}", "250-AUTH PLAIN LOGIN", "250 ENHANCEDSTATUSCODES")

    def _helo(self, _text: str) -> None:
        self._say("250 posta.simulator.test")

    def _auth(self, text: str) -> None:
        words = text.split()
        asked = {"PLAIN": 1, "LOGIN": 2}.get(words[1].upper() if len(words) > 1 else "", 0)
        for _ in range(max(asked - (len(words) - 2), 0)):
            self._say("334 " + base64.b64encode(b"?").decode())
            self.rfile.readline(_LONGEST_LINE)
        self._say("235 2.7.0 welcome" if asked else "504 5.5.4 unknown")

    def _mail(self, text: str) -> None:
        found = _PATH.search(text)
        if found is None:
            self._say("501 5.1.7 bad sender")
            return
        self.sender, self.recipients = found[1], []
        self._say("250 2.1.0 OK")

    def _rcpt(self, text: str) -> None:
        found = _PATH.search(text)
        if self.sender is None or found is None or "@" not in found[1]:
            self._say("503 5.5.1 MAIL first" if self.sender is None else "501 5.1.3 bad recipient")
            return
        refusal = refusal_of(found[1])
        if refusal is None:
            self.recipients.append(found[1])
        self._say(refusal or "250 2.1.5 OK")

    def _data(self, _text: str) -> None:
        if not self.recipients:
            self._say("503 5.5.1 nobody to take it")
            return
        self._say("354 go on")
        pieces, size = [], 0
        while (line := self.rfile.readline(_LONGEST_LINE)) not in (b".\r\n", b".\n"):
            if not line:
                return
            size += len(line)
            if size <= LARGEST:
                pieces.append(line[1:] if line.startswith(b".") else line)
        if size > LARGEST:
            self._say("552 5.3.4 too large")
            return
        numbers = [self.server.boxes.take(self.sender or "", to, b"".join(pieces)).number  # type: ignore[attr-defined]
                   for to in self.recipients]
        self.sender, self.recipients = None, []
        self._say(f"250 2.0.0 taken as {numbers[0]}")

    def _rset(self, _text: str) -> None:
        self.sender, self.recipients = None, []
        self._say("250 2.0.0 OK")

    def _noop(self, _text: str) -> None:
        self._say("250 2.0.0 OK")
