"""Who gains and who loses, group by group, ready to be drawn and listed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl

from allocator.comparison.record import Comparison
from allocator.reports.what_if.bars import Diverging, Rises, Tally, diverging, rises
from allocator.reports.what_if.telling import group_name, signed, told, word
from allocator.wording import paragraph

KEYS = {
    "tier": "tier_before", "decile": "decile", "segment": "segment", "region": "region",
    "market": "market", "format": "format", "new": "new",
}  # fmt: skip
"""Dimension -> column of ``changes_by_retailer``."""

MOST_GROUPS = 60
"""Groups of one dimension on the page, the largest; the workbook has all."""

FAR = 2
"""(cartons) A change of so many or more is drawn dark."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """One dimension: its chart and its table."""

    dimension: str
    title: str
    told: str
    chart: Diverging
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: str


def grouped(comparison: Comparison, dimension: str, language: str) -> Grouped | None:
    """A dimension with two groups or more; ``None`` where there is nothing to set apart."""
    frame = of_dimension(comparison, dimension)
    if frame.height < 2:
        return None
    hidden = max(frame.height - MOST_GROUPS, 0)
    if hidden:
        frame = frame.sort("retailers", descending=True).head(MOST_GROUPS).sort("place")
    rows = [_row(row, dimension, language) for row in frame.iter_rows(named=True)]
    return Grouped(
        dimension=dimension,
        title=word(f"by-{dimension}", language),
        told=takeaway(frame, dimension, language),
        chart=diverging(tallies(comparison, dimension, frame, language)),
        columns=tuple(
            word(f"head-{code}", language)
            for code in ("group", "retailers", "gainers", "same", "losers", "gained", "lost",
                         "mean-before", "mean-after")
        ),
        rows=tuple(rows),
        more=word("groups-more", language, count=hidden) if hidden else "",
    )  # fmt: skip


def of_dimension(comparison: Comparison, dimension: str) -> pl.DataFrame:
    """The rows of one dimension that have any retailer, in the order in which they are shown."""
    mine = (pl.col("dimension") == dimension) & (pl.col("retailers") > 0)
    return comparison.groups.filter(mine).sort("place")


def tallies(
    comparison: Comparison, dimension: str, frame: pl.DataFrame, language: str
) -> list[Tally]:
    """Retailers of each group by how many cartons they gain or lose."""
    change = pl.col("change")
    counted = (
        comparison.changes_by_retailer.filter(pl.col("status") == "both")
        .group_by(group=_key(dimension))
        .agg(
            (change <= -FAR).sum().alias("far_less"),
            (change.is_between(-FAR + 1, -1)).sum().alias("less"),
            (change == 0).sum().alias("same"),
            (change.is_between(1, FAR - 1)).sum().alias("more"),
            (change >= FAR).sum().alias("far_more"),
        )
    )
    joined = frame.select("group").join(
        counted, on="group", how="left", nulls_equal=True, maintain_order="left"
    )
    return [
        Tally(group_name(dimension, group, language), *(count or 0 for count in counts))
        for group, *counts in joined.iter_rows()
    ]


def _key(dimension: str) -> pl.Expr:
    return pl.col(KEYS[dimension]).cast(pl.String)


def takeaway(frame: pl.DataFrame, dimension: str, language: str) -> str:
    """Which group gains most a shop, and which loses most; of equals the first."""
    changes = [
        (group_name(dimension, row["group"], language), mean_change(row))
        for row in frame.iter_rows(named=True)
        if row["group"] is not None
    ] or [("", Fraction(0))]
    best, worst = max(changes, key=lambda c: c[1]), min(changes, key=lambda c: c[1])
    if not best[1] and not worst[1]:
        return word("groups-alike", language)
    parts = []
    for code, (group, change) in (("groups-best", best), ("groups-worst", worst)):
        if (change > 0) == (code == "groups-best") and change:
            where = word(f"where-{dimension}", language, group=group)
            parts.append(word(code, language, where=where, change=signed(change, language)))
    return paragraph(parts, language)


def mean_change(row: dict[str, Any]) -> Fraction:
    """Cartons more or fewer that a shop of the group has on average."""
    return Fraction(row["gained"] - row["lost"], row["retailers"])


def by_size(comparison: Comparison) -> Rises | None:
    """Columns of the tenths by sales, the smallest first; ``None`` where sales are not known."""
    frame = of_dimension(comparison, "decile").filter(pl.col("group").is_not_null())
    if frame.height < 2:
        return None
    rising = reversed(frame.rows(named=True))
    return rises([(row["group"], mean_change(row)) for row in rising])


def _row(row: dict[str, Any], dimension: str, language: str) -> tuple[str, ...]:
    counts = ("retailers", "gainers", "same", "losers", "gained", "lost")
    return (
        group_name(dimension, row["group"], language),
        *(told(row[name], "retailers", language) for name in counts),
        *(told(row[f"mean_{side}"], "cartons", language) for side in ("before", "after")),
    )
