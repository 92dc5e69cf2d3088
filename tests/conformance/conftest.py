"""The same İYS of one's own and the same shop as the tests of forwarding have."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "iys"))

import importlib.util

_spec = importlib.util.spec_from_file_location(
    "iys_fixtures", Path(__file__).resolve().parents[1] / "iys" / "conftest.py")
assert _spec is not None
assert _spec.loader is not None
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)
given, registry, shop = _fixtures.given, _fixtures.registry, _fixtures.shop
