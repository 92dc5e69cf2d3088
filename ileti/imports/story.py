"""What imports tell about one consent: which list it came with, and that the list was taken back.

Why this module exists: an entry of a list was not clicked by anybody on a page of ours; whoever
looks at it, in a year or in court, must see where it came from and on whose word. And an entry that
was taken back stays in the ledger without being in force; looking back in time must know that.
"""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from ileti.consents import proofs as consent_proofs
from ileti.consents import timeline
from ileti.consents.models import ConsentEntry, Submission
from ileti.consents.vocabulary import Status
from ileti.core import orm
from ileti.core.formats import moment, say
from ileti.evidence import vault
from ileti.evidence.kinds import Role
from ileti.imports import declared
from ileti.imports import withdrawn as _withdrawn  # noqa: F401 (registers, for looking back)
from ileti.imports.models import ImportFile, ImportRun
from ileti.imports.origin import Origin
from ileti.imports.states import Undo
from ileti.tenancy import offered, security


@timeline.tells
def told(entries: list[ConsentEntry]) -> list[timeline.Step]:
    """Where the entry came from, and its list's undoing."""
    steps: list[timeline.Step] = []
    for entry, evidence in _of_lists(entries):
        origin = evidence.get("origin") or {}
        said = say(Origin(origin["origin"])) if origin.get("origin") in list(Origin) else ""
        steps.append({
            "part": "text", "icon": "upload", "tone": "accent", "at": entry.captured_at,
            "title": _("Came with a list"),
            "facts": " · ".join(part for part in (
                str(evidence.get("file", "")), _("import %(n)s", n=evidence["import"]), said,
                str(origin.get("ground", ""))) if part)})
        steps += _only_said(entry, evidence)
        run = orm.db.session.get(ImportRun, int(evidence["import"]))
        if run is not None and run.undone_at is not None and run.undo_kind == Undo.TAKE_BACK:
            steps.append({
                "icon": "undo-2", "tone": "mute", "at": run.undone_at,
                "title": _("The list was taken back"),
                "facts": _("What it brought is not in force; the record stays.")})
    return steps


def _only_said(entry: ConsentEntry, evidence: dict[str, Any]) -> list[timeline.Step]:
    """That no file proves a consent, and on whose word it stands (R-09, R-46)."""
    if entry.status != Status.ONAY:
        return []
    word = declared.without_file(entry.provider_id, [(entry.id, evidence)]).get(entry.id)
    if word is None:
        return []
    return [{"icon": "file-x", "tone": "mute", "at": entry.captured_at,
             "title": _("Declared, no proof file"), "facts": say_word(word)}]


def say_word(word: declared.Word) -> str:
    """Where proofs without a file are said to be and, when somebody vouches for every row's, who
    (as far as whoever looks may see people) and when."""
    parts = [_("said to be kept: %(place)s", place=word.place) if word.place else ""]
    if word.held:
        who = offered.names({word.person}).get(word.person or 0) or (
            _("A program") if word.program else "")
        parts += [_("every row’s proof is held, says %(name)s", name=who) if who
                  else _("every row’s proof is said to be held"), moment(word.at)]
    return " · ".join(part for part in parts if part and part != "—")


@consent_proofs.tells
def files(entries: list[ConsentEntry]) -> list[consent_proofs.Row]:
    """The files of whole imports: each belongs to every entry of its import, by the run."""
    evidence = {int(found["import"]): entry for entry, found in _of_lists(entries)}
    rows = list(orm.db.session.scalars(select(ImportFile).where(
        ImportFile.import_id.in_(evidence), ImportFile.whole)
        .order_by(ImportFile.id.desc()).limit(consent_proofs.MOST_SHOWN)))
    if not rows:
        return []
    kept = vault.describe(entries[0].provider_id, {one.file_id for one in rows})
    who = offered.names({one.added_by for one in rows})
    may_open = security.may("import:read")
    return [consent_proofs.row(
        name=one.name, role=Role(one.role), file=kept[one.file_id],
        at=evidence[one.import_id].captured_at, who=who.get(one.added_by or 0, ""),
        url=url_for("ImportProofView.open", pk=one.import_id, no=one.id) if may_open else None,
        note=_("for all of import %(n)s", n=one.import_id))
        for one in rows if one.file_id in kept]


def _of_lists(entries: list[ConsentEntry]) -> list[tuple[ConsentEntry, dict[str, Any]]]:
    wanted = {(entry.provider_id, entry.submission_id) for entry in entries}
    found = {(one.provider_id, one.id): one.evidence for one in (
        orm.db.session.get(Submission, key) for key in wanted) if one is not None}
    return [(entry, evidence) for entry in entries
            if "import" in (evidence := found.get((entry.provider_id, entry.submission_id)) or {})]
