"""A name out of a row stays in its folder. Nothing is removed here: a test of this that removes
and a guard that fails would empty the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from ileti.core.inside import inside


@pytest.mark.parametrize("name", ["a", "1/b", "1/2/c.sealed", "1/..b"])
def test_a_name_below_the_folder_is_its_path(tmp_path: Path, name: str) -> None:
    assert inside(tmp_path, name) == tmp_path.resolve() / name


@pytest.mark.attack
@pytest.mark.parametrize("name", ["", ".", "..", "/", "//", "/etc", "../x", "a/../../x", "a/..",
                                  "link", "link/x", "./", "a/../b"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    folder, other = tmp_path / "lists", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    (folder / "link").symlink_to(other)
    with pytest.raises(ValueError, match="leads out"):
        inside(folder, name)


@pytest.mark.attack
def test_an_absolute_name_is_refused_even_of_the_folder_itself(tmp_path: Path) -> None:
    for name in (str(tmp_path), str(tmp_path.parent)):
        with pytest.raises(ValueError, match="leads out"):
            inside(tmp_path, name)


def test_a_folder_that_is_itself_a_link_is_as_good(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "var").symlink_to(tmp_path / "real")
    assert inside(tmp_path / "var", "1/x") == (tmp_path / "real").resolve() / "1" / "x"
