"""Which entry may enter the ledger, and which may follow which: the readable form of the law.

Why this module exists: the same questions are asked by the widget, the call centre, an import of a
million rows and İYS's own changes. They must get the same answer and the same sentence, so the
rules are two pure functions here. ``check_item`` judges an entry by itself and tells every refusal
at once. ``judge`` says what an entry does to the state of its key (brand, recipient, recipient
type, channel: R-06, R-30); the database function ``consent_judge`` keeps the same table inside the
transaction, and a property test compares ``Verdict.bits`` of both.

Dates are aware and cut to the second, İYS's resolution. A refusal is never lost: what İYS cannot
take is kept here and blocks (R-42). Rules: R-05, R-06, R-12, R-13, R-21, R-30, R-33, R-34,
R-38 … R-43, R-45; İYS API §3.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from ileti.consents.deadlines import is_overdue, istanbul_day
from ileti.consents.sentences import SENTENCES
from ileti.consents.vocabulary import (
    AddressKind,
    Channel,
    IysStatus,
    Language,
    Outcome,
    RecipientType,
    Source,
    Standing,
    Status,
)
from ileti.core.clock import ISTANBUL

OLDEST_CONSENT: Final = dt.datetime(2015, 5, 1, tzinfo=ISTANBUL)
_SECOND: Final = dt.timedelta(seconds=1)
_RETAILER_CODES: Final = range(10_000_000, 100_000_000)
_MOST_RETAILERS: Final = 100
_INDIVIDUALS: Final = frozenset({RecipientType.BIREYSEL})


class Flow(StrEnum):
    """How an entry came to us. The source follows from it and is never a free choice (R-43)."""

    WEB = "web"
    APP = "app"
    ELECTRONIC = "electronic"
    CALL_CENTRE = "call-centre"
    SMS = "sms"
    EMAIL = "email"
    COUNTER = "counter"
    PAPER = "paper"
    EVENT = "event"
    ATM = "atm"
    SOCIAL = "social"
    DECISION = "decision"
    IMPORT = "import"
    API = "api"
    IYS = "iys"


# Flows that prove their own source. IMPORT and API name one and bring the proof with them.
SOURCE_OF_FLOW: Final[dict[Flow, Source]] = {
    Flow.WEB: Source.HS_WEB,
    Flow.APP: Source.HS_MOBIL,
    Flow.ELECTRONIC: Source.HS_EORTAM,
    Flow.CALL_CENTRE: Source.HS_CAGRI_MERKEZI,
    Flow.SMS: Source.HS_MESAJ,
    Flow.EMAIL: Source.HS_EPOSTA,
    Flow.COUNTER: Source.HS_FIZIKSEL_ORTAM,
    Flow.PAPER: Source.HS_ISLAK_IMZA,
    Flow.EVENT: Source.HS_ETKINLIK,
    Flow.ATM: Source.HS_ATM,
    Flow.SOCIAL: Source.HS_SOSYAL_MEDYA,
    Flow.DECISION: Source.HS_KARAR,
}
_BOX_FLOWS: Final = frozenset({Flow.WEB, Flow.APP, Flow.ELECTRONIC, Flow.EVENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry on its way in: the choice of one address for one channel."""

    channel: Channel
    status: Status
    source: Source
    consent_date: dt.datetime | None
    flow: Flow
    address_kind: AddressKind
    recipient_type: RecipientType = RecipientType.BIREYSEL
    standing: Standing = Standing.VERIFIED
    interacted_at: dt.datetime | None = None
    preselected: bool = False
    required: bool = False
    merchant_basis: str | None = None
    retailer_code: int | None = None
    retailer_access: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What holds now for a key."""

    status: Status
    standing: Standing
    consent_date: dt.datetime
    iys_status: IysStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a rule says, with its number and a sentence for people.

    ``outcome`` is ``None`` when the entry is refused. ``judge`` also fills the rest: whether the
    entry becomes the state, whether it goes to İYS, whether İYS is asked first (R-42), and the new
    state's date and İYS status (``None`` when the state stays as it is).
    """

    code: str
    rule: str
    tr: str
    en: str
    field: str | None = None
    outcome: Outcome | None = None
    replaces_state: bool = False
    report: bool = False
    ask_first: bool = False
    moved_on: bool = False
    state_date: dt.datetime | None = None
    iys_status: IysStatus | None = None

    @property
    def refused(self) -> bool:
        """Nothing may be recorded."""
        return self.outcome is None

    @property
    def bits(self) -> int:
        """The database function's answer: outcome + 8 replaces + 16 report + 32 ask + 64 moved."""
        flags = (self.replaces_state, self.report, self.ask_first, self.moved_on)
        return (self.outcome or 0) + sum(flag << n for n, flag in enumerate(flags, start=3))

    def say(self, lang: Language = "tr") -> str:
        """The sentence in one language."""
        return self.en if lang == "en" else self.tr


def check_item(
    item: Item,
    *,
    now: dt.datetime,
    activation_date: dt.date | None = None,
    hs_2015_allowed: bool = False,
    three_day_rule: frozenset[RecipientType] = _INDIVIDUALS,
    first_record: bool = True,
) -> list[Verdict]:
    """Judge an entry by itself; every finding at once, an empty list when all is well.

    A finding with ``refused`` stops the entry. The one that does not is a late refusal (H467): it
    is recorded and blocks, but İYS will not take it.

    ``activation_date``: up to and with that Istanbul day İYS takes old consents; ``None`` counts as
    passed. ``hs_2015_allowed``: only for providers still in migration (R-41). ``three_day_rule``:
    for which recipient types H467 is expected (İYS judgement 18). ``first_record`` is false when
    the caller knows the key has a record: a merchant's update needs source and date (H462, H463).
    """
    past_activation = activation_date is None or istanbul_day(now) > activation_date
    clock_runs = past_activation and item.recipient_type in three_day_rule
    codes = [
        *_address_faults(item),
        *_source_faults(item, hs_2015_allowed, first_record),
        *_date_faults(item, now, clock_runs, first_record),
        *_box_faults(item, now),
        *_retailer_faults(item),
    ]
    if item.status is Status.RET and "H467" in codes:
        codes.remove("H467")
        return [_late_refusal(), *map(_verdict, codes)]
    return [_verdict(code) for code in codes]


def judge(existing: State | None, item: Item, *, now: dt.datetime | None = None) -> Verdict:
    """What an entry that passed ``check_item`` does to the state of its key (İYS API §3.3).

    ``now`` (the database's clock) tells whether İYS's date lies in our future; None means no.
    ``item.consent_date`` must be set (a merchant's first record without one is dated on arrival);
    ``ValueError`` when it is not.
    """
    date = item.consent_date
    if date is None:
        raise ValueError("an entry without a date cannot follow anything")
    if item.standing is Standing.UNVERIFIED:
        return _judge_unverified(existing, date)
    if item.source.is_iys:
        return _judge_iys(existing, date, ahead=now is not None and date > now)
    if item.source is Source.HS_KARAR and item.status is Status.ONAY:
        return _verdict("H408")
    if existing is None or existing.standing is Standing.UNVERIFIED:
        return _judge_first(item, date)
    return _judge_next(existing, item, date)


def _judge_unverified(existing: State | None, date: dt.datetime) -> Verdict:
    """R-21: kept, opens nothing, and never pushes a verified state aside."""
    replaces = existing is None or (
        existing.standing is Standing.UNVERIFIED and existing.consent_date <= date
    )
    if not replaces:
        return _verdict("DOGRULANMADI", Outcome.UNVERIFIED)
    return _replace("DOGRULANMADI", Outcome.UNVERIFIED, date, IysStatus.NONE)


def _judge_iys(existing: State | None, date: dt.datetime, *, ahead: bool) -> Verdict:
    """R-34: İYS is the master for status; only its own newer word outweighs its word.

    With one exception on the side of the person: a refusal we hold that is not older than İYS's
    word stays, even while İYS has not heard of it yet (R-32, gate fails closed). An older refusal
    of İYS must not take its place either, or the consent that followed it there would come next.
    A word from our own future proves that our clock is behind İYS's: then nobody knows which was
    first, and the refusal stays as well.
    """
    if existing is not None and existing.standing is Standing.VERIFIED:
        older_word = existing.iys_status.in_force and date < existing.consent_date
        own_refusal = (
            existing.status is Status.RET
            and not existing.iys_status.in_force
            and (date <= existing.consent_date or ahead)
        )
        if older_word or own_refusal:
            return _verdict("H178", Outcome.OUTDATED)
    return _replace("IYS_DEGISTI", Outcome.RECORDED, date, IysStatus.CHANGED_THERE)


def _judge_first(item: Item, date: dt.datetime) -> Verdict:
    """R-42: İYS takes no refusal as a first record; it is kept here and blocks all the same."""
    if item.source is Source.HS_KARAR:
        return _replace("H175", Outcome.LOCAL_ONLY, date, IysStatus.LOCAL_ONLY)
    if item.status is Status.RET:
        return _send("ILK_RET", date, ask_first=True)
    return _send("KAYDEDILDI", date)


def _judge_next(existing: State, item: Item, date: dt.datetime) -> Verdict:
    """İYS API §3.3 over a verified state: refusals stay, the later date wins (R-39).

    A later refusal over a refusal is no repetition: in between the person may have consented at
    İYS, which we have not heard yet. So İYS is asked, and told when it holds a consent (R-32).
    """
    if existing.status is item.status is Status.RET:
        if item.source is Source.HS_KARAR or date <= existing.consent_date:
            return _verdict("H174", Outcome.UNCHANGED)
        return _send("RET_YENIDEN", date, ask_first=True)
    status = item.status
    if date > existing.consent_date:
        return _send("KAYDEDILDI", date)
    if date == existing.consent_date and status is Status.RET:
        # İYS needs a later date; the refusal must not be lost for a second.
        return _send("RET_AYNI_SANIYE", existing.consent_date + _SECOND, moved_on=True)
    return _verdict("H178", Outcome.OUTDATED)


def _address_faults(item: Item) -> list[str]:
    """H120, H121: a call or SMS goes to a phone, an e-mail to an e-mail address (R-38)."""
    if item.address_kind is item.channel.address_kind:
        return []
    return ["H120" if item.channel is Channel.EPOSTA else "H121"]


def _source_faults(item: Item, hs_2015_allowed: bool, first_record: bool) -> list[str]:
    """R-43, R-41, R-05, R-06, R-42: the source is the real one, and it may say what it says."""
    source, merchant = item.source, item.recipient_type is RecipientType.TACIR
    faults: list[str] = []
    if source.is_iys != (item.flow is Flow.IYS):
        faults.append("H119" if source.is_iys else "KAYNAK_AKIS")
    elif source is Source.NONE:
        if not merchant:
            faults.append("H113")
        elif not first_record:
            faults.append("H463")
    elif SOURCE_OF_FLOW.get(item.flow, source) is not source:
        faults.append("KAYNAK_AKIS")
    if source is Source.HS_KARAR and item.status is Status.ONAY:
        faults.append("H408")
    if source is Source.HS_2015 and not hs_2015_allowed:
        faults.append("HS_2015_KAPALI")
    basis = (item.merchant_basis or "").strip()
    if merchant and item.status is Status.ONAY and not source.is_iys and not basis:
        faults.append("TACIR_DAYANAK")
    return faults


def _date_faults(item: Item, now: dt.datetime, clock_runs: bool, first_record: bool) -> list[str]:
    """R-39, R-40, R-41: İYS API §3.2."""
    date = item.consent_date
    if date is None:
        if item.recipient_type is RecipientType.TACIR:
            return [] if first_record else ["H462"]
        return ["H112"]
    if date.tzinfo is None:
        return ["H158"]
    if date > now:
        return ["H162"]
    if item.source is Source.HS_2015:
        return [] if date == OLDEST_CONSENT else ["H155"]
    if date < OLDEST_CONSENT:
        return ["H156"]
    late = clock_runs and not item.source.is_iys and is_overdue(date, now)
    return ["H467"] if late else []


def _late_refusal() -> Verdict:
    """R-33: reported too late, but enforced here from the first second."""
    return replace(
        _verdict("RET_GECIKTI", Outcome.LOCAL_ONLY), code="H467", iys_status=IysStatus.OVERDUE
    )


def _box_faults(item: Item, now: dt.datetime) -> list[str]:
    """R-12, R-13: a box on a screen was ticked by the person, free to leave it empty."""
    if item.flow not in _BOX_FLOWS or item.status is Status.RET:
        return []
    faults: list[str] = []
    touched = item.interacted_at
    if touched is None or touched.tzinfo is None or touched > now:
        faults.append("ETKILESIM_YOK")
    if item.preselected:
        faults.append("KUTU_ISARETLI")
    if item.required:
        faults.append("KUTU_ZORUNLU")
    return faults


def _retailer_faults(item: Item) -> list[str]:
    """R-45, İYS API §6.1: retailer codes have eight digits; an access list is never empty."""
    faults: list[str] = []
    if item.retailer_code is not None and item.retailer_code not in _RETAILER_CODES:
        faults.append("BAYI_KODU")
    access = item.retailer_access
    if access is None:
        return faults
    if not access:
        faults.append("H163")
    if len(access) > _MOST_RETAILERS:
        faults.append("H126")
    if len(set(access)) < len(access):
        faults.append("H193")
    if any(code not in _RETAILER_CODES for code in access):
        faults.append("BAYI_ERISIM")
    return faults


def _send(
    code: str, date: dt.datetime, *, ask_first: bool = False, moved_on: bool = False
) -> Verdict:
    verdict = _replace(code, Outcome.RECORDED, date, IysStatus.QUEUED)
    return replace(verdict, report=True, ask_first=ask_first, moved_on=moved_on)


def _replace(code: str, outcome: Outcome, date: dt.datetime, iys_status: IysStatus) -> Verdict:
    return replace(
        _verdict(code, outcome), replaces_state=True, state_date=date, iys_status=iys_status
    )


def _verdict(code: str, outcome: Outcome | None = None) -> Verdict:
    rule, name, tr, en = SENTENCES[code]
    return Verdict(code=code, rule=rule, field=name, tr=tr, en=en, outcome=outcome)
