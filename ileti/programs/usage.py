"""How often each key calls, without a write per call.

Why this module exists: people want to see what a program does, and a counter row per call would
cost as much as the call. A process counts for itself and tells the database every few seconds, all
keys in one statement; what a killed process had not told is lost, for this is a gauge and no proof.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections import Counter
from datetime import date
from typing import Final

from ileti.core import clock, db
from ileti.core.logs import get_logger
from ileti.programs.accounts import Caller

log = get_logger("ileti.programs")

TELL_SECONDS: Final = 5.0
_lock = threading.Lock()
_untold: Counter[tuple[int, date, int, int, int]] = Counter()
_teller: list[int] = []

_TELL: Final = """
insert into api_usage (key_id, day, status, provider_id, account_id, calls)
select * from unnest(%s::int[], %s::date[], %s::smallint[], %s::int[], %s::int[], %s::bigint[])
    on conflict (key_id, day, status) do update set calls = api_usage.calls + excluded.calls"""


def note(caller: Caller, status: int) -> None:
    """One call that was answered."""
    day = clock.to_istanbul(clock.now()).date()
    with _lock:
        _untold[caller.key_id, day, status, caller.home_id, caller.account_id] += 1
        if _teller != [os.getpid()]:
            _teller[:] = [os.getpid()]
            threading.Thread(target=_run, daemon=True, name="api-usage").start()


def tell() -> int:
    """Write down what was counted; how many calls. On a failure they are kept for the next time."""
    with _lock:
        counted = sorted(_untold.items())
        _untold.clear()
    if not counted:
        return 0
    try:
        db.system_connection().execute(_TELL, [*map(list, zip(
            *(key for key, _ in counted), strict=True)), [n for _, n in counted]])
    except BaseException:
        with _lock:
            _untold.update(dict(counted))
        raise
    return sum(n for _, n in counted)


def _run() -> None:
    atexit.register(_last)
    pause = threading.Event()
    while not pause.wait(TELL_SECONDS):
        try:
            tell()
        except Exception as error:
            log.warning("api_usage_waits", reason=type(error).__name__)


def _last() -> None:
    """What is left when the process ends by itself."""
    try:
        tell()
    except Exception as error:
        log.warning("api_usage_lost", reason=type(error).__name__)
