"""Sender titles and caller numbers in the panel: asked for, decided, with document and history.

Why this module exists: what stands above a message must be the company's (R-54). What an operator
would refuse is said while it is typed in, the document that shows the link lies in the evidence
vault, and only what was approved with one can be used. Whose a title was on a day is asked here.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from ileti.channels import senders
from ileti.channels.accountmodels import GatewayAccount, Sender, SenderEvent, SenderState
from ileti.channels.accountviews import LARGEST
from ileti.channels.senderpage import STATES, sender_row
from ileti.consents.detail import moment_of
from ileti.consents.vocabulary import Channel
from ileti.core import clock, orm
from ileti.core.errors import FieldError, IletiError, NotFound
from ileti.core.formats import say
from ileti.evidence import giving, vault
from ileti.fields.views import provider_at_work
from ileti.tenancy import audit, scope, security
from ileti.tenancy.models import Brand, Provider
from ileti.tenancy.trail import name_things, person

_ICONS = {SenderState.ASKED: ("inbox", "accent"), SenderState.APPROVED: ("check", "ok"),
          SenderState.REFUSED: ("x", "bad"), SenderState.CLOSED: ("minus", "mute")}


class SenderView(BaseView):
    """``/basliklar``."""

    route_base = "/basliklar"
    class_permission_name = "gateway"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """All senders, and whose a title was on a day."""
        provider = provider_at_work()
        rows = orm.db.session.scalars(select(Sender).where(
            Sender.provider_id == provider.id).order_by(
            Sender.state, Sender.title, Sender.id).limit(500)).all()
        may = security.may("gateway:write") and _accounts(provider) != []
        return self.render_template(
            "panel/gateways/senders.html", title=_("Sender titles"), provider=provider,
            line=_("%(provider)s · only approved ones are used", provider=str(provider)),
            crumbs=[(_("Sending accounts"), url_for("GatewayView.list", saglayici=provider.id)),
                    (_("Sender titles"), None)],
            actions=[{"label": _("Ask for a title"), "icon": "plus", "kind": "primary",
                      "url": url_for("SenderView.add", saglayici=provider.id)}] if may else [],
            rows=[sender_row(one) for one in rows], **_asked(provider))

    @expose("/yeni", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def add(self) -> ResponseReturnValue:
        """Note a title that was asked for at operators, with its document."""
        provider = provider_at_work()
        if request.method == "GET":
            return self._form(provider, [])
        chosen, brand, faults = _read(provider)
        title = ""
        for channel in {Channel(one.channel) for one in chosen} or {Channel.MESAJ}:
            title, wrong = senders.read(channel, request.form.get("title", ""))
            faults += wrong
        if faults or brand is None:
            return self._form(provider, faults), 422
        me, ids, brand_id = int(current_user.id), [one.id for one in chosen], brand.id
        file_id = _document(provider.id, me)
        accounts = orm.db.session.scalars(select(GatewayAccount).where(
            GatewayAccount.id.in_(ids)).order_by(GatewayAccount.id)).all()
        made = senders.ask(accounts, brand_id, title, file_id=file_id, by=me,
                           said=request.form.get("said", ""))
        orm.db.session.commit()
        if not made:
            flash(_("This title was asked for there already."), "warning")
            return redirect(url_for("SenderView.list", saglayici=provider.id), code=303)
        flash(_("Noted. Enter here what the operator says."), "success")
        return redirect(url_for("SenderView.show", pk=made[0].id), code=303)

    @expose("/<int:pk>")
    @has_access
    @permission_name("read")
    def show(self, pk: int) -> ResponseReturnValue:
        """One sender with everything that became of it."""
        row = _sender(pk)
        events = orm.db.session.scalars(select(SenderEvent).where(
            SenderEvent.sender_id == row.id).order_by(SenderEvent.id)).all()
        named = vault.describe(row.provider_id, [row.file_id]) if row.file_id else {}
        may = security.may("gateway:write")
        return self.render_template(
            "panel/gateways/sender.html", title=row.title, row=row, one=sender_row(row), may=may,
            crumbs=[(_("Sender titles"), url_for("SenderView.list", saglayici=row.provider_id)),
                    (row.title, None)], account=url_for("GatewayView.show", pk=row.account_id),
            file=next(iter(named.values()), None), steps=[_step(one) for one in events],
            wishes=[(int(state), STATES[state]) for state in senders.next_states(row.state)]
            if may else [])

    @expose("/<int:pk>/karar", methods=["POST"])
    @has_access
    @permission_name("write")
    def decide(self, pk: int) -> ResponseReturnValue:
        """What the operator, or the company, decided."""
        row, typed = _sender(pk), request.form.get("state", "")
        wish = next((one for one in SenderState if str(int(one)) == typed), None)
        if wish is None:
            flash(_("Choose what was decided."), "warning")
            return redirect(url_for("SenderView.show", pk=pk, _anchor="karar"), code=303)
        try:
            senders.decide(row, wish, request.form.get("said", ""), by=int(current_user.id))
            orm.db.session.commit()
            flash(_("Noted."), "success")
        except IletiError as error:
            orm.db.session.rollback()
            flash(say(error), "danger")
        return redirect(url_for("SenderView.show", pk=pk), code=303)

    @expose("/<int:pk>/belge", methods=["POST"])
    @has_access
    @permission_name("write")
    def bring(self, pk: int) -> ResponseReturnValue:
        """The document that shows the link to the company; for a title that is asked for."""
        row = _sender(pk)
        if row.state != int(SenderState.ASKED):
            raise NotFound()
        file_id = _document(row.provider_id, int(current_user.id))
        if file_id is not None:
            row = _sender(pk)
            row.file_id = file_id
            orm.db.session.commit()
            flash(_("The document is kept in the vault."), "success")
        return redirect(url_for("SenderView.show", pk=pk), code=303)

    @expose("/<int:pk>/belge.al")
    @has_access
    @permission_name("read")
    def document(self, pk: int) -> ResponseReturnValue:
        """The document as a download; that it was opened is written down."""
        row = _sender(pk)
        if row.file_id is None:
            raise NotFound()
        file = vault.describe(row.provider_id, [row.file_id]).get(row.file_id)
        if file is None:
            raise NotFound()
        audit.record("sender:open", f"sender:{pk}", {"file": row.file_id},
                     provider_id=row.provider_id)
        return giving.give(row.provider_id, row.file_id, file.name)

    def _form(self, provider: Provider, faults: Any) -> str:
        errors: dict[str, str] = {}
        for one in faults:
            errors[one.field] = " ".join(filter(None, (errors.get(one.field), say(one))))
        brands = orm.db.session.scalars(select(Brand).where(
            Brand.provider_id == provider.id).order_by(Brand.name)).all()
        answer: str = self.render_template(
            "panel/gateways/ask.html", title=_("Ask for a title"), provider=provider,
            crumbs=[(_("Sender titles"), url_for("SenderView.list", saglayici=provider.id)),
                    (_("Ask for a title"), None)], errors=errors, brands=brands,
            accounts=_accounts(provider), typed=request.form,
            chosen=request.form.getlist("account"))
        return answer


def _sender(pk: int) -> Sender:
    row: Sender | None = orm.db.session.get(Sender, min(pk, LARGEST))
    if row is None:
        raise NotFound()
    return row


def _accounts(provider: Provider) -> Any:
    return orm.db.session.scalars(select(GatewayAccount).where(
        GatewayAccount.provider_id == provider.id,
        GatewayAccount.channel != int(Channel.EPOSTA)).order_by(
        GatewayAccount.channel, GatewayAccount.rank, GatewayAccount.id)).all()


def _read(provider: Provider) -> tuple[list[GatewayAccount], Brand | None, list[FieldError]]:
    faults: list[FieldError] = []
    wanted = set(request.form.getlist("account"))
    chosen = [one for one in _accounts(provider) if str(one.id) in wanted]
    if not chosen:
        faults.append(FieldError("account", "missing", "En az bir hesap seçin.",
                                 "Choose at least one account."))
    if len({one.channel for one in chosen}) > 1:
        faults.append(FieldError("account", "channels", "SMS ve arama hesaplarını ayrı ayrı seçin.",
                                 "Choose SMS and call accounts apart."))
    brand = next((one for one in orm.db.session.scalars(select(Brand).where(
        Brand.provider_id == provider.id)) if str(one.id) == request.form.get("brand")), None)
    if brand is None:
        faults.append(FieldError("brand", "missing", "Bir marka seçin.", "Choose a brand."))
    elif any(one.brand_id not in (None, brand.id) for one in chosen):
        faults.append(FieldError("account", "brand", "Seçtiğiniz hesap başka bir markanın.",
                                 "An account you chose is another brand’s."))
    return chosen, brand, faults


def _document(provider_id: int, me: int) -> int | None:
    """The file of this form, kept in the vault; None without one. Ends the transaction."""
    if not any(one.filename for one in request.files.getlist(giving.FIELD)):
        return None
    brought = giving.take(provider_id, by=me)
    for _name, refusal in brought.refused:
        flash(say(refusal), "danger")
    return brought.kept[0][0].id if brought.kept else None


def _asked(provider: Provider) -> dict[str, Any]:
    """Whose a title was at a moment, when the address asks."""
    title, typed = request.args.get("baslik", "").strip()[:20], request.args.get("an", "")[:32]
    if not title:
        now = clock.to_istanbul(clock.now()).strftime("%Y-%m-%dT%H:%M")
        return {"asked": "", "at": now, "held": None, "problem": ""}
    until, problem = moment_of(typed)
    if problem or until is None:
        return {"asked": title, "at": typed, "held": None,
                "problem": str(problem or _("Write a day like 31.12.2026."))}
    inside = scope.current().brand_id
    found = [one for one in senders.holders(title, until, provider_id=provider.id)
             if inside in (None, one.brand_id)]
    names = {one.id: one.name for one in orm.db.session.scalars(select(Brand).where(
        Brand.provider_id == provider.id))}
    return {"asked": title, "at": typed, "problem": "", "moment": until,
            "held": [{"brand": names.get(one.brand_id, ""), "since": one.since,
                      "until": one.until} for one in found]}


def _step(one: SenderEvent) -> dict[str, Any]:
    state = SenderState(one.state)
    icon, tone = _ICONS[state]
    return {"icon": icon, "tone": tone, "title": STATES[state], "at": one.at,
            "facts": person(one.user_id) if one.user_id else "", "quote": one.said or None}


giving.door("SenderView.add", "gateway:write")
giving.door("SenderView.bring", "gateway:write")
name_things("sender", Sender, "SenderView.show", "gateway:read")
