"""The synthetic city: reproducible, with the spread of a real one, and readable like an export."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from allocator.errors import BadRequest
from allocator.tables.city import City, Table
from allocator.tables.reading import read_city
from allocator.tables.synthesis.export import write_city
from allocator.tables.synthetic import enter_orders, make_city


@pytest.fixture(scope="module")
def city() -> City:
    return make_city(400, seed=7)


def frame(table: Table | None) -> pl.DataFrame:
    assert table is not None
    return table.frame


def yearly(city: City) -> pl.DataFrame:
    """Yearly cartons and yuan of the shops that traded in all four months."""
    return (
        frame(city.sales)
        .group_by("retailer_id")
        .agg(
            pl.col("quantity").sum() * 3,
            pl.col("amount").sum() * 3 / 100,
            pl.col("month").n_unique(),
        )
        .filter(pl.col("month") == 4)
    )


def test_the_same_seed_gives_the_same_city(city: City) -> None:
    """Every table, every cell."""
    again = make_city(400, seed=7)

    for table, copy in zip(city.tables(), again.tables(), strict=True):
        assert_frame_equal(table.frame, copy.frame)


def test_another_seed_gives_another_city(city: City) -> None:
    """The seed matters."""
    other = make_city(400, seed=8)

    assert not frame(other.sales).equals(frame(city.sales))
    assert not frame(other.orders).equals(frame(city.orders))


def test_a_written_city_is_read_back_as_it_was_made(city: City, tmp_path: Path) -> None:
    """Chinese headers and values are all understood: same columns, same values, same rows."""
    write_city(tmp_path, city)
    read = read_city(tmp_path)

    for made, found in zip(city.tables(), read.tables(), strict=True):
        assert found.aside == ()
        assert found.columns == made.columns, made.name
        same = [name for name in made.frame.columns if name != "row"]
        plain = [pl.col(pl.Enum, pl.Categorical).cast(pl.String)]
        assert_frame_equal(
            found.frame.with_columns(plain).select(same),
            made.frame.with_columns(plain).select(same),
            check_row_order=made.name != "sales",
        )


@pytest.mark.parametrize("retailers", [400, 4_000])
def test_sales_spread_like_a_real_city(retailers: int) -> None:
    """Median 6,567, mean 15,891, quartiles 3,432 and 16,034; amounts: mean 3.23 x median."""
    figures = yearly(make_city(retailers, seed=3))
    quantity, amount = figures["quantity"], figures["amount"]

    assert float(quantity.median()) == pytest.approx(6_567, rel=0.08)  # type: ignore[arg-type]
    assert float(quantity.mean()) == pytest.approx(15_891, rel=0.15)  # type: ignore[arg-type]
    assert quantity.quantile(0.25) == pytest.approx(3_432, rel=0.08)
    assert quantity.quantile(0.75) == pytest.approx(16_034, rel=0.08)
    assert amount.mean() / amount.median() == pytest.approx(216_167 / 66_935, rel=0.2)  # type: ignore[operator]


def test_scarce_products_tell_why_how_long_and_what_instead(city: City) -> None:
    """About a dozen; each with cause, measures and substitutes that are not scarce themselves."""
    products = frame(city.products)
    scarce = products.filter("scarce")
    instead = scarce["substitutes"].explode()

    assert 10 <= len(scarce) <= 15
    assert scarce.select("cause", "measures", "price_band", "lot").null_count().row(0) == (0,) * 4
    assert scarce["expected_on"].null_count() == 1  # one is discontinued: nobody knows
    assert set(instead) <= set(products.filter(pl.col("scarce").not_())["product_id"])
    assert set(frame(city.supply)["product_id"]) == set(scarce["product_id"])
    assert sorted(products["price_class"].unique()) == [1, 2, 3, 4, 5]


def test_some_products_are_below_one_carton_for_each_shop(city: City) -> None:
    """Others are several cartons for each; all but one are asked for more than there is."""
    shops = len(frame(city.retailers))
    supply = frame(city.supply)
    asked = frame(city.orders).group_by("product_id").agg(pl.col("requested").sum())
    both = supply.join(asked, on="product_id")

    assert (supply["quantity"] < 0.8 * shops).sum() >= 3
    assert (supply["quantity"] > 3 * shops).sum() >= 3
    assert (both["requested"] > both["quantity"]).sum() == len(supply) - 1


def test_shops_are_of_every_kind(city: City) -> None:
    """Markets, rhythms, statuses, newcomers; each with a manager and a number to call."""
    shops = frame(city.retailers)

    assert set(shops["market"]) == {"urban", "rural"}
    assert set(shops["status"]) == {"active", "suspended", "closed"}
    assert set(shops["rhythm"]) == {"weekly", "fortnightly"}
    assert set(shops["week_parity"]) == {None, "odd", "even"}
    assert (shops["joined_on"] > pl.Series(["2026-08-31"]).str.to_date()[0]).any()
    assert (
        shops.select("name", "manager", "manager_phone", "licence_holder").null_count().row(0)
        == (0,) * 4
    )
    assert shops["retailer_id"].n_unique() == len(shops)


def test_orders_come_from_shops_that_are_due(city: City) -> None:
    """2026-W47 is an odd week; suspended and closed shops do not order, one excepted."""
    orders = frame(city.orders).join(frame(city.retailers), on="retailer_id", suffix="_shop")

    assert set(orders["week_parity"]) == {None, "odd"}
    assert orders.filter(pl.col("status_shop") != "active")["requested"].to_list() == [2]
    assert (orders["clerk"].is_null() == (orders["channel"] != "phone")).all()
    assert (orders["recording_id"].is_null() == (orders["channel"] != "phone")).all()


def test_three_faults_are_planted_in_what_is_asked(city: City) -> None:
    """A line recorded twice, a quantity off the lot, an order of a suspended shop; no more."""
    orders = frame(city.orders).join(
        frame(city.products).select("product_id", "lot"), on="product_id"
    )

    assert orders.select("order_id", "product_id").is_duplicated().sum() == 2
    assert orders.filter(pl.col("requested") % pl.col("lot") != 0).height == 1


def test_order_takers_enter_the_standard_but_two() -> None:
    """One enters half for some shops, one gives favourites more than their limit."""
    city = make_city(400, seed=7)
    lines = frame(city.orders)
    standard = (
        lines.group_by("product_id", "retailer_id")
        .agg(pl.col("requested").sum())
        .with_columns(limit=pl.lit(2, pl.Int64), award=pl.col("requested").clip(0, 2))
    )
    planned = frame(city.supply).select("product_id", planned="quantity")
    entered = frame(enter_orders(city, standard, planned, 7).orders)
    lots = frame(city.products).select("product_id", "lot")
    judged = (
        entered.group_by("product_id", "retailer_id", "clerk")
        .agg(pl.col("granted").sum())
        .join(standard, on=["product_id", "retailer_id"])
        .join(lots.filter(pl.col("lot") == 1), on="product_id")
    )
    less = judged.filter(pl.col("granted") < pl.col("award"))
    more = judged.filter(pl.col("granted") > pl.col("award"))

    assert set(less["clerk"]) == {"周丽"}
    assert set(more["clerk"]) == {"何军"}
    assert more.filter(pl.col("clerk") == "何军")["retailer_id"].n_unique() <= 4
    assert len(less) >= 3
    assert more.filter(pl.col("clerk") == "何军").height >= 3


@pytest.mark.parametrize(
    "arguments",
    [
        {"retailers": 0},
        {"retailers": 10_000_000},
        {"seed": -1},
        {"months": 0},
        {"products_per_shop": 1},
        {"lines_per_shop": 0},
        {"cycle": "2026-47"},
        {"cycle": "2026-W60"},
        {"cycle": "soon"},
    ],
)
def test_numbers_out_of_range_are_refused(arguments: dict[str, object]) -> None:
    """With the range that would be right."""
    with pytest.raises(BadRequest):
        make_city(**arguments)  # type: ignore[arg-type]


def test_a_hamlet_of_one_shop_is_a_city_too() -> None:
    """The smallest city has all its tables."""
    city = make_city(1, seed=0)

    assert len(frame(city.retailers)) == 1
    assert len(list(city.tables())) == 7
