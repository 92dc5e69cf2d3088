"""Which column means what, as a form: read from a request, laid out for the page.

Why this module exists: between the columns of a file and :class:`ileti.imports.mapping.Mapping`
stand thirty selects, check boxes and texts, of which nothing may be ticked for people beforehand.
What is missing stands at the field that would end it. Values of the file are shown with their
middle hidden: whoever maps a list needs their form, not the people.
"""

from __future__ import annotations

from collections.abc import Mapping as Given
from dataclasses import dataclass, field, replace
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.core import orm
from ileti.core.formats import language, say
from ileti.fields import catalogue
from ileti.fields.vocabulary import Field
from ileti.imports.asked import MOST_SKIPPED
from ileti.imports.dates import read_date
from ileti.imports.mapping import Fixed, Mapping, Role, role_of
from ileti.imports.models import ImportRun
from ileti.imports.ownfields import PREFIX
from ileti.imports.reading.reader import Layout
from ileti.imports.samples import LONGEST as _LONGEST
from ileti.imports.samples import sample
from ileti.imports.table import Table
from ileti.tenancy.models import Dealer

ROLES: Final = {
    Role.RECIPIENT: _l("Phone or e-mail"), Role.PHONE: _l("Phone"), Role.EMAIL: _l("E-mail"),
    Role.CHANNEL: _l("Channel"), Role.STATUS: _l("Consent or refusal"),
    Role.STATUS_SMS: _l("Consent for SMS"), Role.STATUS_CALL: _l("Consent for calls"),
    Role.STATUS_EMAIL: _l("Consent for e-mail"), Role.SOURCE: _l("Source of the consent"),
    Role.DATE: _l("Consent date"), Role.RECIPIENT_TYPE: _l("Recipient type"),
    Role.DEALER: _l("Dealer"), Role.NAME: _l("Name (not kept)"),
    Role.BASIS: _l("Merchant’s basis (VKN, MERSİS)"), Role.PROOF: _l("Proof file"),
    Role.VERIFIED: _l("Address verified, yes or no"),
}
ENCODINGS: Final = (("utf-8", "UTF-8"), ("windows-1254", "Windows-1254"),
                    ("iso-8859-9", "ISO-8859-9"), ("utf-16", "UTF-16"))
DELIMITERS: Final = ((",", _l("Comma")), (";", _l("Semicolon")), ("\t", _l("Tab")),
                     ("|", _l("Vertical bar")), ("^", "^"), ("~", "~"))
_NO_DELIMITER: Final = frozenset("\"\r\n\0")
DEALERS_OFFERED: Final = 500
#: the form's fields by those of ``Mapping.problems``
_PLACES: Final = {"address": "sutunlar", "channel": "kanallar", "status": "secim",
                  "source": "kaynak", "date": "tarih"}


@dataclass
class Typed:
    """What was chosen, and what is wrong with it by field."""

    layout: Layout
    mapping: Mapping
    errors: dict[str, str] = field(default_factory=dict)


def read(form: Given[str, Any], one: ImportRun, columns: int) -> Typed:
    """The form as a mapping; faults at their fields."""
    errors: dict[str, str] = {}
    fixed = _fixed(form, one, errors)
    mapping = Mapping(_columns(form, columns, errors), fixed, _own(form, columns, one, errors))
    for problem in mapping.problems():
        errors.setdefault(_PLACES[problem.field], say(problem))
    return Typed(read_layout(form, Layout.from_json(one.layout)), mapping, errors)


def read_layout(form: Given[str, Any], kept: Layout) -> Layout:
    """How the file is read; what the form does not name stays."""
    if "kodlama" not in form and "sayfa" not in form:
        return kept
    encoding, delimiter = form.get("kodlama", kept.encoding), form.get("ayirac", kept.delimiter)
    return replace(
        kept, encoding=encoding if encoding in dict(ENCODINGS) else kept.encoding,
        delimiter=_delimiter(form.get("ayirac-baska", ""), delimiter, kept.delimiter),
        header=form.get("baslik") == "1",
        sheet=(form.get("sayfa", "").strip()[:100] or None) if "sayfa" in form else kept.sheet,
        skip=_skipped(form.get("atla", "")))


def _delimiter(other: str, chosen: str, kept: str) -> str:
    """Any single character, when one is written; else one of those that are offered."""
    if len(other) == 1 and not other.isalnum() and other not in _NO_DELIMITER:
        return other
    chosen = {"tab": "\t"}.get(chosen, chosen)
    return chosen if chosen in dict(DELIMITERS) else kept


def _skipped(typed: str) -> int:
    """Lines above the heading; a longer number than one can mean is the most there is."""
    if not (typed.isascii() and typed.isdigit()):
        return 0
    return min(int(typed[:10]), MOST_SKIPPED)


def _columns(form: Given[str, Any], width: int, errors: dict[str, str]) -> dict[Role, int]:
    found: dict[Role, int] = {}
    for n in range(width):
        try:
            role = Role(form.get(f"sutun-{n}", ""))
        except ValueError:
            continue
        if role in found:
            errors[f"sutun-{n}"] = _("Column %(n)s has the same meaning already.",
                                     n=found[role] + 1)
            continue
        found[role] = n
    return found


def _own(form: Given[str, Any], width: int, one: ImportRun, errors: dict[str, str]
         ) -> dict[str, int]:
    """Columns of custom fields; what is no field of the provider means nothing."""
    known = {each.key for each in _fields(one)}
    found: dict[str, int] = {}
    for n in range(width):
        name = form.get(f"sutun-{n}", "")
        key = name.removeprefix(PREFIX)
        if not name.startswith(PREFIX) or key not in known:
            continue
        if key in found:
            errors[f"sutun-{n}"] = _("Column %(n)s has the same meaning already.",
                                     n=found[key] + 1)
            continue
        found[key] = n
    return found


def _fields(one: ImportRun) -> list[Field]:
    return [each for each in catalogue.fields_of(one.provider_id) if not each.retired]


def _fixed(form: Given[str, Any], one: ImportRun, errors: dict[str, str]) -> Fixed:
    date = form.get("tarih", "").strip()[:40]
    if date and read_date(date) is None:
        errors["tarih"] = _("Write the date like 23.11.2026 14:05.")
    chosen = form.getlist("kanallar") if hasattr(form, "getlist") else []
    source = Source.__members__.get(form.get("kaynak", ""))
    return Fixed(
        status=Status.__members__.get(form.get("secim", "")),
        source=source if source is not None and source.is_hs else None, date=date or None,
        recipient_type=RecipientType.__members__.get(form.get("tip", ""), RecipientType.BIREYSEL),
        dealer_id=_dealer(form.get("bayi", ""), one),
        basis=form.get("dayanak", "").strip()[:100] or None,
        channels=tuple(channel for channel in Channel if channel.name in chosen))


def _dealer(value: str, one: ImportRun) -> int | None:
    """A dealer of the import's brand; a dealer's user imports for that dealer alone."""
    if one.dealer_id is not None:
        return one.dealer_id
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        return None
    return orm.db.session.scalars(select(Dealer.id).where(
        Dealer.id == int(value), Dealer.brand_id == one.brand_id)).first()


# -- for the page --------------------------------------------------------------------------------


def context(typed: Typed, table: Table, one: ImportRun) -> dict[str, Any]:
    """What ``panel/imports/mapping.html`` shows of the form."""
    roles: dict[int, Role | str] = {n: role for role, n in typed.mapping.columns.items()}
    roles |= {n: PREFIX + key for key, n in typed.mapping.fields.items()}
    own = [(PREFIX + each.key, _("Custom field: %(name)s", name=each.name(language())))
           for each in _fields(one)]
    return {
        "columns": [_column(n, table, roles.get(n), typed.errors) for n in range(table.width)],
        "roles": [*((role.value, label) for role, label in ROLES.items()), *own],
        "layout": _layout(typed.layout, table.sheets),
        "fixed": _choices(typed.mapping.fixed, one),
        "errors": typed.errors, "trouble": say(table.trouble) if table.trouble else "",
        "summary": list(typed.errors.items()),
    }




def _column(n: int, table: Table, meant: Role | str | None, errors: dict[str, str]
            ) -> dict[str, Any]:
    role = meant if isinstance(meant, Role) else None
    head = table.heads[n].strip() if table.heads and n < len(table.heads) else ""
    return {
        "n": n, "head": head[:_LONGEST] or _("Column %(n)s", n=n + 1),
        "role": str(meant or ""), "known": meant is not None and (
            role is None or role_of(head) is role),
        "values": [sample(value, role) for value in table.values(n)],
        "error": errors.get(f"sutun-{n}", ""),
    }


def _layout(layout: Layout, sheets: list[str]) -> dict[str, Any]:
    known = ENCODINGS if layout.encoding in dict(ENCODINGS) else (
        (layout.encoding, layout.encoding.upper()), *ENCODINGS)
    separators = DELIMITERS if layout.delimiter in dict(DELIMITERS) else (
        (layout.delimiter, layout.delimiter), *DELIMITERS)
    return {
        "text": layout.format not in ("xlsx", "xls"), "format": layout.format,
        "encodings": [{"value": value, "label": label, "selected": value == layout.encoding}
                      for value, label in known],
        "delimiters": [{"value": "tab" if value == "\t" else value, "label": label,
                        "selected": value == layout.delimiter} for value, label in separators],
        "header": layout.header, "skip": layout.skip,
        "sheets": [{"value": name, "label": name, "selected": name == layout.sheet}
                   for name in sheets],
    }


def _choices(fixed: Fixed, one: ImportRun) -> dict[str, Any]:
    return {
        "status": _options(Status, fixed.status),
        "source": [option for option in _options(Source, fixed.source)
                   if Source[option["value"]].is_hs],
        "kind": _options(RecipientType, fixed.recipient_type),
        "channels": [{"value": each.name, "label": say(each), "selected": each in fixed.channels}
                     for each in (Channel.MESAJ, Channel.ARAMA, Channel.EPOSTA)],
        "date": fixed.date or "", "basis": fixed.basis or "",
        "dealers": None if one.dealer_id is not None else _dealers(one, fixed.dealer_id),
    }


def _options(words: Any, chosen: Any) -> list[dict[str, Any]]:
    return [{"value": each.name, "label": say(each), "selected": each is chosen} for each in words]


def _dealers(one: ImportRun, chosen: int | None) -> list[dict[str, Any]]:
    """The brand's dealers; with very many of them a column must name the dealer."""
    found = orm.db.session.execute(
        select(Dealer.id, Dealer.alias, Dealer.title).where(Dealer.brand_id == one.brand_id)
        .order_by(Dealer.title, Dealer.id).limit(DEALERS_OFFERED)).all()
    return [{"value": str(number), "label": alias or title, "selected": number == chosen}
            for number, alias, title in found]
