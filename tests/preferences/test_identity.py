"""Getting in: by a code or a link, and nobody learns who is known."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from config import settings
from ileti.channels.preference_link import LINK_DAYS
from ileti.consents.vocabulary import Channel
from ileti.core import clock
from ileti.preferences.pages import COOKIE

from .conftest import Visitor, known, link_of, new_mail, new_phone

MAIL = Channel.EPOSTA


def test_a_code_opens_the_page_of_that_address_alone(
    visitor: Visitor, place: Any, code_to: Callable[[], str]
) -> None:
    mail, phone = new_mail(), f"+90{new_phone()[1:]}"
    known(place, mail, MAIL)
    known(place, phone)
    visitor.ask(mail)
    page = visitor.type_in(code_to(), follow_redirects=True)
    assert page.status_code == 200
    assert "Almayı bırak" in page.text
    assert mail.partition("@")[0] not in page.text
    assert phone[-4:-2] + " " + phone[-2:] not in page.text
    assert "Kısa mesaj" not in page.text


def test_known_and_unknown_addresses_get_the_same_answer(
    visitor: Visitor, place: Any, conn: Any, code_to: Callable[[], str]
) -> None:
    kept, nobody = new_mail(), new_mail()
    known(place, kept, MAIL)
    answers = [visitor.ask(address) for address in (kept, nobody)]
    texts = [re.sub(r'value="[^"]+"|k•••••\w@', "", one.text) for one in answers]
    assert answers[0].status_code == answers[1].status_code == 200
    assert texts[0] == texts[1]
    assert abs(len(answers[0].data) - len(answers[1].data)) <= 8
    assert set(dict(answers[0].headers)) == set(dict(answers[1].headers))
    sent = conn.execute("select count(*) from message where provider_id = %s and kind = 1",
                        (place.provider_id,)).fetchone()
    assert sent == (1,)
    known_to_us = conn.execute("select count(*) from recipient where provider_id = %s",
                               (place.provider_id,)).fetchone()
    assert known_to_us == (1,)


def test_limits_tell_nothing_either(visitor: Visitor, place: Any, conn: Any,
                                    monkeypatch: pytest.MonkeyPatch) -> None:
    kept, nobody = new_mail(), new_mail()
    known(place, kept, MAIL)
    seen: dict[str, list[int]] = {kept: [], nobody: []}
    for _ in range(settings().capture_recipient_per_hour + 2):
        for address in (kept, nobody):
            seen[address].append(visitor.ask(address).status_code)
        conn.execute("update verification set created_at = created_at - interval '31 seconds' "
                     "where provider_id = %s", (place.provider_id,))
    assert seen[kept] == seen[nobody]
    assert seen[kept][-1] == 429
    assert seen[kept][0] == 200


def test_wrong_codes_are_told_alike_and_run_out(visitor: Visitor, place: Any) -> None:
    kept, nobody = new_mail(), new_mail()
    known(place, kept, MAIL)
    said: list[list[str]] = []
    for address in (kept, nobody):
        visitor.ask(address)
        waiting = re.search(r'name="waiting" value="([^"]+)"', visitor.last.text)
        assert waiting
        lines = []
        for _ in range(6):
            page = visitor.post("/enter", {"waiting": waiting[1], "code": "000000"})
            assert page.status_code == 422
            assert COOKIE not in page.headers.get("Set-Cookie", "")
            lines.append(re.search(r'id="code-error".*?<span>(.*?)</span>', page.text, re.S)[1])  # type: ignore[index]
        said.append(lines)
    assert said[0] == said[1]
    assert said[0][0] == "Kod uymadı. 4 deneme hakkınız kaldı."
    assert said[0][-1] == "Bu kod artık kullanılamaz. Yeni kod isteyin."


def test_time_tells_nothing_about_an_address(visitor: Visitor, place: Any, conn: Any,
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "capture_ip_per_minute", 10_000)
    monkeypatch.setattr(settings(), "capture_network_per_minute", 10_000)
    monkeypatch.setattr(settings(), "capture_site_per_minute", 10_000)
    took: dict[bool, list[float]] = {True: [], False: []}
    for n in range(60):
        address, is_known = new_mail(), n % 2 == 0
        if is_known:
            known(place, address, MAIL)
        began = time.perf_counter()
        assert visitor.ask(address).status_code == 200
        took[is_known].append(time.perf_counter() - began)
    middle = {which: statistics.median(times[5:]) for which, times in took.items()}
    assert abs(middle[True] - middle[False]) < 0.5 * min(middle.values())


def test_a_code_opens_once(visitor: Visitor, place: Any, code_to: Callable[[], str]) -> None:
    mail = new_mail()
    known(place, mail, MAIL)
    visitor.ask(mail)
    asked = visitor.last
    assert visitor.type_in(code_to()).status_code == 303
    visitor.last = asked
    assert visitor.type_in(code_to()).status_code == 303  # a double click
    with clock.freeze(clock.now() + timedelta(seconds=30)):
        visitor.last = asked
        assert visitor.type_in(code_to()).status_code == 422


def test_a_code_is_of_its_recipient_and_opens_nobody_elses_page(
    visitor: Visitor, place: Any, conn: Any, code_to: Callable[[], str]
) -> None:
    mail, other = new_mail(), new_mail()
    known(place, mail, MAIL)
    known(place, other, MAIL)
    visitor.ask(mail)
    code = code_to()
    conn.execute(
        "update verification set recipient_id = (select max(id) from recipient "
        "where provider_id = %s) where provider_id = %s", (place.provider_id,) * 2)
    assert visitor.type_in(code).status_code == 422


def test_a_code_of_one_provider_is_none_of_another(
    visitor: Visitor, public: Any, place: Any, place_b: Any, code_to: Callable[[], str]
) -> None:
    mail = new_mail()
    known(place, mail, MAIL)
    known(place_b, mail, MAIL)
    asked = visitor.ask(mail)
    other = Visitor(public.test_client(), place_b, last=asked)
    assert other.type_in(code_to()).status_code == 403


def test_looking_at_a_link_opens_nothing_whoever_looks(visitor: Visitor, place: Any) -> None:
    url = link_of(place.provider_id, known(place, new_mail(), MAIL))
    for answer in (visitor.client.get(url), visitor.client.head(url), visitor.client.post(url),
                   visitor.client.post(url, data={"List-Unsubscribe": "One-Click"}),
                   visitor.post("/link", {})):
        assert COOKIE not in answer.headers.get("Set-Cookie", "")
    assert "Almayı bırak" not in visitor.get().text


def test_a_link_opens_again_until_its_last_day_and_then_asks_for_a_code(
    visitor: Visitor, place: Any
) -> None:
    recipient = known(place, new_mail(), MAIL)
    url = link_of(place.provider_id, recipient)
    assert len(url) < 50
    for day in (0, LINK_DAYS):
        with clock.freeze(clock.now() + timedelta(days=day)):
            assert visitor.open_link(url).status_code == 303
    with clock.freeze(clock.now() + timedelta(days=LINK_DAYS + 1)):
        assert visitor.open_link(url).status_code == 410
        assert visitor.client.get(url).headers["Location"] == visitor.path


@pytest.mark.parametrize("broken", ["", "A" * 36, "é" * 36, "x" * 300, "../..", "%00"])
def test_a_forged_link_opens_nothing(visitor: Visitor, broken: str) -> None:
    assert visitor.open_link(broken).status_code == 403
    assert visitor.client.get(f"/t/l/{broken}").status_code in (403, 404, 308)


def test_a_link_with_one_letter_changed_is_forged(
    visitor: Visitor, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "capture_ip_per_minute", 1_000)
    monkeypatch.setattr(settings(), "capture_network_per_minute", 1_000)
    url = link_of(place.provider_id, known(place, new_mail(), MAIL))
    for n in range(len("/t/l/"), len(url)):
        other = "A" if url[n] != "A" else "Q"
        changed = f"{url[:n]}{other}{url[n + 1:]}"
        assert visitor.open_link(changed).status_code == 403


def test_the_session_ends_after_twenty_minutes_and_at_the_door(
    visitor: Visitor, place: Any
) -> None:
    recipient = known(place, new_mail(), MAIL)
    assert "Almayı bırak" in visitor.by_link(recipient).text
    stolen = visitor.client.get_cookie(COOKIE, path=visitor.path).value
    with clock.freeze(clock.now() + timedelta(minutes=21)):
        page = visitor.get()
        assert page.status_code == 410
        assert "Almayı bırak" not in page.text
    visitor.by_link(recipient)
    stolen = visitor.client.get_cookie(COOKIE, path=visitor.path).value
    visitor.post("/leave", {})
    assert "Almayı bırak" not in visitor.get().text
    visitor.client.set_cookie(COOKIE, stolen, path=visitor.path)
    assert visitor.get().status_code == 410


def test_the_cookie_is_shut_and_nothing_is_kept_by_a_browser(visitor: Visitor, place: Any) -> None:
    url = link_of(place.provider_id, known(place, new_mail(), MAIL))
    assert "Set-Cookie" not in visitor.get().headers or "=;" in visitor.last.headers["Set-Cookie"]
    said = visitor.open_link(url).headers["Set-Cookie"]
    assert "HttpOnly" in said
    assert "SameSite=Strict" in said
    assert f"Path={visitor.path}" in said
    assert "Max-Age=1200" in said


def test_a_session_of_one_provider_opens_no_other(
    visitor: Visitor, public: Any, place: Any, place_b: Any
) -> None:
    mail = new_mail()
    recipient = known(place, mail, MAIL)
    known(place_b, mail, MAIL)
    visitor.by_link(recipient)
    token = visitor.client.get_cookie(COOKIE, path=visitor.path).value
    other = Visitor(visitor.client, place_b)
    visitor.client.set_cookie(COOKIE, token, path=other.path)
    assert "Almayı bırak" not in other.get().text


def test_a_link_of_one_provider_opens_no_other(
    visitor: Visitor, place: Any, place_b: Any
) -> None:
    theirs = link_of(place_b.provider_id, known(place_b, new_mail(), MAIL))
    assert visitor.open_link(theirs).status_code == 403


def test_a_second_link_adds_its_address(visitor: Visitor, place: Any) -> None:
    visitor.by_link(known(place, f"+90{new_phone()[1:]}"))
    page = visitor.by_link(known(place, new_mail(), MAIL))
    assert "Adres eklendi." in page.text
    assert {"Almayı bırak (Kısa mesaj)", "Almayı bırak (E-posta)"} <= set(visitor.buttons())


def test_one_more_address_is_added_by_its_own_code(
    visitor: Visitor, place: Any, code_to: Callable[[], str]
) -> None:
    phone = f"+90{new_phone()[1:]}"
    known(place, phone)
    visitor.by_link(known(place, new_mail(), MAIL))
    assert "Kısa mesaj" not in visitor.last.text
    visitor.get("/add")
    visitor.ask(phone)
    page = visitor.type_in(code_to(), follow_redirects=True)
    assert "Kısa mesaj" in page.text
    assert "E-posta" in page.text
    assert "Adres eklendi." in page.text


def test_what_is_no_address_is_told_at_its_field(visitor: Visitor) -> None:
    for typed in ("", "   ", "0599 1", "a@", "x\0y", "é" * 500):
        page = visitor.ask(typed)
        assert page.status_code == 422
        assert 'id="address-error"' in page.text


def test_a_typed_address_with_html_is_shown_as_text(visitor: Visitor) -> None:
    page = visitor.ask('"><script>alert(1)</script>@x')
    assert "<script>alert" not in page.text
