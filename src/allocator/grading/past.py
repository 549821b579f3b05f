"""The last grading, as this one counts from it, and this one as the next will count from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from allocator.grading.exact import Units
from allocator.grading.movement import NOBODY
from allocator.grading.roll import tiers_before
from allocator.records import Grading
from allocator.tables.city import City, Table


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """What n retailers had before.

    tier : (n,) int64, final tier of the last grading, ``NOBODY`` = none
    earned : (n,) int64, its earned tier, ``NOBODY`` = none; the final one where the tiers table
        does not tell the two apart
    graded_on : (n,) Date, day of the own last tier, else the last day on which anybody was graded
    told_apart : whether the tiers table has earned tiers
    """

    tier: Units
    earned: Units
    graded_on: pl.Series
    told_apart: bool


def past_of(city: City, names: pl.Series, on: date) -> Past:
    """The last tiers of the retailers ``names`` before a day."""
    before = tiers_before(city, on)
    mine = names.to_frame("retailer_id").join(
        before, on="retailer_id", how="left", maintain_order="left"
    )
    apart = has_earned(city.tiers)
    last = before["graded_on"].max()
    earned = mine["earned_tier" if apart else "tier"]
    return Past(
        tier=mine["tier"].fill_null(NOBODY).to_numpy(),
        earned=earned.fill_null(NOBODY).to_numpy(),
        graded_on=mine.select(pl.col("graded_on").fill_null(pl.lit(last, pl.Date()))).to_series(),
        told_apart=apart,
    )


def has_earned(tiers: Table | None) -> bool:
    """Whether the tiers table tells what was earned before credit levels and sanctions."""
    if tiers is None:
        return False
    return "earned_tier" in tiers.columns or bool(tiers.frame["earned_tier"].is_not_null().any())


def next_tiers(grading: Grading) -> pl.DataFrame:
    """``tiers.csv`` for the next grading: retailer_id, graded_on, tier, earned_tier.

    Whoever has no tier is left out.
    """
    return grading.table.filter(pl.col("tier").is_not_null()).select(
        "retailer_id", pl.lit(grading.on).alias("graded_on"), "tier", "earned_tier"
    )
