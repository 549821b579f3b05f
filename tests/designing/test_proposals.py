"""Proposals do what they say: counts, cliffs, pairs, moves by loops; grading accepts them."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.designing.proposals import Design, DesignLimits, design, first_day, scores_only
from allocator.errors import BadRequest
from allocator.grading.scheme import grade
from allocator.policy.models import Policy
from allocator.policy.reading import policy_from, read_policy
from allocator.tables.reading import read_city
from strategies import city_of_months

ON = date(2026, 7, 1)
QUJING = Path(__file__).resolve().parents[2] / "examples" / "policies" / "qujing-months.yaml"


def policy_of(entries: dict[str, Any], **grading: object) -> Policy:
    changed = deepcopy(entries)
    changed["grading"].update(grading)
    return policy_from(changed, ON)


def proposed(seed: int, shape: str, **limits: Any) -> tuple[Any, dict[str, Any], Design] | None:
    """A small city and what is proposed for it; ``None`` where nothing can be."""
    city, entries = city_of_months(seed)
    try:
        return (
            city,
            entries,
            design(city, policy_of(entries), shape, 3, limits=DesignLimits(**limits)),
        )
    except BadRequest as refused:
        if refused.code not in ("design-too-few-scores", "design-impossible"):
            raise
        return None


@given(st.integers(0, 10**6), st.sampled_from(["pagoda", "olive", "normal"]), st.integers(1, 4))
def test_grading_with_a_proposal_gives_its_counts(seed: int, shape: str, fewest: int) -> None:
    """The policy accepts the cut-offs, and each tier has as many shops as was said, and enough."""
    found = proposed(seed, shape, fewest=fewest)
    if found is None:
        return
    city, entries, plan = found
    for proposal in plan.proposals:
        cuts = {str(tier): cut for tier, cut in proposal.policy().items()}
        policy = policy_of(entries, tiers={"cutoffs": cuts})
        table = grade(city, policy.grading).table.filter("graded")
        held = [table.filter(tier_by_score=tier).height for tier in (1, 2, 3)]

        assert proposal.outcome.shops.tolist() == held
        assert min(held) >= fewest
        shape_parts = [Fraction(int(s), 10**6) for s in plan.shape]
        n = sum(held)
        distance = sum(abs(k - n * s) for k, s in zip(held, shape_parts, strict=True)) / 2 / n
        assert proposal.outcome.apart == distance
        if proposal.step:
            assert not any(cut % proposal.step for cut in proposal.least.tolist())


@given(st.integers(0, 10**6))
def test_nothing_proposed_is_nearer_than_the_nearest(seed: int) -> None:
    found = proposed(seed, "olive")
    if found is None:
        return
    _, _, plan = found
    first = plan.proposals[0]

    assert first.name == "exact"
    for other in plan.proposals[1:]:
        farther = other.outcome.apart - first.outcome.apart
        assert farther >= 0
        if other.name in ("rounded", "close"):
            assert farther <= {"rounded": Fraction(1, 10), "close": Fraction(1, 100)}[other.name]


@given(st.integers(0, 10**6))
def test_outcomes_by_loops_over_shops(seed: int) -> None:
    """Mean sales, the steepest step, pairs with nearly the same sales, who would have moved."""
    found = proposed(seed, "normal")
    if found is None:
        return
    city, entries, plan = found
    rules = scores_only(policy_of(entries).grading)
    now = grade(city, rules, ON).table.filter("graded")
    then = grade(city, rules, date(2026, 4, 1)).table.filter("graded")
    assert plan.before == date(2026, 4, 1)
    for proposal in plan.proposals:
        least, o = proposal.least.tolist(), proposal.outcome

        def tier(score: int, least: list[int] = least) -> int:
            return sum(score >= cut for cut in least)

        rows = [(tier(s), q) for s, q in now.select("score", "quantity").rows()]
        weights = [Fraction(2), Fraction(7), Fraction(12)]  # linear 1 to 6: 1, 3.5, 6
        mean_weight = sum(weights[t - 1] for t, _ in rows) / len(rows)
        assert list(o.weight) == [w / mean_weight for w in weights]
        means = []
        for t in (1, 2, 3):
            sold = [q for own, q in rows if own == t]
            means.append(int(Fraction(100 * sum(sold), len(sold)) + Fraction(1, 2)))
        assert o.mean.tolist() == means
        steps = [
            weights[t] / weights[t - 1] * means[t - 1] / means[t] for t in (1, 2) if means[t] > 0
        ]
        assert o.cliff == max(steps, default=None)
        near = [(a, b) for (a, p), (b, q) in combinations(rows, 2) if 20 * abs(p - q) <= max(p, q)]
        assert o.pairs == len(near)
        assert o.far_pairs == sum(abs(a - b) >= 2 for a, b in near)
        assert o.widest == max((abs(a - b) for a, b in near), default=0)
        gaps = [abs(weights[a - 1] - weights[b - 1]) / mean_weight for a, b in near]
        assert o.gap == max(gaps, default=Fraction(0))
        old = dict(then.select("retailer_id", "score").rows())
        went = [
            abs(tier(score) - tier(old[name]))
            for name, score in now.select("retailer_id", "score").rows()
            if name in old
        ]
        assert o.moves is not None
        assert (o.moves.known, o.moves.moved(), o.moves.moved(2)) == (
            len(went), sum(k > 0 for k in went), sum(k > 1 for k in went),
        )  # fmt: skip


@given(st.integers(0, 10**6))
def test_the_cliff_limit_holds_but_for_natural_gaps(seed: int) -> None:
    found = proposed(seed, "pagoda", cliff=Fraction(9, 10))
    if found is None:
        return
    for proposal in found[2].proposals:
        if proposal.name != "breaks" and proposal.outcome.cliff is not None:
            assert proposal.outcome.cliff <= Fraction(9, 10)


def test_a_step_of_ones_own() -> None:
    """``--round``: only the nearest, that step and natural gaps."""
    city, entries = city_of_months(4)
    plan = design(city, policy_of(entries), "10,30,60", limits=DesignLimits(step=2_500_000))

    assert [proposal.name for proposal in plan.proposals] == ["exact", "rounded", "breaks"]
    assert not any(cut % 2_500_000 for cut in plan.proposals[1].least.tolist())


def test_movement_rules_do_not_touch_the_proposals() -> None:
    """The score is cut before any rule after it."""
    city, entries = city_of_months(4)
    plain = design(city, policy_of(entries), "olive", 4)
    damped = design(city, policy_of(entries, movement={"max_step": 1}), "olive", 4)

    for one, other in zip(plain.proposals, damped.proposals, strict=True):
        assert one.least.tolist() == other.least.tolist()


def test_weights_by_sales_rise_with_sales() -> None:
    """The steepest step is 1: each tier has six shops or more and a mean above the one below."""
    city, entries = city_of_months(6)
    changed = deepcopy(entries)
    changed["allocation"]["weights"] = {"kind": "sales"}
    changed["grading"]["items"] = {"quantity": {"weight": 1}}
    plan = design(city, policy_from(changed, ON), "olive", 2)

    assert all(proposal.outcome.cliff == 1 for proposal in plan.proposals)
    with pytest.raises(BadRequest, match="leave it out"):
        design(city, policy_from(changed, ON), "olive", 2, limits=DesignLimits(cliff=Fraction(1)))


def test_weights_of_other_tiers_leave_the_cliff_unknown() -> None:
    """A table of five weights says nothing about six tiers."""
    city, entries = city_of_months(6)
    changed = deepcopy(entries)
    changed["allocation"]["weights"] = {"table": {str(t): t for t in range(1, 6)}}
    plan = design(city, policy_from(changed, ON), "olive", 6)

    assert {proposal.outcome.cliff for proposal in plan.proposals} == {None}
    assert all(proposal.outcome.pairs >= 0 for proposal in plan.proposals)


def test_without_sales_of_the_period_before() -> None:
    """Nothing is guessed; a day of one's own that has no sales is refused."""
    city, entries = city_of_months(6)
    early = policy_from(entries, date(2026, 4, 1))
    plan = design(city, early, "olive", 3)

    assert plan.before is None
    assert all(proposal.outcome.moves is None for proposal in plan.proposals)
    with pytest.raises(BadRequest, match="no sales"):
        design(city, early, "olive", 3, before=date(2026, 1, 1))
    with pytest.raises(BadRequest, match="does not come after"):
        design(city, early, "olive", 3, before=date(2026, 4, 1))


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_what_cannot_be_designed_is_refused(language: str) -> None:
    city, entries = city_of_months(6)
    policy = policy_of(entries)
    everybody = {"tiers": {"by": {"format": {"a": 1}, "otherwise": 2}}, "items": {}}
    for call, code in (
        (lambda: design(city, policy, "100"), "design-needs-two-tiers"),
        (lambda: design(city, policy, "olive", 100), "design-too-few-scores"),
        (lambda: design(city, policy, "olive", 3, limits=DesignLimits(99)), "design-impossible"),
        (lambda: scores_only(None), "design-needs-score"),
        (
            lambda: scores_only(policy.grading.model_copy(update=everybody)),
            "design-needs-score",
        ),
    ):
        with pytest.raises(BadRequest) as refused:
            call()
        assert refused.value.code == code
        assert refused.value.message(language)


def test_units_of_windows_begin_on_a_day() -> None:
    """Months, ISO weeks (the first of 2026 begins on 29 December) and days."""
    assert first_day("2026-01") == date(2026, 1, 1)
    assert first_day("2026-W01") == date(2025, 12, 29)
    assert first_day("2026-01-05") == date(2026, 1, 5)


def test_a_real_city_as_an_olive(shared) -> None:
    """Iowa in 30 tiers: near the shape, at numbers that rise and can be published."""
    policy = read_policy(QUJING, on=date(2021, 8, 1))
    city = read_city(shared / "data" / "iowa", policy.tables)
    plan = design(city, policy, "olive", 30, limits=DesignLimits(fewest=5))
    apart = {proposal.name: proposal.outcome.apart for proposal in plan.proposals}

    assert apart["exact"] < Fraction(3, 100)  # 55 shops without sales share the lowest score
    assert apart["close"] <= apart["exact"] + Fraction(1, 100)
    for proposal in plan.proposals:
        cuts = list(proposal.policy().values())
        assert all(high > low for high, low in pairwise(cuts))
        assert proposal.outcome.shops.min() >= 5
