"""What the demo's phone and mailbox show of this room: codes, receipts, questions, answers.

Why this module exists: outside of production nothing is really sent, and who tries the application
form needs its code. Rows come with their moment, so that they stand among all other messages.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ileti.channels.render import istanbul_text
from ileti.core import db
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import IletiError
from ileti.recipients.address import pretty
from ileti.requests import mails

_ROWS: Final = """
select m.provider_id, m.id, 0, 0, m.brand_id, m.request_id, m.kind, m.content, m.sent_at,
       m.created_at, u.email, u.active, b.name, p.title, p.mersis, p.contact, p.alarm_mails
  from data_request_mail m left join ab_user u on u.id = m.user_id
  join brand b on b.id = m.brand_id join provider p on p.id = m.provider_id
 where m.gateway = 'demo' and m.content is not null order by m.id desc limit %s"""


def messages(limit: int) -> list[tuple[datetime, dict[str, Any]]]:
    """The newest messages with their moments, as the demo's page shows them."""
    found = []
    for row in db.connection().execute(_ROWS, (limit,)).fetchall():
        one = mails.Claimed(*row)
        try:
            written = mails.envelope(one)
        except (mails.Unsendable, CannotDecrypt, ValueError, IletiError):
            continue
        found.append((one.created_at, {
            "channel": written.channel.name, "to": pretty(written.to),
            "at": istanbul_text(one.created_at), "subject": written.subject,
            "body_text": written.text, "body_html_url": None}))
    return found
