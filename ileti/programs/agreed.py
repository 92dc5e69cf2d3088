"""More rights for a program, as a deed that a second person agrees to (ileti/tenancy/foureyes)."""

from __future__ import annotations

from typing import Any, Final

from ileti.core import orm
from ileti.core.errors import NotAllowed
from ileti.programs import scopes
from ileti.programs.models import ApiAccount
from ileti.tenancy import accounts, foureyes, scope
from ileti.tenancy.foureyes import Carrier, Decider, Request, Wish

DEED: Final = "api_scopes"


def scopes_wish(account: Any, wanted: list[str]) -> Wish:
    """All an account is to have when it is agreed to."""
    return Wish("rights", DEED, f"api_account:{account.id}", "api:write",
                {"account": account.id, "scopes": sorted(wanted)}, account.provider_id,
                account.brand_id, account.dealer_id)


def _account(wish: Wish) -> Any:
    with scope.system_scope():
        return orm.db.session.get(ApiAccount, wish.act["account"], populate_existing=True)


def _mark(wish: Wish) -> str:
    kept = _account(wish)
    return f"{kept.disabled_at} {','.join(sorted(kept.scopes))}"[:200] if kept is not None else ""


def _lacks(wish: Wish, permissions: frozenset[str]) -> bool:
    return any(scopes.BY_KEY[one].permission not in permissions
               for one in wish.act["scopes"] if one in scopes.BY_KEY)


def _check(request: Request, by: Decider) -> None:
    if _lacks(request.wish, by.permissions):
        raise NotAllowed("Bu hesaba sizde olmayan yetkiler isteniyor.",
                         "Rights you lack are asked for this account.", code="overreach")


def _give(request: Request) -> None:
    wish = request.wish
    if not any("api:write" in one.permissions and not _lacks(wish, one.permissions)
               for one in accounts.givers_of(request.asked_by)):
        raise NotAllowed("Bunu isteyen kişinin artık bu yetkisi yok.",
                         "Whoever asked for it has this right no more.", code="right_lost")
    with scope.system_scope(), orm.unit_of_work():
        kept = _account(wish)
        if kept is not None and kept.disabled_at is None:
            kept.scopes = list(wish.act["scopes"])


def _about(request: Request, language: str) -> list[tuple[str, str]]:
    names = [scopes.BY_KEY[one].say(language) for one in request.wish.act["scopes"]
             if one in scopes.BY_KEY]
    return [("What the program may do" if language == "en" else "Programın yapabilecekleri",
             ", ".join(names))]


foureyes.carries_out(DEED, Carrier("rights", _give, _mark, _about,
                                   "the scopes are set to what was asked", _check))
