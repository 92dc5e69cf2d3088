"""How tests define fields, and forms that ask them."""

from __future__ import annotations

import json
from typing import Any

from ileti.capture.sites import forget_sites
from ileti.fields import catalogue


def define(conn: Any, place: Any, key: str, *, subject: int = 2, kind: str = "text",
           personal: bool = True, searchable: bool = False, mask: str = "", most: str = "",
           choices: tuple[str, ...] = (), required: tuple[str, ...] = ()) -> int:
    """A field of the place's provider; its id. Its name is its key, in capitals in Turkish."""
    catalogue.forget()
    return int(conn.execute(
        "insert into custom_field (provider_id, subject, key, kind, name_tr, name_en, personal, "
        "searchable, mask, most, choices, required) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, "
        "%s, %s, %s) returning id",
        (place.provider_id, subject, key, kind, key.upper(), key, personal, searchable, mask, most,
         json.dumps([{"key": one, "tr": one.title(), "en": one} for one in choices]),
         list(required))).fetchone()[0])


def put_on_form(conn: Any, site_key: str, *ids: int) -> None:
    """Let a site's form ask these fields."""
    conn.execute("update site set fields = %s, form_version = form_version + 1 "
                 "where public_key = %s", (list(ids), site_key))
    forget_sites()
