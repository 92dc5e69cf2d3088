"""What may follow what, cell by cell and as laws (R-21, R-30, R-34, R-39, R-42; İYS API §3.3)."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ileti.consents.rules import Flow, Item, State, Verdict, judge
from ileti.consents.vocabulary import (
    AddressKind,
    Channel,
    IysStatus,
    Outcome,
    Source,
    Standing,
    Status,
)

NOON = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
DATES = {"older": NOON - SECOND, "equal": NOON, "newer": NOON + SECOND}


def state(status: Status, iys: IysStatus, standing: Standing = Standing.VERIFIED) -> State:
    return State(status=status, standing=standing, consent_date=NOON, iys_status=iys)


def entry(
    status: Status,
    source: Source = Source.HS_WEB,
    date: dt.datetime | None = NOON,
    standing: Standing = Standing.VERIFIED,
) -> Item:
    return Item(
        channel=Channel.MESAJ,
        status=status,
        source=source,
        consent_date=date,
        flow=Flow.IYS if source.is_iys else Flow.API,
        address_kind=AddressKind.PHONE,
        standing=standing,
    )


EXISTING = {
    "nothing": None,
    "unverified": state(Status.ONAY, IysStatus.NONE, Standing.UNVERIFIED),
    "onay here": state(Status.ONAY, IysStatus.QUEUED),
    "onay at iys": state(Status.ONAY, IysStatus.REGISTERED),
    "ret here": state(Status.RET, IysStatus.LOCAL_ONLY),
    "ret at iys": state(Status.RET, IysStatus.CHANGED_THERE),
}
NEW = {
    "unverified onay": (Status.ONAY, Source.HS_WEB, Standing.UNVERIFIED),
    "unverified ret": (Status.RET, Source.HS_WEB, Standing.UNVERIFIED),
    "onay": (Status.ONAY, Source.HS_WEB, Standing.VERIFIED),
    "ret": (Status.RET, Source.HS_WEB, Standing.VERIFIED),
    "own ret": (Status.RET, Source.HS_KARAR, Standing.VERIFIED),
    "own onay": (Status.ONAY, Source.HS_KARAR, Standing.VERIFIED),
    "iys onay": (Status.ONAY, Source.IYS_WEB, Standing.VERIFIED),
    "iys ret": (Status.RET, Source.IYS_KISAMESAJ, Standing.VERIFIED),
}
# bits for an older, an equal and a newer date: outcome (1 recorded, 2 local only, 3 unchanged,
# 4 outdated, 5 unverified, 0 refused) + 8 replaces + 16 report + 32 ask first + 64 a second later
TABLE = """
                 nothing   unverified  onay here  onay at iys  ret here  ret at iys
unverified onay  13 13 13  5 13 13     5 5 5      5 5 5        5 5 5     5 5 5
unverified ret   13 13 13  5 13 13     5 5 5      5 5 5        5 5 5     5 5 5
onay             25 25 25  25 25 25    4 4 25     4 4 25       4 4 25    4 4 25
ret              57 57 57  57 57 57    4 89 25    4 89 25      3 3 57    3 3 57
own ret          10 10 10  10 10 10    4 89 25    4 89 25      3 3 3     3 3 3
own onay         0 0 0     0 0 0       0 0 0      0 0 0        0 0 0     0 0 0
iys onay         9 9 9     9 9 9       9 9 9      4 9 9        4 4 9     4 9 9
iys ret          9 9 9     9 9 9       9 9 9      4 9 9        4 4 9     4 9 9
"""


def cells() -> list[tuple[str, str, str, int]]:
    found = []
    for line in TABLE.strip().splitlines()[1:]:
        new = next(name for name in sorted(NEW, key=len, reverse=True) if line.startswith(name))
        bits = iter(line.removeprefix(new).split())
        found += [(old, new, age, int(next(bits))) for old in EXISTING for age in DATES]
    return found


@pytest.mark.parametrize(("old", "new", "age", "bits"), cells())
def test_every_cell_of_the_table(old: str, new: str, age: str, bits: int) -> None:
    status, source, standing = NEW[new]
    verdict = judge(EXISTING[old], entry(status, source, DATES[age], standing))
    assert verdict.bits == bits


@pytest.mark.parametrize(("old", "new", "bits"), [
    ("ret here", "iys onay", 4), ("ret here", "iys ret", 4), ("ret at iys", "iys onay", 9),
    ("onay here", "iys ret", 9), ("nothing", "iys onay", 9),
])
def test_a_word_of_iys_from_our_future_does_not_outweigh_a_refusal_iys_has_not_got(
    old: str, new: str, bits: int
) -> None:
    """Our clock is behind then, and nobody knows which was first (R-32)."""
    status, source, standing = NEW[new]
    ahead = NOON + dt.timedelta(hours=2)
    assert judge(EXISTING[old], entry(status, source, ahead, standing), now=NOON).bits == bits


def test_the_table_has_every_cell() -> None:
    assert len({cell[:3] for cell in cells()}) == len(EXISTING) * len(NEW) * len(DATES) == 144


def test_a_first_refusal_asks_iys_before_it_is_reported() -> None:
    """R-42: İYS takes no refusal as a first record; ours works at once."""
    verdict = judge(None, entry(Status.RET))
    assert (verdict.outcome, verdict.ask_first) == (Outcome.RECORDED, True)
    assert (verdict.state_date, verdict.iys_status) == (NOON, IysStatus.QUEUED)


def test_a_providers_own_refusal_as_first_record_stays_here_and_blocks() -> None:
    """R-42: HS_KARAR may not be a first record at İYS."""
    verdict = judge(None, entry(Status.RET, Source.HS_KARAR))
    assert (verdict.outcome, verdict.report) == (Outcome.LOCAL_ONLY, False)
    assert verdict.iys_status is IysStatus.LOCAL_ONLY
    assert verdict.code == "H175"


def test_a_refusal_of_the_same_second_is_reported_one_second_later() -> None:
    """R-39: İYS needs a later date; the refusal must not be lost."""
    verdict = judge(EXISTING["onay at iys"], entry(Status.RET))
    assert verdict.moved_on
    assert verdict.state_date == NOON + SECOND


def test_a_citizens_change_is_taken_over_and_not_sent_back() -> None:
    """R-34: İYS is the truth for status, even over a newer consent it never accepted."""
    verdict = judge(EXISTING["onay here"], entry(Status.RET, Source.IYS_WEB, NOON - SECOND))
    assert verdict.replaces_state
    assert (verdict.report, verdict.iys_status) == (False, IysStatus.CHANGED_THERE)


def test_a_verdict_says_why_in_both_languages() -> None:
    verdict = judge(EXISTING["ret here"], entry(Status.RET))
    assert (verdict.code, verdict.rule) == ("H174", "R-42")
    assert verdict.say() == "Ret zaten kayıtlı. İşlem gerekmez."
    assert verdict.say("en").startswith("The refusal is already recorded")


def test_an_entry_without_a_date_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="without a date"):
        judge(None, entry(Status.ONAY, date=None))


MOMENTS = st.integers(-3, 3).map(lambda seconds: NOON + seconds * SECOND)
STATES = st.none() | st.builds(
    State,
    status=st.sampled_from(Status),
    standing=st.sampled_from(Standing),
    consent_date=MOMENTS,
    iys_status=st.sampled_from(IysStatus),
)
ITEMS = st.builds(
    entry,
    st.sampled_from(Status),
    st.sampled_from([source for source in Source if source is not Source.NONE]),
    MOMENTS,
    st.sampled_from(Standing),
)


def status_after(old: State | None, item: Item, verdict: Verdict) -> Status | None:
    if verdict.replaces_state:
        return item.status
    return old.status if old else None


@given(STATES, ITEMS)
def test_a_refusal_not_older_than_the_state_never_leaves_a_consent(
    old: State | None, item: Item
) -> None:
    """R-32, R-39: a verified refusal of the same second or later always wins."""
    fresh = old is None or item.consent_date is None or item.consent_date >= old.consent_date
    if item.status is Status.RET and item.standing is Standing.VERIFIED and fresh:
        assert status_after(old, item, judge(old, item)) is Status.RET


@given(STATES, ITEMS)
def test_nothing_unverified_ever_replaces_or_reports_over_the_verified(
    old: State | None, item: Item
) -> None:
    """R-21: a code not entered proves nothing."""
    verdict = judge(old, item)
    if item.standing is Standing.UNVERIFIED:
        assert not verdict.report
        assert verdict.iys_status in (None, IysStatus.NONE)
        assert not (verdict.replaces_state and old and old.standing is Standing.VERIFIED)


@given(STATES, ITEMS)
def test_a_reported_date_always_moves_forward(old: State | None, item: Item) -> None:
    """R-39: İYS refuses a date that is not later (H178)."""
    verdict = judge(old, item)
    if verdict.report and old and old.standing is Standing.VERIFIED:
        assert verdict.state_date is not None
        assert verdict.state_date > old.consent_date


@given(STATES, ITEMS)
def test_what_came_from_iys_is_never_sent_back(old: State | None, item: Item) -> None:
    """R-43, H119."""
    assert not (judge(old, item).report and item.source.is_iys)


@given(STATES, ITEMS)
def test_only_the_state_that_is_replaced_gets_a_date_and_an_iys_status(
    old: State | None, item: Item
) -> None:
    verdict = judge(old, item)
    assert verdict.replaces_state == (verdict.state_date is not None)
    assert verdict.replaces_state == (verdict.iys_status is not None)
    assert verdict.refused == (verdict.bits == 0)


@given(STATES, ITEMS)
def test_the_same_entry_again_changes_nothing_more(old: State | None, item: Item) -> None:
    """A replay of a reported entry is unchanged or outdated, never reported twice."""
    first = judge(old, item)
    if not first.report or first.state_date is None or first.iys_status is None:
        return
    after = State(
        status=item.status,
        standing=item.standing,
        consent_date=first.state_date,
        iys_status=first.iys_status,
    )
    assert judge(after, item).outcome in (Outcome.UNCHANGED, Outcome.OUTDATED)
