"""A signed receipt in the words of the person who gets it: the page behind a receipt's link.

Why this module exists: the file is for software (ISO/IEC TS 27560), and whoever opens the link of a
mail reads. The page is drawn from the receipt itself, so that nothing stands on it that was not
signed; it names neither person nor address, as the receipt does not (ADR 0032).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from flask import Response

from ileti.capture.api_pages import KEYS
from ileti.capture.page import draw, in_language
from ileti.channels.preference_link import centre_path
from ileti.channels.render import istanbul_text
from ileti.core import db

Pair = tuple[str, str]
#: what the button is called that gives the file
FILE: Final = {"tr": "Dosya olarak indir (ISO/IEC TS 27560)",
               "en": "Download as a file (ISO/IEC TS 27560)"}
_READ: Final[Pair] = ("Okudum, anladım dediniz", "You said you have read and understood it")
_STATES: Final[dict[str, tuple[str, Pair, Pair]]] = {
    # state → tone, of messages, of data
    "dpv:ConsentGiven": ("", ("Onay verdiniz", "You consented"),
                         ("Açık rıza verdiniz", "You gave your explicit consent")),
    "dpv:ConsentRefused": ("ret", ("Reddettiniz", "You refused"), ("Reddettiniz", "You refused")),
    "dpv:ConsentWithdrawn": ("ret", ("Onayınızı geri aldınız", "You withdrew your consent"),
                             ("Açık rızanızı geri aldınız",
                              "You withdrew your explicit consent")),
    "ileti:ConsentNotVerified": ("", ("Adres doğrulanmadı; geçerli değil",
                                      "The address is not verified; it does not hold"),
                                 ("Adres doğrulanmadı; geçerli değil",
                                  "The address is not verified; it does not hold")),
    "ileti:NoticeShown": ("", ("Gösterildi", "Shown"), ("Gösterildi", "Shown")),
    "ileti:NoticeRead": ("", _READ, _READ),
}


_COMPANY: Final = """
select p.iys_code, (select b.id from brand b where b.provider_id = p.id
                     order by b.accent is null, b.master desc, b.id limit 1)
  from provider p where p.iys_code = %s"""


def show(made: Mapping[str, Any], language: str, **more: Any) -> Response:
    """A signed receipt as a page, in the colour of the company that gave it."""
    said = told(made, language)
    code, brand_id = db.connection().execute(
        _COMPANY, (said["provider"],)).fetchone() or (None, None)
    more.setdefault("centre_url", in_language(centre_path(code), language) if code else None)
    return draw("receipt_signed.html", language, said["company"], receipt=said,
                brand_id=brand_id, keys_url=KEYS, **more)


def told(receipt: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Context of ``public/receipt_signed.html``."""
    parties = {one["party_id"]: one for one in receipt["party_identification"]}
    company: Mapping[str, Any] = next((one for one in parties.values()
                    if one.get("party_role") == "dpv:DataController"), {})
    return {
        "provider": int(str(company.get("party_id", ":0")).rpartition(":")[2]),
        "number": receipt["receipt_id"], "company": company.get("party_name", ""),
        "contact": company.get("party_contact", []),
        "issued_at": _when(receipt["issued_at"]),
        "records": [_consent(one, parties, language) for one in receipt["consent_records"]],
        "notices": [_line(one, language) | _text(one.get("privacy_notice"))
                    for one in receipt.get("notice_records", [])],
    }


def _consent(one: Mapping[str, Any], parties: Mapping[str, Any], language: str) -> dict[str, Any]:
    said = one["pii_processing"]
    takers = [parties[name]["party_name"] for name in said["recipient_third_parties"]
              if name in parties]
    return _line(one, language) | _text(said.get("consent_text")) | {
        "purposes": [purpose["purpose"] for purpose in said["purposes"]],
        "explicit": "dpv:ExplicitlyExpressedConsent" in said["purposes"][0]["lawful_basis"],
        "how": said["collection_method"]["description"], "passed": takers,
        "notice": _text(said.get("privacy_notice")),
        "ways": [way for way in said["withdrawal_method"] if "://" not in way],
        "links": [way for way in said["withdrawal_method"] if way.startswith(("http://",
                                                                              "https://"))]}


def _line(one: Mapping[str, Any], language: str) -> dict[str, Any]:
    """What was done, and when: of the events the one that decides."""
    event = next((each for each in one["event_history"] if each["event_state"] in _STATES), None)
    state = event["event_state"] if event else ""
    tone, ours, data = _STATES.get(state, ("", ("", ""), ("", "")))
    pair = data if event and event["event_type"] == "dpv:ExplicitlyExpressedConsent" else ours
    return {"tone": tone, "word": pair[language == "en"], "record": one["record_id"],
            "at": _when(event["event_time"]) if event else "", "commitment": one["commitment"]}


def _text(shown: Mapping[str, Any] | None) -> dict[str, Any]:
    return {} if shown is None else {"title": shown["title"], "version": shown["version"],
                                     "url": shown["url"], "lang": shown["language"]}


def _when(text: str) -> str:
    return istanbul_text(datetime.fromisoformat(text))
