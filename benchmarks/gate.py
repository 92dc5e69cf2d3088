"""How fast and how right the gate is at many states; `make bench-gate`.

``gate_per_s``: lists of 10 000 through ``gate.may_send`` (hashing and answers included), a call
split over two connections. ``gate_vs_bare_query``: the same against the bare join of another
list over the same two connections, its hashes made beforehand and only the state checked, in turn.
``gate_without_plugins``: the time of a list by the law alone against a list with the question for
plug-ins, none of which is on.
``gate_wrong_yes`` and ``gate_wrong_no``: answers that differ from what was put in.
``ILETI_BENCH_STATES`` sets the number of states (default 5 000 000).
"""

from __future__ import annotations

import os
import random
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg

from benchmarks.place import fresh_database, new_place

STATES = int(os.environ.get("ILETI_BENCH_STATES", "5000000"))
LIST, ROUNDS = 10_000, 9
BARE = """
select a.n from unnest(%s::bytea[]) with ordinality a(h, n)
  join recipient r on r.provider_id = %s and r.addr_hash = a.h
  join consent_state s on s.provider_id = r.provider_id and s.brand_id = %s
   and s.recipient_id = r.id and s.recipient_type = 1 and s.channel = 2
 where s.status = 1 and s.iys_status = 3"""


def phone(number: int) -> str:
    """An invented mobile."""
    return f"+90599{number:07d}"


def fill(conn: psycopg.Connection, provider: int, brand: int) -> None:
    """Recipients and states: of four, one may be written to."""
    from ileti.core.secrets import secrets

    digest = secrets().addresses.of
    columns = "provider_id, kind, key_no, addr_hash"
    with conn.cursor().copy(f"copy recipient ({columns}) from stdin") as copy:
        for number in range(STATES):
            copy.write_row((provider, 1, 1, digest(provider, phone(number))))
    conn.execute(
        "insert into consent_state (provider_id, brand_id, recipient_id, recipient_type, channel, "
        "entry_id, entry_at, consent_date, status, source, standing, iys_status) "
        "select %s, %s, id, 1, 2, id, now(), now(), case when n %% 4 in (0, 1) then 1 else 2 end, "
        "6, 1, case when n %% 4 in (0, 2) then 3 else 1 end "
        "from (select id, row_number() over (order by id) - 1 n from recipient) r "
        "order by id", [provider, brand])
    conn.execute("insert into iys_cursor (provider_id, brand_id, pulled_at) values (%s, %s, now())",
                 [provider, brand])
    conn.execute("vacuum analyze recipient")
    conn.execute("vacuum analyze consent_state")


def main() -> None:
    """Fill, warm, measure in turn, print."""
    settings = fresh_database("gate")
    from ileti.consents.gate import by_law, may_send
    from ileti.consents.vocabulary import Channel, RecipientType
    from ileti.core import db
    from ileti.core.secrets import secrets

    with psycopg.connect(settings.database_url, autocommit=True) as owner:
        provider, brand = new_place(owner)
        fill(owner, provider, brand)
    pick = random.Random(7)
    wrong_yes, wrong_no, ours, bare, lawful = 0, 0, [], [], []
    pool = ThreadPoolExecutor(2)

    def ask_bare(hashes: list[bytes]) -> int:
        literal = "{" + ",".join(f'"\\\\x{h.hex()}"' for h in hashes) + "}"
        return len(db.connection().execute(BARE, (literal, provider, brand)).fetchall())

    def drawn() -> list[int]:
        return [pick.randrange(STATES * 5 // 4) for _ in range(LIST)]

    for turn in range(ROUNDS + 2):
        numbers = drawn()
        addresses = [phone(n) for n in numbers]
        # A list of its own: the same one would find the pages that the gate has just read.
        hashes = [secrets().addresses.of(provider, phone(n)) for n in drawn()]
        started = time.perf_counter()
        answers = may_send(provider, brand, addresses, Channel.MESAJ)
        middle = time.perf_counter()
        list(pool.map(ask_bare, (hashes[: LIST // 2], hashes[LIST // 2:])))
        ended = time.perf_counter()
        others = [phone(n) for n in drawn()]
        again = time.perf_counter()
        by_law(provider, brand, others, Channel.MESAJ, RecipientType.BIREYSEL)
        last = time.perf_counter()
        right = [n < STATES and n % 4 == 0 for n in numbers]
        wrong_yes += sum(a and not r for a, r in zip(answers, right, strict=True))
        wrong_no += sum(r and not a for a, r in zip(answers, right, strict=True))
        if turn >= 2:
            ours.append(LIST / (middle - started))
            bare.append(LIST / (ended - middle))
            lawful.append(LIST / (last - again))
    print(f"gate_per_s {statistics.median(ours):.0f}")
    ratio = statistics.median(o / b for o, b in zip(ours, bare, strict=True))
    print(f"gate_vs_bare_query {ratio:.2f}")
    without = statistics.median(o / b for o, b in zip(ours, lawful, strict=True))
    print(f"gate_without_plugins {without:.2f}")
    print(f"gate_wrong_yes {wrong_yes}")
    print(f"gate_wrong_no {wrong_no}")
    db.forget_connections()


if __name__ == "__main__":
    main()
