"""What cannot both be true: two entries that do not fit together."""

from __future__ import annotations

from typing import Final

import polars as pl

from allocator.customers.case import FileCase, month_name, months_apart
from allocator.customers.rule import FileRule, Outcome

LEAST_AREA: Final = 20
"""Shops of a trade area from which its market can be told."""
ODD_ONES: Final = (1, 20)
"""A trade area belongs to a market when at most one shop in twenty is of the other one."""

_ROWS: Final = pl.concat_list("row").alias("retailer_rows")
_BLANKS: Final = r"[\s·・.]"


def joined_after_sales(case: FileCase) -> Outcome:
    """A shop joined after it first bought.

    What it finds
    -------------
    Shops whose first month with sales lies before the month in which they joined.

    Why it matters
    --------------
    The day of joining decides who is a newcomer: a wrong one gives a starting tier to an old shop.

    Example
    -------
    R17 joined on 4 May 2026 and bought in November 2025 already.

    What to do
    ----------
    Look up the licence. If the shop changed hands, give the new holder a number of its own.

    Known limits
    ------------
    A renewed licence is sometimes entered as a new beginning.
    """
    dated = case.files.filter(pl.col("joined_on").is_not_null()).join(
        case.trade.select("retailer_id", "first"), on="retailer_id"
    )
    early = months_apart(pl.col("first"), pl.col("joined_on"))
    found = dated.filter(early > 0).select(
        "retailer_id",
        early.alias("observed"),
        pl.lit(0, pl.Int64).alias("limit"),
        pl.col("joined_on").alias("since"),
        month_name(pl.col("first")).alias("from_month"),
        _ROWS,
        pl.lit("joined-after-sales").alias("message"),
    )
    return Outcome(found, dated.height, found.height, case.files.height - dated.height)


def closed_with_orders(case: FileCase) -> Outcome:
    """A closed shop placed orders.

    What it finds
    -------------
    Closed shops with orders, not cancelled, on or after the day the closed file began.

    Why it matters
    --------------
    Somebody orders under a number that should be dead.

    Example
    -------
    R17 is closed since 3 May and ordered on 16 November.

    What to do
    ----------
    Stop the delivery, and ask who ordered and who would receive it.

    Known limits
    ------------
    Needs the day from which a file is valid. The audit of orders finds the same in its cycle.
    """
    every = case.files.filter(pl.col("status") == "closed")
    closed = every.filter(pl.col("valid_from").is_not_null())
    undated = every.height - closed.height
    if case.orders is None or closed.is_empty():
        return Outcome(pl.DataFrame(), closed.height, 0, undated)
    lines = case.orders.frame.select(
        pl.col("retailer_id").cast(pl.String),
        pl.col("order_id").cast(pl.String),
        pl.col("ordered_at").dt.date().alias("day"),
        pl.col("status").alias("order_status"),
        pl.col("row").cast(pl.UInt32).alias("line"),
    )
    begun = pl.col("day") >= pl.col("valid_from")
    found = (
        closed.join(lines, on="retailer_id")
        .filter(begun & (pl.col("order_status").fill_null("") != "cancelled"))
        .group_by("retailer_id")
        .agg(
            pl.col("order_id").n_unique().cast(pl.Int64).alias("observed"),
            pl.col("day").min().alias("since"),
            pl.col("day").max().alias("until"),
            pl.col("line").sort().alias("order_rows"),
            pl.col("row").unique().sort().alias("retailer_rows"),
        )
        .with_columns(
            pl.lit(0, pl.Int64).alias("limit"), pl.lit("closed-with-orders").alias("message")
        )
    )
    return Outcome(found, closed.height, found.height, undated)


def holder_differs(case: FileCase) -> Outcome:
    """The account belongs to somebody else than the licence.

    What it finds
    -------------
    Shops, not closed, whose account holder is not the licence holder; blanks do not matter.

    Why it matters
    --------------
    Whoever pays may be the one who really trades: a licence lent or sold.

    Example
    -------
    The licence of R17 is Li Hua's, the account Wang Jun's.

    What to do
    ----------
    Ask for an account in the holder's name, or for proof of kinship, and note it.

    Known limits
    ------------
    Companies pay from accounts in the company's name.
    """
    told = case.open_files.drop_nulls(["licence_holder", "account_holder"])
    bare = [
        pl.col(name).str.replace_all(_BLANKS, "") for name in ("licence_holder", "account_holder")
    ]
    found = told.filter(bare[0] != bare[1]).select(
        "retailer_id",
        pl.col("account_holder").alias("value"),
        pl.col("licence_holder").alias("expected"),
        _ROWS,
        pl.lit("holder-differs").alias("message"),
    )
    return Outcome(found, told.height, found.height, case.open_files.height - told.height)


def odd_market(case: FileCase) -> Outcome:
    """A shop's market does not fit its trade area.

    What it finds
    -------------
    Shops of one market in a trade area where nineteen of twenty shops, or more, are of the other.

    Why it matters
    --------------
    Supply is often split between urban and rural shops: a wrong word moves cartons.

    Example
    -------
    R17 is rural, but of 212 shops in business districts 209 are urban.

    What to do
    ----------
    Look where the shop stands, and correct the market or the trade area.

    Known limits
    ------------
    What a trade area is like is learnt from the files; with fewer than 20 shops nothing is said.
    """
    told = case.open_files.drop_nulls(["market", "trade_area"])
    area = told.group_by("trade_area", "market").agg(pl.len().cast(pl.Int64).alias("alike"))
    area = area.with_columns(pl.col("alike").sum().over("trade_area").alias("shops"))
    least, of = ODD_ONES
    odd = area.filter(
        (pl.col("shops") >= LEAST_AREA) & (pl.col("alike") * of <= pl.col("shops") * least)
    )
    other = {"urban": "rural", "rural": "urban"}
    found = told.join(odd, on=["trade_area", "market"]).select(
        "retailer_id",
        pl.col("trade_area").alias("value"),
        (pl.lit("odd-market-") + pl.col("market")).alias("message"),
        (pl.col("shops") - pl.col("alike")).alias("observed"),
        pl.col("shops").alias("retailers"),
        pl.col("market").replace_strict(other, return_dtype=pl.String).alias("expected"),
        _ROWS,
    )
    return Outcome(found, told.height, found.height, case.open_files.height - told.height)


def retail_below_wholesale(case: FileCase) -> Outcome:
    """A product's retail price is below its wholesale price.

    What it finds
    -------------
    Products whose two prices are the wrong way round.

    Why it matters
    --------------
    Every sale would be a loss, so one of the figures is wrong, and amounts computed from it too.

    Example
    -------
    Product P17: wholesale 248.00 yuan, retail 28.00 yuan.

    What to do
    ----------
    Correct the price on file.

    Known limits
    ------------
    None known.
    """
    if case.products is None:
        return Outcome(pl.DataFrame(), 0, 0)
    priced = case.products.frame.drop_nulls(["wholesale_price", "retail_price"])
    wrong = (pl.col("retail_price") < pl.col("wholesale_price")) & (pl.col("retail_price") > 0)
    found = priced.filter(wrong).select(
        "product_id",
        pl.col("retail_price").alias("observed"),
        pl.col("wholesale_price").alias("limit"),
        pl.concat_list("row").alias("product_rows"),
        pl.lit("retail-below-wholesale").alias("message"),
    )
    return Outcome(found, priced.height, found.height)


CONTRADICTORY: Final = (
    FileRule(
        name="joined-after-sales", code="D40", family="contradictory", severity="low",
        subject="retailer_id", unit="months", about="retailers.joined_on",
        find=joined_after_sales, needs=("retailers.joined_on", "sales.quantity"),
    ),
    FileRule(
        name="closed-with-orders", code="D41", family="contradictory", severity="high",
        subject="retailer_id", unit="orders", about="retailers.status",
        find=closed_with_orders,
        needs=("retailers.status", "retailers.valid_from", "orders.order_id"),
    ),
    FileRule(
        name="holder-differs", code="D42", family="contradictory", severity="medium",
        subject="retailer_id", unit="names", about="retailers.account_holder",
        find=holder_differs, needs=("retailers.licence_holder", "retailers.account_holder"),
    ),
    FileRule(
        name="odd-market", code="D43", family="contradictory", severity="low",
        subject="retailer_id", unit="shops", about="retailers.market", find=odd_market,
        needs=("retailers.market", "retailers.trade_area"),
    ),
    FileRule(
        name="retail-below-wholesale", code="D44", family="contradictory", severity="medium",
        subject="product_id", unit="fen", about="products.retail_price",
        find=retail_below_wholesale,
        needs=("products.wholesale_price", "products.retail_price"),
    ),
)  # fmt: skip
