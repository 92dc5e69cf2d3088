"""One consent at an earlier moment: choice, İYS's word, gate, from entries and answers."""

from __future__ import annotations

import itertools
import random
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from ileti.consents import listing, past
from ileti.consents.models import ConsentState
from ileti.consents.numbers import record_number
from ileti.consents.past import held_at
from ileti.consents.vocabulary import IysStatus, Source, Standing
from ileti.core import clock, db, orm
from ileti.tenancy import scope
from tests.panel.people import dealer_of, restrict, sign_in, take, user_with

PHONE = "+905992013344"


def answer(place: Any, entry_id: int, *, accepted: bool = True, code: str | None = None) -> None:
    """İYS's answer about an entry, as ``settle`` writes it down."""
    status = IysStatus.REGISTERED if accepted else IysStatus.REFUSED
    with db.transaction() as conn:
        conn.execute("insert into iys_receipt (provider_id, entry_id, accepted, code, "
                     "transaction_id) values (%s, %s, %s, %s, %s)",
                     (place.provider_id, entry_id, accepted, code, f"işlem-{entry_id}"))
        conn.execute("update consent_state set iys_status = %s, iys_code = %s "
                     "where provider_id = %s and entry_id = %s",
                     (int(status), int(code[1:]) if code else None, place.provider_id, entry_id))


def shown(client: Any, entry_id: int, at: datetime | None = None) -> str:
    """The page's main part without its side navigation."""
    path = f"/izinler/{record_number(entry_id)}"
    page = client.get(path, query_string={"at": at.isoformat()} if at else {})
    assert page.status_code == 200
    return str(page.text.partition("<main")[2])


def badges(text: str) -> list[str]:
    """The tones of the badges below the title."""
    head = text.partition('class="under-title"')[2].partition("</div>")[0]
    return [one.strip() for one in re.findall(r'class="badge ([a-z ]+?)\s*"', head)]


@pytest.fixture
def story(app: Any, place: Any) -> dict[str, Any]:
    """Taken, accepted by İYS, then refused; with the moments between."""
    moments = {"before": clock.now()}
    entry = take(place, PHONE).items[0].entry_id
    moments["taken"] = clock.now()
    answer(place, entry)
    moments["accepted"] = clock.now()
    take(place, PHONE, refusal=True)
    client = sign_in(app, user_with(app, "provider_admin", place))
    return {"client": client, "entry": entry, **moments}


def test_before_the_first_record_there_was_nothing(story: dict[str, Any]) -> None:
    page = shown(story["client"], story["entry"], story["before"])
    assert badges(page) == []
    assert "O anda bu alıcının kaydı yoktu." in page


def test_once_taken_it_was_given_but_not_in_force(story: dict[str, Any]) -> None:
    page = shown(story["client"], story["entry"], story["taken"])
    assert badges(page) == ["ok outline", "mute soft"]
    assert "İYS bu izni henüz onaylamamıştı." in page


def test_once_accepted_a_message_could_go(story: dict[str, Any]) -> None:
    page = shown(story["client"], story["entry"], story["accepted"])
    assert badges(page) == ["ok soft", "ok soft"]
    assert "O anda mesaj gönderilebilirdi" in page
    assert "Ret kaydet" not in page


def test_now_it_is_a_refusal(story: dict[str, Any]) -> None:
    page = shown(story["client"], story["entry"])
    assert badges(page)[0] == "ret soft"
    assert "Alıcı ret verdi." in page


@pytest.mark.parametrize(("text", "sentence"), [
    ("dün", "Gün ve saat yazın"), ("2999-01-01T00:00", "Geçmiş bir an seçin"),
    ("0001-01-01T00:00", "Gün ve saat yazın"),
])
def test_a_moment_that_is_none_is_said_so_and_now_is_shown(
    story: dict[str, Any], text: str, sentence: str
) -> None:
    number = record_number(story["entry"])
    page = story["client"].get(f"/izinler/{number}", query_string={"at": text}).text
    assert sentence in page
    assert "Alıcı ret verdi." in page


def test_a_dealer_is_not_told_what_stood_before_its_own_first_record(app: Any, place: Any) -> None:
    other, mine = dealer_of(place, "Karşıyaka Lale"), dealer_of(place, "Bornova Akasya")
    first = take(place, PHONE, dealer_id=other).items[0].entry_id
    answer(place, first)
    between = clock.now()
    own = take(place, PHONE, dealer_id=mine).items[0].entry_id
    client = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=mine))
    assert "O anda bu alıcının kaydı yoktu." in shown(client, own, between)
    assert badges(shown(client, own, between)) == []


@pytest.mark.parametrize("seed", range(8))
def test_the_replay_up_to_now_is_the_state(app: Any, place: Any, seed: int) -> None:
    dice, entries = random.Random(seed), []
    for number in range(5):
        entries.append(_any_entry(dice, place, number))
        if dice.random() < 0.6:
            _any_answer(dice, place, dice.choice(entries))
    with app.test_request_context(), scope.system_scope():
        state = orm.db.session.query(ConsentState).filter_by(provider_id=place.provider_id).one()
        held = held_at(state, clock.now())
    assert held is not None
    assert (held.entry_id, held.status, held.standing) == (
        state.entry_id, state.status, state.standing)
    assert (listing.choice_key(held), listing.iys_key(held), held.iys_code) == (
        listing.choice_key(state), listing.iys_key(state), state.iys_code)


def test_of_too_many_records_the_newest_are_replayed_and_the_page_says_so(
        app: Any, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    take(place, PHONE)
    for refusal in (True, False, True):
        last = take(place, PHONE, refusal=refusal).items[0].entry_id
    monkeypatch.setattr(past, "MOST", 2)
    with app.test_request_context(), scope.system_scope():
        state = orm.db.session.query(ConsentState).filter_by(provider_id=place.provider_id).one()
        held = held_at(state, clock.now())
    assert held is not None
    assert (held.entry_id, held.cut) == (state.entry_id, True)
    client = sign_in(app, user_with(app, "provider_admin", place))
    assert "yalnız en yeni 2 kayıt" in shown(client, last, clock.now())
    monkeypatch.undo()
    assert "yalnız en yeni" not in shown(client, last, clock.now())


def test_a_moment_of_a_restricted_persons_older_records_is_not_told(app: Any, place: Any) -> None:
    first = take(place, PHONE)
    between = clock.now()
    restrict(place, first.items[0].recipient_id)
    db.connection().execute("update consent_state set consent_date = consent_date - interval "
                            "'1 hour' where recipient_id = %s", (first.items[0].recipient_id,))
    again = take(place, PHONE).items[0].entry_id
    admin = sign_in(app, user_with(app, "provider_admin", place))
    officer = sign_in(app, user_with(app, "compliance_officer", place))
    assert badges(shown(admin, again, between)) == []
    assert badges(shown(officer, again, between)) != []


_runs = itertools.count(1)


def _any_entry(dice: random.Random, place: Any, number: int) -> int:
    """A consent or refusal of one key, by us or made at İYS, verified or not, late or not."""
    from ileti.consents import ledger
    from ileti.consents.deadlines import due_at
    from ileti.consents.vocabulary import Channel, Status

    moment = clock.whole_second(clock.now()) - timedelta(seconds=dice.choice([0, 5, 60]))
    there = dice.random() < 0.25
    item = ledger.NewConsent(
        address=PHONE, channel=Channel.MESAJ, status=dice.choice(list(Status)),
        consent_date=moment, due_at=None if there else due_at(moment))
    done = ledger.record(ledger.NewSubmission(
        place=place, idem=f"zaman:{place.provider_id}:{number}:{next(_runs)}",
        body_hash=b"1" * 16, source=Source.IYS_WEB if there else Source.HS_WEB, items=[item],
        standing=Standing.VERIFIED if there or dice.random() < 0.8 else Standing.UNVERIFIED))
    return done.items[0].entry_id


def _any_answer(dice: random.Random, place: Any, entry_id: int) -> None:
    queued = db.connection().execute(
        "select 1 from consent_state where provider_id = %s and entry_id = %s and iys_status = 1",
        (place.provider_id, entry_id)).fetchone()
    if queued:
        accepted = dice.random() < 0.6
        answer(place, entry_id, accepted=accepted, code=None if accepted else "H178")


def test_what_was_not_sent_says_why_without_a_question_mark(app: Any, place: Any) -> None:
    entry = take(place, PHONE, refusal=True).items[0].entry_id
    db.connection().execute(
        "insert into iys_receipt (provider_id, entry_id, accepted, detail) "
        "values (%s, %s, false, '{\"not_sent\": \"unknown at İYS\"}')", (place.provider_id, entry))
    page = shown(sign_in(app, user_with(app, "provider_admin", place)), entry)
    assert "İYS bu alıcıyı tanımıyor; ret bizde tutuluyor" in page
    assert "Yanıtı: ?" not in page
