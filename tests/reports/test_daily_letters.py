"""The daily mail: to whom, when, once, whatever is killed or runs twice, and what stands in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from config import ROOT, settings
from ileti.channels.base import Answer, Refused, Retry, Sent
from ileti.channels.gateways.smtp import SmtpGateway
from ileti.channels.registry import carry
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.reports.daily import letters, subscriptions
from tests.channels.test_send import Gateway, Mailbox, _free_port
from tests.panel.people import dealer_of, user_with
from tests.reports.house import counted, taken

#: a Wednesday, seven o'clock in Istanbul is four o'clock in UTC the whole year
MORNING = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _alone(app: Any) -> Iterator[None]:
    """What other tests left is away; the application is there, as in a worker."""
    conn = db.system_connection()
    conn.execute("update daily_subscription set closed_at = now() where closed_at is null")
    conn.execute("delete from outbox where topic = 8")
    with app.app_context():
        yield
    carry(Channel.EPOSTA, None)


def post(*answers: Answer) -> Gateway:
    """A gateway for mail that answers as told."""
    gateway = Gateway(*answers)
    carry(Channel.EPOSTA, gateway)
    return gateway


def wanted(app: Any, place: Any, role: str = "provider_admin", *, hour: int = 7,
           business_days: bool = False, language: str = "tr", **more: Any) -> str:
    """A user who asked for the mail long ago; the name."""
    name = user_with(app, role, place, **more)
    db.system_connection().execute(
        "insert into daily_subscription (provider_id, brand_id, dealer_id, user_id, membership_id, "
        "hour, business_days, language, first_on) select m.provider_id, m.brand_id, m.dealer_id, "
        "m.user_id, m.id, %s, %s, %s, '2026-01-01' from membership m "
        "join ab_user u on u.id = m.user_id where u.username = %s",
        (hour, business_days, language, name))
    return name


def run() -> dict[str, int]:
    """What the job does."""
    return letters.write_due() | letters.send_letters()


def rows(place: Any) -> list[tuple[Any, ...]]:
    """Mails of a provider: for which day, whether sent, and why not."""
    return db.system_connection().execute(
        "select day, sent_at is not null, problem from daily_mail where provider_id = %s "
        "order by id", (place.provider_id,)).fetchall()


def test_nobody_gets_it_before_they_asked(app: Any, place: Any) -> None:
    user_with(app, "provider_admin", place)
    gateway = post()
    with clock.freeze(MORNING):
        run()
    assert gateway.got == []


@pytest.mark.parametrize("month", [1, 4, 7, 11])
def test_it_comes_at_its_hour_in_istanbul_in_summer_and_winter(app: Any, place: Any,
                                                               month: int) -> None:
    gateway = post()
    wanted(app, place)
    with clock.freeze(datetime(2026, month, 25, 3, 59, 59, tzinfo=UTC)):
        run()
    assert gateway.got == [], "a second before seven"
    with clock.freeze(datetime(2026, month, 25, 4, 0, tzinfo=UTC)):
        run()
        run()
    assert len(gateway.got) == 1
    assert rows(place) == [(date(2026, month, 24), True, None)]


def test_a_machine_that_was_off_sends_later_the_same_day_and_says_for_which(app: Any,
                                                                            place: Any) -> None:
    gateway = post()
    wanted(app, place)
    with clock.freeze(MORNING + timedelta(hours=15)):
        run()
    assert gateway.got[0].subject.count("24.11.2026") == 1
    assert "24 Kasım 2026 Salı" in gateway.got[0].text


def test_what_was_not_sent_by_midnight_is_left_out(app: Any, place: Any) -> None:
    gateway = post(Retry("away"))
    wanted(app, place)
    with clock.freeze(MORNING):
        assert run()["retry"] == 1
    _due_again()
    gateway = post()
    with clock.freeze(MORNING + timedelta(hours=20)):
        run()
    assert gateway.got == []
    assert rows(place) == [(date(2026, 11, 24), False, "The day it was for is over.")]


def _due_again() -> None:
    db.system_connection().execute("update outbox set next_at = now() where topic = 8")


def test_a_gateway_that_was_away_is_asked_again_and_the_mail_comes_once(app: Any,
                                                                        place: Any) -> None:
    gateway = post(Retry("busy"), Sent("1"))
    wanted(app, place)
    with clock.freeze(MORNING):
        run()
        _due_again()
        run()
        _due_again()
        run()
    assert len(gateway.got) == 2, "a try that failed for sure and one that went"
    assert rows(place) == [(date(2026, 11, 24), True, None)]


@pytest.mark.parametrize(("answer", "problem"), [
    (Refused("no such user"), "no such user"),
    (Retry("broke", doubt=True), "In doubt: broke")])
def test_what_is_refused_or_in_doubt_is_not_sent_again(app: Any, place: Any, answer: Answer,
                                                       problem: str) -> None:
    gateway = post(answer)
    wanted(app, place)
    with clock.freeze(MORNING):
        run()
        _due_again()
        run()
    assert len(gateway.got) == 1
    assert rows(place) == [(date(2026, 11, 24), False, problem)]


def test_business_days_skip_weekends_and_holidays_and_tell_what_came_on_them(app: Any,
                                                                             place: Any) -> None:
    gateway = post()
    wanted(app, place, business_days=True)
    for day in (29, 30, 31):  # Thursday a holiday (29 October), Friday, Saturday
        with clock.freeze(datetime(2026, 10, day, 5, 0, tzinfo=UTC)):
            run()
    assert rows(place) == [(date(2026, 10, 28), True, None)], "Friday tells of Wednesday"
    assert "Ardından gelen tatil günlerinde (29.10.2026): 0 onay, 0 ret." in gateway.got[0].text
    with clock.freeze(datetime(2026, 11, 2, 5, 0, tzinfo=UTC)):
        run()
    assert rows(place)[1][0] == date(2026, 10, 30)
    assert "(31.10.2026 – 01.11.2026)" in gateway.got[1].text


def test_who_asks_after_the_hour_gets_the_first_one_tomorrow() -> None:
    with clock.freeze(MORNING + timedelta(hours=2)):
        assert [letters.first_on(hour) for hour in (8, 9, 10)] == [
            date(2026, 11, 26), date(2026, 11, 26), date(2026, 11, 25)]


@pytest.mark.parametrize(("change", "open_"), [
    ("update membership set role = 'call_centre_agent' where user_id = %s", False),
    ("update ab_user set active = false where id = %s", False),
    ("update membership set suspended_at = now() where user_id = %s", True),
    ("delete from membership where user_id = %s", None)])
def test_a_role_that_was_taken_away_takes_the_mail_with_it(app: Any, place: Any, change: str,
                                                           open_: bool | None) -> None:
    gateway = post()
    name = wanted(app, place)
    conn = db.system_connection()
    (user,) = conn.execute("select id from ab_user where username = %s", (name,)).fetchone()
    conn.execute(change, (user,))
    with clock.freeze(MORNING):
        run()
    assert gateway.got == []
    row = conn.execute("select closed_at is null from daily_subscription where user_id = %s",
                       (user,)).fetchone()
    assert (row and row[0]) == open_, "gone with the membership, or ended, or resting"


def test_a_right_taken_between_writing_and_sending_takes_the_mail(app: Any, place: Any) -> None:
    gateway = post()
    wanted(app, place)
    with clock.freeze(MORNING):
        letters.write_due()
        db.system_connection().execute("update membership set role = 'call_centre_agent' "
                                       "where provider_id = %s", (place.provider_id,))
        letters.send_letters()
    assert gateway.got == []
    assert rows(place)[0][2] == "The role no longer shows the report."


def test_each_gets_the_numbers_of_their_own_place(app: Any, place: Any, place_b: Any) -> None:
    gateway = post()
    dealer = dealer_of(place)
    for whom in (dealer, None, None):
        taken(place, dealer=whom)
    taken(place_b)
    counted()
    names = [wanted(app, place), wanted(app, place, "dealer_manager", dealer_id=dealer),
             wanted(app, place, "brand_manager", level="brand"), wanted(app, place_b)]
    with clock.freeze(lambda: _tomorrow()):
        run()
    given = {one.to.partition("@")[0]: re.search(r"^Onay: (\d+) ", one.text, re.M)[1]
             for one in gateway.got}
    assert [given[one] for one in names] == ["3", "1", "3", "1"]


def _tomorrow() -> datetime:
    day = clock.to_istanbul(datetime.now(UTC)).date() + timedelta(1)
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


# -- killed in the middle, run twice --------------------------------------------------------------

_WORKER = """
from datetime import UTC, datetime
from ileti.channels.gateways.smtp import SmtpGateway
from ileti.channels.registry import carry
from ileti.consents.vocabulary import Channel
from ileti.core import clock
from ileti.factory import create_app
from ileti.reports.daily import letters
carry(Channel.EPOSTA, SmtpGateway("smtp://127.0.0.1:{port}", "izin@ornek.com.tr"))
letters.house_is(lambda: create_app().app_context())
with clock.freeze(datetime(2026, 11, 25, 4, 0, tzinfo=UTC)):
    letters.write_due(); letters.send_letters()
"""


@pytest.fixture
def box() -> Iterator[tuple[Mailbox, Callable[..., int]]]:
    """A real mail server, and a worker of its own process that may die at a place."""
    mails = Mailbox()
    server = Controller(mails, hostname="127.0.0.1", port=_free_port())
    server.start()

    def work(place: str = "") -> int:
        return subprocess.run(
            [sys.executable, "-c", _WORKER.format(port=server.port)], timeout=120, check=False,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | (
                {"ILETI_FAILPOINT": place} if place else {})).returncode

    yield mails, work
    server.stop()


@pytest.mark.parametrize(("where", "mails", "problem"), [
    ("reports.daily_written", 1, None),  # nothing was committed: written again, sent once
    ("reports.daily_handing", 0, "In doubt: a worker ended while it was handed over."),
    ("reports.daily_sent", 1, "In doubt: a worker ended while it was handed over.")])
def test_killed_anywhere_it_comes_at_most_once(app: Any, place: Any, box: Any, where: str,
                                               mails: int, problem: str | None) -> None:
    got, work = box
    wanted(app, place)
    assert work(where) == 137
    carry(Channel.EPOSTA, SmtpGateway(f"smtp://127.0.0.1:{_port_of(box)}", "izin@ornek.com.tr"))
    for _again in range(2):
        _due_again()
        with clock.freeze(MORNING):
            run()
    assert len(got.mails) == mails
    assert rows(place)[0][2] == problem


def test_workers_side_by_side_send_it_once(app: Any, place: Any, box: Any) -> None:
    got, _work = box
    wanted(app, place)
    with clock.freeze(MORNING):
        assert letters.write_due()["written"] == 1
        assert letters.write_due()["written"] == 0, "the second finds the row"
    script = _WORKER.format(port=_port_of(box))
    both = [subprocess.Popen([sys.executable, "-c", script],
                             env=os.environ | {"PYTHONPATH": str(ROOT)}) for _n in range(2)]
    assert [one.wait(120) for one in both] == [0, 0]
    assert len(got.mails) == 1


def _port_of(box: Any) -> int:
    return int(box[1].__closure__[0].cell_contents.port)


# -- what stands in it -----------------------------------------------------------------------------


def test_it_arrives_with_text_html_pdf_and_a_way_to_stop_it(app: Any, place: Any) -> None:
    mails = Mailbox()
    server = Controller(mails, hostname="127.0.0.1", port=_free_port())
    server.start()
    carry(Channel.EPOSTA, SmtpGateway(f"smtp://127.0.0.1:{server.port}", "izin@ornek.com.tr"))
    wanted(app, place)
    with clock.freeze(MORNING):
        run()
    server.stop()
    [mail] = mails.mails
    assert mail["Message-ID"].startswith("<ileti-gunluk-")
    assert re.fullmatch(r"<https?://\S+/gunluk-rapor/birak/\S+>", mail["List-Unsubscribe"])
    [pdf] = list(mail.iter_attachments())
    assert pdf.get_filename() == "gunluk-rapor-2026-11-24.pdf"
    assert pdf.get_content().startswith(b"%PDF-")
    html = mail.get_body(("html",)).get_content()
    assert not re.search(r"<img|src=|url\(|@import", html), "no outside request"
    assert set(re.findall(r'href="(https?://[^/"]+)', html)) == {settings().base_url}


def test_no_address_and_no_persons_name_stands_in_it(app: Any, place: Any) -> None:
    gateway = post()
    taken(place, phone="+905321112233")
    counted()
    wanted(app, place)
    with clock.freeze(lambda: _tomorrow()):
        run()
    [mail] = gateway.got
    for text in (mail.text, mail.html, mail.subject):
        assert "1112233" not in text
        assert "22 33" not in text
        assert "Ada" not in text
        assert "@" not in text.replace("@media", "")


def test_the_link_under_it_ends_this_one_and_opens_nothing_else(app: Any, place: Any) -> None:
    wanted(app, place)
    wanted(app, place)
    conn = db.system_connection()
    ids = [row[0] for row in conn.execute(
        "select id from daily_subscription where provider_id = %s order by id",
        (place.provider_id,)).fetchall()]
    path = f"/gunluk-rapor/birak/{subscriptions.token(ids[0])}"
    client = app.test_client()

    def still() -> list[int]:
        return [row[0] for row in conn.execute(
            "select id from daily_subscription where provider_id = %s and closed_at is null "
            "order by id", (place.provider_id,)).fetchall()]

    assert "Günlük e-postayı durdur" in client.get(path).text
    assert still() == ids, "looking changes nothing"
    for forged in (path[:-2], "/gunluk-rapor/birak/x", "/gunluk-rapor/birak/x.y"):
        assert client.post(forged).status_code == 404
    assert "Stop the daily mail" in client.get(path + "?lang=en").text
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert client.post(path).status_code == 200
    assert still() == ids[1:]
    assert "/login/" in client.get("/raporlar/gunluk/").headers["Location"]


def test_it_is_forgotten_after_three_months_that_it_went(app: Any, place: Any) -> None:
    post()
    wanted(app, place)
    with clock.freeze(MORNING):
        run()
    with clock.freeze(MORNING + timedelta(days=80)):
        letters.forget_old()
        assert len(rows(place)) == 1
    with clock.freeze(MORNING + timedelta(days=92)):
        letters.forget_old()
        assert rows(place) == []


