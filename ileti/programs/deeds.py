"""What a program did, in the audit trail beside what people did (R-58)."""

from __future__ import annotations

from typing import Any

import msgspec

from ileti.core import db
from ileti.programs.accounts import Caller


def note(caller: Caller, action: str, subject: str, address: str, **detail: Any) -> None:
    """Note one deed; ``subject`` names the thing (``import:81``), never an address of a person,
    ``address`` is the network address the call came from."""
    db.connection().execute(
        "insert into audit_entry (provider_id, action, subject, detail, address) "
        "values (%s, %s, %s, %s, %s)",
        (caller.provider_id, action, subject, msgspec.json.encode(
            {"program": caller.name, **detail}).decode(), address[:45]))
