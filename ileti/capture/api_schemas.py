"""What goes over the wire of the capture calls, as JSON Schema.

Requests are generated from the very structures the endpoints decode with, so that they cannot say
something else; their bounds and answers are kept here by hand, and a test holds both against the
running application. Descriptions are (Turkish, English) pairs; :func:`schemas` says one of them.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ileti.capture.endpoints import MOST_ASKED, ConfirmationIn, NewCodeIn
from ileti.capture.forms import LONGEST_NAME, SubmissionIn
from ileti.capture.receipts import FORMAT
from ileti.consents.vocabulary import Outcome
from ileti.fields.vocabulary import LONGEST_KEY, MOST_FIELDS, Kind
from ileti.kvkk.vocabulary import Act

Pair = tuple[str, str]
PLACE: Final = "#/components/schemas/"
CHANNELS: Final = ["MESAJ", "ARAMA", "EPOSTA"]
MOMENT: Final = "2026-11-23T13:57:48.120+03:00"
HANDLE: Final = "eyJzIjoxLCJ1Ijo0Mn0.Zm9v"
MASKED: Final = "+90 5•• ••• 41 17"

# Bounds that the decoder does not know, and what the fields mean: name -> (schema, words).
_REQUESTS: Final[dict[str, dict[str, tuple[dict[str, Any], Pair]]]] = {
    "SubmissionIn": {
        "key": ({"pattern": "^[A-Za-z0-9_-]{8,64}$"},
                ("Yineleme anahtarı: gönderim başına bir tane, her denemede aynı.",
                 "Idempotency key: one per submission, the same at every try.")),
        "token": ({"maxLength": 2000}, ("Formdan gelen jeton.", "The token of the form.")),
        "shownAt": ({"format": "date-time", "maxLength": 40},
                    ("Metinlerin göründüğü an.", "When the texts came into view.")),
        "choices": ({"maxItems": 3},
                    ("Yalnız işaretlenenler; her kanal en çok bir kez. Boş olabilir (R-13).",
                     "Only what was ticked; each channel at most once. May be empty (R-13).")),
        "privacy": ({"maxItems": MOST_ASKED},
                    ("Yalnız işaretlenen açık rızalar, her biri ayrı bir kayıt (R-57, R-58). Boş "
                     "olabilir.",
                     "Only the explicit consents that were ticked, each a record of its own "
                     "(R-57, R-58). May be empty.")),
        "notice": ({}, ("Aydınlatma metninin nasıl gösterildiği; izin sayılmaz (R-58). Yoksa: "
                        "bağlantısıyla gösterildi.",
                        "How the notice was shown; it is no consent (R-58). Absent: shown with "
                        "its link.")),
        "name": ({"maxLength": 2 * LONGEST_NAME},
                 ("İzin ya da rıza işaretliyse gerekir (R-09); kırpılınca en çok 120 karakter.",
                  "Needed when a consent is ticked (R-09); at most 120 characters when trimmed.")),
        "phone": ({"maxLength": 120},
                  ("MESAJ ve ARAMA için; her yazılış olur. Yalnız rıza için telefon ya da e-posta.",
                   "For MESAJ and ARAMA; any spelling. For explicit consents alone, phone or "
                   "e-mail.")),
        "email": ({"maxLength": 400}, ("EPOSTA için.", "For EPOSTA.")),
        "website": ({"maxLength": 500},
                    ("İnsanların görmediği alan: boş bırakın. Doldurana aynı yanıt verilir, "
                     "hiçbir şey kaydedilmez.",
                     "A field people do not see: leave it empty. What fills it gets the same "
                     "answer, and nothing is recorded.")),
        "fields": ({"maxProperties": MOST_FIELDS, "propertyNames": {"maxLength": LONGEST_KEY}},
                   ("Formun özel alanları (`extra`): anahtarıyla değeri, metin olarak; çok seçmeli "
                    "alanda seçeneklerin anahtarları. Bir kutu işaretliyse kaydedilir ve kanıtın "
                    "parçasıdır.",
                    "The form’s custom fields (`extra`): value by key, as text; of a field with "
                    "several answers their keys. Kept when a box is ticked, as part of the "
                    "proof.")),
        "vouch": ({"maxLength": 400}, ("Yalnız `signed`: site sunucusunun imzası.",
                                       "Policy `signed` only: what the site’s server signed.")),
    },
    "ChoiceIn": {
        "channel": ({}, ("Kanal.", "The channel.")),
        "status": ({}, ("Kutu yalnız onay verebilir.", "A box can only consent.")),
        "at": ({"format": "date-time", "maxLength": 40},
               ("Kişinin kendi tıklamasının anı (R-12).",
                "The moment of the person’s own click (R-12).")),
    },
    "NoticeIn": {
        "at": ({"format": "date-time", "maxLength": 40},
               ("“Okudum, anladım” işaretlendiyse anı; yoksa metin yalnız gösterildi.",
                "The moment of the tick “read and understood”; absent: the notice was only "
                "shown.")),
        "extent": ({}, ("Metin ne kadar gösterildi: bağlantısıyla, açılarak, sonuna dek (R-60).",
                        "How far it was shown: with its link, opened, to its end (R-60).")),
    },
    "PrivacyIn": {
        "document": ({}, ("Formdaki `privacy.texts[].document`.",
                          "`privacy.texts[].document` of the form.")),
        "at": ({"format": "date-time", "maxLength": 40},
               ("Kişinin kendi tıklamasının anı.", "The moment of the person’s own click.")),
    },
    "ConfirmationIn": {
        "handle": ({}, ("Gönderimin yanıtından.", "From the submission’s answer.")),
        "codes": ({"minItems": 1, "maxItems": 2},
                  ("Adres başına bir kod.", "One code per address.")),
    },
    "CodeIn": {"to": ({}, ("Hangi adresin kodu.", "Whose code it is.")),
               "code": ({}, ("Altı hane; boşluklar sayılmaz.",
                             "Six digits; blanks do not count."))},
    "NewCodeIn": {
        "handle": ({}, ("Gönderimin yanıtından.", "From the submission’s answer.")),
        "to": ({}, ("Hangi adrese.", "To which address.")),
    },
}

EXAMPLES: Final[dict[str, Any]] = {
    "SubmissionIn": {
        "key": "5f0c2a7e-6f7b-4f43-9a55-0e4f0d1b7c11", "token": HANDLE,
        "shownAt": "2026-11-23T13:57:30.000+03:00", "name": "Nazlı Karabulut",
        "phone": "0599 213 41 17", "email": "nazli@ornek.com.tr",
        "choices": [{"channel": "MESAJ", "status": "ONAY", "at": MOMENT}],
        "privacy": [{"document": 12, "at": MOMENT}],
        "notice": {"at": MOMENT, "extent": "to_the_end"}, "website": "",
    },
    "ConfirmationIn": {"handle": HANDLE, "codes": [{"to": "phone", "code": "482119"}]},
    "NewCodeIn": {"handle": HANDLE, "to": "phone"},
    "Form": {
        "token": HANDLE, "expiresIn": 1800, "now": 1795431468120, "lang": "tr", "policy": "code",
        "provider": {"title": "Liman Kahve Gıda Tic. A.Ş.", "brand": "Liman Kahve"},
        "fields": ["name", "phone", "email"], "heading": "Ticari elektronik ileti",
        "intro": "Liman Kahve Gıda Tic. A.Ş. tarafından gönderilen ürün ve kampanya tanıtımlarını",
        "channels": [{"channel": "MESAJ", "strong": "kısa mesajla",
                      "text": "almayı kabul ediyorum."}],
        "free": "Hiçbirini seçmeden de sürdürebilirsiniz.",
        "privacy": {
            "heading": "Kişisel verileriniz için açık rıza",
            "free": "Her biri ayrı bir karardır.",
            "told": "Kararınız kaydedildi.",
            "texts": [{"document": 12, "title": "Kişiye özel öneri için açık rıza",
                       "text": "Alışveriş geçmişimin … işlenmesine açık rıza veriyorum.",
                       "more": "Rızamı dilediğim an geri alabilirim."}],
        },
        "notice": {"before": "Verilerinizi neden ve nasıl işlediğimizi ",
                   "link": "aydınlatma metninde", "after": " anlatıyoruz.",
                   "url": "https://izin.ornek.com.tr/n/7",
                   "ack": "Aydınlatma metnini okudum, anladım."},
        "words": {"MESAJ": "Kısa mesaj", "ONAY": "Onay", "given": "Rıza verdiniz"},
    },
    "Notice": {
        "token": HANDLE, "expiresIn": 1800, "now": 1795431468120, "lang": "tr",
        "provider": {"title": "Liman Kahve Gıda Tic. A.Ş.", "brand": "Liman Kahve"},
        "notice": {"before": "Verilerinizi neden ve nasıl işlediğimizi ",
                   "link": "aydınlatma metninde", "after": " anlatıyoruz.",
                   "url": "https://izin.ornek.com.tr/n/7",
                   "ack": "Aydınlatma metnini okudum, anladım.", "open": "Aydınlatma metnini oku",
                   "page": "Ayrı sayfada aç", "title": "Aydınlatma metni",
                   "body": "## Veri sorumlusu\n\nLiman Kahve Gıda Tic. A.Ş. …"},
    },
    "Receipt": {
        "receipt": "MKB-7Q2D-0K4M-XW81", "state": "code_sent",
        "issuedAt": "2026-11-23T10:57:49Z", "provider": 607100, "brand": 607100,
        "items": [{"channel": "MESAJ", "status": "ONAY", "outcome": "UNVERIFIED",
                   "leaf": "9f2c" * 16}],
        "privacy": [{"act": "READ", "text": 7, "leaf": "07b1" * 16, "to": "phone"},
                    {"act": "GIVEN", "text": 31, "leaf": "c4d8" * 16, "to": "phone"}],
        "keyId": "3b1f5a0c9d7e2468", "format": FORMAT, "signature": "kH3v" * 21 + "kA==",
        "handle": HANDLE, "codes": [{"to": "phone", "masked": MASKED, "expiresIn": 300}],
    },
    "CodeSent": {"expiresIn": 300},
    "Keys": {
        "format": 1, "algorithm": "Ed25519", "canonicalization": "RFC 8785",
        "unsigned": ["signature", "handle", "codes"], "current": "3b1f5a0c9d7e2468",
        "keys": [{"keyId": "3b1f5a0c9d7e2468", "publicKey": "Gb9E" * 10 + "Gb8="}],
    },
    "Problem": {
        "type": "urn:ileti:problem:invalid_input", "title": "Bazı alanları düzeltin.",
        "status": 422, "detail": "Bazı alanları düzeltin.",
        "code": "invalid_input",
        "errors": [{"field": "phone", "code": "NUMARA_EKSIK",
                    "message": "Numara eksik. 10 hane yazın, örnek: 0599 213 41 17"}],
    },
}


def _text(**more: Any) -> dict[str, Any]:
    return {"type": "string", **more}


def _list(of: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": of, **more}


def _object(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """Open: a client ignores fields it does not know, so that answers may grow."""
    return {"type": "object", "required": list(required), "properties": required | optional}


_WHOLE: Final = {"type": "integer", "minimum": 0}
_CHANNEL: Final = _text(enum=CHANNELS)
_RECEIPT: Final = _object(
    {
        "receipt": _text(pattern="^MKB(-[0-9A-HJKMNP-TV-Z]{4}){3}$"),
        "state": _text(enum=["recorded", "code_sent", "unverified"]),
        "issuedAt": _text(format="date-time"),
        "provider": _WHOLE, "brand": _WHOLE,
        "items": _list(_object({
            "channel": _CHANNEL, "status": _text(enum=["ONAY", "RET"]),
            "outcome": _text(enum=[one.name for one in Outcome]),
            "leaf": _text(pattern="^[0-9a-f]{64}$"),
        }), maxItems=3),
        "keyId": _text(pattern="^[0-9a-f]{16}$"),
        "format": {"const": FORMAT},
        "signature": _text(pattern="^[A-Za-z0-9+/]{86}==$"),
    },
    privacy=_list(_object({
        "act": _text(enum=[one.name for one in Act]), "text": _WHOLE,
        "leaf": _text(pattern="^[0-9a-f]{64}$"),
    }, to=_text(enum=["phone", "email"]))),
    handle=_text(),
    codes=_list(_object({"to": _text(enum=["phone", "email"]), "masked": _text(),
                         "expiresIn": _WHOLE}), maxItems=2),
)

_ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "Form": _object({
        "token": _text(), "expiresIn": _WHOLE, "now": _WHOLE,
        "lang": _text(enum=["tr", "en"]),
        "policy": _text(enum=["code", "signed", "later"]),
        "provider": _object({"title": _text(), "brand": _text()}),
        "fields": _list(_text(enum=["name", "phone", "email"]), minItems=2),
        "heading": _text(), "intro": _text(),
        "channels": _list(_object({"channel": _CHANNEL, "strong": _text(), "text": _text()}),
                          minItems=1, maxItems=3),
        "free": _text(),
        "privacy": {"oneOf": [{"type": "null"}, _object({
            "heading": _text(), "free": _text(), "told": _text(),
            "texts": _list(_object({"document": _WHOLE, "title": _text(), "text": _text(),
                                    "more": _text()}), minItems=1, maxItems=MOST_ASKED)})]},
        "notice": {"oneOf": [{"type": "null"}, _object({
            "before": _text(), "link": _text(), "after": _text(), "ack": _text(),
            "url": _text(format="uri")})]},
        "words": {"type": "object", "additionalProperties": _text()},
    }, extra=_list(_object(
        {"key": _text(), "kind": _text(enum=[one.value for one in Kind]), "label": _text(),
         "hint": _text(), "required": {"type": "boolean"}},
        choices=_list(_object({"key": _text(), "label": _text()})), maxLength=_WHOLE))),
    "Notice": _object({
        "token": _text(), "expiresIn": _WHOLE, "now": _WHOLE,
        "lang": _text(enum=["tr", "en"]),
        "provider": _object({"title": _text(), "brand": _text()}),
        "notice": _object({name: _text() for name in (
            "before", "link", "after", "ack", "url", "open", "page", "title", "body")}),
    }),
    "Receipt": _RECEIPT,
    "CodeSent": _object({"expiresIn": _WHOLE}),
    "Keys": _object({
        "format": {"const": 1}, "algorithm": {"const": "Ed25519"},
        "canonicalization": {"const": "RFC 8785"}, "unsigned": _list(_text()),
        "current": _text(), "keys": _list(_object({
            "keyId": _text(pattern="^[0-9a-f]{16}$"),
            "publicKey": _text(pattern="^[A-Za-z0-9+/]{43}=$")}), minItems=1),
    }),
    "Problem": _object(
        {"type": _text(pattern="^urn:ileti:problem:[a-z_]+$"), "title": _text(),
         "status": {"type": "integer", "minimum": 400, "maximum": 599}, "detail": _text(),
         "code": _text()}, rule=_text(pattern="^R-[0-9]+$"),
        errors=_list(_object({"field": _text(), "code": _text(), "message": _text()},
                             rule=_text(pattern="^R-[0-9]+$"), triesLeft=_WHOLE)),
    ),
}


def schemas(language: str) -> dict[str, Any]:
    """``components.schemas`` with its words in ``tr`` or ``en``."""
    number = 1 if language == "en" else 0
    _, made = msgspec.json.schema_components(
        [SubmissionIn, ConfirmationIn, NewCodeIn], ref_template=PLACE + "{name}"
    )
    for name, fields in _REQUESTS.items():
        made[name].pop("description", None)
        for field, (bounds, words) in fields.items():
            made[name]["properties"][field] = (
                _bounded(made[name]["properties"][field], bounds) | {"description": words[number]}
            )
    made |= _ANSWERS
    return {name: body | ({"examples": [EXAMPLES[name]]} if name in EXAMPLES else {})
            for name, body in sorted(made.items())}


def _bounded(field: dict[str, Any], bounds: dict[str, Any]) -> dict[str, Any]:
    """Bounds go to the text of a field that may also be null."""
    if "anyOf" not in field:
        return field | bounds
    return field | {"anyOf": [one | bounds if one.get("type") == "string" else one
                              for one in field["anyOf"]]}
