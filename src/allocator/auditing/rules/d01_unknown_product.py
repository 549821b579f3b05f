"""Orders of a product that is not on file."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.rule import Outcome, Rule, count, tally
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
    listed = case.products if case.goods is None else case.goods
    flagged = (
        case.lines.filter(nw.col("k").is_null())
        .join(listed.select("product_id"), on="product_id", how="anti")
        .with_columns(TAKEN.alias("taken"))
        .group_by("product_id")
        .agg(count().alias("lines"), nw.col("taken").sum().alias("excess"))
        .with_columns(
            nw.col("lines").alias("observed"),
            nw.lit(0, nw.Int64).alias("limit"),
            nw.lit("unknown-product").alias("message"),
        )
    )
    # So many orders and order-takers name nobody; the rows are the evidence.
    return Outcome(
        flagged,
        ("product_id",),
        tally(case.lines),
        tell=lambda found, _: found.drop("retailer_id", "order_id", "clerk"),
    )


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
