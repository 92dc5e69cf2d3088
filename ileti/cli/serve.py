"""``ileti web``: the web server and its workers.

Why this module exists: what every worker needs is loaded and built once, before they are forked, so
that a start costs it once however many there are, a worker that died is back in a moment, and they
share its memory. Nothing of it may hold a connection or a thread: those do not survive a fork.
"""

from __future__ import annotations

import config
from ileti.cli.services import begin
from ileti.cli.supervise import Lifeline, refuse_taken_port
from ileti.core.memory import loading


def serve(lifeline: Lifeline | None) -> None:
    """Serve until SIGTERM; raises WrongSetting for a taken port."""
    settings = begin(lifeline, _load)
    if lifeline is None:  # the server itself would quietly share the port with a stranger
        refuse_taken_port(settings.host, settings.port, "PORT")
    import app

    with loading():
        app.build()
    from granian.constants import Interfaces
    from granian.server import Server

    Server(
        target="app:serving", factory=True, interface=Interfaces.WSGI,
        address=settings.host, port=settings.port,
        workers=settings.web_workers, blocking_threads=settings.web_threads, log_access=False,
        websockets=False, respawn_failed_workers=True, working_dir=config.ROOT,
        backlog=1024,
    ).serve()


def _load() -> None:
    import granian.server  # noqa: F401

    import app  # noqa: F401
