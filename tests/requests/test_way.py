"""The preference centre leads to the form for applications about one's data (KVKK 11, 13)."""

from __future__ import annotations

from typing import Any

from ileti.preferences.ways import application_url
from ileti.requests.numbers import form_path


def test_the_link_is_the_form_of_the_providers_master_brand(app: Any, place: Any, conn: Any
                                                            ) -> None:
    conn.execute("insert into brand (provider_id, brand_code, name, master) values "
                 "(%s, %s, 'Yan marka', false)",
                 (place.provider_id, place.brand_code + 500_000_000))
    assert application_url(place.provider_id, "tr") == form_path(place.brand_id)
    url = application_url(place.provider_id, "en")
    assert url is not None
    assert url.endswith("?lang=en")
    assert app.test_client().get(url).status_code == 200


def test_nobody_knows_a_form_of_a_provider_that_is_not_there(app: Any) -> None:
    assert application_url(2_000_000_000, "tr") is None
