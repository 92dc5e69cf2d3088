"""Views of a list that people keep: filter, order and columns under a name.

Why this module exists: whoever works with one question every morning asks it once. A view holds
nothing but the query string of a list, so it shows whatever its reader may see and no more; sharing
one shares a question and no answer. It is shared with those of the place it was made at, the
provider, the brand or the dealer; of a provider's, its brands' people may use it too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from flask_appbuilder import Model
from sqlalchemy import (
    Boolean,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    and_,
    or_,
    select,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from ileti.core import orm
from ileti.core.errors import FieldError, InvalidInput, NotFound
from ileti.tenancy import scope

LONGEST_NAME: Final = 60
LONGEST_QUERY: Final = 2_000
MOST_VIEWS: Final = 30
#: the name in a query string that says which view is shown; 0: none, not even the first
VIEW: Final = "gorunum"
#: chosen columns of a list, in a query string
COLUMNS: Final = "sutun"


class SavedView(Model):
    """One view of one list (its endpoint). ``first``: its owner's list opens with it."""

    __tablename__ = "saved_view"
    __table_args__ = (
        Index("ix_saved_view_user_id", "user_id", "list"),
        Index("ix_saved_view_shared", "provider_id", "list", postgresql_where=sql("shared")),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealer.id"))
    list: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    query: Mapped[str] = mapped_column(String(LONGEST_QUERY))
    shared: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    first: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True),
                                                 server_default=sql("now()"))


def of_list(name: str, user_id: int) -> list[SavedView]:
    """The user's own views of a list and those shared at their place, own ones first."""
    one, here = SavedView, scope.current()
    shared = and_(one.shared, one.provider_id.is_not_distinct_from(here.provider_id),
                  one.dealer_id.is_not_distinct_from(here.dealer_id),
                  or_(one.brand_id.is_(None), one.brand_id == here.brand_id))
    found = orm.db.session.scalars(select(one).where(
        one.list == name, or_(one.user_id == user_id, shared)).order_by(one.name, one.id))
    return sorted(found, key=lambda view: view.user_id != user_id)


def own(view_id: int, user_id: int) -> SavedView:
    """A view of the user's own; raises NotFound for any other."""
    found: SavedView | None = orm.db.session.scalars(select(SavedView).where(
        SavedView.id == view_id, SavedView.user_id == user_id)).first()
    if found is None:
        raise NotFound()
    return found


def keep(name: str, user_id: int, said: dict[str, Any], query: str,
         view: SavedView | None = None) -> SavedView:
    """Keep a view, new or changed; the caller commits. Raises InvalidInput for a name that will not
    do, a name of the user's own that is taken, and too many views."""
    called = " ".join(str(said.get("name", "")).split())
    others = [one for one in of_list(name, user_id)
              if one.user_id == user_id and (view is None or one.id != view.id)]
    fault = _fault(called, others, view is None)
    if fault is not None:
        raise InvalidInput(fault.tr, fault.en, errors=(fault,))
    here = scope.current()
    view = view or SavedView(user_id=user_id, list=name, provider_id=here.provider_id,
                             brand_id=here.brand_id, dealer_id=here.dealer_id)
    view.name, view.query = called, query
    view.shared, view.first = bool(said.get("shared")), bool(said.get("first"))
    if view.first:
        for one in others:
            one.first = False
    orm.db.session.add(view)
    orm.db.session.flush()
    return view


def _fault(called: str, others: Iterable[SavedView], new: bool) -> FieldError | None:
    others = list(others)
    if not called or len(called) > LONGEST_NAME:
        return FieldError("name", "name", f"1–{LONGEST_NAME} karakterlik bir ad yazın.",
                          f"Write a name of 1 to {LONGEST_NAME} characters.")
    if any(one.name.casefold() == called.casefold() for one in others):
        return FieldError("name", "taken", "Bu adla bir görünümünüz var; başka bir ad yazın.",
                          "You have a view of this name; write another one.")
    if new and len(others) >= MOST_VIEWS:
        return FieldError("name", "too_many", f"Bir listede en çok {MOST_VIEWS} görünüm "
                          "saklanır; birini silin.",
                          f"A list keeps at most {MOST_VIEWS} views; delete one.")
    return None


def query_of(pairs: Iterable[tuple[str, str]], left_out: Iterable[str]) -> str:
    """A query string to be kept: without where a page begins and which view it was. Raises
    InvalidInput when it is too long to be kept."""
    away = {VIEW, "_l_", *left_out}
    made = urlencode([(name, value) for name, value in pairs
                      if value and name not in away and not name.startswith(("page_", "csrf"))])
    if len(made) > LONGEST_QUERY:
        raise InvalidInput("Süzgeç saklanamayacak kadar uzun.", "The filter is too long to keep.",
                           code="query")
    return made


def address(path: str, view: SavedView) -> str:
    """Where a view is shown; the list's own address with all it asks."""
    return f"{path}?{view.query}{'&' if view.query else ''}{VIEW}={view.id}"


def same(query: str, pairs: Iterable[tuple[str, str]]) -> bool:
    """Whether an address asks what a view does."""
    return sorted(parse_qsl(query)) == sorted(pairs)
