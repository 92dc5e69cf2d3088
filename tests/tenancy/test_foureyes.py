"""Some deeds take two people: exactly what was asked, never the same person, once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ileti.core import db
from ileti.core.errors import CallerMistake, Conflict, InvalidInput, NotAllowed, NotFound
from ileti.tenancy import accounts, foureyes, ownroles, roles, scope
from ileti.tenancy.foureyes import Carrier, State, Wish
from ileti.tenancy.roles import Level
from tests.panel.people import user_with

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


def admin_of(app: Any, place: Any, role: str = "provider_admin", **more: Any) -> accounts.Giver:
    """Somebody new who may hand out rights at a place."""
    name = user_with(app, role, place, **more)
    with app.app_context():
        [own] = accounts.givers_of(db.connection().execute(
            "select id from ab_user where username = %s", (name,)).fetchone()[0])
    return own


@pytest.fixture
def strict(place: Any) -> Any:
    """A provider that wants two people for rights."""
    db.connection().execute("update provider set approvals = '{rights}' where id = %s",
                            (place.provider_id,))
    return place


@pytest.fixture
def asked(app: Any, strict: Any) -> tuple[accounts.Giver, int, int]:
    """An admin who asked to make somebody an admin: admin, user, request."""
    first, user = admin_of(app, strict), admin_of(app, strict, "report_viewer").user_id
    with app.app_context(), pytest.raises(foureyes.Waits):
        accounts.give_membership(user, "provider_admin", provider_id=strict.provider_id,
                                 giver=first)
    [request] = foureyes.waiting(first)
    return first, user, request.id


def held(user: int) -> list[str]:
    return [row[0] for row in db.connection().execute(
        "select role from membership where user_id = %s order by id", (user,))]


def state_of(number: int) -> State:
    return foureyes.read(number).state


def test_a_strong_role_waits_for_a_second_person_and_is_given_once(
        app: Any, strict: Any, asked: Any) -> None:
    _first, user, number = asked
    assert held(user) == ["report_viewer"]
    with app.app_context():
        foureyes.decide(number, by=admin_of(app, strict), approved=True)
        assert not foureyes.carry_out(number)
    assert held(user) == ["report_viewer", "provider_admin"]
    assert state_of(number) is State.DONE
    deeds = [row[0] for row in db.connection().execute(
        "select action from audit_entry where provider_id = %s and subject = %s order by id",
        (strict.provider_id, f"ab_user:{user}"))]
    assert deeds[-3:] == ["approval:ask", "approval:approve", "membership:add"]


def test_who_asked_does_not_approve_nor_under_a_second_name(app: Any, strict: Any,
                                                          asked: Any) -> None:
    first, user, number = asked
    second = admin_of(app, strict)
    mail = db.connection().execute("select email from ab_user where id = %s",
                                   (first.user_id,)).fetchone()[0]
    db.connection().execute("update ab_user set email = %s where id = %s", (
        mail.replace("@", "+iki@").upper(), second.user_id))
    for one in (first, second):
        with app.app_context(), pytest.raises(NotAllowed):
            foureyes.decide(number, by=one, approved=True)
    assert held(user) == ["report_viewer"]


def test_only_the_same_right_in_the_same_place_decides(app: Any, strict: Any, place_b: Any,
                                                       asked: Any) -> None:
    _first, user, number = asked
    for stranger in (admin_of(app, place_b), admin_of(app, strict, "brand_manager", level="brand"),
                     admin_of(app, strict, "marketer")):
        assert foureyes.waiting(stranger) == []
        with app.app_context(), pytest.raises(CallerMistake):
            foureyes.decide(number, by=stranger, approved=True)
    officer = admin_of(app, strict, "compliance_officer")
    with app.app_context(), pytest.raises(NotFound):
        foureyes.decide(number, by=officer, approved=True)
    assert held(user) == ["report_viewer"]


def test_a_refusal_has_a_reason_and_ends_it(app: Any, strict: Any, asked: Any) -> None:
    _first, user, number = asked
    second = admin_of(app, strict)
    with app.app_context():
        with pytest.raises(InvalidInput):
            foureyes.decide(number, by=second, approved=False, reason=" ")
        foureyes.decide(number, by=second, approved=False, reason="Gerek yok")
        with pytest.raises(Conflict):
            foureyes.decide(number, by=second, approved=True)
    assert (state_of(number), foureyes.read(number).reason) == (State.REFUSED, "Gerek yok")
    assert held(user) == ["report_viewer"]


def test_when_the_thing_changed_the_request_is_void(app: Any, strict: Any, asked: Any) -> None:
    """Another person behind the account is another deed."""
    _first, user, number = asked
    db.connection().execute("update ab_user set email = 'baska@ornek.test' where id = %s", (user,))
    with app.app_context(), pytest.raises(Conflict):
        foureyes.decide(number, by=admin_of(app, strict), approved=True)
    db.connection().execute("update ab_user set email = %s where id = %s",
                            (f"eski-{user}@ornek.test", user))
    assert state_of(number) is State.VOID
    assert held(user) == ["report_viewer"]


def test_who_lost_the_right_meanwhile_gets_nothing_through(app: Any, strict: Any,
                                                           asked: Any) -> None:
    first, user, number = asked
    db.connection().execute("delete from membership where user_id = %s", (first.user_id,))
    with app.app_context(), pytest.raises(NotAllowed):
        foureyes.decide(number, by=admin_of(app, strict), approved=True)
    assert (state_of(number), held(user)) == (State.VOID, ["report_viewer"])


def test_a_request_lapses_and_can_be_asked_again(app: Any, strict: Any, asked: Any) -> None:
    first, user, number = asked
    db.connection().execute("update approval set expires_at = now() where id = %s", (number,))
    with app.app_context():
        with pytest.raises(Conflict):
            foureyes.decide(number, by=admin_of(app, strict), approved=True)
        assert foureyes.carry_out_due()["lapsed"] >= 1
        with pytest.raises(foureyes.Waits):
            accounts.give_membership(user, "provider_admin", provider_id=strict.provider_id,
                                     giver=first)
    assert state_of(number) is State.LAPSED
    assert len(foureyes.waiting(first)) == 1


def test_the_same_wish_waits_once(app: Any, strict: Any, asked: Any) -> None:
    first, user, number = asked
    with app.app_context(), pytest.raises(foureyes.Waits):
        accounts.give_membership(user, "provider_admin", provider_id=strict.provider_id,
                                 giver=first)
    assert [one.id for one in foureyes.waiting(first)] == [number]


def test_weak_roles_the_command_line_and_other_providers_wait_for_nobody(
        app: Any, strict: Any, place_b: Any) -> None:
    user = admin_of(app, strict, "report_viewer").user_id
    with app.app_context():
        accounts.give_membership(user, "dealer_user", provider_id=strict.provider_id,
                                 brand_id=strict.brand_id, dealer_id=_dealer(strict),
                                 giver=admin_of(app, strict))
        accounts.give_membership(user, "provider_admin", provider_id=strict.provider_id)
        accounts.give_membership(user, "provider_admin", provider_id=place_b.provider_id,
                                 giver=admin_of(app, place_b))
    assert len(held(user)) == 4


def _dealer(place: Any) -> int:
    from tests.panel.people import dealer_of

    return dealer_of(place)


def test_a_role_with_strong_rights_waits_and_is_made_as_asked(app: Any, strict: Any) -> None:
    first, second = admin_of(app, strict), admin_of(app, strict)
    wish = ownroles.Wish("Gözcü", Level.PROVIDER, frozenset({"consent:reveal", "consent:read"}))
    with app.app_context(), pytest.raises(foureyes.Waits):
        ownroles.compose(wish, giver=first)
    [request] = foureyes.waiting(second)
    with app.app_context():
        foureyes.decide(request.id, by=second, approved=True)
    kept = db.connection().execute(
        "select id, permissions, created_by from own_role where provider_id = %s",
        (strict.provider_id,)).fetchall()
    assert [one[1:] for one in kept] == [(["consent:read", "consent:reveal", "home:read"],
                                          first.user_id)]
    more = ownroles.Wish("Gözcü", Level.PROVIDER, wish.permissions | {"user:write"})
    with app.app_context(), pytest.raises(foureyes.Waits):
        ownroles.change(kept[0][0], more, giver=second)


def test_mails_go_to_those_who_may_decide_and_not_to_who_asked(app: Any, strict: Any) -> None:
    second = admin_of(app, strict)
    first, user = admin_of(app, strict), admin_of(app, strict, "marketer").user_id
    with app.app_context(), pytest.raises(foureyes.Waits):
        accounts.give_membership(user, "provider_admin", provider_id=strict.provider_id,
                                 giver=first)
    told = db.connection().execute(
        "select m.user_id, o.topic from account_mail m join outbox o on o.topic = 7 and "
        "o.ref_id = m.id where m.kind = 13 and m.user_id = any(%s)",
        ([first.user_id, second.user_id, user],)).fetchall()
    assert told == [(second.user_id, 7)]


@pytest.mark.attack
@pytest.mark.parametrize("change", [
    "act = '{}'", "mark = 'x'", "asked_by = 1", "provider_id = null", "digest = sha256('x')",
    "permission = 'home:read'", "expires_at = now() + interval '1 year'"])
def test_what_was_asked_cannot_be_changed(asked: Any, change: str) -> None:
    with pytest.raises(psycopg.errors.RestrictViolation):
        db.connection().execute(f"update approval set {change} where id = %s", (asked[2],))


@pytest.mark.attack
def test_the_database_lets_nobody_approve_their_own(asked: Any) -> None:
    first, _user, number = asked
    with pytest.raises(psycopg.errors.CheckViolation):
        db.connection().execute("update approval set state = 2, decided_by = %s, decided_at = "
                                "now() where id = %s", (first.user_id, number))
    with pytest.raises(psycopg.errors.RestrictViolation):
        db.connection().execute("delete from approval where id = %s", (number,))


def test_killed_between_the_word_and_the_deed_it_is_done_once(
        app: Any, strict: Any, asked: Any) -> None:
    _first, user, number = asked
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
    assert (state_of(number), held(user)) == (State.APPROVED, ["report_viewer"])
    _carried_out_once(app, number, user)


def test_killed_after_the_deed_it_is_not_done_again(app: Any, strict: Any, asked: Any,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        """The process is gone."""

    def die(point: str) -> None:
        if point == "foureyes.done":
            raise Killed

    _first, user, number = asked
    second = admin_of(app, strict)
    with monkeypatch.context() as patch, app.app_context():
        patch.setattr(foureyes, "reach", die)
        with pytest.raises(Killed):
            foureyes.decide(number, by=second, approved=True)
    assert state_of(number) is State.APPROVED
    _carried_out_once(app, number, user)


def _carried_out_once(app: Any, number: int, user: int) -> None:
    db.connection().execute("update approval set next_at = now() where id = %s", (number,))
    with app.app_context():
        assert foureyes.carry_out_due()["done"] >= 1  # what the job does
        assert not foureyes.carry_out(number)
    assert (state_of(number), held(user)) == (State.DONE, ["report_viewer", "provider_admin"])


def test_a_room_to_come_hooks_in(app: Any, place: Any) -> None:
    """A kind is offered once somebody carries it out."""
    done: list[int] = []
    carrier = Carrier("campaign", lambda one: done.append(one.wish.act["campaign"]),
                      lambda _wish: "v1", lambda _one, _language: [], "a flag is set")
    with pytest.MonkeyPatch.context() as patch:
        for topic in [key for key, one in foureyes.CARRIERS.items() if one.kind == "campaign"]:
            patch.delitem(foureyes.CARRIERS, topic)
        assert "campaign" not in foureyes.kinds()
        patch.setitem(foureyes.CARRIERS, "campaign", carrier)
        assert "campaign" in foureyes.kinds()
        db.connection().execute("update provider set approvals = '{campaign}' where id = %s",
                                (place.provider_id,))
        wish = Wish("campaign", "campaign", "campaign:5", "report:read", {"campaign": 5},
                    place.provider_id)
        with pytest.raises(foureyes.Waits):
            foureyes.needed(wish, by=admin_of(app, place, "marketer").user_id)
        [request] = foureyes.waiting(admin_of(app, place, "report_viewer"))
        foureyes.decide(request.id, by=admin_of(app, place, "report_viewer"), approved=True)
    assert done == [5]


def test_every_deed_has_words_on_the_page_and_in_the_mail() -> None:
    import ileti.factory  # noqa: F401 (every room registers)
    from ileti.signin import letters
    from ileti.tenancy import deedwords

    kept = foureyes.CARRIERS.keys()
    assert deedwords.ASKED.keys() == letters.ASKED.keys() == kept


def test_every_deed_says_why_it_may_be_done_twice() -> None:
    import ileti.factory  # noqa: F401 (every room registers)

    assert {"membership", "membership_move", "membership_hand_over", "own_role", "approvals",
            "api_scopes", "import_apply", "import_undo", "publish"} <= foureyes.CARRIERS.keys()
    assert all(len(one.again) > 10 for one in foureyes.CARRIERS.values())
    assert scope.NOTHING.user_id is None
    assert roles.TWO_STEP_RIGHTS < roles.STRONG_RIGHTS
