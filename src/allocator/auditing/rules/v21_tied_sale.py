"""Scarce products that came only with others nobody asked for."""

from __future__ import annotations

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.rule import Outcome, Rule, tally
from allocator.auditing.timing import spelt

LEAST_SHOPS = 5
"""Shops to which the same product was added by one order-taker: fewer may be slips, which
above-request names. A city of 20,000 shops with a slip in two hundred lines has order-takers with
two slips of one product every week, and hardly one with five."""


def tied_sale(case: Case) -> Outcome:
    """An order-taker put more of an ordinary product into orders with scarce ones than was asked.

    What it finds
    -------------
    For each order-taker, products that are not scarce of which five shops or more were entered
    for more than they asked for (often for some though they asked for none), each in an order that
    also holds a scarce product.

    Why it matters
    --------------
    Making a shop take slow goods to get scarce ones (搭售) is forbidden, and a shop cannot refuse
    without losing its cartons.

    Example
    -------
    C05 entered 3 cartons of P0301, which nobody had asked for, for 14 shops, in each case beside
    P0103.

    What to do
    ----------
    Listen to the recordings of these calls; offer every shop to give the cartons back, and look
    into the order-taker's sales targets.

    Known limits
    ------------
    Needs what the shop asked for as it said it. An order-taker that also enters the request as
    what it granted leaves no such trace: then only the pattern is seen (always the same product,
    always the same number), which is an alert and not proof. Under five shops it is
    above-request alone.
    """
    keys = ("o", "product_id", "clerk", "retailer_id")
    known = ~nw.col("granted").is_null() & ~nw.col("requested").is_null()
    taken = case.lines.filter(~nw.col("clerk").is_null())
    # Few orders hold a line above its request: only these are looked at closely.
    beyond = taken.filter(known, nw.col("granted") > nw.col("requested")).select("o").unique()
    lines = _with_scarcity(case, taken.join(beyond, on="o", how="semi"))
    scarce = lines.filter(nw.col("scarce"), nw.col("granted") > 0).select("o").unique()
    judged = lines.filter(~nw.col("scarce")).join(scarce, on="o", how="semi")
    # Of a product on several lines of an order only the sums are compared.
    suspect = (
        judged.filter(known, nw.col("granted") > nw.col("requested")).select("o", "q").unique()
    )
    pushed = (
        judged.join(suspect, on=["o", "q"], how="semi")
        .with_columns(known.cast(nw.Int64).alias("known"))
        .group_by(*keys)
        .agg(
            (nw.col("granted").sum() - nw.col("requested").sum()).alias("excess"),
            nw.col("known").min(),
        )
        .filter(nw.col("known") == 1, nw.col("excess") > 0)
    )
    by_shop = pushed.group_by("clerk", "product_id", "retailer_id").agg(nw.col("excess").sum())
    found = (
        by_shop.group_by("clerk", "product_id")
        .agg(nw.len().cast(nw.Int64).alias("retailers"), nw.col("excess").sum())
        .filter(nw.col("retailers") >= LEAST_SHOPS)
        .with_columns(
            nw.col("excess").alias("observed"),
            nw.lit(0, nw.Int64).alias("limit"),
            nw.lit("tied-sale").alias("message"),
        )
    )
    return Outcome(
        found=found,
        keys=("clerk", "product_id"),
        tally=tally(taken, known),
        lines=judged.join(pushed.select("o", "product_id"), on=["o", "product_id"], how="semi"),
        tell=_of_several,
    )


def _with_scarcity(case: Case, lines: Frame) -> Frame:
    """Lines of products of which it is known whether they are scarce, with that.

    Without a products table that says so, the products of the plan are the scarce ones.
    """
    if case.goods is None or "products.scarce" not in case.columns:
        return lines.with_columns((~nw.col("k").is_null()).alias("scarce"))
    goods = case.goods.filter(~nw.col("scarce").is_null()).select("product_id", "scarce")
    return lines.join(goods, on="product_id", how="inner")


def _of_several(found: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    return spelt()(found.drop("retailer_id", strict=False), lines).with_columns(
        pl.lit(None, pl.String).alias("retailer_id")
    )


TIED_SALE = Rule(
    name="tied-sale",
    code="V21",
    kind="violation",
    severity="high",
    subject="clerk",
    unit="cartons",
    policy="orders.requested",
    find=tied_sale,
    needs=("requested", "granted", "clerk"),
    wants=("products.scarce",),
)
