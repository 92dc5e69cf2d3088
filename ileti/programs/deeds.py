"""What a program did, in the audit trail beside what people did (R-58)."""

from __future__ import annotations

from typing import Any

from ileti.core import db
from ileti.programs.accounts import Caller
from ileti.tenancy import deeds


def note(caller: Caller, action: str, subject: str, address: str, **detail: Any) -> None:
    """Note one deed; ``subject`` names the thing (``import:81``), never an address of a person,
    ``address`` is the network address the call came from. What was done in a sandbox is told at its
    home and says so."""
    if caller.sandbox:
        detail["sandbox"] = True
    deeds.note(db.connection(), action, subject, provider_id=caller.home_id,
               brand_id=None if caller.sandbox else caller.brand_id,
               dealer_id=None if caller.sandbox else caller.dealer_id, actor=caller.name,
               address=address, detail={"program": caller.name, **detail})


def note_once_an_hour(caller: Caller, action: str, address: str) -> None:
    """Note what an account does with call after call, page after page: one line an hour."""
    subject = f"api_account:{caller.account_id}"
    told = db.system_connection().execute(
        "select from audit_entry where provider_id = %s and at > now() - interval '1 hour' "
        "and action = %s and subject = %s limit 1",
        (caller.home_id, action, subject)).fetchone()
    if told is None:
        note(caller, action, subject, address)
