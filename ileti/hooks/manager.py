"""Which plug-ins are installed, what they do, what is wrong with them; and how a hook is called.

Why this module exists: plug-ins are found by the entry point ``ileti`` of the packages installed
beside us. One that cannot be loaded, names a hook we do not have, or wants another version of the
contract is kept with its reason (``ileti doctor``, ``ileti plugins`` and the panel say it) and does
nothing; the program starts all the same. Loading happens once per process, at the first question.
"""

from __future__ import annotations

import inspect
import re
import threading
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import pluggy

from config import settings
from ileti.core.logs import get_logger
from ileti.hooks import limits, specs
from ileti.hooks.kinds import VERSION
from ileti.hooks.limits import PluginFailed

log = get_logger("ileti.plugins")

GROUP: Final = "ileti"
NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,39}")
LOAD_SECONDS: Final = 10.0
#: every hook with how long one call of it may take, in seconds
SECONDS: Final[dict[str, float]] = {
    "gateway": 30.0, "gateway_kinds": 10.0, "gate_check": 2.0, "lint_check": 1.0,
    "consent_columns": 1.0, "import_sources": 30.0, "panel_pages": 10.0,
}


@dataclass(frozen=True)
class Plugin:
    """One plug-in. ``problem``: why it does nothing, in English; "" when it is well. ``core``:
    ours, on for everybody."""

    name: str
    version: str
    summary: str
    hooks: tuple[str, ...] = ()
    problem: str = ""
    core: bool = False
    trouble: tuple[str, ...] = ()


class Plugins:
    """The plug-ins of this process."""

    def __init__(self) -> None:
        self._pluggy = pluggy.PluginManager("ileti")
        self._pluggy.add_hookspecs(specs)
        self.known: dict[str, Plugin] = {}

    def discover(self) -> None:
        """Load every plug-in that is installed, in the order of their names."""
        skipped = {one.strip() for one in settings().plugins_skipped.split(",")}
        for found in sorted(entry_points(group=GROUP), key=lambda one: one.name):
            if found.name in self.known:
                self._note(found, "another plug-in has this name", key=f"{found.name} (2)")
            elif not NAME.fullmatch(found.name):
                self._note(found, "its name is not small letters, digits and dashes")
            elif found.name in skipped:
                self._note(found, "it is named in PLUGINS_SKIPPED")
            else:
                self._load(found)

    def add(self, name: str, module: Any, *, version: str, summary: str,
            core: bool = False) -> None:
        """Register a plug-in's module; one that does not fit is kept with the reason."""
        try:
            wanted = getattr(module, "ILETI_HOOKS", VERSION)
            if wanted != VERSION:
                raise pluggy.PluginValidationError(
                    module, f"it is made for hooks {wanted}, this is {VERSION}")
            self._pluggy.register(module, name)
            self._pluggy.check_pending()
        except Exception as error:
            if self._pluggy.has_plugin(name):
                self._pluggy.unregister(name=name)
            problem = str(error) if isinstance(error, pluggy.PluginValidationError) else (
                limits.told(error))
            self.known[name] = Plugin(name, version, summary, (), problem.strip()[:300], core)
            return
        hooks = tuple(hook for hook in SECONDS if self._function(name, hook) is not None)
        self.known[name] = Plugin(name, version, summary, hooks, "" if hooks else
                                  "it implements no hook", core)

    def call(self, name: str, hook: str, **given: Any) -> Any:
        """What a plug-in answers to a hook, as it is. Raises PluginFailed."""
        function = self._function(name, hook)
        if function is None:
            raise PluginFailed(name, f"does not implement {hook}")
        return limits.run(name, hook, lambda: function(**given), SECONDS[hook])

    def complain(self, name: str, trouble: str) -> None:
        """Note that a part of a plug-in could not be taken; the rest of it goes on."""
        log.error("plugin_part_not_used", plugin=name, reason=trouble)
        before = self.known[name]
        self.known[name] = replace(before, trouble=(*before.trouble, trouble))

    def call_core(self, name: str, hook: str, **given: Any) -> Any:
        """The same of one of ours, which needs no guard."""
        function = self._function(name, hook)
        return None if function is None else function(**given)

    def _function(self, name: str, hook: str) -> Any:
        for one in getattr(self._pluggy.hook, hook).get_hookimpls():
            if one.plugin_name == name:
                return lambda one=one, **given: one.function(
                    *(given[argument] for argument in one.argnames))
        return None

    def _load(self, found: EntryPoint) -> None:
        version, summary = _described(found)
        try:
            module = limits.run(found.name, "load", found.load, LOAD_SECONDS)
        except PluginFailed as failed:
            self._note(found, f"it cannot be loaded: {failed.reason}")
            return
        self.add(found.name, module() if inspect.isclass(module) else module, version=version,
                 summary=summary)
        problem = self.known[found.name].problem
        if problem:
            log.error("plugin_not_used", plugin=found.name, reason=problem)

    def _note(self, found: EntryPoint, problem: str, *, key: str = "") -> None:
        version, summary = _described(found)
        self.known[key or found.name] = Plugin(key or found.name, version, summary, (), problem)
        log.error("plugin_not_used", plugin=found.name, reason=problem)


def _described(found: EntryPoint) -> tuple[str, str]:
    """Version and summary of the package a plug-in came with."""
    package = found.dist
    if package is None:
        return "", ""
    return package.version, str(package.metadata["Summary"] or "")


_kept: list[Plugins] = []
_core: dict[str, tuple[Any, str]] = {}
_loading = threading.RLock()


def plugins() -> Plugins:
    """The plug-ins of this process, loaded at the first question."""
    if not _kept:
        with _loading:
            if not _kept:
                made = Plugins()
                for name, (module, summary) in _core.items():
                    made.add(name, module, version="", summary=summary, core=True)
                made.discover()
                _kept.append(made)
    return _kept[0]


def add_core(name: str, module: Any, summary: str) -> None:
    """Register one of our own rooms as a plug-in; before or after the others are loaded."""
    with _loading:
        _core[name] = (module, summary)
        if _kept and name not in _kept[0].known:
            _kept[0].add(name, module, version="", summary=summary, core=True)


def installed() -> list[Plugin]:
    """Every plug-in with its state, ours first."""
    return sorted(plugins().known.values(), key=lambda one: (not one.core, one.name))


def find(name: str) -> Plugin | None:
    """A plug-in by its name."""
    return plugins().known.get(name)


def forget() -> None:
    """Load everything anew at the next question (tests)."""
    _kept.clear()
