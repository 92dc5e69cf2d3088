"""A picture that somebody uploads is decoded and written anew: nothing but the picture remains."""

from __future__ import annotations

import gzip
import zlib

import pytest
from PIL import Image

from ileti.core.errors import CallerMistake
from ileti.templates import pictures
from ileti.templates.picturework import make
from tests.templates import drawn


def test_a_photograph_comes_in_two_widths() -> None:
    ext, frames, sizes = pictures.anew(drawn.jpeg(3000, 1500))
    assert (ext, frames) == ("jpg", 1)
    assert [(one.width, one.height) for one in sizes] == [(600, 300), (1200, 600)]
    assert [drawn.opened(one.file).size for one in sizes] == [(600, 300), (1200, 600)]


def test_a_small_logo_stays_as_wide_as_it_is_and_loses_nothing() -> None:
    ext, _frames, sizes = pictures.anew(drawn.png())
    assert (ext, [(one.width, one.height) for one in sizes]) == ("png", [(320, 120)])
    assert drawn.opened(sizes[0].file).convert("RGB").getpixel((5, 5)) == (30, 90, 160)


@pytest.mark.parametrize(("form", "ext"), [("WEBP", "jpg"), ("JPEG", "jpg"), ("GIF", "png")])
def test_what_mailboxes_do_not_show_becomes_what_they_do(form: str, ext: str) -> None:
    picture = drawn.photo(700, 500) if form != "GIF" else Image.new("RGB", (700, 500), (1, 2, 3))
    assert make(drawn.encoded(picture, form)).ext == ext


def test_what_is_seen_through_stays_so() -> None:
    made = make(drawn.encoded(Image.new("RGBA", (64, 64), (9, 9, 9, 100)), "WEBP", lossless=True))
    assert made.ext == "png"
    assert drawn.opened(made.variants[0].file).convert("RGBA").getpixel((3, 3))[3] == 100


def test_place_camera_and_words_do_not_come_along_and_it_stands_upright() -> None:
    made = make(drawn.located())
    for one in made.variants:
        found = drawn.opened(one.file)
        assert found.height > found.width
        assert not found.getexif()
        assert b"Ali Veli" not in one.file
        assert b"Exif" not in one.file
    assert b"gizli" not in make(drawn.noted()).variants[0].file
    assert b"gizli" not in make(drawn.moving(4)).variants[0].file


def test_a_colour_profile_goes_into_the_colours() -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = make(drawn.jpeg(icc_profile=profile))
    assert "icc_profile" not in drawn.opened(made.variants[0].file).info
    assert make(drawn.jpeg(icc_profile=b"bozuk")).ext == "jpg"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_colours_is_read(mode: str) -> None:
    made = make(drawn.encoded(Image.new(mode, (60, 40)), "JPEG" if mode == "CMYK" else "PNG"))
    assert (made.variants[0].width, made.variants[0].height) == (60, 40)


def test_a_moving_picture_goes_on_moving() -> None:
    made = make(drawn.moving(12, 700))
    assert (made.ext, made.frames, made.variants[0].width) == ("gif", 12, 600)
    assert getattr(drawn.opened(made.variants[0].file), "n_frames", 0) == 12


def test_what_stands_behind_the_picture_is_gone() -> None:
    """A polyglot: a picture that is a page or an archive too."""
    page = b"<html><script>alert(document.domain)</script></html>PK\x03\x04"
    for file in (drawn.png(), drawn.jpeg(), drawn.moving(3)):
        for one in make(file + page).variants:
            assert b"script" not in one.file
            assert b"PK\x03\x04" not in one.file
    hidden = drawn.noted("<script>alert(1)</script>")
    assert b"script" in hidden
    assert b"script" not in make(hidden).variants[0].file


def header(width: int, height: int) -> bytes:
    """A PNG that says it has so many pixels and holds four of them."""
    said = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((8, 2, 0, 0, 0))
    body = zlib.compress(bytes(7))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
        for kind, data in ((b"IHDR", said), (b"IDAT", body), (b"IEND", b"")))


@pytest.mark.parametrize(("file", "code"), [
    (b"<html><script>alert(1)</script></html>", "no_picture"),
    (b"", "no_picture"), (b"GIF89a", "no_picture"), (b"%PDF-1.7", "no_picture"),
    (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "svg"),
    (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x --><svg/>', "svg"),
    (gzip.compress(b"<svg/>"), "no_picture"),
    (drawn.jpeg()[:4000], "broken"), (drawn.png()[:60], "broken"),
    (drawn.encoded(Image.new("1", (20_000, 20_000)), "PNG"), "too_many_pixels"),
    (header(2**31 - 1, 2**31 - 1), "too_many_pixels"), (header(12_001, 5), "too_many_pixels"),
    (header(4_000, 4_000), "broken"),
    (drawn.png(1, 1), "too_small"), (drawn.png(600, 3), "too_small"),
    (drawn.moving(10_000, 5), "too_many_frames"), (drawn.moving(70, 1_000), "too_many_frames"),
    (drawn.encoded(drawn.photo(30, 30), "BMP"), "no_picture"),
    (drawn.encoded(drawn.photo(30, 30), "TIFF"), "no_picture"),
    (drawn.encoded(drawn.photo(30, 30), "PPM"), "no_picture"),
], ids=lambda one: one if isinstance(one, str) else f"{len(one)} bytes")
def test_what_is_no_picture_or_too_much_is_refused_with_a_sentence(file: bytes, code: str) -> None:
    with pytest.raises(CallerMistake) as error:
        pictures.anew(file)
    assert error.value.code == f"picture_{code}"
    assert error.value.tr.endswith((".", ")."))


def test_a_file_above_the_bound_is_not_even_read() -> None:
    with pytest.raises(CallerMistake) as error:
        pictures.anew(bytes(10_000_001))
    assert error.value.code == "picture_too_large"


def test_a_decoder_that_dies_takes_nobody_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_MODULE", "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(CallerMistake) as error:
        pictures.anew(drawn.png())
    assert error.value.code == "picture_too_many_pixels"
    monkeypatch.setattr(pictures, "_MODULE", "print('<html>')")
    with pytest.raises(CallerMistake):
        pictures.anew(drawn.png())
