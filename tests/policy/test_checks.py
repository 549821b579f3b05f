"""Values that contradict each other are found, with the numbers that do."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from allocator.errors import BadPolicy
from allocator.policy.reading import policy_from

Tell = Callable[[str], list[tuple[int | None, str | None, str]]]
LINEAR = "weights: {kind: linear, bottom: 1, top: 6}"


@pytest.mark.parametrize(
    ("old", "new", "path", "code"),
    [
        ("0.5]", "0.50001]", "grading.tiers.shares", "shares-above-hundred"),
        ("0.5]", "0.49999]", "grading.tiers.shares", "shares-below-hundred"),
        (", classes: [1, 2]", "", "grading.items.class_amount", "classes-missing"),
        ("scale: max", "classes: [1]", "grading.items.quantity.classes", "classes-without-use"),
        ("scale: max", "limit: 99%", "grading.items.quantity.limit", "limit-without-use"),
        ("[1, 2]}", "[2, 2]}", "grading.items.class_amount.classes", "named-twice"),
        ("[selective,", "[emergency,", "grading.exclude.kinds", "named-twice"),
        ("[wrong-lot]", "[wrong-lot, wrong-lot]", "audit.rules.ignore", "named-twice"),
        ("start_tier: 2", "start_tier: 4", "grading.newcomers.start_tier", "tier-above-top"),
        ("top: 6", "top: 0.9", "allocation.weights.top", "needs-at-least"),
        (", top: 6", "", "allocation.weights.top", "missing-key"),
        ("kind: linear, ", "", "allocation.weights", "weights-incomplete"),
        (LINEAR, "weights: {kind: sales, top: 6}", "allocation.weights", "weights-mixed-sales"),
        ("tiers: [2, 3]", "who: {}", "allocation.products.0101.who", "needs-entries"),
        ("tiers: [2, 3]", "who: {format: []}", "allocation.products.0101.who.format",
         "needs-entries"),
        ("tiers: [2, 3]", "who: {format: [a, b, a]}", "allocation.products.0101.who.format",
         "named-twice"),
        ("tiers: [2, 3]", "who: {market: urbn}", "allocation.products.0101.who.market",
         "needs-one-of-near"),
        ("tiers: [2, 3]", "who: {markt: urban}", "allocation.products.0101.who.markt",
         "unknown-key-near"),
        (LINEAR, "weights: {kind: table}", "allocation.weights.table", "missing-key"),
        (LINEAR, "weights: {table: {}}", "allocation.weights.table", "needs-entries"),
        (LINEAR, "weights: {kind: linear, table: {1: 1, 2: 2, 3: 3}}", "allocation.weights",
         "weights-mixed"),
        (LINEAR, "weights: {table: {1: 1, 3: 3}}", "allocation.weights.table",
         "weight-missing"),
        (LINEAR, "weights: {table: {1: 1, 2: 2, 3: 3, 4: 4}}", "allocation.weights.table.4",
         "tier-above-top"),
        (LINEAR, "weights: {table: {3: 2, 2: 2.01, 1: 1}}", "allocation.weights.table.3",
         "weight-falls"),
        ("floor: 0", "floor: 21", "allocation.defaults.floor", "floor-above-ceiling"),
        ("{3: 5, 2: 3}", "{4: 5, 2: 3}", "allocation.products.0101.ceiling.4",
         "tier-above-top"),
        ("{3: 5, 2: 3}", "{}", "allocation.products.0101.ceiling", "needs-entries"),
        ("tiers: [2, 3]", "tiers: [3, 2]", "allocation.products.0101.tiers",
         "range-backwards"),
        ("tiers: [2, 3]", "tiers: [2, 4]", "allocation.products.0101.tiers", "tier-above-top"),
        ("floor: 1, ceiling: 8", "floor: 9, ceiling: 8", "allocation.products.0102.floor",
         "product-floor-above-ceiling"),
        ("floor: 0", "floor: 4", "allocation.products.0101.ceiling",
         "product-floor-above-ceiling"),
    ],
)  # fmt: skip
def test_contradictions_are_refused(
    sample: str, faults: Tell, old: str, new: str, path: str, code: str
) -> None:
    text = sample.replace(old, new, 1)
    assert text != sample

    assert [fault[1:] for fault in faults(text)] == [(path, code)]


def test_shares_are_summed_exactly(sample: str) -> None:
    """Ten times 0.1 and the rest make 100, which floats do not."""
    text = sample.replace("[30.5, 69, 0.5]", "[" + "0.1, " * 10 + "99]")

    assert policy_from(text, "2026-06-01").grading is not None


def test_the_numbers_are_told(sample: str) -> None:
    with pytest.raises(BadPolicy, match=r"add up to 99\.75 per cent: add 0\.25") as refused:
        policy_from(sample.replace("0.5]", "0.25]"), "2026-06-01")

    assert refused.value.refusals[0].facts["difference"] == Decimal("0.25")


def test_a_floor_between_tiers_counts_only_where_the_product_goes(
    sample: str, faults: Tell
) -> None:
    """Tier 2 may have at most 3, but the product goes to tier 3 only, which may have 5."""
    text = sample.replace("tiers: [2, 3]", "tiers: [3, 3], floor: 5")

    assert faults(text) == []


@pytest.mark.parametrize(
    ("line", "warned"),
    [
        ("{ceiling: {3: 5, 2: 3}}", True),  # tier 1 has the default, 20
        ("{ceiling: {3: 5, 2: 3}, tier_order: false}", False),
        ("{ceiling: {3: 5, 2: 3}, tiers: [2, 3]}", False),
        ("{ceiling: {3: 5, 1: 3}}", False),
        ("{ceiling: {3: 2, 1: 3}}", True),
        ("{ceiling: 2}", False),
    ],
)
def test_falling_ceilings_under_tier_order_are_warned_of(
    sample: str, line: str, warned: bool
) -> None:
    text = sample.replace("{ceiling: {3: 5, 2: 3}, tiers: [2, 3]}", line)
    codes = [warning.code for warning in policy_from(text, "2026-06-01").warnings]

    assert codes == (["ceiling-falls"] if warned else [])


def test_without_grading_tiers_are_as_many_as_the_table_names() -> None:
    text = """\
title: Tiers come from the tables
allocation:
  weights: {table: {1: 1, 2: 2}}
  whole_units: rotate
  defaults: {ceiling: 9}
  products: {A: {tiers: [20, 30]}}
"""

    assert policy_from(text, "2026-06-01").allocation.weights.table == {1: 1, 2: 2}


def test_a_path_refuses_by_name_what_it_cannot_keep(sample: str, faults: Tell) -> None:
    """A step, and ceilings that fall as the tier rises where tier order holds."""
    path = sample.replace("{at_least_one: equal, below_one: rotate}", "path")
    free = path.replace(", step: 1", "").replace(", step: 2", "")
    falling = free.replace("{3: 5, 2: 3}", "{3: 3, 2: 5}")
    lifted = falling.replace("{ceiling: {3: 3", "{tier_order: false, ceiling: {3: 3")

    assert [fault[1:] for fault in faults(path)] == [
        ("allocation.defaults.step", "path-with-step"),
        ("allocation.products.0102.step", "path-with-step"),
    ]
    assert faults(free) == []
    assert [fault[1:] for fault in faults(falling)] == [
        ("allocation.products.0101.ceiling", "path-with-falling-ceiling")
    ]
    assert faults(lifted) == []
    assert faults(sample.replace("below_one: rotate", "below_one: lottery")) == []
