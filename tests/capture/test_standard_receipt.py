"""The receipt for other software: the fields of ISO/IEC TS 27560, signed, and about nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from flask.testing import FlaskClient

from config import settings
from ileti.capture import api_pages, takeaway
from ileti.channels.render import receipt_url
from ileti.consents import consentreceipt
from ileti.core import clock
from ileti.core.crypto import verify_signature
from ileti.core.errors import NotAllowed, NotFound
from ileti.core.secrets import secrets
from ileti.evidence import receiptcheck

from .conftest import Browser


@pytest.fixture
def visitor(app: Any) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def verified(browser: Browser, code_of: Callable[[str], str]) -> dict[str, Any]:
    """The receipt of an act of two boxes, of which the phone's was verified."""
    body = browser.filled("MESAJ", "EPOSTA", notice={"at": clock.now().isoformat()})
    sent = browser.post("submissions", body).body
    browser.post("confirmations", {"handle": sent["handle"], "codes": [
        {"to": "phone", "code": code_of("phone")}]})
    return {"handle": sent["handle"], "receipt": sent["receipt"], "body": body}


def taken(visitor: FlaskClient, browser: Browser, handle: str) -> Any:
    answer = visitor.get(f"/f/{browser.site_key}/receipt.jsonld?h={handle}")
    assert answer.status_code == 200
    assert answer.content_type == "application/ld+json"
    return json.loads(answer.data)


def by_channel(receipt: Any) -> dict[str, Any]:
    return {one["pii_processing"]["purposes"][0]["channel"]: one
            for one in receipt["consent_records"]}


def test_it_holds_every_mandatory_field_of_the_standard(
        visitor: FlaskClient, browser: Browser, verified: dict[str, Any]) -> None:
    receipt = taken(visitor, browser, verified["handle"])
    assert receipt["receipt_id"] == verified["receipt"]
    for record in receipt["consent_records"]:
        assert record.keys() >= {"schema_version", "record_id", "pii_principal_id"}
        processing = record["pii_processing"]
        assert processing.keys() >= {
            "privacy_notice", "language", "purposes", "pii_controllers", "collection_method",
            "storage_locations", "retention_period", "jurisdiction", "recipient_third_parties",
            "withdrawal_method", "privacy_rights"}
        assert processing["purposes"][0].keys() >= {"purpose", "lawful_basis", "pii_information"}
        for event in record["event_history"]:
            assert event.keys() == {"event_time", "validity_duration", "entity_id", "event_type",
                                    "event_state"}
    parties = {one["party_id"] for one in receipt["party_identification"]}
    assert parties >= {*processing["pii_controllers"], *processing["recipient_third_parties"]}


def test_each_box_is_told_as_it_stands(
        visitor: FlaskClient, browser: Browser, verified: dict[str, Any]) -> None:
    records = by_channel(taken(visitor, browser, verified["handle"]))
    states = {channel: [event["event_state"] for event in one["event_history"]]
              for channel, one in records.items()}
    assert states == {
        "MESAJ": ["dpv:ConsentRequested", "dpv:ConsentGiven", "ileti:AddressVerified"],
        "EPOSTA": ["dpv:ConsentRequested", "ileti:ConsentNotVerified"]}


def test_it_names_neither_person_nor_address(
        visitor: FlaskClient, browser: Browser, verified: dict[str, Any]) -> None:
    raw = visitor.get(f"/f/{browser.site_key}/receipt.jsonld?h={verified['handle']}").text
    body = verified["body"]
    for secret in (body["name"], body["email"], body["phone"], body["phone"][1:], browser.address):
        assert secret not in raw


@pytest.mark.attack
def test_who_typed_an_address_he_never_proved_gets_no_link_that_refuses_for_it(
        visitor: FlaskClient, browser: Browser, verified: dict[str, Any]) -> None:
    records = by_channel(taken(visitor, browser, verified["handle"]))
    links = {channel: [way for way in one["pii_processing"]["withdrawal_method"]
                       if "/r/" in way] for channel, one in records.items()}
    assert len(links["MESAJ"]) == 1
    assert links["EPOSTA"] == []
    assert visitor.get(links["MESAJ"][0].removeprefix(settings().base_url)).status_code == 200


def test_anybody_checks_it_with_the_published_key_and_openssl(
        visitor: FlaskClient, browser: Browser, verified: dict[str, Any], tmp_path: Path) -> None:
    raw = visitor.get(f"/f/{browser.site_key}/receipt.jsonld?h={verified['handle']}").data
    keys = visitor.get(api_pages.KEYS).data
    assert receiptcheck.check(raw, keys) == 0
    receipt = json.loads(raw)
    signature = receipt.pop("signature")
    verify_signature(secrets().receipts.public, rfc8785.dumps(receipt), signature["value"])
    changed = raw.replace(b"dpv:ConsentGiven", b"dpv:ConsentRefused")
    assert changed != raw
    assert receiptcheck.check(changed, keys) == 1
    other = json.dumps({"keys": [{"keyId": signature["keyId"], "publicKey": "A" * 43 + "="}]})
    assert receiptcheck.check(raw, other.encode()) == 1
    assert receiptcheck.check(raw, None) == 3


def test_our_own_form_is_checked_by_the_same_program(
        visitor: FlaskClient, browser: Browser, verified: dict[str, Any]) -> None:
    raw = visitor.get(f"/f/{browser.site_key}/receipt.json?h={verified['handle']}").data
    keys = visitor.get(api_pages.KEYS).data
    assert receiptcheck.check(raw, keys) == 0
    assert receiptcheck.check(raw.replace(b'"ONAY"', b'"RET"'), keys) == 1


OPENSSLS = {
    "1.1.1": "echo 'pkeyutl: Unrecognized flag rawin' >&2; exit 1",
    "killed": "kill -9 $$",
    "no program": None,
}


@pytest.mark.parametrize("which", OPENSSLS)
def test_where_openssl_knows_no_ed25519_nobody_is_called_a_forger(
        visitor: FlaskClient, browser: Browser, verified: dict[str, Any], tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], which: str) -> None:
    receipt, keys, script = tmp_path / "m.jsonld", tmp_path / "keys.json", tmp_path / "openssl"
    receipt.write_bytes(visitor.get(
        f"/f/{browser.site_key}/receipt.jsonld?h={verified['handle']}").data)
    keys.write_bytes(visitor.get(api_pages.KEYS).data)
    said = OPENSSLS[which]
    if said is not None:
        script.write_text(f"#!/bin/sh\n{said}\n")
        script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert receiptcheck.main([str(receipt), "--keys", str(keys)]) == 4
    assert "could not be checked: openssl 3.0" in capsys.readouterr().out


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"signature":1}', b'{"a":1,"a":2}',
                                 b'{"signature":{"keyId":"x","value":"?"}}', b"[" * 9_999])
def test_what_is_no_receipt_is_said_so(raw: bytes) -> None:
    with pytest.raises(receiptcheck.NoReceipt):
        receiptcheck.check(raw, None)


def test_asked_again_it_is_the_same(visitor: FlaskClient, browser: Browser,
                                    verified: dict[str, Any]) -> None:
    first, again = (taken(visitor, browser, verified["handle"]) for _ in range(2))
    assert first == again


def test_a_mails_link_gives_the_records_of_its_own_address_only(
        visitor: FlaskClient, conn: Any, place: Any, verified: dict[str, Any]) -> None:
    recipient, submission = conn.execute(
        "select recipient_id, submission_id from consent_entry where provider_id = %s "
        "and channel = 2 and standing = 1", (place.provider_id,)).fetchone()
    url = receipt_url(place.provider_id, submission, recipient)
    receipt = json.loads(visitor.get(url.removeprefix(settings().base_url)).data)
    assert list(by_channel(receipt)) == ["MESAJ"]
    assert receipt["receipt_id"] == verified["receipt"]
    with pytest.raises(NotAllowed):
        takeaway.of_link(url.rpartition("/")[2][:-1] + "x")


def test_the_confirmation_mail_carries_the_link(
        conn: Any, place: Any, browser: Browser, code_of: Callable[[str], str]) -> None:
    from ileti.channels import send

    sent = browser.submit("EPOSTA").body
    browser.post("confirmations", {"handle": sent["handle"], "codes": [
        {"to": "email", "code": code_of("email")}]})
    mine = [one for one in send.claim(500) if one.provider_id == place.provider_id
            and one.kind is send.MessageKind.CONFIRMATION]
    mail = send.compose(mine[0])
    assert "/m/" in mail.text
    assert "/m/" in (mail.html or "")
    token = mail.text.split("/m/")[1].split()[0]
    assert takeaway.of_link(token)["receipt_id"] == sent["receipt"]


def test_a_refusal_has_its_receipt_too(visitor: FlaskClient, conn: Any, place: Any,
                                       verified: dict[str, Any], browser: Browser) -> None:
    link = by_channel(taken(visitor, browser, verified["handle"]))[
        "MESAJ"]["pii_processing"]["withdrawal_method"][0].removeprefix(settings().base_url)
    page = visitor.post(link).text
    receipt = json.loads(visitor.get("/m/" + page.split("/m/")[1].split('"')[0]).data)
    assert receipt["receipt_id"] in page
    [record] = receipt["consent_records"]
    assert record["event_history"][-1]["event_state"] == "dpv:ConsentWithdrawn"


def test_another_providers_entries_have_no_receipt_here(
        place_b: Any, conn: Any, place: Any, verified: dict[str, Any]) -> None:
    entry = conn.execute("select max(id) from consent_entry where provider_id = %s",
                         (place.provider_id,)).fetchone()[0]
    with pytest.raises(NotFound):
        consentreceipt.receipt(place_b.provider_id, [entry])
    with pytest.raises(NotFound):
        consentreceipt.receipt(place.provider_id, [])


def test_one_person_is_one_number_within_a_provider_and_another_at_the_next() -> None:
    assert consentreceipt.principal_id(1, 7) == consentreceipt.principal_id(1, 7)
    assert len({consentreceipt.principal_id(1, 7), consentreceipt.principal_id(2, 7),
                consentreceipt.principal_id(1, 8), consentreceipt.principal_id(17, 8)}) == 4


def test_every_field_has_a_meaning_in_its_context(
        visitor: FlaskClient, browser: Browser, verified: dict[str, Any]) -> None:
    receipt = taken(visitor, browser, verified["handle"])

    def names(content: Any) -> set[str]:
        if isinstance(content, list):
            return set().union(*map(names, content))
        if not isinstance(content, dict):
            return set()
        return set(content) | set().union(*map(names, content.values()))

    used = names({key: one for key, one in receipt.items() if key != "@context"})
    assert used - {"@type"} <= receipt["@context"].keys()
