"""Accounts at providers in the panel: the list, one account with its form, a test message, rest.

Why this module exists: who opens an account decides over whose lines a company's messages go, so a
fresh proof is asked for, and what makes up its login is never shown again. The address reports are
pushed to is shown to whoever may change accounts, because it is typed into the provider's panel. No
transaction is open while a provider is asked.
"""

from __future__ import annotations

import secrets as chance
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from sqlalchemy import func, select

from ileti.channels import accountform, gatewaykinds, pushed, senders, trial
from ileti.channels.accountmodels import GatewayAccount, Sender, SenderState
from ileti.channels.gatewaykinds import Known
from ileti.channels.senderpage import sender_row
from ileti.consents.vocabulary import Channel
from ileti.core import clock, formats, orm
from ileti.core.errors import NotFound
from ileti.core.formats import say
from ileti.fields.views import provider_at_work
from ileti.tenancy import audit, confirm, security
from ileti.tenancy.models import Brand, Provider
from ileti.tenancy.trail import name_things

LARGEST = 2**31 - 1


class GatewayView(BaseView):
    """``/gonderim-hesaplari``."""

    route_base = "/gonderim-hesaplari"
    class_permission_name = "gateway"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """All accounts, by channel and in the order in which they are asked."""
        provider = provider_at_work()
        rows = orm.db.session.scalars(select(GatewayAccount).where(
            GatewayAccount.provider_id == provider.id).order_by(
            GatewayAccount.channel, GatewayAccount.rank, GatewayAccount.id)).all()
        titles = {row[0]: row[1] for row in orm.db.session.execute(
            select(Sender.account_id, func.count()).where(
                Sender.provider_id == provider.id, Sender.state == int(SenderState.APPROVED))
            .group_by(Sender.account_id))}
        may = security.may("gateway:write")
        groups = [(channel, [_row(one, titles.get(one.id, 0), may) for one in rows
                             if one.channel == int(channel)]) for channel in
                  (Channel.MESAJ, Channel.EPOSTA, Channel.ARAMA)]
        return self.render_template(
            "panel/gateways/list.html", title=_("Sending accounts"),
            line=_("%(provider)s · asked in this order; of one order by weight",
                   provider=str(provider)),
            groups=[(say(channel), some) for channel, some in groups if some],
            actions=[_link(_("Sender titles"), "SenderView.list", icon="tag",
                           saglayici=provider.id)] + (
                [_link(_("Open an account"), "GatewayView.kinds", icon="plus", kind="primary",
                       saglayici=provider.id)] if may else []))

    @expose("/yeni")
    @has_access
    @permission_name("write")
    def kinds(self) -> ResponseReturnValue:
        """Which provider the account is at."""
        provider = provider_at_work()
        return self.render_template(
            "panel/gateways/kinds.html", title=_("Open an account"), provider=provider,
            crumbs=_crumbs(provider, _("Open an account")),
            kinds=[{"title": say(one.kind.title), "channel": one.kind.channel,
                    "plugin": one.plugin, "url": url_for(
                        "GatewayView.add", kind=one.kind.key, saglayici=provider.id)}
                   for one in gatewaykinds.kinds(provider.id)])

    @expose("/yeni/<kind>", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def add(self, kind: str) -> ResponseReturnValue:
        """A new account of a kind."""
        provider = provider_at_work()
        known = gatewaykinds.kind_of(provider.id, kind)
        if known is None:
            raise NotFound()
        if request.method == "GET":
            return self._form(provider, known, accountform.Typed(), [])
        typed = accountform.typed_from(request.form, known, None)
        row, faults = accountform.keep(typed, known, provider, None)
        if row is None:
            orm.db.session.rollback()
            return self._form(provider, known, typed, faults), 422
        orm.db.session.commit()
        flash(_("The account is open. Ask for its sender titles, then send yourself a test."),
              "success")
        return redirect(url_for("GatewayView.show", pk=row.id), code=303)

    @expose("/<int:pk>/degistir", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def edit(self, pk: int) -> ResponseReturnValue:
        """An account's details; secrets stay empty and are kept."""
        row = account_of(pk)
        known = gatewaykinds.kind_of(row.provider_id, row.kind)
        if known is None:
            raise NotFound()
        if request.method == "GET":
            return self._form(row.provider, known, accountform.typed_of(row, known), [], row)
        typed = accountform.typed_from(request.form, known, row)
        provider = row.provider
        kept, faults = accountform.keep(typed, known, provider, row)
        if kept is None:
            orm.db.session.rollback()
            return self._form(provider, known, typed, faults, account_of(pk)), 422
        orm.db.session.commit()
        flash(_("Saved."), "success")
        return redirect(url_for("GatewayView.show", pk=pk), code=303)

    @expose("/<int:pk>")
    @has_access
    @permission_name("read")
    def show(self, pk: int) -> ResponseReturnValue:
        """One account: how it does, its senders, a test, where reports go."""
        return self._page(account_of(pk))

    @expose("/<int:pk>/<wish>", methods=["POST"])
    @has_access
    @permission_name("write")
    def change(self, pk: int, wish: str) -> ResponseReturnValue:
        """Switch an account on or off, or end its rest."""
        row = account_of(pk)
        if wish == "uyandir":
            row.rests_until, row.refusals = None, 0
            flash(_("It is asked again."), "success")
        elif wish in ("ac", "kapat"):
            row.active = wish == "ac"
            flash(_("The account is on.") if row.active else _("The account is off. Reports of "
                                                               "what it sent still come in."),
                  "success")
        else:
            raise NotFound()
        orm.db.session.commit()
        return redirect(url_for("GatewayView.show", pk=pk), code=303)

    @expose("/<int:pk>/dene", methods=["POST"])
    @has_access
    @permission_name("write")
    def test(self, pk: int) -> ResponseReturnValue:
        """Send a message of fixed words to a number of one's own."""
        row = account_of(pk)
        phone, fault = trial.read(request.form.get("to", ""))
        if fault is not None:
            return self._page(row, typed=request.form.get("to", "")[:40],
                              fault=say(fault)), 422
        audit.record("gateway_account:test", f"gateway_account:{pk}", provider_id=row.provider_id)
        orm.db.session.commit()
        good, sentence = trial.send(pk, phone)
        flash(sentence, "success" if good else "danger")
        return redirect(url_for("GatewayView.show", pk=pk, _anchor="dene"), code=303)

    @expose("/<int:pk>/karsilastir", methods=["POST"])
    @has_access
    @permission_name("write")
    def compare(self, pk: int) -> ResponseReturnValue:
        """Lay the provider's list of titles beside ours."""
        row = account_of(pk)
        kept = [one.title for one in _senders(row) if one.state == int(SenderState.APPROVED)]
        orm.db.session.commit()
        told = trial.titles(pk)
        if told is None:
            flash(_("The provider does not tell its titles."), "warning")
            return redirect(url_for("GatewayView.show", pk=pk), code=303)
        return self._page(account_of(pk), compared=senders.compare(told, kept))

    @expose("/<int:pk>/adres", methods=["POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def address(self, pk: int) -> ResponseReturnValue:
        """Another address for pushed reports; the one before is closed at once."""
        row = account_of(pk)
        row.hook = chance.token_urlsafe(32)
        row.hook_hash = pushed.hash_of(row.hook)
        audit.record("gateway_account:address", f"gateway_account:{pk}",
                     provider_id=row.provider_id)
        orm.db.session.commit()
        flash(_("The address is another one. Enter it at the provider."), "success")
        return redirect(url_for("GatewayView.show", pk=pk, _anchor="bildirim"), code=303)

    def _form(self, provider: Provider, known: Known, typed: accountform.Typed,
              faults: Any, row: GatewayAccount | None = None) -> str:
        errors: dict[str, str] = {}
        for one in faults:
            errors.setdefault(one.field, say(one))
        title = row.name if row is not None else say(known.kind.title)
        brands = orm.db.session.scalars(select(Brand).where(
            Brand.provider_id == provider.id).order_by(Brand.name)).all()
        answer: str = self.render_template(
            "panel/gateways/form.html", title=title, provider=provider, typed=typed, row=row,
            errors=errors, crumbs=_crumbs(provider, title), brands=brands,
            fields=[{"key": one.key, "name": f"k-{one.key}", "label": say(one.title),
                     "hint": say(one.hint) if one.hint else "", "secret": one.secret,
                     "required": one.required, "lines": one.lines,
                     "kept": one.key in typed.kept} for one in known.kind.fields])
        return answer

    def _page(self, row: GatewayAccount, **more: Any) -> str:
        known = gatewaykinds.kind_of(row.provider_id, row.kind)
        may = security.may("gateway:write")
        found = _senders(row)
        answer: str = self.render_template(
            "panel/gateways/show.html", title=row.name, row=row, may=may,
            crumbs=_crumbs(row.provider, row.name), line=_line(row, known),
            facts=_facts(row, known), rests=_rests(row),
            actions=_actions(row, known) if may else [],
            hook=pushed.url_of(row.hook) if may and known and known.kind.pushes else None,
            is_sms=row.channel == int(Channel.MESAJ), senders=[sender_row(one) for one in found],
            ready=any(one.state == int(SenderState.APPROVED) for one in found), **more)
        return answer


def account_of(pk: int) -> GatewayAccount:
    """An account in sight; NotFound for any other."""
    row: GatewayAccount | None = orm.db.session.get(GatewayAccount, min(pk, LARGEST))
    if row is None:
        raise NotFound()
    return row


def _senders(row: GatewayAccount) -> Any:
    return orm.db.session.scalars(select(Sender).where(
        Sender.account_id == row.id).order_by(Sender.state, Sender.title).limit(200)).all()


def _link(label: str, endpoint: str, *, icon: str, kind: str = "secondary", **more: Any
          ) -> dict[str, Any]:
    return {"label": label, "url": url_for(endpoint, **more), "icon": icon, "kind": kind}


def _crumbs(provider: Provider, title: str) -> Any:
    return [(_("Sending accounts"), url_for("GatewayView.list", saglayici=provider.id)),
            (title, None)]


def _rests(row: GatewayAccount) -> bool:
    return row.rests_until is not None and row.rests_until > clock.now()


def _kind(row: GatewayAccount, known: Known | None = None) -> str:
    known = known or gatewaykinds.kind_of(row.provider_id, row.kind)
    return say(known.kind.title) if known else _("%(kind)s (not installed)", kind=row.kind)


def _purposes(row: GatewayAccount) -> str:
    both = [_("commercial")] if row.commercial else []
    return ", ".join(both + ([_("without consent")] if row.exempt else []))


def _order(row: GatewayAccount) -> str:
    return _("%(rank)s · weight %(weight)s", rank=row.rank, weight=row.weight)


def _line(row: GatewayAccount, known: Known | None) -> str:
    return " · ".join([_kind(row, known), str(row.brand or _("all brands")), _purposes(row)])


def _facts(row: GatewayAccount, known: Known | None) -> list[tuple[str, Any]]:
    details = accountform.details_of(row)
    shown = [(say(one.title), _("kept sealed") if one.secret else details[one.key])
             for one in (known.kind.fields if known else ()) if details.get(one.key)]
    return [*shown, (_("Order and weight"), _order(row)),
            (_("Messages per second"), formats.number(row.per_second)),
            (_("Last success"), formats.moment(row.last_ok_at) if row.last_ok_at else "—"),
            (_("Last problem"), f"{formats.moment(row.last_problem_at)} · {row.last_problem}"
             if row.last_problem_at else "—")]


def _state(row: GatewayAccount) -> tuple[str, str]:
    """Tone and word."""
    if not row.active:
        return "plain outline", _("Off")
    if _rests(row):
        return "bad soft", _("Rests until %(at)s", at=formats.moment(row.rests_until))
    return "ok soft", _("On")


def _row(row: GatewayAccount, titles: int, may: bool) -> dict[str, Any]:
    tone, word = _state(row)
    unsent = row.channel != int(Channel.EPOSTA) and not titles
    return {
        "name": row.name, "url": url_for("GatewayView.show", pk=row.id), "kind": _kind(row),
        "brand": str(row.brand or _("all brands")), "purposes": _purposes(row),
        "order": _order(row), "tone": tone, "state": word,
        "note": _("no approved sender") if unsent else "", "ok": row.last_ok_at,
        "problem": row.last_problem if row.last_problem_at and (
            row.last_ok_at is None or row.last_problem_at > row.last_ok_at) else "",
        "actions": [_switch(row, small=True)] if may else []}


def _switch(row: GatewayAccount, *, small: bool = False) -> dict[str, Any]:
    wish, label = ("kapat", _("Switch off")) if row.active else ("ac", _("Switch on"))
    return {"label": label, "method": "post", "icon": "power", "small": small,
            "url": url_for("GatewayView.change", pk=row.id, wish=wish)}


def _actions(row: GatewayAccount, known: Known | None) -> list[dict[str, Any]]:
    wake = [{"label": _("End the rest"), "method": "post", "icon": "rotate-ccw", "url": url_for(
        "GatewayView.change", pk=row.id, wish="uyandir")}] if _rests(row) else []
    edit = [_link(_("Change the account"), "GatewayView.edit", icon="pencil", kind="primary",
                  pk=row.id)] if known else []
    return [*wake, _switch(row), *edit]


name_things("gateway_account", GatewayAccount, "GatewayView.show", "gateway:read")
