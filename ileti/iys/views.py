"""What is on its way to İYS and what came back, in plain words.

A stopped row can be sent again by whoever holds ``queue:resend``; the worker compares before it
acts, so pressing twice does no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from ileti.consents import listing
from ileti.consents.detail import record_url
from ileti.consents.models import ConsentEntry, ConsentState
from ileti.consents.numbers import entry_of, record_number
from ileti.consents.timeline import address_of
from ileti.consents.vocabulary import Channel, Status
from ileti.core import clock, db, jobs, orm
from ileti.core.errors import CallerMistake, NotFound
from ileti.core.formats import say
from ileti.iys import (
    queueasked,
    story,  # noqa: F401 (registers İYS's part of the consent pages)
)
from ileti.iys.batches import BatchState
from ileti.iys.connection import Level, try_connection
from ileti.iys.models import IysBatch
from ileti.iys.pushing import register_push, unregister_push
from ileti.iys.reasons import told
from ileti.iys.silence import silence
from ileti.outbox import relay
from ileti.outbox.models import OutboxRow
from ileti.recipients.address import mask
from ileti.tenancy import audit, security, viewpages
from ileti.tenancy.models import Brand, Provider

PAGE = 50
TOPIC = 1
BATCH_STATES = {BatchState.PREPARED: "queued", BatchState.SENT: "sent", BatchState.CLOSED: "done",
                BatchState.SPLIT: "retrying"}


def _batch_state(batch: IysBatch) -> str:
    """How far a submission is: one that İYS did not take is not "waiting for İYS"."""
    tried = batch.state == BatchState.PREPARED and (batch.tries > 0 or batch.problem)
    return "retrying" if tried else BATCH_STATES[BatchState(batch.state)]


class QueueView(BaseView):
    """Waiting, stopped and sent."""

    route_base = "/iletim"
    class_permission_name = "queue"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """The queue by tab: waiting, stopped, submissions."""
        if (opens := viewpages.first("QueueView")) is not None:
            return redirect(opens)
        tab = request.args.get("durum", "")
        tab = tab if tab in queueasked.TABS else queueasked.TABS[0]
        wanted = queueasked.read(tab)
        rows, older = _batches(wanted.only) if tab == "gonderim" else _waiting(
            wanted.only, stopped=tab == "duran")
        first = max(1, request.args.get("ilk", 1, type=int))
        pages = {"first": first, "last": first + len(rows) - 1, "total": None,
                 "newer_url": wanted.url() if request.args.get("once") else None,
                 "older_url": wanted.url(once=older, ilk=first + len(rows)) if older else None}
        stopped = _count_stopped()
        return self.render_template(
            "panel/queue.html", title=_("On the way to İYS"), line=_(
                "Every record is sent again until İYS answers."),
            actions=_actions(stopped), tabs=_tabs(tab, stopped), notice=_notice(), rows=rows,
            pages=pages, next_label=None if tab == "duran" else _("Next try"),
            at_label=_("Sent") if tab == "gonderim" else _("Taken"), asked=wanted.drawn,
            shown=wanted.shown, narrowed=wanted.active, **_empty(tab, stopped))

    @expose("/yeniden", methods=["POST"])
    @has_access
    @permission_name("resend")
    def resend(self) -> ResponseReturnValue:
        """Put one stopped row, or all that are visible, back into the queue."""
        asked = select(OutboxRow.provider_id, OutboxRow.ref_id).where(
            OutboxRow.topic == TOPIC, OutboxRow.dead_at.is_not(None))
        one = request.form.get("ref", "")
        if one:
            entry_id = entry_of(one)
            if entry_id is None:
                raise NotFound()
            asked = asked.where(OutboxRow.provider_id.in_(select(Provider.id)),
                                OutboxRow.ref_id == entry_id)
        by_provider: dict[int, list[int]] = {}
        for provider_id, ref_id in orm.db.session.execute(asked.limit(10_000)):
            by_provider.setdefault(provider_id, []).append(ref_id)
        if one and not by_provider:
            raise NotFound()
        revived = sum(_revive(provider, refs) for provider, refs in by_provider.items())
        for name in [known for known in jobs.JOBS if known.startswith("iys.")]:
            jobs.ring(name)
        flash(ngettext("%(num)s record goes out again.", "%(num)s records go out again.", revived),
              "success")
        return redirect(url_for("QueueView.list"))


def _notice() -> dict[str, Any] | None:
    """That İYS does not answer, as one sentence."""
    found = silence()
    return None if found is None else {
        "tone": "wait", "bold": _("İYS does not answer."), "rest": found.told()}


def _revive(provider_id: int, refs: list[int]) -> int:
    with db.transaction() as conn:
        revived = relay.revive(conn, topic=TOPIC, provider_id=provider_id, ref_ids=refs)
    audit.record("queue:resend", f"outbox:{len(refs)}", {"refs": refs[:50]},
                 provider_id=provider_id)
    orm.db.session.commit()
    return revived


class IysView(BaseView):
    """The connection to İYS."""

    route_base = "/iys"
    class_permission_name = "provider"
    default_view = "check"

    @expose("/dene/<int:provider_id>", methods=["POST"])
    @has_access
    @permission_name("check")
    def check(self, provider_id: int) -> ResponseReturnValue:
        """Ask İYS for all that the provider needs and say what is missing."""
        provider = orm.db.session.get(Provider, provider_id)
        if provider is None:
            raise NotFound()
        try_and_tell(provider)
        return redirect(url_for("ProviderView.show", pk=provider_id))


    @expose("/bildirim/<int:provider_id>", methods=["POST"])
    @has_access
    @permission_name("write")
    def push(self, provider_id: int) -> ResponseReturnValue:
        """Ask İYS to report citizens' changes here, or to stop (İYS API §6.11)."""
        provider, wish = orm.db.session.get(Provider, provider_id), request.form.get("wish", "")
        if provider is None:
            raise NotFound()
        if wish not in ("on", "off"):
            raise CallerMistake()
        audit.record(f"iys:push_{wish}", f"provider:{provider_id}", provider_id=provider_id)
        orm.db.session.commit()  # no transaction stays open during a call to somebody else
        outcomes = (register_push if wish == "on" else unregister_push)(provider_id)
        for text in dict.fromkeys(say(one.trouble) for one in outcomes if one.trouble):
            flash(text, "danger")
        done = sum(one.trouble is None for one in outcomes)
        if done and wish == "on":
            flash(ngettext("İYS reports changes of %(num)s channel of a brand here.",
                           "İYS reports changes of %(num)s channels of brands here.", done),
                  "success")
        elif not any(one.trouble for one in outcomes):
            flash(_("İYS reports no changes here any more; they are fetched as before."), "success")
        return redirect(url_for("ProviderView.show", pk=provider_id))


def try_and_tell(provider: Provider, *, problems: bool = True) -> None:
    """Try a provider's connection, keep what was found and flash every open point; without
    ``problems`` only what should be thought of, since the page says them itself. Commits."""
    provider_id = provider.id
    orm.db.session.rollback()  # no transaction stays open during a call to somebody else
    found = try_connection(provider_id)
    # What İYS said is the house's to keep, also when somebody of one brand asked (ADR 0039).
    db.system_connection().execute(
        "update provider set iys_checked_at = %s, iys_problem = %s where id = %s",
        (clock.now(), " ".join(say(one) for one in found.findings
                               if one.level is Level.MISSING) or None, provider_id))
    for one in found.open_points:
        if problems or one.level is Level.NOTE:
            flash(say(one), "danger" if one.level is Level.MISSING else "warning")
    if found.works:
        flash(_("İYS answered; the connection works."), "success")


def _waiting(only: Sequence[Any], *, stopped: bool) -> tuple[list[dict[str, Any]], str | None]:
    asked = select(OutboxRow, ConsentEntry, ConsentState).outerjoin(ConsentEntry, (
        (ConsentEntry.provider_id == OutboxRow.provider_id)
        & (ConsentEntry.id == OutboxRow.ref_id)
        & (ConsentEntry.captured_at == OutboxRow.ref_at))).outerjoin(
            ConsentState, listing.same_key()).where(OutboxRow.topic == TOPIC)
    asked = asked.where(
        OutboxRow.dead_at.is_not(None) if stopped else OutboxRow.dead_at.is_(None), *only)
    before = entry_of(request.args.get("once", ""))
    if before is not None:
        asked = asked.where(OutboxRow.ref_id < before)
    found = orm.db.session.execute(
        asked.order_by(OutboxRow.ref_id.desc()).limit(PAGE + 1)).all()
    brands, batches = _brand_names(), _batches_of([row for row, _entry, _state in found[:PAGE]])
    people = listing.recipients_of([(entry, state) for _row, entry, state in found[:PAGE] if entry])
    rows = [_waiting_row(row, entry, state, brands, people, batches.get(row.batch_id or 0))
            for row, entry, state in found[:PAGE]]
    return rows, record_number(found[PAGE - 1][0].ref_id) if len(found) > PAGE else None


def _batches_of(rows: list[OutboxRow]) -> dict[int, IysBatch]:
    """The submissions that carry these rows; they know how far a row really is."""
    numbers = {row.batch_id for row in rows if row.batch_id}
    found = orm.db.session.scalars(select(IysBatch).where(IysBatch.id.in_(numbers)))
    return {one.id: one for one in found}


def _waiting_row(row: OutboxRow, entry: ConsentEntry | None, state: ConsentState | None,
                 brands: dict[int, str], people: dict[tuple[int, int], Any],
                 batch: IysBatch | None) -> dict[str, Any]:
    key = "stopped" if row.dead_at else _batch_state(batch) if batch else (
        "retrying" if row.tries else "queued")
    about = state is not None and state.entry_id == row.ref_id
    reason = batch.problem if batch and not row.dead_at else row.reason
    sentence, code = told(reason, state.iys_code if state and about and row.reason else None)
    what, below, url = _("Record %(number)s", number=record_number(row.ref_id)), "", None
    if entry is not None:
        address = address_of(people.get((entry.provider_id, entry.recipient_id)))
        what = mask(address) if address else _("erased")
        below = f"{say(Channel(entry.channel))} · {say(Status(entry.status))}"
        url = record_url(entry)
    again = row.dead_at and security.may("queue:resend")
    next_at = batch.next_at if batch else row.next_at
    return {
        "what": what, "spoken": entry is not None, "sub": below, "url": url,
        "brand": brands.get(row.brand_id, ""), "count": None, "state": key,
        "sentence": sentence, "code": code,
        "next_at": None if row.dead_at else next_at, "soon": next_at <= clock.now(),
        "tries": batch.tries if batch else row.tries, "at": row.ref_at,
        "actions": [{"label": _("Send again"), "method": "post", "small": True,
                     "icon": "refresh-cw", "url": url_for("QueueView.resend"),
                     "fields": {"ref": record_number(row.ref_id)}}] if again else [],
    }


def _empty(tab: str, stopped: int) -> dict[str, Any]:
    """What is true when a tab has no rows; good news is said only when it is."""
    if tab == "gonderim":
        return {"empty_title": _("No submission yet"), "empty_tone": "mute",
                "empty_text": _("What is sent to İYS in lists stands here.")}
    if tab == "duran":
        return {"empty_title": _("No record has stopped"), "empty_tone": "ok",
                "empty_text": _("Nothing here waits for you.")}
    if stopped:
        return {"empty_title": _("No record is waiting"), "empty_tone": "mute",
                "empty_text": ngettext(
                    "%(num)s record has stopped and waits for you.",
                    "%(num)s records have stopped and wait for you.", stopped),
                "empty_action": {"label": _("Show the stopped ones"),
                                 "url": url_for("QueueView.list", durum="duran")}}
    return {"empty_title": _("No record is waiting"), "empty_tone": "ok",
            "empty_text": _("Every consent has reached İYS.")}


def _batches(only: Sequence[Any]) -> tuple[list[dict[str, Any]], str | None]:
    asked = select(IysBatch).where(*only).order_by(IysBatch.id.desc()).limit(PAGE + 1)
    before = request.args.get("once", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        asked = asked.where(IysBatch.id < int(before))
    found = list(orm.db.session.scalars(asked))
    brands = _brand_names()
    rows = []
    for batch in found[:PAGE]:
        sentence, code = told(batch.problem)
        open_still = batch.state in (BatchState.PREPARED, BatchState.SENT)
        rows.append({
            "what": _("Submission %(n)s", n=batch.id), "url": None,
            "brand": brands.get(batch.brand_id, ""), "count": batch.size,
            "state": _batch_state(batch), "sentence": sentence, "code": code,
            "next_at": batch.next_at if open_still else None, "tries": batch.tries,
            "soon": batch.next_at <= clock.now(),
            "at": batch.sent_at or batch.created_at, "actions": [],
        })
    return rows, str(found[PAGE - 1].id) if len(found) > PAGE else None


def _brand_names() -> dict[int, str]:
    return {one.id: str(one) for one in orm.db.session.scalars(select(Brand))}


def _count_stopped() -> int:
    some = select(OutboxRow.ref_id).where(
        OutboxRow.topic == TOPIC, OutboxRow.dead_at.is_not(None)).limit(1001).subquery()
    return orm.db.session.scalar(select(func.count()).select_from(some)) or 0


def _actions(stopped: int) -> list[dict[str, Any]]:
    if not stopped or not security.may("queue:resend"):
        return []
    return [{"label": _("Send all stopped ones again"), "icon": "refresh-cw", "id": "hepsi",
             "url": url_for("QueueView.resend"), "confirm": {
                 "title": _("Send all stopped ones again?"), "verb": _("Send again"),
                 "text": _("Do it once the cause is mended; else they stop again.")}}]


def _tabs(current: str, stopped: int) -> list[dict[str, Any]]:
    return [{"label": label, "url": url_for("QueueView.list", durum=key), "count": count,
             "current": key == current} for key, label, count in (
        ("bekleyen", _("On their way"), None), ("duran", _("Stopped ones"), stopped or None),
        ("gonderim", _("Submissions"), None))]
