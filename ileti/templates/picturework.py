"""A picture decoded and written anew, in a child whose limits the kernel keeps.

Why this module exists: what somebody uploads may be anything: a page with a picture's name, a
picture with a program behind it, four kilobytes that become sixteen gigabytes. The parent has keys
and a database and never lets a decoder at such bytes. This child gets them on its standard input,
decodes the picture and writes another one of its colours alone: place, camera, comments and what
stood behind the last pixel are not in it. It imports nothing of the program.
"""

from __future__ import annotations

import io
import resource
import sys
from contextlib import suppress
from typing import Any, Final

import msgspec
from PIL import Image, ImageCms, ImageOps, ImageSequence

MEMORY_BYTES: Final = 1 << 30
CPU_SECONDS: Final = 20
#: of one picture, and of all frames of a moving one together
MOST_PIXELS: Final = 25_000_000
MOST_MOVING: Final = 60_000_000
LONGEST_SIDE: Final = 12_000
SMALLEST_SIDE: Final = 4  # smaller ones are taken for counters and left out of mails
MOST_FRAMES: Final = 100
WIDTHS: Final = (600, 1200)
TALLEST: Final = 4_000
HEAVIEST: Final = 2_000_000
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP")
_QUALITY: Final = 82
_MANY: Final = 300_000  # bytes above which fewer colours are taken


class Variant(msgspec.Struct, array_like=True):
    """One size of a picture; pixels and the file."""

    width: int
    height: int
    file: bytes


class Made(msgspec.Struct, array_like=True):
    """What crosses the pipe: a picture, or ``error``, the word for why there is none."""

    ext: str = ""
    frames: int = 1
    variants: list[Variant] = []
    error: str = ""


class Refused(Exception):
    """Why a picture is not taken, as a word."""


def main() -> None:
    """Bytes on the standard input, :class:`Made` on the standard output."""
    for what, limit in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, CPU_SECONDS),
                        (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(what, (limit, limit))
    data = sys.stdin.buffer.read()
    try:
        made = make(data)
    except Refused as error:
        made = Made(error=str(error))
    except MemoryError:
        made = Made(error="too_many_pixels")
    except Exception:  # whatever a decoder stumbles over, the file is to blame
        made = Made(error="broken")
    sys.stdout.buffer.write(msgspec.msgpack.encode(made))


def make(data: bytes) -> Made:
    """The picture anew. Raises Refused, and what a decoder raises for a broken file."""
    Image.MAX_IMAGE_PIXELS = None  # the bounds here are ours
    try:
        opened = Image.open(io.BytesIO(data), formats=_FORMATS)
    except Image.UnidentifiedImageError:
        raise Refused("no_picture") from None
    with opened:
        _measure(opened)
        frames = getattr(opened, "n_frames", 1) if opened.format in ("GIF", "WEBP") else 1
        if frames > MOST_FRAMES or (
                frames > 1 and frames * opened.width * opened.height > MOST_MOVING):
            raise Refused("too_many_frames")
        return _moving(opened, frames) if frames > 1 else _still(opened)


def _measure(opened: Image.Image) -> None:
    """Before a pixel is decoded."""
    width, height = opened.size
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise Refused("too_many_pixels")
    if min(width, height) < SMALLEST_SIDE:
        raise Refused("too_small")


def _still(opened: Image.Image) -> Made:
    graphic = opened.format in ("PNG", "GIF")
    opened.draft("RGB", (WIDTHS[-1] * 2, WIDTHS[-1] * 2))
    whole = _plain(opened)
    sized = [_sized(whole, width) for width in WIDTHS[:1 + (whole.width > WIDTHS[0])]]
    ext = _ext(sized[-1], graphic=graphic)
    return Made(ext, 1, [Variant(one.width, one.height, _written(one, ext)) for one in sized])


def _ext(picture: Image.Image, *, graphic: bool) -> str:
    """Lossless for what is seen through or was drawn; else what is lighter."""
    if picture.mode == "RGBA":
        return "png"
    return "png" if graphic and len(_png(picture)) <= 1.5 * len(_jpeg(picture)) else "jpg"


def _moving(opened: Image.Image, frames: int) -> Made:
    """A moving picture as GIF, in the smaller size alone."""
    found, times = [], []
    for one in ImageSequence.Iterator(opened):
        times.append(max(20, int(one.info.get("duration") or 100)))
        found.append(_sized(_plain(one), WIDTHS[0]))
    out = io.BytesIO()
    found[0].save(out, "GIF", save_all=True, append_images=found[1:], duration=times, disposal=2,
                  loop=int(opened.info.get("loop") or 0))
    if out.tell() > HEAVIEST:
        raise Refused("too_heavy")
    return Made("gif", frames, [Variant(found[0].width, found[0].height, out.getvalue())])


def _plain(picture: Image.Image) -> Image.Image:
    """Its pixels as they are looked at: turned upright, in sRGB, RGBA where something is seen
    through; an image of its own, to which nothing of the old one's words hangs."""
    profile = picture.info.get("icc_profile")
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):  # sixteen bits of grey
        upright = upright.convert("I").point([value >> 8 for value in range(65_536)], "L")
    through = upright.has_transparency_data
    upright = _in_srgb(upright, profile, "RGBA" if through else "RGB")
    if through and upright.getchannel("A").getextrema() == (255, 255):
        upright = upright.convert("RGB")
    clean = Image.new(upright.mode, upright.size)
    clean.paste(upright)
    return clean


def _in_srgb(picture: Image.Image, profile: Any, mode: str) -> Image.Image:
    if profile and picture.mode in ("RGB", "RGBA", "CMYK", "L"):
        with suppress(ImageCms.PyCMSError, OSError, ValueError):  # a broken profile says nothing
            turned = ImageCms.profileToProfile(
                picture, ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode=mode if picture.mode != "L" else "RGB")
            if turned is not None and turned.mode == mode:
                return turned
    return picture.convert(mode)


def _sized(picture: Image.Image, width: int) -> Image.Image:
    """At most ``width`` wide and :data:`TALLEST` high."""
    share = min(1.0, width / picture.width, TALLEST / picture.height)
    if share == 1.0:
        return picture
    size = max(1, round(picture.width * share)), max(1, round(picture.height * share))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _written(picture: Image.Image, ext: str) -> bytes:
    if ext == "jpg":
        return _jpeg(picture)
    made = _png(picture)
    if len(made) <= _MANY:
        return made
    fewer = picture.quantize(256, method=Image.Quantize.FASTOCTREE)
    return min(made, _png(fewer), key=len)


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return out.getvalue()
