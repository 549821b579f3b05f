"""How many shops a published figure must be of, so that it tells of none of them.

Below all floors: whoever plans, publishes, explains or checks counts in the same way.
"""

from __future__ import annotations

from typing import Final

import polars as pl

FEWEST_OTHERS: Final = 5
"""A count, total, mean or boundary of a group is told only if at least so many others are in it."""

LEAST_TOLD: Final = FEWEST_OTHERS + 1
"""Shops of a group whose figures are told: whoever reads them may be one of it."""

FEW: Final = "few-retailers"
"""What a table says where it leaves a figure out for that."""


def enough_others(group: int) -> bool:
    """Whether a group of ``group`` retailers, the reader among them, hides each of the others."""
    return group >= LEAST_TOLD


def shops_ordering(lines: pl.DataFrame) -> pl.DataFrame:
    """How many shops ordered each released product: product_id, shops.

    lines : as ``Allocation.lines``; whoever asked for nothing and was given nothing did not order
    """
    quantities = [pl.col(name).fill_null(0) for name in ("requested", "granted", "award")]
    ordered = lines.filter(pl.col("line").is_not_null(), pl.max_horizontal(quantities) > 0)
    return ordered.group_by("product_id").agg(pl.col("retailer_id").n_unique().alias("shops"))
