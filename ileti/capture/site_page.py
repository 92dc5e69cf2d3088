"""A site's page in the panel: what to paste, how its server signs, what the form may do.

Everything on it can be copied as it stands: the script tag with the widget's hash, and for policy
``signed`` the few lines that make a vouch in the three languages most shops are written in
(``capture/vouch.py`` says what is signed; a test runs these very lines).
"""

from __future__ import annotations

import json
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy import select

from config import ROOT, settings
from ileti.capture import bareforms
from ileti.capture.models import Policy, Site
from ileti.capture.page import in_language
from ileti.capture.site_secret import OVERLAP, previous_holds
from ileti.channels.preference_link import centre_path
from ileti.consents.vocabulary import Channel
from ileti.core import orm
from ileti.core.formats import either, language
from ileti.documents.models import Document
from ileti.fields.models import CustomField
from ileti.tenancy import security

MANIFEST = ROOT / "static" / "widgets" / "manifest.json"
POLICIES = {
    Policy.CODE: (_l("Verify by code"), _l("A six-digit code goes to the address; only a verified "
                                           "address counts.")),
    Policy.SIGNED: (_l("The site vouches"), _l("The site's own server signs that the address is "
                                               "its signed-in customer's.")),
    Policy.LATER: (_l("Verify later"), _l("Entries stay unverified, are not reported to İYS and "
                                          "open nothing.")),
}
SIGNERS = (("python", "Python"), ("php", "PHP"), ("node", "Node.js"))


def site_page(site: Site, *, shown_secret: str | None = None) -> dict[str, Any]:
    """Context of ``panel/site.html``; ``shown_secret`` only in the answer to asking for it."""
    integrity = widget_integrity()
    edit = url_for("SiteView.edit", pk=site.id) if security.may("site:write") else None
    label, text = POLICIES[Policy(site.policy)]
    where = f"{site.brand}" + (f" · {site.dealer}" if site.dealer else "")
    return {
        "title": site.name, "line": where if site.active else f"{where} · {_('Switched off')}",
        "crumbs": [(_("Sites and forms"), url_for("SiteView.list")), (site.name, None)],
        "actions": [{"label": _("Change the site"), "url": edit, "icon": "pencil",
                     "kind": "primary"}] if edit else [],
        "bare": _bare(site),
        "centre_url": f"{settings().base_url}{centre_path(site.provider.iys_code)}",
        "centre_snippet": centre_snippet(site),
        "snippet": snippet(site, integrity), "integrity": integrity,
        "notice_snippet": notice_snippet(site),
        # a hosted form has no server of the site's behind it that could vouch
        "plain_url": "" if site.policy == Policy.SIGNED
        else f"{settings().base_url}/f/{site.public_key}",
        "preview_url": in_language(f"/f/{site.public_key}?onizleme=1", language())
        if site.active else "",
        "facts": [(_("Site key"), Markup("<code>{}</code>").format(site.public_key)),
                  (_("Form version"), str(site.form_version)),
                  (_("Languages"), "Türkçe, English"),
                  (_("Explicit consents"), _asked(site)),
                  *([(_("Custom fields"), _fields(site))] if site.fields else [])],
        "policy": {"label": label, "text": text}, "origins": site.origins, "origins_url": edit,
        "channels": [Channel(number).name for number in site.channels],
        "signers": server_snippets(site) if site.policy == Policy.SIGNED else [],
        "secret": secret_card(site, shown_secret),
    }


def _bare(site: Site) -> dict[str, Any] | None:
    """That the form takes addresses and tells nobody why (R-60)."""
    return {"bold": _("This form has no privacy notice."),
            "rest": _("Whoever leaves an address has to be informed before; until a notice is "
                      "published, each consent of this form lacks its proof (R-60)."),
            "action": {"label": _("Write a notice"), "url": url_for("DocumentView.list")}
            if security.may("document:read") else None} if bareforms.is_bare(site) else None


def _asked(site: Site) -> str:
    """The texts its form asks an explicit consent for, in its order."""
    names = {one.id: one.name for one in orm.db.session.scalars(
        select(Document).where(Document.id.in_(site.explicit_consents)))}
    found = [names[one] for one in site.explicit_consents if one in names]
    return ", ".join(found) or _("none is asked")


def _fields(site: Site) -> str:
    """What else its form asks, in its order."""
    names = {one.id: either(one.name_tr, one.name_en) for one in orm.db.session.scalars(
        select(CustomField).where(CustomField.id.in_(site.fields)))}
    return ", ".join(names[one] for one in site.fields if one in names)


def secret_card(site: Site, shown: str | None) -> dict[str, Any] | None:
    """The card of the site's secret; None where it is of no use or not this user's."""
    if not security.may("site:secret") or (site.policy != Policy.SIGNED and not site.secret):
        return None
    return {
        "exists": bool(site.secret), "at": site.secret_at, "shown": shown,
        "used": site.policy == Policy.SIGNED, "hours": int(OVERLAP.total_seconds() // 3600),
        "previous_until": site.secret_before_until if previous_holds(site) else None,
        "act_url": url_for("SiteView.change_secret", pk=site.id),
        "show_url": url_for("SiteView.show_secret", pk=site.id),
    }


def widget_integrity(file: str = "ileti.js") -> str:
    """The SRI hash of a shipped bundle, from its build's manifest."""
    files = json.loads(MANIFEST.read_text())["files"]
    return str(next(one["integrity"] for one in files if one["file"] == file))


def notice_snippet(site: Site) -> str:
    """The lines for a form that collects data and asks no consent (R-60); the link in the element
    is what people without scripts get."""
    base = settings().base_url
    return (
        f'<ileti-notice data-site="{site.public_key}" data-lang="tr" data-ack>\n'
        f'  <a href="{base}/f/{site.public_key}/notice">Aydınlatma metni</a>\n'
        f"</ileti-notice>\n"
        f'<script src="{base}/static/widgets/ileti-notice.js"\n'
        f'  integrity="{widget_integrity("ileti-notice.js")}"\n'
        f'  crossorigin="anonymous" defer></script>'
    )


def centre_snippet(site: Site) -> str:
    """The lines that put the preference centre into a page."""
    return (
        f'<script src="{settings().base_url}/static/widgets/ileti-preferences.js"\n'
        f'  integrity="{widget_integrity("ileti-preferences.js")}"\n'
        f'  crossorigin="anonymous" defer></script>\n'
        f'<ileti-preferences data-site="{site.public_key}" data-lang="tr"></ileti-preferences>'
    )


def snippet(site: Site, integrity: str) -> str:
    """The lines to paste into a page."""
    base = settings().base_url
    vouch = '\n  data-vouch="…"' if site.policy == Policy.SIGNED else ""
    return (
        f'<script src="{base}/static/widgets/ileti.js"\n'
        f'  integrity="{integrity}"\n'
        f'  crossorigin="anonymous" defer\n'
        f'  data-site="{site.public_key}" data-lang="tr"{vouch}></script>'
    )


def server_snippets(site: Site) -> list[tuple[str, str, str]]:
    """How the site's server signs, as (key, language, lines)."""
    return [(key, name, render_template(f"panel/vouch/{key}.txt", site_key=site.public_key).strip())
            for key, name in SIGNERS]
