"""Which consents the check of R-60 looks at, by the way they came; each flow by itself is tried
beside its own tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from ileti.consents import ledger
from ileti.consents.ledger import ActorKind, NewConsent, NewSubmission, hash_body
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock
from ileti.kvkk import integrity
from ileti.kvkk.ledger import NewAct, record
from ileti.kvkk.vocabulary import Act, Extent
from tests.kvkk.house import click, text, version
from tests.kvkk.told import untold

ADDRESS = "+905991234567"


def took(place: Any, source: Source, evidence: dict[str, Any], *, site: int | None = None,
         status: Status = Status.ONAY) -> None:
    """A choice as a flow writes it, without any notice."""
    name = f"deneme:{uuid4()}"
    ledger.record(NewSubmission(
        place=place, idem=name, body_hash=hash_body(name), source=source, site_id=site,
        standing=Standing.VERIFIED, actor=ActorKind.VISITOR, evidence=evidence,
        items=[NewConsent(ADDRESS, Channel.MESAJ, status, clock.whole_second(clock.now()))]))


def site_of(conn: Any, place: Any, kind: str) -> int:
    row = conn.execute(
        "insert into site (provider_id, brand_id, name, public_key, kind) "
        "values (%s, %s, 'Yer', %s, %s) returning id",
        (place.provider_id, place.brand_id, uuid4().hex[:20], kind)).fetchone()
    return int(row[0])


WAYS = [(Source.HS_WEB, "preferences"), (Source.HS_CAGRI_MERKEZI, "call"),
        (Source.HS_CAGRI_MERKEZI, "ivr"), (Source.HS_ISLAK_IMZA, "paper"),
        (Source.HS_MESAJ, "sms"), (Source.HS_EPOSTA, "email")]


@pytest.mark.parametrize(("source", "flow"), WAYS, ids=[flow for _, flow in WAYS])
def test_r60_a_consent_of_each_way_of_ours_fails_without_a_notice_before_it(
    place: Any, source: Source, flow: str
) -> None:
    took(place, source, {"flow": flow})
    assert untold(place) == [False]


@pytest.mark.parametrize("source", [Source.HS_ETKINLIK, Source.HS_EORTAM, Source.HS_WEB,
                                    Source.HS_MOBIL])
def test_r60_a_consent_of_any_page_of_ours_fails_whatever_its_source(
    conn: Any, place: Any, source: Source
) -> None:
    took(place, source, {}, site=site_of(conn, place, "widget"))
    assert untold(place) == [False]


@pytest.mark.parametrize(("source", "flow"), WAYS, ids=[flow for _, flow in WAYS])
def test_r60_a_notice_the_person_was_shown_before_is_enough_for_every_way(
    place: Any, source: Source, flow: str
) -> None:
    notice = text(place, "AYDINLATMA")
    record(click(place), [NewAct(
        notice.document, notice.version, notice.hash, Act.SHOWN,
        clock.whole_second(clock.now() - timedelta(minutes=1)), Extent.LINKED, ADDRESS)])
    took(place, source, {"flow": flow})
    assert untold(place) == []


def test_r60_a_notice_that_is_reported_long_after_the_consent_proves_nothing(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    took(place, Source.HS_WEB, {"flow": "preferences"})
    notice, before = text(place, kind="AYDINLATMA"), clock.now() - timedelta(hours=2)
    record(click(place), [NewAct(notice.document, notice.version, notice.hash, Act.READ,
                                 clock.whole_second(before), Extent.LINKED, ADDRESS)])
    assert untold(place) == []  # another system may tell of it within the day
    monkeypatch.setattr(integrity, "TOLD", timedelta())
    assert untold(place) == [False]


@pytest.mark.parametrize(("renewal", "days", "missed"), [
    ("INFORM", -1, [False]), ("NONE", -1, []), ("INFORM", 1, [])])
def test_r61_a_notice_that_must_be_given_anew_informs_no_more_once_the_new_one_counts(
    conn: Any, place: Any, renewal: str, days: int, missed: list[bool]
) -> None:
    notice = text(place, "AYDINLATMA")
    record(click(place), [NewAct(
        notice.document, notice.version, notice.hash, Act.READ,
        clock.whole_second(clock.now() - timedelta(days=3)), Extent.LINKED, ADDRESS)])
    new = version(place, notice.document, 2, renewal=renewal,
                  effective=clock.now() + timedelta(days=days))
    took(place, Source.HS_WEB, {"flow": "preferences"})
    assert untold(place) == missed
    record(click(place), [NewAct(
        new.document, new.version, new.hash, Act.SHOWN,
        clock.whole_second(clock.now() - timedelta(minutes=1)), Extent.LINKED, ADDRESS)])
    assert untold(place) == []


def test_r61_lists_keep_a_notice_plan_of_their_own(place: Any) -> None:
    took(place, Source.HS_WEB, {"import": "abc", "kind": "import"})
    took(place, Source.HS_ISLAK_IMZA, {"import": "abc"})
    assert untold(place) == []


def test_what_another_system_reports_is_its_own_to_tell(place: Any) -> None:
    took(place, Source.HS_WEB, {"kind": "api"})
    took(place, Source.HS_MOBIL, {"kind": "iys-compat", "v": 2})
    assert untold(place) == []


def test_what_people_change_at_iys_we_did_not_collect(place: Any) -> None:
    took(place, Source.IYS_WEB, {"flow": "sms"})
    assert untold(place) == []


def test_a_refusal_needs_no_notice(place: Any) -> None:
    took(place, Source.HS_MESAJ, {"flow": "sms"}, status=Status.RET)
    assert untold(place) == []


@pytest.mark.parametrize(("told", "found"), [
    ({"id": 7, "at": "2026-11-23T12:00:00+03:00"}, []), ({"id": None}, [False]), (None, [False])])
def test_r60_what_was_said_in_a_call_names_the_notice_that_was_read_in_it(
    place: Any, told: Any, found: list[bool]
) -> None:
    took(place, Source.HS_CAGRI_MERKEZI, {"flow": "call"} | ({"told": told} if told else {}))
    assert untold(place) == found


def test_r60_only_a_call_is_believed_its_own_word(place: Any) -> None:
    took(place, Source.HS_MESAJ, {"flow": "sms", "told": {"id": 7}})
    assert untold(place) == [False]
