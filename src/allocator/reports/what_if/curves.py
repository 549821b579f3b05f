"""Curves of a what-if: who has how much, quotas along the tiers, figures over time, trade-offs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from allocator.records import MICRO
from allocator.reports.axes import Axis, axis
from allocator.reports.charts import WIDTH

Point = tuple[int, int]

LEFT: Final = 480
"""Room for the numbers left of a field."""

SIDE: Final = WIDTH - LEFT - 60


@dataclass(frozen=True, slots=True)
class Lorenz:
    """Both curves in a square field: shops from the left, those with least first; cartons upwards.

    before, after : SVG paths; ``""`` where nobody has anything
    """

    size: int
    before: str
    after: str
    ticks: tuple[tuple[int, int], ...]


def lorenz(curve: pl.DataFrame) -> Lorenz:
    """The curves of columns percent, baseline, scenario, as ``Comparison.lorenz`` has them."""
    size = SIDE
    across = [size * percent // 100 for percent in curve["percent"].to_list()]

    def path(side: str) -> str:
        shares = curve[side].to_list()
        if any(share is None for share in shares):
            return ""
        return polyline([(x, size - _tenths(size, s)) for x, s in zip(across, shares, strict=True)])

    ticks = tuple((percent, size * percent // 100) for percent in range(0, 101, 25))
    return Lorenz(size, path("baseline"), path("scenario"), ticks)


def _tenths(size: int, share: float) -> int:
    return round(size * share)


@dataclass(frozen=True, slots=True)
class Stairs:
    """Quotas along the shops, tier by tier: as wide as the tier has shops.

    before, after : SVG paths; ``""`` where the product is not released
    level : upwards, millionths of a carton
    """

    width: int
    height: int
    level: Axis
    before: str
    after: str


Steps = Sequence[tuple[int, int]]
"""Retailers and quota (millionths of a carton) of tiers 1..T."""


def stairs(before: Steps, after: Steps) -> Stairs:
    """Both quota tables of one product, the lowest tier at the left."""
    width, height = WIDTH - LEFT - 60, 1500
    most = max((quota for _, quota in (*before, *after)), default=0)
    level = axis(0, max(most, MICRO // 10), height, 0, 4)
    return Stairs(
        width, height, level, _staircase(before, width, level), _staircase(after, width, level)
    )


def _staircase(steps: Steps, width: int, level: Axis) -> str:
    total = sum(shops for shops, _ in steps)
    if not total:
        return ""
    path, at, passed = "", 0, 0
    for shops, quota in steps:
        if not shops:
            continue
        passed += shops
        y, right = level.at(quota), width * passed // total
        path += f"{'M' if not path else 'L'}{at} {y}H{right}"
        at = right
    return path


def apart(before: Steps, after: Steps) -> int:
    """Area between two stairs, millionths of a carton: how much the quotas differ, shop by shop.

    Shops stand by rank, so that tables with another number of tiers can be compared.
    """
    ends = [max(sum(shops for shops, _ in steps), 1) for steps in (before, after)]
    marks: set[int] = {0, ends[0] * ends[1]}
    risers = []
    for steps, factor in ((before, ends[1]), (after, ends[0])):
        passed, riser = 0, []
        for shops, quota in steps:
            passed += shops * factor
            riser.append((passed, quota))
            marks.add(passed)
        risers.append(riser)
    total, low = 0, 0
    for high in sorted(marks)[1:]:
        levels = [next((q for end, q in riser if low < end), 0) for riser in risers]
        total += abs(levels[0] - levels[1]) * (high - low)
        low = high
    return total // (ends[0] * ends[1])


@dataclass(frozen=True, slots=True)
class Track:
    """A figure over time in one world: its place in the legend, and its line."""

    name: str
    number: int
    path: str
    dots: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """One figure over the cycles, a track for each world."""

    width: int
    height: int
    level: Axis
    along: tuple[tuple[int, int], ...]
    tracks: tuple[Track, ...]


def series(cycles: int, tracks: Sequence[tuple[str, Sequence[float | None]]]) -> Series:
    """Lines over cycles 1..n; a gap where a value is not known.

    tracks : name and n values; values are drawn to the millionth
    """
    width, height = SIDE, 1700
    scaled = [
        (name, [None if value is None else round(value * MICRO) for value in values])
        for name, values in tracks
    ]
    known = [value for _, values in scaled for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0, 1)
    # From zero where the values are not far from it: a small difference must not look large.
    low = 0 if 0 <= low <= high // 2 else low
    level = axis(low, max(high, low + 1), height, 0, 5)
    across = [width * k // max(cycles - 1, 1) for k in range(cycles)]
    every = max(-(-cycles // 12), 1)
    along = tuple((k + 1, across[k]) for k in range(0, cycles, every))
    drawn = []
    for number, (name, values) in enumerate(scaled):
        path, dots, gap = "", [], True
        for x, value in zip(across, values, strict=True):
            if value is None:
                gap = True
                continue
            y = level.at(value)
            path += f"{'M' if gap else 'L'}{x} {y}"
            dots.append((x, y))
            gap = False
        drawn.append(Track(name, number, path, tuple(dots)))
    return Series(width, height, level, along, tuple(drawn))


def polyline(points: Sequence[Point]) -> str:
    """An SVG path through points."""
    return "M" + "L".join(f"{x} {y}" for x, y in points)
