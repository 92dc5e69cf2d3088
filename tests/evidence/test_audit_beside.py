"""What follows from records under no leaf of its own is compared with them (R-17, R-23, R-69)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

import ileti.cli.auditing  # noqa: F401 (everything an audit asks registers)
from ileti.consents.audit import audit
from ileti.consents.ledger import record as record_click
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Status
from ileti.documents import showing
from ileti.documents.publish import publish
from ileti.evidence import vault
from ileti.kvkk import files
from ileti.kvkk.ledger import record
from ileti.kvkk.vocabulary import Act
from tests.evidence.samples import pdf
from tests.evidence.sealed_house import click as click_of
from tests.evidence.sealed_house import seal_all, take
from tests.kvkk.house import act, click, text


@pytest.fixture
def published(shop: Any, owner: Any, monkeypatch: Any) -> int:
    """A text nobody consented to, published twice and taken off; the first version's id."""
    monkeypatch.setattr("ileti.documents.publish.refuse_faulty", lambda judged: None)
    document = owner.execute(
        "insert into document (provider_id, brand_id, kind, name) values (%s, %s, 'CEREZ', "
        "'Çerezler') returning id", (shop.provider_id, shop.brand_id)).fetchone()[0]
    first = publish(document, "tr", "Çerezler", "Yalnızca zorunlu çerez kullanırız.").id
    publish(document, "tr", "Çerezler", "Yalnızca zorunlu çerez kullanırız, hepsi bu.")
    showing.retire(document, user_id=7, reason="artık yok")
    seal_all()
    return int(first)


def found() -> list[tuple[str, str | None]]:
    return [(one.kind, one.record) for one in audit().findings]


def test_texts_as_they_were_published_are_as_they_were(published: int) -> None:
    report = audit()
    assert report.findings == []
    assert report.compared["texts"] >= 2


TEXTS = {
    "its words": ("update document_version set body = body || '!' where id = %s", "text_changed"),
    "its title": ("update document_version set title = 'Onay' where id = %s", "text_changed"),
    "its kind": ("update document set kind = 'AYDINLATMA' where id = (select document_id "
                 "from document_version where id = %s)", "text_changed"),
    "words and hash together": (
        "update document_version set body = 'x', content_hash = sha256('x') where id = %s",
        "text_changed"),
    "from when it counted": ("update document_version set effective_from = effective_from + "
                             "interval '1 day' where id = %s", "text_changed"),
    "when it was published": (
        "update document_version set published_at = published_at - interval '1 year' where id = %s",
        "text_changed"),
    "its purposes": ("update document_version set purposes = '[{\"id\": 1}]' where id = %s",
                     "text_changed"),
    "its topics": ("update document_version set topics = '{ilan}' where id = %s", "text_changed"),
    "whether people were told": (
        "update document_version set renewal = 'INFORM' where id = %s", "text_changed"),
    "it is taken out": ("delete from document_version where id = %s", "text_missing"),
    "another is slipped in": (
        "insert into document_version (provider_id, document_id, version, language, title, body, "
        "content_hash, published_at, effective_from) select provider_id, document_id, 9, language, "
        "title, body, content_hash, published_at, effective_from from document_version "
        "where id = %s", "text_slipped_in"),
    "another, told of afterwards": (
        "with v as (insert into document_version (provider_id, document_id, version, language, "
        "title, body, content_hash, published_at, effective_from) select provider_id, document_id, "
        "9, language, title, body, content_hash, published_at - interval '1 year', "
        "effective_from - interval '1 year' from document_version where id = %s "
        "returning document_version) insert into audit_entry (provider_id, action, subject, "
        "detail) select (document_version).provider_id, 'document:sealed', 'document_version:' "
        "|| (document_version).id, jsonb_build_object('digest', text_digest(document_version)) "
        "from v", "text_slipped_in"),
    "another, told of anew": (
        "with v as (update document_version set effective_from = effective_from + "
        "interval '1 day' where id = %s returning document_version) insert into audit_entry "
        "(provider_id, action, subject, detail) select (document_version).provider_id, "
        "'document:publish', 'document_version:' || (document_version).id, "
        "jsonb_build_object('digest', text_digest(document_version)) from v", "text_changed"),
    "its taking off is taken back": (
        "delete from document_event where document_id = (select document_id "
        "from document_version where id = %s)", "text_missing"),
    "when it was taken off": (
        "update document_event set at = at + interval '1 hour' where document_id = (select "
        "document_id from document_version where id = %s)", "text_changed"),
    "why it was taken off": (
        "update document_event set reason = 'x' where document_id = (select document_id "
        "from document_version where id = %s)", "text_changed"),
}


@pytest.mark.attack
@pytest.mark.parametrize("what", TEXTS)
def test_a_change_of_a_text_that_no_record_names_is_found(
        published: int, owner: Any, what: str) -> None:
    deed, kind = TEXTS[what]
    owner.execute(deed, (published,))
    seal_all()
    assert kind in {one for one, _ in found()}


STATES = {
    "a refusal becomes a consent": "update consent_state set status = 3 - status",
    "another source": "update consent_state set source = 2",
    "an older date": "update consent_state set consent_date = consent_date - interval '1 day'",
    "an entry that is not there": "update consent_state set entry_id = entry_id + 1000000",
    "no entry, and no refusal": "update consent_state set entry_id = 0, status = 1",
}


@pytest.mark.attack
@pytest.mark.parametrize("what", STATES)
def test_a_state_that_is_not_what_its_entry_says_is_named(
        shop: Any, owner: Any, what: str) -> None:
    take(shop, 2)
    seal_all()
    assert found() == []
    owner.execute(STATES[what] + " where (recipient_id, channel) = (select recipient_id, channel "
                  "from consent_state order by 1, 2 limit 1)")
    assert [kind for kind, _ in found()] == ["state_differs"]


@pytest.mark.attack
def test_a_state_put_back_to_an_older_entry_is_named(shop: Any, owner: Any) -> None:
    """The person refused; the state is put back to the consent, to the last column."""
    entry = take(shop, 1)[0].items[0].entry_id
    old = owner.execute("select to_jsonb(s) from consent_state s where entry_id = %s",
                        (entry,)).fetchone()[0]
    again = click_of(shop, 0)
    later = replace(again, idem=again.idem + "-ret", items=[
        replace(one, status=Status.RET, consent_date=one.consent_date + timedelta(hours=1))
        for one in again.items])
    refused = [one.entry_id for one in record_click(later).items]
    seal_all()
    assert found() == []
    owner.execute("delete from consent_state where (recipient_id, channel) = (%s, %s)",
                  (old["recipient_id"], old["channel"]))
    owner.execute("insert into consent_state select * from jsonb_populate_record("
                  "null::consent_state, %s::text::jsonb)", (json.dumps(old),))
    (kind, number), = found()
    assert kind == "state_behind"
    assert number in {record_number(one) for one in refused}


# -- acts ------------------------------------------------------------------------------------------


@pytest.fixture
def acted(shop: Any, folder: Any) -> int:
    """An explicit consent on paper and its withdrawal; the first one's id."""
    scan = vault.put(shop.provider_id, [pdf("form")], "form.pdf")
    said = replace(click(shop), evidence={"flow": "desk-act", "file": {
        "id": scan.id, "sha256": scan.sha256.hex(), "size": scan.size}})
    of = text(shop)
    given = record(said, [act(of, Act.GIVEN)])[1][0].entry_id
    record(click(shop), [act(of, Act.WITHDRAWN, at=60)])
    seal_all()
    return int(given)


def test_acts_as_they_were_done_are_as_they_were(acted: int) -> None:
    assert found() == []
    report = audit()
    assert (report.compared["act_states"], report.compared["act_files"]) == (1, 1)


@pytest.mark.attack
@pytest.mark.parametrize(("deed", "kind"), [
    ("update kvkk_state set act = 3", "act_state_differs"),
    ("update kvkk_state set act_at = act_at - interval '1 day'", "act_state_differs"),
    ("update kvkk_state s set entry_id = k.id, entry_at = k.captured_at, act_at = k.act_at, "
     "act = k.act, extent = k.extent, text_id = k.text_id from kvkk_entry k where k.act = 3",
     "act_state_behind"),
])
def test_a_withdrawal_taken_out_of_the_state_is_named(
        acted: int, owner: Any, deed: str, kind: str) -> None:
    owner.execute(deed)
    assert [one for one, _ in found()] == [kind]


@pytest.mark.attack
@pytest.mark.parametrize(("deed", "kind"), [
    ("update evidence_file set sha256 = sha256('x')", "act_file_changed"),
    ("delete from evidence_file", "act_file_missing"),
])
def test_a_scan_that_is_another_is_found_and_not_given_out(
        acted: int, owner: Any, deed: str, kind: str) -> None:
    owner.execute(deed)
    assert found() == [(kind, record_number(acted))]


def test_the_page_gives_out_no_file_but_the_sealed_one(
        acted: int, shop: Any, owner: Any, monkeypatch: Any) -> None:
    said = owner.execute("select evidence from submission where evidence ? 'file'").fetchone()[0]
    session = SimpleNamespace(get=lambda *key: SimpleNamespace(evidence=said))
    monkeypatch.setattr(files, "orm", SimpleNamespace(db=SimpleNamespace(session=session)))
    monkeypatch.setattr(files, "scope", SimpleNamespace(
        current=lambda: SimpleNamespace(dealer_id=None)))
    monkeypatch.setattr(files, "security", SimpleNamespace(may=lambda right: True))
    entry: Any = SimpleNamespace(provider_id=shop.provider_id, id=acted, submission_id=1,
                                 dealer_id=None)
    assert files.of(entry) is not None
    owner.execute("update evidence_file set sha256 = sha256('x')")
    assert files.of(entry) is None
