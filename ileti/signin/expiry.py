"""Keys of programs that will end soon, told to those who can make the next one.

Why this module exists: a key that ends on a Sunday night stops a shop's consents, and nobody thinks
of it a year after it was made. So two weeks before, and three days before, a mail goes to whoever
made it, or to the company's administrators when that person is gone. It goes by the road of the
mails about accounts: written with its outbox row in one transaction, once per key and warning.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Final

import psycopg

from config import settings
from ileti.channels.render import istanbul_text
from ileti.core import clock, db
from ileti.core.secrets import secrets
from ileti.signin.letters import KINDS
from ileti.signin.mails import INSTALLATION, PURPOSE, TOPIC
from ileti.tenancy.roles import GRANTS

#: warning → how long before the end
BEFORE: Final = {1: timedelta(days=14), 2: timedelta(days=3)}
MOST: Final = 200
_KEEPERS: Final = sorted(role for role, rights in GRANTS.items() if "api:write" in rights)

_DUE: Final = """
select k.id, k.prefix, k.label, k.expires_at, k.created_by, a.id, a.name, a.provider_id,
       a.brand_id, a.dealer_id
  from api_key k join api_account a on a.id = k.account_id
 where k.ended_at is null and a.disabled_at is null and k.warned < %s
   and k.expires_at > %s and k.expires_at <= %s
 order by k.expires_at limit %s for update of k skip locked"""
# who made it while they still keep accounts there; else all who do, at the account's own level
_READERS: Final = """
with keepers as (
    select distinct u.id, x.brand_id, x.dealer_id
      from ab_user u join membership x on x.user_id = u.id
     where u.active and u.email like '%%@%%' and x.provider_id = %(provider)s
       and x.role = any(%(roles)s)
       and (x.brand_id is null or x.brand_id = %(brand)s)
       and (x.dealer_id is null or x.dealer_id = %(dealer)s))
select distinct id from keepers where id = %(maker)s
union
select distinct id from keepers where not exists (select from keepers where id = %(maker)s)
   and brand_id is not distinct from %(brand)s and dealer_id is not distinct from %(dealer)s"""


def warn() -> dict[str, int]:
    """Write the mails that are due; how many."""
    written = 0
    for step, before in sorted(BEFORE.items(), reverse=True):
        with db.transaction() as conn:
            now = clock.now()
            for row in conn.execute(_DUE, (step, now, now + before, MOST)).fetchall():
                written += _tell(conn, *row)
                conn.execute("update api_key set warned = %s where id = %s", (step, row[0]))
    return {"written": written}


def _tell(conn: psycopg.Connection[Any], _key: int, prefix: str | None, label: str, ends: Any,
          maker: int | None, account: int, name: str, provider: int, brand: int | None,
          dealer: int | None) -> int:
    content = json.dumps({
        "program": name, "key": f"ilt_{prefix}…" if prefix else "", "label": label,
        "until": istanbul_text(ends),
        "link": f"{settings().base_url}/api-hesaplari/show/{account}#anahtar"},
        ensure_ascii=False)
    readers = conn.execute(_READERS, {
        "provider": provider, "brand": brand, "dealer": dealer, "maker": maker,
        "roles": _KEEPERS}).fetchall()
    for (reader,) in readers:
        conn.execute(
            "with m as (insert into account_mail (user_id, kind, content) values (%s, %s, %s) "
            "returning id, created_at) insert into outbox "
            "(provider_id, brand_id, topic, ref_id, ref_at, order_key) "
            "select %s, %s, %s, id, created_at, %s from m",
            (reader, KINDS.index("key_expires"),
             secrets().keyring.encrypt_text(content, PURPOSE), INSTALLATION, INSTALLATION, TOPIC,
             reader))
    return len(readers)
