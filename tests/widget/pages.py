"""Host pages the widget is put into: plain, strict, hostile, and with a form of their own."""

from __future__ import annotations

from .mock_server import SITE, MockServer

STYLE = "body{font:16px/1.5 system-ui;margin:24px;max-width:520px}"


def strict_csp(server: MockServer) -> str:
    """The minimum of `docs/widget.md`: nothing but our script and our API."""
    return (
        "default-src 'none'; base-uri 'none'; form-action 'self'; "
        f"script-src {server.api_origin}; connect-src {server.api_origin}; "
        "require-trusted-types-for 'script'"
    )


def script_tag(server: MockServer, attributes: str = "") -> str:
    """The one script tag, as an integrator pastes it."""
    source = f"{server.api_origin}/static/widgets/ileti.js"
    return f'<script src="{source}" data-site="{SITE}" {attributes}></script>'


def plain(server: MockServer, attributes: str = "", *, head: str = "", csp: str = "") -> str:
    """A page with nothing but the widget."""
    html = (
        f'<!doctype html><html lang="tr"><head><meta charset="utf-8"><title>Sayfa</title>'
        f'<meta name="viewport" content="width=device-width">{head}</head>'
        f"<body><main><h1>Üye olun</h1>{script_tag(server, attributes)}</main></body></html>"
    )
    return server.page("/page", html, csp)


def with_form(server: MockServer, attributes: str = "", script: str = "") -> str:
    """A shop's own sign-up form, which posts to the shop."""
    tag = script_tag(server, f'data-form="#signup" data-name="#ad" {attributes}')
    html = f"""<!doctype html><html lang="tr"><head><meta charset="utf-8"><title>Dükkân</title>
<style>{STYLE}</style></head><body><main><h1>Üye olun</h1>
<form id="signup" action="/shop" method="post">
<p><label for="ad">Ad soyad</label> <input id="ad" name="ad"></p>
<p><label for="tel">Cep telefonu</label> <input id="tel" name="tel" type="tel"></p>
<p><label for="eposta">E-posta</label> <input id="eposta" name="eposta" type="email"></p>
<button type="submit" name="go" value="1">Üye ol</button></form>{tag}</main>
<script>{script}</script></body></html>"""
    return server.page("/shop-page", html)
