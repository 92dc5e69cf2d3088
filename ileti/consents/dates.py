"""Days, moments and numbers inside a sentence, in the page's language and Istanbul's time.

The panel's own formats live above this floor (``ileti/web/formats.py``) and serve the templates;
these serve sentences that are put together down here.
"""

from __future__ import annotations

from datetime import date, datetime

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from flask_babel import get_locale

from ileti.core.clock import to_istanbul

_SHAPES = {"tr": "dd.MM.y", "en": "d MMM y"}


def _language() -> str:
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "tr"


def day_text(day: date) -> str:
    """``31.12.2026`` or ``31 Dec 2026``."""
    return format_date(day, _SHAPES[_language()], locale=_language())


def number_text(value: int) -> str:
    """``1.234`` or ``1,234``."""
    return format_decimal(value, format="#,##0", locale=_language())


def clock_text(moment: datetime) -> str:
    """``14:05``; ``moment`` must be aware."""
    return to_istanbul(moment).strftime("%H:%M")


def moment_text(moment: datetime) -> str:
    """``31.12.2026 14:05`` or ``31 Dec 2026 14:05``; ``moment`` must be aware."""
    shape = f"{_SHAPES[_language()]} HH:mm"
    return format_datetime(to_istanbul(moment), shape, locale=_language())
