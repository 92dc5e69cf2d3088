"""The WSGI door: widget calls, what İYS and providers of messages push, and programs (in İYS's
protocol, or to bring lists) go their lean way before Flask sees them; the rest is the panel.

Flask costs two thirds of the rate on the capture path (docs/adr/0003), so the dispatcher looks at
the first bytes of the path and nothing else. All parts are built at the first call, so that
importing this module needs no settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from threading import Lock
from typing import Any

from ileti.cli.supervise import end_without_parent
from ileti.core.memory import spare_collections
from ileti.factory import create_app
from ileti.web import health

__all__ = ["app", "create_app"]

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


_building = Lock()
_built: list[WsgiApplication] = []


def _panel() -> WsgiApplication:
    """The panel, built once however many threads ask at the same time."""
    if not _built:
        with _building:
            if not _built:
                _built.append(create_app())
    return _built[0]


@lru_cache(maxsize=1)
def _capture() -> WsgiApplication:
    import ileti.preferences.endpoints  # noqa: F401 (adds its calls to the widget's)
    from ileti.capture.endpoints import application

    return application


@lru_cache(maxsize=1)
def _registry() -> WsgiApplication:
    from ileti.iys.pushed import application

    return application


@lru_cache(maxsize=1)
def _gateways() -> WsgiApplication:
    from ileti.channels.pushed import application

    return application


@lru_cache(maxsize=1)
def _voice() -> WsgiApplication:
    from ileti.channels.voicedoor import application

    return application


@lru_cache(maxsize=1)
def _compat() -> WsgiApplication:
    from ileti.compat.endpoints import application

    return application


@lru_cache(maxsize=1)
def _inbound() -> WsgiApplication:
    from ileti.inbound.endpoints import application

    return application


@lru_cache(maxsize=1)
def _pictures() -> WsgiApplication:
    from ileti.templates.picturedoor import application

    return application


@lru_cache(maxsize=1)
def _api() -> WsgiApplication:
    from ileti.api import chapters, scoped  # noqa: F401 (the first adds services to the door)
    from ileti.api.endpoints import application

    scoped.serve_with(_panel)  # type: ignore[arg-type]
    return application


#: paths that go past Flask, and who answers them; the widget's first, since it is asked most
DOORS: tuple[tuple[str, Callable[[], WsgiApplication]], ...] = (
    ("/w/v1/", _capture), ("/api/v1/", _api), ("/iys-compat/", _compat), ("/iys/v1/", _registry),
    ("/gw/v1/", _gateways), ("/v/v1/", _voice), ("/sms/v1/", _inbound), ("/resim/", _pictures))


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI application of the web processes."""
    path = environ.get("PATH_INFO", "")
    for prefix, part in DOORS:
        if path.startswith(prefix):
            return part()(environ, start_response)
    panel = _panel()
    if path == health.PATH:
        return health.answer(start_response)
    return panel(environ, start_response)


def build() -> None:
    """Build everything, so that no visitor waits for it; opens no connection, starts no thread."""
    for part in (_panel, *(part for _, part in DOORS)):
        part()


def serving() -> WsgiApplication:
    """For servers that call a factory in each worker: the rest of :func:`build`, which a server
    that forks has behind it, and no worker outlives its server."""
    end_without_parent()
    build()
    spare_collections()
    return app
