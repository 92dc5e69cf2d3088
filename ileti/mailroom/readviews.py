"""A mail that nobody understood in the panel: reading it, and what it says.

Why apart from the page of mail settings: who sets mailboxes is not who reads what people wrote. The
author's address is masked; the words are shown, since that is what the page is for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user

import ileti.iys.jobs  # noqa: F401 (bells ring jobs that are known)
from ileti.consents import unread
from ileti.core import jobs, orm
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import NotFound
from ileti.mailroom import deciding
from ileti.mailroom.extract import Shown, shown
from ileti.mailroom.intake import Outcome
from ileti.mailroom.models import Mailbox, ReturnedMail
from ileti.mailroom.sealed import unseal
from ileti.recipients.address import mask
from ileti.tenancy import scope, security
from ileti.tenancy.trail import name_things, person

_BELL = "iys.jobs.forward"


@dataclass(frozen=True)
class Other:
    """Another room that takes a mail: the button it offers, and the record it made of it, each None
    for who may not."""

    offer: Callable[[ReturnedMail], dict[str, Any] | None]
    became: Callable[[ReturnedMail], dict[str, Any] | None]


_others: list[Other] = []


def taken_by(other: Other) -> None:
    """Register a room above; once per process."""
    _others.append(other)


class UnreadMailView(BaseView):
    """``/eposta/okunacak``."""

    route_base = "/eposta/okunacak"
    class_permission_name = "mail"
    default_view = "show"

    @expose("/<int:pk>")
    @has_access
    @permission_name("decide")
    def show(self, pk: int) -> ResponseReturnValue:
        """One mail with what became of it."""
        return self._page(mail(pk))

    @expose("/<int:pk>/ac", methods=["POST"])
    @has_access
    @permission_name("decide")
    def reveal(self, pk: int) -> ResponseReturnValue:
        """The same page with the author's address in full; noted."""
        unread.note_opening("mail:reveal", f"returned_mail:{pk}", mail(pk))
        return self._page(mail(pk), in_full=True)

    @expose("/<int:pk>/karar", methods=["POST"])
    @has_access
    @permission_name("decide")
    def decide(self, pk: int) -> ResponseReturnValue:
        """What somebody read in it."""
        provider_id = mail(pk).provider_id
        done = unread.decided(lambda word: deciding.decide(
            provider_id, pk, word, by=current_user.id))
        if done is None:
            return redirect(url_for("UnreadMailView.show", pk=pk), code=303)
        jobs.ring(_BELL)
        flash(_("The refusal is recorded.") if done is Outcome.REFUSED else
              _("The mail is set aside."), "success")
        return redirect(url_for("MailView.index", saglayici=provider_id), code=303)

    def _page(self, one: ReturnedMail, *, in_full: bool = False) -> Any:
        box = orm.db.session.get(Mailbox, one.mailbox_id)
        read, sealed = _opened(one)
        waits = one.outcome in deciding.OPEN and one.decided_at is None
        title = _("A mail that was read") if read is None else (
            read.subject or _("A mail without subject"))
        facts: list[tuple[str, Any]] = [(_("Mailbox"), box or "—"),
                                        (_("Arrived here"), one.came_at)]
        if read is not None:
            facts.insert(0, (_("From"), _author(read, in_full=in_full)))
        if one.uid is not None:
            facts.append((_("Its number in the mailbox"), one.uid))
        if one.decided_by is not None:
            facts += [(_("Decided by"), person(one.decided_by)), (_("Decided"), one.decided_at)]
        return self.render_template(
            "panel/inbound/show.html", title=title, line=str(box or ""), words=sealed,
            crumbs=[(_("Mail"), url_for("MailView.index", saglayici=one.provider_id)),
                    (title, None)],
            actions=[{"label": _("Show the address"), "icon": "eye", "method": "post",
                      "url": url_for("UnreadMailView.reveal", pk=one.id)}]
            if read and not in_full and security.may("consent:reveal") else [],
            tone="wait" if waits else "mute", facts=facts, records=_records(one),
            state=_("To be read") if waits else _state(one),
            decisions=_decisions(one, read) if waits else [])


def mail(pk: int) -> ReturnedMail:
    """A mail that a person reads or has read; of a brand's people none: mailboxes are the
    provider's."""
    found: ReturnedMail | None = orm.db.session.get(ReturnedMail, min(pk, 2**62))
    if found is None or scope.current().brand_id is not None or not (
            found.outcome in deciding.OPEN or found.decided_at is not None):
        raise NotFound()
    return found


def _state(one: ReturnedMail) -> str:
    if one.outcome == Outcome.REQUEST:
        return _("Opened as a request")
    return _("Refused") if one.outcome == Outcome.REFUSED else _("Set aside")


def _opened(one: ReturnedMail) -> tuple[Shown | None, str]:
    """What was kept, and its words or why there are none."""
    try:
        kept = unseal(one.mailbox_id, one.digest, one.text_key, one.text_ct)
    except CannotDecrypt:
        return None, _("cannot be opened")
    if kept is None:
        return None, (_("It lies in the request that was opened from it.")
                      if one.outcome == Outcome.REQUEST else
                      _("Its words are not kept here. It may lie in its mailbox."))
    read = shown(kept)
    return read, read.words or _("It has no words.")


def _author(read: Shown, *, in_full: bool) -> str:
    name, address = parseaddr(read.author)
    if in_full:
        return read.author or "—"
    name = "" if "@" in name else name  # many write their address as their name
    return " ".join(filter(None, (name, mask(address) if "@" in address else ""))) or "—"


def _decisions(one: ReturnedMail, read: Shown | None) -> list[dict[str, Any]]:
    found = unread.decisions(
        url_for("UnreadMailView.decide", pk=one.id),
        somebody=one.recipient_id is not None or (read is not None and "@" in read.author),
        refuses=_("It refuses e-mail"),
        everything=_("E-mail, and calls and SMS to a number given together with this address, "
                     "stop from now on."))
    if read is not None:
        found[-1:-1] = [made for other in _others if (made := other.offer(one)) is not None]
    return found


def _records(one: ReturnedMail) -> list[dict[str, Any]]:
    return [*unread.records(one.provider_id, one.submissions),
            *(made for other in _others if one.outcome == Outcome.REQUEST
              and (made := other.became(one)) is not None)]


name_things("returned_mail", ReturnedMail, "UnreadMailView.show", "mail:decide")
