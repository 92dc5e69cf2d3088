"""Whether whoever asked for a file may have it now, and what they see.

Why this module exists: between asking and fetching lie minutes or a day. A role may be taken away
meanwhile, a person shut out, a key withdrawn, a membership moved. So the same is asked when the
file is made and each time it is fetched: the person or program as they are now, with the reach
they had when they asked, neither more nor less.
"""

from __future__ import annotations

from flask_appbuilder.security.sqla.models import User

from ileti.core import orm
from ileti.exports.runs import Run
from ileti.programs import accounts
from ileti.tenancy import modules, security
from ileti.tenancy.models import Membership
from ileti.tenancy.scope import Scope, system_scope


def judged(run: Run) -> Scope | None:
    """What they see; None when it may not be theirs (any more)."""
    found = _program(run) if run.account_id is not None else _person(run)
    if found is None or run.of is None:
        return None
    there = (run.provider_id, run.brand_id, run.dealer_id)
    if there != (found.provider_id, found.brand_id, found.dealer_id):
        return None
    return found


def _person(run: Run) -> Scope | None:
    with system_scope():
        one = orm.db.session.get(Membership, run.membership_id, populate_existing=True)
        person = orm.db.session.get(User, run.user_id, populate_existing=True)
        if (one is None or one.user_id != run.user_id or one.suspended_at is not None
                or one.provider_id is None or person is None or not person.is_active):
            return None
        provider = one.provider
        held = modules.held(security.granted_at(one), provider)
        seen = security.scope_of(one)
    kind = run.of
    return seen if kind is not None and kind.needs(full=run.full) <= held else None


def _program(run: Run) -> Scope | None:
    caller = accounts.caller_by_number(run.key_id or 0)
    kind = run.of
    if (caller is None or kind is None or caller.account_id != run.account_id
            or not kind.needs_scopes(full=run.full) <= caller.scopes):
        return None
    return Scope(provider_id=caller.provider_id, brand_id=caller.brand_id,
                 dealer_id=caller.dealer_id)
