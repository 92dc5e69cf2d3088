"""One call of a program: who makes it, in which language it wants to be told off, what it says.

Why this module exists: every service starts with the same questions, and the order matters. Who
calls is asked before a byte of the body is read, so that nobody can have a gigabyte taken in
without an account; and the row rule is one function (:meth:`Call.own_import`): a program reaches
the imports of its own account, within its provider, brand and dealer, and no others exist for it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from functools import cached_property
from hashlib import sha256
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

import msgspec

from config import settings
from ileti.api.receiving import Body
from ileti.capture.limits import client_address
from ileti.consents.ledger import Place
from ileti.core import clock, db
from ileti.core.calls import is_private
from ileti.core.errors import (
    CallerMistake,
    FieldError,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotLoggedIn,
    TooLarge,
    TooMany,
)
from ileti.programs import accounts, signature
from ileti.programs.accounts import Caller
from ileti.programs.keys import MARK
from ileti.programs.rates import pace
from ileti.tenancy import modules

MOST_JSON: Final = 65_536
_KEY: Final = re.compile(r"[!-~]{1,80}")
_LONGEST_TOKEN: Final = 2_000


class Answer(NamedTuple):
    """HTTP status, the JSON value of the body or pieces of a file, and more headers."""

    status: int
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    pieces: Iterator[bytes] | None = None


class Quota(NamedTuple):
    """How often the account may call in this second, and how often it still may."""

    limit: int
    left: int


class Call:
    """One request, read as far as it was needed. ``named`` holds what the path said, ``scope`` what
    an account needs for its service, ``quota`` what is left once the caller is known."""

    def __init__(self, environ: dict[str, Any], method: str) -> None:
        self.environ, self.method = environ, method
        self.named: dict[str, str] = {}
        self.scope = ""
        self.known: Caller | None = None
        self.quota: Quota | None = None
        self.content_type = str(environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
        self.body = Body(environ)

    @cached_property
    def language(self) -> str:
        """``tr`` or ``en``, the first that Accept-Language names; Turkish when it names neither."""
        best, language = 0.0, "tr"
        for part in str(self.environ.get("HTTP_ACCEPT_LANGUAGE", ""))[:500].split(","):
            name, _, weight = part.strip().partition(";q=")
            try:
                found = float(weight or 1)
            except ValueError:
                continue
            if name[:2].lower() in ("tr", "en") and found > best:
                best, language = found, name[:2].lower()
        return language

    @cached_property
    def address(self) -> str:
        """The network address it came from."""
        return client_address(self.environ.get("REMOTE_ADDR", ""),
                              self.environ.get("HTTP_X_FORWARDED_FOR", ""))

    @cached_property
    def args(self) -> dict[str, str]:
        """What stands behind the question mark."""
        try:
            return dict(parse_qsl(str(self.environ.get("QUERY_STRING", "")),
                                  keep_blank_values=True, max_num_fields=100))
        except ValueError:
            raise CallerMistake("Adresteki alanlar okunamadı.",
                                "The fields in the address cannot be read.",
                                code="unreadable") from None

    def header(self, name: str) -> str:
        """A header's value, or ""."""
        return str(self.environ.get(f"HTTP_{name.upper().replace('-', '_')}", ""))

    @cached_property
    def caller(self) -> Caller:
        """Who calls. Raises NotAllowed outside https, from another network than the account's, for
        an unsigned call of one that must sign, and without the service's scope; NotLoggedIn;
        NotFound for a service of a module its provider does not have; and TooMany for one who calls
        or guesses too often."""
        if not is_private(self.environ):
            raise NotAllowed("Bu adres yalnız https ile çağrılır.",
                             "This address is called over https only.", code="https_only")
        found = self._authenticated()
        if found is None:
            raise NotLoggedIn(
                "API hesabının kullanıcı adı ve anahtarı ya da geçerli bir jetonu gerekir.",
                "The user name and secret of an API account are needed, or a token in force.")
        self.known = found
        if not found.may_come_from(self.address):
            raise NotAllowed("Bu API hesabı bu ağ adresinden çağrılmaz.",
                             "This API account is not called from this network address.",
                             code="address_refused")
        self._count(found)
        if self.scope and not found.management and modules.of(
                "scope", self.scope) is modules.Module.MANAGEMENT:
            raise no_such_address()
        if self.scope and self.scope not in found.scopes:
            raise _not_granted(self.scope)
        return found

    def _count(self, found: Caller) -> None:
        limit = settings().api_requests_per_second
        many = pace.count(found.account_id, int(clock.now().timestamp()))
        self.quota = Quota(limit, max(0, limit - many))
        if many > limit:
            raise TooMany(retry_after=1)

    def _authenticated(self) -> Caller | None:
        scheme, _, mark = self.header("Authorization").partition(" ")
        scheme = scheme.lower()
        if scheme == signature.SCHEME.lower():
            return self._signed(mark)
        found = None
        if scheme == "bearer" and 0 < len(mark) <= _LONGEST_TOKEN:
            mark = mark.strip()
            found = accounts.caller_by_key(mark) if mark.startswith(MARK) else (
                accounts.caller_of(mark))
        elif scheme == "basic" and len(mark) <= 1_000:
            found = self._by_secret(mark)
        if found is not None and found.signs:
            raise NotAllowed("Bu API hesabının her çağrısı imzalanır.",
                             "Each call of this API account is signed.", code="signature_needed")
        return found

    def _by_secret(self, mark: str) -> Caller | None:
        try:
            username, colon, secret = base64.b64decode(
                mark, validate=True).decode().partition(":")
            return accounts.caller_by_secret(username, secret, self.address) if colon else None
        except accounts.TooManyTries as tries:
            raise TooMany(retry_after=tries.seconds) from None
        except (accounts.WrongLogin, binascii.Error, ValueError):
            return None

    def _signed(self, mark: str) -> Caller | None:
        if self.body.length != 0 and self.body.digest is None:
            raise InvalidInput(errors=(FieldError(
                "Content-Digest", "missing", "İmzalı bir isteğin gövdesi Content-Digest ister.",
                "The body of a signed request needs Content-Digest."),))
        return signature.caller_by_signature(mark, signature.Said(
            self.method, self.path, str(self.environ.get("QUERY_STRING", "")),
            self.header("Idempotency-Key"), self.header("Content-Digest")))

    @cached_property
    def path(self) -> str:
        """The path as text."""
        return str(self.environ.get("PATH_INFO", "")).encode("latin-1", "replace").decode(
            "utf-8", "replace")

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; an empty one when there is none. Raises InvalidInput."""
        raw = self.raw(MOST_JSON)
        if not raw.strip():
            return {}
        try:
            found = msgspec.json.decode(raw)
        except (msgspec.DecodeError, RecursionError, ValueError):
            found = None
        if not isinstance(found, dict):
            raise unreadable()
        return found

    def raw(self, most: int) -> bytes:
        """The body whole, of at most so many bytes. Raises TooLarge, and what reading raises."""
        account_id = self.caller.account_id
        if (self.body.length or 0) > most:
            raise TooLarge()
        if self.body.length is not None and self.body.length <= MOST_JSON:
            return self.body.at_once()
        raw = bytearray()
        for piece in self.body.pieces(account_id):
            raw += piece
            if len(raw) > most:
                raise TooLarge()
        return bytes(raw)

    def place(self, brand: Any) -> Place:
        """The brand a call is for, by its number at İYS; the caller's only one when it names none.
        Raises InvalidInput, and NotFound for a brand that is not the caller's."""
        caller = self.caller
        if isinstance(brand, str) and brand.isascii() and brand.isdigit() and len(brand) < 16:
            brand = int(brand)
        if brand is not None and type(brand) is not int:
            raise _brand("invalid", "Markanın İYS numarasını yazın.",
                         "Write the brand’s number at İYS.")
        rows = [one for one in caller.brands if brand in (None, one[1])]
        if len(caller.brands) >= accounts.MOST_BRANDS:
            rows = self._brands(brand)
        if not rows:
            raise NotFound("Böyle bir marka yok.", "There is no such brand.", code="no_such_brand")
        if len(rows) > 1:
            raise _brand("missing", "Birden çok marka var; hangisi olduğunu yazın.",
                         "There is more than one brand; say which.")
        return Place(caller.provider_id, caller.iys_code, *rows[0])

    def _brands(self, brand: int | None) -> list[tuple[int, int]]:
        """Two at most of the caller's many brands that fit."""
        caller = self.caller
        return db.connection().execute(
            "select id, brand_code from brand where provider_id = %s "
            "and (%s::int is null or id = %s) and (%s::bigint is null or brand_code = %s) limit 2",
            (caller.provider_id, caller.brand_id, caller.brand_id, brand, brand)).fetchall()

    def dealer(self, brand_id: int, retailer_code: int) -> int | None:
        """Our number of a dealer of the brand that the caller may name; None for any other."""
        caller = self.caller
        row = db.connection().execute(
            "select id from dealer where provider_id = %s and brand_id = %s "
            "and retailer_code = %s and (%s::int is null or id = %s)",
            (caller.provider_id, brand_id, retailer_code, caller.dealer_id,
             caller.dealer_id)).fetchone()
        return None if row is None else int(row[0])

    @property
    def idempotency_key(self) -> str:
        """The key under which a repeat is the first time; raises InvalidInput without a good one.
        """
        key = self.header("Idempotency-Key")
        if not _KEY.fullmatch(key):
            raise InvalidInput(errors=(FieldError(
                "Idempotency-Key", "invalid" if key else "missing",
                "Bu istek için bir anahtar yazın: 1–80 karakter, boşluksuz ASCII. Yinelemede "
                "aynısı.",
                "Write a key for this request: 1 to 80 characters of ASCII without blanks. The "
                "same one when you repeat."),))
        return key

    @cached_property
    def own_import(self) -> int:
        """The import the path names; see :meth:`import_of`."""
        return self.import_of(self.named["id"])

    def import_of(self, text: str) -> int:
        """An import by its number. Raises NotFound for one that is not the caller's own."""
        caller = self.caller
        row = None
        if text.isascii() and text.isdigit() and len(text) < 19:
            row = db.connection().execute(
                f"select r.id from import_run r where r.id = %s and {OWN}",  # noqa: S608 (ours)
                (int(text), *own(caller))).fetchone()
        if row is None:
            raise NotFound("Böyle bir aktarma yok.", "There is no such import.")
        return int(row[0])


class Changed(CallerMistake):
    """If-Match names another state."""

    status = 412
    code = "changed"
    tr = "Kayıt siz okuduktan sonra değişmiş. Yeniden okuyun."
    en = "It has changed since you read it. Read it again."


#: says in each answer to an account of the sandbox that nothing of it is real
SANDBOX: Final = "Ileti-Sandbox"


def marked(call: Call, body: Any) -> Any:
    """A JSON body as the caller gets it: what comes out of a sandbox says so. The API's own
    document has a form of its own and stays as it is."""
    if call.known is None or not call.known.sandbox or not isinstance(body, dict) \
            or "openapi" in body:
        return body
    return body | {"sandbox": True}


def etag(raw: bytes) -> str:
    """What tells one representation from another."""
    return f'"{sha256(raw).hexdigest()[:24]}"'


def refuse_changed(call: Call, shown: Callable[[], Any]) -> None:
    """Raise Changed when the call names (``If-Match``) another state than what ``shown`` answers
    now, which is what a GET would give this caller."""
    wanted = call.header("If-Match")
    if len(wanted) > 200:
        raise InvalidInput(errors=(FieldError("If-Match", "too_long", "Çok uzun.", "Too long."),))
    if wanted and wanted != "*" and etag(msgspec.json.encode(
            marked(call, shown()))) not in [
            one.strip() for one in wanted.split(",")]:
        raise Changed()


# scopes of the first days keep their own codes: programs know them
_NOT_GRANTED: Final = {
    "imports:write": ("liste aktaramaz", "import lists", "imports_not_granted"),
    "consents:ask": ("izinleri soramaz", "ask about consents", "asking_not_granted"),
    "proofs:write": ("kanıt ekleyemez", "add proofs", "proofs_not_granted"),
}


def _not_granted(scope: str) -> NotAllowed:
    tr, en, code = _NOT_GRANTED.get(scope, (
        f"bunu yapamaz ({scope})", f"do this ({scope})", "scope_missing"))
    return NotAllowed(
        f"Bu API hesabı {tr}. Yetki, panelde hesabın sayfasından verilir.",
        f"This API account may not {en}. The right is given on the account’s page in the panel.",
        code=code, detail={"scope": scope})


def no_such_address() -> NotFound:
    """What is said of an address behind which there is no service, or none for this caller."""
    return NotFound("Bu adreste bir servis yok.", "There is no service at this address.",
                    code="no_such_address")


def unreadable() -> InvalidInput:
    """What is no JSON object."""
    return InvalidInput("İstek gövdesi bir JSON nesnesi olmalı.",
                        "The body must be a JSON object.", code="unreadable")


OWN: Final = ("r.account_id = %s and r.provider_id = %s and (%s::int is null or r.brand_id = %s) "
              "and (%s::int is null or r.dealer_id = %s)")


def own(caller: Caller) -> tuple[Any, ...]:
    """The values of :data:`OWN`."""
    return (caller.account_id, caller.provider_id, caller.brand_id, caller.brand_id,
            caller.dealer_id, caller.dealer_id)


def _brand(code: str, tr: str, en: str) -> InvalidInput:
    return InvalidInput(errors=(FieldError("brand", code, tr, en),))
