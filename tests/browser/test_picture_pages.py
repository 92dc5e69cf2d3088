"""Pictures of mails as a marketer brings and chooses them, by axe; and a mail that shows one, light
and dark. ``ILETI_SHOTS`` names a folder for pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from ileti.core import db
from ileti.templates import picturedoor
from ileti.templates.picturenames import PATH
from tests.browser.axe import browsing, faults, serving, wait_until_checked
from tests.panel.people import sign_in, user_with
from tests.templates import drawn
from tests.templates.test_pictures import kept, of, showing, template

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("ILETI_SHOTS")


def scene(hue: int) -> bytes:
    """A landscape, to have something to look at."""
    picture = Image.linear_gradient("L").resize((1600, 800)).convert("HSV")
    picture = Image.merge("HSV", (Image.new("L", picture.size, hue), *picture.split()[1:]))
    picture = Image.merge("HSV", (picture.split()[0], Image.new("L", picture.size, 110),
                                  Image.linear_gradient("L").resize(picture.size).rotate(180)))
    made = picture.convert("RGB")
    draw = ImageDraw.Draw(made)
    draw.ellipse((1150, 120, 1350, 320), fill=(250, 240, 200))
    draw.polygon(((0, 800), (500, 320), (900, 800)), fill=(60, 80, 70))
    draw.polygon(((600, 800), (1150, 430), (1600, 800)), fill=(40, 60, 60))
    return drawn.encoded(made, "JPEG", quality=90)


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[dict[str, Any]]:
    """A provider whose record is whole, with three pictures and a mail that shows one."""
    from tests.conftest import _new_place

    place = _new_place(db.connection())
    db.connection().execute(
        "update provider set mersis = '0291045678900017', contact = 'Defne Sk. 1' where id = %s",
        (place.provider_id,))
    found = [kept(of(place), scene(hue), alt) for hue, alt in (
        (20, "Gün batımında dağlar"), (150, "Sabah sisinde iki tepe"))]
    kept(of(place, brand=False), drawn.png(300, 100), "Defne’nin amblemi")
    mail = template(place, showing(found[0].names[-1]))
    name = user_with(app, "provider_admin", place)

    def both(environ: Any, start: Any) -> Any:
        """The panel and the door before it, as :mod:`app` has them."""
        lean = environ.get("PATH_INFO", "").startswith(PATH)
        return (picturedoor.application if lean else app)(environ, start)

    with serving(both) as base:
        yield {"base": base, "client": sign_in(app, name), "mail": mail}


def shot(page: Any, name: str) -> None:
    if SHOTS:
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(150)
            page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})


def test_axe_finds_nothing_in_library_and_chooser(chromium: Any, house: dict[str, Any]) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        for name, path in (("library", "/sablonlar/resimler"),
                           ("chooser", f"/sablonlar/{house['mail']}/resim?blok=1")):
            page.goto(path)
            shot(page, name)
            assert (path, faults(page)) == (path, [])
            assert page.evaluate("Array.from(document.images).filter(one => "
                                 "one.complete && !one.naturalWidth).length") == 0


def test_a_picture_is_brought_for_a_block_and_seen_in_the_mail(
    chromium: Any, house: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "yayla.jpg"
    file.write_bytes(scene(90))
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto(f"/sablonlar/{house['mail']}/taslak")
        wait_until_checked(page)
        page.fill("#konu", "Yaylada yaz")
        page.click("button[value='block:add:columns']")
        page.wait_for_selector("#blok-3")
        page.fill("[id='b3-text']", "Yürüyüş çantaları, çadırlar ve yağmurluklar.")
        page.fill("[id='b3-text2']", "Hafta sonu bütün mağazalarımızda.")
        page.click("button[value='picture:3']")
        page.wait_for_selector("#dosya")
        page.set_input_files("#dosya", str(file))
        page.fill("#alt", "Yaylada çadır")
        page.click("text=Yükle ve kullan")
        page.wait_for_url("**/taslak#blok-3")
        assert page.input_value("#konu") == "Yaylada yaz"
        assert page.input_value("[id='b3-alt']") == "Yaylada çadır"
        wait_until_checked(page)
        assert "102 kB" in page.inner_text("[data-live]")
        page.click("button[formaction$=koyu]")
        frame = page.frame_locator("iframe[name=onizleme]")
        frame.locator("text=Yürüyüş").wait_for()
        page.wait_for_load_state("networkidle")
        assert frame.locator("img").evaluate_all(
            "all => all.map(one => [one.naturalWidth > 0, one.alt])") == [
            [True, "Çanta"], [True, "Yaylada çadır"]]
        page.evaluate("scrollTo(0, 0)")
        shot(page, "editor")
        assert faults(page) == []
