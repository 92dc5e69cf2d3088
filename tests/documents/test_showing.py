"""Which text is on show: own before inherited, from its date, until retired, at any past moment."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import psycopg
import pytest

from ileti.core import db
from ileti.core.errors import InvalidInput
from ileti.documents.publish import Plan, Version, publish, publish_draft
from ileti.documents.showing import on_show, put_on_forms, retire

BODY = "Defne Ev tanıtımlarını,\n\n**kısa mesajla** almayı kabul ediyorum."


def document(place: Any, *, brand: bool = True, channel: int | None = 2,
             kind: str = "ETK_ONAYI") -> int:
    row = db.connection().execute(
        "insert into document (provider_id, brand_id, kind, channel, name) "
        "values (%s, %s, %s, %s, 'Metin') returning id",
        (place.provider_id, place.brand_id if brand else None, kind, channel)).fetchone()
    return int(row[0])  # type: ignore[index]


def planned(number: int, days: float, body: str = BODY) -> Version:
    """Published through a draft, effective in some days."""
    provider = db.connection().execute("select provider_id from document where id = %s",
                                       (number,)).fetchone()[0]
    draft = db.connection().execute(
        "insert into document_draft (provider_id, document_id, language, title, body) "
        "values (%s, %s, 'tr', 'Onay', %s) returning id", (provider, number, body)).fetchone()[0]
    at = datetime.now(UTC) + timedelta(days=days)
    return publish_draft(draft, 1, user_id=None, plan=Plan(effective_from=at))


def shown(place: Any, days: float = 0.0001) -> list[tuple[int, int, bool]]:
    at = datetime.now(UTC) + timedelta(days=days)
    return [(one.document_id, one.version, one.inherited)
            for one in on_show(place.provider_id, place.brand_id, at)]


def test_a_providers_text_is_inherited_until_the_brand_has_its_own(place: Any) -> None:
    common = document(place, brand=False)
    publish(common, "tr", "Onay", BODY)
    assert shown(place) == [(common, 1, True)]
    own = document(place)
    assert shown(place) == [(common, 1, True)]  # nothing of it is published yet
    publish(own, "tr", "Onay", BODY)
    assert shown(place) == [(own, 1, False)]


def test_another_providers_text_is_never_inherited(place: Any, place_b: Any) -> None:
    publish(document(place_b, brand=False), "tr", "Onay", BODY)
    assert shown(place) == []


def test_a_version_counts_from_its_date_and_the_past_stays(place: Any) -> None:
    number = document(place)
    publish(number, "tr", "Onay", BODY)
    planned(number, 10, BODY.replace("tanıtımlarını", "kampanyalarını"))
    assert shown(place) == [(number, 1, False)]
    assert shown(place, 9.9) == [(number, 1, False)]
    assert shown(place, 10.1) == [(number, 2, False)]
    assert shown(place, -1) == []


def test_no_version_is_backdated(place: Any) -> None:
    number = document(place)
    with pytest.raises(InvalidInput):
        planned(number, -1)
    with pytest.raises(psycopg.errors.CheckViolation):
        db.connection().execute(
            "insert into document_version (provider_id, document_id, version, language, body, "
            "content_hash, effective_from) values (%s, %s, 1, 'tr', 'x', 'x', "
            "now() - interval '1 day')", (place.provider_id, number))


def test_retiring_ends_all_published_before_and_a_new_version_comes_back(place: Any) -> None:
    number = document(place)
    publish(number, "tr", "Onay", BODY)
    planned(number, 5, BODY.replace("tanıtımlarını", "kampanyalarını"))
    assert retire(number, user_id=None, reason="Kampanya bitti")
    assert shown(place) == []
    assert shown(place, 6) == []
    assert not retire(number, user_id=None, reason="Bir daha")
    again = publish(number, "tr", "Onay", BODY)
    assert again.version == 3  # the same wording, but the old one was taken off
    assert shown(place) == [(number, 3, False)]


def test_a_publish_that_waited_for_a_retirement_is_on_show(place: Any, database: str) -> None:
    """It is published when it is, not when its transaction began."""
    number = document(place)
    publish(number, "tr", "Onay", BODY)
    with psycopg.connect(database) as other:
        other.execute("select pg_advisory_xact_lock(170, %s)", (number,))
        waiting = Thread(target=publish, args=(
            number, "tr", "Onay", BODY.replace("tanıtımlarını", "kampanyalarını")))
        waiting.start()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and other.execute(
                "select count(*) from pg_locks where not granted and locktype = 'advisory'"
        ).fetchone() == (0,):
            time.sleep(0.01)
        other.execute(
            "insert into document_event (provider_id, document_id, kind, at) "
            "values (%s, %s, 'RETIRED', clock_timestamp())", (place.provider_id, number))
        other.commit()
    waiting.join(10)
    assert shown(place) == [(number, 2, False)]


def test_each_publishing_and_retiring_is_told_with_what_it_commits_to(place: Any) -> None:
    number = document(place)
    made = publish(number, "tr", "Onay", BODY, published_by=7)
    assert retire(number, user_id=7, reason="artık yok")
    rows = db.connection().execute(
        "select l.action, l.user_id, l.detail ->> 'digest' = case when v.id is null "
        "then text_event_digest(e) else text_digest(v) end from audit_entry l "
        "left join document_version v on l.subject = 'document_version:' || v.id "
        "left join document_event e on e.id::text = l.detail ->> 'event' "
        "where l.subject in (%s, %s) order by l.id",
        (f"document_version:{made.id}", f"document:{number}")).fetchall()
    assert rows == [("document:publish", 7, True), ("document:retire", 7, True)]


def test_a_retired_own_text_leaves_the_providers_on_show(place: Any) -> None:
    common, own = document(place, brand=False), document(place)
    publish(common, "tr", "Onay", BODY)
    publish(own, "tr", "Onay", BODY)
    retire(own, user_id=None, reason="Ortak metne geçildi")
    assert shown(place) == [(common, 1, True)]


def test_of_two_texts_the_older_stays_on_forms_until_the_other_is_put_there(place: Any) -> None:
    first, second = document(place), document(place)
    publish(first, "tr", "Onay", BODY)
    publish(second, "tr", "Onay", BODY)
    publish(second, "tr", "Onay", BODY.replace("tanıtımlarını", "kampanyalarını"))
    assert shown(place) == [(first, 1, False)]
    before = datetime.now(UTC)
    assert put_on_forms(second, user_id=None)
    assert shown(place) == [(second, 2, False)]
    assert [one.document_id for one in on_show(place.provider_id, place.brand_id, before)] == [
        first]


def test_events_and_versions_cannot_be_changed(place: Any, conn: Any) -> None:
    for table in ("document_event", "document_version"):
        for statement in (f"update {table} set provider_id = 1", f"delete from {table}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(statement)


def test_the_form_shows_the_inherited_text_and_takes_a_consent_on_it(place: Any) -> None:
    from ileti.capture.sites import find_site, forget_sites, text_shown
    from ileti.core.secrets import secrets

    made = publish(document(place, brand=False), "tr", "Onay", BODY)
    key = f"pk_miras_{place.brand_id}"
    db.connection().execute(
        "insert into site (provider_id, brand_id, name, public_key, secret, origins, policy) "
        "values (%s, %s, 'x', %s, %s, '{}', 'later')",
        (place.provider_id, place.brand_id, key,
         secrets().keyring.encrypt_text("gizli", "site-secret")))
    forget_sites()
    site = find_site(key)
    assert [text.id for _channel, text in site.offered("tr")] == [made.id]
    planned_id = planned(document(place, brand=False, channel=3), 3,
                         BODY.replace("kısa mesajla", "e-postayla")).id
    forget_sites()
    assert [text.id for _channel, text in find_site(key).offered("tr")] == [made.id]
    assert text_shown(site, "tr", planned_id) is not None  # the provider's, though not on show


def test_many_who_publish_one_draft_at_once_make_one_version(place: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from ileti.core.errors import NotFound

    number = document(place)
    draft = db.connection().execute(
        "insert into document_draft (provider_id, document_id, language, title, body) "
        "values (%s, %s, 'tr', 'Onay', %s) returning id",
        (place.provider_id, number, BODY)).fetchone()[0]

    def press(_n: int) -> int:
        try:
            return publish_draft(draft, 1, user_id=None, plan=Plan()).version
        except NotFound:
            return 0

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(press, range(12))) == [0] * 11 + [1]
    kept = db.connection().execute(
        "select (select count(*) from document_version where document_id = %(d)s), "
        "(select count(*) from audit_entry where provider_id = %(p)s)",
        {"d": number, "p": place.provider_id}).fetchone()
    assert kept == (1, 1)
