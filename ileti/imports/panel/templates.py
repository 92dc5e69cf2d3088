"""Mappings kept by a name, for the next list of the same shape."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sqlalchemy import select

from ileti.core import orm
from ileti.core.errors import NotFound
from ileti.imports.mapping import Mapping
from ileti.imports.models import ImportRun, ImportTemplate
from ileti.imports.panel import visible
from ileti.tenancy.models import Dealer

LONGEST_NAME: Final = 120


def keep(one: ImportRun, name: str, heads: list[str], mapping: Mapping) -> int:
    """Keep a mapping; one of the same name is replaced. The caller commits."""
    found = orm.db.session.scalars(
        select(ImportTemplate).where(ImportTemplate.provider_id == one.provider_id,
                                     ImportTemplate.name == name)).first()
    if found is None:
        found = ImportTemplate(provider_id=one.provider_id, name=name)
        orm.db.session.add(found)
    found.heads, found.mapping = heads, mapping.as_json()
    orm.db.session.flush()
    return found.id


def find(one: ImportRun, number: str) -> Mapping:
    """A kept mapping of the import's provider. A dealer of another brand is left out of it."""
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    found = next((kept for kept in visible.templates(one.provider_id) if kept.id == wanted), None)
    if found is None:
        raise NotFound()
    mapping = Mapping.from_json(found.mapping)
    dealer = mapping.fixed.dealer_id
    if dealer is not None and orm.db.session.scalars(select(Dealer.id).where(
            Dealer.id == dealer, Dealer.brand_id == one.brand_id)).first() is None:
        mapping = replace(mapping, fixed=replace(mapping.fixed, dealer_id=None))
    return mapping
