"""An order far dearer than what the shop ordered before."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.history import (
    MOST_PRICE,
    PERMYRIAD,
    cycles_before,
    judged_shops,
    nothing_judged,
    own_orders,
    permyriad,
    set_aside,
    totals,
    with_judged,
)
from allocator.auditing.rule import Outcome, Rule, tally


def price_above_past(case: Case) -> Outcome:
    """The mean carton of a shop's order costs more than twice what it cost before.

    What it finds
    -------------
    Shops whose mean wholesale price per carton in the cycle is over
    ``audit.thresholds.price_over_mean`` (200 %) of that of their last ``cycles`` (three) order
    cycles, where the order holds at least ``least_cartons``. New products, uneven arrivals and
    cycles with holidays are set aside as for order-above-past, and so are products without a
    price. Means are in whole fen, rounded down.

    Why it matters
    --------------
    One of the national thresholds: a shop that suddenly takes only the dearest products may be
    taking them for somebody who resells them.

    Example
    -------
    R17 ordered 40 cartons at 610 yuan on average; its three orders before cost 180 yuan a carton.

    What to do
    ----------
    Look at the shop's price list and stock, and ask who buys these products there.

    Known limits
    ------------
    On ordinary orders (Iowa, scarce products, August to October 2021) it flags 0 of the 1,448 shops
    that ordered. Prices are those of today's
    product table: a change of price moves both sides. An audit of scarce products alone sees
    little of a shop's assortment. Ordinary causes: a wedding, a festival, a shop that moved to a
    better street.
    """
    limits = case.policy.thresholds
    number, before = limits.cycles, cycles_before(case)
    if case.goods is None:
        return nothing_judged(case)
    rows, visits = own_orders(case, before, number)
    rows = set_aside(case, rows, min(number, len(before.cycles)))
    priced = case.engine.keep(_priced(case.goods, rows))
    cartons = judged_shops(priced, visits, number, touched=before.touched)
    fen = totals(
        priced.with_columns(*((nw.col(name) * nw.col("price")).alias(name) for name in SIDES))
    ).select("i", *(nw.col(name).alias(f"{name}_fen") for name in SIDES))
    usual, asked = nw.col("before_fen") // nw.col("before"), nw.col("now_fen") // nw.col("now")
    judged = cartons.filter(nw.col("now") > 0).join(fen, on="i")
    flagged = judged.with_columns(usual.alias("usual_fen"), asked.alias("observed")).with_columns(
        (nw.col("usual_fen") * permyriad(limits.price_over_mean) // PERMYRIAD).alias("limit")
    )
    found = flagged.filter(
        nw.col("observed") > nw.col("limit"),
        nw.col("usual_fen") > 0,
        nw.col("now") >= limits.least_cartons,
    ).select(
        "i",
        "observed",
        "limit",
        "aside",
        nw.col("usual_fen").alias("price"),
        nw.col("now").alias("cartons"),
        (nw.col("observed") * 100 // nw.col("usual_fen")).alias("percent"),
        nw.lit(number, nw.Int64).alias("cycles"),
        nw.lit("price-above-past").alias("message"),
    )
    return Outcome(found, ("i",), tally(*with_judged(case, judged)))


SIDES = ("now", "before")


def _priced(goods: Frame, rows: Frame) -> Frame:
    """The rows with ``price`` (fen); those without one are set aside."""
    price = nw.col("wholesale_price").clip(0, MOST_PRICE).cast(nw.Int64).alias("price")
    one = nw.lit(1, nw.Int64)
    return rows.join(goods.select("product_id", price), on="product_id", how="left").with_columns(
        nw.when(nw.col("price").is_null()).then(one).otherwise(nw.col("aside")).alias("aside"),
        nw.col("price").fill_null(0),
    )


PRICE_ABOVE_PAST = Rule(
    name="price-above-past",
    code="A03",
    kind="alert",
    severity="low",
    subject="retailer_id",
    unit="fen",
    policy="audit.thresholds.price_over_mean",
    find=price_above_past,
    needs=("past", "products.wholesale_price"),
    wants=("clerk",),
)
