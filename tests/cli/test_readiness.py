"""A second start finds out that nothing has to be prepared; whatever changed is prepared again."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from werkzeug.security import check_password_hash

import config
from ileti.cli import readiness
from ileti.cli.first_run import furnish
from ileti.cli.readiness import Mark
from ileti.cli.setup import prepare
from ileti.cli.users import ensure_user
from ileti.core import loaded

BESIDE = loaded._BESIDE


@pytest.fixture
def given(database: str, tmp_path: Path) -> config.Settings:
    """A development installation in a folder of its own, whose simulator is away."""
    return config.settings().model_copy(update={"ileti_var": tmp_path, "iys_simulator_port": 9})


@pytest.fixture
def made(given: config.Settings) -> config.Settings:
    """The same after its first start."""
    prepare(given)
    furnish(given)
    return given


def ready(settings: config.Settings) -> bool:
    return readiness.is_prepared(settings, readiness.read(settings))


def stored(conn: Any, name: str) -> str:
    row = conn.execute("select password from ab_user where username = %s", [name]).fetchone()
    return str(row[0])


def test_nothing_is_prepared_before_the_first_start(given: config.Settings) -> None:
    assert readiness.read(given) == Mark()
    assert not ready(given)


def test_after_the_first_start_nothing_is_left_to_prepare(
        made: config.Settings, conn: Any) -> None:
    assert ready(made)
    path = readiness.password_file(made)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for name in ("admin", "bayi-a", "bayi-b"):
        assert check_password_hash(stored(conn, name), path.read_text().strip())
    assert readiness.password_holds(made, readiness.read(made))


def other_code(settings: config.Settings, monkeypatch: pytest.MonkeyPatch) -> config.Settings:
    monkeypatch.setattr(readiness, "code_digest", lambda: "other")
    return settings


CHANGES: dict[str, Callable[[config.Settings, pytest.MonkeyPatch], config.Settings]] = {
    "code": other_code,
    "port": lambda s, _: s.model_copy(update={"port": s.port + 1}),
    "address": lambda s, _: s.model_copy(update={"public_url": "https://izin.ornek.test"}),
    "no demo": lambda s, _: s.model_copy(update={"demo_company": False}),
    "database": lambda s, _: s.model_copy(update={"database_url": s.database_url + "&x=y"}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_it_depends_on_has_changed(
        made: config.Settings, change: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not ready(change(made, monkeypatch))


def test_a_database_of_another_revision_and_a_lost_password_are_prepared_again(
        made: config.Settings) -> None:
    mark = readiness.read(made)
    assert not readiness.is_prepared(made, replace(mark, state="0001"))
    away = made.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/x"})
    assert not readiness.is_prepared(
        away, replace(mark, database=readiness.database_digest(away)))
    readiness.password_file(made).unlink()
    assert not ready(made)


@pytest.mark.parametrize("text", ["", "{", "17", "[]", '{"strange": 1}', "e3b0c44298fc1c149afb"])
def test_a_mark_that_cannot_be_read_is_none(made: config.Settings, text: str) -> None:
    (made.ileti_var / "prepared").write_text(text)
    assert readiness.read(made) == Mark()


def test_a_migration_that_changes_alone_is_another_code(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaded, "_CODE", tmp_path)
    monkeypatch.setattr(loaded, "_BESIDE", ())
    (tmp_path / "a.py").write_text("")
    (tmp_path / "b.sql").write_text("")
    (tmp_path / "c.html").write_text("")
    before = readiness.code_digest()
    (tmp_path / "c.html").write_text("<p>")
    assert readiness.code_digest() == before
    (tmp_path / "b.sql").unlink()
    assert readiness.code_digest() != before


@pytest.mark.parametrize("name", ["ileti/a.py", "config.py", "requirements/base.txt"])
def test_code_is_told_by_what_stands_in_it(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(loaded, "_CODE", tmp_path / "ileti")
    monkeypatch.setattr(loaded, "_BESIDE", (tmp_path / "config.py",
                                            tmp_path / "requirements/base.txt"))
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("a = 1")
    before, times = readiness.code_digest(), (path.stat().st_atime, path.stat().st_mtime)
    os.utime(path, (1, 1))
    assert readiness.code_digest() == before
    path.write_text("a = 2")
    os.utime(path, times)
    assert readiness.code_digest() != before
    assert all(one.is_file() for one in BESIDE)


def test_set_up_is_recorded_as_done_by_the_code_it_began_with(
        given: config.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaded, "_at_start", "of a file that has changed since")
    monkeypatch.setattr("ileti.factory.create_app", lambda _: None)
    monkeypatch.setattr("ileti.factory.setup_permissions", lambda _: None)
    prepare(given)
    assert readiness.read(given).code == "of a file that has changed since"


def test_the_digest_is_taken_before_anything_it_describes_is_loaded() -> None:
    told = subprocess.run([sys.executable, "-c", """
import sys
sys.argv = ["ileti", "setup", "--help"]
from ileti.core import loaded
def ours():
    return sorted(one for one in sys.modules if one.partition(".")[0] in ("config", "ileti"))
loaded.code_digest = lambda: print(*ours()) or "x"
from ileti.__main__ import run
run()"""], cwd=config.ROOT, capture_output=True, text=True, check=True).stdout
    assert told.splitlines()[0] == "ileti ileti.__main__ ileti.core ileti.core.loaded"


LOST = {
    "a table's right": "revoke insert on submission from ileti_app",
    "a right too many": "grant delete on consent_entry to ileti_app",
    "a sequence's right": "revoke usage on sequence consent_entry_id_seq from ileti_app",
    "a function's right": "revoke execute on function record_round(integer, integer, bigint, "
                          "timestamptz, integer) from ileti_app, public",
    "the schema's": "revoke usage on schema public from ileti_app, public",
    "its cluster": "update seal_epoch set system = '7'",
}


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
def test_a_database_that_was_copied_or_has_lost_a_right_is_prepared_again(
        given: config.Settings, database: str, lost: str) -> None:
    state = readiness.database_state(given)
    assert state.startswith("0")
    with psycopg.connect(database) as owner:
        owner.execute("set role none")
        owner.execute(lost)  # type: ignore[arg-type]
        assert owner.execute(readiness._STATE).fetchone() != (state,)
        owner.rollback()
    assert readiness.database_state(given) == state


def test_a_password_changed_since_stays_and_is_not_said(made: config.Settings, conn: Any) -> None:
    ensure_user("admin", "another-parola-77", role="platform_admin")
    before = stored(conn, "admin"), stored(conn, "bayi-a")
    assert not readiness.password_holds(made, readiness.read(made))
    furnish(made)
    assert (stored(conn, "admin"), stored(conn, "bayi-a")) == before
    assert not readiness.password_holds(made, readiness.read(made))
    assert ready(made)


def test_without_the_file_everybody_gets_a_new_password(made: config.Settings, conn: Any) -> None:
    path = readiness.password_file(made)
    old = path.read_text()
    path.unlink()
    furnish(made)
    assert path.read_text() != old
    assert check_password_hash(stored(conn, "bayi-b"), path.read_text().strip())
    assert readiness.password_holds(made, readiness.read(made))


def test_a_first_run_that_was_killed_is_made_whole(
        given: config.Settings, conn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ileti.cli import first_run

    prepare(given)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(first_run, "_keep", killed)
        with pytest.raises(KeyboardInterrupt):
            furnish(given)
    assert not ready(given)
    furnish(given)
    password = readiness.password_file(given).read_text().strip()
    assert check_password_hash(stored(conn, "admin"), password)
    assert ready(given)
