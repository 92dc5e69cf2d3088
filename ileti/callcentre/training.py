"""When agents were trained, and who may take calls today (R-22).

Why this module exists: the authority asks for staff that is trained periodically. Whoever was never
trained, or longer ago than ``TRAINED_MONTHS``, takes no consents in calls; a refusal they may
always write down (R-28). Bare SQL: programs and pages ask alike.
"""

from __future__ import annotations

from datetime import date, timedelta

from ileti.callcentre.vocabulary import TRAINED_MONTHS
from ileti.core import clock, db
from ileti.core.errors import FieldError, InvalidInput, NotAllowed


def last(provider_id: int, user_id: int) -> date | None:
    """The day of somebody's last training."""
    row = db.system_connection().execute(
        "select max(day) from call_training where provider_id = %s and user_id = %s",
        (provider_id, user_id)).fetchone()
    return row[0] if row else None


def until(day: date | None) -> date | None:
    """The last day on which a training of that day counts."""
    if day is None:
        return None
    months = day.month - 1 + TRAINED_MONTHS
    year, month = day.year + months // 12, months % 12 + 1
    for number in (day.day, 28):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    raise AssertionError("unreachable")


def holds(day: date | None) -> bool:
    """Whether a training of that day counts today."""
    end = until(day)
    return end is not None and clock.today() <= end


def needed(provider_id: int, user_id: int) -> None:
    """Raise NotAllowed for somebody whose training is out of date."""
    if not holds(last(provider_id, user_id)):
        raise NotAllowed(
            "Eğitiminiz güncel değil; çağrıda izin alamazsınız (R-22). Ekip sorumlunuz eğitim "
            "tarihinizi yazınca ekran açılır.",
            "Your training is out of date; you cannot take consents in calls (R-22). The screen "
            "opens when your supervisor has noted your training.", code="training_out_of_date")


def note(provider_id: int, user_id: int, day: date, *, by: int | None) -> None:
    """Write down that somebody was trained. Raises InvalidInput for a day to come or long past."""
    if not clock.today() - timedelta(days=3_660) <= day <= clock.today():
        raise InvalidInput(errors=(FieldError(
            "day", "invalid", "Geçmiş bir gün yazın.", "Write a day that has passed."),))
    db.system_connection().execute(
        "insert into call_training (provider_id, user_id, day, noted_by) values (%s, %s, %s, %s) "
        "on conflict do nothing", (provider_id, user_id, day, by))
