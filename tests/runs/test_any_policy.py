"""Whatever a planner writes: the run verifies, and every claim of every card can be recomputed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from allocator.errors import BadPolicy, BadRequest, InfeasiblePolicy
from allocator.explanation.card import explain_each
from allocator.explanation.check import check_claims
from allocator.policy.reading import policy_from
from allocator.runs.demonstration import DRAW
from allocator.runs.reading import read_run
from allocator.runs.verifying import verify_run
from allocator.runs.week import run
from allocator.tables.city import City
from allocator.tables.synthetic import CYCLE, POLICY, first_day
from strategies import city_policies, with_sanctions

PLAIN = YAML(typ="safe").load(POLICY)
ON: date = first_day(CYCLE)


# A whole week each: a fifth of the examples that the profile gives a law.
@settings(max_examples=settings().max_examples // 5)
@given(rules=city_policies(PLAIN), first=st.integers(0, 9))
def test_a_run_under_any_policy_verifies_and_its_cards_hold(
    city: City, tmp_path_factory: pytest.TempPathFactory, rules: dict[str, object], first: int
) -> None:
    """A policy is refused in words, or its run is accepted and every tenth card is true."""
    try:
        week = run(with_sanctions(city), policy_from(rules, ON), seed=DRAW)
    except (BadPolicy, BadRequest, InfeasiblePolicy):
        reject()
    folder = week.write(tmp_path_factory.mktemp("any") / "week")

    assert [found.message() for found in verify_run(folder).discrepancies] == []

    read = read_run(folder)
    shops = read.plan.members["retailer_id"].to_list()[first::10]
    refuted = [
        (card.retailer, verdict.claim.code, dict(verdict.claim.parameters), verdict.found)
        for card in explain_each(read, shops)
        for verdict in check_claims(read, card)
        if not verdict.holds
    ]
    assert refuted == []
