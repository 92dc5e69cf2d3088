"""The link under each daily mail: it ends this one subscription, without a login.

Opening it changes nothing, since what looks into mails follows links; the button does, and so does
a mail program's own button (RFC 8058). The signed token names a subscription and no person, shows
nothing of anybody, and is good for nothing else.
"""

from __future__ import annotations

from typing import Final

import msgspec
from flask import Blueprint
from flask.typing import ResponseReturnValue

from ileti.capture.limits import counters
from ileti.capture.page import (
    asked_language,
    draw,
    in_language,
    other_language,
    show_error,
    visitor,
)
from ileti.core.errors import IletiError, NotFound
from ileti.core.secrets import secrets
from ileti.reports.daily import letters
from ileti.reports.daily.subscriptions import PURPOSE

blueprint = Blueprint("daily_public", __name__)
PATH: Final = "/gunluk-rapor/birak/"
blueprint.register_error_handler(IletiError, show_error)


@blueprint.get(PATH + "<token>")
def ask(token: str) -> ResponseReturnValue:
    """One button."""
    counters.check("daily-stop", 0, visitor().address, share=4)
    _of(token)
    return _page(token, done=False)


@blueprint.post(PATH + "<token>")
def stop(token: str) -> ResponseReturnValue:
    """End it; again is the same."""
    counters.check("daily-stop", 0, visitor().address)
    letters.close(_of(token))
    return _page(token, done=True)


def _page(token: str, *, done: bool) -> ResponseReturnValue:
    language = asked_language()
    return draw("daily_stop.html", language, "İleti", done=done,
                action=in_language(PATH + token, language),
                other=other_language(PATH + token, language))


def _of(token: str) -> int:
    try:
        number = secrets().tokens(PURPOSE).read(token)["s"]
    except (IletiError, ValueError, KeyError, TypeError, msgspec.DecodeError):
        raise NotFound() from None
    if not isinstance(number, int):
        raise NotFound()
    return number
