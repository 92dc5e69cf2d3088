"""Who did what in the panel: written in the same transaction as the deed (R-58, ASVS 16.3).

Two ways in: :func:`record` for deeds that change no row (an address was opened, somebody signed
in), and a listener that notes every change of the tables in ``WATCHED`` by itself, so that no view
can forget it. Details name changed columns, never secrets, never addresses.
"""

from __future__ import annotations

from typing import Any

from flask import g, has_request_context, request
from sqlalchemy import insert, inspect
from sqlalchemy.orm import Session

from ileti.core import orm
from ileti.tenancy import scope
from ileti.tenancy.models import AuditEntry

WATCHED = frozenset({
    "provider", "brand", "dealer", "membership", "site", "document", "document_version", "ab_user",
    "api_account", "purpose",
    "webhook",
})
NOISE = frozenset({  # counted, or noted by a deed of its own
    "login_count", "last_login", "fail_login_count", "changed_on", "changed_by_fk", "secret",
    "secret_at", "secret_before", "secret_before_until", "form_version",
    "disabled_at",
})


def record(action: str, subject: str, detail: dict[str, Any] | None = None, *,
           provider_id: int | None = None, user_id: int | None = None) -> None:
    """Note one deed in the current transaction; the caller commits.

    ``subject`` names the thing (``consent:81``), never an address.
    """
    orm.db.session.execute(
        insert(AuditEntry).values(**_line(action, subject, detail, provider_id, user_id)))


def _line(action: str, subject: str, detail: dict[str, Any] | None,
          provider_id: int | None, user_id: int | None) -> dict[str, Any]:
    here = scope.current()
    return {
        "action": action,
        "subject": subject[:120],
        "detail": detail or {},
        "provider_id": provider_id or here.provider_id or _work_provider(),
        "user_id": user_id if user_id is not None else _user_id(),
        "address": request.remote_addr if has_request_context() else None,
    }


def _work_provider() -> int | None:
    """The provider of the request's work space, also while the system looks further."""
    asked: scope.Scope | None = g.get("work_scope") if has_request_context() else None
    return asked.provider_id if asked is not None else None


def _user_id() -> int | None:
    user = g.get("user") if has_request_context() else None
    return user.id if user is not None and user.is_authenticated else None


@orm.listen(Session, "after_flush")
def _note_changes(session: Session, _context: Any) -> None:
    """Every watched row that a person's request added, changed or removed."""
    if not has_request_context():
        return
    lines = [
        *(_change("add", one) for one in session.new if _watched(one)),
        *(_change("change", one) for one in session.dirty if _watched(one)),
        *(_change("remove", one) for one in session.deleted if _watched(one)),
    ]
    for line in lines:
        if line is not None:
            session.execute(insert(AuditEntry).values(**line))


def _watched(one: Any) -> bool:
    return getattr(one, "__tablename__", "") in WATCHED


def _change(action: str, one: Any) -> dict[str, Any] | None:
    changed = [
        attribute.key for attribute in inspect(one).attrs
        if attribute.history.has_changes() and attribute.key not in NOISE
    ]
    if action == "change" and not changed:
        return None
    table = one.__tablename__
    if table == "membership":  # a deed about the person, told with the role
        return _line(f"membership:{action}", f"ab_user:{one.user_id}", {"role": one.role},
                     one.provider_id, None)
    provider = one.id if table == "provider" else getattr(one, "provider_id", None)
    detail = {"columns": sorted(changed)} if action == "change" else {}
    return _line(f"{table}:{action}", f"{table}:{one.id}", detail, provider, None)
