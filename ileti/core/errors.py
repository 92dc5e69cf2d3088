"""One tree of errors, so that every floor can say what happened and every edge what to do.

A leaf says what happened; its parent says what the caller should do. Each carries a stable code,
an HTTP status and one sentence in Turkish and in English, shown as they are to people.

    IletiError                  500
    ├── CallerMistake           400   mend the request, then send it again
    │   ├── InvalidInput        422   named fields are wrong
    │   ├── RuleBroken          422   the law or İYS's rules do not allow it (carries verdicts)
    │   ├── NotLoggedIn         401
    │   ├── NotAllowed          403
    │   ├── NotFound            404
    │   ├── Conflict            409   e.g. an idempotency key used with another body
    │   ├── Gone                410   a link or form that has expired
    │   └── TooLarge            413
    ├── TryLater                503   nothing is wrong with the request; send it again later
    │   ├── TooMany             429
    │   ├── StorageAway         503   PostgreSQL does not answer
    │   └── OutsideRetryable    502   another system failed for now
    └── OutsideFinal            502   another system refused; sending again cannot help
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FieldError:
    """One wrong field: its name as the caller sent it, a stable code, a sentence per language, and
    the rule (``R-42``) where one says so."""

    field: str
    code: str
    tr: str
    en: str
    rule: str = ""

    def say(self, language: str) -> str:
        """The sentence in ``tr`` or ``en``."""
        return self.en if language == "en" else self.tr

    def told(self, language: str) -> dict[str, str]:
        """What a program is told of it."""
        said = {"field": self.field, "code": self.code, "message": self.say(language)}
        return said | {"rule": self.rule} if self.rule else said


class IletiError(Exception):
    """Root of the tree; ``code`` is stable, ``tr`` and ``en`` are shown to people. ``rule`` is the
    number of the rule that says so, where there is one."""

    status = 500
    code = "fault"
    tr = "İşlem tamamlanamadı. Kayıt altına alındı; yeniden deneyebilirsiniz."
    en = "This could not be completed. It has been logged; you can try again."

    def __init__(
        self,
        tr: str | None = None,
        en: str | None = None,
        *,
        code: str | None = None,
        errors: tuple[FieldError, ...] = (),
        retry_after: int | None = None,
        detail: Any = None,
        rule: str = "",
    ) -> None:
        self.tr = tr or self.tr
        self.en = en or (tr if tr and not en else self.en)
        self.code = code or self.code
        self.errors = errors
        self.retry_after = retry_after
        self.detail = detail
        self.rule = rule
        super().__init__(f"{self.code}: {self.en}")

    def say(self, language: str) -> str:
        """The sentence in ``tr`` or ``en``."""
        return self.en if language == "en" else self.tr

    def problem(self, language: str) -> dict[str, Any]:
        """The body of an ``application/problem+json`` answer (RFC 9457)."""
        body: dict[str, Any] = {
            "type": f"urn:ileti:problem:{self.code}",
            "title": self.say(language),
            "status": self.status,
            "detail": self.say(language),
            "code": self.code,
        }
        if self.rule:
            body["rule"] = self.rule
        if self.errors:
            body["errors"] = [one.told(language) for one in self.errors]
        if isinstance(self.detail, dict):
            body.update(self.detail)
        return body


class CallerMistake(IletiError):
    status = 400
    code = "bad_request"
    tr = "İstek anlaşılamadı."
    en = "The request could not be understood."


class InvalidInput(CallerMistake):
    status = 422
    code = "invalid_input"
    tr = "Bazı alanları düzeltin."
    en = "Some fields need correcting."


class RuleBroken(CallerMistake):
    status = 422
    code = "rule_broken"
    tr = "Kurallar bu işleme izin vermiyor."
    en = "The rules do not allow this."


class NotLoggedIn(CallerMistake):
    status = 401
    code = "not_logged_in"
    tr = "Oturum açın."
    en = "Log in first."


class NotAllowed(CallerMistake):
    status = 403
    code = "not_allowed"
    tr = "Bu işlem size açık değil."
    en = "You may not do this."


class NotFound(CallerMistake):
    status = 404
    code = "not_found"
    tr = "Böyle bir kayıt yok."
    en = "There is no such record."


class Conflict(CallerMistake):
    status = 409
    code = "conflict"
    tr = "Aynı anahtarla başka bir istek alınmıştı."
    en = "The same key was used with another request."


class Gone(CallerMistake):
    status = 410
    code = "gone"
    tr = "Bu bağlantının süresi doldu."
    en = "This link has expired."


class TooLarge(CallerMistake):
    status = 413
    code = "too_large"
    tr = "İstek izin verilenden büyük."
    en = "The request is larger than allowed."


class TryLater(IletiError):
    status = 503
    code = "try_later"
    tr = "Şu anda yanıt veremiyoruz. Az sonra yeniden deneyin."
    en = "We cannot answer right now. Try again shortly."


class TooMany(TryLater):
    status = 429
    code = "too_many"
    tr = "Çok sık denendi. Biraz bekleyip yeniden deneyin."
    en = "Too many attempts. Wait a little and try again."


class StorageAway(TryLater):
    code = "storage_away"


class OutsideRetryable(TryLater):
    """Another system failed for now; ``retry_after`` in seconds when it told us."""

    status = 502
    code = "outside_retryable"
    tr = "Karşı sistem şu anda yanıt vermiyor."
    en = "The other system does not answer right now."


class OutsideFinal(IletiError):
    """Another system refused for good; sending the same again cannot help."""

    status = 502
    code = "outside_final"
    tr = "Karşı sistem isteği kabul etmedi."
    en = "The other system refused the request."
