"""The retailers to be graded: who they are on the day, and the tiers they had before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from allocator.errors import BadRequest
from allocator.grading.exact import Units
from allocator.grading.newcomers import starting_tiers, too_new
from allocator.grading.refusals import Warnings, refuse_empty
from allocator.policy.grading_models import Newcomers
from allocator.records import Flags
from allocator.tables.calendar import retailers_on
from allocator.tables.city import City, Table

_TIER_COLUMNS = {
    "retailer_id": pl.String(),
    "tier": pl.Int64(),
    "graded_on": pl.Date(),
    "earned_tier": pl.Int64(),
}


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Where n retailers belong; each is in one of the first five.

    graded : (n,) bool, scored and inside the shares
    new : (n,) bool, newcomers; start_tier : (n,) int64, where each would start
    silent : (n,) bool, without any sale where months without a sale are left out
    exempt : (n,) bool, every unit of the window is taken out for them
    closed : (n,) bool
    idle : (n,) bool, without any sale in the window
    """

    graded: Flags
    new: Flags
    silent: Flags
    exempt: Flags
    closed: Flags
    idle: Flags
    start_tier: Units


def members(city: City, on: date) -> pl.DataFrame:
    """One row per retailer, by ``retailer_id``; of dated rows the one in force on the day."""
    return retailers_on(city, on).with_columns(pl.col("status").fill_null("active"))


def aligned(
    members: pl.DataFrame, sold: pl.DataFrame, absent: Mapping[str, int]
) -> dict[str, Units]:
    """Sums of sales in the order of the retailers, (n,) int64 each.

    absent : what a column holds for who is not in ``sold``; 0 where it is not named
    """
    joined = members.select("retailer_id").join(
        sold, on="retailer_id", how="left", maintain_order="left"
    )
    return {
        name: joined[name].fill_null(absent.get(name, 0)).to_numpy() for name in joined.columns[1:]
    }


def sort_out(
    members: pl.DataFrame,
    newcomers: Newcomers | None,
    on: date,
    months: Units,
    units: Units,
    without_mean: bool,
) -> Groups:
    """Who is graded, new, exempt, silent or closed.

    Parameters
    ----------
    months : (n,) int64, units of the window with a sale
    units : (n,) int64, units of the window that are not taken out
    without_mean : whether a retailer without any sale has no value at all
    """
    closed = (members["status"] == "closed").to_numpy()
    new, start_tier = newcomers_among(members, newcomers, on)
    idle = months == 0
    exempt = (units == 0) & ~closed & ~new
    silent = idle & ~closed & ~new & ~exempt if without_mean else np.zeros_like(closed)
    return Groups(
        graded=~(closed | new | silent | exempt),
        new=new,
        silent=silent,
        exempt=exempt,
        closed=closed,
        idle=idle,
        start_tier=start_tier,
    )


def newcomers_among(
    members: pl.DataFrame, newcomers: Newcomers | None, on: date
) -> tuple[Flags, Units]:
    """Who is a newcomer, (n,) bool, closed retailers apart, and where each would start, (n,)."""
    if newcomers is None:
        return np.zeros(members.height, bool), np.zeros(members.height, np.int64)
    is_new = members.select(too_new(newcomers.months, on)).to_series().to_numpy()
    open_ = (members["status"] != "closed").to_numpy()
    return is_new & open_, starting_tiers(members, newcomers)


def manager_scores(table: Table, members: pl.DataFrame, graded: Flags) -> Units:
    """The managers' scores, (n,) int64; refused where a graded retailer has none."""
    lacking = members.filter(pl.Series(graded) & pl.col("manager_score").is_null())
    refuse_empty(table, "manager_score", lacking["row"])
    scores: Units = members["manager_score"].fill_null(0).to_numpy()
    return scores


def tiers_before(city: City, on: date) -> pl.DataFrame:
    """The last tier of each retailer graded before the day, columns as in ``_TIER_COLUMNS``."""
    if city.tiers is None:
        return pl.DataFrame(schema=_TIER_COLUMNS)
    return (
        city.tiers.frame.lazy()
        .filter(pl.col("graded_on") < on, pl.col("tier").is_not_null())
        .sort("retailer_id", "graded_on")
        .unique("retailer_id", keep="last", maintain_order=True)
        .select(_TIER_COLUMNS.keys())
        .collect()
    )


def highest_tier(city: City) -> int:
    """Number of tiers where no policy says it: the highest that any table names."""
    tables = (city.retailers, city.tiers, city.quotas)
    named = [table.frame["tier"].max() for table in tables if table is not None]
    known = [tier for tier in named if isinstance(tier, int)]
    if not known:
        raise BadRequest("grading-no-tiers-given")
    return max(known)


def strangers(members: pl.DataFrame, sold: pl.DataFrame) -> Warnings:
    """Sales of retailers that the retailers table does not have: they count for nobody."""
    unknown = sold.join(members, on="retailer_id", how="anti").sort("retailer_id")
    if unknown.is_empty():
        return []
    facts = {"retailers": unknown.height, "first": unknown["retailer_id"][0]}
    return [("grading-sales-of-strangers", facts)]


def undated(members: pl.DataFrame, newcomers: Newcomers | None) -> Warnings:
    """Retailers that cannot be told from newcomers, because their first day is unknown."""
    unknown = members["joined_on"].null_count() if newcomers is not None else 0
    return [("grading-newcomers-unchecked", {"retailers": unknown})] if unknown else []
