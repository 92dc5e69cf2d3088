"""Consents of lists whose proof is somebody's word and no file, for whoever tells a proof.

Why this module exists: a consent is worth what proves it (R-23, R-46), and a page that tells a
record must not let a statement pass for a scan. A consent of a list has a file when its import has
one for all rows, or when one hangs on its entry; of all others is told where the proofs are said to
be, by whom and since when.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from ileti.consents.ledger import ActorKind
from ileti.core import db


class Word(NamedTuple):
    """Where the proofs are said to be; ``held``: that every row's is there, said by ``person`` or
    ``program`` (numbers; neither: the command line, or a list of before that was noted) ``at``."""

    place: str
    held: bool
    person: int | None = None
    program: int | None = None
    at: datetime | None = None


def word_of(origin: dict[str, Any]) -> Word | None:
    """What an import's origin says instead of files for all its rows; None when it has some."""
    if origin.get("files"):
        return None
    said = origin.get("declared")
    said = said if isinstance(said, dict) else {}
    number = said.get("id") if isinstance(said.get("id"), int) else None
    return Word(
        str(origin.get("proof", "")), bool(origin.get("proof_attached")),
        number if said.get("by") == ActorKind.USER.name else None,
        number if said.get("by") == ActorKind.API.name else None,
        datetime.fromisoformat(said["at"]) if said.get("at") else None)


def without_file(provider_id: int, consents: Iterable[tuple[int, Any]]) -> dict[int, Word]:
    """Of consents (number of the entry, evidence) those of lists that no file proves."""
    words = {}
    for entry_id, evidence in consents:
        if isinstance(evidence, dict) and isinstance(evidence.get("import"), int):
            origin = evidence.get("origin")
            word = word_of(origin if isinstance(origin, dict) else {})
            if word is not None:
                words[entry_id] = word
    if not words:
        return {}
    proved = {row[0] for row in db.connection().execute(
        "select entry_id from entry_file where provider_id = %s and entry_id = any(%s)",
        (provider_id, list(words)))}
    return {entry_id: word for entry_id, word in words.items() if entry_id not in proved}


def names_of(words: Iterable[Word]) -> dict[Word, str]:
    """Who gave a word, by name as far as it is known; for a proof, which hides nobody who vouches
    for it."""
    words = list(words)
    conn = db.connection()
    people = dict(conn.execute(
        "select id, coalesce(nullif(trim(first_name || ' ' || last_name), ''), username) "
        "from ab_user where id = any(%s)",
        [[one.person for one in words if one.person]]).fetchall())
    programs = dict(conn.execute(
        "select id, name from api_account where id = any(%s)",
        [[one.program for one in words if one.program]]).fetchall())
    return {one: people.get(one.person) or programs.get(one.program) or "" for one in words}
