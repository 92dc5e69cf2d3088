"""The panel in a real Chromium, judged by axe: one way to serve it, to sign in and to look.

The application is served from this very process, so that a page costs a tenth of a second; themes
and widths are changed without loading the page again. All of axe's rules look at a page
once. Another width is asked for what a width can change; another theme for its colours, as long
as every element stands where it stood, which is looked at each time.

Contrast costs axe more than all its other rules, and pages are made of the same few letters on the
same few grounds. So what the verdict hangs on is written down for every text: its colour, size and
weight, and all grounds, images and opacities behind it up to the root. Axe is asked for colours
when one of these is new; a text that a ground from beside lies over or under is new each time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from threading import Thread
from typing import Any

import axe_playwright_python
from werkzeug.serving import WSGIRequestHandler, make_server

from ileti.web.sessions import COOKIE

WIDTHS = (1280, 390)
PICTURES = os.environ.get("ILETI_PICTURES", "")  # a folder: keep what was seen
THEMES = ("acik", "koyu")
_SCHEMES = {"acik": "light", "koyu": "dark"}  # for pages that follow the system instead
_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
#: texts on their grounds in which axe found nothing, as _GROUNDS writes them
_fine: set[str] = set()
_RUN = """async ([theme, rules, without]) => {
  document.documentElement.dataset.theme = theme;
  const found = await axe.run(document, {
    resultTypes: ["violations"], ...(rules ? {runOnly: {type: "rule", values: rules}} : {
      rules: Object.fromEntries(without.map(one => [one, {enabled: false}]))})});
  return found.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.html.slice(0, 160)}`));
}"""
_LAYOUT = """theme => {
  document.documentElement.dataset.theme = theme;
  const below = root => Array.from(root.querySelectorAll("*:not(.when-light, .when-dark)"))
    .flatMap(one => one.shadowRoot ? [one, ...below(one.shadowRoot)] : [one]);
  return below(document.body).map(one => {
    const {x, y, width, height} = one.getBoundingClientRect();
    return [x, y, width, height].join();
  }).join(";");
}"""
_COLOURS = ["color-contrast", "link-in-text-block"]  # what another theme alone can change
_GROUNDS = """theme => {
  document.documentElement.dataset.theme = theme;
  const up = one => one.assignedSlot ?? one.parentElement ?? one.getRootNode().host ?? null;
  const below = root => Array.from(root.querySelectorAll("*"))
    .flatMap(one => one.shadowRoot ? [one, ...below(one.shadowRoot)] : [one]);
  const clear = colour => colour === "transparent" || /, 0\\)$/.test(colour);
  const grounds = new Map(), boxes = new Map();
  const css = (one, part) => getComputedStyle(one, part);
  const box = one => boxes.get(one) ?? boxes.set(one, one.getBoundingClientRect()).get(one);
  const ground = one => {
    if (!one) return "";
    if (!grounds.has(one)) {
      const s = css(one), said = [];
      if (!clear(s.backgroundColor)) said.push(s.backgroundColor);
      for (const part of ["backgroundImage", "filter", "backdropFilter", "maskImage", "clipPath"])
        if (s[part] && s[part] !== "none") said.push(`${part} ${s[part]}`);
      if (s.opacity !== "1") said.push(`opacity ${s.opacity}`);
      if (s.mixBlendMode !== "normal") said.push(s.mixBlendMode);
      for (const part of ["::before", "::after"]) {
        const p = css(one, part);
        if (p.content !== "none" && p.content !== "normal"
            && (!clear(p.backgroundColor) || p.backgroundImage !== "none"))
          said.push([part, p.position, p.backgroundColor, p.backgroundImage, p.width, p.height,
                     p.inset].join(" "));
      }
      grounds.set(one, (said.length ? said.join(" ") + " < " : "") + ground(up(one)));
    }
    return grounds.get(one);
  };
  const all = below(document.body).filter(one => one.checkVisibility({visibilityProperty: true}));
  const apart = all.filter(one => {
    const s = css(one);
    return (s.position !== "static" || s.float !== "none" || s.transform !== "none"
            || s.gridRowStart !== "auto" || s.gridColumnStart !== "auto"
            || [s.marginTop, s.marginRight, s.marginBottom, s.marginLeft].some(m => m[0] === "-"))
      && (box(one).width > 0 && box(one).height > 0);
  });
  const paints = new Map();
  const painted = one => paints.get(one) ?? paints.set(one, [one, ...below(one)].some(part => {
    const s = css(part);
    return !clear(s.backgroundColor) || s.backgroundImage !== "none"
      || part.matches("img, canvas, video, iframe, object");
  })).get(one);
  const within = (one, other) => {
    for (let at = one; at; at = up(at)) if (at === other) return true;
    return false;
  };
  const meet = (a, b) => a.left < b.right && b.left < a.right
    && a.top < b.bottom && b.top < a.bottom;
  const found = new Set();
  for (const one of all) {
    const field = one.matches("input, textarea, select");
    const text = field || Array.from(one.childNodes).some(n => n.nodeType === 3 && n.data.trim());
    const b = box(one);
    // for screen readers alone: axe asks nothing of its colours either
    if (!text || !b.width || !b.height || ground(one).includes("clipPath inset(50%)")) continue;
    const s = css(one), beside = apart.find(other =>
      meet(b, box(other)) && !within(one, other) && !within(other, one) && painted(other));
    const link = one.closest("a") ? [css(up(one.closest("a"))).color, s.textDecorationLine,
                                     s.borderBottom].join(" ") : "";
    found.add([s.color, s.fill, s.fontSize, s.fontWeight, s.textShadow, s.webkitTextStroke, link,
               field ? css(one, "::placeholder").color : "",
               one.closest("[disabled], [aria-disabled=true], [inert]") ? "off" : "",
               beside ? `beside ${Math.random()}` : "", ground(one)].join(" | "));
  }
  return Array.from(found);
}"""
_AGAIN = [  # what another width can change
    *_COLOURS, "target-size", "scrollable-region-focusable", "aria-hidden-focus",
    "th-has-data-cells", "page-has-heading-one", "heading-order",
]


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_about: Any) -> None:
        """A request is no news here."""


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The application on a free port of this machine; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(timeout=5)


@contextmanager
def browsing(chromium: Any, base: str, client: Any = None) -> Iterator[Any]:
    """A page with the session of a signed-in test client, or of a visitor; whatever the server
    could not answer fails the test, since an error page is without fault by itself."""
    context = chromium.new_context(base_url=base, reduced_motion="reduce", locale="tr-TR")
    broken: list[str] = []
    context.on("response", lambda answer: broken.append(f"{answer.status} {answer.url}")
               if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR else None)
    if client is not None:
        context.add_cookies([{"name": COOKIE, "value": client.get_cookie(COOKIE).value,
                              "url": base}])
    try:
        yield context.new_page()
    finally:
        context.close()
    assert broken == []


def wait_until_checked(page: Any) -> None:
    """The editor of texts asks for its remarks by itself; no other page asks for anything."""
    if page.query_selector("form[data-check]"):
        page.wait_for_load_state("networkidle")


def load_axe(page: Any) -> None:
    """Axe into the page, once for as long as the page stands."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)


def in_both_themes(page: Any, rules: list[str] | None = None) -> list[str]:
    """What axe finds at the width the page has, whether its theme is its own or the system's: by
    these rules (all of them, when none are named), then once more what the dark can change."""
    load_axe(page)
    found, layouts = [], []
    for theme in THEMES:
        page.emulate_media(color_scheme=_SCHEMES[theme])
        layouts.append(page.evaluate(_LAYOUT, theme))
        if theme != THEMES[0]:
            rules = _COLOURS if layouts[0] == layouts[-1] else _AGAIN
        found += [f"{theme}: {one}" for one in _judged(page, theme, rules)]
    page.emulate_media(color_scheme=_SCHEMES[THEMES[0]])
    return found


def _judged(page: Any, theme: str, rules: list[str] | None) -> list[str]:
    """What axe finds by these rules; by those of colours only where a text is new to it."""
    texts = set(page.evaluate(_GROUNDS, theme))
    if texts <= _fine:
        if rules == _COLOURS:
            return []
        without = None if rules is None else [one for one in rules if one not in _COLOURS]
        return page.evaluate(_RUN, [theme, without, _COLOURS])  # type: ignore[no-any-return]
    found: list[str] = page.evaluate(_RUN, [theme, rules, []])
    if not any(one.startswith(tuple(_COLOURS)) for one in found):
        _fine.update(texts)
    return found


def faults(page: Any) -> list[str]:
    """What axe finds on the page as it stands, and what scrolls sideways, in both themes and
    widths; empty when all is well."""
    found: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        rules = None if width == WIDTHS[0] else _AGAIN
        found += [f"{width} {one}" for one in in_both_themes(page, rules)]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{width}: scrolls sideways")
    return found


def look(page: Any, name: str) -> None:
    """Nothing for axe to say; keep the pictures when somebody wants to see them."""
    assert (name, faults(page)) == (name, [])
    if PICTURES:
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate("document.documentElement.dataset.theme = 'acik'")
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)
