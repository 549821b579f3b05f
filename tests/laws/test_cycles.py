"""L1, L7 and L8 over cycles that follow each other, with shops that ask for more than they want."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.allocation.credits import carried_credits, credit_frame
from allocator.policy.reading import policy_from
from allocator.records import MICRO
from allocator.simulation.cycles import Cycles
from allocator.simulation.tallies import Turns, places_of
from allocator.tables.city import Table
from laws.reading import cells_of
from strategies import Market, contests, crowded_market

HALF = max(settings().max_examples // 2, 10)
"""Each example is several cycles in which every false line is tried."""

BARE = policy_from(
    {
        "title": "cycles",
        "allocation": {
            "weights": {"kind": "linear", "bottom": 1, "top": 2},
            "whole_units": "rotate",
            "defaults": {"ceiling": 1},
        },
    },
    "2026-11-16",
)


def lives(market: Market, orders: Table, liars: al.Behaviour, cycles: int) -> Cycles:
    """What becomes of a market in the world asked for, every false line tried."""
    policy = BARE.model_copy(update={"allocation": market.policy})
    return al.simulate_cycles(
        replace(market.city, orders=orders), policy, cycles=cycles, seed=market.seed, tried=1_000,
        behaviours=[liars], worlds=[],
    )  # fmt: skip


@settings(max_examples=HALF)
@given(contests(), st.sampled_from([Fraction(3, 2), Fraction(3), Fraction(40)]), st.data())
def test_l7_l8_l1_over_cycles_in_small_cities(
    case: tuple[Market, Table], times: Fraction, data: st.DataObject
) -> None:
    """Every line of every inflating shop in every cycle; all methods; credits carried.

    Demands of whole lots (``contests``): where an order of a lot and a half is cut to whole lots,
    who wants whole lots has nothing to gain by it.
    """
    market, orders = case
    share = data.draw(st.sampled_from([Fraction(1, 3), Fraction(1)]))
    lived = lives(market, orders, al.Behaviour("inflating", share, times), cycles=3)

    single = lived.deviations.filter(pl.col("world") == "asked")
    assert (single["gain"] <= 0).all()
    kept = lived.turns_kept.filter("promised")
    assert (kept["apart"] <= 1).all()
    given_out = lived.figures.filter(pl.col("figure").is_in(["award", "left"]))
    supply = market.city.supply.frame["quantity"].sum()  # type: ignore[union-attr]
    per_cycle = given_out.group_by("world", "number").agg(pl.col("value").sum())
    assert set(per_cycle["value"]) <= {float(supply)}


def test_l7_in_a_large_city_and_what_the_proportional_rule_does() -> None:
    """2,000 shops, a third inflating by half: no gain by the uniform rule, many in proportion."""
    for method in ("rotate", "path"):
        market, orders = crowded_market(method, retailers=2_000, products=3, seed=5)
        policy = BARE.model_copy(update={"allocation": market.policy})
        lived = al.simulate_cycles(
            replace(market.city, orders=orders), policy, cycles=2, seed="s", tried=8,
            behaviours=[al.Behaviour("inflating", Fraction(1, 3), Fraction(3, 2))],
        )  # fmt: skip
        gain = {
            str(world): lived.deviations.filter(pl.col("world") == world)["gain"]
            for world in ("asked", "proportional")
        }
        assert len(gain["asked"]) == len(gain["proportional"]) >= 40
        assert (gain["asked"] <= 0).all()
        assert (gain["proportional"] > 0).sum() > len(gain["proportional"]) / 4


@settings(max_examples=HALF)
@given(contests(), st.data())
def test_turns_are_counted_as_pair_by_pair(case: tuple[Market, Table], data: st.DataObject) -> None:
    """The largest difference of turns among shops that shared a cell in all cycles and began with
    equal credit, against a look at every pair.
    """
    market, _ = case
    city, base = market.city, market.city.retailers
    ids = base.frame["retailer_id"]
    products = pl.Series(["P1"])
    told, seats, cells = Turns.of(1, len(ids)), np.zeros(len(ids), int), []
    start = None
    for _ in range(4):
        tiers = data.draw(st.lists(st.sampled_from([1, 1, 1, 2]), min_size=len(ids),
                                   max_size=len(ids)))  # fmt: skip
        tiers[0] = 2
        now = replace(base, frame=base.frame.with_columns(tier=pl.Series(tiers, dtype=pl.Int64)))
        city = replace(city, retailers=now)
        plan = replace(market, city=city).plan()
        credit = carried_credits(city, ids.to_frame(), ["P1"])
        start = credit[0].copy() if start is None else start
        told.add(plan, places_of(plan, ids, products), credit)
        at = {name: k for k, name in enumerate(ids)}
        mine = np.full(len(ids), -1)
        members = plan.members["retailer_id"].to_list()
        mine[[at[name] for name in members]] = cells_of(plan)
        cells.append(mine)
        for i in plan.turns.retailer.tolist():
            seats[at[members[i]]] += 1
        assert city.credits is not None
        city = replace(city, credits=Table("credits", credit_frame(plan, city.credits.frame)))
    ways = np.array(cells).T
    pairs = [
        abs(seats[i] - seats[j])
        for i, j in combinations(range(len(ids)), 2)
        if (ways[i] == ways[j]).all() and start[i] == start[j]
    ]

    assert int(told.apart()[0]) == max(pairs, default=0)
    assert abs(start).max() < MICRO
