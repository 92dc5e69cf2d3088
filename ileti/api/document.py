"""The chapter of the API's document about bringing lists (``/api``, ``/api/openapi.json``).

Why this module exists: the document stands on a lower floor, with the calls of forms; what programs
may do is told from here. Tests hold routes, statuses, fields and examples against the application.
"""

from __future__ import annotations

from typing import Any, Final

from ileti.api.import_examples import COUNTS, EXAMPLES
from ileti.api.imports import PATH
from ileti.api.shapes import FAULT, IF_MATCH
from ileti.api.shown import STATES
from ileti.capture.api_document import Chapter, Operation
from ileti.capture.api_schemas import CHANNELS, PLACE, Pair
from ileti.consents.vocabulary import Source
from ileti.imports import remap
from ileti.imports.follow import Decided
from ileti.imports.mapping import Role
from ileti.imports.origin import Origin
from ileti.imports.reading.lines import ENCODINGS
from ileti.imports.report import Form
from ileti.imports.verdicts import REASONS

_ONE: Final = PATH + "/{id}"
_LISTS: Final = ("application/x-ndjson", "text/csv", Form.XLSX.media_type,
                 "application/octet-stream")
_TEXT: Final = {"type": "string"}
_WHOLE: Final = {"type": "integer", "minimum": 0}
_SHA: Final = {"type": "string", "pattern": "^[0-9a-f]{64}$"}

FAULTS: Final[dict[int, Pair]] = {
    400: ("`empty_file`, `no_list`, `unreadable_file`: dosya bir liste değil. `part_missing`, "
          "`bad_part`, `bad_length`, `cut_short`: parça eksik ya da yarım. `multipart`: form "
          "değil, dosyanın kendisi gönderilir.",
          "`empty_file`, `no_list`, `unreadable_file`: the file is no list. `part_missing`, "
          "`bad_part`, `bad_length`, `cut_short`: a part is missing or not whole. `multipart`: "
          "send the file itself, no form."),
    401: ("`not_logged_in`: kullanıcı adı ve anahtar ya da jeton geçersiz; gövde okunmaz.",
          "`not_logged_in`: user name and secret, or the token, are wrong; the body is not read."),
    403: ("`imports_not_granted`: hesaba panelde liste aktarma yetkisi verilmemiş. `https_only`. "
          "`address_refused`: hesap bu ağ adresinden çağrılmaz. `signature_needed`: her çağrısı "
          "imzalanır.",
          "`imports_not_granted`: the account was not given the right in the panel. `https_only`. "
          "`address_refused`: it is not called from this network address. `signature_needed`: each "
          "of its calls is signed."),
    404: ("`not_found`, `no_such_brand`, `no_such_retailer`: hesabın böyle bir aktarması, markası, "
          "bayisi yok.",
          "`not_found`, `no_such_brand`, `no_such_retailer`: the account has no such import, brand "
          "or retailer."),
    408: ("`too_slow`: 30 saniye veri gelmedi; parçalarla sürdürün.",
          "`too_slow`: nothing came for 30 seconds; go on in parts."),
    409: ("`file_differs`: bu anahtarın dosyası başkaydı. "
          "`upload_going_on`: aynı dosya şu anda geliyor, `Retry-After` kadar bekleyin. "
          "`moved_on`: aktarma bu adım için uygun durumda değil. `not_checked`: henüz denenmedi. "
          "`too_many_uploads`: yarım yüklemeler çok; birini bitirin ya da bırakın. "
          "`uploads_too_large`: yarım yüklemelerle uygulanmayı bekleyen listeler çok; birini "
          "uygulayın ya da bırakın.",
          "`file_differs`: the file of this key was another one. "
          "`upload_going_on`: the file is coming at this moment, wait `Retry-After`. `moved_on`: "
          "the import is in no state for this step. `not_checked`: not tried yet. "
          "`too_many_uploads`: too many uploads are unfinished; finish one, or give it up. "
          "`uploads_too_large`: unfinished uploads and lists that wait to be applied are too much; "
          "apply one, or give it up."),
    410: ("`report_gone`: satır raporu silinmiş (bitişten bir hafta sonra).",
          "`report_gone`: the row report is gone (a week after the end)."),
    412: ("`changed`: `If-Match` başka bir durumu söylüyor; yeniden okuyun.",
          "`changed`: `If-Match` names another state; read it again."),
    413: ("`too_large`: dosya ya da parça sınırdan büyük.",
          "`too_large`: the file or the part is larger than allowed."),
    422: ("`invalid_input`: `errors` alanları adıyla söyler, hepsini bir kerede. `purchased`: "
          "satın alınmış liste (R-61). `mapping_incomplete`: sütunlar tanınamadı; `columns` "
          "başlıkları, `import` aktarmayı söyler (`…/mapping`). `key_reused`: anahtar başka bir "
          "istekle kullanılmış. `digest_mismatch`. `unreadable`.",
          "`invalid_input`: `errors` names the fields, all at once. `purchased`: a bought list "
          "(R-61). `mapping_incomplete`: the columns were not recognised; `columns` tells the "
          "headings, `import` the import (`…/mapping`). `key_reused`: the key was used for another "
          "request. `digest_mismatch`. `unreadable`."),
    429: ("`too_many`, `too_many_transfers`: `Retry-After` saniye bekleyin.",
          "`too_many`, `too_many_transfers`: wait `Retry-After` seconds."),
    500: ("`fault`: aynısını yeniden gönderin.", "`fault`: send the same again."),
    503: ("`storage_away`: yapıldığı bilinmiyor; aynısını yeniden gönderin.",
          "`storage_away`: nothing is known to be done; send the same again."),
}
_PARAMETERS: Final[dict[str, tuple[dict[str, Any], Pair]]] = {
    "id": ({"type": "integer", "minimum": 1}, ("Aktarmanın numarası.", "The import’s number.")),
    "n": ({"type": "integer", "minimum": 1, "maximum": 10_000},
          ("Parçanın numarası, 1’den.", "The part’s number, from 1.")),
}
_OWN: Final = (401, 403, 404, 429, 500, 503)

_MEANINGS: Final = {"anyOf": [{"enum": [one.value for one in Role]},
                             {"type": "string", "pattern": r"^field\.[a-z][a-z0-9_]{0,39}$"}]}

# Fields of a description: name → (schema, words).
FIELDS: Final[dict[str, tuple[dict[str, Any], Pair]]] = {
    "brand": (_WHOLE, ("Markanın İYS numarası; hesap tek marka için konuşuyorsa gerekmez.",
                       "The brand’s number at İYS; not needed when the account has only one.")),
    "name": (_TEXT | {"maxLength": 255}, ("Listenin adı.", "The list’s name.")),
    "origin": (_TEXT | {"enum": [one.value for one in Origin]},
               ("Verinin kökeni; `purchased` reddedilir (R-61).",
                "Where the data comes from; `purchased` is refused (R-61).")),
    "ground": (_TEXT | {"minLength": 10, "maxLength": 1_000},
               ("Hukuki dayanak, bir cümle.", "The legal ground, a sentence.")),
    "proof": (_TEXT | {"minLength": 10, "maxLength": 1_000},
              ("Kanıtların durduğu yer (R-46).", "Where the proofs are kept (R-46).")),
    "notice": (_TEXT | {"minLength": 10, "maxLength": 1_000},
               ("Kişilerin nasıl bilgilendirildiği ya da bilgilendirileceği.",
                "How the people were or will be informed.")),
    "proofAttached": ({"type": "boolean", "default": False},
                      ("Her satırın kanıtının sizde durduğunu beyan edersiniz: satırlar adını "
                       "verdikleri dosyayı beklemez, kayıtları “beyan edildi, kanıt dosyası yok” "
                       "der. Islak imzalı formlar taramalarını yine bekler (R-09).",
                       "You declare to hold the proof of every row: rows do not wait for the file "
                       "they name, and their records say “declared, no proof file”. Forms signed "
                       "on paper wait for their scan all the same (R-09).")),
    "columns": ({"type": "object", "propertyNames": _MEANINGS,
                 "additionalProperties": {"type": ["string", "integer"]}},
                ("Rol ya da `field.` ve özel alanın anahtarı → sütunun başlığı ya da 1’den no’su; "
                 "yazılmayanlar tanınır. Adreste `column.phone=Cep`.",
                 "Role, or `field.` and a custom field’s key → the column’s heading, or its number "
                 "from 1; the rest is recognised. In an address `column.phone=Mobile`.")),
    "status": (_TEXT | {"enum": ["ONAY", "RET"]},
               ("Söylemeyen satırlar için seçim.", "The choice, for rows that do not say it.")),
    "source": (_TEXT | {"enum": [one.name for one in Source if one.is_hs]},
               ("Söylemeyen satırlar için izin kaynağı (R-43).",
                "The source, for rows that do not say it (R-43).")),
    "date": (_TEXT | {"maxLength": 40}, ("Söylemeyen satırlar için izin tarihi (R-39).",
                                         "The date, for rows that do not say it (R-39).")),
    "recipientType": (_TEXT | {"enum": ["BIREYSEL", "TACIR"], "default": "BIREYSEL"},
                      ("Söylemeyen satırlar için alıcı türü.",
                       "The recipient type, for rows that do not say it.")),
    "retailerCode": (_WHOLE, ("Söylemeyen satırlar için bayi.",
                              "The retailer, for rows that do not say it.")),
    "basis": (_TEXT | {"maxLength": 120}, ("Tacirler için dayanak (R-05).",
                                           "For merchants, the basis (R-05).")),
    "channels": ({"type": "array", "items": _TEXT | {"enum": CHANNELS}},
                 ("Kanal sütunu yoksa telefonun ve e-postanın kanalları. Adreste virgülle.",
                  "What phone and e-mail stand for when no column says it. In an address with "
                  "commas.")),
    "delimiter": (_TEXT | {"minLength": 1, "maxLength": 1},
                  ("CSV’nin ayıracı, yanlış bulunduysa.", "A CSV’s separator, if found wrongly.")),
    "encoding": (_TEXT | {"enum": list(ENCODINGS)}, ("Kodlama, yanlış bulunduysa.",
                                                     "The encoding, if found wrongly.")),
    "sheet": (_TEXT | {"maxLength": 255}, ("Çalışma kitabının sayfası.", "A workbook’s sheet.")),
    "header": ({"type": "boolean"}, ("İlk satır başlık mı, yanlış bulunduysa.",
                                     "Whether the first row is a heading, if found wrongly.")),
    "skip": (_WHOLE | {"maximum": 1_000}, ("Başlığın üstündeki satırlar, yanlış sayıldıysa.",
                                           "Lines above the heading, if counted wrongly.")),
    "askIys": ({"type": "boolean", "default": False},
               ("Denemede İYS’ye de sorulur.", "İYS is asked during the dry run.")),
    "apply": (_TEXT | {"enum": ["none", "all"], "default": "none"},
              ("`all`: deneme yeterince temizse alınabilenler kendiliğinden uygulanır.",
               "`all`: what can be taken is applied by itself when the dry run is clean enough.")),
    "mostRefused": (_WHOLE | {"default": 0},
                    ("Uygulanması için en çok bu kadar izin reddedilmiş ya da bekliyor olabilir.",
                     "At most so many consents may be refused or wait for it to be applied.")),
}
#: Those of a correction; ``template`` is its own.
MAPPING_FIELDS: Final[dict[str, tuple[dict[str, Any], Pair]]] = {
    name: FIELDS[name] for name in remap.FIELDS if name in FIELDS} | {
    "columns": (FIELDS["columns"][0], (
        "Rol → sütunun başlığı ya da 1’den numarası; burada yazılmayan sütunun anlamı yoktur. "
        "Alanın kendisi yoksa sütunlar yeniden tanınır.",
        "Role → the column’s heading, or its number from 1; a column not named here means nothing. "
        "Without the field the columns are recognised anew.")),
    "template": (_TEXT | {"maxLength": 120}, (
        "Panelde saklanmış bir eşleştirmenin adı; öteki alanlar ondan önce gelir.",
        "The name of a mapping kept in the panel; the other fields go before it."))}
_NEEDED: Final = ("origin", "ground", "proof", "notice")

def _object(**fields: Any) -> dict[str, Any]:
    """Open: a client ignores fields it does not know, so that answers may grow."""
    return {"type": "object", "required": list(fields), "properties": fields}


def _maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _sums(*names: str) -> dict[str, Any]:
    return _object(**dict.fromkeys(names, _WHOLE))


def _counted() -> dict[str, Any]:
    return {"type": "object", "additionalProperties": _WHOLE}


def _short() -> dict[str, Any]:
    moment = _maybe(_TEXT | {"format": "date-time"})
    return {
        "id": _WHOLE, "state": _TEXT | {"enum": list(STATES)}, "brand": _WHOLE,
        "retailerCode": _maybe(_WHOLE), "name": _TEXT, "key": _TEXT, "size": _WHOLE,
        "sha256": _maybe(_SHA),
        "format": _maybe(_TEXT | {"enum": ["csv", "ndjson", "xls", "xlsx"]}),
        "createdAt": moment, "checkedAt": moment, "startedAt": moment, "endedAt": moment,
        "undoneAt": moment, "counts": _maybe(_sums(*COUNTS)), "written": _WHOLE,
        "leftOut": _WHOLE, "problem": _maybe(_TEXT),
        "apply": _object(asked=_TEXT | {"enum": ["none", "all"]}, mostRefused=_maybe(_WHOLE),
                         decided=_maybe(_TEXT | {"enum": ["applied", *Decided]}))}


def schemas(number: int) -> dict[str, Any]:
    """``components.schemas`` of this chapter, with words in Turkish (0) or English (1)."""
    at_iys = _sums("there", "absent")
    made = {
        "ImportIn": {
            "type": "object", "required": list(_NEEDED), "additionalProperties": False,
            "properties": {name: kind | {"description": words[number]}
                           for name, (kind, words) in FIELDS.items()}},
        "Import": _object(
            **_short(),
            progress=_maybe(_object(unit=_TEXT | {"enum": ["bytes", "consents", "chunks"]},
                                    done=_WHOLE, total=_WHOLE, perSecond=_maybe(_WHOLE))),
            uploading=_maybe({"type": "boolean"}), seconds=_maybe({"type": "number"}),
            reasons={"type": "array", "items": _object(
                code=_TEXT | {"enum": [one.code for one in REASONS.values()]},
                verdict=_TEXT | {"enum": ["taken", "waits", "left"]}, rule=_TEXT, count=_WHOLE,
                firstLine=_maybe(_WHOLE), lastLine=_maybe(_WHOLE), text=_TEXT, advice=_TEXT)},
            totals={"type": "object", "properties": {
                name: _counted() for name in ("channel", "status", "source", "recipientType",
                                              "dealer")}},
            sending=_maybe(_object(seconds=_WHOLE, pastDue=_WHOLE)),
            approval=_maybe(_object(deed=_TEXT | {"enum": ["apply", "undo"]},
                                    expiresAt=_TEXT | {"format": "date-time"})),
            due=_counted(), atIys=_maybe(_object(ONAY=at_iys, RET=at_iys, problem=_maybe(_TEXT)))),
        "Imports": _object(imports={"type": "array", "items": _object(**_short())},
                           next=_maybe(_WHOLE)),
        "Parts": _object(partBytes=_WHOLE, parts={
            "type": "array", "items": {"$ref": PLACE + "Part"}}),
        "Part": _object(number=_WHOLE, size=_WHOLE),
        "FileIn": {"type": "object", "additionalProperties": False,
                   "properties": {"size": _WHOLE, "sha256": _SHA}},
        "Mapping": _object(**{
            "import": _WHOLE, "state": _TEXT | {"enum": list(STATES)},
            "format": _TEXT | {"enum": ["csv", "ndjson", "xls", "xlsx"]},
            "sheets": {"type": "array", "items": _TEXT},
            "columns": {"type": "array", "items": _object(
                number=_WHOLE, heading=_TEXT, role=_maybe(_MEANINGS),
                samples={"type": "array", "items": _TEXT})},
            "mapping": _object(**{name: _maybe(kind) for name, (kind, _) in MAPPING_FIELDS.items()
                                  if name != "template"}),
            "missing": {"type": "array", "items": FAULT},
            "templates": {"type": "array", "items": _TEXT}, "problem": _maybe(_TEXT)}),
        "MappingIn": {
            "type": "object", "additionalProperties": False,
            "properties": {name: _maybe(kind) | {"description": words[number]}
                           for name, (kind, words) in MAPPING_FIELDS.items()}},
        "Undo": _object(kind=_TEXT | {"enum": ["take_back", "counter"]},
                        counters=_counted(),
                        **dict.fromkeys(("reported", "consents", "refusals", "changed"), _WHOLE)),
        "UndoIn": _object(kind=_TEXT | {"enum": ["take_back", "counter"]}),
    }
    return {name: body | {"examples": [EXAMPLES[name]]} for name, body in made.items()}


_KEY: Final = {"Idempotency-Key": (
    _TEXT | {"pattern": "^[!-~]{1,80}$"},
    ("Bu listenin anahtarı: yinelemede aynısı, aynı aktarma.",
     "This list’s key: the same when repeated, the same import."))}
_DIGEST: Final = {"Content-Digest": (
    _TEXT, ("`sha-256=:…:` (RFC 9530). Gelen veri bununla denetlenir.",
            "`sha-256=:…:` (RFC 9530). What comes is checked with it."))}


def _query() -> dict[str, tuple[dict[str, Any], Pair]]:
    return {name: (kind if name != "channels" else _TEXT, words)
            for name, (kind, words) in FIELDS.items() if name != "columns"} | {
        "column.ROLE": (_TEXT, FIELDS["columns"][1])}


def _deed(name: str, words: Pair, detail: Pair = ("", "")) -> Operation:
    return Operation(
        f"{name}Import", "post", f"{_ONE}/{name}", "imports", words, detail, 200,
        ("Aktarmanın şimdiki durumu; yapılmış bir adım yapılmış sayılır.",
         "The import as it is now; a step that was taken is answered as taken."),
        "Import", faults=(401, 403, 404, 409, 429, 500, 503))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        "createImport", "post", PATH, "imports", ("Liste getir", "Bring a list"),
        ("Gövde listenin kendisidir: NDJSON, CSV ya da çalışma kitabı, içeriğinden tanınır; "
         "Content-Length ile ya da parça parça (chunked). Açıklama adrestedir. Gövde "
         "`application/json` ise yalnız açıklamadır ve dosya parçalarla gelir. Boyu da özeti de "
         "söylenmeyen (chunked) bir gövde 202 ile bekletilir: `complete` ile onaylayın, çünkü "
         "kopan bir bağlantı bitmiş gibi görünür.",
         "The body is the list itself: NDJSON, CSV or a workbook, told by its content; with "
         "Content-Length or chunked. The description is in the address. A body of "
         "`application/json` is the description alone, and the file comes in parts. What says "
         "neither length nor digest (chunked) is answered 202 and waits for `complete`, since a "
         "broken connection looks like an end."),
        201, ("Aktarma başladı; deneme arkada sürer.",
              "The import has begun; the dry run goes on in the background."), "Import",
        "ImportIn", query=_query(), headers=_KEY | _DIGEST,
        needed=("Idempotency-Key",), takes=_LISTS,
        also={200: ("Aynı anahtarla önceki aktarma.", "The earlier import of the same key."),
              202: ("Dosya geldi, onay bekliyor.", "The file has come and waits to be confirmed.")},
        faults=(400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 503)),
    Operation(
        "listImports", "get", PATH, "imports", ("Aktarmaları listele", "List the imports"),
        ("Hesabın kendi aktarmaları, yeniden eskiye; başka hesaplarınki yoktur.",
         "The account’s own imports, newest first; no others exist for it."),
        200, ("Bir sayfa; `next` sonraki sayfanın `cursor` değeridir.",
              "A page; `next` is the next page’s `cursor`."), "Imports",
        query={"limit": ({"type": "integer", "minimum": 1, "maximum": 100, "default": 25},
                         ("Kaç tane.", "How many.")),
               "cursor": (_TEXT | {"maxLength": 1_000}, (
                   "Önceki sayfanın `next` değeri.", "`next` of the page before.")),
               "before": ({"type": "integer", "minimum": 1}, (
                   "`cursor` için eski ad: bundan küçük numaralar.",
                   "The older name of `cursor`: numbers below this one.")),
               "state": (_TEXT | {"enum": list(STATES)}, ("Durum.", "The state.")),
               "key": (_TEXT, ("Idempotency-Key.", "The Idempotency-Key."))},
        faults=(401, 403, 422, 429, 500, 503)),
    Operation(
        "showImport", "get", _ONE, "imports", ("Aktarmayı izle", "Follow an import"),
        ("Durum, sayılar, nedenler, ilerleme ve hız.",
         "State, counts, reasons, progress and rate."),
        200, ("Aktarma.", "The import."), "Import", faults=_OWN),
    Operation(
        "listParts", "get", _ONE + "/parts", "imports", ("Gelen parçalar", "Parts that are here"),
        ("Kopan bir yükleme buradan sürer; bir defada gönderilen de `partBytes` baytlık parçalarla "
         "durur.", "A broken upload goes on from here; what was sent in one go lies in parts of "
         "`partBytes` too."),
        200, ("Parçalar.", "The parts."), "Parts", faults=_OWN),
    Operation(
        "putPart", "put", _ONE + "/parts/{n}", "imports", ("Parça gönder", "Send a part"),
        ("En çok 8 388 608 bayt, herhangi bir sırada; aynı numara öncekinin yerine geçer.",
         "At most 8 388 608 bytes, in any order; the same number takes the place of the one "
         "before."),
        200, ("Parça burada.", "The part is here."), "Part", headers=_DIGEST,
        takes=("application/octet-stream",),
        faults=(400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 503)),
    Operation(
        "completeImport", "post", _ONE + "/complete", "imports",
        ("Dosya bütün", "The file is whole"),
        ("Bütün parçalar gelince, ya da chunked bir gövdeyi onaylamak için; boyut ve özet "
         "yazılırsa denetlenir.",
         "When all parts are here, or to confirm a chunked body; size and digest are checked when "
         "they are given."),
        200, ("Deneme başladı.", "The dry run has begun."), "Import", "FileIn", bodiless=True,
        faults=(400, 401, 403, 404, 409, 422, 429, 500, 503)),
    Operation(
        "showMapping", "get", _ONE + "/mapping", "imports",
        ("Sütunları gör", "See the columns"),
        ("Başlıklar, ilk değerler (ortası gizli), şimdiki ya da önerilen anlamlar ve eksikler. "
         "`mapping` olduğu gibi geri gönderilebilir.",
         "Headings, first values (their middle hidden), what they mean now or seem to, and what is "
         "missing. `mapping` can be put back as it is."),
        200, ("Sütunlar ve anlamları.", "The columns and what they mean."), "Mapping",
        faults=(401, 403, 404, 409, 429, 500, 503)),
    Operation(
        "putMapping", "put", _ONE + "/mapping", "imports",
        ("Sütunları düzelt", "Correct the columns"),
        ("Hepsi yeniden söylenir: yazılmayan sabit değer yoktur. Sonra yeniden denenir; "
         "düzeltilmiş bir liste kendiliğinden uygulanmaz, `apply` ile istenir.",
         "All of it is said anew: a fixed value that is not named is none. Then it is tried again; "
         "a list that was corrected is never applied by itself, ask by `apply`."),
        200, ("Deneme başladı.", "The dry run has begun."), "Import", "MappingIn",
        headers=IF_MATCH, faults=(400, 401, 403, 404, 409, 412, 413, 422, 429, 500, 503)),
    Operation(
        "importReport", "get", _ONE + "/report", "imports", ("Satır raporu", "The row report"),
        ("Her satır, kararı ve nedeniyle; biçimi Accept söyler. Kişisel veri içerir.",
         "Every row with its verdict and why; Accept says in which form. Holds personal data."),
        200, ("Rapor.", "The report."), gives=tuple(form.media_type for form in Form),
        query={"rows": (_TEXT | {"enum": ["all", "left"], "default": "all"},
                        ("`left`: yalnız olduğu gibi alınmayanlar.",
                         "`left`: only those not taken as they are."))},
        faults=(401, 403, 404, 409, 410, 422, 429, 500, 503)),
    _deed("apply", ("Uygula", "Apply"),
          ("Sınırın üstünde (IMPORT_FOUR_EYES_ROWS) panelde bir kişinin onayını bekler; program "
           "onaylamaz.",
           "Above the bound (IMPORT_FOUR_EYES_ROWS) it waits for a person in the panel; a program "
           "never approves.")),
    _deed("pause", ("Duraklat", "Pause")),
    _deed("resume", ("Sürdür", "Resume")),
    _deed("cancel", ("Bırak", "Give it up"),
          ("Deftere yazılanlar kalır; yazılmadıysa dosya da silinir.",
           "What is in the ledger stays; when nothing is, the file goes too.")),
    Operation(
        "previewUndo", "get", _ONE + "/undo", "imports",
        ("Geri almanın önizlemesi", "What undoing would do"),
        ("`take_back`: her şey eskisi olur. `counter`: İYS’nin bildiği kayıtlar için yalnız "
         "HS_KARAR retleri yazılabilir (`counters`: kanala göre kaç tane); retler kalır (R-32).",
         "`take_back`: everything becomes what it was. `counter`: once İYS knows, only refusals "
         "of your own decision (HS_KARAR) can follow, so many by channel (`counters`); refusals "
         "stay (R-32)."),
        200, ("Şu anda olacaklar.", "What would happen now."), "Undo",
        faults=(401, 403, 404, 409, 429, 500, 503)),
    Operation(
        "undoImport", "post", _ONE + "/undo", "imports", ("Geri al", "Undo"),
        ("Önizlemedeki yol yazılır. Firma iki kişi isterse panelde bir kişinin onayını bekler; "
         "yanıttaki `approval` bunu söyler.",
         "The way of the preview is named. Where the company wants two people it waits for a "
         "person in the panel; `approval` in the answer says so."),
        200, ("Geri alınıyor.", "It is being undone."), "Import", "UndoIn",
        faults=(401, 403, 404, 409, 422, 429, 500, 503)),
)

CHAPTER: Final = Chapter(
    "imports", ("Liste getiren programlar", "Programs that bring lists"), OPERATIONS, FAULTS,
    _PARAMETERS, schemas, EXAMPLES, ("ImportIn", "MappingIn"))
