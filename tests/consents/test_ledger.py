"""The ledger: one click is all or nothing, once, in order, and never undone (R-30, R-39, R-42)."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import uuid4

import psycopg
import pytest

from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record, record_chunk
from ileti.consents.rules import Flow, Item, State, judge
from ileti.consents.vocabulary import (
    AddressKind,
    Channel,
    IysStatus,
    Outcome,
    RecipientType,
    Source,
    Standing,
    Status,
)
from ileti.core import db
from ileti.core.errors import CallerMistake, Conflict
from ileti.core.secrets import secrets
from ileti.evidence.leaf import Claim, canonical_digest, claim_digest, leaf

NOON = datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC)
PHONE_KINDS = [Channel.ARAMA, Channel.MESAJ]
PHONE, MAIL = "+905992134117", "nazli.k@ornek.com.tr"


def click(place, *items, idem=None, source=Source.HS_WEB, standing=Standing.VERIFIED, **more):
    return NewSubmission(
        place=place, idem=idem or f"test:{uuid4()}", body_hash=hash_body(items), source=source,
        standing=standing, items=items, evidence={"site": "test"}, **more,
    )


def onay(channel=Channel.MESAJ, address=PHONE, at=NOON):
    return NewConsent(address, channel, Status.ONAY, at, due_at=at + timedelta(days=3))


def ret(channel=Channel.MESAJ, address=PHONE, at=NOON):
    return NewConsent(address, channel, Status.RET, at, due_at=at + timedelta(days=3))


def state(conn, place, recipient, channel=Channel.MESAJ):
    return conn.execute(
        "select status, iys_status, consent_date, entry_id, standing from consent_state "
        "where provider_id = %s and brand_id = %s and recipient_id = %s and channel = %s",
        [place.provider_id, place.brand_id, recipient, int(channel)],
    ).fetchone()


def outbox(conn, place):
    return conn.execute(
        "select ref_id, after_id, hint from outbox where provider_id = %s order by ref_id",
        [place.provider_id],
    ).fetchall()


def test_one_click_is_entry_state_leaf_and_outbox_row(conn, place, place_b):
    record(click(place_b, onay()))
    done = record(click(place, onay(), onay(Channel.EPOSTA, MAIL)))
    assert [i.outcome for i in done.items] == [Outcome.RECORDED] * 2
    assert state(conn, place, done.items[0].recipient_id)[:2] == (Status.ONAY, IysStatus.QUEUED)
    assert [row[0] for row in outbox(conn, place)] == [i.entry_id for i in done.items]


def test_the_same_key_with_the_same_body_gives_the_same_answer(conn, place):
    once = click(place, onay(), onay(Channel.ARAMA))
    first, again = record(once), record(once)
    assert again.replay
    assert replace(again, replay=False) == first
    assert len(outbox(conn, place)) == 2


def test_the_same_key_with_another_body_is_an_error(place):
    record(click(place, onay(), idem="test:same-key"))
    with pytest.raises(Conflict):
        record(click(place, ret(), idem="test:same-key"))


def test_two_words_about_one_key_in_one_click_are_judged_one_after_the_other(conn, place):
    done = record(click(place, onay(), ret(at=NOON + timedelta(seconds=5))))
    assert [i.outcome for i in done.items] == [Outcome.RECORDED] * 2
    assert state(conn, place, done.items[0].recipient_id)[0] == Status.RET
    assert outbox(conn, place)[1][1] == done.items[0].entry_id


def test_a_new_person_beside_a_known_one_is_recorded_alike(conn, place):
    record(click(place, onay()))
    done = record(click(place, onay(Channel.EPOSTA, MAIL), ret(at=NOON + timedelta(seconds=5)),
                        onay(Channel.ARAMA)))
    assert [i.outcome for i in done.items] == [Outcome.RECORDED] * 3
    assert len({i.entry_id for i in done.items}) == 3
    for item, channel, status in zip(done.items, (Channel.EPOSTA, Channel.MESAJ, Channel.ARAMA),
                                     (Status.ONAY, Status.RET, Status.ONAY), strict=True):
        assert state(conn, place, item.recipient_id, channel)[:2] == (status, IysStatus.QUEUED)


def test_the_providers_own_decision_is_never_a_consent_h408(conn, place):
    for known in (False, True):
        with pytest.raises(CallerMistake, match="H408"):
            record(click(place, onay(), source=Source.HS_KARAR))
        assert outbox(conn, place) == [] or known
        record(click(place, onay()))


def test_two_providers_may_use_the_same_key(place, place_b):
    first = record(click(place, onay(), idem="test:shared"))
    second = record(click(place_b, onay(), idem="test:shared"))
    assert first.submission_id != second.submission_id


def test_a_malformed_key_is_refused_before_anything_is_written(place):
    with pytest.raises(CallerMistake, match="malformed_key"):
        record(click(place, onay(), idem='x"; drop'))


def test_the_application_cannot_change_or_delete_the_ledger(conn, place):
    record(click(place, onay()))
    for statement in ("update consent_entry set status = 2", "delete from consent_entry",
                      "update submission set idem = 'x'", "delete from recipient",
                      "truncate consent_entry", "update iys_receipt set accepted = true"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(statement)


def test_no_partition_of_the_ledger_lets_the_application_change_it(conn):
    rights = conn.execute(
        "select c.relname from pg_class c where c.relispartition and c.relkind = 'r' "
        "and has_table_privilege('ileti_app', c.oid, 'update,delete,truncate')").fetchall()
    parts = conn.execute("select count(*) from pg_class where relispartition").fetchone()[0]
    assert (rights, parts >= 5) == ([], True)


def test_a_refusal_works_at_once_and_waits_behind_the_consent_it_ends_r32(conn, place):
    first = record(click(place, onay()))
    second = record(click(place, ret(at=NOON + timedelta(seconds=5))))
    recipient = first.items[0].recipient_id
    assert state(conn, place, recipient)[0] == Status.RET
    assert outbox(conn, place)[1][1] == first.items[0].entry_id
    assert second.items[0].outcome is Outcome.RECORDED


def test_a_refusal_in_the_same_second_is_not_lost(conn, place):
    record(click(place, onay()))
    done = record(click(place, ret()))
    status, _, date, *_ = state(conn, place, done.items[0].recipient_id)
    assert (status, date) == (Status.RET, NOON + timedelta(seconds=1))


def test_a_first_refusal_is_kept_blocks_and_asks_iys_before_reporting_r42(conn, place):
    done = record(click(place, ret()))
    assert state(conn, place, done.items[0].recipient_id)[0] == Status.RET
    assert outbox(conn, place)[0][2] == 1


def test_a_refusal_kills_only_its_own_channel_r30(conn, place):
    done = record(click(place, onay(), onay(Channel.ARAMA)))
    record(click(place, ret(at=NOON + timedelta(seconds=9))))
    recipient = done.items[0].recipient_id
    assert state(conn, place, recipient, Channel.ARAMA)[0] == Status.ONAY
    assert state(conn, place, recipient, Channel.MESAJ)[0] == Status.RET


def test_an_unverified_address_opens_nothing_and_reports_nothing_r21(conn, place):
    done = record(click(place, onay(), standing=Standing.UNVERIFIED))
    assert done.items[0].outcome is Outcome.UNVERIFIED
    assert state(conn, place, done.items[0].recipient_id)[1] == IysStatus.NONE
    assert outbox(conn, place) == []


def test_an_unverified_consent_never_pushes_a_refusal_aside_r21(conn, place):
    done = record(click(place, ret()))
    record(click(place, onay(at=NOON + timedelta(days=1)), standing=Standing.UNVERIFIED))
    assert state(conn, place, done.items[0].recipient_id)[0] == Status.RET


def test_the_leaf_can_be_recomputed_from_what_is_kept(conn, place):
    new = click(place, onay(), person={"ip": "192.0.2.7"})
    done = record(new)
    person = sha256(kept_person(conn, place, new.idem)).hexdigest()
    key = conn.execute(
        "select leaf_key from recipient where provider_id = %s and id = %s",
        [place.provider_id, done.items[0].recipient_id]).fetchone()[0]
    digest = claim_digest(Claim(
        place.brand_code, "MESAJ", NOON, None, canonical_digest({"site": "test"}), new.idem, person,
        place.iys_code, PHONE, "BIREYSEL", "HS_WEB", "VERIFIED", "ONAY", None))
    assert done.items[0].leaf == leaf(key, done.items[0].entry_id, digest, done.captured_at)


def kept_person(conn, place, idem) -> bytes:
    number, cipher = conn.execute(
        "select person_key, person_ct from submission where provider_id = %s and idem = %s",
        [place.provider_id, idem]).fetchone()
    return secrets().keyring.decrypt(number, cipher, idem.encode())


def test_a_leaf_says_nothing_about_the_address_to_whoever_lacks_the_keys(conn, place):
    """Leaf key and claim stand in the database: a random value under encryption hides the rest."""
    blinds = []
    for new in (click(place, onay()), click(place, onay(Channel.ARAMA))):
        record(new)
        blinds.append(json.loads(kept_person(conn, place, new.idem))["blind"])
    with db.transaction() as tx:
        many = click(place, onay(Channel.EPOSTA, MAIL))
        record_chunk(tx, many)
    blinds.append(json.loads(kept_person(conn, place, many.idem))["blind"])
    assert len({*blinds}) == 3
    assert all(len(bytes.fromhex(blind)) == 16 for blind in blinds)


def test_the_address_is_kept_encrypted_and_found_by_keyed_hash(conn, place):
    done = record(click(place, onay()))
    number, digest, cipher = conn.execute(
        "select key_no, addr_hash, addr_ct from recipient where provider_id = %s and id = %s",
        [place.provider_id, done.items[0].recipient_id]).fetchone()
    assert secrets().keyring.decrypt(number, cipher, digest).decode() == PHONE
    assert digest == secrets().addresses.of(place.provider_id, PHONE)


def test_many_rows_lead_to_the_same_states_as_one_by_one(conn, place, place_b):
    moves = [onay(), ret(at=NOON + timedelta(hours=1)), onay(at=NOON + timedelta(hours=2)),
             onay(Channel.EPOSTA, MAIL), ret(Channel.ARAMA), onay(at=NOON - timedelta(days=1))]
    singles = [record(click(place, move)).items[0] for move in sorted(
        moves, key=lambda m: m.consent_date)]
    with db.transaction() as tx:
        many = record_chunk(tx, click(place_b, *moves))
    by_date = sorted(range(len(moves)), key=lambda n: moves[n].consent_date)
    assert [many.items[n].outcome for n in by_date] == [i.outcome for i in singles]
    for channel, single in ((Channel.MESAJ, singles[0]), (Channel.ARAMA, singles[0])):
        ours = state(conn, place, single.recipient_id, channel)
        theirs = state(conn, place_b, many.items[0].recipient_id, channel)
        assert (ours[0], ours[1], ours[2]) == (theirs[0], theirs[1], theirs[2])


def test_a_chunk_is_idempotent_by_its_key(conn, place):
    new = click(place, onay(), onay(Channel.EPOSTA, MAIL), idem="import:7:1")
    with db.transaction() as tx:
        first = record_chunk(tx, new)
    with db.transaction() as tx:
        again = record_chunk(tx, new)
    assert (again.replay, again.items) == (True, first.items)


def test_opposite_orders_from_many_threads_never_deadlock(place):
    addresses = [f"+9059920000{n:02d}" for n in range(8)]
    failures: list[BaseException] = []

    def write(order: list[str], thread: int) -> None:
        try:
            for n in range(12):
                record(click(place, *(onay(address=a, at=NOON + timedelta(seconds=n * 8 + thread))
                                      for a in order)))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(addresses[:: 1 if n % 2 else -1], n))
               for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_opposite_orders_of_channels_and_kinds_never_deadlock(place):
    """One address, six states: the caller's order of items must not be the order of locks."""
    record(click(place, *[onay(c) for c in PHONE_KINDS]))
    failures: list[BaseException] = []

    def write(order: list[tuple[Channel, RecipientType]], thread: int) -> None:
        try:
            for n in range(25):
                at = NOON + timedelta(seconds=n * 8 + thread)
                record(click(place, *(replace(onay(c, at=at), recipient_type=kind)
                                      for c, kind in order)))
        except BaseException as error:
            failures.append(error)

    items = [(c, kind) for c in PHONE_KINDS for kind in RecipientType]
    threads = [threading.Thread(target=write, args=(items[:: 1 if n % 2 else -1], n))
               for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_the_same_key_from_eight_threads_at_once_writes_once(conn, place):
    new = click(place, onay())
    seen: list[object] = []
    threads = [threading.Thread(target=lambda: seen.append(record(new).items)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(seen), len(set(seen))) == (8, 1)
    assert len(outbox(conn, place)) == 1


@pytest.mark.parametrize("at", [NOON, NOON.replace(year=2999)], ids=["past", "our future"])
@pytest.mark.parametrize("standing", list(Standing))
def test_the_database_and_the_readable_rules_judge_alike(conn, standing, at):
    cells, answers = [], []
    for new_status in Status:
        for source in (Source.HS_WEB, Source.HS_KARAR, Source.IYS_WEB):
            for existing in _existing(at):
                item = Item(
                    address_kind=AddressKind.PHONE, channel=Channel.MESAJ,
                    status=new_status, source=source, standing=standing, consent_date=at,
                    flow=Flow.IYS if source.is_iys else Flow.API)
                answers.append(judge(existing, item, now=datetime.now(UTC)).bits)
                ex = existing
                cells.append((ex and int(ex.status), ex and int(ex.standing),
                              ex and ex.consent_date, ex and int(ex.iys_status),
                              int(new_status), int(standing), at, int(source)))
    got = [conn.execute(
        "select consent_judge(%s::int2,%s::int2,%s,%s::int2,%s::int2,%s::int2,%s,%s::int2)", cell
    ).fetchone()[0] for cell in cells]
    assert len(got) > 500
    assert got == answers


def _existing(at: datetime) -> list[State | None]:
    return [None] + [
        State(status=s, standing=t, consent_date=at + timedelta(seconds=d), iys_status=i)
        for s in Status for t in Standing for i in IysStatus for d in (-1, 0, 1)
    ]
