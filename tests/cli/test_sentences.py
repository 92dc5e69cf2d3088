"""Whatever stands in a command's way is one sentence with what to do, and exit code 2."""

from __future__ import annotations

import base64
import os

import pytest
from click.testing import CliRunner

import config
from ileti.cli import commands, main
from ileti.core import jobs

GOOD = "correct-horse-99"


@pytest.fixture
def away(monkeypatch):
    """Settings whose database and Redis answer nobody."""
    key = base64.b64encode(os.urandom(32)).decode()
    for name, value in {
        "DATABASE_URL": "postgresql://nobody:geheim@127.0.0.1:1/x", "SECRET_KEY": key,
        "REDIS_URL": "redis://127.0.0.1:1/0", "PEPPER": key, "SIGNING_KEY": key,
        "ENCRYPTION_KEYS": f"1:{key}",
    }.items():
        monkeypatch.setenv(name, value)
    config.settings.cache_clear()
    yield
    config.settings.cache_clear()


@pytest.mark.parametrize("arguments", [
    ["setup"], ["keys", "list"], ["keys", "re-encrypt"],
    ["user", "create", "elif", "--role", "platform_admin", "--password", GOOD],
])
def test_a_database_that_is_away_is_one_sentence_without_its_password(away, arguments):
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2, done.output
    assert len(done.stderr.strip().splitlines()) == 1
    assert "database does not answer" in done.stderr
    assert "DATABASE_URL" in done.stderr or "DATABASE_OWNER_URL" in done.stderr
    assert "geheim" not in done.output


def test_an_empty_database_asks_for_setup(database, monkeypatch):
    import psycopg

    name = database.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(database.replace(f"/{name}", "/postgres", 1), autocommit=True) as conn:
        conn.execute("drop database if exists empty_house")
        conn.execute("create database empty_house template template0")
    monkeypatch.setenv("DATABASE_URL", database.replace(f"/{name}", "/empty_house", 1))
    config.settings.cache_clear()
    try:
        done = CliRunner().invoke(main, ["keys", "list"])
    finally:
        monkeypatch.undo()
        config.settings.cache_clear()
    assert done.exit_code == 2
    assert "run `ileti setup`" in done.stderr


def test_a_folder_that_cannot_be_made_names_the_setting(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ILETI_VAR", str(tmp_path / "file" / "var"))
    done = CliRunner().invoke(main, ["up"])
    assert done.exit_code == 2
    assert "ILETI_VAR" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [
    ["simulator", "--port", "99999"], ["simulator", "--port", "1", "--database", "/nowhere/x"]])
def test_a_simulator_that_cannot_start_says_so(database, arguments):
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith("ileti: The simulator cannot start: ")


def test_a_queue_nobody_serves_is_refused_with_those_there_are(database):
    done = CliRunner().invoke(main, ["worker", "--queue", "nonsense", "--burst"])
    assert done.exit_code == 2
    assert "upkeep" in done.stderr
    assert set(commands.QUEUES) == set(jobs.QUEUES)


@pytest.mark.parametrize(("name", "value", "said"), [
    ("PUBLIC_URL", "izin.baska.test", "e.g. `https://izin.ornek.com.tr`"),
    ("DATABASE_URL", "mysql://u:geheim@x", "`postgresql://…`"),
    ("REDIS_URL", "redis.internal", "Redis 6"),
])
def test_a_value_of_another_form_is_told_in_words_and_not_repeated(monkeypatch, name, value, said):
    monkeypatch.setenv(name, value)
    with pytest.raises(config.WrongSetting) as refused:
        config.load_settings()
    assert said in str(refused.value)
    assert "pattern" not in str(refused.value)
    assert value not in str(refused.value)


# -- users -----------------------------------------------------------------------------------------


def create(*arguments):
    return CliRunner().invoke(main, ["user", "create", *arguments])


def test_a_weak_password_is_told_what_a_good_one_has(app):
    done = create("elif.weak", "--role", "platform_admin", "--password", "short")
    assert done.exit_code == 2
    assert "at least 12 characters" in done.stderr


@pytest.mark.parametrize("name", ["", "a b", "x" * 200, "<b>elif</b>"])
def test_a_user_name_the_panel_would_refuse_is_refused_here_too(app, name):
    done = create(name, "--role", "platform_admin", "--password", GOOD)
    assert done.exit_code == 2
    assert "3 to 40 small letters" in done.stderr


def test_a_role_without_its_place_says_which_option_is_missing(app):
    done = create("elif.place", "--role", "provider_admin", "--password", GOOD)
    assert done.exit_code == 2
    assert "--provider" in done.stderr
    done = create("elif.place", "--role", "dealer_user", "--password", GOOD)
    assert "--dealer" in done.stderr


def test_a_mail_address_that_is_none_is_refused(app):
    done = create("elif.mail", "--role", "platform_admin", "--password", GOOD, "--email", "x")
    assert done.exit_code == 2
    assert "e-mail" in done.stderr
