"""The kiosk's calls: what it takes along, what it brings back, and the link that verifies later.

Why this module exists: all a device needs lies below its own signed address ``/q/<link>``, so that
its service worker's scope is that address and no other page of ours is ever answered from a cache.
The worker itself is ours, with the list and version of the files it may keep written at its head; a
new version of any of them is a new worker and a new cache. What is delivered may come from a page
that has ended: it was given before.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from config import ROOT
from ileti.capture import dealercodes, kioskpack, kiosktake, linkverify
from ileti.capture.limits import FORWARD, MESSAGES, counters
from ileti.capture.models import Kind
from ileti.capture.page import (
    asked_language,
    draw,
    in_language,
    refuse_foreign_page,
    show_error,
    visitor,
)
from ileti.capture.sites import Site, find_site, site_even_closed
from ileti.channels.preference_link import centre_path
from ileti.channels.render import istanbul_text
from ileti.core.errors import IletiError, InvalidInput, NotFound, TooLarge

blueprint = Blueprint("kiosk", __name__)

#: forty items of the longest kind
MOST_BYTES: Final = 600_000
#: what the device keeps to open without network
ASSETS: Final = ("/static/css/public.css", "/static/css/pages/kiosk.css", "/static/js/kiosk.js",
                 "/static/widgets/ileti-kiosk.js", "/static/img/kiosk-192.png",
                 "/static/img/kiosk-512.png",
                 *(f"/static/fonts/ibm-plex-sans-{part}-{weight}-normal.woff2"
                   for part in ("latin", "latin-ext") for weight in (400, 500, 600)))
_WORKER: Final = ROOT / "static" / "widgets" / "ileti-kiosk-worker.js"


@blueprint.errorhandler(IletiError)
def _failed(error: IletiError) -> ResponseReturnValue:
    """Programs are answered with a problem, people with a page."""
    if request.path.startswith(linkverify.PATH):
        return show_error(error)
    answer = _json(error.problem(asked_language()), error.status)
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _json(body: Any, status: int = 200, kind: str = "application/json") -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, content_type=kind)


def _kiosk(token: str) -> Site:
    """The page in use; raises NotFound also for a poster's."""
    found = dealercodes.behind(token)
    if found.kind is not Kind.KIOSK or found.ended or found.closed:
        raise NotFound(code="no_such_site")
    return find_site(found.key)


# -- what it takes along ---------------------------------------------------------------------------


@blueprint.get("/q/<token>/pack.json")
def pack(token: str) -> ResponseReturnValue:
    """Texts, notice, key and signed time for the hours without network."""
    counters.check("f", 0, visitor().address, share=8)
    return _json(kioskpack.pack(_kiosk(token), f"/q/{token}"))


@blueprint.get("/q/<token>/manifest.webmanifest")
def manifest(token: str) -> ResponseReturnValue:
    """What makes the page installable on the device's start screen."""
    counters.check("f", 0, visitor().address, share=8)
    site, path = _kiosk(token), f"/q/{token}"
    return _json({
        "id": path, "start_url": path, "scope": path, "display": "fullscreen",
        "name": f"{site.brand_name} · {site.dealer_name}"[:60], "short_name": site.brand_name[:20],
        "lang": "tr", "background_color": "#F7F7F4", "theme_color": "#F7F7F4",
        "icons": [{"src": f"/static/img/kiosk-{size}.png", "sizes": f"{size}x{size}",
                   "type": "image/png", "purpose": "any"} for size in (192, 512)],
    }, kind="application/manifest+json")


@blueprint.get("/q/sw.js")
def worker() -> ResponseReturnValue:
    """The service worker; each kiosk registers it for its own address alone."""
    script, policy = _worker(), "default-src 'none'; connect-src 'self'; script-src 'self'"
    return Response(script, content_type="text/javascript; charset=utf-8", headers={
        "Content-Security-Policy": policy, "Cache-Control": "no-cache"})


@lru_cache(maxsize=1)
def _worker() -> str:
    digest = sha256()
    for name in ASSETS:
        digest.update((ROOT / name[1:]).read_bytes())
    head = {"version": digest.hexdigest()[:16], "assets": ASSETS}
    return f"self.ILETI_KIOSK={json.dumps(head)};\n{_WORKER.read_text(encoding='utf-8')}"


# -- what it brings back ---------------------------------------------------------------------------


@blueprint.post("/q/<token>/items")
def items(token: str) -> ResponseReturnValue:
    """Take sealed items, one answer each; also of a page that ended meanwhile."""
    refuse_foreign_page()
    site, ended_at, takes = site_even_closed(dealercodes.number_of(token))
    if site.kind != Kind.KIOSK:
        raise NotFound(code="no_such_site")
    counters.check("q", site.id, visitor().address, share=2)
    if request.mimetype != "application/json":
        raise InvalidInput("İstek JSON olmalı.", "The request must be JSON.", code="not_json")
    if request.content_length is None or request.content_length > MOST_BYTES:
        raise TooLarge()
    batch = kiosktake.read_batch(request.get_data(cache=False))
    page = kiosktake.Page(site, ended_at, takes, visitor())
    return _json({"answers": kiosktake.take(page, batch)} | kioskpack.contact(site))


# -- the link that verifies later ------------------------------------------------------------------


@blueprint.get("/v/<token>")
def link(token: str) -> ResponseReturnValue:
    """What was chosen for an address, and the question whether it is the reader's. Opening changes
    nothing."""
    counters.check("f", 0, visitor().address, share=4)
    return _link_page(linkverify.open_link(token), token)


@blueprint.post("/v/<token>")
def press(token: str) -> ResponseReturnValue:
    """The person says yes: the address is verified, and what was ticked for it counts."""
    refuse_foreign_page()
    counters.check("c", 0, visitor().address)
    linkverify.press(linkverify.open_link(token))
    counters.bell(FORWARD, MESSAGES)
    return _link_page(linkverify.open_link(token), token)


def _link_page(found: linkverify.Link, token: str) -> Response:
    said = found.said()
    if said is None:
        raise NotFound("Böyle bir bağlantı yok.", "There is no such link.", code="no_such_link")
    site, language = found.site, found.language
    notice = site.notices.get(language)
    at = min((one.consent_date for one in said.items), default=found.opened.captured_at)
    return draw(
        "link.html", language, site.brand_name, brand_id=site.place.brand_id,
        state="done" if found.done else "asked",
        channels=[one.channel.name for one in said.items],
        place=site.dealer_name or site.name, at=istanbul_text(at),
        action=in_language(f"{linkverify.PATH}{token}", language),
        notice_url=f"/n/{notice.id}" if notice else None,
        centre_url=in_language(centre_path(site.place.iys_code), language))
