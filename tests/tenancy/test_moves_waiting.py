"""Moving a strong role or handing it over takes two people where a provider wants that for rights:
no road gives somebody a role that giving it by hand would not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ileti.core import db
from ileti.core.errors import CallerMistake, Conflict, NotAllowed
from ileti.tenancy import accounts, foureyes, moves, scope
from ileti.tenancy.foureyes import State
from tests.panel.people import sign_in, user_with
from tests.signin.people import post
from tests.tenancy.test_foureyes import admin_of, held, state_of, strict  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


@pytest.fixture
def asked(app: Any, strict: Any) -> tuple[accounts.Giver, int, int, int]:  # noqa: F811
    """An admin who asked to hand an admin's role to a viewer: admin, old holder, heir, request."""
    first, old = admin_of(app, strict), admin_of(app, strict).user_id
    heir = admin_of(app, strict, "report_viewer").user_id
    with app.app_context(), pytest.raises(foureyes.Waits):
        hand_over(old, heir, first)
    [request] = foureyes.waiting(first)
    return first, old, heir, request.id


def hand_over(old: int, heir: int, giver: accounts.Giver) -> int:
    """As the panel asks it, in the work space of whoever asks."""
    with scope.within(giver.scope):
        return moves.hand_over(old, heir, giver=giver)


def memberships(user: int) -> list[tuple[int, int | None]]:
    return db.connection().execute("select id, brand_id from membership where user_id = %s "
                                   "order by id", (user,)).fetchall()


def test_a_strong_role_handed_over_waits_and_goes_over_once(app: Any, strict: Any,  # noqa: F811
                                                            asked: Any) -> None:
    _first, old, heir, number = asked
    assert (held(old), held(heir)) == (["provider_admin"], ["report_viewer"])
    with app.app_context():
        foureyes.decide(number, by=admin_of(app, strict), approved=True)
        assert not foureyes.carry_out(number)
    assert (held(old), sorted(held(heir))) == ([], ["provider_admin", "report_viewer"])
    assert state_of(number) is State.DONE
    handed = db.connection().execute(
        "select count(*) from audit_entry where action = 'membership:hand_over' and subject = %s",
        (f"ab_user:{old}",)).fetchone()
    assert handed == (1,)


def test_neither_who_asked_nor_who_takes_over_agrees_to_a_hand_over(
        app: Any, strict: Any, asked: Any) -> None:  # noqa: F811
    first, old, heir, number = asked
    with app.app_context():
        accounts.give_membership(heir, "provider_admin", provider_id=strict.provider_id)
        [_weak, own] = accounts.givers_of(heir)
        for one in (first, own):
            with pytest.raises(NotAllowed):
                foureyes.decide(number, by=one, approved=True)
    assert held(old) == ["provider_admin"]


def test_a_hand_over_is_void_when_the_heir_is_another_person_meanwhile(
        app: Any, strict: Any, asked: Any) -> None:  # noqa: F811
    _first, old, heir, number = asked
    db.connection().execute("update ab_user set email = 'el-degisti@ornek.test' where id = %s",
                            (heir,))
    with app.app_context(), pytest.raises(Conflict):
        foureyes.decide(number, by=admin_of(app, strict), approved=True)
    db.connection().execute("update ab_user set email = %s where id = %s",
                            (f"eski-{heir}@ornek.test", heir))
    assert (state_of(number), held(old)) == (State.VOID, ["provider_admin"])


def test_a_hand_over_whose_asker_lost_the_right_is_not_done(app: Any, strict: Any,  # noqa: F811
                                                            asked: Any) -> None:
    first, old, _heir, number = asked
    db.connection().execute("delete from membership where user_id = %s", (first.user_id,))
    with app.app_context(), pytest.raises(CallerMistake):
        foureyes.decide(number, by=admin_of(app, strict), approved=True)
    assert (state_of(number), held(old)) == (State.VOID, ["provider_admin"])


def test_killed_between_the_word_and_the_hand_over_it_is_done_once(
        app: Any, strict: Any, asked: Any) -> None:  # noqa: F811
    _first, old, heir, number = asked
    second = admin_of(app, strict)
    died = subprocess.run(
        [sys.executable, "-c", "from ileti.factory import create_app\n"
         "from ileti.tenancy import accounts, foureyes\n"
         f"with create_app().app_context():\n"
         f"    [me] = accounts.givers_of({second.user_id})\n"
         f"    foureyes.decide({number}, by=me, approved=True)"],
        env=os.environ | {"ILETI_FAILPOINT": "foureyes.decided", "PYTHONPATH": str(ROOT)},
        timeout=120, check=False)
    assert died.returncode == 137
    assert (state_of(number), held(old)) == (State.APPROVED, ["provider_admin"])
    _carried_out_once(app, number)
    assert (held(old), sorted(held(heir))) == ([], ["provider_admin", "report_viewer"])


@pytest.mark.parametrize("deed", ["hand_over", "move"])
def test_killed_after_the_deed_nothing_moves_again(app: Any, strict: Any,  # noqa: F811
                                                   monkeypatch: Any, deed: str) -> None:
    class Killed(BaseException):
        """The process is gone."""

    def die(point: str) -> None:
        if point == "foureyes.done":
            raise Killed

    number, user = _asked(app, strict, deed)
    with monkeypatch.context() as patch, app.app_context():
        patch.setattr(foureyes, "reach", die)
        with pytest.raises(Killed):
            foureyes.decide(number, by=admin_of(app, strict), approved=True)
    there = memberships(user)
    _carried_out_once(app, number)
    assert memberships(user) == there


def _asked(app: Any, strict: Any, deed: str) -> tuple[int, int]:  # noqa: F811
    """A request, and the user it is about."""
    first = admin_of(app, strict)
    user = admin_of(app, strict, "brand_manager", level="brand").user_id
    [(own, _brand)] = memberships(user)
    heir = admin_of(app, strict, "report_viewer").user_id
    deeds = {
        "move": lambda: moves.move(own, brand_id=_second_brand(strict), dealer_id=None,
                                   giver=first),
        "hand_over": lambda: hand_over(user, heir, first)}
    with app.app_context(), pytest.raises(foureyes.Waits):
        deeds[deed]()
    [request] = foureyes.waiting(first)
    return request.id, user


def _second_brand(place: Any) -> int:
    found = db.connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'İkinci') returning id",
        (place.provider_id, place.brand_code + 700)).fetchone()
    return int(found[0])


def _carried_out_once(app: Any, number: int) -> None:
    db.connection().execute("update approval set next_at = now() where id = %s", (number,))
    with app.app_context():
        assert foureyes.carry_out(number)
        assert not foureyes.carry_out(number)
    assert state_of(number) is State.DONE


def test_a_strong_role_moved_waits_and_is_moved_as_agreed(app: Any, strict: Any) -> None:  # noqa: F811
    number, user = _asked(app, strict, "move")
    assert memberships(user)[0][1] == strict.brand_id
    with app.app_context():
        foureyes.decide(number, by=admin_of(app, strict), approved=True)
    assert memberships(user)[0][1] == foureyes.read(number).wish.act["brand"] != strict.brand_id
    assert state_of(number) is State.DONE


def test_a_weak_role_and_a_provider_that_asks_nobody_wait_for_nobody(
        app: Any, strict: Any, place_b: Any) -> None:  # noqa: F811
    for place, role in ((strict, "report_viewer"), (place_b, "provider_admin")):
        old = admin_of(app, place, role).user_id
        heir = admin_of(app, place, "marketer").user_id
        with app.app_context():
            assert hand_over(old, heir, admin_of(app, place)) == 1
        assert held(old) == []


def test_the_panel_says_that_a_hand_over_waits_and_shows_what_is_asked(
        app: Any, strict: Any) -> None:  # noqa: F811
    old = admin_of(app, strict).user_id
    heir = admin_of(app, strict, "report_viewer").user_id
    client = sign_in(app, user_with(app, "provider_admin", strict))
    answer = post(client, f"/kullanicilar/{old}/devret", heir=str(heir))
    assert "İkinci bir kişinin onayı gerekiyor" in client.get(answer.location).text
    assert held(old) == ["provider_admin"]
    second = sign_in(app, user_with(app, "provider_admin", strict))
    number = db.connection().execute(
        "select id from approval where provider_id = %s order by id desc limit 1",
        (strict.provider_id,)).fetchone()[0]
    shown = second.get(f"/onaylar/{number}").text
    assert "Güçlü rolleri devretme" in shown
    assert "Kim devralıyor" in shown
