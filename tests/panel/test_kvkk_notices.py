"""Whose notice counts before a consent (R-21, R-60), and who is kept for the law alone (R-64)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from ileti.cli.doctor import _notices
from ileti.consents.ledger import Place
from ileti.consents.vocabulary import Standing
from ileti.core import clock, db
from ileti.kvkk import integrity, standing
from ileti.kvkk.ledger import NewAct, record
from ileti.kvkk.vocabulary import Act, Extent
from tests.kvkk.house import Text, click, text
from tests.panel.people import sign_in, token_of, user_with
from tests.panel.test_kvkk_pages import ADDRESS, did, renewing


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def untold(place: Any) -> list[bool]:
    return [one.explicit for one in integrity.untold(
        db.connection(), since=clock.now() - timedelta(days=1), provider_id=place.provider_id)]


def restrict(conn: Any, place: Any) -> None:
    conn.execute("insert into restriction (provider_id, recipient_id, since, reason) "
                 "select provider_id, id, now(), 'test' from recipient where provider_id = %s",
                 (place.provider_id,))


def shown(place: Any, of: Text, *, standing: Standing, at: Place | None = None) -> None:
    record(click(at or place, standing=standing), [NewAct(
        of.document, of.version, of.hash, Act.SHOWN,
        clock.whole_second(clock.now() - timedelta(minutes=5)), Extent.LINKED, ADDRESS)])


def test_r64_who_is_kept_for_the_law_alone_is_neither_listed_nor_exported(
    admin: Any, place: Any, conn: Any
) -> None:
    notice = text(place, "AYDINLATMA")
    did(place, notice, Act.READ)
    did(place, text(place), Act.GIVEN, ago=600)
    renewing(place, notice.document, 2, "INFORM")
    whose = standing.Whose(place.provider_id)
    assert len(standing.due(conn, whose)) == 1
    restrict(conn, place)
    assert standing.due(conn, whose) == []
    assert standing.counts(conn, whose) == []
    assert len(standing.due(conn, standing.Whose(place.provider_id, restricted=True))) == 1
    assert untold(place) == []
    for path in ("/kvkk/yenilenecekler", "/kvkk/denetim"):
        assert 'role="rowheader"' not in admin.get(path).text
    file = admin.post("/kvkk/yenilenecekler.csv",
                      data={"adres": "acik", "csrf_token": token_of(admin)}).text
    assert "599" not in file


def test_r21_a_notice_nobody_proven_saw_counts_for_its_own_click_alone(place: Any) -> None:
    notice, rıza = text(place, "AYDINLATMA"), text(place)
    shown(place, notice, standing=Standing.UNVERIFIED)
    did(place, rıza, Act.GIVEN)
    assert untold(place) == [True]
    at = clock.whole_second(clock.now())
    record(click(place, standing=Standing.UNVERIFIED), [
        NewAct(notice.document, notice.version, notice.hash, Act.SHOWN, at, Extent.LINKED,
               "+905997654321"),
        NewAct(rıza.document, rıza.version, rıza.hash, Act.GIVEN, at, address="+905997654321")])
    assert untold(place) == [True]


def test_r60_the_provider_s_own_notice_counts_for_every_brand(place: Any, conn: Any) -> None:
    brand = conn.execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'Kumru') returning id",
        (place.provider_id, place.brand_code + 1)).fetchone()[0]
    other = Place(place.provider_id, place.iys_code, brand, place.brand_code + 1)
    own, common = text(other, "AYDINLATMA"), text(place, "AYDINLATMA")
    did(place, text(place), Act.GIVEN)
    shown(place, own, standing=Standing.VERIFIED, at=other)
    assert untold(place) == [True]  # another brand's
    conn.execute("update document set brand_id = null where id = %s", (common.document,))
    shown(place, common, standing=Standing.VERIFIED, at=other)
    assert untold(place) == []


def test_the_page_reads_no_more_than_it_shows(admin: Any, place: Any, monkeypatch: Any) -> None:
    asked: list[int] = []
    real = integrity.untold

    def noted(*args: Any, **more: Any) -> Any:
        asked.append(more["most"])
        return real(*args, **more)

    monkeypatch.setattr(integrity, "untold", noted)
    did(place, text(place), Act.GIVEN)
    assert "1 kayıttan önce aydınlatma yok" in admin.get("/kvkk/denetim").text
    assert asked == [101]


_LONG_AGO = """
insert into kvkk_entry (provider_id, id, captured_at, submission_id, recipient_id, act_at, brand_id,
       document_id, text_id, act, extent, source, standing, leaf)
select %s, -g, now() - interval '5 years', g, g, now(), %s, %s, %s, 1 + g %% 3, 0, 6, 1, 'x'
  from generate_series(1, 20000) g"""


@pytest.mark.parametrize("statistics", ["of now", "none"])
def test_acts_before_the_period_are_not_walked_through(
    place: Any, conn: Any, database: str, statistics: str
) -> None:
    rıza = text(place)
    did(place, rıza, Act.GIVEN)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(_LONG_AGO, (place.provider_id, place.brand_id, rıza.document, rıza.version))
        owner.execute("analyze kvkk_entry")
        if statistics == "none":
            owner.execute(
                "delete from pg_statistic where starelid = 'kvkk_entry'::regclass")
    plan = conn.execute("explain (analyze, format json) " + integrity._UNTOLD, {
        "told": integrity.TOLD,
        "since": clock.now() - timedelta(days=1), "given": 1, "there": 31, "ours": [],
        "provider": place.provider_id, "brand": None, "dealer": None, "restricted": False,
        "most": 10}).fetchone()[0][0]["Plan"]
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("delete from kvkk_entry where id < 0")
        owner.execute("analyze kvkk_entry")
    assert most_walked(plan) < 100


def most_walked(node: dict[str, Any]) -> float:
    """The most rows any scan of acts gave or threw away."""
    here = (node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0)
            if node.get("Relation Name") == "kvkk_entry" else 0)
    return max([here, *(most_walked(one) for one in node.get("Plans", ()))])


def test_the_doctor_says_when_it_stopped_counting(conn: Any, monkeypatch: Any, place: Any) -> None:
    did(place, text(place), Act.GIVEN)
    monkeypatch.setattr("ileti.cli.doctor.COUNTED", 0)
    assert "at least" in _notices(conn).what
