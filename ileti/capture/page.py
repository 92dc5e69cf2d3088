"""One frame for all public pages: the brand's mark and colour, one language, errors in words.

Whatever goes wrong on a hosted page is said in the language the person was reading, with the way
on: the pages' own addresses carry ``lang``, so that a forged or expired token need not be opened
to know it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Response, g, request
from flask.typing import ResponseReturnValue

from config import settings
from ileti.capture.forms import Visitor
from ileti.capture.limits import client_address, counters
from ileti.channels.render import brand_accent, initials, render
from ileti.core.errors import IletiError, NotAllowed

_TITLES: Final = {
    "tr": {403: "Bu sayfa açılamadı", 404: "Böyle bir sayfa yok", 410: "Süresi doldu",
           429: "Biraz bekleyin", 503: "Şu anda olmuyor"},
    "en": {403: "This page cannot be opened", 404: "There is no such page", 410: "Out of time",
           429: "Wait a little", 503: "Not right now"},
}
_FAILED: Final = {"tr": "İşlem tamamlanamadı", "en": "This could not be completed"}
_OTHER: Final = {"tr": ("English", "en"), "en": ("Türkçe", "tr")}


#: where a brand's people apply about their data (KVKK 13): from the brand's id to a path. The room
#: of requests, a floor above, says so.
application_path: list[Callable[[int], str]] = []


def application_link(brand_id: int | None, language: str) -> str | None:
    """The application form of a brand, in a language; None where nobody takes applications."""
    if not application_path or brand_id is None:
        return None
    return in_language(application_path[0](brand_id), language)


def asked_language() -> str:
    """The language of the address; Turkish when it names none."""
    return "en" if request.args.get("lang") == "en" else "tr"


def in_language(path: str, language: str) -> str:
    """The address of a page in a language; Turkish is the plain address."""
    if language != "en":
        return path
    return f"{path}{'&' if '?' in path else '?'}lang=en"


def other_language(path: str, language: str) -> dict[str, str]:
    """The link to the same page in the other language."""
    label, other = _OTHER[language]
    return {"label": label, "lang": other, "url": in_language(path, other)}


def draw(template: str, language: str, brand: str, code: int = 200, *, brand_id: int | None = None,
         **context: Any) -> Response:
    """A public page of a brand in its colour."""
    html = render(
        f"public/{template}", language, brand={"name": brand, "initials": initials(brand)},
        accent=brand_accent(brand_id) if brand_id else None, nonce=g.get("csp_nonce", ""),
        **context,
    )
    return Response(html, status=code, content_type="text/html; charset=utf-8")


def visitor() -> Visitor:
    """Who asks, as evidence keeps it. Flask's own proxy fix may have been applied already."""
    address = client_address(request.environ.get("REMOTE_ADDR", ""), "")
    return Visitor(address, request.headers.get("User-Agent", "")[:300],
                   request.headers.get("Origin", ""))


def refuse_foreign_page() -> None:
    """A post from another site's page; our own sends "null" because it gives no referrer."""
    origin = request.headers.get("Origin", "null")
    if origin not in ("null", settings().base_url, request.host_url.rstrip("/")):
        counters.note("forged_origin")
        raise NotAllowed(code="origin_refused")


def show_error(error: IletiError) -> ResponseReturnValue:
    """What went wrong, in the house's words, and the way on."""
    language = asked_language()
    title = _TITLES[language].get(error.status, _FAILED[language])
    answer = draw("error.html", language, "İleti", error.status, title=title,
                  message=error.say(language), status=error.status, again_url=_way_on(error))
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _way_on(error: IletiError) -> str | None:
    """Where to try again: the form of the site, the provider's preference centre, or the same page
    when time alone heals it."""
    if request.path.startswith(("/f/", "/t/")) and error.status != 404:
        return in_language("/".join(request.path.split("/")[:3]), asked_language())
    return request.full_path.rstrip("?") if error.status in (429, 503) else None
