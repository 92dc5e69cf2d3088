"""Whoever proves a record of a list says when the list was taken back."""

from __future__ import annotations

import time
from types import SimpleNamespace

from ileti.core import clock
from ileti.imports import proof, runs, undo
from tests.imports.import_house import listed, many, row


def test_a_list_taken_back_is_told(place, conn):
    run_id = listed(place, row("+905992134117"))
    entry = many("select min(id) from consent_entry where provider_id = %s", place.provider_id)
    proven = [SimpleNamespace(entry=SimpleNamespace(id=entry), parts={"evidence": {
        "import": run_id}})]
    (evidence,) = conn.execute("select evidence from submission where provider_id = %s",
                               [place.provider_id]).fetchone()
    proven[0].parts["evidence"] = evidence
    proven[0].entry.captured_at = clock.now()
    (came,) = proof.came_with(place.provider_id, proven)
    assert came.title == "Bir listeyle geldi"
    assert came.facts == "liste.csv · Kendi müşterilerimiz · Üyelik formundaki ETK onayı"
    assert list(proof.taken_back(place.provider_id, proven)) == []
    runs.ask_undo(run_id, undo.preview(runs.read_run(run_id)).kind, by=None)
    undo.undo_due(time.monotonic() + 60, run_id)
    (told,) = proof.taken_back(place.provider_id, proven)
    assert (told.entry_id, told.title, told.tone) == (entry, "Liste geri alındı", "bad")
