"""What a provider says of itself in messages and how they are refused: the page of that record.

Why this module exists: the law wants these words in every commercial message (R-24 to R-29), so
they are kept once, checked when they are saved, and shown as they will stand. A craftsman's
identity number goes in and never comes out; it stands in the messages, because R-25 says so.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from sqlalchemy import select

from ileti.channels import refusing, voice
from ileti.consents.vocabulary import Channel
from ileti.core import orm
from ileti.core.errors import NotFound
from ileti.core.formats import language
from ileti.templates import previewing, senders
from ileti.templates.vocabulary import Trade
from ileti.templates.written import Content
from ileti.tenancy import confirm
from ileti.tenancy.identifiers import IdentifierError, parse_tckn
from ileti.tenancy.models import Brand, Provider

_NUMBER: Final = re.compile(r"\+?[0-9][0-9 ]{2,18}")
_WORD: Final = re.compile(r"[A-Z0-9]{2,20}")
_SHOWN: Final = {
    Channel.MESAJ: "[…]", Channel.EPOSTA: "[…]", Channel.ARAMA: "[…]"}


class SenderRecordView(BaseView):
    """Sender and refusal of a provider."""

    route_base = "/gonderen"
    class_permission_name = "provider"
    default_view = "edit"

    @expose("/<int:provider_id>", methods=["GET"])
    @has_access
    @confirm.needed
    @permission_name("write")
    def edit(self, provider_id: int) -> ResponseReturnValue:
        """The record as it is."""
        return self._page(_provider(provider_id), {}, {})

    @expose("/<int:provider_id>", methods=["POST"])
    @has_access
    @confirm.needed
    @permission_name("write")
    def save(self, provider_id: int) -> ResponseReturnValue:
        """Keep it, unless something is no such number or word."""
        provider = _provider(provider_id)
        typed = {name: request.form.get(name, "").strip() for name in (
            "trade", "owner_tckn", "service_number", "refusal_number", "refusal_word",
            "call_digit", "segment_price")} | {
                "refusal_elsewhere": request.form.get("refusal_elsewhere", "")}
        read, faults = _read(typed)
        if "refusal_word" not in faults and (
                fault := refusing.word_fault(provider_id, read["refusal_word"])):
            faults["refusal_word"] = fault[1] if language() == "en" else fault[0]
        if faults:
            return self._page(provider, typed, faults), 422
        printed = [provider.refusal_word, *provider.refusal_words_before]
        if read["refusal_word"] != provider.refusal_word:  # people go on answering what was sent
            read["refusal_words_before"] = [one for one in dict.fromkeys(printed)
                                            if one != read["refusal_word"]]
        for name, value in read.items():
            if getattr(provider, name) != value:
                setattr(provider, name, value)
        orm.db.session.commit()
        flash(_("Saved."), "success")
        return redirect(url_for("SenderRecordView.edit", provider_id=provider_id), code=303)

    def _page(self, provider: Provider, typed: dict[str, str], faults: dict[str, str]) -> str:
        kept = {"trade": str(provider.trade), "service_number": provider.service_number or "",
                "refusal_number": provider.refusal_number or "",
                "refusal_elsewhere": "1" if provider.refusal_elsewhere else "",
                "refusal_word": provider.refusal_word, "call_digit": provider.call_digit or "",
                "segment_price": f"{provider.segment_price:f}".rstrip("0").rstrip(".").replace(
                    ".", ",") if provider.segment_price is not None else ""}
        brand = orm.db.session.scalars(select(Brand).where(
            Brand.provider_id == provider.id).order_by(Brand.id)).first()
        page: str = self.render_template(
            "panel/messages/sender.html", provider=provider, said=kept | typed, faults=faults,
            crumbs=[(_("Templates"), url_for("TemplateView.list")),
                    (_("Sender and refusal"), None)],
            has_tckn=bool(provider.owner_tckn), shown=_shown(provider, brand),
            trades=[(str(Trade.TACIR.value), _("Merchant (MERSİS number and title)")),
                    (str(Trade.ESNAF.value), _("Craftsman (name and identity number)"))])
        return page


def _provider(provider_id: int) -> Provider:
    found: Provider | None = orm.db.session.scalars(select(Provider).where(
        Provider.id == min(provider_id, 2**31 - 1))).first()
    if found is None:
        raise NotFound()
    return found


def _shown(provider: Provider, brand: Brand | None) -> list[dict[str, Any]]:
    """The blocks of each channel as they are made of the record, or what it lacks."""
    found = []
    for channel, words in _SHOWN.items():
        sent = senders.sending(provider.id, brand.id if brand else None, channel)
        made = previewing.preview(Content(channel, subject="[…]", body=words), sent, {})
        english = language() == "en"
        found.append({"channel": channel.name, "pieces": made.pieces, "lacks": [
            (one.rule, one.en if english else one.tr) for one in made.lacks]})
    return found


def _read(typed: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Values for the record, and what is wrong by field."""
    read: dict[str, Any] = {}
    faults: dict[str, str] = {}
    if typed["trade"] in ("1", "2"):
        read["trade"] = int(typed["trade"])
    for name in ("service_number", "refusal_number"):
        read[name] = typed[name] or None
        if typed[name] and not _NUMBER.fullmatch(typed[name]):
            faults[name] = _("Write digits, like 0850 000 00 00 or 3338.")
    word = typed["refusal_word"] or "RET"
    read["refusal_word"] = word
    if not _WORD.fullmatch(word):
        faults["refusal_word"] = _("Write 2 to 20 capital letters without Turkish marks, like RET.")
    read["refusal_elsewhere"] = bool(typed["refusal_elsewhere"])
    read["call_digit"] = typed["call_digit"] or None
    if typed["call_digit"] and typed["call_digit"] not in voice.KEYS:
        faults["call_digit"] = _("Write one key of the phone.")
    if typed["owner_tckn"]:
        try:
            read["owner_tckn"] = parse_tckn(typed["owner_tckn"])
        except IdentifierError as error:
            faults["owner_tckn"] = error.en if language() == "en" else error.tr
    price = typed["segment_price"].replace(",", ".")
    try:
        read["segment_price"] = Decimal(price) if price else None
        if price and not 0 <= Decimal(price) < 1000:
            raise InvalidOperation
    except InvalidOperation:
        faults["segment_price"] = _("Write an amount in liras, like 0,12.")
    return read, faults
