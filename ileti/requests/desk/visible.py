"""Which cases somebody sees, and what only a whole provider's work space may do.

Why this module exists: cases come through the session and so through the row rules, and what is not
visible is not found. A brand's own officer sees and prepares its brand's cases; but what is held of
a person is the provider's, over all brands, and the controller is one (KVKK 3): so matching,
copying, erasing and answering are for a work space of the whole provider.
"""

from __future__ import annotations

from typing import Final

from ileti.core import orm
from ileti.core.errors import NotAllowed, NotFound
from ileti.requests.models import DataRequest
from ileti.requests.numbers import case_of
from ileti.tenancy import scope

PROVIDERS_ALONE: Final = (
    "Bu iş bütün markaların kayıtlarına dokunur; hizmet sağlayıcı çalışma alanından yapılır.",
    "This touches the records of all brands; it is done in the work space of the provider.")


def one(number: str) -> DataRequest:
    """The visible case of a number; raises NotFound."""
    pk = case_of(number[:40])
    found = orm.db.session.get(DataRequest, pk) if pk is not None and pk < 2**62 else None
    if found is None:
        raise NotFound()
    return found


def whole() -> bool:
    """Whether this work space is a whole provider's (or the installation's)."""
    here = scope.current()
    return here.brand_id is None and here.dealer_id is None


def refuse_part() -> None:
    """Raises NotAllowed in a brand's work space."""
    if not whole():
        raise NotAllowed(*PROVIDERS_ALONE, code="providers_alone")
