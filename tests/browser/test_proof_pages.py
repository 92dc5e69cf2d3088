"""Proof files in Chromium: brought several at once, refused one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ileti.core import db
from tests.browser.axe import browsing, faults, serving
from tests.evidence.samples import pdf, wav
from tests.imports.test_proof_pages import mapped, tried
from tests.panel.people import sign_in, user_with

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[dict[str, Any]]:
    """A provider, served; its admin's session."""
    from tests.conftest import _new_place

    place = _new_place(db.connection())
    client = sign_in(app, user_with(app, "provider_admin", place))
    with serving(app) as base:
        yield {"base": base, "client": client, "place": place}


@pytest.fixture(scope="module")
def files(tmp_path_factory: Any) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("kanit")
    made = {"form-1.pdf": pdf("1") + bytes(3_000_000), "form-2.pdf": pdf("2"),
            "virüs.pdf": b"MZ" + bytes(50), "kayıt.wav": wav()}
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return {name: folder / name for name in made}


def test_files_go_up_at_the_step_of_proof_and_what_is_typed_stays(
        chromium: Any, house: dict[str, Any], files: dict[str, Path]) -> None:
    run = mapped(house["client"], "form-1.pdf", "form-2.pdf", "form-3.pdf")
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto(f"/ice-aktarma/{run}/koken")
        page.fill("#ground", "Formdaki açık onay metni")
        page.set_input_files("#satir", [files[n] for n in ("form-1.pdf", "virüs.pdf",
                                                           "form-2.pdf")])
        page.click("form:has(#satir) .form-buttons .btn")
        page.wait_for_selector(".proofs >> text=form-2.pdf")
        assert "virüs.pdf: Dosya alınmadı: bir program" in page.inner_text(
            "form:has(#satir) [data-faults]")
        assert page.input_value("#ground") == "Formdaki açık onay metni"
        page.evaluate("scrollTo(0, 0)")  # else the bar above covers a box by half
        assert faults(page) == []
        tried(house["client"], run)
        page.goto(f"/ice-aktarma/{run}/")
        page.click("text=Hangileri")
        assert page.is_visible("text=form-3.pdf")
        assert faults(page) == []


def test_a_file_is_added_to_a_consent_and_comes_down_as_it_went_up(
        chromium: Any, house: dict[str, Any], files: dict[str, Path]) -> None:
    from tests.evidence.test_proof_pages import consent

    number = consent(house["place"], number=99)
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto(f"/izinler/{number}")
        page.click(".proof-more summary")
        assert faults(page) == []
        page.set_input_files("#kanit", [files["kayıt.wav"], files["virüs.pdf"]])
        page.click("form:has(#kanit) .form-buttons .btn")
        page.wait_for_selector(".proofs >> text=kayıt.wav")
        assert "virüs.pdf" in page.inner_text("[data-faults]")  # the folded form is open again
        assert faults(page) == []
        with page.expect_download() as going:
            page.click(".proofs a[download] >> nth=0")
        assert going.value.suggested_filename == "kayıt.wav"
        assert Path(going.value.path()).read_bytes() == wav()
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
