"""A plug-in that cannot be used is named and stops nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner

import ileti.channels.registry  # noqa: F401 (ours register there)
from config import settings
from ileti.cli.doctor import _plugins
from ileti.hooks import limits, manager
from ileti.hooks.limits import PluginFailed
from tests.hooks.conftest import plugin_of


@pytest.fixture
def entry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Puts modules where entry points find them."""
    found: list[EntryPoint] = []

    def make(name: str, body: str, *, called: str = "") -> None:
        module = ModuleType(f"plug_{len(found)}")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec("from ileti.hooks.specs import hookimpl\n" + body, module.__dict__)
        found.append(EntryPoint(name, module.__name__ + called, "ileti"))

    monkeypatch.setattr(manager, "entry_points", lambda group: list(found))
    manager.forget()
    yield make
    manager.forget()


GOOD = "@hookimpl\ndef consent_columns(): return []\n"


def problem(name: str) -> str:
    found = manager.find(name)
    assert found is not None
    return found.problem


def test_a_good_one_is_found_with_its_hooks(entry: Any) -> None:
    entry("iyi", GOOD)
    found = manager.find("iyi")
    assert found is not None
    assert (found.hooks, found.problem) == (("consent_columns",), "")


@pytest.mark.parametrize(("body", "said"), [
    ("@hookimpl\ndef yok_boyle(x): ...\n", "unknown hook 'yok_boyle'"),
    ("@hookimpl\ndef gate_check(soruldu): ...\n", "soruldu"),
    ("ILETI_HOOKS = 99\n" + GOOD, "made for hooks 99"),
    ("x = 1\n", "implements no hook")])
def test_one_that_does_not_fit_says_why(entry: Any, body: str, said: str) -> None:
    entry("uymaz", body)
    entry("iyi", GOOD)
    assert said in problem("uymaz")
    assert problem("iyi") == ""


def test_one_that_cannot_be_loaded_leaves_the_others(entry: Any) -> None:
    entry("kirik", "def __getattr__(name): raise SystemExit(3)\n", called=":plugin")
    entry("iyi", GOOD)
    assert "SystemExit" in problem("kirik")
    assert problem("iyi") == ""


def test_one_that_hangs_while_loading_is_left_behind(
    entry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager, "LOAD_SECONDS", 0.05)
    entry("uyuyan", "import time\ndef __getattr__(name): time.sleep(2)\n", called=":plugin")
    assert "no answer within" in problem("uyuyan")


def test_names_are_small_once_and_never_ours(entry: Any) -> None:
    for name in ("Büyük", "cift", "cift", "smtp"):
        entry(name, GOOD)
    said = {one.name: one.problem for one in manager.installed()}
    assert "small letters" in said["Büyük"]
    assert (said["cift"], said["smtp"]) == ("", "")
    assert "has this name" in said["cift (2)"]
    assert "has this name" in said["smtp (2)"]


def test_one_can_be_kept_from_loading(entry: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "plugins_skipped", "tehlikeli, baska")
    entry("tehlikeli", "raise SystemExit\n" if False else GOOD)
    assert "PLUGINS_SKIPPED" in problem("tehlikeli")


def test_doctor_and_the_command_say_what_is_broken(entry: Any) -> None:
    from ileti.cli import main

    entry("uymaz", "x = 1\n")
    assert [one.good for one in _plugins()] == [False]
    said = CliRunner().invoke(main, ["plugins"])
    assert said.exit_code == 1
    assert "BROKEN  uymaz" in said.output
    assert "ours    smtp: gateway" in said.output


# -- calls -----------------------------------------------------------------------------------------


def test_what_a_plug_in_raises_ends_there_and_is_named() -> None:
    def ends() -> None:
        raise SystemExit(1)

    with pytest.raises(PluginFailed) as failed:
        limits.run("kirik", "gate_check", ends, 1)
    assert (failed.value.plugin, failed.value.reason) == ("kirik", "SystemExit")


def test_one_that_hangs_holds_up_nobody_else() -> None:
    started = time.monotonic()
    for _ in range(limits.CREW + 2):
        with pytest.raises(PluginFailed):
            limits.run("uyuyan", "gate_check", lambda: time.sleep(3), 0.02)
    assert limits.run("iyi", "gate_check", lambda: 7, 1) == 7
    assert time.monotonic() - started < 2


def test_a_plug_in_sees_nothing_through_the_session() -> None:
    from ileti.tenancy import scope

    with scope.system_scope():
        assert limits.run("iyi", "x", scope.current, 1) == scope.NOTHING


def test_many_calls_at_once_share_the_crew() -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(30) as pool:
        said = list(pool.map(lambda n: limits.run("iyi", "x", lambda: n, 5), range(300)))
    assert said == list(range(300))


def test_only_what_is_asked_is_handed_over() -> None:
    made = manager.Plugins()
    made.add("az", plugin_of(gateway=lambda channel: channel), version="", summary="")
    assert made.call("az", "gateway", channel="MESAJ", settings=None) == "MESAJ"
