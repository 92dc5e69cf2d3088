"""Names that other systems gave a call or its recording, as evidence may tell them.

Why this module exists: an exchange is free to name a recording by the caller's number, and evidence
is kept, sealed and shown for years. So the name itself stands with the person's data, sealed and
erased with them; the evidence has a keyed mark, by which whoever has the name proves that it is
meant.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from ileti.core.secrets import secrets


def outside_mark(provider_id: int, name: str) -> str:
    """32 hex digits that stand for a foreign name in evidence; the same for the same name."""
    return hmac.new(secrets().key_for("outside-name"), f"{provider_id}\0{name}".encode(),
                    sha256).hexdigest()[:32]
