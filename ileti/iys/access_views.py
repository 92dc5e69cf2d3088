"""Which dealers may use a consent, in the panel: of one consent, and of a selection.

What İYS holds is asked when the page is opened, and corrects what we hold; what is wished goes out
by a job and stands on the page until İYS has taken it.
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

from ileti.consents.detail import record_url
from ileti.consents.models import ConsentEntry
from ileti.consents.numbers import record_number
from ileti.consents.search import entry_by_number
from ileti.consents.timeline import address_of
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import db, formats, jobs, orm
from ileti.core.errors import NotFound
from ileti.core.formats import say
from ileti.iys import access, granted
from ileti.iys.access import Selection
from ileti.iys.access_form import ACTS, OFFERED, WORDS, chosen, offered
from ileti.iys.client import IysTrouble, client_for
from ileti.iys.granted import Act, Group
from ileti.iys.models import IysAccessTask
from ileti.recipients.address import mask
from ileti.recipients.models import Recipient
from ileti.tenancy import audit
from ileti.tenancy.models import Brand, Dealer

WISHES = 10


class AccessView(BaseView):
    """``/bayi-erisimi``."""

    route_base = "/bayi-erisimi"
    class_permission_name = "consent"
    default_view = "selection"

    @expose("/izin/<number>")
    @has_access
    @permission_name("share")
    def show(self, number: str) -> ResponseReturnValue:
        """Who may use one consent at İYS, and what is on its way."""
        entry, address = _consent(number)
        brand = orm.db.session.get_one(Brand, entry.brand_id)
        context: dict[str, Any] = {
            "address": mask(address), "number": record_number(entry.id), "url": record_url(entry),
            "line": f"{say(Channel(entry.channel))} · {brand}", "wishes": _wishes(entry),
            "dealers": offered(brand), "brand_id": brand.id,
        }
        names = {one["code"]: one["name"] for one in context["dealers"]}
        group = Group(brand.provider_id, brand.id, RecipientType(entry.recipient_type),
                      Channel(entry.channel), Act.REPLACE, ())
        code, recipient_id = brand.brand_code, entry.recipient_id
        orm.db.session.rollback()  # no transaction stays open during a call to somebody else
        asked = db.database_time()
        try:
            found = client_for(group.provider_id).access(
                code, address, group.recipient_type, group.channel)
            granted.correct(group, recipient_id, [one.code for one in found], asked)
            context |= {"trouble": None, "there": [
                {"code": one.code, "name": names.get(one.code) or one.alias or one.title}
                for one in found]}
        except IysTrouble as trouble:
            context |= {"trouble": say(trouble), "there": []}
        held = {one["code"] for one in context["there"]}
        for one in context["dealers"]:
            one["chosen"] = one["code"] in held
        return self.render_template("panel/access_of_one.html", **context)

    @expose("/izin/<number>", methods=["POST"])
    @has_access
    @permission_name("share")
    def change(self, number: str) -> ResponseReturnValue:
        """Wish another access for one consent."""
        entry, _address = _consent(number)
        back = redirect(url_for("AccessView.show", number=number))
        act = ACTS.get(request.form.get("wish", ""))
        dealers = chosen(orm.db.session.get_one(Brand, entry.brand_id))
        if act is None or not dealers:
            flash(_("Choose at least one dealer."), "warning")
            return back
        group = Group(entry.provider_id, entry.brand_id, RecipientType(entry.recipient_type),
                      Channel(entry.channel), act, dealers)
        audit.record("consent:share", f"consent:{entry.id}", {"count": len(dealers)},
                     provider_id=entry.provider_id)
        recipient_id = entry.recipient_id
        orm.db.session.commit()  # the wish has a transaction of its own
        access.wish(group, recipient_id)
        jobs.ring("iys.jobs.share")
        flash(_("İYS is told within seconds."), "success")
        return back

    @expose("/toplu/<int:brand_id>", methods=["GET", "POST"])
    @has_access
    @permission_name("share")
    def selection(self, brand_id: int) -> ResponseReturnValue:
        """Access of all consents one taker took on one channel: chosen, counted, confirmed."""
        brand = orm.db.session.scalars(select(Brand).where(
            Brand.id == min(brand_id, 2**31 - 1))).first()
        if brand is None:
            raise NotFound()
        dealers = offered(brand)
        context: dict[str, Any] = {
            "brand": str(brand), "brand_id": brand_id, "dealers": dealers, "number": None,
            "takers": _takers(brand),
            "taker": request.form.get("taker", "0"), "channel": request.form.get("channel", "2"),
            "wish": request.form.get("wish", ""), "words": WORDS, "acts": ACTS,
            "channels": [(str(int(one)), say(one)) for one in (
                Channel.MESAJ, Channel.ARAMA, Channel.EPOSTA)],
        }
        if request.method == "GET":
            return self.render_template("panel/access_of_many.html", **context)
        picked, act = chosen(brand), ACTS.get(context["wish"])
        taker = _taker(brand, context["taker"])
        for one in dealers:
            one["chosen"] = one["id"] in picked
        if act is None or not picked or context["channel"] not in ("1", "2", "3"):
            flash(_("Choose at least one dealer."), "warning")
            return self.render_template("panel/access_of_many.html", **context), 422
        wanted = Selection(brand.provider_id, brand.id, taker, Channel(int(context["channel"])))
        provider_id = brand.provider_id
        orm.db.session.rollback()
        if request.form.get("sure") != "evet":
            number = access.count(wanted)
            return self.render_template("panel/access_of_many.html", **(context | {
                "number": number, "too_many": number > access.LARGEST_SELECTION,
                "act_word": WORDS[act]}))
        number = access.wish_for(wanted, act, picked)
        audit.record("consent:share", f"brand:{brand_id}", {"count": number},
                     provider_id=provider_id)
        orm.db.session.commit()
        jobs.ring("iys.jobs.share")
        flash(ngettext("The access of %(n)s consent is on its way to İYS.",
                       "The access of %(n)s consents is on its way to İYS.", number,
                       n=formats.number(number)), "success")
        return redirect(url_for("AccessView.selection", brand_id=brand_id))


def _consent(number: str) -> tuple[ConsentEntry, str]:
    """The visible entry of a record number with its address; NotFound for anything else."""
    entry = entry_by_number(number)
    address = entry and address_of(orm.db.session.get(
        Recipient, (entry.provider_id, entry.recipient_id)))
    if entry is None or not address:
        raise NotFound()
    return entry, address


def _takers(brand: Brand) -> list[tuple[str, str]]:
    """Every dealer that may have taken consents, passive ones too."""
    found = orm.db.session.scalars(select(Dealer).where(Dealer.brand_id == brand.id).order_by(
        Dealer.title, Dealer.id).limit(OFFERED))
    return [(str(one.id), str(one)) for one in found]


def _taker(brand: Brand, text: str) -> int:
    """The dealer that took the consents; 0 the provider itself, NotFound for a strange one."""
    if text == "0":
        return 0
    found = orm.db.session.scalars(select(Dealer.id).where(
        Dealer.brand_id == brand.id, Dealer.id == (
            int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0))).first()
    if found is None:
        raise NotFound()
    return int(found)


def _wishes(entry: ConsentEntry) -> list[dict[str, Any]]:
    """The newest wishes about one consent."""
    found = orm.db.session.scalars(select(IysAccessTask).where(
        IysAccessTask.provider_id == entry.provider_id, IysAccessTask.brand_id == entry.brand_id,
        IysAccessTask.recipient_id == entry.recipient_id,
        IysAccessTask.recipient_type == entry.recipient_type,
        IysAccessTask.channel == entry.channel).order_by(IysAccessTask.id.desc()).limit(WISHES))
    return [{
        "word": WORDS[Act(one.act)], "dealers": len(one.dealer_ids), "at": one.created_at,
        "problem": one.problem or "", "state": "queued" if one.done_at is None else
        "stopped" if one.problem else "done"} for one in found]
