"""The thin entries of large exports' background work.

A worker carries neither Flask nor SQLAlchemy, in which lists are asked for; so when there is
something to make, a process is started that does, and ends (:func:`made_by`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

from ileti.core.jobs import job
from ileti.exports import runs

RUN_SECONDS: Final = 40.0
_maker: list[str] = []


def made_by(module: str) -> None:
    """Name the module that a process runs to make what waits."""
    _maker[:] = [module]


@job(queue="upkeep", every=15.0, timeout=3_600,
     idempotent="a run is held by a lease under a fence; a file counts when its run is done")
def make() -> dict[str, int]:
    """Make the files that were asked for."""
    if not _maker or not runs.waiting():
        return {}
    # it ends with this job: whatever is raised here kills it
    done = subprocess.run(  # noqa: S603 (our own module, by our own name)
        [sys.executable, "-m", _maker[0]], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
        check=True)
    told: dict[str, int] = json.loads(done.stdout)
    return told


@job(queue="upkeep", every=300.0,
     idempotent="only destroys what has expired or nobody may read")
def sweep() -> dict[str, int]:
    """Destroy files that expired."""
    return runs.sweep()
