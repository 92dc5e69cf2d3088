"""Files of pictures for tests, drawn here."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, PngImagePlugin


def photo(width: int = 1600, height: int = 900) -> Image.Image:
    """Something with many colours."""
    return Image.linear_gradient("L").resize((width, height)).convert("RGB")


def encoded(picture: Image.Image, form: str, **more: Any) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    picture.save(out, form, **more)
    return out.getvalue()


def jpeg(width: int = 1600, height: int = 900, **more: Any) -> bytes:
    """A photograph."""
    return encoded(photo(width, height), "JPEG", **more)


def png(width: int = 320, height: int = 120, colour: tuple[int, ...] = (30, 90, 160)) -> bytes:
    """A logo."""
    return encoded(Image.new("RGB", (width, height), colour), "PNG")


def moving(frames: int, side: int = 40) -> bytes:
    """A GIF whose every frame is another."""
    found = [Image.new("P", (side, side), n % 250) for n in range(frames)]
    for one in found:
        one.putpalette([value for n in range(256) for value in (n, 255 - n, n)])
    return encoded(found[0], "GIF", save_all=True, append_images=found[1:], duration=50,
                   comment=b"gizli not")


def located(words: str = "Ali Veli'nin evi") -> bytes:
    """A photograph that says where and by whom it was taken, lying on its side."""
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = words, 6
    exif.get_ifd(0x8825)[2] = (41.0, 0.0, 0.0)
    return jpeg(900, 600, exif=exif, comment=words.encode())


def noted(words: str = "gizli not") -> bytes:
    """A PNG with words in it."""
    said = PngImagePlugin.PngInfo()
    said.add_text("Comment", words)
    return encoded(Image.new("RGB", (50, 50)), "PNG", pnginfo=said)


def opened(file: bytes) -> Image.Image:
    """A file, looked into."""
    found = Image.open(io.BytesIO(file))
    found.load()
    return found
