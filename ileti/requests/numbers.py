"""The two numbers people see of requests: of a case, and of a brand's application form.

``BSV-…`` stands on the receipt and names a case; ``FRM-…`` is in the form's address. Neither tells
how many there are, and neither can be counted through.
"""

from __future__ import annotations

from typing import Final

from ileti.core.numbers import Numbers

CASES: Final = Numbers("BSV", "request-number")
FORMS: Final = Numbers("FRM", "request-form")


def case_number(request_id: int) -> str:
    """``BSV-XXXX-XXXX-XXXX`` of a case."""
    return CASES.of(request_id)


def case_of(number: str) -> int | None:
    """The case of a number as people type it; None when it is none."""
    return CASES.read(number) if CASES.starts(number) else None


def form_path(brand_id: int) -> str:
    """Where a brand's application form is: ``/kvkk/FRM-…``."""
    return f"/kvkk/{FORMS.of(brand_id)}"


def brand_of(number: str) -> int | None:
    """The brand of a form's number; None when it is none."""
    found = FORMS.read(number) if FORMS.starts(number) else None
    return found if found is not None and found < 2**31 else None
