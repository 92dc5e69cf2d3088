"""İYS's ViA calls: İYS asks the person itself, we start and complete (İYS API §11).

Why this module exists: a consent got this way is İYS's to prove, and comes to us by pull or push
like any other change at İYS; here is only how a process is started, completed and followed. A code
typed by a person may be wrong three times, so a completion is never repeated by the program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ileti.consents.vocabulary import Channel, RecipientType
from ileti.iys.answers import Unreadable, read_json
from ileti.iys.calls import Calls


class ViaWay(StrEnum):
    """How İYS asks (§2)."""

    SMS_OTP = "SMS_OTP"
    SMS_SHORTURL = "SMS_SHORTURL"
    EMAIL_OTP = "EPOSTA_OTP"
    EMAIL_SHORTURL = "EPOSTA_SHORTURL"
    EMAIL_APPROVAL = "EPOSTA_APPROVALURL"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViaQuestion:
    """What a person shall be asked for, for which brands and channels."""

    form_id: str
    recipient: str = field(repr=False)
    way: ViaWay
    brand_codes: Sequence[int]
    channels: Sequence[Channel]
    kind: RecipientType = RecipientType.BIREYSEL

    def to_wire(self) -> dict[str, Any]:
        """The documented keys of an ETK consent."""
        return {
            "formId": self.form_id, "recipient": self.recipient,
            "verificationType": self.way.value,
            "consentTypes": [{
                "title": "ETK", "brandCodes": list(self.brand_codes),
                "types": [one.name for one in self.channels], "recipientType": self.kind.name,
            }],
        }


class ViaCalls(Calls):
    """Starting, completing and following a process."""

    def via_start(self, question: ViaQuestion) -> str:
        """Let İYS ask; the number of the process. One credit for each answer."""
        return self._read(parse_started, self._call(
            "POST", self._via("consent"), "via_start", question.to_wire()))

    def via_confirm(self, request_id: str, way: ViaWay, code: str) -> tuple[str, ...]:
        """Complete by the code the person read (three minutes, three tries: H1050 to H1052); İYS's
        transaction ids."""
        body = {"requestId": request_id, "verificationType": way.value,
                "consentTypes": [{"title": "ETK", "otpCode": code}]}
        return self._read(parse_confirmed, self._call(
            "POST", self._via("confirmation"), "via_confirm", body))

    def via_state(self, request_id: str) -> tuple[str, str]:
        """Stage and status of a process, in İYS's words."""
        path = self._via(f"consent/request/{request_id}")
        return self._read(parse_state, self._call("GET", path, "via_state"))

    def via_file(self, request_id: str) -> bytes:
        """What the person was shown, stamped, as a ZIP."""
        path = self._via(f"via/clarification/{request_id}/file")
        return self._read(parse_file, self._call("GET", path, "via_file"))

    def _via(self, rest: str) -> str:
        return f"/via/sps/{self.account.iys_code}/{rest}"


def parse_started(body: bytes | str | None) -> str:
    """The number of a started process."""
    message = _message(body)
    number = message.get("requestId") if isinstance(message, Mapping) else None
    if not isinstance(number, str) or not number:
        raise Unreadable("requestId: missing")
    return number


def parse_confirmed(body: bytes | str | None) -> tuple[str, ...]:
    """İYS's numbers of what was recorded; ``Unreadable`` when one is missing."""
    message = _message(body)
    rows = message if isinstance(message, list) else []
    numbers = [one.get("transactionId") if isinstance(one, Mapping) else None for one in rows]
    found = tuple(one for one in numbers if isinstance(one, str) and one)
    if not found or len(found) < len(rows):
        raise Unreadable("transactionId: missing")
    return found


def parse_state(body: bytes | str | None) -> tuple[str, str]:
    """Stage and status, also where they stand inside ``message``."""
    answer = read_json(body)
    found = answer if isinstance(answer, Mapping) else {}
    inner = found.get("message")
    last = found.get("lastStatus") or (
        inner.get("lastStatus") if isinstance(inner, Mapping) else None)
    if not isinstance(last, Mapping) or not last.get("stage") or not last.get("status"):
        raise Unreadable("lastStatus: missing")
    return str(last["stage"]), str(last["status"])


def parse_file(body: bytes | str | None) -> bytes:
    """A ZIP, and nothing else."""
    if not isinstance(body, bytes) or not body.startswith(b"PK"):
        raise Unreadable("not a ZIP")
    return body


def _message(body: bytes | str | None) -> Any:
    answer = read_json(body)
    if not isinstance(answer, Mapping) or answer.get("code") != "OK":
        raise Unreadable("code: not OK")
    return answer.get("message")
