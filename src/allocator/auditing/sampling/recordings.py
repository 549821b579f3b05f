"""The recordings of a cycle: what an inspector can listen to, and which of them findings name."""

from __future__ import annotations

import polars as pl

from allocator.auditing.evidence import JOINT
from allocator.auditing.findings import Findings
from allocator.tables.city import Table

NOBODY = ""
"""Order-taker of a recording whose orders name none."""

SUBJECTS = ("retailer", "order", "clerk")
"""Findings about one of these make its orders worth hearing; those about a product name half the
city."""

RECORDINGS: dict[str, pl.DataType | type[pl.DataType]] = {
    "recording_id": pl.String,
    "order_id": pl.String,
    "retailer_id": pl.String,
    "clerk": pl.String,
    "ordered_at": pl.Datetime("us"),
    "lines": pl.Int64,
    "named": pl.Boolean,
    "rules": pl.String,
}


def recordings_of(findings: Findings, orders: Table) -> tuple[pl.DataFrame, int]:
    """Recordings of the orders that were audited.

    Returns
    -------
    recordings : columns ``RECORDINGS``, by recording_id: order_id, retailer_id, clerk (several
        joined by ", "), ordered_at (the first), lines, named (by a finding about the shop, the
        order or the order-taker), rules (codes of these findings, joined)
    without : orders by phone that have no recording; nobody can listen to them
    """
    frame = orders.frame
    cancelled = (pl.col("status") == "cancelled").fill_null(False)
    audited = pl.col("cycle").is_in(findings.cycles or (findings.cycle,)).fill_null(value=True)
    lines = frame.filter(~cancelled & (audited if findings.cycle else True)).with_columns(
        pl.col("order_id", "retailer_id", "clerk", "recording_id").cast(pl.String)
    )
    by_phone = (pl.col("channel") == "phone").fill_null(pl.col("clerk").is_not_null())
    without = lines.filter(by_phone & pl.col("recording_id").is_null())["order_id"].n_unique()
    named = (
        findings.frame.filter(pl.col("subject").is_in(SUBJECTS) & (pl.col("kind") != "data"))
        .filter(pl.col("order_id").is_not_null())
        .select("code", pl.col("order_id").str.split(JOINT))
        .explode("order_id")
        .group_by("order_id")
        .agg(pl.col("code").unique())
    )

    def listed(column: str) -> pl.Expr:
        return pl.col(column).drop_nulls().unique().sort().str.join(JOINT).alias(column)

    told = (
        lines.filter(pl.col("recording_id").is_not_null())
        .join(named, on="order_id", how="left")
        .group_by("recording_id")
        .agg(
            *(listed(column) for column in ("order_id", "retailer_id", "clerk")),
            pl.col("ordered_at").min(),
            pl.len().cast(pl.Int64).alias("lines"),
            pl.col("code").is_not_null().any().alias("named"),
            pl.col("code").explode().drop_nulls().unique().sort().str.join(JOINT).alias("rules"),
        )
        .with_columns(pl.col("clerk").fill_null(NOBODY))
        .sort("recording_id")
    )
    return told.select(pl.col(name).cast(dtype) for name, dtype in RECORDINGS.items()), without
