"""Count the city: who takes part in a cycle, and in which cell (``model.md`` 1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl

from allocator.allocation.segments import with_segments
from allocator.allocation.weights import IntegerWeights
from allocator.records import Cells, Grading, Units
from allocator.tables.calendar import due_retailers, retailers_on
from allocator.tables.city import City

RHYTHMS = ("weekly", "fortnightly")


def count_members(
    city: City, grading: Grading, *, cycle: str, on: date, attributes: tuple[str, ...]
) -> pl.DataFrame:
    """The n retailers with status, tier, segment, rhythm and whether they take part.

    attributes : those that segments are formed of

    Returns the columns of ``QuotaPlan.members`` but the cell, and ``counted`` (bool): active, due
    in the cycle, and with a tier.

    Raises
    ------
    BadRequest : a counted retailer lacks one of the attributes
    """
    retailers = retailers_on(city, on)
    due = due_retailers(city, cycle, on)
    frame: pl.DataFrame = (
        with_tiers(retailers.select("retailer_id", "status", "rhythm", *attributes), grading)
        .join(due, on="retailer_id", how="left", maintain_order="left")
        .sort("retailer_id")
        .with_columns(
            counted=(pl.col("status") == "active") & pl.col("due") & pl.col("tier").is_not_null(),
        )
    )
    return with_segments(frame, attributes).select(
        "retailer_id", "status", "tier", "segment", "rhythm", "due", "counted"
    )


def with_tiers(retailers: pl.DataFrame, grading: Grading) -> pl.DataFrame:
    """The retailers with their tiers; ``stopped`` is who is active but for a sanction."""
    stopped = pl.col("reason").str.split(" ").list.contains("stopped")
    graded = grading.table.select("retailer_id", "tier", stopped.alias("stopped"))
    joined = retailers.join(graded, on="retailer_id", how="left", maintain_order="left")
    barred = (pl.col("status") == "active") & pl.col("stopped").fill_null(value=False)
    status = pl.when(barred).then(pl.lit("stopped")).otherwise(pl.col("status"))
    return joined.with_columns(status.alias("status")).drop("stopped")


def form_cells(
    members: pl.DataFrame, tiers: int, weights: IntegerWeights, segments: list[str]
) -> tuple[Cells, pl.DataFrame]:
    """The C cells of the counted members, and the members with their ``cell``, grouped by it.

    segments : names that must exist even where nobody lives there
    """
    counted = members.filter(pl.col("counted"))
    names = sorted({*counted["segment"].unique().to_list(), *segments} or {""})
    present = set(counted["rhythm"].unique().to_list()) | {RHYTHMS[0]}
    rhythms = [rhythm for rhythm in RHYTHMS if rhythm in present]
    chains = [(segment, rhythm) for segment in names for rhythm in rhythms]
    first = pl.DataFrame(
        {
            "segment": [segment for segment, _ in chains],
            "rhythm": [rhythm for _, rhythm in chains],
            "first": np.arange(len(chains), dtype=np.int32) * tiers,
        },
        schema_overrides={"segment": pl.String, "rhythm": pl.String},
    )
    placed = members.join(
        first, on=["segment", "rhythm"], how="left", maintain_order="left"
    ).with_columns(
        cell=pl.when("counted").then(pl.col("first") + pl.col("tier") - 1).cast(pl.Int32)
    )
    cell = placed["cell"].drop_nulls().to_numpy()
    cells = Cells(
        tier=np.tile(np.arange(1, tiers + 1), len(chains)),
        segment=tuple(segment for segment, _ in chains for _ in range(tiers)),
        rhythm=tuple(rhythm for _, rhythm in chains for _ in range(tiers)),
        count=np.bincount(cell, minlength=len(chains) * tiers),
        weight=_by_cell(weights, len(chains)),
        weight_unit=weights.unit,
    )
    return cells, placed.drop("counted", "first").sort("cell", "retailer_id", nulls_last=True)


def weighted(cells: Cells, weights: IntegerWeights) -> Cells:
    """The same cells with other weights."""
    chains = len(cells.tier) // max(len(weights.weight), 1)
    return replace(cells, weight=_by_cell(weights, chains), weight_unit=weights.unit)


def _by_cell(weights: IntegerWeights, chains: int) -> Units:
    return np.tile(np.array(weights.weight, dtype=np.int64), chains)
