"""The page of the audit trail answers an auditor's questions, and only about one's own place."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from ileti.core import db
from ileti.tenancy import deeds, logins
from ileti.web.sessions import COOKIE
from tests.panel.people import dealer_of, sign_in, token_of, user_with
from tests.panel.test_today import heard

PATH = "/denetim/list/"


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def note(place: Any, action: str = "consent:reveal", subject: str = "consent:1",
         **more: Any) -> None:
    deeds.note(db.connection(), action, subject, provider_id=place.provider_id, **more)


def rows(page: str) -> list[str]:
    """The lines of a page as text."""
    body = page.partition("<tbody")[2].partition("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in body.split("<tr")[1:]]


def find(client: Any, typed: str) -> Any:
    return client.post("/denetim/ara", data={"csrf_token": token_of(client), "q": typed},
                       follow_redirects=True)


def test_before_and_after_are_to_be_read(admin: Any, place: Any) -> None:
    answer = admin.post(f"/markalar/edit/{place.brand_id}", data={
        "csrf_token": token_of(admin), "name": "Defne Yazlık", "brand_code": place.brand_code,
        "master": "y", "accent": ""})
    assert answer.status_code == 302
    [row] = rows(admin.get(f"{PATH}?ne=brand:change").text)
    assert "Ad : Defne Ev → Defne Yazlık" in row.replace("Ad Defne", "Ad : Defne")
    assert "127.0.0.1" in row
    assert "Ada Yıldız" in row


def test_what_is_never_told_is_said_to_have_changed(admin: Any, place: Any) -> None:
    note(place, "provider:change", f"provider:{place.provider_id}",
         detail={"columns": ["iys_password"]})
    [row] = rows(admin.get(f"{PATH}?ne=provider:change").text)
    assert "İYS parolası değişti" in row


def test_it_is_searched_by_person_topic_thing_brand_dealer_and_day(admin: Any, place: Any) -> None:
    dealer = dealer_of(place, "Karşıyaka")
    note(place, subject="consent:7", actor="CRM")
    note(place, "dealer:change", f"dealer:{dealer}", brand_id=place.brand_id, dealer_id=dealer)
    db.connection().execute("insert into audit_entry (provider_id, at, action, subject) values "
                            "(%s, '2026-01-05', 'iys:ask', 'consent:3')", (place.provider_id,))
    for query, fits in (("alan=adres", "CRM"), ("alan=kurum", "Karşıyaka"), (f"bayi={dealer}",
                        "Karşıyaka"), (f"marka={place.brand_id}", "Karşıyaka"), ("konu=consent:7",
                        "CRM"), ("arac=CRM", "CRM"), ("tarih_to=2026-01-06", "3")):
        found = rows(admin.get(f"{PATH}?{query}").text)
        assert len(found) == 1, query
        assert fits in found[0], query
    assert rows(admin.get(f"{PATH}?tarih_from=2026-01-05&tarih_to=2026-01-04").text) == []


def test_a_network_address_is_found_and_stands_in_no_link(admin: Any, place: Any) -> None:
    note(place, address="198.51.100.7", subject="consent:5")
    note(place, address="198.51.100.8", subject="consent:6")
    answer = find(admin, " 198.51.100.7 ")
    assert [("198.51.100.7" in one) for one in rows(answer.text)] == [True]
    assert "198.51" not in answer.request.full_path
    assert "Onay 5" in answer.text or "consent:5" in answer.text
    assert rows(admin.get(f"{PATH}?bul=uydurma").text) == []


def test_people_programs_and_operators_are_found_by_their_names(app: Any, admin: Any,
                                                               place: Any) -> None:
    note(place, actor="CRM")
    note(place, "vault:x", actor="cli:ayse")
    assert "Ada Yıldız" in rows(find(admin, "ada yıl").text)[0]
    assert len(rows(find(admin, "CRM").text)) == 1
    assert "ayse (komut satırı)" in rows(find(admin, "ayse").text)[0]
    assert "hiçbir şey bulunamadı" in find(admin, "kimse%").text


def test_nobody_sees_the_lines_of_another_place(app: Any, admin: Any, place: Any,
                                                place_b: Any) -> None:
    note(place_b, actor="Yabancı", address="203.0.113.9")
    note(place, subject="consent:8")
    dealer = dealer_of(place)
    note(place, subject="consent:9", brand_id=place.brand_id, dealer_id=dealer)
    officer = sign_in(app, user_with(app, "compliance_officer", place, level="brand"))
    assert "Yabancı" not in admin.get(f"{PATH}?saglayici={place_b.provider_id}").text
    assert rows(find(admin, "203.0.113.9").text) == []
    page = officer.get(PATH).text
    assert ("consent:9" in page, "consent:8" in page) == (True, False)
    number = db.connection().execute("select max(id) from audit_entry where provider_id = %s",
                                     (place_b.provider_id,)).fetchone()[0]
    assert admin.get(f"/denetim/show/{number}").status_code == 404


def test_pages_follow_each_other_and_cost_few_statements(
        app: Any, admin: Any, place: Any) -> None:
    for n in range(60):
        note(place, ("site:change", "dealer:change", "document:publish", "brand:change")[n % 4],
             f"{('site', 'dealer', 'document', 'brand')[n % 4]}:{n + 1}",
             brand_id=place.brand_id, detail={"before": {"name": "a"}, "after": {"name": "b"}})
    with heard(app) as statements:
        page = admin.get(PATH).text
    assert len(statements) <= 20
    assert len(rows(page)) == 50
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older is not None
    page = admin.get(older[1].replace("&amp;", "&")).text
    assert 10 <= len(rows(page)) < 50
    newer = re.search(r'rel="prev" href="([^"]+)"', page)
    assert newer is not None
    assert len(rows(admin.get(newer[1].replace("&amp;", "&")).text)) == 50


def test_the_file_holds_the_same_lines_and_runs_no_formula(admin: Any, place: Any) -> None:
    note(place, actor='=HYPERLINK("http://kotu.ornek")', detail={"reason": "=1+1"})
    note(place, "brand:change", f"brand:{place.brand_id}",
         detail={"columns": ["name"], "before": {"name": "a"}, "after": {"name": "b"}})
    answer = admin.post("/denetim/disari.csv?ne=consent:reveal",
                        data={"csrf_token": token_of(admin)})
    table = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert len(table) == 2
    assert table[1][4].startswith("'=HYPERLINK"), "a name"
    whole = admin.post("/denetim/disari.csv", data={"csrf_token": token_of(admin)}).text
    assert "Ad: a → b" in whole
    leaf = db.connection().execute("select encode(leaf, 'hex') from audit_entry where provider_id "
                                   "= %s and actor is not null", (place.provider_id,)).fetchone()[0]
    assert table[1][12] == leaf
    assert "audit:export" in whole


def test_the_file_is_taken_with_a_fresh_proof_and_by_a_press_only(admin: Any) -> None:
    key = logins.session_key(admin.get_cookie(COOKIE).value)
    token = token_of(admin)
    db.connection().execute("update user_session set data = jsonb_set(data, '{proved_at}', '1') "
                            "where key = %s", (key,))
    answer = admin.post("/denetim/disari.csv", data={"csrf_token": token})
    assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/onay/")
    assert admin.get("/denetim/disari.csv").status_code == 405


QUESTIONS = {
    "all": "true", "a person": "user_id in (1)", "a program": "actor = 'CRM'",
    "a deed": "action = 'brand:change'", "a dealer": "dealer_id in (1)",
    "an address": "address = '10.0.0.7'", "a thing": "subject = 'consent:81'",
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_has_its_index(place: Any, many_lines: int, question: str) -> None:
    plan = "\n".join(row[0] for row in db.connection().execute(
        f"explain select * from audit_entry where provider_id = {many_lines} and erased_at is null "
        f"and {QUESTIONS[question]} order by id desc limit 51"))
    assert "Seq Scan" not in plan
    assert "ix_audit_entry" in plan or "pk_audit_entry" in plan
    assert "Sort" not in plan or "Index Scan" in plan or "Bitmap Index" in plan


@pytest.fixture(scope="module")
def many_lines(database: str) -> int:
    """A provider with thousands of lines."""
    import psycopg

    from tests.conftest import _new_place

    made = _new_place(db.connection())
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(
            "insert into audit_entry (provider_id, user_id, action, subject, address, dealer_id) "
            "select %s, 1000 + n %% 50, 'consent:reveal', 'consent:' || n, "
            "'10.0.' || n %% 250 || '.1', case when n %% 100 = 0 then 5000 + n end "
            "from generate_series(1, 4000) n", (made.provider_id,))
        owner.execute("analyze audit_entry")
    return made.provider_id


def test_a_moment_that_changed_is_told_as_people_write_it(app: Any) -> None:
    """The page showed 2026-11-30T15:03:05.218290 in UTC."""
    from ileti.tenancy import trail

    with app.test_request_context():
        (_name, before, after), = trail.changes(
            {"before": {"at": None}, "after": {"at": "2026-11-30T15:03:05.218290"}})
    assert before == "—"
    assert "18:03" in str(after)
    assert "T" not in str(after)
