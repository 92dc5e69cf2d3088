"""Explicit consents and notices in a receipt other software understands (R-58, R-60, R-62).

Why this module exists: whoever gave or withdrew an explicit consent takes home what whoever
consented to messages does (:mod:`ileti.consents.consentreceipt`): fields of ISO/IEC TS 27560 as
JSON-LD, made from the ledger's entry and signed. Each act is a record of its own. A notice is no
consent: it stands among the notices, and is named by the consents that it came before. Like the
other records it names nobody, and what it says follows from the entry alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from config import settings
from ileti.consents.consentreceipt import SCHEMA, Beside, erased, principal_id
from ileti.consents.ledger import ActorKind
from ileti.consents.numbers import receipt_number, record_number
from ileti.consents.receiptwords import words
from ileti.consents.vocabulary import Source, Standing
from ileti.core import db
from ileti.evidence.leaf import iso_utc
from ileti.kvkk.vocabulary import Act, Extent

_ROWS: Final = """
select k.id, k.captured_at, k.act_at, k.recipient_id, k.submission_id, k.act, k.extent, k.source,
       k.standing, k.leaf, s.actor_kind, s.evidence, r.addr_hash is null, b.name, b.brand_code,
       p.title, p.iys_code, p.mersis, p.contact, p.address, p.kep, p.application, d.title,
       d.retailer_code, v.id, v.title, v.version, v.language, v.content_hash, v.purposes
  from kvkk_entry k
  join submission s on s.provider_id = k.provider_id and s.id = k.submission_id
  join recipient r on r.provider_id = k.provider_id and r.id = k.recipient_id
  join provider p on p.id = k.provider_id join brand b on b.id = k.brand_id
  join document_version v on v.id = k.text_id
  left join dealer d on d.provider_id = k.provider_id and d.id = k.dealer_id
 where k.provider_id = %s and k.id = any(%s) order by k.id"""
_STATES: Final = {Act.SHOWN: "ileti:NoticeShown", Act.READ: "ileti:NoticeRead",
                  Act.GIVEN: "dpv:ConsentGiven", Act.WITHDRAWN: "dpv:ConsentWithdrawn"}


class Row(NamedTuple):
    """An act with all that its receipt tells."""

    id: int
    captured_at: datetime
    act_at: datetime
    recipient_id: int
    submission_id: int
    act: int
    extent: int
    source: int
    standing: int
    leaf: bytes
    actor_kind: int
    evidence: Any
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
    text_id: int
    text_title: str
    version: int
    language: str
    digest: bytes
    purposes: list[dict[str, Any]]

    @property
    def said(self) -> dict[str, Any]:
        """The evidence, when it is an object."""
        return self.evidence if isinstance(self.evidence, dict) else {}

    @property
    def controller(self) -> str:
        """The company's name in a receipt."""
        return f"urn:ileti:provider:{self.iys_code}"


def beside(provider_id: int, act_ids: Sequence[int]) -> Beside | None:
    """What a receipt tells of some acts of a provider; None when there are none of a known person.
    The same acts give the same. Raises Gone when a person was erased."""
    rows = [Row(*row) for row in db.connection().execute(
        _ROWS, (provider_id, list(act_ids))).fetchall()] if act_ids else []
    if not rows:
        return None
    if any(one.erased for one in rows):
        raise erased()
    language = "en" if rows[0].language == "en" else "tr"
    return Beside(
        consents=[_consent(provider_id, one) for one in rows if not Act(one.act).of_notice],
        notices=[_notice(provider_id, one) for one in rows if Act(one.act).of_notice],
        parties=_parties(rows, language), number=_number(rows),
        at=max(one.captured_at for one in rows), language=language)


def _number(rows: Sequence[Row]) -> str:
    """The number of the click that the person knows, or of the one record."""
    one = rows[0]
    if len(rows) == 1 and one.actor_kind != ActorKind.VISITOR:
        return record_number(one.id)
    return str(one.said.get("receipt") or receipt_number(one.submission_id))


def _record(provider_id: int, one: Row) -> dict[str, Any]:
    who = principal_id(provider_id, one.recipient_id)
    return {"schema_version": f"{SCHEMA}record", "record_id": record_number(one.id),
            "pii_principal_id": who, "event_history": _events(one, who),
            "commitment": bytes(one.leaf).hex()}


def _notice(provider_id: int, one: Row) -> dict[str, Any]:
    return _record(provider_id, one) | {
        "@type": "NoticeRecord", "privacy_notice": _shown(one), "language": one.language,
        "extent": Extent(one.extent).name}


def _consent(provider_id: int, one: Row) -> dict[str, Any]:
    say, english = words(one.language), one.language == "en"
    source = Source(one.source)
    return _record(provider_id, one) | {"@type": "ConsentRecord", "pii_processing": {
        "consent_text": _shown(one), "language": one.language,
        "purposes": [_purpose(said, one) for said in one.purposes or [{}]],
        "pii_controllers": [one.controller],
        "collection_method": {"source": source.name,
                              "description": source.en if english else source.tr},
        "processing_method": say["explicit_processing"], "storage_locations": [say["stored"]],
        "retention_period": say["explicit_kept"], "jurisdiction": ["loc:TR"],
        "recipient_third_parties": [f"urn:ileti:dealer:{one.retailer_code or 0}"]
        if one.dealer else [],
        "withdrawal_method": [
            say["centre"].format(url=f"{settings().base_url}/t/{one.iys_code}"),
            *filter(None, [one.application])],
        "privacy_rights": [say["rights"], *filter(None, [one.application])],
        "authority_party": "urn:ileti:party:kvkk",
    }}


def _purpose(said: dict[str, Any], one: Row) -> dict[str, Any]:
    """A purpose as the inventory held it when the text was published (R-57, R-59)."""
    say = words(one.language)
    return {"purpose": str(said.get("name") or say["purpose_of_text"]),
            "lawful_basis": ["dpv:ExplicitlyExpressedConsent"], "law": say["explicit_law"],
            "pii_information": [{"pii_category": str(word)} for word in said.get("data") or []],
            "recipients": [str(name) for name in said.get("recipients") or []],
            "retention_period": str(said.get("period") or "")}


def _shown(one: Row) -> dict[str, Any]:
    return {"title": one.text_title, "version": one.version, "language": one.language,
            "sha256": bytes(one.digest).hex(), "url": f"{settings().base_url}/n/{one.text_id}"}


def _events(one: Row, who: str) -> list[dict[str, Any]]:
    """What happened, in order; of an address that nobody proved nothing is given yet (R-21)."""
    act, proven = Act(one.act), one.standing == Standing.VERIFIED
    kind = "ileti:Notice" if act.of_notice else "dpv:ExplicitlyExpressedConsent"
    shown, events = one.said.get("shownAt"), []
    if act is Act.GIVEN and isinstance(shown, str):
        events.append({"event_time": shown, "event_state": "dpv:ConsentRequested",
                       "entity_id": one.controller, "event_type": kind,
                       "validity_duration": "ileti:None"})
    lasts = act is Act.GIVEN and proven
    events.append({
        "event_time": iso_utc(one.act_at), "entity_id": who, "event_type": kind,
        "event_state": _STATES[act] if proven or act.of_notice else "ileti:ConsentNotVerified",
        "validity_duration": "ileti:UntilWithdrawn" if lasts else "ileti:None"})
    if lasts and "verification" in one.said:
        events.append({"event_time": iso_utc(one.captured_at), "entity_id": who, "event_type": kind,
                       "event_state": "ileti:AddressVerified", "validity_duration": "ileti:None"})
    return events


def _parties(rows: Sequence[Row], language: str) -> list[dict[str, Any]]:
    """Everybody the acts name: controller, dealers, the authority."""
    one = rows[0]
    found: dict[str, dict[str, Any]] = {one.controller: {
        "party_id": one.controller, "party_role": "dpv:DataController", "party_name": one.title,
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
            {"party_id": "urn:ileti:party:kvkk", "party_role": "dpv:DataProtectionAuthority",
             "party_type": "dpv:Authority", "party_name": words(language)["authority"],
             "party_contact": ["https://www.kvkk.gov.tr"]}]
