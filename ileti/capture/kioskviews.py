"""What came late from kiosks and waits for somebody's word: the list, and the press that decides.

Why this module exists: an item here is a person's choice that no program may report or throw away.
Whoever takes consents in the company's name sees why it waits, between which provable moments it
was given, and records it or puts it aside. A dealer sees its own and decides none: it took them.
What was said stays sealed; the list shows the address as every list does, masked.
"""

from __future__ import annotations

from typing import Any, Final

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import func, select

from ileti.capture import kioskheld, kiosktake
from ileti.capture.forms import Visitor
from ileti.capture.kioskheld import ItemState
from ileti.capture.models import KioskItem
from ileti.capture.sites import site_even_closed
from ileti.core import orm
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import (
    CallerMistake,
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    TryLater,
)
from ileti.core.formats import say
from ileti.recipients.address import AddressError, mask, parse_email, parse_phone
from ileti.tenancy import audit, scope
from ileti.tenancy.models import Dealer

SHOWN: Final = 200
RECORD, PUT_ASIDE = "kaydet", "birak"
#: what the form may ask for, and what the trail calls it
DEEDS: Final = {RECORD: "kiosk:record", PUT_ASIDE: "kiosk:aside"}
#: which of them a person may record all the same, and what each is called
REASONS: Final[dict[str, tuple[Any, bool]]] = {
    "out_of_bounds": (_l("The device’s clock was wrong: the moment cannot be proven"), True),
    "page_ended": (_l("Taken after the kiosk’s address had ended"), True),
    "page_closed": (_l("The dealer takes no consents now"), True),
    "text_retired": (_l("A text on the screen was no longer the published one"), True),
    "overdue": (_l("More than three business days old: İYS takes it no more"), False),
    "invalid": (_l("The address or the name cannot be read"), False),
}


class KioskItemView(BaseView):
    """Choices from kiosks that wait for a person."""

    route_base = "/gec-gelenler"
    class_permission_name = "consent"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("take")
    def list(self) -> ResponseReturnValue:
        """Those that wait, oldest first."""
        found = orm.db.session.execute(
            select(KioskItem, Dealer).outerjoin(Dealer, Dealer.id == KioskItem.dealer_id)
            .where(KioskItem.state == int(ItemState.HELD)).order_by(KioskItem.id).limit(SHOWN))
        may = scope.current().dealer_id is None
        return self.render_template(
            "panel/kiosk_items.html", title=_("Choices that came late"), may=may,
            line=_("Taken on a kiosk without network; each waits for somebody’s word."),
            total=waiting(), rows=[_row(item, dealer, may) for item, dealer in found])

    @expose("/<int:pk>/karar", methods=["POST"])
    @has_access
    @permission_name("take")
    def decide(self, pk: int) -> ResponseReturnValue:
        """Record it, or put it aside."""
        item = orm.db.session.scalars(select(KioskItem).where(
            KioskItem.id == min(pk, 2**62))).first()
        if item is None:
            raise NotFound()
        if scope.current().dealer_id is not None:
            raise NotAllowed()
        deed, provider = request.form.get("karar", ""), item.provider_id
        if deed not in DEEDS:  # to put aside is to wipe: nothing else may mean it
            raise CallerMistake(code="deed")
        try:
            said = _record(pk) if deed == RECORD else _aside(pk)
        except (Conflict, InvalidInput, TryLater) as error:
            told = [say(one) for one in error.errors] or [say(error)]
            flash(" ".join(told), "warning")
        else:
            audit.record(DEEDS[deed], f"kiosk:{pk}", {}, provider_id=provider)
            orm.db.session.commit()
            flash(said, "success")
        return redirect(url_for("KioskItemView.list"), code=303)


def waiting() -> int:
    """How many wait, of those in sight."""
    return orm.db.session.scalar(select(func.count()).select_from(KioskItem).where(
        KioskItem.state == int(ItemState.HELD))) or 0


def _record(number: int) -> str:
    orm.db.session.commit()  # the ledger has a transaction of its own
    kept = kioskheld.opened(number)
    site, ended_at, takes = site_even_closed(kept.site_id)
    page = kiosktake.Page(site, ended_at, takes, Visitor("", "kiosk", ""))
    receipt = kiosktake.record_held(page, kept, current_user.id)
    kioskheld.recorded(number, current_user.id)
    return _("Recorded as %(receipt)s; a link to verify goes to the address.", receipt=receipt)


def _aside(number: int) -> str:
    kioskheld.put_aside(number, current_user.id)
    return _("Put aside; what was said in it is wiped.")


def _row(item: KioskItem, dealer: Dealer | None, may: bool) -> dict[str, Any]:
    word, recordable = REASONS.get(item.reason, (item.reason, False))
    return {
        "id": item.id, "reason": word, "dealer": str(dealer) if dealer else "—",
        "number": item.item[:8].upper(), "addresses": _masked(item), "claimed": item.claimed_at,
        "contact": item.contact_at, "arrived": item.arrived_at, "changed": item.clock_changed,
        "record": may and recordable, "url": url_for("KioskItemView.decide", pk=item.id)}


def _masked(item: KioskItem) -> list[str]:
    """Its addresses; none of one that cannot be opened, which takes no other off the list."""
    if item.content_key is None or item.content_ct is None:
        return []
    try:
        said = kioskheld.said_in(item.site_id, item.item, item.content_key, bytes(item.content_ct))
    except CannotDecrypt:
        return []
    return [_mask(said[name]) for name in ("phone", "email") if said.get(name)]


def _mask(text: str) -> str:
    try:
        return mask(parse_email(text) if "@" in text else parse_phone(text))
    except AddressError:
        return "•••••"
