"""A dealer's own pages: behind a printed code on the counter, and on a kiosk that stands there.

Why this module exists: a dealer without a web site takes consents, too. Each page is a form of its
own (a row of ``site`` with a dealer), so that what comes by it carries the dealer, its source
follows from the flow (R-43), and ending it ends everything: no form, no code, no post. The link is
signed and names the page alone; whoever holds an old poster is told that it was replaced. There is
one page of a kind per dealer at a time.
"""

from __future__ import annotations

import secrets as chance
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import segno
from sqlalchemy import insert, select, update

from config import settings
from ileti.capture.models import Kind, Policy, Site
from ileti.core import clock, db, orm
from ileti.core.errors import Conflict, IletiError, NotFound
from ileti.core.secrets import secrets
from ileti.tenancy import audit, dealerrights
from ileti.tenancy.models import Dealer, DealerStatus

PURPOSE: Final = "dealer-page"
#: how the pages are called in evidence and messages, which have no language of the panel
_NAMES: Final = {Kind.POSTER: "{} · afiş kodu", Kind.KIOSK: "{} · kiosk"}
_FIND: Final = """
select s.public_key, s.active, s.kind, s.brand_id, b.name, p.iys_code,
       (s.kind <> 'event' or s.ends_at > now())
       and (s.kind = 'event' and s.dealer_id is null or d.status = 'active'
            and not 'page' = any(dealer_closed(s.provider_id, s.brand_id, s.dealer_id)))
  from site s join brand b on b.id = s.brand_id join provider p on p.id = s.provider_id
  left join dealer d on d.id = s.dealer_id
 where s.id = %s and s.kind <> 'widget'"""


@dataclass(frozen=True)
class Behind:
    """What a link leads to: ``key`` names the form, ``ended`` says that another code took its
    place, ``closed`` that the dealer takes none now."""

    key: str
    kind: Kind
    brand_id: int
    brand_name: str
    iys_code: int
    ended: bool
    closed: bool


# -- for everybody ---------------------------------------------------------------------------------


def path_of(site_id: int) -> str:
    """The signed address of a page; it says no name and never expires, but its page may."""
    return f"/q/{secrets().tokens(PURPOSE).make({'s': site_id}, seconds=None)}"


def number_of(token: str) -> int:
    """The page a link names, whether it is in use or not. Raises NotFound for none of ours."""
    try:
        return int(secrets().tokens(PURPOSE).read(token[:200])["s"])
    except (IletiError, ValueError, KeyError, TypeError):
        raise _unknown() from None


def behind(token: str) -> Behind:
    """What a link leads to. Raises NotFound for one that is none of ours."""
    row = db.connection().execute(_FIND, (number_of(token),)).fetchone()
    if row is None:
        raise _unknown()
    key, active, kind, brand_id, brand, code, takes = row
    return Behind(key, Kind(kind), brand_id, brand, code, ended=not active, closed=not takes)


def _unknown() -> NotFound:
    return NotFound("Böyle bir kod yok. Kodu yeniden okutun.",
                    "There is no such code. Scan it again.", code="no_such_code")


# -- for whoever has the dealer in sight -----------------------------------------------------------


def pages_of(dealer: Dealer) -> dict[Kind, Site]:
    """The dealer's pages in use."""
    found = orm.db.session.scalars(select(Site).where(
        Site.dealer_id == dealer.id, Site.kind.in_((Kind.POSTER, Kind.KIOSK)), Site.active))
    return {Kind(one.kind): one for one in found}


def make(dealer: Dealer, kind: Kind) -> None:
    """Make the dealer's page of a kind, in place of the one before: its code is dead from now on.
    Commits. Raises Conflict when the brand gave the dealer none or the dealer is not active."""
    if dealer.status != DealerStatus.ACTIVE:
        raise Conflict("Bayi etkin değil; sayfası açılamaz.",
                       "The dealer is not active; it can have no page.", code="dealer_not_active")
    if "page" in dealerrights.closed_rights(dealer.provider_id, dealer.brand_id, dealer.id):
        raise Conflict("Bu bayiye kendi sayfası verilmemiş. Hizmet sağlayıcı yöneticisi, bayinin "
                       "sayfasında verebilir.", "This dealer was not given a page of its own. A "
                       "provider admin can give it on the dealer’s page.", code="page_not_given")
    before = _end(dealer, kind)
    session = orm.db.session
    session.execute(insert(Site).values(
        provider_id=dealer.provider_id, brand_id=dealer.brand_id, dealer_id=dealer.id,
        name=_NAMES[kind].format(str(dealer)[:100]), kind=kind.value, policy=Policy.CODE.value,
        public_key="pk_" + chance.token_urlsafe(18)))
    _note("poster:replace" if before else "poster:make", dealer, kind)
    session.commit()


def end(dealer: Dealer, kind: Kind) -> None:
    """End the dealer's page of a kind. Commits. Raises NotFound when there is none."""
    if not _end(dealer, kind):
        raise NotFound()
    _note("poster:end", dealer, kind)
    orm.db.session.commit()


def _end(dealer: Dealer, kind: Kind) -> bool:
    """One maker at a time per dealer, so that two presses make one page and not a fault."""
    session = orm.db.session
    session.execute(select(Dealer.id).where(Dealer.id == dealer.id).with_for_update())
    done: Any = session.execute(
        update(Site).where(Site.dealer_id == dealer.id, Site.kind == kind.value, Site.active)
        .values(active=False, ended_at=clock.now()).execution_options(synchronize_session=False))
    return bool(done.rowcount)


def _note(deed: str, dealer: Dealer, kind: Kind) -> None:
    audit.record(deed, f"dealer:{dealer.id}", {"kind": kind.value},
                 provider_id=dealer.provider_id)


def address_of(site: Site) -> str:
    """The whole address that the code holds."""
    return f"{settings().base_url}{path_of(site.id)}"


def picture(address: str, *, light: str | None = "#fff") -> str:
    """The code as SVG, black on white in every theme: readers want it so."""
    code = segno.make(address, error="m", micro=False)
    return str(code.svg_inline(scale=4, border=3, dark="#000", light=light, svgclass="qr",
                               lineclass=None, omitsize=True))


def made_at(site: Site) -> datetime:
    """Since when a page is in use."""
    return site.created_at
