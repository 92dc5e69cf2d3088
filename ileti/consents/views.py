"""Consents in the panel: the list, one consent, and the deeds on it.

What the pages show is made in ``listpage`` and ``detail``. An address never stands in a URL (look
§9): a search is a POST that answers with a signed, opaque reference. Lists are masked; opening an
address takes ``consent:reveal``, a POST, and is audited.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user

from ileti.consents import (
    bundle,
    consentreceipt,
    exportpage,
    fieldfilter,
    fieldpage,
    ledger,
    listpage,
    places,
    search,
)
from ileti.consents.detail import detail, entries_of_key, record_url
from ileti.consents.models import ConsentEntry, ConsentState
from ileti.consents.numbers import record_number
from ileti.consents.refusal import Refuser, refuse_now
from ileti.consents.timeline import address_of
from ileti.consents.vocabulary import Channel, Source
from ileti.core import jobs, orm
from ileti.core.errors import IletiError, InvalidInput, NotFound
from ileti.core.formats import say
from ileti.exports.kinds import MEDIA, Form
from ileti.recipients.address import AddressError
from ileti.recipients.models import Recipient
from ileti.recipients.restricted import is_restricted
from ileti.tenancy import asked, audit, confirm, scope, security, viewpages
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
        """The list (look picture 02); bare, it opens with the view its reader put first."""
        if (first := viewpages.first("ConsentView")) is not None:
            return redirect(first)
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

    @expose("/alan/<key>", methods=["POST"])
    @has_access
    @permission_name("read")
    def find(self, key: str) -> ResponseReturnValue:
        """Narrow the list by a custom field's value; a personal one stands in the answer's address
        as a keyed hash alone."""
        left = [(name, value) for name, value in request.form.items(multi=True)
                if name not in ("csrf_token", "value") and name not in asked.PLACES]
        try:
            left.append(fieldfilter.found(key, request.form.get("value", "")[:500]))
        except fieldfilter.Typed as typed:
            flash(say(typed.fault), "warning")
        return redirect(f"{url_for('ConsentView.list')}?{urlencode(left)}", code=303)

    @expose("/disa-aktar")
    @has_access
    @permission_name("read")
    def export_ask(self) -> ResponseReturnValue:
        """As what the list is to leave, and with which addresses."""
        return self.render_template("panel/export_ask.html", **exportpage.context())

    @expose("/disari.csv", methods=["POST"])
    @has_access
    @permission_name("read")
    @confirm.needed
    def export(self) -> ResponseReturnValue:
        """The rows the list shows as a table, with the custom fields as columns. Addresses and
        personal fields in full for whoever may open them, and only when asked for; who took it is
        written down first. What is long is made by a job and waits on “My exports”."""
        full = request.form.get("adres") == "acik"
        if full and not security.may("consent:reveal"):
            raise NotFound()
        wanted, here = listpage.read_filters(), scope.current()
        form = exportpage.form_of(request.form.get("bicim", Form.CSV))
        if exportpage.is_long(wanted):
            try:
                exportpage.ask(wanted, form, full=full)
            except IletiError as error:
                orm.db.session.rollback()
                flash(say(error), "danger")
            return redirect(url_for("ExportView.index"), code=303)
        audit.record("consent:export", "consent:*", {
            "filters": sorted(name for name in request.args if request.args[name]),
            "addresses": "full" if full else "masked"}, provider_id=here.provider_id)
        orm.db.session.commit()
        pieces, name = exportpage.at_once(wanted, form, full=full)
        return Response(
            stream_with_context(_in_sight(here, pieces)), content_type=MEDIA[form], headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store"})

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

    @expose("/<number>/alanlar", methods=["GET", "POST"])
    @has_access
    @permission_name("read")
    def fields(self, number: str) -> ResponseReturnValue:
        """Keep what is known of the record's recipient right; what was said with it is proof."""
        entry, _state = _entry_and_state(number)
        recipient = orm.db.session.get(Recipient, (entry.provider_id, entry.recipient_id))
        if (scope.current().dealer_id is not None or address_of(recipient) is None
                or not security.may("field:fill")
                or is_restricted(entry.provider_id, entry.recipient_id, entry.captured_at)):
            raise NotFound()
        if request.method == "GET":
            return self.render_template("panel/consent_fields.html",
                                        **fieldpage.form(entry, recipient))
        try:
            changed = fieldpage.save(entry)
        except InvalidInput as error:
            return self.render_template("panel/consent_fields.html", **fieldpage.form(
                entry, recipient, error.errors)), 422
        flash(_("Saved.") if changed else _("Nothing had changed."), "success")
        return redirect(url_for("ConsentView.show", number=number), code=303)

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


def _in_sight(here: scope.Scope, pieces: Iterator[Any]) -> Iterator[Any]:
    """The same pieces, each made in the work space of whoever asked: the request's own has ended
    when the answer is being sent."""
    while True:
        with scope.within(here):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


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
