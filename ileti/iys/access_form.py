"""What every form about dealers' access has in common: the dealers offered and what is wished.

Dealers are offered only of the consents' own brand and only when İYS knows them; one that was not
offered is nobody's, whatever a form sends.
"""

from __future__ import annotations

from typing import Any, Final

from flask import request
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ileti.core import orm
from ileti.core.errors import NotFound
from ileti.iys.calls import MOST_IN_PART
from ileti.iys.granted import Act
from ileti.tenancy.models import Brand, Dealer, DealerStatus

OFFERED: Final = 500
ACTS: Final = {"ver": Act.GIVE, "yalniz": Act.REPLACE, "al": Act.TAKE}
WORDS: Final = {Act.GIVE: _l("Give access"), Act.REPLACE: _l("These dealers only"),
                Act.TAKE: _l("Take access")}


def offered(brand: Brand) -> list[dict[str, Any]]:
    """Dealers of the brand that İYS knows."""
    found = orm.db.session.scalars(select(Dealer).where(
        Dealer.brand_id == brand.id, Dealer.retailer_code.is_not(None),
        Dealer.status == DealerStatus.ACTIVE).order_by(Dealer.title, Dealer.id).limit(OFFERED))
    return [{"id": one.id, "name": str(one), "code": one.retailer_code, "chosen": False}
            for one in found]


def chosen(brand: Brand) -> tuple[int, ...]:
    """The chosen dealers, at most a hundred, in order; NotFound for one that is not offered."""
    given = {int(one) for one in request.form.getlist("dealer")
             if one.isascii() and one.isdigit() and len(one) < 10}
    if not given <= {one["id"] for one in offered(brand)} or len(given) > MOST_IN_PART:
        raise NotFound()
    return tuple(sorted(given))
