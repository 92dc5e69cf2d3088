"""The scan or recording that proves an act about personal data, as its page shows it (R-09, R-46).

Why this module exists: the desk and paper forms name their file in the evidence of the click, so
that the act's own leaf commits to it. It is given out as the files of a consent are: to whoever may
see proofs, to a dealer only of what it took (ADR 0019, 0024), and each opening is written down.
"""

from __future__ import annotations

from typing import Any

from flask import url_for

from ileti.consents import proofs
from ileti.consents.models import Submission
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Source
from ileti.core import orm
from ileti.core.logs import get_logger
from ileti.evidence import vault
from ileti.kvkk.models import KvkkEntry
from ileti.kvkk.vocabulary import proven_as
from ileti.tenancy import scope, security

log = get_logger("ileti.kvkk")


def of(entry: KvkkEntry) -> vault.Kept | None:
    """The file of an act; None where it has none, its time was over, it is not for whoever is at
    work to see, or it is not the one whose digest the act's leaf covers."""
    own = scope.current().dealer_id
    if not security.may("proof:read") or own not in (None, entry.dealer_id):
        return None
    click = orm.db.session.get(Submission, (entry.provider_id, entry.submission_id))
    said = click.evidence.get("file") if click is not None else None
    if not isinstance(said, dict) or not isinstance(number := said.get("id"), int):
        return None
    kept = vault.describe(entry.provider_id, [number]).get(number)
    if kept is not None and kept.sha256.hex() != said.get("sha256"):
        log.error("act_file_exchanged", entry=entry.id, file=number)
        return None
    return kept


def rows(entry: KvkkEntry) -> list[dict[str, Any]]:
    """The same as a row of ``panel/_proofs.html``; empty without one."""
    file = of(entry)
    if file is None:
        return []
    number, role = record_number(entry.id), proven_as(file.media_type, Source(entry.source))
    # the same bytes may have come before, under somebody else's name
    return [proofs.row(name=number, role=role, file=file, at=entry.captured_at, who="", note="",
                       url=url_for("KvkkView.file", number=number))]
