"""Limits of a product are its own and the defaults, tier by tier."""

from __future__ import annotations

from decimal import Decimal

from allocator.policy.limits import LineLimits, line_limits
from allocator.policy.reading import policy_from

TEXT = """\
title: Limits
allocation:
  weights: {kind: linear, bottom: 1, top: 2}
  whole_units: rotate
  defaults: {floor: 1, ceiling: 20, step: 4, tier_order: true}
  products:
    A: {ceiling: {30: 5, 20: 3}, tiers: [20, 30]}
    B: {floor: 0, ceiling: 6, step: 2, tier_order: false}
"""


def test_a_ceiling_by_tier_holds_up_to_the_next_entry() -> None:
    """Formats: tiers between by the next lower entry, below the last one the default."""
    limits = line_limits(policy_from(TEXT, "2026-06-01").allocation, "A", 30)

    assert limits.ceiling == (20,) * 19 + (3,) * 10 + (5,)
    assert (limits.lowest, limits.highest) == (20, 30)
    assert (limits.floor, limits.step, limits.tier_order) == (1, 4, True)


def test_own_limits_come_before_defaults() -> None:
    allocation = policy_from(TEXT, "2026-06-01").allocation

    assert line_limits(allocation, "B", 2) == LineLimits(0, (6, 6), 2, False, 1, 2, Decimal(0))
    assert line_limits(allocation, "unnamed", 2) == LineLimits(
        1, (20, 20), 4, True, 1, 2, Decimal(0)
    )
