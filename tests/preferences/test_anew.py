"""A new version asks or tells anew at the centre, by its rule, and takes nothing for granted."""

from __future__ import annotations

import json
import re
import time
from datetime import timedelta
from typing import Any

import pytest

from ileti.consents.vocabulary import Channel, Status
from ileti.core import clock, db
from ileti.kvkk import asking, standing
from ileti.kvkk.ledger import NewAct, record
from ileti.kvkk.standing import Whose
from ileti.kvkk.vocabulary import Act, Extent
from tests.kvkk.house import Text, click, stands, text

from .conftest import Visitor, known, new_mail, new_phone

MAIL = Channel.EPOSTA
_NEW = ("Alışveriş geçmişimin işlenmesine rıza veriyorum.\n\n"
        "Verilerim iş ortaklarına da aktarılır.")


def newer(of: int, renewal: str, *, body: str = _NEW, language: str = "tr", days: int = 0) -> Text:
    """The next version of a text, put there as it is; in force in some days."""
    row = db.connection().execute(
        "insert into document_version (provider_id, document_id, version, language, title, body, "
        "content_hash, purposes, renewal, effective_from) select provider_id, document_id, "
        "version + 1, %s, 'Yeni ' || title, %s, sha256(convert_to(%s || id, 'UTF8')), purposes, "
        "%s, now() + make_interval(days => %s) from document_version where document_id = %s "
        "and language = 'tr' order by version desc limit 1 returning id, content_hash",
        (language, body, body, renewal, days, of)).fetchone()
    assert row is not None
    return Text(of, row[0], bytes(row[1]).hex())


def of_kind(place: Any, kind: str, channel: int | None = None) -> Text:
    """The version on show of a standard text of the place, in Turkish."""
    row = db.connection().execute(
        "select d.id, v.id, encode(v.content_hash, 'hex') from document d join document_version v "
        "on v.document_id = d.id where d.provider_id = %s and d.kind = %s and v.language = 'tr' "
        "and d.channel is not distinct from %s order by v.version desc limit 1",
        (place.provider_id, kind, channel)).fetchone()
    assert row is not None
    return Text(*row)


def gave(place: Any, of: Text, mail: str, what: Act = Act.GIVEN) -> None:
    record(click(place), [NewAct(
        of.document, of.version, of.hash, what,
        clock.whole_second(clock.now() - timedelta(minutes=2)),
        Extent.LINKED if what.of_notice else Extent.UNKNOWN, mail)])


def evidence(place: Any) -> dict[str, Any]:
    """Of the newest submission."""
    row = db.connection().execute(
        "select evidence from submission where provider_id = %s order by id desc limit 1",
        (place.provider_id,)).fetchone()
    return dict(row[0]) if row else {}


@pytest.fixture
def asked(visitor: Visitor, place: Any) -> tuple[Text, Text]:
    """Somebody who gave an explicit consent, and a later version of it that asks anew."""
    rıza, mail = text(place), new_mail()
    recipient = known(place, mail, MAIL, Status.RET)
    gave(place, rıza, mail)
    new = newer(rıza.document, "ASK")
    visitor.by_link(recipient)
    return rıza, new


def test_r17_the_new_words_stand_beside_what_changed_and_nothing_is_given_by_looking(
    visitor: Visitor, place: Any, asked: tuple[Text, Text]
) -> None:
    old, new = asked
    page = visitor.get().text
    assert "Verilerim iş ortaklarına da aktarılır." in page
    assert re.search(r"<ins>[^<]*iş ortaklarına", page)
    assert "yeni metne rıza vermiş sayılmazsınız" in page
    assert f'href="/n/{old.version}"' in page
    assert "checked" not in page
    assert stands(place, old) == [(Act.GIVEN, old.version, 1)]
    assert standing.renewed(db.connection(), [old.version]) == {old.version: new.version}


def test_r57_to_give_and_to_withdraw_are_buttons_of_one_look(
    visitor: Visitor, asked: tuple[Text, Text]
) -> None:
    assert {"Yeni metne rıza veriyorum (Yeni Başlık)", "Rızayı geri al (Yeni Başlık)"} <= set(
        visitor.buttons())
    both = [one for one in re.findall(r"<form.*?</form>", visitor.last.text, re.S)
            if "(Yeni Başlık)" in one]
    assert [re.findall(r'class="(button[^"]*)"', one) for one in both] == [["button second"]] * 2


def test_r17_giving_anew_is_an_act_on_the_new_version_that_names_the_old(
    visitor: Visitor, place: Any, asked: tuple[Text, Text]
) -> None:
    old, new = asked
    page = visitor.press("Yeni metne rıza veriyorum (Yeni Başlık)")
    assert "Rızanız kaydedildi." in page.text
    assert stands(place, old) == [(Act.GIVEN, new.version, 1)]
    said = evidence(place)
    assert (said["renews"], said["texts"][0]["id"]) == (old.version, new.version)
    assert "Yeni metne rıza veriyorum (Yeni Başlık)" not in visitor.buttons()
    assert standing.due(db.connection(), Whose(place.provider_id)) == []


def test_r62_refusing_the_new_text_withdraws_and_says_what_was_shown(
    visitor: Visitor, place: Any, asked: tuple[Text, Text]
) -> None:
    old, new = asked
    visitor.press("Rızayı geri al (Yeni Başlık)")
    assert stands(place, old) == [(Act.WITHDRAWN, old.version, 1)]
    assert evidence(place)["texts"] == [{"id": new.version, "hash": new.hash}]
    assert standing.due(db.connection(), Whose(place.provider_id)) == []


def test_whoever_withdrew_is_asked_as_anybody_and_not_anew(visitor: Visitor, place: Any) -> None:
    rıza, mail = text(place), new_mail()
    recipient = known(place, mail, MAIL)
    gave(place, rıza, mail, Act.WITHDRAWN)
    newer(rıza.document, "ASK")
    page = visitor.by_link(recipient).text
    assert 'id="anew"' not in page
    assert "Rıza veriyorum (Yeni Başlık)" in visitor.buttons()


@pytest.mark.parametrize("why", ["only wording", "not in force", "retired", "another language"])
def test_what_needs_no_answer_asks_nobody(visitor: Visitor, place: Any, conn: Any, why: str
                                          ) -> None:
    rıza, mail = text(place), new_mail()
    recipient = known(place, mail, MAIL)
    gave(place, rıza, mail)
    newer(rıza.document, "NONE" if why == "only wording" else "ASK",
          days=int(why == "not in force"), language="en" if why == "another language" else "tr")
    if why == "retired":
        conn.execute("insert into document_event (provider_id, document_id, kind, at) "
                     "values (%s, %s, 'RETIRED', clock_timestamp())",
                     (place.provider_id, rıza.document))
    assert 'id="anew"' not in visitor.by_link(recipient).text
    assert stands(place, rıza) == [(Act.GIVEN, rıza.version, 1)]


def test_a_purpose_that_changed_is_told_though_the_words_stayed(
    visitor: Visitor, place: Any, conn: Any
) -> None:
    rıza, mail = text(place), new_mail()
    recipient = known(place, mail, MAIL)
    gave(place, rıza, mail)
    body = conn.execute("select body from document_version where id = %s",
                        (rıza.version,)).fetchone()[0]
    conn.execute(
        "insert into document_version (provider_id, document_id, version, language, title, body, "
        "content_hash, purposes, renewal) values (%s, %s, 2, 'tr', 'Başlık', %s, sha256('y'), %s, "
        "'ASK')", (place.provider_id, rıza.document, body, json.dumps([{
            "id": -rıza.document, "name": "Öneri", "ground": "RIZA", "data": ["konum", "lokasyon"],
            "recipients": ["Kumru A.Ş."], "abroad": True}])))
    page = visitor.by_link(recipient).text
    assert "Öneri: Açık rıza; Lokasyon; Kumru A.Ş.; yurt dışına aktarılır" in page


def test_r61_a_changed_notice_shows_what_is_new_and_is_read_by_a_button(
    visitor: Visitor, place: Any
) -> None:
    notice, mail, phone = of_kind(place, "AYDINLATMA"), new_mail(), f"+90{new_phone()[1:]}"
    recipients = [known(place, phone), known(place, mail, MAIL)]
    gave(place, notice, mail, Act.READ)
    new = newer(notice.document, "INFORM")
    for one in recipients:
        page = visitor.by_link(one).text
    assert re.search(r"<ins>[^<]*iş ortaklarına", page)
    label = next(one for one in visitor.buttons() if one.startswith("Okudum, anladım"))
    page = visitor.press(label).text
    assert "Okuduğunuz kaydedildi." in page
    assert 'id="anew"' not in page
    assert stands(place, notice) == [(Act.READ, new.version, 1)] * 2
    assert evidence(place)["renews"] == notice.version
    assert standing.due(db.connection(), Whose(place.provider_id)) == []


def test_r60_reading_is_once_however_often_it_is_sent(visitor: Visitor, place: Any, conn: Any
                                                      ) -> None:
    notice, mail = of_kind(place, "AYDINLATMA"), new_mail()
    recipient = known(place, mail, MAIL)
    gave(place, notice, mail, Act.READ)
    newer(notice.document, "INFORM")
    visitor.by_link(recipient)
    label = next(one for one in visitor.buttons() if one.startswith("Okudum, anladım"))
    token = visitor.buttons()[label][0]
    for _ in range(2):
        assert visitor.post("/act", {"act": token}).status_code == 303
    assert conn.execute("select count(*) from kvkk_entry where provider_id = %s and act = 2",
                        (place.provider_id,)).fetchone() == (2,)


@pytest.fixture
def consented(visitor: Visitor, place: Any) -> tuple[int, Text, Text]:
    """Somebody who receives mails on a text that asks anew since."""
    mail = new_mail()
    recipient = known(place, mail, MAIL, Status.RET, ago=600)
    old = of_kind(place, "ETK_ONAYI", int(MAIL))
    visitor.by_link(recipient)
    visitor.press("Almak istiyorum (E-posta)")
    new = newer(old.document, "ASK", body="Defne Ev tarafından\n\nKampanyaları **e-posta ile** "
                                          "almak istiyorum, yeni konularda da.")
    return recipient, old, new


def test_r17_a_commercial_text_that_asks_anew_has_its_buttons_beside_the_consent(
    visitor: Visitor, consented: tuple[int, Text, Text], place: Any
) -> None:
    _, old, new = consented
    page = visitor.get().text
    assert "yeni konularda da" in page
    assert "yeni metne onay vermiş sayılmazsınız" in page
    assert {"Yeni metinle almak istiyorum (E-posta)", "Almayı bırak (E-posta)"} <= set(
        visitor.buttons())
    visitor.press("Yeni metinle almak istiyorum (E-posta)")
    row = db.connection().execute(
        "select text_id, status, outcome from consent_entry where provider_id = %s "
        "order by id desc limit 1", (place.provider_id,)).fetchone()
    assert row == (new.version, Status.ONAY, 1)
    assert evidence(place)["renews"] == old.version
    assert "Yeni metinle almak istiyorum (E-posta)" not in visitor.buttons()


def test_r11_whose_consent_rests_on_an_older_text_is_listed_until_they_answer(
    visitor: Visitor, consented: tuple[int, Text, Text], place: Any, place_b: Any
) -> None:
    recipient, old, new = consented
    whose = Whose(place.provider_id)
    [one] = asking.resting(whose)
    assert (one.recipient_id, one.text_id, one.newest_id, one.channel) == (
        recipient, old.version, new.version, MAIL)
    assert asking.counts(whose) == {old.document: 1}
    assert asking.resting(whose, after=one.place) == []
    assert asking.resting(Whose(place_b.provider_id)) == []
    visitor.get()
    visitor.press("Almayı bırak (E-posta)")
    assert evidence(place)["texts"] == [{"id": new.version, "hash": new.hash}]
    assert asking.resting(whose) == []
    assert asking.counts(whose) == {}


@pytest.mark.attack
def test_a_button_of_another_session_gives_nothing_anew(
    visitor: Visitor, place: Any, public: Any, asked: tuple[Text, Text]
) -> None:
    old, _ = asked
    token = visitor.buttons()["Yeni metne rıza veriyorum (Yeni Başlık)"][0]
    stranger = Visitor(public.test_client(), place)
    stranger.client.environ_base["REMOTE_ADDR"] = "10.9.9.9"
    stranger.by_link(known(place, new_mail(), MAIL))
    assert stranger.post("/act", {"act": token}).status_code == 403
    assert stands(place, old) == [(Act.GIVEN, old.version, 1)]


@pytest.mark.attack
def test_silence_changes_no_standing_and_no_clock_does(
    visitor: Visitor, place: Any, asked: tuple[Text, Text]
) -> None:
    old, _ = asked
    with clock.freeze(clock.now() + timedelta(days=400)):
        assert [one.text_id for one in standing.due(
            db.connection(), Whose(place.provider_id))] == [old.version]
    for _ in range(3):
        visitor.get()
        visitor.get("/history")
    assert stands(place, old) == [(Act.GIVEN, old.version, 1)]


def test_the_widget_gets_the_same_and_its_buttons(asked: tuple[Text, Text], visitor: Visitor,
                                                  place: Any) -> None:
    from ileti.preferences import session as sessions
    from ileti.preferences.centre import find_centre
    from ileti.preferences.endpoints import _now
    from ileti.preferences.pages import COOKIE
    cookie = visitor.client.get_cookie(COOKIE, path=visitor.path)
    found = sessions.open_session(cookie.value, place.provider_id)
    now = _now(find_centre(str(place.iys_code)), found, sessions.addresses(found), "tr")
    [one] = [line for line in now["purposes"] if line["anew"]]
    assert one["give"]
    assert one["withdraw"]
    assert one["give_label"] == "Yeni metne rıza veriyorum"
    assert any(part["kind"] == "ins" for row in one["anew"]["rows"] for part in row["now"])
    assert now["anew"] == 1


@pytest.mark.attack
@pytest.mark.parametrize("words", ["a\n\n" * 15_000, "a b " * 14_000])
def test_a_text_made_to_be_compared_for_ever_is_left_to_be_read(
    visitor: Visitor, place: Any, words: str
) -> None:
    rıza, mail = text(place), new_mail()
    recipient = known(place, mail, MAIL)
    gave(place, rıza, mail)
    new = newer(rıza.document, "ASK", body=words)
    begin = time.monotonic()
    page = visitor.by_link(recipient).text
    assert time.monotonic() - begin < 5
    assert "karşılaştırılamayacak kadar uzun" in page
    assert f'href="/n/{new.version}"' in page
    assert "Yeni metne rıza veriyorum (Yeni Başlık)" in visitor.buttons()


def test_r61_what_was_read_in_a_language_left_behind_leads_to_the_new_text_in_the_other(
    visitor: Visitor, place: Any
) -> None:
    rıza, mail = text(place), new_mail()
    recipient = known(place, mail, MAIL)
    english = newer(rıza.document, "NONE", language="en", body="I consent.")
    new = newer(rıza.document, "ASK")
    gave(place, english, mail)
    page = visitor.by_link(recipient).text
    assert "o dilde henüz yenilenmedi" in page
    assert f'href="/n/{new.version}"' in page
    assert "Yeni metne rıza veriyorum (Yeni Başlık)" in visitor.buttons()
    visitor.press("Yeni metne rıza veriyorum (Yeni Başlık)")
    assert stands(place, rıza) == [(Act.GIVEN, new.version, 1)]
