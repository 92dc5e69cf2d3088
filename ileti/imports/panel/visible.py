"""The imports somebody may see, and who they are called to people.

Why this module exists: the work on a run knows no person and asks the database outright
(:mod:`ileti.imports.runs`); a page must ask in the name of who looks, so that the row rules of
:mod:`ileti.tenancy.scope` stand before every step. Each page starts here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from ileti.core import orm
from ileti.core.errors import NotFound
from ileti.imports.models import ImportRun, ImportTemplate
from ileti.imports.states import RunState
from ileti.programs.models import ApiAccount
from ileti.tenancy import scope
from ileti.tenancy.models import Brand

PAGE = 25
BRANDS_OFFERED = 500
_GONE = (int(RunState.UPLOADING), int(RunState.CANCELLED))
LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Shelf:
    """A page of the list, newest first; whether more follow."""

    rows: list[ImportRun]
    more: bool


def shelf(before: int | None) -> Shelf:
    """Imports below a number."""
    asked = select(ImportRun).order_by(ImportRun.id.desc()).limit(PAGE + 1)
    if before is not None:
        asked = asked.where(ImportRun.id < max(0, min(before, LARGEST)))
    found = list(orm.db.session.scalars(asked))
    return Shelf(found[:PAGE], len(found) > PAGE)


def one(run_id: int) -> ImportRun:
    """A run of the user's own work space. Raises NotFound for any other."""
    found = None if run_id > LARGEST else orm.db.session.scalars(
        select(ImportRun).where(ImportRun.id == run_id)).first()
    if found is None:
        raise NotFound()
    return found


def same_file(run: ImportRun) -> ImportRun | None:
    """Another import of the very same bytes, when there is one; first of all one that was applied,
    then the newest."""
    if run.sha256 is None:
        return None
    return orm.db.session.scalars(
        select(ImportRun).where(
            ImportRun.provider_id == run.provider_id, ImportRun.sha256 == run.sha256,
            ImportRun.id != run.id, ImportRun.state.not_in(_GONE))
        .order_by(ImportRun.started_at.is_(None), ImportRun.id.desc()).limit(1)).first()


def brands() -> list[Brand]:
    """Brands an import may be for."""
    return list(orm.db.session.scalars(
        select(Brand).order_by(Brand.name, Brand.id).limit(BRANDS_OFFERED)))


def templates(provider_id: int) -> list[ImportTemplate]:
    """Kept mappings, by name."""
    if not may_keep():
        return []
    return list(orm.db.session.scalars(
        select(ImportTemplate).where(ImportTemplate.provider_id == provider_id)
        .order_by(ImportTemplate.name).limit(100)))


def may_keep() -> bool:
    """Templates belong to the provider and name its dealers, so only its own people have them."""
    here = scope.current()
    return here.brand_id is None and here.dealer_id is None


def people(user_ids: Iterable[int | None]) -> dict[int, str]:
    """Names of visible users, by one statement."""
    wanted = {number for number in user_ids if number is not None}
    if not wanted:
        return {}
    return {user.id: f"{user.first_name} {user.last_name}".strip() or user.username
            for user in orm.db.session.scalars(select(User).where(User.id.in_(wanted)))}


@dataclass(frozen=True)
class Askers:
    """Names of those who took steps: people by user number, programs by account number."""

    people: dict[int, str]
    programs: dict[int, str]


def askers(shown: Collection[ImportRun], *steps: str) -> Askers:
    """Who took these steps (``created_by``, …) of the imports; programs are looked for only when
    one of them brought a list."""
    accounts = {one.account_id for one in shown if one.account_id is not None}
    programs = {} if not accounts else {
        one.id: one.name for one in orm.db.session.scalars(
            select(ApiAccount).where(ApiAccount.id.in_(accounts)))}
    return Askers(people(getattr(one, step) for one in shown for step in steps), programs)


def brand_names(brand_ids: Iterable[int]) -> dict[int, str]:
    """Names of brands, by one statement."""
    wanted = set(brand_ids)
    if not wanted:
        return {}
    return {brand.id: brand.name
            for brand in orm.db.session.scalars(select(Brand).where(Brand.id.in_(wanted)))}
