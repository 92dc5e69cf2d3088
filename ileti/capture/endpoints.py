"""The widgets' five calls, answered in front of Flask.

``/w/v1/{siteKey}/form|notice|submissions|confirmations|codes``: no session, no cookie, no login, no
ORM, so that a capture costs little more than its insert. A post comes from one of the site's
origins; without an Origin only a server that vouches under policy ``signed`` is heard. Every
failure is an ``application/problem+json`` of :mod:`ileti.core.errors`, in the language of the form,
and never a stack trace.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal, TypeVar
from urllib.parse import parse_qs

import msgspec
import psycopg

import ileti.channels.jobs
import ileti.iys.jobs  # noqa: F401 (both: bells can only ring jobs that are known)
from ileti.capture import forms, verify
from ileti.capture.forms import SubmissionIn, Visitor
from ileti.capture.limits import FORWARD, MESSAGES, client_address, counters
from ileti.capture.receipts import act_line, item
from ileti.capture.sites import Site, find_site
from ileti.capture.submit import answer, submit
from ileti.core.errors import (
    CallerMistake,
    FieldError,
    Gone,
    IletiError,
    InvalidInput,
    NotAllowed,
    NotFound,
    StorageAway,
    TooLarge,
)
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.fields import reading
from ileti.fields.vocabulary import LONGEST_KEY, LONGEST_TEXT, MOST_FIELDS

log = get_logger("ileti.capture")

PREFIX: Final = "/w/v1/"
MOST_BYTES: Final = 16_384
#: Explicit consents on one form.
MOST_ASKED: Final = 8
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")
_MAX_AGE: Final = "600"

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Kind = TypeVar("Kind")


class CodeIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One typed code as it arrives."""

    to: Literal["phone", "email"]
    code: str


class ConfirmationIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of ``POST …/confirmations``."""

    handle: str
    codes: list[CodeIn]


class NewCodeIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of ``POST …/codes``."""

    handle: str
    to: Literal["phone", "email"]


_encode = msgspec.json.Encoder().encode
_STATUS: Final = {
    200: "200 OK", 201: "201 Created", 202: "202 Accepted", 204: "204 No Content",
    400: "400 Bad Request", 401: "401 Unauthorized", 403: "403 Forbidden", 404: "404 Not Found",
    405: "405 Method Not Allowed", 409: "409 Conflict", 410: "410 Gone",
    413: "413 Content Too Large", 422: "422 Unprocessable Content", 429: "429 Too Many Requests",
    500: "500 Internal Server Error", 502: "502 Bad Gateway", 503: "503 Service Unavailable",
}


def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """The WSGI callable for every path below ``/w/v1/``."""
    call = Call(environ)
    try:
        status, body = _route(call)
    except IletiError as error:
        status, body = error.status, problem(error, call.language)
        if error.retry_after is not None:
            call.headers.append(("Retry-After", str(error.retry_after)))
    except psycopg.OperationalError:
        status, body = 503, problem(StorageAway(), call.language)
    except Exception:
        log.exception("capture_fault", action=call.action)
        status, body = 500, problem(IletiError(), call.language)
    raw = b"" if status == 204 else _encode(body)
    kind = "application/json" if status < 400 else "application/problem+json"
    start_response(_STATUS.get(status, f"{status} Error"), [
        ("Content-Type", kind), ("Content-Length", str(len(raw))), ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"), ("Vary", "Origin"), *call.headers,
    ])
    return [raw]


class Call:
    """One request, read as far as it was needed."""

    def __init__(self, environ: Environ) -> None:
        self.environ = environ
        self.method: str = environ.get("REQUEST_METHOD", "GET")
        path: str = environ.get("PATH_INFO", "")
        self.site_key, _, self.action = path.removeprefix(PREFIX).partition("/")
        self.origin: str = environ.get("HTTP_ORIGIN", "")
        self.address = client_address(
            environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", "")
        )
        self.asked_language = "tr"
        self.named: tuple[str, str] | None = None
        self.headers: list[tuple[str, str]] = []

    @property
    def language(self) -> str:
        """The language of the form; asked only when something has to be said."""
        return language_of(*self.named) if self.named else self.asked_language

    def visitor(self) -> Visitor:
        agent = str(self.environ.get("HTTP_USER_AGENT", ""))[:300]
        return Visitor(self.address, agent.replace("\0", ""), self.origin)

    def body(self) -> bytes:
        """The request's body; raises TooLarge, CallerMistake for another content type."""
        kind = str(self.environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
        if kind != "application/json":
            raise InvalidInput("İstek JSON olmalı.", "The request must be JSON.", code="not_json")
        length = str(self.environ.get("CONTENT_LENGTH") or "")
        if length.isdigit() and int(length) > MOST_BYTES:
            raise TooLarge()
        wanted = int(length) if length.isdigit() else MOST_BYTES + 1
        raw: bytes = self.environ["wsgi.input"].read(wanted)
        if len(raw) > MOST_BYTES:
            raise TooLarge()
        return raw


def _route(call: Call) -> tuple[int, Any]:
    way = _way(call.action)
    if way is None:
        raise NotFound()
    method, function = way
    if call.method == "OPTIONS":
        return _preflight(call)
    if call.method != method:
        raise CallerMistake("Bu adres başka türlü çağrılır.", "Wrong method.", code="wrong_method")
    site = find_site(call.site_key)
    own_page = _admit(call, site)
    share = 4 if method == "GET" else 1
    counters.check(call.action[0], site.id, call.address, share=share)
    return function(call, site, own_page)


def _admit(call: Call, site: Site) -> bool:
    """Whether the request comes from a page of the site; raises NotAllowed for any other page."""
    if call.origin in site.origins:
        call.headers += _cors(call.origin)
        return True
    if call.origin or (call.method == "POST" and site.policy != "signed"):
        counters.note("forged_origin")
        log.warning("origin_refused", site=site.id, given=bool(call.origin))
        raise NotAllowed("Bu form bu adreste kullanılamaz.", "This form is not for this address.",
                         code="origin_refused")
    return False


def _cors(origin: str) -> list[tuple[str, str]]:
    return [("Access-Control-Allow-Origin", origin),
            ("Access-Control-Expose-Headers", "Retry-After")]


def _preflight(call: Call) -> tuple[int, Any]:
    site = find_site(call.site_key)
    _admit(call, site)
    call.headers += [
        ("Access-Control-Allow-Methods", (_way(call.action) or ("POST",))[0]),
        ("Access-Control-Allow-Headers", "Content-Type"),
        ("Access-Control-Max-Age", _MAX_AGE),
    ]
    return 204, None


def _form(call: Call, site: Site, _: bool) -> tuple[int, Any]:
    call.asked_language = asked_language(call)
    return 200, forms.show(site, call.asked_language, _asked(call, "form")[:2_000])


def asked_language(call: Call) -> str:
    """The language of the address; Turkish when it names none."""
    return "en" if _asked(call, "lang") == "en" else "tr"


def _asked(call: Call, name: str) -> str:
    """What the address says under a name; empty where it says nothing."""
    return parse_qs(str(call.environ.get("QUERY_STRING", ""))).get(name, [""])[0]


def _notice(call: Call, site: Site, _: bool) -> tuple[int, Any]:
    call.asked_language = asked_language(call)
    return 200, forms.show_notice(site, call.asked_language)


def _submissions(call: Call, site: Site, own_page: bool) -> tuple[int, Any]:
    body = parse(call.body(), SubmissionIn)
    call.named = (body.token, "form")
    check_texts(body)
    return 201, submit(site, body, call.visitor(), own_page=own_page)


def _confirmations(call: Call, site: Site, _: bool) -> tuple[int, Any]:
    body = parse(call.body(), ConfirmationIn)
    call.named = (body.handle, "handle")
    if not 1 <= len(body.codes) <= 2 or len({c.to for c in body.codes}) != len(body.codes):
        raise InvalidInput(code="codes")
    opened = verify.open_handle(site, body.handle)
    verify.confirm(site, opened, [(c.to, c.code) for c in body.codes])
    counters.bell(FORWARD, MESSAGES)
    return 200, receipt_now(site, opened)


def _codes(call: Call, site: Site, _: bool) -> tuple[int, Any]:
    body = parse(call.body(), NewCodeIn)
    call.named = (body.handle, "handle")
    verify.send_new_code(site, verify.open_handle(site, body.handle), body.to)
    counters.bell(MESSAGES)
    return 202, {"expiresIn": verify.CODE_SECONDS}


def receipt_now(site: Site, opened: verify.Opened) -> dict[str, Any]:
    """The signed receipt of a submission as it stands now."""
    now = verify.standings(site, opened)
    codes = verify.waiting_codes(now)
    state = "code_sent" if codes else "unverified" if now.waiting else "recorded"
    return answer(
        site, opened.submission_id, now.issued_at, state,
        [item(channel, status, outcome, leaf) for channel, status, outcome, leaf in now.lines],
        [act_line(one.act, one.text_id, one.leaf, one.to) for one in now.acts],
        language=opened.language, codes=codes,
    ) | {"handle": verify.handle(site, opened.submission_id, now.captured_at, opened.language)}


_WAYS: Final[dict[str, tuple[str, Callable[[Call, Site, bool], tuple[int, Any]]]]] = {
    "form": ("GET", _form),
    "notice": ("GET", _notice),
    "submissions": ("POST", _submissions),
    "confirmations": ("POST", _confirmations),
    "codes": ("POST", _codes),
}


Way = Callable[[Call, Site, bool], tuple[int, Any]]


def add_way(action: str, function: Way) -> None:
    """Let another room answer posts to ``/w/v1/{siteKey}/<action>``, under the same checks of
    origin, size and rate; once, before the first request."""
    _added[action] = ("POST", function)


_added: dict[str, tuple[str, Way]] = {}
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    if kind not in _decoders:
        _decoders[kind] = msgspec.json.Decoder(kind)
    return _decoders[kind]


def _way(action: str) -> tuple[str, Way] | None:
    return _WAYS.get(action) or _added.get(action)


def parse(raw: bytes, kind: type[Kind]) -> Kind:
    """The body as one of our structures; raises InvalidInput for whatever else it is."""
    try:
        parsed: Kind = _decoder(kind).decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise InvalidInput("İstek okunamadı. Sayfayı yenileyin.",
                           "The request cannot be read. Reload the page.",
                           code="unreadable") from error
    return parsed


def check_texts(body: SubmissionIn) -> None:
    """Bounds and characters of a submission's texts; raises InvalidInput."""
    faults = []
    texts = {"key": (body.key, 64), "token": (body.token, 2_000), "shownAt": (body.shownAt, 40),
             "website": (body.website, 500), "name": (body.name or "", 240),
             "phone": (body.phone or "", 120), "email": (body.email or "", 400),
             "vouch": (body.vouch or "", 400)}
    for name, (text, longest) in texts.items():
        if len(text) > longest or "\0" in text:
            faults.append(_unreadable(name))
    if not _KEY.match(body.key):
        faults.append(_unreadable("key"))
    if len(body.choices) > 3:
        faults.append(_unreadable("choices"))
    if len(body.privacy) > MOST_ASKED:
        faults.append(_unreadable("privacy"))
    faults += [_unreadable(reading.PREFIX + name[:LONGEST_KEY])
               for name, said in list(body.fields.items())[:MOST_FIELDS + 1]
               if len(name) > LONGEST_KEY or len(said) > LONGEST_TEXT
               or any(len(one) > LONGEST_TEXT for one in said)]
    if len(body.fields) > MOST_FIELDS:
        faults.append(_unreadable("fields"))
    if faults:
        raise InvalidInput(errors=tuple(faults))


def _unreadable(field: str) -> FieldError:
    return FieldError(field, "unreadable", "Bu alan okunamadı.", "This field cannot be read.")


def language_of(token: str, purpose: str) -> str:
    try:
        said = secrets().tokens(purpose).read(token)
    except (NotAllowed, Gone, ValueError):
        return "tr"
    return "en" if said.get("l") == "en" else "tr"


def problem(error: IletiError, language: str) -> dict[str, Any]:
    """A problem body whose fields also carry ``triesLeft`` where a code was wrong."""
    body = error.problem(language)
    left = body.pop("triesLeft", None) or {}
    for one in body.get("errors", []):
        to = str(one["field"]).removeprefix("code.")
        if to in left:
            one["triesLeft"] = left[to]
    return body

