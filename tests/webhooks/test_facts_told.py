"""What becomes of records, messages and lists is told once, by numbers, to who wants to hear it."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from ileti.consents.ledger import ActorKind, NewConsent, NewSubmission, record
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.secrets import secrets
from ileti.outbox import relay
from ileti.webhooks import facts, jobs, send, signing
from ileti.webhooks.events import KINDS, write_events
from ileti.webhooks.views import KINDS as NAMED
from tests.panel.people import restrict

ADDRESS = "+905991112233"


def webhook(place: Any, *kinds: str) -> int:
    return int(db.connection().execute(
        "insert into webhook (provider_id, name, url, events, secret, created_at) values "
        "(%s, 'CRM', 'https://crm.ornek.test/', %s, %s, now() - interval '1 day') returning id",
        (place.provider_id, list(kinds or facts.WORDS),
         secrets().keyring.encrypt_text("whs_x", "webhook-secret"))).fetchone()[0])


def told(hook: int) -> list[Any]:
    write_events()
    return [json.loads(row[0]) for row in db.connection().execute(
        "select body from webhook_delivery where webhook_id = %s order by id", (hook,))]


def take(place: Any, status: Status = Status.ONAY, source: Source = Source.HS_WEB,
         idem: str = "", minutes: int = 5) -> Any:
    at = clock.whole_second(clock.now()) - timedelta(minutes=minutes)
    item = NewConsent(ADDRESS, Channel.MESAJ, status, at, due_at=at + timedelta(days=3))
    return record(NewSubmission(
        place=place, idem=idem or f"test:{uuid4()}", body_hash=b"0" * 16, source=source,
        standing=Standing.VERIFIED, items=[item], actor=ActorKind.API, evidence={})).items[0]


def answered(place: Any, entry: int, accepted: bool, code: str | None = None) -> None:
    db.connection().execute(
        "insert into iys_receipt (provider_id, entry_id, accepted, code, transaction_id, "
        "creation_date) values (%s, %s, %s, %s, %s, now())",
        (place.provider_id, entry, accepted, code, uuid4().hex if accepted else None))


def test_every_event_has_words_in_the_panel_and_a_line_in_the_guide() -> None:
    from tests.webhooks.test_acts_told import DOC

    guide = DOC.read_text()
    assert set(KINDS) | {"webhook.test"} == set(NAMED)
    assert all(f"`{kind}`" in guide for kind in KINDS)


def test_a_record_is_told_when_taken_registered_refused_and_changed_at_iys_r34(
        place: Any, place_b: Any) -> None:
    hook, other = webhook(place), webhook(place_b)
    entry = take(place)
    [taken] = told(hook)
    assert (taken["type"], taken["data"]["record"]) == (
        "consent.taken", record_number(entry.entry_id))
    assert (taken["data"]["status"], taken["data"]["channel"]) == ("ONAY", "MESAJ")
    answered(place, entry.entry_id, accepted=False, code="H467")
    answered(place, entry.entry_id, accepted=True)
    take(place, Status.RET, Source.IYS_WEB, minutes=1)
    assert [one["type"] for one in told(hook)[1:]] == [
        "consent.changed", "consent.refused", "consent.registered"]
    assert told(hook)[2]["data"]["code"] == "H467"
    assert len(told(hook)) == 4, "nothing is told twice"
    assert told(other) == []
    assert all("1112233" not in json.dumps(one) for one in told(hook))


def test_a_webhook_hears_only_what_it_wants(place: Any) -> None:
    hook = webhook(place, "consent.refused")
    answered(place, take(place).entry_id, accepted=True)
    assert told(hook) == []


def test_rows_of_an_import_are_told_by_its_end_alone(place: Any) -> None:
    hook = webhook(place)
    take(place, idem="import:7:1")
    db.connection().execute(
        "insert into import_run (provider_id, brand_id, state, name, format, path, file_key, rows, "
        "written, ended_at) values (%s, %s, 8, 'liste.csv', 'csv', 'x', %s, 9, 8, now())",
        (place.provider_id, place.brand_id, secrets().keyring.encrypt_text("x", "import-file")))
    [done] = told(hook)
    assert (done["type"], done["data"]["state"], done["data"]["written"]) == (
        "import.done", "APPLIED", 8)


def test_of_who_is_kept_for_the_law_alone_refusals_are_told_and_nothing_else_r64(
        place: Any) -> None:
    hook = webhook(place, "consent.taken")
    first = take(place)
    restrict(place, first.recipient_id)
    take(place, Status.RET, minutes=1)
    assert [one["data"]["status"] for one in told(hook)] == ["RET"]


def test_messages_and_days_are_told(place: Any) -> None:
    hook, entry = webhook(place), take(place)
    sent = db.connection().execute(
        "insert into message (provider_id, brand_id, recipient_id, channel, kind, content_key, "
        "sent_at, gateway) values (%s, %s, %s, 2, 1, 1, now(), 'log') returning id",
        (place.provider_id, place.brand_id, entry.recipient_id)).fetchone()[0]
    db.connection().execute(
        "insert into iys_day (provider_id, brand_id, day, compared_at, differences) "
        "values (%s, %s, current_date - 1, now(), 3)", (place.provider_id, place.brand_id))
    found = {one["type"]: one["data"] for one in told(hook)}
    assert (found["message.status"]["message"], found["message.status"]["state"]) == (sent, "sent")
    assert (found["day.difference"]["differences"], found["day.difference"]["open"]) == (3, 0)
    db.connection().execute("update iys_day set differences = 4, compared_at = now() "
                            "where provider_id = %s", [place.provider_id])
    assert sum(one["type"] == "day.difference" for one in told(hook)) == 2


def test_many_facts_are_told_page_by_page(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = webhook(place, "consent.taken")
    monkeypatch.setattr(facts, "PAGE", 2)
    records = {record_number(take(place, minutes=9 - n).entry_id) for n in range(5)}
    assert {one["data"]["record"] for one in told(hook)} == records
    assert len(told(hook)) == 5


# -- signed, tried, sent again ---------------------------------------------------------------------


def test_a_secret_and_a_signature_are_those_of_standard_webhooks() -> None:
    secret = signing.new_secret()
    given = signing.headers(secret, "evt_1", 1_700_000_000, b'{"a":1}')
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.digest(key, b'evt_1.1700000000.{"a":1}', "sha256")
    assert given["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    assert (given["webhook-id"], given["webhook-timestamp"]) == ("evt_1", "1700000000")
    # the example of the specification's reference libraries
    assert signing.standard_signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
        b'{"test": 2432232314}') == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_renewed_secret_and_the_one_before_sign_side_by_side_for_a_day(
        place: Any, monkeypatch: Any) -> None:
    hook, keyring, said = webhook(place, "consent.taken"), secrets().keyring, []
    new, old = signing.new_secret(), signing.new_secret()
    monkeypatch.setattr(send.OutgoingClient, "knock", lambda _self, _path, **more: said.append(
        (more["content"], more["headers"]["webhook-signature"].split(" "))) or 204)
    monkeypatch.setattr(send.target, "open_address", lambda _there: "203.0.113.7")
    for until, status in (("1 hour", Status.ONAY), ("-1 second", Status.RET)):
        db.connection().execute(
            "update webhook set secret = %s, secret_before = %s, "
            "secret_before_until = now() + %s::interval where id = %s",
            (keyring.encrypt_text(new, "webhook-secret"),
             keyring.encrypt_text(old, "webhook-secret"), until, hook))
        take(place, status)
        bodies = [json.dumps(one) for one in told(hook)]
        send.send_deliveries()
    own = [macs for body, macs in said if json.dumps(json.loads(body)) in bodies]
    assert [len(macs) for macs in own] == [2, 1]
    assert all(mac.startswith("v1,") for macs in own for mac in macs)
    assert len({mac for macs in own for mac in macs}) == 3
    assert jobs.forget_webhook_secrets()["forgotten"] >= 1
    assert db.connection().execute("select secret_before from webhook where id = %s",
                                   (hook,)).fetchone() == (None,)


def test_one_of_two_signatures_is_enough_for_a_receiver() -> None:
    new, old = signing.new_secret(), signing.new_secret()
    given = signing.headers(new, "evt_1", 1_700_000_000, b"{}", before=old)
    assert given["webhook-signature"].split(" ") == [
        signing.standard_signature(one, "evt_1", 1_700_000_000, b"{}") for one in (new, old)]
    assert given[signing.SIGNATURE_HEADER] == signing.signature(
        new, "evt_1", 1_700_000_000, b"{}")


def test_a_delivery_is_tried_for_three_days() -> None:
    waits = sum(min(send.FIRST_DELAY * 2.0 ** n, send.LONGEST_DELAY)
                for n in range(send.MOST_TRIES - 1))
    assert timedelta(days=2.8) < timedelta(seconds=waits) < timedelta(days=3.2)
    delays = [relay.delay_after(40, first=5.0, longest=send.LONGEST_DELAY) for _ in range(20)]
    assert max(delays) <= send.LONGEST_DELAY
    assert min(delays) > 5_000


def test_what_arrived_and_what_was_given_up_is_sent_again_under_its_id(place: Any) -> None:
    hook = webhook(place, "consent.taken")
    take(place)
    [one] = told(hook)
    conn = db.connection()
    number = conn.execute("select id from webhook_delivery where webhook_id = %s",
                          [hook]).fetchone()[0]
    assert not send.send_again(place.provider_id, number), "it waits already"
    conn.execute("delete from outbox where topic = 4 and ref_id = %s", [number])
    conn.execute("update webhook_delivery set sent_at = now() where id = %s", [number])
    assert send.send_again(place.provider_id, number)
    waiting = conn.execute("select count(*) from outbox where topic = 4 and ref_id = %s "
                           "and dead_at is null", [number]).fetchone()[0]
    assert (waiting, told(hook)) == (1, [one])
    conn.execute("update outbox set dead_at = now() where topic = 4 and ref_id = %s", [number])
    conn.execute("update webhook_delivery set dead = true where id = %s", [number])
    assert send.send_all_again(place.provider_id, hook) == 1
    assert send.send_all_again(place.provider_id, hook) == 0


def test_a_webhook_of_the_sandbox_hears_of_it_alone_and_says_so(place: Any) -> None:
    from ileti.consents.ledger import Place
    from ileti.programs import sandbox

    with db.transaction() as conn:
        twin = sandbox.ensure(conn, place.provider_id)
    row = db.connection().execute("select p.iys_code, b.id, b.brand_code from provider p "
                                  "join brand b on b.provider_id = p.id where p.id = %s",
                                  (twin,)).fetchone()
    real, trial = webhook(place), webhook(place, "consent.taken")
    db.connection().execute("update webhook set sandbox = true where id = %s", (trial,))
    taken, tried = take(place), take(Place(twin, *row))
    assert [one["data"]["record"] for one in told(real)] == [record_number(taken.entry_id)]
    (heard,) = told(trial)
    assert heard["data"]["record"] == record_number(tried.entry_id)
    assert (heard["sandbox"], heard["provider"]["iysCode"]) == (True, row[0])
    assert "sandbox" not in told(real)[0]
    assert db.connection().execute(
        "select distinct provider_id from webhook_delivery where webhook_id = %s",
        (trial,)).fetchall() == [(place.provider_id,)]
