"""An import's proof files as its pages show them: for all of it, and those its rows name."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import url_for

from config import settings
from ileti.core.formats import say, size
from ileti.evidence import giving
from ileti.imports import proofs
from ileti.imports.mapping import Role
from ileti.imports.models import ImportRun
from ileti.imports.spelling import MOST_MISSING
from ileti.imports.states import CHANGEABLE
from ileti.tenancy import offered as offers
from ileti.tenancy import security

SHOWN = 50


def context(one: ImportRun) -> dict[str, Any]:
    """What ``panel/imports/_proofs.html`` shows."""
    whole = proofs.listed(one.id, whole=True)
    named = proofs.listed(one.id, whole=False, limit=SHOWN)
    who = offers.names(file.added_by for file in (*whole, *named))
    missing: list[str] = msgspec.json.decode(one.missing) if one.missing else []
    has_column = Role.PROOF.value in (one.mapping or {}).get("columns", {})
    return {
        "whole": [_row(one, file, who) for file in whole],
        "named": [_row(one, file, who) for file in named], "named_count": proofs.count(one.id),
        "has_column": has_column, "missing": missing[:SHOWN], "missing_count": len(missing),
        "missing_more": len(missing) >= MOST_MISSING,
        "since": proofs.count(one.id, since=one.checked_at) if one.checked_at else 0,
        "may_change": one.state in CHANGEABLE and security.may("import:run"),
        "upload": url_for("ImportProofView.add", pk=one.id), "roles": giving.roles(),
        "longest": settings().vault_longest_mb,
    }


def _row(one: ImportRun, file: proofs.RunFile, who: dict[int, str]) -> dict[str, Any]:
    return {
        "name": file.name, "role": say(file.role), "size": size(file.size), "at": file.added_at,
        "who": who.get(file.added_by or 0, ""),
        "url": url_for("ImportProofView.open", pk=one.id, no=file.no),
        "remove": url_for("ImportProofView.remove", pk=one.id, no=file.no)}
