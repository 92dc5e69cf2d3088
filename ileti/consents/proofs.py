"""The files that prove one consent, as its page shows them (R-09, R-46).

Why this module exists: the text that was shown is half of a proof; the signed form, the recording,
the mail is the other. Files hang on single entries of the key's story; those that came with a list
for all its rows are told by the room of imports (:func:`tells`). A dealer sees and adds the files
of entries it took; access to another's consent opens no file of the other's (ADR 0019, 0024).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from config import settings
from ileti.consents.models import ConsentEntry
from ileti.consents.numbers import record_number
from ileti.core import orm
from ileti.core.formats import say, size
from ileti.evidence import giving, vault
from ileti.evidence.kinds import Role
from ileti.evidence.models import EntryFile
from ileti.tenancy import offered, scope, security

MOST_SHOWN = 200
Row = dict[str, Any]
Teller = Callable[[list[ConsentEntry]], list[Row]]
_tellers: list[Teller] = []


def tells(teller: Teller) -> Teller:
    """Register who knows more files of entries: from entries to rows as :func:`row` makes them."""
    if teller not in _tellers:
        _tellers.append(teller)
    return teller


def section(entry: ConsentEntry, entries: list[ConsentEntry],
            until: datetime | None) -> Row | None:
    """The section of ``panel/consent.html``; None for whoever may not see files or has none to see.
    With a moment chosen only what was here then; nothing can be added there."""
    if not security.may("proof:read"):
        return None
    own = [one for one in entries if is_own(one)]
    if not own:
        return None
    rows = [*_linked(own), *(one for teller in _tellers for one in teller(own))]
    shown = [one for one in rows if until is None or one["at"] <= until]
    may_add = until is None and is_own(entry) and security.may("proof:write")
    return {
        "rows": sorted(shown, key=lambda one: one["at"], reverse=True),
        "upload": url_for("ProofView.add", number=record_number(entry.id)) if may_add else None,
        "roles": giving.roles(), "longest": settings().vault_longest_mb,
    }


def is_own(entry: ConsentEntry) -> bool:
    """Whether whoever is at work may see the entry's files."""
    own = scope.current().dealer_id
    return own is None or entry.dealer_id == own


def row(*, name: str, role: Role, file: vault.Kept, at: datetime, who: str, url: str | None,
        note: str) -> Row:
    """One file as the section shows it."""
    return {"name": name, "role": say(role), "media": file.media_type, "size": size(file.size),
            "at": at, "who": who, "url": url, "note": note,
            "hash": f"sha256 {file.sha256.hex()[:12]}…", "whole_hash": file.sha256.hex()}


def _linked(entries: list[ConsentEntry]) -> list[Row]:
    provider_id = entries[0].provider_id
    links = list(orm.db.session.scalars(select(EntryFile).where(
        EntryFile.provider_id == provider_id,
        EntryFile.entry_id.in_([one.id for one in entries]),
    ).order_by(EntryFile.id.desc()).limit(MOST_SHOWN)))
    files = vault.describe(provider_id, {one.file_id for one in links})
    born = {one.id: one.captured_at for one in entries}
    who = offered.names({one.added_by for one in links})
    return [row(
        name=one.name, role=Role(one.role), file=files[one.file_id], at=one.added_at,
        who=who.get(one.added_by or 0, ""),
        url=url_for("ProofView.open", number=record_number(one.entry_id), link=one.id),
        note=_note(one, born[one.entry_id])) for one in links if one.file_id in files]


def _note(link: EntryFile, born: datetime) -> str:
    if link.import_id is not None:
        return _("named by a row of import %(n)s", n=link.import_id)
    return _("with the record") if link.added_at == born else _("added later")
