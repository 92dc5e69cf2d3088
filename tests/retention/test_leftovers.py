"""Files whose keys are gone leave the disk, whatever was in the way the last time, and no others.

What removes is replaced where a path is hostile: should the guard fail, the test must not empty the
machine it runs on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import config
from ileti.core import clock, db
from ileti.iys import archive
from ileti.retention import leftovers
from tests.imports import import_house as lists

ADDRESS = "+905990000001"


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: Any) -> Path:
    """Where lists and İYS's days lie."""
    monkeypatch.setattr(config.settings(), "import_dir", tmp_path / "listeler")
    monkeypatch.setattr(config.settings(), "archive_dir", tmp_path / "gunler")
    return tmp_path


@pytest.fixture
def destroyed(shop: Any, owner: Any, folders: Path) -> int:
    """A list whose key is gone and whose file lies there still."""
    run: int = lists.listed(shop, lists.row(ADDRESS))
    owner.execute("update import_run set file_key = '' where id = %s", (run,))
    return run


def parts(folders: Path) -> list[Path]:
    return [path for path in (folders / "listeler").rglob("part-*") if path.is_file()]


def path_of(run: int) -> str:
    return str(db.connection().execute(
        "select path from import_run where id = %s", (run,)).fetchone()[0])  # type: ignore[index]


def test_what_a_run_left_when_it_was_killed_is_removed_by_the_next(
    destroyed: int, folders: Path, monkeypatch: Any
) -> None:
    def dies(_name: str) -> None:
        raise KeyboardInterrupt

    assert parts(folders)
    with monkeypatch.context() as patch:
        patch.setattr(leftovers, "reach", dies)
        with pytest.raises(KeyboardInterrupt):
            leftovers.remove()
    assert (parts(folders), path_of(destroyed) != "") == ([], True)
    leftovers.remove()
    assert path_of(destroyed) == ""


def test_a_file_that_cannot_be_removed_is_not_forgotten(
    destroyed: int, folders: Path, monkeypatch: Any
) -> None:
    def refuses(*_: Any, **_more: Any) -> None:
        raise PermissionError("read-only")

    with monkeypatch.context() as patch:
        patch.setattr(leftovers.shutil, "rmtree", refuses)
        leftovers.remove()
    assert parts(folders)
    assert path_of(destroyed) != ""
    leftovers.remove()
    assert (parts(folders), path_of(destroyed)) == ([], "")


@pytest.mark.attack
@pytest.mark.parametrize("path", [".", "..", "../baska", "/", "1/../../baska", "//etc"])
def test_a_path_that_leads_elsewhere_removes_nothing(
    destroyed: int, owner: Any, folders: Path, monkeypatch: Any, path: str
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(leftovers.shutil, "rmtree", asked.append)
    owner.execute("update import_run set path = %s where id = %s", (path, destroyed))
    leftovers.remove()
    assert not [one for one in asked if folders / "listeler" not in one.parents]
    assert path_of(destroyed) == path


@pytest.mark.attack
def test_an_archived_day_is_removed_from_the_archives_own_folder(
    shop: Any, owner: Any, folders: Path
) -> None:
    kept = archive.keep(shop, clock.today(), archive.Kind.FILE, b"x")
    like, other = folders / "listeler" / kept.path, folders / "dosya"
    like.parent.mkdir(parents=True)
    like.write_text("a list's, by the same name")
    other.write_text("somebody's")
    owner.execute("update iys_archive set file_key = '' where id = %s", (kept.id,))
    leftovers.remove()
    assert (like.exists(), (folders / "gunler" / kept.path).exists()) == (True, False)
    owner.execute("update iys_archive set path = '../dosya' where id = %s", (kept.id,))
    leftovers.remove()
    assert other.exists()
