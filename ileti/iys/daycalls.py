"""İYS's days: what moved, its file with hash and time stamp, and agreeing to it (İYS API §8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from ileti.consents.vocabulary import RecipientType
from ileti.iys import dayanswers
from ileti.iys.calls import Calls


class DayCalls(Calls):
    """Reconciliation."""

    def day_summary(self, brand_code: int, day: dt.date, kind: RecipientType
                    ) -> tuple[tuple[dayanswers.DayCount, ...], bytes]:
        """What moved on a day, counted, and the answer's bytes (§8.1)."""
        path = f"{self._brand(brand_code)}/changes/{day}/recipients/{kind.name}"
        answer = self._call("GET", path, "day_summary")
        return self._read(dayanswers.parse_day_summary, answer), answer.content

    def day_hash(self, brand_code: int, day: dt.date) -> dayanswers.DayHash | None:
        """How far İYS is with a day and its file's hash (§8.2); None when nothing moved."""
        answer = self._call("GET", f"{self._brand(brand_code)}/agreements/{day}", "day_hash")
        return self._read(
            lambda body: dayanswers.parse_day_hash(answer.status_code, body), answer)

    def agree(self, brand_code: int, day: dt.date) -> bool:
        """Agree to a day's file, which cannot be undone (§8.3); False when nothing moved."""
        path = f"{self._brand(brand_code)}/agreements/{day}"
        answer = self._call("PUT", path, "agree", {"agreementStatus": True})
        return self._read(
            lambda body: dayanswers.parse_agreed(answer.status_code, body), answer)

    def day_file(self, brand_code: int, day: dt.date,
                 into: Callable[[Iterator[bytes]], None]) -> bool:
        """Download the day's movements piece by piece (§8.4); False when there is no file. When the
        call is repeated, ``into`` starts anew."""
        path = f"{self._brand(brand_code)}/changes/{day}/file"
        return self._call("GET", path, "day_file", into=into).status_code == 200

    def day_stamp(self, brand_code: int, day: dt.date) -> bytes | None:
        """The time stamp over the day's file (§8.5); None when there is none."""
        path = f"{self._brand(brand_code)}/agreements/{day}/timestamp"
        answer = self._call("GET", path, "day_stamp")
        return self._read(
            lambda body: dayanswers.parse_stamp(answer.status_code, body), answer)
