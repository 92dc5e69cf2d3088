"""What clients were told, what the ledger holds, what İYS holds and what the gate says: all four
compared from outside (checks C1 to C4 of the fault matrix).

The verdict is a pure function of :class:`Seen`, so that tests can plant every kind of fault. Leaves
are recomputed here with hashlib and json alone, not with the product's own code.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from chaos_book import CITIZEN, FAULTY, US, Book, Word

About = tuple[str, str]
ISTANBUL = timedelta(hours=3)


@dataclass(frozen=True)
class Entry:
    """One line of the ledger; ``key`` is the client's own, without the site before it."""

    key: str
    about: About
    status: str
    source: str
    captured: datetime


@dataclass
class Seen:
    """What was read after the calm. ``registry``: per key İYS's movements, oldest first, each with
    status, source and consentDate. ``submissions``: how often each client's key stands there;
    ``refused``: what stands here as refused by İYS, with its code."""

    submissions: Counter[str] = field(default_factory=Counter)
    entries: list[Entry] = field(default_factory=list)
    registry: dict[About, list[dict[str, Any]]] = field(default_factory=dict)
    allowed: set[About] = field(default_factory=set)
    wrong_leaves: list[str] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)
    refused: dict[About, str] = field(default_factory=dict)
    movements: int = 0


@dataclass
class Verdict:
    """What is wrong, a sentence each."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong_yes: list[str] = field(default_factory=list)
    ungiven: list[str] = field(default_factory=list)
    leaves_wrong: list[str] = field(default_factory=list)


def judge(book: Book, seen: Seen) -> Verdict:
    """The verdict on everything that was said."""
    verdict = Verdict(leaves_wrong=list(seen.wrong_leaves), wrong_yes=list(book.live_yes))
    by_about: dict[About, list[Entry]] = defaultdict(list)
    for entry in seen.entries:
        by_about[entry.about].append(entry)
    _judge_receipts(book, seen, by_about, verdict)
    for about, words in book.words.items():
        _judge_registry(about, words, seen.registry.get(about, []), verdict)
        _judge_gate(about, words, seen, verdict)
    for about in seen.registry.keys() - book.words.keys():
        verdict.ungiven.append(f"İYS holds {about}, of whom nobody spoke")
    for about in seen.allowed - book.words.keys():
        verdict.wrong_yes.append(f"the gate lets {about} through, of whom nobody spoke")
    told = sum(len(movements) for movements in seen.registry.values())
    if seen.movements != told:
        verdict.doubled.append(f"İYS counted {seen.movements} movements and shows {told}")
    verdict.lost += [f"parked: {reason}" for reason in seen.parked]
    _judge_faulty(book, seen, verdict)
    verdict.ungiven += book.forged
    return verdict


def _judge_faulty(book: Book, seen: Seen, verdict: Verdict) -> None:
    """C2: what İYS never takes is shown with İYS's code, and nothing else is."""
    faulty = {about for about, words in book.words.items() if words and words[-1].by == FAULTY}
    for about in faulty | seen.refused.keys():
        code = seen.refused.get(about)
        if code != ("H121" if about in faulty else None):
            verdict.lost.append(f"{about} is shown as refused by İYS with {code}")


def _judge_receipts(book: Book, seen: Seen, by_about: dict[About, list[Entry]],
                    verdict: Verdict) -> None:
    """C1: what got a receipt stands in the ledger once, as it was said."""
    for key, receipts in book.receipts.items():
        if len(receipts) > 1:
            verdict.doubled.append(f"{key} got {len(receipts)} receipts")
        if seen.submissions[key] > 1:
            verdict.doubled.append(f"{key} stands in the ledger {seen.submissions[key]} times")
    for about, words in book.words.items():
        for word in words:
            if word.acked is None or word.by == CITIZEN:
                continue
            if word.key:
                mine = [e for e in by_about[about] if e.key == word.key]
                if len(mine) > 1:
                    verdict.doubled.append(f"{about}: {len(mine)} entries of {word.key}")
            else:
                mine = [e for e in by_about[about] if e.status == "RET"
                        and e.source.startswith("HS") and e.captured >= word.began
                        - timedelta(minutes=1)]
            if not any(entry.status == word.status for entry in mine):
                verdict.lost.append(f"{about}: {word.status} of {word.began} is not in the ledger")


def _judge_registry(about: About, words: list[Word], movements: list[dict[str, Any]],
                    verdict: Verdict) -> None:
    """C2: İYS holds what was said last, everything at most once and nothing else."""
    ours = [one for one in movements if str(one["source"]).startswith("HS")]
    _judge_ours(about, [word for word in words if word.by == US], ours, verdict)
    said = [word for word in words if word.by in (US, CITIZEN)]
    if not said or said[-1].acked is None:
        return
    last, now = said[-1], movements[-1]["status"] if movements else None
    story = f"{about}: {story_of(words, movements)}"
    if last.by == CITIZEN and now != last.status and not _in_doubt(words):
        verdict.lost.append(f"the citizen's word does not hold; {story}")
    elif last.status == "RET" and now == "ONAY":
        verdict.lost.append(f"refused, and İYS still holds ONAY; {story}")
    elif last.status == "ONAY" and last.by == US and not _later_at_iys(last, movements):
        if not any(_is_this(one, last) for one in ours):
            verdict.lost.append(f"the last consent is not at İYS; {story}")
        elif now != "ONAY":
            verdict.lost.append(f"consented last, and İYS holds {now}; {story}")


def story_of(words: list[Word], movements: list[dict[str, Any]]) -> str:
    """What was said, and what İYS shows of it."""
    said = [f"{w.by} {w.status} {w.date[11:]} at {w.began + ISTANBUL:%H:%M:%S}" for w in words]
    held = [f"{m['source']} {m['status']} {m['consentDate'][11:]} ({m['creationDate'][11:]})"
            for m in movements]
    return f"said {', '.join(said)}; İYS {', '.join(held) or 'nothing'}"


def _is_this(movement: dict[str, Any], word: Word) -> bool:
    return (movement["status"], movement["consentDate"], movement["source"]) == (
        word.status, word.date, "HS_WEB")


def _in_doubt(words: list[Word]) -> bool:
    """Whether the last word is a consent at İYS under a date that has not come yet here, over a
    refusal of ours: our clock is behind then, nobody can tell which was first, and in doubt
    somebody has refused (docs/adr/0006)."""
    last = words[-1]
    return (last.by == CITIZEN and last.status == "ONAY"
            and last.date > (last.began + ISTANBUL).strftime("%Y-%m-%d %H:%M:%S")
            and any(word.by == US and word.status == "RET" for word in words))


def _later_at_iys(word: Word, movements: list[dict[str, Any]]) -> bool:
    """Whether something done at İYS has a date that is not before this one's: İYS's clock may have
    been stepped ahead of ours, and İYS takes no earlier date after a later one (H178)."""
    return any(str(one["source"]).startswith("IYS") and one["consentDate"] >= word.date
               for one in movements)


def _judge_ours(about: About, words: list[Word], ours: list[dict[str, Any]],
                verdict: Verdict) -> None:
    given = {word.date for word in words if word.status == "ONAY"}
    consents = Counter(one["consentDate"] for one in ours if one["status"] == "ONAY")
    for date, times in consents.items():
        if date not in given:
            verdict.ungiven.append(f"{about}: İYS holds a consent of {date} that nobody gave")
        elif times > 1:
            verdict.doubled.append(f"{about}: the consent of {date} is {times} times at İYS")
    for one in ours:
        if one["source"] != "HS_WEB":
            verdict.ungiven.append(f"{about}: source {one['source']}")
    refusals = sum(one["status"] == "RET" for one in ours)
    most = sum(word.status == "RET" for word in words)
    if refusals and not most:
        verdict.ungiven.append(f"{about}: İYS holds a refusal that nobody made")
    elif refusals > most:
        verdict.doubled.append(f"{about}: {refusals} refusals at İYS, {most} were made")


def _judge_gate(about: About, words: list[Word], seen: Seen, verdict: Verdict) -> None:
    """C3: nobody is let through whose last word is no proven consent that İYS holds."""
    said = [word for word in words if word.by in (US, CITIZEN)]
    movements = seen.registry.get(about, [])
    held = movements[-1]["status"] if movements else None
    if about in seen.allowed:
        if not said or (said[-1].status == "RET" and said[-1].acked):
            verdict.wrong_yes.append(f"after a refusal {about}: {story_of(words, movements)}")
        elif held != "ONAY":
            verdict.wrong_yes.append(f"İYS holds {held} {about}: {story_of(words, movements)}")
    elif said and said[-1].acked and said[-1].status == "ONAY" == held:
        verdict.lost.append("consent is at İYS, and the gate says no; "
                            f"{about}: {story_of(words, movements)}")


# -- reading ---------------------------------------------------------------------------------------


_ENTRIES = """
select s.idem, s.evidence, s.person_key, s.person_ct, e.id, e.captured_at, e.consent_date,
       e.dealer_id, e.recipient_type, e.channel, e.status, e.source, e.standing, e.leaf,
       r.key_no, r.addr_hash, r.addr_ct, r.leaf_key, b.brand_code, p.iys_code, d.content_hash
  from consent_entry e
  join submission s on s.provider_id = e.provider_id and s.id = e.submission_id
  join recipient r on r.provider_id = e.provider_id and r.id = e.recipient_id
  join brand b on b.id = e.brand_id join provider p on p.id = e.provider_id
  left join document_version d on d.id = e.text_id"""

_REFUSED = """
select r.key_no, r.addr_ct, r.addr_hash, s.channel, coalesce(s.iys_code, 0)
  from consent_state s
  join recipient r on r.provider_id = s.provider_id and r.id = s.recipient_id
 where s.iys_status = %s"""


def read(world: Any, book: Book) -> Seen:
    """Read ledger, İYS, gate and queue."""
    from ileti.consents.gate import may_send
    from ileti.consents.vocabulary import Channel, IysStatus
    from ileti.core.secrets import secrets

    seen = Seen()
    keys = secrets().keyring
    with world.services.owner() as conn:
        for row in conn.execute("select idem from submission where site_id is not null"):
            seen.submissions[row[0].rpartition(":")[2]] += 1
        for row in conn.execute(_ENTRIES).fetchall():
            address = keys.decrypt(row[14], bytes(row[16]), bytes(row[15])).decode()
            person = keys.decrypt(row[2], bytes(row[3]), row[0].encode())
            _read_entry(seen, row, address, person)
        seen.parked = [str(reason) for reason, in conn.execute(
            "select reason from outbox where topic = 1 and dead_at is not null")]
        for key_no, cipher, digest, channel, code in conn.execute(
                _REFUSED, (int(IysStatus.REFUSED),)).fetchall():
            address = keys.decrypt(key_no, bytes(cipher), bytes(digest)).decode()
            seen.refused[address, Channel(channel).name] = f"H{code:03d}"
    for one in world.registry.ask("consents?limit=100000")["list"]:
        seen.registry[one["recipient"], one["type"]] = one["movements"]
    seen.movements = world.registry.tally()["movements"]
    for channel in Channel:
        whom = [address for address, word in book.words if word == channel.name]
        said = may_send(world.place.provider_id, world.place.brand_id, whom, channel)
        seen.allowed |= {(address, channel.name)
                         for address, yes in zip(whom, said, strict=True) if yes}
    return seen


def _read_entry(seen: Seen, row: Any, address: str, person: bytes) -> None:
    from ileti.consents.vocabulary import Channel, RecipientType, Source, Standing, Status

    about = (address, Channel(row[9]).name)
    seen.entries.append(Entry(row[0].rpartition(":")[2], about, Status(row[10]).name,
                              Source(row[11]).name, row[5]))
    claim = {
        "brand": row[18], "channel": about[1], "consentDate":
        row[6].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "dealer": row[7],
        "evidence": sha256(_plain(row[1])).hexdigest(), "idem": row[0],
        "person": sha256(person).hexdigest(), "provider": row[19], "recipient": address,
        "recipientType": RecipientType(row[8]).name, "source": Source(row[11]).name,
        "standing": Standing(row[12]).name, "status": Status(row[10]).name,
        "text": bytes(row[20]).hex() if row[20] is not None else None, "v": 1,
    }
    salt = sha256(bytes(row[17]) + row[4].to_bytes(8, "big")).digest()
    micros = (row[5] - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    leaf = sha256(salt + sha256(_plain(claim)).digest() + micros.to_bytes(8, "big")).digest()
    if leaf != bytes(row[13]):
        seen.wrong_leaves.append(f"entry {row[4]} ({about})")


def _plain(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
