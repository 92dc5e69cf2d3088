"""Headers and limits on every answer, so that no page can forget them (ASVS 3.4, stack T7, T9).

The policy knows no outside host. Scripts and styles need the request's nonce; ``g.csp_nonce`` is
made before the first template asks for it. Only a page that was made to be shown in a frame of
ours (the widget's preview) may be framed, and only by us.
"""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; manifest-src 'self'; frame-ancestors {ancestors}"
)
STEADY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
YEAR = 365 * 24 * 3600


def init_headers(app: Flask, *, production: bool) -> None:
    """Make the nonce before a request and put the headers on after it."""

    @app.before_request
    def make_nonce() -> None:
        g.csp_nonce = secrets.token_urlsafe(16)

    @app.after_request
    def put_on(answer: Response) -> Response:
        for name, value in STEADY.items():
            answer.headers.setdefault(name, value)
        framed = _is_preview()
        if "Content-Security-Policy" not in answer.headers:
            ancestors = "'self'" if framed else "'none'"
            nonce = g.get("csp_nonce") or secrets.token_urlsafe(16)
            policy = POLICY.format(nonce=nonce, ancestors=ancestors)
            answer.headers["Content-Security-Policy"] = policy
        answer.headers.setdefault("X-Frame-Options", "SAMEORIGIN" if framed else "DENY")
        if production:
            answer.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
        if not request.path.startswith("/static/"):
            answer.headers.setdefault("Cache-Control", "no-store")
        return answer


def _is_preview() -> bool:
    """The hosted form inside the panel's own page of a site, and a text's preview inside its
    editor; nothing else is ever framed."""
    if request.endpoint in ("PreviewView.show", "PreviewView.typed"):
        return True
    return request.path.startswith("/f/") and request.args.get("onizleme") == "1"
