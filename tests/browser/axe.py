"""The panel in a real Chromium, judged by axe: one way to serve it, to sign in and to look.

The application is served from this very process, so that a page costs a tenth of a second; themes
and widths are changed without loading the page again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import axe_playwright_python
from werkzeug.serving import WSGIRequestHandler, make_server

from ileti.web.sessions import COOKIE

WIDTHS = (1280, 390)
THEMES = ("acik", "koyu")
_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
_RUN = """async ([theme, rules]) => {
  document.documentElement.dataset.theme = theme;
  const found = await axe.run(document, {
    resultTypes: ["violations"], ...(rules ? {runOnly: {type: "rule", values: rules}} : {})});
  return found.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.html.slice(0, 160)}`));
}"""
_AGAIN = [  # what another theme or width can change
    "color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable",
    "aria-hidden-focus", "th-has-data-cells", "page-has-heading-one", "heading-order",
]


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_about: Any) -> None:
        """A request is no news here."""


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The application on a free port of this machine; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(timeout=5)


@contextmanager
def browsing(chromium: Any, base: str, client: Any = None) -> Iterator[Any]:
    """A page with the session of a signed-in test client, or of a visitor."""
    context = chromium.new_context(base_url=base, reduced_motion="reduce", locale="tr-TR")
    if client is not None:
        context.add_cookies([{"name": COOKIE, "value": client.get_cookie(COOKIE).value,
                              "url": base}])
    try:
        yield context.new_page()
    finally:
        context.close()


def faults(page: Any) -> list[str]:
    """What axe finds on the page as it stands, and what scrolls sideways, in both themes and
    widths; empty when all is well."""
    found: list[str] = []
    page.evaluate(_AXE)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES:
            rules = None if (width, theme) == (WIDTHS[0], THEMES[0]) else _AGAIN
            found += [f"{width} {theme}: {one}" for one in page.evaluate(_RUN, [theme, rules])]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{width}: scrolls sideways")
    return found
