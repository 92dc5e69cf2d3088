"""The engines in the box open nothing of the machine that was closed."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from stat import S_IMODE
from types import SimpleNamespace

import psycopg
import pytest

from config import WrongSetting
from ileti.core.embedded import (
    EmbeddedPostgres,
    EmbeddedServices,
    EmbeddedValkey,
    keep_alone,
    refuse_full_disk,
)
from ileti.core.memory import memory_bytes, page_cache_megabytes


def mode(path: Path) -> int:
    return S_IMODE(path.stat().st_mode)


def test_postgres_opens_no_folder_above_it_and_its_socket_is_its_own():
    closed = Path(tempfile.mkdtemp(prefix="ileti-closed-", dir="/tmp"))
    folder = closed / "var" / "postgres"
    engine = EmbeddedPostgres(folder)
    try:
        assert mode(closed) == 0o700
        engine.start()
        engine.start()
        assert mode(closed) == (0o701 if os.geteuid() == 0 else 0o700)
        with psycopg.connect(engine.url("ileti")) as conn:
            assert conn.execute("select 1").fetchone() == (1,)
        assert [mode(one) for one in folder.glob(".s.PGSQL.*[0-9]")] == [0o700]
    finally:
        engine.stop()
        shutil.rmtree(closed)


def test_a_folder_that_is_a_file_is_said_with_the_setting(tmp_path):
    (tmp_path / "var").write_text("")
    with pytest.raises(WrongSetting, match="ILETI_VAR"):
        refuse_full_disk(tmp_path / "var")


def test_the_folder_is_free_again_after_its_holder(tmp_path):
    with (keep_alone(tmp_path), pytest.raises(WrongSetting, match="already runs"),
          keep_alone(tmp_path)):
        pass
    with keep_alone(tmp_path):
        pass


@pytest.mark.parametrize(("memory", "megabytes"), [
    (512 << 20, 128), (4 << 30, 512), (8 << 30, 1024), (64 << 30, 2048)])
def test_postgresqls_page_cache_grows_with_the_machine_up_to_a_bound(memory, megabytes):
    assert page_cache_megabytes(memory) == megabytes


@pytest.mark.parametrize(("said", "bound"), [("1073741824\n", 1 << 30), ("max\n", None)])
def test_a_containers_limit_counts_where_there_is_one(tmp_path, said, bound):
    limit = tmp_path / "memory.max"
    limit.write_text(said)
    physical = memory_bytes(tmp_path / "none")
    assert memory_bytes(limit) == (bound or physical)


def test_a_cluster_that_a_kill_left_half_made_is_put_aside_and_made_anew():
    home = Path(tempfile.mkdtemp(prefix="ileti-half-", dir="/tmp"))  # PostgreSQL's user may pass
    folder = home / "postgres"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("18\n")
    (home / "postgres.making").touch()
    engine = EmbeddedPostgres(folder)
    try:
        engine.start()
        assert engine.runs
        assert not (home / "postgres.making").exists()
        [aside] = home.glob("postgres.half-*")
        assert [one.name for one in aside.iterdir()] == ["PG_VERSION"]
    finally:
        engine.stop()
        shutil.rmtree(home)


def test_a_cluster_that_cannot_be_made_is_one_sentence(tmp_path, monkeypatch):
    def broken():
        raise subprocess.CalledProcessError(1, "initdb", "", "initdb: No space left on device\n")

    engine = EmbeddedPostgres(tmp_path / "postgres")
    monkeypatch.setattr(engine._server, "ensure_pgdata_inited", broken)
    with pytest.raises(WrongSetting, match=r"could not be made in .*No space left"):
        engine.start()
    assert (tmp_path / "postgres.making").exists(), "the next start begins anew"


def test_a_cluster_that_does_not_start_is_one_sentence(tmp_path, monkeypatch):
    def broken():
        raise subprocess.TimeoutExpired("pg_ctl", 1)

    engine = EmbeddedPostgres(tmp_path / "postgres")
    monkeypatch.setattr(engine._server, "ensure_pgdata_inited", lambda: None)
    monkeypatch.setattr(engine._server, "ensure_postgres_running", broken)
    monkeypatch.setattr(engine, "_tune", lambda: None)
    with pytest.raises(WrongSetting, match="does not start; its log is"):
        engine.start()


def test_a_cluster_that_recovers_for_longer_than_a_start_takes_is_waited_for(tmp_path, monkeypatch):
    engine, calls = EmbeddedPostgres(tmp_path / "postgres"), []
    engine.folder.mkdir()

    def says(status):
        lines = [str(os.getpid()), *(["-"] * 6), status]
        (engine.folder / "postmaster.pid").write_text("\n".join(lines) + "\n")

    def slow():
        calls.append(engine._status())
        if len(calls) == 1:
            says("starting")
            threading.Timer(0.3, says, ("ready   ",)).start()
            raise subprocess.TimeoutExpired("pg_ctl", 10)

    for method, instead in (("ensure_pgdata_inited", lambda: None),
                            ("ensure_postgres_running", slow)):
        monkeypatch.setattr(engine._server, method, instead)
    for method in ("_make", "_tune"):
        monkeypatch.setattr(engine, method, lambda: None)
    engine.start()
    assert calls == ["", "ready   "]


def test_a_half_made_cluster_is_put_aside_beside_an_earlier_one(tmp_path, monkeypatch):
    engine = EmbeddedPostgres(tmp_path / "postgres")
    monkeypatch.setattr(EmbeddedPostgres, "_server", SimpleNamespace(
        ensure_pgdata_inited=lambda: None))
    for _ in range(2):
        engine.folder.mkdir()
        (engine.folder / "base").mkdir()
        (tmp_path / "postgres.making").touch()
        engine._make()
    assert {one.name for one in tmp_path.iterdir()} == {"postgres.half-1", "postgres.half-2"}


@pytest.mark.parametrize("kept", ["PG_VERSION", "base"])
def test_a_broken_cluster_that_may_hold_the_ledger_is_never_made_anew(tmp_path, kept):
    folder = tmp_path / "postgres"
    folder.mkdir()
    (folder / kept).touch()
    for _ in range(2):
        with pytest.raises(WrongSetting, match=r"no whole PostgreSQL cluster\. Restore it"):
            EmbeddedPostgres(folder).start()
    assert [one.name for one in folder.iterdir()] == [kept]


@pytest.mark.parametrize(("number", "advice"), [
    (errno.ENOSPC, "free some space"), (errno.EROFS, "a folder you may write to"),
    (errno.EACCES, "a folder you may write to")])
@pytest.mark.parametrize("engine", [EmbeddedPostgres, EmbeddedValkey])
def test_a_disk_that_takes_nothing_is_one_sentence(tmp_path, monkeypatch, engine, number, advice):
    made, there = Path.mkdir, engine(tmp_path / "engine")

    def refuse(path, *more, **named):
        if path == tmp_path / "engine":
            raise OSError(number, os.strerror(number), str(path))
        return made(path, *more, **named)

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(WrongSetting, match=f"engine cannot be written .*{advice}"):
        there.start()


def test_a_lock_that_cannot_be_opened_is_one_sentence(tmp_path):
    (tmp_path / "postgres.lock").mkdir()
    with pytest.raises(WrongSetting, match=r"postgres\.lock cannot be written"):
        EmbeddedPostgres(tmp_path / "postgres").start()


def test_valkey_answers_only_once_it_is_there(tmp_path):
    engine = EmbeddedValkey(tmp_path / "valkey")
    assert not engine.runs
    try:
        engine.start()
        assert engine.runs
    finally:
        engine.stop()
    assert not engine.runs


def test_a_valkey_with_much_to_load_is_waited_for(tmp_path, monkeypatch):
    engine, answers = EmbeddedValkey(tmp_path / "valkey"), itertools.count()
    now = itertools.count(step=9)  # each look at the clock is nine seconds later

    def answer():
        n = next(answers)
        return b"" if n == 0 else b"-LOADING" if n < 9 else b"+PONG"

    monkeypatch.setattr(engine, "_answer", answer)
    monkeypatch.setattr("ileti.core.embedded.time", SimpleNamespace(
        monotonic=lambda: next(now), sleep=lambda _seconds: None))
    process = SimpleNamespace(pid=1, poll=lambda: None)
    monkeypatch.setattr("ileti.core.embedded.subprocess.Popen", lambda *_a, **_k: process)
    engine._start()
    assert engine.runs


def test_both_start_at_once_and_what_one_says_is_heard(tmp_path, monkeypatch):
    both = EmbeddedServices(tmp_path)
    meeting = threading.Barrier(2, timeout=10)
    monkeypatch.setattr(EmbeddedPostgres, "start", lambda one: meeting.wait())

    def broken(one):
        meeting.wait()
        raise WrongSetting("no Valkey")

    monkeypatch.setattr(EmbeddedValkey, "start", broken)
    with pytest.raises(WrongSetting, match="no Valkey"):
        both.start()
