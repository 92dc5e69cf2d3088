"""A path out of the database never leads out of the folder it belongs to.

Why this module exists: rows name files below a folder, and what is destroyed is removed by that
name. A row that says ``/`` or ``../..``, by a fault of ours or by somebody's hand, would have a job
of the system empty the machine: a folder joined with an absolute path is that path.
"""

from __future__ import annotations

from pathlib import Path


def inside(folder: Path, name: str) -> Path:
    """The path of ``name`` below ``folder``, which is not there in its stead and is reached by no
    link. Raises ValueError for anything else."""
    whole = folder.resolve()
    path = whole / name
    if not name or path != path.resolve() \
            or whole not in path.parents:
        raise ValueError("leads out of its folder")
    return path
