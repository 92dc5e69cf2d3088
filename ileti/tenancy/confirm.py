"""“Confirm it is you”: what somebody else at an open screen must not be able to do.

Why this module exists: a session lasts hours. Taking full addresses out, changing rights, seeing
or making secrets and changing the second step ask for a proof that is at most ten minutes old
(ASVS 7.5.3). :func:`needed` goes below the permission's decorator. A form that was on its way is
not lost in silence: after the proof one comes back to its page, which says that nothing was done
yet.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from urllib.parse import urlsplit

from flask import flash, redirect, request, session, url_for
from flask_babel import gettext as _

from ileti.core import clock

SECONDS: Final = 600
_KEY: Final = "proved_at"


def note() -> None:
    """The person at the screen has just proved who they are."""
    session[_KEY] = int(clock.now().timestamp())


def fresh() -> bool:
    """Whether the last proof is young enough."""
    proved = session.get(_KEY)
    return isinstance(proved, int) and 0 <= clock.now().timestamp() - proved < SECONDS


def needed(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let a view run after a fresh proof only; else ask for one first."""

    return _gate(view, lambda: request.method == "GET")


def needed_for_file(view: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a link to a file: after the proof one comes back to the page with the link,
    because nobody wants to be left on a page that is done with."""
    return _gate(view, lambda: False)


def _gate(view: Callable[..., Any], is_page: Callable[[], bool]) -> Callable[..., Any]:
    @wraps(view)
    def asked(*args: Any, **more: Any) -> Any:
        if fresh():
            return view(*args, **more)
        if is_page():
            return redirect(url_for("ConfirmView.ask", next=request.full_path.rstrip("?")))
        return redirect(url_for("ConfirmView.ask", next=page_before(), form=1))

    asked._ileti_confirmed = True  # type: ignore[attr-defined]
    return asked


def page_before() -> str:
    """The page whose form or link it was, on this host."""
    came = urlsplit(request.referrer or "")
    same = came.netloc == request.host and came.path.startswith("/")
    return came.path + (f"?{came.query}" if came.query else "") if same else "/"


def say_to_send_again() -> None:
    """For the page somebody comes back to: the form was not sent."""
    flash(_("You are confirmed. Nothing has been done yet: press the button again."), "warning")
