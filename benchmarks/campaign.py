"""A campaign to a million people, from audience to handed over; `make bench-campaign`.

``preflight_per_s``: people a second, written down, asked about at the gate, counted by reason.
``dispatch_per_s``: messages a second handed over by one worker, each let by the gate at that
moment, to a gateway of another process that answers at once (the simulator's Verimor over HTTP).
``dispatch_vs_bare``: the same against the bare adapter, handed ready batches and asking nobody.
``dispatch_peak_mb``: what the worker's memory grew by. While it runs, people refuse:
``sent_without_permit`` counts messages to whom the ledger held no consent, or that arrived more
than a second after their refusal was committed; ``sent_twice`` what arrived twice.
``ILETI_BENCH_PEOPLE`` sets the number of people (default 1 000 000); of five, one refused before.
"""

from __future__ import annotations

import os
import random
import threading
import time
from array import array
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import Pipe, Process
from typing import Any

import psutil
import psycopg

from benchmarks.place import fresh_database, new_place

PEOPLE = int(os.environ.get("ILETI_BENCH_PEOPLE", "1000000"))
REFUSALS_PER_SECOND = 50
TEXT = ("Kampanya: Nevresim ve battaniyede yuzde 30 indirim. Kosullar: defneev.com.tr/kk Defne Ev "
        "Mersis:0291045678900017 Ret icin RET yazip 3338'e ucretsiz gonderin")


def phone(number: int) -> str:
    """An invented mobile."""
    return f"+90599{number:07d}"


# -- the other side ------------------------------------------------------------------------------


def gateway(pipe: Any) -> None:
    """The simulated provider, which notes every phone and when it came, until it is asked."""
    from datetime import UTC, datetime

    from ileti.simulator.desk import Call
    from ileti.simulator.gateways import verimor
    from ileti.simulator.gateways.phones import Account, Phones
    from ileti.simulator.gateways.switchboard import Switchboard

    numbers, moments = array("q"), array("d")

    class Counting(Phones):
        """Keeps numbers and moments instead of a million phones."""

        def take(self, account: Account, sender: str, messages: Any, *,
                 commercial: str | None) -> str:
            now = time.time()
            with self.lock:
                for _, to, _ in messages:
                    numbers.append(int(to[6:]))
                    moments.append(now)
                self.taken += 1
                return f"{self.taken:020d}"

    def now() -> datetime:
        return datetime.now(UTC)

    phones = Counting(now, lambda *_: True, Switchboard(now, lambda *_: True))
    phones.put("verimor", Account("908500000000", "p", {"DEFNE EV"}, brand=731204))

    class Handler(BaseHTTPRequestHandler):
        """POST and its answer."""

        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """As the wire has it."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = verimor.serve(phones, Call("POST", f"/gw/verimor{self.path}", "127.0.0.1",
                                                body=body))
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(server.server_address[1])
    while pipe.recv() == "tell":
        pipe.send((numbers.tobytes(), moments.tobytes()))
        del numbers[:], moments[:]


# -- our side -------------------------------------------------------------------------------------


def fill(conn: psycopg.Connection[Any], provider: int, brand: int) -> None:
    """People with sealed addresses, and their states: of five, one has refused."""
    from ileti.core.secrets import secrets

    known = secrets()
    columns = "provider_id, kind, key_no, addr_hash, addr_ct, leaf_key"
    with conn.cursor().copy(f"copy recipient ({columns}) from stdin") as copy:
        for first in range(0, PEOPLE, 10_000):
            some = [phone(n) for n in range(first, min(PEOPLE, first + 10_000))]
            hashes = known.addresses.of_many(provider, some)
            sealed = known.keyring.encrypt_many([one.encode() for one in some], hashes)
            for digest, cipher in zip(hashes, sealed, strict=True):
                copy.write_row((provider, 1, known.keyring.newest, digest, cipher,
                                os.urandom(32)))
    conn.execute(
        "insert into consent_state (provider_id, brand_id, recipient_id, recipient_type, channel, "
        "entry_id, entry_at, consent_date, status, source, standing, iys_status) "
        "select %s, %s, id, 1, 2, id, now(), now(), case when n %% 5 = 4 then 2 else 1 end, "
        "6, 1, 3 from (select id, row_number() over (order by id) - 1 n from recipient) r "
        "order by id", [provider, brand])
    conn.execute("insert into iys_cursor (provider_id, brand_id, pulled_at) values (%s, %s, now())",
                 [provider, brand])
    conn.execute("vacuum analyze recipient")
    conn.execute("vacuum analyze consent_state")


def refuse(place: Any, stop: threading.Event, refused: dict[int, float]) -> None:
    """People refuse while messages go out; by number when it was committed."""
    from ileti.consents.ledger import NewConsent, NewSubmission, record
    from ileti.consents.vocabulary import Channel, Source, Standing, Status
    from ileti.core import clock

    pick = random.Random(5)
    while not stop.wait(1 / REFUSALS_PER_SECOND):
        number = pick.randrange(PEOPLE)
        if number in refused or number % 5 == 4:
            continue
        record(NewSubmission(place, f"storm:{number}", b"x", Source.HS_WEB, Standing.VERIFIED, (
            NewConsent(phone(number), Channel.MESAJ, Status.RET, clock.now()),)))
        refused[number] = time.time()


def bare(road: Any, messages: int) -> float:
    """Ready batches a second to the same gateway, in messages."""
    from ileti.campaigns.dispatch import MOST_AT_ONCE
    from ileti.channels import sms
    from ileti.consents.vocabulary import RecipientType

    batches = [sms.Batch(f"b{first}", "DEFNE EV", RecipientType.BIREYSEL,
                         [sms.Sms(n, phone(n), TEXT) for n in range(first, first + MOST_AT_ONCE)])
               for first in range(0, messages, MOST_AT_ONCE)]
    begun = time.perf_counter()
    for batch in batches:
        assert isinstance(road.gateway.send(batch), sms.Taken)
    return messages / (time.perf_counter() - begun)


def main() -> None:
    """Fill, prepare, release, hand over under a storm of refusals, compare, print."""
    os.environ["LOG_LEVEL"] = "error"
    settings = fresh_database("campaign")
    import ileti.campaigns.jobs  # noqa: F401 (bells can only ring jobs that are known)
    from ileti.campaigns import dispatch, plan, prepare, release, roads
    from ileti.campaigns.audience import Audience
    from ileti.channels.gateways.verimor import Verimor
    from ileti.consents.ledger import Place
    from ileti.consents.vocabulary import Channel, RecipientType
    from ileti.core import db
    from ileti.templates.vocabulary import MessageClass

    ours, theirs = Pipe()
    other = Process(target=gateway, args=(theirs,), daemon=True)
    other.start()
    road = roads.Road(1, "verimor", "Verimor", "DEFNE EV", 1_000_000.0,
                      Verimor("908500000000", "p", f"http://127.0.0.1:{ours.recv()}"))
    roads.found_by(lambda *_, **_more: [road])
    with psycopg.connect(settings.database_url, autocommit=True) as owner:
        provider, brand = new_place(owner)
        fill(owner, provider, brand)
    number = plan.create((provider, brand, None), plan.Draft(
        "Kara Kış", Channel.MESAJ, RecipientType.BIREYSEL, MessageClass.COMMERCIAL, Audience(),
        {"text": TEXT, "body": "Yeni mağazamız açıldı.", "declaredBy": 1}), by=None)
    plan.prepare(plan.read(provider, number), by=None)
    begun = time.perf_counter()
    prepare.prepare(provider, number, until=time.monotonic() + 600)
    preflight = PEOPLE / (time.perf_counter() - begun)
    made = plan.read(provider, number)
    print(f"# pre-flight {made.preflight}", flush=True)
    simple = bare(road, min(PEOPLE, 100_000))
    ours.send("tell")
    ours.recv()
    release.release(made, by=None)
    db.connection().execute("update campaign set next_at = now() where id = %s", [number])
    stop, refused = threading.Event(), dict[int, float]()
    storm = threading.Thread(target=refuse, args=(
        Place(provider, 731204, brand, 731204), stop, refused))
    storm.start()
    before, begun = psutil.Process().memory_info().rss, time.perf_counter()
    peak, handed = before, 0
    while plan.read(provider, number).state == 5:
        handed += dispatch.dispatch_due(time.monotonic() + 5)["handed"]
        peak = max(peak, psutil.Process().memory_info().rss)
    rate = handed / (time.perf_counter() - begun)
    stop.set()
    storm.join()
    ours.send("tell")
    numbers, moments = (array(code, raw) for code, raw in zip("qd", ours.recv(), strict=True))
    late = sum(n % 5 == 4 or at > refused.get(n, at) + 1.0
               for n, at in zip(numbers, moments, strict=True))
    kept_out = len(refused) - len(refused.keys() & set(numbers))
    print(f"# handed {handed}, arrived {len(numbers)}, refused meanwhile {len(refused)}, "
          f"of them kept out {kept_out}")
    print(f"preflight_per_s {preflight:.0f}")
    print(f"dispatch_per_s {rate:.0f}")
    print(f"dispatch_vs_bare {rate / simple:.2f}")
    print(f"dispatch_peak_mb {(peak - before) / 2**20:.0f}")
    print(f"sent_without_permit {late}")
    print(f"sent_twice {len(numbers) - len(set(numbers))}")
    assert handed == len(numbers), "what was handed over is what arrived"
    assert refused, "nobody refused meanwhile"
    ours.send("end")
    db.forget_connections()


if __name__ == "__main__":
    main()
