"""Gradings in a row: what is fed forward, who moved, and cut-offs that stand still."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.errors import BadRequest
from allocator.grading.fixed import yardstick
from allocator.grading.periods import remembering, stability
from allocator.grading.scheme import grade
from allocator.policy.reading import policy_from, read_policy
from allocator.tables.reading import read_city
from grading.reference import scores
from strategies import city_of_months, table_of

DAYS = [date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1)]
QUJING = Path(__file__).resolve().parents[2] / "examples" / "policies" / "qujing-months.yaml"


def rules(entries: dict, days: list[date] = DAYS, **grading: object) -> list:
    changed = deepcopy(entries)
    changed["grading"].update(grading)
    return [policy_from(changed, day).grading for day in days]


@given(st.integers(0, 10**6))
def test_each_grading_starts_from_the_tiers_of_the_one_before(seed: int) -> None:
    """Each is what ``grade`` gives alone; previous tiers and moves by a loop over retailers."""
    city, entries = city_of_months(seed)
    policies = rules(entries)
    series = stability(city, policies)

    assert series.days == tuple(DAYS)
    assert not series.ruled
    before: dict[str, int] = {}
    for k, grading in enumerate(series.gradings):
        alone = grade(city, policies[k], DAYS[k])
        assert grading.table["tier"].to_list() == alone.table["tier"].to_list()
        now = dict(grading.table.select("retailer_id", "tier").rows())
        assert grading.table["previous_tier"].to_list() == [before.get(name) for name in now]
        if k:
            moves = series.moves[k - 1]
            for f in range(1, 6):
                for t in range(1, 6):
                    both = sum(before.get(name) == f and tier == t for name, tier in now.items())
                    assert moves.count[f - 1, t - 1] == both
        before = {name: tier for name, tier in now.items() if tier is not None}
    assert series.free_moves is series.moves


@given(st.integers(0, 10**6))
def test_cut_offs_that_stand_still(seed: int) -> None:
    """On the first day the tiers by score again, whatever the scale and the ties."""
    city, entries = city_of_months(seed)
    policies = rules(entries)
    series = stability(city, policies)
    first = series.gradings[0]
    graded = first.table.filter("graded")

    found = yardstick(first, policies[0]).tiers(first)

    assert found.tolist() == graded["tier_by_score"].to_list()
    for grading, held in zip(series.gradings, series.shape, strict=True):
        assert held.sum() == grading.table["graded"].sum()


@given(st.integers(0, 10**6))
def test_the_shape_by_hand(seed: int) -> None:
    """Two items over the first day's largest values, in fractions; above them counts as them."""
    city, entries = city_of_months(seed)
    items = {"quantity": {"weight": 40}, "amount": {"weight": 60}}
    series = stability(city, rules(entries, items=items))
    first, last = (series.gradings[k].table.filter("graded") for k in (0, -1))
    most = {name: max(first[name].to_list()) for name in items}
    floors = {
        tier: min(rows["score"].to_list()) for (tier,), rows in first.group_by("tier_by_score")
    }
    expected = [0] * 5
    for row in last.iter_rows(named=True):
        score = 0
        for name, item in items.items():
            value = min(max(row[name], 0), most[name])
            exact = Fraction(item["weight"] * 10**6 * value, most[name]) if most[name] else 0
            score += int(exact + Fraction(1, 2))
        reached = [tier for tier, least in floors.items() if score >= least]
        expected[max(reached, default=1) - 1] += 1

    assert series.shape[-1].tolist() == expected


@pytest.mark.parametrize(
    "tiers",
    [
        {"cutoffs": {"3": 40, "2": 12.5}},
        {"breaks": {"tiers": 3}},
        {"bands": {"item": "quantity", "from": {"3": 90, "2": 20}}},
        {"by": {"format": {"x": 2}, "otherwise": 1}},
    ],
    ids=lambda tiers: next(iter(tiers)),
)
def test_every_rule_can_be_followed(tiers: dict) -> None:
    """Bands and attributes stand still by themselves; the first day always counts its own tiers."""
    city, entries = city_of_months(12)
    series = stability(city, rules(entries, tiers=tiers))

    for k, (grading, held) in enumerate(zip(series.gradings, series.shape, strict=True)):
        own = grading.table["tier_by_score"].drop_nulls().to_list()
        assert sum(held) == len(own)
        if k == 0 or "bands" in tiers or "by" in tiers:
            assert held.tolist() == [own.count(tier) for tier in range(1, grading.tiers + 1)]


def test_progress_shows_on_fixed_cut_offs_only() -> None:
    """Every shop but the largest sells half as much again: shares see nothing, cut-offs do.

    Hand-made: 10 shops at 10, 20, .. 100 cartons a month; in the next quarter 15, 30, .. 135, 100.
    With tiers of 20 % each and one item over its maximum of 300, the least sums of tiers 1 to 5 are
    30, 90, 150, 210, 270. Then the sums are 45, 90, 135, .., 405 and 300: tier 1 one shop (45),
    tier 2 two (90, 135), tier 3 one (180), tier 4 one (225), tier 5 five (270 and more).
    """
    city, entries = city_of_months(0)
    sales = [
        (f"R{k}", date(2026, month, 1), 10 * k if month < 4 or k == 10 else 15 * k)
        for k in range(1, 11)
        for month in range(1, 7)
    ]
    city = type(city)(
        retailers=table_of("retailers", [{"retailer_id": f"R{k}"} for k in range(1, 11)]),
        sales=table_of(
            "sales", [{"retailer_id": r, "month": m, "quantity": q} for r, m, q in sales]
        ),
    )
    series = stability(
        city,
        rules(
            entries,
            DAYS[:2],
            items={"quantity": {"weight": 100}},
            tiers={"shares": [20] * 5},
            newcomers=None,
        ),
    )

    assert series.shape.tolist() == [[2, 2, 2, 2, 2], [1, 2, 1, 1, 5]]
    assert [g.table["tier"].value_counts()["count"].to_list() for g in series.gradings] == [
        [2] * 5
    ] * 2


def test_tiers_of_the_table_count_before_the_first_day_only() -> None:
    """What was published later came about by other rules."""
    city, entries = city_of_months(3)
    policies = rules(entries)
    once = stability(city, policies)
    later = remembering(city, once.gradings[2:])  # as if the last grading had been published
    again = stability(later, policies)

    assert again.gradings[0].table["previous_tier"].null_count() == len(again.gradings[0].table)
    assert again.gradings[2].table.equals(once.gradings[2].table)


@given(st.integers(0, 10**6))
def test_a_step_counts_from_tiers_that_nobody_told_apart(seed: int) -> None:
    """From a tiers table without earned tiers, and from a day on which no rule followed the score.

    No newcomers here, whose first score no step holds back.
    """
    city, entries = city_of_months(seed)
    free = rules(entries, newcomers=None)
    damped = rules(entries, newcomers=None, movement={"max_step": 1})
    published = grade(city, free[0], DAYS[0]).table.drop_nulls("tier")
    before = [
        {"retailer_id": name, "graded_on": date(2026, 3, 1), "tier": 1 + tier % 5}
        for name, tier in published.select("retailer_id", "tier").rows()
    ]
    known = replace(city, tiers=table_of("tiers", before))

    from_table = stability(known, damped)
    mixed = stability(city, [free[0], *damped[1:]])

    table = from_table.gradings[0].table.drop_nulls(["tier", "previous_tier"])
    assert ((table["tier"] - table["previous_tier"]).abs() <= 1).all()
    for series in (from_table, mixed):
        assert [moves.moved(2) for moves in series.moves] == [0, 0]


@pytest.mark.parametrize("decimals", [0, 2])
def test_coarser_points_keep_their_boundaries(decimals: int) -> None:
    """Published with few decimals, scores tie more often; the first day still gives its tiers."""
    city, entries = city_of_months(21)
    policies = rules(entries, decimals=decimals)
    series = stability(city, policies)
    first = series.gradings[0]
    own = first.table.filter("graded")["tier_by_score"].to_list()

    assert series.shape[0].tolist() == [own.count(tier) for tier in range(1, 6)]


def test_days_must_rise() -> None:
    city, entries = city_of_months(1)
    for days, code in (
        (DAYS[:1], "stability-needs-days"),
        ([DAYS[1], DAYS[0]], "stability-days-order"),
        ([DAYS[0], DAYS[0]], "stability-days-order"),
    ):
        with pytest.raises(BadRequest) as refused:
            stability(city, rules(entries, days))
        assert refused.value.code == code
        assert refused.value.message("zh-CN")


def test_items_must_stay() -> None:
    city, entries = city_of_months(1)
    policies = [
        *rules(entries, DAYS[:1]),
        *rules(entries, DAYS[1:2], items={"quantity": {"weight": 1}}),
    ]
    with pytest.raises(BadRequest, match="scores without amount"):
        stability(city, policies)


def test_a_real_city_quarter_by_quarter(shared) -> None:
    """Iowa as Qujing grades: most shops move each quarter, as ``domain.md`` measured (70 %, 36 %).

    That figure is of revenue alone on a longer stretch; the whole score of Qujing lies near it.
    """
    days = [date(2021, 2, 1), date(2021, 5, 1)]
    policies = [read_policy(QUJING, on=day) for day in days]
    city = read_city(shared / "data" / "iowa", policies[0].tables)
    series = stability(city, [policy.grading for policy in policies])
    moves = series.moves[0]

    assert 0.6 < float(moves.share()) < 0.85
    assert 0.3 < float(moves.share(2)) < 0.55
    names = [item.name for item in series.gradings[0].items]
    first, last = (grading.table.filter("graded") for grading in series.gradings)
    # The largest value of the first quarter joins the second, so that the reference keeps it.
    tops = {name: max(first[name].to_list()) for name in names}
    values = [[min(v, tops[name]) for v in last[name]] + [tops[name]] for name in names]
    weights = [int(item.weight * 1_000_000) for item in series.gradings[0].items]
    expected = scores(values, weights, ["max"] * len(values), Fraction(95, 100))[:-1]
    cuts = [
        min((s for s, t in first.select("score", "tier_by_score").rows() if t >= tier), default=0)
        for tier in range(2, 31)
    ]
    tiers = [1 + sum(score >= cut for cut in cuts) for score in expected]
    assert series.shape[1].tolist() == [tiers.count(tier) for tier in range(1, 31)]
