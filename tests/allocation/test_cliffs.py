"""Cliff figures against every pair of shops, one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from time import perf_counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.allocation.cliffs import Cliffs, cliff_figures, near_pairs
from allocator.holdings import holdings
from allocator.records import MICRO, QuotaPlan
from strategies import Week, city_of, plan_of, small_week, smooth_week

FIGURES = ("retailers", "pairs", "largest", "apart", "cartons")


def near(a: int, b: int) -> bool:
    """model.md 3, in whole numbers: |a - b| <= 0.05 max(a, b)."""
    return 100 * abs(a - b) <= 5 * max(a, b)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([-3, 0, 1, 19, 20, 21, 95, 99, 100, 101, 105, 106])
            | st.integers(0, 60),
            st.integers(0, 3),
        ),
        max_size=40,
    )
)
def test_pairs_are_those_of_every_comparison(shops: list[tuple[int, int]]) -> None:
    """Each unordered pair once, under the two groups it joins."""
    expected = np.zeros((4, 4), np.int64)
    for (a, g), (b, h) in combinations(shops, 2):
        if near(a, b):
            expected[min(g, h), max(g, h)] += 1

    sales, group = np.array(shops, np.int64).reshape(-1, 2).T

    assert near_pairs(sales, group, 4).tolist() == expected.tolist()


def brute(week: Week) -> dict[str, list[int]]:
    """The figures pair by pair; ``cartons`` from each retailer's own limit."""
    plan = week.plan
    sold = dict(week.grading.table.filter("graded").select("retailer_id", "quantity").rows())
    seated = set(zip(plan.turns.line.tolist(), plan.turns.retailer.tolist(), strict=True))
    shops = [
        (i, cell, segment, sold[name])
        for i, (name, cell, segment) in enumerate(
            plan.members.select("retailer_id", "cell", "segment").rows()
        )
        if cell is not None and name in sold
    ]
    found: dict[str, list[int]] = {name: [] for name in FIGURES}
    for p, region in enumerate(plan.region):
        may = [shop for shop in shops if region in ("", shop[2])]
        pairs = [(x, y) for x, y in combinations(may, 2) if x[2] == y[2] and near(x[3], y[3])]
        lot = int(plan.lot[p])
        if plan.between is None:
            share = {s[0]: round(float(plan.entitlement[p, s[1]]) * MICRO) for s in may}
            base = {s[0]: int(plan.base[p, s[1]]) for s in may}
        else:
            mine = holdings(plan, p)
            share = {s[0]: int(mine.share[s[0]]) * lot for s in may}
            base = {s[0]: int(mine.base[s[0]]) * lot for s in may}
        gaps = [abs(share[x[0]] - share[y[0]]) for x, y in pairs]
        limit = {s[0]: base[s[0]] + lot * ((p, s[0]) in seated) for s in may}
        found["retailers"].append(len(may))
        found["pairs"].append(len(pairs))
        found["largest"].append(max(gaps, default=0))
        found["apart"].append(sum(gap >= MICRO for gap in gaps))
        found["cartons"].append(max((abs(limit[x[0]] - limit[y[0]]) for x, y in pairs), default=0))
    return found


@pytest.mark.parametrize("make", [small_week, smooth_week])
@pytest.mark.parametrize("seed", range(12))
def test_figures_are_those_of_every_pair(seed: int, make: Callable[[int], Week]) -> None:
    """Regions, rhythms, tiers that may not have a product, suspended shops: all from one city."""
    week = make(seed)
    cliffs = cliff_figures(week.plan, week.grading)
    if "quantity" not in week.grading.table.columns:
        assert cliffs.not_computed == "no-quantity-item"
        return
    expected = brute(week)

    for name in FIGURES[:-1]:
        assert getattr(cliffs, name).tolist() == expected[name]
    # Whose turn it is may spare a pair the worst; nobody is further apart than told.
    assert (cliffs.cartons >= expected["cartons"]).all()


@pytest.mark.parametrize("make", [small_week, smooth_week])
def test_some_small_weeks_have_figures_to_compare(make: Callable[[int], Week]) -> None:
    computed = [cliff_figures(w.plan, w.grading) for w in map(make, range(12))]

    assert sum(bool(cliffs.pairs.any()) for cliffs in computed) >= 3
    assert any(cliffs.apart.any() for cliffs in computed)


def test_nothing_is_guessed_where_sales_are_not_known() -> None:
    """Tiers that were given, and a score without an item for cartons."""
    week = small_week(0)
    plan = plan_of(city_of({1: 3}, [{"quantity": 9}]))
    given_tiers = replace(week.grading, items=())
    other = [item for item in week.grading.items if item.name != "quantity"]

    assert cliff_figures(plan, given_tiers).not_computed == "tiers-given"
    if other:
        without = replace(week.grading, items=tuple(other))
        assert cliff_figures(plan, without).not_computed == "no-quantity-item"


def large_city(shops: int, products: int) -> tuple[QuotaPlan, Week]:
    """A plan stretched to many shops and products by hand: only what the figures read."""
    week = small_week(3)
    rng = np.random.default_rng(5)
    tiers = 30
    cells = replace(
        week.plan.cells,
        tier=np.arange(1, tiers + 1),
        segment=("",) * tiers,
        count=np.full(tiers, shops),
    )
    names = [f"S{i}" for i in range(shops)]
    members = pl.DataFrame({"retailer_id": names, "cell": rng.integers(0, tiers, shops)})
    table = pl.DataFrame(
        {"retailer_id": names, "graded": True, "quantity": rng.integers(0, 900, shops)}
    )
    shape = (products, tiers)
    plan = replace(
        week.plan,
        cells=cells,
        members=members,
        product=tuple(str(p) for p in range(products)),
        region=("",) * products,
        lot=np.ones(products, np.int64),
        entitlement=rng.random(shape) * 9,
        base=rng.integers(0, 9, shape),
        seats=np.zeros(shape, np.int64),
    )
    item = replace(week.grading.items[0], name="quantity")
    return plan, replace(week, grading=replace(week.grading, items=(item,), table=table))


def test_fifty_thousand_shops_and_two_hundred_products_take_seconds() -> None:
    plan, week = large_city(50_000, 200)

    start = perf_counter()
    cliffs: Cliffs = cliff_figures(plan, week.grading)

    assert perf_counter() - start < 5
    assert cliffs.pairs.min() > 1_000_000
