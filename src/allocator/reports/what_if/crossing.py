"""Where the retailers of each tier went: a matrix of squares, whatever the number of tiers."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

import polars as pl

from allocator.reports.charts import WIDTH


@dataclass(frozen=True, slots=True)
class Square:
    """Retailers that went from one tier to another; its area is their part of the tier before.

    way : ``more``, ``same`` or ``less`` cartons, all of them together
    """

    before: int
    after: int
    retailers: int
    change: int
    x: int
    y: int
    side: int
    way: str


@dataclass(frozen=True, slots=True)
class Crossing:
    """The tier after to the right, the tier before upwards; the line is where rank is kept."""

    width: int
    height: int
    cell: int
    squares: tuple[Square, ...]
    across: tuple[tuple[int, int], ...]
    up: tuple[tuple[int, int], ...]


def crossing(retailers: pl.DataFrame, before: int, after: int) -> Crossing:
    """The matrix of the retailers that stand on both sides with a tier.

    Parameters
    ----------
    retailers : ``Comparison.changes_by_retailer``
    before, after : number of tiers of both sides
    """
    both = retailers.filter(
        (pl.col("status") == "both")
        & pl.col("tier_before").is_not_null()
        & pl.col("tier_after").is_not_null()
    )
    counted = (
        both.group_by("tier_before", "tier_after")
        .agg(pl.len(), pl.col("change").sum())
        .sort("tier_before", "tier_after")
    )
    rows = dict(both.group_by("tier_before").len().iter_rows())
    cell = (WIDTH - 400) // max(before, after, 1)
    height = before * cell
    squares = []
    for one, other, shops, change in counted.iter_rows():
        side = max(isqrt(cell * cell * shops // rows[one]), -(-cell // 4))
        squares.append(
            Square(
                before=one,
                after=other,
                retailers=shops,
                change=change,
                x=(other - 1) * cell + (cell - side) // 2,
                y=height - one * cell + (cell - side) // 2,
                side=side,
                way="more" if change > 0 else "less" if change < 0 else "same",
            )
        )
    return Crossing(
        after * cell,
        height,
        cell,
        tuple(squares),
        tuple((tier, (tier - 1) * cell + cell // 2) for tier in _named(after)),
        tuple((tier, height - tier * cell + cell // 2) for tier in _named(before)),
    )


def _named(tiers: int) -> list[int]:
    every = 1 if tiers <= 12 else 5 if tiers <= 60 else 20
    return sorted({1, *range(every, tiers + 1, every)})
