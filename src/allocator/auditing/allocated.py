"""What the shops got, product by product: the allocation itself, whoever made it.

Figures, not findings: they name nobody, and say how the cartons of a product are spread.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import narwhals as nw
import numpy as np
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.judging import cartons_of, cliffs_of, free_of
from allocator.tables.source import printable
from allocator.tables.writing import write_csv
from allocator.wording import say

if TYPE_CHECKING:
    from rich.console import RenderableType

MOST_PRODUCTS = 40
"""Products on the screen; ``allocation.csv`` has them all."""
TOP = 10
"""(per cent) Of the shops that hold a product, those with most."""

FIGURES = (
    "product_id", "supply", "offered", "granted", "left", "shops", "top_tenth_percent",
    "equals_apart", "tiers_falling", "near_pairs", "near_apart",
)  # fmt: skip
"""Columns of ``allocation.csv``."""


def figures_of(case: Case) -> pl.DataFrame:
    """One row for each product of the quota table, columns ``FIGURES``, all i64 but the first.

    supply (less reserve) and left are null where no supply is known; offered : what the quotas come
    to if all order in full; shops : that hold any; top_tenth_percent : part of the cartons that the
    tenth of these shops with most holds; equals_apart : most cartons between two shops of one tier,
    segment and rhythm that hold any; tiers_falling : tiers whose shops hold fewer on average than
    those of the tier below, where both hold any; near_pairs : pairs of shops with nearly the same
    sales, near_apart : of these, a carton or more apart in quota (null without sales)
    """
    held = case.pairs.filter(nw.col("granted") > 0)
    one = nw.lit(1, nw.Int64)
    by_cell, by_size, goods = case.engine.collect(
        held.with_columns(one.alias("one"))
        .group_by("k", "cell")
        .agg(
            nw.col("one").sum().alias("shops"),
            nw.col("granted").sum(),
            nw.col("granted").min().alias("least"),
            nw.col("granted").max().alias("most"),
        ),
        held.with_columns(one.alias("one")).group_by("k", "granted").agg(nw.col("one").sum()),
        case.products.select("k", "product_id"),
    )
    plan, free = case.plan, free_of(case)
    cliffs, offered = cliffs_of(case), cartons_of(plan).sum(axis=1)
    rows = []
    for p, product in enumerate(plan.product):
        k = goods.filter(pl.col("product_id") == product)["k"]
        cells = by_cell.filter(pl.col("k").is_in(k.implode()))
        sizes = by_size.filter(pl.col("k").is_in(k.implode()))
        granted = int(cells["granted"].sum())
        apart = (
            cells.filter(pl.col("cell").is_not_null())["most"]
            - cells.filter(pl.col("cell").is_not_null())["least"]
        ).max()
        rows.append(
            (
                product,
                int(free[p]) if free[p] >= 0 else None,
                int(offered[p]),
                granted,
                int(free[p]) - granted if free[p] >= 0 else None,
                int(cells["shops"].sum()),
                _top(sizes, granted),
                int(apart) if isinstance(apart, int) else 0,
                _falls(case, cells),
                None if cliffs is None else int(cliffs.pairs[p]),
                None if cliffs is None else int(cliffs.apart[p]),
            )
        )
    schema = {name: pl.String if name == "product_id" else pl.Int64 for name in FIGURES}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _top(sizes: pl.DataFrame, granted: int) -> int:
    """Per cent of the cartons that the tenth of the shops with most holds, rounded down."""
    if not granted:
        return 0
    largest = sizes.sort("granted", descending=True)
    shops = -(-int(sizes["one"].sum()) * TOP // 100)
    held, left = 0, shops
    for cartons, count in largest.select("granted", "one").rows():
        held += cartons * min(count, left)
        left -= min(count, left)
    return 100 * held // granted


def _falls(case: Case, cells: pl.DataFrame) -> int:
    """Tiers whose shops hold fewer on average than those of the next lower tier that hold any."""
    plan = case.plan
    total, shops = (
        np.zeros(len(plan.cells.tier), np.int64),
        np.zeros(len(plan.cells.tier), np.int64),
    )
    for cell, granted, count in cells.select("cell", "granted", "shops").rows():
        if cell is not None:
            total[cell], shops[cell] = granted, count
    chains = total.reshape(-1, plan.tiers), shops.reshape(-1, plan.tiers)
    falls = 0
    for cartons, count in zip(*chains, strict=True):
        some = np.flatnonzero(count)
        low, high = some[:-1], some[1:]
        falls += int((cartons[high] * count[low] < cartons[low] * count[high]).sum())
    return falls


def write_allocation_csv(figures: pl.DataFrame, path: Path, language: str = "en") -> None:
    """Write allocation.csv: the figures of a judged allocation, formula-safe."""
    write_csv(figures, path, language)


def allocation_table(figures: pl.DataFrame, language: str) -> RenderableType:
    """The figures for a terminal, with what each column means."""
    from rich.table import Table
    from rich.text import Text

    def label(code: str) -> str:
        return say("findings", code, {}, language)

    table = Table(title=label("allocation-title"), caption=label("allocation-note"))
    several = figures["cycle"].n_unique() > 1
    columns = figures.columns[0 if several else 1 :]
    for column in columns:
        named = column in ("cycle", "product_id")
        justify: Literal["left", "right"] = "left" if named else "right"
        table.add_column(label(f"column-{column}"), justify=justify, overflow="fold")
    for row in figures.head(MOST_PRODUCTS).select(columns).iter_rows():
        cells = (
            "-" if v is None else f"{v:,}" if isinstance(v, int) else printable(v) for v in row
        )
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _cell(value: int | str | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else printable(value)
