"""Notices and explicit consents in the panel: the list, one act, withdrawal, who is told anew, and
the check of R-60.

An address never stands in a URL, lists are masked, and opening one is audited, as in the list of
consents. A withdrawal at the person's word is as easy as a refusal (R-62).
"""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Final

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from ileti.consents import bundle, consentreceipt, momentpage, places, search
from ileti.consents.ledger import ActorKind, Place
from ileti.consents.numbers import entry_of, record_number
from ileti.consents.vocabulary import Source
from ileti.core import clock, db, orm
from ileti.core.errors import CallerMistake, IletiError, NotFound
from ileti.core.formats import say
from ileti.evidence import giving
from ileti.kvkk import files, integrity, listing, pages, proof, renewing, standing
from ileti.kvkk import receipt as acting
from ileti.kvkk.models import KvkkEntry
from ileti.kvkk.withdrawal import Withdrawer, withdraw
from ileti.recipients.address import AddressError
from ileti.tenancy import audit, confirm, scope, security, viewpages
from ileti.tenancy.models import Brand, Provider

_LOOKED_BACK: Final = timedelta(days=90)
_SHOWN: Final = 100


class KvkkView(BaseView):
    """Acts about personal data."""

    route_base = "/kvkk"
    class_permission_name = "consent"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """Notices shown and read, explicit consents given and withdrawn."""
        if (first := viewpages.first("KvkkView")) is not None:
            return redirect(first)
        return self.render_template("panel/kvkk/list.html", **pages.list_context())

    @expose("/ara", methods=["POST"])
    @has_access
    @permission_name("read")
    def search(self) -> ResponseReturnValue:
        """Find by address, or by the number of a record."""
        typed = request.form.get("q", "")
        if entry_of(typed) is not None and _find(typed) is not None:
            return redirect(url_for("KvkkView.show", number=typed.strip()), code=303)
        try:
            found = search.look_up(typed)
        except AddressError as error:
            flash(say(error), "warning")
            return redirect(url_for("KvkkView.list"), code=303)
        if found.recipients is None:
            flash(_("No record with this number."), "warning")
            return redirect(url_for("KvkkView.list"), code=303)
        return redirect(url_for("KvkkView.list", bul=search.reference(found)), code=303)

    @expose("/kayit/<number>")
    @has_access
    @permission_name("read")
    def show(self, number: str) -> ResponseReturnValue:
        """One act with what was shown."""
        return self.render_template("panel/kvkk/show.html", **pages.show_context(_act(number)))

    @expose("/kayit/<number>/adres", methods=["POST"])
    @has_access
    @permission_name("reveal")
    def reveal(self, number: str) -> ResponseReturnValue:
        """Show the address in full on this one answer; who did is written down first."""
        entry = _act(number)
        audit.record("consent:reveal", f"recipient:{entry.recipient_id}",
                     {"record": record_number(entry.id)}, provider_id=entry.provider_id)
        orm.db.session.commit()
        return self.render_template("panel/kvkk/show.html",
                                    **pages.show_context(entry, in_full=True))

    @expose("/kayit/<number>/makbuz")
    @has_access
    @permission_name("prove")
    def receipt(self, number: str) -> ResponseReturnValue:
        """This act's receipt for other software; who took it is written down first."""
        entry = _act(number)
        beside = acting.beside(entry.provider_id, [entry.id])
        if beside is None:  # of nobody known
            raise NotFound()
        audit.record("consent:receipt", f"recipient:{entry.recipient_id}",
                     {"record": record_number(entry.id)}, provider_id=entry.provider_id)
        orm.db.session.commit()
        made = consentreceipt.receipt(entry.provider_id, [], beside=beside)
        return Response(places.readable(made), content_type=consentreceipt.MEDIA_TYPE, headers={
            "Content-Disposition": f'attachment; filename="{record_number(entry.id)}.jsonld"'})

    @expose("/kayit/<number>/kanit-paketi", methods=["POST"])
    @has_access
    @permission_name("prove")
    @confirm.needed
    def prove(self, number: str) -> ResponseReturnValue:
        """The proof bundle of this act, with what else the person did about its text; who took it
        is written down first."""
        entry = _act(number)
        audit.record("consent:prove", f"kvkk:{record_number(entry.id)}", {},
                     provider_id=entry.provider_id)
        orm.db.session.commit()
        try:
            made = proof.build(momentpage.reach(entry.provider_id), entry.id)
        except IletiError as error:
            flash(say(error), "danger")
            return redirect(pages.url_of(entry))
        packed = io.BytesIO()
        bundle.write(made, packed)
        return Response(packed.getvalue(), mimetype="application/zip", headers={
            "Content-Disposition": f'attachment; filename="kanit-{record_number(entry.id)}.zip"'})

    @expose("/kayit/<number>/dosya")
    @has_access
    @permission_name("read")
    def file(self, number: str) -> ResponseReturnValue:
        """The scan or recording of an act as a download; who opens it is written down first."""
        entry = _act(number)
        found = files.of(entry)
        if found is None:
            raise NotFound()
        number = record_number(entry.id)
        audit.record("proof:open", f"kvkk:{number}", {"file": found.id},
                     provider_id=entry.provider_id)
        return giving.give(entry.provider_id, found.id, number)

    @expose("/kayit/<number>/geri-al", methods=["POST"])
    @has_access
    @permission_name("refuse")
    def withdraw(self, number: str) -> ResponseReturnValue:
        """Record a withdrawal as it reached us; it works at once (R-62). How it came is said by
        whoever records it: a letter is not written down as a call."""
        entry = _act(number)
        if not request.form.get("source"):
            flash(_("Choose how the withdrawal reached us."), "warning")
            return redirect(pages.url_of(entry))
        source = next((one for one in pages.WAYS if one.name == request.form["source"]), None)
        person = (entry.provider_id, entry.recipient_id or 0)
        address = listing.addresses([person]).get(person)
        if source is None or address is None:
            raise CallerMistake()
        try:
            done = withdraw(_withdrawer(entry, address, source), [entry.document_id])
        except IletiError as error:
            flash(say(error), "danger")
            return redirect(pages.url_of(entry))
        if not done:
            flash(_("There is no consent left to withdraw."), "warning")
            return redirect(pages.url_of(entry))
        made = record_number(done[0].entry_id)
        audit.record("consent:withdraw", f"kvkk:{made}", {"source": source.name},
                     provider_id=entry.provider_id)
        orm.db.session.commit()
        flash(_("The withdrawal is recorded and works at once."), "success")
        return redirect(url_for("KvkkView.show", number=made))

    @expose("/yenilenecekler")
    @has_access
    @permission_name("read")
    def renew(self) -> ResponseReturnValue:
        """Who must be told or asked anew, by text (R-17, R-61)."""
        whose = _here()
        found, older, whole = renewing.page(whose, request.args.get("sonra"))
        return self.render_template(
            "panel/kvkk/renew.html", tabs=pages.tabs("renew"),
            texts=renewing.texts(_here(all_texts=True), whose.document_id),
            rows=renewing.rows(found), whole=whole, all_url=url_for("KvkkView.renew"),
            chosen=whose.document_id, may_open=security.may("consent:reveal"),
            export_url=url_for("KvkkView.export", metin=whose.document_id or ""),
            older=url_for("KvkkView.renew", metin=whose.document_id or "", sonra=older)
            if older else None)

    @expose("/yenilenecekler.csv", methods=["POST"])
    @has_access
    @permission_name("read")
    @confirm.needed
    def export(self) -> ResponseReturnValue:
        """The same as a file; addresses in full for whoever may open them, and only then."""
        in_full = request.form.get("adres") == "acik"
        if in_full and not security.may("consent:reveal"):
            raise NotFound()
        whose = _here()
        if in_full:
            audit.record("consent:reveal", f"kvkk-renew:{whose.document_id or 'all'}",
                         {"export": True}, provider_id=whose.provider_id)
            orm.db.session.commit()
        text = "".join(renewing.csv(whose, in_full=in_full))
        return Response(text, content_type="text/csv; charset=utf-8",
                        headers={"Content-Disposition":
                                 'attachment; filename="yeniden-bilgilendirilecekler.csv"'})

    @expose("/denetim")
    @has_access
    @permission_name("read")
    def check(self) -> ResponseReturnValue:
        """R-60: consents of the last three months that no notice precedes."""
        here = scope.current()
        found = integrity.untold(
            db.connection(), since=clock.now() - _LOOKED_BACK, provider_id=here.provider_id,
            brand_id=here.brand_id, dealer_id=here.dealer_id,
            restricted=here.sees_restricted, most=_SHOWN + 1)
        more, found = len(found) > _SHOWN, found[:_SHOWN]
        known = listing.addresses((one.provider_id, one.recipient_id) for one in found)
        return self.render_template(
            "panel/kvkk/check.html", tabs=pages.tabs("check"), days=_LOOKED_BACK.days,
            count=len(found), full=more,
            rows=[{"at": one.captured_at, "explicit": one.explicit,
                   "address": pages.shown_address(known.get((one.provider_id, one.recipient_id))),
                   "url": url_for("KvkkView.show" if one.explicit else "ConsentView.show",
                                  number=record_number(one.entry_id))}
                  for one in found])


def _here(*, all_texts: bool = False) -> standing.Whose:
    """The user's own scope, narrowed to the text that was chosen."""
    here, text = scope.current(), request.args.get("metin", 0, type=int)
    if here.provider_id is None and not here.everything:
        raise NotFound()
    return standing.Whose(here.provider_id, here.brand_id, here.dealer_id,
                          restricted=here.sees_restricted,
                          document_id=text if 0 < text < 2**31 and not all_texts else None)


def _find(number: str) -> KvkkEntry | None:
    entry_id = entry_of(number)
    if entry_id is None:
        return None
    found: KvkkEntry | None = orm.db.session.scalars(select(KvkkEntry).where(
        KvkkEntry.provider_id.in_(list(orm.db.session.scalars(select(Provider.id)))),
        KvkkEntry.id == entry_id)).first()
    return found


def _act(number: str) -> KvkkEntry:
    """The visible act of a record number; NotFound for anything else."""
    found = _find(number)
    if found is None:
        raise NotFound()
    return found


def _withdrawer(entry: KvkkEntry, address: str, source: Source) -> Withdrawer:
    brand = orm.db.session.get(Brand, entry.brand_id)
    provider = orm.db.session.get(Provider, entry.provider_id)
    if brand is None or provider is None:
        raise NotFound()
    return Withdrawer(
        place=Place(provider.id, provider.iys_code, brand.id, brand.brand_code),
        recipient_id=entry.recipient_id or 0, address=address, source=source,
        actor=ActorKind.USER, actor_id=current_user.id, key=f"panel{current_user.id}",
        evidence={"by": "panel"}, dealer_id=scope.current().dealer_id,
        taken_by=scope.current().dealer_id)
