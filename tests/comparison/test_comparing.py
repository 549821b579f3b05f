"""Every figure again in plain Python, from two runs that were made apart from the comparison."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.comparison.behind import less_than_equals, near_on_both_sides
from allocator.comparison.comparing import compare
from allocator.comparison.figures import FIGURES, figures_of
from allocator.comparison.inequality import gini, jain, lorenz, percentile, top_share
from allocator.comparison.record import Comparison
from allocator.comparison.standing import Standing
from allocator.errors import AllocatorError, BadRequest
from allocator.records import MICRO, JointLimit
from allocator.runs.week import award, grade_city, has_orders, quotas_of
from allocator.simulation.changed_policy import changed_policy
from allocator.simulation.scenario import Scenario
from allocator.simulation.simulating import Changed, changed, simulate
from comparison import plain
from strategies import Week, small_week

SCENARIOS = (
    Scenario({"allocation.weights.top": 9}),
    Scenario({"allocation.whole_units": "rotate"}),
    Scenario({"allocation.defaults.ceiling": 3}),
    Scenario({"grading.tiers.shares": [40, 30, 30]}),
    Scenario({"grading.movement.max_step": 1}),
    Scenario({"grading.newcomers": None}),
    Scenario({"allocation.second_round": True, "allocation.reserve": "10%"}),
    Scenario(supply="+60%"),
    Scenario(demand="-40%"),
    Scenario(new_shops={"count": 4, "seed": 3}),
    Scenario(without="P0"),
)
SEEDS = range(22)


def pair(seed: int) -> tuple[Week, Changed, Scenario]:
    """A small week, and what a scenario makes of it."""
    week, scenario = small_week(seed), SCENARIOS[seed % len(SCENARIOS)]
    return week, changed(week.city, week.policy, scenario, cycle=week.cycle), scenario


def counted(week: Week, there: Changed) -> dict[str, plain.Shop]:
    """The shops of a run by hand: graded, planned, allocated, then counted in plain Python."""
    grading = grade_city(there.city, there.policy)
    plan = quotas_of(there.city, grading, there.policy, cycle=week.cycle, seed=week.seed)
    served = award(there.city, plan) if has_orders(there.city, week.cycle) else None
    return plain.shops_of(grading, plan, served)


@pytest.fixture(scope="module", params=SEEDS)
def case(
    request: pytest.FixtureRequest,
) -> tuple[Comparison, dict[str, plain.Shop], dict[str, plain.Shop]]:
    try:
        week, there, scenario = pair(request.param)
        before, after = counted(week, Changed(week.city, week.policy)), counted(week, there)
    except AllocatorError as error:
        pytest.skip(f"this city cannot have it: {error.code}")
    done = simulate(week.city, week.policy, scenario, cycle=week.cycle, seed=week.seed)
    return done, before, after


Case = tuple[Comparison, dict[str, plain.Shop], dict[str, plain.Shop]]


def test_figures_are_those_of_the_plain_computation(case: Case) -> None:
    done, *sides = case
    for side, shops in zip((done.baseline, done.scenario), sides, strict=True):
        found = figures_of(side)
        expected = plain.figures(shops, ordered=side.ordered)

        assert {name: found[name] for name in expected} == expected
    assert [figure.name for figure in FIGURES] == done.figures["figure"].to_list()


def test_gainers_and_losers_are_counted_in_whole_cartons_by_baseline_groups(case: Case) -> None:
    done, before, after = case
    both = sorted(set(before) & set(after))
    change = {name: after[name].sum("award") - before[name].sum("award") for name in both}
    tiers = Counter(before[name].tier for name in both)
    rows = {(row["dimension"], row["group"]): row for row in done.groups.iter_rows(named=True)}

    for group, names in [
        (("all", ""), both),
        *((("tier", None if t is None else str(t)), [n for n in both if before[n].tier == t])
          for t in tiers),
    ]:  # fmt: skip
        row, moved = rows[group], [change[name] for name in names]
        assert row["retailers"] == len(names)
        if names:
            assert row["gainers"] == sum(more > 0 for more in moved)
            assert row["same"] == moved.count(0)
            assert row["losers"] == sum(more < 0 for more in moved)
            assert row["gained"] - row["lost"] == sum(moved)
            assert row["after"] == sum(after[name].sum("award") for name in names)
    for (dimension, group), row in rows.items():
        if dimension == "tier" and not row["retailers"]:
            assert row["before"] is None
            assert int(group) not in tiers
    went = Counter((before[name].tier, after[name].tier) for name in both)
    assert went == {(a, b): n for a, b, n in done.migration.iter_rows()}


def test_each_retailer_is_listed_once_with_parts_that_add_up(case: Case) -> None:
    done, before, after = case
    listed = {row["retailer_id"]: row for row in done.changes_by_retailer.iter_rows(named=True)}

    assert list(listed) == sorted(set(before) | set(after))
    for name, row in listed.items():
        sides = [shops[name].sum("award") if name in shops else None for shops in (before, after)]
        assert [row["before"], row["after"]] == sides
        assert row["change"] == (sides[1] or 0) - (sides[0] or 0)
        if None in sides:
            assert row["reason"] == row["status"] == ("entered" if sides[0] is None else "left")
            continue
        parts = {step: row[f"by_{step}"] for step in ("grade", "quota", "seat", "order", "round")}
        assert sum(parts.values()) == row["change"]
        way = 1 if row["change"] > 0 else -1
        best = max(parts, key=lambda step: parts[step] * way)  # of equal ones the first
        assert row["reason"] == (best if row["change"] else None)


def test_the_parts_of_a_line_are_the_steps_taken_one_by_one(case: Case) -> None:
    """f(d, b, s) = min(d, b + s), first the tier, then the table, the turn, the order, the rest."""
    done, before, after = case
    tables = [
        {row[:4]: row[6] for row in side.quotas.iter_rows()}
        for side in (done.baseline, done.scenario)
    ]
    homes = [
        {row["retailer_id"]: row for row in side.plan.members.iter_rows(named=True)}
        for side in (done.baseline, done.scenario)
    ]
    for line in done.lines.iter_rows(named=True):
        shop, name = line["retailer_id"], line["product_id"]
        one, other = before[shop], after[shop]
        home = homes[0][shop]
        then = homes[1][shop]
        cells = (
            (0, home["segment"], home["rhythm"], one),
            (0, home["segment"], home["rhythm"], other),
            (1, then["segment"], then["rhythm"], other),
        )
        bases = [
            tables[side].get((name, segment, rhythm, at.tier), 0) if at.cell is not None else 0
            for side, segment, rhythm, at in cells
        ]
        if done.baseline.tiers != done.scenario.tiers:
            bases[1] = bases[2]
        seats = [one.limit[name] - bases[0], other.limit[name] - bases[2]]
        most = 10**9
        asked = [
            side.order[name] if known else most
            for side, known in ((one, done.baseline.ordered), (other, done.scenario.ordered))
        ]
        got = [
            min(asked[0], bases[0] + seats[0]),
            min(asked[0], bases[1] + seats[0]),
            min(asked[0], bases[2] + seats[0]),
            min(asked[0], bases[2] + seats[1]),
            min(asked[1], bases[2] + seats[1]),
        ]
        steps = [b - a for a, b in pairwise(got)]
        steps.append((line["after"] - got[-1]) - (line["before"] - got[0]))
        assert [
            line[f"by_{step}"] for step in ("grade", "quota", "seat", "order", "round")
        ] == steps


def test_complaints_are_those_found_pair_by_pair(case: Case) -> None:
    done, *sides = case
    exposed = {(row["kind"], row["retailer_id"]): row for row in done.exposed.iter_rows(named=True)}
    counts = {row["kind"]: row for row in done.exposure.iter_rows(named=True)}
    before_tiers = done.baseline.previous_tiers
    for name, side, shops in zip(
        ("baseline", "scenario"), (done.baseline, done.scenario), sides, strict=True
    ):
        lots = dict(side.products.select("product_id", "lot").iter_rows())
        beyond: dict[str, int] = {}
        waiting: dict[str, int] = {}
        for product, lot in lots.items():
            behind = plain.behind_equals(shops, product, lot, ordered=side.ordered)
            for shop, short in behind.items():
                kept = beyond if short >= 2 else waiting
                if short:
                    kept[shop] = max(kept.get(shop, 0), short * lot)
        expected = {
            "less_than_equal": beyond,
            "turn": {shop: short for shop, short in waiting.items() if shop not in beyond},
            "less_than_similar": {s: c for s, c in plain.behind_similar(shops).items() if c},
            "tier_down": {
                s: lost
                for s, shop in shops.items()
                if shop.previous is not None
                and (lost := plain.tiers_lost(shop.tier, side.tiers, shop.previous, before_tiers))
            },
        }
        for kind, who in expected.items():
            if counts[kind]["missing"] is not None:
                assert not who or kind == "less_than_similar"
                continue
            assert counts[kind][name] == len(who)
            found = {
                shop: row[f"short_{name}"]
                for (of, shop), row in exposed.items()
                if of == kind and row[name]
            }
            assert found == who


def test_nothing_is_put_down_to_the_tier_of_who_stands_where_it_stood() -> None:
    """With smooth boundaries too, whose bases rounding may lower by a lot here and there."""
    smooth = {
        "allocation.boundary": "smooth",
        "allocation.whole_units": "rotate",
        "allocation.defaults.step": 3,
    }
    moved = 0
    for seed in range(8):
        week = small_week(seed)
        try:
            policy = changed_policy(week.policy, smooth, scenario="smooth")
            done = simulate(
                week.city, policy, Scenario({"allocation.weights.top": 9}),
                cycle=week.cycle, seed=week.seed,
            )  # fmt: skip
        except AllocatorError:
            continue
        moved += len(done.lines)
        assert done.lines["by_grade"].to_list() == [0] * len(done.lines)
    assert moved


def test_with_smooth_boundaries_who_waits_for_a_lot_may_have_it() -> None:
    """What each may have is its share on the line between two tiers, up to whole lots.

    The line is drawn here again shop by shop in fractions. Of one cell some wait for an odd lot
    and others, whose share is whole, do not. Where a cell has no lot to give by turns, the share
    goes down.
    """
    smooth = {
        "allocation.boundary": "smooth",
        "allocation.whole_units": "rotate",
        "allocation.defaults.step": 3,
    }
    waiting, settled = 0, 0
    for seed, most_each, supply in ((2, 2, "+60%"), (2, 3, "+150%"), (3, 2, "+60%")):
        week = small_week(seed)
        limit = {**smooth, "allocation.defaults.ceiling": most_each}
        policy = changed_policy(week.policy, limit, scenario="smooth")
        outcome = simulate(
            week.city, policy, Scenario(supply=supply), cycle=week.cycle, seed=week.seed
        ).scenario
        plan = outcome.plan
        assert plan is not None
        assert plan.between is not None
        row = {shop: i for i, shop in enumerate(outcome.retailers["retailer_id"])}
        cell = plan.members["cell"].drop_nulls().to_list()
        assert not Standing(outcome).alike
        for p, product in enumerate(plan.product):
            if plan.product.count(product) > 1:
                continue
            k = outcome.products["product_id"].to_list().index(product)
            most, lot = Standing(outcome).most(k), int(plan.lot[p])
            for r, shop in enumerate(plan.members["retailer_id"].head(len(cell))):
                if shop not in row:
                    continue
                own, part = int(cell[r]), int(plan.between.part[r])
                near = int((plan.between.below if part < 0 else plan.between.above)[own])
                quota, other = (Fraction(float(plan.entitlement[p, c])) for c in (own, near))
                share = quota / lot
                if plan.allowed[p, own] and plan.allowed[p, near]:
                    share += (other - quota) * abs(part) / MICRO / lot
                share = Fraction(round(share * 10**5), 10**5)  # coarser than its snapping
                seated = plan.seats[p, own] > 0
                whole = ceil(share) if seated else floor(share)
                assert most[row[shop]] == whole * lot
                waiting += seated and share.denominator > 1
                settled += seated and share > 0 and share.denominator == 1
    assert waiting > 20
    assert settled > 5


def test_what_a_full_basket_has_no_room_for_is_not_lacking() -> None:
    """Both ordered 5 and 5 of two products; one was given 4 and 0, the other 0 and 4.

    Each is 4 behind the other. A basket of 4 leaves room for none, one of 7 for 3 more.
    """
    week = small_week(1)
    outcome = simulate(week.city, week.policy, Scenario(supply="+60%"), cycle=week.cycle,
                       seed=week.seed).baseline  # fmt: skip
    assert outcome.plan is not None
    cells = outcome.retailers["cell"]
    two = [k for k in range(len(cells)) if cells[k] == cells.drop_nulls().mode().min()][:2]
    lines = [outcome.plan.product.index(name) for name in outcome.products["product_id"][:2]]
    order, award = np.zeros_like(outcome.order), np.zeros_like(outcome.award)
    order[0:2, two], award[0, two[0]], award[1, two[1]] = 5, 4, 4
    alike = outcome.products.with_columns(lot=pl.lit(1, pl.Int64))
    expected = {None: [4, 4], 4: [0, 0], 7: [3, 3]}
    for most, short in expected.items():
        known = np.full(outcome.plan.seats.shape[1], -1 if most is None else most)
        basket = JointLimit("b", np.array(sorted(lines), np.int32), known)
        plan = replace(outcome.plan, baskets=(basket,), bands=(), between=None,
                       allowed=np.ones_like(outcome.plan.allowed))  # fmt: skip
        done = replace(outcome, products=alike, order=order, award=award, ordered=True, plan=plan)

        assert less_than_equals(done)[0].short[two].tolist() == short


def test_equals_are_those_whom_the_rule_lets_have_the_same() -> None:
    """Three of a cell ordered 9; 6, 6 and 2 may be ordered, 6, 3 and 2 were given.

    The second is 3 behind the first; the third has no equal, though 4 behind the first.
    """
    week = small_week(1)
    outcome = simulate(week.city, week.policy, Scenario(supply="+60%"), cycle=week.cycle,
                       seed=week.seed).baseline  # fmt: skip
    cells = pl.Series("cell", [0, 0, 0] + [None] * (len(outcome.retailers) - 3), pl.Int32)
    order, base, award = (np.zeros_like(outcome.order) for _ in range(3))
    order[0, :3], base[0, :3], award[0, :3] = 9, (6, 6, 2), (6, 3, 2)
    done = replace(
        outcome, retailers=outcome.retailers.with_columns(cells), plan=None, ordered=True,
        products=outcome.products.with_columns(lot=pl.lit(1, pl.Int64)),
        order=order, base=base, limit=base, award=award,
    )  # fmt: skip

    assert less_than_equals(done)[0].short[:3].tolist() == [0, 3, 0]


def test_the_lorenz_curve_divides_shops_where_it_must(case: Case) -> None:
    done, before, _ = case
    awards = [shop.sum("award") for shop in before.values()]
    if sum(awards):
        for percent in (0, 3, 10, 50, 99, 100):
            expected = float(plain.lorenz(awards, percent))
            assert done.lorenz["baseline"][percent] == pytest.approx(expected, abs=1e-12)
    else:
        assert done.lorenz["baseline"].null_count() == 101


def test_outcomes_that_are_not_aligned_are_refused() -> None:
    week = small_week(1)
    done = simulate(week.city, week.policy, Scenario(supply="+60%"), cycle=week.cycle,
                    seed=week.seed)  # fmt: skip
    rows = done.scenario.retailers
    for wrong, code in (
        (replace(done.scenario, retailers=rows.reverse()), "outcome-misaligned"),
        (replace(done.scenario, retailers=pl.concat([rows[:1], rows[:-1]])), "outcome-misaligned"),
        (replace(done.scenario, award=done.scenario.award[:, 1:]), "outcome-shape"),
        (replace(done.scenario, retailers=rows.drop("tier")), "outcome-columns"),
    ):
        with pytest.raises(BadRequest) as refused:
            compare(done.baseline, wrong)
        assert refused.value.code == code


def test_an_outcome_from_elsewhere_is_compared_without_reasons() -> None:
    """Two outcomes without a plan: figures and groups, but no word on why."""
    week = small_week(1)
    done = simulate(week.city, week.policy, Scenario(supply="+60%"), cycle=week.cycle,
                    seed=week.seed)  # fmt: skip
    alone = compare(replace(done.baseline, plan=None), replace(done.scenario, plan=None))

    assert alone.figures.equals(done.figures)
    assert alone.groups.equals(done.groups)
    assert alone.changes_by_retailer["reason"].null_count() == len(alone.changes_by_retailer)
    assert alone.lines["by_grade"].null_count() == len(alone.lines)


def test_a_known_case_by_hand() -> None:
    """Ten shops with 0, 1, .. 9 cartons: worked out on paper."""
    rising = np.arange(10)
    assert gini(rising) == Fraction(33, 90)  # mean difference 33/10, mean 45/10
    assert jain(rising) == Fraction(45 * 45, 10 * 285)
    assert top_share(rising, Fraction(1, 10)) == Fraction(9, 45)
    assert percentile(rising, 50) == 4
    curve = lorenz(rising)
    assert curve is not None
    assert curve[50] == pytest.approx(10 / 45)
    assert curve[55] == pytest.approx(12.5 / 45)
    assert gini(np.zeros(3, np.int64)) is None
    assert percentile(np.zeros(0, np.int64), 50) is None
    big = np.array([3 * 10**6] * 3 + [0])  # squares beyond 32 bits
    assert jain(big) == Fraction(3, 4)
    wide = np.array([10**8] * 10_000)  # squares that together are beyond 64 bits
    assert jain(wide) == 1
    assert jain(np.array([4 * 10**9, 0])) == Fraction(1, 2)  # and one alone


@given(st.lists(st.integers(-5, 130), min_size=1, max_size=40))
def test_near_sales_are_those_of_the_definition(sales: list[int]) -> None:
    """Of the larger, 5 %: 95 and 100 are near, 94 and 100 are not; who returned more is alone."""
    rising = sorted(sales)
    first, last = near_on_both_sides(np.array(rising))
    for i, mine in enumerate(rising):
        near = [
            k for k, other in enumerate(rising)
            if k == i or 100 * abs(mine - other) <= 5 * max(mine, other)
        ]  # fmt: skip

        assert near == list(range(first[i], last[i]))
