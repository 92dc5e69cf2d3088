"""The vocabulary of :mod:`ileti.consents.consentreceipt`: its JSON-LD context, and its sentences.

Why apart: the context stands whole in each receipt, because a proof that has to fetch its words
from the network in ten years is none. Pure.
"""

from __future__ import annotations

from typing import Any, Final

_IRI: Final = "@id"


def _list_of(term: str, kind: str | None = None) -> dict[str, str]:
    return {"@id": term, "@container": "@set"} | ({"@type": kind} if kind else {})


#: Field → term of the Data Privacy Vocabulary (https://w3id.org/dpv, version 2), by the mapping of
#: the W3C group's guide to ISO/IEC TS 27560:2023; ``ileti:`` where the vocabulary has none.
CONTEXT: Final[dict[str, Any]] = {
    "dpv": "https://w3id.org/dpv#", "pd": "https://w3id.org/dpv/pd#",
    "loc": "https://w3id.org/dpv/loc#", "dct": "http://purl.org/dc/terms/",
    "ileti": "urn:ileti:terms:",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "ConsentReceipt": "dpv:ConsentReceipt", "ConsentRecord": "dpv:ConsentRecord",
    "schema_version": {"@id": "dct:conformsTo", "@type": _IRI},
    "format": "ileti:format",
    "receipt_id": "dct:identifier", "record_id": "dct:identifier",
    "issued_at": {"@id": "dct:created", "@type": "xsd:dateTime"},
    "language": "dct:language",
    "consent_records": _list_of("dpv:hasRecordOfActivity"),
    "NoticeRecord": "ileti:NoticeRecord", "notice_records": _list_of("ileti:noticeRecord"),
    "extent": "ileti:extent",
    "pii_principal_id": {"@id": "dpv:hasDataSubject", "@type": _IRI},
    "pii_processing": "dpv:hasProcess",
    "privacy_notice": "dpv:hasNotice", "consent_text": "dpv:hasNotice",
    "title": "dct:title", "version": "dct:hasVersion", "sha256": "ileti:sha256",
    "url": {"@id": "dct:source", "@type": _IRI},
    "purposes": _list_of("dpv:hasPurpose"),
    "purpose": "dct:description", "purpose_type": _list_of("@type"),
    "channel": "ileti:channel", "law": "dpv:hasApplicableLaw",
    "lawful_basis": _list_of("dpv:hasLegalBasis", _IRI),
    "pii_information": _list_of("dpv:hasPersonalData"),
    "pii_type": {"@id": "@type"}, "pii_category": "ileti:category",
    "pii_optional": "ileti:optional",
    "pii_controllers": _list_of("dpv:hasDataController", _IRI),
    "collection_method": "dpv:hasDataSource", "source": "ileti:source",
    "description": "dct:description",
    "processing_method": "dpv:hasProcessing", "storage_locations": _list_of(
        "dpv:hasStorageCondition"),
    "retention_period": "dpv:hasDuration",
    "jurisdiction": _list_of("dpv:hasJurisdiction", _IRI),
    "recipient_third_parties": _list_of("dpv:hasRecipient", _IRI),
    "recipients": _list_of("dpv:hasRecipient"),
    "withdrawal_method": _list_of("dpv:hasConsentControl"),
    "privacy_rights": _list_of("dpv:hasRight"),
    "authority_party": {"@id": "dpv:hasAuthority", "@type": _IRI},
    "event_history": _list_of("ileti:event"),
    "event_time": {"@id": "dct:date", "@type": "xsd:dateTime"},
    "event_type": {"@id": "dpv:hasLegalBasis", "@type": _IRI},
    "event_state": {"@id": "dpv:hasConsentStatus", "@type": _IRI},
    "entity_id": {"@id": "dpv:isImplementedByEntity", "@type": _IRI},
    "validity_duration": {"@id": "dct:valid", "@type": _IRI},
    "commitment": "ileti:leaf",
    "party_identification": _list_of("dpv:hasEntity"),
    "party_id": "@id", "party_name": "dpv:hasName", "party_address": "dpv:hasAddress",
    "party_contact": _list_of("dpv:hasContact"),
    "party_role": {"@id": "ileti:role", "@type": _IRI}, "party_type": {"@id": "@type"},
    "brands": _list_of("ileti:brand"),
    "signature": "ileti:signature", "type": "ileti:algorithm",
    "canonicalization": "ileti:canonicalization", "keyId": "ileti:keyId",
    "keys": {"@id": "ileti:keys", "@type": _IRI}, "value": "ileti:value",
}

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "purpose": ("{brand} adına ticari elektronik ileti gönderilmesi ({channel})",
                "Commercial electronic messages in the name of {brand} ({channel})"),
    "law": ("6563 sayılı Kanun m. 6; 6698 sayılı Kanun (KVKK)", "Laws 6563 art. 6 and 6698 (KVKK)"),
    "processing": ("Kayıt, saklama, İYS’ye bildirim, ileti gönderimi",
                   "Recording, keeping, reporting to İYS, sending messages"),
    "stored": ("Aydınlatma metninde yazdığı gibi", "As the privacy notice says"),
    "kept": ("İşlemden başlayarak en az on yıl (6563 m. 11/3)",
             "At least ten years from the act (law 6563 art. 11/3)"),
    "purpose_of_text": ("Açık rıza metninde yazan amaç", "The purpose the consent text names"),
    "explicit_law": ("6698 sayılı Kanun (KVKK) m. 5/1, 6 ve 9",
                     "Law 6698 (KVKK) art. 5/1, 6 and 9"),
    "explicit_kept": ("Rıza geri alınana dek; kaydı, ispat için KVKK ve 6563 sürelerince",
                      "Until it is withdrawn; its record, as proof, for the periods of laws 6698 "
                      "and 6563"),
    "explicit_processing": ("Metinde yazan işleme", "The processing the text describes"),
    "centre": ("Tercih merkezi: {url}", "Preference centre: {url}"),
    "ways": ("İYS: https://iys.org.tr\nKısa mesaj: 3338\ne-Devlet",
             "İYS: https://iys.org.tr\nText message: 3338\ne-Devlet"),
    "rights": ("KVKK m. 11: öğrenme, bilgi isteme, düzeltme, silme, itiraz",
               "KVKK art. 11: to know, to be informed, to correct, to erase, to object"),
    "authority": ("Kişisel Verileri Koruma Kurumu", "Personal Data Protection Authority (KVKK)"),
}


def words(language: str) -> dict[str, str]:
    """The sentences in ``tr`` or ``en``."""
    number = 1 if language == "en" else 0
    return {name: pair[number] for name, pair in _WORDS.items()}
