"""The people: many who consent at once, and some who change their minds, here or at İYS.

What is said and how is drawn from the seed. A client repeats what got no answer, with the same key
and body, as the widget does; some send everything twice at once.
"""

from __future__ import annotations

import json
import random
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from chaos_book import CITIZEN, FAULTY, UNVERIFIED, US, Book, Word
from chaos_judge import story_of
from chaos_world import World
from faults_house import ORIGIN, SECRET

from ileti.core.errors import StorageAway

ISTANBUL = timedelta(hours=3)
PATIENCE = 20.0
#: What a person does in turn, and how often such a person comes.
STORIES: dict[tuple[str, ...], int] = {
    ("consent",): 8, ("consent", "refuse"): 6, ("consent", "refuse", "consent"): 4,
    ("consent", "consent"): 2, ("consent", "refuse", "consent", "refuse"): 3,
    ("consent", "citizen RET"): 6, ("consent", "citizen RET", "consent"): 3,
    ("consent", "refuse", "citizen ONAY"): 3, ("consent", "citizen RET", "citizen ONAY"): 2,
    ("consent", "citizen RET", "citizen ONAY", "refuse"): 3,
    ("citizen ONAY",): 2, ("citizen ONAY", "citizen RET"): 2,
    ("unverified",): 3, ("unverified", "refuse"): 3, ("unverified", "consent"): 2,
    ("citizen ONAY", "unverified", "refuse"): 4, ("citizen RET", "consent"): 2,
    ("faulty",): 2,
}


def iys_time(moment: datetime) -> str:
    """As İYS writes it: Istanbul, whole seconds."""
    return (moment.astimezone(UTC) + ISTANBUL).strftime("%Y-%m-%d %H:%M:%S")


class Client:
    """One thread of people, each known by a number of its own."""

    def __init__(self, world: World, book: Book, number: int, seed: int, *, stories: bool) -> None:
        from ileti.capture import forms, sites

        self.world, self.book, self.number = world, book, number
        self.dice = random.Random(f"{seed}:{number}")
        self.stories = stories
        self.tokens = {key: str(forms.show(sites.find_site(key), "tr")["token"])
                       for key in ("pk_signed", "pk_later")}
        self._turn = 0

    def live(self, over: threading.Event) -> None:
        """One person after the other until it is over; the last one says all it wanted to."""
        while not over.is_set():
            try:
                for act in self._next_person():
                    act()
                    self._rest(over)
            except Exception as error:
                self.book.odd_answers[f"{type(error).__name__}: {error}"[:160]] += 1

    def _rest(self, over: threading.Event) -> None:
        # İYS keeps whole seconds: two words of one person should have two dates, mostly.
        over.wait(self.dice.uniform(0.9, 3) if self.stories else self.dice.uniform(0, 0.15))
        if self.stories and over.is_set():
            time.sleep(1.1)

    def _next_person(self) -> Iterator[Any]:
        self._turn += 1
        digits = f"{self.number:02d}{self._turn:05d}"
        phone, email = f"+90599{digits}", f"kisi{digits}@ornek.com.tr"
        story = self.dice.choices(list(STORIES), list(STORIES.values()))[0] \
            if self.stories else ("consent",)
        channels = self.dice.sample(["MESAJ", "ARAMA", "EPOSTA"], self.dice.choice((1, 1, 2, 3)))
        if "refuse" in story or any(one.startswith("citizen") for one in story):
            channels = channels[:1]
        addresses = {one: email if one == "EPOSTA" else phone for one in channels}
        if story == ("faulty",):
            addresses = {"MESAJ": phone + "0"}
        for act in story:
            name, _, status = act.partition(" ")
            yield lambda n=name, s=status: getattr(self, f"_{n}")(addresses, s)

    # -- what can be done ---------------------------------------------------------------------

    def _consent(self, addresses: dict[str, str], _: str) -> None:
        self._post("pk_signed", addresses, US)

    def _unverified(self, addresses: dict[str, str], _: str) -> None:
        self._post("pk_later", addresses, UNVERIFIED)

    def _post(self, site: str, addresses: dict[str, str], by: str) -> None:
        now = datetime.now(UTC)
        key = str(uuid.UUID(int=self.dice.getrandbits(128)))
        words = [Word(address, channel, "ONAY", by, now, iys_time(now), key)
                 for channel, address in addresses.items()]
        body = self._body(site, addresses, key, now)
        self.book.say(*words)
        if self.dice.random() < 0.12:
            self.book.count("doubled request")
            twin = threading.Thread(target=self._until_receipt, args=(site, key, body))
            twin.start()
            self._until_receipt(site, key, body)
            twin.join()
        else:
            self._until_receipt(site, key, body)
        if self.book.receipts[key]:
            self.book.heard(*words)

    def _faulty(self, addresses: dict[str, str], _: str) -> None:
        """With an address that İYS never takes, which refuses the whole list it stands in (row 21);
        no door of ours lets such a one in."""
        from iys_house import take

        (channel, address), = addresses.items()
        now = datetime.now(UTC)
        key = str(uuid.UUID(int=self.dice.getrandbits(128)))
        word = Word(address, channel, "ONAY", FAULTY, now, iys_time(now), key)
        self.book.say(word)
        self.book.count("item İYS never takes")
        while True:
            try:
                take(self.world.place, [address], at=now, channel=channel, key=f"chaos:{key}")
                break
            except (StorageAway, psycopg.Error):
                time.sleep(0.3)
        self.book.heard(word)

    def _body(self, site: str, addresses: dict[str, str], key: str, now: datetime) -> bytes:
        from ileti.capture.vouch import sign

        phone = next((a for c, a in addresses.items() if c != "EPOSTA"), "")
        email = addresses.get("EPOSTA", "")
        body: dict[str, Any] = {
            "key": key, "token": self.tokens[site], "website": "", "name": "Nazlı Kırşehirli",
            "notice": {"at": now.isoformat()},
            "shownAt": (now - timedelta(seconds=3)).isoformat(),
            "choices": [{"channel": c, "status": "ONAY", "at": now.isoformat()}
                        for c in addresses],
        }
        body |= {name: text for name, text in (("phone", phone), ("email", email)) if text}
        if site == "pk_signed":
            body["vouch"] = sign(SECRET, site, key, phone, email, int(now.timestamp()))
        return json.dumps(body).encode()

    def _until_receipt(self, site: str, key: str, body: bytes) -> None:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            status, said = self._send(f"/w/v1/{site}/submissions", body, "application/json")
            if status == 201:
                self.book.receipts[key].add(json.loads(said)["receipt"])
                return
            self._wonder(status, said)

    def _wonder(self, status: int, said: bytes) -> None:
        """Wait a little; note an answer that nothing explains (a clock hours wrong explains any
        refusal of a form's age)."""
        if status not in (0, 500, 502, 503) and not self.world.clock_wrong:
            self.book.odd_answers[f"{status} {said[:120]!r}"] += 1
        time.sleep(0.2)

    def _refuse(self, addresses: dict[str, str], _: str) -> None:
        """By the link of a message: one channel."""
        (channel, address), = addresses.items()
        token = self._link(channel, address)
        word = Word(address, channel, "RET", US, datetime.now(UTC))
        self.book.say(word)
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            status, said = self._send(f"/r/{token}", b"", "application/x-www-form-urlencoded")
            if status == 200:
                self.book.heard(word)
                return
            self._wonder(status, said)

    def _link(self, channel: str, address: str) -> str:
        from ileti.channels.render import refuse_url
        from ileti.core import db
        from ileti.core.secrets import secrets

        place = self.world.place
        while True:
            try:
                row = db.connection().execute(
                    "select id from recipient where provider_id = %s and addr_hash = %s",
                    (place.provider_id, secrets().addresses.of(place.provider_id, address)),
                ).fetchone()
                break
            except (StorageAway, psycopg.Error):
                time.sleep(0.3)
        assert row is not None, f"{address} got a receipt and is not known"
        return refuse_url(place.provider_id, place.brand_id, row[0], [channel], "tr").partition(
            "/r/")[2]

    def _citizen(self, addresses: dict[str, str], status: str) -> None:
        """At İYS itself, where one is always heard, sooner or later."""
        for channel, address in addresses.items():
            word = Word(address, channel, status, CITIZEN, datetime.now(UTC))
            self.book.say(word)
            while True:
                try:
                    done = self.world.registry.tell(
                        "citizen", recipient=address, type=channel, status=status,
                        brandCode=self.world.place.brand_code)
                    break
                except OSError:
                    time.sleep(0.3)
            if not done["changed"]:  # İYS held that already, so nothing was said
                self.book.unsay(word)
                continue
            self.book.count("citizen's change")
            word.date = done["creationDate"]
            self.book.heard(word)

    def _send(self, path: str, body: bytes, kind: str) -> tuple[int, bytes]:
        """Status and body; status 0 when no answer came."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.world.system.port}{path}", body,
            {"Content-Type": kind} | ({"Origin": ORIGIN} if path.startswith("/w/") else {}))
        began = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            try:
                return error.code, error.read()
            except OSError:
                return 0, b""
        except (OSError, urllib.error.URLError, ValueError) as error:
            if "timed out" in str(error):
                self.book.odd_answers["no answer in time"] += 1
            return 0, b""
        except Exception:
            return 0, b""
        finally:
            self.book.waited(began)


class Watcher:
    """Asks the gate all the time about people who have refused, while everything breaks."""

    def __init__(self, world: World, book: Book, seed: int) -> None:
        self.world, self.book, self.dice = world, book, random.Random(f"{seed}:gate")

    def live(self, over: threading.Event) -> None:
        """Until it is over."""
        from ileti.consents.gate import may_send_now
        from ileti.consents.vocabulary import Channel

        place = self.world.place
        while not over.wait(0.15):
            last = self.book.last_words()
            refused = [one for one in last.values()
                       if one.acked and ((one.status == "RET" and one.by == US)
                                         or (one.by == UNVERIFIED
                                         and len(self.book.words[one.about]) == 1))]
            for word in self.dice.sample(refused, min(5, len(refused))):
                said = may_send_now(place.provider_id, place.brand_id, word.address,
                                    Channel[word.channel])
                if said and self.book.last_words()[word.about] is word:
                    self.book.live_yes.append(f"during the run {word.about}: "
                                              f"{story_of(self.book.words[word.about], [])}; ours "
                                              f"{self._ledger_of(word)}")

    def _ledger_of(self, word: Word) -> str:
        """Every line of a key, for whoever looks for the reason."""
        from ileti.core import db
        from ileti.core.secrets import secrets

        rows = db.connection().execute(
            "select e.source, e.status, e.consent_date, e.captured_at, e.outcome, s.entry_id = e.id"
            ", s.iys_status from consent_entry e join recipient r on r.id = e.recipient_id "
            "join consent_state s on s.recipient_id = r.id and s.channel = e.channel "
            "where r.addr_hash = %s order by e.id",
            (secrets().addresses.of(self.world.place.provider_id, word.address),)).fetchall()
        return "; ".join(f"{a} {b} {c:%H:%M:%S} ({d:%H:%M:%S}) outcome {e}"
                         f"{f' holds, iys {g}' if f else ''}" for a, b, c, d, e, f, g in rows)
