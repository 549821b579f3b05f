"""The cartons a month that the next tier takes: bought for real, and the city graded again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.grading.changes import with_sales
from allocator.grading.scheme import grade
from allocator.policy.grading_models import GradingPolicy
from strategies import CLASSES, sales_rows, trading_city

ON = date(2021, 10, 1)
MONTHS = [date(2021, month, 1) for month in (7, 8, 9)]
CLASS = (1, 2)


@st.composite
def policies(draw: st.DrawFn) -> GradingPolicy:
    """Items, scales, shares, ties and what an empty month means, all drawn."""
    names = ["quantity", "amount", "mean_price", "class_amount", "product_count"]
    chosen = ["quantity", *draw(st.lists(st.sampled_from(names[1:]), unique=True))]
    items = {
        name: {
            "weight": Decimal(draw(st.integers(1, 60))),
            "scale": draw(st.sampled_from(["max", "rank", "winsorised", "log"])),
            **({"classes": CLASS} if name.startswith("class") else {}),
        }
        for name in chosen
    }
    if "class_amount" in items:  # a product that the shop lacks would be one product more
        items.pop("product_count", None)
    first = draw(st.integers(10, 60))
    return GradingPolicy.model_validate(
        {
            "window": {"months": 3},
            "items": items,
            "tiers": {
                "shares": tuple(Decimal(s) for s in (first, 80 - first, 15, 5)),
                "ties": draw(st.sampled_from(["higher", "lower"])),
            },
            "missing_month": draw(st.sampled_from(["zero", "exclude"])),
        }
    )


def more_of_the_same(rows, policy: GradingPolicy, shop: str, cartons: int) -> pl.DataFrame:
    """Rows with which a shop buys so many cartons a month more, of its own mix at its own price.

    Each carton costs the shop's mean price in whole fen, and as much of it goes to the chosen
    classes as before. Months that do not count (``exclude``) stay empty.
    """
    mine = [row for row in rows if row["retailer_id"] == shop and row["month"] in MONTHS]
    traded = {row["month"] for row in mine}
    counted = [month for month in MONTHS if policy.missing_month == "zero" or month in traded]
    bought = sum(row["quantity"] for row in mine)
    paid = sum(row["amount"] for row in mine)
    dear = sum(row["amount"] for row in mine if CLASSES[row["product_id"]] in CLASS)
    if bought <= 0:
        return pl.DataFrame()
    values = bought, paid, dear
    if policy.missing_month == "exclude":  # means of the months that count, times three
        k = len(counted)
        values = tuple((6 * value + k) // (2 * k) for value in values)
    priced = (bought, paid) if "mean_price" in policy.items else values[:2]
    each = (2 * max(priced[1], 0) + priced[0]) // (2 * priced[0])
    dear_each = (2 * max(values[2], 0) + values[0]) // (2 * values[0])
    return pl.DataFrame(
        [
            {"retailer_id": shop, "month": month, "product_id": product, "quantity": quantity,
             "amount": fen}
            for month in counted
            for product, quantity, fen in (
                ("A", 0, cartons * dear_each),
                ("C", cartons, cartons * (each - dear_each)),
            )
        ]
    )  # fmt: skip


@settings(max_examples=80)
@given(sales_rows(), policies())
def test_the_figure_is_reached_by_buying_it_and_not_by_one_carton_less(rows, policy):
    """Every shop in turn buys what its record says: it stands higher; with one less it does not.

    Where the number of products counts, what is bought more names no product.
    """
    names = sorted({row["retailer_id"] for row in rows})
    city = trading_city(rows, [{"retailer_id": name, "status": "active"} for name in names])
    before = grade(city, policy, ON)
    for shop in before.table.filter(pl.col("to_next_tier") > 0).iter_rows(named=True):
        name, cartons = shop["retailer_id"], shop["to_next_tier"]
        for more, rises in ((cartons, True), (cartons - 1, False)):
            added = more_of_the_same(rows, policy, name, more)
            if "product_count" in policy.items:
                added = added.with_columns(product_id=pl.lit(None, pl.String))
            after = grade(with_sales(city, added), policy, ON).table
            tier = after.filter(retailer_id=name)["tier_by_score"].item()
            assert (tier > shop["tier_by_score"]) == rises, (name, cartons, more)
