"""Every wrong type, key and word is found at once, at its line, with what would be right."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from allocator.errors import BadPolicy
from allocator.policy.reading import policy_from

Tell = Callable[[str], list[tuple[int | None, str | None, str]]]


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "code"),
    [
        ("title: Sample city, scarce products", "title: 7", 1, "title", "needs-text"),
        ("title: Sample city, scarce products", 'title: ""', 1, "title", "needs-text"),
        ("title: Sample", "title: " + "x" * 300, 1, "title", "text-too-long"),
        ("orders: {c", "order: {c", 3, "tables.order", "unknown-key-near"),
        ("months: 3}\n  ex", 'months: "3"}\n  ex', 5, "grading.window.months",
         "needs-whole-number"),
        ("months: 3}\n  ex", "months: 2.5}\n  ex", 5, "grading.window.months",
         "needs-whole-number"),
        ("months: 3}\n  ex", "months: true}\n  ex", 5, "grading.window.months",
         "needs-whole-number"),
        ("months: 3}\n  ex", "months: 0}\n  ex", 5, "grading.window.months", "needs-at-least"),
        ("{months: 3}\n  ex", "3\n  ex", 5, "grading.window", "needs-keys"),
        ("{months: 3}\n  ex", "\n  ex", 5, "grading.window", "needs-keys"),
        ("scarce: true", "scarce: yes", 6, "grading.exclude.scarce", "needs-true-or-false"),
        ("[selective,", "[selectiv,", 6, "grading.exclude.kinds.0", "needs-one-of-near"),
        ("[selective,", "[zzz,", 6, "grading.exclude.kinds.0", "needs-one-of"),
        ("[selective, second_round, emergency]", "emergency", 6, "grading.exclude.kinds",
         "needs-list"),
        ("weight: 30", 'weight: "30"', 8, "grading.items.quantity.weight", "needs-number"),
        ("weight: 30", "weight: 30%", 8, "grading.items.quantity.weight", "needs-number"),
        ("weight: 30", "weight: 0", 8, "grading.items.quantity.weight", "needs-more-than"),
        ("weight: 30, ", "", 8, "grading.items.quantity.weight", "missing-key"),
        ("quantity: {", "quantiti: {", 8, "grading.items.quantiti", "unknown-key-near"),
        ("limit: 99.5%", "limit: 0%", 9, "grading.items.amount.limit",
         "needs-percentage-above"),
        ("limit: 99.5%", "limit: 101%", 9, "grading.items.amount.limit",
         "needs-percentage-at-most"),
        ("[1, 2]}", "[1, 6]}", 10, "grading.items.class_amount.classes.1", "needs-at-most"),
        ("[1, 2]}", "[0, 2]}", 10, "grading.items.class_amount.classes.0", "needs-at-least"),
        ("[30.5, 69, 0.5]", "[]", 18, "grading.tiers.shares", "needs-entries"),
        ("[30.5, 69, 0.5]", "[30.5, 70, -0.5]", 18, "grading.tiers.shares.2",
         "needs-more-than"),
        ("  missing_month: zero\n", "", 4, "grading.missing_month", "missing-key"),
        ("zero", "nil", 22, "grading.missing_month", "needs-one-of"),
        ("missing_month", "mising_month", 22, "grading.mising_month", "unknown-key-near"),
        ("bottom: 1", "bottom: -1", 24, "allocation.weights.bottom", "needs-more-than"),
        ("kind: linear", "kind: linaer", 24, "allocation.weights.kind", "needs-one-of-near"),
        ("{at_least_one: equal, below_one: rotate}", "rotat", 26, "allocation.whole_units",
         "needs-one-of-near"),
        ("below_one: rotate", "below: rotate", 26, "allocation.whole_units.below",
         "unknown-key-near"),
        ("reserve: 2%", "reserve: 0.02", 27, "allocation.reserve", "needs-percentage"),
        ("reserve: 2%", "reserve: -2%", 27, "allocation.reserve", "needs-percentage"),
        ("reserve: 2%", "reserve: 100%", 27, "allocation.reserve", "needs-percentage-below"),
        ("ceiling: 20", "celing: 20", 29, "allocation.defaults.celing", "unknown-key-near"),
        ("ceiling: 20", "ceiling: 20.0", 29, "allocation.defaults.ceiling",
         "needs-whole-number"),
        ("ceiling: 20", "ceiling: 99999999", 29, "allocation.defaults.ceiling",
         "needs-at-most"),
        ("{3: 5, 2", "{top: 5, 2", 31, "allocation.products.0101.ceiling.top",
         "needs-tier-key"),
        ("{3: 5, 2", "{3.0: 5, 2", 31, "allocation.products.0101.ceiling.3.0",
         "needs-tier-key"),
        ("{3: 5, 2: 3}", "{3: 5, 03: 4}", 31, "allocation.products.0101.ceiling.03",
         "needs-tier-key"),
        ("{3: 5, 2: 3}", "[5, 3]", 31, "allocation.products.0101.ceiling",
         "needs-whole-number"),
        ("tiers: [2, 3]", "tiers: [2]", 31, "allocation.products.0101.tiers", "needs-entries"),
        ("tiers: [2, 3]", "tiers: [1, 2, 3]", 31, "allocation.products.0101.tiers",
         "too-many-entries"),
        ("step: 2", "step: two", 32, "allocation.products.0102.step", "needs-whole-number"),
        ("audit:", "audits:", 33, "audits", "unknown-key-near"),
        ("audit:", "zzz:", 33, "zzz", "unknown-key"),
        ("[all]", "all", 34, "audit.rules.select", "needs-list"),
    ],
)  # fmt: skip
def test_one_fault_is_told_once_at_its_line_and_path(
    sample: str, faults: Tell, old: str, new: str, line: int, path: str, code: str
) -> None:
    text = sample.replace(old, new, 1)
    assert text != sample

    assert faults(text) == [(line, path, code)]


@pytest.mark.parametrize(
    ("path", "wrong", "near"),
    [
        ("grading.items", "class_amout", "class_amount"),
        ("grading.items", "mean-price", "mean_price"),
        ("grading.tiers", "sharez", "shares"),
        ("grading.tiers", "cutoff", "cutoffs"),
        ("grading", "Newcomer", "newcomers"),
        ("allocation", "secondround", "second_round"),
        ("allocation.products.0101", "teirs", "tiers"),
        ("allocation.defaults", "tier_oder", "tier_order"),
        ("audit.rules", "selects", "select"),
    ],
)
def test_the_nearest_known_key_is_named(sample: str, path: str, wrong: str, near: str) -> None:
    """The one that may stand there, later parts included."""
    head = path.rpartition(".")[2].strip()
    lines = sample.splitlines()
    index = next(
        i for i, text in enumerate(lines) if text.strip().strip('"').replace('"', "").startswith(
            f"{head}:")
    )  # fmt: skip
    if lines[index].rstrip().endswith(":"):
        indent = len(lines[index]) - len(lines[index].lstrip()) + 2
        lines.insert(index + 1, f"{' ' * indent}{wrong}: 1")
    else:
        lines[index] = lines[index].replace("{", f"{{{wrong}: 1, ", 1)
    with pytest.raises(BadPolicy) as refused:
        policy_from("\n".join(lines), "2026-06-01")

    (fault,) = refused.value.refusals
    assert fault.column == f"{path}.{wrong}"
    assert fault.facts["nearest"] == near


def test_faults_of_all_kinds_are_told_together(sample: str, faults: Tell) -> None:
    """YAML, keys, types, later parts and contradictions in one list, by line."""
    text = (
        sample.replace("window:", "windw:")
        .replace("weight: 30", "weight: x")
        .replace("0.5]", "0.25]")
        .replace("start_tier: 2", "start_tier: 9")
        .replace("top: 6", "top: 0.5")
        .replace("boundary: step", "boundary: smoth")
        .replace("ceiling: 20, step: 1", "ceiling: 20, ceiling: 9, step: 1.5")
        .replace("tiers: [2, 3]", "tiers: [3, 2]")
        .replace("floor: 1, ceiling: 8", "floor: 9, ceiling: 8")
        .replace("audit:\n", "audit:\n  thresholds: {order_over_mean: 2}\n")
    )

    assert faults(text) == [
        (5, "grading.windw", "unknown-key-near"),
        (8, "grading.items.quantity.weight", "needs-number"),
        (18, "grading.tiers.shares", "shares-below-hundred"),
        (21, "grading.newcomers.start_tier", "tier-above-top"),
        (24, "allocation.weights.top", "needs-at-least"),
        (25, "allocation.boundary", "needs-one-of-near"),
        (29, "allocation.defaults.ceiling", "duplicate-key"),
        (29, "allocation.defaults.step", "needs-whole-number"),
        (31, "allocation.products.0101.tiers", "range-backwards"),
        (32, "allocation.products.0102.floor", "product-floor-above-ceiling"),
        (34, "audit.thresholds.order_over_mean", "needs-percentage"),
    ]


def test_an_empty_policy_says_what_it_needs(faults: Tell) -> None:
    assert faults("tables: {}\n") == [
        (1, "allocation", "missing-key"),
        (1, "title", "missing-key"),
    ]
