"""The five ways in which tiers come about: what is refused, what is said, what editors accept."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from jsonschema import Draft202012Validator

from allocator.policy.document import compose, plain
from allocator.policy.prose import describe
from allocator.policy.reading import policy_from
from allocator.policy.schema import policy_schema
from allocator.wording import LANGUAGES

Tell = Callable[[str], list[tuple[int | None, str | None, str]]]
GRID = "items: [{item: quantity, from: [90, 30]}, {item: mean_price, from: [50]}]"
SOUND = {
    "cutoffs": "cutoffs: {3: 60.5, 2: 20}",
    "dated": "cutoffs: {2026-01-01: {value: {3: 60.5, 2: 20}, source: {title: notice}}}",
    "bands": "bands: {item: quantity, from: {3: 90, 2: 30.25}}",
    "classes": "bands: {item: class_amount, classes: [1, 2], from: {3: 9000, 2: 300}}",
    "grid": f"bands: {{{GRID}, table: [[3, 3], [3, 2], [2, 1]]}}",
    "breaks": "breaks: {tiers: 3}",
    "shape": "breaks: {tiers: 3, at_least: 1%, shape: [20, 60, 20], within: 2.5%}",
    "by": "by: {format: {kiosk: 1, market: 3}, otherwise: 2}",
}


def with_rule(sample: str, rule: str) -> str:
    """The sample with another rule for its tiers; three of them, as before."""
    start, end = sample.index("  tiers:\n"), sample.index("  newcomers:")
    return f"{sample[:start]}  tiers: {{{rule}}}\n{sample[end:]}"


@pytest.mark.parametrize("rule", SOUND.values(), ids=SOUND)
def test_each_way_is_read_and_told(sample: str, rule: str) -> None:
    """In both languages, by sentences that name every limit; the schema accepts it too."""
    text = with_rule(sample, rule)
    policy = policy_from(text, "2026-06-01")
    schema = Draft202012Validator(policy_schema())

    assert policy.grading is not None
    assert policy.grading.tiers.count == 3
    for language in LANGUAGES:
        told = "\n".join(describe(policy, language))
        assert "{" not in told
        for figure in ("60.5", "30.25", "9000", "90", "kiosk", "2.5", "20"):
            if figure in rule.replace("2026", ""):
                assert figure in told, figure
    document = json.loads(json.dumps(plain(compose(text)[0]), default=float))
    assert [error.message for error in schema.iter_errors(document)] == []


@pytest.mark.parametrize(
    ("rule", "path", "code"),
    [
        ("ties: lower", "grading.tiers", "tiers-without-rule"),
        ("cutoffs: {3: 60, 2: 20}, breaks: {tiers: 3}", "grading.tiers.breaks", "tiers-two-rules"),
        ("cutoffs: {3: 60, 2: 20}, ties: lower", "grading.tiers.ties", "ties-without-use"),
        ("cutoffs: {}", "grading.tiers.cutoffs", "needs-entries"),
        ("cutoffs: {3: 60}", "grading.tiers.cutoffs", "cutoff-missing"),
        ("cutoffs: {3: 60, 2: 60}", "grading.tiers.cutoffs.3", "cutoff-not-rising"),
        ("cutoffs: {3: 60, 2: 0}", "grading.tiers.cutoffs.2", "cutoff-not-rising"),
        ("cutoffs: {3: 60, 2: 20, 1: 1}", "grading.tiers.cutoffs.1", "cutoff-of-the-lowest"),
        ("cutoffs: {3: 97.6, 2: 20}", "grading.tiers.cutoffs.3", "cutoff-above-points"),
        ("cutoffs: {3: 60.0000001, 2: 20}", "grading.tiers.cutoffs.3", "needs-fewer-decimals"),
        ("cutoffs: {3: -1, 2: 20}", "grading.tiers.cutoffs.3", "needs-at-least"),
        ("cutoffs: {top: 60}", "grading.tiers.cutoffs.top", "needs-tier-key"),
        ("bands: {item: quantity}", "grading.tiers.bands.from", "missing-key"),
        ("bands: {item: quantity, from: {3: 9, 2: 9}}", "grading.tiers.bands.from.3",
         "cutoff-not-rising"),
        ("bands: {item: quantiti, from: {3: 9, 2: 8}}", "grading.tiers.bands.item",
         "needs-one-of-near"),
        ("bands: {itm: quantity, from: {3: 9, 2: 8}}", "grading.tiers.bands.itm",
         "unknown-key-near"),
        ("bands: {item: quantity, classes: [1], from: {3: 9, 2: 8}}",
         "grading.tiers.bands.classes", "classes-without-use"),
        ("bands: {item: class_amount, from: {3: 9, 2: 8}}", "grading.tiers.bands",
         "classes-missing"),
        ("bands: {item: quantity, from: {3: 9, 2: 8}, table: [[3, 2, 1]]}",
         "grading.tiers.bands.table", "table-without-items"),
        (f"bands: {{item: quantity, {GRID}}}", "grading.tiers.bands", "bands-mixed"),
        ("bands: {items: [{item: amount, from: [9]}, {item: amount, from: [8]}]}",
         "grading.tiers.bands.items", "named-twice"),
        ("bands: {items: [{item: amount, from: [9]}]}", "grading.tiers.bands.items",
         "needs-entries"),
        ("bands: {items: [{item: amount, from: [8, 9]}, {item: quantity, from: [8]}]}",
         "grading.tiers.bands.items.0.from.0", "band-limits-not-falling"),
        ("bands: {items: [{item: amount, from: [8, 0]}, {item: quantity, from: [8]}]}",
         "grading.tiers.bands.items.0.from.1", "band-limits-not-falling"),
        (f"bands: {{{GRID}, table: [[3, 2]]}}", "grading.tiers.bands.table", "table-rows-differ"),
        (f"bands: {{{GRID}, table: [[3, 2], [2], [1, 1]]}}", "grading.tiers.bands.table.1",
         "table-row-differs"),
        (f"bands: {{{GRID}, table: [[3, 2], [2, 3], [1, 1]]}}", "grading.tiers.bands.table.1.1",
         "table-rises"),
        (f"bands: {{{GRID}, table: [[4, 4], [3, 3], [1, 1]]}}", "grading.tiers.bands.table",
         "table-tiers-missing"),
        ("breaks: {tiers: 0}", "grading.tiers.breaks.tiers", "needs-at-least"),
        ("breaks: {tiers: 3, shape: [50, 50], within: 2%}", "grading.tiers.breaks.shape",
         "shape-length-differs"),
        ("breaks: {tiers: 3, shape: [50, 30, 30], within: 2%}", "grading.tiers.breaks.shape",
         "shares-above-hundred"),
        ("breaks: {tiers: 3, shape: [50, 30, 20]}", "grading.tiers.breaks.within", "missing-key"),
        ("breaks: {tiers: 3, within: 2%}", "grading.tiers.breaks.within", "within-without-use"),
        ("breaks: {tiers: 3, at_least: 34%}", "grading.tiers.breaks.at_least",
         "at-least-too-much"),
        ("by: {otherwise: 3}", "grading.tiers.by", "by-without-attribute"),
        ("by: {format: {a: 3}, market: {urban: 2}}", "grading.tiers.by.market",
         "by-two-attributes"),
        ("by: {format: {}, otherwise: 3}", "grading.tiers.by.format", "needs-entries"),
        ("by: {market: {urbn: 3}}", "grading.tiers.by.market.urbn", "unknown-key-near"),
        ("by: {format: {a: 0, b: 3}}", "grading.tiers.by.format.a", "needs-at-least"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(
    sample: str, faults: Tell, rule: str, path: str, code: str
) -> None:
    assert [fault[1:] for fault in faults(with_rule(sample, rule))] == [(path, code)]


def test_too_many_tiers_are_refused(sample: str, faults: Tell) -> None:
    """Fifteen by fifteen bands make 225 tiers."""
    limits = ", ".join(str(k) for k in range(14, 0, -1))
    items = f"[{{item: quantity, from: [{limits}]}}, {{item: amount, from: [{limits}]}}]"

    assert [fault[1:] for fault in faults(with_rule(sample, f"bands: {{items: {items}}}"))] == [
        ("grading.tiers", "too-many-tiers")
    ]


@pytest.mark.parametrize(
    ("rule", "needed", "idle"),
    [
        ("shares: [30, 40, 30]", ["items", "missing_month", "window"], []),
        (SOUND["cutoffs"], ["items", "missing_month", "window"], []),
        (SOUND["breaks"], ["items", "missing_month", "window"], []),
        (SOUND["bands"], ["missing_month", "window"], ["items"]),
        (SOUND["grid"], ["missing_month", "window"], ["items"]),
        (SOUND["by"], [], ["exclude", "items", "missing_month", "window"]),
    ],
)
def test_each_way_has_its_needs(
    sample: str, faults: Tell, rule: str, needed: list[str], idle: list[str]
) -> None:
    """What is missing is refused; what changes nothing is told."""
    text = with_rule(sample, rule)
    start, end = text.index("  window:"), text.index("  tiers:")
    bare = (text[:start] + text[end:]).replace("  missing_month: zero\n", "")

    assert sorted(fault[1:] for fault in faults(bare)) == [
        (f"grading.{key}", "missing-key") for key in needed
    ]
    warned = [w for w in policy_from(text, "2026-06-01").warnings if w.code == "part-without-use"]
    assert sorted(str(w.column) for w in warned) == [f"grading.{key}" for key in idle]


@pytest.mark.parametrize(("rule", "code"), [("grid", "smooth-with-grid"), ("by", "smooth-with-by")])
def test_smooth_needs_one_score(sample: str, faults: Tell, rule: str, code: str) -> None:
    """Two items and attributes make none; all other ways do."""
    smooth = sample.replace("boundary: step", "boundary: smooth").replace(
        "{at_least_one: equal, below_one: rotate}", "rotate"
    )

    assert [fault[1:] for fault in faults(with_rule(smooth, SOUND[rule]))] == [
        ("allocation.boundary", code)
    ]
    for other in ("cutoffs", "bands", "breaks"):
        assert faults(with_rule(smooth, SOUND[other])) == []


def test_weights_by_sales_count_the_cartons_of_bands(sample: str, faults: Tell) -> None:
    """Bands of cartons measure them, bands of money do not."""
    text = with_rule(sample, SOUND["bands"]).replace(
        "weights: {kind: linear, bottom: 1, top: 6}", "weights: {kind: sales}"
    )

    assert faults(text) == []
    assert [fault[2] for fault in faults(text.replace("item: quantity", "item: amount"))] == [
        "weights-need-quantity"
    ]


def test_cells_without_a_table_rise_with_the_first_item(sample: str) -> None:
    """Ten bands of cartons and three of price: thirty tiers."""
    limits = ", ".join(str(10 * k) for k in range(9, 0, -1))
    items = f"[{{item: quantity, from: [{limits}]}}, {{item: mean_price, from: [150, 80]}}]"
    policy = policy_from(with_rule(sample, f"bands: {{items: {items}}}"), "2026-06-01")

    assert policy.grading is not None
    assert policy.grading.tiers.bands is not None
    assert policy.grading.tiers.rule == "grid"
    assert policy.grading.tiers.count == 30
    cells = policy.grading.tiers.bands.cells()
    assert cells[0] == (30, 29, 28)
    assert cells[-1] == (3, 2, 1)


def test_limits_are_exact(sample: str) -> None:
    """No binary fraction comes in between."""
    policy = policy_from(with_rule(sample, SOUND["cutoffs"]), "2026-06-01")

    assert policy.grading is not None
    assert policy.grading.tiers.cutoffs == {3: Decimal("60.5"), 2: Decimal(20)}
