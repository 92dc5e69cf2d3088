"""Notices and explicit consents in the panel: the list, one act, withdrawal, who is told anew, and
the check of R-60.

An address never stands in a URL, lists are masked, and opening one is audited, as in the list of
consents. A withdrawal at the person's word is as easy as a refusal (R-62).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from ileti.consents import search
from ileti.consents.ledger import ActorKind, Place
from ileti.consents.numbers import entry_of, record_number
from ileti.consents.vocabulary import Source
from ileti.core import clock, csvfile, db, formats, orm
from ileti.core.errors import CallerMistake, IletiError, NotFound
from ileti.core.formats import say
from ileti.documents.models import Document
from ileti.documents.renewal import RENEWALS
from ileti.kvkk import integrity, listing, pages, standing
from ileti.kvkk.models import KvkkEntry
from ileti.kvkk.withdrawal import Withdrawer, withdraw
from ileti.recipients.address import AddressError
from ileti.tenancy import audit, scope, security
from ileti.tenancy.models import Brand, Provider

WAYS: Final = (Source.HS_CAGRI_MERKEZI, Source.HS_FIZIKSEL_ORTAM, Source.HS_EPOSTA)
_LOOKED_BACK: Final = timedelta(days=90)
_SHOWN: Final = 100
_EXPORTED: Final = 100_000


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

    @expose("/kayit/<number>/geri-al", methods=["POST"])
    @has_access
    @permission_name("refuse")
    def withdraw(self, number: str) -> ResponseReturnValue:
        """Record a withdrawal as it reached us; it works at once (R-62)."""
        entry = _act(number)
        source = next((one for one in WAYS if one.name == request.form.get("source")), None)
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
        """Who must be told or asked anew, by text (R-61)."""
        whose, after = _here(), _place(request.args.get("sonra"))
        found = standing.due(db.connection(), whose, after=after, most=listing.PAGE + 1)
        more, found = len(found) > listing.PAGE, found[:listing.PAGE]
        numbers = standing.counts(db.connection(), _here(all_texts=True))
        names = _names([row[0] for row in numbers])
        return self.render_template(
            "panel/kvkk/renew.html", tabs=pages.tabs("renew"),
            texts=[{"name": names.get(number, ""), "what": say(RENEWALS[what]),
                    "count": formats.number(count),
                    "url": url_for("KvkkView.renew", metin=number),
                    "current": number == whose.document_id} for number, what, count in numbers],
            rows=_due_rows(found), all_url=url_for("KvkkView.renew"),
            chosen=whose.document_id, may_open=security.may("consent:reveal"),
            export_url=url_for("KvkkView.export", metin=whose.document_id or ""),
            older=url_for("KvkkView.renew", metin=whose.document_id or "",
                          sonra=f"{found[-1].recipient_id}.{found[-1].document_id}")
            if more else None)

    @expose("/yenilenecekler.csv", methods=["POST"])
    @has_access
    @permission_name("read")
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
        found = standing.due(db.connection(), whose, most=_EXPORTED)
        text = "".join(_csv(found, in_full=in_full))
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


def _place(text: str | None) -> tuple[int, int]:
    recipient, _dot, document = (text or "").partition(".")
    if not (recipient.isascii() and recipient.isdigit() and document.isascii()
            and document.isdigit()) or len(recipient) > 18 or len(document) > 9:
        return (0, 0)
    return int(recipient), int(document)


def _names(ids: list[int]) -> dict[int, str]:
    return {one.id: one.name for one in orm.db.session.scalars(
        select(Document).where(Document.id.in_(ids)))}


def _due_rows(found: Any) -> list[dict[str, Any]]:
    known = listing.addresses((one.provider_id, one.recipient_id) for one in found)
    texts = pages.versions([number for one in found for number in (one.text_id, one.newest_id)])
    return [{"address": pages.shown_address(known.get((one.provider_id, one.recipient_id))),
             "url": url_for("KvkkView.show", number=record_number(one.entry_id)),
             "rests": pages.text_name(texts.get(one.text_id)), "at": one.act_at,
             "newest": pages.text_name(texts.get(one.newest_id)),
             "what": say(RENEWALS[one.renewal])} for one in found]


def _csv(found: Any, *, in_full: bool) -> Iterator[str]:
    """UTF-8 with its mark and semicolons, as Excel reads it; formulas are not let through."""
    texts = pages.versions({number for one in found for number in (one.text_id, one.newest_id)})
    yield csvfile.MARK + csvfile.line(
        [_("Address"), _("Rests on"), _("Since"), _("In force"), _("What to do")])
    for start in range(0, len(found), 1000):
        some = found[start:start + 1000]
        known = listing.addresses((one.provider_id, one.recipient_id) for one in some)
        yield "".join(csvfile.line([
            pages.shown_address(known.get((one.provider_id, one.recipient_id)), in_full=in_full),
            pages.text_name(texts.get(one.text_id)), formats.moment(one.act_at),
            pages.text_name(texts.get(one.newest_id)), say(RENEWALS[one.renewal])])
            for one in some)


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
