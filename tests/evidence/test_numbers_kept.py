"""Provider's and brand's numbers stand in every claim: they stay once there are entries."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from ileti.consents.audit import audit
from tests.evidence.sealed_house import seal_all, take

DEEDS = ("update provider set iys_code = iys_code + 1 where id = %s",
         "update brand set brand_code = brand_code + 1 where provider_id = %s")


@pytest.mark.parametrize("deed", DEEDS)
def test_a_number_changes_until_the_first_entry(shop: Any, owner: Any, deed: str) -> None:
    assert owner.execute(deed, (shop.provider_id,)).rowcount == 1


@pytest.mark.parametrize("deed", DEEDS)
def test_a_number_that_entries_claim_cannot_change(shop: Any, owner: Any, deed: str) -> None:
    take(shop)
    with pytest.raises(psycopg.errors.RestrictViolation):
        owner.execute(deed, (shop.provider_id,))
    seal_all()
    assert audit().findings == []
