"""A provider's limits on its page: what there is beside what there may be, and the platform admin's
form.

Why apart from ``limits``: programs ask that one; this is Flask's.
"""

from __future__ import annotations

from typing import Any, Final

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ileti.core import db, orm
from ileti.core.errors import NotFound
from ileti.tenancy import limits, security
from ileti.tenancy.models import Provider

LABELS: Final = {"dealers": _l("Dealers"), "users": _l("Users"), "brands": _l("Brands"),
                 "sites": _l("Sites"), "api": _l("API accounts")}
LARGEST: Final = 1_000_000
_NEAR: Final = 0.9


def card(provider_id: int) -> dict[str, Any]:
    """Context of the card of limits."""
    rows = [{"key": one.key, "label": LABELS[one.key], "used": one.used, "most": one.most,
             "tone": _tone(one), "left": _left(one)}
            for one in limits.uses(db.system_connection(), provider_id)]
    return {"rows": rows, "may_change": security.may("provider:limit"),
            "url": url_for("LimitView.keep", pk=provider_id)}


def _tone(one: limits.Use) -> str:
    if one.most is None or one.used < one.most * _NEAR:
        return ""
    return "bad" if one.used >= one.most else "wait"


def _left(one: limits.Use) -> str:
    if one.left is None:
        return _("no limit")
    return _("%(n)s left", n=one.left)


class LimitView(BaseView):
    """Saying how many a provider may have; platform admins alone (``provider:limit``)."""

    route_base = "/saglayicilar"
    class_permission_name = "provider"
    default_view = "keep"

    @expose("/<int:pk>/sinirlar", methods=["POST"])
    @has_access
    @permission_name("limit")
    def keep(self, pk: int) -> ResponseReturnValue:
        """Keep the form's numbers; an empty field is no limit. What is there already stays."""
        provider = orm.db.session.scalars(select(Provider).where(
            Provider.id == min(pk, 2**31 - 1))).first()
        if provider is None:
            raise NotFound()
        wished = {key: request.form.get(key, "").strip() for key in limits.THINGS}
        wrong = [str(LABELS[key]) for key, text in wished.items() if text and not _whole(text)]
        if wrong:
            flash(_("Write whole numbers up to %(n)s, or leave the field empty: %(fields)s",
                    n=f"{LARGEST:,}".replace(",", "."), fields=", ".join(wrong)), "warning")
        else:
            for key, text in wished.items():
                setattr(provider, limits.THINGS[key][0], int(text) if text else None)
            orm.db.session.commit()
            flash(_("The limits are saved."), "success")
        return redirect(url_for("ProviderView.show", pk=pk, _anchor="olcu"))


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 8 and int(text) <= LARGEST
