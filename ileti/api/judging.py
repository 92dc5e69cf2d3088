"""The items of one list, judged: what items share is asked once, what differs is spelled.

Why this module exists: a thousand items hold some dozen combinations of channel, choice, source,
type and day, and the rules cost more than an item may (docs/adr/0036). So
:func:`ileti.api.item.check` is asked once per combination that turns out well; whatever is odd,
faulty or on the edge of time is asked there by itself. A property test holds both equal.
"""

from __future__ import annotations

from datetime import date, datetime
from operator import itemgetter
from typing import Any, Final

from ileti.api.item import FIELDS, LONGEST_BASIS, Checked, Frame, check, key_of
from ileti.consents.ledger import NewConsent
from ileti.core.clock import to_istanbul
from ileti.recipients.address import AddressError, canonical_mobiles, parse_address

_NAMES: Final = frozenset(FIELDS)
_PLAIN: Final = frozenset(("address", "channel", "status", "source", "consentDate"))
_RARE: Final = sorted(_NAMES - _PLAIN)
_words: Final = itemgetter("channel", "status", "source")
#: the rules look at the second on this day
_FIRST_DAY: Final = date(2015, 5, 1)

Moment = tuple[datetime, date]


class Judge:
    """Judges the items of one call."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._seen: dict[tuple[Any, ...], NewConsent] = {}
        self._moments: dict[str, Moment] = {}
        self._canonical = canonical_mobiles().fullmatch

    def all(self, items: list[Any]) -> list[Checked]:
        """Each item by itself; of the same recipient the first counts."""
        checked, taken = [], set()
        for item in items:
            one = self.of(item)
            if one.new is not None:
                key = key_of(one.new)
                if key in taken:
                    one = Checked(None, [("address", "repeated")])
                taken.add(key)
            checked.append(one)
        return checked

    def of(self, item: Any) -> Checked:
        """The same as :func:`ileti.api.item.check`."""
        try:
            key, address, at = self._read(item)
            like = self._seen.get(key)
        except (TypeError, KeyError, AddressError):
            return check(item, self._frame)
        if like is None:
            return self._first(item, key, at)
        return Checked(NewConsent(
            address, like.channel, like.status, at, like.recipient_type, like.due_at,
            like.text_id, like.text_hash, like.source, like.standing, like.dealer_id), [])

    def _read(self, item: dict[str, Any]) -> tuple[tuple[Any, ...], str, datetime]:
        """What an item shares with others, its address and its moment. Raises TypeError, KeyError
        and AddressError for what is better looked at by itself."""
        if type(item) is not dict:
            raise TypeError
        if item.keys() == _PLAIN:
            more: tuple[Any, ...] = ()
        elif item.keys() <= _NAMES and "fields" not in item:  # custom fields belong to one item
            more = _more(item)
        else:
            raise KeyError
        text, raw = item["consentDate"], item["address"]
        at, day = self._moments.get(text) or self._moment(text)
        if at > self._frame.now:
            raise KeyError
        if type(raw) is str and self._canonical(raw):
            address, mail = raw, False
        elif type(raw) is str and len(raw) <= 400:
            kind, address = parse_address(raw)
            mail = kind == 2
        else:
            raise TypeError
        return (*_words(item), mail, day, *more), address, at

    def _moment(self, text: Any) -> Moment:
        if type(text) is not str or len(text) > 40:
            raise TypeError
        try:
            at = to_istanbul(datetime.fromisoformat(text)).replace(microsecond=0)
        except (ValueError, OverflowError):
            raise TypeError from None
        if at.date() <= _FIRST_DAY:
            raise KeyError
        found = self._moments[text] = (at, at.date())
        return found

    def _first(self, item: dict[str, Any], key: tuple[Any, ...], at: datetime) -> Checked:
        found = check(item, self._frame)
        if found.new is not None and found.new.consent_date == at:
            self._seen[key] = found.new
        return found


def _more(item: dict[str, Any]) -> tuple[Any, ...]:
    """The rarer fields; what is none of their kinds is looked at by itself."""
    kind, basis = item.get("recipientType", ""), item.get("merchantBasis", "")
    dealer, text = item.get("retailerCode", 0), item.get("textId", 0)
    if not (type(kind) is type(basis) is str and type(dealer) is type(text) is int
            and len(basis) <= LONGEST_BASIS):
        raise TypeError
    return (kind, bool(basis.strip()), dealer, text,
            *(name in item for name in _RARE))
