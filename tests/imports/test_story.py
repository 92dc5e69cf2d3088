"""The page of an imported consent says which list it came with, on whose word, and its undoing."""

from __future__ import annotations

import time

from ileti.consents.numbers import record_number
from ileti.imports import runs, undo
from ileti.imports.states import Undo
from tests.imports.import_house import listed, row
from tests.panel.people import sign_in, user_with


def test_the_record_names_its_list_and_later_that_it_was_taken_back(app, place, conn):
    run_id = listed(place, row("+905992134117"))
    entry = conn.execute("select id from consent_entry where provider_id = %s",
                         [place.provider_id]).fetchone()[0]
    client = sign_in(app, user_with(app, "provider_admin", place))
    path = f"/izinler/{record_number(entry)}"
    page = client.get(path).text
    assert "Bir listeyle geldi" in page
    assert "liste.csv" in page
    assert "Üyelik formundaki ETK onayı" in page
    assert "Liste geri alındı" not in page
    runs.ask_undo(run_id, Undo.TAKE_BACK, by=None)
    undo.undo_due(time.monotonic() + 60, run_id)
    page = client.get(path).text
    assert "Liste geri alındı" in page
    assert "Doğrulanmadı" in page
