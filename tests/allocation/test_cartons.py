"""Whole cartons of shares that bind nowhere, under either kind of boundary."""

from __future__ import annotations

import pytest

from allocator.allocation.quotas import plan_quotas
from allocator.policy.reading import policy_from
from strategies import MONDAY, smooth_week


@pytest.mark.parametrize("boundary", ["smooth", "step"])
@pytest.mark.parametrize(
    "side", [{"at_least": "0.1%"}, {"at_most": "95%", "who": {"tier": [1, 1]}}]
)
def test_a_share_that_binds_nowhere_changes_no_quota(
    boundary: str, side: dict[str, object]
) -> None:
    """All retailers together have a thousandth of the supply, those of tier 1 not nearly all."""
    entries = {
        "weights": {"kind": "linear", "bottom": 1, "top": 2},
        "whole_units": "rotate",
        "defaults": {"ceiling": 20, "step": 2},
        "groups": [{"who": {"tier": [1, 30]}, "products": "all", **side}],
    }
    groups = policy_from({"title": "T", "allocation": entries}, MONDAY).allocation.groups
    for seed in (1, 4):
        week = smooth_week(seed, boundary=boundary)
        assert week.plan.seats.any(), "there are odd lots to place"
        rules = week.policy.allocation.model_copy(update={"groups": groups})

        plan = plan_quotas(
            week.city, week.grading, rules,
            cycle=week.cycle, seed=week.seed, on=week.policy.on, policy_digest=week.policy.digest,
        )  # fmt: skip

        assert plan.groups
        assert plan.base.tolist() == week.plan.base.tolist()
        assert plan.seats.tolist() == week.plan.seats.tolist()
