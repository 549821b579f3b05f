"""Sums of sales: window, exclusions, returns, and what cannot be answered."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from allocator.errors import BadRequest, BadTable
from allocator.grading.kept import keep
from allocator.grading.touches import TOUCHED
from allocator.grading.turnover import window_sums
from allocator.grading.window import Window, window_of
from allocator.policy import window_models
from allocator.policy.grading_models import GradingPolicy
from allocator.tables.city import City
from strategies import table_of, trading_city

ITEMS = {
    "quantity": {"weight": Decimal(1)},
    "amount": {"weight": Decimal(1)},
    "class_quantity_share": {"weight": Decimal(1), "classes": (1, 2)},
    "class_amount": {"weight": Decimal(1), "classes": (1,)},
    "product_count": {"weight": Decimal(1)},
}


def a_policy(*items: str, **changes: object) -> GradingPolicy:
    fields = {
        "window": {"months": 3},
        "exclude": {"scarce": True, "kinds": ("emergency", "selective")},
        "items": {name: ITEMS[name] for name in items or ITEMS},
        "tiers": {"shares": (Decimal(40), Decimal(60))},
        "missing_month": "zero",
    }
    return GradingPolicy.model_validate({**fields, **changes})


def sale(retailer: str, month: int, product: str | None, quantity: int, amount: int | None, **more):
    return {
        "retailer_id": retailer,
        "month": date(2021, month, 1),
        "product_id": product,
        "quantity": quantity,
        "amount": amount,
        **more,
    }


def window_before(on: date, months: int) -> Window:
    return window_of(window_models.Window(months=months), on)


WINDOW = window_before(date(2021, 10, 1), 3)


def sales_sums(city: City, policy: GradingPolicy, window: Window):
    """Sums of the window and what is to be told."""
    kept, warnings = keep(city, policy, window.first, window.last)
    sums, more = window_sums(kept, window, pl.DataFrame(schema=TOUCHED), missing_excluded=False)
    return sums, [*warnings, *more]


def city_with(*sales: dict[str, object]) -> City:
    return trading_city(sales, [{"retailer_id": "R1"}, {"retailer_id": "R2"}])


@pytest.mark.parametrize(
    ("on", "months", "names"),
    [
        (date(2021, 10, 1), 3, ("2021-07", "2021-08", "2021-09")),
        (date(2021, 10, 31), 1, ("2021-09",)),
        (date(2022, 2, 14), 4, ("2021-10", "2021-11", "2021-12", "2022-01")),
    ],
)
def test_the_window_is_the_complete_months_before_the_day(on, months, names) -> None:
    """The month of the day itself never counts, on its last day neither."""
    assert window_before(on, months).names() == names


def test_what_counts_is_summed_and_the_rest_left_out() -> None:
    """Months outside, excluded kinds and scarce products do not count; returns do, negatively."""
    city = city_with(
        sale("R1", 6, "A", 500, 500, kind="ordinary"),
        sale("R1", 7, "A", 10, 3_000, kind="ordinary"),
        sale("R1", 7, "A", -4, -1_200, kind="return"),
        sale("R1", 8, "B", 5, 1_000, kind=None),
        sale("R1", 9, "C", 20, 1_600, kind="second_round"),
        sale("R1", 9, "S", 7, 9_000, kind="ordinary"),
        sale("R1", 9, "A", 8, 2_400, kind="emergency"),
        sale("R1", 9, "?", 1, 50, kind="ordinary"),
        sale("R1", 9, None, 2, 70, kind="ordinary"),
        sale("R1", 9, "B", -9, 0, kind="return"),
        sale("R1", 10, "A", 500, 500, kind="ordinary"),
        sale("R2", 8, "S", 3, 4_000, kind="ordinary"),
    )

    sums, warnings = sales_sums(city, a_policy(), WINDOW)

    assert sums.sort("retailer_id").to_dicts() == [
        {
            "retailer_id": "R1",
            "quantity": 10 - 4 + 5 + 20 + 1 + 2 - 9,
            "amount": 3_000 - 1_200 + 1_000 + 1_600 + 50 + 70,
            "class_quantity_share": 10 - 4 + 5 - 9,
            "class_amount": 1_800,
            "weight": 3,
            "units": 3,
            "months": 3,
            "product_count": 3,  # A, C and the unknown one; more B was returned than sold
        },
        {  # only scarce products: nothing counts, but the month is one with a sale
            "retailer_id": "R2",
            "quantity": 0,
            "amount": 0,
            "class_quantity_share": 0,
            "class_amount": 0,
            "weight": 3,
            "units": 3,
            "months": 1,
            "product_count": 0,
        },
    ]
    assert warnings == []


def test_identifiers_of_any_kind_are_compared() -> None:
    """Text, and codes of a list that does not hold every product."""
    plain = city_with(sale("R1", 7, "A", 1, 1), sale("R1", 7, "S", 1, 1))
    frame = plain.sales.frame
    coded = frame.with_columns(
        pl.col("product_id").cast(pl.Enum(["S", "A"])), pl.col("retailer_id").cast(pl.Enum(["R1"]))
    )
    other = City(
        plain.retailers,
        plain.products,
        type(plain.sales)("sales", coded, columns=plain.sales.columns),
    )

    assert sales_sums(plain, a_policy(), WINDOW)[0].equals(sales_sums(other, a_policy(), WINDOW)[0])


def test_absent_kinds_and_empty_months_are_told() -> None:
    """Without a column kind all sales count; a month without any sale is worth a look."""
    _, warnings = sales_sums(city_with(sale("R1", 8, "A", 1, 1)), a_policy(), WINDOW)

    assert warnings == [
        ("grading-kinds-unchecked", {"kinds": "emergency, selective", "column": "kind"}),
        ("grading-months-without-sales", {"months": "2021-07, 2021-09"}),
    ]


def test_all_missing_columns_are_refused_at_once() -> None:
    """Scarce products cannot be left out, nor classes told, by guessing."""
    sales = {"retailer_id": "R1", "month": date(2021, 8, 1), "quantity": 1}
    city = City(table_of("retailers", [{"retailer_id": "R1"}]), None, table_of("sales", [sales]))

    with pytest.raises(BadTable) as caught:
        sales_sums(city, a_policy("quantity", "class_amount"), WINDOW)

    assert [(r.facts["table"], r.column) for r in caught.value.refusals] == [
        ("sales", "amount"),
        ("sales", "product_id"),
        ("products", "price_class"),
        ("sales", "product_id"),
        ("products", "scarce"),
    ]
    for language in ("en", "zh-CN"):
        assert "price_class" in caught.value.message(language)


def test_an_unknown_amount_is_not_zero() -> None:
    """Rows without an amount are refused with their row numbers, if they count."""
    city = city_with(
        sale("R1", 5, "A", 1, None), sale("R1", 7, "A", 1, 5), sale("R1", 8, "A", 1, None)
    )

    with pytest.raises(BadTable) as caught:
        sales_sums(city, a_policy("amount"), WINDOW)

    assert [refusal.row for refusal in caught.value.refusals] == [4]
    assert sales_sums(city, a_policy("quantity"), WINDOW)[0]["quantity"].to_list() == [2]


def test_a_window_without_sales_is_refused() -> None:
    """The message says which months there are."""
    city = city_with(sale("R1", 3, "A", 1, 5))

    with pytest.raises(BadRequest, match="2021-03 to 2021-03") as caught:
        sales_sums(city, a_policy("quantity"), WINDOW)

    assert "2021-07" in caught.value.message("zh-CN")


def test_no_sales_table_is_refused() -> None:
    """Tiers can be given instead."""
    city = City(table_of("retailers", [{"retailer_id": "R1"}]))

    with pytest.raises(BadRequest, match="give a sales table"):
        sales_sums(city, a_policy("quantity"), WINDOW)


def test_sums_that_could_wrap_round_are_refused() -> None:
    """Two rows of 2**61 fen do not fit below 2**62."""
    city = city_with(*[sale("R1", 7, "A", 1, 2**61)] * 2)

    with pytest.raises(BadRequest, match="added up exactly"):
        sales_sums(city, a_policy("amount"), WINDOW)
