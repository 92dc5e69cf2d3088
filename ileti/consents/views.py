"""The consent list and one consent with its story, as people of the panel see them.

An address never stands in a URL (look §9): a search is a POST that answers with a signed, opaque
reference. Lists are masked; opening an address takes ``consent:reveal``, a POST, and is audited.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from ileti.consents import gate, ledger, listing
from ileti.consents.deadlines import due_at
from ileti.consents.models import ConsentEntry, ConsentState
from ileti.consents.timeline import address_of, story
from ileti.consents.vocabulary import Channel, RecipientType, Source, Standing, Status
from ileti.core import clock, orm
from ileti.core.errors import IletiError, NotFound
from ileti.core.secrets import secrets
from ileti.recipients.address import AddressError, mask, parse_address, pretty
from ileti.recipients.models import Recipient
from ileti.tenancy import audit, scope, security
from ileti.tenancy.crud import say
from ileti.tenancy.models import Brand, Dealer, Provider

REFERENCE_SECONDS = 8 * 3600
REFUSAL_SOURCES = (Source.HS_CAGRI_MERKEZI, Source.HS_FIZIKSEL_ORTAM, Source.HS_EPOSTA,
                   Source.HS_MESAJ, Source.HS_WEB, Source.HS_KARAR)


def record_code(entry_id: int) -> str:
    """The number people read out: ``IZN-0048-2917``."""
    digits = f"{entry_id:08d}"
    return f"IZN-{digits[:-4]}-{digits[-4:]}"


class ConsentView(BaseView):
    """List, search, detail, reveal and refusal of consents."""

    route_base = "/izinler"
    class_permission_name = "consent"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """The list (look picture 02)."""
        wanted = read_filters()
        rows, pages = _page(wanted)
        found = listing.recipients_of(rows)
        dealers = {one.id: str(one) for one in orm.db.session.scalars(select(Dealer))}
        filters, active = _filters(wanted, dealers)
        line = _("addresses are masked; opening one is recorded")
        place = security.membership()
        if place is not None and place.brand is not None:
            line = f"{place.dealer or place.brand} · {line}"
        return self.render_template(
            "panel/consents.html", title=_("Consents"), line=line, actions=[], tabs=_tabs(),
            search_url=url_for("ConsentView.search"), filters=filters, kept=_kept(),
            active_count=active, clear_url=url_for("ConsentView.list"), pages=pages, sizes=[],
            sort={"label": _("Taken"), "direction": "desc", "url": None}, bulk=None,
            rows=[_row(entry, state, found, dealers) for entry, state in rows],
            empty="filter" if active else "first")

    @expose("/ara", methods=["POST"])
    @has_access
    @permission_name("read")
    def search(self) -> ResponseReturnValue:
        """Find one address or record number; the answer's URL carries a reference only."""
        typed = request.form.get("q", "").strip()[:320]
        number = typed.upper().removeprefix("IZN-").replace("-", "")
        if typed.upper().startswith("IZN-") and number.isdigit():
            entry = orm.db.session.scalars(
                select(ConsentEntry).where(ConsentEntry.id == int(number))).first()
            if entry is not None:
                return redirect(_url(entry))
        try:
            address = parse_address(typed).value
        except AddressError as error:
            flash(say(error), "warning")
            return redirect(url_for("ConsentView.list"))
        token = secrets().tokens("handle").make(
            {"r": _find(address), "u": current_user.id}, seconds=REFERENCE_SECONDS)
        return redirect(url_for("ConsentView.list", bul=token), code=303)

    @expose("/<int:provider_id>/<int:entry_id>")
    @has_access
    @permission_name("read")
    def show(self, provider_id: int, entry_id: int) -> ResponseReturnValue:
        """One consent (look picture 03)."""
        entry, state = _entry_and_state(provider_id, entry_id)
        return self.render_template("panel/consent.html", **detail(entry, state))

    @expose("/<int:provider_id>/<int:entry_id>/adres", methods=["POST"])
    @has_access
    @permission_name("reveal")
    def reveal(self, provider_id: int, entry_id: int) -> ResponseReturnValue:
        """Show the address in full on this one answer; who did is written down first."""
        entry, state = _entry_and_state(provider_id, entry_id)
        audit.record("consent:reveal", f"recipient:{entry.recipient_id}",
                     {"entry": entry.id}, provider_id=entry.provider_id)
        orm.db.session.commit()
        return self.render_template("panel/consent.html", **detail(entry, state, in_full=True))

    @expose("/<int:provider_id>/<int:entry_id>/ret", methods=["POST"])
    @has_access
    @permission_name("refuse")
    def refuse(self, provider_id: int, entry_id: int) -> ResponseReturnValue:
        """Record the person's refusal as it reached us; it works at once (R-12, R-42)."""
        entry, _state = _entry_and_state(provider_id, entry_id)
        word = request.form.get("source", Source.HS_CAGRI_MERKEZI.name)
        source = next((one for one in REFUSAL_SOURCES if one.name == word), None)
        recipient = orm.db.session.get(Recipient, (entry.provider_id, entry.recipient_id))
        address = address_of(recipient)
        if source is None or address is None:
            raise NotFound()
        try:
            done = ledger.record(_refusal(entry, address, source))
        except IletiError as error:
            flash(say(error), "danger")
            return redirect(_url(entry))
        audit.record("consent:refuse", f"consent:{done.items[0].entry_id}",
                     {"source": source.name}, provider_id=entry.provider_id)
        orm.db.session.commit()
        _ring()
        flash(_("The refusal is recorded and works at once."), "success")
        return redirect(url_for("ConsentView.show", provider_id=entry.provider_id,
                                entry_id=done.items[0].entry_id))


def _ring() -> None:
    from ileti.core import jobs

    for name in [one for one in jobs.JOBS if one.startswith("iys.")]:
        jobs.ring(name)


def _refusal(entry: ConsentEntry, address: str, source: Source) -> ledger.NewSubmission:
    moment = clock.whole_second(clock.now())
    brand = orm.db.session.get(Brand, entry.brand_id)
    provider = orm.db.session.get(Provider, entry.provider_id)
    if brand is None or provider is None:
        raise NotFound()
    place = ledger.Place(provider.id, provider.iys_code, brand.id, brand.brand_code)
    idem = f"panel:{current_user.id}:{entry.id}:{source.value}:{int(moment.timestamp())}"
    item = ledger.NewConsent(
        address=address, channel=Channel(entry.channel), status=Status.RET, consent_date=moment,
        recipient_type=RecipientType(entry.recipient_type), due_at=due_at(moment))
    return ledger.NewSubmission(
        place=place, idem=idem, body_hash=ledger.hash_body(entry.id, source, moment),
        source=source, standing=Standing.VERIFIED, items=[item], actor=ledger.ActorKind.USER,
        actor_id=current_user.id, dealer_id=scope.current().dealer_id,
        evidence={"by": "panel"})


def _entry_and_state(provider_id: int, entry_id: int) -> tuple[ConsentEntry, ConsentState]:
    entry = orm.db.session.scalars(select(ConsentEntry).where(
        ConsentEntry.provider_id == provider_id, ConsentEntry.id == entry_id)).first()
    state = entry and orm.db.session.get(ConsentState, (
        entry.provider_id, entry.brand_id, entry.recipient_id, entry.recipient_type,
        entry.channel))
    if entry is None or state is None:
        raise NotFound()
    return entry, state


def _find(address: str) -> list[list[int]]:
    """The visible recipients of an address, one per provider in view."""
    hashes = {one: secrets().addresses.of(one, address)
              for one in orm.db.session.scalars(select(Provider.id))}
    found = orm.db.session.scalars(
        select(Recipient).where(Recipient.addr_hash.in_(hashes.values())))
    return [[one.provider_id, one.id] for one in found]


def _url(entry: ConsentEntry) -> str:
    return url_for("ConsentView.show", provider_id=entry.provider_id, entry_id=entry.id)


def _row(entry: ConsentEntry, state: ConsentState, found: dict[tuple[int, int], Any],
         dealers: dict[int, str]) -> dict[str, Any]:
    address = address_of(found.get((entry.provider_id, entry.recipient_id)))
    unsent = _("Not reported") if state.standing == Standing.UNVERIFIED else ""
    return {
        "id": f"{entry.provider_id}-{entry.id}", "url": _url(entry),
        "address": mask(address) if address else _("erased"),
        "merchant": entry.recipient_type == RecipientType.TACIR,
        "channel": Channel(entry.channel).name, "choice": listing.choice_key(state),
        "iys": listing.iys_key(state), "iys_code": listing.iys_code(state), "iys_note": unsent,
        "source": say(Source(state.source)), "at": entry.captured_at,
        "dealer": dealers.get(entry.dealer_id) if entry.dealer_id else None,
    }


# -- filters -------------------------------------------------------------------------------------


def read_filters() -> listing.Wanted:
    """The query string as what is wanted; anything odd is left out."""
    args = request.args
    return listing.Wanted(
        channels=_numbers("kanal"), sources=_numbers("kaynak"), choices=args.getlist("secim"),
        iys=[one for one in args.getlist("iys") if one in listing.IYS_KEYS.values()],
        dealers=_numbers("bayi"), since=_day(args.get("tarih_from")),
        until=_day(args.get("tarih_to")), recipients=_reference(args.get("bul")))


def _numbers(name: str) -> list[int]:
    return [int(one) for one in request.args.getlist(name) if one.isdigit() and len(one) < 10]


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _reference(token: str | None) -> list[tuple[int, int]] | None:
    if not token:
        return None
    content = secrets().tokens("handle").read(token)
    if content.get("u") != current_user.id:
        raise NotFound()
    return [(int(pair[0]), int(pair[1])) for pair in content["r"]]


def _kept() -> dict[str, list[tuple[str, str]]]:
    """Per filter the rest of the query string, so that filters add up."""
    pairs = [(n, v) for n, v in request.args.items(multi=True) if n not in ("once", "sonra")]
    return {key: [(n, v) for n, v in pairs if n.removesuffix("_from").removesuffix("_to") != key]
            for key in ("kanal", "secim", "iys", "kaynak", "bayi", "tarih")}


def _filters(wanted: listing.Wanted,
             dealers: dict[int, str]) -> tuple[list[dict[str, Any]], int]:
    words = {"in_force": _("Consent, in force"), "given": _("Consent, not in force yet"),
             "refusal": _("Refusal"), "unverified": _("Unverified")}
    iys = {"queued": _("Queued"), "waiting": _("Waiting"), "registered": _("Accepted"),
           "refused": _("Rejected"), "overdue": _("Expired"), "blocked_here": _("Here only"),
           "changed_there": _("Changed there")}
    made = [
        _filter("kanal", _("Channel"), [(str(int(c)), say(c)) for c in Channel],
                [str(n) for n in wanted.channels]),
        _filter("secim", _("Choice"), list(words.items()), wanted.choices),
        _filter("iys", _("İYS"), list(iys.items()), wanted.iys),
        _filter("kaynak", _("Source"), [(str(int(s)), say(s)) for s in listing.hs_sources()],
                [str(n) for n in wanted.sources]),
    ]
    if len(dealers) > 1:
        made.append(_filter("bayi", _("Dealer"), [(str(i), n) for i, n in dealers.items()],
                            [str(n) for n in wanted.dealers]))
    span = " – ".join(one.strftime("%d.%m.%Y") for one in (wanted.since, wanted.until) if one)
    made.append({"key": "tarih", "label": _("Date"), "kind": "dates", "value": span or None,
                 "since": wanted.since or "", "until": wanted.until or "", "choices": []})
    searched = wanted.recipients is not None
    return made, sum(bool(one["value"]) for one in made) + searched


def _filter(key: str, label: str, choices: list[tuple[str, str]],
            chosen: list[str]) -> dict[str, Any]:
    names = [text for value, text in choices if value in chosen]
    return {"key": key, "label": label, "kind": "choices", "multiple": True,
            "value": ", ".join(names) or None,
            "choices": [{"value": v, "label": t, "selected": v in chosen} for v, t in choices]}


def _tabs() -> list[dict[str, Any]]:
    views: tuple[tuple[str, dict[str, Any]], ...] = (
        (_("All"), {}), (_("Waiting for İYS"), {"iys": "queued"}),
        (_("Rejected by İYS"), {"iys": "refused"}), (_("Expired"), {"iys": "overdue"}),
        (_("Refusals"), {"secim": "refusal"}))
    plain = {name: request.args.getlist(name) for name in request.args}
    return [{"label": label, "url": url_for("ConsentView.list", **query), "count": None,
             "current": plain == {k: [v] for k, v in query.items()}} for label, query in views]


# -- pages ---------------------------------------------------------------------------------------


def _page(wanted: listing.Wanted) -> tuple[list[Any], dict[str, Any]]:
    before, after = _place(request.args.get("once")), _place(request.args.get("sonra"))
    rows, more = listing.page(wanted, before=before, after=after)
    total = listing.count(wanted)
    older = more if after is None else bool(rows)
    newer = bool(before) or (after is not None and more)
    first = 1 if not (before or after) else max(1, request.args.get("ilk", 1, type=int))
    query: dict[str, Any] = {
        name: request.args.getlist(name) for name in request.args
        if name not in ("once", "sonra", "ilk")}
    return rows, {
        "first": first, "last": first + len(rows) - 1,
        "total": total if total <= listing.COUNTED else None,
        "older_url": url_for("ConsentView.list", **query, once=_mark(rows[-1][0]),
                             ilk=first + len(rows)) if older and rows else None,
        "newer_url": url_for("ConsentView.list", **query, sonra=_mark(rows[0][0]),
                             ilk=max(1, first - listing.PAGE)) if newer and rows else None,
    }


def _mark(entry: ConsentEntry) -> str:
    micros = round(entry.captured_at.timestamp() * 1_000_000)
    return f"{micros}-{entry.id}"


def _place(text: str | None) -> tuple[datetime, int] | None:
    micros, _dash, number = (text or "").partition("-")
    if not (micros.isdigit() and number.isdigit()) or len(micros) > 17 or len(number) > 18:
        return None
    whole, rest = divmod(int(micros), 1_000_000)
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=rest), int(number)


# -- one consent ---------------------------------------------------------------------------------


def detail(entry: ConsentEntry, state: ConsentState, *, in_full: bool = False) -> dict[str, Any]:
    """Context of ``panel/consent.html``."""
    channel, kind = Channel(entry.channel), RecipientType(entry.recipient_type)
    recipient = orm.db.session.get(Recipient, (entry.provider_id, entry.recipient_id))
    address = address_of(recipient)
    until = _moment(request.args.get("at"))
    steps = story(_entries_of_key(entry), state, until)
    shown = _("erased") if address is None else pretty(address) if in_full else mask(address)
    badges: list[dict[str, Any]] = [{"family": "choice", "key": listing.choice_key(state)}]
    if listing.iys_key(state):
        badges.append({"family": "iys", "key": listing.iys_key(state),
                       "code": listing.iys_code(state)})
    brand = orm.db.session.get(Brand, entry.brand_id)
    own: dict[str, Any] = {"provider_id": entry.provider_id, "entry_id": entry.id}
    may_open = address is not None and not in_full and security.may("consent:reveal")
    return {
        "list_url": url_for("ConsentView.list"), "list_title": _("Consents"),
        "code": record_code(entry.id), "address": shown, "badges": badges,
        "reveal": {"label": _("Show the address"), "icon": "eye", "method": "post",
                   "url": url_for("ConsentView.reveal", **own)} if may_open else None,
        "line": f"{say(channel)} · {say(kind)} · {brand or ''}",
        "actions": _actions(entry, state, address), "steps": steps,
        "moment_label": _("As of %(at)s", at=until.astimezone(clock.ISTANBUL).strftime(
            "%d.%m.%Y %H:%M")) if until else _("The state now"),
        "now_url": _url(entry) if until else None,
        "gate": _gate(entry, address, channel, kind), "facts": _particulars(entry, state),
        "same": _same_recipient(entry),
        "travel": {"url": _url(entry), "value": request.args.get("at", ""), "error": None},
    }


def _moment(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=clock.ISTANBUL)).astimezone(UTC)


def _entries_of_key(entry: ConsentEntry) -> list[ConsentEntry]:
    return list(orm.db.session.scalars(select(ConsentEntry).where(
        ConsentEntry.provider_id == entry.provider_id,
        ConsentEntry.recipient_id == entry.recipient_id,
        ConsentEntry.brand_id == entry.brand_id,
        ConsentEntry.recipient_type == entry.recipient_type,
        ConsentEntry.channel == entry.channel,
    ).order_by(ConsentEntry.id.desc()).limit(50)))[::-1]


def _actions(entry: ConsentEntry, state: ConsentState, address: str | None) -> list[dict[str, Any]]:
    if address is None or state.status == Status.RET or not security.may("consent:refuse"):
        return []
    return [{
        "label": _("Record a refusal"), "id": "ret",
        "url": url_for("ConsentView.refuse", provider_id=entry.provider_id, entry_id=entry.id),
        "fields": {"source": Source.HS_CAGRI_MERKEZI.name},
        "confirm": {"title": _("Record a refusal?"), "verb": _("Record a refusal"),
                    "text": _("No message goes to this recipient on this channel from now on, "
                              "and İYS is told."), "danger": True},
    }]


def _gate(entry: ConsentEntry, address: str | None, channel: Channel,
          kind: RecipientType) -> dict[str, str]:
    if address is None:
        return {"tone": "no", "icon": "circle-x", "title": _("No message may be sent"),
                "text": _("The person was erased.")}
    answer = gate.may_send_now(entry.provider_id, entry.brand_id, address, channel, kind)
    if answer.allowed:
        return {"tone": "ok", "icon": "circle-check", "title": _("A message may be sent"),
                "text": say(answer)}
    wait = answer.denial is gate.Denial.NOT_AT_IYS
    return {"tone": "wait" if wait else "no", "icon": "hourglass" if wait else "ban",
            "title": _("No message may be sent"), "text": say(answer)}


def _particulars(entry: ConsentEntry, state: ConsentState) -> list[tuple[str, Any]]:
    dealer = orm.db.session.get(Dealer, entry.dealer_id) if entry.dealer_id else None
    return [
        (_("Record number"), record_code(entry.id)), (_("Source"), say(Source(entry.source))),
        (_("Consent date"), entry.consent_date), (_("Taken"), entry.captured_at),
        (_("Dealer"), dealer), (_("To İYS by"), state.iys_due_at),
        (_("Commitment"), entry.leaf.hex()[:24] + "…"),
    ]


def _same_recipient(entry: ConsentEntry) -> list[dict[str, Any]]:
    found = {state.channel: state for state in orm.db.session.scalars(select(ConsentState).where(
        ConsentState.provider_id == entry.provider_id, ConsentState.brand_id == entry.brand_id,
        ConsentState.recipient_id == entry.recipient_id,
        ConsentState.recipient_type == entry.recipient_type))}
    visible = set(orm.db.session.scalars(select(ConsentEntry.id).where(
        ConsentEntry.provider_id == entry.provider_id,
        ConsentEntry.id.in_([state.entry_id for state in found.values()]))))
    others = [one for one in Channel if one != entry.channel
              and one.address_kind == Channel(entry.channel).address_kind]
    made = []
    for channel in others:
        state = found.get(int(channel))
        made.append({
            "channel": channel.name, "choice": listing.choice_key(state) if state else None,
            "iys": listing.iys_key(state) if state else None,
            "iys_code": listing.iys_code(state) if state else None,
            "url": url_for("ConsentView.show", provider_id=entry.provider_id,
                           entry_id=state.entry_id)
            if state and state.entry_id in visible else None,
        })
    return made
