"""The two numbers people read out about consents: of a receipt and of a record.

``MKB-…`` is on the receipt the person took home and names the submission; ``IZN-…`` stands in the
panel and in its addresses and names one entry of the ledger. Neither tells how many there are.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from ileti.core.numbers import Numbers

RECEIPTS: Final = Numbers("MKB", "receipt-number")
RECORDS: Final = Numbers("IZN", "record-number")


@lru_cache(maxsize=1024)
def receipt_number(submission_id: int) -> str:
    """``MKB-XXXX-XXXX-XXXX`` of a submission; ValueError beyond 2⁶⁰."""
    return RECEIPTS.of(submission_id)


def submission_of(number: str) -> int | None:
    """The submission of a receipt number as people type it; None when it is none."""
    return RECEIPTS.read(number)


@lru_cache(maxsize=1024)
def record_number(entry_id: int) -> str:
    """``IZN-XXXX-XXXX-XXXX`` of an entry of the ledger; ValueError beyond 2⁶⁰."""
    return RECORDS.of(entry_id)


def entry_of(number: str) -> int | None:
    """The entry of a record number as people type it; None when it is none. The prefix must be
    there, so that a bare id never passes for a number."""
    return RECORDS.read(number) if RECORDS.starts(number) else None
