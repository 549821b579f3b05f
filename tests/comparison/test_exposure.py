"""Complaints that look back: against the last cycle, long without a product, new shops."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime

import numpy as np
import polars as pl
import pytest

from allocator.comparison.behind import Exposed
from allocator.comparison.exposure import LONG, alike, anything, exposure, published
from allocator.comparison.record import Comparison
from allocator.simulation.past import Past, alongside
from allocator.simulation.scenario import Scenario
from allocator.simulation.simulating import simulate
from allocator.simulation.trials import held
from strategies import Week, small_week, table_of

CYCLES = ("2026-W42", "2026-W43", "2026-W44", "2026-W45", "2026-W46")


def remembered(seed: int) -> tuple[Week, list[dict[str, object]]]:
    """A small week whose orders table also holds five cycles before, and those rows."""
    while (week := small_week(seed)).cycle != "2026-W47" or week.allocation is None:
        seed += 100
    rng = np.random.default_rng(seed)
    shops = week.city.retailers.frame["retailer_id"].to_list()
    past: list[dict[str, object]] = [
        {
            "order_id": f"{cycle}-{shop}",
            "retailer_id": shop,
            "product_id": product,
            "ordered_at": datetime(2026, 10, 1 + k),
            "cycle": cycle,
            "requested": asked,
            "granted": int(rng.integers(0, 2)) * int(rng.integers(0, asked + 1)),
            "status": str(rng.choice(["confirmed", "confirmed", "confirmed", "cancelled"])),
        }
        for k, cycle in enumerate(CYCLES)
        for shop in shops
        for product in (*week.plan.product, "A")
        if rng.random() < 0.6 and (asked := int(rng.integers(1, 9)))
    ]
    assert week.city.orders is not None
    now = week.city.orders.frame.drop("row").with_columns(pl.lit(week.cycle).alias("cycle"))
    known = [
        {key: value for key, value in row.items() if value is not None}
        for row in now.iter_rows(named=True)
    ]
    orders = table_of("orders", [*known, *past])
    return replace(week, city=replace(week.city, orders=orders)), past


@pytest.fixture(scope="module", params=range(6))
def case(request: pytest.FixtureRequest) -> tuple[Comparison, list[dict[str, object]]]:
    week, past = remembered(request.param)
    changes = {"allocation.defaults.ceiling": 2, "grading.newcomers.start_tier": 1}
    done = simulate(week.city, week.policy, Scenario(changes), cycle=week.cycle, seed=week.seed)
    return done, [row for row in past if row["status"] != "cancelled"]


Case = tuple[Comparison, list[dict[str, object]]]


def exposed(done: Comparison, kind: str, side: str) -> dict[str, int]:
    """Who is exposed on a side, and by how much."""
    rows = done.exposed.filter(pl.col("kind") == kind, pl.col(side))
    return dict(rows.select("retailer_id", f"short_{side}").iter_rows())


def test_less_than_the_last_cycle(case: Case) -> None:
    done, past = case
    released = set(done.baseline.products["product_id"])
    last: dict[str, int] = {}
    for row in past:
        if row["cycle"] == CYCLES[-1]:
            own = row["granted"] if row["product_id"] in released else 0
            last[str(row["retailer_id"])] = last.get(str(row["retailer_id"]), 0) + int(own)  # type: ignore[call-overload]
    for name in ("baseline", "scenario"):
        rows = getattr(done, name).retailers.filter("present")
        fell = {
            row["retailer_id"]: last[row["retailer_id"]] - row["award"]
            for row in rows.iter_rows(named=True)
            if row["retailer_id"] in last
            and last[row["retailer_id"]] > row["award"]
            and row["requested"] > row["award"]
        }
        apart = [
            abs(last[row["retailer_id"]] - row["award"])
            for row in rows.iter_rows(named=True)
            if row["retailer_id"] in last
        ]

        assert exposed(done, "less_than_before", name) == fell
        assert done.figure("volatility", name) == pytest.approx(sum(apart) / len(apart))
        assert done.figure("volatile", name) == sum(map(bool, apart)) / len(apart)


def test_long_without_a_product(case: Case) -> None:
    """Counted backwards, cycle by cycle, for each shop and product by itself."""
    done, past = case
    active = {(row["cycle"], row["retailer_id"]) for row in past}
    given: dict[tuple[object, object], set[object]] = defaultdict(set)
    for row in past:
        if row["granted"]:
            given[row["cycle"], row["product_id"]].add(row["retailer_id"])
    for name in ("baseline", "scenario"):
        side = getattr(done, name)
        expected: dict[str, int] = {}
        for i, row in enumerate(side.retailers.iter_rows(named=True)):
            for k, product in enumerate(side.products["product_id"]):
                if not row["present"] or side.order[k, i] == 0 or side.award[k, i]:
                    continue
                waited = 1
                for cycle in reversed(CYCLES):
                    served = given[cycle, product]
                    if row["retailer_id"] in served:
                        break
                    waited += bool(served) and (cycle, row["retailer_id"]) in active
                if waited >= LONG:
                    expected[row["retailer_id"]] = max(expected.get(row["retailer_id"], 0), waited)
        assert exposed(done, "long_without", name) == expected


def test_new_shops_below_the_published_rule(case: Case) -> None:
    """The baseline starts new shops in tier 2; the scenario puts them into tier 1."""
    done, _ = case
    fresh = done.baseline.retailers.filter(pl.col("present") & pl.col("new"))

    assert exposed(done, "new_below_rule", "baseline") == {}
    assert exposed(done, "new_below_rule", "scenario") == dict.fromkeys(fresh["retailer_id"], 1)


def test_anybody_exposed_is_counted_once_and_turns_are_not(case: Case) -> None:
    done, _ = case
    kinds = set(done.exposure["kind"]) - {"turn", "any"}
    for name in ("baseline", "scenario"):
        who = {shop for kind in kinds for shop in exposed(done, kind, name)}
        count = done.exposure.filter(kind="any")[name].item()

        assert count == len(who)
    row = done.exposure.filter(kind="tier_down").row(0, named=True)
    sides = [set(exposed(done, "tier_down", name)) for name in ("baseline", "scenario")]
    assert (row["both"], row["fresh"], row["gone"]) == (
        len(sides[0] & sides[1]), len(sides[1] - sides[0]), len(sides[0] - sides[1]),
    )  # fmt: skip


def test_any_is_compared_over_the_kinds_known_of_both_sides() -> None:
    """Shop 0 is exposed to N2 alone, shop 1 to N9: without N2 after, one shop before, one after."""

    def found(similar: list[int], lost: list[int], missing: str = "") -> dict[str, Exposed]:
        rows = np.zeros(2, np.int32)
        own = {
            "less_than_similar": Exposed(np.array(similar), rows, missing),
            "tier_down": Exposed(np.array(lost), rows),
        }
        return {**own, "any": anything(own, own)}

    sides = [found([3, 0], [0, 1]), found([0, 0], [0, 2], "sales")]
    assert [side["any"].short.tolist() for side in sides] == [[1, 1], [0, 1]]
    assert [side["any"].short.tolist() for side in alike(*sides)] == [[0, 1], [0, 1]]


def test_a_trial_knows_of_any_only_what_it_knows_of_every_kind() -> None:
    """No sales known after: N2 is not known, so neither is who is exposed to anything."""
    week, _ = remembered(0)
    one = simulate(week.city, week.policy, Scenario({}), cycle=week.cycle, seed=week.seed).baseline
    nothing = pl.lit(None, pl.Int64).alias("sales")
    other = replace(one, retailers=one.retailers.with_columns(nothing))

    assert held("same", (), one, one).figures["exposed_any"] is not None
    assert held("blind", (), one, other).figures["exposed_any"] is None


def test_without_orders_nobody_waits_for_what_it_may_not_have() -> None:
    """All waited long for everything; only what a base, or seats in the cell, allow is counted."""
    week, _ = remembered(0)
    one = simulate(week.city, week.policy, Scenario({}), cycle=week.cycle, seed=week.seed).baseline
    assert one.plan is not None
    waited = np.full(one.order.shape, 5, np.int16)
    blind = replace(one, ordered=False, award=np.zeros_like(one.award), waited=waited, past=5)
    may = set()
    for row in one.plan.members.filter(pl.col("cell").is_not_null()).iter_rows(named=True):
        cell = row["cell"]
        if one.plan.base[:, cell].any() or one.plan.seats[:, cell].any():
            may.add(row["retailer_id"])
    who = exposure(blind, published(blind, blind))["long_without"].short
    here = set(one.retailers.filter("present")["retailer_id"])

    assert set(one.retailers["retailer_id"].filter(pl.Series(who > 0))) == may & here
    assert set(who.tolist()) <= {0, 6}


def test_what_was_granted_is_not_guessed_from_what_was_ordered() -> None:
    """A was granted 2, of B it is not known: A's last cycle is 2, B's unknown, C waits for one."""
    rows = [("A", 2), ("B", None), ("C", 0)]
    frame = pl.DataFrame(
        [("W1", name, "P", granted) for name, granted in rows],
        schema=["cycle", "retailer_id", "product_id", "granted"], orient="row",
    )  # fmt: skip
    shops, products = pl.Series("retailer_id", ["A", "B", "C"]), pl.Series("product_id", ["P"])
    beside = alongside(Past(("W1",), frame), shops, products, products)

    assert beside.last.to_list() == [2, None, 0]
    assert beside.waited is not None
    assert beside.waited.tolist() == [[0, 0, 1]]
