"""A receipt other software understands: the fields of ISO/IEC TS 27560:2023 as signed JSON-LD.

Why this module exists: the receipt of :mod:`ileti.capture.receipts` proves a choice to whoever
knows İleti; a wallet, a portal of an authority or another company's software knows the standard.
Field names are the standard's, each mapped to the W3C's Data Privacy Vocabulary by a context that
stands in the receipt, so that nothing is fetched. It names nobody: the person is an opaque number,
what was given is told by kind (``pd:EmailAddress``), never by value. Signed like every receipt
(Ed25519 over the RFC 8785 form of all but ``signature``). docs/consent-receipt.md says which fields
follow from the standard.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

from config import settings
from ileti.consents.ledger import ActorKind
from ileti.consents.numbers import receipt_number, record_number
from ileti.consents.receiptwords import CONTEXT, words
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import db
from ileti.core.errors import Gone, NotFound
from ileti.core.secrets import secrets
from ileti.evidence.leaf import canonical_json, iso_utc

FORMAT: Final = 1
MEDIA_TYPE: Final = "application/ld+json"
SCHEMA: Final = "https://w3id.org/dpv/schema/dpv-27560#"
#: from brand, recipient, channel (İYS's word) and language to the page that refuses
Withdrawal = Callable[[int, int, str, str], str]

_ROWS: Final = """
select e.id, e.captured_at, e.consent_date, e.brand_id, e.recipient_id, e.channel, e.status,
       e.source, e.standing, e.leaf, e.submission_id, s.actor_kind, s.evidence,
       s.person_ct is not null, r.addr_hash is null, b.name, b.brand_code, p.title, p.iys_code,
       p.mersis, p.contact, p.address, p.kep, p.application, d.title, d.retailer_code,
       v.id, v.title, v.version, v.language, v.content_hash, v.purposes,
       n.id, n.title, n.version, n.language, n.content_hash,
       exists (select from consent_entry o where o.provider_id = e.provider_id
          and o.recipient_id = e.recipient_id and o.brand_id = e.brand_id
          and o.channel = e.channel and o.recipient_type = e.recipient_type
          and o.id < e.id and o.status = 1 and o.standing = 1)
  from consent_entry e
  join submission s on s.provider_id = e.provider_id and s.id = e.submission_id
  join recipient r on r.provider_id = e.provider_id and r.id = e.recipient_id
  join provider p on p.id = e.provider_id join brand b on b.id = e.brand_id
  left join dealer d on d.provider_id = e.provider_id and d.id = e.dealer_id
  left join document_version v on v.id = e.text_id
  left join document_version n on n.provider_id = e.provider_id
   and n.id = case when s.evidence #>> '{notice,version}' ~ '^[0-9]{1,9}$'
                   then (s.evidence #>> '{notice,version}')::int end
 where e.provider_id = %s and e.id = any(%s) order by e.id"""


class Beside(NamedTuple):
    """What another room records of the same click (:mod:`ileti.kvkk.receipt`): consents of its own
    kind, notices, whom they name. ``notices`` of a person go with that person's consents."""

    consents: list[dict[str, Any]]
    notices: list[dict[str, Any]]
    parties: list[dict[str, Any]]
    number: str
    at: datetime
    language: str


class Text(NamedTuple):
    """A wording that was shown."""

    id: int
    title: str
    version: int
    language: str
    digest: bytes


class Row(NamedTuple):
    """An entry with all that its receipt tells."""

    id: int
    captured_at: Any
    consent_date: Any
    brand_id: int
    recipient_id: int
    channel: int
    status: int
    source: int
    standing: int
    leaf: bytes
    submission_id: int
    actor_kind: int
    evidence: Any
    with_person: bool
    erased: bool
    brand: str
    brand_code: int
    title: str
    iys_code: int
    mersis: str | None
    contact: str | None
    address: str | None
    kep: str | None
    application: str | None
    dealer: str | None
    retailer_code: int | None
    text: Text | None
    purposes: list[dict[str, Any]]
    notice: Text | None
    consented_before: bool

    @property
    def said(self) -> dict[str, Any]:
        """The evidence, when it is an object."""
        return self.evidence if isinstance(self.evidence, dict) else {}


def receipt(provider_id: int, entry_ids: Sequence[int], *, beside: Beside | None = None,
            withdrawal: Withdrawal | None = None) -> dict[str, Any]:
    """The signed receipt of some entries of a provider; the same entries give the same receipt.

    ``withdrawal`` makes the link with which the person refuses; without it only İYS's ways are
    named, for copies that go to others. ``beside``: what else is recorded of the same click; alone
    it is a receipt too. Raises NotFound for entries that are not there, Gone when a person was
    erased.
    """
    rows = _rows(provider_id, entry_ids) if entry_ids else []
    if not (rows or beside) or len(rows) != len(set(entry_ids)):
        raise NotFound()
    if any(one.erased for one in rows):
        raise erased()
    language = _language(rows[0]) if rows else beside.language if beside else "tr"
    moments = [one.captured_at for one in rows] + ([beside.at] if beside else [])
    body = {
        "@context": CONTEXT, "@type": "ConsentReceipt", "schema_version": f"{SCHEMA}receipt",
        "format": FORMAT, "language": language, "issued_at": iso_utc(max(moments)),
        "receipt_id": _receipt_id(rows) if rows else beside.number if beside else "",
        "consent_records": [_record(provider_id, one, withdrawal) for one in rows],
        "party_identification": _parties(rows, language) if rows else [],
    }
    if beside is not None:
        _lay(body, beside)
    return body | {"signature": sign(body)}


def erased() -> Gone:
    """There is no receipt of somebody who was erased."""
    return Gone("Bu kaydın sahibi silinmiş; makbuzu verilemez.",
                "The person of this record is erased; there is no receipt.", code="erased")


def _lay(body: dict[str, Any], beside: Beside) -> None:
    """The other room's records in their own places: a notice is no consent (R-58), and is told with
    the consents of whom it was shown to (R-60)."""
    told = {one["pii_principal_id"]: one["privacy_notice"] for one in beside.notices}
    body["consent_records"] += beside.consents
    for record in body["consent_records"]:
        if notice := told.get(record["pii_principal_id"]):
            record["pii_processing"].setdefault("privacy_notice", notice)
    if beside.notices:
        body["notice_records"] = beside.notices
    known = {one["party_id"] for one in body["party_identification"]}
    body["party_identification"] += [one for one in beside.parties if one["party_id"] not in known]


def sign(body: dict[str, Any]) -> dict[str, str]:
    """The ``signature`` of a body: Ed25519 over its RFC 8785 form."""
    signer = secrets().receipts
    return {"type": "Ed25519", "canonicalization": "RFC 8785", "keyId": signer.key_id,
            "keys": f"{settings().base_url}/.well-known/ileti-receipts.json",
            "value": signer.sign(canonical_json(body))}


def _rows(provider_id: int, entry_ids: Sequence[int]) -> list[Row]:
    found = db.connection().execute(_ROWS, (provider_id, list(entry_ids))).fetchall()
    return [Row(*[*row[:9], bytes(row[9]), *row[10:26], _text(row[26:31]), row[31] or [],
                  _text(row[32:37]), row[37]]) for row in found]


def _text(columns: Sequence[Any]) -> Text | None:
    return None if columns[0] is None else Text(*[*columns[:4], bytes(columns[4])])


def _language(one: Row) -> str:
    asked = one.text.language if one.text else one.said.get("language")
    return "en" if asked == "en" else "tr"


def _receipt_id(rows: Sequence[Row]) -> str:
    """The number of the act when all come from one click of a person, else one that follows from
    the records' numbers."""
    if len(rows) == 1 and rows[0].actor_kind != ActorKind.VISITOR:
        return record_number(rows[0].id)
    acts = {str(one.said.get("receipt") or receipt_number(one.submission_id)) for one in rows
            if one.actor_kind == ActorKind.VISITOR}
    if len(acts) == 1 and all(one.actor_kind == ActorKind.VISITOR for one in rows):
        return acts.pop()
    return "urn:sha256:" + sha256(",".join(record_number(one.id) for one in rows).encode()
                                  ).hexdigest()


def principal_id(provider_id: int, recipient_id: int) -> str:
    """What stands for a person: the same in all receipts of a provider, of no meaning elsewhere."""
    text = f"{provider_id}:{recipient_id}".encode()
    return "urn:ileti:person:" + hmac.digest(
        secrets().key_for("principal-id"), text, "sha256")[:16].hex()


# -- a record --------------------------------------------------------------------------------------


def _record(provider_id: int, one: Row, withdrawal: Withdrawal | None) -> dict[str, Any]:
    language = _language(one)
    return {
        "@type": "ConsentRecord", "schema_version": f"{SCHEMA}record",
        "record_id": record_number(one.id),
        "pii_principal_id": principal_id(provider_id, one.recipient_id),
        "pii_processing": _processing(one, language, withdrawal),
        "event_history": _events(one, principal_id(provider_id, one.recipient_id)),
        "commitment": one.leaf.hex(),
    }


def _processing(one: Row, language: str, withdrawal: Withdrawal | None) -> dict[str, Any]:
    say = words(language)
    notice = {"privacy_notice": _shown(one.notice)} if one.notice else {}
    consent = {"consent_text": _shown(one.text)} if one.text else {}
    return notice | consent | {
        "language": language,
        "purposes": [_purpose(one, language), *(_of_inventory(said) for said in one.purposes)],
        "pii_controllers": [_party_id(one)],
        "collection_method": {"source": Source(one.source).name,
                              "description": _label(Source(one.source), language)},
        "processing_method": say["processing"],
        "storage_locations": [say["stored"]],
        "retention_period": say["kept"],
        "jurisdiction": ["loc:TR"],
        "recipient_third_parties": ["urn:ileti:party:iys", *(
            [f"urn:ileti:dealer:{one.retailer_code or 0}"] if one.dealer else [])],
        "withdrawal_method": _ways(one, language, withdrawal),
        "privacy_rights": [say["rights"]] + ([one.application] if one.application else []),
        "authority_party": "urn:ileti:party:kvkk",
    }


def _shown(text: Text) -> dict[str, Any]:
    return {"title": text.title, "version": text.version, "language": text.language,
            "sha256": text.digest.hex(), "url": f"{settings().base_url}/n/{text.id}"}


def _purpose(one: Row, language: str) -> dict[str, Any]:
    channel, say = Channel(one.channel), words(language)
    kind = "pd:EmailAddress" if channel is Channel.EPOSTA else "pd:TelephoneNumber"
    return {
        "purpose": say["purpose"].format(brand=one.brand, channel=_label(channel, language)),
        "purpose_type": ["dpv:DirectMarketing"], "channel": channel.name,
        "lawful_basis": ["dpv:Consent"], "law": say["law"],
        "pii_information": [{"pii_type": kind, "pii_optional": False}, *(
            [{"pii_type": "pd:Name", "pii_optional": False},
             {"pii_type": "pd:IPAddress", "pii_optional": False}] if one.with_person else [])],
    }


def _of_inventory(said: dict[str, Any]) -> dict[str, Any]:
    """A purpose of the text shown, as the inventory of processing held it (KVKK; R-59)."""
    return {"purpose": str(said.get("name", "")), "law": f"KVKK {said.get('ground', '')}".strip(),
            "pii_information": [{"pii_category": str(one)} for one in said.get("data") or []],
            "recipients": [str(one) for one in said.get("recipients") or []],
            "retention_period": str(said.get("period") or "")}


def _ways(one: Row, language: str, withdrawal: Withdrawal | None) -> list[str]:
    """How to refuse: our link, İYS (R-28, R-34). Who typed an address that nobody proved to be his
    gets no link that refuses for it."""
    own = [withdrawal(one.brand_id, one.recipient_id, Channel(one.channel).name, language)] \
        if withdrawal and one.standing == Standing.VERIFIED else []
    return [*own, *words(language)["ways"].split("\n")]


def _events(one: Row, who: str) -> list[dict[str, Any]]:
    """What happened, in order: shown, chosen, proven to be the person's own address."""
    person = {"entity_id": who, "event_type": "dpv:ExpressedConsent"}
    events = []
    shown = one.said.get("shownAt")
    if one.text is not None and isinstance(shown, str):
        events.append({"event_time": shown, "event_state": "dpv:ConsentRequested",
                       "entity_id": _party_id(one), "event_type": "dpv:ExpressedConsent",
                       "validity_duration": "ileti:None"})
    given = one.status == Status.ONAY
    state = "dpv:ConsentGiven" if given else (
        "dpv:ConsentWithdrawn" if one.consented_before else "dpv:ConsentRefused")
    proven = one.standing == Standing.VERIFIED
    events.append(person | {
        "event_time": iso_utc(one.consent_date),
        "event_state": state if proven else "ileti:ConsentNotVerified",
        "validity_duration": "ileti:UntilWithdrawn" if given and proven else "ileti:None"})
    if given and proven and "verification" in one.said:
        events.append(person | {"event_time": iso_utc(one.captured_at),
                                "event_state": "ileti:AddressVerified",
                                "validity_duration": "ileti:None"})
    return events


# -- parties ---------------------------------------------------------------------------------------


def _party_id(one: Row) -> str:
    return f"urn:ileti:provider:{one.iys_code}"


def _parties(rows: Sequence[Row], language: str) -> list[dict[str, Any]]:
    """Everybody a record names: controller, dealers, İYS, the authority."""
    one, say = rows[0], words(language)
    found: dict[str, dict[str, Any]] = {_party_id(one): {
        "party_id": _party_id(one), "party_role": "dpv:DataController", "party_name": one.title,
        "party_type": "dpv:ForProfitOrganisation", "party_address": one.address or one.contact,
        "party_contact": [text for text in (
            one.contact, f"KEP {one.kep}" if one.kep else None,
            f"MERSİS {one.mersis}" if one.mersis else None) if text],
        "brands": sorted({f"{each.brand} ({each.brand_code})" for each in rows})}}
    for each in rows:
        if each.dealer:
            number = f"urn:ileti:dealer:{each.retailer_code or 0}"
            found[number] = {"party_id": number, "party_role": "dpv:Recipient",
                             "party_name": each.dealer, "party_type": "dpv:Recipient"}
    return [*found.values(),
            {"party_id": "urn:ileti:party:iys", "party_role": "dpv:ThirdParty",
             "party_type": "dpv:Recipient", "party_name": "İleti Yönetim Sistemi A.Ş. (İYS)",
             "party_contact": ["https://www.iys.org.tr"]},
            {"party_id": "urn:ileti:party:kvkk", "party_role": "dpv:DataProtectionAuthority",
             "party_type": "dpv:Authority", "party_name": say["authority"],
             "party_contact": ["https://www.kvkk.gov.tr"]}]


def _label(word: Channel | Source, language: str) -> str:
    return word.en if language == "en" else word.tr
