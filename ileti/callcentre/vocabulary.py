"""The words of a call, each with its smallint in the database, and what follows from them. Pure.

Why this module exists: the screen, the API, the proof and the supervisor's page tell the same call.
The numbers are part of the database format: never renumber, only append.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final

#: a call that is open for longer than this takes no more answers: what was read is too long ago
LONGEST_HOURS: Final = 2
#: how long a training keeps the screen open (R-22: "periodically")
TRAINED_MONTHS: Final = 12


class Direction(IntEnum):
    """Who called whom. Only a call the person makes is theirs from the start (R-11, R-20)."""

    INBOUND = 1
    OUTBOUND = 2


class Step(IntEnum):
    """What happened in a call, in the order in which it has to happen: an outbound call says why it
    serves the person first, the notice is heard before anything is asked (R-60)."""

    SERVICE = 1
    NOTICE = 2
    CODE_SENT = 3
    CODE_RIGHT = 4
    NAME = 5
    ANSWER = 6
    REFUSAL = 7


class Said(IntEnum):
    """What the person said to a question; whoever says nothing has said no (R-12, R-57)."""

    NO = 0
    YES = 1


class Reach(StrEnum):
    """How far a refusal on the phone goes (R-30): calls alone, one other channel, or everything."""

    CALLS = "ARAMA"
    MESSAGES = "MESAJ"
    MAILS = "EPOSTA"
    ALL = "HEPSI"


class Outcome(IntEnum):
    """How a call ended; the agent says it, except for what was left open."""

    DONE = 1
    NOT_NOW = 2
    REFUSED = 3
    WRONG_PERSON = 4
    CUT_OFF = 5
    LEFT_OPEN = 9

    @property
    def tr(self) -> str:
        """The Turkish words people read."""
        return _OUTCOMES[self][0]

    @property
    def en(self) -> str:
        """The English words people read."""
        return _OUTCOMES[self][1]


_OUTCOMES: Final = {
    Outcome.DONE: ("Konuşma tamamlandı", "The talk was finished"),
    Outcome.NOT_NOW: ("Kişi şimdi konuşmak istemedi", "The person did not want to talk now"),
    Outcome.REFUSED: ("Kişi reddetti", "The person refused"),
    Outcome.WRONG_PERSON: ("Yanlış kişi", "Wrong person"),
    Outcome.CUT_OFF: ("Hat kesildi", "The line broke"),
    Outcome.LEFT_OPEN: ("Açık bırakıldı", "Left open"),
}


class Service(StrEnum):
    """Why a person is called without having consented: the exempt notices of R-02 and R-03. A call
    for anything else may ask nothing (R-11)."""

    USE = "KULLANIM_BAKIM"
    MEMBERSHIP = "ABONELIK"
    COLLECTION = "TAHSILAT"
    UPDATE = "BILGI_GUNCELLEME"
    DELIVERY = "SATIN_ALMA_TESLIMAT"
    LEGAL = "YASAL_BILGI"

    @property
    def tr(self) -> str:
        """The Turkish words people read."""
        return _SERVICES[self][0]

    @property
    def en(self) -> str:
        """The English words people read."""
        return _SERVICES[self][1]


_SERVICES: Final = {
    Service.USE: ("Satılan ürünün kullanımı ve bakımı", "Use and care of what was bought"),
    Service.MEMBERSHIP: ("Süren abonelik ya da üyelik", "A subscription or membership"),
    Service.COLLECTION: ("Tahsilat ve borç hatırlatma", "Collection and reminder of a debt"),
    Service.UPDATE: ("Bilgi güncelleme", "Updating data"),
    Service.DELIVERY: ("Satın alma ve teslimat", "Purchase and delivery"),
    Service.LEGAL: ("Mevzuatın istediği bildirim", "A notice the law demands"),
}
