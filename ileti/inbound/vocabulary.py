"""What a written message was understood as, and what became of it: words with their numbers.

The numbers stand in the database: never renumber, only append. Labels are what the panel shows.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class _Labelled(IntEnum):
    @property
    def tr(self) -> str:
        """The Turkish label people read."""
        return LABELS[type(self)][self.value][0]

    @property
    def en(self) -> str:
        """The English label people read."""
        return LABELS[type(self)][self.value][1]


class Meant(_Labelled):
    """What the words say."""

    UNCLEAR = 0
    CONSENT = 1
    REFUSAL = 2
    STOP_EVERYTHING = 3
    INFORMATION = 4
    NAME = 5


class Deed(_Labelled):
    """What was done with the message. ``UNREAD`` waits for a person; nothing else does."""

    UNREAD = 1
    CONSENTED = 2
    REFUSED = 3
    STOPPED = 4
    NAME_ASKED = 5
    INFORMED = 6
    SET_ASIDE = 7
    OLDER = 8
    TOO_LATE = 9


class Answered(_Labelled):
    """Which answer went out for it; None where there was none."""

    CONFIRMED = 1
    REFUSED = 2
    NAME_ASKED = 3
    INFORMED = 4
    HELPED = 5


LABELS: Final[dict[type[_Labelled], dict[int, tuple[str, str]]]] = {
    Meant: {
        0: ("Anlaşılmadı", "Not understood"), 1: ("Onay", "Consent"), 2: ("Ret", "Refusal"),
        3: ("Her şeyi durdur", "Stop everything"), 4: ("Bilgi istedi", "Asked for information"),
        5: ("Adını yazdı", "Wrote the name"),
    },
    Deed: {
        1: ("Bir kişi okuyacak", "To be read by a person"), 2: ("Onay kaydedildi", "Consent taken"),
        3: ("Ret kaydedildi", "Refusal taken"),
        4: ("Bütün kanallarda ret kaydedildi", "Refusal taken on every channel"),
        5: ("Adı bekleniyor", "Waits for the name"), 6: ("Bilgi verildi", "Was informed"),
        7: ("Okundu, yapılacak bir şey yok", "Read, nothing to do"),
        8: ("Daha yeni bir seçim var", "A newer choice stands"),
        9: ("Onay için geç kaldı", "Too late for a consent"),
    },
    Answered: {
        1: ("Onay bildirimi", "Notice of the consent"), 2: ("Ret bildirimi", "Notice of refusal"),
        3: ("Ad soruldu", "Asked for the name"), 4: ("Bilgi metni", "Information"),
        5: ("Yardım metni", "Help"),
    },
}
