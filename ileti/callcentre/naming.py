"""The name that is said in a recording, written down by somebody who has heard it (R-09).

Why this module exists: in a call that a machine took, the person says the name and nobody is there
to write it. Without it the consent is none, and a caller who presses keys in silence gives none. So
the name comes after the recording, once, by a person whose number stands with the step; it lies in
the call until the consent is proven with it, and nowhere in clear.
"""

from __future__ import annotations

from ileti.callcentre import calls, recordings, settle, steps
from ileti.callcentre.calls import CallNow
from ileti.callcentre.steps import Who
from ileti.callcentre.vocabulary import Said, Step
from ileti.core import db
from ileti.core.errors import Conflict
from ileti.core.failpoints import reach
from ileti.tenancy import deeds


def lacks(call: CallNow) -> bool:
    """Whether a yes of a call that is over waits for its name."""
    return call.ended_at is not None and not call.did(Step.NAME) and any(
        one.said is Said.YES and one.verified_at is None for one in call.did(Step.ANSWER))


def note(call: CallNow, name: str, *, by: int) -> CallNow:
    """Write the name down and let the consent count. Raises InvalidInput for what is no name,
    Conflict for a call without its recording, with a name, or whose yes came too long ago."""
    said = steps.clean_name(name)
    with db.transaction(system=True) as conn:
        now = steps.locked(conn, call)
        _refuse(now)
        steps.add(conn, now, Step.NAME, Who(user_id=by), takes=False)
        conn.execute("update call set name = %s where id = %s",
                     (calls.sealed(said, calls.NAME), now.id))
        deeds.note(conn, "call:name", f"call:{now.id}", provider_id=now.place.provider_id,
                   brand_id=now.place.brand_id, user_id=by)
    reach("call.named")
    recordings.finish(call.id)
    return calls.load_any(call.id)


def _refuse(call: CallNow) -> None:
    if not lacks(call):
        raise Conflict("Bu çağrıda adı beklenen bir onay yok.",
                       "No consent of this call waits for a name.", code="no_name_needed")
    if call.recording_at is None:
        raise Conflict("Ad, kayıt dinlenerek yazılır; bu çağrının kaydı henüz gelmedi.",
                       "The name is written down from the recording; that of this call is not here "
                       "yet.", code="no_recording")
    if all(settle.late(call, one) for one in call.did(Step.ANSWER)):
        raise Conflict("Onay için geç kalındı: İYS üç iş gününden eski onayı almaz (R-33).",
                       "It is too late: İYS takes no consent older than three business days "
                       "(R-33).", code="too_late")
