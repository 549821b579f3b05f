"""The orders of a cycle as the plan sees them: one line for each retailer and product."""

from __future__ import annotations

import numpy as np
import polars as pl

from allocator.allocation.coupling import Asked
from allocator.records import Flags, QuotaPlan, region_column

LARGEST_ORDER = 2**30
"""(lots) Orders are cut here before arithmetic in 32 bits; no ceiling is near it."""


def order_lines(frame: pl.DataFrame, plan: QuotaPlan) -> pl.DataFrame:
    """One row for each retailer and product ordered, by released line, with what was asked.

    Columns: product_id, retailer_id, requested, granted, order (cartons), member (index i), tier,
    line (p), lots (whole lots asked for), governed (the product is in the plan); where the plan has
    bands also place (rises in the order in which lines were placed).
    """
    counts = frame.filter(
        (pl.col("cycle").is_null() | (pl.col("cycle") == plan.cycle))
        & (pl.col("status").fill_null("") != "cancelled")
        & (pl.col("kind").fill_null("ordinary") != "make_up")
    )
    if plan.bands:
        # Only bands ask what was ordered first; a product ordered again keeps its first place.
        placed = ("ordered_at", "order_id", "product_id")
        counts = counts.sort(placed, nulls_last=True).with_row_index("place")
    summed = (
        counts.group_by("product_id", "retailer_id")
        .agg(
            # A sum with an unknown part is unknown; polars would take the unknown for 0.
            *(
                pl.when(pl.col(name).is_null().any())
                .then(None)
                .otherwise(pl.col(name).sum())
                .alias(name)
                for name in ("requested", "granted")
            ),
            *((pl.col("place").min(),) if plan.bands else ()),
        )
        .with_columns(order=pl.coalesce("requested", "granted"))
    )
    lines = pl.DataFrame(
        {
            "product_id": plan.product,
            "region": plan.region,
            "lot": plan.lot,
        },
        schema={"product_id": pl.String, "region": pl.String, "lot": pl.Int64},
    ).with_row_index("line")
    members = plan.members.select("retailer_id", "tier", "segment").with_row_index("member")
    joined = summed.join(members, on="retailer_id", how="left").join(
        lines, on="product_id", how="left"
    )
    # A product released by region has a line for each; the retailer's own is the one that counts.
    own = (pl.col("region") == "") | (pl.col("region") == region_column())
    joined = joined.with_columns(
        line=pl.when(own).then(pl.col("line")).cast(pl.Int32),
        governed=pl.col("line").is_not_null(),
    )
    return (
        joined.sort("product_id", "retailer_id", "line", nulls_last=True)
        .unique(["product_id", "retailer_id"], keep="first", maintain_order=True)
        .with_columns(
            lots=(pl.col("order") // pl.col("lot")).clip(0, LARGEST_ORDER),
        )
        .sort("line", "product_id", "retailer_id", nulls_last=False)
    )


def asked_lines(lines: pl.DataFrame, here: Flags) -> Asked:
    """The lines that are ``here``: of released lines and counted members."""
    rows = lines.filter(here)
    place = rows["place"] if "place" in rows.columns else pl.Series(np.arange(len(rows)))
    line, member, lots, order = (
        column.to_numpy().astype(np.int64)
        for column in (rows["line"], rows["member"], rows["lots"], place)
    )
    return Asked(line, member, lots, order)
