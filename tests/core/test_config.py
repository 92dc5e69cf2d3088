"""A wrong setting stops the start with one sentence; production takes no weak secret."""

from __future__ import annotations

import base64
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import config
from config import WrongSetting, load_settings, make_secrets_file


def key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@pytest.fixture
def production(monkeypatch, tmp_path):
    values = {
        "ILETI_ENV": "production", "ILETI_VAR": str(tmp_path), "SECRET_KEY": key(),
        "PEPPER": key(), "ENCRYPTION_KEYS": f"1:{key()}", "SIGNING_KEY": key(),
        "PUBLIC_URL": "https://izin.ornek.com.tr", "IYS_BASE_URL": "https://iys.ornek.test",
        "DATABASE_URL": "postgresql://web@db.ornek.test/ileti",
        "SMTP_URL": "smtp://posta.ornek.test", "MAIL_FROM": "izin@ornek.com.tr",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_a_complete_production_setting_starts(production):
    assert load_settings().production


@pytest.mark.parametrize("name", ["SECRET_KEY", "PEPPER", "ENCRYPTION_KEYS", "SIGNING_KEY",
                                  "DATABASE_URL", "IYS_BASE_URL", "SMTP_URL", "PUBLIC_URL"])
def test_production_refuses_to_start_without(production, name):
    production.delenv(name)
    with pytest.raises(WrongSetting, match=name):
        load_settings()


@pytest.mark.parametrize("weak", ["secret", "x" * 44, base64.b64encode(b"short").decode(),
                                  base64.b64encode(b"a" * 32).decode()])
def test_a_weak_secret_is_refused_in_a_sentence(production, weak):
    production.setenv("SECRET_KEY", weak)
    with pytest.raises(WrongSetting, match="SECRET_KEY"):
        load_settings()


@pytest.mark.parametrize("name", ["PEPPER", "SIGNING_KEY", "ENCRYPTION_KEYS"])
def test_one_key_for_two_purposes_is_refused(production, name):
    shared = os.environ["SECRET_KEY"]
    production.setenv(name, f"1:{key()},2:{shared}" if name == "ENCRYPTION_KEYS" else shared)
    with pytest.raises(WrongSetting, match="different keys"):
        load_settings()


def test_iys_password_does_not_travel_in_the_clear(production):
    production.setenv("IYS_BASE_URL", "http://iys.ornek.test")
    with pytest.raises(WrongSetting, match="IYS_BASE_URL must be an https"):
        load_settings()
    production.setenv("IYS_BASE_URL", "http://127.0.0.1:8081")
    assert load_settings().production


@pytest.mark.parametrize(("name", "value"), [
    ("PORT", "eighty"), ("PORT", "70000"), ("DATABASE_URL", "mysql://x"), ("LOG_LEVEL", "loud"),
    ("ENCRYPTION_KEYS", "one:x"), ("IYS_BASE_URL", "iys"), ("REDIS_URL", "http://x")])
def test_a_wrong_value_names_its_setting(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetting, match=name):
        load_settings()


def test_development_secrets_are_random_kept_and_private(tmp_path):
    first = make_secrets_file(tmp_path / "a").read_text()
    assert make_secrets_file(tmp_path / "a").read_text() == first
    assert make_secrets_file(tmp_path / "b").read_text() != first
    assert stat.S_IMODE((tmp_path / "a" / "secrets.env").stat().st_mode) == 0o600


def test_every_setting_is_documented():
    table = config.settings_table()
    for name, field in config.Settings.model_fields.items():
        assert f"`{name.upper()}`" in table
        assert field.description


def test_every_thread_gets_the_same_settings_while_they_are_being_read(monkeypatch):
    """What a test changes on them must hold, though a thread of the background reads them anew at
    the same moment (the teller of the capture limits does so ten times a second)."""
    kept, read = config._Kept(), []
    real = load_settings

    def slowly():
        read.append(1)
        time.sleep(0.05)
        return real()

    monkeypatch.setattr(config, "load_settings", slowly)
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda _: kept(), range(4)))
    assert {id(one) for one in got} == {id(kept())}
    assert len(read) == 1
    kept.cache_clear()
    assert kept() is not got[0]


@pytest.mark.parametrize(("host", "public", "local"), [
    ("127.0.0.1", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ("0.0.0.0", "http://0.0.0.0:8080", "http://127.0.0.1:8080"),
    ("::1", "http://[::1]:8080", "http://[::1]:8080"),
    ("::", "http://[::]:8080", "http://[::1]:8080"),
])
def test_an_address_of_either_kind_is_spelled_as_the_web_spells_it(host, public, local):
    made = config.Settings(host=host, port=8080, public_url="")
    assert (made.base_url, made.base_local) == (public, local)
