"""Workers and the scheduler: who does the background work, and who asks for it.

A worker is RQ's SimpleWorker: no fork per job, so that connections and tokens stay open; the truth
is in the outbox and leases are ours, so a worker that dies costs a lease, not a job. The scheduler
rings every job at its interval; when Redis is away it does the work itself, slower but whole.
"""

from __future__ import annotations

import signal
import threading
import time
from contextlib import AbstractContextManager
from typing import Any

from ileti.core import jobs
from ileti.core.errors import StorageAway
from ileti.core.logs import get_logger

log = get_logger("ileti.worker")


def load_jobs() -> None:
    """Import every feature's jobs, so that they are registered."""
    import ileti.callcentre.jobs
    import ileti.calllists.jobs
    import ileti.campaigns.jobs
    import ileti.capture.jobs
    import ileti.channels.jobs
    import ileti.consents.jobs
    import ileti.evidence.jobs
    import ileti.exports.jobs
    import ileti.imports.jobs
    import ileti.inbound.jobs
    import ileti.iys.jobs
    import ileti.mailroom.jobs
    import ileti.programs.jobs
    import ileti.radar.jobs
    import ileti.reports.jobs
    import ileti.requests.eraser
    import ileti.requests.jobs
    import ileti.retention.jobs
    import ileti.signin.jobs
    import ileti.templates.jobs
    import ileti.tenancy.jobs
    import ileti.webhooks.jobs
    from ileti.reports.daily import letters
    from ileti.tenancy import foureyes

    foureyes.house_is(_house)
    letters.house_is(_house)
    ileti.exports.jobs.made_by("ileti.cli.exportmaker")


def _house() -> AbstractContextManager[Any]:
    """The panel's application: some deeds that two people agreed to are its rooms'."""
    from ileti.factory import create_app

    return create_app().app_context()


def work(queues: list[str], *, burst: bool = False) -> None:
    """Serve the queues until SIGTERM; the job at hand is finished first."""
    from redis.exceptions import RedisError
    from rq import SimpleWorker

    load_jobs()
    while True:
        try:
            worker = SimpleWorker(
                [jobs.queue_named(name) for name in queues], connection=jobs.redis_client(),
                serializer="json", worker_ttl=30, maintenance_interval=15,
                job_monitoring_interval=5, log_job_description=False,
            )
            worker.work(burst=burst, logging_level="WARNING")
            return
        except RedisError as error:
            log.warning("redis_away", reason=type(error).__name__)
            time.sleep(2)


def schedule(stop: threading.Event | None = None) -> None:
    """Ring every job at its interval until SIGTERM."""
    load_jobs()
    ended = stop or threading.Event()
    if stop is None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
    due = dict.fromkeys(jobs.JOBS, 0.0)
    while not ended.wait(0.25):
        for name, kind in jobs.JOBS.items():
            if time.monotonic() >= due[name]:
                due[name] = time.monotonic() + kind.every
                _ask(name)


def _ask(name: str) -> None:
    if jobs.ring(name):
        return
    try:
        jobs.run_job(name)
    except StorageAway:
        log.warning("storage_away", job=name)
    except Exception:
        log.exception("job_failed", job=name)
