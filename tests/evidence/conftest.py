"""A vault of its own for each test, in a folder that ends with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config import settings
from tests.evidence.s3_house import KEY_ID, REGION, SECRET, Bucket, serving_s3


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


@pytest.fixture
def folder(tmp_path: Path, database: str, monkeypatch: Any) -> Path:
    """Where the vault's files lie."""
    monkeypatch.setattr(settings(), "vault_dir", tmp_path / "kasa")
    return tmp_path / "kasa"


@pytest.fixture
def bucket(folder: Path, monkeypatch: Any) -> Iterator[Bucket]:
    """New files go to a store that speaks S3."""
    monkeypatch.setattr("ileti.evidence.s3.FIRST_WAIT", 0.01)
    with serving_s3() as found:
        for name, value in (("vault_s3_url", found.url), ("vault_s3_key_id", KEY_ID),
                            ("vault_s3_secret", SECRET), ("vault_s3_region", REGION)):
            monkeypatch.setattr(settings(), name, value)
        yield found
