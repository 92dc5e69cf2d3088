"""A template is declared when it is published, and never changed after (R-01 to R-04)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import psycopg
import pytest

from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.core.errors import Conflict, InvalidInput, NotFound, RuleBroken
from ileti.templates import lifecycle
from ileti.templates.vocabulary import MessageClass, Occasion
from ileti.templates.written import Content, hashed
from ileti.tenancy import foureyes
from ileti.tenancy.foureyes import Here, State, Waits

DELIVERY = Content(Channel.MESAJ, MessageClass.PURCHASE_AND_DELIVERY, reason="Sipariş bildirimi",
                   body="Sayın {ad|müşterimiz}, siparişiniz yola çıktı.")
PROMOTING = replace(DELIVERY, body=DELIVERY.body + " Hediye paketi içinde.")
#: numbers of people whom no test makes an account of
WHO = 900_000
OFFER = Content(Channel.MESAJ, body="Sayın {ad}, bu hafta %20 indirim.",
                terms="https://defne.ornek.com.tr/kosullar", ends=date(2027, 1, 31))


def made(place: Any, draft: Content = OFFER) -> int:
    return lifecycle.create(place.provider_id, place.brand_id, draft.channel, "Deneme",
                            user_id=WHO + 1, draft=draft)


def request_of(template: int) -> foureyes.Request:
    found = foureyes.of(f"message_template:{template}")
    assert found is not None
    return found


def agree(template: int, by: int = WHO + 2, reason: str = "Hediye siparişin parçası") -> None:
    foureyes.decide(request_of(template).id, by=Here(by, frozenset({lifecycle.RIGHT})),
                    approved=True, reason=reason)


def test_what_is_published_is_frozen_with_who_declared_it_and_when(place: Any) -> None:
    number = lifecycle.publish(made(place), 0, user_id=WHO + 1)
    kept = lifecycle.content(number)
    assert replace(kept, declared_by=None, declared_at=None, version_id=0, digest=b"") == OFFER
    assert (kept.declared_by, kept.version_id, kept.digest) == (WHO + 1, number, hashed(OFFER))
    assert kept.declared_at is not None


def test_the_same_words_are_the_same_version_and_others_the_next(place: Any) -> None:
    template = made(place)
    first = lifecycle.publish(template, 0, user_id=WHO + 1)
    assert lifecycle.publish(template, 0, user_id=WHO + 2) == first
    revision = lifecycle.save(template, 0, replace(OFFER, body=OFFER.body + " Bekleriz."),
                              user_id=WHO + 1)
    second = lifecycle.publish(template, revision, user_id=WHO + 1)
    assert second != first
    assert lifecycle.content(first).body == OFFER.body
    newest = lifecycle.latest(template)
    assert newest is not None
    assert newest.version_id == second


@pytest.mark.parametrize("draft", [
    replace(OFFER, body=""), replace(OFFER, body="Sayın {isim}"), replace(OFFER, terms=""),
    replace(OFFER, ends=date(2020, 1, 1)), replace(OFFER, body="{alan.olmayan}"),
    replace(DELIVERY, occasion=Occasion.GREETING), replace(DELIVERY, reason=""),
    replace(DELIVERY, declared=MessageClass.USE_AND_MAINTENANCE)])
def test_what_breaks_a_rule_is_not_published(place: Any, draft: Content) -> None:
    with pytest.raises(RuleBroken) as caught:
        lifecycle.publish(made(place, draft), 0, user_id=WHO + 1)
    assert caught.value.errors


def test_an_exempt_text_that_promotes_waits_for_somebody_else_with_a_reason(place: Any) -> None:
    """R-03."""
    template = made(place, PROMOTING)
    with pytest.raises(Waits):
        lifecycle.publish(template, 0, user_id=WHO + 1)
    assert lifecycle.latest(template) is None
    with pytest.raises(InvalidInput):
        agree(template, reason=" ")
    agree(template)
    kept = lifecycle.latest(template)
    assert kept is not None
    assert (kept.declared_by, kept.approved_by) == (WHO + 1, WHO + 2)
    assert (kept.reason, kept.approval) == ("Sipariş bildirimi", "Hediye siparişin parçası")


def test_who_declared_it_is_never_the_second_person(place: Any) -> None:
    template = made(place, PROMOTING)
    with pytest.raises(Waits):
        lifecycle.publish(template, 0, user_id=WHO + 1)
    with pytest.raises(foureyes.NotAllowed):
        agree(template, by=WHO + 1)


def test_who_wrote_in_it_is_no_second_person_though_another_one_asks(place: Any) -> None:
    """R-03."""
    template = made(place, PROMOTING)
    revision = lifecycle.save(template, 0, replace(PROMOTING, reason="Bildirim"), user_id=WHO + 2)
    with pytest.raises(Waits):
        lifecycle.publish(template, revision, user_id=WHO + 1)
    with pytest.raises(foureyes.NotAllowed):
        agree(template, by=WHO + 2)
    assert request_of(template).state is State.WAITING
    agree(template, by=WHO + 3)
    assert lifecycle.latest(template) is not None


def test_a_draft_that_is_written_on_is_asked_about_anew(place: Any) -> None:
    template = made(place, PROMOTING)
    with pytest.raises(Waits):
        lifecycle.publish(template, 0, user_id=WHO + 1)
    number = request_of(template).id
    lifecycle.save(template, 0, replace(PROMOTING, body=PROMOTING.body + " %50"), user_id=WHO + 1)
    assert foureyes.read(number).state is State.VOID
    assert lifecycle.latest(template) is None


def test_two_people_do_not_write_over_each_other(place: Any) -> None:
    template = made(place)
    lifecycle.save(template, 0, replace(OFFER, reference="A"), user_id=WHO + 1)
    with pytest.raises(Conflict):
        lifecycle.save(template, 0, replace(OFFER, reference="B"), user_id=WHO + 2)


def test_what_was_taken_off_is_used_no_more_and_still_read(place: Any) -> None:
    template = made(place)
    number = lifecycle.publish(template, 0, user_id=WHO + 1)
    assert lifecycle.retire(template, user_id=WHO + 1)
    assert not lifecycle.retire(template, user_id=WHO + 1)
    assert lifecycle.latest(template) is None
    assert lifecycle.content(number).body == OFFER.body


def test_another_providers_version_is_not_there(place: Any) -> None:
    number = lifecycle.publish(made(place), 0, user_id=WHO + 1)
    with pytest.raises(NotFound):
        lifecycle.content(number, provider_id=place.provider_id + 1)


@pytest.mark.parametrize("change", ["occasion = 'kutlama'", "reference = '', declared = 2",
                                    "approved_by = declared_by, approval = 'x'",
                                    "reason = ''"])
def test_the_database_keeps_the_law_too(place: Any, change: str) -> None:
    """R-01, R-02, R-03, past every check of ours."""
    number = lifecycle.publish(made(place, DELIVERY), 0, user_id=WHO + 1)
    statement: Any = f"update message_template_version set {change} where id = %s"
    with psycopg.connect(db.dsn()) as owner:
        owner.execute("reset role")
        with pytest.raises(psycopg.errors.CheckViolation):
            owner.execute(statement, (number,))


def test_the_application_cannot_change_what_is_published(place: Any) -> None:
    number = lifecycle.publish(made(place), 0, user_id=WHO + 1)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction(system=True) as conn:
        conn.execute("update message_template_version set body = 'x' where id = %s", (number,))
