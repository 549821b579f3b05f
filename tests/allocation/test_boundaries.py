"""Smooth boundaries against arithmetic by hand and a second, slower reading of the definition."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from allocator.allocation.boundaries import stand_between, supply_masses
from allocator.allocation.quotas import plan_quotas
from allocator.allocation.smooth_lots import check_baskets
from allocator.errors import BadRequest
from allocator.grading.scheme import given_tiers
from allocator.holdings import along, held, holdings, slopes
from allocator.policy.reading import policy_from
from allocator.records import MICRO, Between, Cells, Grading, JointLimit, QuotaPlan
from laws.places import effective_scores, middles
from strategies import MONDAY, city_of, smooth_week


def cells_of(tiers: int, count: list[int]) -> Cells:
    return Cells(
        tier=np.arange(1, tiers + 1),
        segment=("",) * tiers,
        rhythm=("weekly",) * tiers,
        count=np.array(count),
        weight=np.arange(1, tiers + 1),
        weight_unit=1,
    )


TIMES = 6
"""Each row of a case by hand stands for so many shops alike: fewer have no part in the line."""


def graded(rows: list[tuple[int | None, int | None, int]], tiers: int) -> Grading:
    """Rows : score in points (``None``: none), tier by score, final tier; ``TIMES`` of each."""
    names = [f"R{i:02}{'abcdef'[k] * (k > 0)}" for i in range(len(rows)) for k in range(TIMES)]
    rows = [row for row in rows for _ in range(TIMES)]
    nothing = np.full(tiers, -1, np.int64)
    table = pl.DataFrame(
        {
            "retailer_id": names,
            "graded": [score is not None for score, _, _ in rows],
            "score": [None if score is None else score * MICRO for score, _, _ in rows],
            "tier_by_score": [tier for _, tier, _ in rows],
            "tier": [tier for _, _, tier in rows],
        },
        schema_overrides=dict.fromkeys(["score", "tier_by_score", "tier"], pl.Int64),
    )
    return Grading(date(2026, 11, 16), tiers, (), (), nothing, nothing, (), table)


def standing(
    rows: list[tuple[int | None, int | None, int]], tiers: int
) -> tuple[Between, Cells, np.ndarray, list[str]]:
    grading = graded(rows, tiers)
    members = grading.table.select(
        "retailer_id", "tier", cell=(pl.col("tier") - 1).cast(pl.Int32)
    ).sort("cell", "retailer_id")
    cell = members["cell"].to_numpy()
    cells = cells_of(tiers, np.bincount(cell, minlength=tiers).tolist())
    names = members["retailer_id"].to_list()
    return stand_between(grading, cells, members), cells, cell, names


THREE = [
    (10, 1, 1), (20, 1, 1), (30, 1, 1), (40, 2, 2), (60, 2, 2), (70, 3, 3), (80, 3, 3), (90, 3, 3),
    (90, 3, 1),  # demoted to tier 1: counts as its best, 30
    (10, 1, 3),  # raised to tier 3: counts as its last, 70
    (None, None, 2),  # newcomer in tier 2: stands in its middle
]  # fmt: skip


def test_three_tiers_by_hand() -> None:
    """The middles with the moved ones where their score puts them: 15, 50, 85.

    tier 1: 10 10 20 30 -> 15; tier 2: 40 60 -> 50; tier 3: 70 80 90 90 -> 85. Quotas 1, 3, 5:
    10 -> 1 (flat below); 20 -> 1 + 2 x 5/35; 30 -> 1 + 2 x 15/35; 40 -> 3 - 2 x 10/35;
    60 -> 3 + 2 x 10/35; 70 -> 5 - 2 x 15/35; 80 -> 5 - 2 x 5/35; 90 -> 5 (flat above).
    """
    between, cells, cell, names = standing(THREE, 3)

    assert between.knot.tolist() == [15 * MICRO, 50 * MICRO, 85 * MICRO]
    mine = held(between, cell, np.array([1.0, 3.0, 5.0]), cells.count, np.ones(3, bool))
    share = dict(zip(names, mine.share.tolist(), strict=True))
    by_hand = {
        0: 1, 1: 1 + Fraction(2 * 5, 35), 2: 1 + Fraction(2 * 15, 35), 3: 3 - Fraction(2 * 10, 35),
        4: 3 + Fraction(2 * 10, 35), 5: 5 - Fraction(2 * 15, 35), 6: 5 - Fraction(2 * 5, 35), 7: 5,
        8: 1 + Fraction(2 * 15, 35), 9: 5 - Fraction(2 * 15, 35), 10: 3,
    }  # fmt: skip
    for i, exact in by_hand.items():
        assert abs(Fraction(share[f"R{i:02}"], MICRO) - exact) <= Fraction(3, MICRO), i
    # Weights by hand: tier 1 keeps 4 - 35/35 and has 10/35 of R03; tier 2 keeps 3 - 20/35 and has
    # 35/35 from below and 35/35 from above; tier 3 keeps 4 - 35/35 and has 10/35 of R04.
    mass = supply_masses(between, cells.count, np.ones((1, 3), bool), 100)[0]
    weights = [3 + Fraction(10, 35), 4 + Fraction(15, 35), 3 + Fraction(10, 35)]
    assert int(mass.sum()) == 11 * TIMES * MICRO
    for told, weight in zip(mass.tolist(), weights, strict=True):
        assert abs(Fraction(told, MICRO) - TIMES * weight) <= TIMES * Fraction(6, MICRO)


def test_the_line_ends_flat_where_the_product_is_not_released() -> None:
    """Only tiers 2 and 3 may have it: who stands below the middle of tier 2 has its quota."""
    between, cells, cell, names = standing(THREE, 3)
    may = np.array([False, True, True])

    mine = held(between, cell, np.array([0.0, 3.0, 5.0]), cells.count, may)

    share = dict(zip(names, mine.share.tolist(), strict=True))
    assert [share[f"R{i:02}"] for i in (0, 1, 2, 8)] == [0, 0, 0, 0]
    assert share["R03"] == share["R10"] == 3 * MICRO
    assert share["R04"] > 3 * MICRO
    mass = supply_masses(between, cells.count, may[None], 100)[0]
    assert mass[0] == 0
    assert mass.sum() == 7 * TIMES * MICRO


def test_a_tier_that_no_score_reaches_is_passed_by() -> None:
    """Tier 2 has a newcomer alone: it has tier 2's quota, all others join tiers 1 and 3."""
    rows: list[tuple[int | None, int | None, int]] = [
        (10, 1, 1), (20, 1, 1), (30, 1, 1), (None, None, 2), (60, 3, 3), (80, 3, 3), (100, 3, 3),
        (60, 3, 2),  # scored, but moved where no score leads: no place on the line
    ]  # fmt: skip
    between, cells, cell, names = standing(rows, 3)

    mine = held(between, cell, np.array([0.0, 3.0, 4.0]), cells.count, np.ones(3, bool))

    share = dict(zip(names, mine.share.tolist(), strict=True))
    assert between.knot.tolist() == [20 * MICRO, -1, 70 * MICRO]
    assert share["R03"] == share["R07"] == 3 * MICRO
    assert abs(share["R02"] - 4 * MICRO * 10 / 50) <= 2
    assert abs(share["R04"] - (4 - 4 * 10 / 50) * MICRO) <= 2


def test_fewer_than_six_stand_in_the_middle_of_their_tier() -> None:
    """Of tier 1 six stand above its middle, of tier 2 five below: these have tier 2's quota.

    Middles: 21 between the one at 20 and the first at 22; 40. Tier 3 has five scores and so no
    middle, and the line ends at 40. The six go 1 of the 19 points between.
    """
    places = [(10, 1, 5), (20, 1, 1), (22, 1, 6), (30, 2, 5), (40, 2, 2), (41, 2, 6), (50, 3, 5)]
    rows = [(score, tier) for score, tier, shops in places for _ in range(shops)]
    table = pl.DataFrame(
        {
            "retailer_id": [f"S{i:02}" for i in range(len(rows))],
            "graded": [True] * len(rows),
            "score": [score * MICRO for score, _ in rows],
            "tier_by_score": [tier for _, tier in rows],
            "tier": [tier for _, tier in rows],
        }
    )
    members = table.select("retailer_id", "tier", cell=(pl.col("tier") - 1).cast(pl.Int32))

    between = stand_between(replace(graded([], 3), table=table), cells_of(3, [12, 13, 5]), members)

    assert between.knot.tolist() == [21 * MICRO, 40 * MICRO, -1]
    assert between.part.tolist() == [0] * 6 + [MICRO // 19] * 6 + [0] * 18
    assert (between.below.tolist(), between.above.tolist()) == ([0, 0, 2], [1, 1, 2])


def test_without_scores_there_is_nothing_to_follow() -> None:
    city = city_of({1: 3, 2: 2}, [{"quantity": 9}])
    allocation = {
        "weights": {"kind": "linear", "bottom": 1, "top": 3},
        "whole_units": "rotate",
        "defaults": {"ceiling": 20, "step": 1},
    }
    policy = policy_from({"title": "t", "allocation": allocation}, MONDAY)
    smooth = policy.allocation.model_copy(update={"boundary": "smooth"})

    with pytest.raises(BadRequest, match="boundary: step"):
        plan_quotas(city, given_tiers(city, MONDAY), smooth, cycle="C1", seed="s")


def reference(plan: QuotaPlan, grading: Grading) -> list[dict[int, Fraction]]:
    """Entitlements in cartons, {member: e} of each line, as ``model.md`` 3 defines them.

    By exact fractions on the scores, no millionths on the way: tier medians, clipped scores.
    """
    at_score = effective_scores(plan, grading)
    knot = {tier: middle for tier, (middle, _) in middles(grading).items()}
    found = []
    for p in range(len(plan.product)):
        shares = {}
        for i, cell in enumerate(plan.members["cell"].to_list()):
            if cell is None or not plan.allowed[p, cell]:
                continue
            tier = int(plan.cells.tier[cell])
            first = cell - tier + 1
            line = {
                knot[t]: Fraction(float(plan.entitlement[p, first + t - 1]))
                for t in knot
                if plan.allowed[p, first + t - 1]
            }
            if tier not in knot or at_score[i] == knot[tier]:
                shares[i] = Fraction(float(plan.entitlement[p, cell]))
                continue
            x = at_score[i]
            low = max((k for k in line if k <= x), default=min(line))
            high = min((k for k in line if k >= x), default=max(line))
            part = Fraction(x - low, high - low) if low < x < high else Fraction(0)
            at = low if x >= low else high
            shares[i] = line[at] if low == high else line[low] + part * (line[high] - line[low])
            if x == high:
                shares[i] = line[high]
        found.append(shares)
    return found


@pytest.mark.parametrize("seed", range(25))
def test_shares_are_those_of_the_definition(seed: int) -> None:
    """To what millionths of the way and of a lot can tell apart."""
    week = smooth_week(seed)
    plan = week.plan
    for p, expected in enumerate(reference(plan, week.grading)):
        mine, lot = holdings(plan, p), int(plan.lot[p])
        spread = float(np.ptp(plan.entitlement[p])) + 2 * lot
        for i, share in expected.items():
            assert abs(mine.share[i] * lot - share * MICRO) <= spread + lot, (p, i)
        others = set(range(len(mine.share))) - expected.keys()
        assert not any(mine.share[i] for i in others)


def test_some_weeks_have_everything_in_them() -> None:
    """Shops between tiers both ways, moved ones, newcomers, tiers without a place, flat ends."""
    weeks = [smooth_week(seed) for seed in range(25)]
    betweens = [week.plan.between for week in weeks]

    assert any((b.part > 0).any() and (b.part < 0).any() for b in betweens if b)
    assert any((b.knot < 0).any() for b in betweens if b)
    assert any(slopes(week.plan).max() > 0 for week in weeks)
    assert any((week.grading.table["tier"] != week.grading.table["tier_by_score"]).any()
               for week in weeks)  # fmt: skip


def test_shares_snapped_up_do_not_promise_more_than_there_is() -> None:
    """Three million shops at 0.9999997 of a lot: the last lots go by turns, not to all."""
    shops = 3_000_000
    cells = cells_of(1, [shops])
    zero = np.zeros(1, np.int64)
    nobody = np.zeros(1, np.int32)
    between = Between(np.array([5]), nobody, nobody, np.zeros(shops, np.int32), zero, zero)

    mine = held(
        between, np.zeros(shops, np.int32), np.array([0.9999997]), cells.count, np.ones(1, bool)
    )

    assert mine.share[0] == MICRO
    assert int(mine.base.sum()) <= int(shops * Fraction(9999997, 10**7))
    assert mine.waits.all()


def test_whole_numbers_rise_with_the_way() -> None:
    """Halves go up, and no step of the way loses a millionth."""
    n = 1001
    part = np.arange(n, dtype=np.int32) * 999
    both = np.array([0, 1], np.int32)
    between = Between(
        np.array([1, 2]), np.array([0, 0], np.int32), both * 0 + 1, part,
        np.zeros(2, np.int64), np.zeros(2, np.int64),
    )  # fmt: skip

    values = along(between, np.zeros(n, np.int32), np.array([7, 1_000_010]), np.ones(2, bool))

    assert (np.diff(values) >= 0).all()
    expected = [7 + (1_000_003 * int(s) + MICRO // 2) // MICRO for s in part]
    assert values.tolist() == expected


def test_masses_of_a_part_of_the_retailers_add_up() -> None:
    """Those inside and those outside a group are everybody."""
    for seed in range(8):
        plan = smooth_week(seed).plan
        assert plan.between is not None
        inside = np.arange(len(plan.cells.tier)) % 2 == 0
        args = (plan.between, plan.cells.count, plan.allowed)
        both = supply_masses(*args, 100, inside) + supply_masses(*args, 100, ~inside)
        assert both.tolist() == plan.mass.tolist() == supply_masses(*args, 100).tolist()


def test_steps_are_smooth_boundaries_without_a_way() -> None:
    """Who stands on the knot has what a step would give it."""
    plan = smooth_week(3).plan
    assert plan.between is not None
    still = replace(plan.between, part=plan.between.part * 0, up=plan.between.up * 0,
                    down=plan.between.down * 0)  # fmt: skip
    assert (supply_masses(still, plan.cells.count, plan.allowed, 100)
            == np.where(plan.allowed, plan.cells.count * MICRO, 0)).all()  # fmt: skip


def test_a_basket_whose_products_end_at_different_tiers_is_refused() -> None:
    """A shop between two tiers would have both in full; products of other chains do not matter."""
    basket = (JointLimit("both", np.array([0, 1], np.int32), np.array([5, 5, 5, 5])),)
    ends = np.array([[True, True, True, True], [True, False, True, True]])
    apart = np.array([[True, True, False, False], [False, False, True, True]])

    check_baskets(basket, apart, 2)
    with pytest.raises(BadRequest, match="both"):
        check_baskets(basket, ends, 2)
