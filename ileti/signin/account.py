"""What is done to an account: deed, line in the audit trail and mail, in one transaction.

Called by pages and commands, which hold the right to do it already (one's own account, or somebody
whose every right is the giver's to give).
"""

from __future__ import annotations

from typing import Any

from ileti.core import orm
from ileti.signin import proofs, tell, twostep
from ileti.tenancy import accounts, audit, logins, scope


def note(user_id: int, deed: str, *, mail: str = "", by: str = "", doer: int | None = None,
         detail: dict[str, Any] | None = None) -> None:
    """Note a deed on an account and write the mail about it; the caller commits. ``doer``: who did
    it, when nobody is signed in yet; ``by``: somebody else's name, for the mail."""
    with scope.system_scope():
        provider = proofs.provider_of(user_id)
        audit.record(deed, f"ab_user:{user_id}", detail, provider_id=provider, user_id=doer)
    if mail:
        tell.user(user_id, mail, {"by": by} if by else {})


def reset_second_step(user_id: int, *, giver: accounts.Giver, by: str,
                      program: str = "") -> None:
    """Take a lost second step away, passkeys too, and end all sessions: the next sign-in leads to
    setting up a new one where it is a duty. Commits. Raises NotAllowed, NotFound."""
    accounts.refuse_stronger(user_id, giver=giver)
    twostep.switch_off(user_id, keys_too=True)
    note(user_id, "two_step:reset", mail="two_step_reset", by=by,
         detail={"program": program} if program else None)
    orm.db.session.commit()
    logins.end_sessions(user_id)
