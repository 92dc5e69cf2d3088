"""A published wording stays for ever, and an unlawful one is never published."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from ileti.core.errors import InvalidInput, NotFound, RuleBroken
from ileti.documents.facts import facts_of, judge
from ileti.documents.publish import content_hash, publish, publish_standard_texts

NAME = "Defne Ev"
GOOD = f"{NAME} tanıtımlarını,\n\n**kısa mesajla** almayı kabul ediyorum."


@pytest.fixture
def documents(place: Any) -> dict[str, int]:
    return publish_standard_texts(place.provider_id, place.brand_id)


def test_a_new_brand_gets_its_texts_in_both_languages_once(
    documents: dict[str, int], conn: Any, place: Any
) -> None:
    assert publish_standard_texts(place.provider_id, place.brand_id) == documents
    rows = conn.execute("select language, count(*) from document_version where provider_id = %s "
                        "group by language order by language", (place.provider_id,)).fetchall()
    assert rows == [("en", 4), ("tr", 4)]


def test_the_standard_wording_never_takes_the_place_of_the_brands_own(
    documents: dict[str, int], place: Any, conn: Any
) -> None:
    own = publish(documents["MESAJ"], "tr", "Başlık", GOOD)
    publish_standard_texts(place.provider_id, place.brand_id)
    newest = conn.execute("select max(id) from document_version where document_id = %s",
                          (documents["MESAJ"],)).fetchone()
    assert newest == (own.id,)


def test_a_new_wording_is_the_next_version_and_the_old_one_stays(
    documents: dict[str, int], conn: Any
) -> None:
    new = publish(documents["MESAJ"], "tr", "Başlık", GOOD)
    assert new.version == 2
    kept = conn.execute("select count(*) from document_version where document_id = %s "
                        "and language = 'tr'", (documents["MESAJ"],)).fetchone()
    assert kept == (2,)


def test_the_same_wording_is_the_same_version(documents: dict[str, int]) -> None:
    first = publish(documents["MESAJ"], "tr", "Başlık", GOOD)
    assert publish(documents["MESAJ"], "tr", " Başlık ", GOOD.replace("\n", "\r\n")) == first


def test_the_hash_covers_kind_channel_language_title_and_body() -> None:
    base = ("ETK_ONAYI", "MESAJ", "tr", "a", "b")
    others = [("ACIK_RIZA", *base[1:]), ("ETK_ONAYI", "ARAMA", *base[2:]),
              (*base[:2], "en", "a", "b"), (*base[:3], "c", "b"), (*base[:4], "c")]
    assert content_hash(*base) not in {content_hash(*other) for other in others}


def test_the_application_cannot_change_or_delete_a_version(
    documents: dict[str, int], conn: Any
) -> None:
    for statement in ("update document_version set body = 'x'", "delete from document_version"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(statement)


@pytest.mark.parametrize("body", [
    "Okudum ve kabul ediyorum.", "Metni ONAYLIYORUM.", "rıza gösteriyorum", "I accept this."])
def test_r58_a_notice_never_asks_to_accept(documents: dict[str, int], body: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        publish(documents["AYDINLATMA"], "tr", "Aydınlatma", body)
    assert broken.value.code == "R-58"


def test_r58_a_commercial_consent_asks_for_no_data_consent(documents: dict[str, int]) -> None:
    with pytest.raises(RuleBroken):
        publish(documents["MESAJ"], "tr", "Onay", f"{NAME}\n\n**SMS** açık rıza veriyorum.")


def test_r15_a_consent_names_the_company(documents: dict[str, int]) -> None:
    with pytest.raises(RuleBroken) as broken:
        publish(documents["MESAJ"], "tr", "Onay", "Tanıtım,\n\n**kısa mesajla** alırım.")
    assert broken.value.code == "R-15"


def test_r58_what_a_merge_field_brings_in_is_judged_as_if_it_were_written(
    documents: dict[str, int], place: Any, conn: Any
) -> None:
    conn.execute("update provider set contact = 'e-posta ile ulaşın, ilgili iş ortaklarımız' "
                 "where id = %s", (place.provider_id,))
    body = f"{NAME} tanıtımlarını ({{iletisim}}),\n\n**kısa mesajla** almayı kabul ediyorum."
    with pytest.raises(RuleBroken) as broken:
        publish(documents["MESAJ"], "tr", "Başlık", body)
    assert {one.code for one in broken.value.errors} == {"other_channel", "others"}
    assert all("{iletisim} alanında" in one.tr for one in broken.value.errors)
    found = judge(facts_of(conn, documents["MESAJ"]), "tr", "Başlık", body).findings
    assert {body[one.start:one.end] for one in found if one.level == "error"} == {"{iletisim}"}
    conn.execute("update provider set contact = '0850 000 00 00' where id = %s",
                 (place.provider_id,))
    assert publish(documents["MESAJ"], "tr", "Başlık", body).version == 2


def test_a_consent_without_its_channel_sentence_is_refused(documents: dict[str, int]) -> None:
    with pytest.raises(RuleBroken):
        publish(documents["MESAJ"], "tr", "Onay", f"{NAME} tanıtımlarını kabul ediyorum.")


@pytest.mark.parametrize(("language", "title", "body"), [
    ("de", "x", GOOD), ("tr", "", GOOD), ("tr", "x", " "), ("tr", "x", GOOD + "\0")])
def test_what_cannot_be_read_is_not_published(
    documents: dict[str, int], language: str, title: str, body: str
) -> None:
    with pytest.raises(InvalidInput):
        publish(documents["MESAJ"], language, title, body)


def test_an_unknown_document_is_not_found(database: str) -> None:
    with pytest.raises(NotFound):
        publish(2**31 - 1, "tr", "x", GOOD)
