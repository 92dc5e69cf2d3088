"""Which list a record came with, on whose word, and that it was taken back: for the pages of a
proof (R-23, R-61).

This room registers by being imported (ileti/factory.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ileti.consents.bundled import Proven
from ileti.consents.proofwords import moment
from ileti.consents.recount import Told, recounts
from ileti.consents.vocabulary import Status
from ileti.core import db
from ileti.imports import declared
from ileti.imports.origin import Origin
from ileti.imports.states import Undo


@recounts
def came_with(provider_id: int, proven: Sequence[Proven]) -> Iterator[Told]:
    """The list and what was stated about it, as the record's evidence holds it."""
    for one in proven:
        said = one.parts["evidence"]
        if not isinstance(said, dict) or not isinstance(said.get("import"), int):
            continue
        stated = said.get("origin")
        stated = stated if isinstance(stated, dict) else {}
        word = stated.get("origin")
        label = Origin(word).tr if word in list(Origin) else ""
        yield Told(one.entry.id, one.entry.captured_at, "Bir listeyle geldi", " · ".join(
            str(part) for part in (said.get("file"), label, stated.get("ground")) if part))


@recounts
def only_said(provider_id: int, proven: Sequence[Proven]) -> Iterator[Told]:
    """That no file proves a consent of a list, and on whose word it stands (R-09, R-46)."""
    consents = {one.entry.id: one for one in proven if one.entry.status == Status.ONAY}
    found = declared.without_file(
        provider_id, [(number, one.parts["evidence"]) for number, one in consents.items()])
    names = declared.names_of(set(found.values()))
    for number, word in found.items():
        facts = [f"Söylenen yer: {word.place}" if word.place else ""]
        if word.held:
            facts += [f"her satırın kanıtı elde diye beyan eden: {names[word] or 'kayıtta yok'}",
                      moment(word.at) if word.at else ""]
        yield Told(number, consents[number].entry.captured_at, "Beyan edildi, kanıt dosyası yok",
                   " · ".join(part for part in facts if part), "mute")


@recounts
def taken_back(provider_id: int, proven: Sequence[Proven]) -> Iterator[Told]:
    """When the list of a record was taken back."""
    runs: dict[int, list[int]] = defaultdict(list)
    for one in proven:
        said = one.parts["evidence"]
        number = said.get("import") if isinstance(said, dict) else None
        if isinstance(number, int):
            runs[number].append(one.entry.id)
    for number, at in db.connection().execute(
            "select id, undone_at from import_run where provider_id = %s and id = any(%s) "
            "and undone_at is not null and undo_kind = %s",
            (provider_id, list(runs), int(Undo.TAKE_BACK))).fetchall() if runs else ():
        for entry_id in runs[number]:
            yield Told(entry_id, at, "Liste geri alındı",
                       "Getirdikleri yürürlükte değil; kayıt kalır.", "bad")
