"""Numbers that people call to refuse or to consent, in the panel.

Why this module exists: an exchange must be told an address that nobody can guess, and the address
must be replaceable when it got about. Whoever has it can press keys as anybody: it is shown once,
to who has just proved who they are, and so is what decides whether consents are taken. Which texts
a caller hears is no choice of this page: the notice and the consent text that are on show (R-60).
"""

from __future__ import annotations

from typing import Any, Final

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from config import settings
from ileti.channels import ivr
from ileti.channels.voicedoor import CALLS
from ileti.channels.voicemodels import VoiceNumber
from ileti.core import clock, orm
from ileti.core.errors import NotFound
from ileti.core.formats import language
from ileti.recipients.address import AddressError, parse_phone, pretty
from ileti.tenancy import audit, confirm, offered, scope
from ileti.tenancy.models import Brand
from ileti.tenancy.trail import name_things

SHOWN: Final = 100


class VoiceNumberView(BaseView):
    """A brand's numbers for callers, each with the address its exchange asks."""

    route_base = "/arayan-numaralari"
    class_permission_name = "webhook"
    default_view = "list"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("write")
    def list(self) -> ResponseReturnValue:
        """All numbers, and the form that adds one."""
        _refuse_dealers()
        return self._page({})

    @expose("/", methods=["POST"])
    @has_access
    @confirm.needed
    @permission_name("write")
    def add(self) -> ResponseReturnValue:
        """A new number; its address is shown in this answer alone."""
        _refuse_dealers()
        errors, brand, number = self._typed()
        if errors or brand is None:
            return self._page(errors), 422
        token, digest = ivr.new_token()
        one = VoiceNumber(provider_id=brand.provider_id, brand_id=brand.id, number=number,
                          token_hash=digest, token_at=clock.now(),
                          takes_consent="takes_consent" in request.form,
                          records="records" in request.form)
        orm.db.session.add(one)
        try:
            orm.db.session.flush()
        except IntegrityError:
            orm.db.session.rollback()
            return self._page({"number": _("This number is there already.")}), 422
        audit.record("voice_number:add", f"voice_number:{one.id}",
                     {"brand": brand.id, "records": one.records},
                     provider_id=one.provider_id)
        orm.db.session.commit()
        flash(_("The number is added. Give its address to your exchange."), "success")
        return self._page({}, fresh=(one.id, token))

    @expose("/<int:pk>", methods=["POST"])
    @has_access
    @confirm.needed
    @permission_name("write")
    def change(self, pk: int) -> ResponseReturnValue:
        """Another address, on or off, with consents or without, confirmed as recorded or not."""
        one = orm.db.session.scalars(select(VoiceNumber).where(
            VoiceNumber.id == min(pk, 2**31 - 1))).first()
        wish = request.form.get("wish", "")
        if one is None or wish not in ("adres", "acik", "onay", "kayit"):
            raise NotFound()
        token = ""
        if wish == "adres":
            token, one.token_hash = ivr.new_token()
            one.token_at = clock.now()
        elif wish == "acik":
            one.active = not one.active
        elif wish == "kayit":
            one.records = not one.records
        else:
            one.takes_consent = not one.takes_consent
        if wish == "kayit":
            audit.record("voice_number:records", f"voice_number:{one.id}",
                         {"records": one.records}, provider_id=one.provider_id)
        else:
            audit.record("voice_number:renew" if wish == "adres" else "voice_number:switch",
                         f"voice_number:{one.id}", {"what": wish}, provider_id=one.provider_id)
        orm.db.session.commit()
        if token:
            return self._page({}, fresh=(one.id, token))
        flash(_("Saved."), "success")
        return redirect(url_for("VoiceNumberView.list"), code=303)

    def _typed(self) -> tuple[dict[str, str], Brand | None, str]:
        errors, number = {}, ""
        wanted = request.form.get("brand")
        brand = next((one for one in offered.brands() if str(one.id) == wanted), None)
        if brand is None:
            errors["brand"] = _("Choose a brand.")
        try:
            number = parse_phone(request.form.get("number", ""))
        except AddressError as error:
            errors["number"] = error.en if language() == "en" else error.tr
        return errors, brand, number

    def _page(self, errors: dict[str, str], *, fresh: tuple[int, str] = (0, "")) -> str:
        """``fresh``: the number whose address was made just now, and its secret."""
        names = {one.id: str(one) for one in offered.brands()}
        rows = orm.db.session.scalars(
            select(VoiceNumber).order_by(VoiceNumber.id).limit(SHOWN)).all()
        answer: str = self.render_template(
            "panel/voice_numbers.html", errors=errors, typed=request.form if errors else {},
            brands=[*names.items()],
            rows=[_row(one, names, fresh[1] if one.id == fresh[0] else "") for one in rows])
        return answer


def _refuse_dealers() -> None:
    if scope.current().dealer_id is not None:
        raise NotFound()


def _row(one: VoiceNumber, names: dict[int, str], token: str) -> dict[str, Any]:
    url = url_for("VoiceNumberView.change", pk=one.id)
    base = settings().base_url
    return {
        "number": pretty(one.number), "brand": names.get(one.brand_id, ""), "id": one.id,
        "active": one.active, "consent": one.takes_consent, "records": one.records,
        "address": f"{base}{CALLS}{token}" if token else "", "made": one.token_at,
        "actions": [
            {"label": _("Switch off") if one.active else _("Switch on"), "method": "post",
             "small": True, "url": url, "fields": {"wish": "acik"}},
            {"label": _("Take no consents") if one.takes_consent else _("Take consents too"),
             "method": "post", "small": True, "url": url, "fields": {"wish": "onay"}},
            {"label": _("The calls are no longer recorded") if one.records
             else _("Confirm that every call is recorded"),
             "method": "post", "small": True, "url": url, "fields": {"wish": "kayit"}},
            {"label": _("Another address"), "small": True, "url": url, "id": f"adres-{one.id}",
             "fields": {"wish": "adres"}, "confirm": {
                 "title": _("Make another address?"), "verb": _("Make another address"),
                 "text": _("The address in use ends at once; give the new one to the "
                           "exchange.")}}]}


name_things("voice_number", VoiceNumber, "VoiceNumberView.list", "webhook:write")
