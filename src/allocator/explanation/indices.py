"""The records of a run sorted and indexed by retailer and product, once for all cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from allocator.explanation.dossier import Dossier
from allocator.hiding import shops_ordering
from allocator.policy.grading_models import GradingPolicy
from allocator.records import Grading
from allocator.tables.city import City

Row = Mapping[str, Any]


def positions(names: pl.Series) -> dict[str, int]:
    """Where each name stands."""
    return {name: i for i, name in enumerate(names.to_list())}


def rows_in_force(run: Dossier, on: date) -> dict[str, int]:
    """Position of each retailer's latest row that is valid on ``on``."""
    frame = run.city.retailers.frame.with_row_index("position")
    if "valid_from" in frame.columns:
        frame = frame.filter(pl.col("valid_from").is_null() | (pl.col("valid_from") <= on))
        frame = frame.sort("retailer_id", "valid_from", nulls_last=False, maintain_order=True)
    return dict(zip(frame["retailer_id"].to_list(), frame["position"].to_list(), strict=True))


def told_of_shops(run: Dossier) -> list[str]:
    """Columns of the retailers table that cards speak of."""
    limits = run.grading.limits
    told = {"name", "phone", "manager", "manager_phone", "joined_on", "credit"}
    told |= {limits.attribute} if limits is not None and limits.attribute else set()
    return [name for name in run.city.retailers.frame.columns if name in told]


def products_by_id(run: Dossier) -> dict[str, Row]:
    """Rows of the products table."""
    if run.city.products is None:
        return {}
    return {row["product_id"]: row for row in run.city.products.frame.iter_rows(named=True)}


def ordered_lines(run: Dossier) -> tuple[pl.DataFrame, dict[str, tuple[int, int]]]:
    """Lines with an award, by retailer; and where each retailer's begin, and how many."""
    if run.allocation is None:
        return pl.DataFrame(), {}
    # A product outside the plan has no award: it is ordered freely and no matter of this card.
    lines = run.allocation.lines.filter(pl.col("award").is_not_null())
    lines = lines.sort("retailer_id", "product_id")
    runs = lines.select(pl.col("retailer_id").rle()).unnest("retailer_id")
    lengths: Sequence[int] = runs["len"].to_list()
    starts = (np.cumsum(lengths, dtype=np.int64) - lengths).tolist()
    spans = zip(starts, lengths, strict=True)
    return lines, dict(zip(runs["value"].to_list(), spans, strict=True))


def line_columns(lines: pl.DataFrame) -> pl.DataFrame:
    """The columns of ``standing.Line``, rows as they stand."""
    if lines.is_empty():
        return pl.DataFrame()
    room = pl.col("band_room") if "band_room" in lines.columns else pl.lit(None, pl.Int64)
    filled = [pl.col(name).fill_null(0) for name in ("limit", "round_one", "round_two", "award")]
    own = [pl.col("product_id"), pl.col("line"), pl.col("requested")]
    return lines.select([*own, *filled, pl.col("granted"), room.alias("room")])


def demand(lines: pl.DataFrame) -> dict[str, tuple[int, int | None]]:
    """Per product: shops that ordered it, and cartons asked for (``None``: a line is unknown)."""
    if lines.is_empty():
        return {}
    whole = (
        lines.filter(pl.col("line").is_not_null())
        .group_by("product_id")
        .agg(
            pl.when(pl.col("requested").null_count() == 0)
            .then(pl.col("requested").sum())
            .alias("sum"),
        )
        .join(shops_ordering(lines), on="product_id")
        .select("product_id", "shops", "sum")
    )
    return {product: (shops, asked) for product, shops, asked in whole.iter_rows()}


PENALTIES = ("demote", "cap", "suspend")
"""Kinds of sanctions that a card tells of; an exempt month is no penalty."""


def penalties_in_force(
    city: City, grading: Grading, rules: GradingPolicy | None
) -> pl.DataFrame | None:
    """The rows of the sanctions table in force on the day that the policy follows, each once."""
    if city.sanctions is None or rules is None or rules.sanctions is None:
        return None
    on = grading.on
    begun = pl.col("from").is_null() | (pl.col("from") <= on)
    going = pl.col("until").is_null() | (pl.col("until") >= on)
    rows = city.sanctions.frame.filter(pl.col("kind").is_in(PENALTIES), begun, going)
    columns = ["retailer_id", "kind", "value", "from", "until", "source"]
    return rows.select(columns).unique(maintain_order=True).sort(columns, nulls_last=False)


def months_touched(screened: pl.DataFrame | None) -> pl.DataFrame | None:
    """Months out of the usual that count otherwise; what is only looked at is not told."""
    return None if screened is None else screened.filter(pl.col("action") != "flag").sort("unit")


def by_retailer(rows: pl.DataFrame | None) -> dict[str, list[Row]]:
    """Rows of each retailer, in their order."""
    told: dict[str, list[Row]] = {}
    for row in [] if rows is None else rows.iter_rows(named=True):
        told.setdefault(row["retailer_id"], []).append(row)
    return told


def withheld_orders(run: Dossier, lines: pl.DataFrame) -> dict[tuple[str, str], list[str]]:
    """Orders of this cycle by retailer and product, of which less was entered than is due."""
    if run.city.orders is None or lines.is_empty():
        return {}
    key = ["retailer_id", "product_id"]
    short = lines.filter(pl.col("granted") < pl.col("award")).select(key)
    rows = run.city.orders.frame.filter(
        pl.col("cycle").is_null() | (pl.col("cycle") == run.cycle),
        pl.col("status").fill_null("") != "cancelled",
        pl.col("kind").fill_null("ordinary") != "make_up",
    ).join(short, on=key, how="semi")
    rows = rows.sort("ordered_at", "order_id", nulls_last=True)
    found: dict[tuple[str, str], list[str]] = {}
    for retailer, product, order in rows.select(*key, "order_id").iter_rows():
        found.setdefault((retailer, product), []).append(order)
    return found
