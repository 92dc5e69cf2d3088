"""The preference centre's calls for ``<ileti-preferences>``, answered in front of Flask.

``POST /w/v1/{siteKey}/preferences/…``, beside the consent widget's own calls and under the same
checks: only a page of the site, bounded in size and rate, failures as problems (ADR 0032). No
cookie: the session travels in the body and lives in the page's memory, so that no other page and no
reload has it. Everything is a post, because a session does not belong into an address; what does
not change anything changes nothing all the same.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from ileti.capture import endpoints
from ileti.capture.endpoints import Call, parse
from ileti.capture.sites import Site
from ileti.consents.numbers import entry_of, record_number
from ileti.core.errors import Gone, InvalidInput, NotAllowed, NotFound
from ileti.preferences import acts, history, identity, session, standing, ways, words
from ileti.preferences.centre import Centre, centre_of_site
from ileti.preferences.session import Address, Session

Lang = Literal["tr", "en"]


class AskIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of ``POST …/preferences/codes``."""

    address: str
    lang: Lang = "tr"


class EnterIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of ``POST …/preferences/sessions``; ``session``: one that gets this address too."""

    waiting: str
    code: str
    session: str = ""
    lang: Lang = "tr"


class ActIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of ``POST …/preferences/acts``: the token of one button."""

    session: str
    act: str
    name: str = ""
    lang: Lang = "tr"


class PastIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of ``POST …/preferences/history``; ``before`` as the page before said."""

    session: str
    before: str = ""
    lang: Lang = "tr"


class ReceiptIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of ``POST …/preferences/receipts``; ``form``: İleti's own, or ISO/IEC TS 27560."""

    session: str
    receipt: str
    form: Literal["own", "standard"] = "own"
    lang: Lang = "tr"


class LeaveIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of ``POST …/preferences/leave``."""

    session: str
    lang: Lang = "tr"


def _centre(site: Site, own_page: bool) -> Centre:
    """The centre of the site; only pages are served: a server has the API."""
    if not own_page:
        raise NotAllowed(code="origin_refused")
    return centre_of_site(site)


def _opened(centre: Centre, token: str) -> tuple[Session, list[Address]]:
    found = session.open_session(token, centre.provider_id)
    people = session.addresses(found)
    if not people:
        raise NotAllowed(code="no_session")
    return found, people


def _codes(call: Call, site: Site, own_page: bool) -> tuple[int, Any]:
    body = parse(call.body(), AskIn)
    call.asked_language = body.lang
    waiting = identity.send_code(_centre(site, own_page), body.address, body.lang)
    return 202, {"waiting": waiting.token, "masked": waiting.masked, "expiresIn": waiting.seconds}


def _sessions(call: Call, site: Site, own_page: bool) -> tuple[int, Any]:
    body = parse(call.body(), EnterIn)
    call.asked_language = body.lang
    centre, before = _centre(site, own_page), None
    if body.session:
        try:
            before = session.open_session(body.session, centre.provider_id)
        except (NotAllowed, Gone):
            before = None
    found = identity.check_code(centre, body.waiting, body.code, before)
    return 201, _now(centre, found, session.addresses(found), body.lang)


def _acts(call: Call, site: Site, own_page: bool) -> tuple[int, Any]:
    body = parse(call.body(), ActIn)
    call.asked_language = body.lang
    if len(body.name) > 400 or "\0" in body.name:
        raise InvalidInput(code="name")
    centre = _centre(site, own_page)
    found, people = _opened(centre, body.session)
    done = acts.press(acts.At(centre, found, people, call.visitor(), body.lang, body.name),
                      body.act)
    said = words.said(done.what, done.channel, body.lang)
    return 200, _now(centre, found, people, body.lang) | {"said": said}


def _past(call: Call, site: Site, own_page: bool) -> tuple[int, Any]:
    body = parse(call.body(), PastIn)
    call.asked_language = body.lang
    centre = _centre(site, own_page)
    _, people = _opened(centre, body.session)
    before = entry_of(body.before) if 0 < len(body.before) <= 40 else None
    if body.before and before is None:
        raise NotFound()
    lines, more = history.lines(centre, people, before=before)
    return 200, {"lines": _lines(history.told(lines, people, body.lang)),
                 "older": record_number(more) if more is not None else None}


def _receipts(call: Call, site: Site, own_page: bool) -> tuple[int, Any]:
    body = parse(call.body(), ReceiptIn)
    call.asked_language = body.lang
    centre = _centre(site, own_page)
    _, people = _opened(centre, body.session)
    made = history.standard if body.form == "standard" else history.receipt
    return 200, made(centre, people, body.receipt)


def _leave(call: Call, site: Site, own_page: bool) -> tuple[int, Any]:
    body = parse(call.body(), LeaveIn)
    call.asked_language = body.lang
    found, _ = _opened(_centre(site, own_page), body.session)
    session.leave(found)
    return 200, {"said": words.said("left", None, body.lang)}


def _now(centre: Centre, found: Session, people: list[Address], language: str) -> dict[str, Any]:
    """A session with all that stands, as the widget shows it."""
    lines, more = history.lines(centre, people, most=history.FIRST)
    return {
        "session": found.token(), "expiresIn": session.SESSION_SECONDS,
        "page": centre.path, "apply": ways.application_url(centre.provider_id, language, found),
        "mayAdd": len(people) < session.MOST_ADDRESSES,
        "history": _lines(history.told(lines, people, language)), "more": more is not None,
        **standing.overview(centre, found, people, language),
    }


def _lines(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """History without the ledger's own numbers."""
    return [{name: value for name, value in line.items() if name != "id"} for line in told]


_ALL: Final = {"codes": _codes, "sessions": _sessions, "acts": _acts, "history": _past,
               "receipts": _receipts, "leave": _leave}
for _name, _function in _ALL.items():
    endpoints.add_way(f"preferences/{_name}", _function)
