"""Was the limit of the former tier used? Told beside a finding, never a finding by itself."""

from __future__ import annotations

import polars as pl

from allocator.auditing.case import Case


def name_former_tier(case: Case, found: pl.DataFrame) -> pl.DataFrame:
    """Add ``former_tier`` where the cartons granted are exactly what that tier may order.

    found : columns i, k, cell, quota, granted. The former tier comes from the dated rows of the
        retailers table; without them the column stays empty.
    """
    former = _former(case)
    smooth = case.plan.between is not None  # then a tier has no one limit
    if former is None or found.is_empty() or smooth:
        return found.with_columns(pl.lit(None, pl.Int64).alias("former_tier"))
    cells = pl.DataFrame(
        {
            "cell": range(len(case.plan.cells.tier)),
            "cell_tier": case.plan.cells.tier,
            "chain": list(zip(case.plan.cells.segment, case.plan.cells.rhythm, strict=True)),
        },
        schema_overrides={"cell": pl.Int32},
    ).with_columns(pl.col("chain").list.join("/"))
    (places,) = case.engine.collect(case.places)
    limits = (
        found.select("i", "k", "cell")
        .join(cells.select("cell", "chain"), on="cell")
        .join(former, on="i")
        .join(
            cells.rename({"cell": "former_cell"}),
            left_on=["chain", "former_tier"],
            right_on=["chain", "cell_tier"],
        )
        .join(
            places.select("k", pl.col("cell").alias("former_cell"), "base"),
            on=["k", "former_cell"],
        )
        .select("i", "k", "former_tier", pl.col("base").alias("former_quota"))
    )
    fits = (pl.col("former_quota") == pl.col("granted")) & (
        pl.col("former_quota") != pl.col("quota")
    )
    return (
        found.join(limits, on=["i", "k"], how="left")
        .with_columns(pl.when(fits).then("former_tier"))
        .drop("former_quota")
    )


def _former(case: Case) -> pl.DataFrame | None:
    """Tier of each retailer before the one in force, where it was another: i, former_tier."""
    if not {"retailers.valid_from", "retailers.tier"} <= case.columns or case.retailers is None:
        return None
    now = case.plan.members.select(
        pl.col("retailer_id").cast(pl.String),
        pl.col("tier").alias("now"),
        pl.int_range(pl.len(), dtype=pl.Int32).alias("i"),
    )
    return (
        case.retailers.frame.select(
            pl.col("retailer_id").cast(pl.String),
            "valid_from",
            pl.col("tier").alias("former_tier"),
        )
        .filter((pl.col("valid_from") <= case.plan.on).fill_null(True))
        .join(now, on="retailer_id")
        .filter(pl.col("former_tier") != pl.col("now"))
        .sort("i", "valid_from", nulls_last=False)
        .group_by("i")
        .agg(pl.col("former_tier").last())
    )
