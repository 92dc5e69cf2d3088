"""Publishing a text, as a deed that a second person agrees to, where a provider wants four eyes.

Why this module exists: whoever wrote a text does not publish it (``provider.four_eyes``); sent for
review it waits as every such deed does (:mod:`ileti.tenancy.foureyes`), in the list and by mail.
It is decided on the page of the review, because whoever agrees must have read it and says from when
it counts.
"""

from __future__ import annotations

from typing import Any, Final

from flask import url_for
from flask_babel import gettext as _

from ileti.core import db
from ileti.core.errors import Conflict
from ileti.tenancy import foureyes
from ileti.tenancy.foureyes import Carrier, Request, State, Wish

DEED: Final = "publish"


def ask(document: Any, language: str, *, by: int) -> None:
    """A draft was sent for review: what was asked about an earlier state of it is void."""
    row = db.system_connection().execute("select four_eyes from provider where id = %s",
                                  (document.provider_id,)).fetchone()
    wish = Wish("text", DEED, f"document:{document.id}", "document:publish",
                {"document": document.id, "language": language}, document.provider_id,
                document.brand_id)
    with db.transaction(system=True) as conn:
        foureyes.close(conn, wish.subject, state=State.VOID, act={"language": language})
        if row and row[0]:
            foureyes.ask(wish, by=by, conn=conn)


def end(document: Any, language: str, state: State, *, by: int | None = None, reason: str = ""
        ) -> None:
    """The draft went back, was written on, or was thrown away."""
    with db.transaction(system=True) as conn:
        foureyes.close(conn, f"document:{document.id}", state=state, by=by, reason=reason,
                       act={"language": language})


def _mark(wish: Wish) -> str:
    row = db.system_connection().execute(
        "select revision from document_draft where document_id = %s and language = %s",
        (wish.act["document"], wish.act["language"])).fetchone()
    return str(row[0]) if row else ""


def _in_its_room(_request: Request) -> None:
    raise Conflict("Metin, inceleme sayfasından yayına alınır.",
                   "The text is published from the page of its review.", code="in_its_room")


def _about(request: Request, language: str) -> list[tuple[str, str]]:
    spoken = {"tr": ("Türkçe", "Turkish"), "en": ("İngilizce", "English")}
    code = request.wish.act["language"]
    return [(_("Language"), spoken.get(code, (code, code))[language == "en"])]


def _room(request: Request) -> tuple[str, str]:
    act = request.wish.act
    return _("Go to the review"), url_for("DraftView.review", pk=act["document"],
                                          language=act["language"])


def _check(request: Request, _by: Any) -> None:
    _in_its_room(request)


foureyes.carries_out(DEED, Carrier("text", _in_its_room, _mark, _about,
                                   "it is done on its own page", _check, _room))
