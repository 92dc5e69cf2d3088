"""The sandbox in the panel: an account is opened in it, and its test data are cleared.

Why apart from :mod:`ileti.programs.views`: an account is made and changed there; here is what a
provider's sandbox needs around it. Whether an account is one of the sandbox is said when it is
opened and never changes: a key that yesterday tried things out must not write real consents today.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from sqlalchemy import select

import ileti.programs.jobs  # noqa: F401 (bells can only ring jobs that are known)
from ileti.core import db, jobs, orm
from ileti.core.errors import NotFound
from ileti.core.formats import say
from ileti.programs import sandbox
from ileti.programs.models import ApiAccount
from ileti.tenancy import audit, confirm, scope, security
from ileti.tenancy.crud import Told
from ileti.tenancy.models import Brand, Provider

KEEP = "programs.jobs.keep_sandboxes"


@dataclass(frozen=True)
class Numbers:
    """What a program of the sandbox calls its provider and brands."""

    iys_code: int
    brands: list[tuple[str, int]]


class SandboxPages:
    """Mixed into the accounts' view, which says where an account comes from."""

    _account: Any

    @expose("/<int:pk>/deneme-temizle", methods=["POST"])
    @has_access
    @confirm.needed
    def clear_sandbox(self, pk: int) -> ResponseReturnValue:
        """Everything tried so far is gone for all sandbox accounts of the provider."""
        account: ApiAccount = self._account(pk)
        if not may_clear(account):
            raise NotFound()
        with db.transaction(system=True) as conn:
            old, new = sandbox.clear(conn, account.provider_id)
        audit.record("api:sandbox_clear", f"api_account:{account.id}",
                     {"before": old, "after": new}, provider_id=account.provider_id)
        orm.db.session.commit()
        jobs.ring(KEEP)
        flash(_("The test data are cleared; the sandbox begins anew, with new numbers."), "success")
        return redirect(url_for("ApiAccountView.show", pk=pk))


def may_clear(account: ApiAccount) -> bool:
    """Whether this user clears the sandbox: it is the whole provider's, so nobody of one brand."""
    return account.sandbox and security.may("api:write") and scope.current().brand_id is None


def begin(provider_id: int) -> None:
    """The provider's sandbox, made before its first account is; raises Told in a sentence."""
    try:
        with db.transaction(system=True) as conn:
            sandbox.ensure(conn, provider_id)
    except sandbox.NoSandbox as error:
        raise Told(say(error)) from error
    jobs.ring(KEEP)


def numbers_of(account: ApiAccount) -> Numbers | None:
    """The sandbox's numbers, of the brands the account may speak for; None while there is none."""
    if not account.sandbox:
        return None
    with scope.system_scope():
        twin = orm.db.session.scalars(select(Provider).where(
            Provider.sandbox_of == account.provider_id,
            Provider.sandbox_retired_at.is_(None))).first()
        if twin is None:
            return None
        asked = select(Brand.name, Brand.brand_code).where(
            Brand.provider_id == twin.id, Brand.twin_of.is_not(None)).order_by(Brand.id)
        if account.brand_id is not None:
            asked = asked.where(Brand.twin_of == account.brand_id)
        return Numbers(twin.iys_code, [(name, code) for name, code in
                                       orm.db.session.execute(asked)])
