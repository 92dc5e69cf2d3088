"""What dealers may do is the brand's to give: it holds in menu, pages, invitations and programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ileti.consents.numbers import record_number
from ileti.core import db
from ileti.programs import keys
from ileti.programs.accounts import caller_by_key, new_username
from ileti.tenancy import dealerrights, roles
from tests.panel.people import dealer_of, sign_in, take, token_of, user_with

DOORS = {"desk": "/kvkk/masa/", "page": "/bayi-sayfalari/", "imports": "/ice-aktarma/",
         "status": "/izinler/"}


@pytest.fixture
def dealer(place: Any) -> int:
    return dealer_of(place)


@pytest.fixture
def manager(app: Any, place: Any, dealer: int) -> Any:
    return sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer))


@pytest.fixture
def say(app: Any, place: Any, dealer: int) -> Callable[..., Any]:
    """Say as provider admin what dealers may do: of the brand, or of the dealer."""
    admin = sign_in(app, user_with(app, "provider_admin", place))

    def act(*, of_dealer: bool = False, **words: str) -> Any:
        path = f"bayi/{dealer}" if of_dealer else f"marka/{place.brand_id}"
        return admin.post(f"/bayi-haklari/{path}",
                          data={"csrf_token": token_of(admin), **words})

    return act


def test_every_right_takes_permissions_that_dealers_can_have() -> None:
    dealers = roles.CEILING[roles.Level.DEALER]
    for one in dealerrights.offered():
        assert one.permissions & dealers, one.key


def test_what_is_not_given_is_closed_and_absent_and_a_dealers_own_word_goes_first(
    manager: Any, say: Callable[..., Any]
) -> None:
    assert {manager.get(path).status_code for path in DOORS.values()} == {200}
    assert say(**dict.fromkeys(DOORS, "verilmez")).status_code == 302
    assert {manager.get(path).status_code for path in DOORS.values()} == {403}
    for page in ("/", "/bayiler/list/"):
        answer = manager.get(page)
        assert answer.status_code == 200
        assert not [path for path in DOORS.values() if f'href="{path}' in answer.text]
    say(of_dealer=True, imports="verilir")
    assert f'href="{DOORS["imports"]}"' in manager.get("/").text
    assert manager.get(DOORS["imports"]).status_code == 200
    say(of_dealer=True, imports="marka")
    assert manager.get(DOORS["imports"]).status_code == 403


def test_the_brands_word_is_not_another_brands_nor_head_offices(
    app: Any, place: Any, place_b: Any, say: Callable[..., Any]
) -> None:
    say(status="verilmez")
    other = user_with(app, "dealer_user", place_b, dealer_id=dealer_of(place_b))
    office = user_with(app, "brand_manager", place, level="brand")
    for name in (other, office):
        assert sign_in(app, name).get("/izinler/").status_code == 200


def test_the_dealers_page_shows_what_it_may_and_only_admins_change_it(
    manager: Any, dealer: int, say: Callable[..., Any], place: Any
) -> None:
    say(of_dealer=True, reports="verilmez")
    page = manager.get(f"/bayiler/show/{dealer}").text
    assert page.count("badge mute") == 2, "reports, and messages, which nobody gave"
    assert "Bu bayi ne yapabilir" in page
    assert "<select" not in page.partition('id="haklar"')[2]
    answer = manager.post(f"/bayi-haklari/bayi/{dealer}", data={
        "csrf_token": token_of(manager), "reports": "verilir"})
    assert answer.status_code == 403
    assert dealerrights.closed_rights(place.provider_id, place.brand_id, dealer) == {
        "messages", "reports"}


def test_a_strangers_admin_changes_nothing(app: Any, place: Any, place_b: Any,
                                           dealer: int) -> None:
    stranger = sign_in(app, user_with(app, "provider_admin", place_b))
    for path in (f"bayi/{dealer}", f"marka/{place.brand_id}"):
        answer = stranger.post(f"/bayi-haklari/{path}", data={
            "csrf_token": token_of(stranger), "imports": "verilmez"})
        assert answer.status_code == 404
    assert "imports" not in dealerrights.closed_rights(place.provider_id, place.brand_id, dealer)


def test_a_dealers_program_has_what_the_brand_gives(
    place: Any, dealer: int, say: Callable[..., Any]
) -> None:
    row = db.connection().execute(
        "insert into api_account (provider_id, brand_id, dealer_id, name, username, scopes) "
        "values (%s, %s, %s, 'Kasa', %s, '{consents:list,imports:write,brands:read}') "
        "returning id", (place.provider_id, place.brand_id, dealer, new_username())).fetchone()
    assert row is not None
    key = keys.make(db.connection(), place.provider_id, row[0]).text
    say(imports="verilmez", status="verilmez")
    caller = caller_by_key(key)
    assert caller is not None
    assert caller.scopes == {"brands:read"}


def test_a_manager_without_a_right_still_invites_its_own_people(
    manager: Any, dealer: int, say: Callable[..., Any]
) -> None:
    say(imports="verilmez")
    answer = manager.post("/davetler/yeni", data={
        "csrf_token": token_of(manager), "email": f"yeni{dealer}@ornek.com.tr",
        "first_name": "Ece", "role": "dealer_manager", "place": f"d{dealer}", "language": "tr"})
    assert answer.status_code == 302


def test_what_was_given_and_taken_stands_in_the_trail(
    place: Any, say: Callable[..., Any]
) -> None:
    say(imports="verilmez")
    say(imports="verilmez")
    rows = db.connection().execute(
        "select subject, detail from audit_entry where provider_id = %s "
        "and action = 'dealer:allow'", (place.provider_id,)).fetchall()
    assert rows == [(f"brand:{place.brand_id}",
                     {"added": [], "removed": ["import:read", "import:run"]})]


def test_a_record_says_who_took_it_and_who_else_may_use_it_r45(app: Any, place: Any) -> None:
    mine, others = dealer_of(place), [dealer_of(place, f"Lale {n}") for n in range(6)]
    entry = take(place, "+905992000011", dealer_id=mine).items[0]
    for one in others:
        db.connection().execute(
            "insert into consent_access (provider_id, brand_id, recipient_id, recipient_type, "
            "channel, dealer_id, entry_id, entry_at) select provider_id, brand_id, recipient_id, "
            "recipient_type, channel, %s, id, captured_at from consent_entry where id = %s",
            (one, entry.entry_id))
    path = f"/izinler/{record_number(entry.entry_id)}"
    page = sign_in(app, user_with(app, "provider_admin", place)).get(path).text
    assert "Bornova Akasya" in page
    assert "Lale 0, Lale 1, Lale 2, Lale 3, Lale 4 ve 1 bayi daha" in page
    own = sign_in(app, user_with(app, "dealer_user", place, dealer_id=mine)).get(path).text
    assert "Lale" not in own
