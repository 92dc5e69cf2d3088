"""The daily mail as it was agreed, in both languages, with a fixed clock: a busy day and a quiet
one. The golden files in tests/golden/mails are the wording; change both together. With
``ILETI_GOLDEN`` set they are written instead."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config import settings
from ileti.consents.vocabulary import Source
from ileti.core import clock, db
from ileti.core.secrets import secrets
from ileti.reports import rollup
from ileti.reports.daily import letters, mail
from tests.panel.people import user_with

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "mails"
MORNING = datetime(2026, 11, 30, 5, 0, tzinfo=UTC)
DAY = date(2026, 11, 29)


@pytest.fixture(autouse=True)
def _in_app(app: Any) -> Iterator[None]:
    with app.app_context():
        yield


def count(place: Any, day: date, channel: int, status: int, taken: int, *, accepted: int = 0,
          rejected: int = 0, source: int = int(Source.HS_WEB)) -> None:
    """A line of the counted numbers, by brand."""
    db.system_connection().execute(
        "insert into report_brand_day (provider_id, day, brand_id, channel, source, status, "
        "recipient_type, taken, accepted, rejected) "
        "values (%s, %s, %s, %s, %s, %s, 2, %s, %s, %s)",
        (place.provider_id, day, place.brand_id, channel, source, status, taken, accepted,
         rejected))


def connected(place: Any) -> None:
    """İYS works for the provider, so that nothing waits for that."""
    conn = db.system_connection()
    conn.execute("update provider set iys_username = 'x', iys_password = %s, "
                 "mersis = '0123456789012345', contact = 'Kordon Cad. 12, İzmir' where id = %s",
                 (secrets().keyring.encrypt_text("parola", "iys-password"), place.provider_id))
    conn.execute("update report_mark set counted_at = '2026-11-30 04:59:58+00'")


def busy(place: Any) -> None:
    """A day with some of everything."""
    for day, factor in ((DAY, 3), (DAY - timedelta(1), 2), (DAY - timedelta(7), 4)):
        for channel in (1, 2, 3):
            count(place, day, channel, 1, 10 * factor * channel, accepted=9 * factor * channel,
                  rejected=factor)
            count(place, day, channel, 2, factor * channel, accepted=factor * channel)
    count(place, DAY, 2, 2, 4, source=int(Source.IYS_WEB))
    conn = db.system_connection()
    conn.execute(
        "insert into iys_receipt (provider_id, entry_id, accepted, code, at) "
        "select %s, 90000000 + n, false, case when n < 3 then 'H180' else 'H120' end, %s "
        "from generate_series(1, 5) n", (place.provider_id, MORNING - timedelta(hours=12)))
    conn.execute("delete from report_answer where provider_id = %s", (place.provider_id,))
    conn.execute(
        "insert into iys_day (provider_id, brand_id, day, differences, result, archived_at, "
        "compared_at) values (%s, %s, %s, 2, 2, now(), now())",
        (place.provider_id, place.brand_id, DAY))
    conn.execute(
        "insert into message (provider_id, brand_id, recipient_id, channel, kind, content_key, "
        "created_at, sent_at) select %s, %s, n, 2, 1, 1, %s, case when n > 1 then now() end "
        "from generate_series(1, 8) n",
        (place.provider_id, place.brand_id, MORNING - timedelta(hours=12)))


def made(app: Any, place: Any, language: str) -> Any:
    """The envelope of a provider's admin."""
    name = user_with(app, "provider_admin", place)
    row = db.system_connection().execute(
        "select u.id, m.id from ab_user u join membership m on m.user_id = u.id "
        "where u.username = %s", (name,)).fetchone()
    assert row is not None
    (subscription,) = db.system_connection().execute(
        "insert into daily_subscription (provider_id, user_id, membership_id, hour, business_days, "
        "language, first_on) values (%s, %s, %s, 8, false, %s, '2026-01-01') returning id",
        (place.provider_id, *row, language)).fetchone()
    return mail.letter(letters.Claimed(
        place.provider_id, 7, 1, 1, None, DAY + timedelta(1), DAY, subscription, row[1], row[0],
        language, None, "elif@ornek.test", True))


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("kind", ["busy", "quiet"])
def test_the_mail_reads_as_it_was_agreed(app: Any, place: Any, kind: str, language: str) -> None:
    connected(place)
    if kind == "busy":
        busy(place)
    try:
        with clock.freeze(MORNING):
            one = made(app, place, language)
    finally:
        for table in rollup.TABLES:
            db.system_connection().execute(f"delete from {table} where provider_id = %s",
                                           (place.provider_id,))
    shown = {"txt": f"Subject: {one.subject}\n\n{one.text}", "html": one.html}
    for ending, text in shown.items():
        text = re.sub(r"/birak/[^?\"\s]+", "/birak/TOKEN", text.replace(
            settings().base_url, "BASE"))
        file = GOLDEN / f"daily-{kind}.{language}.{ending}"
        if os.environ.get("ILETI_GOLDEN"):
            file.write_text(text)
        assert text == file.read_text()
    assert one.html.count("<h1") == 1
    assert f'lang="{language}"' in one.html
    assert one.attachments[0].data.startswith(b"%PDF-")
    if os.environ.get("ILETI_SHOTS"):
        folder = Path(os.environ["ILETI_SHOTS"])
        (folder / f"daily-{kind}-{language}.html").write_text(one.html)
        (folder / f"daily-{kind}-{language}.pdf").write_bytes(one.attachments[0].data)
