"""What an audit says of seals, in Turkish and English."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ileti.evidence.stamps import Verdict

#: of a root that differs: whether records below it are named already, of which one may be all
ROOT: Final[dict[bool, Callable[[int], tuple[str, str]]]] = {
    False: lambda number: (
        f"{number} numaralı mührün altındaki kayıtlar mühürlendikleri gibi değil: kayıt ile "
        "taahhüdü birlikte değiştirilmiş.",
        f"The records below seal {number} are not those that were sealed: a record and its "
        "commitment were changed together."),
    True: lambda number: (
        f"{number} numaralı mührün kökü de tutmuyor: adı anılanlardan birinin taahhüdü ya da başka "
        "bir kayıt taahhüdüyle birlikte değiştirilmiş.",
        f"The root of seal {number} differs too: the commitment of one that is named was changed, "
        "or another record together with its commitment."),
}
#: why a stamp does not hold
WHY: Final = {
    Verdict.STRANGER: ("tanınmayan makam", "signed by nobody trusted"),
    Verdict.IMPRINT_DIFFERS: ("başka bir içeriğin damgası", "it stamps something else"),
    Verdict.BAD_SIGNATURE: ("imza tutmuyor", "the signature does not fit"),
    Verdict.WRONG_TIME: ("zamanı tutmuyor", "its time cannot be"),
    Verdict.REFUSED: ("makam reddetmiş", "the authority refused"),
    Verdict.UNREADABLE: ("okunamıyor", "it cannot be read"),
}
