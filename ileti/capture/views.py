"""Sites in the panel: what to paste into a page, what the form may do, how it looks.

Also the part of a consent's story that capture knows: when the address was verified.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_appbuilder.models.sqla.filters import FilterEqual
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select, tuple_
from wtforms import SelectField, SelectMultipleField, ValidationError
from wtforms.validators import DataRequired

from ileti.capture import site_secret
from ileti.capture.endpoints import MOST_ASKED
from ileti.capture.models import Kind, Policy, Site, Verification
from ileti.capture.site_page import POLICIES, site_page
from ileti.channels import deliverywords
from ileti.channels.base import MessageKind
from ileti.channels.messagepack import number_of
from ileti.channels.models import Message
from ileti.channels.send import DOUBT
from ileti.channels.sms import Delivery
from ileti.consents.models import ConsentEntry
from ileti.consents.timeline import Step, tells
from ileti.core import formats, orm
from ileti.core.errors import CallerMistake, NotFound
from ileti.documents.models import Document, DocumentVersion
from ileti.documents.vocabulary import ASKS, ONE_PURPOSE
from ileti.fields.models import CustomField
from ileti.fields.vocabulary import Subject
from ileti.tenancy import confirm, security
from ileti.tenancy.crud import LinesField, Records, RecordView, Told
from ileti.tenancy.trail import name_things
from ileti.tenancy.views import COMMON_LABELS

ORIGIN = re.compile(r"^https?://[a-z0-9.-]{1,190}(:\d{1,5})?$")


def _check_origins(_form: Any, field: Any) -> None:
    """Addresses as browsers send them: small letters, no path; a slash at the end is taken off."""
    field.data = list(dict.fromkeys(line.lower().rstrip("/") for line in field.data or []))
    for line in field.data:
        if not ORIGIN.match(line):
            raise ValidationError(_("Write addresses like https://www.ornek.com.tr, one per line."))


def _askable() -> list[tuple[int, str]]:
    """Texts the user may let a form ask for: published, of one purpose that rests on consent
    (R-57)."""
    found = orm.db.session.scalars(
        select(Document).where(
            Document.kind.in_(ONE_PURPOSE),
            select(DocumentVersion.id).where(
                DocumentVersion.document_id == Document.id,
                DocumentVersion.purposes.contains([{"ground": ASKS}])).exists())
        .order_by(Document.name, Document.id))
    return [(one.id, f"{one.name} · {one.brand or one.provider}") for one in found]


def _askable_fields() -> list[tuple[int, str]]:
    """Fields of consents that are in use, in the order of their providers."""
    found = orm.db.session.scalars(select(CustomField).where(
        CustomField.subject == int(Subject.CONSENT), CustomField.retired_at.is_(None)).order_by(
        CustomField.provider_id, CustomField.position, CustomField.id))
    return [(one.id, formats.either(one.name_tr, one.name_en)) for one in found]


class Sites(Records):
    """Sites with a widget; a dealer's own pages are made and ended on the dealer's page."""

    def get(self, id: Any, filters: Any = None, select_columns: Any = None) -> Any:
        """The site, inside the user's scope."""
        found = super().get(id, filters, select_columns)
        return found if found is None or found.kind == Kind.WIDGET else None


class SiteView(RecordView):
    """Sites with their widget."""

    datamodel = Sites(Site)
    base_filters = [["kind", FilterEqual, Kind.WIDGET.value]]
    route_base = "/siteler"
    class_permission_name = "site"
    method_permission_name = RecordView.method_permission_name | {
        "change_secret": "secret", "show_secret": "secret"}
    list_title, add_title = _l("Sites and forms"), _l("Add a site")
    edit_title, show_title = _l("Change the site"), _l("Site")
    label_columns = COMMON_LABELS | {
        "public_key": _l("Site key"), "origins": _l("Allowed addresses"), "policy": _l("Policy"),
        "channels": _l("Channels"), "active": _l("Active"),
        "explicit_consents": _l("Explicit consents"), "fields": _l("Custom fields")}
    list_columns = ["name", "brand", "dealer", "policy", "active"]
    formatters_columns = {"policy": lambda value: POLICIES[Policy(value)][0]}
    order_columns = ["name"]
    search_columns = ["name"]
    add_columns = ["brand", "dealer", "name", "origins", "policy", "channels",
                   "explicit_consents", "fields"]
    edit_columns = ["name", "origins", "policy", "channels", "explicit_consents", "fields",
                    "active"]
    show_columns = ["name"]
    add_form_extra_fields = {
        "origins": LinesField(_l("Allowed addresses"), [_check_origins],
                              description=_l("One per line, like https://www.ornek.com.tr.")),
        "policy": SelectField(_l("Policy"), [DataRequired()],
                              choices=[(str(key), text[0]) for key, text in POLICIES.items()],
                              description=_l("How an address becomes verified. Another policy or "
                                             "other channels make a new version of the form.")),
        "channels": SelectMultipleField(
            _l("Channels"), [DataRequired()], coerce=int, default=(2, 1, 3),
            choices=[(2, _l("SMS")), (1, _l("Call")), (3, _l("E-mail"))]),
        "explicit_consents": SelectMultipleField(
            _l("Explicit consents"), coerce=int, choices=_askable,
            description=_l("KVKK texts the form asks for, each with an empty box of its own. None "
                           "is needed; choose only what has no other legal ground.")),
        "fields": SelectMultipleField(
            _l("Custom fields"), coerce=int, choices=_askable_fields,
            description=_l("What else the form asks; it becomes part of each consent’s proof.")),
    }
    edit_form_extra_fields = add_form_extra_fields

    def pre_add(self, item: Any) -> None:
        """Provider from the brand, and a fresh public key; a secret is made when asked for."""
        if item.brand is None:
            raise Told(_("Choose a brand."))
        if item.dealer is not None and item.dealer.brand_id != item.brand.id:
            raise Told(_("This dealer belongs to another brand."))
        item.provider_id = item.brand.provider_id
        self._check_texts(item)
        item.public_key = "pk_" + secrets.token_urlsafe(18)

    def pre_update(self, item: Any) -> None:
        """The texts are still to be the brand's."""
        self._check_texts(item)

    def _check_texts(self, item: Site) -> None:
        """A form shows its own brand's texts, and no more than people can weigh."""
        wanted = item.explicit_consents or []
        if len(wanted) > MOST_ASKED:
            raise Told(_("A form asks for at most %(n)s explicit consents.", n=MOST_ASKED))
        for document in orm.db.session.scalars(
                select(Document).where(Document.id.in_(wanted))):
            if (document.provider_id != item.provider_id
                    or document.brand_id not in (None, item.brand.id)):
                raise Told(_("“%(text)s” is a text of another brand.", text=document.name))
        asked = orm.db.session.scalars(select(CustomField).where(
            CustomField.id.in_(item.fields or [])))
        if any(one.provider_id != item.provider_id for one in asked):
            raise Told(_("A form asks fields of its own provider only."))

    @expose("/show/<int:pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        """The site's page: snippet, rules, origins, live preview."""
        return self.render_template("panel/site.html", **site_page(self._site(pk)))

    @expose("/<int:pk>/anahtar", methods=["POST"])
    @has_access
    @confirm.needed
    def change_secret(self, pk: int) -> ResponseReturnValue:
        """Make the site's secret, renew it, or end the one before."""
        site, wish = self._site(pk), request.form.get("wish", "")
        if wish not in _WISHES:
            raise CallerMistake()
        act, sentence = _WISHES[wish]
        act(site)
        orm.db.session.commit()
        flash(sentence, "success")
        return redirect(url_for("SiteView.show", pk=pk, _anchor="anahtar"))

    @expose("/<int:pk>/anahtar/goster", methods=["POST"])
    @has_access
    @confirm.needed
    def show_secret(self, pk: int) -> ResponseReturnValue:
        """The site's page with its secret open; that it was opened is kept."""
        site = self._site(pk)
        shown = site_secret.show(site)
        orm.db.session.commit()
        return self.render_template("panel/site.html", **site_page(site, shown_secret=shown))

    def _site(self, pk: int) -> Site:
        site: Site | None = self.datamodel.get(pk)
        if site is None:
            raise NotFound()
        return site


_WISHES: dict[str, tuple[Callable[[Site], None], Any]] = {
    "create": (site_secret.create, _l("The secret is made. Show it and give it to your server.")),
    "renew": (partial(site_secret.renew, at_once=False),
              _l("The secret is renewed. The old one holds for one more day.")),
    "replace": (partial(site_secret.renew, at_once=True),
                _l("The secret is renewed. The old one no longer holds.")),
    "end": (site_secret.end_previous, _l("The old secret no longer holds.")),
}


name_things("site", Site, "SiteView.show", "site:read")


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
        Message.kind == int(MessageKind.CONFIRMATION),
        or_(Message.sent_at.is_not(None), Message.problem.startswith(DOUBT))))
    return [_told_step(one) for one in found]


def _told_step(one: Message) -> Step:
    if one.sent_at is None:
        return {"part": "message", "icon": "circle-alert", "tone": "wait", "at": one.created_at,
                "title": _("It is in doubt whether the person was told"),
                "facts": _("The message was handed over and the provider’s answer did not come. It "
                           "is not sent again by itself."), "link": _bundle_of(one)}
    fate = deliverywords.word(one.delivery, one.delivery_reason)
    failed = one.delivery in (Delivery.NOT_DELIVERED, Delivery.BLOCKED_BY_IYS)
    return {"part": "message", "icon": "circle-x" if failed else "mail-check",
            "tone": "wait" if failed else "ok", "at": one.sent_at,
            "title": _("The person was told the same day"),
            "facts": _("With a link to refuse.") + (f" {fate[:1].upper()}{fate[1:]}." if fate
                                                    else ""),
            "link": _bundle_of(one)}


def _bundle_of(one: Message) -> dict[str, str] | None:
    if not security.may("consent:prove"):
        return None
    return {"label": _("Proof of this message"), "url": url_for(
        "MessageView.bundle", number=number_of(one.id))}
