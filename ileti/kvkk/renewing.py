"""What the page and the file of people to be told or asked anew show (R-17, R-61).

Why apart from ``views``: it lays two ledgers in one list: notices and explicit consents first, then
commercial consents, each paged in the order of its own keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from flask import url_for
from flask_babel import gettext as _
from psycopg.errors import QueryCanceled
from sqlalchemy import select

from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Channel
from ileti.core import csvfile, db, formats, orm
from ileti.core.errors import StorageAway
from ileti.core.formats import say
from ileti.documents.models import Document
from ileti.documents.renewal import ASK, RENEWALS
from ileti.kvkk import asking, listing, pages, standing
from ileti.kvkk.asking import Resting
from ileti.kvkk.standing import Due, Whose

Line = Due | Resting
EXPORTED: Final = 100_000


def texts(whose: Whose, chosen: int | None) -> list[dict[str, Any]]:
    """Texts with what they need and for how many; ``chosen`` is the one that is looked at. A count
    of consents that takes too long is left open."""
    found: list[tuple[int, str, int | None]] = [*standing.counts(db.connection(), whose)]
    consents = in_time(lambda: asking.counts(whose))
    if consents is None:
        consents = {one.document_id: None for one in asking.older(whose).values()}
    found += [(document, ASK, many) for document, many in consents.items()]
    names = {one.id: one.name for one in orm.db.session.scalars(
        select(Document).where(Document.id.in_([row[0] for row in found])))}
    return [{"name": names.get(number, ""), "what": say(RENEWALS[what]),
             "count": _("not counted now") if count is None else formats.number(count),
             "url": url_for("KvkkView.renew", metin=number),
             "current": number == chosen} for number, what, count in found]


def in_time(work: Callable[[], Any]) -> Any:
    """What it answers, or None where the ledger is too long for somebody who waits at a page."""
    try:
        return work()
    except StorageAway as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise


def page(whose: Whose, after: str | None) -> tuple[list[Line], str | None, bool]:
    """A page of people, where the next one begins, and whether all could be read; ``after`` as a
    page before it said."""
    place, beyond = _places(after)
    found: list[Line] = [] if place is None else list(standing.due(
        db.connection(), whose, after=place, most=listing.PAGE + 1))
    consents: Sequence[Resting] | None = []
    if len(found) <= listing.PAGE:
        consents = in_time(lambda: asking.resting(
            whose, after=beyond, most=listing.PAGE + 1 - len(found)))
        found += consents or []
    more, found = len(found) > listing.PAGE, found[:listing.PAGE]
    return found, _place_of(found[-1]) if more else None, consents is not None


def _place_of(line: Line) -> str:
    if isinstance(line, Due):
        return f"{line.recipient_id}.{line.document_id}"
    return ".".join(map(str, line.place))


def _places(text: str | None) -> tuple[tuple[int, int] | None, asking.Place]:
    """Where to go on among acts, None behind them, and among consents; from the start for what no
    page has said."""
    parts = (text or "").split(".")
    numbers = [int(one) for one in parts if one.isascii() and one.isdigit() and len(one) <= 18]
    if len(numbers) == len(parts) == 2 and numbers[1] < 2**31:
        return (numbers[0], numbers[1]), asking.START
    if len(numbers) == len(parts) == 5 and max(numbers[:2]) < 2**31 and max(numbers[3:]) < 2**15:
        return None, (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4])
    return (0, 0), asking.START


def rows(found: Sequence[Line]) -> list[dict[str, Any]]:
    """Lines of the page."""
    known = listing.addresses((one.provider_id, one.recipient_id) for one in found)
    shown = pages.versions([number for one in found for number in (one.text_id, one.newest_id)])
    return [{"address": pages.shown_address(known.get((one.provider_id, one.recipient_id))),
             "url": url_for("KvkkView.show" if isinstance(one, Due) else "ConsentView.show",
                            number=record_number(one.entry_id)),
             "rests": pages.text_name(shown.get(one.text_id)), "at": _since(one),
             "channel": _channel(one), "newest": pages.text_name(shown.get(one.newest_id)),
             "what": _what(one)} for one in found]


def csv(whose: Whose, *, in_full: bool) -> Iterator[str]:
    """UTF-8 with its mark and semicolons, as Excel reads it; formulas are not let through."""
    found: list[Line] = list(standing.due(db.connection(), whose, most=EXPORTED))
    found += asking.resting(whose, most=EXPORTED - len(found), seconds=3 * asking.SECONDS)
    shown = pages.versions({number for one in found for number in (one.text_id, one.newest_id)})
    yield csvfile.MARK + csvfile.line([_("Address"), _("Rests on"), _("Since"), _("In force"),
                                       _("What to do"), _("Channel")])
    for start in range(0, len(found), 1000):
        some = found[start:start + 1000]
        known = listing.addresses((one.provider_id, one.recipient_id) for one in some)
        yield "".join(csvfile.line([
            pages.shown_address(known.get((one.provider_id, one.recipient_id)), in_full=in_full),
            pages.text_name(shown.get(one.text_id)), formats.moment(_since(one)),
            pages.text_name(shown.get(one.newest_id)), _what(one), _channel(one)])
            for one in some)


def _since(one: Line) -> Any:
    return one.act_at if isinstance(one, Due) else one.consent_date


def _what(one: Line) -> str:
    return say(RENEWALS[one.renewal if isinstance(one, Due) else ASK])


def _channel(one: Line) -> str:
    return "" if isinstance(one, Due) else say(Channel(one.channel))
