"""What the pages of single messages show: the list, the form with its preview, one message.

A message's words are personal. The list shows none of them; its own page shows them to whoever may
open an address, and each opening stands in the trail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import and_, func, select

from ileti.campaigns.reasons import Reason
from ileti.channels import assent, deliverywords
from ileti.channels.messagepack import number_of
from ileti.channels.messages import open_content
from ileti.channels.models import Message
from ileti.consents.numbers import record_number
from ileti.consents.timeline import address_of
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import clock, formats, orm, shelves
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import IletiError
from ileti.core.formats import either, language, say
from ileti.fields.catalogue import about, fields_of
from ileti.fields.vocabulary import Subject
from ileti.recipients.address import AddressError, mask, parse_email, parse_phone
from ileti.recipients.models import Recipient
from ileti.singles import taking
from ileti.singles.taking import Wish
from ileti.templates import lifecycle, people, previewing, senders
from ileti.templates.compose import REFUSE
from ileti.templates.judging import Remark
from ileti.templates.merge import Text
from ileti.templates.models import MessageTemplate, MessageTemplateVersion
from ileti.templates.owners import sendable
from ileti.templates.pages import price_of
from ileti.templates.vocabulary import MessageClass
from ileti.templates.written import Content, read
from ileti.tenancy import narrowing, scope, security
from ileti.tenancy import offered as offers
from ileti.tenancy.models import Brand, Dealer

OFFERED: Final = 500
#: how long a message is worth sending, in minutes
LIVES: Final = {60: _l("an hour"), 1_440: _l("a day"), 10_080: _l("a week")}
_VALUE: Final = "deger-"


@dataclass(frozen=True)
class Kept:
    """A message of the list: what to call it, how far it is, and in which tone."""

    label: str
    tone: str


def fate(one: Message) -> Kept:
    """How far a single message is."""
    if one.sent_at is not None:
        said = deliverywords.word(one.delivery, one.delivery_reason)
        return Kept(_capital(said) or _("With the provider"), "ok")
    if one.denial:
        words = Reason(one.denial).words
        return Kept(either(words.tr, words.en), "bad")
    if one.problem:
        doubt = deliverywords.in_doubt(one.problem)
        return Kept(_("In doubt: it may have gone out") if doubt else _("Not sent"),
                    "wait" if doubt else "bad")
    return Kept(_("Waiting to be sent"), "wait")


def _capital(text: str) -> str:
    return formats.upper(text[:1]) + text[1:]


def listing() -> dict[str, Any]:
    """Context of ``panel/singles/list.html``."""
    before = request.args.get("once", type=int)
    wanted = _asked()
    dealer = scope.current().dealer_id  # named outright, so that its own index answers
    found = shelves.shelf(Message, before, Message.kind == 5, *wanted.only,
                          *([Message.dealer_id == dealer] if dealer is not None else []))
    addresses = _addresses(found.rows)
    brands = {one.id: one.name for one in offers.brands()}
    names = offers.names((one.declaration or {}).get("askedBy") for one in found.rows)
    return {
        "title": _("Single messages"),
        "line": _("One message to one person: an order notice, a reminder, an answer."),
        "rows": [{
            "url": url_for("SingleView.show", pk=one.id), "to": addresses.get(one.id, "—"),
            "channel": Channel(one.channel).name, "class": say_class(one.declared),
            "brand": brands.get(one.brand_id, "—"), "at": one.created_at, "fate": fate(one),
            "who": _who(one, names)} for one in found.rows],
        "new": {"label": _("Send a message"), "icon": "plus", "kind": "primary",
                "url": url_for("SingleView.new")} if security.may("single:send") else None,
        "newer": wanted.url() if before is not None else None,
        "older": wanted.url(once=found.rows[-1].id) if found.more else None,
        "asked": wanted.drawn, "shown": wanted.shown, "narrowed": wanted.active}


def _asked() -> narrowing.Asked:
    """What the address asks of the list."""
    one, gone = Message, Message.sent_at.is_not(None)
    stays = and_(~gone, one.denial.is_(None))
    return narrowing.read(
        "SingleView.index", [
            ("durum", _("State")), ("sinif", _("Class")), ("marka", _("Brand")), ("kim", _("Who")),
            ("an", _("When"))],
        [narrowing.Pick("durum", _("State"), [
            ("gitti", _("With the provider"), gone),
            ("bekler", _("Waiting to be sent"), and_(stays, one.problem.is_(None))),
            ("kapi", _("Kept back by the gate"), one.denial.is_not(None)),
            ("gitmedi", _("Not sent"), and_(stays, one.problem.is_not(None)))]),
         narrowing.Pick("kanal", _("Channel"), narrowing.by_number(
             one.channel, {int(each): say(each) for each in taking.CHANNELS})),
         narrowing.Pick("sinif", _("Class"), narrowing.by_number(
             one.declared, {int(each): say(each) for each in MessageClass})),
         narrowing.Pick("marka", _("Brand"), narrowing.by_number(
             one.brand_id, {each.id: each.name for each in offers.brands()}))],
        one.created_at, label=_("Date"))


def _who(one: Message, names: Mapping[int, str]) -> str:
    said = one.declaration or {}
    if said.get("program"):
        return _("a program")
    return names.get(said.get("askedBy") or 0, "—")


def say_class(declared: int | None) -> str:
    """A class in the page's language."""
    return say(MessageClass(declared)) if declared else "—"


def _addresses(rows: list[Message]) -> dict[int, str]:
    """Masked addresses of messages, by one statement."""
    found = {(one.provider_id, one.id): one for one in orm.db.session.scalars(
        select(Recipient).where(Recipient.id.in_([row.recipient_id for row in rows] or [0])))}
    told = {}
    unseen = _("erased") if scope.current().dealer_id is None else "—"  # or no more the dealer's
    for row in rows:
        try:
            address = address_of(found.get((row.provider_id, row.recipient_id)))
        except CannotDecrypt:
            address = None
        told[row.id] = mask(address) if address else unseen
    return told


# -- writing one ----------------------------------------------------------------------------------


def offered_templates() -> list[tuple[int, str]]:
    """Published templates of SMS and mail the user may see, by channel and name."""
    newest = (select(MessageTemplateVersion.template_id,
                     func.max(MessageTemplateVersion.id).label("version"))
              .group_by(MessageTemplateVersion.template_id).subquery())
    rows = orm.db.session.execute(
        select(MessageTemplate.id, MessageTemplate.name, MessageTemplate.channel)
        .join(newest, newest.c.template_id == MessageTemplate.id)
        .where(MessageTemplate.retired_at.is_(None),
               MessageTemplate.channel.in_([int(one) for one in taking.CHANNELS]), sendable())
        .order_by(MessageTemplate.channel, MessageTemplate.name).limit(OFFERED)).all()
    return [(number, f"{say(Channel(channel))} · {name}") for number, name, channel in rows]


class Form:
    """What somebody typed, as a wish; ``errors`` by field, ``remarks`` about the words."""

    def __init__(self, typed: Mapping[str, str]) -> None:
        self.typed, self.errors = typed, dict[str, str]()
        self.remarks: list[Remark] = []
        self.brand = _brand(typed.get("marka", ""))
        self.template_id = _number(typed.get("kaynak", ""), "t")
        self.content, self.channel = self._content()
        self.values = {key: typed.get(f"{_VALUE}{key}", "").strip() for key in self.fields}

    def _content(self) -> tuple[Content | None, Channel | None]:
        channel = next((one for one in taking.CHANNELS if one.name == self.typed.get("kaynak")),
                       None)
        if self.brand is None:
            return None, channel
        if self.template_id is not None:
            try:
                found = taking.of_template(self.template_id, self.brand.provider_id, self.brand.id,
                                           scope.current().dealer_id)
            except IletiError as error:
                self.errors["kaynak"] = say(error)
                return None, None
            return found, found.channel
        if channel is None:
            return None, None
        return read(channel, {
            "class": self.typed.get("sinif", ""), "subject": self.typed.get("konu", ""),
            "body": self.typed.get("metin", ""), "reason": self.typed.get("neden", ""),
            "reference": self.typed.get("referans", ""), "terms": self.typed.get("kosul", ""),
            "ends": self.typed.get("bitis", "")}), channel

    @property
    def fields(self) -> list[str]:
        """Fields of the words that somebody may fill in."""
        if self.content is None:
            return []
        try:
            found = frozenset().union(*(Text(one, html=rich).fields for one, rich in (
                (self.content.subject, False), (self.content.body, False),
                (self.content.html, True))))
        except IletiError:
            return []
        return sorted(found - {REFUSE})

    def judge(self) -> None:
        """Note what is wrong with what was typed, beside its field."""
        if self.brand is None:
            self.errors["marka"] = _("Choose a brand.")
        if self.content is None:
            self.errors.setdefault("kaynak", _("Choose a template, or write the words."))
            return
        if self.template_id is None and not self.typed.get("sinif"):
            self.errors["sinif"] = _("Say what the message is.")
        self.remarks = taking.remarks(self.content, self.brand.provider_id if self.brand else 0)

    def wish(self) -> Wish | None:
        """The wish; None with :attr:`errors`."""
        self.judge()
        address = self._address()
        if self.errors or self.brand is None or self.content is None or self.channel is None:
            return None
        life = _number(self.typed.get("gecerli", ""), "")
        return Wish(
            self.brand.provider_id, self.brand.id, self.channel, address, self.content,
            template_id=self.template_id,
            values={key: value for key, value in self.values.items() if value},
            reference=" ".join(self.typed.get("referans", "").split())[:160],
            recipient_type=RecipientType.TACIR if self.typed.get("tur") == "tacir"
            else RecipientType.BIREYSEL,
            valid=taking.USUAL if life not in LIVES else timedelta(minutes=life or 0),
            user_id=current_user.id, dealer_id=scope.current().dealer_id, idem=self._once())

    def _once(self) -> str | None:
        """The form's own key over what it says: pressed twice it is one message, and written anew
        another one."""
        key = self.typed.get("bir", "")
        if not (key.isalnum() and key.isascii() and len(key) == 32):
            return None
        said = sorted((name, value) for name, value in self.typed.items()
                      if name not in ("csrf_token", "wish"))
        return f"panel:{current_user.id}:{sha256(repr(said).encode()).hexdigest()}"

    def _address(self) -> str:
        text = self.typed.get("alici", "").strip()
        if not text:
            self.errors["alici"] = _("Write the phone number or the e-mail address.")
            return ""
        try:
            return parse_email(text) if self.channel is Channel.EPOSTA else parse_phone(text)
        except AddressError as error:
            self.errors["alici"] = say(error)
            return ""

    def refused(self, error: IletiError) -> None:
        """Put what was refused beside its field."""
        names = {"address": "alici", "body": "metin", "subject": "konu", "reason": "neden",
                 "reference": "referans", "terms": "kosul", "ends": "bitis", "class": "sinif"}
        for one in error.errors:
            field = names.get(one.field, one.field)
            if field.startswith("values."):
                field = _VALUE + field.removeprefix("values.")
            self.errors.setdefault(field, say(one))
        if not error.errors or error.code == "promotes":
            self.errors["metin" if self.template_id is None else "kaynak"] = say(error)


def _number(text: str, before: str) -> int | None:
    text = text.removeprefix(before) if text.startswith(before) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _brand(text: str) -> Brand | None:
    brands = offers.brands()
    if len(brands) == 1:
        return brands[0]
    return next((one for one in brands if str(one.id) == text), None)


def form_page(form: Form, *, shown: bool = False, once: str = "") -> dict[str, Any]:
    """Context of ``panel/singles/form.html``; ``shown``: with the message as it will be read."""
    brands = offers.brands()
    return {
        "title": _("Send a message"), "typed": form.typed, "errors": form.errors,
        "crumbs": [(_("Single messages"), url_for("SingleView.index")),
                   (_("Send a message"), None)],
        "brands": [(one.id, one.name) for one in brands],
        "alone": brands[0] if len(brands) == 1 else None, "brand": form.brand,
        "templates": offered_templates(), "template_id": form.template_id,
        "channel": form.channel.name if form.channel else None,
        "own": [(one.name, _("Words of my own · %(channel)s", channel=say(one)))
                for one in taking.CHANNELS],
        "content": form.content, "content_class": say(form.content.declared)
        if form.content is not None else "",
        "classes": [(one.code, say(one)) for one in MessageClass
                    if not one.exempt or scope.current().dealer_id is None],
        "fields": [(f"{_VALUE}{key}", key, form.typed.get(f"{_VALUE}{key}", ""))
                   for key in form.fields],
        "lives": [(str(number), word) for number, word in LIVES.items()],
        "remarks": form.remarks, "once": once,
        "preview": _preview(form) if shown and form.content is not None else None}


def _preview(form: Form) -> previewing.Preview | None:
    """The message as it will be read; of a person known to nobody yet the fields say what was
    typed, or what a specimen would have."""
    assert form.content is not None
    if form.brand is None:
        return None
    provider = form.brand.provider_id
    known = people.specimen(about(fields_of(provider), Subject.RECIPIENT), language())
    given = {key: value or known.get(key, "") for key, value in form.values.items()}
    sent = senders.sending(provider, form.brand.id, form.content.channel,
                           dealer_id=scope.current().dealer_id)
    return previewing.preview(form.content, sent, given, price=price_of(provider),
                              custom=lifecycle.custom_keys(provider))


# -- one of them ----------------------------------------------------------------------------------


def detail(one: Message, *, opened: bool) -> dict[str, Any]:
    """Context of ``panel/singles/show.html``; ``opened``: with the words."""
    said = one.declaration or {}
    names = offers.names([said.get("askedBy"), said.get("declaredBy"), said.get("approvedBy")])
    state = fate(one)
    brand = orm.db.session.get(Brand, one.brand_id)
    facts: list[tuple[str, Any]] = [
        (_("Recipient"), _addresses([one])[one.id]), (_("Channel"), say(Channel(one.channel))),
        (_("Brand"), str(brand) if brand else "—"), (_("Dealer"), _dealer(one)),
        (_("Class"), say_class(one.declared)),
        (_("Why exempt"), said.get("reason")), (_("Contract or order"), said.get("reference")),
        (_("Asked for by"), _who(one, names)),
        (_("Declared by"), names.get(said.get("declaredBy") or 0)),
        (_("Second person"), names.get(said.get("approvedBy") or 0)),
        (_("Relied on"), record_number(one.permit_id) if one.permit_id else None),
        (_("Way"), one.gateway), (_("Number there"), one.outside_id)]
    why = None
    if one.denial:
        words = Reason(one.denial).words
        why = (either(words.why_tr, words.why_en), words.rule)
    return {
        "title": number_of(one.id), "state": state, "why": why, "problem": one.problem,
        "crumbs": [(_("Single messages"), url_for("SingleView.index")), (number_of(one.id), None)],
        "facts": [(label, value) for label, value in facts if value],
        "written": one.created_at, "due": one.due_at, "sent": one.sent_at,
        "waits": one.sent_at is None and not one.denial and not one.problem,
        "over": one.due_at is not None and one.due_at < clock.now(),
        "words": _words(one) if opened else None, "may_open": security.may("consent:reveal"),
        "open_url": url_for("SingleView.open", pk=one.id),
        "prove_url": url_for("MessageView.bundle", number=number_of(one.id))
        if one.permit_id and security.may("consent:prove") else None}


def _dealer(one: Message) -> str:
    """The dealer who sent it, in the reader's sight; nothing for the brand's own."""
    if one.dealer_id is None:
        return ""
    return str(orm.db.session.scalars(select(Dealer).where(Dealer.id == one.dealer_id)).first()
               or "—")


def _words(one: Message) -> dict[str, Any] | None:
    """What it says; as it was sent, once it was."""
    try:
        if one.sent_ct is not None and one.sent_key is not None:
            return assent.opened(one.provider_id, one.recipient_id, one.id, one.sent_key,
                                 bytes(one.sent_ct))
        if one.content_ct is not None:
            return open_content(one.provider_id, one.recipient_id, one.kind, one.content_key,
                                bytes(one.content_ct))
    except CannotDecrypt:
        return None
    return None
