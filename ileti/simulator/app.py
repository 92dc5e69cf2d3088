"""The simulator as a WSGI app: İYS's paths, the control calls and the page on one port.

A call of the registry goes through the quota, then the fault that may strike it, then its
service; what came and what went out is noted for the page and the counters. Services stand one
module per group of İYS's services; a new group adds its lines to `ROUTES`.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from ileti.simulator import (
    access,
    brands,
    changes,
    consents,
    identity,
    info,
    links,
    partners,
    push,
    queries,
    reconciliation,
    retailers,
    via,
)
from ileti.simulator.acts import put_provider
from ileti.simulator.authority import LABEL, authority
from ileti.simulator.callpage import PATHS as CALL_PATHS
from ileti.simulator.callpage import calls_page
from ileti.simulator.clock import SimulatorClock
from ileti.simulator.codes import Refused, error
from ileti.simulator.control import control
from ileti.simulator.desk import Answer, Call, Desk, answer, error_answer
from ileti.simulator.faults import BEFORE, Fault, Faults, falsified, read_fault
from ileti.simulator.gateways import desk as gateways
from ileti.simulator.journal import Journal
from ileti.simulator.mail import page as mail_page
from ileti.simulator.mail.boxes import Mailboxes
from ileti.simulator.observer import Observer
from ileti.simulator.options import SimulatorOptions
from ileti.simulator.pages import page, static_file, template
from ileti.simulator.phonepage import PATH as PHONES
from ileti.simulator.quotas import Gatekeeper
from ileti.simulator.registry import Registry
from ileti.simulator.stamp import answer_query
from ileti.simulator.whitelist import Whitelist
from ileti.simulator.workdays import oldest_consent_date

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LARGEST_BODY = 4 * 1024 * 1024
LARGEST_ORDER = 10 * 1024 * 1024  # of messages, at an SMS provider

Service = Callable[[Desk, Call], Answer]

_SP = r"/sps/(?P<iysCode>[^/]+)"
_PARTNER = r"/integrator/(?P<integratorCode>[^/]+)"
_BRAND = _SP + r"/brands/(?P<brandCode>[^/]+)"
_ACCESS = r"/consents/retailers/access"
_ANY_ACCESS = r"/consents/retailers?/access"
_AGREEMENT = r"/agreements/(?P<reportDate>[^/]+)"
_REQUEST = r"/consents/request/(?P<requestId>[^/]+)"

ROUTES: list[tuple[str, str, Service]] = [
    ("POST", "/oauth2/token", identity.give_token),
    ("GET", "/info/city", info.list_cities),
    ("GET", "/info/city/(?P<code>[^/]+)", info.show_city),
    ("GET", "/info/town", info.list_towns),
    ("GET", "/info/town/(?P<code>[^/]+)", info.show_town),
    ("GET", _SP + "/brands", brands.list_brands),
    ("GET", _SP + "/subscription", brands.show_subscription),
    ("GET", _PARTNER + "/sps", partners.list_rights),
    ("GET", _PARTNER + "/sps/(?P<iysCode>[^/]+)", partners.list_rights_of),
    ("GET", _PARTNER + "/subscription", partners.show_own_subscription),
    ("POST", _BRAND + "/consents", consents.add_one),
    ("POST", "/v2" + _BRAND + "/consents", consents.add_one_v2),
    ("POST", _BRAND + "/consents/request", consents.add_batch),
    ("POST", "/v2" + _BRAND + "/consents/request", consents.add_batch_v2),
    ("GET", _BRAND + _REQUEST, consents.show_batch),
    ("GET", "/v2" + _BRAND + _REQUEST, consents.show_batch_v2),
    ("POST", _BRAND + "/consents/status", queries.show_status),
    (
        "POST",
        _BRAND + r"/consents/(?P<recipientType>[^/]+)/status/(?P<type>[^/]+)",
        queries.show_statuses,
    ),
    ("POST", _BRAND + "/consents/history", queries.show_history),
    ("GET", _BRAND + "/consents/changes", changes.pull),
    (
        "GET",
        _BRAND + r"/changes/(?P<reportDate>[^/]+)/recipients/(?P<recipientType>[^/]+)",
        reconciliation.show_summary,
    ),
    ("GET", _BRAND + r"/changes/(?P<reportDate>[^/]+)/file", reconciliation.give_file),
    ("GET", _BRAND + _AGREEMENT, reconciliation.show_agreement),
    ("PUT", _BRAND + _AGREEMENT, reconciliation.save_agreement),
    ("GET", _BRAND + _AGREEMENT + "/timestamp", reconciliation.give_stamp),
    ("POST", "/via" + _SP + "/consent", via.start),
    ("POST", "/via" + _SP + "/confirmation", via.confirm),
    ("GET", "/via" + _SP + "/consent/request/(?P<requestId>[^/]+)", via.show_state),
    ("GET", "/via" + _SP + "/via/clarification/(?P<requestId>[^/]+)/file", via.give_file),
    ("POST", _BRAND + "/via-hash-links", links.give_links),
    ("GET", "/ret/(?P<link>[A-Za-z0-9_-]+)", links.open_link),
    ("POST", "/ret/(?P<link>[A-Za-z0-9_-]+)", links.open_link),
    ("POST", _BRAND + "/push/registration", push.register),
    ("GET", _BRAND + "/push/registration", push.list_connections),
    ("POST", _BRAND + "/push/unregistration", push.unregister),
    ("POST", _BRAND + _ACCESS, access.give_access),
    ("PUT", _BRAND + _ACCESS, access.replace_access),
    ("POST", _BRAND + "/consents?/retailers/access/list", access.list_access),
    ("POST", _BRAND + _ANY_ACCESS + "/remove", access.take_access),
    ("POST", _BRAND + _ANY_ACCESS + "/remove/all", access.take_all_access),
    ("POST", _BRAND + "/retailers", retailers.add_retailer),
    ("GET", _BRAND + "/retailers", retailers.list_retailers),
    ("GET", _BRAND + r"/retailers/(?P<retailerCode>[^/]+)", retailers.show_retailer),
    ("DELETE", _BRAND + r"/retailers/(?P<retailerCode>[^/]+)", retailers.delete_retailer),
]
"""Method, path pattern and service of everything that is İYS's."""

TSA = "/_tsa"
AUTHORITY = "/deneme-zaman-damgasi-koku.pem"
"""Where the simulator's time stamp authority answers (RFC 3161 §3.4)."""

_COMPILED = [(method, re.compile(path), service) for method, path, service in ROUTES]

STATUS_LINES = {
    200: "200 OK", 201: "201 Created", 202: "202 Accepted", 204: "204 No Content",
    303: "303 See Other", 400: "400 Bad Request", 401: "401 Unauthorized", 403: "403 Forbidden",
    404: "404 Not Found", 405: "405 Method Not Allowed", 406: "406 Not Acceptable",
    413: "413 Content Too Large",
    422: "422 Unprocessable Content", 429: "429 Too Many Requests",
    500: "500 Internal Server Error", 503: "503 Service Unavailable",
}  # fmt: skip

HTML_FAULT = (
    "<!doctype html><html lang=\"tr\"><title>Bakım</title>"
    "<p>Sistemimizde planlı bakım yapılıyor.</p></html>"
).encode()


class CutOff(ConnectionAbortedError):
    """Raised while an answer is being sent: the server must drop the connection."""


class Simulator:
    """One registry with its settings; calling it is WSGI."""

    def __init__(self, database: str | None, options: SimulatorOptions) -> None:
        self._over = threading.Event()
        clock = SimulatorClock(options.clock, frozen=options.frozen)
        self._journal = Journal(database)
        self.desk = Desk(
            options=options,
            clock=clock,
            registry=Registry(clock, options, self._journal),
            gatekeeper=Gatekeeper(options.quotas, clock),
            faults=Faults(),
            observer=Observer(options.keep_requests),
            whitelist=Whitelist(lambda: options.rules, clock),
            pusher=push.Pusher(self._over),
        )
        self.desk.phones = gateways.open_phones(self.desk.registry, clock.now)
        self.desk.mailboxes = Mailboxes(clock.now)
        oldest_consent_date(clock.now())  # loads the year's holidays before the first call
        for provider in options.providers:
            put_provider(self.desk, provider)
        for fault in options.faults:
            self.desk.faults.arm(read_fault(fault))
        if self.desk.registry.connections:
            self.desk.pusher.start(self.desk)

    def close(self) -> None:
        """End every wait of a fault and close the file."""
        self._over.set()
        self._journal.close()

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace") or "/"
        if path == "/_health":
            return _send(start_response, answer({"status": "ok"}))
        if path.startswith("/_static/"):
            found, headers = static_file(path.removeprefix("/_static/"))
            return _send(start_response, found, headers)
        body = _read_body(environ)
        if body is None:
            return _send(start_response, answer({"error": "Body too large."}, 413))
        call = Call(
            method=environ["REQUEST_METHOD"],
            path=path,
            caller=environ.get("REMOTE_ADDR") or "local",
            args=dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
            body=body,
            content_type=environ.get("CONTENT_TYPE", ""),
            bearer=_bearer(environ.get("HTTP_AUTHORIZATION", "")),
            authorization=environ.get("HTTP_AUTHORIZATION", ""),
            origin=f"{environ.get('wsgi.url_scheme', 'http')}://{environ.get('HTTP_HOST', '')}",
        )
        if path.startswith("/_control/"):
            if _is_foreign(environ):
                return _send(start_response, answer({"error": "Foreign origin."}, 403))
            return _send(start_response, control(self.desk, call))
        if path == AUTHORITY and call.method in ("GET", "HEAD"):
            return _send(start_response, Answer(
                200, (LABEL + authority().bundle).encode(), "application/x-pem-file"),
                [("Content-Disposition", f'attachment; filename="{AUTHORITY[1:]}"')])
        if path in CALL_PATHS:
            shown, headers = calls_page(self.desk, call, foreign=_is_foreign(environ))
            return _send(start_response, shown, headers)
        if path in ("/", PHONES) or path.startswith("/_act/"):
            shown, headers = page(self.desk, call, foreign=_is_foreign(environ))
            return _send(start_response, shown, headers)
        if path == mail_page.PREFIX or path.startswith(f"{mail_page.PREFIX}/"):
            shown, headers = mail_page.serve(self.desk.mailboxes, call, template("mail.html"),
                                             foreign=_is_foreign(environ))
            return _send(start_response, shown, headers)
        return self._registry_call(call, environ.get("QUERY_STRING", ""), start_response)

    def _registry_call(
        self, call: Call, query: str, start_response: StartResponse
    ) -> Iterable[bytes]:
        began = time.perf_counter()
        if latency := self.desk.options.delays.latency_seconds:
            self._over.wait(latency)
        fault = self.desk.faults.strike(call.method, call.path)
        reply = self._reply(call, fault)
        self.desk.whitelist.count(call.caller, reply.status)
        self.desk.observer.note(
            at=self.desk.clock.now_text(),
            method=call.method,
            path=call.path,
            query=query,
            status=reply.status,
            milliseconds=(time.perf_counter() - began) * 1000,
            request=b"" if _is_secret(call.path) or call.path == TSA else call.body,
            answer=b"" if call.path in ("/oauth2/token", TSA) and reply.status == 200
            else reply.body,
            fault=fault.kind if fault else None,
            caller=call.caller,
        )
        if fault is not None and fault.kind in ("blackhole", "timeout_after_accept"):
            self._over.wait(fault.seconds)
            return _cut(start_response, reply, 0)
        if fault is not None and fault.kind == "half_answer":
            return _cut(start_response, reply, max(1, len(reply.body) // 2))
        return _send(start_response, reply)

    def _reply(self, call: Call, fault: Fault | None) -> Answer:
        """The answer as it leaves the registry; a fault may come before, after or in it."""
        if fault is not None and fault.kind in BEFORE:
            return _faulty(fault.kind, fault.code)
        reply = self._serve(call)
        if fault is None or fault.kind in ("timeout_after_accept", "half_answer"):
            return reply
        if fault.kind == "500_after_accept":
            return _faulty("500")
        return reply._replace(body=falsified(fault.kind, reply.body, self.desk.faults.dice))

    def _serve(self, call: Call) -> Answer:
        if call.path == TSA:  # an authority beside İYS: by the world's clock, without İYS's limits
            return Answer(200, answer_query(call.body, datetime.now(UTC)),
                          "application/timestamp-reply")
        if call.path.startswith(gateways.PREFIX):  # providers of SMS and calls beside İYS
            return gateways.serve(self.desk.phones, call)
        if not self.desk.whitelist.admits(call.caller):
            return answer({"message": "Bu IP adresi izin listesinde değil."}, 403)
        try:
            self.desk.gatekeeper.admit(call.caller)
            fitting = False
            for method, pattern, service in _COMPILED:
                match = pattern.fullmatch(call.path)
                if match is not None and method == call.method:
                    call.named = match.groupdict()
                    return service(self.desk, call)
                fitting = fitting or match is not None
            if fitting:
                return answer({"message": "Bu yol bu yöntemi almıyor."}, 405)
            return answer({"message": "Böyle bir servis yok."}, 404)
        except Refused as refused:
            return error_answer(refused.status, refused.errors)
        except sqlite3.Error:
            return _faulty("500")


def create_simulator(
    *, database: str | None = None, options: SimulatorOptions | None = None
) -> Simulator:
    """An İYS of one's own: a WSGI app, its state in the file `database` or in memory.

    Raises `SettingError` or `ValueError` for unusable options, `sqlite3.Error` for the file.
    """
    return Simulator(database, options or SimulatorOptions())


def _is_secret(path: str) -> bool:
    """Whether a request carries credentials, which the page does not show."""
    return path == "/oauth2/token" or "/push/" in path or path.startswith(gateways.PREFIX)


def _faulty(kind: str, named: str | None = None) -> Answer:
    if kind == "html":
        return Answer(200, HTML_FAULT, "text/html; charset=utf-8")
    code = named or {"500": "H470", "429": "H124", "401": "H351", "503": "H192"}.get(kind, "H470")
    refused = Refused([error(code)])
    return error_answer(refused.status, refused.errors)


def _bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _read_body(environ: WSGIEnvironment) -> bytes | None:
    """The body, or `None` when it is larger than any documented call needs."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > (LARGEST_ORDER if environ.get("PATH_INFO", "").startswith(gateways.PREFIX)
                 else LARGEST_BODY):
        return None
    data: bytes = environ["wsgi.input"].read(length) if length > 0 else b""
    return data


def _is_foreign(environ: WSGIEnvironment) -> bool:
    """Whether a browser says that another site sent this request."""
    if environ.get("HTTP_SEC_FETCH_SITE", "none") not in ("none", "same-origin"):
        return environ["REQUEST_METHOD"] != "GET"
    origin = environ.get("HTTP_ORIGIN", "")
    return bool(origin) and origin.partition("://")[2] != environ.get("HTTP_HOST", "")


def _headers(reply: Answer, more: list[tuple[str, str]]) -> list[tuple[str, str]]:
    headers = [*more]
    if reply.content_type:
        headers.append(("Content-Type", reply.content_type))
        headers.append(("X-Content-Type-Options", "nosniff"))
    if reply.status != 204:
        headers.append(("Content-Length", str(len(reply.body))))
    return headers


def _send(
    start_response: StartResponse, reply: Answer, more: list[tuple[str, str]] | None = None
) -> Iterable[bytes]:
    start_response(STATUS_LINES[reply.status], _headers(reply, more or []))
    return [reply.body]


def _cut(start_response: StartResponse, reply: Answer, keep: int) -> Iterable[bytes]:
    """An answer that breaks off after `keep` bytes of its body (0: not even a header)."""

    def broken() -> Iterator[bytes]:
        if keep:
            yield reply.body[:keep]
        raise CutOff("The simulator drops this connection, as it was told to.")

    start_response(STATUS_LINES[reply.status], _headers(reply, []))
    return broken()

