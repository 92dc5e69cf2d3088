"""Ask İYS now about one address or a list, and lay its answer beside what is here.

Not for dealers, see :mod:`ileti.tenancy.roles` (R-31, R-45). An address travels in the body of a
POST and never in a URL (look §9); the answer is the page itself. Who asked about whom is written
down before the question leaves: recipients by their numbers, never an address.
"""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from ileti.consents.ledger import Place
from ileti.consents.vocabulary import Outcome, Status
from ileti.core import orm
from ileti.core.errors import NotFound
from ileti.iys import ask, ask_form, ask_page
from ileti.iys.ask_form import Typed
from ileti.iys.receipts import take_word
from ileti.recipients.models import Recipient
from ileti.tenancy import audit
from ileti.tenancy.models import Brand, Provider

NOTED = 50


class AskView(BaseView):
    """The form and its answer."""

    route_base = "/durum-sorgusu"
    class_permission_name = "iys"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("ask")
    def index(self) -> ResponseReturnValue:
        """The empty form."""
        return self.render_template("panel/ask.html", **ask_page.page(ask_form.empty()))

    @expose("/sor", methods=["POST"])
    @has_access
    @permission_name("ask")
    def ask(self) -> ResponseReturnValue:
        """The answer, below what was typed; faults at their fields."""
        record = request.form.get("ref", "")
        typed = ask_form.by_record(record) if record else ask_form.read(request.form)
        if typed.brand is None or typed.errors:
            return self.render_template("panel/ask.html", **ask_page.page(typed)), 422
        people = ask.recipients_of(typed.brand.provider_id, typed.addresses)
        _note(typed, typed.brand, people)
        heard = ask.hear(typed.brand, typed.recipient_type, typed.keys)
        held = ask.ours(typed.brand, typed.recipient_type, typed.keys, people)
        return self.render_template("panel/ask.html", **ask_page.page(typed, heard, held))

    @expose("/al", methods=["POST"])
    @has_access
    @permission_name("ask")
    def take(self) -> ResponseReturnValue:
        """Let a refusal that İYS holds take the place of a consent that is in force here (R-34).
        İYS is asked once more: what counts is what it says now."""
        typed = ask_form.by_record(request.form.get("ref", ""))
        if typed.brand is None:
            raise NotFound()
        people = ask.recipients_of(typed.brand.provider_id, typed.addresses)
        _note(typed, typed.brand, people)
        heard = ask.hear(typed.brand, typed.recipient_type, typed.keys)
        state = ask.ours(typed.brand, typed.recipient_type, typed.keys, people).states.get(
            typed.keys[0])
        there = heard.there.get(typed.keys[0])
        held = there.movement if there else None
        if held is None or held.status is not Status.RET or state is None:
            flash(_("İYS did not confirm a refusal; nothing was changed."), "warning")
            return redirect(url_for("ConsentView.show", number=typed.record))
        place = _place(typed.brand)
        orm.db.session.commit()  # the ledger writes in a transaction of its own
        done = take_word(place, held, learned=f"asked:{state.entry_id}",
                         date=max(held.holds_from, state.consent_date))
        if done.items[0].outcome is Outcome.RECORDED:
            flash(_("İYS’s refusal is recorded and works at once."), "success")
        return redirect(url_for("ConsentView.show", number=typed.record))


def _place(brand: Brand) -> Place:
    provider = orm.db.session.get(Provider, brand.provider_id)
    if provider is None:
        raise NotFound()
    return Place(provider.id, provider.iys_code, brand.id, brand.brand_code)


def _note(typed: Typed, brand: Brand, people: dict[str, Recipient]) -> None:
    """Who asked about whom; ends the transaction, so that none is open during the call."""
    known = sorted(one.id for one in people.values())
    subject = f"recipient:{known[0]}" if len(typed.addresses) == len(known) == 1 else (
        f"brand:{brand.id}")
    channels = sorted({channel.name for _address, channel in typed.keys})
    audit.record("iys:ask", subject, {
        "count": len(typed.addresses), "channels": channels, "known": known[:NOTED],
    }, provider_id=brand.provider_id)
    orm.db.session.commit()
