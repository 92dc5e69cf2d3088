"""A provider's preference centre: whose it is, under which address, and by which site it sends.

The hosted page stands at ``/t/<number>``, the provider's own number at İYS: short enough to be
printed, secret to nobody. Codes are counted and paid per site, and a consent names the site it was
taken by, so a centre has one: that of the widget, else the provider's first one that is switched
on and no dealer's: the provider's page is nobody's counter (R-45). Without any site only a link
opens it, and consents are not given there. Bare SQL as in
:mod:`ileti.capture.sites`: nobody is logged in, and the number names exactly one provider.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ileti.capture.sites import Site, find_site
from ileti.channels.preference_link import centre_path
from ileti.core import db
from ileti.core.errors import NotAllowed, NotFound


@dataclass(frozen=True)
class BrandOf:
    """A brand of the centre's provider."""

    id: int
    code: int
    name: str


@dataclass(frozen=True)
class Centre:
    """``name`` and ``accent_brand`` are what its pages look like; ``site`` by what it sends."""

    provider_id: int
    iys_code: int
    title: str
    name: str
    brands: tuple[BrandOf, ...]
    accent_brand: int | None
    site: Site | None

    @property
    def path(self) -> str:
        """The address of its page on this server."""
        return centre_path(self.iys_code)

    def brand(self, brand_id: int | None) -> BrandOf:
        """The brand of that number, the first one for None, which is what belongs to all of them;
        raises NotAllowed for a brand that is not here."""
        for one in self.brands:
            if brand_id in (None, one.id):
                return one
        raise NotAllowed(code="foreign_brand")

    def site_of(self, brand: BrandOf) -> Site | None:
        """The site by which a consent to this brand is taken here: the centre's, where it is one
        of the brand's own (R-17, R-23)."""
        mine = self.site is not None and self.site.place.brand_id == brand.id
        return self.site if mine else None


_CENTRE: Final = """
select p.id, p.iys_code, p.title, p.short_name,
       (select s.public_key from site s
         where s.provider_id = p.id and s.active and s.dealer_id is null
         order by s.policy = 'code' desc, s.id limit 1)
  from provider p where {where}"""
_BRANDS: Final = """
select id, brand_code, name, accent is not null from brand where provider_id = %s
 order by master desc, name, id"""


def find_centre(iys_code: str) -> Centre:
    """The centre under a number; raises NotFound."""
    if not (iys_code.isascii() and iys_code.isdigit() and len(iys_code) <= 9):
        raise NotFound()
    return _read("p.iys_code = %s", int(iys_code))


def centre_of_provider(provider_id: int) -> Centre:
    """The centre of a provider; raises NotFound."""
    return _read("p.id = %s", provider_id)


def centre_of_site(site: Site) -> Centre:
    """The centre as a site's own page shows it."""
    return _read("p.id = %s", site.place.provider_id, site)


def _read(where: str, number: int, site: Site | None = None) -> Centre:
    conn = db.connection()
    row = conn.execute(_CENTRE.format(where=where), (number,)).fetchone()
    brands = conn.execute(_BRANDS, (row[0],)).fetchall() if row else []
    if row is None or not brands:
        raise NotFound()
    return _centre(row, brands, site)


def _centre(row: Any, brands: list[Any], site: Site | None) -> Centre:
    provider_id, iys_code, title, short_name, key = row
    alone = len(brands) == 1
    painted = [brand[0] for brand in brands if brand[3]]
    return Centre(
        provider_id=provider_id, iys_code=iys_code, title=title,
        name=brands[0][2] if alone else short_name,
        brands=tuple(BrandOf(*brand[:3]) for brand in brands),
        accent_brand=painted[0] if painted else None,
        site=site or _site(key),
    )


def _site(key: str | None) -> Site | None:
    try:
        return find_site(key) if key else None
    except NotFound:  # switched off this moment
        return None
