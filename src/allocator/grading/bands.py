"""Bands of one item or of two: what a retailer sells a month against published limits.

A value of the window becomes a value a month, in millionths of its unit and rounded down, so that
"at least the limit" is exact: with v cartons in m months, v / m >= limit where and only where
floor(10^6 v / m) >= 10^6 limit. What does not add up over months (a price, a share, a count of
products, a manager's score) is taken as it is.

With two items each cell of their bands has a tier. The way up and down is told along the first
item, the second as it is; the cartons to the next tier let all that grows with sales grow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from allocator.grading.distance import Scored, grown, least_cartons
from allocator.grading.exact import Units
from allocator.grading.items import MEASURES
from allocator.grading.standing import Standing, places
from allocator.policy.tier_models import BandItem, Bands
from allocator.records import MICRO, Axis

UNITS: Final = {
    "cartons": (MICRO, "cartons"),
    "fen": (MICRO // 100, "yuan"),
    "fen-per-carton": (MICRO // 100, "yuan-per-carton"),
    "millionths": (100, "percent"),
    "products": (MICRO, "products"),
    "points": (1, "points"),
}
"""Unit of an item's values -> millionths of the unit that limits are written in, and that unit."""

_MOST: Final = 1 << 60
"""Largest value a month, millionths: a thousand times the largest limit that can be written."""


@dataclass(frozen=True, slots=True)
class Monthly:
    """A value as it is, a month: the scale of an item whose bands decide.

    up, down : the value times up / down is in millionths of the unit of the limits, a month
    """

    up: int
    down: int

    @property
    def reference(self) -> int:
        """Nobody else's value counts."""
        return 0

    def points(self, values: Units) -> Units:
        """Millionths of the unit a month, rounded down; negative values count as 0."""
        most = _MOST // self.up * self.down
        whole, rest = np.divmod(np.clip(values, 0, most), self.down)
        return np.asarray(whole * self.up + rest * self.up // self.down, np.int64)

    def own(self, old: Units, new: Units) -> Units:
        """The same of a value that changed."""
        return self.points(new)

    def theirs(self, old: Units, new: Units, value: Units) -> Units:
        """The same of somebody else: unchanged."""
        return self.points(value)

    def fall(self, old: Units, new: Units) -> Units:
        """Nobody falls."""
        return np.zeros_like(new)

    def rise(self, old: Units, new: Units) -> Units:
        """Nor rises."""
        return np.zeros_like(new)


def monthly(item: str, months: Fraction) -> Monthly:
    """The scale of an item over a window of so many months."""
    measure = MEASURES[item]
    per_unit = UNITS[measure.unit][0]
    if not measure.grows:
        return Monthly(per_unit, 1)
    factor = Fraction(per_unit) / months
    return Monthly(factor.numerator, factor.denominator)


def axis(item: BandItem, least: Units) -> Axis:
    """The record of an item and its bands; ``least`` in millionths, rising from 0."""
    measure = MEASURES[item.item]
    return Axis(
        item=item.item,
        classes=tuple(item.classes),
        unit=UNITS[measure.unit][1],
        per_month=measure.grows,
        least=least,
    )


def two_axes(bands: Bands) -> tuple[Axis, ...]:
    """The axes of bands of two items."""
    return tuple(axis(item, micro([*item.from_, 0])[::-1]) for item in bands.both)


def micro(numbers: Sequence[object]) -> Units:
    """Numbers of at most six decimals in millionths."""
    return np.array([int(Fraction(str(number)) * MICRO) for number in numbers], np.int64)


def cells_of(bands: Bands) -> Units:
    """Tiers by the bands of two items, (B1, B2), from the lowest bands."""
    return np.array(bands.cells(), np.int64)[::-1, ::-1]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The tiers of two items' bands: ``axes`` (2) and ``table`` (B1, B2), from the lowest bands."""

    axes: tuple[Axis, ...]
    table: Units

    def bands(self, k: int, measured: Units) -> Units:
        """Band of each value a month of item k, from 0 up."""
        return np.searchsorted(self.axes[k].least, measured, "right") - 1

    def tiers(self, first: Units, second: Units) -> Units:
        """Tiers of retailers by their values a month of both items."""
        return np.asarray(self.table[self.bands(0, first), self.bands(1, second)])

    def stand(self, first: Units, second: Units) -> Standing:
        """Tiers and ranks; the ways up and down go along the first item.

        There is no rank or score at which a tier begins: both items decide.
        """
        n, count = len(first), int(self.table.max())
        at, column = self.bands(0, first), self.bands(1, second)
        tier = self.tiers(first, second)
        up, down = self._next()
        higher, lower = up[at, column], down[at, column]
        least = self.axes[0].least
        nowhere = np.full(count, -1, np.int64)
        return Standing(
            falling=np.sort(first)[::-1],
            rank=places(first),
            tier=tier,
            goal=np.zeros(n, np.int64),
            to_next=np.where(higher >= 0, least[higher] - first, -1),
            to_lower=np.where(lower >= 0, first - least[lower + 1], -1),
            last_rank=nowhere,
            cut_score=nowhere,
            swallowed=(),
        )

    def _next(self) -> tuple[Units, Units]:
        """Nearest band of the first item with a higher, and with a lower tier, (B1, B2); or -1."""
        rows, _ = self.table.shape
        up, down = np.full(self.table.shape, -1), np.full(self.table.shape, -1)
        for b in range(rows - 2, -1, -1):
            up[b] = np.where(self.table[b + 1] > self.table[b], b + 1, up[b + 1])
        for b in range(1, rows):
            down[b] = np.where(self.table[b - 1] < self.table[b], b - 1, down[b - 1])
        return up, down

    def cartons(self, scored: Scored, standing: Standing) -> Units:
        """Least cartons a month more that bring a higher tier, as ``distance`` tells them."""
        tier = standing.tier

        def reaches(who: Units, extra: Units) -> np.ndarray:
            changed = grown(scored, who, extra)
            now = [
                scored.scales[k].points(changed[k][1] if k in changed else scored.values[k, who])
                for k in range(2)
            ]
            return self.tiers(now[0], now[1]) > tier[who]

        return least_cartons(
            scored, np.flatnonzero(tier < self.table.max()), standing.to_next, reaches
        )
