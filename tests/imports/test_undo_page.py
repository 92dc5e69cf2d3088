"""Undoing in the panel: what would happen is said first; only the way that was shown is gone."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ileti.core import db
from ileti.imports import undo
from ileti.imports.states import RunState, Undo
from tests.imports.import_house import states
from tests.imports.test_import_pages import applied, checked, csv_of, post, state_of
from tests.panel.people import sign_in, user_with


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def brought(client: Any, rows: int = 20) -> int:
    run = checked(client, csv_of(rows))
    assert post(client, run, "uygula").status_code == 302
    applied(run)
    return run


def test_an_import_iys_has_not_heard_of_is_taken_back_after_its_numbers_were_shown(
    admin: Any, place: Any
) -> None:
    run = brought(admin)
    assert f"/ice-aktarma/{run}/geri-al" in admin.get(f"/ice-aktarma/{run}/").text
    page = admin.get(f"/ice-aktarma/{run}/geri-al").text
    assert "İYS bu aktarmadan henüz bir şey almadı." in page
    assert "Listedeki 16 onay geçersiz olur" in page
    assert "Listedeki 2 ret artık gönderimi engellemez." in page
    assert "18 kaydı geri al" in page
    post(admin, run, "geri-al", yol=int(Undo.TAKE_BACK))
    assert state_of(run) is RunState.UNDOING
    assert admin.get(f"/ice-aktarma/{run}/").status_code == 200
    undo.undo_due(time.monotonic() + 60, run)
    page = admin.get(f"/ice-aktarma/{run}/").text
    assert "Geri alındı" in page
    assert states(place) == []


def test_once_reported_only_refusals_by_ones_own_decision_are_offered(
    admin: Any, place: Any
) -> None:
    run = brought(admin)
    conn = db.connection()
    conn.execute("delete from outbox where provider_id = %s", [place.provider_id])
    conn.execute("update consent_state set iys_status = 3, pending_id = null "
                 "where provider_id = %s", [place.provider_id])
    page = admin.get(f"/ice-aktarma/{run}/geri-al").text
    assert "İYS bu aktarmanın bir bölümünü aldı." in page
    assert "HS_KARAR" in page
    assert "2 ret olduğu gibi kalır" in page
    assert "Kaydedilecek retler" in page
    assert page.count("Ret · HS_KARAR") == 16
    assert "+90 5•• ••• " in page
    assert "16 ret kaydet" in page


def test_a_way_that_is_none_a_foreign_import_and_a_second_press_change_nothing(
    app: Any, admin: Any, place: Any, place_b: Any
) -> None:
    run = brought(admin)
    assert post(admin, run, "geri-al", yol=9).status_code == 404
    stranger = sign_in(app, user_with(app, "provider_admin", place_b))
    assert stranger.get(f"/ice-aktarma/{run}/geri-al").status_code == 404
    assert post(stranger, run, "geri-al", yol=1).status_code == 404
    assert state_of(run) is RunState.APPLIED
    for _press in range(2):
        assert post(admin, run, "geri-al", yol=1).status_code == 302
    undo.undo_due(time.monotonic() + 60, run)
    assert state_of(run) is RunState.UNDONE
    assert admin.get(f"/ice-aktarma/{run}/geri-al").status_code == 302
