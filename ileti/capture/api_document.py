"""The OpenAPI 3.1 document of all that others build upon: the capture calls and the hosted pages,
and what higher floors add to them as a :class:`Chapter`.

One table of operations in both languages, from which come ``/api/openapi.json`` and the page
``/api``. A test makes the application answer every status that stands here, and fails when an
address of the application is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from ileti.capture.api_schemas import EXAMPLES, PLACE, Pair, schemas

VERSION: Final = "1"
JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
HTML: Final = "text/html"
LD: Final = "application/ld+json"
FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    name: str
    method: str
    path: str
    group: str
    summary: Pair
    detail: Pair
    good: int
    said: Pair
    answer: str = ""
    body: str = ""
    fields: tuple[str, ...] = ()
    query: dict[str, tuple[dict[str, Any], Pair]] = field(default_factory=dict)
    faults: tuple[int, ...] = ()
    headers: dict[str, tuple[dict[str, Any], Pair]] = field(default_factory=dict)
    needed: tuple[str, ...] = ("h",)
    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    also: dict[int, Pair] = field(default_factory=dict)
    scope: str = ""
    failure: str = ""
    bodiless: bool = False
    account: bool = False


@dataclass(frozen=True)
class Chapter:
    """What a higher floor tells of itself: a group of operations with their own words for each
    status, their parameters, schemas with examples, and the bodies to be explained field by field.
    ``security``: the schemes that open it, by language. Of an :class:`Operation` here, ``takes``
    and ``gives`` are media types of files that come and go, ``also`` other good answers, ``scope``
    what an account needs ("" when the service asks nobody, or with ``account`` for any account),
    ``failure`` the body of 400 and 401 where it is no problem+json, ``bodiless``: the body may be
    left out. ``samples``: whole programs, by the name of their language."""

    group: str
    title: Pair
    operations: tuple[Operation, ...]
    faults: dict[int, Pair]
    parameters: dict[str, tuple[dict[str, Any], Pair]]
    schemas: Callable[[int], dict[str, Any]]
    examples: dict[str, Any]
    explained: tuple[str, ...] = ()
    security: Callable[[int], dict[str, dict[str, Any]]] = lambda _number: {}
    samples: dict[str, str] = field(default_factory=dict)


_chapters: dict[str, Chapter] = {}


def add_chapter(chapter: Chapter) -> None:
    """Put a chapter into the document; the same again changes nothing."""
    _chapters[chapter.group] = chapter


def chapters() -> list[Chapter]:
    """What higher floors have added."""
    return list(_chapters.values())


GROUPS: Final[dict[str, Pair]] = {
    "capture": ("Form ve sunucu için çağrılar", "Calls for forms and servers"),
    "pages": ("JavaScript’siz sayfalar", "Pages without JavaScript"),
    "proof": ("Kanıt", "Proof"),
}

FAULTS: Final[dict[int, Pair]] = {
    403: ("`origin_refused`: sayfa sitenin kaynaklarından değil. `forged_token`, `foreign_token`, "
          "`foreign_text`, `foreign_handle`: bizim verdiğimiz değil. `vouch_refused`: sunucunun "
          "imzası yok ya da eski.",
          "`origin_refused`: the page is none of the site’s origins. `forged_token`, "
          "`foreign_token`, `foreign_text`, `foreign_handle`: not what we gave out. "
          "`vouch_refused`: the server’s signature is missing or old."),
    404: ("`no_such_site`, `no_text`, `not_found`: böyle bir form, metin ya da sayfa yok; site "
          "kapatılmış olabilir.",
          "`no_such_site`, `no_text`, `not_found`: no such form, text or page; the site may be "
          "switched off."),
    409: ("`conflict`: aynı anahtar başka bir içerikle kullanılmış. Yeni anahtar alın.",
          "`conflict`: the key was used with another body. Take a new key."),
    410: ("`token_expired`, `form_changed`: formu yeniden okuyun; metin değiştiyse kutuları "
          "boşaltın. `handle_expired`: bir gün geçti. `erased`: kişi silinmiş.",
          "`token_expired`, `form_changed`: read the form anew; when the words differ, empty the "
          "boxes. `handle_expired`: a day has passed. `erased`: the person was erased."),
    413: ("`too_large`: içerik 16 384 bayttan büyük.",
          "`too_large`: the body is larger than 16 384 bytes."),
    422: ("`invalid_input`: `errors` alanları adıyla söyler, hepsini bir kerede. `unreadable`, "
          "`not_json`, `codes`: istek okunamadı.",
          "`invalid_input`: `errors` names the fields, all at once. `unreadable`, `not_json`, "
          "`codes`: the request cannot be read."),
    429: ("`too_many`: `Retry-After` saniye bekleyip aynısını gönderin.",
          "`too_many`: wait `Retry-After` seconds and send the same again."),
    500: ("`fault`: aynısını yeniden gönderin.", "`fault`: send the same again."),
    503: ("`storage_away`: kaydedildiği bilinmiyor; aynı anahtarla yeniden gönderin. "
          "`codes_spent`: sitenin bugünkü kod hakkı bitti.",
          "`storage_away`: nothing is known to be recorded; send it again with the same key. "
          "`codes_spent`: the site has had its codes of today."),
}

PARAMETERS: Final[dict[str, tuple[dict[str, Any], Pair]]] = {
    "siteKey": ({"type": "string", "maxLength": 40},
                ("Sitenin herkese açık anahtarı.", "The site’s public key.")),
    "token": ({"type": "string"}, ("İletideki ret bağlantısının jetonu.",
                                   "The token of a message’s refusal link.")),
    "id": ({"type": "integer", "minimum": 1}, ("Metnin sürümü.", "The version of the text.")),
}
_LANG: Final = {"lang": ({"enum": ["tr", "en"], "default": "tr"},
                         ("Dil.", "Language."))}
_AFTER: Final = {"form": ({"type": "string", "maxLength": 2000}, (
    "Varsa: yenilenen formun jetonu. Aynı metinleri gösteriyorsa üzerindeki işaretler geçerli "
    "kalır.", "If present: the token of the form that is renewed. Where it showed the same texts, "
              "what was ticked on it goes on counting."))}
_H: Final = {"h": ({"type": "string", "maxLength": 1000},
                   ("Gönderimin tutamağı; bir gün geçerli.",
                    "The submission’s handle; good for a day."))}
_CALL: Final = (403, 404, 429, 500, 503)
_POST: Final = (403, 404, 410, 413, 422, 429, 500, 503)
_ALL: Final = {"all": ({"type": "string"}, ("Varsa: adresin bütün kanalları.",
                                            "If present: every channel of the address."))}

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        "readForm", "get", "/w/v1/{siteKey}/form", "capture",
        ("Formun metinlerini oku", "Read the form’s texts"),
        ("Gösterilecek bütün metinler ve tam bu metinlere bağlı, imzalı bir jeton. Hiçbir kutu "
         "önceden işaretlenmez (R-12), hiçbiri zorunlu olmaz (R-13), her kanalın kutusu ayrıdır "
         "(R-58).",
         "Every word to show, and a signed token bound to exactly these words. No box is ticked "
         "beforehand (R-12), none is required (R-13), each channel has its own (R-58)."),
        200, ("Metinler ve jeton.", "The texts and the token."), "Form", query=_LANG | _AFTER,
        faults=_CALL,
    ),
    Operation(
        "readNotice", "get", "/w/v1/{siteKey}/notice", "capture",
        ("Aydınlatma metnini oku", "Read the privacy notice"),
        ("İzin sormayan bir form için: metnin tamamı ve yalnız ona bağlı bir jeton. Ne kadar "
         "gösterildiği, işaretlenen hiçbir şey olmadan `submissions` ile gönderilir (R-60).",
         "For a form that asks no consent: the whole text, and a token bound to it alone. How far "
         "it was shown is sent by `submissions` with nothing ticked (R-60)."),
        200, ("Metin ve jeton.", "The text and the token."), "Notice", query=_LANG, faults=_CALL,
    ),
    Operation(
        "submit", "post", "/w/v1/{siteKey}/submissions", "capture",
        ("İşaretlenenleri gönder", "Send what was ticked"),
        ("Aynı anahtar ve aynı içerik hep aynı makbuzu verir: yanıt gelmezse aynısını yeniden "
         "gönderin. İmzasız bir gönderim, form okunduktan en az bir saniye sonra gelmelidir.",
         "The same key with the same body always gives the same receipt: after a lost answer send "
         "the same again. A submission without a vouch comes a second or more after its form was "
         "read."),
        201, ("İmzalı makbuz.", "A signed receipt."), "Receipt", "SubmissionIn",
        faults=(*_POST[:2], 409, *_POST[2:]),
    ),
    Operation(
        "confirm", "post", "/w/v1/{siteKey}/confirmations", "capture",
        ("Yazılan kodları gönder", "Send the typed codes"),
        ("Kod 6 hanelidir, 300 saniye geçerlidir, 5 kez denenir; yalnız adresin kişiye ait "
         "olduğunu doğrular (R-22). Biri yanlış olsa da doğru olan sayılır.",
         "A code has 6 digits, lives 300 seconds, allows 5 tries and verifies the address only "
         "(R-22). A right code counts although the other one is wrong."),
        200, ("Şimdiki durumuyla makbuz.", "The receipt as it stands now."), "Receipt",
        "ConfirmationIn", faults=_POST,
    ),
    Operation(
        "sendCode", "post", "/w/v1/{siteKey}/codes", "capture",
        ("Yeni kod iste", "Ask for a new code"),
        ("Eski kod geçersiz olur. `later` ile alınan bir adres de böyle, sonradan doğrulanır. "
         "İki istek arasında 30 saniye beklenir.",
         "The older code ends. An address taken under `later` is verified afterwards in the same "
         "way. Two requests are at least 30 seconds apart."),
        202, ("Kod yola çıktı; adres zaten doğrulanmışsa ya da hiç verilmemişse yanıt aynıdır.",
              "The code is on its way; the answer is the same when the address is verified "
              "already or was never given."),
        "CodeSent", "NewCodeIn", faults=_POST,
    ),
    Operation(
        "formPage", "get", "/f/{siteKey}", "pages",
        ("Form sayfası", "The form as a page"),
        ("Aynı form, JavaScript’siz.", "The same form without JavaScript."),
        200, ("Sayfa.", "The page."), query=_LANG, faults=(404, 429),
    ),
    Operation(
        "submitPage", "post", "/f/{siteKey}", "pages",
        ("Form sayfasını gönder", "Post the form page"),
        ("Eksik varsa ya da süre dolduysa sayfa, yazılanlarla ve boş kutularla yeniden çizilir.",
         "When something is missing or the form has run out, the page is drawn again with what "
         "was typed and with empty boxes."),
        200, ("Kod adımı ya da makbuz.", "The code step or the receipt."),
        fields=("token", "key", "shown_at", "choice", "privacy", "notice", "opened", "name",
                "phone", "email", "website"), query=_LANG,
        faults=(403, 404, 409, 410, 422, 429, 503),
    ),
    Operation(
        "noticeOfSite", "get", "/f/{siteKey}/notice", "pages",
        ("Sitenin aydınlatma metni", "The site’s privacy notice"),
        ("Şimdi yürürlükte olan metin ve “okudum, anladım” düğmesi; düğme formun gönderildiği "
         "yere gider.",
         "The text in force now, with the button “read and understood”, which posts where the "
         "form does."),
        200, ("Sayfa.", "The page."), query=_LANG, faults=(404, 429),
    ),
    Operation(
        "codePage", "post", "/f/{siteKey}/code", "pages",
        ("Kodu gönder", "Post the code"), ("", ""),
        200, ("Makbuz ya da kalan kod.", "The receipt, or the code still missing."),
        fields=("handle", "code.phone", "code.email"), query=_LANG,
        faults=(403, 404, 410, 422, 429),
    ),
    Operation(
        "newCodePage", "post", "/f/{siteKey}/code/new", "pages",
        ("Yeni kod iste", "Ask for a new code"), ("", ""),
        200, ("Kod adımı.", "The code step."), fields=("handle", "to"), query=_LANG,
        faults=(403, 404, 410, 429),
    ),
    Operation(
        "receiptPage", "get", "/f/{siteKey}/receipt", "pages",
        ("Makbuz sayfası", "The receipt as a page"),
        ("Doğrulanmamış adres varsa kodu buradan istenir.",
         "An address that is not verified yet gets its code from here."),
        200, ("Makbuz.", "The receipt."), query=_H | _LANG, faults=(403, 404, 410, 429),
    ),
    Operation(
        "refusalPage", "get", "/r/{token}", "pages",
        ("Ret sayfası", "The refusal page"),
        ("Açmak hiçbir şeyi değiştirmez: posta tarayıcıları da açar.",
         "Opening it changes nothing: mail scanners open it too."),
        200, ("Bir düğmeli sayfa.", "A page with one button."), query=_ALL,
        faults=(403, 410, 429),
    ),
    Operation(
        "refuse", "post", "/r/{token}", "pages",
        ("Reddet", "Refuse"),
        ("Hemen ve bütün bayiler için geçerli (R-28 … R-32); posta programlarının tek tuşu da "
         "buraya gelir (RFC 8058).",
         "In force at once and for all dealers (R-28 … R-32); the one-click button of mail "
         "programs posts here too (RFC 8058)."),
        200, ("Ret kaydedildi.", "The refusal is recorded."), query=_ALL, faults=(403, 410, 429),
    ),
    Operation(
        "notice", "get", "/n/{id}", "pages",
        ("Yayımlanmış metin", "A published text"),
        ("Her sürüm aynı adreste kalır (R-58 … R-60).",
         "Each version stays at its address for ever (R-58 … R-60)."),
        200, ("Metin ve parmak izi.", "The text and its fingerprint."), faults=(404,),
    ),
    Operation(
        "receiptFile", "get", "/f/{siteKey}/receipt.json", "proof",
        ("İmzalı makbuzu indir", "Download the signed receipt"), ("", ""),
        200, ("İmzalı makbuz, tutamaksız.", "The signed receipt, without its handle."), "Receipt",
        query=_H, faults=(403, 404, 410, 429),
    ),
    Operation(
        "standardReceipt", "get", "/f/{siteKey}/receipt.jsonld", "proof",
        ("Makbuzu başka yazılımlar için indir", "Download the receipt for other software"),
        ("ISO/IEC TS 27560:2023 alanları, W3C DPV sözcükleriyle JSON-LD; kişiyi adıyla ya da "
         "adresiyle anmaz. `signature` dışındaki her şeyin RFC 8785 biçimi Ed25519 ile imzalıdır.",
         "The fields of ISO/IEC TS 27560:2023 as JSON-LD in words of the W3C’s DPV; it names "
         "neither person nor address. All but `signature` is signed: Ed25519 over its RFC 8785 "
         "form."),
        200, ("Makbuz; her kutu için bir kayıt.", "The receipt; a record per box."),
        query=_H, faults=(403, 404, 410, 429), gives=(LD,),
    ),
    Operation(
        "mailedReceipt", "get", "/m/{token}", "proof",
        ("Postadaki bağlantıyla makbuz", "The receipt by a mail’s link"),
        ("Yalnız postanın gittiği adresin kayıtları; açmak hiçbir şeyi değiştirmez. `Accept: "
         "text/html` diyene okunur bir sayfa, başkasına dosya.",
         "The records of the address the mail went to, and no others; opening changes nothing. A "
         "page to read for `Accept: text/html`, the file for everybody else."),
        200, ("Makbuz.", "The receipt."), faults=(403, 404, 410, 429), gives=(LD,),
    ),
    Operation(
        "receiptKeys", "get", "/.well-known/ileti-receipts.json", "proof",
        ("Makbuz imzasının açık anahtarı", "The public key of receipts"),
        ("Makbuz bununla, bize sormadan denetlenir: `unsigned` alanlarını çıkarın, kalanı RFC 8785 "
         "ile yazın, Ed25519 imzasını doğrulayın.",
         "A receipt is checked with it without asking us: take away the fields in `unsigned`, "
         "write the rest by RFC 8785, verify the Ed25519 signature."),
        200, ("Anahtarlar.", "The keys."), "Keys",
    ),
)

_ABOUT: Final[Pair] = (
    "Formların çağrılarında oturum, çerez ve anahtar gerekmez; liste getiren programlar bir API "
    "hesabıyla çağırır. Bir sayfanın isteği (Origin) sitenin kaynaklarından "
    "gelmelidir; Origin’siz gönderim yalnız `signed` ilkesinde, imzayla kabul edilir. Zamanlar "
    "ISO 8601 ve saat farkıyla yazılır. Hatalar problem+json’dır (RFC 9457); `type` ve `code` "
    "değişmez, cümleler değişebilir.",
    "The calls of forms need no login, no cookie, no key; programs that bring lists call with an "
    "API account. A page’s request (Origin) comes from one of the site’s origins; "
    "a post without Origin is heard under policy `signed` only, with a vouch. Times are ISO 8601 "
    "with an offset. Failures are problem+json (RFC 9457); `type` and `code` are stable, sentences "
    "may change.",
)


def document(language: str, base_url: str) -> dict[str, Any]:
    """The whole document in ``tr`` or ``en``."""
    number = 1 if language == "en" else 0
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method] = _operation(one, number)
    for chapter in chapters():
        for one in chapter.operations:
            paths.setdefault(one.path, {})[one.method] = _operation(one, number, chapter)
    security = {name: scheme for chapter in chapters()
                for name, scheme in chapter.security(number).items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": ("İleti: API", "İleti: the API")[number],
                 "version": VERSION, "description": _ABOUT[number],
                 "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": base_url}],
        "tags": [{"name": name, "description": words[number]} for name, words in groups().items()],
        "paths": paths,
        "components": {"schemas": schemas(language) | {
            name: schema for chapter in chapters()
            for name, schema in chapter.schemas(number).items()}} | (
                {"securitySchemes": security} if security else {}),
    }


def groups() -> dict[str, Pair]:
    """Every group of operations, with how people call it."""
    return GROUPS | {chapter.group: chapter.title for chapter in chapters()}


def every_operation() -> tuple[Operation, ...]:
    """Those of this floor, then those of the chapters."""
    return sum((chapter.operations for chapter in chapters()), OPERATIONS)


def _operation(one: Operation, number: int, chapter: Chapter | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": one.name, "tags": [one.group], "summary": one.summary[number],
        "parameters": _parameters(one, number, chapter),
        "responses": {str(one.good): _answer(one.said[number], one)}
        | {str(status): _answer(said[number], one) for status, said in one.also.items()}
        | {str(status): _fault(one, status, number, chapter) for status in one.faults},
    }
    asks = one.scope or one.account
    schemes = chapter.security(number) if chapter is not None and asks else {}
    if schemes:
        made["security"] = [
            {name: [one.scope] if one.scope and scheme["type"] == "oauth2" else []}
            for name, scheme in schemes.items()]
    if schemes and one.scope:
        made["x-scope"] = one.scope
    if one.detail[number]:
        made["description"] = one.detail[number]
    if one.body:
        made["requestBody"] = {
            "required": not one.bodiless,
            "content": {JSON: _content(one.body)} | {kind: {} for kind in one.takes}}
    elif one.takes:
        made["requestBody"] = {"required": True, "content": {kind: {} for kind in one.takes}}
    elif one.fields:
        made["requestBody"] = {"required": True, "content": {FORM: {"schema": {
            "type": "object", "properties": {name: {"type": "string"} for name in one.fields}}}}}
    return made


def _parameters(one: Operation, number: int, chapter: Chapter | None) -> list[dict[str, Any]]:
    known = PARAMETERS if chapter is None else chapter.parameters
    inside = [{"name": name, "in": "path", "required": True, "schema": kind,
               "description": words[number]}
              for name, (kind, words) in known.items() if f"{{{name}}}" in one.path]
    return inside + [
        {"name": name, "in": where, "required": name in one.needed, "schema": kind,
         "description": words[number]} | (
             {"style": "form", "explode": False} if kind.get("type") == "array" else {})
        for where, given in (("query", one.query), ("header", one.headers))
        for name, (kind, words) in given.items()]


def _answer(said: str, one: Operation) -> dict[str, Any]:
    return {"description": said,
            "content": {JSON: _content(one.answer)} if one.answer else {
                kind: {} for kind in one.gives or (HTML,)}}


def _fault(one: Operation, status: int, number: int, chapter: Chapter | None) -> dict[str, Any]:
    lean = chapter is not None or one.path.startswith("/w/")
    made: dict[str, Any] = {
        "description": (FAULTS if chapter is None else chapter.faults)[status][number],
        "content": {PROBLEM: {"schema": {"$ref": PLACE + "Problem"}}} if lean else {HTML: {}},
    }
    if one.failure and status in (400, 401):
        made["content"] = {JSON: _content(one.failure)}
    if status == 429:
        made["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return made


def _content(name: str) -> dict[str, Any]:
    return {"schema": {"$ref": PLACE + name}, "example": examples()[name]}


def examples() -> dict[str, Any]:
    """An example of every body, by the name of its schema."""
    return EXAMPLES | {name: value for chapter in chapters()
                       for name, value in chapter.examples.items()}
