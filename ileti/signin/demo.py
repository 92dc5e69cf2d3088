"""Mails about accounts and invitations on the demo's page of phone and mailbox.

Why this module exists: without a mail server nobody could try an invitation after the first start.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ileti.capture.demo import more_messages
from ileti.channels.render import istanbul_text
from ileti.core import db
from ileti.core.crypto import CannotDecrypt
from ileti.signin import mails

_TAKEN = """with taken (provider_id, ref_id, fence, tries) as (
    select 0, id, 0, 0 from account_mail where gateway = 'demo' order by id desc limit %s)
"""


def messages(limit: int) -> list[tuple[datetime, dict[str, Any]]]:
    """The newest mails with their moments, as the demo's page shows them."""
    found = []
    for row in db.connection().execute(_TAKEN + mails.BESIDE, (limit,)).fetchall():
        one = mails.Claimed(*row)
        try:
            written = mails.letter(one)
        except (CannotDecrypt, ValueError):
            continue
        found.append((one.created_at, {
            "channel": written.channel.name, "to": written.to,
            "at": istanbul_text(one.created_at), "subject": written.subject,
            "body_text": written.text, "body_html_url": None}))
    return found


more_messages.append(messages)
