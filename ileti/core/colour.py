"""Brand colours that people can read: one colour in, a pair for light and for dark out.

A provider chooses one accent for pages, mails and widget. As a link on the page's ground and under
a button's text it must reach 4.5 : 1 (WCAG 2.2, look §3); what does not is moved to the nearest
lightness of the same hue that does. Focus ring and state colours are never branded.
"""

from __future__ import annotations

import colorsys
import re
from functools import lru_cache
from typing import Final, NamedTuple

GROUND_LIGHT: Final = "#F6F6F3"
GROUND_DARK: Final = "#1A1F26"
LEAST: Final = 4.5
_PALE: Final = 7.0
_STEP: Final = 0.005
_HEX: Final = re.compile(r"#[0-9A-Fa-f]{6}\Z")


class Accent(NamedTuple):
    """An accent with the text on it, per theme; all ``#RRGGBB``."""

    light: str
    on_light: str
    dark: str
    on_dark: str


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two ``#RRGGBB`` colours, 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@lru_cache(maxsize=256)
def accent(colour: str | None) -> Accent | None:
    """The readable pair of a brand's colour; None when there is none or it is no ``#RRGGBB``."""
    if not colour or not _HEX.match(colour):
        return None
    light = _moved(colour, -_STEP, GROUND_LIGHT, LEAST)
    dark = _moved(colour, _STEP, GROUND_DARK, _PALE)
    return Accent(light, "#FFFFFF", dark, "#0B1426")


def readable(colour: str) -> str | None:
    """The nearest colour that may be a brand's accent; None when ``colour`` itself may be."""
    pair = accent(colour)
    return None if pair is None or pair.light.upper() == colour.upper() else pair.light


def _moved(colour: str, step: float, ground: str, least: float) -> str:
    """The same hue, darker or paler until it stands out from ``ground``."""
    hue, light, strong = colorsys.rgb_to_hls(*_parts(colour))
    found = colour
    while contrast(found, ground) < least and 0 <= light + step <= 1:
        light += step
        red, green, blue = colorsys.hls_to_rgb(hue, light, strong)
        found = f"#{round(red * 255):02X}{round(green * 255):02X}{round(blue * 255):02X}"
    return found.upper()


def _parts(colour: str) -> tuple[float, float, float]:
    return (int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255)


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in _parts(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
