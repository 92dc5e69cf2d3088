"""One way of logging for every process, because a log is read by more people than a database.

structlog's own default prints tracebacks with the values of local variables, which hold secrets,
codes and addresses. Here a traceback is the plain one, every line goes through :func:`mask`, and
the libraries' own loggers take the same road. :func:`get_logger` sets this up at its first use, so
that no way into the program (command, web server, lean capture path, a test, a shell) is without.

A line is one JSON object; at a terminal, outside production, it is text. Long-lived processes say
it on standard output. A command that somebody asked for an answer keeps standard output for the
answer: it logs on standard error, and only what is wrong (:func:`configure_command_logs`).
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import structlog

SECRET_NAMES: Final = frozenset({
    "address", "addresses", "authorization", "cipher", "cookie", "csrf_token", "email", "handle",
    "password", "phone", "pepper", "recipient", "recipients", "secret", "set_cookie", "tckn", "tin",
    "token", "vouch",
})
HIDDEN: Final = "•••"
_MAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w.])(?:\+?90[ -]?|0)?5\d{2}[ -]?\d{3}[ -]?\d{2}[ -]?\d{2}(?![\w])")
_PASSWORD_IN_URL = re.compile(r"(?<=://)([^\s:/@]*):[^\s@/]+(?=@)")
_HEX = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{32,}(?![0-9A-Za-z])")
_RANDOM = re.compile(
    r"(?<![\w/+-])(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])(?=[\w+/-]*\d)[A-Za-z0-9_+-]{22,}={0,2}")
_CODE = re.compile(r"(?<![\w.,:#/-])\d{6}(?![\w.,:-])")
_NAMED = re.compile(  # as a repr or a query writes it: secret='…', "phone": "…", token=…
    r"""(['"]?\b(?:""" + "|".join(sorted(SECRET_NAMES))
    + r"""|name|key)['"]?\s*[=:]\s*)(?:'[^']*'|"[^"]*"|[^\s,;&)'"]+)""", re.IGNORECASE)
_TCKN = re.compile(r"(?<!\d)[1-9]\d{10}(?!\d)")
_TCKN_ALONE = re.compile(r"(?<!\w)[1-9]\d{10}(?!\w)")  # in no hash

EventDict = MutableMapping[str, Any]


def get_logger(name: str) -> Any:
    """A logger of ours; the first one in a process sets logging up."""
    if not structlog.is_configured():
        configure_logs()
    return structlog.get_logger(name)


def configure_command_logs(*, verbose: bool = False) -> None:
    """Logging of a command that answers and ends: on standard error, from ``LOG_LEVEL`` up when it
    is set, else warnings alone, or all that a long-lived process says when ``verbose``."""
    default = "info" if verbose else "warning"
    configure_logs(os.environ.get("LOG_LEVEL") or default, stream="stderr")


def configure_logs(level: str | None = None, *, stream: str = "stdout") -> None:
    """Set up our and the libraries' logging; ``level`` by name, else ``LOG_LEVEL``, else info;
    ``stream``: ``stdout`` or ``stderr``.

    Libraries speak from ``warning`` up: their lower lines carry addresses of requests.
    """
    number = _number(level or os.environ.get("LOG_LEVEL", "info"))
    out = _Stream(stream)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars, structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"), structlog.processors.format_exc_info,
            mask, _renderer(out),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(out),  # type: ignore[arg-type]
    )
    handler = logging.StreamHandler(out)  # type: ignore[arg-type]
    handler.setFormatter(_LibraryFormatter())
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one.formatter, _LibraryFormatter)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(max(number, logging.WARNING))
    logging.getLogger("flask_appbuilder").setLevel(logging.ERROR)
    sys.excepthook = _uncaught


def _uncaught(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    """The last word of a process that dies: the same masked line."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    structlog.get_logger("ileti").critical("uncaught", exc_info=(kind, error, trace))


def _number(level: str) -> int:
    """A level that is no level is info: a wrong setting must not silence the log."""
    return logging.getLevelNamesMapping().get(level.upper(), logging.INFO)


def mask(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Hide what a log must not hold: by the name of a value, and by its shape in any text."""
    return {name: _masked(name, value) for name, value in event.items()}


def mask_people(text: str) -> str:
    """A text people wrote with addresses and identity numbers hidden, and nothing else."""
    return _TCKN_ALONE.sub(HIDDEN, _PHONE.sub(HIDDEN, _MAIL.sub(HIDDEN, text)))


def mask_text(text: str) -> str:
    """A text with addresses, identity numbers, codes, keys and passwords hidden.

    Six digits that stand alone are taken for a code; numbers of ours have names of their own.
    """
    text = _PASSWORD_IN_URL.sub(rf"\1:{HIDDEN}", _NAMED.sub(rf"\1{HIDDEN}", text))
    for pattern in (_MAIL, _PHONE, _TCKN, _HEX, _RANDOM, _CODE):
        text = pattern.sub(HIDDEN, text)
    return text


def _masked(name: str, value: Any) -> Any:
    if name in SECRET_NAMES and value not in (None, "", True, False):
        return HIDDEN
    if isinstance(value, str):
        return value if name in ("timestamp", "level") else mask_text(value)
    if isinstance(value, Mapping):
        return {key: _masked(str(key).lower(), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked("", inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float) else mask_text(
        str(value))


def _renderer(out: _Stream) -> Any:
    if os.environ.get("ILETI_ENV", "development") == "development" and out.isatty():
        return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return structlog.processors.JSONRenderer(ensure_ascii=False)


class _Stream:
    """Whatever ``sys.stdout`` or ``sys.stderr`` is now: a supervisor or a test may have replaced
    it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def write(self, text: str) -> int:
        written: int = getattr(sys, self._name).write(text)
        return written

    def flush(self) -> None:
        getattr(sys, self._name).flush()

    def isatty(self) -> bool:
        return bool(getattr(sys, self._name).isatty())


class _LibraryFormatter(logging.Formatter):
    """A library's record as a line of ours: no arguments apart from its message."""

    def format(self, record: logging.LogRecord) -> str:
        event: EventDict = {
            "event": record.getMessage(), "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
        }
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return str(structlog.processors.JSONRenderer(ensure_ascii=False)(
            None, record.levelname, mask(None, record.levelname, event)))
