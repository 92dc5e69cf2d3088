"""Bars drawn on the server, so that a chart needs no script and no library.

Heights are pixels and widths per cent: the picture stretches with its card while its text keeps
its size, also on a phone. Stacked parts keep one order and stand two pixels apart, since
neighbouring colours alone do not reach 3:1 (look §3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

HEIGHT = 212
TOP = 16
GAP = 2


@dataclass(frozen=True)
class Part:
    """One coloured piece of a bar, in pixels from the top of the plot."""

    series: int
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """One day: left edge and width in per cent of the plot, and its parts from the bottom up."""

    x: float
    width: float
    middle: float
    parts: list[Part]
    faded: bool
    label: Any
    top: float


@dataclass(frozen=True)
class Tick:
    """One grid line and its number."""

    value: int
    y: float


@dataclass(frozen=True)
class Plot:
    """Everything a template needs to draw a stacked bar chart."""

    bars: list[Bar]
    ticks: list[Tick]
    height: int


def step_for(highest: float, ticks: int = 3) -> int:
    """A round step (1, 2, 2.5 or 5 times a power of ten) so that ``ticks`` steps hold the top."""
    raw = max(highest / ticks, 1)
    power = 10 ** (len(str(int(raw))) - 1)
    fits = (int(power * m) for m in (1, 2, 2.5, 5, 10) if power * m >= raw)
    return max(next(fits), 1)


def shares(values: Sequence[int], whole: int) -> list[tuple[int, float, float]]:
    """A bar that lies: for each value above zero its place in the order (from 1), left edge and
    width in per cent of ``whole``; at least one per cent wide, so that it can be seen."""
    widths = [max(1.0, 100 * value / max(whole, 1)) if value > 0 else 0.0 for value in values]
    if (over := sum(widths) - 100) > 0:
        widths[widths.index(max(widths))] -= over
    lefts = accumulate(widths, initial=0.0)
    return [(number, round(left, 2), round(width, 2))
            for number, (left, width) in enumerate(zip(lefts, widths, strict=False), 1) if width]


def stacked_bars(
    rows: Sequence[tuple[Any, Sequence[int]]], *, faded: int | None = None, gap: float = 0.16
) -> Plot:
    """Geometry for rows of (label, values from the bottom up).

    ``faded`` is the index of a bar that is not over yet (today); ``gap`` is the share of a slot
    that stays empty. A value above zero is at least one pixel high, so that it can be seen.
    """
    highest = max((sum(values) for _, values in rows), default=0)
    step = step_for(highest or 1)
    count = max(1, -(-highest // step))
    scale = (HEIGHT - TOP) / (count * step)
    slot = 100 / max(len(rows), 1)
    bars = [
        _bar(index, label, values, slot=slot, gap=gap, scale=scale, faded=index == faded)
        for index, (label, values) in enumerate(rows)
    ]
    ticks = [Tick(step * n, round(HEIGHT - step * n * scale, 1)) for n in range(count + 1)]
    return Plot(bars, ticks, HEIGHT)


def _bar(
    index: int,
    label: Any,
    values: Sequence[int],
    *,
    slot: float,
    gap: float,
    scale: float,
    faded: bool,
) -> Bar:
    floor = float(HEIGHT)
    parts: list[Part] = []
    for series, value in enumerate(values):
        if value <= 0:
            continue
        height = max(value * scale - (GAP if parts else 0), 1.0)
        floor -= height + (GAP if parts else 0)
        parts.append(Part(series + 1, round(floor, 1), round(height, 1)))
    x, width = index * slot + slot * gap / 2, slot * (1 - gap)
    return Bar(round(x, 3), round(width, 3), round(x + width / 2, 3), parts, faded, label, floor)
