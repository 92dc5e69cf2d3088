"""Services that look through the panel's own questions: inside Flask's context and the account's
scope.

Why this module exists: who sees which rows is one rule, a listener on the ORM's session with
PostgreSQL's wall behind it (:mod:`ileti.tenancy.scope`). A list for programs that asked in its own
words would be a second rule. So these services run where the panel's pages do, and the lean door
(:mod:`ileti.api.endpoints`) gets them from here without knowing Flask.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import msgspec
from flask import Flask
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, OperationalError

from ileti.api.desk import Answer, Call
from ileti.api.endpoints import Route, add
from ileti.api.reading import refuse
from ileti.api.taking import KeyReused
from ileti.capture.api_document import Operation
from ileti.core import orm
from ileti.core.doer import Doer, working_as
from ileti.core.errors import IletiError, NotAllowed, NotFound, StorageAway
from ileti.core.secrets import secrets
from ileti.programs import deeds
from ileti.programs.models import ApiCall
from ileti.recipients.address import mask
from ileti.tenancy import scope, wall
from ileti.tenancy.models import Brand, Dealer
from ileti.tenancy.scope import Scope

Service = Callable[[Call], Answer]
assert wall is not None  # stands behind every session from here on
_application: list[Callable[[], Flask]] = []
_encode: Final = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True)
class Declared:
    """A service with its page in the document and the scope it needs."""

    operation: Operation
    service: Service
    scope: str


def serve_with(application: Callable[[], Flask]) -> None:
    """Name who gives the panel's application; asked at the first call."""
    _application[:] = [application]


def open_door(services: Iterable[Declared]) -> None:
    """Put services behind the door."""
    add(*(Route(one.operation.method.upper(), one.operation.path, inside(one.service), one.scope)
          for one in services))


def inside(service: Service) -> Service:
    """The service within the application and the caller's scope."""
    @functools.wraps(service)
    def serve(call: Call) -> Answer:
        caller = call.caller
        reach = Scope(provider_id=caller.provider_id, brand_id=caller.brand_id,
                      dealer_id=caller.dealer_id)
        doer = Doer(name=caller.name, address=call.address)
        with _application[0]().app_context(), scope.within(reach), working_as(doer):
            try:
                return service(call)
            except OperationalError as error:
                raise StorageAway() from error
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) == "57014":  # took too long
                    raise StorageAway() from error
                raise
            finally:
                orm.db.session.rollback()
    return serve


class Streamed:
    """Pieces of a file that look through the panel's own questions: the server takes them when the
    call is over, so each is made within the application and the caller's scope anew. ``end`` is
    called once, when the last was taken or the client has gone."""

    def __init__(self, call: Call, pieces: Iterator[str], end: Callable[[], None]) -> None:
        self._within, self._pieces, self._end = inside(lambda _call: Answer(
            200, next(pieces, None))), pieces, end
        self._call = call

    def __iter__(self) -> Streamed:
        return self

    def __next__(self) -> bytes:
        try:
            piece = self._within(self._call).body
        except BaseException:
            self._end()
            raise
        if piece is None:
            self._end()
            raise StopIteration
        return str(piece).encode("utf-8", "replace")

    def close(self) -> None:
        """The server is done with it, or its client has gone."""
        self._end()


# -- pages -----------------------------------------------------------------------------------------


def place(call: Call, asked: dict[str, Any]) -> list[Any] | None:
    """Where the page begins, from its cursor; None for the first. Raises InvalidInput for a cursor
    that is no cursor of this account and this question."""
    text = asked.get("cursor")
    if text is None:
        return None
    try:
        said = secrets().tokens("api-cursor").read(text)
    except (IletiError, ValueError, msgspec.DecodeError):
        raise refuse("cursor") from None
    if said.get("q") != _question(call, asked):
        raise refuse("cursor")
    found: list[Any] = said["p"]
    return found


def page(call: Call, asked: dict[str, Any], rows: Sequence[Any], told: Callable[[Any], Any],
         at: Callable[[Any], Sequence[Any]]) -> dict[str, Any]:
    """A page of ``limit`` from one row more; ``at`` is a row's place in the order."""
    limit = asked["limit"]
    shown = rows[:limit]
    following = secrets().tokens("api-cursor").make(
        {"q": _question(call, asked), "p": list(at(shown[-1]))}, seconds=None) if len(
            rows) > limit else None
    return {"items": [told(one) for one in shown], "next": following}


def _question(call: Call, asked: dict[str, Any]) -> str:
    kept = {name: str(value) for name, value in asked.items() if name not in ("cursor", "limit")}
    return sha256(_encode([call.caller.account_id, call.path, kept])).hexdigest()[:16]


# -- what lists have in common ---------------------------------------------------------------------


def brand_codes(numbers: Iterable[int] = ()) -> dict[int, int]:
    """Our number → İYS's, of the brands in sight."""
    asked = select(Brand.id, Brand.brand_code)
    wanted = list(numbers)
    if wanted:
        asked = asked.where(Brand.id.in_(wanted))
    return dict(orm.db.session.execute(asked).tuples().all())


def brand_ids(codes: Sequence[int]) -> list[int]:
    """Ours of İYS's numbers; NotFound for a brand that is not in sight."""
    if not codes:
        return []
    found = list(orm.db.session.scalars(select(Brand.id).where(Brand.brand_code.in_(codes))))
    if len(found) < len(set(codes)):
        raise NotFound("Böyle bir marka yok.", "There is no such brand.", code="no_such_brand")
    return found


def retailer_codes(numbers: Iterable[int | None]) -> dict[int, int | None]:
    """Our number → İYS's, of the dealers in sight."""
    wanted = {one for one in numbers if one is not None}
    if not wanted:
        return {}
    return dict(orm.db.session.execute(select(Dealer.id, Dealer.retailer_code).where(
        Dealer.id.in_(wanted))).tuples().all())


def shows_addresses(call: Call, asked: dict[str, Any], what: str) -> bool:
    """Whether addresses are asked for in clear; that they were is written down first."""
    if asked.get("addresses") != "full":
        return False
    if "addresses:read" not in call.caller.scopes:
        raise NotAllowed("Bu API hesabı açık adresleri göremez.",
                         "This API account may not see addresses in full.", code="scope_missing",
                         detail={"scope": "addresses:read"})
    deeds.note(call.caller, "api:addresses", what, call.address)
    return True


def spoken(address: str | None, *, full: bool) -> str | None:
    """An address as this caller sees it; None once the person was erased."""
    return address if full or address is None else mask(address)


# -- deeds that are done once ----------------------------------------------------------------------


def once(call: Call, said: Any, act: Callable[[], Answer]) -> Answer:
    """Do it once per Idempotency-Key: the key, the deed and its answer in one transaction. A repeat
    gets the answer of the first time; another request under the key is refused (422)."""
    caller, key = call.caller, call.idempotency_key
    # two keys of an account share its Idempotency-Keys, not what one of them may see
    reach = [caller.brand_id, caller.dealer_id] if caller.narrowed else []
    mark = sha256(_encode([call.method, call.path, _plain(said), *reach])).digest()
    session = orm.db.session
    with scope.system_scope():
        mine = session.execute(insert(ApiCall).values(
            account_id=caller.account_id, idem=key, provider_id=caller.provider_id,
            mark=secrets_mark(mark)).on_conflict_do_nothing().returning(ApiCall.idem)).scalar()
        before = None if mine else session.get(ApiCall, (caller.account_id, key))
    if mine is None:
        if before is None:
            raise StorageAway()
        if bytes(before.mark) != secrets_mark(mark):
            raise KeyReused()
        return Answer(before.status or 200, msgspec.json.decode(before.answer or "null"),
                      (("Idempotent-Replayed", "true"),))
    answer = act()
    with scope.system_scope():
        kept = session.get(ApiCall, (caller.account_id, key))
        assert kept is not None
        kept.status = answer.status
        kept.answer = msgspec.json.encode(answer.body).decode()
        session.commit()
    return answer


def secrets_mark(digest: bytes) -> bytes:
    """A digest under our key: what was said could be guessed from a plain one."""
    return sha256(secrets().key_for("api-call") + digest).digest()[:16]


def _plain(said: Any) -> Any:
    return msgspec.to_builtins(said, builtin_types=()) if said is not None else None
