"""The demo's mailbox is there once, and its address works from the first start on."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from config import settings
from ileti.capture.seed import seed_demo
from ileti.mailroom.seed import ADDRESS, seed_mailbox


def test_the_mailbox_is_made_once_and_takes_mails_at_its_newest_address(
    database: str, conn: Any, app: Any
) -> None:
    given = settings().model_copy(update={"iys_simulator_port": 9})
    seeded = seed_demo(given)
    former, newest = seed_mailbox(given, seeded), seed_mailbox(given, seeded)
    # other tests leave no mailbox on
    conn.execute("update mailbox set active = true where provider_id = %s", (seeded["provider"],))
    assert conn.execute("select count(*) from mailbox where provider_id = %s and address = %s",
                        (seeded["provider"], ADDRESS)).fetchone() == (1,)
    said = [app.test_client().post(
        urlsplit(str(url)).path, data=b"Subject: x\r\n\r\nMerhaba",
        content_type="message/rfc822").status_code for url in (former, newest)]
    assert said == [404, 204]


def test_beside_a_real_iys_and_without_the_company_there_is_none(database: str) -> None:
    given = settings().model_copy(update={"iys_simulator_port": 9})
    assert seed_mailbox(given, {}) is None
    real = given.model_copy(update={"iys_base_url": "https://api.iys.org.tr"})
    assert seed_mailbox(real, {"provider": 1}) is None
