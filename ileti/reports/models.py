"""Numbers of the ledger that were counted once, so that no page counts ten million rows.

A consent or refusal that took effect counts on the Istanbul day it was taken; İYS's answers count
on that same day, so that a line of a report tells of one set of records throughout. The same
numbers stand in several tables, since rows by dealer, site and person at once are nearly as many as
the records: each of the three has tables of its own, by day and, for long spans, by month.
Nobody and nothing a record lacks is 0, since a key has no gaps. Only :mod:`ileti.reports.rollup`
writes them.
"""

from __future__ import annotations

from datetime import date, datetime

from flask_appbuilder import Model
from sqlalchemy import BigInteger, Date, DateTime, Index, Integer, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

_ZERO = text("0")


def _found_by(table: str, what: str) -> Index:
    return Index(f"ix_{table}_{what}", "provider_id", f"{what}_id", "day",
                 postgresql_where=text(f"{what}_id <> 0"))


class _ByBrand:
    """What every number is apart by. ``day``: of Istanbul; of a month its first."""

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    brand_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    channel: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    source: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    status: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    recipient_type: Mapped[int] = mapped_column(SmallInteger, primary_key=True,
                                                autoincrement=False)


class _Numbers:
    """``taken`` records; of what was reported to İYS ``accepted`` and ``rejected`` answers,
    ``overdue`` records whose three business days ended (R-33), ``same_day`` accepted on the day
    they were taken, ``waited`` seconds from taking to acceptance, summed."""

    taken: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)
    accepted: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)
    rejected: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)
    overdue: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)
    same_day: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)
    waited: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)


class ReportBrandDay(_ByBrand, _Numbers, Model):
    """A day of a brand."""

    __tablename__ = "report_brand_day"


class _ByDealer(_ByBrand):
    dealer_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)


class ReportDealerDay(_ByDealer, _Numbers, Model):
    """A day by dealer, who took it."""

    __tablename__ = "report_dealer_day"
    __table_args__ = (_found_by("report_dealer_day", "dealer"),)


class ReportDealerMonth(_ByDealer, _Numbers, Model):
    """A month by dealer."""

    __tablename__ = "report_dealer_month"
    __table_args__ = (_found_by("report_dealer_month", "dealer"),)


class _BySite(_ByBrand):
    site_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)


class ReportSiteDay(_BySite, _Numbers, Model):
    """A day by site, on whose form it was given."""

    __tablename__ = "report_site_day"


class ReportSiteMonth(_BySite, _Numbers, Model):
    """A month by site."""

    __tablename__ = "report_site_month"


class _ByAgent(_ByBrand):
    agent_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class ReportAgentDay(_ByAgent, _Numbers, Model):
    """A day by which of our users wrote it down."""

    __tablename__ = "report_agent_day"


class ReportAgentMonth(_ByAgent, _Numbers, Model):
    """A month by which of our users wrote it down."""

    __tablename__ = "report_agent_month"


class ReportDay(_ByDealer, _Numbers, Model):
    """A day by all three; asked by one of them, and always narrowed to some of another."""

    __tablename__ = "report_day"
    __table_args__ = tuple(_found_by("report_day", one) for one in ("dealer", "site", "agent"))

    site_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    agent_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class _Reply:
    """İYS's answers by what they said: ``code`` of what was not accepted (178 for H178; 0: it was,
    or it has none), ``bucket`` of how long acceptance took (``rollup.UNDER``; 0: not accepted).
    ``longest``: seconds of the slowest."""

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    brand_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    channel: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    source: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    code: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    bucket: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)
    longest: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)


class ReportReplyDay(_Reply, Model):
    """Answers of a brand about a day's records."""

    __tablename__ = "report_reply_day"


class ReportReplyMonth(_Reply, Model):
    """Answers of a brand about a month's records."""

    __tablename__ = "report_reply_month"


class ReportReplyDealerDay(_Reply, Model):
    """Answers about a day's records by dealer, who took them."""

    __tablename__ = "report_reply_dealer_day"
    __table_args__ = (_found_by("report_reply_dealer_day", "dealer"),)

    dealer_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)


class ReportReplyDealerMonth(_Reply, Model):
    """Answers about a month's records by dealer."""

    __tablename__ = "report_reply_dealer_month"
    __table_args__ = (_found_by("report_reply_dealer_month", "dealer"),)

    dealer_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)


class ReportStanding(Model):
    """Consents that stand, taken here: on which version of a text (0: none), proven by what
    (:class:`ileti.reports.proven.Proof`). ``number`` is shown; ``coming`` is being counted."""

    __tablename__ = "report_standing"

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    brand_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    dealer_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    channel: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    source: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    text_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    proof: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)
    coming: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)


class ReportDue(Model):
    """What of a provider is to be destroyed (R-64), by ``kind``
    (:class:`ileti.retention.periods.Kind`): ``due`` now, ``year`` within twelve months, those of
    now among them."""

    __tablename__ = "report_due"

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    due: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)
    year: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)


class ReportWalk(Model):
    """How far the walk through a provider's states has come, by their key; ``begun_at`` null: none
    is under way. ``counted_at``: when the last one that ended began; ``due_at``: when what is to
    be destroyed was counted."""

    __tablename__ = "report_walk"

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    brand_id: Mapped[int] = mapped_column(Integer, server_default=_ZERO)
    recipient_id: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)
    recipient_type: Mapped[int] = mapped_column(SmallInteger, server_default=_ZERO)
    channel: Mapped[int] = mapped_column(SmallInteger, server_default=_ZERO)
    begun_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    counted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ReportAnswer(Model):
    """An answer of İYS that is not counted yet; written by a trigger with the answer itself."""

    __tablename__ = "report_answer"

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    receipt_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class ReportMark(Model):
    """How far the counting has come; one row. Entries up to (``epoch``, ``xid``, ``entry_id``) in
    the sealer's order; of the answers that stood before the counting began, which are those with
    ids up to ``old_answers``, all up to the key of three; None: all of them. ``counted_at``: what
    had ended then is counted."""

    __tablename__ = "report_mark"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    epoch: Mapped[int] = mapped_column(SmallInteger, server_default=_ZERO)
    xid: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)
    entry_id: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)
    old_answers: Mapped[int | None] = mapped_column(BigInteger)
    old_provider_id: Mapped[int] = mapped_column(Integer, server_default=_ZERO)
    old_entry_id: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)
    old_receipt_id: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)
    counted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
