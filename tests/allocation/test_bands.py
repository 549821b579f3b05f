"""Bands and baskets on orders, against the definition retailer by retailer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.allocation.awards import allocate
from allocator.records import JointLimit, QuotaPlan
from strategies import OrderRow, coupled_weeks, small_plan, table_of

Pair = tuple[str, str]
"""Retailer and product."""


def limit_of(plan: QuotaPlan, retailer: str, product: str) -> int:
    """Base and odd lot, cartons."""
    i = plan.members["retailer_id"].to_list().index(retailer)
    p = plan.product.index(product)
    mine = (plan.turns.line == p) & (plan.turns.retailer == i)
    return int(plan.base[p, plan.members["cell"][i]] + plan.lot[p] * mine.sum())


def joint_of(plan: QuotaPlan, limits: Sequence[JointLimit], retailer: str) -> list[list[Any]]:
    """[products, cartons left] of the limits that stand for a retailer."""
    cell = plan.members.filter(retailer_id=retailer)["cell"].item()
    return [
        [{plan.product[p] for p in limit.lines.tolist()}, int(limit.most[cell])]
        for limit in limits
        if limit.most[cell] >= 0
    ]


def take(joint: list[list[Any]], product: str, cartons: int) -> None:
    for limit in joint:
        limit[1] -= cartons if product in limit[0] else 0


def first_round(plan: QuotaPlan, rows: Sequence[OrderRow]) -> dict[Pair, tuple[int, int | None]]:
    """Round one as model.md 5 says it: cartons, and what the tightest band had left before."""
    asked: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in sorted(rows, key=lambda r: (r["ordered_at"], r["order_id"], r["product_id"])):
        asked[row["retailer_id"]][row["product_id"]] += row["requested"]
    given_out = {}
    for retailer, wishes in asked.items():
        bands = joint_of(plan, plan.bands, retailer)
        for product, cartons in wishes.items():  # in the order of the first line of each
            lot = int(plan.lot[plan.product.index(product)])
            rooms = [left for products, left in bands if product in products]
            most = min([cartons, limit_of(plan, retailer, product), *rooms]) // lot * lot
            take(bands, product, most)
            given_out[retailer, product] = (most, min(rooms, default=None))
    return given_out


@given(coupled_weeks())
def test_round_one_serves_lines_as_they_were_placed(case: tuple[QuotaPlan, list[OrderRow]]) -> None:
    """Whole lots, until a band is full; the room that a line found is told."""
    plan, rows = case

    lines = allocate(table_of("orders", rows), plan).lines

    expected = first_round(plan, rows)
    found = {
        (line["retailer_id"], line["product_id"]): (line["round_one"], line["band_room"])
        for line in lines.rows(named=True)
    }
    assert expected == found


@given(coupled_weeks())
def test_l2_no_band_or_basket_is_exceeded(case: tuple[QuotaPlan, list[OrderRow]]) -> None:
    """L2: nor order, ceiling, lot; above the limit only in round two. L1 holds."""
    plan, rows = case

    allocation = allocate(table_of("orders", rows), plan)

    held: dict[str, dict[str, int]] = defaultdict(dict)
    for line in allocation.lines.rows(named=True):
        retailer, product, award = line["retailer_id"], line["product_id"], line["award"]
        p = plan.product.index(product)
        cell = plan.members.filter(retailer_id=retailer)["cell"].item()
        assert 0 <= line["round_one"] <= award <= line["order"]
        assert award <= plan.ceiling[p, cell]
        assert award % plan.lot[p] == 0
        assert line["round_one"] <= line["limit"] == limit_of(plan, retailer, product)
        assert plan.second_round or award == line["round_one"]
        held[retailer][product] = award
    for retailer, awards in held.items():
        for products, most in joint_of(plan, (*plan.bands, *plan.baskets), retailer):
            assert sum(awards.get(product, 0) for product in products) <= most
    awarded = np.array(
        [allocation.lines.filter(product_id=name)["award"].sum() for name in plan.product]
    )
    assert (allocation.left >= 0).all()
    assert (awarded + allocation.left + plan.reserve).tolist() == plan.supply.tolist()


@given(coupled_weeks())
def test_round_two_uses_what_is_left_as_far_as_room_goes(
    case: tuple[QuotaPlan, list[OrderRow]],
) -> None:
    """L6: a carton stays only where each unmet order meets its ceiling, a band or a basket.

    And as the uniform rule has it: nobody of whom more could be had has less for its weight than
    one who was raised, a lot apart.
    """
    plan, rows = case
    if not plan.second_round:
        return
    allocation = allocate(table_of("orders", rows), plan)

    left = dict(zip(plan.product, (allocation.left // plan.lot).tolist(), strict=True))
    lines = allocation.lines.sort("product_id").rows(named=True)
    held: dict[Pair, int] = {(ln["retailer_id"], ln["product_id"]): ln["round_one"] for ln in lines}
    for product in plan.product:
        p = plan.product.index(product)
        lot, raised, waiting = int(plan.lot[p]), [], []
        mine = [line for line in lines if line["product_id"] == product]
        for line in mine:
            retailer, award = line["retailer_id"], line["award"]
            cell = plan.members.filter(retailer_id=retailer)["cell"].item()
            weight = int(plan.weight(p)[cell])
            joint = joint_of(plan, (*plan.bands, *plan.baskets), retailer)
            for (other, name), cartons in held.items():
                if other == retailer:
                    take(joint, name, cartons)
            room = min([most for products, most in joint if product in products], default=10**9)
            most = min(line["order"], int(plan.ceiling[p, cell]), line["round_one"] + room)
            if award > line["round_one"]:
                raised.append(((award - lot) / lot / weight, retailer))
            if award + lot <= most:
                waiting.append(((award + lot) / lot / weight, retailer))
        assert not (left[product] and waiting)
        for low, one in raised:
            for high, other in waiting:
                assert low < high or one == other
        for line in mine:
            held[line["retailer_id"], product] = line["award"]


@given(coupled_weeks(baskets=False), st.data())
def test_bands_that_are_wide_change_nothing(
    case: tuple[QuotaPlan, list[OrderRow]], data: st.DataObject
) -> None:
    """A band of all that may be ordered, or of no tier, is none."""
    plan, rows = case
    wide = [
        JointLimit(b.name, b.lines, np.where(data.draw(st.booleans()), -1, 10**6) + 0 * b.most)
        for b in plan.bands
    ]
    orders = table_of("orders", rows)

    with_bands = allocate(orders, replace(plan, bands=tuple(wide)))
    without = allocate(orders, replace(plan, bands=()))

    assert without.lines.equals(with_bands.lines.drop("band_room"))
    assert without.left.tolist() == with_bands.left.tolist()
    assert without.level == with_bands.level


def week(
    bands: Mapping[tuple[int, ...], int], *rows: tuple[str, str, int, int], **plan: Any
) -> dict[Pair, tuple[int, int]]:
    """Round one and award of each line; A is in tier 1, B in tier 2; quotas 6 of each product."""
    quotas = {name: {1: 6, 2: 6} for name in ("P0", "P1", "P2")}
    made = small_plan(quotas, {"A": 1, "B": 2}, tiers=2, ceilings=dict.fromkeys(quotas, 20), **plan)
    limits = tuple(
        JointLimit("band", np.array(lines, np.int32), np.array([most, most]))
        for lines, most in bands.items()
    )
    orders = [
        {
            "order_id": f"D{k}",
            "retailer_id": retailer,
            "product_id": product,
            "ordered_at": datetime(2026, 11, 17, 9, minute),
            "requested": cartons,
        }
        for k, (retailer, product, minute, cartons) in enumerate(rows)
    ]
    lines = allocate(table_of("orders", orders), replace(made, bands=limits)).lines
    columns = ("retailer_id", "product_id", "round_one", "award")
    return {(r, p): (first, award) for r, p, first, award in lines.select(columns).rows()}


def test_five_of_each_ten_together() -> None:
    """model.md 2: quotas add up to 18, the band lets 10 be ordered; the first orders have it."""
    assert week(
        {(0, 1, 2): 10},
        *[("A", "P2", 1, 6), ("A", "P0", 2, 3), ("A", "P1", 3, 6), ("B", "P0", 0, 9)],
    ) == {
        ("A", "P2"): (6, 6),
        ("A", "P0"): (3, 3),
        ("A", "P1"): (1, 1),
        ("B", "P0"): (6, 6),
    }


def test_a_product_ordered_twice_keeps_its_first_place() -> None:
    """Lines of a product are summed; the sum stands where its first line was placed."""
    assert week({(0, 1): 7}, ("A", "P0", 1, 2), ("A", "P1", 2, 6), ("A", "P0", 3, 4)) == {
        ("A", "P0"): (6, 6),
        ("A", "P1"): (1, 1),
    }


def test_an_order_in_lots_leaves_what_does_not_fit_to_the_next() -> None:
    """Of 5 cartons two lots of 2 fit; the last carton goes to the product after it."""
    assert week(
        {(0, 1): 5}, ("A", "P0", 1, 6), ("A", "P1", 2, 6), lot={"P0": 2, "P1": 1, "P2": 1}
    ) == {("A", "P0"): (4, 4), ("A", "P1"): (1, 1)}


def test_round_two_gives_no_more_than_the_band_has_room_for() -> None:
    """A ordered 6 of P1 first, so of 10 there are 4 left for P0; round two finds the band full.

    Of 20 of P0 10 go in round one; B wants 12 and gets 10, which is its own band: 6 stay.
    """
    assert week(
        {(0, 1): 10},
        *[("A", "P1", 1, 6), ("A", "P0", 2, 9), ("B", "P0", 3, 12)],
        supply={"P0": 20, "P1": 12, "P2": 12},
        second_round=True,
        source="planned",
    ) == {("A", "P1"): (6, 6), ("A", "P0"): (4, 4), ("B", "P0"): (6, 10)}


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_change_nothing(threads: int) -> None:
    """Lines that share a band wait for each other, the others do not."""
    plan = small_plan(
        {f"P{k}": {1: 2} for k in range(6)}, {"A": 1, "B": 1}, tiers=1,
        supply={f"P{k}": 9 for k in range(6)}, ceilings={f"P{k}": 9 for k in range(6)},
        second_round=True, source="planned",
    )  # fmt: skip
    band = JointLimit("band", np.array([1, 4], np.int32), np.array([7]))
    rows = [
        {"order_id": f"D{k}{who}", "retailer_id": who, "product_id": f"P{k}", "requested": 6}
        for k in range(6)
        for who in "AB"
    ]
    lines = allocate(table_of("orders", rows), replace(plan, bands=(band,)), threads=threads).lines

    # 9 of each for two: 5 and 4 where nothing binds; of P1 and P4 together 7 for each.
    totals = dict(lines.group_by("product_id").agg(pl.col("award").sum()).rows())
    assert totals == {"P0": 9, "P1": 9, "P2": 9, "P3": 9, "P4": 5, "P5": 9}
