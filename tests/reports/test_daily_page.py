"""The page of a day: who opens it, whose numbers stand there, and one's own wish for the mail."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from ileti.core import clock, db
from ileti.tenancy import roles
from tests.panel.people import dealer_of, sign_in, token_of, user_with
from tests.radar.waiting import waiting
from tests.reports.house import answered, counted, taken

PAGE = "/raporlar/gunluk/"
TODAY = clock.today()


def tiles(client: Any, path: str = PAGE) -> list[str]:
    """The four large numbers."""
    found = client.get(path)
    assert found.status_code == 200, found.text
    return re.findall(r'class="tile-number">([^<]+)<', found.text)


def subscription(place: Any) -> list[tuple[Any, ...]]:
    """Hour, business days, language and whether it is open."""
    return db.system_connection().execute(
        "select hour, business_days, language, closed_at is null from daily_subscription "
        "where provider_id = %s order by id", (place.provider_id,)).fetchall()


def test_each_reader_opens_the_numbers_of_their_own_place(app: Any, place: Any,
                                                          place_b: Any) -> None:
    dealer = dealer_of(place)
    for whom in (dealer, None, None):
        answered(place, taken(place, dealer=whom).items[0].entry_id, accepted=False, code="H180")
    taken(place_b)
    counted()
    head = sign_in(app, user_with(app, "provider_admin", place))
    brand = sign_in(app, user_with(app, "brand_manager", place, level="brand"))
    own = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer))
    assert [tiles(one)[:3] for one in (head, brand, own)] == [
        ["3", "0", "3"], ["3", "0", "3"], ["1", "0", "1"]]
    assert "H180" in head.get(PAGE).text


@pytest.mark.parametrize("role", [one.key for one in roles.ROLES])
def test_the_page_is_there_for_whom_the_table_of_rights_names(app: Any, place: Any,
                                                              role: str) -> None:
    where = roles.BY_KEY[role].levels[0].value
    dealer = dealer_of(place) if where == "dealer" else None
    client = sign_in(app, user_with(app, role, None if where == "installation" else place,
                                    level=where, dealer_id=dealer))
    may = "daily:read" in roles.GRANTS[role]
    assert (client.get(PAGE).status_code == 200) is may
    assert ('href="/raporlar/gunluk/"' in client.get("/").text) is may


def test_a_day_that_is_none_or_is_yet_to_come_is_not_there(app: Any, place: Any) -> None:
    client = sign_in(app, user_with(app, "provider_admin", place))
    tomorrow = (TODAY + timedelta(1)).isoformat()
    for day in (tomorrow, "2026-02-30", "dün", "9999-12-31"):
        assert client.get(f"{PAGE}?gun={day}").status_code == 404, day
    before = client.get(f"{PAGE}?gun={(TODAY - timedelta(9)).isoformat()}").text
    assert "Bu gün geride kaldı." in before
    assert "Bugün yapılacaklar" not in before


def test_what_is_to_be_done_comes_first_and_leads_to_where_it_is_done(app: Any,
                                                                      place: Any) -> None:
    client = sign_in(app, user_with(app, "provider_admin", place))
    conn = db.system_connection()
    conn.execute("update provider set iys_username = 'x', iys_password = %s, iys_problem = null "
                 "where id = %s", (_sealed(), place.provider_id))
    assert "Bugün sizi bekleyen bir iş yok" in client.get(PAGE).text
    waiting(place, clock.now() + timedelta(hours=2), 2, stopped="H180")
    page = client.get(PAGE).text
    first = page.index("Bugün yapılacaklar")
    assert first < page.index("tile-number")
    assert "2 kayıt bekliyor: " in page
    assert 'href="/bayiler/list/"' in page[first:page.index("tile-number")]
    viewer = sign_in(app, user_with(app, "report_viewer", place))
    assert "Bugün sizi bekleyen bir iş yok" in viewer.get(PAGE).text, "they may not mend it"


def _sealed() -> str:
    from ileti.core.secrets import secrets

    return secrets().keyring.encrypt_text("parola", "iys-password")


def test_the_mail_is_asked_for_changed_and_ended_by_its_reader_alone(app: Any,
                                                                     place: Any) -> None:
    name = user_with(app, "provider_admin", place)
    client = sign_in(app, name)
    assert subscription(place) == [], "nobody gets it before they chose"
    token = token_of(client, PAGE)
    assert client.post(PAGE + "abonelik", data={"csrf_token": token}).status_code == 302
    assert subscription(place) == [(8, False, "tr", True)]
    client.post(PAGE + "abonelik", data={"csrf_token": token, "saat": "18", "gunler": "is",
                                         "dil": "en"})
    assert subscription(place) == [(18, True, "en", True)]
    page = client.get(PAGE).text
    assert "iş günleri, saat 18:00" in page
    assert "Ada Yıldız" in page[page.index("Kimlere"):]
    client.post(PAGE + "abonelik/kapat", data={"csrf_token": token})
    assert subscription(place) == [(18, True, "en", False)]
    assert "Henüz kimse" in client.get(PAGE).text
    for hour in ("5", "21", "x", "-1", "8.5", ""):
        answer = client.post(PAGE + "abonelik", data={"csrf_token": token, "saat": hour})
        assert answer.status_code == 404, hour
    assert subscription(place) == [(18, True, "en", False)]


def test_who_gets_it_is_seen_by_who_sees_the_users_of_the_place(app: Any, place: Any,
                                                                place_b: Any) -> None:
    dealer = dealer_of(place)
    given: Any = {"head": ("provider_admin", place, {}), "viewer": ("report_viewer", place, {}),
                  "own": ("dealer_manager", place, {"dealer_id": dealer}),
                  "other": ("provider_admin", place_b, {})}
    people = {name: sign_in(app, user_with(app, role, where, **more))
              for name, (role, where, more) in given.items()}
    for client in people.values():
        client.post(PAGE + "abonelik", data={"csrf_token": token_of(client, PAGE)})
    rows = {name: client.get(PAGE).text.partition("Kimlere")[2].count(", 08:00")
            for name, client in people.items()}
    assert rows == {"head": 3, "viewer": 0, "own": 1, "other": 1}
