"""What an outcome tells of its retailers before anything is released: no quota decides it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from allocator.comparison.outcome import RETAILERS
from allocator.grading.newcomers import starting_tiers, too_new
from allocator.policy.grading_models import Newcomers
from allocator.records import Grading, Units
from allocator.tables.calendar import in_force
from allocator.tables.city import Table

T = TypeVar("T", bound=np.generic)

NEW_MONTHS: Final = 3
"""(complete months) Who joined since is new, where the policy has no rule for new shops."""

SALES: Final = "quantity"
"""Item of the score that tells what a retailer sold in the grading window, cartons."""

TOLD: Final = (
    "retailer_id", "present", "tier", "previous_tier", "score", "sales", "segment", "region",
    "market", "format", "new", "start_tier", "cell",
)  # fmt: skip
"""Columns of ``comparison.outcome.RETAILERS`` that are told here."""


@dataclass(frozen=True, slots=True, eq=False)
class Shops:
    """The n retailers of an outcome.

    rows : by retailer_id (rising), columns ``TOLD``
    member : (n,) int64, place among the r counted members of the plan; r = it is none of them
    at : (r,) int64, row of each counted member
    cell : (n,) int64, of each retailer; C = it has none
    previous_tiers : T of the tiers that retailers had before
    """

    rows: pl.DataFrame
    member: Units
    at: Units
    cell: Units
    previous_tiers: int

    @property
    def ids(self) -> pl.Series:
        """The retailers, rising."""
        return self.rows["retailer_id"]

    def of_members(self, values: NDArray[T]) -> NDArray[T]:
        """What each retailer has, (n,), of values of the counted members, (r,); 0 for the rest."""
        found: NDArray[T] = np.append(values, values.dtype.type(0))[self.member]
        return found

    def of_cells(self, values: NDArray[T]) -> NDArray[T]:
        """What each retailer has, (n,), of values of the cells, (C,); 0 for the rest."""
        found: NDArray[T] = np.append(values, values.dtype.type(0))[self.cell]
        return found


def shops_of(
    grading: Grading,
    members: pl.DataFrame,
    cells: int,
    on: date,
    retailers: Table,
    sales: Table | None,
    rule: Newcomers | None,
) -> Shops:
    """The retailers of an outcome.

    Parameters
    ----------
    members : of the plan; cells : C of it; rule : of the policy for new shops
    """
    about = in_force(retailers.frame, on).sort("retailer_id")
    rows = _rows(grading, members, on, about, sales, rule)
    counted = members["cell"].drop_nulls()
    place = pl.DataFrame(
        {"retailer_id": members["retailer_id"].head(len(counted)), "member": range(len(counted))},
        schema={"retailer_id": pl.String, "member": pl.Int64},
    )
    found = rows.select("retailer_id").join(
        place, on="retailer_id", how="left", maintain_order="left"
    )["member"]
    member: Units = found.fill_null(len(counted)).to_numpy()
    at = np.zeros(len(counted) + 1, np.int64)
    at[member] = np.arange(len(rows))
    cell = np.append(counted.to_numpy().astype(np.int64), cells)[member]
    seen = grading.table["previous_tier"].max()
    # T of the tiers before is not known by name, so it is at least the highest seen.
    highest = seen if isinstance(seen, int) else 0
    return Shops(rows, member, at[:-1], cell, max(grading.tiers, highest))


def _rows(
    grading: Grading,
    members: pl.DataFrame,
    on: date,
    about: pl.DataFrame,
    sales: Table | None,
    rule: Newcomers | None,
) -> pl.DataFrame:
    """The columns ``TOLD``. about : the retailers on the day, by id"""
    graded = [name for name in ("graded", "score", "previous_tier", SALES) if name in
              grading.table.columns]  # fmt: skip
    rows = (
        about.select(
            "retailer_id",
            *("region", "market", "format", "trade_area", "credit", "joined_on", "area"),
        )
        .join(
            members.select("retailer_id", "status", "tier", "segment", "due", "cell"),
            on="retailer_id", how="left", maintain_order="left",
        )
        .join(
            grading.table.select("retailer_id", *graded),
            on="retailer_id", how="left", maintain_order="left",
        )
    )  # fmt: skip
    if SALES not in rows.columns:
        bought = _bought(sales, grading)
        rows = rows.join(bought, on="retailer_id", how="left", maintain_order="left")
    else:
        rows = rows.with_columns(pl.when("graded").then(SALES).alias(SALES))
    months = NEW_MONTHS if rule is None else rule.months
    dated = rows["joined_on"].null_count() < len(rows)
    start = pl.Series(np.zeros(len(rows), np.int64) if rule is None else starting_tiers(rows, rule))
    new = too_new(months, on) if dated else pl.lit(None, pl.Boolean)
    return rows.with_columns(
        present=pl.col("status").is_in(["active", "stopped"]) & pl.col("due").fill_null(False),
        score=pl.when("graded").then("score"),
        segment=pl.col("segment").fill_null(""),
        sales=pl.col(SALES),
        new=new,
        start_tier=start,
    ).select(
        pl.when(pl.col("new") & (pl.col("start_tier") > 0)).then("start_tier").alias(name)
        if name == "start_tier"
        else pl.col(name).cast(RETAILERS[name])
        for name in TOLD
    )


def _bought(sales: Table | None, grading: Grading) -> pl.DataFrame:
    """Cartons of the grading window where the score has no item of them."""
    if sales is None or not grading.window:
        return pl.DataFrame(schema={"retailer_id": pl.String, SALES: pl.Int64})
    month = pl.col("month").dt.strftime("%Y-%m")
    return (
        sales.frame.lazy()
        .filter(month.is_in([name[:7] for name in grading.window]))
        .group_by(pl.col("retailer_id").cast(pl.String))
        .agg(pl.col("quantity").sum().alias(SALES))
        .collect()
    )
