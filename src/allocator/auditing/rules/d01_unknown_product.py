"""Orders of a product that is not on file."""

from __future__ import annotations

import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.evidence import trace
from allocator.auditing.rule import Outcome, Rule, count_lines
from allocator.auditing.rules.v05_unknown_retailer import TAKEN


def unknown_product(case: Case) -> Outcome:
    """Orders name a product that neither the products table nor the plan holds.

    What it finds
    -------------
    Products in the orders that are in no list, with all their lines.

    Why it matters
    --------------
    Nothing can be checked about such lines: they have no limit, lot or supply.

    Example
    -------
    23 lines order P9999; the products table has no such product.

    What to do
    ----------
    Complete the products table, or correct the product number in the export.

    Known limits
    ------------
    Needs the products table: without it a product outside the plan may simply not be scarce.
    """
    goods = case.known_products
    listed = case.products.select("product_id") if goods is None else goods.select("product_id")
    flagged = (
        case.lines.filter(pl.col("k").is_null())
        .join(listed.cast(pl.String), on="product_id", how="anti")
        .group_by("product_id")
        .agg(pl.len().cast(pl.Int64).alias("lines"), TAKEN.sum().alias("excess"))
        .with_columns(
            pl.col("lines").alias("observed"),
            pl.lit(0, pl.Int64).alias("limit"),
            pl.lit("unknown-product").alias("message"),
        )
    )
    # So many orders and order-takers name nobody; the rows are the evidence.
    found = trace(case, flagged, ("product_id",)).drop("retailer_id", "order_id", "clerk")
    return Outcome(found, case.lines.height, count_lines(flagged))


UNKNOWN_PRODUCT = Rule(
    name="unknown-product",
    code="D01",
    kind="data",
    severity="medium",
    subject="product_id",
    unit="lines",
    policy="products.product_id",
    find=unknown_product,
    needs=("products.product_id",),
)
