"""Products and quotas of an outcome: what came, was asked, given and left, and the cliffs."""

from __future__ import annotations

import numpy as np
import polars as pl

from allocator.allocation.cliffs import Cliffs, Near, cliff_figures
from allocator.comparison.outcome import PRODUCTS, QUOTAS
from allocator.records import MICRO, Grading, Indices, QuotaPlan
from allocator.simulation.serving import Cartons
from allocator.tables.city import City


def product_rows(
    city: City,
    grading: Grading,
    plan: QuotaPlan,
    products: pl.Series,
    retailers: pl.DataFrame,
    limit: Indices,
    cartons: Cartons,
    near: Near | None = None,
) -> pl.DataFrame:
    """A row for each product, columns ``PRODUCTS``. products : their identifiers, rising"""
    absent = np.flatnonzero(~retailers["present"].to_numpy())  # few: they are taken off the sums

    def total(matrix: Indices) -> pl.Series:
        whole = matrix.sum(axis=1, dtype=np.int64)
        return pl.Series(whole - matrix[:, absent].sum(axis=1, dtype=np.int64))

    def above_zero(matrix: Indices) -> pl.Series:
        # Cartons are never below 0. Row by row, for numpy is slow along an axis.
        some = [np.count_nonzero(row) - np.count_nonzero(row[absent]) for row in matrix]
        return pl.Series(some, dtype=pl.Int64)

    supply = pl.DataFrame(
        {
            "product_id": plan.product,
            "lot": plan.lot,
            "supply": plan.supply,
            "reserve": plan.reserve,
            **_cliffs(plan, grading, near),
        },
        schema_overrides={"product_id": pl.String},
    )
    known = pl.when(pl.col("supply") >= 0)
    lines = supply.with_columns(known.then("supply").alias("supply")).with_columns(
        pl.when(pl.col("supply").is_not_null()).then("reserve").alias("reserve")
    )
    unknown = pl.col("supply").is_null().any()
    whole = (
        lines.group_by("product_id")
        .agg(
            pl.col("lot").first(),
            *(
                pl.when(unknown).then(None).otherwise(pl.col(name).sum()).alias(name)
                for name in ("supply", "reserve")
            ),
            pl.col("cliff").max(),
            pl.col("cliff_pairs").sum() if lines["cliff"].null_count() == 0 else
            pl.lit(None, pl.Int64).alias("cliff_pairs"),
            pl.col("cliff_apart").sum() if lines["cliff"].null_count() == 0 else
            pl.lit(None, pl.Int64).alias("cliff_apart"),
        )
        .sort("product_id")
    )  # fmt: skip
    names = pl.DataFrame(schema={"product_id": pl.String, "name": pl.String})
    if city.products is not None:
        names = city.products.frame.select("product_id", "name")
    given = cartons.award.sum(axis=1, dtype=np.int64)
    frame = whole.join(names, on="product_id", how="left", maintain_order="left").with_columns(
        requested=total(cartons.order),
        award=total(cartons.award),
        left=pl.col("supply") - pl.col("reserve") - pl.Series(given),
        reached=above_zero(limit),
        served=above_zero(cartons.award),
    )
    return frame.select(pl.col(key).cast(kind) for key, kind in PRODUCTS.items())


def _cliffs(plan: QuotaPlan, grading: Grading, near: Near | None) -> dict[str, pl.Series]:
    found: Cliffs = cliff_figures(plan, grading, near)
    columns = {"cliff": found.largest, "cliff_pairs": found.pairs, "cliff_apart": found.apart}
    if found.not_computed:
        nothing = pl.Series([None] * len(plan.product), dtype=pl.Int64)
        return dict.fromkeys(columns, nothing)
    return {name: pl.Series(values) for name, values in columns.items()}


def quota_rows(plan: QuotaPlan) -> pl.DataFrame:
    """The quota table: a row for each line and cell that may have it."""
    line, cell = np.nonzero(plan.allowed)
    cells = plan.cells
    micro = np.rint(plan.entitlement[line, cell] * MICRO).astype(np.int64)
    columns = {
        "product_id": pl.Series(plan.product, dtype=pl.String).gather(line),
        "segment": pl.Series(cells.segment, dtype=pl.String).gather(cell),
        "rhythm": pl.Series(cells.rhythm, dtype=pl.String).gather(cell),
        "tier": cells.tier[cell],
        "retailers": cells.count[cell],
        "entitlement": micro,
        "base": plan.base[line, cell],
        "seats": plan.seats[line, cell],
    }
    frame = pl.DataFrame(columns).select(pl.col(key).cast(kind) for key, kind in QUOTAS.items())
    return frame.sort("product_id", "segment", "rhythm", "tier")
