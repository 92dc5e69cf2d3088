"""An IMAP server of as many commands as a mailbox is read with."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from datetime import date, datetime


def _day(text: str | None) -> date:
    """The day of a moment as IMAP writes it; the last there is where it tells none."""
    try:
        return datetime.strptime((text or "").split(" ")[0], "%d-%b-%Y").date()  # noqa: DTZ007
    except ValueError:
        return date.max


class ImapServer:
    """Holds mails by their UID; ``validity`` may be changed, ``flags`` tells what was marked;
    what is ``withheld`` of a mail (``SIZE``, ``BODY``) is not told now; ``endless`` is told instead
    of a mail; ``drip``: seconds between two letters of a greeting that does not end."""

    def __init__(self) -> None:
        self.mails: dict[int, bytes] = {}
        self.flags: dict[int, str] = {}
        self.validity = 7
        self.password = "sifre"
        self.sizes: dict[int, int] = {}
        self.dates: dict[int, str] = {}
        self.withheld = ""
        self.endless = b""
        self.drip = 0.0
        self.log: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self._socket.accept()
                threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError, ValueError), peer.makefile("rb") as lines:
            while self.drip:
                peer.sendall(b"*")
                time.sleep(self.drip)
            peer.sendall(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
            for line in lines:
                tag, _, rest = line.decode().strip().partition(" ")
                self.log.append(rest.split(" ")[0] + (
                    " " + rest.split(" ")[1] if rest.startswith("UID") else ""))
                untagged, end = self._answer(rest)
                peer.sendall(untagged + f"{tag} {end} it is\r\n".encode())
                if rest.startswith("LOGOUT"):
                    return

    def _answer(self, rest: str) -> tuple[bytes, str]:
        verb = rest.split(" ")[0]
        if verb == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n", "OK"
        if verb == "LOGIN":
            return b"", "OK" if f'"{self.password}"' in rest else "NO wrong"
        if verb == "SELECT":
            known = '"INBOX"' in rest
            return (f"* {len(self.mails)} EXISTS\r\n* OK [UIDVALIDITY {self.validity}] x\r\n"
                    .encode(), "OK" if known else "NO none")
        if rest.startswith("UID SEARCH"):
            first = int(re.search(r"UID (\d+):", rest)[1])  # type: ignore[index]
            found = [uid for uid in self.mails if uid >= first] or list(self.mails)[-1:]
            if since := re.search(r"SINCE (\S+)", rest):
                found = [uid for uid in found if _day(self.dates.get(uid)) >= _day(since[1])]
            return b"* SEARCH " + " ".join(map(str, found)).encode() + b"\r\n", "OK"
        if rest.startswith("UID FETCH"):
            uid = int(rest.split(" ")[2])
            raw = self.mails[uid]
            if self.withheld and self.withheld in rest:
                return b"", "NO [UNAVAILABLE] later"
            if self.endless and "BODY" in rest:
                return self.endless, "OK"
            if "SIZE" in rest:
                size = self.sizes.get(uid, len(raw))
                at = f' INTERNALDATE "{self.dates[uid]}"' if uid in self.dates else ""
                return f"* 1 FETCH (UID {uid} RFC822.SIZE {size}{at})\r\n".encode(), "OK"
            return (f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(raw)}}}\r\n".encode() + raw + b")\r\n",
                    "OK")
        if rest.startswith("UID STORE"):
            self.flags[int(rest.split(" ")[2])] = rest.rpartition("(")[2].strip(")")
        return b"", "OK"
