"""Every sentence of code and templates has its Turkish, and the compiled catalogue is current."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
PO = ROOT / "translations" / "tr" / "LC_MESSAGES" / "messages.po"
KEYWORDS: dict[str, Any] = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2),
                            "lazy_gettext": None}


@pytest.fixture(scope="module")
def turkish() -> Any:
    with PO.open("rb") as file:
        return read_po(file, locale="tr")


def test_every_msgid_has_its_turkish(turkish: Any) -> None:
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = list(extract_from_dir(str(ROOT / "ileti"), [(f"{p.removeprefix('ileti/')}", m)
                             for p, m in methods], options, KEYWORDS))
    assert len(found) > 500
    missing = {str(line[2]) for line in found
               if line[2] and "simulator" not in line[0] and not _translated(turkish, line[2])}
    assert missing == set()


def _translated(catalogue: Any, found: Any) -> bool:
    message = catalogue.get(found[0] if isinstance(found, tuple) else found)
    if message is None:
        return False
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(strings)


def test_the_compiled_catalogue_is_what_the_text_says(turkish: Any) -> None:
    fresh = io.BytesIO()
    write_mo(fresh, turkish)
    fresh.seek(0)
    with PO.with_suffix(".mo").open("rb") as file:
        kept = read_mo(file)
    assert _lines(kept) == _lines(read_mo(fresh))
    assert len(kept) == len(turkish)


def _lines(catalogue: Any) -> list[tuple[str, str]]:
    return sorted((str(one.id), str(one.string)) for one in catalogue if one.id)


def test_placeholders_are_the_same_in_both_languages(turkish: Any) -> None:
    faults = [str(message.id) for message in turkish for _error in message.check(turkish)]
    assert faults == []
