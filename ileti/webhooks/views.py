"""Webhooks in the panel: where alarms go, which of them, the secret, a test, and what came back.

The secret is shown in the answer to making it and never again; a lost one is replaced. What an
address answered is shown by its number alone.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import SelectMultipleField, StringField
from wtforms.validators import DataRequired

import ileti.webhooks.jobs  # noqa: F401 (its bell can only be rung when it is known)
from ileti.core import clock, db, jobs, orm
from ileti.core.errors import NotFound
from ileti.tenancy import audit, confirm, security
from ileti.tenancy.crud import Checked, Records, RecordView, Told
from ileti.tenancy.trail import name_things
from ileti.tenancy.views import COMMON_LABELS
from ileti.webhooks import events, send, target
from ileti.webhooks.event import Event
from ileti.webhooks.models import Webhook, WebhookDelivery

JOB = "webhooks.jobs.tell_webhooks"
SHOWN = 25
_BYTES = 32
KINDS = {
    "deadline.half": _l("Half of the time to report is gone"),
    "deadline.four_fifths": _l("Four fifths of the time to report are gone"),
    "deadline.overdue": _l("The time to report is over"),
    "day.missing": _l("A day of İYS is not archived"),
    "day.stamp": _l("A day’s time stamp does not hold"),
    "pull.silent": _l("No changes heard from İYS for a day"),
    "check.started": _l("Full check after a gap: sending has stopped"),
    "check.finished": _l("Full check done: sending goes on"),
    "privacy.given": _l("An explicit consent was given"),
    "privacy.withdrawn": _l("An explicit consent was withdrawn"),
    events.TEST: _l("Test"),
}


class WebhookView(RecordView):
    """Addresses that get alarms."""

    datamodel = Records(Webhook)
    route_base = "/webhooklar"
    class_permission_name = "webhook"
    method_permission_name = RecordView.method_permission_name | {
        "make_secret": "write", "test": "write", "again": "write"}
    list_title, add_title = _l("Webhooks"), _l("Add a webhook")
    edit_title, show_title = _l("Change the webhook"), _l("Webhook")
    label_columns = COMMON_LABELS | {"url": _l("Address"), "events": _l("Events")}
    list_columns = ["name", "provider", "url", "active"]
    order_columns = ["name"]
    search_columns = ["name"]
    add_columns = ["provider", "name", "url", "events"]
    edit_columns = ["name", "url", "events", "active"]
    show_columns = ["name"]
    add_form_extra_fields = {
        "url": StringField(
            _l("Address"), [Checked(target.check)],
            description=_l("An https address that everybody can reach; redirects are not "
                           "followed.")),
        "events": SelectMultipleField(
            _l("Events"), [DataRequired()],
            choices=[(kind, KINDS[kind]) for kind in events.KINDS]),
    }
    edit_form_extra_fields = add_form_extra_fields

    def pre_add(self, item: Any) -> None:
        """Whose it is must be said."""
        if item.provider is None:
            raise Told(_("Choose a provider."))

    @expose("/show/<int:pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        """The webhook's page: state, secret, test, last deliveries."""
        return self._page(self._hook(pk))

    @expose("/<int:pk>/anahtar", methods=["POST"])
    @has_access
    @confirm.needed
    def make_secret(self, pk: int) -> ResponseReturnValue:
        """Make the secret, or another one at once; this answer alone shows it."""
        hook = self._hook(pk)
        fresh = "whs_" + secrets.token_urlsafe(_BYTES)
        audit.record("webhook:secret_replace" if hook.secret else "webhook:secret_create",
                     f"webhook:{hook.id}", provider_id=hook.provider_id)
        hook.secret, hook.secret_at = fresh, clock.now()
        orm.db.session.commit()
        return self._page(hook, shown_secret=fresh)

    @expose("/<int:pk>/dene", methods=["POST"])
    @has_access
    def test(self, pk: int) -> ResponseReturnValue:
        """Send a test event, through the same queue as every other."""
        hook = self._hook(pk)
        if not hook.secret or not hook.active:
            flash(_("Make the secret and switch the webhook on first."), "warning")
            return redirect(url_for("WebhookView.show", pk=pk))
        event = _test_of(hook)
        audit.record("webhook:test", f"webhook:{hook.id}", provider_id=hook.provider_id)
        orm.db.session.commit()
        with db.transaction() as conn:
            events.write(conn, pk, event)
        jobs.ring(JOB)
        flash(_("The test is on its way; reload the page to see the answer."), "success")
        return redirect(url_for("WebhookView.show", pk=pk, _anchor="gonderimler"))

    @expose("/<int:pk>/yeniden", methods=["POST"])
    @has_access
    def again(self, pk: int) -> ResponseReturnValue:
        """Send a delivery again that nobody tries any more."""
        hook, number = self._hook(pk), request.form.get("id", 0, type=int)
        one = orm.db.session.scalars(select(WebhookDelivery).where(
            WebhookDelivery.webhook_id == hook.id, WebhookDelivery.id == number,
            WebhookDelivery.dead)).first()
        if one is None:
            raise NotFound()
        audit.record("webhook:again", f"webhook:{hook.id}", {"delivery": one.event_id},
                     provider_id=hook.provider_id)
        orm.db.session.commit()
        send.send_again(hook.provider_id, number)
        jobs.ring(JOB)
        flash(_("It goes out again."), "success")
        return redirect(url_for("WebhookView.show", pk=pk, _anchor="gonderimler"))

    def _hook(self, pk: int) -> Webhook:
        found: Webhook | None = self.datamodel.get(pk)
        if found is None:
            raise NotFound()
        return found

    def _page(self, hook: Webhook, *, shown_secret: str | None = None) -> ResponseReturnValue:
        may = security.may("webhook:write")
        edit = url_for("WebhookView.edit", pk=hook.id)
        found = orm.db.session.scalars(
            select(WebhookDelivery).where(WebhookDelivery.provider_id == hook.provider_id,
                                          WebhookDelivery.webhook_id == hook.id)
            .order_by(WebhookDelivery.id.desc()).limit(SHOWN)).all()
        answer: ResponseReturnValue = self.render_template(
            "panel/webhook.html", title=hook.name, line=f"{hook.provider}" if hook.active
            else f"{hook.provider} · {_('Switched off')}", hook=hook, may=may,
            crumbs=[(_("Webhooks"), url_for("WebhookView.list")), (hook.name, None)],
            actions=[{"label": _("Change the webhook"), "url": edit, "icon": "pencil",
                      "kind": "primary"}] if may else [],
            events=[KINDS[kind] for kind in hook.events if kind in KINDS],
            shown_secret=shown_secret, deliveries=[_row(hook, one, may) for one in found])
        return answer


def _test_of(hook: Webhook) -> Event:
    """An event of no meaning; each press is another."""
    now = clock.now()
    return Event(hook.provider_id, hook.provider.iys_code, events.TEST,
                 f"{hook.id}:{now.isoformat()}", now, data={"webhook": hook.name})


def _row(hook: Webhook, one: WebhookDelivery, may: bool) -> dict[str, Any]:
    again = {"label": _("Send again"), "method": "post", "small": True, "icon": "refresh-cw",
             "url": url_for("WebhookView.again", pk=hook.id), "fields": {"id": one.id}}
    return {"what": KINDS.get(one.event, one.event), "about": one.about, "at": one.created_at,
            "tries": one.tries, "tried_at": one.tried_at, "tone": _tone(one),
            "state": _state(one), "why": _why(one), "actions": [again] if one.dead and may else []}


def _tone(one: WebhookDelivery) -> str:
    return "ok" if one.sent_at else "bad" if one.dead else "wait"


def _state(one: WebhookDelivery) -> str:
    """What became of it, in a word."""
    if one.sent_at:
        return _("Delivered")
    if one.dead:
        return _("Given up")
    return _("Tried again") if one.tries else _("On its way")


def _why(one: WebhookDelivery) -> str:
    """What the address answered, or why there is no answer; nothing before the first try."""
    if one.sent_at:
        return f"HTTP {one.status}"
    return _problem(one) if one.dead or one.tries else ""


def _problem(one: WebhookDelivery) -> str:
    if one.status is None:
        return {"The name leads to an address that is not public.":
                _("the name leads into a private network"),
                "The name is not known to the DNS.": _("the name is unknown")}.get(
                    one.problem or "", _("no answer"))
    if 300 <= one.status < 400:
        return _("HTTP %(code)s, redirects are not followed", code=one.status)
    return f"HTTP {one.status}"


name_things("webhook", Webhook, "WebhookView.show", "webhook:read")
