"""L9 more supply, and L9 and L11 for ``path``: it is one fixed path, whatever the orders."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from allocator.allocation.awards import allocate
from allocator.records import QuotaPlan
from allocator.tables.city import Table
from laws.reading import planned
from strategies import Market, markets, ordered_markets

Held = dict[tuple[str, str], int]


def quotas(plan: QuotaPlan) -> Held:
    """Cartons that each counted retailer may order, by product and name."""
    seated = set(zip(plan.turns.line.tolist(), plan.turns.retailer.tolist(), strict=True))
    counted = plan.members.drop_nulls("cell").select("retailer_id", "cell").rows()
    return {
        (product, name): int(plan.base[p, c] + plan.lot[p] * ((p, i) in seated))
        for p, product in enumerate(plan.product)
        for i, (name, c) in enumerate(counted)
        if plan.allowed[p, c]
    }


def awards(market: Market, orders: Table) -> Held:
    """Cartons awarded, by product and name."""
    lines = allocate(orders, market.plan()).lines.filter(pl.col("line").is_not_null())
    return {
        (product, name): award
        for product, name, award in lines.select("product_id", "retailer_id", "award").rows()
    }


def supplied(market: Market, change: pl.Expr) -> Market:
    """The market with another supply."""
    supply = market.city.supply
    assert supply is not None
    other = replace(supply, frame=supply.frame.with_columns(quantity=change.cast(pl.Int64)))
    return replace(market, city=replace(market.city, supply=other))


def without(market: Market, name: str, held: Held) -> Market:
    """The market without a retailer, and without what it holds."""
    shops = market.city.retailers
    row = shops.frame.row(by_predicate=pl.col("retailer_id") == name, named=True)
    gone = shops.frame.with_columns(
        status=pl.when(retailer_id=name).then(pl.lit("suspended")).otherwise("status")
    )
    taken = pl.lit(0)
    for product, lots in ((p, n) for (p, who), n in held.items() if who == name):
        own = pl.col("region").is_null() | (pl.col("region") == row["region"])
        taken = pl.when((pl.col("product_id") == product) & own).then(lots).otherwise(taken)
    market = supplied(market, pl.col("quantity") - taken)
    return replace(market, city=replace(market.city, retailers=replace(shops, frame=gone)))


def along_path(case: tuple[Market, Table], *, second_round: bool) -> tuple[Market, Table]:
    """Without a reserve, which would grow with the supply and is no award."""
    market, orders = case
    changes = {"reserve": Decimal(0), "second_round": second_round}
    return replace(market, policy=market.policy.model_copy(update=changes)), orders


@given(markets(), st.integers(1, 9))
def test_l9_more_supply_lowers_no_entitlement(market: Market, extra: int) -> None:
    """L9: one more lot of every product, or some; of cells that nobody is in too.

    Whole lots: with cartons that make none, the reserve may grow by a lot where the supply does
    not (2 % of 250 in lots of 5 is one lot, of 251 it is two).
    """
    assert market.city.products is not None
    lots = dict(market.city.products.frame.select("product_id", "lot").rows())
    lot = pl.col("product_id").replace_strict(lots, return_dtype=pl.Int64)
    before, after = (
        market.plan(),
        supplied(market, pl.col("quantity") + extra * lot).plan(),
    )
    # A line that released nothing had no quotas, and so nothing to lower.
    least = np.where(before.allowed, before.entitlement, 0.0)

    assert (after.entitlement >= least - 1e-9).all()


@given(ordered_markets(whole_units=["path"]), st.booleans(), st.integers(1, 9))
def test_l9_more_supply_lowers_no_award(
    case: tuple[Market, Table], second_round: bool, extra: int
) -> None:
    """L9: nor any quota, in whole cartons and by name."""
    market, orders = along_path(case, second_round=second_round)
    more = supplied(market, pl.col("quantity") + extra)

    fewer_quotas, more_quotas = quotas(market.plan()), quotas(more.plan())
    fewer, after = awards(market, orders), awards(more, orders)

    assert all(more_quotas[key] >= lots for key, lots in fewer_quotas.items())
    assert all(after[key] >= lots for key, lots in fewer.items())


@given(ordered_markets(whole_units=["path"]), st.data())
def test_l11_who_leaves_with_its_award_changes_no_other(
    case: tuple[Market, Table], data: st.DataObject
) -> None:
    """L11: for quotas, and for awards of both rounds together."""
    market, orders = along_path(case, second_round=True)
    name = data.draw(st.sampled_from(market.city.retailers.frame["retailer_id"].to_list()))

    promised, given_out = quotas(market.plan()), awards(market, orders)
    fewer = quotas(without(market, name, promised).plan())
    left = without(market, name, given_out)
    planned(left)  # floors that others never ordered may have been given away: then no quotas
    rest = awards(left, orders)

    assert all(promised[key] == lots for key, lots in fewer.items() if key[1] != name)
    # Where nothing is left to release, what is not released is no award either.
    assert all(given_out[key] == (lots or 0) for key, lots in rest.items() if key[1] != name)


@given(ordered_markets(whole_units=["path"]))
def test_the_second_round_goes_on_along_the_path(case: tuple[Market, Table]) -> None:
    """Whoever had all its quota in round one never loses a lot of it in round two."""
    market, orders = along_path(case, second_round=True)
    lines = allocate(orders, market.plan()).lines.filter(pl.col("line").is_not_null())

    assert (lines["award"] >= lines["round_one"]).all()
    assert lines.filter(pl.col("award") > pl.col("limit"))["round_two"].min() != 0
