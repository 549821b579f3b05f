"""Shops that ordered in one cycle under one phone, one account or from one device."""

from __future__ import annotations

from functools import partial

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.evidence import JOINT
from allocator.auditing.history import CARTONS, MOST_LINE
from allocator.auditing.rule import Outcome, tally

MANY = 20
"""More shops under one number are more likely a placeholder or a service point than one person."""

SHOWN = 4
"""Characters of a number that a message shows: enough to find it, no more."""


def sharing(case: Case, lines: Frame, message: str) -> Outcome:
    """Values that several shops with orders share, unless all have one known licence holder.

    lines : order lines of known shops: columns of ``Case.lines`` and ``g``, the value (null = not
        known)
    """
    used = lines.filter(~nw.col("g").is_null(), nw.col("g").str.strip_chars() != "")
    used = used.with_columns(nw.col("g").str.strip_chars())
    shops = used.group_by("g", "i").agg(
        CARTONS.clip(0, MOST_LINE).sum().alias("cartons"), nw.col("retailer_id").min()
    )
    one, zero = nw.lit(1, nw.Int64), nw.lit(0, nw.Int64)
    holder = nw.lit(None, nw.String).alias("holder")
    if case.shops is not None and "retailers.licence_holder" in case.columns:
        named = case.shops.filter(~nw.col("i").is_null()).select(
            "i", nw.col("licence_holder").str.strip_chars().alias("holder")
        )
        shops = shops.join(named, on="i", how="left")
    else:
        shops = shops.with_columns(holder)
    unnamed = nw.col("holder").is_null()
    groups = (
        shops.with_columns(nw.when(unnamed).then(one).otherwise(zero).alias("unnamed"))
        .group_by("g")
        .agg(
            nw.len().cast(nw.Int64).alias("retailers"),
            nw.col("cartons").sum().alias("observed"),
            nw.col("retailer_id").min(),
            nw.col("unnamed").sum(),
            nw.col("holder").min().alias("first"),
            nw.col("holder").max().alias("last"),
        )
        .filter(nw.col("retailers") > 1)
    )
    chain = (nw.col("unnamed") == 0) & (nw.col("first") == nw.col("last"))
    found = groups.filter(~chain.fill_null(False)).select(
        "g",
        "retailer_id",
        "retailers",
        "observed",
        nw.when(nw.col("retailers") > MANY)
        .then(nw.lit(f"{message}-many"))
        .otherwise(nw.lit(message))
        .alias("message"),
    )
    told = lines.with_columns(nw.col("g").str.strip_chars())
    return Outcome(
        found, ("g",), tally(lines, ~nw.col("g").is_null()), lines=told, tell=partial(_tell)
    )


def _tell(found: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    others = (
        lines.join(found.select("g", first="retailer_id"), on="g")
        .filter(pl.col("retailer_id") != pl.col("first"))
        .group_by("g")
        .agg(pl.col("retailer_id").unique().sort().str.join(JOINT).alias("others"))
    )
    return found.join(others, on="g", how="left").with_columns(
        pl.col("g").str.tail(SHOWN).alias("ending")
    )
