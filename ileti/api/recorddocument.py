"""The chapter of the API's document about single records: what held then, and their proof files.

Tests hold routes, statuses, fields and examples against the application.
"""

from __future__ import annotations

from typing import Any, Final

from ileti.api import consents, proofs
from ileti.capture.api_document import Chapter, Operation
from ileti.capture.api_schemas import CHANNELS, Pair
from ileti.consents.gate import Denial
from ileti.consents.ledger import ActorKind
from ileti.consents.past import MOST
from ileti.consents.vocabulary import IysStatus, RecipientType, Source, Status
from ileti.evidence.kinds import SUFFIXES, Role

_TEXT: Final = {"type": "string"}
_WHOLE: Final = {"type": "integer", "minimum": 0}
_SHA: Final = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_MOMENT: Final = _TEXT | {"format": "date-time"}
_NUMBER: Final = _TEXT | {"pattern": "^IZN(-[0-9A-HJKMNP-TV-Z]{4}){3}$"}
_ROLES: Final = _TEXT | {"enum": [one.name for one in Role]}

FAULTS: Final[dict[int, Pair]] = {
    400: ("`bad_length`, `cut_short`: dosya eksik ya da boyu söylenmemiş. `empty_file`, "
          "`kind_refused`, `infected`, `wrong_role`: dosya alınmaz. `multipart`: form değil, "
          "dosyanın kendisi. `quota`: kasada yer kalmadı. `erased`: kişi silinmiş. `many_files`, "
          "`unreadable`.",
          "`bad_length`, `cut_short`: the file is not whole, or its length was not said. "
          "`empty_file`, `kind_refused`, `infected`, `wrong_role`: the file is not taken. "
          "`multipart`: send the file itself, no form. `quota`: the vault is full. `erased`: the "
          "person was erased. `many_files`, `unreadable`."),
    401: ("`not_logged_in`: kullanıcı adı ve anahtar ya da jeton geçersiz; gövde okunmaz.",
          "`not_logged_in`: user name and secret, or the token, are wrong; the body is not read."),
    403: ("`asking_not_granted`, `proofs_not_granted`: hesaba panelde bu yetki verilmemiş. "
          "`https_only`.",
          "`asking_not_granted`, `proofs_not_granted`: the account was not given this right in "
          "the panel. `https_only`."),
    404: ("`no_such_brand`, `no_such_record`, `not_found`: hesabın böyle bir markası, kaydı, "
          "aktarması yok.",
          "`no_such_brand`, `no_such_record`, `not_found`: the account has no such brand, record "
          "or import."),
    408: ("`too_slow`: 30 saniye veri gelmedi.", "`too_slow`: nothing came for 30 seconds."),
    409: ("`file_differs`: bu anahtarla başka bir dosya gelmişti. `name_taken`: aktarmada "
          "bu adla başka bir dosya var. `moved_on`: aktarma ilerlemiş. `swept`: yükleme çok uzun "
          "sürdü; yeniden gönderin.",
          "`file_differs`: another file came with this key. `name_taken`: the import has "
          "another file of this name. `moved_on`: the import has moved on. `swept`: the upload "
          "took too long; send it again."),
    413: ("`too_large`: dosya VAULT_LONGEST_MB’den, JSON 64 kB’den büyük.",
          "`too_large`: the file is larger than VAULT_LONGEST_MB, JSON than 64 kB."),
    422: ("`invalid_input`: `errors` alanları adıyla söyler. `unreadable`: JSON nesnesi değil. "
          "`key_reused`: anahtar başka bir istekle kullanılmış. `digest_mismatch`: gelen "
          "veri Content-Digest ile aynı değil.",
          "`invalid_input`: `errors` names the fields. `unreadable`: no JSON object. "
          "`key_reused`: the key was used for another request. `digest_mismatch`: what "
          "came differs from Content-Digest."),
    429: ("`too_many`, `too_many_transfers`: `Retry-After` saniye bekleyin.",
          "`too_many`, `too_many_transfers`: wait `Retry-After` seconds."),
    500: ("`fault`: aynısını yeniden gönderin.", "`fault`: send the same again."),
    503: ("`storage_away`, `scan_failed`, `no_room`, `store_away`, `being_destroyed`: yapıldığı "
          "bilinmiyor; aynısını yeniden gönderin.",
          "`storage_away`, `scan_failed`, `no_room`, `store_away`, `being_destroyed`: nothing is "
          "known to be done; send the same again."),
}

FIELDS: Final[dict[str, tuple[dict[str, Any], Pair]]] = {
    "address": (_TEXT | {"maxLength": 400}, ("Telefon ya da e-posta; her yazılış olur.",
                                             "A phone or an e-mail; any spelling.")),
    "at": (_MOMENT | {"maxLength": 40}, ("Geçmiş bir an, saat farkıyla.",
                                         "A moment that has passed, with its offset.")),
    "brand": (_WHOLE, ("Markanın İYS numarası; boşsa hesabın bütün markaları.",
                       "The brand’s number at İYS; without it all brands of the account.")),
    "channel": (_TEXT | {"enum": CHANNELS}, ("Yalnız bu kanal.", "This channel only.")),
    "recipientType": (_TEXT | {"enum": [one.name for one in RecipientType]},
                      ("Yalnız bu alıcı türü.", "This recipient type only.")),
}
_LINE: Final[dict[str, Any]] = {
    "number": "IZN-7Q2D-0K4M-XW81", "takenAt": "2026-05-01T09:12:04.120+03:00",
    "takenBy": "VISITOR", "retailerCode": None,
    "text": {"title": "Ticari elektronik ileti", "version": 3, "language": "tr",
             "sha256": "9f2c" * 16, "path": "/n/17"},
    "commitment": "4b1e" * 16, "seal": 4_711, "sealedAt": "2026-05-01T09:12:09.000+03:00",
    "stampedAt": "2026-05-01T10:00:02.000+03:00",
    "files": [{"role": "RECORDING", "sha256": "0c5d" * 16,
               "addedAt": "2026-05-01T09:30:00.000+03:00"}]}
EXAMPLES: Final[dict[str, Any]] = {
    "MomentIn": {"address": "0599 213 41 17", "at": "2026-05-03T10:00:00+03:00"},
    "Moment": {"at": "2026-05-03T10:00:00.000+03:00", "states": [{
        "brand": 731_204, "channel": "MESAJ", "recipientType": "BIREYSEL", "status": "ONAY",
        "source": "HS_WEB", "verified": True, "consentDate": "2026-05-01T09:12:03.000+03:00",
        "iys": {"status": "REGISTERED", "code": None, "due": None}, "mayBeSent": True,
        "why": None, "record": _LINE, "complete": True}]},
    "Proof": {"records": ["IZN-7Q2D-0K4M-XW81"], "import": None, "role": "RECORDING",
              "file": {"sha256": "0c5d" * 16, "size": 412_004, "mediaType": "audio/ogg"}},
}


def _object(**fields: Any) -> dict[str, Any]:
    """Open: a client ignores fields it does not know, so that answers may grow."""
    return {"type": "object", "required": list(fields), "properties": fields}


def _maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _enum(words: Any) -> dict[str, Any]:
    return _TEXT | {"enum": [one.name for one in words]}


def schemas(number: int) -> dict[str, Any]:
    """``components.schemas`` of this chapter, with words in Turkish (0) or English (1)."""
    record = _object(
        number=_NUMBER, takenAt=_MOMENT, takenBy=_maybe(_enum(ActorKind)),
        retailerCode=_maybe(_WHOLE), text=_maybe(_object(
            title=_TEXT, version=_WHOLE, language=_TEXT, sha256=_SHA, path=_TEXT)),
        commitment=_SHA, seal=_maybe(_WHOLE), sealedAt=_maybe(_MOMENT), stampedAt=_maybe(_MOMENT),
        files={"type": "array", "items": _object(role=_ROLES, sha256=_SHA, addedAt=_MOMENT)})
    state = _object(
        brand=_WHOLE, channel=_TEXT | {"enum": CHANNELS}, recipientType=_enum(RecipientType),
        status=_enum(Status), source=_enum(Source), verified={"type": "boolean"},
        consentDate=_MOMENT, iys=_object(status=_enum(IysStatus), code=_maybe(_TEXT),
                                         due=_maybe(_MOMENT)),
        mayBeSent={"type": "boolean"}, why=_maybe(_TEXT | {"enum": [one.value for one in Denial]}),
        record=_maybe(record), complete={"type": "boolean", "description": (
            f"Yanlışsa kanalın {MOST} kaydından eskilerine bakılmadı.",
            f"When false, the channel has more than {MOST} records; older ones were not looked at.",
        )[number]})
    made = {
        "MomentIn": {"type": "object", "required": ["address", "at"],
                     "additionalProperties": False,
                     "properties": {
                         name: (kind if name in ("address", "at") else _maybe(kind))
                         | {"description": words[number]}
                         for name, (kind, words) in FIELDS.items()}},
        "Moment": _object(at=_MOMENT, states={"type": "array", "items": state}),
        "Proof": _object(**{"records": {"type": "array", "items": _NUMBER},
                            "import": _maybe(_WHOLE), "role": _ROLES,
                            "file": _object(sha256=_SHA, size=_WHOLE, mediaType=_TEXT)}),
    }
    return {name: body | {"examples": [EXAMPLES[name]]} for name, body in made.items()}


_PROOF_QUERY: Final[dict[str, tuple[dict[str, Any], Pair]]] = {
    "record": (_TEXT, ("Kayıt numarası `IZN-…`.", "The record’s number `IZN-…`.")),
    "receipt": (_TEXT, ("Makbuz numarası `MKB-…`: o gönderimin bütün kayıtları.",
                        "The receipt’s number `MKB-…`: all records of that submission.")),
    "import": (_WHOLE, ("Hesabın hazırlanan bir aktarması.",
                        "An import of the account that is being prepared.")),
    "whole": ({"type": "boolean", "default": False},
              ("Dosya, listenin bütününü kanıtlar; yoksa satırlar adıyla anar.",
               "The file proves all of the list; otherwise rows name it.")),
    "role": (_ROLES, ("Neyi kanıtladığı; yazılmazsa içeriğinden.",
                      "As what it proves; told by its content when left out.")),
    "name": (_TEXT | {"maxLength": 180}, ("Dosyanın adı; Content-Disposition da olur.",
                                          "The file’s name; Content-Disposition will do.")),
}
_HEADERS: Final[dict[str, tuple[dict[str, Any], Pair]]] = {
    "Idempotency-Key": (_TEXT | {"pattern": "^[!-~]{1,80}$"},
                        ("Bu dosyanın anahtarı: yinelemede aynısı.",
                         "This file’s key: the same when repeated.")),
    "Content-Digest": (_TEXT, ("`sha-256=:…:` (RFC 9530). Gelen veri bununla denetlenir.",
                               "`sha-256=:…:` (RFC 9530). What comes is checked with it.")),
}

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        "consentsAt", "post", consents.PATH, "records",
        ("Bir adresin o andaki durumu", "What held for an address at a moment"),
        ("Marka, kanal ve alıcı türüne göre: ne geçerliydi, İYS ne diyordu, ileti gönderilebilir "
         "miydi, kaydı kim hangi metinle aldı, onu ne kanıtlıyor (R-49). Bilinmeyen bir adresin "
         "durumu yoktur. Bir bayinin programı, bayinin görebildiğini öğrenir.",
         "By brand, channel and recipient type: what held, what İYS said, whether a message might "
         "go, who took the record on which text, and what proves it (R-49). An address nobody "
         "knows has no states. A dealer’s program learns what the dealer may see."),
        200, ("O andaki durumlar.", "What held then."), "Moment", "MomentIn",
        faults=(401, 403, 404, 413, 422, 429, 500, 503)),
    Operation(
        "addProof", "post", proofs.PATH, "records", ("Kanıt dosyası ekle", "Add a proof file"),
        ("Gövde dosyanın kendisidir; türü içeriğinden anlaşılır, mühürlü saklanır ve "
         "`record`, `receipt` ya da `import` ile birine bağlanır. Bağ geri alınmaz. Aynı anahtar, "
         "aynı istek ve aynı dosya ilk seferki gibi yanıtlanır.",
         "The body is the file itself; what it is its content says, it is kept sealed and linked "
         "to one of `record`, `receipt` or `import`. A link is not taken back. The same key, "
         "request and file are answered as the first time."),
        201, ("Dosya bağlandı.", "The file is linked."), "Proof", query=_PROOF_QUERY,
        headers=_HEADERS, needed=("Idempotency-Key",),
        takes=tuple(sorted({*SUFFIXES, "application/octet-stream"})),
        also={200: ("Daha önce bağlanmıştı.", "It was linked before.")},
        faults=(400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 503)),
)

CHAPTER: Final = Chapter(
    "records", ("Tek kayıtlar: geçmiş ve kanıt", "Single records: the past, and proof"),
    OPERATIONS, FAULTS, {}, schemas, EXAMPLES, ("MomentIn",))
