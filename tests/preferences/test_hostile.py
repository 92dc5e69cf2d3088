"""Attacks on the hosted page, and what it tells of the past."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from config import settings
from ileti.capture.receipts import check_receipt
from ileti.consents.ledger import ActorKind, NewConsent, NewSubmission, hash_body, record
from ileti.consents.numbers import receipt_number
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock
from ileti.core.secrets import secrets
from ileti.kvkk.ledger import record as record_acts
from ileti.kvkk.vocabulary import Act
from ileti.preferences import session
from ileti.preferences.pages import COOKIE
from ileti.preferences.ways import _ways, takes_applications
from tests.kvkk.house import Text, act, click, text, version

from .conftest import Visitor, known, new_mail, new_phone

Ledger = Callable[[], list[tuple[int, ...]]]
MAIL = Channel.EPOSTA


def _session(visitor: Visitor) -> session.Session:
    kept = visitor.client.get_cookie(COOKIE, path=visitor.path)
    return session.open_session(kept.value, visitor.place.provider_id)


def test_a_button_that_names_another_person_does_nothing(
    visitor: Visitor, place: Any, ledger: Ledger
) -> None:
    other = known(place, new_mail(), MAIL)
    visitor.by_link(known(place, new_mail(), MAIL))
    signed = session.button(_session(visitor), "refuse", r=other, b=place.brand_id, c=3)
    assert visitor.post("/act", {"act": signed}).status_code == 403
    assert len(ledger()) == 2


def test_a_button_of_another_session_does_nothing(
    visitor: Visitor, public: Any, place: Any, ledger: Ledger
) -> None:
    recipient = known(place, new_mail(), MAIL)
    visitor.by_link(recipient)
    token = visitor.buttons()["Almayı bırak (E-posta)"][0]
    thief = Visitor(public.test_client(), place)
    assert thief.post("/act", {"act": token}).status_code == 403
    thief.by_link(known(place, new_mail(), MAIL))
    assert thief.post("/act", {"act": token}).status_code == 403
    assert len(ledger()) == 2


@pytest.mark.parametrize("token", ["", "x", "a.b", "é" * 40, "A" * 5_000, "e30.e30"])
def test_a_forged_button_does_nothing(visitor: Visitor, place: Any, ledger: Ledger,
                                      token: str) -> None:
    visitor.by_link(known(place, new_mail(), MAIL))
    assert visitor.post("/act", {"act": token}).status_code == 403
    assert len(ledger()) == 1


@pytest.mark.parametrize("path", ["/code", "/enter", "/act", "/leave", "/link"])
def test_a_foreign_page_posts_nothing(visitor: Visitor, place: Any, ledger: Ledger,
                                      path: str) -> None:
    visitor.by_link(known(place, new_mail(), MAIL))
    token = visitor.buttons()["Almayı bırak (E-posta)"][0]
    answer = visitor.post(path, {"act": token, "address": new_mail()},
                          headers={"Origin": "https://boese.ornek.test"})
    assert answer.status_code == 403
    assert len(ledger()) == 1


@pytest.mark.parametrize("tail", ["", "/stop", "/history", "/data", "/data.json", "/act", "/add"])
def test_looking_changes_nothing(visitor: Visitor, place: Any, conn: Any, tail: str) -> None:
    visitor.by_link(known(place, new_mail(), MAIL))
    token = visitor.buttons()["Almayı bırak (E-posta)"][0]
    tables = ("submission", "consent_entry", "kvkk_entry", "message", "verification", "outbox")
    def count() -> list[int]:
        return [conn.execute(f"select count(*) from {table} where provider_id = %s",
                             (place.provider_id,)).fetchone()[0] for table in tables]
    before = count()
    visitor.get(f"{tail}?act={token}")
    visitor.client.head(f"{visitor.path}{tail}?act={token}")
    assert count() == before


@pytest.mark.parametrize("tail", ["/stop", "/history", "/data", "/add",
                                  "/receipt/MKB-AAAA-AAAA-AAAA.json"])
def test_without_a_session_there_is_only_the_way_in(visitor: Visitor, tail: str) -> None:
    answer = visitor.get(tail)
    assert answer.status_code == 302
    assert answer.headers["Location"] == visitor.path
    assert visitor.post("/data.json", {}).status_code == 403


def test_no_page_is_framed_stored_or_told_to_others(app: Any, place: Any, centre: str) -> None:
    client = app.test_client()
    visitor = Visitor(client, place)
    client.environ_base["REMOTE_ADDR"] = "10.9.8.7"
    page = visitor.by_link(known(place, new_mail(), MAIL))
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert '<meta name="referrer" content="no-referrer">' in page.text
    assert '<meta name="robots" content="noindex">' in page.text
    assert visitor.press("Almayı bırak (E-posta)").status_code == 200
    assert visitor.post("/data.json", {}).headers["Cache-Control"] == "no-store"
    assert visitor.post("/data.pdf", {}, headers={
        "Origin": "https://boese.ornek.test"}).status_code == 403


@pytest.mark.parametrize("where", ["//boese.test", "https://boese.test", "/\\boese.test"])
def test_no_parameter_leads_away(visitor: Visitor, place: Any, where: str) -> None:
    visitor.by_link(known(place, new_mail(), MAIL))
    for name in ("next", "d", "lang", "url", "return"):
        page = visitor.get(f"?{name}={where}")
        assert page.status_code == 200
        assert "boese" not in page.text
    answer = visitor.post(f"/leave?next={where}", {"next": where})
    assert answer.headers["Location"].startswith(f"{visitor.path}?d=")


def test_stored_words_with_html_are_text(visitor: Visitor, place: Any, conn: Any) -> None:
    evil = "<img src=x onerror=alert(1)>"
    conn.execute("update brand set name = %s where id = %s", (evil, place.brand_id))
    mail = new_mail()
    recipient = known(place, mail, MAIL, name=evil)
    rıza = text(place)
    conn.execute("update document set name = %s where id = %s", (evil, rıza.document))
    record_acts(click(place), [act(rıza, Act.GIVEN, address=mail)])
    for page in (visitor.by_link(recipient), visitor.get("/history"), visitor.get("/data"),
                 visitor.get("/stop")):
        assert page.status_code == 200
        assert "<img" not in page.text


def test_requests_are_limited(visitor: Visitor, place: Any,
                              monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "capture_ip_per_minute", 3)
    seen = [visitor.ask(new_mail()).status_code for _ in range(5)]
    assert seen == [200, 200, 200, 429, 429]
    assert int(visitor.last.headers["Retry-After"]) > 0


@pytest.mark.parametrize("code", ["0", "999999999", "١٢٣", "-1", "1e3", "12345678901234", "pk_x"])
def test_nobodys_centre_is_not_there(visitor: Visitor, code: str) -> None:
    assert visitor.client.get(f"/t/{code}").status_code == 404


# -- what was --------------------------------------------------------------------------------------


def _many(place: Any, address: str, count: int) -> int:
    """A history of alternating choices, a minute apart."""
    recipient = 0
    for n in range(count):
        recipient = known(place, address, MAIL, Status.ONAY if n % 2 else Status.RET,
                          ago=60 * (count - n))
    return recipient


def test_a_long_history_is_paged_without_gap_or_double(visitor: Visitor, place: Any) -> None:
    mail = new_mail()
    rıza = text(place)
    recipient = _many(place, mail, 40)
    for n in range(20):
        record_acts(click(place), [act(rıza, Act.GIVEN if n % 2 else Act.WITHDRAWN, at=n,
                                       address=mail)])
    page = visitor.by_link(recipient)
    assert page.text.count('class="when"') == 5
    seen: list[str] = []
    tail: str | None = "/history"
    while tail:
        page = visitor.get(tail)
        seen += re.findall(r"/receipt/(MKB-[\w-]+)", page.text)
        older = re.search(r'href="([^"]+before=[^"]+)"', page.text)
        tail = older[1].removeprefix(visitor.path) if older else None
    assert len(seen) == 60
    assert len(set(seen)) == 60


@pytest.mark.parametrize("before", ["1", "IZN-AAAA", "x" * 300, "-1", "%00"])
def test_a_history_begins_at_no_number_of_ones_own(visitor: Visitor, place: Any,
                                                   before: str) -> None:
    visitor.by_link(known(place, new_mail(), MAIL))
    assert visitor.get(f"/history?before={before}").status_code == 404


def _list_of_two(place: Any, mine: str, theirs: str) -> tuple[int, int]:
    at = clock.whole_second(clock.now() - timedelta(minutes=5))
    done = record(NewSubmission(
        place=place, idem=f"test:{uuid4()}", body_hash=hash_body(mine), source=Source.HS_EORTAM,
        standing=Standing.VERIFIED, actor=ActorKind.USER,
        evidence={"file": "zor-müşteriler.xlsx", "note": "dikkat"},
        items=[NewConsent(one, MAIL, Status.ONAY, at) for one in (mine, theirs)]))
    return done.submission_id, done.items[0].recipient_id


def test_a_receipt_is_signed_and_has_ones_own_lines_only(visitor: Visitor, place: Any) -> None:
    submission, recipient = _list_of_two(place, new_mail(), new_mail())
    visitor.by_link(recipient)
    file = visitor.get(f"/receipt/{receipt_number(submission)}.json")
    assert "attachment" in file.headers["Content-Disposition"]
    check_receipt(file.json, secrets().receipts.public)
    assert [line["channel"] for line in file.json["items"]] == ["EPOSTA"]


def test_a_withdrawal_has_a_receipt_too(visitor: Visitor, place: Any) -> None:
    rıza, mail = text(place), new_mail()
    done, _ = record_acts(click(place), [act(rıza, Act.GIVEN, address=mail)])
    visitor.by_link(known(place, mail, MAIL))
    file = visitor.get(f"/receipt/{receipt_number(done.submission_id)}.json").json
    check_receipt(file, secrets().receipts.public)
    assert file["items"] == []
    assert [(line["act"], line["text"], line["to"]) for line in file["privacy"]] == [
        ("GIVEN", rıza.version, "email")]


def test_somebody_elses_receipt_is_not_there(visitor: Visitor, place: Any, place_b: Any) -> None:
    submission, _ = _list_of_two(place, new_mail(), new_mail())
    foreign, _ = _list_of_two(place_b, new_mail(), new_mail())
    visitor.by_link(known(place, new_mail(), MAIL))
    for number in (receipt_number(submission), receipt_number(foreign), "MKB-", "x" * 200, "0"):
        assert visitor.get(f"/receipt/{number}.json").status_code == 404


def test_own_data_are_of_the_address_and_of_nobody_else(
    visitor: Visitor, place: Any, place_b: Any
) -> None:
    mail, theirs = new_mail(), new_mail()
    _, recipient = _list_of_two(place, mail, theirs)
    known(place, f"+90{new_phone()[1:]}", name="Başka Biri")
    known(place_b, mail, MAIL)
    known(place, mail, MAIL, Status.RET)
    visitor.by_link(recipient)
    file = visitor.post("/data.json", {})
    said = json.loads(file.data)["held"]
    everything = file.data.decode() + visitor.get("/data").text
    assert [one["address"] for one in said["addresses"]] == [mail]
    assert said["addresses"][0]["name"] == "N•••• K••••"
    assert len(said["history"]) == 2
    assert {one["status"]["code"] for one in said["consents"]} == {"RET"}
    for hidden in (theirs, "Başka", "Kırşehirli", "198.51.100.7", "zor-müşteriler", "dikkat"):
        assert hidden not in everything


def test_what_somebody_else_typed_with_my_address_shows_no_name(
    visitor: Visitor, place: Any
) -> None:
    recipient = known(place, new_mail(), MAIL, name="Yabancı Kişi", standing=Standing.UNVERIFIED)
    page = visitor.by_link(recipient)
    assert "Adres doğrulanmadan seçilmiş" in page.text
    said = json.loads(visitor.post("/data.json", {}).data)
    assert said["held"]["addresses"][0]["name"] is None


def test_an_erased_person_is_nobody(visitor: Visitor, place: Any, database: str) -> None:
    recipient = known(place, new_mail(), MAIL)
    visitor.by_link(recipient)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("update recipient set addr_ct = null, addr_hash = null, leaf_key = null "
                      "where provider_id = %s and id = %s", (place.provider_id, recipient))
    assert "Almayı bırak" not in visitor.get().text
    assert visitor.by_link(recipient).status_code == 410


def test_who_takes_applications_is_linked_to(visitor: Visitor, place: Any) -> None:
    def way(provider: int, language: str, found: session.Session | None) -> str | None:
        who = "known" if found else "anybody"
        return f"/basvuru/{provider}?who={who}" if provider == place.provider_id else None

    others = _ways.copy()
    _ways.clear()
    takes_applications(way)
    try:
        assert f"/basvuru/{place.provider_id}?who=anybody" in visitor.get().text
        page = visitor.by_link(known(place, new_mail(), MAIL))
        assert f"/basvuru/{place.provider_id}?who=known" in page.text
    finally:
        _ways[:] = others


def test_a_new_version_of_a_notice_is_pointed_at(visitor: Visitor, place: Any, conn: Any) -> None:
    row = conn.execute(
        "select d.id, v.id, encode(v.content_hash, 'hex') from document d join document_version v "
        "on v.document_id = d.id where d.provider_id = %s and d.kind = 'AYDINLATMA' "
        "and v.language = 'tr'", (place.provider_id,)).fetchone()
    notice, mail = Text(*row), new_mail()
    record_acts(click(place), [act(notice, Act.READ, address=mail)])
    recipient = known(place, mail, MAIL)
    version(place, notice.document, 2)
    assert "Siz okuduktan sonra yeni bir sürüm çıktı." in visitor.by_link(recipient).text


@pytest.mark.parametrize("language", ["tr", "en"])
def test_every_page_speaks_one_language(visitor: Visitor, place: Any, language: str) -> None:
    visitor.by_link(known(place, new_mail(), MAIL))
    for tail in ("", "/stop", "/history", "/data", "/add"):
        page = visitor.get(f"{tail}?lang={language}").text
        assert f'<html lang="{language}">' in page
        words = ("Tercihlerime dön", "Almayı bırak", "Hepsini durdur", "Verileriniz")
        assert (language == "tr") == any(word in page for word in words) or tail == "/add"
