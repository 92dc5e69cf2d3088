"""Users from a list: each becomes an invitation by mail, never an account with a password.

Why this module exists: whoever lets many in at once must not be able to give more than one by one
(``accounts.refuse_overreach`` is asked for each role and place), and the same file again invites
nobody twice. Who has the role there already, or is invited to it, stays as they are; who is invited
to something else is invited anew, and the earlier link ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, select

from ileti.core import clock, orm
from ileti.core.errors import IletiError, InvalidInput
from ileti.rosters.sheet import Line, fold
from ileti.rosters.verdict import Fate, Verdict, refused
from ileti.signin.invitations import Wish
from ileti.signin.invitemany import invite_many
from ileti.signin.models import Invitation
from ileti.tenancy import accounts, audit, limits, ownroles, roles, scope
from ileti.tenancy.models import Brand, Dealer, Membership, Provider

_LOCK: Final = 607_003
_LANGUAGES: Final = {"": "tr", "tr": "tr", "türkçe": "tr", "turkce": "tr", "en": "en",
                     "english": "en", "ingilizce": "en"}
Place = tuple[int | None, int | None, int | None]


@dataclass(frozen=True)
class Deed:
    """An invitation to write, its place in words, and the one it ends."""

    wish: Wish
    place: str
    ends: int | None


@dataclass
class _Known:
    """What the list may name, and who is there or on the way."""

    provider: Provider | None
    roles: dict[str, list[str]]
    brands: dict[str, list[Brand]]
    dealers: dict[str, list[Dealer]]
    held: dict[str, set[tuple[Any, ...]]]
    invited: dict[str, Invitation]
    names: dict[tuple[type, int | None], str]
    asked: dict[tuple[str, Place], tuple[str, str] | None]


def judge(lines: Sequence[Line], giver: accounts.Giver) -> list[Verdict]:
    """The fate of each row; nothing is written. Raises InvalidInput outside a provider."""
    if giver.scope.provider_id is None:
        raise InvalidInput("Kullanıcı listesi bir hizmet sağlayıcının içinde getirilir; önce onun "
                           "çalışma alanına geçin.", "A list of users is brought inside a "
                           "provider; go to its work space first.", code="no_provider")
    known, seen = _known(lines, giver), dict[str, int]()
    return [_judged(one, known, seen, giver) for one in lines]


def apply(lines: Sequence[Line], giver: accounts.Giver, by: str) -> list[Verdict]:
    """Invite whom the rows say, all or nothing; judged anew, one at a time. Commits.

    Raises Conflict when the limit of users is reached.
    """
    with limits.told(), orm.unit_of_work() as session:
        session.execute(select(func.pg_advisory_xact_lock(_LOCK, giver.scope.provider_id or 0)))
        verdicts = judge(lines, giver)
        deeds = [one.deed for one in verdicts if one.fate in (Fate.NEW, Fate.CHANGED)]
        if deeds:
            invite_many([(one.wish, one.place) for one in deeds],
                        [one.ends for one in deeds if one.ends is not None], giver=giver, by=by)
            audit.record("user:list", "ab_user", {"count": len(deeds)})
    return verdicts


# -- what is there ---------------------------------------------------------------------------------


def _known(lines: Sequence[Line], giver: accounts.Giver) -> _Known:
    session, mails = orm.db.session, {one["email"].lower() for one in lines}
    named: dict[str, list[str]] = {}
    for role in (*roles.ROLES, *ownroles.here()):
        for name in {fold(role.key), fold(role.tr), fold(role.en)}:
            named.setdefault(name, []).append(role.key)
    brands: dict[str, list[Brand]] = {}
    names: dict[tuple[type, int | None], str] = {}
    for brand in session.scalars(select(Brand)):
        names[Brand, brand.id] = str(brand)
        for name in {fold(brand.name), str(brand.brand_code)}:
            brands.setdefault(name, []).append(brand)
    dealers: dict[str, list[Dealer]] = {}
    for dealer in session.scalars(select(Dealer)):
        names[Dealer, dealer.id] = str(dealer)
        for name in {fold(dealer.title), fold(dealer.alias or dealer.title),
                     str(dealer.retailer_code or "")} - {""}:
            dealers.setdefault(name, []).append(dealer)
    held: dict[str, set[tuple[Any, ...]]] = {}
    for mail, *membership in session.execute(
            select(func.lower(User.email), Membership.role, Membership.provider_id,
                   Membership.brand_id, Membership.dealer_id)
            .join(Membership, Membership.user_id == User.id)
            .where(func.lower(User.email).in_(mails))):
        held.setdefault(mail, set()).add(tuple(membership))
    with scope.system_scope():  # an invitation anywhere in the provider ends with the new one
        invited = {one.email: one for one in session.scalars(select(Invitation).where(
            Invitation.provider_id == giver.scope.provider_id, Invitation.email.in_(mails),
            Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None),
            Invitation.expires_at > clock.now()).order_by(Invitation.id))}
    return _Known(session.get(Provider, giver.scope.provider_id), named, brands, dealers, held,
                  invited, names, {})


# -- a row -----------------------------------------------------------------------------------------


def _judged(line: Line, known: _Known, seen: dict[str, int], giver: accounts.Giver) -> Verdict:
    faults: list[tuple[str, str]] = []
    email = _mail(line["email"], faults)
    place = _place(line, known, giver, faults)
    role = _role(line["role"], known, faults)
    language = _LANGUAGES.get(line["language"].lower())
    if language is None:
        faults.append(("Dil tr ya da en olabilir.", "The language is tr or en."))
    for key, tr, en in (("first_name", "Ad", "first name"), ("last_name", "Soyad", "last name")):
        if len(line[key]) > 60 or (key == "first_name" and not line[key]):
            faults.append((f"{tr} yazılmamış ya da 60 karakterden uzun.",
                           f"The {en} is missing or longer than 60 characters."))
    name = email or line["email"] or "—"
    if role and place and not faults:
        wrong = _asked(role, place, known, giver)
        faults += [wrong] if wrong else []
    if not faults and seen.setdefault(email, line.number) != line.number:
        faults.append((f"Aynı adres {seen[email]}. satırda da var.",
                       f"The same address stands in row {seen[email]}."))
    if faults or role is None or place is None:
        return refused(line.number, name, *faults)
    wish = Wish(email, line["first_name"], line["last_name"], role, *place, language or "tr")
    return _compared(line, wish, known)


def _compared(line: Line, wish: Wish, known: _Known) -> Verdict:
    """Beside who is there or invited."""
    place = (wish.provider_id, wish.brand_id, wish.dealer_id)
    open_one = known.invited.get(wish.email)
    same = (wish.role, *place) in known.held.get(wish.email, ()) or (
        open_one is not None and (open_one.role, open_one.provider_id, open_one.brand_id,
                                  open_one.dealer_id) == (wish.role, *place))
    deed = Deed(wish, _words(place, known), open_one.id if open_one else None)
    if same:
        return Verdict(line.number, wish.email, Fate.SAME)
    if open_one is not None:
        return Verdict(line.number, wish.email, Fate.CHANGED, changes=("role",), deed=deed)
    return Verdict(line.number, wish.email, Fate.NEW, deed=deed)


def _mail(text: str, faults: list[tuple[str, str]]) -> str:
    try:
        return accounts.readable_mail(text)
    except InvalidInput as error:
        faults.append((error.errors[0].tr, error.errors[0].en))
        return ""


def _role(text: str, known: _Known, faults: list[tuple[str, str]]) -> str | None:
    found = known.roles.get(fold(text), []) if text else []
    if len(found) == 1:
        return found[0]
    faults.append(("Bu adla birden çok rol var; birinin adını değiştirin.",
                   "Several roles have this name; rename one of them.") if found else
                  ("Böyle bir rol yok.", "There is no such role."))
    return None


def _place(line: Line, known: _Known, giver: accounts.Giver,
           faults: list[tuple[str, str]]) -> Place | None:
    """Provider, brand and dealer as the row names them; what it leaves out is the giver's place."""
    here = giver.scope
    brand = _named(line["brand"], known.brands.get(fold(line["brand"]), []), ("marka", "brand"),
                   faults)
    dealer = _named(line["dealer"], [
        one for one in known.dealers.get(fold(line["dealer"]), [])
        if brand is None or one.brand_id == brand.id], ("bayi", "dealer"), faults)
    if (line["brand"] and brand is None) or (line["dealer"] and dealer is None):
        return None
    if dealer is not None:
        return dealer.provider_id, dealer.brand_id, dealer.id
    if brand is not None:
        return brand.provider_id, brand.id, here.dealer_id
    return here.provider_id, here.brand_id, here.dealer_id


def _named(text: str, found: list[Any], word: tuple[str, str],
           faults: list[tuple[str, str]]) -> Any:
    if not text or len(found) == 1:
        return found[0] if text else None
    faults.append((f"Bu adla birden çok {word[0]} var; İYS numarasını yazın.",
                   f"Several {word[1]}s have this name; write the number at İYS.") if found else
                  (f"Böyle bir {word[0]} yok.", f"There is no such {word[1]}."))
    return None


def _asked(role: str, place: Place, known: _Known, giver: accounts.Giver
           ) -> tuple[str, str] | None:
    """Why the giver may not give this role there; asked once for each pair."""
    if (role, place) not in known.asked:
        try:
            accounts.refuse_overreach(giver, role, provider_id=place[0], brand_id=place[1],
                                      dealer_id=place[2])
            known.asked[role, place] = None
        except IletiError as error:
            known.asked[role, place] = (error.tr, error.en)
    return known.asked[role, place]


def _words(place: Place, known: _Known) -> str:
    parts = (known.provider, known.names.get((Brand, place[1])),
             known.names.get((Dealer, place[2])))
    return " › ".join(str(one) for one in parts if one is not None)
