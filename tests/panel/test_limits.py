"""How many a provider may have: one rule behind every door, said in a sentence, also in a race."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest

from ileti.api import scoped
from ileti.core import db
from ileti.tenancy import accounts, limits
from tests.api.api_house import Program, account
from tests.panel.people import dealer_of, sign_in, token_of, user_with


def limit(place: Any, **most: int) -> None:
    for name, number in most.items():
        db.connection().execute(f"update provider set most_{name} = %s where id = %s",
                                (number, place.provider_id))


def post(client: Any, path: str, **data: Any) -> Any:
    return client.post(path, data={"csrf_token": token_of(client), **data})


def test_only_a_platform_admin_sets_them_and_the_page_shows_their_use(
    app: Any, place: Any
) -> None:
    dealer_of(place)
    platform = sign_in(app, user_with(app, "platform_admin"))
    admin = sign_in(app, user_with(app, "provider_admin", place))
    path = f"/saglayicilar/{place.provider_id}/sinirlar"
    assert post(admin, path, dealers="9").status_code == 403
    assert post(platform, path, dealers="4", users="", brands="x").status_code == 302
    assert limits.uses(db.connection(), place.provider_id)[0].most is None
    assert post(platform, path, dealers="4", users="", brands="2").status_code == 302
    page = admin.get(f"/saglayicilar/show/{place.provider_id}").text
    assert "1 / 4" in page
    assert 'name="dealers"' not in page


def test_the_panel_says_that_a_limit_is_reached_and_keeps_the_form(app: Any, place: Any) -> None:
    limit(place, brands=1, sites=0)
    admin = sign_in(app, user_with(app, "provider_admin", place))
    for path, data, said in (
            ("/markalar/add", {"provider": place.provider_id, "name": "Kumru",
                               "brand_code": place.brand_code + 1}, "en çok 1 marka"),
            ("/siteler/add", {"brand": place.brand_id, "name": "Site", "policy": "code",
                              "channels": 2}, "en çok 0 site")):
        page = post(admin, path, **data)
        assert page.status_code == 200
        assert f"{said} olabilir" in page.text


def test_programs_meet_the_same_limit(app: Any, place: Any) -> None:
    scoped.serve_with(lambda: app)
    limit(place, dealers=1)
    dealer_of(place)
    program = Program(place, account(place, scopes=["dealers:write"]))
    answer = program.call("POST", "/api/v1/dealers", headers={"Idempotency-Key": "k-1"}, json={
        "brand": place.brand_code, "title": "Akasya Ltd. Şti.", "name": "Akasya",
        "tckn": "10000000146", "tin": "10000000146", "townCode": "400"})
    assert (answer.status_code, answer.json["code"]) == (409, "limit_reached")


def test_of_two_who_come_at_once_one_gets_the_last_place(database: str, place: Any) -> None:
    limit(place, brands=2)
    gate, fates = threading.Barrier(2), []

    def add(n: int) -> None:
        with psycopg.connect(database) as conn:
            gate.wait()
            try:
                conn.execute("insert into brand (provider_id, brand_code, name) "
                             "values (%s, %s, 'Yarış')", (place.provider_id, place.brand_code + n))
                conn.commit()
                fates.append("in")
            except psycopg.Error as error:
                fates.append("out" if limits.refused(error) else str(error))

    racers = [threading.Thread(target=add, args=(n,)) for n in (1, 2)]
    [one.start() for one in racers]
    [one.join() for one in racers]
    assert sorted(fates) == ["in", "out"]


def test_what_is_passive_is_not_counted_and_cannot_come_back_beyond_it(place: Any) -> None:
    first = dealer_of(place)
    db.connection().execute("update dealer set status = 'passive' where id = %s", (first,))
    limit(place, dealers=1)
    dealer_of(place)
    with pytest.raises(psycopg.Error) as caught:
        db.connection().execute("update dealer set status = 'active' where id = %s", (first,))
    assert limits.refused(caught.value)
    db.connection().execute("update dealer set title = 'Yeni' where id = %s", (first,))


def test_another_role_of_the_same_user_is_no_other_user(app: Any, place: Any) -> None:
    name = user_with(app, "report_viewer", place)
    limit(place, users=1)
    with app.app_context():
        user = db.connection().execute("select id from ab_user where username = %s",
                                       (name,)).fetchone()[0]
        accounts.give_membership(user, "marketer", provider_id=place.provider_id)
        other = accounts.create_user(f"{name}-2", "dogru-at-pil-zimba", email=f"{name}2@o.test")
        with pytest.raises(accounts.Conflict, match="limit_reached"):
            accounts.give_membership(other, "marketer", provider_id=place.provider_id)
