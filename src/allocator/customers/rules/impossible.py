"""What cannot be true by itself: days to come, negative sales, phones without a shape."""

from __future__ import annotations

from typing import Final

import polars as pl

from allocator.customers.case import FileCase
from allocator.customers.rule import FileRule, Outcome

FAR: Final = 2
"""An amount is far off where it is above twice, or below half of, quantity times price."""
LEAST_ROWS: Final = 3
"""Rows of a product from which its price, rather than the amounts, is in doubt."""

PHONE: Final = r"^(1\d{10}|0\d{9,11}|[2-9]\d{6,7}|[48]00\d{7})$"
"""Digits of a mobile phone, a landline with or without area code, a service number."""
ONE_DIGIT: Final = "^(" + "|".join(f"{digit}+" for digit in range(10)) + ")$"
"""A number typed to fill the field."""

_ROWS: Final = pl.concat_list("row").alias("retailer_rows")


def joined_in_future(case: FileCase) -> Outcome:
    """A shop joins on a day that is still to come.

    What it finds
    -------------
    Files with a day of joining after the day of the check.

    Why it matters
    --------------
    It would be a newcomer for years.

    Example
    -------
    R17 joined on 4 May 2062.

    What to do
    ----------
    Correct the day from the licence.

    Known limits
    ------------
    Shops that are entered in advance: they should not be active yet.
    """
    dated = case.files.filter(pl.col("joined_on").is_not_null())
    found = dated.filter(pl.col("joined_on") > case.on).select(
        "retailer_id",
        pl.col("joined_on").alias("since"),
        _ROWS,
        pl.lit("joined-in-future").alias("message"),
    )
    return Outcome(found, dated.height, found.height, case.files.height - dated.height)


def bad_phone(case: FileCase) -> Outcome:
    """A phone that cannot be dialled.

    What it finds
    -------------
    Phones, blanks, hyphens and +86 aside, that are not 11 digits from 1 on, a landline (7 or 8
    digits, or 10 to 12 with the area code from 0 on) or a service number; and repeated digits.

    Why it matters
    --------------
    The reminder before the cut-off does not reach the shop.

    Example
    -------
    R17: 1390000000, a digit is missing.

    What to do
    ----------
    Ask for the number and call it once.

    Known limits
    ------------
    The shape is that of Chinese numbers; whether one answers only a call tells.
    """
    told = case.open_files.drop_nulls("phone")
    digits = pl.col("phone").str.replace_all(r"[\s()\-—–]", "").str.replace(r"^(\+|00)86", "")
    wrong = ~digits.str.contains(PHONE) | digits.str.contains(ONE_DIGIT)
    found = told.filter(wrong).select(
        "retailer_id",
        pl.col("phone").alias("value"),
        digits.str.len_chars().cast(pl.Int64).alias("observed"),
        _ROWS,
        pl.lit("bad-phone").alias("message"),
    )
    return Outcome(found, told.height, found.height, case.open_files.height - told.height)


def negative_sales(case: FileCase) -> Outcome:
    """Sales below zero that are not called returns.

    What it finds
    -------------
    Shops with rows of negative quantity whose kind is another than return.

    Why it matters
    --------------
    They lower the shop's score without saying why; often a correction was entered in the wrong
    month.

    Example
    -------
    R17 has 2 rows below zero, 15 cartons together.

    What to do
    ----------
    Call them returns if they are; else correct the row they should have corrected.

    Known limits
    ------------
    Only where the sales have the column kind: without it a negative quantity is a return.
    """
    if case.sales is None:
        return Outcome(pl.DataFrame(), 0, 0)
    rows = case.sales.frame
    found = (
        rows.filter((pl.col("quantity") < 0) & (pl.col("kind").fill_null("ordinary") != "return"))
        .group_by(pl.col("retailer_id").cast(pl.String))
        .agg(
            pl.len().cast(pl.Int64).alias("lines"),
            (-pl.col("quantity").sum()).cast(pl.Int64).alias("observed"),
            pl.col("row").sort().alias("sales_rows"),
        )
        .with_columns(pl.lit(0, pl.Int64).alias("limit"), pl.lit("negative-sales").alias("message"))
    )
    return Outcome(found, rows.height, int(found["lines"].sum()))


def price_zero(case: FileCase) -> Outcome:
    """A product that costs nothing.

    What it finds
    -------------
    Products with a wholesale or retail price of 0.

    Why it matters
    --------------
    Amounts and mean prices computed from it are wrong, and so are scores.

    Example
    -------
    Product P17 has a wholesale price of 0.

    What to do
    ----------
    Enter the price, or leave the cell empty while it is unknown.

    Known limits
    ------------
    Samples and gifts: leave them out of the products table.
    """
    if case.products is None:
        return Outcome(pl.DataFrame(), 0, 0)
    goods = case.products.frame
    names = ("wholesale_price", "retail_price")
    zero = [pl.when(pl.col(name) == 0).then(pl.lit(name)) for name in names]
    found = goods.filter(pl.any_horizontal(pl.col(name) == 0 for name in names)).select(
        "product_id",
        pl.concat_str(zero, separator=" ", ignore_nulls=True).alias("fields"),
        pl.concat_list("row").alias("product_rows"),
        pl.lit("price-zero").alias("message"),
    )
    return Outcome(found, goods.height, found.height)


def amount_far_off(case: FileCase) -> Outcome:
    """Amounts that are nowhere near quantity times price.

    What it finds
    -------------
    Sales rows whose amount is above twice, or below half of, the quantity times the wholesale
    price. Where most rows of a product are, the product is named: its price or its unit is wrong.
    The rest is named by shop.

    Why it matters
    --------------
    Amount makes up much of most scores; a case price taken for a carton price multiplies it by
    fifty.

    Example
    -------
    Product P17: 96 of 98 rows, for instance 10 cartons for 50,000.00 yuan at 100.00 yuan each.

    What to do
    ----------
    Compare one invoice with the price on file, and correct the side that is wrong.

    Known limits
    ------------
    Prices change: an old row is held against today's price, hence the wide margin.
    """
    if case.sales is None or case.products is None:
        return Outcome(pl.DataFrame(), 0, 0)
    prices = case.products.frame.filter(pl.col("wholesale_price") > 0).select(
        "product_id", price=pl.col("wholesale_price")
    )
    rows = case.sales.frame.lazy().filter((pl.col("quantity") > 0) & pl.col("amount").is_not_null())
    dtype = case.sales.frame.schema["product_id"]
    if isinstance(dtype, pl.Enum):  # millions of rows are joined by code
        prices = prices.with_columns(pl.col("product_id").cast(dtype, strict=False)).drop_nulls()
    priced = rows.join(prices.lazy(), on="product_id")
    # Reals here: a quantity times a price may pass 64 bits, and twice or half needs no fen.
    worth = pl.col("quantity").cast(pl.Float64) * pl.col("price")
    off = (pl.col("amount") > worth * FAR) | (pl.col("amount") * FAR < worth)
    counted = priced.group_by("product_id").agg(
        pl.len().cast(pl.Int64).alias("rows"), off.sum().cast(pl.Int64).alias("lines")
    ).collect()  # fmt: skip
    checked = int(counted["rows"].sum())
    most = (pl.col("lines") * 2 > pl.col("rows")) & (pl.col("rows") >= LEAST_ROWS)
    wrong = priced.filter(off).select(
        "product_id", "retailer_id", "row", "quantity", "amount", "price"
    ).collect()  # fmt: skip
    goods = (
        wrong.join(counted.filter(most), on="product_id")
        .sort("product_id", "retailer_id", "quantity", "amount")
        .group_by(pl.col("product_id").cast(pl.String))
        .agg(
            pl.col("lines", "rows", "quantity", "amount", "price").first(),
            pl.col("row").sort().alias("sales_rows"),
        )
        .with_columns(message=pl.lit("amount-far-off-product"))
    )
    shops = (
        wrong.join(counted.filter(most), on="product_id", how="anti")
        .sort("retailer_id", "product_id", "quantity", "amount")
        .group_by(pl.col("retailer_id").cast(pl.String))
        .agg(
            pl.len().cast(pl.Int64).alias("lines"),
            pl.col("quantity", "amount", "price").first(),
            pl.col("product_id").first().cast(pl.String),
            pl.col("row").sort().alias("sales_rows"),
        )
        .with_columns(message=pl.lit("amount-far-off"))
    )
    found = pl.concat([goods, shops], how="diagonal").with_columns(
        pl.col("lines").alias("observed"), pl.lit(0, pl.Int64).alias("limit")
    )
    return Outcome(found, checked, wrong.height, case.sales.frame.height - checked)


IMPOSSIBLE: Final = (
    FileRule(
        name="joined-in-future", code="D50", family="impossible", severity="medium",
        subject="retailer_id", unit="days", about="retailers.joined_on", find=joined_in_future,
        needs=("retailers.joined_on",),
    ),
    FileRule(
        name="bad-phone", code="D51", family="impossible", severity="low",
        subject="retailer_id", unit="digits", about="retailers.phone", find=bad_phone,
        needs=("retailers.phone",),
    ),
    FileRule(
        name="negative-sales", code="D52", family="impossible", severity="medium",
        subject="retailer_id", unit="cartons", about="sales.quantity", find=negative_sales,
        needs=("sales.quantity", "sales.kind"),
    ),
    FileRule(
        name="price-zero", code="D53", family="impossible", severity="medium",
        subject="product_id", unit="fen", about="products.wholesale_price", find=price_zero,
        needs=("products.wholesale_price",), wants=("products.retail_price",),
    ),
    FileRule(
        name="amount-far-off", code="D54", family="impossible", severity="medium",
        subject="retailer_id", unit="rows", about="sales.amount", find=amount_far_off,
        needs=("sales.amount", "sales.product_id", "products.wholesale_price"),
    ),
)  # fmt: skip
