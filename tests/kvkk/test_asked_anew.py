"""Who must be told or asked anew when a text was taken off, moved to another company, or is older
in one language than in the other (R-15, R-17, R-61)."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.core import db
from ileti.core.errors import InvalidInput
from ileti.documents import renewal, showing
from ileti.documents.publish import (
    Plan,
    Version,
    publish,
    publish_draft,
    publish_standard_texts,
)
from ileti.kvkk import asking, standing
from ileti.kvkk.ledger import NewAct, record
from ileti.kvkk.standing import Whose
from ileti.kvkk.vocabulary import Act, Extent
from tests.kvkk.house import NOON, asked, click

_FIRST = ("{unvan} tarafından alışveriş geçmişimin, ilgimi çekebilecek ürünleri seçip bana önermek "
          "amacıyla işlenmesine açık rıza veriyorum. Rızamı dilediğim an geri alabilirim.")
_OTHER = _FIRST.replace("alışveriş geçmişimin", "konumumun ve alışveriş geçmişimin")
_ENGLISH = ("I give my explicit consent to {unvan} for the processing of my shopping history, to "
            "suggest products to me. I can withdraw my consent at any time.")


def did(place: Any, of: Version, what: Act, address: str = "+905991234567") -> None:
    record(click(place), [NewAct(of.document_id, of.id, of.content_hash.hex(), what, NOON,
                                 Extent.LINKED if what.of_notice else Extent.UNKNOWN, address)])


def owed(place: Any, document: int) -> list[tuple[int, int]]:
    """(version it rests on, version to be read instead) of everybody who is due."""
    return [(one.text_id, one.newest_id) for one in standing.due(
        db.connection(), Whose(place.provider_id, document_id=document))]


def renewal_of(version: Version) -> str:
    row = db.connection().execute("select renewal from document_version where id = %s",
                                  (version.id,)).fetchone()
    assert row is not None
    return str(row[0])


def drafted(place: Any, document: int, title: str, body: str, plan: Plan, language: str = "tr"
            ) -> Version:
    """Published by way of a draft, as the panel does."""
    row = db.connection().execute(
        "insert into document_draft (provider_id, document_id, language, title, body, state, "
        "authors) values (%s, %s, %s, %s, %s, 'DRAFT', '{}') returning id, revision",
        (place.provider_id, document, language, title, body)).fetchone()
    assert row is not None
    return publish_draft(row[0], row[1], user_id=None, plan=plan)


@pytest.fixture
def documents(place: Any) -> dict[str, int]:
    return publish_standard_texts(place.provider_id, place.brand_id)


@pytest.fixture
def rıza(place: Any, conn: Any) -> tuple[int, Version]:
    """A statement of explicit consent on show, and who gave it."""
    document = asked(conn, place)
    first = publish(document, "tr", "Öneri", _FIRST)
    did(place, first, Act.GIVEN)
    return document, first


def test_r17_taking_a_text_off_and_publishing_its_words_again_asks_those_it_asked_before(
    place: Any, rıza: tuple[int, Version]
) -> None:
    document, first = rıza
    second = publish(document, "tr", "Öneri", _OTHER)
    assert renewal_of(second) == renewal.ASK
    showing.retire(document, user_id=None, reason="Yanlışlıkla")
    assert owed(place, document) == []  # nothing is on show to be asked
    third = publish(document, "tr", "Öneri", _OTHER)
    assert renewal_of(third) == renewal.NONE  # its words are those of the version before
    assert owed(place, document) == [(first.id, third.id)]
    assert standing.renewed(db.connection(), [first.id, second.id]) == {first.id: third.id}
    assert standing.since(db.connection(), first.id)[1] == renewal.ASK


def test_r17_a_version_that_was_only_planned_hides_nothing_behind_it(
    place: Any, rıza: tuple[int, Version], conn: Any
) -> None:
    document, first = rıza
    next_week = conn.execute("select now() + interval '7 days'").fetchone()[0]
    drafted(place, document, "Öneri", _OTHER, Plan(next_week))
    now = drafted(place, document, "Öneri", _OTHER, Plan(topics=("",)))
    assert owed(place, document) == [(first.id, now.id)]


def test_r61_a_notice_that_was_taken_off_and_published_again_is_told_anew(
    place: Any, documents: dict[str, int], conn: Any
) -> None:
    notice = documents["AYDINLATMA"]
    title, body, first = conn.execute(
        "select title, body, id from document_version where document_id = %s and language = 'tr'",
        (notice,)).fetchone()
    said = Version(first, notice, 1, "tr", b"\0" * 32)
    did(place, said, Act.READ)
    more = body + "\n\nVerilerinizi ayrıca Kumru Analiz A.Ş. ile paylaşırız."
    publish(notice, "tr", title, more)
    showing.retire(notice, user_id=None, reason="Yanlışlıkla")
    third = publish(notice, "tr", title, more)
    assert owed(place, notice) == [(first, third.id)]


@pytest.mark.parametrize("what", ["title = 'Yeni Ev Tekstili A.Ş.'", "mersis = '0123456789012345'"])
def test_r15_another_controller_under_the_same_words_asks_anew(
    place: Any, conn: Any, what: str
) -> None:
    conn.execute("update provider set mersis = '0999999999999999' where id = %s",
                 (place.provider_id,))
    document = asked(conn, place)
    body = _FIRST.replace("{unvan}", "{unvan} (MERSİS {mersis})")
    first = publish(document, "tr", "Öneri", body)
    did(place, first, Act.GIVEN)
    conn.execute(f"update provider set {what} where id = %s",
                 (place.provider_id,))
    second = publish(document, "tr", "Öneri", body)
    assert renewal_of(second) == renewal.ASK
    assert owed(place, document) == [(first.id, second.id)]
    conn.execute("update provider set title = 'Bambaşka Ev A.Ş.' where id = %s",
                 (place.provider_id,))
    with pytest.raises(InvalidInput):  # less than the rule wants a reason
        drafted(place, document, "Öneri", body, Plan(renewal=renewal.NONE))


def test_a_moved_address_asks_nobody(place: Any, rıza: tuple[int, Version], conn: Any) -> None:
    document, _ = rıza
    conn.execute("update provider set address = 'Eski Sok. 1' where id = %s", (place.provider_id,))
    body = _FIRST + " Adres: {adres}."
    publish(document, "tr", "Öneri", body)
    conn.execute("update provider set address = 'Yeni Sok. 2' where id = %s", (place.provider_id,))
    assert renewal_of(publish(document, "tr", "Öneri", body)) == renewal.NONE


def test_r17_another_title_or_another_period_asks_anew(
    place: Any, rıza: tuple[int, Version], conn: Any
) -> None:
    document, first = rıza
    second = publish(document, "tr", "Profilleme", _FIRST)
    assert renewal_of(second) == renewal.ASK
    conn.execute("update purpose set period = '10 yıl' where id in (select purpose_id "
                 "from document_purpose where document_id = %s)", (document,))
    third = publish(document, "tr", "Profilleme", _FIRST)
    assert (third.version, renewal_of(third)) == (second.version + 1, renewal.ASK)
    assert owed(place, document) == [(first.id, third.id)]


def test_r61_whoever_reads_the_older_translation_afterwards_is_told_what_it_lacks(
    place: Any, rıza: tuple[int, Version]
) -> None:
    document, first = rıza
    english = publish(document, "en", "Suggestions", _ENGLISH)
    turkish = publish(document, "tr", "Öneri", _OTHER)
    assert owed(place, document) == [(first.id, turkish.id)]
    did(place, english, Act.GIVEN, "+905997654321")
    assert (english.id, turkish.id) in owed(place, document)
    assert standing.renewed(db.connection(), [english.id]) == {english.id: turkish.id}
    later = publish(document, "en", "Suggestions", _ENGLISH.replace("my shopping", "my place and "
                                                                    "my shopping"))
    assert (english.id, later.id) in owed(place, document)
    assert standing.since(db.connection(), english.id)[0] == [later.id, turkish.id]


def test_a_translation_that_follows_asks_nobody_who_read_the_text_itself(
    place: Any, rıza: tuple[int, Version]
) -> None:
    document, _ = rıza
    english = publish(document, "en", "Suggestions", _ENGLISH)
    turkish = publish(document, "tr", "Öneri", _OTHER)
    later = publish(document, "en", "Suggestions", _ENGLISH + " Also my place.")
    assert renewal_of(later) == renewal.ASK
    assert standing.renewed(db.connection(), [turkish.id, later.id, english.id]) == {
        english.id: later.id}


def test_r17_a_commercial_text_asks_by_the_same_rule(
    place: Any, documents: dict[str, int], conn: Any
) -> None:
    sms = documents["MESAJ"]
    versions = dict(conn.execute("select language, id from document_version where document_id = %s",
                                 (sms,)).fetchall())
    body = "Defne Ev tanıtımlarını ve çekilişlerini,\n\n**kısa mesajla** almayı kabul ediyorum."
    publish(sms, "tr", "Başlık", body)
    showing.retire(sms, user_id=None, reason="Yanlışlıkla")
    newest = publish(sms, "tr", "Başlık", body)
    older = asking.older(Whose(place.provider_id))
    assert {number: older[number].newest_id for number in versions.values()} == dict.fromkeys(
        versions.values(), newest.id)
