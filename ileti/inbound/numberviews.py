"""Numbers and words in the panel: which number, at which gateway, and what each brand's words are.

Why this module exists: a number is printed on posters, and what people write back must mean what
the poster said. So each brand's words stand beside the text it advertised, a box tells what any
message would be understood as, and the address the gateway calls is shown once, to who may make it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from sqlalchemy import select

from config import settings
from ileti.core import clock, db, orm
from ileti.core.errors import FieldError, NotFound
from ileti.core.formats import say
from ileti.core.whole import whole
from ileti.inbound import numbers, settingup, words
from ileti.inbound.endpoints import PREFIX
from ileti.inbound.formats import GATEWAYS
from ileti.inbound.models import InboundNumber, InboundWords
from ileti.inbound.settingup import TypedNumber, TypedWords
from ileti.inbound.words import Line
from ileti.recipients.address import pretty
from ileti.tenancy import audit, confirm, scope, security
from ileti.tenancy.models import Brand, Provider
from ileti.tenancy.trail import name_things


class InboundNumberView(BaseView):
    """Numbers people write to."""

    route_base = "/gelen-sms/numaralar"
    class_permission_name = "inbound"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """All numbers with their brands."""
        found = orm.db.session.scalars(select(InboundNumber).order_by(
            InboundNumber.provider_id, InboundNumber.name, InboundNumber.id).limit(200)).all()
        may = security.may("inbound:write")
        return self.render_template(
            "panel/inbound/numbers.html", title=_("Numbers and words"), crumbs=_crumbs(),
            rows=[_row(one) for one in found],
            actions=[{"label": _("Add a number"), "icon": "plus", "kind": "primary",
                      "url": url_for("InboundNumberView.add")}] if may else [])

    @expose("/yeni", methods=["GET", "POST"])
    @has_access
    @confirm.needed
    @permission_name("write")
    def add(self) -> ResponseReturnValue:
        """A new number."""
        provider = _provider()
        if request.method == "GET":
            return self._form(provider, TypedNumber(), [])
        typed = _typed_number()
        faults = [*settingup.number_faults(typed), *_taken(provider.id, typed, None)]
        if faults:
            return self._form(provider, typed, faults), 422
        row = InboundNumber(provider_id=provider.id)
        _fill(row, typed)
        orm.db.session.add(row)
        orm.db.session.commit()
        flash(_("The number is there. Make the address its gateway calls, and give it words."),
              "success")
        return redirect(url_for("InboundNumberView.show", pk=row.id), code=303)

    @expose("/<int:pk>")
    @has_access
    @permission_name("read")
    def show(self, pk: int) -> ResponseReturnValue:
        """A number with its words, and the box where words are tried."""
        return self._page(_number(pk))

    @expose("/<int:pk>/dene", methods=["POST"])
    @has_access
    @permission_name("read")
    def attempt(self, pk: int) -> ResponseReturnValue:
        """What a text would be understood as; nothing is kept."""
        return self._page(_number(pk), tried=request.form.get("metin", "")[:500])

    @expose("/<int:pk>/degistir", methods=["GET", "POST"])
    @has_access
    @confirm.needed
    @permission_name("write")
    def edit(self, pk: int) -> ResponseReturnValue:
        """Change a number."""
        row = _number(pk)
        if request.method == "GET":
            return self._form(row.provider, TypedNumber(
                row.number, row.name, row.gateway, row.active, row.login or ""), [], row)
        typed = _typed_number()
        faults = [*settingup.number_faults(typed), *_taken(row.provider_id, typed, row)]
        if faults:
            return self._form(row.provider, typed, faults, row), 422
        _fill(row, typed)
        orm.db.session.commit()
        flash(_("Saved."), "success")
        return redirect(url_for("InboundNumberView.show", pk=pk), code=303)

    @expose("/<int:pk>/adres", methods=["POST"])
    @has_access
    @confirm.needed
    @permission_name("write")
    def make_address(self, pk: int) -> ResponseReturnValue:
        """Make the address the gateway calls, or another at once; this answer alone shows it."""
        row = _number(pk)
        token, row.token_hash = numbers.new_token()
        row.token_at = clock.now()
        audit.record("inbound:address", f"inbound_number:{row.id}", provider_id=row.provider_id)
        orm.db.session.commit()
        return self._page(_number(pk), address=f"{settings().base_url}{PREFIX}{token}")

    @expose("/<int:pk>/sozler/<int:brand_id>", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def words(self, pk: int, brand_id: int) -> ResponseReturnValue:
        """A brand's words at a number."""
        number, brand = _number(pk), _brand(pk, brand_id)
        row = _words(number.id, brand.id)
        if request.method == "GET":
            return self._words_form(number, brand, _as_typed(row, brand), [])
        typed = _typed_words(brand)
        texts = settingup.texts_of(db.connection(), number.provider_id, brand.id)
        read = settingup.read_words(
            typed, str(brand), [line for line in _lines(number) if line.brand_id != brand.id],
            [one.id for one in texts], _printed(number))
        if read.faults or read.line is None:
            return self._words_form(number, brand, typed, read.faults), 422
        row = row or InboundWords(provider_id=number.provider_id, number_id=number.id,
                                  brand_id=brand.id)
        row.consent_words, row.refusal_words = list(read.line.consent), list(read.line.refusal)
        row.info_words, row.text_id = list(read.line.information), typed.text_id or None
        row.info_answer, row.help_answer = typed.info_answer.strip(), typed.help_answer.strip()
        orm.db.session.add(row)
        orm.db.session.commit()
        flash(_("Saved."), "success")
        return redirect(url_for("InboundNumberView.show", pk=pk), code=303)

    def _page(self, row: InboundNumber, *, tried: str | None = None, address: str | None = None
              ) -> ResponseReturnValue:
        may = security.may("inbound:write")
        lines = _lines(row)
        answer: ResponseReturnValue = self.render_template(
            "panel/inbound/number.html", title=row.name, number=row, may=may,
            line=f"{pretty(row.number)} · {GATEWAYS.get(row.gateway, row.gateway)}",
            crumbs=[*_crumbs(), (_("Numbers and words"), url_for("InboundNumberView.index")),
                    (row.name, None)],
            actions=[{"label": _("Change the number"), "icon": "pencil",
                      "url": url_for("InboundNumberView.edit", pk=row.id)}] if may else [],
            brands=[_brand_row(row, one, may) for one in _brands(row)], address=address,
            tried=tried, understood=_understood(tried, lines) if tried else None)
        return answer

    def _form(self, provider: Provider, typed: TypedNumber, faults: Iterable[FieldError],
              row: InboundNumber | None = None) -> str:
        title = row.name if row is not None else _("A new number")
        answer: str = self.render_template(
            "panel/inbound/number_form.html", title=title, provider=provider, typed=typed,
            errors=_errors(faults), row=row, gateways=GATEWAYS,
            crumbs=[*_crumbs(), (_("Numbers and words"), url_for("InboundNumberView.index")),
                    (title, None)])
        return answer

    def _words_form(self, number: InboundNumber, brand: Brand, typed: TypedWords,
                    faults: Iterable[FieldError]) -> str:
        answer: str = self.render_template(
            "panel/inbound/words.html", title=_("Words of %(brand)s", brand=str(brand)),
            line=f"{number.name} · {pretty(number.number)}", number=number, typed=typed,
            errors=_errors(faults),
            texts=settingup.texts_of(db.connection(), number.provider_id, brand.id),
            crumbs=[*_crumbs(), (number.name, url_for("InboundNumberView.show", pk=number.id)),
                    (str(brand), None)])
        return answer


def _crumbs() -> list[tuple[str, str | None]]:
    return [(_("Incoming SMS"), url_for("InboundView.index"))]


def _errors(faults: Iterable[FieldError]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in faults:
        found.setdefault(one.field, say(one))
    return found


def _provider() -> Provider:
    asked = scope.current().provider_id or whole(request.values.get("saglayici", ""),
                                                 most=2**31 - 1)
    found: Provider | None = orm.db.session.scalars(
        select(Provider).where(Provider.id == asked if asked else Provider.id > 0)
        .order_by(Provider.id)).first()
    if found is None:
        raise NotFound()
    return found


def _number(pk: int) -> InboundNumber:
    found: InboundNumber | None = orm.db.session.get(InboundNumber, min(pk, 2**31 - 1))
    if found is None:
        raise NotFound()
    return found


def _brand(pk: int, brand_id: int) -> Brand:
    found: Brand | None = orm.db.session.get(Brand, min(brand_id, 2**31 - 1))
    if found is None or found.provider_id != _number(pk).provider_id:
        raise NotFound()
    return found


def _brands(number: InboundNumber) -> list[Brand]:
    return list(orm.db.session.scalars(select(Brand).where(
        Brand.provider_id == number.provider_id).order_by(Brand.name, Brand.id).limit(100)))


def _words(number_id: int, brand_id: int) -> InboundWords | None:
    found: InboundWords | None = orm.db.session.scalars(select(InboundWords).where(
        InboundWords.number_id == number_id, InboundWords.brand_id == brand_id)).first()
    return found


def _lines(number: InboundNumber) -> list[Line]:
    """The words of every brand the user sees."""
    found = orm.db.session.scalars(select(InboundWords).where(
        InboundWords.number_id == number.id).order_by(InboundWords.brand_id))
    return [Line(one.brand_id, str(one.brand), tuple(one.consent_words), tuple(one.refusal_words),
                 tuple(one.info_words), _printed(number)) for one in found]


def _printed(number: InboundNumber) -> tuple[str, ...]:
    """The words of refusal that stand in the provider's SMS."""
    return (number.provider.refusal_word, *number.provider.refusal_words_before)


def _row(one: InboundNumber) -> dict[str, Any]:
    return {"name": one.name, "number": pretty(one.number), "active": one.active,
            "gateway": GATEWAYS.get(one.gateway, one.gateway), "called": one.token_at,
            "asked": bool(one.login), "brands": [line.brand for line in _lines(one)],
            "url": url_for("InboundNumberView.show", pk=one.id)}


def _brand_row(number: InboundNumber, brand: Brand, may: bool) -> dict[str, Any]:
    row = _words(number.id, brand.id)
    return {"brand": str(brand), "row": row,
            "text": f"{row.text.title} · {row.text.version}" if row and row.text else "",
            "url": url_for("InboundNumberView.words", pk=number.id, brand_id=brand.id)
            if may else None}


def _understood(text: str, lines: list[Line]) -> dict[str, Any]:
    """What the box says: the meaning, for whom, by which words, with which name."""
    said = words.read(text, lines)
    names = {line.brand_id: line.brand for line in lines}
    return {"meant": say(said.meant), "tone": {1: "ok", 2: "ret", 3: "ret"}.get(said.meant, "mute"),
            "brands": [names[one] for one in said.brands], "by": said.by, "name": said.name,
            "channels": [one.name for one in said.channels]}


def _taken(provider_id: int, typed: TypedNumber, own: InboundNumber | None) -> list[FieldError]:
    other = orm.db.session.scalars(select(InboundNumber).where(
        InboundNumber.provider_id == provider_id,
        InboundNumber.number == numbers.spelled(typed.number))).first()
    if other is None or (own is not None and other.id == own.id):
        return []
    return [FieldError("number", "taken", "Bu numara zaten ekli.",
                       "This number is there already.")]


def _typed_number() -> TypedNumber:
    form = request.form
    return TypedNumber(form.get("number", "")[:40], form.get("name", "")[:200],
                       form.get("gateway", "")[:16], "active" in form,
                       form.get("login", "").strip()[:100], form.get("password", "")[:200])


def _fill(row: InboundNumber, typed: TypedNumber) -> None:
    row.number, row.name = numbers.spelled(typed.number), typed.name.strip()
    row.gateway, row.active = typed.gateway, typed.active
    row.login = typed.login or None
    if not typed.login:
        row.password = None
    elif typed.password:
        row.password = typed.password


def _typed_words(brand: Brand) -> TypedWords:
    form = request.form
    texts = {name: form.get(name, "")[:1_000] for name in (
        "consent", "refusal", "info", "info_answer", "help_answer")}
    return TypedWords(brand.id, text_id=form.get("text_id", 0, type=int), **texts)


def _as_typed(row: InboundWords | None, brand: Brand) -> TypedWords:
    if row is None:
        return TypedWords(brand.id)
    return TypedWords(brand.id, "\n".join(row.consent_words), "\n".join(row.refusal_words),
                      "\n".join(row.info_words), row.text_id or 0, row.info_answer,
                      row.help_answer)


name_things("inbound_number", InboundNumber, "InboundNumberView.show", "inbound:read")
