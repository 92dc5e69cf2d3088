"""Who has seen which version of a text, in numbers and lists; who must be informed anew (R-61).

The ledgers know it: an entry names the text it was given on, an act about personal data the version
that was shown, read or consented to, a submission all texts that stood on its form and, before acts
were kept, the notice that was acknowledged. Counting begins at the version's first day, so that
months before it are not read, and stops at a hundred thousand. There is no index by text: it would
cost every capture for a page that is opened once a month. So a long ledger is not gone through to
its end while somebody waits: what takes too long is left open and said so. A dealer counts and
lists what it took itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Final

from psycopg.errors import QueryCanceled
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import aliased

from ileti.consents.models import ConsentEntry, ConsentState, Submission
from ileti.consents.vocabulary import Standing, Status
from ileti.core import orm
from ileti.documents.models import DocumentVersion
from ileti.kvkk.models import KvkkEntry, KvkkState
from ileti.kvkk.vocabulary import Act
from ileti.tenancy import scope

COUNTED: Final = 100_000
PAGE: Final = 50
#: how long somebody at the page waits, for its list and for its numbers
SECONDS: Final = 6.0


@dataclass(frozen=True)
class Numbers:
    """Counts of one version, each at most ``COUNTED``, None where it took too long: forms that
    showed it, choices given on it, acknowledgements of it as a notice, and people whose standing
    consent or last acknowledgement rests on it although a later version must be told or asked
    anew."""

    shown: int | None
    given: int | None
    acknowledged: int | None
    to_renew: int | None


def numbers(version: DocumentVersion, renewing: list[DocumentVersion]) -> Numbers:
    """The numbers of a version; ``renewing`` are later versions that must be told or asked anew
    (empty: nobody is to be informed)."""
    until = monotonic() + SECONDS

    def count(*asked: Any) -> int | None:
        found = [_in_time(partial(_count, one), until - monotonic()) for one in asked]
        return None if None in found else sum(found)

    return Numbers(
        shown=count(select(Submission.id).where(_shown(version))),
        given=count(select(ConsentEntry.id).where(_given(version)),
                    select(KvkkEntry.id).where(_acted(version, KvkkEntry, Act.GIVEN))),
        acknowledged=count(select(Submission.id).where(_acknowledged(version))),
        to_renew=count(_standing(version), _unrenewed(version, renewing), _resting(version))
        if renewing else 0)


def rows(version: DocumentVersion, before: int | None
         ) -> tuple[list[Submission] | None, int | None]:
    """Submissions whose form showed the version or that acknowledged it, the newest first, and
    where the next page begins; ``before`` is a submission's id. None where it took too long."""
    asked = select(Submission).where(or_(_shown(version), _acknowledged(version)))
    if before is not None:
        asked = asked.where(Submission.id < before)
    asked = asked.order_by(Submission.id.desc()).limit(PAGE + 1)
    found = _in_time(lambda: list(orm.db.session.scalars(asked)), SECONDS)
    if found is None:
        return None, None
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def _in_time(work: Callable[[], Any], seconds: float) -> Any:
    """What it answers, or None where the database would take longer."""
    session = orm.db.session
    most = f"{max(1, round(seconds * 1_000))}"
    before = session.scalar(select(func.current_setting("statement_timeout")))
    try:
        with session.begin_nested():
            session.execute(select(func.set_config("statement_timeout", most, True)))
            found = work()
            session.execute(select(func.set_config("statement_timeout", before, True)))
            return found
    except OperationalError as error:
        if isinstance(error.orig, QueryCanceled):
            return None
        raise


def _here(version: DocumentVersion, of: Any) -> ColumnElement[bool]:
    """Rows of the version's provider since its first day, of a dealer those it took itself."""
    return and_(of.provider_id == version.provider_id,
                of.captured_at >= version.effective_from, scope.taken_here(of.dealer_id))


def _shown(version: DocumentVersion) -> ColumnElement[bool]:
    said = Submission.evidence
    return and_(_here(version, Submission), or_(
        said.contains({"texts": [{"id": version.id}]}),
        said.contains({"privacy": {"texts": [{"id": version.id}]}}),
        _of_click(version, Submission)))


def _acknowledged(version: DocumentVersion, of: Any = Submission) -> ColumnElement[bool]:
    return and_(_here(version, of), or_(
        of.evidence.contains({"notice": {"version": version.id}}),
        _of_click(version, of, Act.READ)))


def _acted(version: DocumentVersion, of: Any, *acts: Act) -> ColumnElement[bool]:
    """Acts on the version, of these kinds or of any."""
    asked = and_(of.provider_id == version.provider_id, of.text_id == version.id,
                 scope.taken_here(of.dealer_id))
    return and_(asked, of.act.in_([int(one) for one in acts])) if acts else asked


def _of_click(version: DocumentVersion, click: Any, *acts: Act) -> ColumnElement[bool]:
    """Whether the submission left such an act."""
    one = aliased(KvkkEntry)
    return select(one.id).where(
        _acted(version, one, *acts), one.submission_id == click.id,
        one.provider_id == click.provider_id).exists()


def _given(version: DocumentVersion) -> ColumnElement[bool]:
    return and_(_here(version, ConsentEntry), ConsentEntry.text_id == version.id,
                ConsentEntry.status == int(Status.ONAY))


def _count(asked: Any) -> int:
    return orm.db.session.scalar(
        select(func.count()).select_from(asked.limit(COUNTED).subquery())) or 0


def _standing(version: DocumentVersion) -> Any:
    """Consents that hold now and were given on the version."""
    return select(ConsentState.entry_id).join(ConsentEntry, and_(
        ConsentEntry.provider_id == ConsentState.provider_id,
        ConsentEntry.id == ConsentState.entry_id,
        ConsentEntry.captured_at == ConsentState.entry_at)).where(
        _given(version), ConsentState.status == int(Status.ONAY),
        ConsentState.standing == int(Standing.VERIFIED))


def _unrenewed(version: DocumentVersion, renewing: list[DocumentVersion]) -> Any:
    """Recipients who acknowledged the version as a notice before acts were kept, and none of the
    later ones; for everybody with acts :func:`_resting` knows it."""
    entry, click = aliased(ConsentEntry), aliased(Submission)
    newer = select(entry.recipient_id).join(click, and_(
        click.provider_id == entry.provider_id, entry.id == func.any(click.entry_ids))).where(
        or_(*(_acknowledged(one, click) for one in renewing)))
    return select(ConsentEntry.recipient_id).join(Submission, and_(
        Submission.provider_id == ConsentEntry.provider_id,
        ConsentEntry.id == func.any(Submission.entry_ids))).where(
        _acknowledged(version), ConsentEntry.recipient_id.not_in(newer),
        ~select(KvkkState.document_id).where(
            KvkkState.provider_id == ConsentEntry.provider_id,
            KvkkState.recipient_id == ConsentEntry.recipient_id,
            KvkkState.document_id == version.document_id).exists()).distinct()


def _resting(version: DocumentVersion) -> Any:
    """People whose last act on the text is of the version, and no withdrawal (R-62)."""
    return select(KvkkState.recipient_id).where(
        _acted(version, KvkkState, Act.SHOWN, Act.READ, Act.GIVEN),
        KvkkState.standing == int(Standing.VERIFIED))
