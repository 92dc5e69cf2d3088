"""Sites in the panel: what to paste into a page, what the form may do, how it looks.

Also the part of a consent's story that capture knows: when the address was verified.
"""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy import select, tuple_
from wtforms import SelectField, SelectMultipleField, ValidationError
from wtforms.validators import DataRequired

from config import ROOT, settings
from ileti.capture.models import Policy, Site, Verification
from ileti.channels.base import MessageKind
from ileti.channels.models import Message
from ileti.consents.models import ConsentEntry
from ileti.consents.timeline import Step, tells
from ileti.consents.vocabulary import Channel
from ileti.core import orm
from ileti.core.errors import NotFound
from ileti.tenancy import security
from ileti.tenancy.crud import LinesField, Records, RecordView, Told
from ileti.tenancy.views import COMMON_LABELS

ORIGIN = re.compile(r"^https?://[a-z0-9.-]{1,190}(:\d{1,5})?$")
MANIFEST = ROOT / "static" / "widgets" / "manifest.json"
POLICIES = {
    Policy.CODE: (_l("Verify by code"), _l("A six-digit code goes to the address; only a verified "
                                           "address counts.")),
    Policy.SIGNED: (_l("The site vouches"), _l("The site's own server signs that the address is "
                                               "its signed-in customer's.")),
    Policy.LATER: (_l("Verify later"), _l("Entries stay unverified, are not reported to İYS and "
                                          "open nothing.")),
}


def _check_origins(_form: Any, field: Any) -> None:
    for line in field.data or []:
        if not ORIGIN.match(line):
            raise ValidationError(_("Write addresses like https://www.ornek.com.tr, one per line."))


class SiteView(RecordView):
    """Sites with their widget."""

    datamodel = Records(Site)
    route_base = "/siteler"
    class_permission_name = "site"
    list_title, add_title = _l("Sites and forms"), _l("Add a site")
    edit_title, show_title = _l("Change the site"), _l("Site")
    label_columns = COMMON_LABELS | {
        "public_key": _l("Site key"), "origins": _l("Allowed addresses"), "policy": _l("Policy"),
        "channels": _l("Channels"), "active": _l("Active")}
    list_columns = ["name", "brand", "dealer", "policy", "active"]
    formatters_columns = {"policy": lambda value: POLICIES[Policy(value)][0]}
    order_columns = ["name"]
    search_columns = ["name"]
    add_columns = ["brand", "dealer", "name", "origins", "policy", "channels"]
    edit_columns = ["name", "origins", "policy", "channels", "active"]
    show_columns = ["name"]
    add_form_extra_fields = {
        "origins": LinesField(_l("Allowed addresses"), [_check_origins],
                              description=_l("One per line, like https://www.ornek.com.tr.")),
        "policy": SelectField(_l("Policy"), [DataRequired()],
                              choices=[(str(key), text[0]) for key, text in POLICIES.items()]),
        "channels": SelectMultipleField(
            _l("Channels"), [DataRequired()], coerce=int,
            choices=[(2, _l("SMS")), (1, _l("Call")), (3, _l("E-mail"))]),
    }
    edit_form_extra_fields = add_form_extra_fields

    def pre_add(self, item: Any) -> None:
        """Provider from the brand, a fresh public key, and a secret for the vouching policy."""
        if item.brand is None:
            raise Told(_("Choose a brand."))
        if item.dealer is not None and item.dealer.brand_id != item.brand.id:
            raise Told(_("This dealer belongs to another brand."))
        item.provider_id = item.brand.provider_id
        item.public_key = "pk_" + secrets.token_urlsafe(18)
        item.secret = secrets.token_urlsafe(32)

    def pre_update(self, item: Any) -> None:
        """A changed form is another version of what people saw."""
        item.form_version += 1

    @expose("/show/<int:pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        """The site's page: snippet, rules, origins, live preview."""
        site = self.datamodel.get(pk)
        if site is None:
            raise NotFound()
        return self.render_template("panel/site.html", **site_page(site))


def site_page(site: Site) -> dict[str, Any]:
    """Context of ``panel/site.html``."""
    integrity = widget_integrity()
    edit = url_for("SiteView.edit", pk=site.id) if security.may("site:write") else None
    plain = f"{settings().base_url}/f/{site.public_key}"
    label, text = POLICIES[Policy(site.policy)]
    where = f"{site.brand}" + (f" · {site.dealer}" if site.dealer else "")
    return {
        "title": site.name, "line": where if site.active else f"{where} · {_('Switched off')}",
        "crumbs": [(_("Sites and forms"), url_for("SiteView.list")), (site.name, None)],
        "actions": [{"label": _("Edit"), "url": edit, "icon": "pencil", "kind": "primary"}]
        if edit else [],
        "snippet": snippet(site, integrity), "plain_url": plain, "integrity": integrity,
        "preview_url": f"/f/{site.public_key}?onizleme=1",
        "facts": [(_("Site key"), Markup("<code>{}</code>").format(site.public_key)),
                  (_("Form version"), str(site.form_version)),
                  (_("Languages"), "Türkçe, English")],
        "policy": {"label": label, "text": text}, "origins": site.origins, "origins_url": edit,
        "channels": [Channel(number).name for number in site.channels],
    }


def widget_integrity() -> str:
    """The SRI hash of the shipped widget, from its build's manifest."""
    files = json.loads(MANIFEST.read_text())["files"]
    return str(next(one["integrity"] for one in files if one["file"] == "ileti.js"))


def snippet(site: Site, integrity: str) -> str:
    """The lines to paste into a page."""
    base = settings().base_url
    return (
        f'<script src="{base}/static/widgets/ileti.js" integrity="{integrity}"\n'
        f'        crossorigin="anonymous" defer\n'
        f'        data-site="{site.public_key}" data-lang="tr"></script>'
    )


@tells
def verifications(entries: list[ConsentEntry]) -> list[Step]:
    """When a code went out and when the address was verified."""
    if not entries:
        return []
    pairs = {(entry.provider_id, entry.submission_id) for entry in entries}
    recipients = {entry.recipient_id for entry in entries}
    found = orm.db.session.scalars(select(Verification).where(
        tuple_(Verification.provider_id, Verification.submission_id).in_(pairs),
        Verification.recipient_id.in_(recipients)))
    steps: list[Step] = []
    for one in found:
        steps.append({"part": "code", "icon": "send", "title": _("A code was sent"),
                      "at": one.created_at, "facts": ""})
        if one.verified_at:
            steps.append({"part": "verified", "icon": "check-check", "tone": "ok",
                          "at": one.verified_at,
                          "title": _("The address was verified"),
                          "facts": _("The code only shows that the address is the person's own; "
                                     "it is no consent.")})
    return steps


@tells
def confirmations(entries: list[ConsentEntry]) -> list[Step]:
    """When the person was told of the consent, the same day and with a way to refuse (R-10)."""
    if not entries:
        return []
    found = orm.db.session.scalars(select(Message).where(
        tuple_(Message.provider_id, Message.submission_id).in_(
            {(entry.provider_id, entry.submission_id) for entry in entries}),
        Message.recipient_id.in_({entry.recipient_id for entry in entries}),
        Message.kind == int(MessageKind.CONFIRMATION), Message.sent_at.is_not(None)))
    return [{"part": "message", "icon": "mail-check", "tone": "ok", "at": one.sent_at,
             "title": _("The person was told the same day"),
             "facts": _("With a link to refuse.")} for one in found]
