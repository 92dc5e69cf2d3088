"""What may follow what in a call, and what comes next. Pure.

Why this module exists: the screen shows one step at a time, and a hostile or broken screen may send
any. Both ask here. The notice is heard before anything is asked (R-57, R-60), the name is known
before a consent is taken (R-09), an outbound call asks only when its reason was chosen and its
provider allowed it (R-20), a code goes out only in a call the person began (R-11), and a refusal is
possible at every moment (R-28).
"""

from __future__ import annotations

from ileti.callcentre.calls import CallNow, Read
from ileti.callcentre.vocabulary import Direction, Said, Step
from ileti.consents.vocabulary import Channel
from ileti.core.errors import Conflict, FieldError, IletiError, InvalidInput


def refuse_wrong(call: CallNow, kind: Step, *, said: Said | None = None,
                 text_id: int | None = None) -> None:
    """Raise InvalidInput or Conflict, naming what has to come first, for a step out of its order.
    """
    if call.ended_at is not None:
        raise Conflict("Bu çağrı sona erdi; ona bir şey eklenmez.",
                       "This call is over; nothing is added to it.", code="call_ended")
    if kind is Step.REFUSAL:
        return
    if call.too_old:
        raise Conflict("Çağrı çok uzun süredir açık. Kapatıp yeni bir çağrı başlatın.",
                       "The call has been open for too long. End it and start anew.",
                       code="call_too_old")
    fault = _missing(call, kind, said, text_id)
    if fault is not None:
        raise fault


def _missing(call: CallNow, kind: Step, said: Said | None, text_id: int | None
             ) -> IletiError | None:
    outbound = call.direction is Direction.OUTBOUND
    lacking = lacks(script=call.script is not None, notice=call.notice is not None)
    if lacking is not None:
        return lacking
    if kind is Step.SERVICE:
        return None if outbound and not call.did(Step.SERVICE) else _fault(
            "service", "not_outbound")
    if outbound and not call.did(Step.SERVICE):
        return _fault("service", "no_service")
    if kind is Step.NOTICE:
        return None
    if not call.did(Step.NOTICE):
        return _fault("told", "not_told")
    if kind in (Step.CODE_SENT, Step.CODE_RIGHT):
        return _fault("code", "no_code_outbound") if outbound else None
    if kind is Step.ANSWER:
        if not any(one.id == text_id for one in call.questions):
            return _fault("question", "no_such_question")
        if said is Said.YES and not call.did(Step.NAME):
            return _fault("name", "no_name")
    return None


def lacks(*, script: bool, notice: bool) -> Conflict | None:
    """Why a call can ask nothing: without a script (R-22) or a notice (R-60) on show it only takes
    refusals."""
    if not script:
        return Conflict("Yayında çağrı metni yok; bu çağrıda izin sorulamaz, ret her zaman "
                        "yazılır. Önce metni yayımlayın (R-22).",
                        "No call script is published, so this call asks for no consent; refusals "
                        "are always recorded. Publish one first (R-22).", code="no_script")
    if not notice:
        return Conflict("Yayında aydınlatma metni yok; bu çağrıda izin sorulamaz, ret her zaman "
                        "yazılır. Önce metni yayımlayın (R-60).",
                        "No privacy notice is published, so this call asks for no consent; "
                        "refusals are always recorded. Publish one first (R-60).",
                        code="no_notice")
    return None


def open_question(call: CallNow) -> Read | None:
    """The first question nobody has answered yet; none after "everything stops"."""
    return next((one for one in call.questions
                 if call.answer(one.id) is None and not refused(call, one)), None)


def refused(call: CallNow, question: Read) -> bool:
    """Whether a refusal of this call covers a question."""
    for one in call.did(Step.REFUSAL):
        if one.channel is None and question.channel is not None:
            return True
        if one.channel is not None and one.channel is question.channel:
            return True
    return False


def next_step(call: CallNow) -> Step | None:
    """What comes next; None when only the end is left. A code is offered where a number was typed,
    and may be passed over: then consents stay unproven and are not used (R-21)."""
    if lacks(script=call.script is not None, notice=call.notice is not None) is not None:
        return None
    if call.direction is Direction.OUTBOUND and not call.did(Step.SERVICE):
        return Step.SERVICE
    if not call.did(Step.NOTICE):
        return Step.NOTICE
    if open_question(call) is None:
        return None
    return Step.NAME if not call.did(Step.NAME) else Step.ANSWER


def asks_address(question: Read) -> bool:
    """Whether a question is about an address that has to be spelled out: an e-mail."""
    return question.channel is Channel.EPOSTA


_SAID = {
    "not_told": ("Önce aydınlatma metnini okuyun; kişi dinledikten sonra sorun (R-60).",
                 "Read the privacy notice first; ask when the person has heard it (R-60)."),
    "no_service": ("Önce neden aradığınızı seçin (R-20).",
                   "Choose first why the person is called (R-20)."),
    "not_outbound": ("Arama nedeni yalnız giden çağrıda ve bir kez seçilir.",
                     "A reason is chosen once, and in an outbound call only."),
    "no_name": ("Onaydan önce kişinin adını ve soyadını sorun (R-09).",
                "Ask for the full name before a consent (R-09)."),
    "no_such_question": ("Bu soru bu çağrının metinlerinde yok.",
                         "This question is not among this call’s texts."),
    "no_code_outbound": ("Kod, yalnız kişinin başlattığı çağrıda gönderilir (R-11).",
                         "A code goes out only in a call the person began (R-11)."),
}


def _fault(field: str, code: str) -> InvalidInput:
    return InvalidInput(errors=(FieldError(field, code, *_SAID[code]),))
