"""Custom fields in the list of consents: narrowing by their values, and their columns.

Why this module exists: what was said with a consent lies in its submission, or, for a list's rows,
beside the entry; what is known of a recipient lies with the recipient. A list narrows by all three
alike. A personal value never stands in an address: it is looked for by its keyed hash, and shown in
no list (look §9).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from flask import request, url_for
from flask_babel import ngettext
from sqlalchemy import and_, exists, false, literal_column, or_, select, tuple_, type_coerce
from sqlalchemy.dialects.postgresql import JSONB

from ileti.consents.models import ConsentAccess, ConsentEntry, Submission
from ileti.consents.packing import open_person
from ileti.core import db, formats, orm
from ileti.core.errors import FieldError, NotFound
from ileti.fields import catalogue, kept, reading
from ileti.fields.models import EntryValue, RecipientValue
from ileti.fields.vocabulary import Field, Kind, Subject
from ileti.recipients.models import Recipient
from ileti.tenancy import asked, scope

#: what stands in an address before a field's key
NAME: Final = "alan."
_MOST: Final = 20
_YES_NO: Final = {"1": True, "0": False}
Narrowed = list[tuple[Field, list[Any]]]


def fields() -> list[Field]:
    """Fields in use of the work space's provider; of who sees all providers none."""
    provider = scope.current().provider_id
    if provider is None:
        return []
    return [one for one in catalogue.fields_of(provider, db.connection()) if not one.retired]


def key(field: Field) -> str:
    """The field in an address."""
    return NAME + field.key


# -- narrowing -------------------------------------------------------------------------------------


def wanted(known: Iterable[Field]) -> Narrowed:
    """What the address narrows to, by field: clear values, of personal ones keyed hashes."""
    found: Narrowed = []
    for one in known:
        values = [value for text in request.args.getlist(key(one))[:_MOST]
                  if (value := _value(one, text)) is not None]
        if values and one.searchable:
            found.append((one, values))
    return found


def _value(one: Field, text: str) -> Any:
    """What a word of an address stands for; nothing for one that nobody's link has."""
    if one.personal:
        try:
            return bytes.fromhex(text) if len(text) == 32 else None
        except ValueError:
            return None
    if one.kind is Kind.YES_NO:
        return _YES_NO.get(text)
    if one.kind.is_choice:
        return text if any(each.key == text for each in one.choices) else None
    try:
        return reading.of_text(one, text)
    except reading.Refused:
        return None


def holds(of: Any, field: Field, values: Sequence[Any]) -> Any:
    """The condition that a row of the ledger, or of who has access to it, has one of these values.
    What others were told with a consent is not a dealer's to find (ADR 0019)."""
    if field.subject is Subject.RECIPIENT:
        return _in_rows(RecipientValue, field, values, and_(
            RecipientValue.provider_id == of.provider_id,
            RecipientValue.recipient_id == of.recipient_id))
    if of is ConsentAccess:
        return false()
    member = type_coerce(Submission.evidence.op("->")(literal_column("'fields'")), JSONB)
    said = or_(*(member.contains(_wanted(field, value)) for value in values))
    return or_(
        exists(select(1).select_from(Submission).where(
            Submission.provider_id == of.provider_id, Submission.id == of.submission_id,
            Submission.evidence.op("?")(literal_column("'fields'")), said)),
        _in_rows(EntryValue, field, values, and_(EntryValue.provider_id == of.provider_id,
                                                 EntryValue.entry_id == of.id)))


def _wanted(field: Field, value: Any) -> dict[str, Any]:
    if field.personal:
        return {"marks": {field.key: value.hex()}}
    return {"said": {field.key: [value] if field.kind is Kind.CHOICES else value}}


def _in_rows(rows: Any, field: Field, values: Sequence[Any], joined: Any) -> Any:
    if field.personal:
        fits = rows.mark.in_(values)
    elif field.kind is Kind.CHOICES:
        fits = or_(*(rows.value.contains([value]) for value in values))
    else:
        fits = or_(*(rows.value == type_coerce(value, JSONB) for value in values))
    return exists(select(1).select_from(rows).where(joined, rows.field_id == field.id, fits))


def drawn(known: Iterable[Field], narrowed: Narrowed) -> list[dict[str, Any]]:
    """The filters of the fields that may be searched, as ``panel/macros.html`` draws them."""
    language, chosen = formats.language(), {one.id: values for one, values in narrowed}
    made = []
    for one in known:
        if not one.searchable:
            continue
        values = chosen.get(one.id, [])
        if one.kind is Kind.YES_NO and not one.personal:
            picked = [text for text, value in _YES_NO.items() if value in values]
            made.append(asked.choices(key(one), one.name(language), [
                (text, one.said(value, language)) for text, value in _YES_NO.items()], picked))
        elif one.kind.is_choice and not one.personal:
            made.append(asked.choices(key(one), one.name(language), [
                (each.key, each.label(language)) for each in one.choices], values))
        else:
            made.append({
                "key": key(one), "label": one.name(language), "kind": "text", "choices": [],
                "value": _said(one, values, language),
                "url": url_for("ConsentView.find", key=one.key)})
    return made


def _said(one: Field, values: list[Any], language: str) -> str | None:
    if not values:
        return None
    if one.personal or len(values) > 1:
        return ngettext("%(num)s chosen", "%(num)s chosen", len(values))
    return one.said(values[0], language)[:asked.SHORT]


def found(field_key: str, typed: str) -> tuple[str, str]:
    """Name and word for an address of a value that was typed; raises InvalidInput's FieldError as
    :class:`Typed`, NotFound for a field that cannot be searched."""
    one = next((each for each in fields() if each.key == field_key and each.searchable), None)
    provider = scope.current().provider_id
    if one is None or provider is None:
        raise NotFound()
    try:
        value = reading.of_text(one, typed)
    except reading.Refused as refused:
        raise Typed(reading.told(one, refused)) from None
    if value is None:
        raise Typed(reading.told(one, reading.MISSING))
    if one.personal:
        return key(one), kept.mark(provider, one, value).hex()
    return key(one), str(value)


class Typed(Exception):
    """A value that was looked for and cannot be one; ``fault`` says why."""

    def __init__(self, fault: FieldError) -> None:
        super().__init__(fault.code)
        self.fault = fault


# -- columns ---------------------------------------------------------------------------------------


def columns(known: Iterable[Field]) -> list[tuple[str, str]]:
    """Columns of the list, by their names in an address: fields that are not personal."""
    language = formats.language()
    return [(key(one), one.name(language)) for one in known if not one.personal]


def cells(rows: Sequence[tuple[ConsentEntry, Any]], shown: Sequence[Field]
          ) -> dict[int, dict[int, str]]:
    """What the fields say of a page's entries: by entry and field. At most three statements."""
    language = formats.language()
    by_id = {one.id: one for one in shown}
    found: dict[int, dict[int, str]] = {entry.id: {} for entry, _state in rows}
    if not rows or not shown:
        return found
    if any(one.subject is Subject.CONSENT for one in shown):
        clicks = _clicks(rows)
        for entry, _state in rows:
            said = kept.said_in(clicks.get((entry.provider_id, entry.submission_id)), None)
            found[entry.id] |= {one.id: one.said(said[one.key], language)
                                for one in shown if one.key in said}
        for row in orm.db.session.scalars(select(EntryValue).where(
                tuple_(EntryValue.provider_id, EntryValue.entry_id).in_(
                    [(entry.provider_id, entry.id) for entry, _state in rows]),
                EntryValue.field_id.in_(by_id))):
            found[row.entry_id][row.field_id] = by_id[row.field_id].said(row.value, language)
    if any(one.subject is Subject.RECIPIENT for one in shown):
        people = {(entry.provider_id, entry.recipient_id) for entry, _state in rows}
        known = {(row.recipient_id, row.field_id): row.value for row in orm.db.session.scalars(
            select(RecipientValue).where(
                tuple_(RecipientValue.provider_id, RecipientValue.recipient_id).in_(people),
                RecipientValue.field_id.in_(by_id)))}
        for entry, _state in rows:
            for number, one in by_id.items():
                if (value := known.get((entry.recipient_id, number))) is not None:
                    found[entry.id][number] = one.said(value, language)
    return found


def told(rows: Sequence[tuple[ConsentEntry, Any]], *, full: bool) -> dict[int, dict[str, Any]]:
    """What was said with a page's entries, for programs: by entry and key; personal values only in
    ``full``, as addresses are."""
    known = {one.key: one for one in fields() if one.subject is Subject.CONSENT}
    return {entry: {key: known[key].told(value) for key, value in said.items()}
            for entry, said in said_with(rows, known, full=full).items()}


def said_with(rows: Sequence[tuple[ConsentEntry, Any]], known: Mapping[str, Field], *, full: bool
              ) -> dict[int, dict[str, Any]]:
    """Values as they are kept, of these fields of consents: by entry and key. At most four
    statements for any number of rows."""
    found: dict[int, dict[str, Any]] = {entry.id: {} for entry, _state in rows}
    if not rows or not known:
        return found
    pairs = {(entry.provider_id, entry.submission_id) for entry, _state in rows}
    clicks = {(one.provider_id, one.id): one for one in orm.db.session.scalars(select(
        Submission).where(tuple_(Submission.provider_id, Submission.id).in_(pairs),
                          Submission.evidence.op("?")(literal_column("'fields'"))))}
    people = _hashes(rows) if full else {}
    by_id = {one.id: one for one in known.values()}
    for entry, _state in rows:
        click = clicks.get((entry.provider_id, entry.submission_id))
        if click is not None:
            person = open_person(click.idem, click.person_key, click.person_ct) if full else None
            said = kept.said_in(click.evidence, person)
            found[entry.id] |= {key: value for key, value in said.items() if key in known}
    for row in orm.db.session.scalars(select(EntryValue).where(
            tuple_(EntryValue.provider_id, EntryValue.entry_id).in_(
                [(entry.provider_id, entry.id) for entry, _state in rows]),
            EntryValue.field_id.in_(by_id))):
        value = row.value if row.value is not None else kept.unseal(
            row.provider_id, row.field_id, people.get(row.recipient_id),
            (None, row.key_no, row.value_ct))
        if value is not None:
            found[row.entry_id][by_id[row.field_id].key] = value
    return found


def known_of(rows: Sequence[tuple[ConsentEntry, Any]], known: Iterable[Field], *, full: bool
             ) -> dict[int, dict[str, Any]]:
    """What is known of these rows' recipients, in fields of recipients: by recipient and key, as it
    is kept. Nothing for a dealer (ADR 0045). Two statements."""
    by_id = {one.id: one for one in known}
    found: dict[int, dict[str, Any]] = {entry.recipient_id: {} for entry, _state in rows}
    if not rows or not by_id:
        return found
    people = _hashes(rows) if full else {}
    for row in orm.db.session.scalars(select(RecipientValue).where(
            tuple_(RecipientValue.provider_id, RecipientValue.recipient_id).in_(
                {(entry.provider_id, entry.recipient_id) for entry, _state in rows}),
            RecipientValue.field_id.in_(by_id))):
        value = row.value if row.value is not None else kept.unseal(
            row.provider_id, row.field_id, people.get(row.recipient_id),
            (None, row.key_no, row.value_ct))
        if value is not None:
            found[row.recipient_id][by_id[row.field_id].key] = value
    return found


def _hashes(rows: Sequence[tuple[ConsentEntry, Any]]) -> dict[int, bytes | None]:
    pairs = {(entry.provider_id, entry.recipient_id) for entry, _state in rows}
    rows_of = orm.db.session.execute(select(Recipient.id, Recipient.addr_hash).where(
        tuple_(Recipient.provider_id, Recipient.id).in_(pairs))).all()
    return {number: digest for number, digest in rows_of}  # noqa: C416 (rows are not pairs)


def named(pairs: Iterable[str]) -> Narrowed:
    """What a program narrows to: ``key:value`` of a field that is not personal; of several values
    of one field any. Raises :class:`Typed` for what is no field or no value."""
    known = {one.key: one for one in fields() if one.searchable and not one.personal}
    found: dict[str, list[Any]] = {}
    for pair in pairs:
        name, _colon, text = pair.partition(":")
        if name not in known:
            raise Typed(FieldError("field", *reading.UNKNOWN))
        try:
            value = reading.of_text(known[name], text)
        except reading.Refused as refused:
            raise Typed(reading.told(known[name], refused, "field")) from None
        found.setdefault(name, []).extend(value if isinstance(value, list) else [value])
    return [(known[name], values) for name, values in found.items()]


def _clicks(rows: Sequence[tuple[ConsentEntry, Any]]) -> dict[tuple[int, int], Any]:
    """Evidence of the submissions that have fields."""
    pairs = {(entry.provider_id, entry.submission_id) for entry, _state in rows}
    return {(provider, number): {"fields": said} for provider, number, said in
            orm.db.session.execute(select(
                Submission.provider_id, Submission.id, Submission.evidence["fields"]).where(
                tuple_(Submission.provider_id, Submission.id).in_(pairs),
                Submission.evidence.op("?")(literal_column("'fields'"))))}
