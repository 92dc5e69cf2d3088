"""Correcting a name or an address on request (KVKK 11/1-d).

Why this module exists: the ledger is append-only and proves what was said then, so a correction is
a line of its own beside the records, in the person's copy and in the story of each consent. An
address cannot be "changed": a consent belongs to the address it was given for (R-21). So a wrong
address is refused on all its channels the same moment, and the right one needs its own consent.
"""

from __future__ import annotations

from ileti.core.errors import CallerMistake, NotFound
from ileti.recipients.address import AddressError, parse_address
from ileti.requests import cases
from ileti.requests.matching import attached
from ileti.requests.people import LONGEST, clean
from ileti.requests.sealing import CORRECTION_PURPOSE, seal
from ileti.requests.vocabulary import Deed


def correct_name(conn: cases.Connection, case: cases.Case, recipient_id: int, *, before: str,
                 after: str, by: int) -> None:
    """Write down the right name. Raises CallerMistake when it is empty or the same."""
    before, after = clean(before, LONGEST["name"]), clean(after, LONGEST["name"])
    if len(after) < 2 or after == before:
        raise CallerMistake("Doğru adı yazın.", "Write the right name.", code="no_name")
    _write(conn, case, recipient_id, "name", before or "–", after, by)


def check_address(conn: cases.Connection, case: cases.Case, recipient_id: int,
                  after: str) -> tuple[str, str]:
    """The wrong address of a matched recipient, whose channels the caller refuses, and the right
    one as it is spelled (empty when it is not known). Raises CallerMistake, NotFound."""
    found = next((one for one in attached(conn, case.id) if one.recipient_id == recipient_id), None)
    if found is None or not found.address:
        raise NotFound()
    right = ""
    if after.strip():
        try:
            right = parse_address(after.strip()[:320]).value
        except AddressError as error:
            raise CallerMistake(error.tr, error.en, code=error.code) from error
    if right == found.address:
        raise CallerMistake("Yeni adres eskisiyle aynı.", "The new address is the same.",
                            code="same")
    return found.address, right


def correct_address(conn: cases.Connection, case: cases.Case, recipient_id: int, wrong: str,
                    right: str, *, by: int) -> None:
    """Write down that an address is wrong, with the right one when it is known."""
    _write(conn, case, recipient_id, "address", wrong, right or "–", by)


def _write(conn: cases.Connection, case: cases.Case, recipient_id: int, field: str, before: str,
           after: str, by: int) -> None:
    if recipient_id not in {one.recipient_id for one in attached(conn, case.id)}:
        raise NotFound()
    conn.execute(
        "insert into data_request_correction (provider_id, brand_id, request_id, recipient_id, by, "
        "field, before, after) values (%s, %s, %s, %s, %s, %s, %s, %s)",
        (case.provider_id, case.brand_id, case.id, recipient_id, by, field,
         seal(before, CORRECTION_PURPOSE), seal(after, CORRECTION_PURPOSE)))
    cases.note(conn, case, Deed.CORRECTED, by=by, field=field, recipient=recipient_id)
