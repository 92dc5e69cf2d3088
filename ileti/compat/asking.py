"""Asking İYS on a program's behalf, where İYS alone knows.

Why this module exists: what the ledger does not hold (older histories, whose retailers may see a
consent) has to be asked with the existing client, its turns and its hourly budgets. The web
processes also take visitors' consents, so only two of a process's threads may wait for İYS at a
time; the next is told to come again (H123, which İYS's list of codes says to repeat, §14). What İYS
refuses is passed on as it said it; when İYS is away, that is said too (H192).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ileti.compat.refusals import Refused, fault
from ileti.core.logs import get_logger
from ileti.iys.client import IysClient, IysTrouble, client_for
from ileti.iys.errors import NO_CODE, Kind

log = get_logger("ileti.compat")

AT_ONCE: Final = 2
_turns = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def asking(provider_id: int) -> Iterator[IysClient]:
    """The provider's client; raises Refused for what goes wrong inside. Never in a transaction."""
    if not _turns.acquire(blocking=False):
        raise Refused([fault("H123")], retry_after=1)
    try:
        yield client_for(provider_id)
    except IysTrouble as trouble:
        log.info("compat_not_answered", code=trouble.code, status=trouble.http_status)
        raise as_refusal(trouble) from trouble
    finally:
        _turns.release()


def as_refusal(trouble: IysTrouble) -> Refused:
    """İYS's failure as our answer. A fault of the account at İYS is not the program's token."""
    if trouble.kind is Kind.RATE:
        return Refused([fault(trouble.code)], 429, retry_after=trouble.wait)
    if trouble.code == "invalid_request" or trouble.kind is Kind.AUTH or trouble.http_status == 401:
        return Refused([fault("H524")])
    status = trouble.http_status
    if status is None or status < 400 or trouble.code.startswith(NO_CODE):
        return Refused([fault("H192")])
    said = [fault(one.code, list(one.location) or None, index=one.index)
            for one in trouble.faults]
    return Refused(said or [fault(trouble.code)], status)
