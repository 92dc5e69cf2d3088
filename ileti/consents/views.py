"""Consents in the panel: the list, one consent, and the deeds on it.

What the pages show is made in ``listpage`` and ``detail``. An address never stands in a URL (look
§9): a search is a POST that answers with a signed, opaque reference. Lists are masked; opening an
address takes ``consent:reveal``, a POST, and is audited.
"""

from __future__ import annotations

import io

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user

from ileti.consents import bundle, consentreceipt, ledger, listpage, places, search
from ileti.consents.detail import detail, entries_of_key, record_url
from ileti.consents.models import ConsentEntry, ConsentState
from ileti.consents.numbers import record_number
from ileti.consents.refusal import Refuser, refuse_now
from ileti.consents.timeline import address_of
from ileti.consents.vocabulary import Channel, Source
from ileti.core import jobs, orm
from ileti.core.errors import IletiError, NotFound
from ileti.core.formats import say
from ileti.recipients.address import AddressError
from ileti.recipients.models import Recipient
from ileti.recipients.restricted import is_restricted
from ileti.tenancy import audit, confirm, scope
from ileti.tenancy.models import Brand, Provider

REFUSAL_SOURCES = (Source.HS_CAGRI_MERKEZI, Source.HS_FIZIKSEL_ORTAM, Source.HS_EPOSTA,
                   Source.HS_MESAJ, Source.HS_WEB, Source.HS_KARAR)


class ConsentView(BaseView):
    """List, search, detail, reveal and refusal of consents."""

    route_base = "/izinler"
    class_permission_name = "consent"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """The list (look picture 02)."""
        return self.render_template("panel/consents.html", **listpage.context())

    @expose("/ara", methods=["POST"])
    @has_access
    @permission_name("read")
    def search(self) -> ResponseReturnValue:
        """Find by address, record, receipt or İYS number; the answer's URL has a reference only."""
        try:
            found = search.look_up(request.form.get("q", ""))
        except AddressError as error:
            flash(say(error), "warning")
            return redirect(url_for("ConsentView.list"), code=303)
        if found.entries is not None and not found.entries:
            flash(_("No record with this number."), "warning")
            return redirect(url_for("ConsentView.list"), code=303)
        if found.entries is not None and len(found.entries) == 1:
            number = record_number(found.entries[0][1])
            return redirect(url_for("ConsentView.show", number=number), code=303)
        return redirect(url_for("ConsentView.list", bul=search.reference(found)), code=303)

    @expose("/<number>")
    @has_access
    @permission_name("read")
    def show(self, number: str) -> ResponseReturnValue:
        """One consent (look picture 03)."""
        entry, state = _entry_and_state(number)
        return self.render_template("panel/consent.html", **detail(entry, state))

    @expose("/<number>/adres", methods=["POST"])
    @has_access
    @permission_name("reveal")
    def reveal(self, number: str) -> ResponseReturnValue:
        """Show the address in full on this one answer; who did is written down first."""
        entry, state = _entry_and_state(number)
        if is_restricted(entry.provider_id, entry.recipient_id, entry.captured_at):
            raise NotFound()  # kept for the law alone: a proof bundle shows it, no page does
        audit.record("consent:reveal", f"recipient:{entry.recipient_id}",
                     {"record": record_number(entry.id)}, provider_id=entry.provider_id)
        orm.db.session.commit()
        return self.render_template("panel/consent.html", **detail(entry, state, in_full=True))

    @expose("/<number>/kanit-paketi", methods=["POST"])
    @has_access
    @permission_name("prove")
    @confirm.needed
    def prove(self, number: str) -> ResponseReturnValue:
        """The proof bundle of this consent's records; who took it is written down first."""
        entry, _state = _entry_and_state(number)
        ids = [one.id for one in entries_of_key(entry)]
        audit.record("consent:prove", f"recipient:{entry.recipient_id}",
                     {"record": record_number(entry.id), "records": len(ids)},
                     provider_id=entry.provider_id)
        orm.db.session.commit()
        try:
            made = bundle.build(entry.provider_id, ids)
        except IletiError as error:
            flash(say(error), "danger")
            return redirect(record_url(entry))
        packed = io.BytesIO()
        bundle.write(made, packed)
        return Response(packed.getvalue(), mimetype="application/zip", headers={
            "Content-Disposition": f'attachment; filename="kanit-{record_number(entry.id)}.zip"'})

    @expose("/<number>/makbuz")
    @has_access
    @permission_name("prove")
    def receipt(self, number: str) -> ResponseReturnValue:
        """This record's receipt for other software; who took it is written down first."""
        entry, _state = _entry_and_state(number)
        audit.record("consent:receipt", f"recipient:{entry.recipient_id}",
                     {"record": record_number(entry.id)}, provider_id=entry.provider_id)
        orm.db.session.commit()
        made = consentreceipt.receipt(entry.provider_id, [entry.id])
        return Response(places.readable(made), content_type=consentreceipt.MEDIA_TYPE, headers={
            "Content-Disposition": f'attachment; filename="{record_number(entry.id)}.jsonld"'})

    @expose("/<number>/ret", methods=["POST"])
    @has_access
    @permission_name("refuse")
    def refuse(self, number: str) -> ResponseReturnValue:
        """Record the person's refusal as it reached us; it works at once (R-12, R-42)."""
        entry, _state = _entry_and_state(number)
        word = request.form.get("source", Source.HS_CAGRI_MERKEZI.name)
        source = next((one for one in REFUSAL_SOURCES if one.name == word), None)
        recipient = orm.db.session.get(Recipient, (entry.provider_id, entry.recipient_id))
        address = address_of(recipient)
        if source is None or address is None:
            raise NotFound()
        try:
            done = refuse_now(_refuser(entry, address, source))
        except IletiError as error:
            flash(say(error), "danger")
            return redirect(record_url(entry))
        made = done.items[0].entry_id
        audit.record("consent:refuse", f"consent:{record_number(made)}", {"source": source.name},
                     provider_id=entry.provider_id)
        orm.db.session.commit()
        for name in [one for one in jobs.JOBS if one.startswith("iys.")]:
            jobs.ring(name)
        flash(_("The refusal is recorded and works at once."), "success")
        return redirect(url_for("ConsentView.show", number=record_number(made)))


def _refuser(entry: ConsentEntry, address: str, source: Source) -> Refuser:
    brand = orm.db.session.get(Brand, entry.brand_id)
    provider = orm.db.session.get(Provider, entry.provider_id)
    if brand is None or provider is None:
        raise NotFound()
    return Refuser(
        place=ledger.Place(provider.id, provider.iys_code, brand.id, brand.brand_code),
        recipient_id=entry.recipient_id, address=address, channels=[Channel(entry.channel)],
        source=source, actor=ledger.ActorKind.USER, actor_id=current_user.id,
        dealer_id=scope.current().dealer_id, key=f"panel{current_user.id}",
        evidence={"by": "panel"})


def _entry_and_state(number: str) -> tuple[ConsentEntry, ConsentState]:
    """The visible entry of a record number with its key's state; NotFound for anything else."""
    entry = search.entry_by_number(number)
    state = entry and orm.db.session.get(ConsentState, (
        entry.provider_id, entry.brand_id, entry.recipient_id, entry.recipient_type,
        entry.channel))
    if entry is None or state is None:
        raise NotFound()
    return entry, state
