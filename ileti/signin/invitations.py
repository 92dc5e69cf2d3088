"""Invitations: somebody is let in by a mail and chooses the password alone.

Why this module exists: a password that an admin makes up is known to two people and told by mail.
An invitation names a role and a place; the link in its mail is good once, for seven days, and opens
a page that changes nothing by being opened. The role is given when the invitation is accepted, and
only if whoever invited may still give it then: who lost a right hands it out no more, not by a
letter on its way either. Somebody who has an account already accepts by signing in to it.
"""

from __future__ import annotations

import hmac
import json
import secrets as chance
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, insert, or_, select, update

from config import settings
from ileti.core import clock, orm
from ileti.core.errors import Conflict, IletiError, NotFound
from ileti.core.secrets import secrets
from ileti.outbox.models import OutboxRow
from ileti.signin.letters import KINDS
from ileti.signin.mails import INSTALLATION, INVITED, TOPIC
from ileti.signin.models import AccountMail, Invitation
from ileti.tenancy import accounts, audit, limits, rolebook, scope, security
from ileti.tenancy.models import Membership, Provider

MOST_OPEN: Final = 200
_LOCK: Final = 607_003


@dataclass(frozen=True)
class Wish:
    """Who is to be let in, where and as what."""

    email: str
    first_name: str
    last_name: str
    role: str
    provider_id: int | None
    brand_id: int | None = None
    dealer_id: int | None = None
    language: str = "tr"


def invite(wish: Wish, *, giver: accounts.Giver) -> int:
    """Invite somebody; an earlier invitation of theirs to the same provider ends. Commits.

    Raises NotAllowed (the giver lacks the role's rights or the place), InvalidInput (an unreadable
    address), Conflict (too many open invitations).
    """
    accounts.refuse_overreach(giver, wish.role, provider_id=wish.provider_id,
                              brand_id=wish.brand_id, dealer_id=wish.dealer_id)
    email = accounts.readable_mail(wish.email)
    token = chance.token_urlsafe(32)
    with limits.told(), scope.system_scope(), orm.unit_of_work() as session:
        accounts.refuse_strange_place(session, wish.provider_id, wish.brand_id, wish.dealer_id)
        session.execute(select(func.pg_advisory_xact_lock(_LOCK, wish.provider_id or 0)))
        same = Invitation.provider_id.is_not_distinct_from(wish.provider_id)
        session.execute(update(Invitation).where(
            same, Invitation.email == email, Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None)).values(revoked_at=clock.now()))
        number = session.scalar(
            select(func.count()).select_from(Invitation).where(same, *_open()))
        if (number or 0) >= MOST_OPEN:
            raise Conflict("Bekleyen davetler çok fazla; önce bazılarını geri alın.",
                           "Too many invitations are open; take some back first.",
                           code="too_many_invitations")
        made = Invitation(
            provider_id=wish.provider_id, brand_id=wish.brand_id, dealer_id=wish.dealer_id,
            role=wish.role, email=email, first_name=wish.first_name.strip(),
            last_name=wish.last_name.strip(), language=wish.language, digest=digest_of(token),
            invited_by=giver.user_id, expires_at=clock.now() + INVITED)
        session.add(made)
        session.flush()
        _mail(session, made, token)
        _note("user:invite", made)
        return int(made.id)


def renew(number: int, *, giver: accounts.Giver) -> None:
    """Send an open or expired invitation again, with a new link; the old one is dead. Commits.

    Raises NotFound, NotAllowed.
    """
    token = chance.token_urlsafe(32)
    with limits.told(), orm.unit_of_work() as session:
        kept = _seen(session, number)
        accounts.refuse_overreach(giver, kept.role, provider_id=kept.provider_id,
                                  brand_id=kept.brand_id, dealer_id=kept.dealer_id)
        kept.digest, kept.invited_by = digest_of(token), giver.user_id
        kept.expires_at = clock.now() + INVITED
        session.flush()
        _mail(session, kept, token)
        _note("user:invite", kept)


def revoke(number: int, *, giver: accounts.Giver) -> None:
    """Take an invitation back. Commits. Raises NotFound, NotAllowed."""
    with orm.unit_of_work() as session:
        kept = _seen(session, number)
        accounts.refuse_overreach(giver, kept.role, provider_id=kept.provider_id,
                                  brand_id=kept.brand_id, dealer_id=kept.dealer_id)
        kept.revoked_at = clock.now()
        _note("user:uninvite", kept)


def waiting() -> list[Invitation]:
    """The invitations of this work space that nobody accepted, the newest first."""
    return list(orm.db.session.scalars(
        select(Invitation).where(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
        .order_by(Invitation.id.desc()).limit(MOST_OPEN)))


# -- accepting -------------------------------------------------------------------------------------


def of_token(token: str) -> Invitation:
    """The invitation a link belongs to. Raises NotFound for a wrong, old, used or revoked one, and
    when whoever invited may no longer give the role."""
    with scope.system_scope():
        found = orm.db.session.scalars(
            select(Invitation).where(Invitation.digest == digest_of(token[:100]), *_open())).first()
        if found is None or not _still_given(found):
            raise NotFound("Bu davet artık geçerli değil. Sizi davet edenden yenisini isteyin.",
                           "This invitation is no longer valid. Ask whoever invited you for "
                           "another.", code="invitation_over")
        return found


def account_of(invitation: Invitation) -> Any:
    """The user who has the invited address already, or None."""
    with scope.system_scope():
        return orm.db.session.scalars(
            select(User).where(func.lower(User.email) == invitation.email)).first()


def accept_new(token: str, username: str, password: str) -> int:
    """Make the account and give the role; the user's number. Commits.

    A fault between the two leaves an account without a role, and the link works on for it. Raises
    NotFound, InvalidInput (user name, password), Conflict (the name is taken).
    """
    found = of_token(token)
    if account_of(found) is not None:
        raise Conflict("Bu adresin bir hesabı var; onunla giriş yapıp kabul edin.",
                       "This address has an account; sign in with it to accept.",
                       code="account_there")
    with scope.system_scope():
        company = orm.db.session.scalar(
            select(Provider.short_name).where(Provider.id == found.provider_id)) or ""
    accounts.check_password(password, username=username, about=(found.email, company))
    user_id = accounts.create_user(username, password, email=found.email,
                                   first_name=found.first_name, last_name=found.last_name)
    accept(token, user_id)
    return user_id


def accept(token: str, user_id: int) -> None:
    """Give an existing user the role, once. Commits. Raises NotFound; Conflict for another user
    than the invited one."""
    found = of_token(token)
    owner = account_of(found)
    if owner is None or owner.id != user_id:
        raise Conflict("Bu davet başka bir hesaba ait.",
                       "This invitation belongs to another account.", code="other_account")
    with scope.system_scope():
        taken = orm.db.session.execute(
            update(Invitation).where(Invitation.id == found.id, *_open())
            .values(accepted_at=clock.now(), user_id=user_id)).rowcount
        if not taken:
            raise NotFound()
        try:
            accounts.give_membership(user_id, found.role, provider_id=found.provider_id,
                                     brand_id=found.brand_id, dealer_id=found.dealer_id,
                                     asked_by=found.invited_by)
        finally:  # a strong role may still wait for a second person; the invitation is taken
            with orm.unit_of_work():
                audit.record("user:join", f"ab_user:{user_id}", {"role": found.role},
                             provider_id=found.provider_id, user_id=user_id)


def suggested_name(invitation: Invitation) -> str:
    """A user name made of the address, free at this moment."""
    allowed = "abcdefghijklmnopqrstuvwxyz0123456789._-"
    base = "".join(one for one in invitation.email.partition("@")[0] if one in allowed)[:36]
    base = base if len(base) > 2 else f"kisi-{base}"
    with scope.system_scope():
        taken = set(orm.db.session.scalars(
            select(User.username).where(or_(User.username == base,
                                            User.username.like(f"{base}-%")))))
    return next(name for name in (base, *(f"{base}-{n}" for n in range(2, 1000)))
                if name not in taken)


# -- inside ----------------------------------------------------------------------------------------


def _open() -> tuple[Any, ...]:
    return (Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None),
            Invitation.expires_at > clock.now())


def digest_of(token: str) -> bytes:
    """What is kept of a link's token."""
    return hmac.new(secrets().key_for("invitation"), token.encode(), sha256).digest()


def _seen(session: Any, number: int) -> Invitation:
    """An invitation of this work space that nobody accepted. Raises NotFound."""
    kept: Invitation | None = session.scalars(
        select(Invitation).where(
            Invitation.id == number, Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None)).with_for_update()).first()
    if kept is None:
        raise NotFound()
    return kept


def _still_given(invitation: Invitation) -> bool:
    """Whether whoever invited could give the role now, by any of their memberships."""
    if invitation.invited_by is None:
        return rolebook.find(invitation.role) is not None
    inviter = orm.db.session.get(User, invitation.invited_by)
    if inviter is None or not inviter.is_active:
        return False
    for one in orm.db.session.scalars(
            select(Membership).where(Membership.user_id == inviter.id,
                                     Membership.suspended_at.is_(None))):
        giver = accounts.Giver(security.granted_at(one), one.role, security.scope_of(one),
                               inviter.id)
        try:
            accounts.refuse_overreach(giver, invitation.role, provider_id=invitation.provider_id,
                                      brand_id=invitation.brand_id,
                                      dealer_id=invitation.dealer_id)
        except IletiError:
            continue
        return True
    return False


def _mail(session: Any, invitation: Invitation, token: str) -> None:
    """The mail with the link, in the transaction of the invitation."""
    with scope.system_scope():
        by = session.get(User, invitation.invited_by) if invitation.invited_by else None
        content = {
            "to": invitation.email, "lang": invitation.language, "person": invitation.first_name,
            "link": f"{settings().base_url}/davet/{token}",
            "by": f"{by.first_name} {by.last_name}".strip() if by else "",
            "company": place_of(invitation),
            "role": rolebook.title(invitation.role, invitation.language)}
        row = session.execute(
            insert(AccountMail).values(kind=KINDS.index("invitation"),
                                       content=json.dumps(content, ensure_ascii=False))
            .returning(AccountMail.id, AccountMail.created_at)).one()
        session.execute(insert(OutboxRow).values(
            provider_id=INSTALLATION, brand_id=INSTALLATION, topic=TOPIC, ref_id=row.id,
            ref_at=row.created_at, order_key=row.id))


def place_of(invitation: Invitation) -> str:
    """The place in words: dealer, brand, provider, or the installation."""
    with scope.system_scope():
        parts = [str(one) for one in (invitation.provider, invitation.brand, invitation.dealer)
                 if one is not None]
    return " › ".join(parts) or "İleti"


def _note(deed: str, invitation: Invitation) -> None:
    audit.record(deed, f"invitation:{invitation.id}", {"role": invitation.role},
                 provider_id=invitation.provider_id)

