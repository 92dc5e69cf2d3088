"""The page of mail: keys with their DNS records, mailboxes that are read, addresses in trouble.

A key's private half and a mailbox's password are never shown; the secret of a pushed mailbox is
shown in the answer to making it and never again.
"""

from __future__ import annotations

from typing import Any, Final

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from config import settings
from ileti.channels import mailkeys
from ileti.consents.trouble import Kind
from ileti.core import db, orm
from ileti.core.errors import InvalidInput, NotFound
from ileti.core.formats import language, say
from ileti.mailroom import boxes, dnscheck, endpoints, kept
from ileti.mailroom.dnscheck import Found
from ileti.mailroom.intake import Outcome, crowded
from ileti.tenancy import audit, confirm, scope, security
from ileti.tenancy.models import Brand, Provider

KINDS: Final = {Kind.HARD: _l("No such address"), Kind.SOFT: _l("Not delivered for now"),
                Kind.COMPLAINT: _l("Reported as spam")}
TONES: Final = {Found.GOOD: "ok", Found.OTHER: "bad", Found.MISSING: "bad", Found.UNKNOWN: "wait"}
FOUND: Final = {Found.GOOD: _l("In place"), Found.OTHER: _l("Another value stands there"),
                Found.MISSING: _l("Not there yet"), Found.UNKNOWN: _l("Could not be asked")}


class MailView(BaseView):
    """``/eposta``."""

    route_base = "/eposta"
    class_permission_name = "mail"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """Keys, mailboxes, addresses in trouble."""
        return self._page()

    @expose("/denetle", methods=["POST"])
    @has_access
    @permission_name("read")
    def check(self) -> ResponseReturnValue:
        """Look the records up in DNS."""
        provider_id = _provider().id
        keys = mailkeys.listed(db.connection(), provider_id)
        orm.db.session.commit()
        return self._page(found=dnscheck.check(keys))

    @expose("/anahtar", methods=["POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def add_key(self) -> ResponseReturnValue:
        """Make a key or keep one that is brought."""
        provider_id, form = _provider().id, request.form
        try:
            number = mailkeys.add(
                db.connection(), provider_id, form.get("domain", ""),
                brought=form.get("private", "")[:20_000], selector=form.get("selector", "")[:80])
        except InvalidInput as error:
            return self._page(wrong=("key", say(error))), 422
        key = mailkeys.find(db.connection(), provider_id, number)
        _note("mail:key_add", provider_id, key.host)
        flash(_("The key is made. Copy its record into DNS, then use it."), "success")
        return _back(provider_id)

    @expose("/anahtar/<int:number>", methods=["POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def switch_key(self, number: int) -> ResponseReturnValue:
        """Sign with it from now on, or no more."""
        provider_id, on = _provider().id, request.form.get("durum") == "on"
        act = mailkeys.use if on else mailkeys.stop
        with db.transaction() as conn:
            key = act(conn, provider_id, min(number, 2**31 - 1))
        _note("mail:key_use" if on else "mail:key_stop", provider_id, key.host)
        flash(_("Mails of %(domain)s are signed with this key.", domain=key.domain) if on else
              _("Mails of %(domain)s go unsigned.", domain=key.domain), "success")
        return _back(provider_id)

    @expose("/kutu", methods=["POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def add_box(self) -> ResponseReturnValue:
        """Keep a mailbox."""
        provider_id = _provider().id
        typed = {name: value[:400] for name, value in request.form.items()}
        try:
            number = kept.add_mailbox(db.connection(), provider_id, typed,
                                      {one.id for one in _brands(provider_id)})
        except InvalidInput as error:
            words = " ".join(one.say(language()) for one in error.errors)
            return self._page(wrong=("box", words)), 422
        _note("mail:box_add", provider_id, str(number))
        flash(_("The mailbox is kept."), "success")
        return _back(provider_id)

    @expose("/kutu/<int:number>", methods=["POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def box(self, number: int) -> ResponseReturnValue:
        """Try it, read it or not, or give it an address for pushed mails."""
        provider_id, deed = _provider().id, request.form.get("is", "")
        number = min(number, 2**31 - 1)
        if deed == "try":
            return self._try(provider_id, number)
        if deed == "door":
            secret, hashed = endpoints.new_door()
            kept.set_door(db.connection(), provider_id, number, hashed)
            _note("mail:box_door", provider_id, str(number))
            return self._page(door=f"{settings().base_url}{endpoints.PATH}{secret}")
        if deed not in ("on", "off"):
            raise NotFound()
        kept.switch(db.connection(), provider_id, number, on=deed == "on")
        _note("mail:box_on" if deed == "on" else "mail:box_off", provider_id, str(number))
        return _back(provider_id)

    def _try(self, provider_id: int, number: int) -> ResponseReturnValue:
        one = kept.claimed(db.connection(), provider_id, number)
        orm.db.session.commit()
        problem = boxes.try_box(one)
        flash(_("The mailbox answers.") if problem is None else
              _("The mailbox cannot be read: %(why)s", why=problem),
              "success" if problem is None else "danger")
        return _back(provider_id)

    @expose("/adres/<int:recipient_id>/<int:kind>", methods=["POST"])
    @has_access
    @permission_name("write")
    def clear(self, recipient_id: int, kind: int) -> ResponseReturnValue:
        """Somebody knows that the address works."""
        provider_id, reason = _provider().id, request.form.get("reason", "")
        try:
            kept.clear(db.connection(), provider_id, min(recipient_id, 2**62), kind, reason)
        except InvalidInput as error:
            return self._page(wrong=(f"{recipient_id}-{kind}", say(error))), 422
        audit.record("mail:clear", f"recipient:{recipient_id}",
                     {"kind": Kind(kind).name, "reason": reason.strip()}, provider_id=provider_id)
        orm.db.session.commit()
        flash(_("The entry is cleared. If the address bounces again, it comes back."), "success")
        return _back(provider_id)

    def _page(self, *, found: dict[str, Found] | None = None, wrong: tuple[str, str] = ("", ""),
              door: str = "") -> Any:
        provider, conn = _provider(), db.connection()
        keys = mailkeys.listed(conn, provider.id)
        return self.render_template(
            "panel/mail.html", provider=provider, providers=_providers(), wrong=wrong, door=door,
            keys=keys, domains=sorted({key.domain for key in keys}), found=found,
            tones=TONES, words=FOUND, boxes=kept.mailboxes(conn, provider.id),
            brands=_brands(provider.id), typed=request.form, kinds=KINDS,
            troubled=kept.troubled(conn, provider.id), most=kept.SHOWN,
            unread=kept.for_people(conn, provider.id), crowded=crowded(conn, provider.id),
            decides=security.may("mail:decide"),
            counts={one.name: n for one, n in kept.counts(conn, provider.id).items()},
            outcomes=Outcome, may=security.may("mail:write"), longest=kept.LONGEST_REASON)


def _provider() -> Provider:
    """The work space's provider; of who sees all, the one asked for or the first. A brand's people
    have no mail settings of their own: they are the provider's."""
    here = scope.current()
    if here.brand_id is not None:
        raise NotFound()
    asked = here.provider_id or request.values.get("saglayici", type=int)
    found: Provider | None = orm.db.session.scalars(
        select(Provider).where(Provider.id == min(asked, 2**31 - 1) if asked else Provider.id > 0)
        .order_by(Provider.id)).first()
    if found is None:
        raise NotFound()
    return found


def _providers() -> list[tuple[str, str]]:
    if scope.current().provider_id is not None:
        return []
    rows = orm.db.session.scalars(select(Provider).order_by(Provider.short_name).limit(500))
    return [(str(one.id), str(one)) for one in rows]


def _brands(provider_id: int) -> list[Brand]:
    return list(orm.db.session.scalars(
        select(Brand).where(Brand.provider_id == provider_id).order_by(Brand.name)))


def _note(deed: str, provider_id: int, what: str) -> None:
    audit.record(deed, f"provider:{provider_id}", {"what": what}, provider_id=provider_id)
    orm.db.session.commit()


def _back(provider_id: int) -> ResponseReturnValue:
    return redirect(url_for("MailView.index", saglayici=provider_id), code=303)

