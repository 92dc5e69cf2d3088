"""What İYS was asked for and has not surely answered, so that a repeat can be told from a new wish.

Accounts and tokens of the calling programs are :mod:`ileti.programs.models`.
"""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import DateTime, ForeignKey, Integer, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column


class RetailerDoubt(Model):
    """A retailer that İYS was asked to add and has not surely answered; ``digest`` is keyed."""

    __tablename__ = "api_retailer_doubt"

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
