"""The imports somebody may see, and who they are called to people.

Why this module exists: the work on a run knows no person and asks the database outright
(:mod:`ileti.imports.runs`); a page must ask in the name of who looks, so that the row rules of
:mod:`ileti.tenancy.scope` stand before every step. Each page starts here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from ileti.core import orm, shelves
from ileti.core.shelves import Shelf
from ileti.imports.models import ImportRun, ImportTemplate
from ileti.imports.states import RunState
from ileti.programs.models import ApiAccount
from ileti.tenancy import offered, scope
from ileti.tenancy.models import Brand

_GONE = (int(RunState.UPLOADING), int(RunState.CANCELLED))


def shelf(before: int | None, *only: Any) -> Shelf[ImportRun]:
    """Imports below a number that meet these conditions."""
    return shelves.shelf(ImportRun, before, *only)


def one(run_id: int) -> ImportRun:
    """A run of the user's own work space. Raises NotFound for any other."""
    return shelves.one(ImportRun, run_id)


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
    return Askers(offered.names(getattr(one, step) for one in shown for step in steps), programs)


def brand_names(brand_ids: Iterable[int]) -> dict[int, str]:
    """Names of brands, by one statement."""
    wanted = set(brand_ids)
    if not wanted:
        return {}
    return {brand.id: brand.name
            for brand in orm.db.session.scalars(select(Brand).where(Brand.id.in_(wanted)))}
