"""Mails to those who may agree to what takes two people, in the transaction of the request.

Why this module exists: a request nobody hears of lapses after a week. Everybody with the right, in
a work space that holds the place, gets a mail, but for who asked; it says what is asked and no
more, since what exactly is asked belongs on a page behind a sign-in.
"""

from __future__ import annotations

import json
from typing import Any, Final

import psycopg

from config import settings
from ileti.core.secrets import secrets
from ileti.signin.letters import KINDS
from ileti.signin.mails import INSTALLATION, PURPOSE, TOPIC
from ileti.tenancy import foureyes, rolebook
from ileti.tenancy.foureyes import Request

MOST: Final = 50
_WRITE: Final = """
with told as (
    insert into account_mail (user_id, kind, content)
    select distinct on (m.user_id) m.user_id, %(kind)s, %(content)s
      from membership m join ab_user u on u.id = m.user_id and u.active and u.email like '%%@%%'
     where m.role = any(%(roles)s)
       and m.provider_id = %(provider)s
       and (m.brand_id is null or m.brand_id = %(brand)s)
       and (m.dealer_id is null or m.dealer_id = %(dealer)s)
       and m.user_id is distinct from %(asker)s::int
     order by m.user_id limit %(most)s
    returning id, created_at, user_id)
insert into outbox (provider_id, brand_id, topic, ref_id, ref_at, order_key)
select %(house)s, %(house)s, %(topic)s, id, created_at, user_id from told"""


def tell(conn: psycopg.Connection[Any], request: Request) -> None:
    """Write the mails and their rows in the outbox."""
    wish = request.wish
    if wish.provider_id is None:
        return
    content = json.dumps({"deed": wish.deed,
                          "link": f"{settings().base_url}/onaylar/{request.id}"})
    conn.execute(_WRITE, {
        "kind": KINDS.index("approval"), "roles": rolebook.holding(
            wish.permission, wish.provider_id),
        "content": secrets().keyring.encrypt_text(content, PURPOSE), "provider": wish.provider_id,
        "brand": wish.brand_id, "dealer": wish.dealer_id, "asker": request.asked_by,
        "most": MOST, "house": INSTALLATION, "topic": TOPIC})


foureyes.tells(tell)
