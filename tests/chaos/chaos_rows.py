"""Which fault of a run plays which row of the fault matrix: rows 1 to 9, 14 to 31 and our clock.

A test keeps the table whole and true: every row is in it, every name is something a run can do. A
row whose time is hours or days is played as far as seconds go, and what remains is named.
"""

from __future__ import annotations

from dataclasses import dataclass

ROWS_ASKED = (*range(1, 10), *range(14, 32), 32)


@dataclass(frozen=True)
class Row:
    """What happens, the names of the faults and of the people's acts that play it, and what a run
    of seconds cannot show (with the test that shows it)."""

    what: str
    played_by: tuple[str, ...]
    not_shown: str = ""


LOST_IN_DOUBT = ("İYS timeout_after_accept", "İYS 500_after_accept", "İYS half_answer")

ROWS: dict[int, Row] = {
    1: Row("web dies between commit and wake-up", ("capture.recorded", "web killed")),
    2: Row("web dies before the commit", ("capture.accepted", "web killed")),
    3: Row("web dies after the commit, the answer is lost",
           ("capture.recorded", "web killed", "doubled request")),
    4: Row("worker dies after İYS took it", ("forward.sent", "worker killed")),
    5: Row("worker and its work horse die", ("worker killed", "scheduler killed"),
           "a take-over within 30 s: tests/faults/test_workers_fail.py"),
    6: Row("Redis is flushed", ("Redis flushed",)),
    7: Row("Redis is down", ("Redis killed",)),
    8: Row("Redis is full or slow", ("Redis full", "Redis stalled")),
    9: Row("PostgreSQL restarts in mid-request",
           ("PostgreSQL crashed", "PostgreSQL restarted", "connections ended",
            "PostgreSQL stalled")),
    14: Row("İYS's token ends in mid-batch", ("İYS 401", "İYS clock stepped")),
    15: Row("two workers renew the token at once", ("İYS 401", "İYS clock stepped"),
            "which refresh token is kept: tests/iys/test_client.py"),
    16: Row("İYS says 429", ("İYS 429", "İYS quota low")),
    17: Row("İYS fails for long", ("İYS 500", "İYS 503", "İYS subscription paused"),
            "hours of it and the alarms: tests/iys/test_alarms.py"),
    18: Row("İYS is silent", ("İYS blackhole", "İYS away", "İYS slow", *LOST_IN_DOUBT)),
    19: Row("half an answer", ("İYS half_answer",)),
    20: Row("an answer that is none, or in another order",
            ("İYS html", "İYS broken_json", "İYS fewer", "İYS reorder")),
    21: Row("one faulty item refuses the whole list", ("faulty",),
            "500 bad ones of 1 000: tests/iys/test_forward_faults.py"),
    22: Row("the result does not come for long", ("İYS results late",)),
    23: Row("H174, H175, H178 on sending again",
            (*LOST_IN_DOUBT, "consent, refuse, consent, refuse")),
    24: Row("the same address twice in a list",
            ("consent, consent", "consent, refuse, consent", "İYS away")),
    25: Row("a refusal of an address İYS never knew", ("unverified, refuse",)),
    26: Row("two workers want the same batch", ("worker stopped past its lease", "Redis flushed")),
    27: Row("a worker wakes past its lease and writes", ("worker stopped past its lease",)),
    28: Row("İYS's push twice, out of order, answers lost, receiver killed, by strangers",
            ("push doubled", "push late and out of order", "push answer lost", "push lost",
             "push forged", "push.recorded", "push.taken", "İYS pull late",
             "İYS pushes all again, doubled and in disorder")),
    29: Row("nobody pulled for more than seven days", ("pull silent for a week",),
            "the alarm after 24 hours: tests/iys/test_full_check.py"),
    30: Row("death between a page and its cursor", ("pull.recorded", "worker killed")),
    31: Row("a citizen refuses while our consent waits",
            ("consent, citizen RET", "consent, citizen RET, consent", "İYS away")),
    32: Row("our clock goes back an hour, forward a day", ("our clock stepped",),
            "the other hosts' clocks right meanwhile: tests/iys/test_clock_behind.py"),
}
