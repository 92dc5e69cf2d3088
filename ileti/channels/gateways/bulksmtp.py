"""Mails by SMTP, many at once: open connections, one round trip a mail, an honest answer for each.

Why this module exists: a connection with TLS and log-in costs half a second and a mail four round
trips; a campaign has a million. So connections stay open and are shared, and where the server
offers PIPELINING (RFC 2920) the envelope of the next mail goes with the last dot of the one before.

The last dot is the border. Before it the server can have taken nothing, so whatever breaks is tried
again. After it the mail may be on its way: without an answer it is **in doubt**, shown to a person
and never sent again by itself. The dot is therefore sent by itself, after everything else went out.
The server's own words are never kept: they may repeat the address.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, Protocol

import psycopg

from ileti.channels.dkimsign import BadKey, Signer
from ileti.channels.gateways.smtpline import Broken, Letter, Line, Server, connect
from ileti.channels.mail import Mail
from ileti.channels.mailwire import Sender, wire
from ileti.channels.sms import Handed, InDoubt, Later, Never
from ileti.core import db
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import StorageAway

Keys = dict[int, Signer | None]
MOST_CONNECTIONS: Final = 20
_IDLE_SECONDS: Final = 20.0
_MOST_PER_LINE: Final = 500
#: seconds after which no further mail of a batch is begun; what is left goes another time
BATCH_SECONDS: Final = 120.0


class Signers(Protocol):
    """Whose key signs a provider's mails of a domain."""

    def of(self, provider_id: int, domain: str) -> Signer | None:
        """The signer in use, None when mails of the domain go unsigned; may raise."""
        ...


class BulkSmtp:
    """One account at one mail server; safe to use from several threads."""

    name = "smtp"
    most = 500

    def __init__(self, server: Server, sender: Sender, *, connections: int = 4,
                 signers: Signers | None = None) -> None:
        self._server, self._sender = server, sender
        self._signers = signers
        self._lines = min(max(connections, 1), MOST_CONNECTIONS)
        self._idle: list[tuple[float, Line]] = []
        self._lock = threading.Lock()

    def send(self, messages: Sequence[Mail]) -> list[Handed]:
        """Hand mails over, each answered by itself and in order."""
        db.refuse_open_transaction()
        try:
            keys = self._keys(messages)
        except (psycopg.Error, CannotDecrypt, StorageAway, BadKey) as error:
            # unsigned mail of a domain that promises signatures is thrown away by its receivers
            return [Later(f"the key cannot be read: {type(error).__name__}")] * len(messages)
        until = time.monotonic() + BATCH_SECONDS
        size = max(-(-len(messages) // self._lines), 1)
        parts = [messages[at:at + size] for at in range(0, len(messages), size)]
        if len(parts) < 2:
            return [one for part in parts for one in self._send_part(part, keys, until)]
        with ThreadPoolExecutor(len(parts), thread_name_prefix="smtp") as crew:
            share = partial(self._send_part, keys=keys, until=until)
            return [one for part in crew.map(share, parts) for one in part]

    def try_connection(self) -> str | None:
        """Connect, log in and name the sender, sending nothing; what went wrong, None when all is
        well."""
        db.refuse_open_transaction()
        line = self._line()
        if not isinstance(line, Line):
            return line.reason
        try:
            code = line.try_sender(self._sender.address)
        except Broken as broken:
            return broken.reason
        self._put_back(line)
        return None if code == 250 else f"the sender is refused (SMTP {code})"

    def close(self) -> None:
        """Say good-bye on every open connection."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, line in idle:
            line.close()

    # -- one connection's share --------------------------------------------------------------------

    def _keys(self, messages: Sequence[Mail]) -> Keys:
        """The signer of each provider; asked by the thread that has the database's connection."""
        if self._signers is None:
            return {}
        return {number: self._signers.of(number, self._sender.domain) for number in {
            one.mark.provider_id for one in messages if one.mark}}

    def _send_part(self, part: Sequence[Mail], keys: Keys, until: float) -> list[Handed]:
        """A share of the mails over one connection, a new one where it breaks between mails."""
        answers: list[Handed | None] = [None] * len(part)
        ready = [self._written(mail, keys, place, answers) for place, mail in enumerate(part)]
        todo = [(place, one) for place, one in enumerate(ready) if one is not None]
        fresh_starts = 0
        while todo:
            if time.monotonic() > until:
                for place, _ in todo:
                    answers[place] = Later("the server is slow", 0.0)
                break
            line = self._line()
            if not isinstance(line, Line):
                for place, _ in todo:
                    answers[place] = line
                break
            done = self._along(line, todo, answers, until)
            in_doubt = done > 0 and isinstance(answers[todo[done - 1][0]], InDoubt)
            todo = todo[done:]
            fresh_starts = fresh_starts + 1 if done == 0 else 0
            if in_doubt or fresh_starts > 1:  # a server that breaks so is not fed the whole batch
                for place, _ in todo:
                    answers[place] = Later(line.problem)
                break
        return [one if one is not None else Later("not tried") for one in answers]

    def _along(self, line: Line, todo: Sequence[tuple[int, Letter]],
               answers: list[Handed | None], until: float) -> int:
        """As many mails as the connection carries; how many of ``todo`` have their answer."""
        for done, (place, letter) in enumerate(todo):
            following = todo[done + 1][1] if done + 1 < len(todo) else None
            late = time.monotonic() > until
            last = late or following is None or line.carried + 1 >= _MOST_PER_LINE
            try:
                answer = line.carry(letter, None if last else following)
            except Broken as broken:
                line.close()
                if not broken.after_dot:
                    return done
                answers[place] = InDoubt(broken.reason)
                return done + 1
            answers[place] = answer
            if line.spent or line.carried >= _MOST_PER_LINE:
                line.close()
                return done + 1
            if late and following is not None:
                self._put_back(line)
                return done + 1
        self._put_back(line)
        return len(todo)

    def _written(self, mail: Mail, keys: Keys, place: int, answers: list[Handed | None]
                 ) -> Letter | None:
        try:
            signer = keys.get(mail.mark.provider_id) if mail.mark else None
            raw = wire(mail, self._sender, signer)
            return Letter(self._sender.envelope_for(mail), mail.to, raw, mail.id)
        except (ValueError, UnicodeError) as error:
            answers[place] = Never(f"The mail cannot be written: {type(error).__name__}")
            return None

    # -- the pool ----------------------------------------------------------------------------------

    def _line(self) -> Line | Later | Never:
        """A connection that answers: one that lay idle, else a new one; or why there is none."""
        now = time.monotonic()
        while True:
            with self._lock:
                since, line = self._idle.pop() if self._idle else (0.0, None)
            if line is None:
                break
            if now - since < _IDLE_SECONDS and line.alive():
                return line
            line.close()
        return connect(self._server)

    def _put_back(self, line: Line) -> None:
        with self._lock:
            if len(self._idle) < self._lines and not line.spent:
                self._idle.append((time.monotonic(), line))
                return
        line.close()
