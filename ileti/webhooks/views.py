"""Webhooks in the panel: where alarms go, which of them, the secret, a test, and what came back.

The secret is shown in the answer to making it and never again; a lost one is replaced. What an
address answered is shown by its number alone.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select
from wtforms import BooleanField, SelectMultipleField, StringField
from wtforms.validators import DataRequired

import ileti.webhooks.jobs  # noqa: F401 (its bell can only be rung when it is known)
from ileti.core import clock, db, jobs, orm, target
from ileti.core.errors import NotFound
from ileti.tenancy import audit, confirm, security
from ileti.tenancy.crud import Checked, Records, RecordView, Told
from ileti.tenancy.trail import name_things
from ileti.tenancy.views import COMMON_LABELS
from ileti.webhooks import events, send, signing
from ileti.webhooks.event import Event
from ileti.webhooks.messagefacts import WORD
from ileti.webhooks.models import Webhook, WebhookDelivery

JOB = "webhooks.jobs.tell_webhooks"
SHOWN = 25
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
    "consent.taken": _l("A consent or refusal was taken"),
    "consent.registered": _l("İYS has registered it"),
    "consent.refused": _l("İYS has refused it"),
    "consent.changed": _l("A citizen changed it at İYS"),
    "import.done": _l("An import has ended"),
    "message.status": _l("What becomes of a message: sent, delivered, failed, refused after"),
    "day.difference": _l("The reconciliation found differences"),
    events.TEST: _l("Test"),
}


class WebhookView(RecordView):
    """Addresses that get alarms."""

    datamodel = Records(Webhook)
    route_base = "/webhooklar"
    class_permission_name = "webhook"
    method_permission_name = RecordView.method_permission_name | {
        "make_secret": "write", "test": "write", "again": "write", "all_again": "write"}
    list_title, add_title = _l("Webhooks"), _l("Add a webhook")
    edit_title, show_title = _l("Change the webhook"), _l("Webhook")
    label_columns = COMMON_LABELS | {"url": _l("Address"), "events": _l("Events"),
                                     "sandbox": _l("Sandbox"),
                                     "campaigns": _l("Campaigns too")}
    list_columns = ["name", "sandbox", "provider", "url", "active"]
    formatters_columns = {"sandbox": lambda value: _("Sandbox") if value else ""}
    order_columns = ["name"]
    search_columns = ["name"]
    add_columns = ["provider", "name", "sandbox", "url", "events", "campaigns"]
    edit_columns = ["name", "url", "events", "campaigns", "active"]
    show_columns = ["name"]
    edit_form_extra_fields = {
        "url": StringField(
            _l("Address"), [Checked(target.check)],
            description=_l("An https address that everybody can reach; redirects are not "
                           "followed.")),
        "events": SelectMultipleField(
            _l("Events"), [DataRequired()],
            choices=[(kind, KINDS[kind]) for kind in events.KINDS]),
        "campaigns": BooleanField(_l("Campaigns too"), description=_l(
            "What becomes of messages is told of campaigns too, up to a thousand people in one "
            "call, by their numbers.")),
    }
    add_form_extra_fields = edit_form_extra_fields | {
        "sandbox": BooleanField(_l("Sandbox"), description=_l(
            "It hears of records, messages and lists in the sandbox alone, and each call says so. "
            "It stays so."))}

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
        """Make the secret or another one, which this answer alone shows. Renewed, the old one signs
        too for a day; replaced, it ends at once, as it does when somebody ends it."""
        hook, wish = self._hook(pk), request.form.get("wish")
        orm.db.session.refresh(hook, with_for_update=True)
        if wish == "renew" and _previous_signs(hook):  # pressed twice, nobody's own would be lost
            flash(_("The old secret still signs. End it first, or wait."), "warning")
            return redirect(url_for("WebhookView.show", pk=pk, _anchor="anahtar"))
        if wish == "end":
            if _previous_signs(hook):
                _note(hook, "secret_end_previous")
            hook.secret_before = hook.secret_before_until = None
            orm.db.session.commit()
            flash(_("The old secret signs no more."), "success")
            return redirect(url_for("WebhookView.show", pk=pk, _anchor="anahtar"))
        renewed = hook.secret if wish == "renew" else None
        _note(hook, "secret_renew" if renewed else "secret_replace" if hook.secret
              else "secret_create")
        fresh, now = signing.new_secret(), clock.now()
        hook.secret, hook.secret_at, hook.secret_before = fresh, now, renewed
        hook.secret_before_until = now + signing.OVERLAP if renewed else None
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
        """Send a delivery again that nobody tries any more, or that arrived."""
        hook, number = self._hook(pk), request.form.get("id", 0, type=int)
        one = orm.db.session.scalars(select(WebhookDelivery).where(
            WebhookDelivery.webhook_id == hook.id, WebhookDelivery.id == number,
            or_(WebhookDelivery.dead, WebhookDelivery.sent_at.is_not(None)))).first()
        if one is None:
            raise NotFound()
        audit.record("webhook:again", f"webhook:{hook.id}", {"delivery": one.event_id},
                     provider_id=hook.provider_id)
        orm.db.session.commit()
        send.send_again(hook.provider_id, number)
        jobs.ring(JOB)
        flash(_("It goes out again."), "success")
        return redirect(url_for("WebhookView.show", pk=pk, _anchor="gonderimler"))

    @expose("/<int:pk>/hepsini-yeniden", methods=["POST"])
    @has_access
    def all_again(self, pk: int) -> ResponseReturnValue:
        """Send all that was given up again, once the other side is back."""
        hook = self._hook(pk)
        audit.record("webhook:again", f"webhook:{hook.id}", {"delivery": "*"},
                     provider_id=hook.provider_id)
        orm.db.session.commit()
        send.send_all_again(hook.provider_id, hook.id)
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
            "panel/webhook.html", title=hook.name, line=" · ".join([
                *([_("Sandbox")] if hook.sandbox else []), f"{hook.provider}",
                *([] if hook.active else [_("Switched off")])]), hook=hook, may=may,
            crumbs=[(_("Webhooks"), url_for("WebhookView.list")), (hook.name, None)],
            actions=[{"label": _("Change the webhook"), "url": edit, "icon": "pencil",
                      "kind": "primary"}] if may else [],
            events=[_event_name(hook, kind) for kind in hook.events if kind in KINDS],
            shown_secret=shown_secret, hours=int(signing.OVERLAP.total_seconds() // 3600),
            previous_until=hook.secret_before_until if _previous_signs(hook) else None,
            given_up=may and any(one.dead for one in found),
            deliveries=[_row(hook, one, may) for one in found])
        return answer


def _previous_signs(hook: Webhook) -> bool:
    """Whether the secret before the present one still signs."""
    return bool(hook.secret_before and hook.secret_before_until
                and hook.secret_before_until > clock.now())


def _note(hook: Webhook, deed: str) -> None:
    audit.record(f"webhook:{deed}", f"webhook:{hook.id}", provider_id=hook.provider_id)


def _test_of(hook: Webhook) -> Event:
    """An event of no meaning; each press is another."""
    now = clock.now()
    return Event(hook.provider_id, hook.provider.iys_code, events.TEST,
                 f"{hook.id}:{now.isoformat()}", now, data={"webhook": hook.name},
                 sandbox=hook.sandbox)


def _event_name(hook: Webhook, kind: str) -> str:
    """An event in words; of messages also whether campaigns are among them."""
    name = str(KINDS[kind])
    return f"{name} ({_('Campaigns too')})" if kind == WORD and hook.campaigns else name


def _row(hook: Webhook, one: WebhookDelivery, may: bool) -> dict[str, Any]:
    again = {"label": _("Send again"), "method": "post", "small": True, "icon": "refresh-cw",
             "url": url_for("WebhookView.again", pk=hook.id), "fields": {"id": one.id}}
    return {"what": KINDS.get(one.event, one.event), "about": one.about, "at": one.created_at,
            "tries": one.tries, "tried_at": one.tried_at, "tone": _tone(one),
            "state": _state(one), "why": _why(one),
            "actions": [again] if may and (one.dead or one.sent_at) else []}


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
