"""No change escapes the audit trail because somebody forgot it (R-58)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary

from ileti.core.columns import EncryptedText
from ileti.models import metadata
from ileti.tenancy import trail
from ileti.tenancy.watching import BESIDE, UNWATCHED, told, watched

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [path for path in sorted((ROOT / "ileti").rglob("*.py"))
           if not {"migrations", "simulator"} & set(path.parts)]
TABLES = frozenset(table.name for table in metadata.tables.values())
WRITES = re.compile(r"\b(?:insert into|update|delete from)\s+\"?([a-z_]+)\"?", re.IGNORECASE)


def writes(path: Path) -> set[tuple[str, str]]:
    """(file, table) of every statement in a file that changes rows past the session's flush."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= set(WRITES.findall(node.value)) & TABLES
    return {(str(path.relative_to(ROOT)), name) for name in found if watched(name)}


def test_every_table_is_watched_or_named_with_its_reason() -> None:
    assert UNWATCHED.keys() <= TABLES
    assert all(len(reason) > 15 for reason in UNWATCHED.values())
    assert {name for name in TABLES if watched(name)} == {
        "provider", "brand", "dealer", "membership", "site", "document", "document_version",
        "ab_user", "api_account", "purpose", "webhook",
        "custom_field", "gateway_account", "sender", "inbound_number",
        "inbound_words"}, "a new table: watch it or say why not"


def test_every_statement_that_passes_the_session_by_is_known() -> None:
    assert set().union(*map(writes, SOURCES)) == BESIDE.keys()


def test_every_deed_has_words_in_both_languages() -> None:
    named = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            name = isinstance(node, ast.Call) and getattr(
                node.func, "attr", getattr(node.func, "id", ""))
            if name in ("record", "note", "_note", "_told"):
                named |= {one.value for one in node.args[:3] if isinstance(one, ast.Constant)
                          and isinstance(one.value, str)
                          and re.fullmatch(r"[a-z_]+:[a-z_]+", one.value)}
    assert len(named) > 40
    assert named - trail.DEEDS.keys() == {"encryption_key:newest", "data_request:list"}, "things"


@pytest.mark.parametrize("table", sorted(name for name in TABLES if watched(name)))
def test_no_secret_and_nothing_personal_is_told(table: str) -> None:
    for column in metadata.tables[table].columns:
        personal = re.search(r"mail|phone|mobile|tckn|^tin$|first_name|last_name|username",
                             column.name)
        secret = isinstance(column.type, EncryptedText | LargeBinary) or "password" in column.name
        if (personal or secret) and column.name != "alarm_mails":
            assert not told(column), column.name


def test_what_people_must_be_able_to_compare_is_told() -> None:
    provider, site = metadata.tables["provider"], metadata.tables["site"]
    assert all(told(provider.c[name]) for name in ("title", "four_eyes", "alarm_mails", "contact"))
    assert all(told(site.c[name]) for name in ("origins", "policy", "channels", "active"))
