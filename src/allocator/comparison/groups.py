"""Who gains and who loses, by groups of the baseline, in whole cartons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import polars as pl

from allocator.comparison.outcome import Outcome
from allocator.records import Units

DECILES: Final = 10

DIMENSIONS: Final = ("all", "tier", "segment", "region", "market", "format", "decile", "new")
"""What shops are grouped by, as they were in the baseline."""

GROUPS: Final = {
    "dimension": pl.String(),
    "group": pl.String(),
    "place": pl.Int64(),
    "retailers": pl.Int64(),
    "before": pl.Int64(),
    "after": pl.Int64(),
    "gainers": pl.Int64(),
    "same": pl.Int64(),
    "losers": pl.Int64(),
    "gained": pl.Int64(),
    "lost": pl.Int64(),
    "mean_before": pl.Float64(),
    "mean_after": pl.Float64(),
    "share_before": pl.Float64(),
    "share_after": pl.Float64(),
}
"""Columns of ``Comparison.groups``, see there."""


def deciles(outcome: Outcome) -> pl.Series:
    """Tenth of the retailers present by their sales, 1 sells least, 10 most; null: not known.

    ``1 + floor(10 x those who sell less / all whose sales are known)``: equals share a tenth.
    """
    known = outcome.retailers["present"] & outcome.retailers["sales"].is_not_null()
    sales = outcome.retailers["sales"].zip_with(known, pl.Series([None], dtype=pl.Int64()))
    less = sales.rank("min").cast(pl.Int64) - 1
    found = less * DECILES // max(int(known.sum()), 1) + 1
    return found.cast(pl.Int64).alias("decile")


def grouped(shops: pl.DataFrame, tiers: int) -> pl.DataFrame:
    """Gainers, same and losers by every dimension.

    shops : retailers present in both, with tier_before, before, after and the columns of
        ``DIMENSIONS`` but all and tier; tiers : T of the baseline
    """
    before, after = (shops[name].to_numpy() for name in ("before", "after"))
    totals = int(before.sum()), int(after.sum())
    rows: list[tuple[Any, ...]] = []
    for dimension in DIMENSIONS:
        labels, code = _codes(shops, dimension, tiers)
        figures = _counted(code, len(labels), before, after)
        for place, (label, counted) in enumerate(zip(labels, figures, strict=True)):
            rows.append((dimension, label, place, *_row(counted, totals)))
    return pl.DataFrame(rows, schema=dict(GROUPS), orient="row")


def _codes(shops: pl.DataFrame, dimension: str, tiers: int) -> tuple[list[str | None], Units]:
    """The groups in the order in which they are shown, and the group of each shop, (n,)."""
    if dimension == "all":
        return [""], np.zeros(len(shops), np.int64)
    if dimension == "tier":
        labels: list[str | None] = [str(tier) for tier in range(tiers, 0, -1)]
        tier = shops["tier_before"].fill_null(0).to_numpy()
        code = tiers - tier
        return ([*labels, None], code) if (tier == 0).any() else (labels, code)
    if dimension == "decile":
        labels = [str(tenth) for tenth in range(DECILES, 0, -1)]
        tenth = shops["decile"].fill_null(0).to_numpy()
        return ([*labels, None] if (tenth == 0).any() else labels), DECILES - tenth
    column = shops[dimension].cast(pl.String)
    if dimension == "segment" and bool((column == "").all()):
        return [], np.zeros(len(shops), np.int64)  # the rule knows no segments
    labels = column.drop_nulls().unique().sort().to_list()
    if column.null_count() and labels:
        labels.append(None)
    places = pl.DataFrame(
        {"label": labels, "code": range(len(labels))},
        schema={"label": pl.String, "code": pl.Int64},
    )
    found = (
        column.alias("label")
        .to_frame()
        .join(places, on="label", how="left", nulls_equal=True, maintain_order="left")
    )
    return labels, found["code"].fill_null(0).to_numpy()


def _counted(code: Units, groups: int, before: Units, after: Units) -> Iterator[tuple[int, ...]]:
    """Retailers, before, after, gainers, same, losers, gained, lost of each group."""
    change = after - before
    weights = (
        before, after, change > 0, change == 0, change < 0,
        np.maximum(change, 0), np.maximum(-change, 0),
    )  # fmt: skip
    if not groups:
        return
    # Whole numbers below 2^53 stay exact in the doubles that bincount adds.
    counted = [np.bincount(code, minlength=groups)]
    counted += [np.bincount(code, weight, groups) for weight in weights]
    for row in zip(*counted, strict=True):
        yield tuple(int(figure) for figure in row)


def _row(counted: tuple[int, ...], totals: tuple[int, int]) -> tuple[Any, ...]:
    retailers, *figures = counted
    if not retailers:
        return (0, *(None,) * 11)
    means = [cartons / retailers for cartons in figures[:2]]
    shares = [
        cartons / total if total else None
        for cartons, total in zip(figures[:2], totals, strict=True)
    ]
    return (retailers, *figures, *means, *shares)


def migration(shops: pl.DataFrame) -> pl.DataFrame:
    """How many went from each tier to each: from_tier, to_tier, retailers, highest tiers first."""
    return (
        shops.group_by(from_tier="tier_before", to_tier="tier_after")
        .agg(retailers=pl.len().cast(pl.Int64))
        .sort("from_tier", "to_tier", descending=True, nulls_last=True)
    )
