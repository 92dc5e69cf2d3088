"""The registry itself: who holds which consent, and everything that ever moved.

One object, one lock. Consents are found by (brand, recipientType, type) and then by address, so
that a batch works on one dictionary. Every address keeps all its movements in order; the last
one is its consent. What changes the registry goes through `Journal` in the same call, and a
restart plays the journal back through the very same `_…` methods.
"""

from __future__ import annotations

import heapq
import json
import os
import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ileti.simulator.accounts import Accounts
from ileti.simulator.clock import SimulatorClock, read, written
from ileti.simulator.codes import Refused, error
from ileti.simulator.entries import Entry, read_entry
from ileti.simulator.journal import Journal
from ileti.simulator.options import SimulatorOptions
from ileti.simulator.records import (
    Batch,
    BatchResult,
    Brand,
    ConsentKey,
    Movement,
    Partner,
    Provider,
    PushConnection,
    Repeat,
    Session,
)
from ileti.simulator.states import recorded_before, state_errors

Book = dict[str, tuple[Movement, ...]]
Edit = Callable[[Movement], Movement | None]
Day = tuple[int, str]


class Registry(Accounts):
    """All state of a simulator. Hold `lock` while reading or changing more than one thing."""

    def __init__(self, clock: SimulatorClock, options: SimulatorOptions, journal: Journal) -> None:
        self.lock = threading.RLock()
        self.clock, self.options, self.journal = clock, options, journal
        self.providers, self.partners, self.brands = {}, {}, {}
        self.via_forms: dict[tuple[int, str], bool] = {}
        self.via_credit: dict[int, int] = {}
        self._empty()
        for kind, head, body in journal.lines():
            self._replay(kind, head, body)
        # The log is ordered by İYS's clock: time never runs behind what is written.
        if self.latest and self.latest[-1].created > clock.now_text():
            clock.set(read(self.latest[-1].created))

    def _empty(self) -> None:
        self.books: dict[tuple[int, str, str], Book] = defaultdict(dict)
        self.log: dict[tuple[int, str], list[Movement]] = defaultdict(list)
        self.latest: list[Movement] = []
        self.sight: dict[ConsentKey, frozenset[int]] = {}
        self.batches: dict[str, Batch] = {}
        self.waiting: list[tuple[str, int, str]] = []
        self.agreements: set[Day] = set()
        # By the control calls only, and not kept over a restart: falsified files, failed days.
        self.edits: dict[Day, list[Edit]] = defaultdict(list)
        self.added: dict[Day, list[Movement]] = defaultdict(list)
        self.failed_days: set[Day] = set()
        self.spoilt_stamps: dict[Day, str] = {}
        self.connections = []
        self.via: dict[str, Any] = {}
        self.links: dict[str, tuple[ConsentKey, str]] = {}
        self.access, self.refresh = {}, {}
        self.tally = {"movements": 0, "repeats_answered": 0, "batches": 0, "keys_moved_twice": 0}

    # -- reading -----------------------------------------------------------------------------

    def history(
        self, brand: int, recipient_type: str, channel: str, recipient: str
    ) -> tuple[Movement, ...] | None:
        """All movements of an address, oldest first, or `None` when it has none."""
        book = self.books.get((brand, recipient_type, channel))
        return book.get(recipient) if book is not None else None

    def count_consents(self) -> int:
        """How many addresses hold a consent (ONAY or RET), over all brands."""
        return sum(len(book) for book in self.books.values())

    # -- consents ----------------------------------------------------------------------------

    def add(self, brand: Brand, entry: Entry, *, idempotent: bool) -> Movement | Repeat:
        """Record one entry: its movement, or the repeat it is (V2).

        Raises `Refused` with the codes of what the records forbid.
        """
        with self.lock:
            self.settle()
            history = self.history(brand.code, entry.recipient_type, entry.type, entry.recipient)
            if idempotent and (before := recorded_before(history, entry)):
                self.tally["repeats_answered"] += 1
                return Repeat(before.transaction, before.created, before.request, before.place)
            if codes := self._forbidden(brand, history, entry):
                raise Refused([error(code) for code in codes])
            movement = self._movement(
                brand.code, entry, history, self.clock.now_text(), os.urandom(32).hex()
            )
            self.journal.append(("movement", movement._asdict(), None))
            self._record(movement)
            return movement

    def act_as_citizen(self, movement: Movement) -> Movement:
        """Record what a citizen did at İYS; nobody's rule forbids it (İYS API §5 no. 9)."""
        with self.lock:
            self.settle()
            history = self.history(
                movement.brand, movement.recipient_type, movement.type, movement.recipient
            )
            if history and history[-1].created == movement.created:
                movement = movement._replace(transaction=history[-1].transaction)
            self.journal.append(("movement", movement._asdict(), None))
            self._record(movement)
            return movement

    def take_batch(self, batch: Batch, raw: bytes) -> None:
        """Accept a list; it is worked off when the batch delay has passed."""
        with self.lock:
            self.settle()
            head = {
                "number": batch.number, "brand": batch.brand, "v2": batch.v2,
                "sent": batch.sent, "due": batch.due, "size": batch.size,
            }  # fmt: skip
            self.journal.append(("batch", head, raw))
            self._keep_batch(batch)
            self.settle()

    def settle(self) -> None:
        """Work off every batch that is due, in the order of their times."""
        if not self.waiting:
            return
        with self.lock:
            now = self.clock.now_text()
            while self.waiting and self.waiting[0][0] <= now:
                due, _, number = heapq.heappop(self.waiting)
                batch = self.batches[number]
                results = self._work_off(batch, due)
                self.journal.append(
                    ("settled", {"number": number, "at": due}, json.dumps(results).encode())
                )

    def due_after(self, seconds: float) -> str:
        """The moment `seconds` from now, as İYS writes it."""
        return written(self.clock.now() + timedelta(seconds=seconds))

    def _work_off(self, batch: Batch, at: str) -> list[BatchResult]:
        brand = self.brands[batch.brand]
        noise = os.urandom(32 * len(batch.entries)).hex()
        results: list[BatchResult] = []
        for place, entry in enumerate(batch.entries):
            book = self.books[brand.code, entry.recipient_type, entry.type]
            history = book.get(entry.recipient)
            if batch.v2 and history and (before := recorded_before(history, entry)):
                self.tally["repeats_answered"] += 1
                results.append(
                    Repeat(before.transaction, before.created, before.request, before.place)
                )
            elif codes := self._forbidden(brand, history, entry):
                results.append(codes[0])
            else:
                movement = self._movement(
                    brand.code, entry, history, at, noise[64 * place : 64 * place + 64],
                    batch.number, place,
                )  # fmt: skip
                self._record(movement)
                results.append(movement.transaction)
        batch.results, batch.entries, batch.settled = results, [], at
        return results

    def _forbidden(
        self, brand: Brand, history: tuple[Movement, ...] | None, entry: Entry
    ) -> tuple[str, ...]:
        if codes := state_errors(history, entry):
            return codes
        if history is None:
            provider = self.providers[brand.iys_code]
            if provider.subscription == "limit_reached" or (
                provider.used >= provider.consent_limit and not provider.limit_exceed
            ):
                return ("H525",)
        return ()

    def _movement(
        self,
        brand: int,
        entry: Entry,
        history: tuple[Movement, ...] | None,
        created: str,
        transaction: str,
        request: str | None = None,
        place: int | None = None,
    ) -> Movement:
        if history and history[-1].created == created:
            transaction = history[-1].transaction  # one number for one second (§5 no. 11)
        return Movement(
            brand, entry.recipient, entry.recipient_type, entry.type, entry.status, entry.source,
            entry.date, created, transaction, entry.retailer, entry.access, None, request, place,
        )  # fmt: skip

    def _record(self, movement: Movement) -> None:
        book = self.books[movement.brand, movement.recipient_type, movement.type]
        history = book.get(movement.recipient)
        brand = self.brands[movement.brand]
        if history is None:
            book[movement.recipient] = (movement,)
            self.providers[brand.iys_code].used += 1
        else:
            book[movement.recipient] = (*history, movement)
            self.tally["keys_moved_twice"] += len(history) == 1
            if history[-1].status == "ONAY":
                brand.approval -= 1
            else:
                brand.rejection -= 1
        if movement.status == "ONAY":
            brand.approval += 1
        else:
            brand.rejection += 1
        side = "IYS" if movement.source is not None and movement.source[0] == "I" else "HS"
        self.log[movement.brand, side].append(movement)
        self.latest.append(movement)
        self.tally["movements"] += 1
        if brand.retailers and (named := _retailers_of(movement)):
            self._keep_sight(ConsentKey(movement.brand, movement.recipient_type, movement.type,
                                        movement.recipient), named)

    def set_sight(self, wanted: dict[ConsentKey, frozenset[int]]) -> None:
        """Say which retailers may use these consents (İYS API §7.5)."""
        with self.lock:
            lines = [[*key, sorted(codes)] for key, codes in wanted.items()]
            self.journal.append(("sight", {}, json.dumps(lines).encode()))
            for key, codes in wanted.items():
                self._keep_sight(key, codes)

    def agree(self, brand: int, day: str) -> None:
        """Note that the provider agrees to a day's file; there is no way back (§8.3)."""
        with self.lock:
            self.journal.append(("agreement", {"brand": brand, "day": day}, None))
            self.agreements.add((brand, day))

    def keep_link(self, number: str, key: ConsentKey, made: str) -> None:
        """Keep a link by which a consent can be taken back (§11), with the moment it was made."""
        with self.lock:
            self.journal.append(("link", {"number": number, "key": list(key), "made": made}, None))
            self.links[number] = (key, made)

    def _keep_sight(self, key: ConsentKey, codes: frozenset[int]) -> None:
        linked = self.brands[key.brand].linked
        linked.subtract(self.sight.get(key, ()))
        linked.update(codes)
        self.sight[key] = codes

    def _keep_batch(self, batch: Batch) -> None:
        self.batches[batch.number] = batch
        self.tally["batches"] += 1
        heapq.heappush(self.waiting, (batch.due, self.tally["batches"], batch.number))

    # -- as a whole --------------------------------------------------------------------------

    def note_clock(self) -> None:
        """Keep the clock's offset, so that a restart does not fall back in time."""
        self.journal.append(("clock", {"offset": self.clock.offset_seconds}, None))

    def reset(self) -> None:
        """Forget everything but the providers with their brands and retailers."""
        with self.lock:
            self._empty()
            self.journal.forget()
            for provider in self.providers.values():
                provider.used, provider.subscription = 0, "ACTIVE"
                brands = [self.brands[code] for code in provider.brands]
                for brand in brands:
                    brand.approval = brand.rejection = 0
                    brand.linked.clear()
                self.put_provider(provider, brands)
            for partner in self.partners.values():
                partner.subscription = "ACTIVE"
                self.put_partner(partner)

    # -- playing back --------------------------------------------------------------------------

    def _replay(self, kind: str, head: dict[str, Any], body: bytes | None) -> None:
        if kind == "movement":
            self._record(Movement(**{**head, "access": tuple(head["access"])}))
        elif kind == "batch":
            entries = [read_entry(item) for item in json.loads(body or b"[]")]
            self._keep_batch(Batch(**head, entries=entries))
        elif kind == "settled":
            self._replay_settled(self.batches[head["number"]], head["at"], json.loads(body or b""))
        elif kind == "provider":
            brands = [Brand(**{**b, "retailers": _by_code(b["retailers"])}) for b in head["brands"]]
            self._keep_provider(Provider(**head["provider"]), brands)
        elif kind == "link":
            self.links[head["number"]] = (ConsentKey(*head["key"]), head["made"])
        elif kind == "push":
            self._keep_connection(PushConnection(**head))
        elif kind == "push_gone":
            self._drop_connection(**head)
        elif kind == "partner":
            self.partners[head["code"]] = Partner(**head)
        elif kind == "subscription":
            self._keep_subscription(**head)
        elif kind == "retailer":
            retailer = head["retailer"]
            self.brands[head["brand"]].retailers[retailer["retailerCode"]] = retailer
        elif kind == "retailer_gone":
            self.brands[head["brand"]].retailers.pop(head["code"], None)
        elif kind == "sight":
            for *key, codes in json.loads(body or b"[]"):
                self._keep_sight(ConsentKey(*key), frozenset(codes))
        elif kind == "agreement":
            self.agreements.add((head["brand"], head["day"]))
        elif kind == "session":
            session = Session(**head["session"])
            self._keep_session(session, head["access"], head["refresh"], head["spent"])
        elif kind == "clock" and self.options.clock is None:
            self.clock.set_offset(head["offset"])

    def _replay_settled(self, batch: Batch, at: str, results: list[Any]) -> None:
        self.waiting = [line for line in self.waiting if line[2] != batch.number]
        heapq.heapify(self.waiting)
        for place, (entry, result) in enumerate(zip(batch.entries, results, strict=True)):
            if isinstance(result, list):
                batch.results.append(Repeat(*result))
            else:
                batch.results.append(result)
                if result[0] != "H":
                    self._record(
                        self._movement(batch.brand, entry, None, at, result, batch.number, place)
                    )
        batch.entries, batch.settled = [], at


def moment_earlier(clock: SimulatorClock, seconds: float) -> str:
    """The moment `seconds` before now, as İYS writes it."""
    return written(clock.now() - timedelta(seconds=seconds))


def _retailers_of(movement: Movement) -> frozenset[int]:
    own = () if movement.retailer is None else (movement.retailer,)
    return frozenset((*movement.access, *own))


def _by_code(retailers: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    return {retailer["retailerCode"]: retailer for retailer in retailers}
