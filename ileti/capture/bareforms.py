"""Forms that collect personal data without a privacy notice on show (R-60).

Why this module exists: the law wants people informed when their data is taken, and an address is
personal data. A form without a notice is nevertheless not shut: a person who refuses must not be
turned away because a text is missing (R-28), and what is missing is the company's duty, not the
visitor's. So whoever answers for the texts is told, loudly and until it is mended: on the form's
page and first thing in the morning (docs/adr/0066).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from ileti.capture.models import Site
from ileti.core import db, orm

#: so many brands are asked about at most
MOST: Final = 500
_BARE: Final = """
select count(*) from unnest(%s::int[], %s::int[]) f(provider_id, brand_id)
 where not exists (select from texts_on_show(f.provider_id, f.brand_id, now()) t
                    where t.kind = 'AYDINLATMA')"""


def is_bare(site: Site) -> bool:
    """Whether a form is open and its brand has no notice on show."""
    return site.active and _bare([(site.provider_id, site.brand_id)]) > 0


def brands() -> int:
    """How many brands in sight have an open form and no notice on show; two statements."""
    return _bare([(one.provider_id, one.brand_id) for one in orm.db.session.execute(
        select(Site.provider_id, Site.brand_id).where(Site.active).distinct().limit(MOST))])


def _bare(places: list[tuple[int, int]]) -> int:
    if not places:
        return 0
    row = db.connection().execute(_BARE, ([one for one, _brand in places],
                                          [brand for _one, brand in places])).fetchone()
    return int(row[0]) if row else 0
