"""How complete the files are, by shop and by customer manager.

completeness = filled fields / fields, over the ``FIELDS`` that the export has a column for. A
manager's figure is that of all its shops' fields together, so that a shop with many gaps counts
for what it is. Closed shops do not count.
"""

from __future__ import annotations

from typing import Final

import polars as pl

FIELDS: Final = (
    "name", "region", "market", "format", "trade_area", "credit", "joined_on", "order_cycle",
    "manager", "phone", "account", "licence_holder", "account_holder",
)  # fmt: skip
"""Columns of the retailers table that a customer file should fill."""

LEAST_SHOPS: Final = 20
"""Shops from which a manager is ranked: below, one file moves the figure too far."""


def counted_fields(columns: frozenset[str]) -> tuple[str, ...]:
    """Those of ``FIELDS`` that any shop has filled: the rest the export does not have."""
    return tuple(field for field in FIELDS if f"retailers.{field}" in columns)


def gaps_of(files: pl.DataFrame, columns: frozenset[str]) -> pl.DataFrame:
    """Empty fields of each file.

    Returns
    -------
    retailer_id str, filled, missing i64, fields str (names of the empty ones, joined by a space;
    "" = none), in the order of ``files``
    """
    fields = counted_fields(columns)
    empty = [pl.when(pl.col(field).is_null()).then(pl.lit(field)) for field in fields]
    missing = pl.sum_horizontal(
        pl.lit(0, pl.Int64), *(pl.col(f).is_null().cast(pl.Int64) for f in fields)
    )
    return files.select(
        "retailer_id",
        (pl.lit(len(fields), pl.Int64) - missing).alias("filled"),
        missing.alias("missing"),
        pl.concat_str(pl.lit(None, pl.String), *empty, separator=" ", ignore_nulls=True).alias(
            "fields"
        ),
    )


def per_mille(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Tenths of a per cent, rounded half up, i64; null where there is nothing to divide by."""
    return pl.when(whole > 0).then((part * 2000 + whole) // (2 * whole))


def completeness(files: pl.DataFrame, columns: frozenset[str]) -> pl.DataFrame:
    """Each shop's file that is not closed.

    Returns
    -------
    retailer_id, name, manager, region str; filled, fields i64; complete i64 (tenths of a per
    cent); missing str (names of empty fields, joined by a space). The emptiest first
    """
    open_files = files.filter(pl.col("status") != "closed")
    gaps = gaps_of(open_files, columns).rename({"fields": "gaps", "missing": "empty"})
    whole = pl.col("filled") + pl.col("empty")
    return (
        open_files.select("retailer_id", "name", "manager", "region")
        .join(gaps, on="retailer_id", maintain_order="left")
        .select(
            "retailer_id", "name", "manager", "region", "filled", whole.alias("fields"),
            per_mille(pl.col("filled"), whole).alias("complete"), pl.col("gaps").alias("missing"),
        )
        .sort("filled", "retailer_id")
    )  # fmt: skip


def by_manager(files: pl.DataFrame, counts: dict[str, pl.Series]) -> pl.DataFrame:
    """Completeness and what there is to do, by customer manager.

    Parameters
    ----------
    files : as ``completeness`` gives it
    counts : by name of a column, the retailer of each thing to count (a finding, a change, a
        visit); whoever is not among ``files`` counts for nobody

    Returns
    -------
    manager str (null = none on file), shops, complete_files i64, complete i64 (tenths of a per
    cent), rank i64 (1 = most complete, equals share it; null below ``LEAST_SHOPS`` shops, and
    for shops without a manager), then ``counts``. By rank, then by number of shops
    """
    table = files.group_by("manager").agg(
        pl.len().cast(pl.Int64).alias("shops"),
        (pl.col("filled") == pl.col("fields")).sum().cast(pl.Int64).alias("complete_files"),
        per_mille(pl.col("filled").sum(), pl.col("fields").sum()).alias("complete"),
    )
    ranked = (pl.col("shops") >= LEAST_SHOPS) & pl.col("manager").is_not_null()
    place = pl.when(ranked).then(pl.col("complete")).rank("min", descending=True).cast(pl.Int64)
    table = table.with_columns(place.alias("rank"))
    whose = files.select("retailer_id", "manager")
    for name, retailers in counts.items():
        # A manager may be null: joins must take two nulls for the same.
        each = (
            pl.DataFrame({"retailer_id": retailers.cast(pl.String)})
            .join(whose, on="retailer_id")
            .group_by("manager")
            .agg(pl.len().cast(pl.Int64).alias(name))
        )
        table = table.join(each, on="manager", how="left", nulls_equal=True)
        table = table.with_columns(pl.col(name).fill_null(0))
    return table.sort("rank", "shops", "manager", descending=[False, True, False], nulls_last=True)
