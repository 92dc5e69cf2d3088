"""The setup: from an empty installation to the first consent that İYS has registered.

Brands come from İYS by two presses: one fetches and shows them, the other asks İYS again and takes
those that were chosen, so that neither a name nor a number is taken from a form.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from ileti.core import orm
from ileti.core.errors import CallerMistake, NotFound
from ileti.core.formats import say
from ileti.documents.publish import publish_standard_texts
from ileti.iys.answers import RegisteredBrand
from ileti.iys.client import IysTrouble, client_for
from ileti.tenancy import audit, security
from ileti.tenancy.crud import Records, Told
from ileti.tenancy.models import Brand, Provider
from ileti.web.wizard_forms import within_provider
from ileti.web.wizard_frame import consent_step, form_step, frame
from ileti.web.wizard_steps import (
    Key,
    Step,
    facts_of,
    has_forms,
    next_step,
    step_url,
    steps_of,
    visible_provider,
)

OVERVIEW = 25
PAGES = {Key.BRANDS: "panel/wizard_brands.html", Key.DEALERS: "panel/wizard_dealers.html",
         Key.FORM: "panel/wizard_widget.html", Key.CONSENT: "panel/wizard_consent.html"}
LONGEST_NAME = 120


class WizardView(BaseView):
    """``/kurulum``: which company, and the steps that are not a form."""

    route_base = "/kurulum"
    class_permission_name = "provider"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("write")
    def index(self) -> ResponseReturnValue:
        """Where the setup goes on: the only company's next step, a choice of companies, or the
        form of a new one."""
        found = list(orm.db.session.scalars(
            select(Provider).order_by(Provider.id.desc()).limit(OVERVIEW)))
        may_add = security.may("provider:add")
        if not found:
            if not may_add:
                raise NotFound()
            return redirect(url_for("WizardCompanyView.add"))
        if len(found) == 1 and not may_add:
            return redirect(_address(found[0], next_step(steps_of(facts_of(found[0])))))
        rows = []
        for one in found:
            waiting = next_step(steps_of(facts_of(one)))
            rows.append({"name": str(one), "url": _address(one, waiting), "done": waiting is None,
                         "text": f"{waiting.title}: {waiting.text}" if waiting else ""})
        return self.render_template("panel/wizard_choice.html", rows=rows, add_url=url_for(
            "WizardCompanyView.add") if may_add else None)

    @expose("/<int:provider_id>/markalar")
    @has_access
    @permission_name("write")
    def brands(self, provider_id: int) -> ResponseReturnValue:
        """The brands that are here, and the button that asks İYS."""
        return self._page(_provider(provider_id), Key.BRANDS)

    @expose("/<int:provider_id>/bayiler")
    @has_access
    @permission_name("write")
    def dealers(self, provider_id: int) -> ResponseReturnValue:
        """Dealers, for whoever has some."""
        return self._page(_provider(provider_id), Key.DEALERS)

    @expose("/<int:provider_id>/form")
    @has_access
    @permission_name("write")
    def form(self, provider_id: int) -> ResponseReturnValue:
        """The lines for the page, with how the form looks."""
        return self._page(_provider(provider_id), Key.FORM)

    @expose("/<int:provider_id>/izin")
    @has_access
    @permission_name("write")
    def consent(self, provider_id: int) -> ResponseReturnValue:
        """How far the first consent is."""
        return self._page(_provider(provider_id), Key.CONSENT)

    @expose("/<int:provider_id>/markalar", methods=["POST"])
    @has_access
    @permission_name("write")
    def fetch_brands(self, provider_id: int) -> ResponseReturnValue:
        """Ask İYS for the account's brands, and take those that were chosen."""
        provider, wish = _provider(provider_id), request.form.get("wish", "")
        if not security.may("brand:write") or wish not in ("fetch", "take"):
            raise CallerMistake()
        back = redirect(step_url(Key.BRANDS, provider_id))
        orm.db.session.rollback()  # no transaction stays open during a call to somebody else
        try:
            found = client_for(provider_id).brands()
        except IysTrouble as trouble:
            flash(say(trouble), "danger")
            return back
        if wish == "fetch":
            return self._page(provider, Key.BRANDS, fetched=_beside_ours(provider, found))
        chosen = set(request.form.getlist("code"))
        added = _add_brands(provider, [one for one in found if str(one.brand_code) in chosen])
        if added:
            flash(ngettext("%(num)s brand is added.", "%(num)s brands are added.", added),
                  "success")
        return back

    @expose("/<int:provider_id>/metinler", methods=["POST"])
    @has_access
    @permission_name("write")
    def texts(self, provider_id: int) -> ResponseReturnValue:
        """Publish the standard texts of one brand."""
        provider, number = _provider(provider_id), request.form.get("brand", "")
        if not has_forms(provider):
            raise NotFound()
        if not security.may("document:publish"):
            raise CallerMistake()
        brand = orm.db.session.scalars(select(Brand).where(
            Brand.provider_id == provider.id,
            Brand.id == (int(number) if number.isascii() and number.isdigit()
                         and len(number) < 10 else 0))).first()
        if brand is None:
            raise NotFound()
        brand_id, name = brand.id, brand.name
        orm.db.session.rollback()  # publishing has transactions of its own
        publish_standard_texts(provider_id, brand_id)
        audit.record("document:publish", f"brand:{brand_id}", provider_id=provider_id)
        orm.db.session.commit()
        flash(_("The texts of %(brand)s are published.", brand=name), "success")
        return redirect(step_url(Key.SITE, provider_id))

    def _page(self, provider: Provider, key: Key, **more: Any) -> ResponseReturnValue:
        def drawn() -> ResponseReturnValue:
            facts = facts_of(provider)
            context: dict[str, Any] = frame(provider, key, facts) | {"facts": facts}
            if key in (Key.BRANDS, Key.DEALERS):
                context["brands"] = list(orm.db.session.scalars(select(Brand).where(
                    Brand.provider_id == provider.id).order_by(Brand.id).limit(100)))
            elif key is Key.FORM:
                context |= form_step(provider)
            elif key is Key.CONSENT:
                context |= consent_step(provider)
            context |= {"provider_id": provider.id, "fetched": None} | more
            return self.render_template(PAGES[key], **context)
        return within_provider(provider.id, drawn)


def _address(provider: Provider, waiting: Step | None) -> str:
    """Where the setup goes on."""
    last = Key.CONSENT if has_forms(provider) else Key.DEALERS
    return waiting.url if waiting else step_url(last, provider.id)


def _provider(provider_id: int) -> Provider:
    found = visible_provider(provider_id)
    if found is None:
        raise NotFound()
    return found


def _beside_ours(provider: Provider, found: list[RegisteredBrand]) -> list[dict[str, Any]]:
    ours = set(orm.db.session.scalars(select(Brand.brand_code).where(
        Brand.provider_id == provider.id)))
    return [{"code": one.brand_code, "name": one.name, "master": one.master,
             "here": one.brand_code in ours} for one in found]


def _add_brands(provider: Provider, chosen: list[RegisteredBrand]) -> int:
    """Add those that are not here yet; how many."""
    new = [one for one, row in zip(chosen, _beside_ours(provider, chosen), strict=True)
           if not row["here"]]
    records, provider_id = Records(Brand, orm.db.session), provider.id
    for one in new:
        try:
            records.add(Brand(provider_id=provider_id, brand_code=one.brand_code,
                              name=one.name[:LONGEST_NAME] or str(one.brand_code),
                              master=one.master))
        except Told as told:  # somebody was quicker
            flash(str(told), "danger")
    return len(new)
