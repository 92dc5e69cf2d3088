"""Erasure by two people, and what the answer says of what is kept (R-46, R-47, R-64)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import psycopg
import pytest

from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.core.errors import Conflict
from ileti.requests import answering, cases, erasing
from ileti.requests.numbers import case_number
from ileti.requests.vocabulary import Decision
from tests.panel.people import sign_in, take, token_of, user_with
from tests.requests.conftest import kinds_of, new_mail, verified

Case = cases.Case
OUTCOME = erasing.Outcome(
    erased=(erasing.Line("contact", "Ad ve iletişim bilgileri", "Name and contact", 3),),
    kept=(erasing.Line(
        "proof", "İzin ve ret kayıtlarının kanıtı", "Proof of consents and refusals", 2,
        until=date(2036, 11, 30), rule="R-46", law="6563 s. Kanun m. 11/3",
        why_tr="on yıl saklama yükümlülüğü", why_en="ten years of retention"),))


class Fake:
    """Stands for the room of retention."""

    def __init__(self, *, fails: int = 0) -> None:
        self.asked: list[tuple[int, list[int], str, int]] = []
        self.fails = fails

    def plan(self, provider_id: int, recipient_ids: Sequence[int]) -> erasing.Outcome:
        return OUTCOME

    def erase(self, provider_id: int, recipient_ids: Sequence[int], *, case: str,
              by: int) -> erasing.Outcome:
        db.refuse_open_transaction()
        self.asked.append((provider_id, list(recipient_ids), case, by))
        if len(self.asked) <= self.fails:
            raise RuntimeError("the database went away")
        return OUTCOME


@pytest.fixture
def case(place: Any, place_b: Any, new_case: Callable[..., Case]) -> Case:
    """A verified case of somebody who has a record."""
    db.connection().execute("update data_request_erasure set next_at = now() + interval '1 day' "
                            "where done_at is null")
    mine = take(place, new_mail(), channel=Channel.EPOSTA).items[0].recipient_id
    return verified(new_case(rights=["E"]), mine)


def officer(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "compliance_officer", place))


def do(client: Any, case: Case, deed: str, **data: Any) -> Any:
    return client.post(f"/basvurular/{case_number(case.id)}/sil/{deed}",
                       data={"csrf_token": token_of(client)} | data)


def open_one(case: Case) -> int:
    return int(db.connection().execute(
        "select max(id) from data_request_erasure where request_id = %s", (case.id,)).fetchone()[0])


def test_without_retention_rules_the_page_says_that_nothing_is_erased(
    app: Any, place: Any, case: Case
) -> None:
    client = officer(app, place)
    text = client.get(f"/basvurular/{case_number(case.id)}").text
    assert "Silme bu kurulumda yapılamıyor" in text
    do(client, case, "oner")
    assert "erase_asked" not in kinds_of(case.id)


def test_r64_one_proposes_another_approves_and_then_it_is_done(
    app: Any, place: Any, case: Case
) -> None:
    fake = Fake()
    erasing.register(fake)
    first, second = officer(app, place), officer(app, place)
    do(first, case, "oner")
    number = str(open_one(case))
    do(first, case, "karar", id=number, karar="onay")
    assert erasing.erase_waiting() == {"erased": 0, "failed": 0}
    do(second, case, "karar", id=number, karar="onay")
    assert erasing.erase_waiting() == {"erased": 1, "failed": 0}
    assert erasing.erase_waiting() == {"erased": 0, "failed": 0}
    assert len(fake.asked) == 1
    assert fake.asked[0][:3] == (case.provider_id, fake.asked[0][1], case_number(case.id))
    assert kinds_of(case.id)[-3:] == ["erase_asked", "erase_approved", "erased"]


def test_the_database_itself_keeps_two_people_apart(case: Case) -> None:
    erasing.register(Fake())
    with db.transaction() as conn:
        number = erasing.propose(conn, case, by=7)
    with pytest.raises(psycopg.errors.CheckViolation):
        db.connection().execute("update data_request_erasure set approved_at = now(), "
                                "approved_by = 7 where id = %s", (number,))


def test_people_matched_after_the_proposal_are_not_erased_by_it(
    app: Any, place: Any, case: Case
) -> None:
    fake = Fake()
    erasing.register(fake)
    do(officer(app, place), case, "oner")
    verified(case, take(place, new_mail(), channel=Channel.EPOSTA).items[0].recipient_id)
    do(officer(app, place), case, "karar", id=str(open_one(case)), karar="onay")
    erasing.erase_waiting()
    assert fake.asked == []


def test_what_fails_is_tried_again_and_written_once(app: Any, place: Any, case: Case) -> None:
    fake = Fake(fails=1)
    erasing.register(fake)
    do(officer(app, place), case, "oner")
    do(officer(app, place), case, "karar", id=str(open_one(case)), karar="onay")
    assert erasing.erase_waiting()["failed"] == 1
    db.connection().execute("update data_request_erasure set next_at = now() "
                            "where request_id = %s", (case.id,))
    assert erasing.erase_waiting()["erased"] == 1
    assert kinds_of(case.id).count("erased") == 1


def approved(app: Any, place: Any, case: Case) -> int:
    """One proposed and another approved; the proposal's number."""
    do(officer(app, place), case, "oner")
    number = open_one(case)
    do(officer(app, place), case, "karar", id=str(number), karar="onay")
    return number


def test_nothing_is_erased_for_somebody_whose_identity_is_doubted_since_the_proposal(
    app: Any, place: Any, case: Case
) -> None:
    fake = Fake()
    erasing.register(fake)
    do(officer(app, place), case, "oner")
    db.connection().execute("update data_request set identity = 3 where id = %s", (case.id,))
    answer = do(officer(app, place), case, "karar", id=str(open_one(case)), karar="onay")
    assert answer.status_code == 303
    assert "erase_approved" not in kinds_of(case.id)
    with db.transaction() as conn, pytest.raises(Conflict, match="Verify the identity first"):
        erasing.decide(conn, cases.read_case(conn, case.id), open_one(case), by=987_654,
                       approved=True)
    erasing.erase_waiting()
    assert fake.asked == []


def test_the_identity_stays_as_it_is_while_an_approved_erasure_is_done(
    app: Any, place: Any, case: Case
) -> None:
    erasing.register(Fake())
    approved(app, place, case)
    client = officer(app, place)
    path = f"/basvurular/{case_number(case.id)}/kimlik"
    data = {"csrf_token": token_of(client), "outcome": "3", "basis": "İmza uymuyor"}
    client.post(path, data=data)
    assert cases.read_case(db.connection(), case.id).identity == 1
    erasing.erase_waiting()
    client.post(path, data=data)
    assert cases.read_case(db.connection(), case.id).identity == 3


def given_up(number: int) -> None:
    """The job tries until it gives up."""
    for _ in range(erasing.MOST_TRIES + 1):
        db.connection().execute("update data_request_erasure set next_at = now() where id = %s",
                                (number,))
        erasing.erase_waiting()


def test_an_erasure_that_failed_is_not_turned_down_nor_answered_but_tried_again(
    app: Any, place: Any, case: Case
) -> None:
    erasing.register(Fake(fails=erasing.MOST_TRIES))
    number = approved(app, place, case)
    given_up(number)
    assert kinds_of(case.id)[-1] == "erase_failed"
    client = officer(app, place)
    do(client, case, "karar", id=str(number), karar="ret")
    do(client, case, "oner")
    answer = client.post(f"/basvurular/{case_number(case.id)}/cevap", data={
        "csrf_token": token_of(client), "key": "x", "decision": "3", "reason": "LEGAL_DUTY",
        "why": "Kayıtlar yasa gereği saklanıyor.", "sending": "1", "body": "y" * 60})
    assert "tamamlanmadan cevap verilemez" in answer.text
    assert kinds_of(case.id)[-1] == "erase_failed"
    with pytest.raises(psycopg.errors.CheckViolation):
        db.connection().execute("update data_request_erasure set declined_at = now() "
                                "where id = %s", (number,))
    do(client, case, "yeniden", id=str(number))
    assert erasing.erase_waiting() == {"erased": 1, "failed": 0}
    assert kinds_of(case.id)[-3:] == ["erase_failed", "erase_retried", "erased"]


def test_only_what_was_given_up_is_tried_again(app: Any, place: Any, case: Case) -> None:
    erasing.register(Fake())
    client = officer(app, place)
    do(client, case, "oner")
    do(client, case, "yeniden", id=str(open_one(case)))
    assert "erase_retried" not in kinds_of(case.id)
    assert erasing.erase_waiting() == {"erased": 0, "failed": 0}


def test_an_erasure_that_is_killed_each_time_is_given_up(app: Any, place: Any, case: Case
                                                         ) -> None:
    fake = Fake()
    erasing.register(fake)
    number = approved(app, place, case)
    db.connection().execute("update data_request_erasure set tries = %s where id = %s",
                            (erasing.MOST_TRIES, number))
    assert erasing.erase_waiting() == {"erased": 0, "failed": 1}
    assert (fake.asked, kinds_of(case.id)[-1]) == ([], "erase_failed")


def test_an_answer_waits_for_an_open_erasure(app: Any, place: Any, case: Case) -> None:
    erasing.register(Fake())
    client = officer(app, place)
    do(client, case, "oner")
    answer = client.post(f"/basvurular/{case_number(case.id)}/cevap", data={
        "csrf_token": token_of(client), "key": "x", "decision": "1", "sending": "1",
        "body": "y" * 60})
    assert "Önce silme önerisini sonuçlandırın" in answer.text


@pytest.mark.parametrize(("language", "words"), [
    ("tr", ("Silinenler:", "30.11.2036 tarihine kadar", "6563 s. Kanun m. 11/3 · R-46",
            "on yıl saklama yükümlülüğü")),
    ("en", ("Erased:", "until 30.11.2036", "6563 s. Kanun m. 11/3 · R-46",
            "ten years of retention"))])
def test_r46_r64_the_answer_lists_what_is_kept_with_reason_law_and_date(
    app: Any, place: Any, case: Case, language: str, words: tuple[str, ...]
) -> None:
    erasing.register(Fake())
    do(officer(app, place), case, "oner")
    do(officer(app, place), case, "karar", id=str(open_one(case)), karar="onay")
    erasing.erase_waiting()
    text, used = answering.begin(db.connection(), case, Decision.GRANTED, language)
    for word in words:
        assert word in text
    assert [one["key"] for one in used] == ["opening", "E.granted", "closing"]


def test_a_begun_answer_has_gaps_where_nothing_was_done(case: Case) -> None:
    text, _used = answering.begin(db.connection(), case, Decision.GRANTED, "tr")
    assert "yerine getirildi" not in text
    assert "karşılanamadı: […]" in text
    asked = cases.Case(**vars(case) | {"rights": ["D", "RET"]})
    text, _used = answering.begin(db.connection(), asked, Decision.GRANTED, "tr")
    assert "[…] Bildirdiğiniz düzeltme" in text
    assert "[…] Ticari ileti gönderimi" in text
