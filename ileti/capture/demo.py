"""The demo a person sees after the first start: an invented shop, and the phone and mailbox in
which its codes and confirmations arrive. Nothing here exists in production."""

from __future__ import annotations

import json
import secrets as random
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from config import ROOT, settings
from ileti.capture.seed import IYS_CODE, SITE_KEY
from ileti.channels.base import MessageKind
from ileti.channels.confirm import content_of
from ileti.channels.render import envelope, initials, istanbul_text, render
from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.core.crypto import CannotDecrypt
from ileti.core.secrets import secrets
from ileti.recipients.address import pretty

blueprint = Blueprint("demo", __name__, url_prefix="/demo")

_SHOWN = 40
#: messages of rooms above: from how many at most to (moment, what the page shows) of the newest
more_messages: list[Callable[[int], list[tuple[datetime, dict[str, Any]]]]] = []
_MESSAGES = """
select m.id, m.provider_id, m.brand_id, m.recipient_id, m.channel, m.kind, m.content_key,
       m.content_ct, m.created_at, r.key_no, r.addr_hash, r.addr_ct, b.name, p.title, p.mersis,
       p.contact, m.submission_id
  from message m join recipient r on r.provider_id = m.provider_id and r.id = m.recipient_id
  join brand b on b.id = m.brand_id join provider p on p.id = m.provider_id
 where m.gateway = 'demo' and (m.content_ct is not null or m.kind = 2)
   and (%(id)s::int8 is null or m.id = %(id)s)
 order by m.id desc limit %(limit)s"""

_LINKS = {
    "tr": [
        ("/demo/magaza", "Mağazada üye olun",
         "Uydurma bir adres yazın, dilediğiniz kutuyu işaretleyin ya da hiçbirini."),
        ("/demo/telefon", "Kodu telefonda okuyun",
         "Kodlar ve onay bildirimleri burada görünür; ret bağlantısı da içindedir."),
        ("/demo/tercihler", "Tercihlerinizi görün, değiştirin",
         "Tercih merkezi mağazanın kendi sayfasında; onay bildirimindeki bağlantı da açar."),
        ("/", "Kaydı panelde izleyin",
         "İznin kaydı, kanıtı ve İYS’e iletimi."),
    ],
    "en": [
        ("/demo/magaza?lang=en", "Become a member in the shop",
         "Write an invented address and tick the box you want, or none."),
        ("/demo/telefon?lang=en", "Read the code on the phone",
         "Codes and confirmations appear here, with the link to refuse."),
        ("/demo/tercihler?lang=en", "See and change your choices",
         "The preference centre inside the shop’s page; the confirmation’s link opens it too."),
        ("/", "Follow the record in the panel",
         "The consent, its proof and its way to İYS."),
    ],
}


@blueprint.before_request
def never_in_production() -> None:
    """404 where people and messages are real."""
    if settings().production:
        abort(404)


def _language() -> str:
    return "en" if request.args.get("lang") == "en" else "tr"


def _page(template: str, **context: Any) -> Response:
    return Response(render(f"demo/{template}", _language(), **context),
                    content_type="text/html; charset=utf-8")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Where to begin."""
    links = [{"url": url, "title": title, "text": text} for url, title, text in _LINKS[_language()]]
    return _page("index.html", links=links)


@blueprint.get("/magaza")
def shop() -> ResponseReturnValue:
    """The shop with the widget in its sign-up form."""
    kept = json.loads((ROOT / "static" / "widgets" / "manifest.json").read_text())
    hashes = {one["file"]: one["integrity"] for one in kept["files"]}
    key = request.args.get("site", SITE_KEY)
    return _page("shop.html", site_key=key, widget_src="/static/widgets/ileti.js",
                 widget_integrity=hashes.get("ileti.js"), plain_url=f"/f/{key}",
                 notice_src="/static/widgets/ileti-notice.js",
                 notice_integrity=hashes.get("ileti-notice.js"))


@blueprint.get("/tercihler")
def preferences() -> ResponseReturnValue:
    """The preference centre inside the shop's own page."""
    return _page("preferences.html", site_key=request.args.get("site", SITE_KEY),
                 widget_src="/static/widgets/ileti-preferences.js", centre_url=f"/t/{IYS_CODE}")


@blueprint.get("/telefon")
def phone() -> ResponseReturnValue:
    """Messages newest first, as their recipients see them."""
    rows = db.connection().execute(_MESSAGES, {"id": None, "limit": _SHOWN}).fetchall()
    found = [(row[8], shown) for row in rows if (shown := _shown(row))]
    for more in more_messages:
        found += more(_SHOWN)
    newest = sorted(found, key=lambda one: one[0], reverse=True)[:_SHOWN]
    return _page("phone.html", messages=[shown for _, shown in newest])


@blueprint.get("/posta/<int:message_id>")
def mail(message_id: int) -> ResponseReturnValue:
    """One mail as it looks in the mailbox."""
    wanted = {"id": min(message_id, 2**63 - 1), "limit": 1}
    row = db.connection().execute(_MESSAGES, wanted).fetchone()
    written = _written(row) if row else None
    if written is None or written.html is None:
        abort(404)
    nonce = random.token_urlsafe(16)
    html = written.html.replace("<style>", f'<style nonce="{nonce}">', 1)
    return Response(html, content_type="text/html; charset=utf-8", headers={
        "Content-Security-Policy": f"default-src 'none'; style-src 'nonce-{nonce}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"})


def _written(row: Any) -> Any:
    """The message rendered from what it was sent from; None when the person was erased."""
    (message_id, provider_id, brand_id, recipient_id, channel, kind, key, cipher, _, key_no,
     digest, address, brand, title, mersis, contact, submission_id) = row
    if address is None:
        return None
    try:
        to = secrets().keyring.decrypt(key_no, bytes(address), bytes(digest)).decode()
        content = content_of(provider_id, submission_id, recipient_id, kind, key, cipher)
    except (CannotDecrypt, LookupError):
        return None
    return envelope(
        message_id=message_id, provider_id=provider_id, brand_id=brand_id,
        recipient_id=recipient_id, kind=MessageKind(kind), channel=Channel(channel), to=to,
        content=content, submission_id=submission_id, inline=False,
        brand={"name": brand, "initials": initials(brand), "title": title, "mersis": mersis or "",
               "postal": contact or ""},
    )


def _shown(row: Any) -> dict[str, Any] | None:
    written = _written(row)
    if written is None:
        return None
    return {
        "channel": written.channel.name, "to": pretty(written.to), "at": istanbul_text(row[8]),
        "subject": written.subject, "body_text": written.text,
        "body_html_url": f"/demo/posta/{row[0]}" if written.html else None,
    }
