"""Limits of a product are its own and the defaults, tier by tier."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from allocator.policy.limits import LineLimits, by_tier_down, line_limits
from allocator.policy.reading import policy_from

TEXT = """\
title: Limits
allocation:
  weights: {kind: linear, bottom: 1, top: 2}
  whole_units: rotate
  defaults: {floor: 1, ceiling: 20, step: 4, tier_order: true, coverage: 60%}
  products:
    A: {ceiling: {30: 5, 20: 3}, tiers: [20, 30]}
    B: {floor: 0, ceiling: 6, step: 2, tier_order: false, coverage: 50%}
"""


def test_a_ceiling_by_tier_holds_up_to_the_next_entry() -> None:
    """Formats: tiers between by the next lower entry, below the last one the default."""
    limits = line_limits(policy_from(TEXT, "2026-06-01").allocation, "A", 30)

    assert limits.ceiling == (20,) * 19 + (3,) * 10 + (5,)
    assert (limits.lowest, limits.highest) == (20, 30)
    assert (limits.floor, limits.step, limits.tier_order) == (1, 4, True)


def test_own_limits_come_before_defaults() -> None:
    allocation = policy_from(TEXT, "2026-06-01").allocation

    own = LineLimits(0, (6, 6), 2, False, 1, 2, Decimal("0.5"))
    defaults = LineLimits(1, (20, 20), 4, True, 1, 2, Decimal("0.6"))

    assert line_limits(allocation, "B", 2) == own
    assert line_limits(allocation, "unnamed", 2) == defaults


@given(
    table=st.dictionaries(st.integers(1, 12), st.integers(0, 9), min_size=1),
    tiers=st.integers(1, 9),
)
def test_a_joint_limit_holds_from_its_tier_up_to_the_next(
    table: dict[int, int], tiers: int
) -> None:
    """Tier by tier: the entry of the highest named tier that is not above it, else no limit."""
    limits = by_tier_down(table, tiers)

    assert len(limits) == tiers
    for tier in range(1, tiers + 1):
        named = [other for other in table if other <= tier]
        assert limits[tier - 1] == (table[max(named)] if named else -1)


def test_a_joint_limit_without_tiers_holds_for_all() -> None:
    assert by_tier_down(40, 3) == (40, 40, 40)
    assert by_tier_down({30: 10, 20: 6}, 30) == (-1,) * 19 + (6,) * 10 + (10,)
