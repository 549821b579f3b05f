"""What the values of a policy must be to each other; each check finds all its faults."""

from __future__ import annotations

from allocator.policy.checks.audit import audit_holidays_once, thresholds_are_read
from allocator.policy.checks.choices import (
    joint_tiers_exist,
    product_tiers_exist,
    products_once,
    somebody_is_chosen,
)
from allocator.policy.checks.finding import Check
from allocator.policy.checks.grading import (
    items_fit,
    newcomers_start_within,
    shares_sum_to_hundred,
    weights_fit_the_decimals,
    words_once,
)
from allocator.policy.checks.joint import (
    baskets_nest,
    group_shares_fit,
    groups_have_shares,
    names_differ,
    tables_reach_the_last_tier,
)
from allocator.policy.checks.limits import ceilings_fall, limits_leave_room
from allocator.policy.checks.methods import (
    coverage_goes_round,
    path_keeps_limits,
    path_stands_alone,
    reserve_covers_take_up,
    smooth_has_its_needs,
)
from allocator.policy.checks.movement import (
    credit_levels_fit,
    movement_says_something,
    sanctions_fit,
    starts_fit,
)
from allocator.policy.checks.ordering import cutoffs_rise
from allocator.policy.checks.screening import screening_has_its_needs
from allocator.policy.checks.tiers import (
    attribute_is_one,
    bands_fit,
    breaks_fit,
    limits_rise,
    rule_has_its_needs,
    tiers_come_one_way,
    unused_parts,
)
from allocator.policy.checks.weights import weights_rise

CHECKS: tuple[Check, ...] = (
    tiers_come_one_way,
    rule_has_its_needs,
    shares_sum_to_hundred,
    limits_rise,
    bands_fit,
    breaks_fit,
    attribute_is_one,
    items_fit,
    weights_fit_the_decimals,
    screening_has_its_needs,
    newcomers_start_within,
    starts_fit,
    movement_says_something,
    credit_levels_fit,
    sanctions_fit,
    words_once,
    weights_rise,
    limits_leave_room,
    product_tiers_exist,
    joint_tiers_exist,
    somebody_is_chosen,
    products_once,
    groups_have_shares,
    group_shares_fit,
    names_differ,
    baskets_nest,
    path_keeps_limits,
    path_stands_alone,
    coverage_goes_round,
    smooth_has_its_needs,
    audit_holidays_once,
    cutoffs_rise,
)

WARNINGS: tuple[Check, ...] = (
    ceilings_fall,
    tables_reach_the_last_tier,
    reserve_covers_take_up,
    unused_parts,
    thresholds_are_read,
)
