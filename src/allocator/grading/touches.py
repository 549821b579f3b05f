"""Single units of single retailers that are taken out of the window, or counted otherwise.

The one door for later rules: months that screening found abnormal, months of hardship. What a
rule wants is a frame with the columns ``TOUCHED``:

- ``cartons`` empty: the unit does not count for the retailer; its other units stand for it;
- ``cartons`` given: the unit counts as so many cartons, and its amount and the sums of price
  classes change in proportion, rounded to the nearest, halves up. Where it had no cartons on
  balance there is no proportion, and only the cartons are replaced.

A unit without any sale is not replaced: ``missing_month`` alone says what it counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from allocator.grading.exact import Units, muldiv

TOUCHED: Final[dict[str, pl.DataType]] = {
    "retailer_id": pl.String(),
    "unit": pl.Date(),
    "cartons": pl.Int64(),
}
"""retailer_id; unit: first day of the month, week or day; cartons, null = taken out."""


def settled(touched: pl.DataFrame) -> pl.DataFrame:
    """Each retailer and unit once: taken out by any rule it is out, else the smallest figure."""
    out = pl.col("cartons").is_null().any()
    return touched.group_by("retailer_id", "unit").agg(
        pl.when(out).then(None).otherwise(pl.col("cartons").min()).alias("cartons"),
        out.alias("out"),
    )


def replaced(sums: pl.DataFrame, others: Sequence[str]) -> pl.DataFrame:
    """Sums of units with ``cartons`` in place of ``quantity`` where it is given.

    Parameters
    ----------
    sums : columns quantity and cartons (null: as it is) i64, among others
    others : sums that change in proportion
    """
    given = sums["cartons"].is_not_null().to_numpy()
    if not given.any():
        return sums
    rows = sums.filter(given)
    old, new = rows["quantity"].to_numpy(), rows["cartons"].to_numpy()
    columns = [pl.Series(name, _in_proportion(rows[name].to_numpy(), new, old)) for name in others]
    changed = rows.with_columns(*columns, pl.col("cartons").alias("quantity"))
    return pl.concat([sums.filter(~given), changed])


def _in_proportion(value: Units, new: Units, old: Units) -> Units:
    """``value new / old``, kept where there is no proportion; keeps its sign."""
    sound = old > 0
    size = muldiv(np.abs(value), np.maximum(new, 0), np.where(sound, old, 1))
    return np.where(sound, np.sign(value) * size, value)
