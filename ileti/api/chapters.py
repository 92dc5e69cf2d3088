"""The chapters of the document that the services of ``/api/v1/`` write, with who may call what.

Why this module exists: a service is declared once, with its page (:class:`~.scoped.Declared`) or in
the table of the lean door; from there come the route, the scope it needs, and the document. Tests
hold all of it equal to what the application does.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from typing import Any, Final

from ileti.api import (
    actproofs,
    acts,
    calllists,
    calls,
    campaigns,
    cases,
    compliance,
    daily,
    document,
    exporting,
    exports,
    fields,
    identity,
    looking,
    owndocument,
    places,
    recorddocument,
    registry,
    reports,
    shapes,
    singles,
    taking,
    templates,
    texts,
)
from ileti.api.endpoints import OPEN, ROUTES
from ileti.api.item import FIELDS
from ileti.api.scoped import Declared, open_door
from ileti.api.shapes import given, many, maybe, obj
from ileti.capture.api_document import Chapter, Operation
from ileti.capture.api_schemas import Pair
from ileti.consents.vocabulary import Outcome
from ileti.fields.vocabulary import MOST_FIELDS
from ileti.programs.scopes import SCOPES

SCOPED: Final[tuple[Declared, ...]] = (
    *looking.SERVICES, *exporting.SERVICES, *exports.SERVICES, *acts.SERVICES,
    *actproofs.SERVICES, *calls.SERVICES, *texts.SERVICES, *places.SERVICES, *registry.SERVICES,
    *reports.SERVICES, *compliance.SERVICES, *daily.SERVICES, *cases.SERVICES, *fields.SERVICES,
    *calllists.SERVICES, *templates.SERVICES, *singles.SERVICES,
    *campaigns.SERVICES)
open_door(SCOPED)

FAULTS: Final[dict[int, Pair]] = {
    400: ("OAuth biçiminde: `invalid_request`, `unsupported_grant_type`, `invalid_scope`; başka "
          "servislerde `bad_length`, `cut_short`: gövde eksik.",
          "In OAuth’s form: `invalid_request`, `unsupported_grant_type`, `invalid_scope`; "
          "elsewhere `bad_length`, `cut_short`: the body is not whole."),
    401: ("`not_logged_in`: anahtar, jeton ya da imza geçersiz; gövde okunmaz. Jeton istenirken "
          "OAuth biçiminde `invalid_client`.",
          "`not_logged_in`: key, token or signature are no good; the body is not read. Where a "
          "token is asked for, `invalid_client` in OAuth’s form."),
    403: ("`scope_missing`, `asking_not_granted`: `scope` hesapta eksik yetkiyi söyler. "
          "`address_refused`: bu ağ adresinden çağrılmaz. `signature_needed`: her çağrısı "
          "imzalanır. `outbound_off`: giden çağrılarda sorulmuyor (R-20). `not_for_dealers`, "
          "`dealer_not_allowed`: marka bayilerine bunu açmıyor. `https_only`.",
          "`scope_missing`, `asking_not_granted`: `scope` says what the account lacks. "
          "`address_refused`: not called from this network address. `signature_needed`: each call "
          "is signed. `outbound_off`: outbound calls ask for nothing (R-20). `not_for_dealers`, "
          "`dealer_not_allowed`: the brand does not open this to its dealers. `https_only`."),
    404: ("`no_such_brand`, `no_such_record`, `no_such_retailer`, `no_such_dealer`, "
          "`no_such_text`, `no_such_template`, `no_such_request`, `no_such_recipient`, "
          "`no_such_call`, `no_such_campaign`, `not_found`: hesabın böyle bir kaydı yok.",
          "`no_such_brand`, `no_such_record`, `no_such_retailer`, `no_such_dealer`, "
          "`no_such_text`, `no_such_template`, `no_such_request`, `no_such_recipient`, "
          "`no_such_call`, `no_such_campaign`, `not_found`: the account has no such thing."),
    408: ("`too_slow`: gövde çok yavaş geldi.", "`too_slow`: the body came too slowly."),
    409: ("`dealer_exists`: bu numarayla bir bayi var. `other_result`: aramanın başka sonucu "
          "var. `not_sealed_yet`, `not_stamped_yet`: kayıt henüz mühürlenmedi ya da damgalanmadı, "
          "az sonra. `not_as_sealed`: kayıt mühründen farklı. `bundle_too_large`: paket çok "
          "büyük. `no_script`, `no_notice`: yayında metin yok. `nothing_to_prove`, "
          "`other_recording`: çağrının kaydı alınmaz. `other_state`: kampanya yayında değil. "
          "`conflict`.",
          "`dealer_exists`: a dealer has this number. `other_result`: the call has another. "
          "`not_sealed_yet`, `not_stamped_yet`: the record has no seal or stamp yet, ask shortly. "
          "`not_as_sealed`: the record is not what was sealed. `bundle_too_large`: the bundle is "
          "too large. `no_script`, `no_notice`: no text is published. `nothing_to_prove`, "
          "`other_recording`: the recording is not taken. `other_state`: the campaign does not "
          "run. `conflict`."),
    410: ("`gone`, `erased`: kişi silinmiş. `export_not_ready`: dosya hazır değil ya da kalkmış.",
          "`gone`, `erased`: the person was erased. `export_not_ready`: the file is not ready, or "
          "no longer here."),
    412: ("`changed`: kayıt bu arada değişmiş.", "`changed`: it has changed meanwhile."),
    413: ("`too_large`: gövde sınırdan büyük.", "`too_large`: the body is larger than allowed."),
    422: ("`invalid_input`: `errors` alanları adıyla söyler, hepsini bir kerede. `key_reused`: "
          "anahtar başka bir istekle kullanılmış. `unreadable`: JSON nesnesi değil. "
          "`digest_mismatch`.",
          "`invalid_input`: `errors` names the fields, all at once. `key_reused`: the key was used "
          "for another request. `unreadable`: no JSON object. `digest_mismatch`."),
    429: ("`too_many`, `too_many_transfers`: `Retry-After` saniye bekleyin.",
          "`too_many`, `too_many_transfers`: wait `Retry-After` seconds."),
    500: ("`fault`: aynısını yeniden gönderin.", "`fault`: send the same again."),
    503: ("`storage_away`: yapıldığı bilinmiyor; aynı anahtarla yeniden gönderin.",
          "`storage_away`: nothing is known to be done; send the same again with the same key."),
}
_PARAMETERS: Final[shapes.Declared] = {
    "record": (shapes.RECORD, ("Kayıt numarası `IZN-…`.", "The record’s number `IZN-…`.")),
    "case": ({"type": "string", "pattern": "^BSV-"}, ("Başvuru numarası `BSV-…`.",
                                                      "The request’s number `BSV-…`.")),
    "id": (shapes.NUMBER, ("Numarası.", "Its number.")),
    "brand": (shapes.NUMBER, ("Markanın İYS numarası.", "The brand’s number at İYS.")),
    "day": (shapes.DAY, ("Gün.", "The day.")),
}


def security(number: int) -> dict[str, dict[str, Any]]:
    """The ways to say who calls, with what each scope opens, in Turkish (0) or English (1)."""
    about = (
        ("Anahtarın kendisi, ya da bir jeton.", "The key itself, or a token."),
        ("Kullanıcı adı ve anahtar.", "User name and key."),
        ("`ILETI-HMAC-SHA256 key=…,time=…,nonce=…,signature=…`: anahtar gönderilmez.",
         "`ILETI-HMAC-SHA256 key=…,time=…,nonce=…,signature=…`: the key is not sent."))
    return {
        "key": {"type": "http", "scheme": "bearer", "description": about[0][number]},
        "secret": {"type": "http", "scheme": "basic", "description": about[1][number]},
        "signature": {"type": "apiKey", "in": "header", "name": "Authorization",
                      "description": about[2][number]},
        "oauth2": {"type": "oauth2", "flows": {"clientCredentials": {
            "tokenUrl": identity.PATH, "scopes": {
                one.key: one.say("en" if number else "tr") for one in SCOPES}}}},
    }


# -- consents that are written, and tokens ---------------------------------------------------------

_ITEM_WORDS: Final[dict[str, Pair]] = {
    "address": ("Telefon ya da e-posta; her yazılış olur.", "A phone or an e-mail; any spelling."),
    "channel": ("Hangi kanal için.", "For which channel."),
    "status": ("Onay ya da ret.", "Consent or refusal."),
    "source": ("İzin kaynağı (R-43); tacirin ilk kaydında boş olabilir.",
               "The source (R-43); may be left out in a merchant’s first record."),
    "consentDate": ("Seçimin yapıldığı an, saat farkıyla (R-39).",
                    "When the choice was made, with its offset (R-39)."),
    "recipientType": ("Alıcı türü.", "The recipient type."),
    "merchantBasis": ("Tacirin onayı için dayanak (R-05).", "The basis of a merchant’s (R-05)."),
    "retailerCode": ("İzni alan bayi.", "The retailer who took it."),
    "textId": ("Gösterilen onay metni (`/documents`).", "The text that was shown (`/documents`)."),
    "fields": ("İzinle söylenen özel alanlar (`/fields`); kanıtın parçası olurlar.",
               "Custom fields said with the consent (`/fields`); they become part of its proof."),
}
_ITEM_KINDS: Final[dict[str, dict[str, Any]]] = {
    "address": shapes.ADDRESS, "channel": shapes.CHANNEL, "status": shapes.STATUS,
    "source": shapes.OWN_SOURCE, "consentDate": shapes.MOMENT,
    "recipientType": shapes.KIND | {"default": "BIREYSEL"},
    "merchantBasis": {"type": "string", "maxLength": 120}, "retailerCode": shapes.NUMBER,
    "textId": shapes.NUMBER, "fields": {"type": "object", "maxProperties": MOST_FIELDS}}
assert set(_ITEM_KINDS) == set(FIELDS) == set(_ITEM_WORDS)
_DONE: Final = {"record": shapes.RECORD,
                "outcome": {"type": "string", "enum": [one.name for one in Outcome]},
                "commitment": shapes.SHA}
_RECEIPT: Final = {"receipt": {"type": "string", "pattern": "^MKB-"}, "recordedAt": shapes.MOMENT}


def _written(number: int) -> dict[str, Any]:
    fields = {name: kind | {"description": _ITEM_WORDS[name][number]}
              for name, kind in _ITEM_KINDS.items()}
    needed = ("address", "channel", "status")
    brand = shapes.NUMBER | {"description": (
        "Markanın İYS numarası; tek marka varsa gerekmez.",
        "The brand’s number at İYS; not needed when there is only one.")[number]}
    return {
        "ConsentIn": given(needed, brand=brand, **fields),
        "ConsentItem": given(needed, **fields),
        "ConsentsIn": given(("items",), brand=brand, items=many(
            {"$ref": "#/components/schemas/ConsentItem"}, minItems=1, maxItems=taking.MOST)),
        "ConsentTaken": obj(**_DONE, **_RECEIPT),
        "ConsentsTaken": obj(**_RECEIPT, recorded=shapes.WHOLE, refused=shapes.WHOLE,
                             results=many({
                                 "type": "object", "required": ["index"],
                                 "properties": {"index": shapes.WHOLE, **_DONE,
                                                "errors": many(shapes.FAULT)}})),
        "TokenIn": given(("grant_type",), grant_type={
            "type": "string", "enum": ["client_credentials"]},
            client_id={"type": "string", "maxLength": 64},
            client_secret={"type": "string", "maxLength": 200},
            scope={"type": "string", "maxLength": 1_000}),
        "Token": obj(access_token=shapes.TEXT, token_type={"type": "string", "enum": ["Bearer"]},
                     expires_in=shapes.WHOLE, scope=shapes.TEXT),
        "TokenRefused": obj(error=shapes.TEXT, error_description=maybe(shapes.TEXT)),
    }


_ITEM: Final = {"address": "0599 213 41 17", "channel": "MESAJ", "status": "ONAY",
                "source": "HS_WEB", "consentDate": "2026-11-30T10:00:00+03:00"}
_TAKEN: Final = {"record": "IZN-7Q2D-0K4M-XW81", "outcome": "RECORDED", "commitment": "4b1e" * 16}
_AT: Final = {"receipt": "MKB-7Q2D-0K4M-XW81", "recordedAt": "2026-11-30T10:00:01.120+03:00"}
_WRITTEN: Final[dict[str, Any]] = {
    "ConsentIn": {"brand": 731_204, **_ITEM}, "ConsentItem": _ITEM,
    "ConsentsIn": {"brand": 731_204, "items": [_ITEM, _ITEM | {"address": "0599"}]},
    "ConsentTaken": _TAKEN | _AT,
    "ConsentsTaken": _AT | {"recorded": 1, "refused": 1, "results": [
        {"index": 0} | _TAKEN, {"index": 1, "errors": [{
            "field": "address", "code": "NUMARA_EKSIK", "message": "Numara eksik.",
            "rule": "R-38"}]}]},
    "TokenIn": {"grant_type": "client_credentials", "client_id": "api-1f2e3d4c5b6a",
                "client_secret": "ilt_…", "scope": "consents:ask"},
    "Token": {"access_token": "eyJ…", "token_type": "Bearer", "expires_in": 900,
              "scope": "consents:ask"},
    "TokenRefused": {"error": "invalid_client", "error_description": "…"},
}
_WRITES: Final = (401, 403, 404, 413, 422, 429, 500, 503)
_LEAN: Final = (
    Operation(
        "giveToken", "post", identity.PATH, "access", ("Jeton al", "Get a token"),
        ("OAuth2 client credentials: kullanıcı adı ve anahtar Basic ile ya da form alanlarıyla. "
         "Jeton 15 dakika geçerlidir ve anahtarla birlikte biter.",
         "OAuth2 client credentials: user name and key by Basic or as form fields. The token lives "
         "15 minutes and ends with its key."),
        200, ("Jeton.", "The token."), "Token",
        fields=("grant_type", "client_id", "client_secret", "scope"), failure="TokenRefused",
        faults=(400, 401, 413, 429, 500, 503)),
    Operation(
        "ownDocument", "get", owndocument.PATH, "access",
        ("Bu belge, hesaba göre", "This document, for the account"),
        ("Yalnız hesabın hizmet sağlayıcısında bulunan servislerle; dili Accept-Language belirler.",
         "With the services alone that the account’s provider has; in the language of "
         "Accept-Language."),
        200, ("OpenAPI belgesi.", "The OpenAPI document."), gives=("application/json",),
        faults=(401, 403, 429, 500, 503), account=True),
    Operation(
        "takeConsent", "post", taking.PATH, "consents", ("İzin kaydet", "Record a consent"),
        ("Bir seçim. Ret de böyle kaydedilir ve hemen geçerlidir; İYS’ye kendiliğinden iletilir.",
         "One choice. A refusal is recorded in the same way and works at once; İYS is told by "
         "itself."),
        201, ("Kaydedildi.", "Recorded."), "ConsentTaken", "ConsentIn",
        headers=places._IDEM, needed=("Idempotency-Key",), faults=_WRITES),
    Operation(
        "takeConsents", "post", taking.BATCH, "consents",
        ("Çok izin kaydet", "Record many consents"),
        ("En çok 1.000 izin. Her biri ayrı değerlendirilir: hatalı olan ötekileri durdurmaz, "
         "`results` sırasıyla hepsini söyler. Alanları `ConsentItem`.",
         "Up to 1,000 consents. Each is judged by itself: a faulty one stops no other, `results` "
         "tells of each in order. Its fields are `ConsentItem`."),
        200, ("Kaydedilenler ve hatalar.", "What was recorded, and the faults."),
        "ConsentsTaken", "ConsentsIn", headers=places._IDEM, needed=("Idempotency-Key",),
        faults=_WRITES),
)
_TITLES: Final[dict[str, Pair]] = {
    "access": ("API’ye giriş", "Access to the API"),
    "consents": ("İzinler", "Consents"),
    "acts": ("Aydınlatma ve açık rıza", "Notices and explicit consents"),
    "texts": ("Metinler ve iletiler", "Texts and messages"),
    "places": ("Markalar, bayiler, kullanıcılar", "Brands, dealers, users"),
    "registry": ("İYS", "İYS"),
    "reports": ("Raporlar", "Reports"),
    "requests": ("Veri sahibi başvuruları", "Data subjects’ requests"),
    "fields": ("Özel alanlar", "Custom fields"),
    "calls": ("Çağrılar", "Calls"), "call_lists": ("Arama listeleri", "Call lists"),
    "templates": ("İleti şablonları", "Templates of messages"),
    "sending": ("Tek ileti gönderme", "Sending one message"),
    "campaigns": ("Kampanyalar", "Campaigns"),
}
_MODULES: Final[dict[str, Any]] = {
    "consents": looking, "acts": acts, "texts": texts, "places": places, "registry": registry,
    "reports": reports, "requests": cases, "fields": fields, "calls": calls,
    "call_lists": calllists, "templates": templates, "sending": singles,
    "campaigns": campaigns}
#: what a group's services say that stand in modules of their own
_MORE: Final[dict[str, tuple[Any, ...]]] = {
    "acts": (actproofs,), "consents": (exports,), "reports": (compliance, daily)}
_EXPLAINED: Final = {"consents": ("ConsentItem",)}
#: whole programs, by the name of their language and their file; Python's is no module of ours
SAMPLES: Final = {"curl": "curl.sh", "Python": "python.py.txt",
                  "JavaScript (Node)": "javascript.mjs", "PHP": "php.php", "C#": "csharp.cs"}


def sample(name: str) -> str:
    """The text of a program."""
    return resources.files("ileti.api").joinpath("examples", name).read_text("utf-8")


def _modules(group: str) -> list[Any]:
    return [*((_MODULES[group],) if group in _MODULES else ()), *_MORE.get(group, ())]


def _examples(group: str) -> dict[str, Any]:
    return {name: one for module in _modules(group) for name, one in module.EXAMPLES.items()}


def _schemas(group: str, number: int) -> dict[str, Any]:
    made = {name: one for module in _modules(group) for name, one in module.SCHEMAS.items()}
    examples = _examples(group)
    if group == "consents":
        made |= {k: v for k, v in _written(number).items() if not k.startswith("Token")}
    if group == "access":
        made |= {k: v for k, v in _written(number).items() if k.startswith("Token")}
    return {name: body | {"examples": [(examples | _WRITTEN)[name]]}
            for name, body in made.items()}


def _chapter(group: str) -> Chapter:
    operations = (*(one for one in _LEAN if one.group == group),
                  *(one.operation for one in SCOPED if one.operation.group == group))
    return Chapter(group, _TITLES[group], operations, FAULTS, _PARAMETERS,
                   lambda number: _schemas(group, number), _examples(group) | _WRITTEN,
                   _EXPLAINED.get(group, ()), samples={
                       name: sample(file) for name, file in SAMPLES.items()}
                   if group == "access" else {})


def _with_access(chapter: Chapter) -> Chapter:
    """The chapter with the scope of each service, and the ways to say who calls."""
    scopes = {(one.method.lower(), one.path): one.scope for one in ROUTES}
    return replace(chapter, security=security, operations=tuple(
        replace(one, scope="" if scopes[one.method, one.path] == OPEN else
                scopes[one.method, one.path]) for one in chapter.operations))


CHAPTERS: Final = tuple(_with_access(one) for one in (
    _chapter("access"), _chapter("consents"), recorddocument.CHAPTER, document.CHAPTER,
    *(_chapter(group) for group in (
        "acts", "texts", "places", "registry", "reports", "requests", "fields", "calls",
        "call_lists", "templates", "sending", "campaigns"))))
