"""What every service here works with: a call, who makes it, for which brand, and an answer.

Why this module exists: the row rule. A call reaches exactly the provider, brand and dealer of its
account; whatever number it names beyond them is answered as one that does not exist (H353, as İYS
answers an unknown one), so that nobody learns whose numbers there are. Each service asks
:func:`brand_of` or :func:`provider_of` first and puts what it gets into every statement.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

import msgspec

from ileti.capture.limits import client_address
from ileti.compat.limits import count_call
from ileti.compat.refusals import Refused, fault, refuse
from ileti.consents.ledger import Place
from ileti.core import db, reach
from ileti.iys.wire import to_iys_time
from ileti.programs.accounts import Caller, caller_of

MOST_BYTES: Final = 4 * 1024 * 1024
_LONGEST_NUMBER: Final = 15


class Answer(NamedTuple):
    """HTTP status and the JSON value of the body; None is no body, text is plain text."""

    status: int
    body: Any = None


@dataclass(frozen=True, slots=True)
class Brand:
    """The brand of a call, with the dealers its caller may name: retailer code → our number."""

    place: Place
    name: str
    caller: Caller
    dealers: Mapping[int, int] = field(default_factory=dict)
    #: the network address the call came from
    address: str = ""


class Call:
    """One request, read as far as it was needed. ``named`` holds what the path said."""

    def __init__(self, environ: dict[str, Any], method: str, path: str) -> None:
        self.environ, self.method, self.path = environ, method, path
        self.named: dict[str, str] = {}
        self.content_type = str(environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()

    @cached_property
    def address(self) -> str:
        """The network address it came from."""
        return client_address(self.environ.get("REMOTE_ADDR", ""),
                              self.environ.get("HTTP_X_FORWARDED_FOR", ""))

    @cached_property
    def args(self) -> dict[str, str]:
        """What stands behind the question mark."""
        try:
            return dict(parse_qsl(str(self.environ.get("QUERY_STRING", "")),
                                  keep_blank_values=True, max_num_fields=50))
        except ValueError:
            return {}

    @cached_property
    def request_id(self) -> str:
        """A number for this question."""
        return str(uuid.uuid4())

    def body(self) -> bytes:
        """The body; raises Refused 413 when it is larger than any list of İYS."""
        length = str(self.environ.get("CONTENT_LENGTH") or "")
        known = length.isascii() and length.isdigit() and len(length) < 20
        if known and int(length) > MOST_BYTES:
            raise Refused([fault("HTTP_413")])
        raw: bytes = self.environ["wsgi.input"].read(int(length) if known else MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise Refused([fault("HTTP_413")])
        return raw

    def json(self, otherwise: str) -> Any:
        """The body as JSON; raises Refused with the code ``otherwise``."""
        try:
            return msgspec.json.decode(self.body())
        except (msgspec.DecodeError, RecursionError, ValueError):
            raise refuse(otherwise) from None

    def object(self, otherwise: str) -> dict[str, Any]:
        """The body as a JSON object; raises Refused with the code ``otherwise``."""
        value = self.json(otherwise)
        if not isinstance(value, dict):
            raise refuse(otherwise)
        return value

    def caller(self) -> Caller:
        """Who calls; raises Refused H351, HTTP_403 for an account that does not speak İYS's
        protocol, and H124 for one who calls too often."""
        scheme, _, token = str(self.environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
        found = None
        if scheme.lower() == "bearer" and 0 < len(token) <= 1_000:
            found = caller_of(token.strip())
        if found is None or found.signs or not found.may_come_from(self.address):
            raise refuse("H351")
        if "compat" not in found.scopes:
            raise Refused([fault("HTTP_403")])
        count_call(found.account_id)
        reach.enter(found.reach)  # until the call is answered, see ``endpoints``
        return found


def provider_of(call: Call) -> Caller:
    """The caller, when the path's iysCode is its own; raises Refused H190, H351, H353."""
    caller = call.caller()
    code = _number(call, "iysCode", "H190")
    if code != caller.iys_code:
        raise refuse("H353", ["iysCode"], code)
    return caller


def brand_of(call: Call) -> Brand:
    """The brand of the path, when the caller may speak for it; raises Refused H190, H191, H351,
    H353. Another's brand is answered as an unknown one."""
    caller = call.caller()
    iys_code = _number(call, "iysCode", "H190")
    code = _number(call, "brandCode", "H191")
    if iys_code != caller.iys_code:
        raise refuse("H353", ["iysCode"], iys_code)
    row = db.connection().execute(
        "select id, name from brand where provider_id = %s and brand_code = %s "
        "and (%s::int is null or id = %s)",
        (caller.provider_id, code, caller.brand_id, caller.brand_id)).fetchone()
    if row is None:
        raise refuse("H353", ["brandCode"], code)
    return Brand(Place(caller.provider_id, iys_code, row[0], code), row[1], caller,
                 _dealers(caller, row[0]), call.address)


def _dealers(caller: Caller, brand_id: int) -> dict[int, int]:
    return dict(db.connection().execute(
        "select retailer_code, id from dealer where provider_id = %s and brand_id = %s "
        "and retailer_code is not null and (%s::int is null or id = %s)",
        (caller.provider_id, brand_id, caller.dealer_id, caller.dealer_id)).fetchall())


def _number(call: Call, name: str, code: str) -> int:
    text = call.named[name]
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise refuse(code, [name], text)
    return int(text)


# -- what answers have in common -----------------------------------------------------------------


def iys_time(moment: datetime) -> str:
    """A moment as İYS writes it."""
    return to_iys_time(moment)


class Page(NamedTuple):
    """A wanted page of a list."""

    offset: int
    limit: int

    def described(self, total: int) -> dict[str, int]:
        """The ``pagination`` object of an answer."""
        return {"offset": self.offset, "pageSize": self.limit, "totalCount": total}


def page_of(call: Call) -> Page:
    """The page a call wants, of at most 100; raises Refused H182, H183, H186, H187 (§1.1)."""
    offset, limit = (whole_number(call.args.get(name, usual))
                     for name, usual in (("offset", "0"), ("limit", "100")))
    if offset is None:
        raise refuse("H182", ["offset"], call.args["offset"])
    if limit is None:
        raise refuse("H183", ["limit"], call.args["limit"])
    if limit == 0:
        raise refuse("H187", ["limit"], limit)
    if limit > 100:
        raise refuse("H186", ["limit"], limit)
    return Page(offset, limit)


def whole_number(text: str) -> int | None:
    """A number of decimal digits, or None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
