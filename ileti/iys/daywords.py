"""What a day's page says about what is in the way, about a time stamp, about a repair.

Why this module exists: İYS's codes speak of records ("it stays in the queue"), and a day is none;
and a verdict about a stamp needs a sentence that tells a person what to do, not a name.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from ileti.core import clock, formats
from ileti.core.errors import IletiError
from ileti.core.formats import say
from ileti.evidence.stamps import Verdict
from ileti.iys.client import IysTrouble
from ileti.iys.daymodels import IysDay, IysRepair
from ileti.iys.errors import NO_CODE, Kind, meaning
from ileti.iys.repairs import CALLED_OFF, NO_ARCHIVE

_PROBLEMS: dict[str, Any] = {
    "not_ready": _l("İYS has not prepared this day yet; it is asked again."),
    "failed_there": _l("İYS could not prepare this day; it is asked again."),
    "doubted": _l("İYS shows no movement for this day, we know of some; it is asked again."),
    "hash_differs": _l("İYS’s hash does not fit the file it gave out. The file is kept."),
    "unreadable": _l("Some rows of the file were not understood."),
    "stamp_lost": _l("The time stamp could not be fetched within seven days."),
    "lost": _l("İYS no longer gives out this day’s file."),
    NO_ARCHIVE: _l("The archived file cannot be read."),
}
_TROUBLES: dict[Kind, Any] = {
    Kind.RETRY: _l("İYS does not answer at the moment."),
    Kind.RATE: _l("İYS’s limit of requests is used up for now."),
    Kind.AUTH: _l("İYS does not let us in at the moment."),
}
# key of a badge of the family "proof", after "stamp_"; what it means and what to do
STAMPS: dict[Verdict, tuple[str, Any]] = {
    Verdict.VALID: ("valid", _l("Over this very file, signed by an authority you trust.")),
    Verdict.SIGNED: ("signed", _l(
        "Over this very file and signed; whose signature it is was not checked, since "
        "STAMP_CA_FILE names no authority.")),
    Verdict.STRANGER: ("stranger", _l(
        "Signed, but by nobody whom STAMP_CA_FILE names. When every day says so, look at that "
        "file; else ask İYS’s support.")),
    Verdict.IMPRINT_DIFFERS: ("imprint_differs", _l(
        "The stamp is over other content than the archived file. Ask İYS’s support for the stamp "
        "within the week in which İYS still has the day.")),
    Verdict.BAD_SIGNATURE: ("bad_signature", _l(
        "The signature does not fit: the stamp was changed or damaged. Ask İYS’s support for "
        "it within the week in which İYS still has the day.")),
    Verdict.WRONG_TIME: ("wrong_time", _l(
        "The stamp tells a time before the day’s end or after its download.")),
    Verdict.REFUSED: ("refused", _l(
        "The authority gave no stamp; the file it answered with is kept. Ask İYS’s support.")),
    Verdict.UNREADABLE: ("unreadable", _l(
        "What İYS gave out is no time stamp we can read. Ask İYS’s support.")),
}


def in_the_way(problem: str | None) -> tuple[str | None, str | None]:
    """What is in the way, in plain words, and İYS's code if it has one."""
    if not problem:
        return None, None
    said = _PROBLEMS.get(problem)
    if said is not None:
        return str(said), None
    status = problem.removeprefix(NO_CODE)
    known = meaning(problem, int(status) if status.isdigit() and status != problem else None)
    if problem == "H084":
        return say(known), problem
    return str(_TROUBLES.get(known.kind) or say(known)), problem if problem[:1] == "H" else None


def trouble_words(error: Exception) -> str:
    """Why something a person asked for could not be done."""
    if isinstance(error, IysTrouble):
        said, code = in_the_way(error.code)
        return f"{said} ({code})" if code else str(said)
    return say(error) if isinstance(error, IletiError) else str(_PROBLEMS[NO_ARCHIVE])


def again_at(one: IysDay | IysRepair) -> str:
    """When it is tried again; empty once that is now."""
    if one.next_at <= clock.now():
        return ""
    return _("Tried again at %(time)s.",
             time=formats.clock(one.next_at))


def stamp_words(verdict: int | None) -> tuple[str, str]:
    """Badge and sentence of a stamp's verdict."""
    if verdict is None:
        return "unchecked", _("This stamp was not looked into yet; that happens within the hour.")
    key, sentence = STAMPS[Verdict(verdict)]
    return key, str(sentence)


def repair_words(one: IysRepair) -> str:
    """How a repair that is over ended."""
    done = ngettext("%(n)s difference was repaired", "%(n)s differences were repaired",
                    one.repaired, n=formats.number(one.repaired))
    left = one.total - one.repaired - one.unanswered
    parts = [done]
    if one.unanswered:
        parts.append(ngettext("%(n)s could not be", "%(n)s could not be", one.unanswered,
                              n=formats.number(one.unanswered)))
    if one.problem == CALLED_OFF:
        parts.append(_("then the repair was stopped"))
    elif one.problem:
        why = (in_the_way(one.problem)[0] or "").rstrip(".")
        parts.append(_("then it ended: %(why)s", why=why))
    elif left > 0:
        parts.append(ngettext("%(n)s no longer differed", "%(n)s no longer differed", left,
                              n=formats.number(left)))
    return ", ".join(parts) + "."
