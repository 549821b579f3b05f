"""What was true once: files nobody touched, shops that closed or stopped."""

from __future__ import annotations

from typing import Final

import polars as pl

from allocator.customers.case import FileCase, month_name, months_apart, sales_of
from allocator.customers.rule import FileRule, Outcome

UNTOUCHED: Final = 36
"""Months after which a file should be looked at, changed or not."""
SILENT: Final = 3
"""Months without a purchase after which a shop may not be active any more."""

_ROWS: Final = pl.concat_list("row").alias("retailer_rows")


def file_untouched(case: FileCase) -> Outcome:
    """A file that nobody changed for three years.

    What it finds
    -------------
    Shops not closed whose row in force is valid from a day more than 36 months ago.

    Why it matters
    --------------
    In three years phones, accounts and formats change; the file says what was true then.

    Example
    -------
    The file of R17 has been the same since 4 March 2021, 68 months ago.

    What to do
    ----------
    Go through the file with the shopkeeper; if all is right, enter it anew with today's date.

    Known limits
    ------------
    A company that overwrites rows without a new date makes every file look old.
    """
    age = months_apart(pl.col("valid_from"), pl.lit(case.on))
    dated = case.open_files.filter(pl.col("valid_from").is_not_null())
    found = dated.filter(age > UNTOUCHED).select(
        "retailer_id",
        age.alias("observed"),
        pl.lit(UNTOUCHED, pl.Int64).alias("limit"),
        pl.col("valid_from").alias("since"),
        _ROWS,
        pl.lit("file-untouched").alias("message"),
    )
    return Outcome(found, dated.height, found.height, case.open_files.height - dated.height)


def active_without_sales(case: FileCase) -> Outcome:
    """A shop is called active but has bought nothing for three months.

    What it finds
    -------------
    Active shops without a sale in the last three months of the sales table, which joined before.

    Why it matters
    --------------
    It may have closed. It still counts among those who share the supply, and a number that nobody
    uses is where others order.

    Example
    -------
    R17 is active and last bought in June; the sales go up to October.

    What to do
    ----------
    Visit. If it is closed, say so in its file; if it rests, suspend it.

    Known limits
    ------------
    Only months before the day count. A shop with no sale at all may be newer than its file says.
    """
    if case.last_month is None:
        return Outcome(pl.DataFrame(), 0, 0, case.files.height)
    last = pl.lit(case.last_month)
    first = case.trade["first"].min()
    active = case.files.filter(pl.col("status") == "active").join(
        case.trade.select("retailer_id", "first", "last"), on="retailer_id", how="left"
    )
    never = pl.col("last").is_null()
    since = pl.coalesce("last", pl.max_horizontal(pl.col("joined_on"), pl.lit(first)))
    # Never a sale: the first month of the table counts as one without.
    silent = months_apart(since, last) + (never & (pl.col("joined_on").is_null())).cast(pl.Int64)
    found = active.filter(silent >= SILENT).select(
        "retailer_id",
        silent.alias("observed"),
        pl.lit(SILENT, pl.Int64).alias("limit"),
        month_name(pl.col("last")).alias("from_month"),
        month_name(last).alias("to_month"),
        _ROWS,
        pl.when(never)
        .then(pl.lit("active-never-sold"))
        .otherwise(pl.lit("active-without-sales"))
        .alias("message"),
    )
    return Outcome(found, active.height, found.height)


def closed_with_sales(case: FileCase) -> Outcome:
    """A shop is closed, yet goods were sold to it afterwards.

    What it finds
    -------------
    Closed shops with sales in months after the one in which the closed file began.

    Why it matters
    --------------
    Either the shop is open and is kept from its quota, or somebody buys under its number.

    Example
    -------
    R17 is closed since May, and 60 cartons were sold to it in July.

    What to do
    ----------
    Find out who received the goods; then correct the status or stop the number.

    Known limits
    ------------
    Needs the day from which a file is valid. Sales of the month of closing itself do not count.
    """
    every = case.files.filter(pl.col("status") == "closed")
    closed = every.filter(pl.col("valid_from").is_not_null())
    undated = every.height - closed.height
    if closed.is_empty() or case.last_month is None:
        return Outcome(pl.DataFrame(), closed.height, 0, undated)
    after = (
        sales_of(case, closed)
        .join(closed.select("retailer_id", "valid_from"), on="retailer_id")
        .filter((pl.col("month") > pl.col("valid_from")) & (pl.col("quantity") > 0))
        .group_by("retailer_id")
        .agg(
            pl.col("quantity").sum().alias("observed"),
            month_name(pl.col("month").min()).alias("from_month"),
            month_name(pl.col("month").max()).alias("to_month"),
            pl.col("row").sort().alias("sales_rows"),
        )
    )
    found = after.join(closed.select("retailer_id", _ROWS), on="retailer_id").with_columns(
        pl.lit(0, pl.Int64).alias("limit"), pl.lit("closed-with-sales").alias("message")
    )
    return Outcome(found, closed.height, found.height, undated)


STALE: Final = (
    FileRule(
        name="file-untouched", code="D20", family="stale", severity="low",
        subject="retailer_id", unit="months", about="retailers.valid_from", find=file_untouched,
        needs=("retailers.valid_from",),
    ),
    FileRule(
        name="active-without-sales", code="D21", family="stale", severity="medium",
        subject="retailer_id", unit="months", about="retailers.status",
        find=active_without_sales, needs=("sales.quantity",), wants=("retailers.joined_on",),
    ),
    FileRule(
        name="closed-with-sales", code="D22", family="stale", severity="high",
        subject="retailer_id", unit="cartons", about="retailers.status", find=closed_with_sales,
        needs=("retailers.status", "retailers.valid_from", "sales.quantity"),
    ),
)  # fmt: skip
