"""Charts of a grading as plain figures, which ``templates/charts.svg`` draws.

Lengths are whole tenths of a unit of the drawing (a phone's point, about), so the same grading has
the same bytes everywhere. Nothing is told by colour alone: sides, sizes, dashes and printed numbers
tell it too, and each chart has a title and a sentence that says what it shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import Final

import numpy as np

from allocator.grading.moves import Migration
from allocator.records import MICRO, Units
from allocator.reports.axes import round_step

WIDTH: Final = 3800
"""Of every chart: as wide as a phone in the hand."""

BINS: Final = 48
"""Bars of the score distribution."""

FAR: Final = 5
"""Moves by so many tiers or more are counted together."""


@dataclass(frozen=True, slots=True)
class Row:
    """One tier of a pyramid: where its bar lies, and the number beside it."""

    tier: int
    shops: int
    y: int
    left: int
    length: int
    named: bool


@dataclass(frozen=True, slots=True)
class Pyramid:
    """Retailers by tier, the top tier above; ``outline`` is the target shape as an SVG path."""

    height: int
    thick: int
    rows: tuple[Row, ...]
    outline: str


def pyramid(shops: Units, target: Units | None) -> Pyramid:
    """Bars about a middle line, as long as the tier's share, so that the shape is the silhouette.

    Parameters
    ----------
    shops : (T,) int64, retailers of tiers 1..T
    target : (T,) int64 millionths of the retailers; ``None`` = no shape is aimed at
    """
    tiers, n = len(shops), max(int(shops.sum()), 1)
    pitch = 160 if tiers <= 40 else 60
    room, middle = 2700, 1850
    share = shops * MICRO // n
    most = max(int(share.max(initial=1)), 1 if target is None else int(target.max()), 1)
    half = share * (room // 2) // most
    rows = []
    for place, tier in enumerate(range(tiers, 0, -1)):
        length = int(half[tier - 1])
        if shops[tier - 1]:
            length = max(length, 5)
        rows.append(
            Row(
                tier=tier,
                shops=int(shops[tier - 1]),
                y=place * pitch,
                left=middle - length,
                length=2 * length,
                named=tiers <= 40 or tier % 5 == 0,
            )
        )
    outline = ""
    if target is not None:
        aim = (target * (room // 2) // most)[::-1].tolist()
        right = [f"H{middle + a}V{(k + 1) * pitch}" for k, a in enumerate(aim)]
        back = [f"H{middle - a}V{k * pitch}" for k, a in reversed(list(enumerate(aim)))]
        outline = f"M{middle} 0" + "".join(right) + "".join(back) + "Z"
    return Pyramid(tiers * pitch, pitch - 30 if tiers <= 40 else pitch - 10, tuple(rows), outline)


@dataclass(frozen=True, slots=True)
class Square:
    """Retailers that went from one tier to another: a square as large as their part of the row."""

    before: int
    now: int
    shops: int
    x: int
    y: int
    side: int
    way: str


@dataclass(frozen=True, slots=True)
class Heat:
    """A migration matrix: the tier now to the right, the tier before upwards."""

    size: int
    cell: int
    squares: tuple[Square, ...]
    ticks: tuple[tuple[int, int], ...]


def heat(moves: Migration) -> Heat:
    """The retailers of each tier before by the tier they have now.

    The area of a square is the part of those that had the tier before; the smallest can still be
    seen.
    """
    tiers = len(moves.count)
    cell = (WIDTH - 360) // tiers
    rows = moves.count.sum(axis=1)
    squares = []
    for f, t in zip(*np.nonzero(moves.count), strict=True):
        shops = int(moves.count[f, t])
        side = max(isqrt(cell * cell * shops // int(rows[f])), -(-cell // 5))
        squares.append(
            Square(
                before=int(f) + 1,
                now=int(t) + 1,
                shops=shops,
                x=int(t) * cell + (cell - side) // 2,
                y=(tiers - 1 - int(f)) * cell + (cell - side) // 2,
                side=side,
                way="up" if t > f else "down" if t < f else "same",
            )
        )
    every = 1 if tiers <= 15 else 5 if tiers <= 60 else 20
    named = sorted({1, *range(every, tiers + 1, every)})
    ticks = tuple((tier, (tier - 1) * cell + cell // 2) for tier in named)
    return Heat(tiers * cell, cell, tuple(squares), ticks)


@dataclass(frozen=True, slots=True)
class Column:
    """Retailers that moved by so many tiers, or by ``FAR`` and more at the ends."""

    tiers: int
    shops: int
    x: int
    y: int
    height: int
    way: str


@dataclass(frozen=True, slots=True)
class Columns:
    """How far retailers moved."""

    height: int
    thick: int
    columns: tuple[Column, ...]


def how_far(moves: Migration) -> Columns:
    """Retailers by the number of tiers they moved, down to the left, up to the right."""
    middle, steps = len(moves.count) - 1, moves.steps
    sums = [
        (k, int(part.sum()))
        for k in range(-FAR, FAR + 1)
        for part in (
            steps[: max(middle - FAR + 1, 0)]
            if k == -FAR
            else steps[middle + FAR :]
            if k == FAR
            else steps[middle + k : middle + k + 1]
            if middle + k >= 0
            else steps[:0],
        )
    ]
    most, height, pitch = max(max(shops for _, shops in sums), 1), 1000, (WIDTH - 100) // len(sums)
    columns = []
    for place, (k, shops) in enumerate(sums):
        tall = max(height * shops // most, 8 if shops else 0)
        way = "up" if k > 0 else "down" if k < 0 else "same"
        columns.append(Column(k, shops, 50 + place * pitch, 160 + height - tall, tall, way))
    return Columns(160 + height, pitch - 60, tuple(columns))


@dataclass(frozen=True, slots=True)
class Bar:
    """Retailers whose score lies from ``low`` up to but not including ``high`` (millionths)."""

    low: int
    high: int
    shops: int
    x: int
    y: int
    length: int
    height: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """Scores of the graded retailers with the boundaries of tiers.

    cuts : (tier, x, named) of each boundary within the drawing
    ticks : (points in millionths, x); beyond : retailers right of the last tick, all in one bar
    """

    height: int
    bars: tuple[Bar, ...]
    cuts: tuple[tuple[int, int, bool], ...]
    ticks: tuple[tuple[int, int], ...]
    beyond: int


def distribution(score: Units, cuts: Units) -> Distribution:
    """A histogram up to the score that 1 in 50 exceeds; who scores more stands in the last bar.

    Parameters
    ----------
    score : (n,) int64, millionths of a point
    cuts : (T,) int64, least score of tiers 1..T; -1 where a tier has no boundary
    """
    rising = np.sort(score)
    low = int(min(rising[0], 0)) if len(rising) else 0
    high = int(rising[len(rising) - 1 - len(rising) // 50]) if len(rising) else 1
    step = round_step(max(high - low, 8 * BINS))  # edges a millionth apart at least
    first = low // step * step
    end = max(-(-(high + 1) // step) * step, first + step)
    left, right, top, floor = 100, WIDTH - 100, 340, 1800
    # Edges are whole millionths; the last bar also holds all that is beyond.
    edges = first + np.arange(BINS + 1, dtype=np.int64) * (end - first) // BINS
    place = np.clip(np.searchsorted(edges, rising, "right") - 1, 0, BINS - 1)
    count = np.bincount(place, minlength=BINS)
    most = max(int(count.max(initial=1)), 1)

    def across(value: int) -> int:
        return left + (value - first) * (right - left) // (end - first)

    bars = []
    for k, shops in enumerate(count.tolist()):
        one, other = int(edges[k]), int(edges[k + 1])
        tall = max((floor - top) * shops // most, 8 if shops else 0)
        x = across(one)
        bars.append(Bar(one, other, shops, x, floor - tall, across(other) - x - 6, tall))
    marks, free = [], -WIDTH
    for tier in range(len(cuts), 1, -1):  # tier 1 has no boundary below it
        value = int(cuts[tier - 1])
        if value < 0 or not first <= value < end:
            continue
        marks.append((tier, across(value)))
    named = []
    for tier, x in reversed(marks):
        fits = x - free >= 190
        free = x if fits else free
        named.append((tier, x, fits))
    ticks = tuple((value, across(value)) for value in range(first, end + 1, step))
    return Distribution(floor, tuple(bars), tuple(named), ticks, int((rising >= end).sum()))
