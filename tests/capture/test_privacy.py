"""A form's notice and its explicit consents: other boxes, other texts, other entries (R-58)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ileti.capture import privacy, sites
from ileti.capture.receipts import check_receipt
from ileti.capture.words import WORDS
from ileti.core import clock
from ileti.core.secrets import secrets
from ileti.kvkk.integrity import untold
from tests.kvkk.house import asked

from .conftest import Browser, new_mail, new_phone

Make = Callable[..., str]
CodeOf = Callable[[str], str]
def ticked(document: int, seconds: float = 1) -> dict[str, Any]:
    return {"document": document, "at": (clock.now() - timedelta(seconds=seconds)).isoformat()}


def acts(conn: Any, place: Any) -> list[tuple[Any, ...]]:
    """(act, extent, standing, whether somebody's) in order."""
    return [tuple(row) for row in conn.execute(
        "select act, extent, standing, recipient_id is not null from kvkk_entry "
        "where provider_id = %s order by id", (place.provider_id,)).fetchall()]


@pytest.fixture
def document(conn: Any, place: Any) -> int:
    return asked(conn, place)


@pytest.fixture
def visitor(place: Any, new_site: Make, document: int) -> Browser:
    """A visitor of a site that asks for one explicit consent, under policy ``code``."""
    return Browser(new_site(place, asks=(document,)))


def test_r57_a_site_asks_for_no_explicit_consent_unless_it_was_chosen(
    browser: Browser, visitor: Browser, document: int
) -> None:
    assert browser.form()["privacy"] is None
    shown = visitor.form()["privacy"]
    assert [one["document"] for one in shown["texts"]] == [document]
    assert shown["texts"][0]["text"].endswith("açık rıza veriyorum.")
    assert shown["texts"][0]["more"].startswith("Rıza vermeden de")
    assert visitor.form("en")["privacy"] is None


def test_r57_a_purpose_with_another_ground_renders_no_box(
    conn: Any, place: Any, new_site: Make
) -> None:
    other = asked(conn, place, ground="5/2-c")
    assert Browser(new_site(place, asks=(other,))).form()["privacy"] is None


def test_r58_each_box_is_an_entry_of_its_own_and_unverified_until_the_code(
    visitor: Browser, document: int, conn: Any, place: Any, code_of: CodeOf
) -> None:
    first = visitor.submit("MESAJ", privacy=[ticked(document)],
                           notice={"at": clock.now().isoformat(), "extent": "to_the_end"})
    assert [one["act"] for one in first.body["privacy"]] == ["READ", "GIVEN"]
    assert len(first.body["items"]) == 1
    assert acts(conn, place) == [(2, 3, 0, True), (3, 0, 0, True)]
    answer = visitor.post("confirmations", {
        "handle": first.body["handle"], "codes": [{"to": "phone", "code": code_of("phone")}]})
    assert (answer.status, answer.body["state"]) == (200, "recorded")
    assert acts(conn, place)[2:] == [(2, 3, 1, True), (3, 0, 1, True)]
    before, after = (json.dumps(one.body["privacy"]) for one in (first, answer))
    assert before != after
    check_receipt(answer.body, secrets().receipts.public)


def test_the_code_keeps_the_moment_of_the_tick(
    visitor: Browser, document: int, conn: Any, place: Any, code_of: CodeOf
) -> None:
    handle = visitor.submit("EPOSTA", privacy=[ticked(document)]).body["handle"]
    for _ in range(2):  # a doubled request records nothing twice
        visitor.post("confirmations", {
            "handle": handle, "codes": [{"to": "email", "code": code_of("email")}]})
    rows = conn.execute("select act_at, captured_at from kvkk_entry where provider_id = %s "
                        "and act = 3 order by id", (place.provider_id,)).fetchall()
    assert len(rows) == 2
    assert rows[0][0] == rows[1][0]
    assert rows[0][1] < rows[1][1]


def test_r60_what_was_read_after_a_consent_is_dated_when_it_was_read(
    visitor: Browser, document: int, conn: Any, place: Any, code_of: CodeOf
) -> None:
    began = clock.now() - timedelta(minutes=10)
    with clock.freeze(began):
        body = visitor.filled("MESAJ", privacy=[ticked(document)], shownAt=began.isoformat())
    at = {name: began + timedelta(minutes=n) for name, n in (("given", 2), ("read", 5))}
    for one in (*body["choices"], *body["privacy"]):
        one["at"] = at["given"].isoformat()
    body["notice"] = {"at": at["read"].isoformat(), "extent": "opened"}
    handle = visitor.post("submissions", body).body["handle"]
    visitor.post("confirmations", {
        "handle": handle, "codes": [{"to": "phone", "code": code_of("phone")}]})
    rows = conn.execute("select act, act_at from kvkk_entry where provider_id = %s order by id",
                        (place.provider_id,)).fetchall()
    read, given = (clock.whole_second(at[name]) for name in ("read", "given"))
    assert rows == [(2, read), (3, given)] * 2
    assert untold(conn, since=began, provider_id=place.provider_id) == []


def test_r60_a_notice_that_was_shown_comes_before_everything_on_its_form(
    visitor: Browser, document: int, conn: Any, place: Any
) -> None:
    visitor.submit("MESAJ", "EPOSTA", privacy=[ticked(document, 1)], notice={"extent": "opened"})
    row = conn.execute(
        "select count(*) filter (where act = 1), count(*) filter (where act = 3), "
        "bool_and(n.at <= k.act_at), bool_and(n.at <= (select min(consent_date) from "
        "consent_entry e where e.provider_id = k.provider_id)) from kvkk_entry k cross join "
        "lateral (select min(o.act_at) as at from kvkk_entry o where o.provider_id = "
        "k.provider_id and o.recipient_id = k.recipient_id and o.act = 1) n "
        "where k.provider_id = %s", (place.provider_id,)).fetchone()
    assert row == (2, 2, True, True)


def test_r60_what_a_form_took_passes_the_check_also_after_its_code(
    visitor: Browser, document: int, conn: Any, place: Any, code_of: CodeOf
) -> None:
    handle = visitor.submit("MESAJ", privacy=[ticked(document)]).body["handle"]
    visitor.post("confirmations", {
        "handle": handle, "codes": [{"to": "phone", "code": code_of("phone")}]})
    assert untold(conn, since=clock.now() - timedelta(days=1),
                  provider_id=place.provider_id) == []


def test_a_form_with_a_notice_shows_it_to_whoever_consents(
    browser: Browser, conn: Any, place: Any
) -> None:
    answer = browser.submit("MESAJ")
    assert [one["act"] for one in answer.body["privacy"]] == ["SHOWN"]
    assert acts(conn, place) == [(1, 1, 0, True)]


def test_an_explicit_consent_alone_needs_a_name_and_one_address(
    visitor: Browser, document: int, conn: Any, place: Any, code_of: CodeOf
) -> None:
    bare = visitor.submit(privacy=[ticked(document)])
    assert {(one["field"], one["code"]) for one in bare.body["errors"]} == {
        ("phone", "no_address"), ("name", "missing")}
    answer = visitor.submit(privacy=[ticked(document)], name="Nazlı K.", email=new_mail())
    assert [code["to"] for code in answer.body["codes"]] == ["email"]
    assert answer.body["items"] == []
    done = visitor.post("confirmations", {
        "handle": answer.body["handle"], "codes": [{"to": "email", "code": code_of("email")}]})
    assert done.body["state"] == "recorded"
    assert acts(conn, place) == [(1, 1, 0, True), (3, 0, 0, True), (1, 1, 1, True),
                                 (3, 0, 1, True)]
    assert conn.execute("select count(*) from consent_entry where provider_id = %s",
                        (place.provider_id,)).fetchone() == (0,)


def test_a_new_code_goes_to_an_address_of_an_explicit_consent_alone(
    visitor: Browser, document: int, conn: Any, place: Any
) -> None:
    handle = visitor.submit(privacy=[ticked(document)], name="Nazlı K.",
                            phone=new_phone()).body["handle"]
    with clock.freeze(clock.now() + timedelta(seconds=61)):
        assert visitor.post("codes", {"handle": handle, "to": "phone"}).status == 202
    assert conn.execute("select count(*) from verification where provider_id = %s",
                        (place.provider_id,)).fetchone() == (2,)


def test_a_replay_gets_the_same_receipt_byte_for_byte(
    visitor: Browser, document: int, conn: Any, place: Any
) -> None:
    body = visitor.filled("MESAJ", privacy=[ticked(document)])
    first, again = (visitor.post("submissions", body).body for _ in range(2))
    assert first == again
    assert len(acts(conn, place)) == 2
    assert visitor.post("submissions", body | {"privacy": []}).status == 409


def test_the_same_post_with_the_notice_opened_meanwhile_is_the_same_post(
    visitor: Browser, document: int, conn: Any, place: Any
) -> None:
    body = visitor.filled("MESAJ", privacy=[ticked(document)], notice={"extent": "linked"})
    first = visitor.post("submissions", body)
    again = visitor.post("submissions", body | {"notice": {"extent": "opened"}})
    assert (first.status, again.status, first.body) == (201, 201, again.body)
    assert acts(conn, place) == [(1, 1, 0, True), (3, 0, 0, True)]


def test_r13_a_notice_read_by_nobody_known_is_an_act_of_nobody(
    visitor: Browser, conn: Any, place: Any
) -> None:
    read = visitor.submit(notice={"at": clock.now().isoformat(), "extent": "to_the_end"})
    seen = visitor.submit(notice={"extent": "opened"})
    assert [one.body["privacy"][0]["act"] for one in (read, seen)] == ["READ", "SHOWN"]
    assert "to" not in read.body["privacy"][0]
    assert acts(conn, place) == [(2, 3, 0, False), (1, 2, 0, False)]


def test_r60_a_form_in_another_language_shows_the_notice_there_is(
    place: Any, conn: Any, new_site: Make
) -> None:
    key = new_site(place)
    site = sites.find_site(key)
    turkish = site.notices["tr"]
    del site.notices["en"]  # as one that was never written
    sites._notice_in_every_language(site)
    visitor = Browser(key)
    form = visitor.form("en")
    assert form["notice"]["url"].endswith(f"/n/{turkish.id}")
    assert visitor.post("submissions", visitor.filled() | {"token": form["token"]}).status == 201
    assert conn.execute("select distinct text_id from kvkk_entry where provider_id = %s",
                        (place.provider_id,)).fetchall() == [(turkish.id,)]


def test_nothing_on_a_form_without_a_notice_is_no_act(
    place: Any, conn: Any, new_site: Make
) -> None:
    visitor = Browser(new_site(place))
    conn.execute("insert into document_event (provider_id, document_id, kind) select %s, id, "
                 "'RETIRED' from document where provider_id = %s and kind = 'AYDINLATMA'",
                 (place.provider_id, place.provider_id))
    sites.forget_sites()
    body = visitor.filled()
    first, again = (visitor.post("submissions", body) for _ in range(2))
    assert (first.status, first.body) == (201, again.body)
    assert "privacy" not in visitor.submit("MESAJ").body
    assert acts(conn, place) == []


@pytest.mark.parametrize("policy", ["signed", "later"])
def test_other_policies_record_acts_as_they_record_consents(
    place: Any, new_site: Make, conn: Any, document: int, policy: str
) -> None:
    from ileti.capture import vouch
    from tests.capture.conftest import SECRET

    visitor, phone = Browser(new_site(place, policy=policy, asks=(document,))), new_phone()
    body = visitor.filled(privacy=[ticked(document)], name="Nazlı K.", phone=phone)
    if policy == "signed":
        assert visitor.post("submissions", body).status == 403
        now = int(clock.now().timestamp())
        body["vouch"] = vouch.sign(SECRET, visitor.site_key, body["key"], phone, "", now)
    answer = visitor.post("submissions", body)
    assert answer.status == 201
    standing = 1 if policy == "signed" else 0
    assert acts(conn, place) == [(1, 1, standing, True), (3, 0, standing, True)]


@pytest.mark.parametrize(("fault", "code"), [
    ("foreign", "not_on_show"), ("twice", "not_on_show"), ("future", "no_interaction"),
    ("unshown", "no_interaction"), ("words", "no_time")])
def test_hostile_ticks_are_refused_and_leave_nothing(
    visitor: Browser, document: int, conn: Any, place: Any, place_b: Any, fault: str, code: str
) -> None:
    good = ticked(document)
    wrong = {
        "foreign": [ticked(asked(conn, place_b))], "twice": [good, good],
        "future": [ticked(document, -600)], "unshown": [ticked(document, 60)],
        "words": [{"document": document, "at": "dün"}],
    }[fault]
    answer = visitor.submit("MESAJ", privacy=wrong)
    assert (answer.status, answer.body["errors"][0]["code"]) == (422, code)
    assert acts(conn, place) == []


def test_a_trapped_machine_gets_an_answer_and_leaves_no_act(
    visitor: Browser, document: int, conn: Any, place: Any
) -> None:
    answer = visitor.submit("MESAJ", privacy=[ticked(document)], website="x")
    assert [one["act"] for one in answer.body["privacy"]] == ["SHOWN", "GIVEN"]
    assert acts(conn, place) == []


def test_r17_another_choice_of_texts_is_another_form(
    visitor: Browser, document: int, conn: Any, place: Any
) -> None:
    body = visitor.filled("MESAJ", privacy=[ticked(document)])
    conn.execute("update site set explicit_consents = '{}', form_version = 2 "
                 "where public_key = %s", (visitor.site_key,))
    sites.forget_sites()
    assert visitor.post("submissions", body).status == 410


def test_the_hosted_page_asks_and_tells_in_boxes_of_their_own(
    app: Any, visitor: Browser, document: int, conn: Any, place: Any
) -> None:
    pages = app.test_client()
    html = pages.get(f"/f/{visitor.site_key}").text
    assert f'name="privacy" value="{document}"' in html
    assert "checked" not in html
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))
    wrong = pages.post(f"/f/{visitor.site_key}", data=fields | {"privacy": str(document)})
    assert (wrong.status_code, "checked" in wrong.text) == (422, False)
    code = pages.post(f"/f/{visitor.site_key}", data=fields | {
        "privacy": str(document), "name": "Nazlı K.", "email": new_mail()})
    handle = re.findall(r'name="handle" value="([^"]*)"', code.text)[0]
    receipt = pages.get(f"/f/{visitor.site_key}/receipt?h={handle}").text
    assert "Rıza verdiniz" in receipt
    assert acts(conn, place) == [(1, 1, 0, True), (3, 0, 0, True)]
    assert pages.post(f"/f/{visitor.site_key}", data=fields | {
        "privacy": "x'; --"}).status_code == 422


def test_r60_the_hosted_page_tells_that_the_notice_was_opened_marked_or_not(
    app: Any, visitor: Browser, conn: Any, place: Any
) -> None:
    pages = app.test_client()
    html = pages.get(f"/f/{visitor.site_key}/notice").text
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))
    assert fields["opened"] == "1"
    pages.post(f"/f/{visitor.site_key}", data=fields | {"notice": ""})
    assert acts(conn, place) == [(1, 2, 0, False)]


@pytest.mark.parametrize("language", ["tr", "en"])
def test_r58_no_sentence_about_the_notice_accepts_anything(language: str) -> None:
    words = [*privacy._NOTICE[language].values(), *privacy._READING[language].values(),
             *(WORDS[language][name] for name in ("notice", "read", "unread"))]
    assert len(words) > 6
    for one in words:
        assert not re.search(r"kabul|onayl|onay ver|rıza|izin ver|accept|agree|consent|approve",
                             one, re.IGNORECASE), one
    assert re.search(r"okudum, anladım|read and understood", privacy._NOTICE[language]["ack"])
