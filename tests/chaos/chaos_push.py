"""The road on which İYS pushes citizens' changes to us, with everything a net and strangers do.

Why this module exists: row 28 speaks of pushes told twice, late and out of order, and of answers
that get lost; the simulator only repeats what failed. So İYS is registered at this road's address,
and the road passes on to our receiver, or not. Nothing it does may be seen in the end: pull brings
what was never passed on.
"""

from __future__ import annotations

import base64
import contextlib
import json
import random
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chaos_book import Book

#: What happens to a push, and how often.
WAYS = {
    "push passed": 8, "push answer lost": 3, "push doubled": 3, "push late and out of order": 3,
    "push lost": 2, "push forged": 3,
}
SWAPPED = {"ONAY": "RET", "RET": "ONAY"}


class PushRoad:
    """A server on this machine between İYS and our receiver at ``port``."""

    def __init__(self, port: int, book: Book, seed: int) -> None:
        self.port, self.book, self.dice = port, book, random.Random(f"{seed}:push")
        self.raging = False
        self.late: list[threading.Thread] = []
        road = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status = road.carry(self.path, body, self.headers.get("Authorization", ""))
                if status:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def carry(self, path: str, body: bytes, login: str) -> int:
        """Pass a push on in one of the ways; the status to answer, 0 for none."""
        if not self.raging:
            return self._pass(path, body, login)
        way = self.dice.choices(list(WAYS), list(WAYS.values()))[0]
        self.book.count(way)
        if way == "push lost":
            return 0
        if way == "push late and out of order":
            return self._later(path, body, login)
        if way == "push forged":
            self._forge(path, body, login)
        elif way == "push doubled":
            twin = threading.Thread(target=self._pass, args=(path, body, login), daemon=True)
            twin.start()
        status = self._pass(path, body, login)
        return 0 if way == "push answer lost" else status

    def _later(self, path: str, body: bytes, login: str) -> int:
        """Said to have arrived; it does so after others that were told later, last one first."""
        delay = self.dice.uniform(0.5, 6)

        def send() -> None:
            time.sleep(delay)
            lines = json.loads(body)["list"]
            self._pass(path, json.dumps({"list": lines[::-1]}).encode(), login)

        one = threading.Thread(target=send, daemon=True)
        one.start()
        self.late.append(one)
        return self.dice.choice((200, 0))

    def _forge(self, path: str, body: bytes, login: str) -> None:
        """The opposite of what citizens said, from somebody without İYS's credentials."""
        lines = [line | {"status": SWAPPED.get(line["status"], "RET"), "transactionId": "f" * 64}
                 for line in json.loads(body)["list"]]
        name = base64.b64decode(login.partition(" ")[2] or "").decode().partition(":")[0]
        wrong = base64.b64encode(f"{name}:{self.dice.getrandbits(64):x}".encode()).decode()
        for given in ("", f"Basic {wrong}"):
            status = self._pass(path, json.dumps({"list": lines}).encode(), given)
            if status not in (0, 401, 503):
                self.book.forged.append(f"a push with wrong credentials was answered {status}")

    def _pass(self, path: str, body: bytes, login: str) -> int:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", body,
            {"Content-Type": "application/json"} | ({"Authorization": login} if login else {}))
        try:
            with urllib.request.urlopen(request, timeout=6) as answer:
                answer.read()
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except Exception:
            return 0

    def calm(self) -> None:
        """Pass everything from now on; what was late has come."""
        self.raging = False
        for one in self.late:
            one.join(15)

    def end(self) -> None:
        """Stop answering."""
        with contextlib.suppress(OSError):
            self.server.shutdown()
            self.server.server_close()
