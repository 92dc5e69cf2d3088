"""Custom fields on the page of a record: what was said with it, what is known of its recipient.

Why this module exists: what was said is proof and never changes here; what is known is the
provider's own record, which its people keep right. Personal values are shown as an address is: with
the right to open one, and after that was written down. Who changes a personal value writes over it
without seeing it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from ileti.consents.models import ConsentEntry, Submission
from ileti.consents.numbers import record_number
from ileti.consents.packing import open_person
from ileti.core import db, formats, orm
from ileti.core.errors import FieldError, InvalidInput
from ileti.fields import catalogue, kept, reading
from ileti.fields.models import EntryValue, RecipientValue
from ileti.fields.vocabulary import Field, Kind, Subject, Where
from ileti.recipients.models import Recipient
from ileti.tenancy import audit, scope, security

HIDDEN: Final = "•••"


def card(entry: ConsentEntry, recipient: Recipient | None, *, in_full: bool, restricted: bool
         ) -> dict[str, Any] | None:
    """The card; None where the provider has no field. Of erased persons and to dealers nothing of
    the recipient is told."""
    fields = catalogue.fields_of(entry.provider_id, db.connection())
    if not fields:
        return None
    language = formats.language()
    rows = [(name, value if in_full or not personal else HIDDEN)
            for name, value, personal in _said(entry, recipient, fields, language)]
    own = scope.current().dealer_id is None
    known = _known(entry, recipient) if own and recipient is not None else {}
    for one in fields:
        if one.id in known:
            rows.append((one.name(language), one.said(known[one.id], language)
                         if in_full or not one.personal else HIDDEN))
    may = (own and security.may("field:fill") and not restricted and recipient is not None
           and recipient.addr_hash is not None
           and any(catalogue.about(fields, Subject.RECIPIENT)))
    return {"rows": rows, "url": url_for(
        "ConsentView.fields", number=record_number(entry.id)) if may else None}


def _said(entry: ConsentEntry, recipient: Recipient | None, fields: Iterable[Field],
          language: str) -> list[tuple[str, str, bool]]:
    """Name, value and whether it is personal, of what came with the record; names as they stood on
    the form."""
    by_key = {one.key: one for one in fields}
    found = []
    click = orm.db.session.get(Submission, (entry.provider_id, entry.submission_id))
    if click is not None and kept.keys_in(click.evidence):
        names = click.evidence[kept.MEMBER].get("names", {})
        said = kept.said_in(click.evidence, open_person(
            click.idem, click.person_key, click.person_ct))
        open_ones = click.evidence[kept.MEMBER].get("said", {})
        found = [(names.get(key, key),
                  by_key[key].said(said[key], language) if key in by_key else str(said[key]),
                  key not in open_ones) for key in kept.keys_in(click.evidence) if key in said]
    by_id = {one.id: one for one in fields}
    for row in orm.db.session.scalars(select(EntryValue).where(
            EntryValue.provider_id == entry.provider_id, EntryValue.entry_id == entry.id)):
        one, value = by_id[row.field_id], _opened(row, recipient)
        if value is not None:
            found.append((one.name(language), one.said(value, language), one.personal))
    return found


def _known(entry: ConsentEntry, recipient: Recipient | None) -> dict[int, Any]:
    rows = orm.db.session.scalars(select(RecipientValue).where(
        RecipientValue.provider_id == entry.provider_id,
        RecipientValue.recipient_id == entry.recipient_id))
    return {row.field_id: value for row in rows
            if (value := _opened(row, recipient)) is not None}


def _opened(row: EntryValue | RecipientValue, recipient: Recipient | None) -> Any:
    return kept.unseal(row.provider_id, row.field_id, recipient and recipient.addr_hash,
                       (row.value, row.key_no, row.value_ct))


# -- what is known is changed ----------------------------------------------------------------------


def form(entry: ConsentEntry, recipient: Recipient | None, faults: Iterable[FieldError] = ()
         ) -> dict[str, Any]:
    """Context of ``panel/consent_fields.html``; what was typed stays after a fault."""
    language = formats.language()
    fields = catalogue.about(catalogue.fields_of(entry.provider_id), Subject.RECIPIENT)
    known, typed = _known(entry, recipient), request.method == "POST"
    errors = {one.field: formats.say(one) for one in faults}
    title = _("What is known of the recipient")
    return {
        "title": title, "errors": errors,
        "crumbs": [(_("Consents"), url_for("ConsentView.list")),
                   (record_number(entry.id), url_for("ConsentView.show",
                                                     number=record_number(entry.id))),
                   (title, None)],
        "fields": [drawn(one, known.get(one.id), language, typed) for one in fields]}


def drawn(one: Field, value: Any, language: str, typed: bool) -> dict[str, Any]:
    """A field as ``panel/ownfields.html`` draws it; ``typed``: with what this request says of it.
    """
    name = reading.PREFIX + one.key
    chosen = request.form.getlist(name) if typed else _as_typed(one, value)
    choices = [(each.key, each.label(language)) for each in one.offered]
    if one.kind is Kind.YES_NO:
        choices = [("1", one.said(True, language)), ("0", one.said(False, language))]
    hint = one.hint(language)
    if one.personal and value is not None:
        told = _("A value is kept and not shown here; what you write replaces it.")
        hint = f"{hint} {told}"
    return {"name": name, "label": one.name(language), "hint": hint.strip(),
            "kind": one.kind.value, "choices": choices, "chosen": chosen,
            "required": Where.PANEL in one.required,
            "held": value is not None, "hidden": one.personal and value is not None,
            "forget": f"forget.{one.key}"}


def _as_typed(one: Field, value: Any) -> list[str]:
    if value is None or one.personal:
        return []
    if one.kind is Kind.YES_NO:
        return ["1" if value else "0"]
    if one.kind is Kind.NUMBER:
        return [str(value).replace(".", ",")]
    return value if isinstance(value, list) else [str(value)]


def save(entry: ConsentEntry) -> list[str]:
    """Keep what was typed; the keys that changed. Raises InvalidInput naming every wrong field. A
    personal field that is left empty keeps its value, unless it is to be forgotten."""
    fields = catalogue.about(catalogue.fields_of(entry.provider_id), Subject.RECIPIENT)
    said = {one.key: request.form.getlist(reading.PREFIX + one.key) for one in fields}
    values, faults = reading.all_of(fields, said, Where.PANEL, needed=False)
    known = kept.of_recipient(db.connection(), entry.provider_id, entry.recipient_id)
    changes: dict[str, Any] = dict(values)
    for one in fields:
        forgotten = f"forget.{one.key}" in request.form
        if one.key in values or (one.personal and not forgotten and one.id in known):
            continue
        if Where.PANEL in one.required and not any(
                fault.field == reading.PREFIX + one.key for fault in faults):
            faults.append(reading.told(one, reading.MISSING))
        changes[one.key] = None
    if faults:
        raise InvalidInput(errors=tuple(faults))
    with db.transaction() as conn:
        changed = kept.know(conn, entry.provider_id, entry.recipient_id, fields, changes)
    if changed:
        audit.record("recipient:fields", f"recipient:{entry.recipient_id}",
                     {"fields": changed, "record": record_number(entry.id)},
                     provider_id=entry.provider_id)
        orm.db.session.commit()
    return changed
