"""A file on its way: fixed once it is whole, bounded while it is not, swept when it is left."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from config import settings
from ileti.core import db
from ileti.core.db import connect
from ileti.core.errors import CallerMistake, Conflict
from ileti.imports import arriving, quota, runs
from ileti.imports.files import PartedFile
from ileti.imports.jobs import sweep
from ileti.imports.reading.reader import Layout
from ileti.imports.states import RunState
from ileti.imports.terms import chunk_key

DAY = 86_400


def opened(place, **named) -> int:
    return runs.open_run(place, "liste.csv", Layout(), **{"counted": True, **named})


def limit(monkeypatch, **values: int) -> None:
    for name, value in values.items():
        monkeypatch.setattr(settings(), name, value)


def aged(run_id: int, days: int) -> None:
    """As if nothing had happened with it for so long."""
    db.connection().execute(
        "update import_run set next_at = now() - make_interval(days => %s) where id = %s",
        (days, run_id))


def folder(run_id: int):
    return settings().import_folder / runs.read_run(run_id).path


def state(run_id: int) -> RunState:
    return runs.read_run(run_id).state


# -- fixed once whole ------------------------------------------------------------------------------


def test_a_part_that_ends_after_the_file_was_finished_does_not_replace_it(place):
    run_id = opened(place)
    arriving.add_part(run_id, 1, [b"ilk"])

    def late():
        yield b"ba"
        arriving.finish(run_id)
        yield b"ska"

    with pytest.raises(Conflict) as error:
        arriving.add_part(run_id, 1, late())
    assert error.value.code == "moved_on"
    run = runs.read_run(run_id)
    assert b"".join(run.file.read()) == b"ilk"
    assert (run.size, run.sha256) == (3, sha256(b"ilk").digest())
    assert [path.name for path in folder(run_id).iterdir()] == ["part-00001-3"]


def test_no_part_comes_in_while_the_file_is_being_hashed(place, monkeypatch):
    run_id = opened(place)
    arriving.add_part(run_id, 1, [b"ilk"])
    read, seen = PartedFile.read, []

    def reading(self):
        for number in (1, 2):
            with pytest.raises(Conflict) as error:
                arriving.add_part(run_id, number, [b"sonra"])
            seen.append(error.value.code)
        yield from read(self)

    monkeypatch.setattr(PartedFile, "read", reading)
    run = arriving.finish(run_id)
    assert seen == ["upload_going_on", "upload_going_on"]
    assert run.sha256 == sha256(b"ilk").digest()


def test_who_lost_the_lease_while_hashing_fixes_nothing(place):
    run_id = opened(place)
    arriving.add_part(run_id, 1, [b"ilk"])
    held = arriving.close(run_id)
    db.connection().execute("update import_run set next_at = now() where id = %s", [run_id])
    arriving.add_part(run_id, 1, [b"ikinci"])
    with pytest.raises(Conflict):
        arriving.settle(*held)
    assert arriving.finish(run_id).sha256 == sha256(b"ikinci").digest()


def test_finishing_twice_is_told(place):
    run_id = opened(place)
    arriving.add_part(run_id, 1, [b"ilk"])
    arriving.finish(run_id)
    with pytest.raises(Conflict):
        arriving.finish(run_id)
    with pytest.raises(Conflict):
        arriving.add_part(run_id, 2, [b"x"])


def test_an_empty_or_gapped_file_can_be_continued(place):
    run_id = opened(place)
    arriving.add_part(run_id, 2, [b"son"])
    with pytest.raises(CallerMistake) as error:
        arriving.finish(run_id)
    assert error.value.code == "part_missing"
    arriving.add_part(run_id, 1, [b"ilk"])
    assert b"".join(arriving.finish(run_id).file.read()) == b"ilkson"


# -- bounded ---------------------------------------------------------------------------------------


def test_so_many_uploads_may_be_unfinished_and_no_more(place, monkeypatch):
    limit(monkeypatch, import_open_uploads=2)
    opened(place), opened(place)
    with pytest.raises(Conflict) as error:
        opened(place)
    assert error.value.code == "too_many_uploads"
    assert "2 dosya" in error.value.tr
    assert error.value.tr != error.value.en
    assert opened(place, counted=False)


def test_giving_one_up_or_finishing_one_makes_room(place, monkeypatch):
    limit(monkeypatch, import_open_uploads=1)
    run_id = opened(place)
    arriving.add_part(run_id, 1, [b"x"])
    arriving.finish(run_id)
    again = opened(place)
    runs.cancel(again)
    assert opened(place)


def test_unfinished_uploads_share_their_bytes(place, monkeypatch):
    limit(monkeypatch, import_open_mb=1)
    first, second = opened(place), opened(place)
    arriving.add_part(first, 1, [b"x" * 600_000])
    with pytest.raises(Conflict) as error:
        arriving.add_part(second, 1, [b"x" * 600_000])
    assert error.value.code == "uploads_too_large"
    assert runs.read_run(second).file.parts() == {}
    assert arriving.add_part(first, 1, [b"x" * 900_000]) == 900_000


@pytest.mark.parametrize("waiting", [RunState.MAPPING, RunState.CHECKED, RunState.FAILED])
def test_lists_that_wait_to_be_applied_take_their_room(place, waiting, monkeypatch):
    limit(monkeypatch, import_open_mb=1)
    first, second = opened(place), opened(place)
    arriving.add_part(first, 1, [b"x" * 600_000])
    arriving.finish(first)
    runs.note(runs.read_run(first), "state = %s", (waiting,))
    with pytest.raises(Conflict) as error:
        arriving.add_part(second, 1, [b"x" * 600_000])
    assert error.value.code == "uploads_too_large"
    assert "uygulanmayı bekleyen" in error.value.tr
    runs.cancel(first)
    assert arriving.add_part(second, 1, [b"x" * 600_000]) == 600_000


def test_two_uploads_at_the_same_moment_do_not_take_the_same_room(place, monkeypatch):
    limit(monkeypatch, import_open_mb=1)
    first, second = opened(place), opened(place)
    with connect() as other, ThreadPoolExecutor() as threads:
        with other.transaction():
            quota.take_room(other, first, 600_000)
            later = threads.submit(arriving.add_part, second, 1, [b"x" * 600_000])
            with pytest.raises(TimeoutError):
                later.result(0.3)
        with pytest.raises(Conflict) as error:
            later.result(10)
    assert error.value.code == "uploads_too_large"
    assert (runs.read_run(first).size, runs.read_run(second).size) == (600_000, 0)


def test_a_whole_file_for_which_there_is_no_room_leaves_nothing(place, monkeypatch):
    limit(monkeypatch, import_open_mb=1)
    run_id = opened(place)
    with pytest.raises(Conflict) as error:
        arriving.receive(run_id, [b"x" * 700_000, b"y" * 700_000])
    assert error.value.code == "uploads_too_large"
    run = runs.read_run(run_id)
    assert (run.state, run.size, run.file.parts()) == (RunState.UPLOADING, 0, {})
    assert arriving.receive(run_id, [b"short"])[1].size == 5


def test_another_provider_is_not_bounded_by_ours(place, place_b, monkeypatch):
    limit(monkeypatch, import_open_uploads=1, import_open_mb=1)
    arriving.add_part(opened(place), 1, [b"x" * 900_000])
    arriving.add_part(opened(place_b), 1, [b"x" * 900_000])


# -- swept -----------------------------------------------------------------------------------------


def test_an_upload_nothing_came_for_is_given_up_with_its_file(place):
    quiet, busy = opened(place), opened(place)
    for run_id in (quiet, busy):
        arriving.add_part(run_id, 1, [b"x"])
        os.utime(folder(run_id), (time.time() - 9 * DAY,) * 2)
    aged(quiet, quota.QUIET_DAYS + 1)
    aged(busy, quota.QUIET_DAYS - 1)
    found = sweep()
    assert found["uploads_given_up"] >= 1
    assert (state(quiet), state(busy)) == (RunState.CANCELLED, RunState.UPLOADING)
    assert not folder(quiet).exists()
    assert folder(busy).exists()


def test_what_a_dead_attempt_left_is_removed_and_no_unknown_folder(place):
    run_id = opened(place)
    arriving.add_part(run_id, 1, [b"ilk"])
    first = folder(run_id)
    run, arrived = arriving.receive(run_id, [b"whole"])
    arriving.settle(run, arrived)
    strange = first.parent / "cafe"
    for path in (first, strange):  # the attempt before died before it removed its folder
        path.mkdir()
        (path / "part-00001-3").write_bytes(b"x")
        os.utime(path, (time.time() - 2 * DAY,) * 2)
    os.utime(folder(run_id), (time.time() - 2 * DAY,) * 2)
    sweep()
    assert not first.exists()
    assert strange.exists()
    assert b"".join(runs.read_run(run_id).file.read()) == b"whole"


# -- one spelling of a chunk's key -----------------------------------------------------------------


def test_sql_and_python_spell_the_key_of_a_chunk_alike(place):
    """``import_entries`` (sql/0140) finds a run's submissions by it."""
    body = db.connection().execute(
        "select prosrc from pg_proc where proname = 'import_entries'").fetchone()[0]
    spelled = body.partition("b.idem = ")[2].splitlines()[0].strip()
    assert "k.import_id" in spelled
    pairs = [(run, n) for run in (1, 9, 10, 99_999, 2**31, 2**63 - 1)
             for n in (0, 1, 9, 10, 12_345, 2**31 - 1)]
    found = db.connection().execute(
        f"select k.import_id, k.n, {spelled} from unnest(%s::bigint[], %s::int[]) "
        "k(import_id, n)", ([run for run, _ in pairs], [n for _, n in pairs])).fetchall()
    assert len(found) == 36
    run = runs.read_run(opened(place))
    for import_id, n, key in found:
        object.__setattr__(run, "id", import_id)
        assert key == chunk_key(run.key, n)
