"""Whose a template is: the provider's, a brand's or a dealer's; who may change and send it.

Why this module exists: pages, campaigns and single messages must say the same. A brand's people
read the provider's templates, because their campaigns may use them, and change only their own. A
dealer reads those too, and has templates of its own, which no other dealer sees; those above it
read them, may take them off and send none of them, since a dealer's message is composed with other
words of identity (R-24). A template outside the user's sight is not there.
"""

from __future__ import annotations

from typing import Any, Protocol

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, or_, select

from ileti.core import orm
from ileti.core.errors import NotAllowed
from ileti.templates.models import MessageTemplate
from ileti.tenancy import offered, scope, security
from ileti.tenancy.models import Dealer, Provider


def may_change(template: MessageTemplate) -> bool:
    """Whether this request's user may write it: the right, and the place."""
    here = scope.current()
    return security.may("template:write") and template.dealer_id == here.dealer_id and (
        here.brand_id is None or template.brand_id == here.brand_id)


def refuse_foreign(template: MessageTemplate) -> None:
    """Raises NotAllowed for what is not this user's to write: the provider's template at a brand,
    the brand's at a dealer, a dealer's above it."""
    if not may_change(template):
        raise NotAllowed("Bu şablonu siz değiştiremezsiniz; kendinize bir şablon ekleyin.",
                         "This template is not yours to change; add one of your own.")


def may_retire(template: MessageTemplate) -> bool:
    """Whether this request's user may take it off: those above a dealer may take off a dealer's."""
    here = scope.current()
    return may_change(template) or (
        here.dealer_id is None and template.dealer_id is not None
        and security.may("template:write"))


def sendable() -> ColumnElement[bool]:
    """Which of the templates in sight this request's user may send."""
    here = scope.current().dealer_id
    own = MessageTemplate.dealer_id.is_(None)
    return own if here is None else or_(own, MessageTemplate.dealer_id == here)


class Owned(Protocol):
    """What is a provider's, a brand's or a dealer's."""

    @property
    def provider(self) -> Any:
        """The provider's row."""

    @property
    def brand(self) -> Any:
        """The brand's row, or None."""

    @property
    def dealer(self) -> Any:
        """The dealer's row, or None."""


def name(template: Owned) -> str:
    """Whose a template or a picture is, as people read it."""
    if template.dealer is not None:
        return str(template.dealer)
    return template.brand.name if template.brand else _("all brands of %(name)s",
                                                        name=str(template.provider))


def places() -> list[dict[str, Any]]:
    """Whose a new template may be: a dealer's people write for the dealer alone; others for each
    brand in sight, or all of a provider."""
    here = scope.current()
    if here.dealer_id is not None:
        one = orm.db.session.scalars(select(Dealer).where(Dealer.id == here.dealer_id)).first()
        return [{"value": f"d{one.id}", "provider": one.provider_id, "brand": one.brand_id,
                 "dealer": one.id, "label": str(one)}] if one else []
    found: list[dict[str, Any]] = []
    if here.brand_id is None:
        found += [{"value": f"p{one.id}", "provider": one.id, "brand": None, "dealer": None,
                   "label": _("all brands of %(name)s", name=str(one))}
                  for one in orm.db.session.scalars(select(Provider).order_by(
                      Provider.short_name).limit(200))]
    return found + [{"value": f"b{one.id}", "provider": one.provider_id, "brand": one.id,
                     "dealer": None, "label": str(one)} for one in offered.brands()]
