"""A row without columns is empty and so false: whether one was found is asked by ``is None``.

Why: ``select from t where …`` finds a row or none, and the row that was found is ``()``. Asked for
its truth it says that there is none, in every case, and no type checker sees it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*sorted((ROOT / "ileti").rglob("*.py")), *sorted((ROOT / "tools").rglob("*.py")),
           *sorted((ROOT / "benchmarks").rglob("*.py"))]
BARE = re.compile(r"\s*select\s+from\b")


def asked_for_truth(text: str) -> Iterator[int]:
    """Lines of a source that take a row without columns for a yes or a no."""
    tree = ast.parse(text)
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    words = {node.targets[0].id if isinstance(node, ast.Assign) else node.target.id: node.value
             for node in ast.walk(tree)
             if (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name))
             or (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name))}

    def bare(asked: ast.expr) -> bool:
        said = words.get(asked.id) if isinstance(asked, ast.Name) else asked
        if isinstance(said, ast.JoinedStr) and said.values:
            said = said.values[0]
        return isinstance(said, ast.Constant) and isinstance(said.value, str) and bool(
            BARE.match(said.value))

    def only_compared(node: ast.AST) -> bool:
        held = above[node]
        return isinstance(held, ast.Compare) and all(
            isinstance(one, ast.Is | ast.IsNot) for one in held.ops)

    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("fetchone", "first")
                and isinstance(node.func.value, ast.Call) and node.func.value.args
                and bare(node.func.value.args[0])):
            continue
        held: ast.AST = above[node]
        if not isinstance(held, ast.Assign) or not isinstance(held.targets[0], ast.Name):
            if not only_compared(node):
                yield node.lineno
            continue
        name = held.targets[0].id
        while not isinstance(held, ast.FunctionDef | ast.Module):
            held = above[held]
        yield from (one.lineno for one in ast.walk(held)
                    if isinstance(one, ast.Name) and one.id == name
                    and isinstance(one.ctx, ast.Load) and not only_compared(one))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_row_without_columns_is_never_asked_for_its_truth(path: Path) -> None:
    assert list(asked_for_truth(path.read_text())) == []


@pytest.mark.parametrize(("text", "lines"), [
    ("row = c.execute('select from t').fetchone()\nif row:\n    pass", [2]),
    ("row = c.execute('select from t').fetchone()\nif row is None:\n    pass", []),
    ("if c.execute(' select  from t').fetchone():\n    pass", [1]),
    ("ASKED = 'select from t'\ndef f():\n    return bool(c.execute(ASKED, (1,)).first())", [3]),
    ("found = c.execute('select from t').fetchone() is not None", []),
    ("row = c.execute('select 1 from t').fetchone()\nif row:\n    pass", []),
])
def test_the_guard_sees_what_it_is_for(text: str, lines: list[int]) -> None:
    assert list(asked_for_truth(text)) == lines
