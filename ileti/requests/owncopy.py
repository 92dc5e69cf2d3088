"""The copy a person takes by themselves in the preference centre: the same export, veiled.

Why this module exists: whoever proved an address by a code may not be who used it before, and may
read along in a shared mailbox. So what was typed beside the address is left out of this copy:
names, network address and browser, words of messages and answers, names of files, values of custom
fields. An application,
where the person is identified, gives all of it (KVKK 13, docs/adr/0032). At most :data:`MOST` rows
of a statement.
"""

from __future__ import annotations

from typing import Any, Final

from ileti.core import clock, db
from ileti.core.errors import TryLater
from ileti.evidence.paper import NotSet
from ileti.preferences.owndata import Asked, makes_copies
from ileti.preferences.persons import veiled
from ileti.preferences.standing import known_name
from ileti.requests import exports, holdings
from ileti.requests.exportpage import About

MOST: Final = 2_000
#: members of a row that may tell of another person, by part
_LEFT_OUT: Final[dict[str, frozenset[str]]] = {
    "submissions": frozenset({"person"}), "lists": frozenset({"file", "origin", "sha256"}),
    "messages": frozenset({"subject", "text", "htmlSha256"}), "files": frozenset({"name"}),
    "written": frozenset({"text"}), "mailed": frozenset({"subject", "text"}),
    "corrections": frozenset({"before", "after"}), "answers": frozenset({"text"}),
    "requests": frozenset({"person", "wish"}), "applicationFiles": frozenset({"name", "sha256"}),
    "restrictions": frozenset({"reason"}), "callLists": frozenset({"list"}),
    "campaignLists": frozenset({"list"}),
    "fields": frozenset({"value"}), "late": frozenset({"said"}),
}
_EVIDENCE: Final = ("page", "origin", "form", "flow", "language", "channels", "texts", "notice")
NOT_HERE: Final = ("names in full", "network address and browser of a form",
                   "words of messages and answers", "names of files and lists",
                   "what was corrected", "what applications say", "why records are restricted",
                   "values of custom fields")


@makes_copies
def own_copy(asked: Asked) -> bytes:
    """The copy as JSON or as pages (PDF/A). Raises TryLater."""
    with db.transaction() as conn:
        conn.execute("set transaction isolation level repeatable read, read only")
        held = holdings.gather(conn, asked.provider_id, list(asked.recipients), most=MOST + 1)
        provider = exports.provider_of(conn, asked.provider_id, asked.brand_id)
    more = [name for name, rows in held.items() if len(rows) > MOST]
    shown = {name: [veil(name, row) for row in rows[:MOST]] for name, rows in held.items()}
    for row in shown["addresses"]:
        row["name"] = veiled(known_name(asked.provider_id, [row["recipient"]])) or None
    made, about = clock.now(), About(language=asked.language, own=True)
    if not asked.pdf:
        return exports.as_json(about, shown, provider, made, notHere=list(NOT_HERE), more=more)
    try:
        return exports.as_pdf(about, shown, provider, made)
    except NotSet as error:
        raise TryLater("Dosya hazırlanamadı; yeniden deneyin.",
                       "The file could not be made; try again.", code="not_set") from error


def veil(part: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row without what may tell of somebody else."""
    out = _LEFT_OUT.get(part, frozenset())
    kept = {name: None if name in out else value for name, value in row.items()}
    if part == "submissions":
        kept["evidence"] = {name: value for name, value in (row["evidence"] or {}).items()
                            if name in _EVIDENCE}
    return kept
