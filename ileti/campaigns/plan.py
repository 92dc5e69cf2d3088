"""A campaign from its first line to its end: which step may follow which.

    draft ⇄ preparing ⇄ ready → running ⇄ paused → done
      ↑___________________|        |________|→ cancelled

Why this module exists: every step is one guarded UPDATE, so whoever comes second, from an old page
or twice, changes nothing and is told so. What was prepared stands still: changing words or audience
goes back to the draft and takes the people out again, as long as nothing was released. Who may do
what is asked by pages and programs; who has to agree, in :mod:`ileti.campaigns.release`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from ileti.campaigns import audience as choosing
from ileti.campaigns.audience import Audience
from ileti.campaigns.vocabulary import Batch, State
from ileti.channels import deliveries
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import clock, db, jobs
from ileti.core.errors import Conflict, InvalidInput, NotFound
from ileti.templates.vocabulary import MessageClass
from ileti.tenancy import deeds

LONGEST_NAME: Final = 120
#: how long ago a beginning may be: a form that lay open over night is one
LATEST_PAST: Final = timedelta(days=1)
#: how often a gateway may refuse a batch before it is left out
MOST_REFUSALS: Final = 2
READY_JOB: Final = "campaigns.jobs.make_ready"
HAND_JOB: Final = "campaigns.jobs.hand_over"


@dataclass(frozen=True)
class Draft:
    """What somebody writes. ``quiet`` minutes of the day in Turkey, None for none; ``cap`` at most
    so many messages of the brand in so many days to one person; ``content`` has ``text`` and who
    declared what it is (:mod:`ileti.campaigns.wording`)."""

    name: str
    channel: Channel
    recipient_type: RecipientType
    declared: MessageClass
    audience: Audience
    content: dict[str, Any]
    sender: str | None = None
    topics: tuple[str, ...] = ()
    begin_at: datetime | None = None
    quiet: tuple[int, int] | None = None
    on_holidays: bool = False
    per_second: int | None = None
    cap: tuple[int, int] | None = None


@dataclass(frozen=True)
class Campaign:
    """A campaign as it stands."""

    provider_id: int
    id: int
    brand_id: int
    dealer_id: int | None
    state: State
    name: str
    channel: Channel
    recipient_type: RecipientType
    declared: MessageClass
    total: int
    next_no: int
    content: dict[str, Any]
    audience: dict[str, Any]
    preflight: dict[str, Any] | None
    sender: str | None
    topics: tuple[str, ...]
    begin_at: datetime | None
    quiet: tuple[int, int] | None
    on_holidays: bool
    per_second: int | None
    cap: tuple[int, int] | None
    created_by: int | None
    created_at: datetime
    prepared_at: datetime | None
    released_by: int | None
    released_at: datetime | None
    ended_at: datetime | None
    next_at: datetime | None
    problem: str | None
    digest: bytes | None

    @property
    def place(self) -> tuple[int, int, int | None]:
        """Provider, brand and dealer."""
        return self.provider_id, self.brand_id, self.dealer_id

    @property
    def subject(self) -> str:
        """Its name in the trail and in requests for a second person."""
        return f"campaign:{self.id}"


_COLUMNS: Final = (
    "provider_id, id, brand_id, dealer_id, state, name, channel, recipient_type, class, total, "
    "next_no, content, audience, preflight, sender, topics, begin_at, quiet_from, quiet_until, "
    "on_holidays, per_second, most_messages, most_days, created_by, created_at, prepared_at, "
    "released_by, released_at, ended_at, next_at, problem, digest")


def read(provider_id: int, campaign_id: int, conn: psycopg.Connection[Any] | None = None, *,
         lock: bool = False) -> Campaign:
    """One campaign; raises NotFound. Without ``conn`` behind the wall of whoever asks."""
    row = (conn or db.connection()).execute(
        f"select {_COLUMNS} from campaign where provider_id = %s and id = %s"  # noqa: S608
        + (" for update" if lock else ""), (provider_id, campaign_id)).fetchone()
    if row is None:
        raise NotFound()
    return of_row(row)


def of_row(row: tuple[Any, ...]) -> Campaign:
    """A campaign of its columns."""
    (provider, number, brand, dealer, state, name, channel, kind, declared, total, next_no, content,
     audience, preflight, sender, topics, begin_at, quiet_from, quiet_until, on_holidays,
     per_second, most, days, created_by, created_at, prepared_at, released_by, released_at,
     ended_at, next_at, problem, digest) = row
    return Campaign(
        provider, number, brand, dealer, State(state), name, Channel(channel), RecipientType(kind),
        MessageClass(declared), total, next_no, content, audience, preflight, sender, tuple(topics),
        begin_at, None if quiet_from is None else (quiet_from, quiet_until), on_holidays,
        per_second, None if most is None else (most, days), created_by, created_at, prepared_at,
        released_by, released_at, ended_at, next_at, problem,
        None if digest is None else bytes(digest))


_CREATE: Final = """
insert into campaign (provider_id, brand_id, dealer_id, created_by, name, channel, recipient_type,
    class, audience, content, sender, topics, begin_at, quiet_from, quiet_until, on_holidays,
    per_second, most_messages, most_days)
values (%(provider)s, %(brand)s, %(dealer)s, %(by)s, %(name)s, %(channel)s, %(type)s, %(class)s,
    %(audience)s, %(content)s, %(sender)s, %(topics)s, %(begin_at)s, %(quiet_from)s,
    %(quiet_until)s, %(on_holidays)s, %(per_second)s, %(most)s, %(days)s)
returning id"""
_CHANGE: Final = """
update campaign set name = %(name)s, channel = %(channel)s, recipient_type = %(type)s,
    class = %(class)s, audience = %(audience)s, content = %(content)s, sender = %(sender)s,
    topics = %(topics)s, begin_at = %(begin_at)s, quiet_from = %(quiet_from)s,
    quiet_until = %(quiet_until)s, on_holidays = %(on_holidays)s, per_second = %(per_second)s,
    most_messages = %(most)s, most_days = %(days)s, changed_at = now(), state = 1,
    preflight = null, digest = null, total = 0, prepared_to = 0, next_no = 1, next_at = null,
    prepared_at = null, problem = null
 where provider_id = %(provider)s and id = %(id)s and state in (1, 2, 3)"""


def create(place: tuple[int, int, int | None], draft: Draft, *, by: int | None) -> int:
    """A new draft; its number. Raises InvalidInput."""
    provider, brand, dealer = place
    with db.transaction() as conn:
        row = conn.execute(_CREATE, _values(draft) | {
            "provider": provider, "brand": brand, "dealer": dealer, "by": by}).fetchone()
        assert row is not None
        deeds.note(conn, "campaign:create", f"campaign:{row[0]}", provider_id=provider,
                   brand_id=brand, dealer_id=dealer, user_id=by, detail={"name": draft.name})
        return int(row[0])


def change(campaign: Campaign, draft: Draft, *, by: int | None) -> None:
    """Write it anew; its people are taken out when it is prepared again. Raises InvalidInput,
    Conflict (released)."""
    with db.transaction() as conn:
        _move(conn, campaign, _CHANGE, _values(draft))
        _note(conn, campaign, "change", by, name=draft.name)


def prepare(campaign: Campaign, *, by: int | None) -> None:
    """Ask for its people to be written down and counted. Raises Conflict."""
    with db.transaction() as conn:
        _move(conn, campaign, "update campaign set state = 2, next_at = now(), "
              "problem = null where provider_id = %(provider)s and id = %(id)s and state = 1")
        _note(conn, campaign, "prepare", by)
    jobs.ring(READY_JOB)


def count_again(campaign: Campaign, *, by: int | None) -> None:
    """Ask the gate anew about the same people. Raises Conflict."""
    with db.transaction() as conn:
        _move(conn, campaign, "update campaign set state = 2, next_at = now() where "
              "provider_id = %(provider)s and id = %(id)s and state = 3")
        _note(conn, campaign, "prepare", by)
    jobs.ring(READY_JOB)


def pause(campaign: Campaign, *, by: int | None) -> None:
    """Stop handing over; a batch under way comes to its end. Raises Conflict."""
    with db.transaction() as conn:
        _move(conn, campaign, "update campaign set state = 6, next_at = null, problem = null, "
              "changed_at = now() where provider_id = %(provider)s and id = %(id)s and state = 5")
        _note(conn, campaign, "pause", by)


def resume(campaign: Campaign, *, by: int | None) -> None:
    """Go on. What a gateway refused goes again once, since nothing of it was taken; refused again
    it stays, so that one bad word does not stop everybody else. What is in doubt does not go.
    Raises Conflict."""
    with db.transaction() as conn:
        _move(conn, campaign, "update campaign set state = 5, problem = null, changed_at = now(), "
              "next_at = greatest(now(), begin_at) "
              "where provider_id = %(provider)s and id = %(id)s and state = 6")
        conn.execute("update campaign_batch set state = 3, next_at = now() where provider_id = %s "
                     "and campaign_id = %s and state = %s and tries < %s",
                     (campaign.provider_id, campaign.id, int(Batch.REFUSED), MOST_REFUSALS))
        _note(conn, campaign, "resume", by)
    jobs.ring(HAND_JOB)


def cancel(campaign: Campaign, *, by: int | None) -> None:
    """Give it up; nobody else gets it. Raises Conflict when it is over."""
    with db.transaction() as conn:
        _move(conn, campaign, "update campaign set state = 8, next_at = null, ended_at = now(), "
              "changed_at = now() where provider_id = %(provider)s and id = %(id)s "
              "and state in (1, 2, 3, 5, 6)")
        _note(conn, campaign, "cancel", by)


def settle_doubt(campaign: Campaign, batch_no: int, *, went: bool, by: int | None,
                 outside_id: str = "") -> None:
    """A person's word on a batch whose answer was lost, after looking at the provider's own pages:
    it went, or it did not and goes again. ``outside_id``: its number there, so that its reports,
    and keys pressed in its calls, are fetched. Raises Conflict when it is not in doubt."""
    state = Batch.TAKEN if went else Batch.RETURNED
    with db.transaction() as conn:
        done = conn.execute(
            "update campaign_batch set state = %s, fence = fence + 1, reason = 'person', "
            "outside_id = nullif(%s, ''), "
            "next_at = case when %s then null else now() end where provider_id = %s "
            "and campaign_id = %s and no = %s and state = %s returning account_id, handed",
            (int(state), outside_id[:120] if went else "", went, campaign.provider_id,
             campaign.id, batch_no, int(Batch.IN_DOUBT))).fetchone()
        if done is None:
            raise Conflict("Bu gönderi artık şüpheli değil.", "This batch is in doubt no more.")
        if went and outside_id and done[0]:
            deliveries.expect(conn, campaign.provider_id, done[0], outside_id[:120], done[1])
        if not went:
            conn.execute(
                "update campaign set state = 5, next_at = now(), ended_at = null, problem = null "
                "where provider_id = %s and id = %s and state in (5, 7)",
                (campaign.provider_id, campaign.id))
        _note(conn, campaign, "doubt", by, batch=batch_no, went=went)
    jobs.ring(HAND_JOB)


def _move(conn: psycopg.Connection[Any], campaign: Campaign, statement: str,
          values: dict[str, Any] | None = None) -> None:
    done = conn.execute(statement, (values or {}) | {  # type: ignore[arg-type]
        "provider": campaign.provider_id, "id": campaign.id})
    if not done.rowcount:
        raise Conflict("Kampanya bu adımda değil; sayfayı yenileyin.",
                       "The campaign is at another step; load the page again.", code="other_state")


def _note(conn: psycopg.Connection[Any], campaign: Campaign, deed: str, by: int | None,
          **detail: Any) -> None:
    provider, brand, dealer = campaign.place
    deeds.note(conn, f"campaign:{deed}", campaign.subject, provider_id=provider, brand_id=brand,
               dealer_id=dealer, user_id=by, detail=detail or None)


def _refuse_far(begin_at: datetime) -> None:
    """A beginning is at hand: the past is no plan, and year 1 is read by nobody."""
    if begin_at.tzinfo is None:
        raise InvalidInput("Başlama anı okunamadı.", "The beginning cannot be read.", code="begin")
    away = begin_at - clock.now()
    if away < -LATEST_PAST:
        raise InvalidInput("Başlama anı geçmişte kalmış.", "It begins in the past.", code="begin")
    if away.days > 366:
        raise InvalidInput("Başlama anı bir yıldan uzak.", "It begins in more than a year.",
                           code="begin")


def _values(draft: Draft) -> dict[str, Any]:
    name = " ".join(draft.name.split())
    if not name or len(name) > LONGEST_NAME:
        raise InvalidInput(f"Kampanyaya bir ad verin (en çok {LONGEST_NAME} karakter).",
                           f"Name the campaign (at most {LONGEST_NAME} characters).", code="name")
    if not str(draft.content.get("text", "")).strip():
        raise InvalidInput("İletinin metni boş.", "The message has no text.", code="no_text")
    if draft.begin_at is not None:
        _refuse_far(draft.begin_at)
    ends = draft.content.get("ends")
    if ends and draft.begin_at is not None and (
            clock.to_istanbul(draft.begin_at).date() > date.fromisoformat(ends)):
        raise InvalidInput("Başlama anı promosyonun son gününden sonra (R-27).",
                           "It begins after the promotion’s last day (R-27).", code="ended")
    choosing.people(choosing.read(choosing.kept(draft.audience)))  # as it is read to be prepared
    begin, end = draft.quiet or (None, None)
    most, days = draft.cap or (None, None)
    return {
        "name": name, "channel": int(draft.channel), "type": int(draft.recipient_type),
        "class": int(draft.declared), "audience": Jsonb(choosing.kept(draft.audience)),
        "content": Jsonb(draft.content), "sender": draft.sender, "topics": list(draft.topics),
        "begin_at": draft.begin_at, "quiet_from": begin, "quiet_until": end,
        "on_holidays": draft.on_holidays, "per_second": draft.per_second, "most": most,
        "days": days}
