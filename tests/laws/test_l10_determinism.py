"""L10: same input, same outcome, whatever the order of rows, the names or the threads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from allocator.allocation.awards import allocate
from allocator.allocation.quotas import turn_frame
from allocator.tables.city import Table
from allocator.tables.reading import read_table
from strategies import Market, ordered_markets


@given(ordered_markets(), st.randoms(use_true_random=False))
def test_l10_row_order_threads_and_names_change_nothing(
    case: tuple[Market, Table], random: object
) -> None:
    """L10: rows in another order, other display names, two threads."""
    market, orders = case
    plan = market.plan()
    expected = allocate(orders, plan).lines

    shops = market.city.retailers
    renamed = replace(shops, frame=shops.frame.with_columns(name=pl.lit("another name")))
    columns = ["order_id", "retailer_id", "product_id", "ordered_at", "requested", "cycle"]
    shuffled = orders.frame.select(columns).sample(fraction=1, shuffle=True, seed=7)
    again = replace(market, city=replace(market.city, retailers=renamed)).plan()
    actual = allocate(read_table("orders", shuffled), again, threads=2).lines

    assert_frame_equal(expected, actual)


@given(ordered_markets())
def test_l10_new_identifiers_permute_seats_and_change_nothing_else(
    case: tuple[Market, Table],
) -> None:
    """L10: quotas and the number of seats stay; only who has one may change."""
    market, _ = case
    city = market.city
    new = replace(
        city,
        retailers=renamed(city.retailers),
        credits=None if city.credits is None else renamed(city.credits),
    )

    before, after = market.plan(), replace(market, city=new).plan()

    assert np.array_equal(before.base, after.base)
    by_name = np.array([method == "path" for method in before.method])
    assert np.array_equal(before.seats[~by_name], after.seats[~by_name])
    # Along a path cells can be tied, and then the draw by name is between their members too.
    assert np.array_equal(before.seats.sum(axis=1), after.seats.sum(axis=1))
    assert np.array_equal(before.entitlement, after.entitlement)
    columns = ["product_id", "segment", "rhythm", "tier"]
    if by_name.any():
        return
    assert_frame_equal(
        turn_frame(before).group_by(columns).len().sort(columns),
        turn_frame(after).group_by(columns).len().sort(columns),
    )


def renamed(table: Table) -> Table:
    """The table with other retailer ids, in another order of theirs."""
    new = pl.col("retailer_id").str.reverse() + "x"
    return replace(table, frame=table.frame.with_columns(retailer_id=new).sort("retailer_id"))
