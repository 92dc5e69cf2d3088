"""Mails about deadlines: to whom they belong, once, in both languages (R-33)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from config import settings
from ileti.channels.base import Answer, Envelope, Refused, Retry, Sent
from ileti.channels.gateways.smtp import SmtpGateway
from ileti.channels.registry import carry
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.jobs import redis_client
from ileti.iys import alarms
from ileti.radar import letters
from tests.channels.test_send import Gateway, Mailbox, _free_port
from tests.panel.people import dealer_of, user_with
from tests.radar.waiting import waiting

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "mails"


@pytest.fixture
def post(database: str) -> Iterator[Callable[..., Gateway]]:
    """A gateway for mail that answers as told; what other tests left waiting is away."""
    db.connection().execute("update outbox set next_at = now() + interval '1 day' where topic = 3")
    db.connection().execute("update deadline_alarm set told_at = now() where told_at is null")

    def use(*answers: Answer) -> Gateway:
        gateway = Gateway(*answers)
        carry(Channel.EPOSTA, gateway)
        return gateway

    yield use
    carry(Channel.EPOSTA, None)


def near(place: Any, count: int = 3, stopped: str | None = None) -> None:
    """Records of which four fifths of the time are gone: 3 days long, 10 hours left."""
    waiting(place, clock.now() + timedelta(hours=10), count, stopped=stopped)


def alarm_and_mail() -> dict[str, int]:
    """What the two jobs do."""
    alarms.raise_alarms()
    return letters.write_letters() | letters.send_letters()


def told(gateway: Gateway, *names: str) -> list[str]:
    """Who of these got a mail."""
    return sorted(name for one in gateway.got for name in names if one.to.startswith(name + "@"))


def test_users_whose_role_says_so_get_one_mail_each_r33(app: Any, place: Any, place_b: Any,
                                                        post: Any) -> None:
    gateway = post()
    dealer = dealer_of(place)
    admin = user_with(app, "provider_admin", place)
    brand = user_with(app, "brand_manager", place, level="brand")
    officer = user_with(app, "compliance_officer", place)
    others = [user_with(app, "marketer", place), user_with(app, "call_centre_agent", place),
              user_with(app, "dealer_manager", place, dealer_id=dealer),
              user_with(app, "provider_admin", place_b), user_with(app, "platform_admin")]
    near(place)
    alarm_and_mail()
    assert told(gateway, admin, brand, officer, *others) == sorted([admin, brand, officer])


def test_nothing_is_mailed_twice_whatever_runs_twice_or_is_flushed(app: Any, place: Any,
                                                                   post: Any) -> None:
    gateway = post()
    name = user_with(app, "provider_admin", place)
    near(place)
    alarm_and_mail()
    redis_client().flushdb()
    alarm_and_mail()
    db.connection().execute("update deadline_alarm set told_at = null where provider_id = %s",
                            (place.provider_id,))
    alarm_and_mail()
    assert told(gateway, name) == [name]


def test_the_next_level_is_a_mail_of_its_own(app: Any, place: Any, post: Any) -> None:
    gateway = post()
    name = user_with(app, "provider_admin", place)
    near(place)
    alarm_and_mail()
    with clock.freeze(clock.now() + timedelta(hours=11)):
        alarm_and_mail()
    assert [re.sub(r" \(.*", "", one.subject) for one in gateway.got if name in one.to] == [
        "Defne Ev: 3 kaydın süresinin beşte dördü geçti", "Defne Ev: 3 kaydın süresi geçti"]


@pytest.mark.parametrize("change", [
    "update provider set alarm_mails = 'off' where id = %s",
    "update ab_user set active = false where id in "
    "(select user_id from membership where provider_id = %s)"])
def test_who_is_switched_off_gets_none(app: Any, place: Any, post: Any, change: str) -> None:
    gateway = post()
    name = user_with(app, "provider_admin", place)
    db.connection().execute(change, (place.provider_id,))
    near(place)
    alarm_and_mail()
    assert told(gateway, name) == []


def test_a_mail_that_failed_is_tried_again_and_a_refused_one_is_left_out(app: Any, place: Any,
                                                                         post: Any) -> None:
    post(Retry("busy"), Refused("no such user"))
    user_with(app, "provider_admin", place)
    near(place)
    assert alarm_and_mail()["retry"] == 1
    db.connection().execute("update outbox set next_at = now() where topic = 3 "
                            "and provider_id = %s", (place.provider_id,))
    assert letters.send_letters() == {"left_out": 1}
    row = db.connection().execute(
        "select sent_at, problem, (select count(*) from outbox o where o.topic = 3 "
        "and o.provider_id = m.provider_id) from deadline_mail m where provider_id = %s",
        (place.provider_id,)).fetchone()
    assert row == (None, "no such user", 0)


def test_no_transaction_is_open_while_the_mail_goes_out(app: Any, place: Any, post: Any) -> None:
    user_with(app, "provider_admin", place)

    class Looking(Gateway):
        def send(self, message: Envelope) -> Answer:
            db.refuse_open_transaction()
            return super().send(message)

    post()
    carry(Channel.EPOSTA, Looking(Sent("1")))
    near(place)
    assert alarm_and_mail()["sent"] >= 1


def test_it_arrives_over_real_smtp_with_a_number_of_its_own(app: Any, place: Any,
                                                            post: Any) -> None:
    post()
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=_free_port())
    server.start()
    carry(Channel.EPOSTA, SmtpGateway(f"smtp://127.0.0.1:{server.port}", "izin@ornek.com.tr"))
    name = user_with(app, "provider_admin", place)
    near(place, stopped="x")
    alarm_and_mail()
    server.stop()
    mail = next(one for one in box.mails if one["To"].startswith(name))
    assert mail["Message-ID"].startswith("<ileti-sure-")
    text = mail.get_body(("plain",)).get_content()
    assert f"{settings().base_url}/sureler/?marka={place.brand_id}" in text
    assert "Sizi bekliyor: 3" in text


MAIL = letters.Claimed(
    provider_id=1, id=7, fence=1, tries=1, sent_at=None, email="elif@ornek.test", active=True,
    person="Elif", brand_id=0, due_at=datetime(2026, 11, 26, 20, 59, 59, tzinfo=UTC),
    level=80, number=38, stopped=12, brand="Defne Ev",
    title="Defne Ev Tekstili San. ve Tic. A.Ş.", mersis="0123456789012345",
    contact="Kordon Cad. 12, İzmir", language="tr")


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("level", [50, 80, 100])
def test_the_mail_reads_as_it_was_agreed(database: str, language: str, level: int) -> None:
    """The golden files in tests/golden/mails are the wording; change both together."""
    made = letters.letter(replace(MAIL, language=language, level=level,
                                  stopped=0 if level == 50 else 12))
    shown = f"Subject: {made.subject}\n\n{made.text}".replace(settings().base_url, "BASE")
    assert shown == (GOLDEN / f"deadline-{level}.{language}.txt").read_text()
    assert made.html is not None
    assert made.html.count("<h1") == 1
    assert f'lang="{language}"' in made.html
